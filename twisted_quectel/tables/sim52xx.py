"""SIMCom SIM52xx modules: numbers of the SSL Application Note v0.01.

The note gives few ranges.  What is not in it is from SIM5320E hardware, as public
drivers have it (C{vznncv/sim5320-driver}, C{TinyGsmClientSIM5360.h}), and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: The note speaks of "SIM52XX" only; these are the models that it is for.
MODELS: Final = ("SIM5215", "SIM5216", "SIM5218", "SIM5320", "SIM5320A", "SIM5320E")

#: Chapter 4.2: the SSL id.
SESSION_IDS: Final = range(0, 2)
#: Chapter 4.7: the only one that transparent mode is for.
TRANSPARENT_SESSION: Final = 0
PORTS: Final = range(1, 65536)
#: The longest piece that the note sends with one command (chapters 2.3, 3.11 and
#: 4.3); it states no limit.
SEND_LENGTHS: Final = range(1, 1025)
#: C{AT+CHTTPSRECV=<n>}: the note states no limit; what a number of 16 bits holds.
RECEIVE_LENGTHS: Final = range(1, 65536)

#: Chapters 2.7, 3.16 and 4.8, in seconds: each of the three stacks has the same.
CONNECT_TIMEOUT: Final = 120
TRANSFER_TIMEOUT: Final = 120
CLOSE_TIMEOUT: Final = 120
STOP_NETWORK_TIMEOUT: Final = 120

#: Chapter 5.2, C{<level>} of C{+CSSLALERT}.
ALERT_LEVELS: Final[Mapping[int, str]] = MappingProxyType(
    {0: "Warning", 1: "Fatal", 2: "Suspend", 3: "Information"}
)

#: Chapter 5.2, C{<err>} of C{+CSSLALERT}: a combination of bits.
ALERT_BITS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x00000001: "SSL protocol received unexpected message",
        0x00000002: "SSL record failed authentication",
        0x00000004: "Decrypted message not multiple of block size, or invalid padding",
        0x00000008: "Record too big",
        0x00000010: "SSL record failed decompression",
        0x00000020: "SSL handshake protocol failed",
        0x00000040: "Certificate is missing",
        0x00000080: "Certificate failed authentication",
        0x00000100: "Certificate failed authentication of bad signature",
        0x00000200: "Certificate failed authentication of bad issuer",
        0x00000400: "Certificate type not understood",
        0x00000800: "Certificate invalid (was revoked)",
        0x00001000: "Certificate invalid (expired)",
        0x00002000: "Certificate invalid (some error)",
        0x00004000: "SSL protocol parameters out of range",
        0x00008000: "Alert contained invalid ID",
        0x00010000: "Unknown CA",
        0x00020000: "No access rights to continue negotiation",
        0x00040000: "Failed value out of range",
        0x00080000: "Crypto operation failed",
        0x00100000: "Parameter not in compliance",
        0x00200000: "Cannot support requested version",
        0x00400000: "Server requires more secure cipher suites than the client support",
        0x00800000: "Local error independent of the protocol",
        0x01000000: "Cancel handshake for other reasons",
        0x02000000: "Cannot negotiate the handshake",
        0x04000000: "Host mismatch (Common Name)",
        0x08000000: "Alert to viewing the certificate",
        0x10000000: "Alert for unrecognized server name list",
    }
)

#: What C{+CHTTPSSEND}, C{+CHTTPSRECV} and C{+CFTPS...} end with.  The note has 0
#: only; the rest is what the FTPS stack of a SIM5320E was seen to report.
RESULT_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "success",
        1: "SSL alert",
        2: "unknown error",
        3: "busy",
        4: "connection closed by the server",
        5: "timeout",
        6: "transfer failed",
        7: "memory error",
        8: "invalid parameter",
        9: "operation rejected by the server",
        10: "network error",
    }
)

#: C{AT+CFTPSTYPE} (chapter 6.2 has C{I}, "binary").
FTP_TYPES: Final = ("A", "I")
#: The optional fifth parameter of C{AT+CFTPSLOGIN} on hardware: FTP, explicit with
#: AUTH SSL, explicit with AUTH TLS, implicit.  Without it explicit (chapter 3.2).
FTP_SECURITY: Final = range(0, 4)
#: C{<dir>} of C{AT+CFTPSPUTFILE} and C{AT+CFTPSGETFILE} (chapter 6.2 has 1).
FTP_FOLDERS: Final[Mapping[int, str]] = MappingProxyType({1: "C:\\Picture"})

#: Plain TCP, which the note does not describe: C{<link>} of C{AT+CIPOPEN}, and the
#: lengths of C{AT+CIPSEND} and C{AT+CIPRXGET} (public drivers).
LINK_IDS: Final = range(0, 10)
LINK_SEND_LENGTHS: Final = range(1, 1501)
LINK_READ_LENGTHS: Final = range(1, 1501)
