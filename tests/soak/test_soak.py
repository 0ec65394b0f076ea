"""The soak: minutes of it in the ordinary suite, a day with C{SOAK_HOURS=24}."""

from __future__ import annotations

import os

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.modules import KINDS
from tests.soak.soak import Soak, traced

HOURS = float(os.environ.get("SOAK_HOURS", "0"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
#: How much memory may be in use at the end, as a share of that after the first hour.
GROWTH = 1.05


class SoakTests(SynchronousTestCase):
    """A modem in use for long.

    @cvar kind: of its module.
    """

    timeout = 36000
    kind = KINDS[0]

    def begin(self, seed: int) -> Soak:
        """Make a run."""
        return Soak(seed, "ca.pem", self.write, self.kind)

    def write(self, name: str, content: bytes) -> str:
        """Write a file of this test."""
        path = str(self.mktemp()) + name
        with open(path, "wb") as file:
            file.write(content)
        return path

    def well(self, soak: Soak) -> None:
        """Nothing has happened that must not."""
        self.assertEqual(soak.tally.problems, [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def short(self, seed: int) -> None:
        """Half an hour of virtual time."""
        soak = self.begin(seed)
        soak.run(1800.0)
        soak.rest()
        soak.close()
        self.well(soak)
        clean = sum(n for what, n in soak.tally.outcomes.items() if what.endswith(": clean"))
        self.assertGreater(clean, 5)

    def test_short(self) -> None:
        """Half an hour: what ended clean was complete, and nothing was wrong or left."""
        self.short(SEED)

    def test_another(self) -> None:
        """The same with other faults at other moments."""
        self.short(SEED + 1)

    def test_long(self) -> None:
        """Hours: the same, and memory does not grow after the first."""
        if HOURS <= 1:
            raise SkipTest("only with SOAK_HOURS, more than 1")
        with traced():
            soak = self.begin(SEED)
            soak.run(3600.0)
            soak.measure(1.0)
            soak.run((HOURS - 1) * 3600.0)
            soak.measure(HOURS)
            soak.close()
        for what, count in sorted(soak.tally.outcomes.items()):
            print(f"{count:7} {what}")
        print(f"{soak.tally.delivered} bytes on clean connections; memory {soak.tally.memory}")
        self.well(soak)
        first = soak.tally.memory[1.0]
        self.assertLess(soak.tally.memory[HOURS], GROWTH * first)


for _kind in KINDS[1:]:
    _name = f"{_kind.label}SoakTests"
    globals()[_name] = type(_name, (SoakTests,), {"kind": _kind, "__module__": __name__})
