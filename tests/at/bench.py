"""A port on a clock, with what it wrote and what it was told."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from twisted_quectel.at import ATPort, Body, Command, Job, Response, Route, write_form


class Handler:
    """Notes what a port tells.

    @ivar urcs: lines that no command had asked for.
    @ivar blocks: those that came with counted bytes.
    @ivar lengths: how many bytes follow a line.
    @ivar on_urc: called with each of them.
    """

    def __init__(self) -> None:
        self.urcs: list[bytes] = []
        self.blocks: list[tuple[bytes, bytes]] = []
        self.lost: list[Failure] = []
        self.unresponsive = 0
        self.lengths: dict[bytes, int] = {}
        self.on_urc: Callable[[bytes], None] | None = None

    def urc(self, line: bytes, block: bytes) -> Route | None:
        """Note it."""
        if block:
            self.blocks.append((line, block))
        else:
            self.urcs.append(line)
        if self.on_urc is not None:
            self.on_urc(line)
        return None

    def block_length(self, line: bytes) -> int:
        """Give what the test has set."""
        return self.lengths.get(line, 0)

    def port_lost(self, reason: Failure) -> None:
        """Note it."""
        self.lost.append(reason)

    def port_unresponsive(self) -> None:
        """Note it."""
        self.unresponsive += 1


class Bench:
    """One port and its surroundings."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.handler = Handler()
        self.port = ATPort(self.clock, self.handler, "bench")
        self.transport = StringTransport()
        self.port.makeConnection(self.transport)

    def feed(self, *pieces: bytes) -> None:
        """Have the module say something."""
        for piece in pieces:
            self.port.dataReceived(piece)

    def sent(self) -> bytes:
        """Give what was written since the last call."""
        data: bytes = self.transport.value()
        self.transport.clear()
        return data

    def unplug(self) -> None:
        """Take the device away."""
        self.port.connectionLost(Failure(ConnectionDone()))

    def timers(self) -> int:
        """Count the timers that run."""
        return len(self.clock.getDelayedCalls())


class NotingJob(Job):
    """A job that notes what becomes of it."""

    def __init__(self, command: Command | None) -> None:
        self._command = command
        self.responses: list[Response] = []
        self.failures: list[Failure] = []

    def command(self) -> Command | None:
        return self._command

    def done(self, response: Response) -> None:
        self.responses.append(response)

    def failed(self, reason: Failure) -> None:
        self.failures.append(reason)


def read_length(line: bytes) -> int:
    """Give the length that C{+QSSLRECV: n} announces."""
    return int(line.partition(b":")[2])


def write(name: str, *values: int | str, timeout: float = 5.0) -> Command:
    """A write command whose answer has its prefix."""
    return Command(write_form(name, *values), (name,), timeout=timeout)


def send(data: bytes, id: int = 4, linger: float = 0.3) -> Command:
    """A counted send (LTE SSL note, chapter 2.2.3)."""
    return Command(
        write_form("+QSSLSEND", id, len(data)),
        body=data,
        body_after=Body.PROMPT,
        linger=linger,
    )


def receive(id: int = 4) -> Command:
    """A read of up to 1500 bytes (chapter 2.2.4)."""
    return Command(write_form("+QSSLRECV", id, 1500), ("+QSSLRECV",), block=read_length)
