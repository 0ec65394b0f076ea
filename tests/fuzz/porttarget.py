"""A whole port: bytes come in while commands are in flight.

An input is a program: a byte says what happens, those behind it with what.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.at.bench import send, write
from twisted_quectel.at import ATPort, Command, execute_form, read_form
from twisted_quectel.at.port import TURN_BYTES
from twisted_quectel.errors import CommandFailed, CommandTimeout, PortLost
from twisted_quectel.families import Firmware
from twisted_quectel.families.lte import LTEFamily

_FAMILY: Final = LTEFamily(Firmware("EC25"))
_problems: list[LogEvent] = []


@implementer(ILogObserver)
def _note(event: LogEvent) -> None:
    if "log_failure" in event:
        _problems.append(event)


class _Handler:
    """Listens to a port; its connections 0-3 push."""

    def urc(self, line: bytes, block: bytes) -> None:
        """Understand it, as a modem does."""
        _FAMILY.read_urc(line, block)

    def block_length(self, line: bytes) -> int:
        """As the family says."""
        return _FAMILY.block_length(line, lambda id: id < 4)

    def port_lost(self, reason: Failure) -> None:
        """Nothing."""

    def port_unresponsive(self) -> None:
        """Nothing."""


class _Reader:
    """Reads in data mode."""

    def raw_received(self, data: bytes) -> None:
        """Nothing."""
        assert len(data) <= TURN_BYTES

    def port_lost(self, reason: Failure) -> None:
        """Nothing."""


class _Machine:
    """Runs one program."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.port = ATPort(self.clock, _Handler(), "fuzz")
        self.port.trace.redact = _FAMILY.redact
        self.transport = StringTransport()
        self.port.makeConnection(self.transport)
        self.waiting: list[Deferred[Any]] = []
        self.ended = 0

    def execute(self, command: Command) -> None:
        """Send a command; it has to end once, well or in one of our errors."""
        done = self.port.execute(command)

        def good(response: Any) -> None:
            self.ended += 1
            assert response.command is command
            assert len(b"".join(response.lines)) <= 65536

        def bad(reason: Failure) -> None:
            self.ended += 1
            assert reason.check(CommandFailed, CommandTimeout, PortLost, CancelledError), reason

        done.addCallbacks(good, bad)
        done.addErrback(self.fault)
        self.waiting.append(done)

    def fault(self, reason: Failure) -> None:
        """Something was not as it has to be."""
        _problems.append({"log_failure": reason})

    def step(self, what: int, data: bytes) -> None:
        """Do one thing."""
        port = self.port
        if what < 16:
            self.execute(_COMMANDS[what % len(_COMMANDS)])
        elif what < 20:
            self.clock.advance((0.0, 0.4, 5.0, 20.0)[what - 16])
        elif what == 20 and self.waiting:
            self.waiting[-1].cancel()
        elif what == 21:
            port.abandon(Failure(PortLost("abandoned")))
        elif what == 22:
            port.pauseProducing()
        elif what == 23:
            port.resumeProducing()
        elif what == 24:
            port.resynchronise()
        elif what == 25 and not port.line_mode:
            port.setLineMode(data[:16])
        elif what == 26:
            port.data_handler = _Reader()
        elif what == 27:
            self.execute(_COMMANDS[data[0] % len(_COMMANDS)] if data else _COMMANDS[0])

    def finish(self) -> None:
        """Pull the plug: everything has ended, and nothing is left."""
        self.port.connectionLost(Failure(ConnectionDone()))
        assert self.ended == len(self.waiting), (self.ended, len(self.waiting))
        assert not self.clock.getDelayedCalls(), self.clock.getDelayedCalls()
        for line in self.port.trace.last(100):
            assert line.isprintable(), line


_COMMANDS: Final = (
    write("+QSSLCFG", "seclevel", 1),
    _FAMILY.tls.read_command(1, 100),
    send(b"body", 1),
    _FAMILY.tls.state_command(1),
    Command(read_form("+CREG"), ("+CREG",), timeout=2.0),
    Command(execute_form("+CGMM"), ("+CGMM",), bare=True),
    Command(execute_form("O"), data_mode=True),
    Command(execute_form("+A"), timeout=0.5, probe=True),
    _FAMILY.tls.send_command(2, b"another body"),
    _FAMILY.tls.read_command(2, 1500),
    _FAMILY.tls.close_command(1, False),
)


def port(data: bytes) -> None:
    """Whatever comes, each command ends once, and a lost port leaves nothing behind."""
    if _note not in globalLogPublisher._observers:
        globalLogPublisher.addObserver(_note)
    _problems.clear()
    machine = _Machine()
    position = 0
    while position < len(data):
        what = data[position]
        position += 1
        if what >= 28:
            # bytes come: as many as the byte says, cut there
            size = min(what - 27, 64) if what < 128 else 1024
            machine.port.dataReceived(data[position : position + size])
            position += size
        else:
            machine.step(what, data[position : position + 16])
    machine.finish()
    if _problems:
        raise AssertionError(_problems[0]["log_failure"].getTraceback())
