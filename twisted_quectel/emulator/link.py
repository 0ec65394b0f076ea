"""The line between a host and an emulated module: speed, delay, cutting.

Ten bits cross for each byte (start, eight data, stop).  Without a speed a byte
crosses in the next turn of the clock, never in the one in which it was written.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

BITS_PER_BYTE: Final = 10
#: What an unpaced line carries in one turn at most, in bytes.
TURN: Final = 65536
#: How long a paced line collects before it delivers, in seconds.
STEP: Final = 0.002


@dataclass(frozen=True)
class Link:
    """How a line behaves.

    @ivar baudrate: bits in a second; L{None} for a line without a speed.
    @ivar latency: seconds that the module thinks before each answer.
    @ivar cut: the longest piece that is read at once, in bytes; each piece is
        1 to C{cut} bytes long, at random.  0 leaves pieces whole.
    @ivar seed: of that randomness.
    """

    baudrate: int | None = None
    latency: float = 0.0
    cut: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.baudrate is not None and self.baudrate <= 0:
            raise ValueError("baudrate: must be positive")
        if self.latency < 0:
            raise ValueError("latency: must not be negative")
        if self.cut < 0:
            raise ValueError("cut: must not be negative")


class Lane:
    """One direction of a line.

    @ivar pending: bytes that were written and have not arrived.
    @ivar on_drain: called whenever bytes have arrived.
    """

    def __init__(
        self,
        clock: IReactorTime,
        deliver: Callable[[bytes], None],
        rate: Callable[[], int | None],
        cut: int = 0,
        seed: int = 0,
    ) -> None:
        """
        @param deliver: takes what has arrived.
        @param rate: gives the sender's speed, in bits a second.
        """
        self.pending = 0
        self.on_drain: Callable[[], None] = _nothing
        self._clock = clock
        self._deliver = deliver
        self._rate = rate
        self._cut = cut
        self._random = random.Random(seed)
        self._queue: deque[bytes] = deque()
        self._call: IDelayedCall | None = None
        self._free = 0.0  # when the line is free again
        self._size = 0  # of the piece that is crossing
        self._paused = False
        self._stalled = False
        self._busy = False

    def write(self, data: bytes) -> None:
        """Send bytes on their way."""
        if not data:
            return
        self._queue.append(data)
        self.pending += len(data)
        if self._call is None and not self._held and not self._busy:
            self._free = max(self._free, self._clock.seconds())
            self._schedule()

    @property
    def _held(self) -> bool:
        return self._paused or self._stalled

    def pause(self) -> None:
        """Hold the line (CTS low): nothing arrives."""
        self._paused = True
        self._stop()

    def resume(self) -> None:
        """Let the line go on."""
        if self._paused:
            self._paused = False
            self._go_on()

    def stall(self, on: bool) -> None:
        """Hold the line whoever else wants it to go on; or do so no more."""
        if on is not self._stalled:
            self._stalled = on
            if on:
                self._stop()
            else:
                self._go_on()

    def give_back(self, data: bytes) -> None:
        """Put bytes back at the head of the line."""
        if data:
            self._queue.appendleft(data)
            self.pending += len(data)
            if not self._busy:
                self._go_on()

    def _stop(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _go_on(self) -> None:
        if self.pending and self._call is None and not self._held and not self._busy:
            self._free = self._clock.seconds()
            self._schedule()

    def clear(self) -> None:
        """Drop what is on its way and stop."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        self._queue.clear()
        self.pending = 0

    def _schedule(self) -> None:
        rate = self._rate()
        if rate is None:
            self._size = min(self.pending, TURN)
            self._call = self._clock.callLater(0, self._arrive)
            return
        self._size = min(self.pending, max(1, int(rate * STEP / BITS_PER_BYTE)))
        self._free += self._size * BITS_PER_BYTE / rate
        self._call = self._clock.callLater(
            max(0.0, self._free - self._clock.seconds()), self._arrive
        )

    def _arrive(self) -> None:
        self._call = None
        data = self._take(self._size)
        self._busy = True
        try:
            if self._cut:
                self._deliver_cut(data)
            else:
                self._deliver(data)
        finally:
            self._busy = False
            if self.pending and not self._held and self._call is None:
                self._schedule()
        self.on_drain()

    def _deliver_cut(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            if self._held:  # the reader stopped in between
                self._queue.appendleft(data[position:])
                self.pending += len(data) - position
                return
            end = position + self._random.randint(1, self._cut)
            self._deliver(data[position:end])
            position = end

    def _take(self, size: int) -> bytes:
        queue = self._queue
        pieces: list[bytes] = []
        missing = min(size, self.pending)
        self.pending -= missing
        while missing:
            piece = queue.popleft()
            if len(piece) > missing:
                queue.appendleft(piece[missing:])
                piece = piece[:missing]
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _nothing() -> None:
    pass
