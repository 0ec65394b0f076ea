"""Tests for L{twisted_quectel.at.port}: the contract of a LineReceiver, and data mode."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import ATPort, Command, Outcome, execute_form
from twisted_quectel.at.framing import MAX_LINE
from twisted_quectel.errors import CommandFailed, CommandTimeout, PortLost

from .bench import Bench, receive

OK = b"\r\nOK\r\n"


class Noting(ATPort):
    """A port that notes what reaches its methods."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.clock, bench.handler, "noting")
        self.noted: list[tuple[str, bytes]] = []

    def lineReceived(self, line: bytes) -> None:
        self.noted.append(("line", line))
        super().lineReceived(line)

    def rawDataReceived(self, data: bytes) -> None:
        self.noted.append(("raw", data))
        super().rawDataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.noted.append(("long", line))
        super().lineLengthExceeded(line)


class DataRecorder:
    """Reads a port in data mode."""

    def __init__(self) -> None:
        self.data = b""
        self.lost: list[Failure] = []

    def raw_received(self, data: bytes) -> None:
        """Note it."""
        self.data += data

    def port_lost(self, reason: Failure) -> None:
        """Note it."""
        self.lost.append(reason)


class LineReceiverTests(SynchronousTestCase):
    """A port is a L{LineReceiver}."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.port = self.bench.port = Noting(self.bench)
        self.port.makeConnection(self.bench.transport)

    def test_lines(self) -> None:
        """Each line reaches C{lineReceived} without its end."""
        self.assertIsInstance(self.port, LineReceiver)
        self.bench.feed(b"\r\nA\r", b"\n\r\nB\r\n")
        self.assertEqual(self.port.noted, [("line", b"A"), ("line", b"B")])

    def test_send_line(self) -> None:
        """C{sendLine} ends a line as V.250 does, with CR."""
        self.port.sendLine(b"AT")
        self.assertEqual(self.bench.sent(), b"AT\r")

    def test_too_long(self) -> None:
        """An overlong line reaches C{lineLengthExceeded} once, and the connection lives."""
        self.bench.feed(b"x" * 5000, b"x" * 5000 + b"\r\nA\r\n")
        self.assertEqual(self.port.noted, [("long", b"x" * MAX_LINE), ("line", b"A")])
        self.assertFalse(self.bench.transport.disconnecting)
        self.assertIn("was dropped", self.port.trace.last()[-2])

    def test_raw_and_back(self) -> None:
        """C{setRawMode} and C{setLineMode} with the rest work in the midst of a read."""
        self.port.setRawMode()
        self.assertFalse(self.port.idle)
        self.bench.feed(b"\r\nraw\r\n")
        self.port.setLineMode(b"\r\nA\r\n\r\nB")
        self.bench.feed(b"C\r\n")
        self.assertEqual(
            self.port.noted, [("raw", b"\r\nraw\r\n"), ("line", b"A"), ("line", b"BC")]
        )
        self.assertTrue(self.port.idle)

    def test_line_mode_within_raw_data(self) -> None:
        """Raw bytes may turn out to be lines while they are handed out."""
        port = self.port

        class Ending(DataRecorder):
            def raw_received(self, data: bytes) -> None:
                super().raw_received(data)
                port.setLineMode(b"\r\nNO CARRIER\r\n")

        port.setRawMode()
        port.data_handler = Ending()
        self.bench.feed(b"abc")
        self.assertEqual(self.bench.handler.urcs, [b"NO CARRIER"])
        self.assertIs(port.data_handler, None)

    def test_raw_without_handler(self) -> None:
        """Raw bytes that nobody reads are dropped."""
        self.port.setRawMode()
        self.bench.feed(b"abc")
        self.assertEqual(self.port.noted, [("raw", b"abc")])

    def test_clear(self) -> None:
        """C{clearLineBuffer} drops and gives back the unfinished line."""
        self.bench.feed(b"\r\nA\r\nabc")
        self.assertEqual(self.port.clearLineBuffer(), b"abc")
        self.bench.feed(b"d\r\n")
        self.assertEqual(self.port.noted[-1], ("line", b"d"))

    def test_pause(self) -> None:
        """A paused port hands out nothing, and its transport reads nothing."""
        self.port.pauseProducing()
        self.assertEqual(self.bench.transport.producerState, "paused")
        self.bench.feed(b"\r\nA\r\n")
        self.assertEqual(self.port.noted, [])
        self.port.resumeProducing()
        self.assertEqual(self.bench.transport.producerState, "producing")
        self.assertEqual(self.port.noted, [("line", b"A")])

    def test_pause_within_a_read(self) -> None:
        """Pausing takes effect between two lines of one read."""

        def pause(line: bytes) -> None:
            self.port.pauseProducing()

        self.bench.handler.on_urc = pause
        self.bench.feed(b"\r\nA\r\n\r\nB\r\n\r\nC\r\n")
        self.assertEqual(self.bench.handler.urcs, [b"A"])
        self.port.resumeProducing()
        self.assertEqual(self.bench.handler.urcs, [b"A", b"B"])

    def test_bytes_within_a_delivery(self) -> None:
        """Bytes that come while others are handed out come behind them."""
        fed: list[bytes] = [b"\r\nC\r\n"]

        def feed(line: bytes) -> None:
            if fed:
                self.bench.feed(fed.pop())

        self.bench.handler.on_urc = feed
        self.bench.feed(b"\r\nA\r\n\r\nB\r\n")
        self.assertEqual(self.bench.handler.urcs, [b"A", b"B", b"C"])


class DataModeTests(SynchronousTestCase):
    """Commands that lead into data mode."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.command = Command(execute_form("O"), data_mode=True)

    def test_connect(self) -> None:
        """C{CONNECT} puts the port into data mode; what follows in the same read is raw."""
        data = DataRecorder()
        done = self.bench.port.execute(self.command)

        def connected(response: object) -> object:
            self.bench.port.data_handler = data
            return response

        done.addCallback(connected)
        following = self.bench.port.execute(Command(execute_form("+A")))
        self.bench.sent()
        self.bench.feed(b"\r\nCONNECT 150000000\r\n\r\nOK\r\n")
        self.assertIs(self.successResultOf(done).result.outcome, Outcome.CONNECT)
        self.assertEqual(data.data, b"\r\nOK\r\n")
        self.assertEqual(self.bench.sent(), b"")
        self.assertNoResult(following)
        self.assertEqual(self.bench.timers(), 0)
        self.bench.port.write_raw(b"up")
        self.assertEqual(self.bench.sent(), b"up")
        self.bench.port.setLineMode()
        self.assertEqual(self.bench.sent(), b"AT+A\r")

    def test_refused(self) -> None:
        """C{NO CARRIER} is an answer where C{CONNECT} is one."""
        for word in (b"NO CARRIER", b"ERROR", b"BUSY", b"NO ANSWER"):
            bench = Bench()
            done = bench.port.execute(self.command)
            bench.feed(b"\r\n" + word + b"\r\n")
            self.failureResultOf(done, CommandFailed)
            self.assertTrue(bench.port.idle)

    def test_lost_in_data_mode(self) -> None:
        """Whoever reads in data mode is told when the port goes."""
        data = DataRecorder()
        self.bench.port.setRawMode()
        self.bench.port.data_handler = data
        self.bench.unplug()
        self.assertEqual(len(data.lost), 1)
        self.assertTrue(data.lost[0].check(PortLost))

    def test_lost_in_mid_command(self) -> None:
        """It is known how long the module may be at the command that was in flight."""
        self.bench.clock.advance(5.0)
        done = self.bench.port.execute(Command(execute_form("+A"), timeout=120.0))
        self.assertEqual(self.bench.port.in_flight, "AT+A")
        self.bench.clock.advance(20.0)
        self.bench.unplug()
        self.failureResultOf(done, PortLost)
        self.assertEqual(self.bench.port.busy_until, 125.0)
        idle = Bench()
        self.assertEqual(idle.port.in_flight, "")
        idle.unplug()
        self.assertEqual(idle.port.busy_until, 0.0)


class PausedTests(SynchronousTestCase):
    """A port that is not read cannot tell that nothing came."""

    def test_no_deadline(self) -> None:
        """While the port is paused no deadline passes, and then a whole one is left."""
        bench = Bench()
        done = bench.port.execute(Command(execute_form("+A"), timeout=5.0))
        bench.port.pauseProducing()
        for _ in range(599):
            bench.clock.advance(0.1)
        self.assertNoResult(done)
        bench.port.resumeProducing()
        bench.clock.advance(4.9)
        self.assertNoResult(done)
        bench.clock.advance(0.2)
        self.failureResultOf(done, CommandTimeout)
        bench.sent()
        # nor while it gets in step again
        bench.port.pauseProducing()
        bench.clock.advance(60)
        self.assertEqual((bench.sent(), bench.handler.unresponsive), (b"", 0))

    def test_stalled_host(self) -> None:
        """What came while the host stood still is read before the deadline passes."""
        for answered in (False, True):
            bench = Bench()
            done = bench.port.execute(Command(execute_form("+A"), timeout=5.0))
            bench.clock.rightNow += 9.0
            timer = bench.clock.calls.pop()
            timer.called = 1
            timer.func()  # a reactor makes its calls first, and reads then
            self.assertNoResult(done)
            if answered:
                bench.feed(OK)
            bench.clock.advance(0)
            if answered:
                self.successResultOf(done)
                self.assertEqual(bench.timers(), 0)
            else:
                self.failureResultOf(done, CommandTimeout)

    def test_rest_of_a_turn(self) -> None:
        """Nor does one while the rest of what was read waits for its turn."""
        bench = Bench()
        done = bench.port.execute(Command(execute_form("+A"), timeout=5.0))
        # the rest is due behind the deadline
        bench.clock.rightNow += 5.0
        bench.feed(b"\r\nRDY\r\n" * 300 + OK)
        bench.clock.advance(0.1)
        self.successResultOf(done)


class LossTests(SynchronousTestCase):
    """The port goes, or is given up."""

    def test_everybody_is_told_once(self) -> None:
        """What is in flight and what waits fails once, and so does what comes later."""
        bench = Bench()
        waiting = [bench.port.execute(receive()) for _ in range(3)]
        bench.unplug()
        self.assertTrue(bench.port.lost)
        for each in waiting:
            problem = self.failureResultOf(each, PortLost).value
            self.assertIn("is gone", str(problem))
        self.failureResultOf(bench.port.execute(receive()), PortLost)
        bench.unplug()
        self.assertEqual(len(bench.handler.lost), 1)
        self.assertEqual(bench.timers(), 0)

    def test_nothing_is_written_after(self) -> None:
        """A port that is gone writes nothing."""
        bench = Bench()
        bench.unplug()
        bench.port.write_raw(b"+++")
        bench.port.resynchronise()
        self.assertEqual(bench.sent(), b"")

    def test_abandon(self) -> None:
        """What waits is failed, what was read in part is forgotten, no timer is left."""
        bench = Bench()
        waiting = [bench.port.execute(receive()) for _ in range(2)]
        bench.feed(b"\r\n+QSSLRECV: 1500\r\nabc")
        bench.sent()
        bench.port.abandon(Failure(ConnectionDone()))
        for each in waiting:
            self.failureResultOf(each, ConnectionDone)
        self.assertTrue(bench.port.idle)
        self.assertEqual(bench.timers(), 0)
        bench.feed(b"RDY\r\n")
        self.assertEqual(bench.handler.urcs, [b"RDY"])

    def test_abandon_in_data_mode(self) -> None:
        """A port that is abandoned in data mode is back in command mode."""
        bench = Bench()
        data = DataRecorder()
        bench.port.setRawMode()
        bench.port.data_handler = data
        bench.port.abandon(Failure(ConnectionDone()))
        self.assertEqual(len(data.lost), 1)
        self.assertTrue(bench.port.idle)

    def test_asked_again_when_failing(self) -> None:
        """What a waiter asks for when it fails goes out when all have failed, with a time-out."""
        bench = Bench()
        first = bench.port.execute(receive())
        second = bench.port.execute(receive())
        again = Command(execute_form("+A"))
        first.addErrback(lambda _: bench.port.execute(again))
        bench.sent()
        told: list[bytes] = []
        second.addErrback(lambda _: told.append(bench.sent()))
        bench.port.abandon(Failure(ConnectionDone()))
        self.assertEqual(told, [b""])
        self.assertEqual(bench.sent(), b"AT+A\r")
        self.assertEqual(bench.timers(), 1)
        bench.feed(OK)
        self.assertIs(self.successResultOf(first).result.outcome, Outcome.OK)
