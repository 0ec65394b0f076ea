"""TCP servers on the module, and names: C{"TCP LISTENER"}, C{AT+QIDNSGIP}, and their URCs.

TCP/IP Application Note, C{AT+QIOPEN}, C{AT+QIDNSGIP} and the C{+QIURC} forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ... import errors
from ...at import Command, write_form
from ...tables.lte import LISTENER_HOST, RESULT_CODES
from ..internet import read_urc as read_urc
from .dialects import PROMPTLY
from .errors import NAME, open_error

#: Buffer mode: not all firmware has its connections in the mode of the server, and this one
#: has back-pressure.
_MODE: Final = 0
#: What the codes mean to a server (LTE SSL note, chapter 5).
_IN_USE: Final = (556, 557)
#: Those of a lookup that say something about the name, or nothing.
_NOT_RESOLVED: Final = (None, 0, 564, 565, 566, 569)


def listen_command(id: int, pdp: int, port: int) -> Command:
    """Be a TCP server."""
    return Command(
        write_form(
            "+QIOPEN",
            *(pdp, id, "TCP LISTENER", LISTENER_HOST, 0, port, _MODE),
            arguments=("pdp", "id", "type", "host", "remote port", "port", "mode"),
        ),
        timeout=PROMPTLY,
    )


def listen_error(
    code: int | None, port: int, command: str, trace: Sequence[str]
) -> errors.ModemListenError:
    """Give the exception for a server that could not be started."""
    meaning = RESULT_CODES.get(code or 0) if code else None
    why = f"{meaning} ({code})" if meaning else f"error {code}" if code else "it gave no reason"
    if code in _IN_USE:
        why += "; another socket of the module has that port"
    return errors.ModemListenError(
        f"port: the module cannot listen on {port}: {why}",
        code=code,
        family=NAME,
        command=command,
        trace=trace,
    )


def name_command(pdp: int, name: str) -> Command:
    """Look a name up."""
    return Command(
        write_form("+QIDNSGIP", pdp, name, arguments=("pdp", "host")),
        timeout=PROMPTLY,
    )


def name_error(
    code: int | None, name: str, command: str, trace: Sequence[str]
) -> errors.ModemError:
    """Give the exception for a name that was not resolved.

    Without a network it is that which is missing; everything else is a failed lookup.
    """
    if code not in _NOT_RESOLVED:
        problem = open_error(code, name, 0, command, trace, secure=False)
        if isinstance(problem, errors.NetworkDown):
            return errors.NetworkDown(
                f"{name} could not be resolved: {problem.meaning} ({code})",
                code=code,
                family=NAME,
                command=command,
                trace=trace,
            )
    meaning = RESULT_CODES.get(code) if code else None
    why = f"{meaning} ({code})" if meaning else "the module gave no address"
    return errors.ModemDNSError(
        f"host: {name} could not be resolved: {why}; check the name, and the DNS server of the "
        "PDP context (dns of the modem)",
        code=code or None,
        family=NAME,
        command=command,
        trace=trace,
    )
