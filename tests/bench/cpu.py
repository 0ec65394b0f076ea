"""CPU: the host's own cost, as a ratio to the least that any program would need."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, Final

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump, connect

from tests.bench.cell import Cell
from tests.bench.rig import Rig
from twisted_quectel.at import ATPort, Command, Job, Response, read_form
from twisted_quectel.errors import PortLost

#: How often each side is timed, in turn; the best of them counts.
RUNS: Final = 5
BLOCK: Final = bytes(range(256)) * 5 + bytes(180)
PUSH: Final = b'\r\n+QSSLURC: "recv",0,1460\r\n' + BLOCK


def best_of(*sides: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Time several functions in turn; give the least CPU seconds of each."""
    best = [float("inf")] * len(sides)
    gc.collect()
    for _ in range(runs):
        for index, side in enumerate(sides):
            before = time.process_time()
            side()
            best[index] = min(best[index], time.process_time() - before)
    return best


class Answering(Protocol):
    """The far end: it gives each write the same answer.

    @ivar left: how many answers it still gives.
    """

    def __init__(self, answer: bytes) -> None:
        self.left = 0
        self._answer = answer

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.left -= 1
        if self.left > 0:
            self.transport.write(self._answer)


def _connected(near: Protocol, answer: bytes) -> tuple[Answering, IOPump]:
    """Connect a protocol to a far end in memory, by what Twisted has for that."""
    far = Answering(answer)
    ends = FakeTransport(far, True), FakeTransport(near, False)
    return far, connect(far, ends[0], near, ends[1])


class Nobody:
    """Listens to a port."""

    def urc(self, line: bytes, block: bytes) -> None:
        """Nothing is expected."""

    def block_length(self, line: bytes) -> int:
        """No line brings a block."""
        return 0

    def port_lost(self, reason: Failure) -> None:
        """It does not matter."""

    def port_unresponsive(self) -> None:
        """It does not matter."""


class PingPong(Protocol):
    """The least that can be done: the same bytes back and forth."""

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(b"AT+CSQ?\r")


class Question(Job):
    """A command that is sent again when it was answered, as a connection's sends are."""

    COMMAND: Final = Command(read_form("+CSQ"), ("+CSQ",))

    def __init__(self, port: ATPort) -> None:
        self._port = port

    def command(self) -> Command:
        return self.COMMAND

    def done(self, response: Response) -> None:
        self._port.enqueue(self)


def round_trips(rounds: int = 2000) -> Cell:
    """AT round trips of a job / ping-pong of the same bytes between two protocols."""
    answer = b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    port = ATPort(Clock(), Nobody())
    module, wire = _connected(port, answer)

    question = Question(port)

    def commands() -> None:
        module.left = rounds
        port.abandon(Failure(PortLost("the next run")))
        port.enqueue(question)
        while wire.pump():
            pass

    bare = PingPong()
    far, line = _connected(bare, answer)

    def ping_pong() -> None:
        far.left = rounds
        bare.dataReceived(b"")
        while line.pump():
            pass

    # five runs are over in a tenth of a second, which others may have had
    ours, theirs = best_of(commands, ping_pong, runs=3 * RUNS)
    note = f"{ours / rounds * 1e6:.1f} us and {theirs / rounds * 1e6:.1f} us for each"
    name = "AT round trips per CPU second / bare ping-pong"
    return Cell(name, theirs / ours, 0.25, note=note)


class Counting(Protocol):
    """Counts what comes, as an application that does nothing with it."""

    def __init__(self) -> None:
        self.count = 0

    def dataReceived(self, data: bytes) -> None:
        self.count += len(data)


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def parsing(cut: int = 65536, pushes: int = 2000) -> Cell:
    """Direct pushes through port, session and transport / one copy and one delivery of each.

    @param cut: how long the pieces are that are read; a tty gives 4096 bytes at most, a
        serial server 64 KiB.
    """
    rig = Rig()
    near: Counting = rig.connect(Counting)
    port: Any = rig.emulated.wires["usbmodem"]._protocol
    pieces = _cut(PUSH * pushes, cut)

    def host() -> None:
        for piece in pieces:
            port.dataReceived(piece)
            while port._rest is not None:
                rig.clock.advance(0)

    # the same bytes, so that what is copied lies as near or far for both
    whole = b"".join(pieces)
    starts = range(len(PUSH) - len(BLOCK), len(whole), len(PUSH))
    bare = Counting()

    def copies() -> None:
        for start in starts:
            bare.dataReceived(whole[start : start + 1460])

    # a run takes a millisecond, and one of few is seldom undisturbed
    runs = 5 * RUNS
    ours, theirs = best_of(host, copies, runs=runs)
    if near.count != runs * pushes * len(BLOCK):
        raise RuntimeError(f"{near.count} bytes came")
    rig.close()
    note = f"{ours / pushes * 1e6:.1f} us and {theirs / pushes * 1e6:.2f} us for each push"
    return Cell("parsing of direct pushes / copy and dataReceived", theirs / ours, 0.5, note=note)


class BareLines(LineReceiver):
    """The same lines in line mode and the same blocks in raw mode, and nothing else."""

    delimiter = b"\r\n"

    def __init__(self, application: Counting) -> None:
        self._application = application
        self._left = 0

    def lineReceived(self, line: bytes) -> None:
        if line.startswith(b"+QSSLURC"):
            self._left = int(line.rpartition(b",")[2])
            self.setRawMode()

    def rawDataReceived(self, data: bytes) -> None:
        rest = data[self._left :]
        self._left -= len(data) - len(rest)
        self._application.dataReceived(data[: len(data) - len(rest)])
        if not self._left:
            self.setLineMode(rest)


def hundred(modems: int = 100, pushes: int = 10) -> Cell:
    """Modems that receive pushes at 115200 baud, seen every 2 ms, / bare line receivers."""
    rigs = [Rig() for _ in range(modems)]
    nears: list[Counting] = [rig.connect(Counting) for rig in rigs]
    ports: list[Any] = [rig.emulated.wires["usbmodem"]._protocol for rig in rigs]
    applications = [Counting() for _ in range(modems)]
    lines = [BareLines(each) for each in applications]
    for each in lines:
        each.makeConnection(StringTransport())
    # a slice takes 2 ms on the line: 23 bytes; the modems have theirs in turn
    pieces = _cut(PUSH * pushes, 23)

    def feeding(receivers: list[Any]) -> Callable[[], None]:
        receive = [each.dataReceived for each in receivers]

        def feed() -> None:
            for piece in pieces:
                for each in receive:
                    each(piece)

        return feed

    ours, theirs = best_of(feeding(ports), feeding(lines), runs=3)
    if {each.count for each in (*nears, *applications)} != {3 * pushes * len(BLOCK)}:
        raise RuntimeError("bytes are missing")
    for rig in rigs:
        rig.close()
    share = ours / (pushes * len(PUSH) / 11520)
    note = f"{share * 100:.1f} % of a CPU, the bare ones {theirs / ours * share * 100:.1f} %"
    return Cell(f"CPU of {modems} modems at 115200 / LineReceiver", ours / theirs, 1.6, True, note)
