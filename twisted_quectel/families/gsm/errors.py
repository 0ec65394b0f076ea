"""What the result codes of an open mean to an application.

SSL application note for M10, M66, M85 and M95, chapter 2.2.2: C{<connectcode>} is 0, -1 or -2,
whatever the cause, so the message has to say what it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ... import errors
from ...tables.gsm import CONNECT_CODES, OCCUPIED, OPEN_FAILED

NAME: Final = "gsm"

_TLS_HINT: Final = (
    "the module does not say why; in order of likelihood: server and module have no TLS version "
    "or cipher suite in common (the module has six suites, all with RSA key exchange, and no "
    "TLS 1.3; quecteltls: and tls=auto have more); the server's certificate does not come from "
    "cacert, or has expired by the module's clock; the server wants a client certificate, or a "
    "server name, which the module does not send; nothing listens on that port, the name does not "
    "resolve, or a firewall is in between"
)
_TCP_HINT: Final = (
    "nothing listens on that port, the name does not resolve, the server cannot be reached, or a "
    "firewall is in between"
)


def open_error(
    code: int | None, host: str, port: int, command: str, trace: Sequence[str], secure: bool
) -> errors.ModemError:
    """Give the exception for an open that failed.

    @param code: C{<connectcode>}, or L{None} if the module has refused the command.
    @param secure: whether it was to be TLS.
    """
    target = f"{host}:{port}"
    if code == OCCUPIED:
        return errors.SocketIdInUse(
            f"{target} could not be opened: {CONNECT_CODES[OCCUPIED]} ({code})",
            code=code,
            family=NAME,
            command=command,
            trace=trace,
        )
    if code is None:
        # where an open is right, OK is the first answer (chapter 2.2.2)
        return errors.ModemParameterError(
            f"{target} could not be opened: the module takes the open for wrong; if every open "
            "fails like this, the module is wedged and has to be restarted",
            family=NAME,
            command=command,
            trace=trace,
        )
    kind = errors.TLSOpenFailed if secure else errors.TCPOpenFailed
    told = f"{CONNECT_CODES.get(code, 'a code unknown')} ({code})"
    if code == OPEN_FAILED and not secure:
        told = "CONNECT FAIL"  # what the module says there (chapter 3.3)
    return kind(
        f"{target} could not be opened: {told}; {_TLS_HINT if secure else _TCP_HINT}",
        code=code,
        family=NAME,
        command=command,
        trace=trace,
    )
