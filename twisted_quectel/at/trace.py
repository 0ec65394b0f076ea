"""The trace of a port: what went over it, without secrets and payload.

The last lines are always kept, for the errors; all of them can be written to
a file.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Final, TextIO

from .syntax import REDACTED, printable

#: How many lines are kept for error messages.
KEPT: Final = 32
#: How many of them an error carries.
CARRIED: Final = 10

HOST: Final = ">"
MODULE: Final = "<"
NOTE: Final = "#"

_UNASKED: Final = -2
#: What a module says of its own: information responses, URCs, final results.
_SPOKEN: Final = re.compile(
    rb"\s*+[+^*%][A-Za-z][A-Za-z0-9 ]{0,30} ?:"
    rb"|\s*+(?:OK|ERROR|CONNECT(?: \d+)?|NO CARRIER|NO ANSWER|NO DIALTONE|BUSY|RING"
    rb"|SEND OK|SEND FAI?L+|CLOSE OK|RDY|APP RDY|POWERED DOWN|NORMAL POWER DOWN"
    rb"|SMS Ready|Call Ready|PB DONE|START|DST: \d+|(?:OVER|UNDER)[-_]VOLTAGE [A-Z ]{1,30}"
    rb"|\d{1,3} *, *(?:CONNECT OK|CONNECT FAIL|ALREADY CONNECT|CLOSED|CLOSE OK)"
    rb"|DEACT OK|\+PDP DEACT|STATE: [A-Z ]{1,30}|\d{1,3}(?:\.\d{1,3}){3})\s*$"
)
#: The echo of a command line, as far as it can be shown.
_ECHO: Final = re.compile(rb"AT(?:[+&][A-Z0-9]{1,24})?(?=[=?;]|\s*$)")


#: Time, direction, text or line, number of bytes that went with it.
_Entry = tuple[float, str, "str | bytes", int]


def _unchanged(line: bytes) -> bytes:
    return line


class Trace:
    """What went over one port.

    @ivar redact: replaces what must not be seen in a line of the module, such
        as a key that is read back; the family sets it.
    """

    def __init__(self, name: str, seconds: Callable[[], float]) -> None:
        """
        @param name: which port, for the file.
        @param seconds: the clock.
        """
        self.name = name
        self.redact: Callable[[bytes], bytes] = _unchanged
        self._seconds = seconds
        self._kept: deque[_Entry] = deque(maxlen=KEPT)
        self._secrets: dict[bytes, None] = {}
        self._file: TextIO | None = None

    def hide(self, secret: bytes) -> None:
        """Never show these bytes from now on."""
        if secret:
            self._secrets[secret] = None

    def write_to(self, file: TextIO | None) -> None:
        """Write each line to a text file from now on; L{None} stops that."""
        self._file = file

    def add(self, direction: str, what: str | bytes, count: int = -1) -> None:
        """Note a line.

        @param direction: L{HOST}, L{MODULE} or L{NOTE}.
        @param what: redacted text, or a line as it came from the module.
        @param count: number of payload bytes that went with it.
        """
        if self._file is None:
            self._kept.append((self._seconds(), direction, what, count))
        else:
            self._note((self._seconds(), direction, what, count))

    def heard(self, *lines: bytes) -> None:
        """Note lines that came together and may be anything, payload of somebody else's too.

        One is shown if it looks like what a module says, else only its length.
        """
        now = self._seconds()
        keep = self._kept.append if self._file is None else self._note
        for line in lines:
            keep((now, MODULE, line, _UNASKED))

    def _note(self, entry: _Entry) -> None:
        self._kept.append(entry)
        if self._file is not None:
            try:
                self._file.write(f"{self.name} {self._format(entry)}\n")
            except (OSError, ValueError):
                # full or closed: whatever becomes of the file, the port goes on
                self._file = None

    @property
    def whole(self) -> bool:
        """Whether each line is written down, so that none may be left out."""
        return self._file is not None

    def last(self, count: int = CARRIED) -> tuple[str, ...]:
        """Give the last lines."""
        entries = list(self._kept)[-count:]
        return tuple(self._format(entry) for entry in entries)

    def clean(self, line: bytes) -> str:
        """Give a line of the module for people, secrets replaced."""
        return printable(self.redacted(line))

    def redacted(self, line: bytes) -> bytes:
        """Give a line of the module, secrets replaced."""
        line = self.redact(line)
        for secret in self._secrets:
            if secret in line:
                line = line.replace(secret, REDACTED.encode("ascii"))
        return line

    def _format(self, entry: _Entry) -> str:
        seconds, direction, what, count = entry
        if count == _UNASKED and isinstance(what, bytes) and not _SPOKEN.match(what):
            echo = _ECHO.match(what)
            what, count = (echo.group() + b"...", -1) if echo else (b"", len(what))
        text = self.clean(what) if isinstance(what, bytes) else what
        if count >= 0:
            text = f"{text} <{count} bytes>" if text else f"<{count} bytes>"
        return f"{seconds:.3f} {direction} {text}"
