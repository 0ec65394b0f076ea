"""What is random in the faults comes from the seed, and from nothing else."""

from __future__ import annotations

from typing import Any

from tests.faults.bench import FaultCase
from tests.tlsservers import NOW
from twisted_quectel.emulator import FAULTS, ModuleSettings
from twisted_quectel.emulator.faults import NameExists
from twisted_quectel.emulator.killpoints import Tap

#: Faults of which something is random.
RANDOM = (
    "split_bytes",
    "bare_urcs",
    "same_prefix_urcs",
    "mixed_errors",
    "odd_spaces",
    "early_closed",
    "small_pushes",
)


class Recording(Tap):
    """Keeps all that crosses the lines.

    @ivar pieces: in their order, with their direction.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[tuple[bool, bytes]] = []

    def cross(self, wire: Any, to_module: bool, data: bytes, deliver: Any) -> None:
        """Note it, and let it cross."""
        self.pieces.append((to_module, data))
        deliver(data)


class SeedTests(FaultCase):
    """A session, once more and with another seed."""

    mode = "buffer"

    def dialogue(self, name: str, seed: int) -> list[tuple[bool, bytes]]:
        """Have a session; give what crossed the line."""
        self.begin(
            FAULTS[name](*self.parameters(name)),
            *self.more(name),
            seed=seed,
            settings=ModuleSettings(time=NOW),
        )
        tap = self.emulated.module.tap = Recording()
        peer = self.open()
        self.both_ways(peer, 1)
        self.closed_by_client(peer)
        self.emulated.module.tap = None
        self.armed.clear()
        return tap.pieces

    def parameters(self, name: str) -> tuple[Any, ...]:
        """Give those with which there is something random."""
        return (9,) if name == "split_bytes" else ()

    def more(self, name: str) -> list[Any]:
        """Give what the fault needs to act."""
        return [NameExists(1)] if name == "mixed_errors" else []

    def test_same(self) -> None:
        """The same seed gives the same bytes, in the same pieces; some other seed gives others."""
        for name in RANDOM:
            first = self.dialogue(name, 1)
            self.assertEqual(self.dialogue(name, 1), first, name)
            others = [self.dialogue(name, seed) for seed in range(2, 8)]
            self.assertTrue([each for each in others if each != first], name)
