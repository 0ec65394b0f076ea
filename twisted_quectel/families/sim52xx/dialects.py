"""The kinds of connections of SIM52xx modules: common SSL, and TCP without TLS.

SIM52xx SSL Application Note v0.01, chapter 4; TCP: public drivers (C{AT+CIPOPEN}...).  What the
session calls them, L{urcs} says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ... import errors
from ...at import (
    Body,
    Command,
    Outcome,
    Response,
    Result,
    execute_form,
    parse_info,
    read_form,
    write_form,
)
from ...profiles import TLSProfile
from ...tables.sim52xx import (
    CLOSE_TIMEOUT,
    CONNECT_TIMEOUT,
    SEND_LENGTHS,
    STOP_NETWORK_TIMEOUT,
    TRANSPARENT_SESSION,
)
from ..dialect import AccessMode, Delivery, Dialect, SocketStatus, Stack
from .errors import UNTOLD, tcp_error, tls_error
from .pdp import PROMPTLY
from .settings import refuse
from .urcs import LINK_PLACES, SSL_PLACES

_FIRST_LINK: Final = LINK_PLACES[0]
#: Fields of the answer to C{AT+CSSLSEND?}: for each session its number and what waits.
_PENDING_FIELDS: Final = 2 * len(SSL_PLACES)


def stack(name: str, start: str, stop: str, *before: Command) -> Stack:
    """Give a stack by its commands (chapters 2.1, 2.6, 2.7; 3.1, 3.15, 3.16; 4.1, 4.6, 4.8)."""
    return Stack(
        name,
        (*before, Command(execute_form(start), (start,), timeout=PROMPTLY + CONNECT_TIMEOUT)),
        Command(execute_form(stop), (stop,), timeout=PROMPTLY + STOP_NETWORK_TIMEOUT),
    )


def _mode(transparent: bool) -> Command:
    return Command(write_form("+CSSLMODE", int(transparent)), timeout=PROMPTLY)


#: The mode is chosen ahead of the start (chapter 4.7), so that the two exclude each other.
PUSHED: Final = stack("common SSL", "+CSSLSTART", "+CSSLSTOP", _mode(False))
TRANSPARENT: Final = stack("transparent SSL", "+CSSLSTART", "+CSSLSTOP", _mode(True))


def _opened(line: bytes) -> Result | None:
    """Read how C{AT+NETOPEN} has ended."""
    info = parse_info(line)
    code = info.integer(0)
    if info.prefix != "+NETOPEN" or code is None or len(info.fields) != 1:
        return None
    return Result(Outcome.ERROR if code else Outcome.OTHER, line, code or None)


TCP: Final = Stack(
    "plain TCP",
    (
        Command(
            execute_form("+NETOPEN"),
            ("+IP ERROR",),
            timeout=PROMPTLY + CONNECT_TIMEOUT,
            later=_opened,
            both=True,
        ),
    ),
    Command(
        execute_form("+NETCLOSE"),
        ("+IP ERROR",),
        timeout=PROMPTLY + STOP_NETWORK_TIMEOUT,
    ),
)


class SIMDialect(Dialect):
    """What all have in common: sends that end in C{OK}, and no way to change the mode."""

    ends_with_network = True

    def delivery(self, response: Response) -> Delivery:
        """Say what became of a block."""
        if response.result.good:
            return Delivery.TAKEN
        return Delivery.UNKNOWN if response.body_sent else Delivery.NOT_SENT

    def switch_command(self, id: int, mode: AccessMode) -> Command | None:
        """The access mode stays what it was at the open."""
        return None

    def list_command(self) -> Command:
        """Nothing lists connections: at a bring-up all stacks are released."""
        raise AssertionError("there is no list of connections")


def _waits(response: Response) -> bool:
    """Tell whether an open is suspended (chapter 4.7), by whatever result that is followed."""
    return response.result.outcome is not Outcome.CONNECT and any(
        line.prefix == "+CSSLOPEN" and (line.string(0) or "").upper() == "ALERTSTATE"
        for line in response.info
    )


def _are_bits(value: int | None) -> bool:
    """Tell whether C{<err>} of an alert says what is wrong; chapter 4.2 prints one of 0."""
    return value is not None and 0 < value < 1 << 32


class TLSDialect(SIMDialect):
    """Common SSL (chapter 4)."""

    secure = True
    reads = False
    opens_at_once = True
    ids = SSL_PLACES
    modes = frozenset({AccessMode.PUSH, AccessMode.TRANSPARENT})

    def ids_in(self, mode: AccessMode) -> range | None:
        """Session 0 alone can be transparent (chapter 4.7)."""
        if mode is AccessMode.TRANSPARENT:
            return range(TRANSPARENT_SESSION, TRANSPARENT_SESSION + 1)
        return self.ids

    def check_profile(self, profile: TLSProfile) -> None:
        """Refuse what common SSL cannot be told."""
        refuse(profile)

    def stack(self, mode: AccessMode) -> Stack | None:
        """Give what has to be acquired."""
        return TRANSPARENT if mode is AccessMode.TRANSPARENT else PUSHED

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
        """Open a session (chapter 4.2); the module gives itself two minutes."""
        return Command(
            write_form("+CSSLOPEN", id, host, port, arguments=("id", "host", "port")),
            ("+CSSLALERT", "+CSSLOPEN"),
            timeout=PROMPTLY + CONNECT_TIMEOUT,
            data_mode=mode is AccessMode.TRANSPARENT,
        )

    def continue_command(self, id: int, mode: AccessMode) -> Command:
        """Go on with an open that an alert has suspended."""
        return Command(
            write_form("+CSSLCONT", id),
            ("+CSSLALERT", "+CSSLOPEN"),
            timeout=PROMPTLY + CONNECT_TIMEOUT,
            data_mode=mode is AccessMode.TRANSPARENT,
        )

    def suspended(self, response: Response) -> int | None:
        """Tell by C{ALERTSTATE}, whatever the alert's level and session are (chapter 6.3)."""
        if not _waits(response):
            return None
        told = [line.integer(2) for line in response.info if line.prefix == "+CSSLALERT"]
        return self.alerts(response) if all(_are_bits(bits) for bits in told) else 0

    def alerts(self, response: Response) -> int:
        """Put the bits of all that can be read together."""
        found = 0
        for line in response.info:
            bits = line.integer(2) if line.prefix == "+CSSLALERT" else None
            found |= bits if bits is not None and _are_bits(bits) else 0
        return found

    def refusal(self, response: Response) -> int | None:
        """Give the bits of the alerts."""
        return self.alerts(response) or (UNTOLD if _waits(response) else None)

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block (chapter 4.3)."""
        return Command(
            write_form("+CSSLSEND", id, len(data)),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
        )

    def read_command(self, id: int, length: int) -> Command:
        """There is none: data is pushed (chapter 4.4)."""
        raise AssertionError("data is pushed")

    def read_data(self, response: Response) -> bytes | None:
        """There is none."""
        return None

    def announced(self, response: Response) -> int:
        """There is none."""
        return 0

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close a session, or give up one that is suspended (chapters 4.2 and 4.5)."""
        return Command(write_form("+CSSLCLOSE", id), timeout=PROMPTLY + CLOSE_TIMEOUT)

    def state_command(self, id: int) -> Command:
        """Ask what waits to be sent (chapter 4.3), which is all that the module tells."""
        return Command(
            read_form("+CSSLSEND"),
            ("+CSSLSEND",),
            timeout=PROMPTLY,
            takes=lambda line: len(parse_info(line).fields) == _PENDING_FIELDS,
        )

    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read it: a session of which nothing waits, and which takes nothing, may be gone."""
        line = response.first("+CSSLSEND")
        if line is None:
            return []
        found = []
        for index in range(0, len(line.fields) - 1, 2):
            id, pending = line.integer(index), line.integer(index + 1)
            if id is not None and pending is not None:
                found.append(SocketStatus(id, gone=False, doubtful=pending == 0))
        return found

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return tls_error(code, host, port, command, trace)


class TCPDialect(SIMDialect):
    """TCP without TLS, told about and read (C{AT+CIPRXGET=1})."""

    secure = False
    ids = LINK_PLACES
    modes = frozenset({AccessMode.BUFFER})
    default_mode = AccessMode.BUFFER

    def stack(self, mode: AccessMode) -> Stack | None:
        """Give what has to be acquired."""
        return TCP

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
        """Open a link; C{+CIPOPEN} tells how that has ended."""
        return Command(
            write_form(
                "+CIPOPEN",
                *(id - _FIRST_LINK, "TCP", host, port),
                arguments=("id", "type", "host", "port"),
            ),
            timeout=PROMPTLY,
        )

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block."""
        return Command(
            write_form("+CIPSEND", id - _FIRST_LINK, len(data)),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
        )

    def _read_length(self, line: bytes) -> int:
        info = parse_info(line)
        length = info.integer(2) if info.prefix == "+CIPRXGET" else None
        return max(length or 0, 0)

    def _is_answer(self, link: int) -> Callable[[bytes], bool]:
        def takes(line: bytes) -> bool:
            info = parse_info(line)
            return info.prefix == "+IP ERROR" or (info.integer(0), info.integer(1)) == (2, link)

        return takes

    def read_command(self, id: int, length: int) -> Command:
        """Read a block."""
        link = id - _FIRST_LINK
        return Command(
            write_form("+CIPRXGET", 2, link, length),
            ("+CIPRXGET", "+IP ERROR"),
            timeout=PROMPTLY,
            takes=self._is_answer(link),
            block=self._read_length,
        )

    def read_data(self, response: Response) -> bytes | None:
        """Give what was read; an empty link is told of by an error."""
        if response.result.good:
            return response.block
        empty = any("no data" in printed.lower() for printed in _texts(response))
        return b"" if empty else None

    def announced(self, response: Response) -> int:
        """Say how many bytes the answer to a read has announced."""
        return max(map(self._read_length, response.lines), default=0)

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close a link."""
        return Command(
            write_form("+CIPCLOSE", id - _FIRST_LINK),
            ("+IP ERROR",),
            timeout=PROMPTLY + CLOSE_TIMEOUT,
        )

    def state_command(self, id: int) -> Command:
        """Ask which links are open."""
        return Command(read_form("+CIPCLOSE"), ("+CIPCLOSE",), timeout=PROMPTLY)

    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read it: a number for each link, 1 for those that are."""
        line = response.first("+CIPCLOSE")
        if line is None:
            return []
        states = [line.integer(index) for index in range(len(line.fields))]
        pairs = zip(LINK_PLACES, states, strict=False)
        return [SocketStatus(place, gone=state != 1) for place, state in pairs]

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return tcp_error(code, host, port, command, trace)


def _texts(response: Response) -> list[str]:
    """Give the words behind C{+IP ERROR:}."""
    return [
        line.rest.decode("ascii", "replace") for line in response.info if line.prefix == "+IP ERROR"
    ]


#: Longest send and read, in bytes.
LONGEST_SEND: Final = SEND_LENGTHS[-1]
