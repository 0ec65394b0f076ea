"""Goodput on a clock of its own: each figure is a ratio to what the line allows.

With B bytes per second, the module's reaction time L and blocks of n bytes, a
counted send takes (n + 35) / B + 2 L: the emulated module waits L in front of
the prompt, and L again in front of C{SEND OK}.  A direct push takes
(n + 27) / B; a read takes (n + 46) / B + L.  Ids have one digit, n four.

TCP without TLS has shorter words for the same, counted byte by byte in L{TCP}: a send takes
(n + 32) / B + 2 L, a push (n + 25) / B, a read (n + 38) / B + L.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from tests.bench.cell import Cell
from tests.bench.ideal import IdealHost
from tests.bench.rig import Rig
from tests.endpoint.protocols import Peer
from twisted_quectel.emulator import Link

SPEEDS: Final = (115200, 921600, 3_000_000)
LATENCIES: Final = (0.002, 0.01, 0.03)
#: Bytes that cross in each run, at least.
SIZE: Final = 1 << 20
#: Longest block of a send and of a push.
BLOCK: Final = 1460
#: Longest read.
READ: Final = 1500


class Kind(NamedTuple):
    """What goes over the line beside the payload, in bytes.

    @ivar name: as it stands in the table.
    @ivar command: what sends.
    @ivar sending: of a counted send, both ways.
    @ivar pushing: of a direct push.
    @ivar reading: of a polled read, both ways.
    @ivar model: what the module is.
    @ivar secure: whether it does TLS.
    @ivar pushes: whether push mode is the default; else data is read.
    @ivar block: bytes of its longest block, sent or pushed.
    """

    name: str
    command: bytes
    sending: int
    pushing: int
    reading: int
    model: str = "EC25"
    secure: bool = True
    pushes: bool = True
    block: int = BLOCK

    def send_time(self, line: float, latency: float) -> float:
        """Give the seconds of a counted send."""
        return (self.block + self.sending) / line + 2 * latency

    def push_time(self, line: float) -> float:
        """Give the seconds of a direct push."""
        return (self.block + self.pushing) / line

    def read_time(self, line: float, latency: float, block: int = READ) -> float:
        """Give the seconds of a polled read."""
        return (block + self.reading) / line + latency


TLS: Final = Kind("", b"AT+QSSLSEND", 35, 27, 46)
#: Counted: command, prompt and result of a send; the line of a push; command, line, the line
#: end behind the block and result of a read.
TCP: Final = Kind(
    "TCP ",
    b"AT+QISEND",
    len(b"AT+QISEND=0,1460\r" + b"\r\n> " + b"\r\nSEND OK\r\n"),
    len(b'\r\n+QIURC: "recv",0,1460\r\n'),
    len(b"AT+QIRD=0,1500\r" + b"\r\n+QIRD: 1500\r\n" + b"\r\n" + b"\r\nOK\r\n"),
    secure=False,
)
#: An M95: its reads name the context, and their answers tell where the data is from.
M95: Final = Kind(
    "M95 ",
    b"AT+QSSLSEND",
    TLS.sending,
    0,
    len(b"AT+QSSLRECV=0,0,1500\r")
    + len(b"\r\n+QSSLRECV: 198.18.0.1:8883,TCP,1500\r\n" + b"\r\n" + b"\r\nOK\r\n"),
    model="M95",
    pushes=False,
)


#: A BC660K-GL: how a send has ended is told behind its C{OK}, and awaited.
NBIOT: Final = Kind(
    "BC660K-GL ",
    b"AT+QSSLSEND",
    len(b"AT+QSSLSEND=0,0,1024\r" + b"\r\n> " + b"\r\nOK\r\n" + b"\r\n+QSSLSEND: 0,0,0\r\n"),
    len(b'\r\n+QSSLURC: "recv",0,0,1024,""\r\n'),
    0,
    model="BC660K-GL",
    block=1024,
)
#: A SIM5320: what confirms a send crosses while the next command does.
SIM: Final = Kind(
    "SIM5320 ",
    b"AT+CSSLSEND",
    len(b"AT+CSSLSEND=0,1024\r" + b"\r\n>" + b"\r\nOK\r\n"),
    len(b"\r\n+CSSLRECV: DATA, 0, 1024\r\n"),
    0,
    model="SIM5320",
    block=1024,
)


def send_time(line: float, latency: float) -> float:
    """Give the seconds of a counted send with TLS."""
    return TLS.send_time(line, latency)


class Counter(Peer):
    """Counts what comes, and remembers when the first and the last byte came."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        super().__init__()
        self.seconds = seconds
        self.size = 0
        self.first = self.last = 0.0

    @property
    def count(self) -> int:
        """Bytes that came."""
        return self.size

    def dataReceived(self, data: bytes) -> None:
        self.last = self.seconds()
        if not self.size:
            self.first = self.last
        self.size += len(data)


@implementer(IPushProducer)
class Source:
    """A push producer that writes pieces of one size."""

    def __init__(self, transport: Any, piece: int, size: int = SIZE) -> None:
        self._transport = transport
        self._piece = bytes(piece)
        self._left = size
        self._paused = False
        transport.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """Write until there is enough."""
        self._paused = False
        while self._left > 0 and not self._paused:
            piece = self._piece[: self._left]
            self._left -= len(piece)
            self._transport.write(piece)
        if self._left <= 0:
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Write no more for now."""
        self._paused = True

    def stopProducing(self) -> None:
        """Write no more."""
        self._left = 0


def make_rig(baudrate: int, latency: float, kind: Kind = TLS) -> Rig:
    seconds: list[Callable[[], float]] = []
    rig = Rig(Link(baudrate, latency), lambda: Counter(seconds[0]), kind.secure, model=kind.model)
    seconds.append(rig.clock.seconds)
    return rig


def counter(rig: Rig) -> Counter:
    return Counter(rig.clock.seconds)


def named(what: str, baudrate: int, latency: float) -> str:
    return f"{what}, {baudrate} baud, L {latency * 1000:g} ms"


def send(baudrate: int, latency: float, piece: int, size: int = SIZE, kind: Kind = TLS) -> Cell:
    """Send, the application writes pieces of one size."""
    rig = make_rig(baudrate, latency, kind)
    near = rig.connect()
    started = rig.clock.seconds()
    Source(near.transport, piece, size)
    far = rig.serving.peers[0]
    rig.until(lambda: far.size >= size)
    took = far.last - started
    rig.settle(1.0)
    rig.close()
    bound = size / kind.block * kind.send_time(baudrate / 10, latency)
    goal = {64: 0.98, 1: 0.97}.get(piece, 0.99)
    return Cell(named(f"{kind.name}send, writes of {piece}", baudrate, latency), bound / took, goal)


def receive(baudrate: int, latency: float, size: int = SIZE, kind: Kind = TLS) -> Cell:
    """Receive in the default mode; the consumer never pauses."""
    rig = make_rig(baudrate, latency, kind)
    near = rig.connect(lambda: counter(rig))
    Source(rig.serving.peers[0].transport, BLOCK, size)
    rig.until(lambda: near.size >= size)
    took = near.last - near.first
    rig.close()
    line = baudrate / 10
    name = named(f"{kind.name}receive, default mode", baudrate, latency)
    if not kind.pushes:
        return Cell(name, size / READ * kind.read_time(line, latency) / took, 0.95, note="reads")
    return Cell(name, size / kind.block * kind.push_time(line) / took, 0.98)


def _one_has(ends: Sequence[Counter], size: int) -> bool:
    return any(each.size >= size for each in ends)


def exchange(
    baudrate: int, latency: float, sockets: int, size: int, kind: Kind
) -> tuple[float, float]:
    """Send and receive at once.

    @param size: bytes each way, all connections together.
    @return: the seconds, and how much of its share the slowest connection had, either way, when
        the first one was through.
    """
    rig = make_rig(baudrate, latency, kind)
    endpoint = rig.endpoint()
    nears = [rig.connect(lambda: counter(rig), endpoint) for _ in range(sockets)]
    fars = rig.serving.peers
    started = rig.clock.seconds()
    share = size // sockets
    every = [*nears, *fars]
    for each in every:
        Source(each.transport, BLOCK, share)
    shares: list[float] = []
    for ends in (nears, fars):
        rig.until(partial(_one_has, ends, share))
        shares.append(min(each.size for each in ends) / share)
    rig.until(lambda: all(each.size >= share for each in every))
    took = max(each.last for each in every) - started
    rig.settle(1.0)
    rig.close()
    return took, min(shares)


def both(
    baudrate: int, latency: float, sockets: int, size: int = SIZE, kind: Kind = TLS
) -> list[Cell]:
    """Send and receive at once, the same number of bytes each way.

    The module does not push between a prompt and the last byte of the block
    that it has asked for, so the way to the host is closed for that time: one
    bound is what takes longer, the sends or that way.  It cannot be reached
    where prompts and results wait behind pushes that are on the line already.
    The other one is what the L{IdealHost} needs.
    """
    took, least = exchange(baudrate, latency, sockets, size, kind)
    line = baudrate / 10
    blocks = size / BLOCK
    pushes = blocks * kind.push_time(line)
    bound = max(blocks * kind.send_time(line, latency), pushes + blocks * (BLOCK + 15) / line)
    what = f"{kind.name}send and receive, {sockets} socket{'s' * (sockets > 1)}"
    ideal = _ideal(baudrate, latency, sockets, size // sockets * sockets, kind)
    name = named(what, baudrate, latency)
    cells = [
        Cell(name, bound / took, 0.95, note="the longer of the two ways"),
        Cell(named("  of what an ideal host needs", baudrate, latency), ideal / took, 0.95),
    ]
    if sockets > 1:
        cells.append(Cell(named("  least of 12 / its share", baudrate, latency), least, 0.5))
    return cells


def _ideal(baudrate: int, latency: float, sockets: int, size: int, kind: Kind) -> float:
    """Give the seconds that the L{IdealHost} needs."""
    rig = make_rig(baudrate, latency, kind)
    endpoint = rig.endpoint()
    nears = [rig.connect(lambda: counter(rig), endpoint) for _ in range(sockets)]
    wire: Any = rig.emulated.wires["usbmodem"]
    port, ids = wire._protocol, [near.transport._socket.id for near in nears]
    host = wire._protocol = IdealHost(wire, ids, size, kind.command)
    fars = rig.serving.peers
    started = rig.clock.seconds()
    for far in fars:
        Source(far.transport, BLOCK, size // sockets)
    host.send()
    rig.until(lambda: sum(far.size for far in fars) >= size and host.count >= size)
    took = rig.clock.seconds() - started
    rig.settle(1.0)
    wire._protocol = port
    rig.close()
    return took


class Slow(Counter):
    """A consumer like Twisted's own transports: paused above 64 KiB, resumed when empty.

    @ivar rate: bytes that it takes in a second.
    @ivar held: the most that the host has held for it at any time.
    """

    LIMIT = 65536

    def __init__(self, rig: Rig, rate: float) -> None:
        super().__init__(rig.clock.seconds)
        self.rate = rate
        self.held = 0
        self.taken = 0
        self._clock = rig.clock
        self._free = 0.0
        self._paused = False

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self._free = max(self._free, self.seconds()) + len(data) / self.rate
        ahead = (self._free - self.seconds()) * self.rate
        if ahead > self.LIMIT and not self._paused:
            self._paused = True
            self.transport.pauseProducing()
            self._clock.callLater(self._free - self.seconds(), self._go_on)

    def _go_on(self) -> None:
        self._paused = False
        self.transport.resumeProducing()


def pausing(
    baudrate: int, latency: float, share: float, size: int = SIZE, kind: Kind = TLS
) -> Cell:
    """Receive with a consumer that pauses and resumes.

    @param share: the consumer's rate, as a part of what polling could give it.
    """
    line = baudrate / 10
    polling = READ / kind.read_time(line, latency)
    rig = make_rig(baudrate, latency, kind)
    near: Slow = rig.connect(lambda: Slow(rig, polling * share))
    far = rig.serving.peers[0]
    if share > 1 and kind.pushes:
        # so far behind at first that push mode is given up
        near.transport.pauseProducing()
        rig.clock.callLater(20_000 / line * 2, near.transport.resumeProducing)
    Source(far.transport, BLOCK, size)
    # what came before the consumer was behind for the first time came at the line's speed
    lead = min(size // 4, 4 * Slow.LIMIT) if share < 1 else 0
    socket = near.transport._socket
    marks: list[tuple[float, int]] = []

    def done() -> bool:
        near.held = max(near.held, socket._held_size)
        if not marks and near.size > lead and socket.mode.value == "buffer":
            marks.append((rig.clock.seconds(), near.size))
        return near.size >= size

    rig.until(done)
    rig.settle(1.0)
    if near.size != size or near.held > 65536:
        raise RuntimeError(f"{near.size} bytes came, {near.held} were held")
    rig.close()
    began, before = marks[0]
    reached = (near.size - before) / (near.last - began)
    if share < 1:
        # the consumer has still to take what lies in its own buffer
        reached = near.size / (near._free - near.first)
    what = "receive, consumer at half the rate" if share < 1 else "receive after a long pause"
    name = named(kind.name + what, baudrate, latency)
    return Cell(name, reached / min(near.rate, polling), 0.95, note=f"{near.held} held")


def transparent(
    baudrate: int, latency: float, way: str, size: int = SIZE, kind: Kind = TLS
) -> Cell:
    """Raw bytes.

    @param way: C{out}, C{in} or C{both}.
    """
    rig = make_rig(baudrate, latency, kind)
    near = rig.connect(lambda: counter(rig), mode="transparent")
    far = rig.serving.peers[0]
    started = rig.clock.seconds()
    ends = []
    if way != "in":
        Source(near.transport, BLOCK, size)
        ends.append(far)
    if way != "out":
        Source(far.transport, BLOCK, size)
        ends.append(near)
    rig.until(lambda: all(end.size >= size for end in ends))
    took = max(end.last for end in ends) - started
    rig.settle(2.0)
    rig.close()
    return Cell(
        named(f"{kind.name}transparent, {way}", baudrate, latency),
        min(end.size for end in ends) / took / (baudrate / 10),
        0.99,
    )
