"""A deadline that is set anew often, for the price of one timer."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Deadline:
    """Calls back when a time has passed in which nothing moved the deadline.

    A timer that ends too early is left alone and armed again when it does;
    that is cheaper than to cancel and start one for each command.
    """

    __slots__ = ("_at", "_clock", "_passed", "_timer")

    def __init__(self, clock: IReactorTime, passed: Callable[[], None]) -> None:
        self._clock = clock
        self._passed = passed
        self._at = 0.0
        self._timer: IDelayedCall | None = None

    def set(self, seconds: float) -> None:
        """Call back in so many seconds, unless this is called again before."""
        self._at = self._clock.seconds() + seconds
        if self._timer is None:
            self._timer = self._clock.callLater(seconds, self._ended)
        elif self._timer.getTime() > self._at:
            self._timer.reset(seconds)

    def clear(self) -> None:
        """Do not call back, and leave no timer behind."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _ended(self) -> None:
        self._timer = None
        left = self._at - self._clock.seconds()
        if left > 1e-6:
            self._timer = self._clock.callLater(left, self._ended)
        else:
            self._passed()
