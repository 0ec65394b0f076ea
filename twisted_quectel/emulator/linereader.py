"""Command lines, cut out of what a host sends in any pieces (ITU-T V.250 chapter 5.2).

Echo, line editing, C{A/} and the prefix C{AT} are here; what a line asks for is the
L{Interpreter<interpreter.Interpreter>}'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .verdicts import VerdictKind

if TYPE_CHECKING:
    from .basemodule import Module
    from .port import Port

#: Longest command line, in bytes.
MAX_LINE: Final = 2048

#: An escape, which stays in front of the command behind it where there is no data mode to leave.
_ESCAPE: Final = re.compile(rb"\+\+\+(?:AT.*)?", re.IGNORECASE | re.DOTALL)


class LineReader:
    """The input of one port.

    @ivar input: what has come and waits.
    @ivar suspicious: whether C{NO CARRIER} was told and no command came since.
    """

    def __init__(self, module: Module, port: Port, execute: Callable[[bytes | None], None]) -> None:
        """
        @param execute: told each command line, without its C{AT}; L{None} for
            one that can only be refused.
        """
        self.input = bytearray()
        self.suspicious = False
        self._module = module
        self._port = port
        self._execute = execute
        self._scanned = 0  # no line end lies before it
        self._echoed = 0
        self._overlong = False
        self._last_line = b""
        self._crlf_host = False  # whether the host ends its lines with CR LF
        self._lf_before = False
        self._drop_lf = False

    def empty(self) -> bool:
        """Whether nothing waits, and the next byte counts whatever it is."""
        return not self.input and not self._drop_lf

    def drop_line_feed(self) -> bool:
        """Take the LF that had to be waited for off the input; L{False} if there is none."""
        if self._drop_lf:
            self._drop_lf = False
            if self.input[0] == 0x0A:
                self._take_line_feed()
                return True
        return False

    def _take_line_feed(self) -> None:
        """Take the LF behind a command line off the input, as a sign of the host's habit."""
        del self.input[0]
        self._lf_before = True

    def forget_input(self) -> None:
        """Drop what waits."""
        self.input.clear()
        self._scanned = self._echoed = 0

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        self.forget_input()
        self._overlong = self._crlf_host = self._lf_before = self._drop_lf = False
        self.suspicious = False
        self._last_line = b""

    def skip_line_feed(self) -> None:
        """Payload follows: the LF of a host that ends its lines with CR LF is none."""
        if self.input[:1] == b"\n":
            self._take_line_feed()
        elif self._crlf_host and not self.input:
            self._drop_lf = True
        self._scanned = self._echoed = 0

    def take_line(self) -> bool:
        """Take a command line off the input; L{False} if there is no whole one."""
        buffer, settings = self.input, self._port.settings
        start = 0
        while start < len(buffer) and buffer[start] in b"\n\0":
            if start == 0 and buffer[0] == 0x0A:
                self._lf_before = True
            start += 1
        if start:
            del buffer[:start]
            self._scanned = max(0, self._scanned - start)
            self._echoed = max(0, self._echoed - start)
            if not buffer:
                return False
        if buffer[:2].upper() == b"A/" and self._last_line:
            self._echo(2)
            del buffer[:2]
            self._scanned = self._echoed = 0
            self._execute(self._last_line)
            return True
        end = buffer.find(settings.s[3], self._scanned)
        if end < 0:
            self._scanned = len(buffer)
            self._echo(len(buffer))
            if len(buffer) > MAX_LINE:
                self._overlong = True
                self._judge(VerdictKind.OVERLONG_LINE, f"more than {MAX_LINE} bytes without CR")
                self.forget_input()
            return False
        self._echo(end + 1)
        # what a host did once, by mistake perhaps, is no habit of its
        self._crlf_host, self._lf_before = self._lf_before, False
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        self._scanned = self._echoed = 0
        if self._overlong or len(line) > MAX_LINE:
            self._overlong = False
            self._execute(None)
            return True
        self._line(line.replace(b"\n", b""))
        return True

    def _echo(self, end: int) -> None:
        if end > self._echoed:
            if self._port.settings.echo:
                self._port.write(bytes(self.input[self._echoed : end]).replace(b"\n", b""))
            self._echoed = end

    def _line(self, line: bytes) -> None:
        back = self._port.settings.s[5]
        if back in line:
            kept = bytearray()
            for byte in line:
                if byte == back:
                    del kept[-1:]
                else:
                    kept.append(byte)
            line = bytes(kept)
        text = line.strip(b" ")
        if not text:
            return
        prefix = text[:2].upper()
        if prefix != b"AT":
            if text[0] == 0x1A:
                self._judge(VerdictKind.STRAY_CTRL_Z, "at the start of a command line")
            elif self.suspicious and not _ESCAPE.fullmatch(text):
                # an escape is no payload: it is how a host without DCD asks, ahead of a command
                self._judge(
                    VerdictKind.RAW_AFTER_NO_CARRIER, f"{len(line)} bytes taken for a command"
                )
                self.suspicious = False
            start = text.upper().find(b"AT")
            if start < 0:
                return  # V.250: what has no prefix is ignored
            if text[0] == 0x1A:
                self._execute(None)
                return
            text = text[start:]
        else:
            self.suspicious = False
        self._last_line = text[2:]
        self._execute(text[2:])

    def _judge(self, kind: VerdictKind, text: str) -> None:
        self._module.judge(kind, f"{self._port.name}: {text}")
