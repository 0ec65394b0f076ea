"""Points in a dialogue at which something happens to the module.

A L{Tap} on a module counts what crosses its lines in memory, piece by piece in
both directions.  At one of them, before it, behind it or at a byte within it,
it does something once: cuts the power, for instance.  What it calls decides
what becomes of the rest of that piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .memory import MemoryWire


class Piece(Enum):
    """What crosses a line."""

    COMMAND = "command"
    ANSWER = "answer"
    PROMPT = "prompt"
    BLOCK_IN = "block to the module"
    BLOCK_OUT = "block from the module"


_PROMPT: Final = re.compile(rb"\r\n> ?\Z")
#: An answer or a URC with bytes behind it.
_COUNTED: Final = re.compile(
    rb"\r\n\+(?:(?:QSSLRECV|QIRD): (?:[0-9.]+:\d+,[A-Z]+,)?\d+"
    rb'|Q(?:SSL|I)URC: "recv",\d+,\d+)(?:,"[^"]*",\d+)?\r\n'
)
_TALK: Final = re.compile(rb"(?:[ -~]*\r*\n|\r\n[ -~]*)+\Z")


def piece_of(data: bytes, to_module: bool) -> Piece:
    """Say what bytes that crossed together are."""
    if to_module:
        line = data[:2].upper() == b"AT" and data[-1:] == b"\r"
        return Piece.COMMAND if line or not data.strip(b"+\r\x1b") else Piece.BLOCK_IN
    if _PROMPT.search(data):
        return Piece.PROMPT
    if _COUNTED.search(data) or not _TALK.match(data):
        return Piece.BLOCK_OUT
    return Piece.ANSWER


@dataclass(frozen=True)
class Crossing:
    """One piece that has crossed a line.

    @ivar port: the name of the port.
    @ivar size: bytes.
    @ivar start: where the counted bytes begin, in bytes.
    @ivar text: its beginning.
    """

    port: str
    piece: Piece
    size: int
    start: int
    text: str

    def offsets(self, every: bool = False) -> list[int]:
        """Give the places at which to cut: before, behind, and within a block.

        @param every: within lines too.
        """
        size = self.size
        places = {0, size}
        if self.piece in (Piece.BLOCK_IN, Piece.BLOCK_OUT):
            start = self.start
            places |= {start, start + 1, start + (size - start) // 2, size - 1}
        elif every:
            places |= {1, size // 2, size - 1}
        return sorted(place for place in places if 0 <= place <= size)


class Tap:
    """Counts what crosses the lines of a module, and steps in at one point.

    @ivar crossings: what has crossed so far, while it records.
    @ivar fired: whether it has stepped in.
    """

    def __init__(
        self,
        at: int | None = None,
        offset: int = 0,
        action: Callable[[MemoryWire, bytes, bool], None] | None = None,
    ) -> None:
        """
        @param at: the number of the piece, from 0; L{None} to record.
        @param offset: the number of its bytes that still cross.
        @param action: called with the line, the rest of the piece, and whether
            it is on its way to the module.  The rest is gone, unless the action
            L{gives it back<MemoryWire.give_back>}.
        """
        self.crossings: list[Crossing] = []
        self.count = 0
        self.fired = False
        self._at = at
        self._offset = offset
        self._action = action

    def cross(
        self, wire: MemoryWire, to_module: bool, data: bytes, deliver: Callable[[bytes], None]
    ) -> None:
        """Let a piece cross."""
        number = self.count
        self.count += 1
        if self._at is None:
            self.crossings.append(_crossing(wire.port_name, to_module, data))
        if number != self._at or self._action is None:
            deliver(data)
            return
        head, rest = data[: self._offset], data[self._offset :]
        if head:
            deliver(head)
        self.fired = True
        self._action(wire, rest, to_module)


def _crossing(port: str, to_module: bool, data: bytes) -> Crossing:
    counted = None if to_module else _COUNTED.search(data)
    text = data[:32].decode("ascii", "backslashreplace").strip()
    return Crossing(
        port, piece_of(data, to_module), len(data), counted.end() if counted else 0, text
    )
