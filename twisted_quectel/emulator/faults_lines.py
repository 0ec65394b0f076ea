"""Faults of answers, URCs and their order (field notes 1-9)."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .commands import ERROR, OK, Call, Outcome, cme
from .faults_base import Counter, Fault, Hooks, fault

if TYPE_CHECKING:
    from .basemodule import Module
    from .port import Port

_PREFIX: Final = re.compile(rb"^((?:\r\n)?\+[A-Z]+): ?([^\r\n]*)")
#: A URC with a blank inside its prefix; it ends no command.
_INSIDE: Final = b"\r\n+IP ERROR: Network is already opened\r\n"
#: Lines that real modules say unasked, and that mean nothing to a connection.
_BARE: Final = (
    "SMS Ready",
    "Call Ready",
    "CLOSE OK",
    "DST: 0",
    '*PSUTTZ: 26,11,20,12,0,0,"+4",0',
    "OVER-VOLTAGE WARNNING",
    "^SIMST: 1",
)


@fault
@dataclass(frozen=True)
class UrcInBetween(Fault):
    """A URC stands between a command and its answer, before its final result, and around prompts.

    @ivar line: the URC.
    @ivar every: at each so-manieth answer.
    @ivar copies: how many in one read.
    """

    name: ClassVar[str] = "urc_in_between"
    notes: ClassVar[tuple[int, ...]] = (1,)
    line: str = '+QIND: "csq",28,99'
    every: int = 1
    copies: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0
        urc = b"\r\n%b\r\n" % self.line.encode("ascii") * self.copies

        class Between(Hooks):
            def _due(self) -> bool:
                nonlocal count
                count += 1
                return count % spec.every == 0

            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                return [urc, *pieces[:-1], urc, *pieces[-1:]] if self._due() else pieces

            def around_prompt(self, port: Port) -> tuple[bytes, bytes]:
                return (urc, urc) if self._due() else (b"", b"")

        return Between()


@fault
@dataclass(frozen=True)
class SplitBytes(Fault):
    """What the module says arrives in pieces of random length, CR and LF in different reads.

    @ivar longest: of a piece, in bytes.
    """

    name: ClassVar[str] = "split_bytes"
    notes: ClassVar[tuple[int, ...]] = (1, 36)
    longest: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        module.link = replace(module.link, cut=self.longest, seed=chance.randrange(1 << 30))
        hooks = Hooks()
        hooks.acted = 1
        return hooks


@fault
@dataclass(frozen=True)
class BareUrcs(Fault):
    """URCs without any prefix stand in front of answers, in answers and behind them.

    @ivar every: at each so-manieth answer.
    """

    name: ClassVar[str] = "bare_urcs"
    notes: ClassVar[tuple[int, ...]] = (2,)
    every: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Bare(Hooks):
            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                nonlocal count
                count += 1
                if count % spec.every:
                    return pieces
                urcs = [b"\r\n%b\r\n" % each.encode() for each in chance.sample(_BARE, 3)]
                if any(b"CONNECT" in piece for piece in pieces[-1:]):
                    urcs[2] = b""  # in data mode there are no URCs
                return [urcs[0], *pieces[:-1], urcs[1], *pieces[-1:], urcs[2]]

        return Bare()


@fault
@dataclass(frozen=True)
class OtherBootWords(Fault):
    """A restart and a power-down are told by other words than C{RDY} and C{POWERED DOWN}.

    @ivar ready: in place of C{RDY}.
    @ivar down: in place of C{POWERED DOWN}.
    """

    name: ClassVar[str] = "other_boot_words"
    notes: ClassVar[tuple[int, ...]] = (2, 39)
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm", "nbiot")
    ready: str = "APP RDY"
    down: str = "NORMAL POWER DOWN"

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        words = {"RDY": self.ready, "POWERED DOWN": self.down}

        class Words(Hooks):
            def urc(self, line: str) -> list[str]:
                return [words.get(line, line)]

        return Words()


@fault
@dataclass(frozen=True)
class SamePrefixUrcs(Fault):
    """URCs with the prefix of an answer, and another state, stand in front of that answer.

    The URC form of C{+CREG} lacks the first number; C{+CPIN: NOT READY} is said by a SIM
    that is just starting.
    """

    name: ClassVar[str] = "same_prefix_urcs"
    notes: ClassVar[tuple[int, ...]] = (3,)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        class Same(Hooks):
            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                changed: list[bytes] = []
                for piece in pieces:
                    if re.match(rb"(?:\r\n)?\+CPIN: READY", piece):
                        changed.append(b"\r\n+CPIN: NOT READY\r\n")
                    match = re.match(rb"(?:\r\n)?\+(C[EG]?REG): ", piece)
                    if match is not None:
                        forms = (b"0", b'2,"1A2B","01C3D4E5",7', b'3,"1A2B","01C3D4E5"')
                        changed.append(b"\r\n+%b: %b\r\n" % (match[1], chance.choice(forms)))
                    changed.append(piece)
                return changed

            def urc(self, line: str) -> list[str]:
                return [line, line] if line.startswith("+CPIN") else [line]

        return Same()


@fault
@dataclass(frozen=True)
class MissingInfo(Fault):
    """C{OK} comes without its information line.

    @ivar command: which one.
    @ivar times: for so many executions; 0 for all.
    """

    name: ClassVar[str] = "missing_info"
    notes: ClassVar[tuple[int, ...]] = (4,)
    command: str = "+CSQ"
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Missing(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                return OK if call.name == spec.command and counter.again() else None

        return Missing()


@fault
@dataclass(frozen=True)
class InfoThenError(Fault):
    """An information line, and no more than C{ERROR} behind it.

    @ivar command: which one.
    @ivar times: for so many executions; 0 for all.
    """

    name: ClassVar[str] = "info_then_error"
    notes: ClassVar[tuple[int, ...]] = (4,)
    command: str = "+QSSLSTATE"
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Ends(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if call.name != spec.command or not counter.again():
                    return None
                call.info(f"{spec.command}: 0")
                return ERROR

        return Ends()


@fault
@dataclass(frozen=True)
class CommandFails(Fault):
    """A command ends in an error although nothing is wrong with it; its result never comes.

    @ivar command: which one.
    @ivar code: of C{+CME ERROR}; 0 for a bare C{ERROR}, whatever C{AT+CMEE} says.
    @ivar times: for so many executions; 0 for all.
    """

    name: ClassVar[str] = "command_fails"
    notes: ClassVar[tuple[int, ...]] = (4, 6, 8)
    command: str = "+QSSLOPEN"
    code: int = 0
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Fails(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if call.name != spec.command or not counter.again():
                    return None
                module.last_error = 0
                id = module.grammar.id_of(call) if module.grammar.opening(call) else None
                if id is not None:
                    module.sockets.failed.add(id)
                return cme(spec.code) if spec.code else ERROR

        return Fails()


@fault
@dataclass(frozen=True)
class MixedErrors(Fault):
    """C{+CME ERROR} comes as number or text, with a blank at its end, or as bare C{ERROR}.

    Which one has nothing to do with C{AT+CMEE}.
    """

    name: ClassVar[str] = "mixed_errors"
    notes: ClassVar[tuple[int, ...]] = (6,)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        from ..tables.cme import CME_ERRORS

        class Mixed(Hooks):
            def result(self, port: Port, outcome: Outcome, text: str) -> str:
                number = outcome.cme
                if number is None:
                    return text
                self.acted += 1
                shown = CME_ERRORS.get(number, str(number))
                forms = (f"+CME ERROR: {number}", f"+CME ERROR: {shown}", f"+CME ERROR: {number} ")
                return chance.choice((*forms, "ERROR"))

        return Mixed()


@fault
@dataclass(frozen=True)
class OddSpaces(Fault):
    """Blanks vary: none behind the colon, one before it, many behind the line, one in a prefix."""

    name: ClassVar[str] = "odd_spaces"
    notes: ClassVar[tuple[int, ...]] = (7,)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        forms = ((b":", b""), (b" : ", b""), (b":  ", b""), (b": ", b" " * 10))

        def vary(line: bytes) -> bytes:
            colon, behind = chance.choice(forms)
            prefix = _PREFIX.match(line)
            if prefix is None:
                return line
            return prefix[1] + colon + prefix[2] + behind + line[prefix.end() :]

        class Odd(Hooks):
            def answer(self, port: Port, pieces: list[bytes]) -> list[bytes]:
                return [_INSIDE, *(vary(piece) for piece in pieces)] if pieces else pieces

            def urc(self, line: str) -> list[str]:
                return [vary(line.encode()).decode()]

        return Odd()


@fault
@dataclass(frozen=True)
class LateAnswer(Fault):
    """One command's answer comes late.

    @ivar command: its name, such as C{+QIACT}.
    @ivar delay: seconds.
    @ivar times: for so many executions; 0 for all.
    """

    name: ClassVar[str] = "late_answer"
    notes: ClassVar[tuple[int, ...]] = (9,)
    command: str = "+CSQ"
    delay: float = 5.001
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Late(Hooks):
            def delay(self, call: Call[Any]) -> float:
                return spec.delay if call.name == spec.command and counter.again() else 0.0

        return Late()
