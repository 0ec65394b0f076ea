"""Faults of receiving (field notes 10-16)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .commands import Call, Outcome
from .faults_base import BUFFER, COMMAND, Fault, Hooks, add_quirk, fault

if TYPE_CHECKING:
    from .basemodule import Module
    from .sockets import Socket


@fault
@dataclass(frozen=True)
class MissingRecvUrc(Fault):
    """Every so-manieth recv URC of buffer mode is not sent."""

    name: ClassVar[str] = "missing_recv_urc"
    notes: ClassVar[tuple[int, ...]] = (10,)
    modes: ClassVar[tuple[str, ...]] = BUFFER
    every: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Missing(Hooks):
            def urc(self, line: str) -> list[str]:
                nonlocal count
                if not line.startswith(module.grammar.recv):
                    return [line]
                count += 1
                return [] if count % spec.every == 0 else [line]

        return Missing()


@fault
@dataclass(frozen=True)
class EarlyClosed(Fault):
    """C{closed} comes while data is still in the module.

    In buffer mode no recv URC tells of that data; in push mode it is not
    pushed any more, but stays to be read.

    @ivar hold: seconds that what arrives stays in the module before it is pushed.
    """

    name: ClassVar[str] = "early_closed"
    notes: ClassVar[tuple[int, ...]] = (11,)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    # where there is no read, no host could do anything about it
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm", "sim52xx")
    hold: float = 0.5

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, free = self, [False]

        def release(socket: Socket) -> None:
            free[0] = True
            while socket.push():
                pass
            free[0] = False

        class Early(Hooks):
            def may_push(self, socket: Socket) -> bool:
                if free[0]:
                    return True
                module.later(spec.hold, lambda: release(socket))
                return False

            def closes_early(self, socket: Socket) -> bool:
                return True

            def urc(self, line: str) -> list[str]:
                return (
                    [] if line.startswith(module.grammar.recv) and chance.random() < 0.5 else [line]
                )

        return Early()


@fault
@dataclass(frozen=True)
class SpuriousRecvUrc(Fault):
    """A recv URC with nothing to read follows each send."""

    name: ClassVar[str] = "spurious_recv_urc"
    notes: ClassVar[tuple[int, ...]] = (12,)
    modes: ClassVar[tuple[str, ...]] = COMMAND

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        class Spurious(Hooks):
            def on_send(self, call: Call[Any], data: bytes) -> Outcome | None:
                id = module.grammar.id_of(call)
                socket = None if id is None else module.sockets.get(id)
                if socket is not None:
                    self.acted += 1
                    line = socket.recv_line()
                    call.port.interpreter.after(lambda: module.urc(line))
                return None

        return Spurious()


@fault
@dataclass(frozen=True)
class DuplicateRecvUrc(Fault):
    """Each recv URC of buffer mode comes twice; the second finds nothing to read."""

    name: ClassVar[str] = "duplicate_recv_urc"
    notes: ClassVar[tuple[int, ...]] = (12,)
    modes: ClassVar[tuple[str, ...]] = BUFFER

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        class Duplicate(Hooks):
            def urc(self, line: str) -> list[str]:
                return [line, line] if line.startswith(module.grammar.recv) else [line]

        return Duplicate()


@fault
@dataclass(frozen=True)
class StateThree(Fault):
    """A state query shows state 3 for a connection that works."""

    name: ClassVar[str] = "state_three"
    notes: ClassVar[tuple[int, ...]] = (13,)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    families: ClassVar[tuple[str, ...]] = ("lte", "nbiot")

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return add_quirk(module, "state_three")


@fault
@dataclass(frozen=True)
class RecvLength(Fault):
    """The recv URC of buffer mode gives a length, and no data follows."""

    name: ClassVar[str] = "recv_length"
    notes: ClassVar[tuple[int, ...]] = (14,)
    modes: ClassVar[tuple[str, ...]] = BUFFER
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm")

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return add_quirk(module, "recv_length")


@fault
@dataclass(frozen=True)
class SmallPushes(Fault):
    """Direct pushes are small, and cut lines and words in two.

    @ivar longest: of a push, in bytes.
    """

    name: ClassVar[str] = "small_pushes"
    notes: ClassVar[tuple[int, ...]] = (15,)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    longest: int = 7

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Small(Hooks):
            def push_size(self, longest: int) -> int:
                return min(longest, chance.randint(1, spec.longest))

            def on_read(self, call: Call[Any], length: int) -> int:
                return min(length, chance.randint(1, spec.longest))

        return Small()


@fault
@dataclass(frozen=True)
class SingleLineEnd(Fault):
    """One CR LF in place of two stands between the data of a read and its C{OK}."""

    name: ClassVar[str] = "single_line_end"
    notes: ClassVar[tuple[int, ...]] = (16,)
    modes: ClassVar[tuple[str, ...]] = BUFFER
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm")

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return add_quirk(module, "recv_single_crlf")
