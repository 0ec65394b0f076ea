"""Pings and time servers: C{AT+QPING}, C{AT+QNTP} (TCP/IP Application Note)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ... import errors
from ...at import Command, InfoLine, write_form
from ...tables.lte import RESULT_CODES
from ..events import PingEnd, PingReply, ServerTime
from .dialects import PROMPTLY
from .errors import NAME, open_error

_TIMED_OUT: Final = 569


def ping_command(pdp: int, host: str, timeout: int, count: int) -> Command:
    """Ping a host."""
    return Command(
        write_form(
            "+QPING", pdp, host, timeout, count, arguments=("pdp", "host", "timeout", "count")
        ),
        timeout=PROMPTLY,
    )


def ntp_command(pdp: int, server: str, port: int, set_clock: bool) -> Command:
    """Ask a time server."""
    return Command(
        write_form(
            "+QNTP",
            *(pdp, server, port, int(set_clock)),
            arguments=("pdp", "host", "port", "set_clock"),
        ),
        timeout=PROMPTLY,
    )


def read_ping(info: InfoLine) -> PingReply | PingEnd | None:
    """Understand a C{+QPING} URC; L{None} for what nobody knows.

    A probe has an address in second place, the summary a number.
    """
    code = info.integer(0)
    if code is None:
        return None
    if code or len(info.fields) == 1:
        # a probe that was not answered in time says nothing of the next
        return PingReply(code, last=code != _TIMED_OUT) if code else None
    sent, received = info.integer(1), info.integer(2)
    if not info.fields[1].quoted and sent is not None and received is not None:
        return PingEnd(sent, received)
    return PingReply(0, info.string(1) or "", info.integer(3))


def read_ntp(info: InfoLine) -> ServerTime | None:
    """Understand a C{+QNTP} URC."""
    code = info.integer(0)
    return None if code is None else ServerTime(code, info.string(1) or "")


def probe_error(
    code: int | None, host: str, command: str, trace: Sequence[str]
) -> errors.ModemError:
    """Give the exception for what did not come to its end: of the same class as an open's."""
    problem = open_error(code, host, 0, command, trace, secure=False)
    meaning = RESULT_CODES.get(code) if code else None
    why = f"{meaning} ({code})" if meaning else f"error {code}" if code else "no answer came"
    return type(problem)(
        f"host: {host} could not be asked: {why}",
        code=code or None,
        family=NAME,
        command=command,
        trace=trace,
    )
