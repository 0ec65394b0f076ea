"""The transparent pipe: raw bytes both ways, and the way out."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_quectel.at.commands import Command
from twisted_quectel.at.port import ATPort
from twisted_quectel.at.syntax import read_form
from twisted_quectel.errors import PortLost, PortUnresponsive
from twisted_quectel.modem.pipe import TransparentPipe

from .datamode import Bench, Handler, Owner


class PassingTests(SynchronousTestCase):
    """Payload goes both ways as it is."""

    def test_up(self) -> None:
        """What the owner gives arrives, in order, and is taken as fast as it goes."""
        bench = Bench()
        data = bytes(range(256)) * 1000
        bench.send(data)
        self.assertLess(len(bench.owner.taken), 64000)
        bench.run(30)
        self.assertEqual(bench.module.sent, data)

    def test_down(self) -> None:
        """What the module says arrives, in order, however it is cut."""
        bench = Bench()
        bench.wire.cut = 7
        data = b'\r\nOK\r\n\r\nCONNECT\r\n+QSSLURC: "closed",0\r\n' + bytes(range(256)) * 20
        bench.module.say(data)
        bench.run(5)
        self.assertEqual(bench.owner.got, data)

    def test_turn(self) -> None:
        """One reactor turn writes 64 KiB at most, even if the wire takes more."""
        bench = Bench(byte_time=0.0)
        bench.send(b"x" * 200000)
        self.assertEqual(len(bench.owner.taken), 65536)
        bench.run(1)
        self.assertEqual(len(bench.module.sent), 200000)

    def test_pluses(self) -> None:
        """Three pluses between silences reach the peer 1.05 s late at most."""
        for gap in (0.2, 0.5, 1.0, 1.2, 3.0):
            for data in (b"+", b"++", b"+++", b"++++"):
                bench = Bench()
                bench.run(2)
                bench.send(data)
                bench.run(gap)
                bench.send(data)
                bench.run(1.06)
                self.assertEqual(len(bench.owner.taken), 2 * len(data))
                bench.run(1.1)
                self.assertEqual(bench.module.sent, 2 * data)
                self.assertEqual(bench.module.escapes, 0)

    def test_idle(self) -> None:
        """No timer runs while nothing is under way."""
        bench = Bench()
        bench.send(b"a+++b")
        bench.module.say(b"line\r\n")
        bench.run(5)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_line_end(self) -> None:
        """A line end, which could begin NO CARRIER, is late by 20 ms at most."""
        bench = Bench(latency=0.0)
        bench.module.say(b"250 ok\r\n")
        bench.run(0.021)
        self.assertEqual(bench.owner.got, b"250 ok\r\n")

    def test_pause(self) -> None:
        """While paused, the port is not read and nothing is delivered."""
        bench = Bench()
        bench.module.say(b"one")
        bench.run(1)
        bench.pipe.pause()
        self.assertFalse(bench.wire.reading)
        bench.module.say(b"two")
        bench.run(5)
        self.assertEqual(bench.owner.got, b"one")
        bench.pipe.resume()
        bench.run(1)
        self.assertEqual(bench.owner.got, b"onetwo")

    def test_pause_tail(self) -> None:
        """A kept back tail is delivered after a pause, not in it."""
        bench = Bench()
        bench.module.say(b"one\r\n")
        bench.run(0.01)
        bench.pipe.pause()
        bench.run(5)
        self.assertEqual(bench.owner.got, b"one")
        bench.pipe.resume()
        bench.run(1)
        self.assertEqual(bench.owner.got, b"one\r\n")

    def test_untimed(self) -> None:
        """Over a wire without timing it works, and says once what it cannot do."""
        bench = Bench()
        port = ATPort(bench.clock, Handler())
        transport = StringTransport()
        port.makeConnection(transport)
        port.setRawMode()
        owner = Owner()
        events: list[LogEvent] = []

        @implementer(ILogObserver)
        def observe(event: LogEvent) -> None:
            events.append(event)

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        pipe = TransparentPipe(bench.clock, port, owner)
        owner.waiting = b"hello"
        pipe.start()
        owner.waiting = b" there"
        pipe.writable()
        self.assertEqual(transport.value(), b"hello there")
        self.assertEqual(len(events), 1)

    def test_port_lost(self) -> None:
        """The loss of the port is told once, and no timer is left."""
        bench = Bench()
        bench.send(b"+++")
        bench.module.say(b"\r\n")
        bench.run(0.006)
        bench.port.connectionLost(Failure(ConnectionDone()))
        [(_, reason)] = bench.ends
        assert isinstance(reason, Failure)
        self.assertTrue(reason.check(PortLost))
        bench.run(2)
        self.assertEqual(bench.clock.getDelayedCalls(), [])
        self.assertEqual(len(bench.wire.writes), 1)
        self.assertEqual(self.successResultOf(bench.pipe.leave()), False)


class LeavingTests(SynchronousTestCase):
    """L{TransparentPipe.leave} and L{TransparentPipe.drop}."""

    def left(self, bench: Bench, up: bool = True) -> None:
        """Leave, and look whether the port is of use again."""
        left = bench.pipe.leave()
        bench.run(20)
        self.assertIs(self.successResultOf(left), up)
        self.assertTrue(bench.port.line_mode)
        self.assertTrue(bench.wire.reading)
        answer = bench.port.execute(Command(read_form("+CMEE"), prefixes=("+CMEE",)))
        bench.run(5)
        self.successResultOf(answer)
        self.assertEqual(bench.clock.getDelayedCalls(), [])
        self.assertIs(bench.wire.producer, None)
        self.assertEqual(bench.ends, [])

    def test_escape(self) -> None:
        """Queued bytes go first, a guard time lies around one write of +++."""
        bench = Bench()
        data = b"x" * 100000 + b"+++"
        bench.send(data)
        self.left(bench)
        self.assertEqual(bench.module.sent, data)
        escapes = [when for when, what in bench.wire.writes if what == b"+++"]
        self.assertEqual(len(escapes), 1)
        self.assertGreater(escapes[0], 100 + 100003 * 10 / 115200 + 1.05)

    def test_incoming(self) -> None:
        """Payload that comes before the OK is delivered, even if it says OK itself."""
        bench = Bench()
        bench.wire.cut = 3
        expected = b""
        for index in range(40):
            piece = b"\r\nOK\r\n" if index % 2 else b"payload"
            bench.at(index * 0.06, bench.module.say, piece)
            expected += piece
        self.left(bench)
        self.assertEqual(bench.owner.got + b"".join(bench.module.unsaid), expected)
        self.assertEqual(bench.module.escapes, 1)

    def test_paused(self) -> None:
        """A paused connection is left all the same; its payload is delivered."""
        bench = Bench()
        bench.pipe.pause()
        bench.module.say(b"late")
        self.left(bench)
        self.assertEqual(bench.owner.got, b"late")

    def test_dtr(self) -> None:
        """Where the wire has DTR it is used, once everything has left."""
        bench = Bench()
        bench.wire.has_dtr = True
        bench.send(b"x" * 5000)
        self.left(bench)
        self.assertEqual(bench.module.sent, b"x" * 5000)
        self.assertTrue(bench.wire.dtr)
        self.assertNotIn(b"+++", [what for _, what in bench.wire.writes])

    def test_dtr_without_effect(self) -> None:
        """Where DTR does nothing the escape is sent."""
        bench = Bench()
        bench.wire.has_dtr = True
        bench.module.heeds_dtr = False
        self.left(bench)
        self.assertIn(b"+++", [what for _, what in bench.wire.writes])

    def test_again(self) -> None:
        """An escape that the module missed is sent again."""
        bench = Bench()
        bench.module.deaf = 2
        bench.module.say(b"\r\nOK\r\n")
        self.left(bench)
        self.assertEqual(bench.owner.got, b"\r\nOK\r\n")
        self.assertEqual([what for _, what in bench.wire.writes[:3]], [b"+++"] * 3)

    def test_never(self) -> None:
        """A module that takes no escape is given up after three."""
        bench = Bench()
        bench.module.deaf = 9
        left = bench.pipe.leave()
        bench.run(30)
        self.failureResultOf(left, PortUnresponsive)
        self.assertEqual(len(bench.wire.writes), 3)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_stuck(self) -> None:
        """With CTS low for good, leaving fails after half a minute."""
        bench = Bench()
        bench.wire.clear = False
        left = bench.pipe.leave()
        bench.run(30)
        self.assertNoResult(left)
        bench.run(2)
        self.failureResultOf(left, PortUnresponsive)

    def test_two_and_one(self) -> None:
        """An escape that gets to the module in two pieces is one."""
        bench = Bench()
        bench.wire.cut = 2
        self.left(bench)

    def test_urcs_behind(self) -> None:
        """URCs that waited for the end of data mode follow on OK, to the port."""
        bench = Bench()
        bench.wire.cut = 5
        bench.module.waiting_urc = b'\r\n+QIURC: "recv",2\r\n'
        self.left(bench)
        self.assertEqual(bench.owner.got, b"")
        self.assertEqual(bench.handler.urcs, [b'+QIURC: "recv",2'])

    def test_lost_meanwhile(self) -> None:
        """If the connection ends meanwhile, leaving tells that, and nobody else."""
        for when in (0.1, 1.0, 1.2, 2.0):
            bench = Bench()
            bench.at(when, bench.module.lose)
            self.left(bench, up=False)
            self.assertEqual(bench.owner.got, b"")

    def test_drop(self) -> None:
        """Dropping writes no more of what the owner has, and tells nobody."""
        bench = Bench()
        bench.send(b"x" * 100000)
        written = len(bench.owner.taken)
        bench.pipe.drop()
        close = bench.port.execute(Command(read_form("+CMEE"), prefixes=("+CMEE",)))
        bench.run(12)
        self.successResultOf(close)
        self.assertEqual(bench.module.sent, b"x" * written)
        self.assertEqual(bench.ends, [])

    def test_cancelled(self) -> None:
        """A leave that nobody waits for any more still frees the port."""
        bench = Bench()
        left = bench.pipe.leave()
        left.addErrback(lambda _: None)
        left.cancel()
        bench.run(5)
        self.assertTrue(bench.port.line_mode)
        self.assertEqual(bench.ends, [])

    def test_port_lost(self) -> None:
        """If the port goes meanwhile, leaving fails."""
        bench = Bench()
        left = bench.pipe.leave()
        bench.run(0.5)
        bench.port.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(left, PortLost)
        self.assertEqual(bench.ends, [])
