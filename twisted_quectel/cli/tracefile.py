"""The file into which C{--trace} writes."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from contextlib import AsyncExitStack
from typing import TextIO

from .words import CommandError, UsageError


class TraceFile(io.TextIOWrapper):
    """A text file that remembers why it could not be written.

    Whatever becomes of a trace, the port that is traced goes on.
    """

    def __init__(self, path: str, fd: int) -> None:
        # lines are written at once, so that a crash leaves them
        super().__init__(os.fdopen(fd, "wb"), encoding="utf-8", line_buffering=True)
        self._path = path
        self._problem: OSError | None = None

    def write(self, text: str) -> int:
        """Write."""
        try:
            return super().write(text)
        except OSError as e:
            self._problem = e
            raise

    def close(self) -> None:
        """Close; that it could not be written has been said."""
        with contextlib.suppress(OSError):
            super().close()

    def check(self) -> None:
        """Say so if it could not be written.

        @raise CommandError: if it could not.
        """
        if self._problem is not None:
            raise CommandError(f"--trace: cannot write {self._path}: {self._problem.strerror}")


def open_trace(path: str | None, stack: AsyncExitStack) -> TextIO | None:
    """Open the file of the trace, if there is to be one.

    @param path: C{-} for the standard output; L{None}: there is none.
    @raise UsageError: if it cannot be written.
    """
    if path is None:
        return None
    if path == "-":
        return sys.stdout
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        # O_NONBLOCK: an open without it waits for the reader of a FIFO
        fd = os.open(path, flags | os.O_NONBLOCK, 0o666)
    except OSError as e:
        why = "nobody reads it" if e.errno == errno.ENXIO else e.strerror
        raise UsageError(f"--trace: cannot write {path}: {why}") from None
    os.set_blocking(fd, True)
    return stack.enter_context(TraceFile(path, fd))
