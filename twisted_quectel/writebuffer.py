"""Bytes on their way out: small writes joined into full blocks."""

from __future__ import annotations

from collections import deque
from typing import Final

#: In every buffer that is empty: a deque takes 600 bytes.
_NOTHING: Final[deque[bytes]] = deque(maxlen=0)


class WriteBuffer:
    """What was written and not yet taken by the module.

    A block is looked at first (L{peek}) and let go when the module has taken
    it (L{drop}), so that a block that was refused is there to be sent again.
    """

    __slots__ = ("_offset", "_pieces", "_size")

    def __init__(self) -> None:
        self._pieces = _NOTHING
        self._offset = 0  # of the first piece, what has gone
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""
        if data:
            if not self._size:
                self._pieces = deque()
            self._pieces.append(data)
            self._size += len(data)

    def peek(self, limit: int) -> bytes:
        """Give the first bytes, at most C{limit} of them."""
        if not self._pieces:
            return b""
        first, offset = self._pieces[0], self._offset
        if len(first) - offset >= limit or len(self._pieces) == 1:
            return first[offset : offset + limit]
        # joined once, and kept joined: a byte is copied once however small the writes were
        joined = [first[offset:] if offset else first]
        size = len(joined[0])
        self._pieces.popleft()
        while self._pieces and size < limit:
            piece = self._pieces.popleft()
            joined.append(piece)
            size += len(piece)
        block = b"".join(joined)
        self._offset = 0
        if size > limit:
            # what is beyond the block goes back as a piece of its own
            self._pieces.appendleft(block[limit:])
            block = block[:limit]
        self._pieces.appendleft(block)
        return block

    def drop(self, count: int) -> None:
        """Let the first C{count} bytes go."""
        self._size -= count
        while count:
            left = len(self._pieces[0]) - self._offset
            if count < left:
                self._offset += count
                return
            self._pieces.popleft()
            self._offset = 0
            count -= left
        if not self._size:
            self._pieces = _NOTHING

    def clear(self) -> None:
        """Let everything go."""
        self._pieces = _NOTHING
        self._offset = self._size = 0
