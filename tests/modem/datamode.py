"""A module in data mode, its wire and an owner, for the tests of the pipe."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from twisted.internet.interfaces import IAddress, IConsumer, IProducer, IPushProducer
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_quectel.at.port import ATPort
from twisted_quectel.at.wire import IWireTransport
from twisted_quectel.modem.pipe import TransparentPipe

NO_CARRIER = b"\r\nNO CARRIER\r\n"
#: Bytes on the wire from which on a producer is told to pause.
FULL = 20000


@implementer(IWireTransport, IConsumer)
class Wire:
    """A wire to a L{Module}: paced, late, cutting what it carries.

    @ivar writes: when the host wrote what.
    """

    timed = True

    def __init__(self, clock: Clock, random: Random, byte_time: float, latency: float) -> None:
        self.clock = clock
        self.random = random
        self.byte_time = byte_time
        self.latency = latency
        self.module: Module
        self.port: ATPort
        self.has_dcd = False
        self.has_dtr = False
        self.carrier = True
        self.clear = True
        self.cut = 0
        self.dtr = True
        self.writes: list[tuple[float, bytes]] = []
        self.free = 0.0
        self.back = 0.0
        self.reading = True
        self.stalled = False
        self.discarded = 0
        self.unread: list[bytes] = []
        self.producer: IPushProducer | None = None
        self.paused = False

    # the host's end

    def write(self, data: bytes) -> None:
        if not data:
            return
        now = self.clock.seconds()
        self.writes.append((now, data))
        size = self.random.randint(1, self.cut) if self.cut else len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.free = max(now, self.free) + self.byte_time * len(piece)
            self.clock.callLater(self.free - now + self.latency, self.module.from_host, piece)
        self._watch()

    def _watch(self) -> None:
        if self.producer is None:
            return
        unsent = self.unsent()
        if self.paused:
            if not unsent:
                self.paused = False
                self.producer.resumeProducing()
                return
        elif unsent > FULL:
            self.paused = True
            self.producer.pauseProducing()
        if self.paused:
            self.clock.callLater(0.01, self._watch)

    def writeSequence(self, data: object) -> None:
        raise NotImplementedError

    def loseConnection(self) -> None:
        raise NotImplementedError

    def getPeer(self) -> IAddress:
        raise NotImplementedError

    def getHost(self) -> IAddress:
        raise NotImplementedError

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        assert streaming and self.producer is None
        self.producer = IPushProducer(producer)

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True
        self.clock.callLater(0, self._read)

    def set_dtr(self, on: bool) -> bool:
        if self.has_dtr:
            fell, self.dtr = self.dtr and not on, on
            if fell and self.module.heeds_dtr:
                self.clock.callLater(self.latency, self.module.escape)
        return self.has_dtr

    def dcd(self) -> bool | None:
        return self.carrier if self.has_dcd else None

    def cts(self) -> bool | None:
        return self.clear

    def unsent(self) -> int:
        if not self.clear:
            return 1
        left = self.free - self.clock.seconds()
        return 0 if left <= 1e-9 else int(left / self.byte_time + 0.5) or 1

    def discard(self) -> None:
        self.discarded += 1

    def set_baudrate(self, rate: int) -> bool:
        return False

    # the module's end

    def to_host(self, data: bytes) -> None:
        now = self.clock.seconds()
        size = self.random.randint(1, self.cut) if self.cut else max(1, len(data))
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.back = max(now, self.back) + self.byte_time * len(piece)
            self.clock.callLater(self.back - now + self.latency, self._arrived, piece)

    def carrier_falls(self) -> None:
        """Let DCD fall behind the bytes that left the module, ahead of their arrival."""
        delay = max(0.0, self.back - self.clock.seconds()) + self.random.random() * self.latency
        self.clock.callLater(delay, setattr, self, "carrier", False)

    def _arrived(self, data: bytes) -> None:
        self.unread.append(data)
        self._read()

    def _read(self) -> None:
        while self.unread and self.reading and not self.stalled:
            self.port.dataReceived(self.unread.pop(0))

    def stall(self, stalled: bool) -> None:
        """Hold up what comes to the host, on the way."""
        self.stalled = stalled
        self._read()


class Module:
    """The module: data mode with a guard time, and as much command mode as needed.

    @ivar sent: payload that went to the peer.
    @ivar lines: what came in command mode.
    @ivar deaf: how many escapes it does not see.
    @ivar waiting_urc: what it says behind the C{OK} to an escape.
    """

    def __init__(self, clock: Clock, wire: Wire, guard: float = 1.0) -> None:
        self.clock = clock
        self.wire = wire
        self.guard = guard
        self.reaction = 0.01
        self.online = True
        self.data = True
        self.echo = False
        self.deaf = 0
        self.heeds_dtr = True
        self.waiting_urc = b""
        self.goes_back = True
        self.sent = b""
        self.lines: list[bytes] = []
        self.escapes = 0
        self.unsaid: list[bytes] = []
        self._line = b""
        self._last = -1e9
        self._pluses = b""
        self._check = 0

    def say(self, payload: bytes) -> None:
        """The peer has sent something."""
        if self.data:
            self.wire.to_host(payload)
        else:
            self.unsaid.append(payload)

    def lose(self, behind: bytes = b"") -> None:
        """The connection ends."""
        self.online = False
        self.wire.carrier_falls()
        if self.data:
            self.data = False
            self.wire.to_host(NO_CARRIER + behind)

    def from_host(self, data: bytes) -> None:
        for value in data:
            self._byte(bytes([value]))

    def _byte(self, byte: bytes) -> None:
        now = self.clock.seconds()
        silent, self._last = now - self._last, now
        if not self.data:
            self._command(byte)
            return
        self._check += 1
        if byte == b"+" and (self._pluses or silent >= self.guard):
            if self._pluses and silent >= self.guard:
                self.sent += self._pluses
                self._pluses = b""
            self._pluses += byte
            if len(self._pluses) <= 3:
                self.clock.callLater(self.guard, self._silence, self._check)
                return
        self.sent += self._pluses if byte in self._pluses else self._pluses + byte
        self._pluses = b""

    def _silence(self, check: int) -> None:
        if check != self._check or not self.data:
            return
        pluses, self._pluses = self._pluses, b""
        if len(pluses) < 3:
            self.sent += pluses
        elif self.deaf:
            self.deaf -= 1
        else:
            self.escape()

    def escape(self) -> None:
        """Leave data mode."""
        if self.data:
            self.data = False
            self.escapes += 1
            self.sent += self._pluses
            self._pluses = b""
            said = b"\r\nOK\r\n" + self.waiting_urc
            self.clock.callLater(self.reaction, self.wire.to_host, said)

    def _command(self, byte: bytes) -> None:
        if self.echo:
            self.wire.to_host(byte)
        if byte != b"\r":
            self._line += byte
            return
        line, self._line = self._line, b""
        self.lines.append(line)
        answer = b""
        if line == b"ATO":
            self.data = self.online and self.goes_back
            answer = b"CONNECT" if self.data else b"NO CARRIER"
        elif line in (b"AT+CMEE?", b"AT+CSCS?"):
            self.wire.to_host(b"\r\n+%b: 1\r\n" % line[3:-1])
            answer = b"OK"
        elif line[:2] == b"AT":
            answer = b"OK" if line == b"AT" else b"ERROR"
        if answer:
            self.wire.to_host(b"\r\n%b\r\n" % answer)
        if self.data:
            unsaid, self.unsaid = self.unsaid, []
            for payload in unsaid:
                self.wire.to_host(payload)


class Owner:
    """Has bytes to send and keeps what comes."""

    def __init__(self) -> None:
        self.waiting = b""
        self.got = b""
        self.taken = b""

    def take(self, limit: int) -> bytes:
        return self.waiting[:limit]

    def sent(self, count: int) -> None:
        self.taken += self.waiting[:count]
        self.waiting = self.waiting[count:]

    def received(self, data: bytes) -> None:
        assert data
        self.got += data

    def ended(self, reason: Failure) -> None:
        raise AssertionError("the pipe does not end its owner")


class Handler:
    """Keeps the URCs of the port."""

    def __init__(self) -> None:
        self.urcs: list[bytes] = []
        self.unresponsive = 0

    def urc(self, line: bytes, block: bytes) -> None:
        self.urcs.append(line)

    def block_length(self, line: bytes) -> int:
        return 0

    def port_lost(self, reason: Failure) -> None:
        """The pipe is told by itself."""

    def port_unresponsive(self) -> None:
        self.unresponsive += 1


class Bench:
    """A pipe over a wire to a module, all on one clock."""

    def __init__(
        self,
        seed: int = 1,
        byte_time: float = 10 / 115200,
        latency: float = 0.005,
        guard: float = 1.0,
        reaction: float = 0.5,
    ) -> None:
        self.random = Random(seed)
        self.clock = Clock()
        self.clock.advance(100.0)
        self.wire = Wire(self.clock, self.random, byte_time, latency)
        self.module = self.wire.module = Module(self.clock, self.wire, guard)
        self.owner = Owner()
        self.handler = Handler()
        self.port = self.wire.port = ATPort(self.clock, self.handler)
        self.port.makeConnection(self.wire)
        self.port.setRawMode()
        self.ends: list[tuple[float, object]] = []
        self.pipe = TransparentPipe(
            self.clock,
            self.port,
            self.owner,
            reaction=reaction,
            on_carrier_lost=lambda: self.ended("carrier lost"),
            on_lost=self.ended,
        )
        self.pipe.start()

    def ended(self, how: object) -> None:
        """Note how the pipe has ended."""
        self.ends.append((self.clock.seconds(), how))

    def run(self, seconds: float) -> None:
        """Let time pass, from one event to the next."""
        end = self.clock.seconds() + seconds
        while True:
            calls = self.clock.getDelayedCalls()
            due = min((call.getTime() for call in calls), default=end + 1)
            if due > end:
                break
            self.clock.advance(max(0.0, due - self.clock.seconds()))
        self.clock.advance(end - self.clock.seconds())

    def send(self, data: bytes) -> None:
        """The owner sends."""
        self.owner.waiting += data
        self.pipe.writable()

    def at(self, seconds: float, call: Callable[..., object], *arguments: object) -> None:
        """Do something later."""
        self.clock.callLater(seconds, call, *arguments)
