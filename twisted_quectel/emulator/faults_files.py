"""Faults of files (field notes 33-35)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .commands import Call, Outcome
from .faults_base import Counter, Fault, Hooks, add_quirk, fault

if TYPE_CHECKING:
    from .basemodule import Module
    from .port import Port


@fault
@dataclass(frozen=True)
class NameExists(Fault):
    """A file of the wanted name is there, with another content, and an upload is refused.

    @ivar times: at so many uploads; 0 for all.
    """

    name: ClassVar[str] = "name_exists"
    notes: ClassVar[tuple[int, ...]] = (33,)
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm")
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        counter = Counter(self.times)

        class Exists(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                place = module.grammar.uploads.get(call.name)
                path = None if place is None else call.string(place)
                if path and counter.again():
                    self.acted += 1
                    module.leave_file(path, b"what an aborted upload has left")
                return None

        return Exists()


@fault
@dataclass(frozen=True)
class UploadPartial(Fault):
    """Bytes of an upload get lost: the part is kept, its line is told, and then CME 421.

    @ivar lost: so many bytes.
    @ivar times: so many uploads; 0 for all.
    """

    name: ClassVar[str] = "upload_partial"
    notes: ClassVar[tuple[int, ...]] = (34,)
    lost: int = 100
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Partial(Hooks):
            def upload_loses(self, port: Port, size: int) -> int:
                return min(size, spec.lost) if counter.again() else 0

        return Partial()


@fault
@dataclass(frozen=True)
class UploadLineLost(Fault):
    """The C{+QFUPL} or C{+QSECWRITE} line of an upload is lost; the file is there.

    @ivar times: so many uploads; 0 for all.
    """

    name: ClassVar[str] = "upload_line_lost"
    notes: ClassVar[tuple[int, ...]] = (34,)
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm")
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        counter = Counter(self.times)
        lines = tuple(f"{name}: ".encode("ascii") for name in module.grammar.uploads)

        class Lost(Hooks):
            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                others = [piece for piece in pieces if not piece.strip().startswith(lines)]
                return others if others != pieces and counter.again() else pieces

        return Lost()


@fault
@dataclass(frozen=True)
class ListWithoutDrive(Fault):
    """C{AT+QFLST} names files without C{UFS:}."""

    name: ClassVar[str] = "list_without_drive"
    notes: ClassVar[tuple[int, ...]] = (35,)
    families: ClassVar[tuple[str, ...]] = ("lte",)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return add_quirk(module, "list_without_prefix")
