"""When a restart may bring back the network of a module that cannot activate its PDP context.

SSL application note for M10, M66, M85 and M95, chapter 1.4.1: when all that the activation
needs is there and it fails all the same, the module is restarted; behind that it is looked
at three times at least, ten minutes apart, before it is restarted again.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final, TypeVar

from twisted.logger import Logger

from ..errors import ActivationFailed

if TYPE_CHECKING:
    from .session import Session

#: Seconds between two looks, and how many there are before another restart.
INTERVAL: Final = 600.0
LOOKS: Final = 3

_T = TypeVar("_T")
_log = Logger()


class Revival:
    """Counts the looks; it outlives the module's restarts.

    A look is an attempt that has failed although all was right.  Those that follow one
    another sooner are one.
    """

    __slots__ = ("_allowed", "_last", "_looks", "_restarted")

    def __init__(self, allowed: bool) -> None:
        """
        @param allowed: whether the module may be restarted.
        """
        self._allowed = allowed
        self._last: float | None = None  # the last restart or look; None: the network was there
        self._looks = 0
        self._restarted: float | None = None

    def attached(self) -> None:
        """The PDP context is active: the looks count anew, but no restart is forgotten."""
        self._last = self._restarted
        self._looks = 0

    def failed(self, now: float) -> bool:
        """It could not be activated, although all was right.

        @param now: seconds.
        @return: whether the module is to be restarted.
        """
        if not self._allowed:
            return False
        if self._last is not None:
            if now - self._last < INTERVAL:
                return False
            self._last = now
            self._looks += 1
            if self._looks < LOOKS:
                return False
        if self._restarted is not None and now - self._restarted < LOOKS * INTERVAL:
            return False
        self._last = self._restarted = now
        self._looks = 0
        return True


async def reviving(session: Session, attaching: Awaitable[_T]) -> _T:
    """Attach; restart a module that cannot although all was right, where that may help.

    @raise ModemError: a subclass that says why not.
    """
    try:
        attached = await attaching
    except ActivationFailed as e:
        if session.over is None and session.revival.failed(session.clock.seconds()):
            _log.warn("{problem}; the module is restarted", problem=str(e))
            await session.restart_module("the module was restarted: its network was stuck")
        raise
    session.revival.attached()
    return attached
