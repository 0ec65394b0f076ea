"""A module that refuses what is right: wedged, or an id that is still in use.

Field notes 28 and 32: after some opens a few firmware versions answer 552 to
everything until they are restarted, while all states look healthy; and an id
may stay in use for a while behind the C{OK} of its close.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from twisted.internet.task import deferLater
from twisted.logger import Logger

from ..errors import ModemError, SocketIdInUse

if TYPE_CHECKING:
    from .session import Session

#: Opens in a row that are refused before the module counts as wedged: if nobody
#: else has a connection, and if somebody has.
REFUSED_ALONE: Final = 3
REFUSED_BESIDES: Final = 10
#: Seconds before each further try where an id is in use.
_IN_USE: Final = (0.2, 0.8, 2.0, 4.0)

_T = TypeVar("_T")
_log = Logger()


class WedgeWatch:
    """Notices that a module is wedged; it outlives the module's restarts."""

    __slots__ = ("_allowed", "_in_vain", "_refused")

    def __init__(self, allowed: bool) -> None:
        """
        @param allowed: whether the module may be restarted.
        """
        self._allowed = allowed
        self._refused = 0
        self._in_vain = False

    def opened(self) -> None:
        """An open has succeeded."""
        self._refused = 0
        self._in_vain = False

    def refused(self, alone: bool) -> bool:
        """An open was refused as wrong, and was right.

        @param alone: whether there is no other connection.
        @return: whether the module is to be restarted.
        """
        self._refused += 1
        if self._refused < (REFUSED_ALONE if alone else REFUSED_BESIDES):
            return False
        # a restart that has not helped does not help
        if self._in_vain or not self._allowed:
            return False
        self._refused = 0
        self._in_vain = True
        return True


async def open_watched(session: Session, attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Open a connection; restart a module that is wedged.

    @param attempt: opens, with another id each time.
    """
    try:
        opened = await _with_other_ids(session, attempt)
    except ModemError as e:
        if (
            session.family.is_wedge(e)
            and session.over is None
            and session.wedge.refused(not session.alive)
        ):
            _log.warn(
                "the module has refused each of the last opens with {code}, and all that was "
                "set is right: it is wedged, and is restarted",
                code=e.code if e.code is not None else "ERROR",
            )
            await session.restart_module("the module was wedged and has been restarted")
        raise
    session.wedge.opened()
    return opened


async def _with_other_ids(session: Session, attempt: Callable[[], Awaitable[_T]]) -> _T:
    for pause in _IN_USE:
        try:
            return await attempt()
        except SocketIdInUse:
            # a leftover on the module, which has been closed, or one that is not closed yet
            await deferLater(session.clock, pause)
    return await attempt()
