"""One command of a module's FTPS, and the code that the module may tell of it.

SIM52xx SSL Application Note v0.01, chapter 3.  The note has C{OK} alone.  Firmware that tells a
code beside it does so ahead of the final result or behind it, so that both are waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime

from ..at import ATPort, Command, Response
from ..at.deadline import Deadline
from .openjob import OpenJob

#: Seconds in which a code may come behind a final result, where nobody knows whether one does.
BEHIND: Final = 0.2


class Lull:
    """A time in which nothing is done, unless something ends it."""

    def __init__(self, clock: IReactorTime) -> None:
        self._over: Deferred[None] | None = None
        self._due = Deadline(clock, self.end)

    async def last(self, seconds: float) -> None:
        """Wait so long."""
        over: Deferred[None] = Deferred(self._cancelled)
        self._over = over
        self._due.set(seconds)
        await over

    def end(self) -> None:
        """Wait no longer."""
        over = self._forget()
        if over is not None:
            over.callback(None)

    def _cancelled(self, _: Deferred[None]) -> None:
        self._forget()

    def _forget(self) -> Deferred[None] | None:
        over, self._over = self._over, None
        self._due.clear()
        return over


class _Turn(OpenJob):
    """A turn at the port that tells when it has come."""

    def __init__(self, command: Command, sent: Callable[[], None]) -> None:
        super().__init__(command, None)
        self._tell = sent

    def command(self) -> Command | None:
        """Give the command."""
        command = super().command()
        if command is not None:
            self._tell()
        return command


class Exchange:
    """One command, from its turn at the port to all that is told of it.

    @ivar name: the command as its code is told, such as C{+CFTPSCWD}.
    @ivar code: what was told; L{None} if nothing was.
    """

    def __init__(
        self,
        clock: IReactorTime,
        command: Command,
        patience: Callable[[], float] | None,
        sent: Callable[[], None],
    ) -> None:
        """
        @param patience: gives the seconds in which its code may come behind C{OK}; L{None}: it
            is told otherwise, also behind C{ERROR}.
        @param sent: called when it goes to the module.
        """
        self.name = command.text.shown.partition("=")[0]
        self.code: int | None = None
        self._patience = patience
        self._response: Response | None = None
        self._turn = _Turn(command, sent)
        self._lull = Lull(clock)
        self._queued = self._abandoned = False

    @property
    def response(self) -> Response:
        """The answer, once it has come."""
        assert self._response is not None
        return self._response

    def withdraw(self) -> None:
        """Do not send it, if it was not; what was sent is answered all the same."""
        if not self._turn.sent:
            self._abandoned = True
            if self._queued:
                self._turn.deferred.cancel()

    async def run(self, port: ATPort) -> None:
        """Have it answered."""
        if self._abandoned:
            raise CancelledError
        self._queued = True
        port.enqueue(self._turn)
        response = await self._turn.deferred
        assert response is not None
        self._response = response
        if response.lines or self._abandoned:
            return  # it has said what there was to say, or nobody listens
        if self.code is None and self._patience is not None:
            patience = self._patience() if response.result.good else BEHIND
            if patience:
                await self._lull.last(patience)

    def told(self, code: int) -> None:
        """A code of that name came: of another one, if the module does not have it yet."""
        if self._turn.sent and self.code is None:
            self.code = code
            self._lull.end()

    def abandon(self) -> None:
        """Nothing will be told any more."""
        self._abandoned = True
        self._lull.end()
