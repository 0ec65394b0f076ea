"""What a pty and a TCP connection have in common: a line with the link's speed."""

from __future__ import annotations

from typing import Final

from .link import Lane
from .port import Port

#: Bytes that wait for the host before the module is held up.
CAPACITY: Final = 65536
PACED_CAPACITY: Final = 4096


class PacedEnd:
    """The module's end of a line outside of this process.

    A subclass writes (L{transmit}), counts what waits (L{backlog}) and stops
    reading (L{stop_reading}, L{start_reading}).
    """

    def __init__(self, port: Port) -> None:
        self.port = port
        link = port.module.link
        self._paced = link.baudrate is not None
        self._capacity = PACED_CAPACITY if self._paced else CAPACITY
        clock = port.module.clock
        self._direct = not self._paced and not link.cut
        self._to_module = Lane(clock, port.data_received, self._rate, link.cut, link.seed)
        self._to_host = Lane(clock, self.transmit, self._rate, link.cut, link.seed + 1)
        self._to_module.on_drain = self._module_drained
        self._to_host.on_drain = self.host_drained
        self._held = False
        self._reading = True

    def _rate(self) -> int | None:
        return self.port.module.baudrate if self._paced else None

    # for the subclass

    def transmit(self, data: bytes) -> None:
        """Write bytes."""
        raise NotImplementedError

    def backlog(self) -> int:
        """Give the bytes that were written and have not left."""
        raise NotImplementedError

    def crowded(self) -> bool:
        """Whether the host has yet to read what it was told, as far as that can be known."""
        return False

    def stop_reading(self) -> None:
        """Read no more."""
        raise NotImplementedError

    def start_reading(self) -> None:
        """Read again."""
        raise NotImplementedError

    def received(self, data: bytes) -> None:
        """Take bytes from the host."""
        if self._direct:
            self.port.data_received(data)
            return
        self._to_module.write(data)
        self._regulate()

    def host_drained(self) -> None:
        """The host has taken bytes."""
        if self.room() >= self._capacity // 2:
            self.port.line_ready()

    def close_lanes(self) -> None:
        """Drop what is on its way."""
        self._to_module.clear()
        self._to_host.clear()
        self.port.detach(self)

    def _module_drained(self) -> None:
        self._regulate()

    def _regulate(self) -> None:
        wanted = not self._held and self._to_module.pending < self._capacity
        if wanted is not self._reading:
            self._reading = wanted
            if wanted:
                self.start_reading()
            else:
                self.stop_reading()

    # Carrier

    def write(self, data: bytes) -> None:
        """Send bytes to the host."""
        if self._direct:
            self.transmit(data)
        else:
            self._to_host.write(data)

    def room(self) -> int:
        """Give the bytes that may be written before the line is full."""
        return self._capacity - self._to_host.pending - self.backlog()

    def unsent(self) -> int:
        """Give the bytes that were written and have not left."""
        return self._to_host.pending + self.backlog()

    def hold(self, on: bool) -> None:
        """Stop what comes from the host, or let it go on."""
        self._held = on
        if on:
            self._to_module.pause()
        else:
            self._to_module.resume()
        self._regulate()
