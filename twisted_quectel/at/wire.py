"""What lies beneath a port: a byte pipe with V.24 circuits.

A real serial port has DTR, DCD and a queue that can be asked for its length;
a pty has only the queue; a socket to a serial server has none.  A port asks
its transport for L{IWire} and gets along without it.
"""

from __future__ import annotations

from twisted.internet.interfaces import ITransport
from zope.interface import Attribute, Interface


class IWire(Interface):
    """The circuits beside the data (ITU-T V.24), as far as they exist."""

    timed = Attribute(
        """Whether bytes reach the module when they were written, so that guard
        times hold (L{bool}).  False for a socket to a serial server."""
    )

    def set_dtr(on: bool) -> bool:
        """Set circuit 108/2.

        @return: whether this wire has it.
        """

    def dcd() -> bool | None:
        """Give circuit 109; L{None} where it cannot be known."""

    def cts() -> bool | None:
        """Give circuit 106; L{None} where it cannot be known."""

    def unsent() -> int:
        """Give the number of bytes that were written and have not left yet."""

    def discard() -> None:
        """Drop what was written and has not left, as far as that can be done."""

    def set_baudrate(rate: int) -> bool:
        """Change the speed of this side.

        @return: whether this wire has a speed.
        """


class IWireTransport(ITransport, IWire):
    """A transport that is a wire too."""
