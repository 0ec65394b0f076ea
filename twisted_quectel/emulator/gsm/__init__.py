"""The emulated GSM modules: M10, M66, M85 and M95.

Source: their SSL application note; what it leaves to other manuals as far as
hosts rely on it.
"""
