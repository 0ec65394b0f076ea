"""What a failed open means to an application.

SIM52xx SSL Application Note v0.01, chapters 4.2 and 5.2: an open is answered by C{OK} or
C{ERROR}; what is wrong with a handshake, the alerts ahead of that say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ... import errors
from ...alerts import CERTIFICATE_ALERTS, CSSLAlert, describe
from ...tables.sim52xx import LINK_CODES

NAME: Final = "sim52xx"

#: For the bits of an open that is suspended without a word of what is wrong.
UNTOLD: Final = -1
#: What goes with every suspended open and says nothing by itself.
_USUAL: Final = CSSLAlert.VIEW_CERTIFICATE
_HINT: Final = (
    "the module does not say why; in order of likelihood: nothing listens on that port, the name "
    "does not resolve, the server cannot be reached, or has ended the handshake (the module has no "
    "TLS 1.3; quecteltls: and tls=auto have)"
)
_TCP_HINT: Final = (
    "nothing listens on that port, the name does not resolve, the server cannot be reached, or a "
    "firewall is in between"
)
#: C{+CIPOPEN}.
_CLASSES: Final[Mapping[int, type[errors.ModemError]]] = {
    1: errors.TCPOpenFailed,
    2: errors.NetworkDown,
    4: errors.SocketIdInUse,
    6: errors.ConnectBindError,
    10: errors.ModemTimeout,
    11: errors.ModemDNSError,
}


def tls_error(
    bits: int | None, host: str, port: int, command: str, trace: Sequence[str]
) -> errors.ModemError:
    """Give the exception for an open of common SSL that failed.

    @param bits: of the alerts; L{None} if none came, L{UNTOLD} if one did that says nothing.
    """
    target = f"{host}:{port}"
    if bits == UNTOLD:
        return errors.CertificateVerificationError(
            f"{target} could not be opened: the module has suspended the handshake, and does not "
            "say what is wrong with the server",
            family=NAME,
            command=command,
            trace=trace,
        )
    if not bits:
        return errors.TCPOpenFailed(
            f"{target} could not be opened: {_HINT}", family=NAME, command=command, trace=trace
        )
    found = bits & ~_USUAL or bits
    about_certificate = bool(bits & CERTIFICATE_ALERTS)
    kind = errors.CertificateVerificationError if about_certificate else errors.TLSNegotiationError
    return kind(
        f"{target} could not be opened: the module has raised an alert: {describe(found)}",
        code=bits,
        family=NAME,
        command=command,
        trace=trace,
    )


def https_error(host: str, port: int, command: str, trace: Sequence[str]) -> errors.ModemError:
    """Give the exception for an open of the HTTPS stack that failed."""
    return errors.TCPOpenFailed(
        f"{host}:{port} could not be opened: {_HINT}", family=NAME, command=command, trace=trace
    )


def tcp_error(
    code: int | None, host: str, port: int, command: str, trace: Sequence[str]
) -> errors.ModemError:
    """Give the exception for an open without TLS that failed.

    @param code: of C{+CIPOPEN}; L{None} if none came.
    """
    kind = _CLASSES.get(code or 0, errors.TCPOpenFailed)
    meaning = LINK_CODES.get(code or 0)
    told = f"{meaning} ({code})" if meaning else "the module does not say why"
    return kind(
        f"{host}:{port} could not be opened: {told}"
        + (f"; {_TCP_HINT}" if kind is errors.TCPOpenFailed else ""),
        code=code,
        family=NAME,
        command=command,
        trace=trace,
    )
