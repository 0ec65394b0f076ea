"""The connections of the BC660K-GL: one with TLS or DTLS of its own, five without.

BC660K-GL SSL Application Note v1.0, chapters 2.3.2 to 2.3.4; TCP/IP Application Note.  Data is
pushed, and nothing stops it.  The TLS connection is the sixth of the session's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from ... import errors
from ...at import Body, Command, Outcome, Response, Result, parse_info, read_form, write_form
from ...at.results import SEND_FAIL, SEND_OK
from ...at.syntax import printable
from ...tables.nbiot import (
    HEX,
    PLAIN_CONNECT_IDS,
    RESULT_CODES,
    SERVICE_HOST,
    TEXT,
    TIMEOUTS,
)
from ..dialect import AccessMode, DatagramDialect, Delivery, Dialect, SocketStatus
from ..quectel import PROMPTLY as PROMPTLY
from ..quectel import CountedSends
from .errors import open_error

#: The TLS connection, among those of the session.
TLS_PLACE: Final = PLAIN_CONNECT_IDS[-1] + 1

_TOLD: Final = re.compile(rb"\+QSSL(SEND|CLOSE) ?: *+\d{1,2} *+, *+\d{1,2} *+, *+(-?\d{1,3})\s*+$")


@dataclass
class Formats:
    """The data formats that are set: of what is sent, and of what comes.

    @ivar timeout: C{<timeout>} of the SSL context, in seconds; the longest, where it is not known.
    """

    send: int = TEXT
    receive: int = TEXT
    timeout: int = TIMEOUTS[-1]


def _told(name: bytes) -> Callable[[bytes], Result | None]:
    """Read how a command with its result in a URC has ended."""

    def read(line: bytes) -> Result | None:
        match = _TOLD.match(line)
        if match is None or match.group(1) != name:
            return None
        code = int(match.group(2))
        return Result(Outcome.ERROR if code else Outcome.OTHER, line, code or None)

    return read


def _sent(line: bytes) -> Result | None:
    """Read how a send without TLS has ended: behind its C{OK}."""
    return {b"SEND OK": SEND_OK, b"SEND FAIL": SEND_FAIL}.get(line.strip())


class NBIoTDialect(Dialect):
    """What all have in common: no reads, no other access mode."""

    reads = False

    def __init__(self, formats: Formats) -> None:
        self.formats = formats

    def body(self, data: bytes) -> bytes:
        """Give what is typed in for some data."""
        return data.hex().upper().encode("ascii") if self.formats.send == HEX else data

    def read_command(self, id: int, length: int) -> Command:
        """There is none."""
        raise AssertionError("data is pushed")

    def read_data(self, response: Response) -> bytes | None:
        """There is none."""
        return None

    def announced(self, response: Response) -> int:
        """There is none."""
        return 0

    def switch_command(self, id: int, mode: AccessMode) -> Command | None:
        """There is one access mode."""
        return None


class TLSDialect(NBIoTDialect):
    """The module's own TLS, and DTLS."""

    secure = True
    module_closes = True
    ids = range(TLS_PLACE, TLS_PLACE + 1)

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
        """Open the connection (chapter 2.3.2)."""
        return Command(
            write_form(
                "+QSSLOPEN",
                *(0, 0, host, port, 0),
                arguments=("ctx", "id", "host", "port", "mode"),
            ),
            timeout=PROMPTLY,
        )

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block (chapter 2.3.3); how that ended is told behind C{OK}."""
        return Command(
            write_form("+QSSLSEND", 0, 0, len(data)),
            timeout=PROMPTLY,
            later_timeout=PROMPTLY + self.formats.timeout,
            body=self.body(data),
            body_after=Body.PROMPT,
            later=_told(b"SEND"),
            # chapter 2.1.2: its OK ends it, and how the data fared is a URC
            parts=True,
        )

    def delivery(self, response: Response) -> Delivery:
        """Say what became of a block; the note does not say that one is to be sent again."""
        if response.result.good:
            return Delivery.TAKEN
        return Delivery.UNKNOWN if response.body_sent else Delivery.NOT_SENT

    def ill(self, response: Response) -> str:
        """Say how a send has ended, with the code's meaning (chapter 4)."""
        meaning = RESULT_CODES.get(response.result.code or 0)
        shown = printable(response.result.text)
        return f"{shown} ({meaning})" if response.result.code and meaning else shown

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close the connection (chapter 2.3.4)."""
        return Command(
            write_form("+QSSLCLOSE", 0, 0), timeout=PROMPTLY + 10, later=_told(b"CLOSE"), parts=True
        )

    def state_command(self, id: int) -> Command | None:
        """The module does not tell."""
        return None

    def list_command(self) -> Command:
        """The module does not tell."""
        raise AssertionError("there is no list of TLS connections")

    def read_states(self, response: Response) -> list[SocketStatus]:
        """There are none."""
        return []

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return open_error(code, host, port, command, trace, True)


class PlainDialect(CountedSends, NBIoTDialect):
    """What is without TLS."""

    secure = False
    ids = range(PLAIN_CONNECT_IDS[0], PLAIN_CONNECT_IDS[-1] + 1)
    kind: ClassVar[str]

    def __init__(self, formats: Formats, services: set[int]) -> None:
        """
        @param services: the ids whose datagrams come with their source.
        """
        super().__init__(formats)
        self._services = services

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
        """Open one to a peer; mode 1 is the only one."""
        self._services.discard(id)
        return Command(
            write_form(
                "+QIOPEN",
                *(0, id, self.kind, host, port, 0, 1),
                arguments=("ctx", "id", "type", "host", "port", "local port", "mode"),
            ),
            timeout=PROMPTLY,
        )

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block."""
        return self._send(data, id, len(data))

    def _send(self, data: bytes, *values: int | str) -> Command:
        return Command(
            write_form("+QISEND", *values, arguments=("id", "addr", "addr", "size")[: len(values)]),
            timeout=PROMPTLY + 5,
            body=self.body(data),
            body_after=Body.PROMPT,
            later=_sent,
            linger=0.3,
        )

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close one, whether its peer has closed it or not."""
        return Command(write_form("+QICLOSE", id), timeout=PROMPTLY + 10)

    def state_command(self, id: int) -> Command | None:
        """Ask for the state of one."""
        return Command(write_form("+QISTATE", 1, id), ("+QISTATE",), timeout=PROMPTLY)

    def list_command(self) -> Command:
        """Ask for the states of all."""
        return Command(read_form("+QISTATE"), ("+QISTATE",), timeout=PROMPTLY)

    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read states; what is no line of that form is passed over."""
        found = []
        for line in response.lines:
            info = parse_info(line)
            id = info.integer(0)
            if info.prefix == "+QISTATE" and id is not None:
                found.append(SocketStatus(id, info.integer(5) == 4))
        return found

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return open_error(code, host, port, command, trace, False)


class TCPDialect(PlainDialect):
    """TCP without TLS."""

    kind = "TCP"


class UDPDialect(PlainDialect, DatagramDialect):
    """Datagrams without TLS."""

    kind = "UDP"

    def serve_command(self, id: int, pdp: int, port: int, mode: AccessMode) -> Command:
        """Take datagrams from anybody."""
        self._services.add(id)
        return Command(
            write_form(
                "+QIOPEN",
                *(0, id, "UDP SERVICE", SERVICE_HOST, 0, port, 1),
                arguments=("ctx", "id", "type", "host", "remote port", "port", "mode"),
            ),
            timeout=PROMPTLY,
        )

    def send_to_command(self, id: int, data: bytes, host: str, port: int) -> Command:
        """Send one datagram of a service."""
        return self._send(data, id, host, port, len(data))

    def read_source(self, response: Response) -> tuple[str, int] | None:
        """There are no reads."""
        return None
