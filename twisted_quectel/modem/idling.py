"""A module that sleeps while it has nothing to do (C{idleSleep} in the modem file)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..errors import ModemError

if TYPE_CHECKING:
    from .session import Session


class Idling:
    """Has the module sleep when its last connection has ended, and wakes it for the next.

    Commands that come meanwhile wake it by themselves: see C{ATPort.drowsy}.
    """

    __slots__ = ("_asleep", "_lock", "_session", "_wanted")

    _log = Logger()

    def __init__(self, session: Session, wanted: bool) -> None:
        self._session = session
        self._wanted = wanted and session.family.limits.sleeps
        self._asleep = False
        self._lock = DeferredLock()

    @property
    def _idle(self) -> bool:
        session = self._session
        return session.over is None and not session.connections.sockets and session.channels.idle

    @property
    def asleep(self) -> bool:
        """Whether it has been told to sleep, and nobody has told it otherwise."""
        return self._asleep and not self._lock.locked

    def look(self) -> None:
        """A connection has ended, or an attempt at one: sleep, if it was the last."""
        if self._wanted and self._idle and not self._asleep:
            Deferred.fromCoroutine(self._sleep()).addErrback(self._not_asleep)

    async def _sleep(self) -> None:
        await self._lock.acquire()
        try:
            if self._idle and not self._asleep:
                self._asleep = True
                await self._session.family.sleep(self._session.port)
        finally:
            self._lock.release()

    def _not_asleep(self, reason: Failure) -> None:
        # it stays awake, or is gone
        reason.trap(ModemError)
        self._log.info("the module does not sleep: {problem}", problem=reason.getErrorMessage())

    async def end(self) -> None:
        """Somebody wants the module: have it awake.

        @raise ModemError: if it cannot be woken.
        """
        if not self._wanted:
            return
        await self._lock.acquire()
        try:
            if self._asleep:
                # whatever comes of it, that it sleeps is not known from here on
                self._asleep = False
                await self._session.family.stay_awake(self._session.port)
        finally:
            self._lock.release()
