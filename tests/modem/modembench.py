"""A modem whose device is a script."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import ATPort
from twisted_quectel.modem import Modem
from twisted_quectel.modemprofile import ModemProfile

from .scripted import ScriptedModule
from .sessionbench import NOW


class ModemCase(SynchronousTestCase):
    """A modem whose device is a script."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.module = ScriptedModule(self.clock)
        self.answers = self.module.answers
        self.opened: list[str] = []
        self.opening: Deferred[None] | None = None
        self.modem = self.new_modem()

    def new_modem(self, **description: Any) -> Modem:
        """Describe a modem."""
        profile = ModemProfile(name="gateway", device="/dev/m", **description)
        return Modem(self.clock, profile, opener=self.open, now=lambda: NOW)

    def open(self, device: str, port: ATPort) -> Deferred[None]:
        """Open the device."""
        self.opened.append(device)
        if self.opening is not None:
            return self.opening
        return self.module.opener(device, port)

    def later(self, seconds: float = 0.0) -> None:
        """Let time pass."""
        self.module.settle(80)
        for _ in range(round(seconds * 5)):
            self.clock.advance(0.2)
            self.module.settle(15)

    def up(self) -> Modem:
        """Bring it up."""
        ready = self.modem.ready()
        self.later()
        return self.successResultOf(ready)
