"""A module that answers from a script, on a clock: no emulator.

What it says is typed from the documents by the tests that use it.  A command
that the script does not know is answered by C{OK}, so that a test states only
what it is about.  Nothing crosses in the turn in which it was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_quectel.at import ATPort, IWire
from twisted_quectel.families import Firmware
from twisted_quectel.families.lte import LTEFamily

#: What a command is answered by: lines; C{"> "} at the end asks for a body.
#: C{None} is silence.  A function is given the command line.
Answer = str | None | Callable[[str], "str | None"]

OK = "OK"
PROMPT = "> "
CONNECT = "CONNECT"


def frame(text: str | bytes) -> bytes:
    """Put lines as a module does."""
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    if data == PROMPT.encode():
        return b"\r\n> "
    return b"".join(b"\r\n" + line + b"\r\n" for line in data.split(b"\n"))


@implementer(ITransport)
class ScriptedModule:
    """A module and the wire to it.

    @ivar answers: what each command is answered by, by the start of its line
        without C{AT}, the longest start first; a list is used up from its
        front, its last entry stays.
    @ivar bodies: how many bytes each command with a body waits for, and what
        it is answered by behind them.
    @ivar lines: the command lines that came, without C{AT}.
    @ivar received: the bodies that came.
    @ivar raw: what came while the module was in a state in which it takes no
        commands; see L{deaf}.
    """

    disconnecting = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.lines: list[str] = []
        self.received: list[bytes] = []
        self.raw = b""
        self.deaf: Callable[[ScriptedModule], None] | None = None
        self.paused = False
        self.port: ATPort | None = None
        self._input = b""
        self._wanted = 0
        self._behind: Answer = OK
        self._late: list[bytes] = []

    # -- the transport of the host's port

    def write(self, data: bytes) -> None:
        """Bytes from the host; they are read in a later turn."""
        self.clock.callLater(0, self._arrived, data)

    def writeSequence(self, iovec: Any) -> None:
        """Several of them."""
        self.write(b"".join(iovec))

    def loseConnection(self) -> None:
        """The host closes the device."""
        self.disconnecting = True
        self.clock.callLater(0, self.unplug)

    def getPeer(self) -> IAddress:
        """Nobody in particular."""
        return IPv4Address("TCP", "127.0.0.1", 1)

    getHost = getPeer

    def pauseProducing(self) -> None:
        """The host reads no more."""
        self.paused = True

    def resumeProducing(self) -> None:
        """The host reads on."""
        self.paused = False
        late, self._late = self._late, []
        for data in late:
            self._deliver(data)

    # -- the module

    def connect(self, port: ATPort) -> None:
        """Connect a port of the host."""
        self.port = port
        self.disconnecting = False
        port.makeConnection(self)

    def opener(self, device: str, port: ATPort) -> Deferred[None]:
        """Open a device, for a L{Modem<twisted_quectel.modem.Modem>}."""
        self.connect(port)
        return succeed(None)

    def unplug(self) -> None:
        """The device goes away."""
        port, self.port = self.port, None
        if port is not None:
            port.connectionLost(Failure(ConnectionDone()))

    def say(self, text: str | bytes) -> None:
        """Say something unasked: lines, or bytes as they are."""
        self._deliver(text if isinstance(text, bytes) else frame(text))

    def settle(self, turns: int = 400) -> None:
        """Let everything happen that needs no time."""
        for _ in range(turns):
            self.clock.advance(0)

    def timers(self) -> list[float]:
        """Give the times of the timers that run."""
        return [call.getTime() - self.clock.seconds() for call in self.clock.getDelayedCalls()]

    def _deliver(self, data: bytes) -> None:
        if self.paused:
            self._late.append(data)
        elif self.port is not None:
            self.port.dataReceived(data)

    def _arrived(self, data: bytes) -> None:
        if self.deaf is not None:
            self.raw += data
            self.deaf(self)
            return
        self._input += data
        while self._input:
            if self._wanted:
                if len(self._input) < self._wanted:
                    return
                body, self._input = self._input[: self._wanted], self._input[self._wanted :]
                self._wanted = 0
                self.received.append(body)
                self._answer(self._behind, "")
                continue
            line, end, rest = self._input.partition(b"\r")
            if not end:
                return
            self._input = rest.removeprefix(b"\n")
            self._command(line.decode("latin-1").strip())

    def _command(self, line: str) -> None:
        if not line.upper().startswith("AT"):
            return
        line = line[2:]
        self.lines.append(line)
        for start in sorted(self.answers, key=len, reverse=True):
            if line.startswith(start):
                script = self.answers[start]
                if isinstance(script, list):
                    answer = script.pop(0) if len(script) > 1 else script[0]
                else:
                    answer = script
                break
        else:
            answer = self._default(line)
        self._answer(answer, line)

    def _default(self, line: str) -> str:
        """What every module says."""
        for name, text in _KNOWN.items():
            if line == name:
                return f"{text}\nOK"
        if line.startswith("+QSSLSEND="):
            self.expect_body(int(line.rpartition(",")[2]), "SEND OK")
            return PROMPT
        return OK

    def expect_body(self, size: int, behind: Answer) -> None:
        """Take the next bytes for a body."""
        self._wanted, self._behind = size, behind

    def _answer(self, answer: Answer, line: str) -> None:
        text = answer(line) if callable(answer) else answer
        if text is None:
            return
        self.say(frame(text) if not text.startswith("\0") else text[1:].encode("latin-1"))

    # -- scripts

    def on_body(self, start: str, first: str, behind: Answer) -> None:
        """Have a command ask for its body by C{> } or C{CONNECT}; its size is its last number."""

        def ask(line: str) -> str:
            numbers = [part for part in line.replace("=", ",").split(",") if part.isdigit()]
            self.expect_body(int(numbers[0] if first == CONNECT else numbers[-1]), behind)
            return first

        self.answers[start] = ask

    def sent(self, start: str) -> list[str]:
        """Give the command lines that start so."""
        return [line for line in self.lines if line.startswith(start)]


#: Queries that bring-up and resynchronisation ask, and what an EC25 answers.
_KNOWN = {
    "+CMEE?": "+CMEE: 1",
    "+CSCS?": '+CSCS: "GSM"',
    "+CGMM;+CGMR;+CGSN": "EC25\n\nEC25EFAR02A09M4G\n\n861234567890123",
    "+CPIN?": "+CPIN: READY",
    "+CEREG?": "+CEREG: 0,1",
    "+CGREG?": "+CGREG: 0,1",
    "+CREG?": "+CREG: 0,1",
    "+QIACT?": '+QIACT: 1,1,1,"10.7.157.1"',
    "+CSQ": "+CSQ: 20,99",
}


@implementer(IWire)
class Wire:
    """Circuits that a test sees and sets.

    @ivar rates: the speeds that were set; L{None}: it has no speed.
    @ivar dtr: what DTR was set to; L{None}: it has none.
    """

    timed = True

    def __init__(self, *, rates: bool = True, dtr: bool = True) -> None:
        self.rates: list[int] | None = [] if rates else None
        self.dtr: list[bool] | None = [] if dtr else None

    def set_dtr(self, on: bool) -> bool:
        """Note it."""
        if self.dtr is not None:
            self.dtr.append(on)
        return self.dtr is not None

    def dcd(self) -> bool | None:
        """Not known."""
        return None

    def cts(self) -> bool | None:
        """Not known."""
        return None

    def unsent(self) -> int:
        """Nothing waits."""
        return 0

    def set_baudrate(self, rate: int) -> bool:
        """Note it."""
        if self.rates is not None:
            self.rates.append(rate)
        return self.rates is not None


class Listener:
    """Listens to a port on its own, without a modem.

    @ivar urcs: what no command had asked for.
    @ivar pushing: which connections push.
    @ivar on_urc: called with each of them, and its counted bytes.
    """

    def __init__(self, family: LTEFamily) -> None:
        self.family = family
        self.urcs: list[bytes] = []
        self.blocks: list[bytes] = []
        self.lost: list[Failure] = []
        self.unresponsive = 0
        self.pushing: set[int] = set()
        self.on_urc: Callable[[bytes, bytes], None] | None = None

    def urc(self, line: bytes, block: bytes) -> None:
        """Note it."""
        self.urcs.append(line)
        self.blocks.append(block)
        if self.on_urc is not None:
            self.on_urc(line, block)

    def block_length(self, line: bytes) -> int:
        """As the family says."""
        return self.family.block_length(line, lambda id: id in self.pushing)

    def port_lost(self, reason: Failure) -> None:
        """Note it."""
        self.lost.append(reason)

    def port_unresponsive(self) -> None:
        """Note it."""
        self.unresponsive += 1


class PortBench:
    """A port to a scripted module, and the LTE driver."""

    def __init__(self, *, firmware: Firmware | None = None) -> None:
        self.clock = Clock()
        self.module = ScriptedModule(self.clock)
        self.family = LTEFamily(firmware or Firmware("EC25", "EC25EFAR02A09M4G"))
        self.listener = Listener(self.family)
        self.port = ATPort(self.clock, self.listener, "bench")
        self.port.trace.redact = self.family.redact
        self.module.connect(self.port)
        self.answers = self.module.answers

    def run(self, dialogue: Any) -> Deferred[Any]:
        """Run a dialogue as far as it gets without time."""
        done: Deferred[Any] = Deferred.fromCoroutine(dialogue)
        self.module.settle()
        return done
