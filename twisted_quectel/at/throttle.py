"""Reading a port slowly, while too much of what it brings is held for somebody.

Not reading it at all would hold up the answer that ends this, which lies behind what was
pushed, and with it everybody else on the port.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Bytes from which on a read was the last one for now; a tty gives twice that at once.
QUANTUM: Final = 2048
#: Seconds between two times: at first, and at most while no command is answered.
FIRST: Final = 0.02
LONGEST: Final = 0.5


class Throttle:
    """Lets some kilobytes through at a time, the slower the longer nothing is answered.

    @ivar waiting: whether the port is not read just now.
    """

    __slots__ = ("_clock", "_count", "_holders", "_pause", "_read_on", "_stop", "_timer", "waiting")

    def __init__(
        self, clock: IReactorTime, stop: Callable[[], None], read_on: Callable[[], None]
    ) -> None:
        """
        @param stop: stops the reading of the port.
        @param read_on: goes on with it.
        """
        self.waiting = False
        self._clock = clock
        self._stop = stop
        self._read_on = read_on
        self._holders = 0
        self._count = 0  # bytes since the last stop
        self._pause = FIRST
        self._timer: IDelayedCall | None = None

    def hold(self) -> None:
        """Somebody holds too much: read slowly until L{release}."""
        self._holders += 1

    def release(self) -> None:
        """One less does."""
        self._holders -= 1
        if not self._holders:
            self._pause = FIRST
            if self.waiting:
                self.clear()
                self._read_on()

    def answered(self) -> None:
        """A command has got on."""
        self._pause = FIRST

    def came(self, count: int) -> None:
        """Bytes were read."""
        if not self._holders or self.waiting:
            return
        self._count += count
        if self._count >= QUANTUM:
            self._count = 0
            self.waiting = True
            self._stop()
            self._timer = self._clock.callLater(self._pause, self._passed)
            self._pause = min(self._pause * 2, LONGEST)

    def clear(self) -> None:
        """Leave no timer behind."""
        self.waiting = False
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _passed(self) -> None:
        self._timer = None
        self.waiting = False
        self._read_on()
