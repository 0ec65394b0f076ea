"""NB-IoT modules (BC660K-GL): numbers of the SSL Application Note v1.0.

Result codes: chapter 4, Table 5.  Ranges: chapters 2.3.1 to 2.4.1.  Sleep and
sockets without SSL: AT Commands Manual, TCP/IP Application Note.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Chapter 4: what C{+QSSLOPEN:}, C{+QSSLSEND:} and C{+QSSLCLOSE:} report.  There is no -8.
RESULT_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "Successful operation",
        -1: "Exception error",
        -2: "Connection error",
        -3: "Certificate error",
        -4: "Key error",
        -5: "Cipher error",
        -6: "State error",
        -7: "Time out",
        -9: "Other errors",
    }
)

#: The ids that the commands have room for, and those that work: one connection.
CONTEXT_IDS: Final = range(0, 11)
CONNECT_IDS: Final = range(0, 5)
SUPPORTED_CONTEXT_IDS: Final = range(0, 1)
SUPPORTED_CONNECT_IDS: Final = range(0, 1)
#: C{<connect_mode>}: 1 is transparent, and not supported.
CONNECT_MODES: Final = range(0, 2)
SUPPORTED_CONNECT_MODES: Final = range(0, 1)

PORTS: Final = range(1, 65536)
#: Longest C{<host_name>}, in bytes.
HOST_MAX_LENGTH: Final = 150
SEND_LENGTHS: Final = range(1, 1025)
#: Of what one C{+QSSLURC: "recv"} carries.
RECV_LENGTHS: Final = range(1, 1401)

#: Seconds: C{<timeout>}, which is for TLS only; the open of a DTLS connection.
TIMEOUTS: Final = range(10, 301)
DEFAULT_TIMEOUT: Final = 90
DTLS_OPEN_TIMEOUT: Final = 123
#: Seconds: the maximum response time of C{AT+QSSLCFG} and C{AT+QSSLCLOSE}.
RESPONSE_TIME: Final = 0.3

#: Chapter 2.3.1, C{<seclevel>}.
SECURITY_LEVELS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "No authentication",
        1: "Perform server authentication",
        2: "Perform server and client authentication if requested by the remote server",
    }
)
#: Chapter 2.3.1, C{<ssl_version>}; there is no SSL 3.0.
SSL_VERSIONS: Final[Mapping[int, str]] = MappingProxyType(
    {1: "TLS1.0", 2: "TLS1.1", 3: "TLS1.2", 4: "All"}
)
#: Chapter 2.3.1, C{<dtls_version>}.  The number of the last is missing in v1.0; v1.1 has it.
DTLS_VERSIONS: Final[Mapping[int, str]] = MappingProxyType({0: "DTLS1.0", 1: "DTLS1.2", 2: "All"})
#: Chapter 2.3.1, C{<send_data_format>} and C{<recv_data_format>}.
DATA_FORMATS: Final[Mapping[int, str]] = MappingProxyType({0: "Text", 1: "Hex"})
TEXT: Final = 0
HEX: Final = 1
DEBUG_LEVELS: Final = range(0, 5)

#: Chapter 2.3.1, the tags of C{AT+QSSLCFG} in the order of its test form.
QSSLCFG_TAGS: Final = (
    "seclevel",
    "sslversion",
    "dataformat",
    "timeout",
    "debug",
    "cacert",
    "clientcert",
    "clientkey",
    "dtls",
    "dtlsversion",
)
#: Those that are typed in at a prompt, and saved.
CERTIFICATE_TAGS: Final = ("cacert", "clientcert", "clientkey")
#: Factory settings of the others.  Of C{seclevel} and C{dataformat} the note has lost the
#: underlining; 0 is what firmware starts with.
DEFAULTS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "seclevel": (0,),
        "sslversion": (4,),
        "dataformat": (TEXT, TEXT),
        "timeout": (DEFAULT_TIMEOUT,),
        "debug": (0,),
        "dtls": (0,),
        "dtlsversion": (2,),
    }
)

#: Table 2, by number; there is no tag to choose one.
CIPHER_SUITES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
        0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
        0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    }
)

#: AT Commands Manual, C{AT+QSCLK}: no sleep; light and deep; light only.  It is not saved.
SLEEP_MODES: Final = range(0, 3)
DEFAULT_SLEEP_MODE: Final = 1
#: C{AT+QCFG="slplocktimes"}, in seconds: how long the last use of the UART keeps sleep away.
SLEEP_LOCK_TIMES: Final = range(0, 31)
DEFAULT_SLEEP_LOCK_TIME: Final = 10

#: Sockets without SSL (TCP/IP Application Note): C{<connectID>}, the only access mode
#: (direct push), bytes of C{AT+QISEND}, seconds of C{AT+QIOPEN}.
PLAIN_CONTEXT_IDS: Final = range(0, 1)
PLAIN_CONNECT_IDS: Final = range(0, 5)
PLAIN_ACCESS_MODES: Final = range(1, 2)
PLAIN_SEND_LENGTHS: Final = range(1, 1359)
PLAIN_OPEN_TIMEOUT: Final = 60
#: What C{AT+QIOPEN} with C{"UDP SERVICE"} has for an address.
SERVICE_HOST: Final = "127.0.0.1"
ANY_PORTS: Final = range(0, 65536)

#: What C{AT+CGMM} of these modules starts with.
MODELS: Final = ("BC660K-GL",)
