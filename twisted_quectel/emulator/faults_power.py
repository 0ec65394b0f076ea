"""Faults of power, line and network (field notes 39-46)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .commands import Call, Form, Outcome
from .faults_base import Counter, Fault, Hooks, add_quirk, fault, lte, writes
from .radio import UNKNOWN_TIME, Clock

if TYPE_CHECKING:
    from .basemodule import Module
    from .sockets import Socket

_DOES: Final = (Form.WRITE, Form.EXECUTE)
_BOOT: Final = ("RDY", "+CFUN", "+CPIN", "+QUSIM", "+QIND", "START", "PB DONE", "+STIN")


class _AfterOpen(Hooks):
    """Has something happen a while after each of the first opens."""

    def __init__(
        self, module: Module, delay: float, times: int, happen: Callable[[], None]
    ) -> None:
        self._module = module
        self._delay = delay
        self._counter = Counter(times)
        self._happen = happen

    def on_opened(self, socket: Socket) -> None:
        if self._counter.again():
            self._module.later(self._delay, self._now)

    def _now(self) -> None:
        self.acted += 1
        self._happen()


@fault
@dataclass(frozen=True)
class Restarts(Fault):
    """The module restarts in mid-connection.

    C{POWERED DOWN}, C{pdpdeact}, seconds in which commands are swallowed,
    C{RDY}, echo on again.

    @ivar after: seconds behind an open.
    @ivar silence: seconds without a word.
    @ivar times: so often; 0 for always.
    @ivar pdpdeact: whether C{pdpdeact} is said; else the words alone tell.
    """

    name: ClassVar[str] = "restarts"
    notes: ClassVar[tuple[int, ...]] = (39,)
    after: float = 2.0
    silence: float = 3.0
    times: int = 1
    pdpdeact: bool = True

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        module.settings = replace(module.settings, boot_delay=self.silence)

        def restart() -> None:
            module.urc(module.power_down_line)
            if self.pdpdeact and module.pdp_lost_line(1):
                module.urc(module.pdp_lost_line(1))
            module.restart()

        return _AfterOpen(module, self.after, self.times, restart)


@fault
@dataclass(frozen=True)
class NoBootUrcs(Fault):
    """The host sees neither C{RDY} nor any other URC of a start."""

    name: ClassVar[str] = "no_boot_urcs"
    notes: ClassVar[tuple[int, ...]] = (39, 41)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        class Silent(Hooks):
            def urc(self, line: str) -> list[str]:
                return [] if line.startswith(_BOOT) else [line]

        return Silent()


@fault
@dataclass(frozen=True)
class PdpDrops(Fault):
    """The operator ends the packet data connection every hour.

    @ivar every: seconds.
    """

    name: ClassVar[str] = "pdp_drops"
    notes: ClassVar[tuple[int, ...]] = (40,)
    every: float = 3600.0

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Drops(Hooks):
            def boot(self, module: Module) -> None:
                module.later(spec.every, self.drop)

            def drop(self) -> None:
                self.acted += 1
                module.lose_pdp()
                module.later(spec.every, self.drop)

        drops = Drops()
        if module.settings.booted:
            drops.boot(module)
        return drops


@fault
@dataclass(frozen=True)
class PdpDead(Fault):
    """The packet data connection dies without a URC, and C{AT+QIACT?} still shows an address.

    Nothing comes in; what is sent goes nowhere; opens fail until the context
    has been deactivated.

    @ivar after: seconds behind an open.
    @ivar code: what opens fail with then.
    @ivar times: so often; 0 for always.
    """

    name: ClassVar[str] = "pdp_dead"
    notes: ClassVar[tuple[int, ...]] = (40,)
    after: float = 2.0
    code: int = 570
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, dead = self, [False]

        def die() -> None:
            dead[0] = True
            for socket in module.sockets:
                socket.isolate()

        class Dead(_AfterOpen):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if call.name in module.grammar.releases and call.form in _DOES:
                    dead[0] = False
                return None

            def on_open(self, call: Call[Any]) -> int | None:
                return spec.code if dead[0] else None

            def boot(self, module: Module) -> None:
                dead[0] = False

        return Dead(module, self.after, self.times, die)


@fault
@dataclass(frozen=True)
class WrongBaudrate(Fault):
    """The module has another speed than the host expects, and again after each restart.

    @ivar rate: bits per second.
    @ivar expected: what the line has otherwise, where it has no speed yet.
    """

    name: ClassVar[str] = "wrong_baudrate"
    notes: ClassVar[tuple[int, ...]] = (42,)
    rate: int = 9600
    expected: int = 115200

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self
        if module.link.baudrate is None:
            module.link = replace(module.link, baudrate=self.expected)
        module.set_baudrate(self.rate)

        class Wrong(Hooks):
            def boot(self, module: Module) -> None:
                module.set_baudrate(spec.rate)

        hooks = Wrong()
        hooks.acted = int(module.link.baudrate != self.rate)
        return hooks


@fault
@dataclass(frozen=True)
class CtsLow(Fault):
    """The module hangs with CTS low: no byte of the host leaves.

    @ivar after: seconds behind an open.
    @ivar seconds: for so long; 0 until it restarts.
    @ivar times: so often; 0 for always.
    """

    name: ClassVar[str] = "cts_low"
    notes: ClassVar[tuple[int, ...]] = (43,)
    after: float = 2.0
    seconds: float = 60.0
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        def hang() -> None:
            module.hang(True)
            if self.seconds:
                module.later(self.seconds, lambda: module.hang(False))

        return _AfterOpen(module, self.after, self.times, hang)


@fault
@dataclass(frozen=True)
class UrcsElsewhere(Fault):
    """URCs go to another port until C{AT+QURCCFG} says where, and again after each restart.

    @ivar port: which one.
    @ivar no_all: whether the firmware does not know C{"all"}.
    """

    name: ClassVar[str] = "urcs_elsewhere"
    notes: ClassVar[tuple[int, ...]] = (44,)
    families: ClassVar[tuple[str, ...]] = ("lte",)
    port: str = "usbat"
    no_all: bool = False

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self
        owner = lte(module)
        owner.urcport = self.port

        class Elsewhere(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                asked = writes(call, "+QURCCFG") and (call.string(1) or "").lower() == "all"
                return call.fail(552) if asked and spec.no_all else None

            def boot(self, module: Module) -> None:
                owner.urcport = spec.port

        hooks = Elsewhere()
        hooks.acted = int(module.settings.urcport != self.port)
        return hooks


@fault
@dataclass(frozen=True)
class PdpUnlisted(Fault):
    """A PDP context is active, C{AT+QIACT?} does not list it, and to activate it is an C{ERROR}.

    @ivar pdp: which one.
    """

    name: ClassVar[str] = "pdp_unlisted"
    notes: ClassVar[tuple[int, ...]] = (45,)
    families: ClassVar[tuple[str, ...]] = ("lte",)
    pdp: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, hidden, contexts = self, [True], lte(module).pdp

        class Unlisted(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if not call.name.startswith(("+QIACT", "+QIDEACT")) or not call.fields:
                    return None
                if hidden[0] and call.integer(0, contexts.ids) == spec.pdp:
                    if call.name == "+QIACT":
                        return call.fail(0)
                    hidden[0] = False
                return None

        return Unlisted()


@fault
@dataclass(frozen=True)
class PdpHeld(Fault):
    """The operator allows one PDP context, and another id than usual holds it: 572.

    @ivar by: which one.
    """

    name: ClassVar[str] = "pdp_held"
    notes: ClassVar[tuple[int, ...]] = (45,)
    families: ClassVar[tuple[str, ...]] = ("lte",)
    by: int = 2

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        contexts = lte(module).pdp
        contexts[self.by].active = True

        class Held(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if not writes(call, "+QIACT"):
                    return None
                wanted = call.integer(0, contexts.ids)
                others = (id for id in contexts.ids if contexts.active(id) and id != wanted)
                return call.fail(572) if any(others) else None

        return Held()


@fault
@dataclass(frozen=True)
class ClockUnknown(Fault):
    """The module does not know the time: it is 1980, and the network has told nothing."""

    name: ClassVar[str] = "clock_unknown"
    notes: ClassVar[tuple[int, ...]] = (46,)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        module.settings = replace(module.settings, time_known=False)
        module.time = Clock(module.clock.seconds, UNKNOWN_TIME)
        hooks = Hooks()
        hooks.acted = 1
        return hooks


@fault
@dataclass(frozen=True)
class ShortYear(Fault):
    """The network's time has two digits to the year."""

    name: ClassVar[str] = "short_year"
    notes: ClassVar[tuple[int, ...]] = (46,)
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm", "nbiot")

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return add_quirk(module, "two_digit_qlts")
