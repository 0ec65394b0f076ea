"""Faults of sending (field notes 19-22)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .commands import ERROR, SEND_FAIL, SEND_OK, Call, Outcome
from .faults_base import COMMAND, Counter, Fault, Hooks, fault

if TYPE_CHECKING:
    from .basemodule import Module


@fault
@dataclass(frozen=True)
class SendFails(Fault):
    """The first sends end in C{SEND FAIL} although there is room.

    @ivar times: so many of them; 0 for all.
    @ivar then_ok: each is followed by a C{SEND OK}: it was taken after all.
    """

    name: ClassVar[str] = "send_fail_n"
    notes: ClassVar[tuple[int, ...]] = (19,)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    times: int = 1
    then_ok: bool = False

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Fails(Hooks):
            def on_send(self, call: Call[Any], data: bytes) -> Outcome | None:
                if not counter.again():
                    return None
                if spec.then_ok and module.sockets.take(call, data):
                    module.later(0.1, lambda: call.port.unsolicited(SEND_OK.text))
                return SEND_FAIL

        return Fails()


@fault
@dataclass(frozen=True)
class ErrorInsteadOfSendOk(Fault):
    """A send ends in C{ERROR} although its body was taken.

    @ivar times: so many sends; 0 for all.
    @ivar taken: whether the body goes to the peer.
    """

    name: ClassVar[str] = "error_instead_of_send_ok"
    notes: ClassVar[tuple[int, ...]] = (20,)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    times: int = 1
    taken: bool = True

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Error(Hooks):
            def on_send(self, call: Call[Any], data: bytes) -> Outcome | None:
                if not counter.again():
                    return None
                if spec.taken:
                    module.sockets.take(call, data)
                return ERROR

        return Error()


@fault
@dataclass(frozen=True)
class PromptRefused(Fault):
    """A send is answered by a final result in place of the prompt.

    @ivar times: so many sends; 0 for all.
    @ivar send_fail: whether that is C{SEND FAIL} in place of C{ERROR}.
    """

    name: ClassVar[str] = "prompt_refused"
    notes: ClassVar[tuple[int, ...]] = (20, 22)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    times: int = 1
    send_fail: bool = False

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        outcome, counter = SEND_FAIL if self.send_fail else ERROR, Counter(self.times)

        class Refused(Hooks):
            def refuse_prompt(self, call: Call[Any]) -> Outcome | None:
                return outcome if counter.again() else None

        return Refused()
