"""Where URCs and pushes go (C{AT+QURCCFG}), and the echo of what is sent (C{AT+QISDE})."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.module import LTEModule
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.tables.lte import MODELS

from .bench import Bench

_PUSH = b'\r\n+QSSLURC: "recv",4,%d\r\n%b'


class AllPortsTests(SynchronousTestCase):
    """C{AT+QURCCFG="urcport","all"}."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.bench.ok('AT+QURCCFG="urcport","all"')
        self.screen, self.wire = self.bench.plug("usbat")
        self.other(b"ATE0\r")

    def other(self, data: bytes) -> bytes:
        """Type on the second port."""
        self.wire.write(data)
        self.bench.settle()
        return self.screen.take()

    def shown(self) -> tuple[bytes, bytes]:
        """Give what both ports have said."""
        self.bench.settle()
        return self.bench.screen.take(), self.screen.take()

    def test_query(self) -> None:
        """The setting is told, and stays over a restart."""
        query = b'AT+QURCCFG="urcport"\r'
        self.assertIn(b'+QURCCFG: "urcport","all"\r\n', self.bench.type(query))
        self.bench.module.restart()
        self.bench.settle(10)
        self.assertEqual(self.shown()[0].count(b"RDY"), 1)
        self.assertIn(b'+QURCCFG: "urcport","all"\r\n', self.bench.type(query))
        self.assertIn(b'("usbat","usbmodem"', self.bench.type(b"AT+QURCCFG=?\r"))

    def test_urcs(self) -> None:
        """A URC comes on each port."""
        peer = self.bench.open()
        peer.write(b"x")
        self.assertEqual(self.shown(), (b'\r\n+QSSLURC: "recv",4\r\n',) * 2)

    def test_pushes(self) -> None:
        """So does a direct push, and closed behind it."""
        peer = self.bench.open(mode=1)
        peer.write(b"x" * 2000)
        both = self.shown()
        self.assertEqual(both[0], _PUSH % (1460, b"x" * 1460) + _PUSH % (540, b"x" * 540))
        self.assertEqual(both[1], both[0])
        peer.write(b"last")
        peer.close()
        end = _PUSH % (4, b"last") + b'\r\n+QSSLURC: "closed",4\r\n'
        self.assertEqual(self.shown(), (end, end))

    def test_busyPort(self) -> None:
        """A port that waits for a body holds the pushes up; none is lost on any port."""
        peer = self.bench.open(mode=1)
        self.other(b"AT+QSSLSEND=4,4\r")
        peer.write(b"late")
        self.assertEqual(self.shown(), (b"", b""))
        self.wire.write(b"body")
        push = _PUSH % (4, b"late")
        self.assertEqual(self.shown(), (push, b"\r\nSEND OK\r\n" + push))

    def test_portInDataMode(self) -> None:
        """A port in data mode has its pipe alone; the other goes on."""
        self.bench.open(id=5, mode=0)
        peer = self.bench.open(mode=1)
        self.wire.write(b"AT+QISWTMD=5,2\r")
        self.bench.settle()
        self.assertTrue(self.screen.take().endswith(b"CONNECT\r\n"))
        peer.write(b"data")
        self.assertEqual(self.shown(), (_PUSH % (4, b"data"), b""))

    def test_unplugged(self) -> None:
        """A port without a host takes no part."""
        peer = self.bench.open(mode=1)
        self.other(b"AT+QSSLSEND=4,4\r")
        peer.write(b"data")
        self.assertEqual(self.shown()[0], b"")
        self.wire.loseConnection()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), _PUSH % (4, b"data"))


class EchoTests(SynchronousTestCase):
    """C{AT+QISDE} and C{ATE}."""

    def test_bodies(self) -> None:
        """A body is echoed with ATE1 and AT+QISDE=1 only, counted or not."""
        for echo, shown, expected in ((1, 1, b"abc"), (1, 0, b""), (0, 1, b""), (0, 0, b"")):
            bench = Bench()
            peer = bench.open()
            bench.ok(f"AT+QISDE={shown}")
            self.assertIn(b"+QISDE: %d" % shown, bench.type(b"AT+QISDE?\r"))
            bench.type(b"ATE%d\r" % echo)
            bench.type(b"AT+QSSLSEND=4,3\r")
            self.assertEqual(bench.type(b"abc"), expected + b"\r\nSEND OK\r\n")
            bench.type(b"AT+QSSLSEND=4\r")
            self.assertEqual(bench.type(b"abc\x1a"), expected + b"\r\nSEND OK\r\n")
            self.assertEqual(peer.received, b"abcabc")
        for wrong in (b"AT+QISDE=2\r", b"AT+QISDE\r"):
            self.assertIn(b"ERROR", bench.type(wrong))


class ModelTests(SynchronousTestCase):
    """What a model says of itself."""

    def test_revision(self) -> None:
        """The revision is one of the model, unless another is set."""
        for model in MODELS:
            clock = Clock()
            module = LTEModule(clock, network=MemoryNetwork(clock), model=model)
            self.assertTrue(module.revision.startswith(model))
        bench = Bench()
        self.assertIn(
            b"\r\nQuectel\r\nEC25\r\nRevision: EC25EFAR06A08M4G\r\n\r\nOK", bench.type(b"ATI\r")
        )
        self.assertEqual(bench.type(b"AT+CGMR\r"), b"\r\nEC25EFAR06A08M4G\r\n\r\nOK\r\n")
        bench = Bench(settings=ModuleSettings(revision="EC25X"))
        self.assertEqual(bench.type(b"AT+GMR\r"), b"\r\nEC25X\r\n\r\nOK\r\n")
