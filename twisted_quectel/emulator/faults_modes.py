"""Faults of data mode (field notes 36-38)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .faults_base import DATA, Counter, Fault, Hooks, fault

if TYPE_CHECKING:
    from .basemodule import Module
    from .commands import Outcome
    from .datamode import DataMode
    from .port import Port


@fault
@dataclass(frozen=True)
class LongGuard(Fault):
    """The escape needs more silence than S12 says.

    @ivar seconds: on either side.
    """

    name: ClassVar[str] = "long_guard"
    notes: ClassVar[tuple[int, ...]] = (36,)
    modes: ClassVar[tuple[str, ...]] = DATA
    seconds: float = 1.05

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Long(Hooks):
            def guard(self, seconds: float) -> float:
                return max(seconds, spec.seconds)

        return Long()


@fault
@dataclass(frozen=True)
class EscapeDrops(Fault):
    """Bytes that the module has not passed on when it takes the escape are lost with it.

    @ivar seconds: for so long each byte of data mode waits in the module.
    """

    name: ClassVar[str] = "escape_drops"
    notes: ClassVar[tuple[int, ...]] = (36,)
    modes: ClassVar[tuple[str, ...]] = DATA
    seconds: float = 2.0

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self
        waiting: dict[str, list[bytes]] = {}

        class Drops(Hooks):
            def on_online(self, data: DataMode) -> None:
                socket = data.socket
                queue = waiting[socket.port.name] = []
                send = socket.send_or_hold

                def later(some: bytes) -> bool:
                    self.acted += 1
                    queue.append(some)
                    module.later(spec.seconds, hand_on)
                    return True

                def hand_on() -> None:
                    if queue:
                        send(queue.pop(0))

                setattr(socket, "send_or_hold", later)  # noqa: B010

            def result(self, port: Port, outcome: Outcome, text: str) -> str:
                # the end of data mode, but not by DTR
                if port.name in waiting and port.dtr and not port.interpreter.online():
                    waiting.pop(port.name).clear()
                return text

        return Drops()


@fault
@dataclass(frozen=True)
class DataBehindCarrier(Fault):
    """C{NO CARRIER} comes ahead of the last bytes of the connection.

    @ivar tail: so many bytes come behind it.
    """

    name: ClassVar[str] = "data_behind_carrier"
    notes: ClassVar[tuple[int, ...]] = (37,)
    modes: ClassVar[tuple[str, ...]] = DATA
    tail: int = 40

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Behind(Hooks):
            def behind_carrier(self) -> int:
                return spec.tail

        return Behind()


@fault
@dataclass(frozen=True)
class ConnectAndGone(Fault):
    """C{CONNECT}, and at once C{NO CARRIER}: data mode is over before it began.

    @ivar times: so many opens; 0 for all.
    @ivar turns: of the clock between the two.
    """

    name: ClassVar[str] = "connect_and_gone"
    notes: ClassVar[tuple[int, ...]] = (37,)
    modes: ClassVar[tuple[str, ...]] = DATA
    times: int = 1
    turns: int = 0

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Gone(Hooks):
            def on_online(self, data: DataMode) -> None:
                if not counter.again():
                    return
                self.acted += 1

                def go(turns: int = spec.turns) -> None:
                    if turns:
                        module.later(0.0, lambda: go(turns - 1))
                    else:
                        data.socket.cut()

                go()

        return Gone()


@fault
@dataclass(frozen=True)
class SwallowsAfterCarrier(Fault):
    """Behind C{NO CARRIER} every command is swallowed until the port gets an escape.

    @ivar times: so often; 0 for always.
    """

    name: ClassVar[str] = "swallows_after_carrier"
    notes: ClassVar[tuple[int, ...]] = (38,)
    modes: ClassVar[tuple[str, ...]] = DATA
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        deaf: set[str] = set()
        counter = Counter(self.times)

        class Swallows(Hooks):
            def result(self, port: Port, outcome: Outcome, text: str) -> str:
                if text == "NO CARRIER" and counter.again():
                    deaf.add(port.name)
                return text

            def heard(self, port: Port, data: bytes) -> bytes:
                if port.name not in deaf:
                    return data
                if b"+++" in data:
                    deaf.discard(port.name)
                return b""

            def boot(self, module: Module) -> None:
                deaf.clear()

        return Swallows()
