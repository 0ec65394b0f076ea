"""Deviations of an emulated BC660K-GL, each a named switch that is off by default.

They are the contradictions of its SSL Application Note v1.0, and what is known of firmware
where the notes are silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..quirks import LINE_QUIRKS, QuirkTable
from ..quirks import QUIRKS as OF_LTE

#: What firmware of other families does too.
_SHARED: Final = (
    "release_resets_context",
    "close_unopened_ok",
    "failed_open_keeps_id",
    "open_error_at_once",
    "state_three",
    "two_digit_qlts",
)

#: Every quirk with what it does.
QUIRKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tag_capital_i": (
            'The tags "ssIversion" and "dtIsversion", with a capital I as chapter 2.3.1 prints '
            "them, are taken too, and answered."
        ),
        "dtlsversion_without_all": (
            'The tag "dtlsversion" takes 0 and 1 only: the number for all is not printed.'
        ),
        "certificate_checksum": (
            "The answer to a certificate is a checksum of 16 bits, as <checksum> is called, in "
            "place of its length."
        ),
        "certificate_without_cr": (
            "A certificate is stored without its CR bytes; the length is what is left."
        ),
        "recv_unquoted": (
            "Received data stands without quotes, as in the syntax of chapter 2.4.1."
        ),
        "recv_hex_counts_digits": (
            "The length of received data in hex format counts the digits, two for each byte."
        ),
        "hex_send_without_connectid": (
            "In hex format the second parameter of AT+QSSLSEND=<contextID>,<send_length> is the "
            "length, as the note of chapter 2.3.3 has it."
        ),
        "send_without_ok": (
            "AT+QSSLSEND answers +QSSLSEND: without the OK ahead, as chapter 3.1 prints it."
        ),
        "dates_unchecked": "The dates of certificates are not checked.",
        "qiclose_close_ok": "AT+QICLOSE answers CLOSE OK behind its OK.",
        "ip_urc": "+IP: <address> is reported when the packet data connection comes up.",
        "cclk_unquoted": "AT+CCLK? answers without quotes.",
        **{name: OF_LTE[name] for name in _SHARED},
        **LINE_QUIRKS,
    }
)

#: What makes the note's syntax and examples run as they are printed.
AS_PRINTED: Final = frozenset({"tag_capital_i", "hex_send_without_connectid"})

NBIOT_QUIRKS: Final = QuirkTable(
    QUIRKS, MappingProxyType({"strict": frozenset(), "as_printed": AS_PRINTED})
)
