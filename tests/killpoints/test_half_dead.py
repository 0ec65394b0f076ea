"""A line or a module that is neither alive nor dead."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.killpoints.actions import STALLED, Blow, Stalled
from tests.killpoints.bench import FORMS
from tests.killpoints.runs import Point, Runner, served
from twisted_quectel.emulator import Link, MemoryWire
from twisted_quectel.emulator.faults_power import NoBootUrcs
from twisted_quectel.emulator.killpoints import Piece, Tap

_BLOCKS = (Piece.BLOCK_IN, Piece.BLOCK_OUT)


class CtsLow(Blow):
    """The module hangs with CTS low, for 30 s."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.module.hang(True)
        wire.give_back(rest, to_module)
        self.later(STALLED, lambda: self.bench.module.hang(False))


class CtsLowForGood(Blow):
    """The module hangs with CTS low, until the session has ended."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.module.hang(True)
        wire.give_back(rest, to_module)

    def session_over(self) -> None:
        self.later(1.0, lambda: self.bench.module.hang(False))


class FirstByteTap(Tap):
    """Lets the first byte of each answer through, and no more."""

    def cross(
        self, wire: MemoryWire, to_module: bool, data: bytes, deliver: Callable[[bytes], None]
    ) -> None:
        deliver(data if to_module else data[:1])


class FirstByte(Blow):
    """The module answers the first byte only, until the session has ended."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        module = self.bench.module
        module.tap = FirstByteTap()
        if to_module:
            wire.give_back(rest, to_module)

    def session_over(self) -> None:
        self.later(1.0, self._whole_again)

    def _whole_again(self) -> None:
        self.bench.module.tap = None


class OtherSpeed(Blow):
    """The module restarts, with another speed than before."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        module = self.bench.module
        module.restart()
        module.set_baudrate(9600)
        self.lose()
        self.back = True


class Forgetful(Blow):
    """The module restarts without a word: nothing but the echo tells."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.module.restart()
        self.lose()
        self.back = True


class HalfDeadTests(SynchronousTestCase):
    """Each connection ends, nothing is made up, and the next one works."""

    timeout = 600

    def over_all(
        self,
        blow: type[Blow],
        choose: Callable[[list[Point]], Iterable[Point]],
        forms: Iterable[str] = tuple(FORMS),
        **arguments: Any,
    ) -> None:
        """Have it happen in sessions of each form, at some points."""
        problems: list[str] = []
        for form in forms:
            runner = Runner(form, *served(str(self.mktemp())), **arguments)
            for point in choose(list(runner.record())):
                problems += runner.run(blow, point)
        gc.collect()
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_cts_low(self) -> None:
        """CTS may be low for 30 s, at any moment."""
        self.over_all(CtsLow, lambda points: points[::17])

    def test_cts_low_for_good(self) -> None:
        """CTS may stay low: nobody waits for ever, and once it is high again all is well."""
        self.over_all(CtsLowForGood, lambda points: points[5::17])

    def test_first_byte(self) -> None:
        """A module that answers the first byte only is given up, until it does better."""
        self.over_all(FirstByte, lambda points: points[3::17])

    def test_silence_within_blocks(self) -> None:
        """30 s of silence in the middle of a block are the end of it, or are sat out."""

        def within(points: list[Point]) -> list[Point]:
            return [
                point
                for point in points
                if point.crossing.piece in _BLOCKS and 0 < point.offset < point.crossing.size
            ][::3]

        self.over_all(Stalled, within)

    def test_wrong_speed(self) -> None:
        """A module that restarts with another speed is found again.

        Not in data mode without DCD: there, nothing tells its rubbish from payload.
        """
        forms = [form for form in FORMS if form != "escape"]
        link = Link(baudrate=115200)
        self.over_all(OtherSpeed, lambda points: points[7::211], forms, link=link)

    def test_echo(self) -> None:
        """A module that restarts without a word betrays itself by its echo."""
        self.over_all(Forgetful, lambda points: points[2::11], faults=[NoBootUrcs()])

    def test_filled_up_file(self) -> None:
        """A file that was filled up by what wakes the module is not believed for its size."""

        def uploads(points: list[Point]) -> list[Point]:
            at = [point.number for point in points if "BEGIN CERT" in point.crossing.text]
            return [point for point in points if point.number in (at[0] - 1, at[0])]

        self.over_all(CtsLowForGood, uploads)
