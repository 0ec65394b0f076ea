"""Ends a connection on which nothing comes: for modules that do not tell of the peer's end.

SIM52xx SSL Application Note v0.01 has no word for it (chapters 4.5 and 5.2).
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from .errors import PeerSilent
from .families import Acknowledged
from .modem.interfaces import HandOut, ModuleSocket, SocketOwner


class IdleGuard:
    """Stands between a socket of the module and its transport, as the one to the other.

    Time in which the consumer is paused does not count.
    """

    def __init__(self, clock: IReactorTime, socket: ModuleSocket, seconds: float) -> None:
        """
        @param seconds: for which nothing may come.
        """
        self._clock = clock
        self._socket = socket
        self._seconds = seconds
        self._owner: SocketOwner | None = None
        self._timer: IDelayedCall | None = None
        self._discards = False  # nobody waits for what comes any more

    # -- as a socket, for the transport

    def start(self, owner: SocketOwner) -> None:
        """Begin to deliver."""
        self._owner = owner
        self._wind()
        self._socket.start(self)

    def writable(self) -> None:
        """The owner has something to send."""
        self._socket.writable()

    def pause(self) -> None:
        """Deliver no more."""
        self._stop()
        self._socket.pause()

    def resume(self) -> None:
        """Deliver again."""
        self._wind()
        self._socket.resume()

    def discard(self) -> None:
        """The owner drops from here on what still comes."""
        self._discards = True
        self._stop()
        self._socket.discard()

    def close(self) -> None:
        """Close in order."""
        self._stop()
        self._socket.close()

    def abort(self) -> None:
        """Drop the connection."""
        self._stop()
        self._owner = None
        self._socket.abort()

    @property
    def alerts(self) -> int:
        """The bits of the alerts that were let pass."""
        return self._socket.alerts

    def acknowledged(self) -> Deferred[Acknowledged]:
        """Ask what of the bytes sent the peer has acknowledged."""
        return self._socket.acknowledged()

    # -- as its owner, for the socket

    def take(self, limit: int) -> bytes:
        """Give the next bytes to send."""
        return b"" if self._owner is None else self._owner.take(limit)

    def sent(self, count: int) -> None:
        """Bytes have been taken by the module."""
        if self._owner is not None:
            self._owner.sent(count)

    def received(self, data: bytes) -> None:
        """Bytes came."""
        if self._owner is not None:
            self._wind()
            self._owner.received(data)

    def received_run(self, hand_out: HandOut) -> None:
        """Pieces came."""
        if self._owner is not None:
            self._wind()
            self._owner.received_run(hand_out)

    def unsendable(self) -> None:
        """What is left to send stays unsent."""
        if self._owner is not None:
            self._owner.unsendable()

    def ended(self, reason: Failure) -> None:
        """The connection is over."""
        self._stop()
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.ended(reason)

    # -- time

    def _wind(self) -> None:
        if self._discards:
            return
        if self._timer is not None and self._timer.active():
            self._timer.reset(self._seconds)
        elif self._owner is not None:
            self._timer = self._clock.callLater(self._seconds, self._late)

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _late(self) -> None:
        self._timer = None
        self._socket.abort()
        self.ended(Failure(PeerSilent(f"idleTimeout: nothing has come for {self._seconds:g} s")))
