"""Having the module close a connection, and letting go of it when it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, Job
from ..errors import CommandFailed, ModemError, ModuleLost, PortLost
from ..families import Dialect


class _Life(Protocol):
    def closed(self) -> None:
        """The module has closed."""


def everything_is_lost(reason: Failure) -> bool:
    """Whether a command was not answered because C{lost} is about to be called."""
    return reason.check(PortLost, ModuleLost) is not None


class Unconfirmed:
    """A connection of which URCs tell nothing of its sends, receives and lost bytes.

    @ivar alerts: the bits of the alerts that were raised on it.
    """

    __slots__ = ()

    alerts: int = 0

    def confirmed(self, code: int) -> None:
        """Nobody asked."""

    def receive_ended(self, code: int) -> None:
        """Nobody asked."""

    def garbled(self, problem: ModemError) -> None:
        """Nothing was to come."""


class Closing(Unconfirmed):
    """A connection on a port that is shared, as far as its close is concerned."""

    __slots__ = ()

    id: int
    dialect: Dialect
    _clock: IReactorTime
    _port: ATPort
    _send_job: Job
    _life: _Life
    _close_time: int | None
    _closed_by_module: bool

    def _quiet(self) -> None:
        """Leave no timer behind."""

    def _unclosed(self) -> None:
        """The module has not said that it has closed it."""

    def do_close(self, abort: bool) -> None:
        """Have the module close, where it has not by itself; ends in C{closed}."""
        self._quiet()
        # how a send fares is nobody's concern any more; but the module may be at it all the same
        patience = self._port.let_go(self._send_job) if abort else 0.0
        if self._closed_by_module:
            self._clock.callLater(0, self._life.closed)
            return
        command = self.dialect.close_command(self.id, abort, self._close_time)
        if patience:
            command = replace(command, timeout=command.timeout + patience)
        self._port.execute(command).addBoth(self._close_done)

    def _close_done(self, result: object) -> None:
        # an error means that it was not open any more
        if isinstance(result, Failure):
            if everything_is_lost(result):
                return
            if not result.check(CommandFailed):
                self._unclosed()
        self._life.closed()
