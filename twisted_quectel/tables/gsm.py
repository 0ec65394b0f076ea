"""GSM modules (M10, M66, M85, M95): numbers of the SSL application note for them.

Versions and suites: chapter 1.1.  Ranges, states and codes: chapters 2.2.1 to
2.2.10.  C{AT+QINDI} and the sockets without SSL: chapter 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Chapter 1: the modules that the note is about.
MODELS: Final = ("M10", "M66", "M85", "M95")

#: Table 1 and chapter 2.2.1, C{<sslversion>}.
SSL_VERSIONS: Final[Mapping[int, str]] = MappingProxyType(
    {0: "SSL3.0", 1: "TLS1.0", 2: "TLS1.1", 3: "TLS1.2", 4: "ALL SUPPORT"}
)

#: Table 2, in its order; the key exchange is RSA in each.
SUITES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
        0x0005: "TLS_RSA_WITH_RC4_128_SHA",
        0x0004: "TLS_RSA_WITH_RC4_128_MD5",
        0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
        0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    }
)

#: Chapter 2.2.1, C{<seclevel>}.
SECURITY_LEVELS: Final = range(0, 3)
#: Chapter 2.2.1, C{<smtpstyle>}: without SSL, SSL, STARTTLS.
SMTP_STYLES: Final = range(0, 3)
#: Chapter 2.2.1: C{<httpsctxindex>} and C{<smtpsctxindex>} that nobody has configured.
NOT_CONFIGURED: Final = -1

#: Chapter 2.2.1, the tags of C{AT+QSSLCFG} that belong to an SSL context.
CONTEXT_TAGS: Final = (
    "sslversion",
    "ciphersuite",
    "seclevel",
    "cacert",
    "clientcert",
    "clientkey",
)
#: Chapter 2.2.1, the tags of C{AT+QSSLCFG} that stand for themselves.
MODULE_TAGS: Final = ("ignorertctime", "https", "httpsctxi", "smtpstyle", "smtpsctxi")
#: Chapter 2.2.1: asks for all of an SSL context.
CONTEXT_QUERY: Final = "ctxindex"

SSL_CONTEXT_IDS: Final = range(0, 6)
#: C{<ssid>}, C{<socketindex>}: one range for sockets with SSL and without (1.3).
SOCKET_IDS: Final = range(0, 6)
#: C{<cid>}: the context of C{AT+QIFGCNT}; chapter 2.2.5 has 0-1.
CONTEXT_IDS: Final = range(0, 2)
#: C{<cid>} in a URC; chapter 2.2.10.1 has 0-2.
URC_CONTEXT_IDS: Final = range(0, 3)
PORTS: Final = range(1, 65536)

#: Chapter 2.2.2, C{<connectmode>}.
NOT_TRANSPARENT: Final = 0
TRANSPARENT: Final = 1
CONNECT_MODES: Final = range(0, 2)
#: Chapter 2.2.2, seconds.
OPEN_TIMEOUTS: Final = range(10, 301)
DEFAULT_OPEN_TIMEOUT: Final = 90
#: Chapter 2.2.2, C{<connectcode>}.
OPENED: Final = 0
OPEN_FAILED: Final = -1
OCCUPIED: Final = -2
CONNECT_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {OPENED: "Success", OPEN_FAILED: "Error", OCCUPIED: "Socket is occupied"}
)
#: Chapter 2.2.3, C{<closetype>}, reserved.
CLOSE_TYPES: Final = range(0, 2)
#: Chapter 2.2.4: "less than 1460" in words, 1-1460 in numbers.
SEND_LENGTHS: Final = range(1, 1461)
READ_LENGTHS: Final = range(1, 1501)

#: Chapter 2.2.7: bytes of a file, by its storage; seconds.
RAM_SIZES: Final = range(1, 32769)
NVRAM_SIZES: Final = range(1, 2026)
UPLOAD_TIMEOUTS: Final = range(3, 201)
DEFAULT_UPLOAD_TIMEOUT: Final = 100
#: Chapter 2.2.1, note 1: the names in C{NVRAM:}, by the tag that takes them.
NVRAM_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"cacert": ("CA0", "CA1"), "clientcert": ("CC0",), "clientkey": ("CK0",)}
)
#: No document has the C{+CME ERROR} numbers of C{AT+QSECWRITE}, C{AT+QSECREAD} and
#: C{AT+QSECDEL}; these are the ones that newer modules' file commands have.
CME_INVALID_INPUT: Final = 400
CME_NOT_FOUND: Final = 405
CME_INVALID_NAME: Final = 406
CME_EXISTS: Final = 407
CME_NO_SPACE: Final = 420
CME_TIMED_OUT: Final = 421
CME_TOO_LARGE: Final = 423
CME_IN_USE: Final = 426

#: Chapter 2.2.6, C{<state>}.
STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "IP INITIAL": "The TCPIP stack is in idle state.",
        "IP START": "The TCPIP stack has been registered to.",
        "IP CONFIG": "It has been started-up to activate GPRS/CSD context.",
        "IP IND": "It is activating GPRS/CSD context.",
        "IP GPRSACT": "GPRS/CSD context has been activated successfully.",
        "IP STATUS": "The local IP address has been gotten by the command AT+QILOCIP.",
        "IP PROCESSING": "Establish connection.",
        "PDP DEACT": "GPRS/CSD context was deactivated because of unknown reason.",
    }
)
#: Chapter 2.2.6, C{<socketstatus>}.
SOCKET_STATES: Final = (
    "INITIAL",
    "CONNECTING",
    "CONNECTED",
    "REMOTE CLOSING",
    "CLOSING",
    "CLOSED",
)
CONNECTION_TYPES: Final = ("TCP", "UDP")

#: C{AT+QINDI}: data is pushed, told once until it is read, or told with lengths.
INDICATIONS: Final = range(0, 3)
#: Chapter 3.3, C{<sc>}: the module acts as the client.
CLIENT: Final = 1
