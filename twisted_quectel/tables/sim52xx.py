"""SIMCom SIM52xx modules: numbers of the SSL Application Note v0.01.

The note gives few ranges.  What is not in it is from SIM5320E hardware, as public
drivers have it (C{vznncv/sim5320-driver}, C{TinyGsmClientSIM5360.h}), and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .alerts import ALERT_BITS as ALERT_BITS
from .ftps import FTP_FOLDERS as FTP_FOLDERS
from .ftps import RESULT_CODES as RESULT_CODES

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

#: C{AT+CFTPSTYPE} (chapter 6.2 has C{I}, "binary").
FTP_TYPES: Final = ("A", "I")
#: The optional fifth parameter of C{AT+CFTPSLOGIN} on hardware: FTP, explicit with
#: AUTH SSL, explicit with AUTH TLS, implicit.  Without it explicit (chapter 3.2).
FTP_SECURITY: Final = range(0, 4)
#: Plain TCP, which the note does not describe: C{<link>} of C{AT+CIPOPEN}, and the
#: lengths of C{AT+CIPSEND} and C{AT+CIPRXGET} (public drivers).
LINK_IDS: Final = range(0, 10)
#: C{<err>} of C{+CIPOPEN}.
LINK_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "network failure",
        2: "the network is not opened",
        3: "wrong parameter",
        4: "the link is in use",
        5: "failed to create a socket",
        6: "failed to bind a socket",
        7: "the server listens already",
        8: "busy",
        9: "sockets opened",
        10: "timeout",
        11: "the name does not resolve",
    }
)
LINK_SEND_LENGTHS: Final = range(1, 1501)
LINK_READ_LENGTHS: Final = range(1, 1501)
