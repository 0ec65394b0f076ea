"""Tests of L{twisted_quectel.emulator.models}: a module of any model."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator import (
    EMULATED,
    Fault,
    Hooks,
    LTEModule,
    MemoryNetwork,
    Module,
    Verdict,
    VerdictKind,
    create_module,
)
from twisted_quectel.tables.models import FAMILIES, MODELS


@dataclass(frozen=True)
class Foreign(Fault):
    """A fault that no emulated module can have."""

    name: ClassVar[str] = "foreign"
    families: ClassVar[tuple[str, ...]] = ("of others",)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return Hooks()


class ModelTests(SynchronousTestCase):
    """What a model means."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock)

    def test_each(self) -> None:
        """Each known model is emulated, by a module of its family that calls itself so."""
        self.assertEqual(sorted(EMULATED), sorted(MODELS))
        for family, models in FAMILIES.items():
            for model in models:
                module = create_module(self.clock, network=self.network, model=model)
                self.addCleanup(module.close)
                self.assertEqual((module.model, module.family), (model, family))
                self.assertIn(model[:4].upper(), module.revision.upper())
                self.assertEqual(module.grammar.ids[0], next(iter(module.grammar.ids)))

    def test_usual(self) -> None:
        """Whoever names no model has the usual one of the class."""
        module = LTEModule(self.clock, network=self.network)
        self.addCleanup(module.close)
        self.assertEqual(module.model, "EC25")

    def test_unknown(self) -> None:
        """A model that nobody knows is told by name, with those that are known."""
        problem = self.assertRaises(
            ValueError, create_module, self.clock, network=self.network, model="EC99"
        )
        self.assertRegex(str(problem), r"^model: 'EC99' is not one of .*EC25")
        self.assertRaises(ValueError, LTEModule, self.clock, network=self.network, model="EC99")

    def test_foreign_fault(self) -> None:
        """A fault of other families is refused by name."""
        problem = self.assertRaises(
            ValueError, create_module, self.clock, network=self.network, faults=[Foreign()]
        )
        self.assertEqual(
            str(problem), "faults: foreign is none of EC25: it is of the families of others"
        )

    def test_told(self) -> None:
        """Who wants to know is told of each verdict, also of those that are not kept."""
        module = create_module(self.clock, network=self.network)
        self.addCleanup(module.close)
        told: list[Verdict] = []
        module.told = told.append
        for _ in range(2000):
            module.judge(VerdictKind.STRAY_CTRL_Z, "here")
        self.assertEqual(len(told), 2000)
        self.assertEqual(told[: len(module.verdicts)], module.verdicts)
        self.assertLess(len(module.verdicts), 2000)
