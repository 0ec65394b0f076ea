"""Plain constants typed from the vendor documents, shared by driver and emulator.

Nothing in here has behaviour.  Both sides of the wire read these tables; what
each side *does* with them is written twice, independently.
"""
