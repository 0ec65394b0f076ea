"""The faults of the field, as values that a module is created with.

A fault is a small frozen value; what it has to remember lives in the L{Hooks}
that it makes for each module.  To add one: subclass L{Fault}, override
L{Fault.arm}, decorate it with L{fault}.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

from .commands import ERROR, OK, SEND_FAIL, SEND_OK, Outcome

if TYPE_CHECKING:
    from .commands import Call
    from .module import Module
    from .port import Port


class Hooks:
    """The moments at which a fault can step in.  Here: it never does."""

    def delay(self, call: Call) -> float:
        """Give the seconds that an answer is late."""
        return 0.0

    def replace(self, call: Call) -> Outcome | None:
        """Give an outcome in place of executing the command."""
        return None

    def refuse_prompt(self, call: Call) -> Outcome | None:
        """Give a final result in place of a prompt."""
        return None

    def on_send(self, call: Call, data: bytes) -> Outcome | None:
        """Give a final result in place of taking a send's body."""
        return None

    def on_read(self, call: Call, length: int) -> int:
        """Give the number of bytes to read, at most C{length}."""
        return length

    def on_open(self, call: Call) -> int | None:
        """Give the result code of an open in place of trying."""
        return None

    def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
        """Change an answer, whose last piece is the final result."""
        return pieces

    def urc(self, line: str) -> list[str]:
        """Change, drop or repeat a URC."""
        return [line]

    def boot(self, module: Module) -> None:
        """The module has restarted."""


@dataclass(frozen=True)
class Fault:
    """Something that real modules do and the documents do not.

    @cvar name: what it is called on a command line.
    @cvar note: its number in the field notes.
    """

    name: ClassVar[str] = ""
    note: ClassVar[int] = 0

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        """Make the hooks for one module."""
        raise NotImplementedError


FAULTS: dict[str, type[Fault]] = {}
_T = TypeVar("_T", bound=type[Fault])


def fault(cls: _T) -> _T:
    """Register a fault by its name."""
    FAULTS[cls.name] = cls
    return cls


@fault
@dataclass(frozen=True)
class UrcInBetween(Fault):
    """A URC stands between a command and its answer, and before its final result.

    @ivar line: the URC.
    @ivar every: at each so-manieth answer.
    """

    name: ClassVar[str] = "urc_in_between"
    note: ClassVar[int] = 1
    line: str = '+QIND: "csq",28,99'
    every: int = 1
    copies: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Between(Hooks):
            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                nonlocal count
                count += 1
                if count % spec.every:
                    return pieces
                urc = b"\r\n%b\r\n" % spec.line.encode("ascii") * spec.copies
                return [urc, *pieces[:-1], urc, *pieces[-1:]]

        return Between()


@fault
@dataclass(frozen=True)
class SplitBytes(Fault):
    """What the module says arrives in pieces of random length.

    @ivar longest: of a piece, in bytes.
    """

    name: ClassVar[str] = "split_bytes"
    note: ClassVar[int] = 1
    longest: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        module.link = replace(module.link, cut=self.longest)
        return Hooks()


@fault
@dataclass(frozen=True)
class LateAnswer(Fault):
    """One command's answer comes late.

    @ivar command: its name, such as C{+QIACT}.
    @ivar delay: seconds.
    @ivar times: for so many executions; 0 for all.
    """

    name: ClassVar[str] = "late_answer"
    note: ClassVar[int] = 9
    command: str = "+CSQ"
    delay: float = 5.001
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Late(Hooks):
            def delay(self, call: Call) -> float:
                nonlocal count
                if call.name != spec.command or (spec.times and count >= spec.times):
                    return 0.0
                count += 1
                return spec.delay

        return Late()


@fault
@dataclass(frozen=True)
class MissingRecvUrc(Fault):
    """Every so-manieth recv URC of buffer mode is not sent."""

    name: ClassVar[str] = "missing_recv_urc"
    note: ClassVar[int] = 10
    every: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Missing(Hooks):
            def urc(self, line: str) -> list[str]:
                nonlocal count
                if not line.startswith('+QSSLURC: "recv"'):
                    return [line]
                count += 1
                return [] if count % spec.every == 0 else [line]

        return Missing()


@fault
@dataclass(frozen=True)
class DuplicateRecvUrc(Fault):
    """Each recv URC of buffer mode comes twice; the second finds nothing to read."""

    name: ClassVar[str] = "duplicate_recv_urc"
    note: ClassVar[int] = 12

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        class Duplicate(Hooks):
            def urc(self, line: str) -> list[str]:
                return [line, line] if line.startswith('+QSSLURC: "recv"') else [line]

        return Duplicate()


@fault
@dataclass(frozen=True)
class SendFails(Fault):
    """The first sends end in C{SEND FAIL} although there is room.

    @ivar times: so many of them.
    @ivar then_ok: each is followed by a C{SEND OK}: it was taken after all.
    """

    name: ClassVar[str] = "send_fail_n"
    note: ClassVar[int] = 19
    times: int = 1
    then_ok: bool = False

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Fails(Hooks):
            def on_send(self, call: Call, data: bytes) -> Outcome | None:
                nonlocal count
                if count >= spec.times:
                    return None
                count += 1
                if spec.then_ok and module.sockets.take(call, data):
                    module.clock.callLater(0.1, call.port.unsolicited, SEND_OK.text)
                return SEND_FAIL

        return Fails()


@fault
@dataclass(frozen=True)
class ErrorInsteadOfSendOk(Fault):
    """A send ends in C{ERROR} although its body was taken.

    @ivar times: so many sends.
    @ivar taken: whether the body goes to the peer.
    """

    name: ClassVar[str] = "error_instead_of_send_ok"
    note: ClassVar[int] = 20
    times: int = 1
    taken: bool = True

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Error(Hooks):
            def on_send(self, call: Call, data: bytes) -> Outcome | None:
                nonlocal count
                if count >= spec.times:
                    return None
                count += 1
                if spec.taken:
                    module.sockets.take(call, data)
                return ERROR

        return Error()


@fault
@dataclass(frozen=True)
class PromptRefused(Fault):
    """A send is answered by a final result in place of the prompt.

    @ivar times: so many sends.
    """

    name: ClassVar[str] = "prompt_refused"
    note: ClassVar[int] = 22
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Refused(Hooks):
            def refuse_prompt(self, call: Call) -> Outcome | None:
                nonlocal count
                count += 1
                return ERROR if count <= spec.times else None

        return Refused()


@fault
@dataclass(frozen=True)
class Wedge(Fault):
    """After so many opens everything about sockets fails with 552 until a restart."""

    name: ClassVar[str] = "wedge_after"
    note: ClassVar[int] = 28
    opens: int = 20

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0
        failing = {"+QSSLOPEN", "+QSSLSEND", "+QSSLRECV", "+QIACT"}

        class Wedged(Hooks):
            def replace(self, call: Call) -> Outcome | None:
                nonlocal count
                if call.name == "+QSSLOPEN" and call.form.value == "write":
                    count += 1
                if count > spec.opens and call.name in failing and call.form.value == "write":
                    return call.fail(552)
                return None

            def boot(self, module: Module) -> None:
                nonlocal count
                count = 0

        return Wedged()


@fault
@dataclass(frozen=True)
class MissingInfo(Fault):
    """C{OK} comes without its information line.

    @ivar command: which one.
    """

    name: ClassVar[str] = "missing_info"
    note: ClassVar[int] = 4
    command: str = "+CSQ"
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Missing(Hooks):
            def replace(self, call: Call) -> Outcome | None:
                nonlocal count
                if call.name != spec.command or count >= spec.times:
                    return None
                count += 1
                return OK

        return Missing()


@fault
@dataclass(frozen=True)
class OpenFails(Fault):
    """The first opens end in a result code of chapter 5.

    @ivar code: 550-574.
    @ivar times: so many opens.
    """

    name: ClassVar[str] = "open_fails"
    note: ClassVar[int] = 24
    code: int = 566
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Fails(Hooks):
            def on_open(self, call: Call) -> int | None:
                nonlocal count
                count += 1
                return spec.code if count <= spec.times else None

        return Fails()


@fault
@dataclass(frozen=True)
class SpuriousRecvUrc(Fault):
    """A recv URC with nothing to read follows each send."""

    name: ClassVar[str] = "spurious_recv_urc"
    note: ClassVar[int] = 12

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        class Spurious(Hooks):
            def on_send(self, call: Call, data: bytes) -> Outcome | None:
                id = call.fields[0].string()
                call.port.interpreter.after(lambda: module.urc(f'+QSSLURC: "recv",{id}'))
                return None

        return Spurious()


@fault
@dataclass(frozen=True)
class UploadLineLost(Fault):
    """The C{+QFUPL} line of an upload is lost; the file is there.

    @ivar times: so many uploads.
    """

    name: ClassVar[str] = "upload_line_lost"
    note: ClassVar[int] = 34
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Lost(Hooks):
            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                nonlocal count
                if count < spec.times and any(piece.startswith(_UPLOADED) for piece in pieces):
                    count += 1
                    return [piece for piece in pieces if not piece.startswith(_UPLOADED)]
                return pieces

        return Lost()


_UPLOADED = b"\r\n+QFUPL: "
