"""Certificates and keys of an emulated GSM module (SSL note, chapters 2.2.7 to 2.2.9).

They are stored encrypted: no command gives a content back, C{AT+QSECREAD} tells
a checksum.  C{NVRAM:} has four places and lasts over a restart; C{RAM:} does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...tables.gsm import (
    CME_EXISTS,
    CME_IN_USE,
    CME_INVALID_INPUT,
    CME_INVALID_NAME,
    CME_NO_SPACE,
    CME_NOT_FOUND,
    CME_TOO_LARGE,
    NVRAM_NAMES,
    NVRAM_SIZES,
    RAM_SIZES,
)
from ..files import MAX_NAME, FileError, checksum

#: The places in C{NVRAM:}.
PLACES: Final = frozenset(name for names in NVRAM_NAMES.values() for name in names)
#: The longest name that a host can mean, with its storage.
MAX_PATH: Final = MAX_NAME + len("RAM:")


def normal(name: str) -> str:
    """Give a file's full path.

    @raise FileError: 406 for a name without a storage, for an unknown storage, and
        for one in C{NVRAM:} that is no place there.
    """
    storage, colon, rest = name.partition(":")
    storage = storage.upper()
    known = {"RAM": 0 < len(rest) <= MAX_NAME, "NVRAM": rest in PLACES}
    if not colon or not known.get(storage):
        raise FileError(CME_INVALID_NAME)
    return f"{storage}:{rest}"


@dataclass(frozen=True)
class _Stored:
    """What was stored.

    @ivar checksum: as it was when it was uploaded.
    """

    data: bytes
    checksum: str


class SecureFiles:
    """The certificates and keys of a module."""

    def __init__(self, ram_size: int) -> None:
        """
        @param ram_size: bytes of C{RAM:}, all files together.
        """
        self._ram_size = ram_size
        self._files: dict[str, _Stored] = {}
        self._claims: dict[str, int] = {}  # bytes of uploads that go on

    def restart(self) -> None:
        """Lose what does not outlive a restart."""
        self._claims.clear()
        for path in [path for path in self._files if path.startswith("RAM:")]:
            del self._files[path]

    def claim(self, name: str, size: int) -> str:
        """Take the name and the space of a file that is to be uploaded.

        @return: its path, for L{release} and L{store}.
        @raise FileError: 407 if it exists, 400 for no bytes, 423 or 420 if it does not fit.
        """
        path = normal(name)
        if path in self._files or path in self._claims:
            raise FileError(CME_EXISTS)
        sizes = RAM_SIZES if path.startswith("RAM:") else NVRAM_SIZES
        if size not in sizes:
            raise FileError(CME_TOO_LARGE if size > sizes[-1] else CME_INVALID_INPUT)
        if path.startswith("RAM:") and self._ram_used() + size > self._ram_size:
            raise FileError(CME_NO_SPACE)
        self._claims[path] = size
        return path

    def _ram_used(self) -> int:
        stored = {path: len(each.data) for path, each in self._files.items()}
        return sum(size for path, size in (stored | self._claims).items() if path[:4] == "RAM:")

    def release(self, path: str) -> None:
        """The upload is over, however it ended."""
        self._claims.pop(path, None)

    def store(self, path: str, data: bytes) -> None:
        """Make a file, and keep its checksum beside it."""
        self._files[path] = _Stored(data, checksum(data))

    def spoil(self, name: str) -> None:
        """Have a file rot: its checksum is no longer the one that was kept beside it.

        @raise FileError: 405 if there is none.
        """
        found = self._found(name)
        rotten = bytes((found.data[0] ^ 0xFF,)) + found.data[1:]
        self._files[normal(name)] = _Stored(rotten, found.checksum)

    def check(self, name: str) -> tuple[bool, str]:
        """Tell whether a file is as it was stored, and its checksum as it is now.

        @raise FileError: 405 if there is none.
        """
        found = self._found(name)
        now = checksum(found.data)
        return now == found.checksum, now

    def _found(self, name: str) -> _Stored:
        found = self._files.get(normal(name))
        if found is None:
            raise FileError(CME_NOT_FOUND)
        return found

    def delete(self, name: str) -> None:
        """Delete a file.

        @raise FileError: 405 if there is none; 426 while it is being uploaded.
        """
        path = normal(name)
        if path in self._claims:
            raise FileError(CME_IN_USE)
        if self._files.pop(path, None) is None:
            raise FileError(CME_NOT_FOUND)

    def content(self, name: str) -> bytes | None:
        """Give the content of a file to a handshake, L{None} if there is no such file."""
        found = self._files.get(name)
        return None if found is None else found.data
