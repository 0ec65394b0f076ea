"""The way back into data mode, on the same connection.

LTE SSL Application Note v1.1 chapter 1.3: C{ATO}, or C{AT+QISWTMD} where that does not lead
back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted.python.failure import Failure

from ..at.commands import Command, Response
from ..at.port import ATPort
from ..at.results import Outcome
from ..at.syntax import execute_form
from ..errors import PortLost

ATO: Final = Command(execute_form("O"), data_mode=True, timeout=10.0)


class WayBack:
    """Goes back by the first of several commands that works."""

    def __init__(
        self,
        port: ATPort,
        commands: Sequence[Command],
        returned: Callable[[], None],
        ended: Callable[[], None],
        lost: Callable[[Failure], None],
    ) -> None:
        """
        @param commands: tried in turn.
        @param returned: called in the turn in which C{CONNECT} is seen.
        @param ended: called when there is no connection to go back to.
        @param lost: called with a L{PortLost}.
        """
        self._port = port
        self._commands = tuple(commands)
        self._on_returned = returned
        self._on_ended = ended
        self._on_lost = lost

    def go(self, index: int = 0) -> None:
        """Begin."""
        job = self._port.execute(self._commands[index], urgent=True)
        job.addCallbacks(self._returned, self._not_returned, errbackArgs=(index,))

    def _returned(self, response: Response) -> None:
        if response.result.outcome is Outcome.CONNECT:
            self._on_returned()
        else:
            self._on_ended()

    def _not_returned(self, failure: Failure, index: int) -> None:
        if failure.check(PortLost):
            self._on_lost(failure)
        elif index + 1 < len(self._commands):
            self.go(index + 1)
        else:
            self._on_ended()
