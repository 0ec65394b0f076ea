"""What an FTPS transfer is read from, and what it is written to, on the host."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from typing import BinaryIO, Final

from .at import InvalidValue
from .errors import FTPSFailed

#: What is wrong with no content.
EMPTY: Final = "is empty, and the module has no way to send that"
#: Told about a transfer: bytes done, and bytes in all, where that is known.
Progress = Callable[[int, int | None], None]
Source = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO


def nobody(done: int, total: int | None) -> None:
    """Told by nobody's wish."""


def taking(
    write: Callable[[bytes], object],
    progress: Progress,
    what: str,
    limit: int | None,
    remedy: str = "",
) -> Callable[[bytes], None]:
    """Give what writes down what comes.

    @param what: it is, for the error.
    @param limit: bytes of the most; L{None}: any number.
    @param remedy: what to do about more.
    """
    done = 0

    def take(data: bytes) -> None:
        nonlocal done
        if limit is not None and done + len(data) > limit:
            raise FTPSFailed(f"{what} has more than {limit} bytes" + (remedy and f"; {remedy}"))
        write(data)
        done += len(data)
        progress(done, None)

    return take


@contextmanager
def appearing(path: str) -> Iterator[BinaryIO]:
    """Give a file that has its name only when all of it is there.

    @raise OSError: if there can be none of that name.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(21, os.strerror(21), path)
    # never one that is there already: what a process before has left, or another has begun
    part = f"{path}.part-{secrets.token_hex(4)}"
    try:
        with open(part, "xb") as file:
            yield file
        os.replace(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Give what is to be sent as an open file.

    @raise InvalidValue: if it cannot be read.
    """
    if isinstance(source, bytes):
        yield BytesIO(source)
    elif isinstance(source, (str, os.PathLike)):
        with ExitStack() as stack:
            try:
                file = stack.enter_context(open(source, "rb"))
            except (OSError, ValueError) as e:
                problem = e.strerror if isinstance(e, OSError) else e
                shown = os.fspath(source)
                raise InvalidValue("source", f"{shown} cannot be read: {problem}") from e
            yield file
    else:
        assert not isinstance(source, (bytearray, memoryview))
        yield source


class Pieces:
    """A file in pieces, the first of which is read at once.

    @ivar total: bytes in all; L{None} if that cannot be known.
    """

    def __init__(self, file: BinaryIO, longest: int) -> None:
        """
        @param longest: bytes of the longest piece.
        @raise InvalidValue: if there is nothing to send, or no bytes are read.
        """
        self._file = file
        self._longest = longest
        self._first = self._read()
        if not self._first:
            raise InvalidValue("source", EMPTY)
        self.total: int | None = None
        with suppress(OSError, AttributeError):
            position = file.tell()
            self.total = len(self._first) + file.seek(0, os.SEEK_END) - position
            file.seek(position)

    def _read(self) -> bytes:
        piece = self._file.read(self._longest)
        if not isinstance(piece, bytes):
            raise InvalidValue("source", "must be read as bytes: open the file in binary mode")
        return piece

    def __iter__(self) -> Iterator[bytes]:
        piece = self._first
        while piece:
            yield piece
            piece = self._read()
