"""Lines in memory: lanes, producers, and the ways in which a device goes away."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.link import Lane, Link
from twisted_quectel.emulator.memory import CAPACITY, MemoryAddress
from twisted_quectel.emulator.settings import ModuleSettings

from .bench import Bench
from .test_ports import Producer


class LaneTests(SynchronousTestCase):
    """One direction of a line."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.arrived: list[bytes] = []

    def lane(self, rate: int | None = None, cut: int = 0) -> Lane:
        """Make a lane into C{arrived}."""
        return Lane(self.clock, self.arrived.append, lambda: rate, cut)

    def test_settings(self) -> None:
        """A link without sense is refused, by the name of what has none."""
        for name, value in (("baudrate", 0), ("latency", -1.0), ("cut", -1)):
            values: dict[str, Any] = {name: value}
            error = self.assertRaises(ValueError, Link, **values)
            self.assertIn(name, str(error))

    def test_empty(self) -> None:
        """No bytes are no arrival."""
        self.lane().write(b"")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stalled(self) -> None:
        """A stalled lane carries nothing, whoever resumes it, and loses nothing."""
        lane = self.lane()
        lane.write(b"a")
        lane.stall(True)
        lane.stall(True)
        lane.pause()
        lane.resume()
        lane.resume()
        lane.write(b"b")
        self.clock.advance(1)
        self.assertEqual(self.arrived, [])
        lane.stall(False)
        self.clock.advance(0)
        self.assertEqual(self.arrived, [b"ab"])

    def test_givenBack(self) -> None:
        """What is given back arrives ahead of what waits."""
        lane = self.lane()
        lane.write(b"bc")
        lane.give_back(b"a")
        lane.give_back(b"")
        self.clock.advance(0)
        self.clock.advance(0)
        lane.give_back(b"d")
        self.clock.advance(0)
        self.assertEqual(b"".join(self.arrived), b"abcd")

    def test_stoppedWithin(self) -> None:
        """A reader that stops between two pieces of a read gets the rest later."""
        lane = self.lane(cut=1)

        def deliver(data: bytes) -> None:
            self.arrived.append(data)
            if data == b"b":
                lane.pause()

        lane._deliver = deliver
        lane.write(b"abcd")
        self.clock.advance(0)
        self.assertEqual((self.arrived, lane.pending), ([b"a", b"b"], 2))
        lane.resume()
        self.clock.advance(0)
        self.assertEqual(self.arrived, [b"a", b"b", b"c", b"d"])

    def test_cleared(self) -> None:
        """What is dropped never arrives."""
        lane = self.lane(9600)
        lane.write(b"abc")
        lane.clear()
        lane.clear()
        self.clock.advance(1)
        self.assertEqual((self.arrived, lane.pending), ([], 0))


class Pull:
    """Writes one byte for each call, three times."""

    def __init__(self, wire: Any) -> None:
        self.left = 3
        self._wire = wire

    def resumeProducing(self) -> None:
        if self.left:
            self.left -= 1
            self._wire.write(b"AT\r")

    def stopProducing(self) -> None:
        self.left = 0


class WireTests(SynchronousTestCase):
    """The host's end."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.wire = self.bench.wire

    def reason(self, kind: type[Exception]) -> None:
        """The host was told so."""
        lost = self.bench.screen.lost
        assert lost is not None
        self.assertIsNotNone(lost.check(kind))

    def test_addresses(self) -> None:
        """Both ends have names."""
        self.assertEqual(repr(self.wire.getPeer()), "MemoryAddress('usbmodem')")
        self.assertIsInstance(self.wire.getHost(), MemoryAddress)
        self.assertEqual(self.wire.port_name, "usbmodem")

    def test_sequence(self) -> None:
        """Pieces are written as one."""
        self.wire.writeSequence([b"A", b"T", b"\r"])
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\nOK\r\n")

    def test_pullProducer(self) -> None:
        """It is asked whenever all has crossed."""
        pull: Any = Pull(self.wire)
        self.wire.registerProducer(pull, False)
        self.assertRaises(RuntimeError, self.wire.registerProducer, pull, False)
        self.bench.settle()
        self.assertEqual(self.bench.screen.take().count(b"OK"), 3)
        self.wire.unregisterProducer()
        self.wire.registerProducer(pull, False)

    def test_producerAtTheEnd(self) -> None:
        """It is stopped when the device goes, and one that comes later at once."""
        first, later = Producer(), Producer()
        self.wire.registerProducer(first, True)
        self.wire.unplug()
        self.wire.unplug()
        self.wire.registerProducer(later, True)
        self.assertEqual((first.told, later.told), (["stop"], ["stop"]))
        self.reason(ConnectionLost)
        self.wire.write(b"AT\r")
        self.wire.loseConnection()
        self.wire.abortConnection()
        self.assertEqual(self.bench.clock.getDelayedCalls(), [])
        self.wire.resumeProducing()
        self.assertTrue(self.wire.set_dtr(True))

    def test_aborted(self) -> None:
        """What was not sent is lost with an abort."""
        self.wire.write(b"AT+CMEE=2\r")
        self.wire.abortConnection()
        self.bench.settle()
        self.reason(ConnectionAborted)
        self.assertEqual(self.bench.module.port().settings.cmee, 1)
        self.assertFalse(self.bench.module.port().attached)

    def test_stopped(self) -> None:
        """Stopping what produces closes the device, in order, once."""
        self.wire.stopProducing()
        self.wire.loseConnection()
        self.bench.settle()
        self.reason(ConnectionDone)

    def test_dropped(self) -> None:
        """What is on its way from the module can get lost."""
        self.wire.pauseProducing()
        self.wire.write(b"AT\r")
        self.bench.settle()
        self.wire.drop()
        self.wire.resumeProducing()
        self.assertEqual(self.bench.type(b"AT+CSQ\r"), b"\r\n+CSQ: 28,99\r\n\r\nOK\r\n")

    def test_stalled(self) -> None:
        """A stalled line carries nothing in either direction."""
        self.wire.stall(True)
        self.assertEqual(self.bench.type(b"AT\r"), b"")
        self.wire.give_back(b"AT+CSQ\r", to_module=True)
        self.wire.stall(False)
        self.assertEqual(self.bench.type(b""), b"\r\n+CSQ: 28,99\r\n\r\nOK\r\n\r\nOK\r\n")

    def test_hung(self) -> None:
        """A module that hangs holds CTS low, for a host that comes later too."""
        self.bench.module.hang(True)
        self.bench.module.hang(True)
        self.assertFalse(self.wire.cts())
        self.assertEqual(self.bench.type(b"AT\r"), b"")
        self.wire.unplug()
        self.bench.screen, self.bench.wire = self.bench.plug()
        self.assertFalse(self.bench.wire.cts())
        self.bench.module.hang(False)
        self.assertEqual(self.bench.type(b"AT\r"), b"\r\nOK\r\n")

    def test_fullForTheNextHost(self) -> None:
        """A port that can take no more holds the next host as well, until it can."""
        bench = Bench(settings=ModuleSettings(pdp_delay=5.0))
        bench.wire.write(b"AT+QIACT=1\r" + b"AT\r" * 10000)
        bench.settle()
        bench.wire.unplug()
        bench.screen, bench.wire = bench.plug()
        self.assertFalse(bench.wire.cts())
        bench.settle(5)
        for _ in range(20):
            bench.settle()
        self.assertTrue(bench.wire.cts())

    def test_whenSent(self) -> None:
        """A new speed waits until the OK has crossed, or until nobody is there to hear it."""
        bench = Bench(link=Link(baudrate=9600))
        bench.settle(1)
        bench.wire.write(b"AT+IPR=19200\r")
        bench.settle(0.016)
        self.assertEqual(bench.module.baudrate, 9600)
        bench.wire.unplug()
        self.assertEqual(bench.module.baudrate, 19200)

    def test_backPressure(self) -> None:
        """URCs wait while the host takes nothing."""
        self.bench.ok("AT+QIACT=1")
        self.wire.pauseProducing()
        for _ in range(CAPACITY // 400):
            self.wire.write(b"AT+QSSLCFG=?\r")
        self.bench.settle()
        self.bench.module.urc("+QIND: X")
        self.wire.resumeProducing()
        for _ in range(20):
            self.bench.settle()
        shown = self.bench.screen.take()
        self.assertEqual(shown.count(b"OK"), CAPACITY // 400)
        self.assertEqual(shown.count(b"+QIND: X"), 1)
