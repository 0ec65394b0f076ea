"""Random bytes that hold everything that means something on an AT port."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

#: What a host or a module could take for more than payload.
TOKENS = (
    b"OK",
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\n+CME ERROR: 3\r\n",
    b"\r\nSEND OK\r\n",
    b"\r\nSEND FAIL\r\n",
    b'\r\n+QSSLURC: "recv",0,5\r\n',
    b'\r\n+QSSLURC: "recv",0\r\n',
    b'\r\n+QSSLURC: "closed",0\r\n',
    b"\r\n+QSSLRECV: 1460\r\n",
    b'\r\n+QIURC: "pdpdeact",1\r\n',
    b"\r\nNO CARRIER\r\n",
    b"NO CARRIER",
    b"+++",
    b"++",
    b"+",
    b"\x1a",
    b"\x1b",
    b"\x00",
    b"\xff",
    b"\x11\x13",
    b"\r\nCONNECT\r\n",
    b"\r\nRDY\r\n",
    b"\r\nPOWERED DOWN\r\n",
    b"\r\n> ",
    b"> ",
    b"\r",
    b"\n",
    b"AT+QPOWD\r",
    b"ATH\r",
    b"\x7e\xf9",
)


class Stream:
    """So many bytes, the same for the same seed, made as they are taken.

    @ivar total: bytes in all.
    @ivar left: bytes that were not taken yet.
    """

    _BLOCK = 8192

    def __init__(self, total: int, seed: int) -> None:
        self.total = self.left = total
        self._random = random.Random(seed)
        self._made = b""
        self._sha256 = hashlib.sha256()

    def _make(self) -> bytes:
        """Make a block: noise, with tokens in it at random."""
        chance = self._random
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < self._BLOCK:
            pieces.append(chance.randbytes(chance.choice((0, 1, 3, 40, 600))))
            pieces.append(chance.choice(TOKENS))
        return b"".join(pieces)

    def take(self, size: int) -> bytes:
        """Take the next bytes."""
        size = min(size, self.left)
        while len(self._made) < size:
            self._made += self._make()
        data, self._made = self._made[:size], self._made[size:]
        self.left -= size
        self._sha256.update(data)
        return data

    def pieces(self) -> Iterator[bytes]:
        """Take the rest, in pieces of many sizes."""
        while self.left:
            yield self.take(self._random.choice((1, 7, 100, 1459, 1460, 1461, 5000, 20000)))

    def digest(self) -> str:
        """Give the SHA-256 of what was taken."""
        return self._sha256.hexdigest()
