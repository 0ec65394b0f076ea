"""How an open goes on from its first answer: what an error means, and what suspends it.

SIM52xx SSL Application Note v0.01, chapters 4.2 and 4.7; LTE SSL Application Note, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.logger import Logger

from ..alerts import describe
from ..at import ATPort, Command, Response
from ..errors import CommandFailed
from ..families import AccessMode
from .openjob import OpenJob
from .openrequest import OpenRequest

if TYPE_CHECKING:
    from .session import Session

_log = Logger()


async def error_code(session: Session, port: ATPort, refusal: Response) -> int | None:
    """Ask for the last error on a port, ahead of everything else (chapter 5).

    @param refusal: what has told the error; its own number counts where no other is had.
    """
    told = refusal.result.code
    command = session.family.error_command()
    if command is None:
        return told
    try:
        response = await port.execute(command, urgent=True)
    except CommandFailed:
        return told
    # some firmware says 0, success, behind an error
    return session.family.read_error(response) or told


class OpenWay:
    """How an open goes on that the module may suspend.

    @ivar passed: the bits of the alerts that were let pass.
    @ivar suspended: whether it has come to an alert that may not pass.
    """

    __slots__ = ("_dialect", "_mode", "_port", "_request", "_session", "id", "passed", "suspended")

    def __init__(
        self, session: Session, request: OpenRequest, id: int, mode: AccessMode, port: ATPort
    ) -> None:
        self.id = id
        self.passed = 0
        self.suspended = False
        self._session = session
        self._request = request
        self._dialect = request.dialect_of(session.family)
        self._mode = mode
        self._port = port

    async def on(self, response: Response, make_job: Callable[[Command], OpenJob]) -> Response:
        """Go on with it as long as it is suspended by what may pass.

        @param response: to the open.
        @param make_job: makes what goes on with it.
        @return: the last answer.
        """
        while (found := self._dialect.suspended(response)) is not None:
            if not found or found & ~self._request.allowed:
                self.suspended = True
                return response
            _log.warn(
                "{host}:{port}: the module has raised an alert, {alert}, which allowAlerts lets "
                "pass",
                host=self._request.host,
                port=self._request.port,
                alert=describe(found),
            )
            self.passed |= found
            job = make_job(self._dialect.continue_command(self.id, self._mode))
            self._port.enqueue(job, urgent=True)
            answer = await job.deferred
            assert answer is not None
            response = answer
        self._note(response)
        return response

    def _note(self, response: Response) -> None:
        """Tell of alerts with which the module has gone on by itself."""
        told = self._dialect.alerts(response) & ~self.passed if response.result.good else 0
        if told:
            _log.info(
                "{host}:{port}: the module has raised an alert, {alert}, and has gone on",
                host=self._request.host,
                port=self._request.port,
                alert=describe(told),
            )
            self.passed |= told

    async def refused(self, response: Response) -> int | None:
        """Give the code of an open that was refused."""
        code = self._dialect.refusal(response)
        return await error_code(self._session, self._port, response) if code is None else code

    @property
    def at_once(self) -> bool:
        """Whether the answer tells all."""
        return self._dialect.opens_at_once
