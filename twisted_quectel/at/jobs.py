"""Turns at a port, and who listens to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..errors import CommandFailed
from .commands import Command, Response
from .framing import Sink
from .trace import Trace

#: Hands some blocks to what it is given, in their order.
HandOut = Callable[[Sink], None]


class Taking:
    """Hands all blocks to one function."""

    __slots__ = ("dataReceived",)

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self.dataReceived = take

    @property
    def protocol(self) -> Taking:
        """What takes the next one."""
        return self


class Route:
    """Where the blocks behind one and the same line go, without anybody being asked again.

    @ivar open: whether they may go there; whoever has made the route closes it.
    @ivar take: has some blocks handed out.
    """

    __slots__ = ("open", "take")

    def __init__(self, take: Callable[[HandOut], None]) -> None:
        self.open = True
        self.take = take


class PortHandler(Protocol):
    """Who listens to a port."""

    def urc(self, line: bytes, block: bytes) -> Route | None:
        """A line came that no command had asked for, with its counted bytes.

        @return: where those go that come behind the same line, as long as it is open.
        """

    def block_length(self, line: bytes) -> int:
        """Say how many counted bytes follow a line that no command had asked for."""

    def port_lost(self, reason: Failure) -> None:
        """The port is gone; what waited has been failed."""

    def port_unresponsive(self) -> None:
        """The module does not answer any more; what waited has been failed."""


class DataHandler(Protocol):
    """Who has the port while it is in data mode."""

    def raw_received(self, data: bytes) -> None:
        """Bytes came."""

    def port_lost(self, reason: Failure) -> None:
        """The port is gone."""


class Job:
    """A turn at the port.

    What is sent is asked for when the turn has come, so that it can hold
    everything that was written until then.
    """

    __slots__ = ()

    def command(self) -> Command | None:
        """Give the command; L{None} if there is nothing left to do."""
        raise AssertionError("a job says which command it sends")

    def done(self, response: Response) -> None:
        """The command was answered, well or not."""

    def failed(self, reason: Failure) -> None:
        """The command was not answered, or never sent."""


class Swallow(Job):
    """Takes the answer to a command that was cancelled when it was sent."""

    __slots__ = ()


class Execution(Job):
    """A job that fires a L{Deferred}."""

    __slots__ = ("_command", "_take_back", "_trace", "deferred")

    def __init__(self, command: Command, trace: Trace, cancel: Callable[[Job], object]) -> None:
        self._command = command
        self._trace = trace
        self._take_back = cancel
        self.deferred: Deferred[Response] = Deferred(self._cancel)

    def _cancel(self, _: Deferred[Response]) -> None:
        self._take_back(self)

    def command(self) -> Command | None:
        return self._command

    def done(self, response: Response) -> None:
        if response.result.good:
            self.deferred.callback(response)
            return
        shown = "AT" + response.command.text.shown
        # what was asked for may stand in the refusal
        result = self._trace.redacted(response.result.text)
        self.deferred.errback(
            CommandFailed(
                f"{shown} was answered by {replace(response.result, text=result).describe()}",
                result=result,
                code=response.result.code,
                command=shown,
                trace=self._trace.last(),
            )
        )

    def failed(self, reason: Failure) -> None:
        if not self.deferred.called:
            # by whoever was told before, who has cancelled it
            self.deferred.errback(reason)
