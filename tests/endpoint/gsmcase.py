"""An M95, and a fault that only its tests need."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.endpoint.familycase import FamilyCase
from twisted_quectel.emulator import Fault, Hooks, Module
from twisted_quectel.emulator.commands import ERROR, Call, Form, Outcome
from twisted_quectel.emulator.gsm.module import GSMModule

#: Where the server without TLS is.
PLAIN = "plain.example"


@dataclass(frozen=True)
class Refusing(Fault):
    """A command is refused whose parameters begin like this."""

    name: ClassVar[str] = "refusing"
    command: str = ""
    start: bytes = b""

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Refuses(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                wrong = call.name == spec.command and call.raw.startswith(spec.start)
                return ERROR if wrong and call.form is Form.WRITE else None

        return Refuses()


class GSMCase(FamilyCase):
    """An M95."""

    model = "M95"

    def gsm(self) -> GSMModule:
        """Give the module."""
        module = self.emulated.module
        assert isinstance(module, GSMModule)
        return module
