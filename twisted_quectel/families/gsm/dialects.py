"""The two kinds of connections of the GSM modules: TLS of their own, and TCP without.

SSL application note for M10, M66, M85 and M95, chapters 2.2.2 to 2.2.6 and 3.3.  Both share
one range of indices, and one command lists them (2.2.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final

from ... import errors
from ...at import Body, Command, Outcome, Response, Result, execute_form, parse_info, write_form
from ...tables.gsm import CLIENT, CONTEXT_IDS, OCCUPIED, OPEN_FAILED, OPEN_TIMEOUTS, OPENED
from ..dialect import AccessMode, Acknowledged, SocketStatus
from ..quectel import PROMPTLY as PROMPTLY
from ..quectel import CountedReads, CountedSends, read_counts
from .errors import open_error

#: Seconds that a close may take: it waits for the peer.
_CLOSE_TIME: Final = 20.0

_READ: Final = re.compile(rb"\s*+\+(?:QSSLRECV|QIRD) ?: *+[^,]{0,64},[^,]{0,8},(\d{1,5})\s*$")
_OPENED: Final = re.compile(rb"\s*+\+QSSLOPEN ?: *+(\d{1,3}) *+, *+(-?\d{1,5})")
#: The words of C{AT+QIOPEN}, by the codes that C{AT+QSSLOPEN} has for the same.
_WORDS: Final = {
    b"CONNECT OK": OPENED,
    b"CONNECT FAIL": OPEN_FAILED,
    b"ALREADY CONNECT": OCCUPIED,
}
_OPENED_PLAIN: Final = re.compile(rb"(\d{1,3}) *+, *+(CONNECT OK|CONNECT FAIL|ALREADY CONNECT)$")
#: C{<socketstatus>}: what is on its way out.
_GOING: Final = frozenset({"REMOTE CLOSING", "CLOSING", "CLOSED"})


@dataclass
class Foreground:
    """The context of C{AT+QIFGCNT}, which reads have to name.

    @ivar id: C{<cid>}, 0 or 1.
    """

    id: int = CONTEXT_IDS[0]


def read_opened(line: bytes) -> tuple[int, int] | None:
    """Give index and code of a line that tells how an open has ended."""
    match = _OPENED.match(line)
    if match is not None:
        return int(match.group(1)), int(match.group(2))
    match = _OPENED_PLAIN.match(line.strip())
    if match is not None:
        return int(match.group(1)), _WORDS[match.group(2)]
    return None


@cache
def _closed_forms(id: int) -> re.Pattern[bytes]:
    """Give what ends a close: the note has it with the index (chapter 3) and without (2.2.3)."""
    return re.compile(rb"\s*+(?:%d *+, *+)?CLOSE OK\s*+" % id)


def _into_data_mode(id: int) -> Callable[[bytes], Result | None]:
    """Read how a transparent open has ended, where it ends in a URC: data follows at once.

    The note does not say how it ends; C{CONNECT} and C{ERROR} are taken too.
    """

    def read(line: bytes) -> Result | None:
        if line == b"ERROR":
            return Result(Outcome.ERROR, line, OPEN_FAILED)
        opened = read_opened(line)
        if opened is None or opened[0] != id:
            return None
        code = opened[1]
        if code == OPENED:
            return Result(Outcome.CONNECT, line)
        return Result(Outcome.ERROR, line, code)

    return read


class GSMDialect(CountedSends, CountedReads):
    """What both kinds have in common."""

    module_closes = True
    read_line = _READ
    send_name: ClassVar[str]
    read_name: ClassVar[str]
    close_name: ClassVar[str]

    def __init__(self, foreground: Foreground) -> None:
        self._foreground = foreground

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block (chapter 2.2.4)."""
        return Command(
            write_form(self.send_name, id, len(data)),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
            linger=0.3,
        )

    def _read_values(self, id: int) -> tuple[int, ...]:
        """Give what a read names in front of its length."""
        return (self._foreground.id, id)

    def read_command(self, id: int, length: int) -> Command:
        """Read a block (chapter 2.2.5)."""
        return Command(
            write_form(self.read_name, *self._read_values(id), length),
            (self.read_name,),
            timeout=PROMPTLY,
            block=self.read_length,
        )

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close a connection (chapter 2.2.3); there is but one way to."""
        return Command(
            write_form(self.close_name, id), timeout=_CLOSE_TIME, finals=_closed_forms(id)
        )

    def switch_command(self, id: int, mode: AccessMode) -> Command | None:
        """The access mode stays what it was at the open."""
        return None

    def state_command(self, id: int) -> Command:
        """Ask for the states (chapter 2.2.6): of all connections, one cannot be named."""
        return self.list_command()

    def list_command(self) -> Command:
        """Ask for the states of the connections of both kinds."""
        return Command(execute_form("+QSSLSTATE"), ("+QSSLSTATE",), timeout=PROMPTLY)

    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read those of this kind; what is no line of that form is passed over."""
        found = []
        for line in response.lines:
            info = parse_info(line)
            id, secure = info.integer(0), info.integer(5)
            if info.prefix == "+QSSLSTATE" and id is not None and secure == int(self.secure):
                status = (info.string(4) or "").strip().upper()
                found.append(SocketStatus(id, status in _GOING))
        return found

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return open_error(code, host, port, command, trace, self.secure)


class TLSDialect(GSMDialect):
    """The module's own TLS."""

    secure = True
    send_name = "+QSSLSEND"
    read_name = "+QSSLRECV"
    close_name = "+QSSLCLOSE"

    def open_command(
        self,
        id: int,
        pdp: int,
        context: int | None,
        host: str,
        port: int,
        mode: AccessMode,
        timeout: float,
    ) -> Command:
        """Open a connection (chapter 2.2.2); C{<timeout>} is for all of it, 10 to 300 s."""
        assert context is not None
        transparent = mode is AccessMode.TRANSPARENT
        seconds = min(max(round(timeout), OPEN_TIMEOUTS[0]), OPEN_TIMEOUTS[-1])
        return Command(
            write_form(
                "+QSSLOPEN",
                *(id, context, host, port, int(transparent), seconds),
                arguments=("id", "ctx", "host", "port", "mode", "timeout"),
            ),
            # in transparent mode the answer comes when the connection is there
            timeout=seconds + PROMPTLY if transparent else PROMPTLY,
            data_mode=transparent,
            later=_into_data_mode(id) if transparent else None,
        )


class TCPDialect(GSMDialect):
    """TCP without TLS (chapter 3.3), with C{AT+QINDI=1}: told about, then read."""

    secure = False
    # C{AT+QIMODE=1} is for a module with one connection
    modes = frozenset({AccessMode.BUFFER})
    send_name = "+QISEND"
    read_name = "+QIRD"
    close_name = "+QICLOSE"

    def open_command(
        self,
        id: int,
        pdp: int,
        context: int | None,
        host: str,
        port: int,
        mode: AccessMode,
        timeout: float,
    ) -> Command:
        """Open a connection; the module gives itself 75 s."""
        return Command(
            write_form("+QIOPEN", id, "TCP", host, port, arguments=("id", "type", "host", "port")),
            timeout=PROMPTLY,
        )

    def _read_values(self, id: int) -> tuple[int, ...]:
        """Give what a read names: the role too, of which the host has that of the client."""
        return (self._foreground.id, CLIENT, id)

    def acknowledged_command(self, id: int) -> Command:
        """Ask what was acknowledged (C{AT+QISACK})."""
        return Command(write_form("+QISACK", id), ("+QISACK",), timeout=PROMPTLY)

    def read_acknowledged(self, response: Response) -> Acknowledged | None:
        """Read it."""
        return read_counts(response, "+QISACK")
