"""The hold rule for pluses, against modules of every usual guard time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.modem.escape import GAP, HOLD, EscapeGuard

Stream = Sequence[tuple[float, bytes]]

#: Guard times of the modules, in seconds.
GUARDS = (0.5, 0.6, 0.75, 0.9, 1.0)
#: How many random streams there are.
RANDOM_STREAMS = 4000


def run(stream: Stream, byte_time: float = 0.0) -> tuple[list[tuple[float, bytes]], float, int]:
    """Send a stream through a guard, on a wire that needs C{byte_time} for a byte.

    @param stream: seconds since the piece before, and the piece.
    @return: what was written and when, how long the longest byte was held, and
        how many at most.
    """
    guard = EscapeGuard()
    written: list[tuple[float, bytes]] = []
    waiting: list[float] = []
    longest = 0.0
    most = 0
    wire_free = 0.0

    def give(now: float, out: bytes) -> None:
        nonlocal longest, wire_free
        if not out:
            return
        written.append((max(now, wire_free), out))
        wire_free = max(now, wire_free) + byte_time * len(out)
        for _ in out:
            longest = max(longest, now - waiting.pop(0))

    def release_until(end: float) -> None:
        while guard.held:
            guard.left(max(wire_free, 0.0))
            due = guard.due()
            assert due is not None
            if due > end:
                return
            give(due, guard.release(due))

    now = 0.0
    for gap, piece in stream:
        now += gap
        release_until(now)
        if wire_free > now:
            guard.busy(now)
        else:
            guard.left(wire_free)
        waiting.extend([now] * len(piece))
        give(now, guard.feed(now, piece))
        most = max(most, guard.held)
    release_until(float("inf"))
    return written, longest, most


def escapes(written: Stream, guard: float, whole: bool, byte_time: float = 0.0) -> bool:
    """Whether a module sees an escape.

    @param guard: its guard time.
    @param whole: whether the three pluses must come within one second; else
        each within a guard time of the one before.
    """
    bytes_ = [
        (when + byte_time * (place + 1), byte)
        for when, piece in written
        for place, byte in enumerate(piece)
    ]
    before = -1e9
    for index, (when, byte) in enumerate(bytes_):
        three = bytes_[index : index + 3]
        if byte == 0x2B and when - before >= guard and [b for _, b in three] == [0x2B] * 3:
            after = bytes_[index + 3][0] if index + 3 < len(bytes_) else 1e9
            times = [t for t, _ in three]
            near = (
                times[2] - times[0] <= 1.0
                if whole
                else max(times[1] - times[0], times[2] - times[1]) <= guard
            )
            if near and after - times[2] >= guard:
                return True
        before = when
    return False


class EscapeGuardTests(SynchronousTestCase):
    """L{EscapeGuard}."""

    def check(self, streams: Iterable[Stream], longest: float, byte_time: float = 0.0) -> int:
        count = 0
        for stream in streams:
            count += 1
            written, held, most = run(stream, byte_time)
            what = f"{stream!r} went as {written!r}"
            self.assertEqual(b"".join(p for _, p in stream), b"".join(p for _, p in written), what)
            self.assertLessEqual(most, 3, what)
            self.assertLessEqual(held, longest, what)
            for guard in GUARDS:
                for whole in (False, True):
                    if escapes(written, guard, whole, byte_time):
                        self.fail(f"escape with a guard time of {guard}: {what}")
        return count

    def test_model(self) -> None:
        """The model of a module sees the escape that a host sends."""
        self.assertTrue(escapes([(5.0, b"x"), (6.1, b"+++")], 1.0, True))
        self.assertTrue(escapes([(5.0, b"x"), (6.1, b"++"), (6.2, b"+")], 1.0, False))
        self.assertFalse(escapes([(5.0, b"x"), (6.1, b"++++")], 1.0, True))
        self.assertFalse(escapes([(5.0, b"x"), (6.1, b"+++"), (6.5, b"x")], 1.0, True))

    def test_ordinary(self) -> None:
        """Bytes that do not end in pluses go at once, untouched."""
        guard = EscapeGuard()
        for data in (b"a", b"+++a", b"\x00" * 5000, b"a+b"):
            self.assertIs(guard.feed(1.0, data), data)
        self.assertEqual((guard.held, guard.due()), (0, None))

    def test_inside(self) -> None:
        """Pluses right behind other bytes, or more than three, go at once."""
        for data in (b"a+++", b"++++", b"a+", b"+", b"++", b"a" * 9 + b"++++"):
            self.assertEqual(EscapeGuard().feed(0.0, data), data)

    def test_third(self) -> None:
        """The third plus behind a gap waits until it cannot be an escape."""
        guard = EscapeGuard()
        self.assertEqual(guard.feed(10.0, b"+++"), b"++")
        self.assertEqual((guard.held, guard.due()), (1, None))
        guard.left(10.01)
        due = guard.due()
        self.assertEqual(due, 10.01 + HOLD)
        self.assertEqual(guard.release(10.5), b"")
        self.assertEqual(guard.release(10.01 + HOLD), b"+")
        self.assertEqual((guard.held, guard.due()), (0, None))

    def test_successor(self) -> None:
        """A held plus goes in one write with the byte that follows it."""
        for successor in (b"a", b"+", b"++", b"+a"):
            guard = EscapeGuard()
            self.assertEqual(guard.feed(0.0, b"+++"), b"++")
            self.assertEqual(guard.feed(0.3, successor), b"+" + successor)
            self.assertEqual(guard.held, 0)

    def test_left_first(self) -> None:
        """As long as the wire has bytes to send, nothing is due."""
        guard = EscapeGuard()
        guard.feed(0.0, b"+++")
        self.assertIsNone(guard.due())

    def test_backlog(self) -> None:
        """Pluses that queue behind other bytes have no gap before them."""
        guard = EscapeGuard()
        guard.feed(0.0, b"x" * 9000)
        guard.busy(0.7)
        self.assertEqual(guard.feed(0.7, b"+++"), b"+++")

    def test_reset(self) -> None:
        """A new stay in data mode begins with silence."""
        guard = EscapeGuard()
        guard.feed(0.0, b"x")
        guard.reset()
        self.assertEqual(guard.feed(0.1, b"+++"), b"++")
        self.assertEqual(guard.drop(), b"+")
        self.assertEqual(guard.held, 0)

    def test_pieces(self) -> None:
        """Every order of short pieces at gaps around the guard times is safe."""
        gaps = (0.0, 0.3, GAP - 0.01, 0.5, 0.8, 0.99, 1.04, 1.1)
        pieces = (b"+", b"++", b"+++", b"++++", b"x", b"x+")
        streams = (
            [(gap, piece) for gap, piece in zip((2.0, *times), order, strict=True)]
            for order in product(pieces, repeat=3)
            for times in product(gaps, repeat=2)
        )
        self.assertEqual(self.check(streams, 1.66), 13824)

    def test_single(self) -> None:
        """Lone pluses at every gap around the guard times are safe."""
        gaps = (0.0, 0.3, 0.5, 0.75, 1.0, 1.06)
        streams = ([(gap, b"+") for gap in (2.0, *times)] for times in product(gaps, repeat=5))
        self.assertEqual(self.check(streams, 1.66), 7776)

    def test_bound(self) -> None:
        """One or two pieces behind silence are held 1.05 s at most."""
        gaps = (0.0, 0.2, GAP - 0.01, GAP, 0.5, 0.8, 1.0, 1.04, 1.06, 1.5)
        pieces = (b"+", b"++", b"+++", b"++++", b"x", b"x+", b"x+++")
        streams = (
            [(2.2, first), (gap, second)]
            for first, second in product(pieces, repeat=2)
            for gap in gaps
        )
        self.check(streams, HOLD + 1e-6)

    def test_random(self) -> None:
        """Random streams are safe, on a wire that needs time for its bytes too."""
        random = Random(36)

        def streams() -> Iterable[Stream]:
            for _ in range(RANDOM_STREAMS // 2):
                yield [
                    (
                        random.choice((0.0, 0.02, random.random() * 0.6, random.random() * 1.3)),
                        random.choice((b"+", b"+", b"+", b"++", b"+++", b"++++", b"x", b"+x")),
                    )
                    for _ in range(random.randrange(1, 9))
                ]

        self.check(streams(), 1.7)
        self.check(streams(), 1.7, byte_time=10 / 9600)
