"""Faults of modules that sleep (field note 47)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from .faults_base import Counter, Fault, Hooks, fault

if TYPE_CHECKING:
    from .basemodule import Module
    from .nbiot.module import NBIoTModule
    from .port import Port
    from .sockets import Socket


def _sleeper(module: Module) -> NBIoTModule:
    """Give a module of the NB-IoT family as one."""
    from .nbiot.module import NBIoTModule

    assert isinstance(module, NBIoTModule)
    return module


@fault
@dataclass(frozen=True)
class FirstBytesLost(Fault):
    """The first bytes behind a silence are lost, whatever C{AT+QSCLK} says; the rest is heard.

    @ivar silence: seconds in which nothing is said and nothing heard.
    @ivar longest: so many bytes at most; at least one.
    @ivar times: so often; 0 for always.
    """

    name: ClassVar[str] = "first_bytes_lost"
    notes: ClassVar[tuple[int, ...]] = (47,)
    families: ClassVar[tuple[str, ...]] = ("nbiot",)
    silence: float = 5.0
    longest: int = 4
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter, owner = self, Counter(self.times), _sleeper(module)

        class Lost(Hooks):
            def heard(self, port: Port, data: bytes) -> bytes:
                silent = owner.sleep.gap >= spec.silence
                if not silent or owner.busy() or not counter.again():
                    return data
                return data[chance.randint(1, spec.longest) :]

        return Lost()


@fault
@dataclass(frozen=True)
class DeepSleep(Fault):
    """The module sleeps deeply in mid-connection, whatever C{AT+QSCLK} says.

    Connections and settings are gone and nobody is told; the next command is lost and wakes it,
    which is a start.

    @ivar after: seconds behind an open.
    @ivar wake: seconds from waking to the URCs of a start.
    @ivar times: so often; 0 for always.
    """

    name: ClassVar[str] = "deep_sleep"
    notes: ClassVar[tuple[int, ...]] = (47,)
    families: ClassVar[tuple[str, ...]] = ("nbiot",)
    after: float = 2.0
    wake: float = 3.0
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter, owner = self, Counter(self.times), _sleeper(module)
        module.settings = replace(module.settings, boot_delay=self.wake)

        class Falls(Hooks):
            def on_opened(self, socket: Socket) -> None:
                if counter.again():
                    module.later(spec.after, self._fall)

            def _fall(self) -> None:
                self.acted += 1
                owner.sleep.fall()

        return Falls()
