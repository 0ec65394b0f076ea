"""One command and its answer, as values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Final

from .framing import MAX_BLOCK
from .results import Result, is_bare_urc
from .syntax import CommandText, InfoLine, InvalidValue, parse_info, prefix_of


@cache
def _openings(prefixes: tuple[str, ...]) -> tuple[bytes, ...]:
    """Give what lines with these prefixes begin with, as they are usually written."""
    return tuple(f"{prefix}:".encode("ascii") for prefix in prefixes)


class Body(Enum):
    """What lets a command's body go."""

    NONE = "none"
    PROMPT = "prompt"
    CONNECT = "connect"


#: Ends a body that was not counted.
CTRL_Z: Final = b"\x1a"
#: Cancels one.
ESC: Final = b"\x1b"


def uncounted_body(data: bytes) -> bytes:
    """Give the body of a send without a length: it ends with Ctrl-Z.

    LTE SSL note, chapter 2.2.3.  A counted send is the safer one: this one
    cannot carry every byte.

    @raise InvalidValue: if the data holds what ends or cancels it.
    """
    for byte in (CTRL_Z, ESC):
        if byte in data:
            raise InvalidValue(
                "data",
                f"the byte 0x{byte[0]:02X} would end it; send it with its length",
            )
    return data + CTRL_Z


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A command, how to tell its answer, and how long to wait for it.

    @ivar text: the command without C{AT} and line end.
    @ivar prefixes: prefixes of its information responses, upper case with
        C{+}.
    @ivar bare: whether lines without a prefix are information responses.
    @ivar timeout: seconds from the last byte sent to the final result.
    @ivar body: bytes that follow the prompt or C{CONNECT}.
    @ivar body_after: what lets the body go.
    @ivar data_mode: whether C{CONNECT} puts the port into data mode.
    @ivar block: says for an information response how many counted bytes
        follow it.
    @ivar takes: says whether a line with one of the prefixes really is an
        answer rather than a URC.
    @ivar finals: what further lines that end this command well are like (C{CLOSE OK}).
    @ivar later: reads from a line how a command has ended whose C{OK} says only that it was
        understood; L{None} for any other line.  Until then nothing else is sent.
    @ivar later_timeout: seconds from that C{OK} on; 0: as C{timeout}.
    @ivar parts: whether the module goes on to the next command meanwhile, and whoever does not
        want to know may have it do so.
    @ivar both: whether that line may come ahead of C{OK}, so that both are waited for.
    @ivar linger: seconds to wait behind C{SEND FAIL} for a late C{SEND OK}.
    @ivar probe: whether silence is a fair answer, after which the port does
        not get in step again by itself.
    """

    text: CommandText
    prefixes: tuple[str, ...] = ()
    bare: bool = False
    timeout: float = 5.0
    body: bytes | None = field(default=None, repr=False)
    body_after: Body = Body.NONE
    data_mode: bool = False
    block: Callable[[bytes], int] | None = None
    takes: Callable[[bytes], bool] | None = None
    finals: re.Pattern[bytes] | None = None
    later: Callable[[bytes], Result | None] | None = None
    later_timeout: float = 0.0
    parts: bool = False
    both: bool = False
    linger: float = 0.0
    probe: bool = False

    def is_answer(self, line: bytes) -> bool:
        """Whether a line that is no final result belongs to this command."""
        if self.takes is None and line.startswith(_openings(self.prefixes)):
            return True
        prefix = prefix_of(line)
        if prefix:
            if prefix not in self.prefixes:
                return False
            return self.takes is None or self.takes(line)
        return self.bare and not is_bare_urc(line)


#: What an answer may have in information responses, in bytes; what is more is dropped.
MAX_ANSWER: Final = 65536
#: What a line counts for beside its bytes.
_LINE_COST: Final = 64


@dataclass(slots=True, eq=False)
class Response:
    """What a command was answered.

    @ivar result: the final result.
    @ivar lines: the information responses as they came.
    @ivar block: the counted bytes, if there were any; of all blocks, if
        there were several.
    @ivar body_sent: whether the module had asked for the command's body.
    """

    command: Command
    result: Result
    lines: list[bytes] = field(default_factory=list)
    block: bytes = b""
    body_sent: bool = False
    _room: int = field(default=MAX_ANSWER, repr=False)

    def keep(self, line: bytes) -> bool:
        """Add an information response.

        @return: whether there was room for it.
        """
        self._room -= len(line) + _LINE_COST
        if self._room >= 0:
            self.lines.append(line)
        return self._room >= 0

    def add_block(self, block: bytes) -> bool:
        """Add counted bytes, behind those that came before.

        One answer has one block.  A module that gives two has taken both out
        of what it keeps: neither may be lost.

        @return: whether there was room; without, there is more here than any
            command asks for, which is how it is told.
        """
        if len(self.block) > MAX_BLOCK:
            return False
        self.block = self.block + block if self.block else block
        return True

    @property
    def info(self) -> list[InfoLine]:
        """The information responses, taken apart."""
        return [parse_info(line) for line in self.lines]

    def first(self, prefix: str) -> InfoLine | None:
        """Give the first information response with a prefix."""
        for line in self.info:
            if line.prefix == prefix:
                return line
        return None
