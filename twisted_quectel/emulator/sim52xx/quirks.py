"""What SIM52xx modules do otherwise than the canonical form, each a switch that is off by default.

They are the contradictions of the SIM52xx SSL Application Note v0.01, and what hardware
and newer firmware are known to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..quirks import LINE_QUIRKS, QuirkTable

QUIRKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "https_send_spelling=real": "Only AT+CHTTPSSEND exists, not AT+CHTTPSEND.",
        "https_send_spelling=document": (
            "Only AT+CHTTPSEND exists (SIM52xx note, chapter 2.3), not AT+CHTTPSSEND."
        ),
        "https_send_spelling=typo": (
            "AT+CHTTPSENDD (SIM52xx note, chapter 6.1) is taken too, and answered so."
        ),
        "htttpsrecv": "Data of AT+CHTTPSRECV is headed +HTTTPSRECV: (SIM52xx note, chapter 2.4).",
        "cftp_aliases": (
            "AT+CFTPLOGIN, AT+CFTPGET, AT+CFTPGETFILE and AT+CFTPSSLIST (SIM52xx note, chapters "
            "3.9, 3.12, 3.13 and 6.2) are taken too, and answered so."
        ),
        "cftpstype_digit": (
            "AT+CFTPSTYPE takes 0 for A and 1 for I too (SIM52xx note, chapter 3.8)."
        ),
        "cftpsdele": "A file is deleted by AT+CFTPSDELE, not by AT+CFTPSDEL (hardware).",
        "cftpslogin_type": (
            "AT+CFTPSLOGIN takes a fifth parameter (hardware): 0 FTP, 1 AUTH SSL, 2 AUTH TLS, "
            "3 implicit."
        ),
        "ftps_results": (
            "FTPS commands report +CFTPS...: 0 beside their OK (newer firmware): AT+CFTPSLOGIN "
            "and AT+CFTPSLOGOUT behind it, the others ahead of it."
        ),
        "data_trailing_comma": "Every DATA line of HTTPS, FTPS and common SSL ends in a comma.",
        "cftpsget_later_pieces": (
            "Behind the first piece of AT+CFTPSGET the line is +CFTPSGET:DATA, <n>, without a "
            "blank and without the comma (SIM52xx note, chapter 6.2)."
        ),
        "lenient_spaces": (
            "Blanks may stand ahead of the = of a command (chapters 4.2 and 4.5 of the SIM52xx "
            'note), and its answers are as unsteady: +CFTPSPWD:"...".'
        ),
        "alert_sid0": "+CSSLALERT names session 0, whichever it is (SIM52xx note, chapter 6.3).",
        "alert_level_zero": (
            "An alert that suspends an open has level 0 (SIM52xx note, chapter 4.2), not 2."
        ),
        "cssl_closed_urc": "+CSSLCLOSE: <id> tells that the peer has ended a session.",
        "cssl_recv_event": "+CSSL: RECV EVENT,<id> comes ahead of pushed data.",
        "https_peer_closed": (
            "+CHTTPSNOTIFY: PEER CLOSED tells of the server's end (newer firmware)."
        ),
        **{
            name: text
            for name, text in LINE_QUIRKS.items()
            if name in ("cme_trailing_space", "no_space_after_colon")
        },
    }
)

#: What makes chapter 6 of the note run as it is printed, and 4.2 and 4.5 besides.
AS_PRINTED: Final = frozenset(
    {
        "https_send_spelling=typo",
        "cftp_aliases",
        "cftpstype_digit",
        "cftpsget_later_pieces",
        "lenient_spaces",
        "alert_sid0",
    }
)

SIM52XX_QUIRKS: Final = QuirkTable(
    QUIRKS, MappingProxyType({"strict": frozenset(), "as_printed": AS_PRINTED})
)
