"""Deviations of the emulated GSM modules, each a named switch that is off by default.

The contradictions of their SSL note, and what it leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..quirks import LINE_QUIRKS, QUIRKS, QuirkTable

#: What other families' modules do too.
_SHARED: Final = (
    "close_unopened_ok",
    "failed_open_keeps_id",
    "lowercase_cipher",
    "recv_length",
    "recv_single_crlf",
    "release_resets_context",
    "two_digit_qlts",
)

#: Every quirk of a GSM module with what it does.
GSM_KNOWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cfg_reply_with_ctx": (
            'A query of AT+QSSLCFG answers +QSSLCFG: "<tag>",<ctxindex>,<value>, as LTE modules do.'
        ),
        "smtpctxi_reply": (
            'A query of "smtpsctxi" answers "smtpctxi" (SSL note for GSM modules, chapter 2.2.1).'
        ),
        "send_fall": "SEND FAIL is spelt SEND FALL (chapter 2.2.4).",
        "close_ok_with_id": (
            "AT+QSSLCLOSE ends in <ssid>, CLOSE OK (chapter 3) in place of CLOSE OK."
        ),
        "qilocip_ok": "The answer of AT+QILOCIP is followed by OK.",
        "lenient_spaces": (
            "Blanks around names, = and commas, and typographical quotes, are taken (chapter 3)."
        ),
        "transparent_by_urc": (
            "A transparent AT+QSSLOPEN ends in OK and +QSSLOPEN: <ssid>,0, and then data mode, in "
            "place of CONNECT."
        ),
        "state_behind_ok": "AT+QISTAT and AT+QISTATE answer OK ahead of STATE: <state>.",
        **{name: QUIRKS[name] for name in _SHARED},
        **LINE_QUIRKS,
    }
)

#: What makes chapter 3 of the note run as it is printed.
_AS_PRINTED: Final = frozenset({"close_ok_with_id", "lenient_spaces"})

GSM_QUIRKS: Final = QuirkTable(
    GSM_KNOWN, MappingProxyType({"strict": frozenset[str](), "as_printed": _AS_PRINTED})
)

#: Typographical quotes: of UTF-8, of Windows-1252.
_QUOTES: Final = ("“".encode(), "”".encode(), b"\x93", b"\x94")


def straighten(line: bytes) -> bytes:
    """Write a line that may be typed from a printed page: straight quotes, no blanks."""
    for quote in _QUOTES:
        line = line.replace(quote, b'"')
    parts = line.split(b'"')
    return b'"'.join(
        part if index % 2 else part.replace(b" ", b"") for index, part in enumerate(parts)
    )


def has_blanks(line: bytes) -> bool:
    """Tell whether a line with extended commands has blanks outside its strings."""
    return b"+" in line and any(b" " in part for part in line.rstrip(b" ").split(b'"')[::2])
