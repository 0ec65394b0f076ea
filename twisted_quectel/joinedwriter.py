"""Writes to a program's socket, few of them: the half of a gateway that costs most CPU.

The pushes of a module come in pieces of 1460 bytes and less, and each system call to a socket costs
as much as what the endpoint itself does for such a piece.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IDelayedCall, IPullProducer, IReactorTime
from zope.interface import implementer

#: How long a piece that follows another one may wait for more, in seconds.
JOINED_FOR: Final = 0.001
#: As many bytes do not wait.
JOINED: Final = 16 * 1024
#: So many bytes that a socket has not taken pause their source.
HELD: Final = 64 * 1024


@implementer(IPullProducer)
class JoinedWriter:
    """Writes what a source has to a socket.

    What comes when nothing was written for a millisecond goes to the socket at once; what follows
    is joined, for a millisecond or until it is 16 KiB. What the socket does not take is the
    transport's, whose pull producer this is: it asks for more when its buffer is empty.
    """

    def __init__(self, transport: FileDescriptor, source: Any, clock: IReactorTime) -> None:
        """
        @param transport: of a plain socket, without a producer and with nothing unsent.
        @param source: is paused while more than 64 KiB are held (C{IPushProducer}).
        """
        self._transport = transport
        self._source = source
        self._clock = clock
        self._pieces: list[bytes] = []
        self._size = 0
        self._timer: IDelayedCall | None = None
        # what is in the transport's buffer, so that nothing may pass it
        self._held = 0
        self._paused = False
        transport.registerProducer(self, False)

    def write(self, data: bytes) -> None:
        """Write now or within a millisecond."""
        self._pieces.append(data)
        self._size += len(data)
        if self._timer is None:
            self._flush()
            self._timer = self._clock.callLater(JOINED_FOR, self._elapsed)
        elif self._size >= JOINED:
            self._flush()

    def _elapsed(self) -> None:
        self._timer = None
        if self._pieces:
            self._flush()
            self._timer = self._clock.callLater(JOINED_FOR, self._elapsed)

    def _flush(self) -> None:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if not self._held:
            taken = self._transport.writeSomeData(data)
            # a socket that is lost says so again when the transport tries it
            if isinstance(taken, int) and taken > 0:
                data = data[taken:]
        if data:
            self._held += len(data)
            self._transport.write(data)
            if self._held > HELD and not self._paused:
                self._paused = True
                self._source.pauseProducing()

    def end(self) -> None:
        """Nothing more comes: what waits goes to the transport, whose producer this is no more."""
        self.stopProducing()
        if self._pieces:
            self._flush()
        self._transport.unregisterProducer()

    def resumeProducing(self) -> None:
        """The transport has given all to its socket."""
        self._held = 0
        if self._paused:
            self._paused = False
            self._source.resumeProducing()

    def stopProducing(self) -> None:
        """The transport is lost, or about to be."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
