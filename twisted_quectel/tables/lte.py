"""LTE modules (EC2x, EG9x, EG2x-G, EM05): numbers of the SSL Application Note v1.1.

Result codes: chapter 5, Table 5.  Ranges: chapters 2.2.1 to 2.2.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Chapter 5: what C{+QSSLOPEN: <id>,<err>} and C{AT+QIGETERROR} report.
RESULT_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "Operation successful",
        550: "Unknown error",
        551: "Operation blocked",
        552: "Invalid parameter",
        553: "Memory not enough",
        554: "Create socket failed",
        555: "Operation not supported",
        556: "Socket bind failed",
        557: "Socket listen failed",
        558: "Socket write failed",
        559: "Socket read failed",
        560: "Socket accept failed",
        561: "Open PDP context failed",
        562: "Close PDP context failed",
        563: "Socket identity has been used",
        564: "DNS busy",
        565: "DNS parse failed",
        566: "Socket connection failed",
        567: "Socket has been closed",
        568: "Operation busy",
        569: "Operation timeout",
        570: "PDP context break down",
        571: "Cancel send",
        572: "Operation not allowed",
        573: "APN not configured",
        574: "Port busy",
    }
)

PDP_IDS: Final = range(1, 17)
SSL_CONTEXT_IDS: Final = range(0, 6)
CLIENT_IDS: Final = range(0, 12)
PORTS: Final = range(1, 65536)
SEND_LENGTHS: Final = range(1, 1461)
READ_LENGTHS: Final = range(1, 1501)
#: TCP/IP Application Note: 0 in place of a length is a question (C{AT+QISEND},
#: C{AT+QIRD}), 0 in place of a port is any; hex digits of C{AT+QISENDEX}.
QUERY_OR_SEND_LENGTHS: Final = range(0, 1461)
QUERY_OR_READ_LENGTHS: Final = range(0, 1501)
ANY_PORTS: Final = range(0, 65536)
HEX_LENGTH: Final = 512
#: What C{AT+QIOPEN} has for an address with C{"TCP LISTENER"} and C{"UDP SERVICE"}.
LISTENER_HOST: Final = "127.0.0.1"
#: C{AT+QPING}: seconds, probes.
PING_TIMEOUTS: Final = range(1, 256)
PING_COUNTS: Final = range(1, 11)
CLOSE_TIMEOUTS: Final = range(0, 65536)
DEFAULT_CLOSE_TIMEOUT: Final = 10
NEGOTIATE_TIMES: Final = range(10, 301)
PSK_MAX_LENGTH: Final = 255

#: Chapter 2.2.1, C{<SSL_version>}.
SSL_VERSIONS: Final[Mapping[int, str]] = MappingProxyType(
    {0: "SSL3.0", 1: "TLS1.0", 2: "TLS1.1", 3: "TLS1.2", 4: "All"}
)

#: Chapter 2.2.1, the tags of C{AT+QSSLCFG} in the order of its test form.
QSSLCFG_TAGS: Final = (
    "sslversion",
    "ciphersuite",
    "cacert",
    "cacertex",
    "clientcert",
    "clientkey",
    "seclevel",
    "ignorelocaltime",
    "negotiatetime",
    "sni",
    "closetimemode",
    "ignoremulticertchainverify",
    "ignoreinvalidcertsign",
    "psk",
    "dtls",
    "dtlsversion",
    "session_cache",
    "alpn",
    "renegotiation",
)

#: Chapter 2.2.6, C{<socket_state>}; there is no 3.
SOCKET_STATES: Final[Mapping[int, str]] = MappingProxyType(
    {0: "Initial", 1: "Opening", 2: "Connected", 4: "Closing"}
)

#: Table 1: what C{AT+CGMM} of these modules starts with.
MODELS: Final = ("EC20", "EC21", "EC25", "EG91", "EG95", "EG21", "EG25", "EM05")
