"""Numbers of the FTPS stack (SIM52xx SSL Application Note v0.01, chapters 3.8 to 3.16)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
#: C{<dir>} of C{AT+CFTPSPUTFILE} and C{AT+CFTPSGETFILE} (chapter 6.2 has 1).
FTP_FOLDERS: Final[Mapping[int, str]] = MappingProxyType({1: "C:\\Picture"})
