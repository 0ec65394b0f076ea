"""The framing of a port: bytes in, events out, no I/O.

A port in command mode shows four kinds of things: lines, blocks of counted
bytes behind a line, a prompt that has no line end, and, in data mode, raw
bytes (ITU-T V.250 chapters 5.7 and 6.3; LTE SSL Application Note chapters
1.3 and 2.2.3).

Events are *pulled*, one at a time, so that whoever handles one can say how
the next bytes are to be read: whether a prompt is due, whether the port has
gone over to data mode.  The events are the same however the bytes were cut.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple, Protocol

#: Longest line that is taken for one, in bytes.
MAX_LINE: Final = 4096
#: Longest block that is waited for, in bytes.
MAX_BLOCK: Final = 65536
#: Longest piece of raw bytes.
MAX_RAW: Final = 65536


class Kind(Enum):
    """What an event is."""

    LINE = "line"
    BLOCK = "block"
    PROMPT = "prompt"
    RAW = "raw"
    OVERLONG = "overlong"


class Event(NamedTuple):
    """One thing that a port has shown.

    @ivar kind: what it is.
    @ivar data: the line without its line end (LINE), the line that announced
        the block (BLOCK), the bytes (RAW), the start of a line that is too
        long and whose rest is dropped (OVERLONG), nothing (PROMPT).
    @ivar block: the counted bytes (BLOCK), else empty.
    """

    kind: Kind
    data: bytes
    block: bytes = b""


class Gate(Protocol):
    """Says whether something may go on."""

    open: bool


class Inline(NamedTuple):
    """What the start of a line says of counted bytes that are a part of it.

    They may stand in quotes, and whatever they are, a line end follows.

    @ivar head: bytes of the line in front of them, and of their quote.
    @ivar length: how many there are.
    """

    head: int
    length: int


#: Bytes within which a line has to say that it brings counted ones.
MAX_HEAD: Final = 128

_PROMPT: Final = Event(Kind.PROMPT, b"")
# looked up for each line otherwise
_LINE: Final = Kind.LINE
_BLOCK: Final = Kind.BLOCK
_NOTHING: Final = b""


def _event(kind: Kind, data: bytes, block: bytes = _NOTHING) -> Event:
    """Make an event; its own constructor takes twice the time."""
    return tuple.__new__(Event, (kind, data, block))


_GREATER: Final = 0x3E
_SPACE: Final = 0x20
_PLUS: Final = 0x2B
_QUOTE: Final = 0x22


class Framer:
    """Cuts the bytes of one port into events.

    @ivar prompt_due: whether a C{>} at the start of a line is a prompt.  Set
        it before the next event is pulled.
    @ivar raw: whether the port is in data mode; see L{set_raw}.
    @ivar inline: reads the start of a line that brings counted bytes in it, where the module
        has such; see L{Inline}.
    """

    def __init__(
        self,
        block_length: Callable[[bytes], int],
        max_line: int = MAX_LINE,
        max_block: int = MAX_BLOCK,
    ) -> None:
        """
        @param block_length: says for a line how many counted bytes follow it;
            0 for none.
        @param max_line: the longest line, in bytes.
        @param max_block: the longest block, in bytes.  A line that announces
            more is passed on as a plain line.
        """
        self.prompt_due = False
        self.raw = False
        self.inline: Callable[[bytes], Inline | None] | None = None
        self._block_length = block_length
        self._max_line = max_line
        self._max_block = max_block
        self._buffer = b""
        self._position = 0  # what lies before it has been handed out
        self._scanned = 0  # no line end lies between position and here
        self._header = b""
        self._missing = 0  # bytes of the current block that are not there yet
        self._pieces: list[bytes] = []
        self._blank_due = False  # the blank that belongs to a prompt
        self._discarding = False  # the rest of a line that was too long

    def feed(self, data: bytes) -> bool:
        """Add what has arrived.

        Hot: at 115200 baud a push comes in sixty pieces, nearly all of which
        end here, without a scan or a copy.

        @return: whether there may be something to hand out now.
        """
        missing = self._missing
        if missing > len(data) and not self.raw and self._position >= len(self._buffer):
            self._pieces.append(data)
            self._missing = missing - len(data)
            return False
        if self._position >= len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._position :] + data
        self._scanned -= self._position
        self._position = 0
        return True

    @property
    def waiting(self) -> bool:
        """Whether there are bytes that were not looked at yet, or not to their end."""
        return self._position < len(self._buffer)

    @property
    def between(self) -> bool:
        """Whether lines are read, and nothing has begun that is not at its end."""
        begun = self._missing or self._blank_due or self._discarding
        return not begun and not self.raw and self._position >= len(self._buffer)

    @property
    def in_block(self) -> bool:
        """Whether a part of a block is still to come."""
        return self._missing > 0

    @property
    def in_line(self) -> bool:
        """Whether a line has begun that is not at its end."""
        return self._position < len(self._buffer) and not self.raw and not self._missing

    def buffered(self) -> int:
        """Give the number of bytes that wait in here."""
        waiting = len(self._buffer) - self._position
        return waiting + sum(map(len, self._pieces)) if self._pieces else waiting

    def set_raw(self) -> None:
        """Take everything from here on as it comes."""
        self.raw = True

    def set_line(self, extra: bytes = b"") -> None:
        """Read lines again, first from C{extra}, then from what waits."""
        self.raw = False
        self._blank_due = False
        self._discarding = False
        self._buffer = extra + self._buffer[self._position :]
        self._position = self._scanned = 0

    def clear(self) -> bytes:
        """Forget the unfinished line or block.

        @return: the bytes that were not handed out.
        """
        rest = b"".join(self._pieces) + self._buffer[self._position :]
        self._buffer = b""
        self._position = self._scanned = self._missing = 0
        self._pieces = []
        self._blank_due = self._discarding = False
        return rest

    def next_event(self) -> Event | None:
        """Give the next event, or L{None} until there is more to read."""
        if self.raw:
            return self._next_raw()
        if self._missing:
            return self._next_block()
        if self._discarding and not self._discard():
            return None
        buffer, position = self._buffer, self._position
        size = len(buffer)
        if self._scanned <= position:
            if self._blank_due and position < size:
                self._blank_due = False
                if buffer[position] == _SPACE:
                    position += 1
            while position < size and buffer[position] in b"\r\n":
                position += 1
            self._position = self._scanned = position
            if position >= size:
                return None
            if self.prompt_due and buffer[position] == _GREATER:
                self._position = self._scanned = position + 1
                self._blank_due = True
                return _PROMPT
        if self.inline is not None and buffer[position] == _PLUS:
            found = self.inline(buffer[position : position + MAX_HEAD])
            if found is not None:
                return self._next_inline(found, buffer, position, size)
        # one byte is searched for: far cheaper than CR LF
        end = buffer.find(b"\n", self._scanned)
        if end < 0:
            return self._unfinished(buffer, position, size)
        self._position = self._scanned = end + 1
        if end - position > self._max_line:
            return Event(Kind.OVERLONG, buffer[position : position + self._max_line])
        line = buffer[position:end].rstrip(b"\r")
        length = self._block_length(line)
        if not 0 < length <= self._max_block:
            return _event(_LINE, line)
        self._header = line
        self._missing = length
        return self._next_block()

    def _next_inline(self, found: Inline, buffer: bytes, start: int, size: int) -> Event | None:
        """Give a line with its counted bytes, when all of it is there."""
        begin = start + found.head
        # the byte behind the quote in front, and behind what it would enclose, tell quotes
        whole = begin + found.length + 2
        if size < whole:
            return None
        quoted = buffer[begin] == _QUOTE and buffer[whole - 1] == _QUOTE
        begin += quoted
        end = begin + found.length
        self._position = self._scanned = end + quoted
        return _event(_BLOCK, buffer[start : start + found.head], buffer[begin:end])

    def take_run(
        self,
        line: bytes,
        length: int,
        gate: Gate,
        deliver: Callable[[bytes], object],
        most: int,
    ) -> int:
        """Hand out the blocks that come next behind one and the same line.

        Hot: at this place a push costs a comparison and a copy.

        @param line: the line that has announced the block before.
        @param length: the bytes of each block.
        @param gate: closed when no more may be handed out.
        @param most: how many are handed out at most.
        @return: how many were.
        """
        buffer, position = self._buffer, self._position
        if position != self._scanned or self._missing or self._discarding:
            return 0
        head = b"\r\n%b\r\n" % line
        skip = len(head)
        whole = skip + length
        size = len(buffer)
        end = position
        try:
            # slices are compared: cheaper than startswith at a place
            for begin in range(position, min(size, position + most * whole) - whole + 1, whole):
                start = begin + skip
                if buffer[begin:start] != head:
                    break
                end = begin + whole
                deliver(buffer[start:end])
                if not gate.open:
                    break
        finally:
            # unless all that waits was forgotten meanwhile
            kept = self._buffer is buffer
            if kept:
                self._position = self._scanned = end
        begun = kept and gate.open and size - whole < end <= size - skip
        if begun and buffer[end : end + skip] == head:
            self._header = line
            self._pieces.append(buffer[end + skip :])
            self._missing = end + whole - size
            self._buffer = b""
            self._position = self._scanned = 0
        return (end - position) // whole

    def _discard(self) -> bool:
        """Drop what is left of a line that was too long.

        @return: whether its end was found.
        """
        end = self._buffer.find(b"\n", self._position)
        self._discarding = end < 0
        self._position = self._scanned = len(self._buffer) if end < 0 else end + 1
        return end >= 0

    def _unfinished(self, buffer: bytes, position: int, size: int) -> Event | None:
        """Wait for the end of a line, within its limit."""
        if size - position <= self._max_line:
            self._scanned = size
            return None
        self._position = self._scanned = size
        self._discarding = True
        return Event(Kind.OVERLONG, buffer[position : position + self._max_line])

    def _next_block(self) -> Event | None:
        position = self._position
        end = position + self._missing
        if end <= len(self._buffer):
            block = self._buffer[position:end]
            self._position = self._scanned = end
            self._missing = 0
            if self._pieces:
                self._pieces.append(block)
                block = b"".join(self._pieces)
                self._pieces = []
            return _event(_BLOCK, self._header, block)
        piece = self._buffer[position:]
        if piece:
            self._pieces.append(piece)
            self._missing -= len(piece)
        self._buffer = b""
        self._position = self._scanned = 0
        return None

    def _next_raw(self) -> Event | None:
        if self._position >= len(self._buffer):
            return None
        data = self._buffer[self._position : self._position + MAX_RAW]
        self._position += len(data)
        if self._position >= len(self._buffer):
            self._buffer = b""
            self._position = self._scanned = 0
        return Event(Kind.RAW, data)
