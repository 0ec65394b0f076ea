"""What the result codes mean to an application.

BC660K-GL SSL Application Note v1.0, chapter 4; without SSL, the TCP/IP codes that LTE modules
have too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ... import errors
from ...tables.lte import RESULT_CODES as PLAIN_CODES
from ...tables.nbiot import RESULT_CODES

NAME: Final = "nbiot"

_CLASSES: Final[Mapping[int, type[errors.ModemError]]] = {
    -1: errors.ModemConnectError,
    -2: errors.TLSOpenFailed,
    -3: errors.TLSOpenFailed,
    -4: errors.TLSOpenFailed,
    -5: errors.TLSOpenFailed,
    -6: errors.NetworkDown,
    -7: errors.ModemTimeout,
    -9: errors.TLSOpenFailed,
}
_PLAIN: Final[Mapping[int, type[errors.ModemError]]] = {
    551: errors.ModemBusyError,
    552: errors.ModemParameterError,
    553: errors.ModemResourceError,
    554: errors.ModemResourceError,
    556: errors.ConnectBindError,
    561: errors.NetworkDown,
    563: errors.SocketIdInUse,
    565: errors.ModemDNSError,
    566: errors.TCPOpenFailed,
    569: errors.ModemTimeout,
    570: errors.NetworkDown,
}
_HINTS: Final[Mapping[int, str]] = {
    -2: (
        "nothing listens on that port, the name does not resolve, a firewall is in between, or "
        "the server has ended the handshake: it wants another version or suite, a client "
        "certificate, or to be told its name"
    ),
    -3: (
        "the server's certificate does not come from cacert, or has expired; or a certificate "
        "that the module needs is missing"
    ),
    -4: "the client's key does not fit its certificate, or is missing",
    -5: (
        "the module has three suites, all with RSA key exchange (quecteltls: and tls=auto have "
        "more)"
    ),
    -6: "there is no packet data connection, or a connection is open already",
    -7: "the server or the network is slow or silent; the timeout argument can be raised",
}


_NOBODY_THERE: Final = (
    "nothing listens on that port, the server cannot be reached, or a firewall is in between"
)


def open_error(
    code: int | None, host: str, port: int, command: str, trace: Sequence[str], secure: bool
) -> errors.ModemError:
    """Give the exception for an open that failed.

    @param code: of chapter 4, or of the TCP/IP note; L{None} if the module has refused the
        command: a connection is open already.
    @param secure: whether it was to be TLS.
    """
    target = f"{host}:{port}"
    if not code:
        return errors.SocketIdInUse(
            f"{target} could not be opened: the module refuses the open; it has a connection",
            code=code,
            family=NAME,
            command=command,
            trace=trace,
        )
    if secure:
        meaning = RESULT_CODES.get(code) or PLAIN_CODES.get(code)
        kind = _CLASSES.get(code) or _PLAIN.get(code)
    else:
        meaning, kind = PLAIN_CODES.get(code), _PLAIN.get(code)
    hint = _HINTS.get(code) if secure else _NOBODY_THERE if code == 566 else None
    return (kind or errors.ModemConnectError)(
        f"{target} could not be opened: {meaning or 'a code that no document lists'} ({code})"
        + (f"; {hint}" if hint else ""),
        code=code,
        family=NAME,
        command=command,
        trace=trace,
    )
