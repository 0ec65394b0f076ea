"""What a fault of an emulated module is, and the moments at which it can step in.

A fault is a small frozen value; what it has to remember lives in the L{Hooks}
that it makes for each module.  To add one: subclass L{Fault}, override
L{Fault.arm}, decorate it with L{fault}, and name it in C{docs/faults.rst}.

How often a fault has acted is counted in L{Hooks.acted}.  What makes a
difference to what a hook was given counts by itself; what shows in nothing that
it gives, the fault counts.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from .commands import Call, Form, Outcome
from .quirks import NotedQuirks

if TYPE_CHECKING:
    from .basemodule import Module
    from .datamode import DataMode
    from .module import LTEModule
    from .port import Port
    from .sockets import Socket


#: Access modes of a connection.
MODES: Final = ("buffer", "push", "transparent")
#: Those in which data is asked for; is sent by commands; is all that the line carries.
BUFFER: Final = ("buffer",)
COMMAND: Final = ("buffer", "push")
DATA: Final = ("transparent",)


class Hooks:
    """The moments at which a fault can step in.  Here: it never does.

    @ivar acted: how often it has made a difference.
    """

    acted: int = 0

    # commands and their answers

    def delay(self, call: Call[Any]) -> float:
        """Give the seconds that an answer is late."""
        return 0.0

    def replace(self, call: Call[Any]) -> Outcome | None:
        """Give an outcome in place of executing the command."""
        return None

    def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
        """Change an answer, whose last piece is the final result."""
        return pieces

    def result(self, port: Port, outcome: Outcome, text: str) -> str:
        """Change the text of a final result."""
        return text

    def urc(self, line: str) -> list[str]:
        """Change, drop or repeat a URC."""
        return [line]

    def heard(self, port: Port, data: bytes) -> bytes:
        """Give what the module hears of what the host says."""
        return data

    # sending and receiving

    def refuse_prompt(self, call: Call[Any]) -> Outcome | None:
        """Give a final result in place of a prompt."""
        return None

    def around_prompt(self, port: Port) -> tuple[bytes, bytes]:
        """Give what is said in front of a prompt and behind it."""
        return b"", b""

    def on_send(self, call: Call[Any], data: bytes) -> Outcome | None:
        """Give a final result in place of taking a send's body."""
        return None

    def on_read(self, call: Call[Any], length: int) -> int:
        """Give the number of bytes to read, at most C{length}."""
        return length

    def push_size(self, longest: int) -> int:
        """Give the size of the longest direct push."""
        return longest

    def may_push(self, socket: Socket) -> bool:
        """Tell whether a connection may push now."""
        return True

    def closes_early(self, socket: Socket) -> bool:
        """Tell whether C{closed} comes ahead of what is not pushed yet."""
        return False

    # connections

    def on_open(self, call: Call[Any]) -> int | None:
        """Give the result code of an open in place of trying."""
        return None

    def on_opened(self, socket: Socket) -> None:
        """An open has succeeded, and is not reported yet."""

    def on_online(self, data: DataMode) -> None:
        """A port has gone over to data mode."""

    def guard(self, seconds: float) -> float:
        """Give the silence that the escape needs."""
        return seconds

    def behind_carrier(self) -> int:
        """Give the number of last bytes that come behind C{NO CARRIER}."""
        return 0

    # the rest

    def upload_loses(self, port: Port, size: int) -> int:
        """Give the number of bytes of an upload that get lost."""
        return 0

    def boot(self, module: Module) -> None:
        """The module has restarted."""


@dataclass(frozen=True)
class Fault:
    """Something that real modules do and the documents do not.

    @cvar name: what it is called on a command line.
    @cvar notes: its numbers in the field notes.
    @cvar modes: the access modes in which it can act.
    @cvar families: whose modules can have it; empty for all.
    """

    name: ClassVar[str] = ""
    notes: ClassVar[tuple[int, ...]] = ()
    modes: ClassVar[tuple[str, ...]] = MODES
    families: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        arm = cls.__dict__.get("arm")
        if arm is not None:
            setattr(cls, "arm", _watching(arm))  # noqa: B010

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        """Make the hooks for one module.

        @param chance: whatever is random is drawn from it.
        """
        raise NotImplementedError


#: Every fault by its name.
FAULTS: dict[str, type[Fault]] = {}
_T = TypeVar("_T", bound=type[Fault])


def fault(cls: _T) -> _T:
    """Register a fault by its name."""
    FAULTS[cls.name] = cls
    return cls


#: Moments, and whether what a fault gives there makes a difference to what it was given.
_MATTERS: Final[dict[str, Callable[[Any, tuple[Any, ...]], bool]]] = {
    "delay": lambda result, given: result > 0,
    "replace": lambda result, given: result is not None,
    "answer": lambda result, given: result != given[1],
    "result": lambda result, given: result != given[2],
    "urc": lambda result, given: result != [given[0]],
    "heard": lambda result, given: result != given[1],
    "refuse_prompt": lambda result, given: result is not None,
    "around_prompt": lambda result, given: any(result),
    "on_send": lambda result, given: result is not None,
    "on_read": lambda result, given: result < given[1],
    "push_size": lambda result, given: result < given[0],
    "may_push": lambda result, given: not result,
    "on_open": lambda result, given: result is not None,
    "guard": lambda result, given: result != given[0],
    "behind_carrier": lambda result, given: result > 0,
    "upload_loses": lambda result, given: result > 0,
}


def _watching(arm: Callable[..., Hooks]) -> Callable[..., Hooks]:
    """Have the hooks that a fault makes count what makes a difference."""

    @functools.wraps(arm)
    def arm_and_watch(fault: Fault, module: Module, chance: random.Random) -> Hooks:
        return _watched(arm(fault, module, chance))

    return arm_and_watch


def _watched(hooks: Hooks) -> Hooks:
    for name, matters in _MATTERS.items():
        if getattr(type(hooks), name) is not getattr(Hooks, name):
            setattr(hooks, name, _counting(hooks, getattr(hooks, name), matters))
    return hooks


def _counting(
    hooks: Hooks, moment: Callable[..., Any], matters: Callable[[Any, tuple[Any, ...]], bool]
) -> Callable[..., Any]:
    def step_in(*given: Any) -> Any:
        copies = tuple(list(each) if isinstance(each, list) else each for each in given)
        result = moment(*given)
        if matters(result, copies):
            hooks.acted += 1
        return result

    return step_in


class Counter:
    """Counts what a fault has done.

    @ivar count: so far.
    """

    def __init__(self, times: int) -> None:
        """
        @param times: how often it happens; 0 for always.
        """
        self.count = 0
        self._times = times

    def again(self) -> bool:
        """Tell whether it happens once more, and count that."""
        if self._times and self.count >= self._times:
            return False
        self.count += 1
        return True


def writes(call: Call[Any], name: str) -> bool:
    """Tell whether a call is the write form of a command."""
    return call.name == name and call.form is Form.WRITE


def lte(module: Module) -> LTEModule:
    """Give a module of the LTE family as one: for the faults that only it has."""
    from .module import LTEModule

    assert isinstance(module, LTEModule)
    return module


def add_quirk(module: Module, name: str) -> Hooks:
    """Have a module deviate as a quirk says; to be asked for it is to act."""
    hooks = Hooks()

    def asked() -> None:
        hooks.acted += 1

    before = module.quirks
    told = before.told if isinstance(before, NotedQuirks) else {}
    module.quirks = NotedQuirks(before | {name}, {**told, name: asked})
    return hooks
