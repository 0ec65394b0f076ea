"""The seam between a socket of the module and what uses it.

A transport asks its socket to send, to pause and to close; the socket asks
the transport for bytes when there is room for them, and hands it what came.
Nothing above knows whether a channel is shared or leased.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..at import HandOut as HandOut
from ..at import Taking as Taking
from ..families import Acknowledged

Address = tuple[str, int]


class PipeOwner(Protocol):
    """What uses a stream of bytes both ways."""

    def take(self, limit: int) -> bytes:
        """Give the next bytes to send, at most C{limit}; C{b""} for none.

        They stay the owner's until L{sent}: a chunk that was refused is asked
        for again, and must then begin with the same bytes.
        """

    def sent(self, count: int) -> None:
        """The first C{count} bytes have been taken by the module."""

    def received(self, data: bytes) -> None:
        """Bytes came, in order.  Not called while the socket is paused."""

    def ended(self, reason: Failure) -> None:
        """The connection is over.  Called once; nothing is called after it."""


class SocketOwner(PipeOwner, Protocol):
    """What uses a socket of the module: the Twisted transport."""

    def received_run(self, hand_out: HandOut) -> None:
        """Pieces came, in order: where they go is to be given to C{hand_out}."""

    def unsendable(self) -> None:
        """What is left to send stays unsent: the end, which follows what is received, tells it.

        May be called more than once.
        """


class ModuleSocket(Protocol):
    """One open connection of the module."""

    def start(self, owner: SocketOwner) -> None:
        """Begin to deliver, what came before first."""

    def writable(self) -> None:
        """The owner has something to send."""

    def pause(self) -> None:
        """Deliver no more, and let the module hold the peer back."""

    def resume(self) -> None:
        """Deliver again."""

    def discard(self) -> None:
        """The owner drops from here on what still comes."""

    def close(self) -> None:
        """Close in order.  The owner calls it when all of its bytes were sent."""

    def abort(self) -> None:
        """Drop the connection with what is unsent.  The owner has been told;
        L{SocketOwner.ended} is not called for it."""

    @property
    def alerts(self) -> int:
        """The bits of the alerts that its open was let pass in spite of."""

    def acknowledged(self) -> Deferred[Acknowledged]:
        """Ask what of the bytes sent the peer has acknowledged."""


class Datagram(NamedTuple):
    """One datagram.

    @ivar address: where it goes, or came from; L{None}: the peer.
    """

    data: bytes
    address: Address | None


class DatagramOwner(Protocol):
    """What uses such a socket: the Twisted transport."""

    def take(self) -> Datagram | None:
        """Give the next one to send; it is the socket's from here on."""

    def sent(self, datagram: Datagram, taken: bool) -> None:
        """The module has taken one, or it is lost."""

    def received(self, datagram: Datagram) -> None:
        """One came."""

    def ended(self, reason: Failure) -> None:
        """It is over.  Called once; nothing is called after it."""
