"""Blocks that go past all questions: L{twisted_quectel.at.Route}."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.at.bench import Bench, Handler, receive, write
from tests.at.cuts import at_points, every_cut
from twisted_quectel.at import HandOut, Route, Taking
from twisted_quectel.at.port import MAX_ROUTES, TURN_BYTES, TURN_EVENTS
from twisted_quectel.errors import PortLost

LINE = b'+QSSLURC: "recv",0,%d'


def push(block: bytes, line: bytes = LINE) -> bytes:
    """Give a push as it stands on the wire."""
    return b"\r\n" + line % len(block) + b"\r\n" + block


class Routing(Handler):
    """Has a route for each line that brings a block.

    @ivar came: all blocks, in order.
    @ivar asked: how many of them it was asked about.
    """

    def __init__(self) -> None:
        super().__init__()
        self.came: list[bytes] = []
        self.asked = 0
        self.routes: list[Route] = []
        self.problem: Exception | None = None

    def urc(self, line: bytes, block: bytes) -> Route | None:
        super().urc(line, block)
        if not block:
            return None
        self.asked += 1
        self.take(block)
        self.routes.append(Route(self.several))
        return self.routes[-1]

    def block_length(self, line: bytes) -> int:
        return int(line.rpartition(b",")[2]) if line.startswith(b"+QSSLURC") else 0

    def take(self, block: bytes) -> None:
        """A block came."""
        self.came.append(block)

    def several(self, hand_out: HandOut) -> None:
        """Some blocks came."""
        try:
            hand_out(Taking(self.take))
        except ZeroDivisionError as e:
            self.problem = e


class ClosingAt(Routing):
    """Closes its route when a certain block comes that way."""

    def __init__(self, last: bytes) -> None:
        super().__init__()
        self._last = last

    def take(self, block: bytes) -> None:
        super().take(block)
        if block == self._last:
            self.routes[-1].open = False


class RoutingBench(Bench):
    """A port whose handler has routes."""

    def __init__(self, routing: Routing | None = None) -> None:
        super().__init__()
        self.routing = self.port._handler = routing or Routing()


class RouteTests(SynchronousTestCase):
    """What is asked once is not asked again, and nothing else changes."""

    def test_asked_once(self) -> None:
        """Blocks behind one line go one way, however many there are."""
        bench = RoutingBench()
        blocks = [bytes([number]) * 100 for number in range(200)]
        bench.feed(push(blocks[0]))
        bench.feed(b"".join(map(push, blocks[1:])))
        self.assertEqual(bench.routing.came, blocks)
        self.assertEqual(bench.routing.asked, 1)

    def test_every_cut(self) -> None:
        """The blocks are the same however the bytes were cut, with other lines between them."""
        stream = (
            push(b"a" * 7)
            + push(b"\r\n+QSSL")
            + push(b"bb\n\r\n!!")
            + b"\r\n+QIURC: 1\r\n"
            + push(b"c" * 7)
            + push(b"longer than the others")
            + push(b"d" * 7)
        )
        blocks = [b"a" * 7, b"\r\n+QSSL", b"bb\n\r\n!!", b"c" * 7, b"longer than the others"]
        for pieces in every_cut(stream):
            bench = RoutingBench()
            bench.feed(push(b"-" * 7), *pieces)
            self.assertEqual(
                bench.routing.came[1:],
                [*blocks, b"d" * 7],
            )
            self.assertEqual(bench.routing.urcs, [b"+QIURC: 1"])

    @given(
        st.lists(st.tuples(st.integers(0, 2), st.sampled_from((1, 5, 40)))),
        st.lists(st.integers(0, 10**6), max_size=20),
    )
    def test_any_stream(self, plan: list[tuple[int, int]], cuts: list[int]) -> None:
        """With several connections and lengths too."""
        lines = [b'+QSSLURC: "recv",%d,%%d' % id for id in range(3)]
        blocks = [bytes([65 + id]) * size for id, size in plan]
        stream = b"".join(
            push(block, lines[id]) for block, (id, _) in zip(blocks, plan, strict=True)
        )
        bench = RoutingBench()
        bench.feed(*at_points(stream, cuts))
        self.assertEqual(bench.routing.came, blocks)

    def test_closed_meanwhile(self) -> None:
        """From the block on in which a route is closed, each is asked about again."""
        bench = RoutingBench()
        bench.feed(push(b"1"))
        (route,) = bench.routing.routes
        take = bench.routing.take

        def close(block: bytes) -> None:
            take(block)
            if block == b"3":
                route.open = False

        bench.routing.take = close  # type: ignore[method-assign]
        bench.feed(b"".join(push(b"%d" % number) for number in range(2, 8)))
        self.assertEqual(bench.routing.came, [b"%d" % number for number in range(1, 8)])
        # the fourth; the rest went the new way
        self.assertEqual(bench.routing.asked, 2)

    def test_closed_however_cut(self) -> None:
        """So it is when a block has begun in an earlier read, and the way is closed in it."""
        blocks = [b"%04d" % number for number in range(2, 7)]
        for pieces in every_cut(b"".join(map(push, blocks))):
            for last in blocks:
                routing = ClosingAt(last)
                bench = RoutingBench(routing)
                bench.feed(push(b"0001"), *pieces)
                self.assertEqual(routing.came[1:], blocks)
                self.assertEqual(routing.asked, 1 if last == blocks[-1] else 2)

    def test_begun_before(self) -> None:
        """A block that has begun in an earlier read is one of its turn, and its trace too."""
        bench = RoutingBench()
        block = bytes(1460)
        stream = push(block) * 300
        bench.feed(push(block), stream[:700])
        self.assertEqual(len(bench.routing.came), 1)
        bench.feed(stream[700:])
        self.assertLessEqual(len(bench.routing.came), 2 + TURN_BYTES // len(block))
        self.assertIn("44 times <64240 bytes>", "".join(bench.port.trace.last()))
        while bench.clock.getDelayedCalls():
            bench.clock.advance(0)
        self.assertEqual(len(bench.routing.came), 301)

    def test_raises(self) -> None:
        """What raises out of a route has had its block; the next ones come all the same."""
        bench = RoutingBench()
        bench.feed(push(b"1"))
        take = bench.routing.take

        def fail(block: bytes) -> None:
            take(block)
            if block == b"2":
                raise ZeroDivisionError

        bench.routing.take = fail  # type: ignore[method-assign]
        bench.feed(b"".join(push(b"%d" % number) for number in range(2, 6)))
        self.assertIsInstance(bench.routing.problem, ZeroDivisionError)
        self.assertEqual(bench.routing.came, [b"1", b"2", b"3", b"4", b"5"])

    def test_given_up_meanwhile(self) -> None:
        """A port that is given up in the middle hands nothing on of what was waiting."""
        bench = RoutingBench()
        bench.feed(push(b"1"))
        (route,) = bench.routing.routes
        take = bench.routing.take

        def give_up(block: bytes) -> None:
            take(block)
            if block == b"3":
                route.open = False
                bench.port.abandon(Failure(PortLost("gone")))

        bench.routing.take = give_up  # type: ignore[method-assign]
        bench.feed(b"".join(push(b"%d" % number) for number in range(2, 6)))
        self.assertEqual(bench.routing.came, [b"1", b"2", b"3"])
        bench.feed(push(b"9"))
        self.assertEqual(bench.routing.came[-1], b"9")

    def test_turn(self) -> None:
        """A turn has its limit here too."""
        bench = RoutingBench()
        bench.feed(push(b"x"))
        bench.feed(push(b"x") * 1000)
        self.assertEqual(len(bench.routing.came), 1 + TURN_EVENTS)
        while bench.clock.getDelayedCalls():
            bench.clock.advance(0)
        self.assertEqual(len(bench.routing.came), 1001)

    def test_turn_of_large_blocks(self) -> None:
        """The limit is one of bytes too."""
        bench = RoutingBench()
        block = bytes(1460)
        bench.feed(push(block))
        bench.feed(push(block) * 300)
        self.assertLessEqual(len(bench.routing.came), 2 + TURN_BYTES // len(block))
        while bench.clock.getDelayedCalls():
            bench.clock.advance(0)
        self.assertEqual(len(bench.routing.came), 301)

    def test_throttled_meanwhile(self) -> None:
        """A port that is read at its speed again in the middle of a run: each block comes once."""
        bench = RoutingBench()
        bench.feed(push(bytes(100)))
        bench.port.throttle.hold()
        blocks = [b"%04d" % number + bytes(96) for number in range(600)]
        take = bench.routing.take

        def release(block: bytes) -> None:
            take(block)
            if block == blocks[300]:
                bench.port.throttle.release()

        bench.routing.take = release  # type: ignore[method-assign]
        bench.feed(b"".join(map(push, blocks)))
        for _ in range(4):
            bench.clock.advance(1)
        self.assertEqual(bench.routing.came[1:], blocks)

    def test_written_trace(self) -> None:
        """A trace that is written to a file has each push; the kept lines count them."""
        bench = RoutingBench()
        bench.feed(push(b"x"), push(b"x") * 5)
        self.assertIn("5 times <5 bytes>", bench.port.trace.last()[-1])
        file = io.StringIO()
        bench.port.trace.write_to(file)
        bench.feed(push(b"x") * 5)
        self.assertEqual(file.getvalue().count("<1 bytes>"), 5)
        self.assertEqual(len(bench.routing.came), 11)

    def test_answer_of_the_same_form(self) -> None:
        """While a command waits for a block, it may be its own; one that does not may be sent."""
        bench = RoutingBench()
        bench.feed(push(b"x"))
        bench.port.execute(write("+CSQ"))
        bench.feed(push(b"y") * 3, b"\r\nOK\r\n")
        self.assertEqual((len(bench.routing.came), bench.routing.asked), (4, 1))
        answer = bench.port.execute(receive())
        bench.feed(push(b"z"), b"\r\n+QSSLRECV: 2\r\nab\r\n\r\nOK\r\n")
        self.assertEqual(self.successResultOf(answer).block, b"ab")
        self.assertEqual((len(bench.routing.came), bench.routing.asked), (5, 2))

    def test_bounded(self) -> None:
        """However many lines a module finds, few are remembered."""
        bench = RoutingBench()
        for number in range(3 * MAX_ROUTES):
            bench.feed(push(b"x", b'+QSSLURC: "recv",%d,%%d' % number))
        self.assertLessEqual(len(bench.port._routes), MAX_ROUTES)
        self.assertEqual(len(bench.routing.came), 3 * MAX_ROUTES)
