"""What a port does in one reactor turn is bounded, and nothing is lost or moved by that."""

from __future__ import annotations

from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.at.bench import Bench, receive, write
from tests.endpoint.virtual import TurnClock
from twisted_quectel.at import ATPort
from twisted_quectel.at.port import TURN_BYTES, TURN_EVENTS
from twisted_quectel.errors import PortLost

LINE = b"\r\n+X: %d\r\n"


class Reader:
    """Notes raw bytes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def raw_received(self, data: bytes) -> None:
        """Note them."""
        self.pieces.append(data)

    def port_lost(self, reason: object) -> None:
        """Nobody asks."""


class TurnBench(Bench):
    """A port on a clock that goes on by turns."""

    clock: TurnClock

    def __init__(self) -> None:
        super().__init__()
        self.clock = TurnClock()
        self.port = ATPort(self.clock, self.handler, "bench")
        self.transport.producerState = "producing"
        self.port.makeConnection(self.transport)


class TurnTests(SynchronousTestCase):
    """A flood on one port."""

    def setUp(self) -> None:
        self.bench = TurnBench()
        self.urcs = self.bench.handler.urcs

    def flood(self, count: int) -> None:
        """Have so many lines come in one read."""
        self.bench.feed(b"".join(LINE % number for number in range(count)))

    def expected(self, count: int) -> list[bytes]:
        """What they are."""
        return [b"+X: %d" % number for number in range(count)]

    def test_events(self) -> None:
        """One turn hands out 256 events, the next ones the rest, in order; until then
        nothing is read."""
        self.flood(TURN_EVENTS * 2 + 1)
        self.assertEqual(len(self.urcs), TURN_EVENTS)
        self.assertEqual(self.bench.transport.producerState, "paused")
        self.bench.clock.turn()
        self.assertEqual(len(self.urcs), TURN_EVENTS * 2)
        self.assertEqual(self.bench.transport.producerState, "paused")
        self.bench.clock.turn()
        self.assertEqual(self.urcs, self.expected(TURN_EVENTS * 2 + 1))
        self.assertEqual(self.bench.transport.producerState, "producing")
        self.assertEqual(self.bench.timers(), 0)

    def test_bytes(self) -> None:
        """One turn hands out 64 KiB of counted bytes, and what is begun."""
        header = b'+QSSLURC: "recv",4,4096'
        self.bench.handler.lengths[header] = 4096
        self.bench.feed((b"\r\n" + header + b"\r\n" + b"\n" * 4096) * 40)
        blocks = self.bench.handler.blocks
        self.assertLessEqual(len(blocks) * 4096, TURN_BYTES)
        self.bench.clock.turn()
        self.bench.clock.turn()
        self.assertEqual(len(blocks), 40)
        self.assertEqual(self.bench.timers(), 0)

    def test_raw(self) -> None:
        """In data mode too: 64 KiB in one turn, in order."""
        reader = Reader()
        self.bench.port.setRawMode()
        self.bench.port.data_handler = reader
        data = b"".join(b"%07d" % number for number in range(30000))
        self.bench.feed(data)
        self.assertEqual(len(b"".join(reader.pieces)), TURN_BYTES)
        for _ in range(4):
            self.bench.clock.turn()
        self.assertEqual(b"".join(reader.pieces), data)
        self.assertEqual(self.bench.timers(), 0)

    def test_exactly_one_turn(self) -> None:
        """What fits into one turn makes no other."""
        self.flood(TURN_EVENTS)
        self.assertEqual(self.bench.timers(), 0)
        self.bench.port.setRawMode()
        self.bench.feed(bytes(TURN_BYTES))
        self.assertEqual(self.bench.timers(), 0)
        self.assertEqual(self.bench.transport.producerState, "producing")

    def test_more_comes(self) -> None:
        """What comes although nothing is read comes behind the rest."""
        self.flood(TURN_EVENTS + 1)
        self.bench.feed(LINE % (TURN_EVENTS + 1))
        self.assertEqual(len(self.urcs), TURN_EVENTS)
        self.bench.clock.turn()
        self.assertEqual(self.urcs, self.expected(TURN_EVENTS + 2))

    def test_dialogue(self) -> None:
        """An answer behind a flood is the answer; the next command waits for it."""
        first = self.bench.port.execute(write("+A", 1))
        second = self.bench.port.execute(receive())
        self.bench.sent()
        self.flood(TURN_EVENTS + 10)
        self.bench.feed(b"\r\n+A: 7\r\n\r\nOK\r\n")
        self.assertNoResult(first)
        self.assertEqual(self.bench.sent(), b"")
        self.bench.clock.turn()
        self.assertEqual(self.successResultOf(first).lines, [b"+A: 7"])
        self.assertEqual(self.bench.sent(), b"AT+QSSLRECV=4,1500\r")
        self.bench.feed(b"\r\n+QSSLRECV: 2\r\nxy\r\nOK\r\n")
        self.assertEqual(self.successResultOf(second).block, b"xy")

    def test_paused_in_between(self) -> None:
        """Whoever pauses the port before the rest came gets it after resuming."""
        self.flood(TURN_EVENTS + 1)
        self.bench.port.pauseProducing()
        self.bench.clock.turn()
        self.assertEqual(len(self.urcs), TURN_EVENTS)
        self.assertEqual(self.bench.transport.producerState, "paused")
        self.assertEqual(self.bench.timers(), 0)
        self.bench.port.resumeProducing()
        self.assertEqual(len(self.urcs), TURN_EVENTS + 1)
        self.assertEqual(self.bench.transport.producerState, "producing")

    def test_paused_and_resumed_in_between(self) -> None:
        """Pausing and resuming before the next turn does not read on too early."""
        self.flood(TURN_EVENTS + 1)
        self.bench.port.pauseProducing()
        self.bench.port.resumeProducing()
        self.assertEqual(len(self.urcs), TURN_EVENTS)
        self.assertEqual(self.bench.transport.producerState, "paused")
        self.bench.clock.turn()
        self.assertEqual(len(self.urcs), TURN_EVENTS + 1)
        self.assertEqual(self.bench.transport.producerState, "producing")

    def test_paused_by_the_last_event_of_a_turn(self) -> None:
        """A pause that the last event of a turn asks for outlives the turn."""

        def pause(line: bytes) -> None:
            if len(self.urcs) == TURN_EVENTS:
                self.bench.port.pauseProducing()

        self.bench.handler.on_urc = pause
        self.flood(TURN_EVENTS + 1)
        self.bench.clock.turn()
        self.assertEqual(len(self.urcs), TURN_EVENTS)
        self.assertEqual(self.bench.transport.producerState, "paused")
        self.bench.port.resumeProducing()
        self.assertEqual(len(self.urcs), TURN_EVENTS + 1)

    def test_lost(self) -> None:
        """A port that is lost leaves no call behind, and hands out nothing more."""
        self.flood(TURN_EVENTS + 1)
        self.bench.unplug()
        self.assertEqual(self.bench.timers(), 0)
        self.assertEqual(len(self.urcs), TURN_EVENTS)

    def test_abandoned(self) -> None:
        """What was left when a port was abandoned is dropped; it reads on."""
        self.flood(TURN_EVENTS + 5)
        self.bench.port.abandon(Failure(PortLost("restarted")))
        self.bench.clock.turn()
        self.assertEqual(len(self.urcs), TURN_EVENTS)
        self.assertEqual(self.bench.transport.producerState, "producing")
        self.bench.feed(b"\r\n+Y: 1\r\n")
        self.assertEqual(self.urcs[-1], b"+Y: 1")
        self.assertEqual(self.bench.timers(), 0)
