"""What has come for a socket, until the host has it."""

from __future__ import annotations

from collections import deque

from .netsocket import NetSocket
from .plainsocket import MAX_DATAGRAM

#: Bytes that switches of the access mode keep back, at most.
MAX_KEPT = 65536


class Received:
    """What has come for a socket, until the host has it.

    @ivar source: address and port of what was taken last, where each datagram
        has its own.
    @ivar taken: bytes that the host was given so far.
    """

    def __init__(self, net: NetSocket) -> None:
        self.source: tuple[str, int] | None = None
        self.taken = 0
        self._net = net
        # stays to be read after a switch to push mode
        self._kept: deque[tuple[bytes, tuple[str, int] | None]] = deque()
        self._kept_bytes = 0

    def unread(self) -> int:
        """Give the bytes that L{read} can get."""
        return self._kept_bytes + self._net.unread()

    def take(self, length: int) -> bytes:
        """Take up to C{length} bytes, or one datagram, past what was kept."""
        data = self._net.read(length)
        self.source = self._net.source
        self.taken += len(data)
        return data

    def read(self, length: int, fill: bool) -> bytes:
        """Take up to C{length} bytes, or one datagram, beginning with what was kept.

        @param fill: whether what came later may be behind that.
        """
        data = b""
        if self._kept:
            data, self.source = self._kept.popleft()
            self._kept_bytes -= len(data)
            data, rest = data[:length], data[length:]
            if rest and not self._net.datagrams:
                self._kept.appendleft((rest, None))
                self._kept_bytes += len(rest)
            self.taken += len(data)
        if not data or (fill and not self._net.datagrams and len(data) < length):
            data += self.take(length - len(data))
        return data

    def keep(self, bounded: bool) -> None:
        """Have what is buffered stay to be read, whatever becomes of the network's side."""
        room = MAX_KEPT - self._kept_bytes if bounded else self._net.unread()
        while (size := min(room, self._net.unread())) > 0:
            data = self._net.read(MAX_DATAGRAM if self._net.datagrams else size)
            self._kept.append((data, self._net.source))
            self._kept_bytes += len(data)
            room -= len(data)
