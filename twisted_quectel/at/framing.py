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
from struct import Struct
from typing import Any, Final, NamedTuple, Protocol

#: Longest line that is taken for one, in bytes.
MAX_LINE: Final = 4096
#: Longest block that is waited for, in bytes.
MAX_BLOCK: Final = 65536
#: Longest piece of raw bytes.
MAX_RAW: Final = 65536
#: What is handed out in one reactor turn, at most: events, and bytes of them.
TURN_EVENTS: Final = 256
TURN_BYTES: Final = 65536


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


class Sink(Protocol):
    """Where blocks go."""

    @property
    def protocol(self) -> Any:
        """What has C{dataReceived}; either may be another one for the next block."""


class Run:
    """Blocks of one length that follow one another, each behind the same line.

    @ivar line: the line.
    @ivar length: the bytes of a block.
    @ivar head: the line between its line ends.
    @ivar whole: the bytes of both.
    @ivar most: how many are handed out in one reactor turn, at most.
    @ivar parts: takes bytes apart into pairs of these.
    """

    __slots__ = ("head", "length", "line", "most", "parts", "whole")

    def __init__(self, line: bytes, length: int) -> None:
        self.line = line
        self.length = length
        self.head = b"\r\n%b\r\n" % line
        self.whole = len(self.head) + length
        self.most = max(1, min(TURN_EVENTS, TURN_BYTES // self.whole))
        self.parts = Struct(f"{len(self.head)}s{length}s").iter_unpack


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
    @ivar header: the line that has announced the block that is under way, or was last.
    @ivar missing: bytes of the block that is under way that are still to come.
    @ivar counting: bytes of the line in front of the counted ones in it that are still to come.
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
        self.header = b""
        self.missing = self.counting = 0
        self._pieces: list[bytes] = []
        self._blank_due = False  # the blank that belongs to a prompt
        self._discarding = False  # the rest of a line that was too long

    def feed(self, data: bytes) -> bool:
        """Add what has arrived.

        Hot: at 115200 baud a push comes in sixty pieces, nearly all of which
        end here, without a scan or a copy.

        @return: whether there may be something to hand out now.
        """
        missing = self.missing
        if missing > len(data) and not self.raw and self._position >= len(self._buffer):
            self._pieces.append(data)
            self.missing = missing - len(data)
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
        begun = self.missing or self._blank_due or self._discarding
        return not begun and not self.raw and self._position >= len(self._buffer)

    @property
    def in_line(self) -> bool:
        """Whether a line has begun that is not at its end."""
        return self._position < len(self._buffer) and not self.raw and not self.missing

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
        self._position = self._scanned = self.missing = self.counting = 0
        self._pieces = []
        self._blank_due = self._discarding = False
        return rest

    def next_event(self) -> Event | None:
        """Give the next event, or L{None} until there is more to read."""
        if self.raw:
            return self._next_raw()
        if self.missing:
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
        if self.inline is not None:
            self.counting = 0
            plus = buffer[position] == _PLUS
            found = self.inline(buffer[position : position + MAX_HEAD]) if plus else None
            if found is not None:
                event = self._next_inline(found, buffer, position, size)
                if event is not None or self.counting:
                    return event
                # what was counted does not end where the line does: it is no better than others
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
        self.header = line
        self.missing = length
        return self._next_block()

    def _next_inline(self, found: Inline, buffer: bytes, start: int, size: int) -> Event | None:
        """Give a line with its counted bytes, when all of it is there; none, if they are not."""
        begin = start + found.head
        # the byte behind the quote in front, and behind what it would enclose, tell quotes
        whole = begin + found.length + 2
        quoted = size >= whole and buffer[begin] == _QUOTE and buffer[whole - 1] == _QUOTE
        if size < whole + quoted:
            self.counting = found.head
            return None
        begin += quoted
        end = begin + found.length
        if buffer[end + quoted] not in b"\r\n":
            return None
        self._position = self._scanned = end + quoted
        return _event(_BLOCK, buffer[start : start + found.head], buffer[begin:end])

    def take_run(self, run: Run, gate: Gate, sink: Sink, most: int) -> int:
        """Hand out the blocks that come next behind one and the same line.

        Hot: at this place a push costs a comparison and a copy, which C{struct} makes.

        @param gate: closed when no more may be handed out.
        @param most: how many are handed out at most.
        @return: how many were.
        """
        buffer, position = self._buffer, self._position
        if position != self._scanned or self.missing or self._discarding:
            return 0
        head, whole = run.head, run.whole
        size = len(buffer)
        end = position
        there = (size - position) // whole
        last = position + whole * (there if there < most else most)
        try:
            for found, block in run.parts(memoryview(buffer)[position:last]):
                if found != head:
                    break
                end += whole
                sink.protocol.dataReceived(block)
                if not gate.open:
                    break
        finally:
            # unless all that waits was forgotten meanwhile
            kept = self._buffer is buffer
            if kept:
                self._position = self._scanned = end
        skip = len(head)
        begun = kept and gate.open and size - whole < end <= size - skip
        if begun and buffer[end : end + skip] == head:
            self.header = run.line
            self._pieces.append(buffer[end + skip :])
            self.missing = end + whole - size
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
        block = self.take_block()
        return None if block is None else _event(_BLOCK, self.header, block)

    def take_block(self) -> bytes | None:
        """Give the block that is under way, or L{None} until its rest is there."""
        position = self._position
        end = position + self.missing
        if end <= len(self._buffer):
            block = self._buffer[position:end]
            self._position = self._scanned = end
            self.missing = 0
            if self._pieces:
                self._pieces.append(block)
                block = b"".join(self._pieces)
                self._pieces = []
            return block
        piece = self._buffer[position:]
        if piece:
            self._pieces.append(piece)
            self.missing -= len(piece)
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
