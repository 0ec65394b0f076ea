"""The two kinds of connections of the LTE modules: TLS of their own, and TCP without.

LTE SSL Application Note v1.1, chapters 1.3 and 2.2; TCP/IP Application Note, chapters
C{AT+QIOPEN} to C{AT+QIRD}.  But for their names, and what an open is given, they are alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from ... import errors
from ...at import Body, Command, Response, execute_form, parse_info, read_form, write_form
from ...at.syntax import Value
from ..dialect import AccessMode, Acknowledged, SocketStatus
from ..quectel import PROMPTLY as PROMPTLY
from ..quectel import CountedReads, CountedSends, read_counts
from .errors import open_error

MODES: Final = {AccessMode.BUFFER: 0, AccessMode.PUSH: 1, AccessMode.TRANSPARENT: 2}
#: Chapter 2.2.2: what an open may take beside the handshake.
_NETWORK_TIME: Final = 150.0

_READ = re.compile(rb"\s*\+(?:QSSLRE?CV|QIRD) ?: *(\d{1,5})\s*$", re.IGNORECASE)


class LTEDialect(CountedSends, CountedReads):
    """What both kinds have in common."""

    #: the names of the commands
    open_name: ClassVar[str]
    send_name: ClassVar[str]
    read_name: ClassVar[str]
    read_line = _READ
    read_prefixes: ClassVar[tuple[str, ...]]
    close_name: ClassVar[str]
    state_name: ClassVar[str]
    #: behind SEND FAIL, how long a late SEND OK is waited for, in seconds
    linger: ClassVar[float] = 0.3

    def _open(
        self, values: Sequence[Value], arguments: tuple[str, ...], mode: AccessMode, timeout: float
    ) -> Command:
        transparent = mode is AccessMode.TRANSPARENT
        return Command(
            write_form(self.open_name, *values, arguments=arguments),
            # in transparent mode the answer comes when the connection is there
            timeout=_NETWORK_TIME + timeout if transparent else PROMPTLY,
            data_mode=transparent,
        )

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block (chapter 2.2.3)."""
        return Command(
            write_form(self.send_name, id, len(data)),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
            linger=self.linger,
        )

    def read_command(self, id: int, length: int) -> Command:
        """Read a block (chapter 2.2.4)."""
        return Command(
            write_form(self.read_name, id, length),
            self.read_prefixes,
            timeout=PROMPTLY,
            block=self.read_length,
        )

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close a connection (chapter 2.2.5); at once to abort it."""
        if abort:
            return Command(write_form(self.close_name, id, 0), timeout=PROMPTLY)
        values = (id,) if close_time is None else (id, close_time)
        return Command(write_form(self.close_name, *values), timeout=PROMPTLY + 10)

    def switch_command(self, id: int, mode: AccessMode) -> Command:
        """Change the access mode (chapter 1.3)."""
        return Command(
            write_form("+QISWTMD", id, MODES[mode]),
            timeout=PROMPTLY,
            data_mode=mode is AccessMode.TRANSPARENT,
        )

    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read states (chapter 2.2.6); what is no line of that form is passed over."""
        found = []
        for line in response.lines:
            info = parse_info(line)
            id = info.integer(0)
            if info.prefix == self.state_name and id is not None:
                # 3 is no state of the document and shows for sockets that work: only 4
                # means gone
                context = info.integer(10) if self.secure else None
                found.append(SocketStatus(id, info.integer(5) == 4, context))
        return found

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return open_error(code, host, port, command, trace, self.secure)


class TLSDialect(LTEDialect):
    """The module's own TLS."""

    secure = True
    open_name = "+QSSLOPEN"
    send_name = "+QSSLSEND"
    read_name = "+QSSLRECV"
    read_prefixes = ("+QSSLRECV", "+QSSLRCV")
    close_name = "+QSSLCLOSE"
    state_name = "+QSSLSTATE"

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
        """Open a connection (chapter 2.2.2)."""
        assert context is not None
        return self._open(
            (pdp, context, id, host, port, MODES[mode]),
            ("pdp", "ctx", "id", "host", "port", "mode"),
            mode,
            timeout,
        )

    def state_command(self, id: int) -> Command:
        """Ask for the state of a connection (chapter 2.2.6)."""
        return Command(write_form("+QSSLSTATE", id), ("+QSSLSTATE",), timeout=PROMPTLY)

    def list_command(self) -> Command:
        """Ask for all of them."""
        return Command(execute_form("+QSSLSTATE"), ("+QSSLSTATE",), timeout=PROMPTLY)


class TCPDialect(LTEDialect):
    """TCP without TLS (TCP/IP Application Note)."""

    secure = False
    open_name = "+QIOPEN"
    send_name = "+QISEND"
    read_name = "+QIRD"
    read_prefixes = ("+QIRD",)
    close_name = "+QICLOSE"
    state_name = "+QISTATE"

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
        """Open a connection, from any local port."""
        return self._open(
            (pdp, id, "TCP", host, port, 0, MODES[mode]),
            ("pdp", "id", "type", "host", "port", "local port", "mode"),
            mode,
            timeout,
        )

    def state_command(self, id: int) -> Command:
        """Ask for the state of a connection (query type 1: by its id)."""
        return Command(write_form("+QISTATE", 1, id), ("+QISTATE",), timeout=PROMPTLY)

    def acknowledged_command(self, id: int) -> Command:
        """Ask what was acknowledged: a length of 0 is that question (C{AT+QISEND})."""
        return Command(write_form("+QISEND", id, 0), ("+QISEND",), timeout=PROMPTLY)

    def read_acknowledged(self, response: Response) -> Acknowledged | None:
        """Read it."""
        return read_counts(response, "+QISEND")

    def list_command(self) -> Command:
        """Ask for all of them."""
        return Command(read_form("+QISTATE"), ("+QISTATE",), timeout=PROMPTLY)
