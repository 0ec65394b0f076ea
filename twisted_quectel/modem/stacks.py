"""Which part of a module's firmware has the network, where they exclude each other.

SIM52xx SSL Application Note v0.01, chapters 2.1, 3.1, 4.1 and 7: a stack is acquired with its
first connection and released after its last one, and while one is acquired no other can be.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..errors import CommandFailed, ModemBusyError, ModemError, NetworkDown
from ..families.base import Stack
from .waiting import wait_for

if TYPE_CHECKING:
    from .session import Session


class Stacks:
    """The stacks of one session."""

    __slots__ = ("_clean", "_current", "_lock", "_session", "_started", "_users")

    _log = Logger()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._current: Stack | None = None
        self._users = 0
        self._started = False
        self._clean = True  # nothing has been acquired since the last release was answered
        # one command of it at a time: a release may be under way
        self._lock = DeferredLock()

    async def acquire(self, stack: Stack | None, wait: bool) -> None:
        """Use a stack; it is acquired if it is not.  Each use ends with L{release}.

        @param stack: L{None}: nothing has to be acquired.
        @raise ModemBusyError: if another one is in use, and C{wait} is false.
        @raise NetworkDown: if the module does not give it.
        """
        if stack is None:
            return
        told = False
        while (other := self._other(stack)) is not None:
            self._session.check()
            state = "in use" if self._users else "being released"
            why = (
                f"{other} is {state}, and the module has one of {other} and {stack.name} at a time"
            )
            if not wait:
                raise ModemBusyError(
                    f"{why}; busy=wait waits until it is released",
                    family=self._session.family.name,
                )
            if not told:
                self._log.info("{why}; waiting", why=why)
                told = True
            await wait_for(self._session.connections.something_freed(), why)
        self._current = stack
        self._users += 1
        try:
            await self.start(stack)
        except BaseException:
            self.release(stack)
            raise

    def _other(self, stack: Stack) -> str | None:
        """Give the name of the one that stands against it."""
        current = self._current
        return None if current is None or current.name == stack.name else current.name

    def holds(self, stack: Stack | None) -> bool:
        """Tell whether a stack that is in use is still acquired."""
        return stack is None or self._started

    async def start(self, stack: Stack) -> None:
        """Have a stack acquired that is in use."""
        await self._lock.acquire()
        try:
            self._session.check()
            while not self._started:
                # the network may go while it comes: the answer may be of before that
                self._started = True
                try:
                    await self._run(stack)
                except CommandFailed:
                    # it may be acquired already: by a start whose answer nobody has awaited
                    await self._release(stack)
                    self._started = True
                    await self._run(stack)
        except CommandFailed as e:
            self._started = False
            raise NetworkDown(
                f"the module does not give {stack.name}: {e.message}; there is no packet data "
                "connection, or something else on the module uses the network (TCP/IP, MMS, GPS, "
                "HTTP and FTP commands exclude it)",
                code=e.code,
                family=self._session.family.name,
                command=e.command,
                trace=e.trace,
            ) from None
        except BaseException:
            # given up in mid-start: what has come of it nobody knows
            self._started = False
            raise
        finally:
            self._lock.release()

    async def _run(self, stack: Stack) -> None:
        self._clean = False
        for command in stack.start:
            await self._session.port.execute(command)

    async def _release(self, stack: Stack) -> None:
        self._started = False
        # refused, where it was not acquired
        with suppress(CommandFailed):
            await self._session.port.execute(stack.stop)
        self._clean = True

    def release(self, stack: Stack | None) -> None:
        """Use a stack no more; behind the last use it is released."""
        if stack is None:
            return
        self._users -= 1
        if not self._users and self._session.over is None:
            Deferred.fromCoroutine(self._stop(stack)).addErrback(self._not_stopped)

    async def _stop(self, stack: Stack) -> None:
        await self._lock.acquire()
        try:
            if not (self._users or self._clean) and self._session.over is None:
                await self._release(stack)
        finally:
            if not self._users:
                self._current = None
            self._lock.release()
            self._session.connections.wake_waiting()

    def _not_stopped(self, reason: Failure) -> None:
        # no answer: the session ends, or the next start finds out
        reason.trap(ModemError)
        self._log.info("a stack was not released: {problem}", problem=reason.getErrorMessage())

    def doubt(self) -> None:
        """The last connection on it may be open still: start it anew for the next one."""
        if len(self._session.connections.sockets) <= 1:
            self._started = False

    def lost(self) -> None:
        """The network has gone, and what was acquired with it."""
        self._started = False
