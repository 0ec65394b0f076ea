"""What the result codes of an open mean to an application.

LTE SSL Application Note v1.1, chapters 4.1 and 5.  A failed handshake always
reads 566, whatever its cause, so the message has to say what it may be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ... import errors
from ...tables.cme import CME_ERRORS
from ...tables.lte import RESULT_CODES

NAME: Final = "lte"

_CLASSES: Final[Mapping[int, type[errors.ModemError]]] = {
    551: errors.ModemBusyError,
    552: errors.ModemParameterError,
    553: errors.ModemResourceError,
    554: errors.ModemResourceError,
    555: errors.UnsupportedOperation,
    556: errors.ConnectBindError,
    561: errors.NetworkDown,
    562: errors.NetworkDown,
    563: errors.SocketIdInUse,
    564: errors.ModemBusyError,
    565: errors.ModemDNSError,
    566: errors.TLSOpenFailed,
    568: errors.ModemBusyError,
    569: errors.ModemTimeout,
    570: errors.NetworkDown,
    572: errors.OperationNotAllowed,
    573: errors.NetworkDown,
    574: errors.ModemBusyError,
}

_HINTS: Final[Mapping[int, str]] = {
    552: "if every open fails like this, the module is wedged and has to be restarted",
    565: "check the name, and the DNS server of the PDP context (AT+QIDNSCFG)",
    566: (
        "the module does not say why; in order of likelihood: the server's certificate does not "
        "come from cacert, or has expired by the module's clock; server and module have no TLS "
        "version or cipher suite in common (the module has no TLS 1.3; quecteltls: and tls=auto "
        "have); the server wants a client certificate; nothing listens on that port or a firewall "
        "is in between; the server's name is not in its certificate (firmware with checkhost)"
    ),
    569: "the server or the network is slow or silent; the timeout argument can be raised",
    570: "the packet data connection broke down; the next connection brings it up again",
    572: "the network allows fewer PDP contexts, or another one holds the connection",
    573: "give the apn argument or set apn in the modem file",
}


#: What 566 is without TLS.
_NOBODY_THERE: Final = (
    "nothing listens on that port, the server cannot be reached, or a firewall is in between"
)


def open_error(
    code: int | None,
    host: str,
    port: int,
    command: str,
    trace: Sequence[str],
    secure: bool = True,
) -> errors.ModemError:
    """Give the exception for an open that failed.

    @param code: of chapter 5, or L{None} if the module gave none.
    @param secure: whether it was to be TLS, whose every failure reads 566.
    """
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if code is None or code == 0:
        # some firmware reports 0 behind an error
        return errors.ModemConnectError(
            f"{target} could not be opened; the module gave no reason",
            code=code,
            family=NAME,
            command=command,
            trace=trace,
        )
    meaning = RESULT_CODES.get(code) or CME_ERRORS.get(code, "a code that no document lists")
    message = f"{target} could not be opened: {meaning} ({code})"
    hint = _HINTS.get(code) if secure or code != 566 else _NOBODY_THERE
    if hint is not None:
        message = f"{message}; {hint}"
    kind = _CLASSES.get(code, errors.ModemConnectError)
    if not secure and code == 566:
        kind = errors.TCPOpenFailed
    return kind(message, code=code, family=NAME, command=command, trace=trace)
