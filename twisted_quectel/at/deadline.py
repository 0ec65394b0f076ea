"""A deadline that is set anew often, for the price of one timer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds behind its time from which a timer shows that the host has stalled.
STALL: Final = 0.05


class Deadline:
    """Calls back when a time has passed in which nothing moved the deadline.

    A timer that ends too early is left alone and armed again when it does;
    that is cheaper than to cancel and start one for each command.

    If the host has stalled, what came meanwhile lies unread, and a reactor
    makes its calls before it reads: then the time has passed one turn later,
    unless what is read moves it.
    """

    __slots__ = ("_at", "_clock", "_passed", "_stalled", "_timer")

    def __init__(self, clock: IReactorTime, passed: Callable[[], None]) -> None:
        self._clock = clock
        self._passed = passed
        self._at = 0.0
        self._stalled = False
        self._timer: IDelayedCall | None = None

    @property
    def time(self) -> float:
        """When it has passed, or would have."""
        return self._at

    def set(self, seconds: float) -> None:
        """Call back in so many seconds, unless this is called again before."""
        self._at = self._clock.seconds() + seconds
        if self._timer is None:
            self._timer = self._clock.callLater(seconds, self._ended)
        elif self._timer.getTime() > self._at:
            self._timer.reset(seconds)

    def clear(self) -> None:
        """Do not call back, and leave no timer behind."""
        self._stalled = False
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _ended(self) -> None:
        self._timer = None
        left = self._at - self._clock.seconds()
        stalled, self._stalled = self._stalled, False
        if left < -STALL and not stalled:
            self._stalled = True
            self._timer = self._clock.callLater(0, self._ended)
        elif left > 1e-6:
            self._timer = self._clock.callLater(left, self._ended)
        else:
            self._passed()
