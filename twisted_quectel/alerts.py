"""What a module has found wrong with a handshake, bit by bit.

SIM52xx SSL Application Note v0.01, chapter 5.2.  The bits are C{<err>} of C{+CSSLALERT}.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

from .tables.alerts import ALERT_BITS

__all__ = ["CERTIFICATE_ALERTS", "CSSLAlert", "describe"]


class CSSLAlert(IntFlag):
    """One bit for each kind of alert."""

    UNEXPECTED_MESSAGE = 0x00000001
    BAD_RECORD = 0x00000002
    BAD_PADDING = 0x00000004
    RECORD_TOO_BIG = 0x00000008
    BAD_COMPRESSION = 0x00000010
    HANDSHAKE_FAILED = 0x00000020
    NO_CERTIFICATE = 0x00000040
    BAD_CERTIFICATE = 0x00000080
    BAD_SIGNATURE = 0x00000100
    BAD_ISSUER = 0x00000200
    UNKNOWN_TYPE = 0x00000400
    REVOKED = 0x00000800
    EXPIRED = 0x00001000
    INVALID = 0x00002000
    OUT_OF_RANGE = 0x00004000
    INVALID_ID = 0x00008000
    UNKNOWN_CA = 0x00010000
    ACCESS_DENIED = 0x00020000
    FAILED_VALUE = 0x00040000
    CRYPTO_FAILED = 0x00080000
    NOT_IN_COMPLIANCE = 0x00100000
    UNKNOWN_VERSION = 0x00200000
    STRONGER_SUITE = 0x00400000
    LOCAL_ERROR = 0x00800000
    CANCELLED = 0x01000000
    NO_NEGOTIATION = 0x02000000
    HOST_MISMATCH = 0x04000000
    VIEW_CERTIFICATE = 0x08000000
    UNRECOGNIZED_NAME = 0x10000000


#: Those that are about the server's certificate.
CERTIFICATE_ALERTS: Final = (
    CSSLAlert.NO_CERTIFICATE
    | CSSLAlert.BAD_CERTIFICATE
    | CSSLAlert.BAD_SIGNATURE
    | CSSLAlert.BAD_ISSUER
    | CSSLAlert.UNKNOWN_TYPE
    | CSSLAlert.REVOKED
    | CSSLAlert.EXPIRED
    | CSSLAlert.INVALID
    | CSSLAlert.UNKNOWN_CA
    | CSSLAlert.HOST_MISMATCH
    | CSSLAlert.VIEW_CERTIFICATE
)
_KNOWN: Final = sum(ALERT_BITS)


def describe(bits: int) -> str:
    """Say what some bits mean, in the words of the document."""
    found = [text for bit, text in ALERT_BITS.items() if bits & bit]
    unknown = bits & ~_KNOWN
    if unknown or not found:
        found.append("nothing that the document lists")
    return f"{'; '.join(found)} (0x{bits:08x})"
