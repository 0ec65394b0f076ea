"""The file systems of an emulated LTE module (FILE AT Commands Manual).

C{UFS:} lasts over a restart, C{RAM:} does not; a bare name is C{UFS:}.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BLOCK: Final = 4096
MAX_NAME: Final = 80
MAX_OPEN: Final = 10
STORAGES: Final = ("UFS", "RAM")

# numbers of +CME ERROR
INVALID_INPUT: Final = 400
LARGER_THAN_FILE: Final = 401
NOT_FOUND: Final = 405
INVALID_NAME: Final = 406
EXISTS: Final = 407
TOO_MANY_OPEN: Final = 413
READ_ONLY: Final = 414
BAD_DESCRIPTOR: Final = 416
NO_SPACE: Final = 420
TIMED_OUT: Final = 421
TOO_LARGE: Final = 423
INVALID_PARAMETER: Final = 425
ALREADY_OPEN: Final = 426


class FileError(Exception):
    """A file command fails.

    @ivar number: of the C{+CME ERROR}.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass
class Handle:
    """An open file."""

    path: str
    writable: bool
    position: int = 0


@dataclass(eq=False)
class Claim:
    """What an upload that goes on has been promised.

    @ivar path: its file.
    @ivar size: bytes, whole blocks, that the file will occupy beyond what it does.
    @ivar new: whether the file is still to be made.
    """

    path: str
    size: int
    new: bool


def checksum(data: bytes) -> str:
    """Give the checksum of an upload: XOR of big-endian pairs, in bare hex.

    An odd last byte is the high byte of its pair.
    """
    if len(data) % 2:
        data += b"\0"
    high = low = 0
    for byte in data[0::2]:
        high ^= byte
    for byte in data[1::2]:
        low ^= byte
    return f"{high << 8 | low:x}"


def normal(name: str) -> str:
    """Give a file's full path.

    @raise FileError: 406 for a name that is empty, too long or has no such storage.
    """
    storage, colon, rest = name.partition(":")
    if not colon:
        storage, rest = "UFS", name
    storage = storage.upper()
    if storage not in STORAGES or not rest or len(rest) > MAX_NAME:
        raise FileError(INVALID_NAME)
    return f"{storage}:{rest}"


class FileSystem:
    """Both storages and the open files."""

    def __init__(self, ufs_size: int, ram_size: int) -> None:
        """
        @param ufs_size: bytes of C{UFS:}.
        @param ram_size: bytes of C{RAM:}.
        """
        self._sizes = {"UFS": ufs_size, "RAM": ram_size}
        self._files: dict[str, bytearray] = {}
        self._handles: dict[int, Handle] = {}
        self._claims: set[Claim] = set()
        self._next = 1

    def restart(self) -> None:
        """Lose what does not outlive a restart."""
        self._handles.clear()
        self._claims.clear()
        for path in [path for path in self._files if path.startswith("RAM:")]:
            del self._files[path]

    def space(self, storage: str) -> tuple[int, int]:
        """Give free and total bytes; files occupy whole blocks.

        @raise FileError: 425 for an unknown storage.
        """
        storage = storage.upper().removesuffix(":")
        if storage not in self._sizes:
            raise FileError(INVALID_PARAMETER)
        used = sum(
            _blocks(len(content))
            for path, content in self._files.items()
            if path.startswith(storage)
        )
        used += sum(claim.size for claim in self._claims if claim.path.startswith(storage))
        return max(0, self._sizes[storage] - used), self._sizes[storage]

    def content(self, name: str) -> bytes | None:
        """Give a file's content, L{None} if there is no such file."""
        try:
            path = normal(name)
        except FileError:
            return None
        found = self._files.get(path)
        return None if found is None else bytes(found)

    def matching(self, pattern: str) -> Iterator[tuple[str, int]]:
        """Give paths and sizes; C{*} stands for anything."""
        storage, colon, rest = pattern.partition(":")
        if not colon:
            storage, rest = "UFS", pattern
        parts = map(re.escape, f"{storage.upper()}:{rest or '*'}".split("*"))
        wanted = re.compile(".*".join(parts), re.DOTALL)
        for path in sorted(self._files):
            if wanted.fullmatch(path):
                yield path, len(self._files[path])

    def claim_new(self, name: str, size: int) -> Claim:
        """Take the name and the space of a file that is to be uploaded.

        @raise FileError: 407 if it exists, 423 or 420 if it does not fit.
        """
        path = normal(name)
        if path in self._files or self._awaited(path):
            raise FileError(EXISTS)
        free, total = self.space(path[:3])
        if size > total:
            raise FileError(TOO_LARGE)
        if _blocks(size) > free:
            raise FileError(NO_SPACE)
        return self._claim(Claim(path, _blocks(size), True))

    def claim_room(self, handle: Handle, length: int) -> Claim:
        """Take the space for a write at the position of an open file.

        @raise FileError: 414 or 420.
        """
        if not handle.writable:
            raise FileError(READ_ONLY)
        occupied = _blocks(self.size(handle))
        growth = max(0, _blocks(handle.position + length) - occupied)
        if growth > self.space(handle.path[:3])[0]:
            raise FileError(NO_SPACE)
        return self._claim(Claim(handle.path, growth, False))

    def _claim(self, claim: Claim) -> Claim:
        self._claims.add(claim)
        return claim

    def release(self, claim: Claim) -> None:
        """The upload is over, however it ended."""
        self._claims.discard(claim)

    def _awaited(self, path: str) -> bool:
        return any(claim.new and claim.path == path for claim in self._claims)

    def _in_use(self, path: str) -> bool:
        opened = any(handle.path == path for handle in self._handles.values())
        return opened or self._awaited(path)

    def store(self, path: str, data: bytes) -> None:
        """Make a file."""
        self._files[path] = bytearray(data)

    def delete(self, name: str) -> None:
        """Delete a file, or all of a storage with C{*}; all of them or none.

        @raise FileError: 405 if there is none; 426 if one is open.
        """
        paths = [path for path, _ in self.matching(name)] if "*" in name else [normal(name)]
        if any(self._in_use(path) for path in paths):
            raise FileError(ALREADY_OPEN)
        if "*" not in name and paths[0] not in self._files:
            raise FileError(NOT_FOUND)
        for path in paths:
            del self._files[path]

    # open files

    def open(self, name: str, mode: int) -> int:
        """Open a file.

        @param mode: 0 reads and writes, 1 empties it first, 2 only reads.
        @return: its handle.
        """
        path = normal(name)
        if len(self._handles) >= MAX_OPEN:
            raise FileError(TOO_MANY_OPEN)
        if self._in_use(path):
            raise FileError(ALREADY_OPEN)
        if mode == 2 and path not in self._files:
            raise FileError(NOT_FOUND)
        if mode == 1 or path not in self._files:
            self._files[path] = bytearray()
        number = self._next
        self._next += 1
        self._handles[number] = Handle(path, mode != 2)
        return number

    def handle(self, number: int | None) -> Handle:
        """Give an open file.

        @raise FileError: 416 if there is none.
        """
        if number is None or number not in self._handles:
            raise FileError(BAD_DESCRIPTOR)
        return self._handles[number]

    def opened(self) -> Iterator[tuple[int, Handle]]:
        """Give the open files."""
        return iter(sorted(self._handles.items()))

    def size(self, handle: Handle) -> int:
        """Give the size of an open file."""
        return len(self._files[handle.path])

    def read(self, handle: Handle, length: int | None) -> bytes:
        """Read from an open file; all that is left without a length."""
        content = self._files[handle.path]
        end = len(content) if length is None else handle.position + length
        data = bytes(content[handle.position : end])
        handle.position += len(data)
        return data

    def write(self, handle: Handle, data: bytes) -> None:
        """Write at the position of an open file.

        @raise FileError: 416 if it was closed meanwhile.
        """
        if all(handle is not opened for opened in self._handles.values()):
            raise FileError(BAD_DESCRIPTOR)
        content = self._files[handle.path]
        content[handle.position : handle.position + len(data)] = data
        handle.position += len(data)

    def seek(self, handle: Handle, offset: int, origin: int) -> None:
        """Move the position: from the start (0), from where it is (1), from the end (2).

        @raise FileError: 401 if that lies outside the file.
        """
        size = self.size(handle)
        position = {0: offset, 1: handle.position + offset, 2: size - offset}[origin]
        if not 0 <= position <= size:
            raise FileError(LARGER_THAN_FILE)
        handle.position = position

    def truncate(self, handle: Handle) -> None:
        """Cut an open file off at its position."""
        if not handle.writable:
            raise FileError(READ_ONLY)
        del self._files[handle.path][handle.position :]

    def close(self, number: int | None) -> None:
        """Close an open file."""
        self.handle(number)
        if number is not None:
            del self._handles[number]


def _blocks(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
