"""What C{quectel} says, and how it says that something is wrong: in one line.

Nothing of Twisted is imported here.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final

#: Wrong arguments; everything else that fails is 1.
USAGE_ERROR: Final = 2


class CommandError(Exception):
    """What a command cannot do, for people, in one line; empty if nobody listens.

    @cvar status: the exit status.
    """

    status = 1


class UsageError(CommandError):
    """Arguments that are wrong, or do not go together."""

    status = USAGE_ERROR


def say(text: str = "", end: str = "\n") -> None:
    """Tell the user.

    @raise CommandError: if the output takes no more, as a full disk.
    """
    try:
        print(text, end=end, flush=True)
    except OSError as e:
        _discard()
        if isinstance(e, BrokenPipeError):
            # whoever read it has gone, and knows why
            raise CommandError("") from None
        raise CommandError(f"cannot write the output: {e.strerror}") from None


def _discard() -> None:
    """Have what is left in the buffer go nowhere, so that the end finds nothing to complain of."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def flush() -> None:
    """See that nothing is left that could fail at the interpreter's end."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard()


def complain(text: str) -> None:
    """Say in one line what is wrong."""
    with contextlib.suppress(OSError):
        print(f"quectel: {' '.join(text.split())}", file=sys.stderr, flush=True)
