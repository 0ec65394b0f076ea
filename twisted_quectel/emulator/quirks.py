"""Deviations from the canonical form, each a named switch that is off by default.

They are the contradictions of the LTE SSL Application Note v1.1 (chapters 2.2
and 3) and what firmware versions do differently where the note is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class QuirkTable:
    """The quirks of one family.

    @ivar known: every quirk with what it does.
    @ivar profiles: quirks that go together, by the profile's name.
    @ivar sets: quirks that stand for several others.
    """

    known: Mapping[str, str]
    profiles: Mapping[str, frozenset[str]]
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def choose(self, profile: str, extra: Iterable[str]) -> frozenset[str]:
        """Join a profile's quirks with those that were asked for.

        @raise ValueError: for an unknown profile or quirk.
        """
        if profile not in self.profiles:
            raise ValueError(f"profile: {profile!r} is not one of {', '.join(self.profiles)}")
        chosen = frozenset(extra)
        unknown = sorted(chosen - self.known.keys())
        if unknown:
            raise ValueError(
                f"quirks: {unknown[0]!r} is not one of {', '.join(sorted(self.known))}"
            )
        chosen |= self.profiles[profile]
        return chosen.union(*(self.sets.get(name, ()) for name in chosen))


#: Quirks of the line, which a module of any family can have.
LINE_QUIRKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "connect_rate": "CONNECT is followed by the line's speed.",
        "prompt_without_space": "The prompt is > without the blank behind it.",
        "cme_trailing_space": "+CME ERROR lines end in a blank.",
        "no_space_after_colon": "Information lines have no blank behind the colon.",
    }
)

#: Every quirk of an LTE module with what it does.
QUIRKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alias_qsssend": (
            "AT+QSSSEND (chapter 2.2.3) is taken for AT+QSSLSEND, which answers +QSSSEND: too."
        ),
        "alias_qsslrcv": "AT+QSSLRCV (chapter 3.3.3) is taken for AT+QSSLRECV.",
        "reply_qsslrcv": "A read answers +QSSLRCV: in place of +QSSLRECV: (chapter 3.3.3).",
        "alias_secllevel": (
            'The tag "secllevel" (chapter 3.2) is taken for "seclevel", and answered.'
        ),
        "alias_clientcertex": (
            'The tag "clientcertex" (chapter 2.2.1) is taken for "cacertex", and answered.'
        ),
        "wrong_invalidcertsign_tag": (
            'A query of "ignoreinvalidcertsign" answers "ignoremulticertchainverify".'
        ),
        "psk_no_space": 'A query of "psk" answers +QSSLCFG:"psk" without a blank.',
        "renegotiation_broken": (
            'A query of "renegotiation" answers without the quote and the comma behind the tag.'
        ),
        "lowercase_cipher": "Cipher suites are answered as 0xhhhh in lower case.",
        "quoted_cipher": "Cipher suites are taken and answered in quotes.",
        "recv_single_crlf": "One CR LF in place of two between the data of a read and its OK.",
        "urc_s3_form": "The recv URC is +QSSLURC: <id>,<length>, without an event.",
        "pdp_max=7": "PDP contexts are 1-7 in place of 1-16.",
        "counted_only": "AT+QSSLSEND wants a length: without one it is ERROR.",
        "short_note": (
            "The variant of the short note: urc_s3_form, pdp_max=7 and counted_only together."
        ),
        "has_checkhost": 'The tag "checkhost" exists (newer firmware), factory setting 0.',
        "release_resets_context": (
            "An SSL context goes back to its factory settings with its last connection."
        ),
        "close_unopened_ok": (
            "AT+QSSLCLOSE or AT+QICLOSE of an id that is not open is OK in place of ERROR."
        ),
        "failed_open_keeps_id": "After a failed open the id stays in use until it is closed.",
        "qideact_frees_ids": (
            "AT+QIDEACT gives the ids of SSL connections back too and reports no closed."
        ),
        "switch_flushes": "AT+QISWTMD from buffer to push mode pushes what is buffered at once.",
        "switch_lazy": (
            "AT+QISWTMD from buffer to push mode pushes what is buffered with the next arrival."
        ),
        "recv_length": "The recv URC of buffer mode gives the length too; no data follows.",
        "incoming_buffered": (
            "An incoming connection is in buffer mode, whatever its listener's access mode is."
        ),
        "open_error_at_once": (
            "AT+QIOPEN with an id in use or without a PDP context is ERROR in place of OK and "
            "+QIOPEN: <id>,<err>."
        ),
        "state_three": "AT+QSSLSTATE and AT+QISTATE show state 3 for a connected socket.",
        "list_without_prefix": "AT+QFLST names files without UFS:.",
        "two_digit_qlts": "AT+QLTS and AT+QNTP answer two-digit years.",
        **LINE_QUIRKS,
    }
)

#: How answers are misprinted: by the quirk, what stands in them and what is printed.
_MISPRINTS: Final = (
    ("alias_secllevel", b'+QSSLCFG: "seclevel",', b'+QSSLCFG: "secllevel",'),
    ("alias_clientcertex", b'+QSSLCFG: "cacertex",', b'+QSSLCFG: "clientcertex",'),
    ("alias_qsssend", b"+QSSLSEND: ", b"+QSSSEND: "),
)


def misprinted(line: bytes, quirks: frozenset[str]) -> bytes:
    """Give an information line as the documents print it where their names contradict."""
    for quirk, name, other in _MISPRINTS:
        if line.startswith(name) and quirk in quirks:
            return other + line[len(name) :]
    return line


#: What makes chapter 3 of the note run as it is printed.
AS_PRINTED: Final = frozenset(
    {"alias_secllevel", "alias_clientcertex", "alias_qsssend", "alias_qsslrcv", "reply_qsslrcv"}
)

PROFILES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"strict": frozenset(), "as_printed": AS_PRINTED}
)

#: What the note "Secure implementation documentation" has otherwise.
_SHORT_NOTE: Final = frozenset({"urc_s3_form", "pdp_max=7", "counted_only"})

LTE_QUIRKS: Final = QuirkTable(QUIRKS, PROFILES, MappingProxyType({"short_note": _SHORT_NOTE}))


class NotedQuirks(frozenset[str]):
    """Quirks that tell when it is asked whether they are there.

    @ivar told: what is called, by the names of quirks.
    """

    told: Mapping[str, Callable[[], None]]

    def __new__(cls, names: Iterable[str], told: Mapping[str, Callable[[], None]]) -> NotedQuirks:
        """Make them, with what is to be called."""
        made = super().__new__(cls, names)
        made.told = told
        return made

    def __contains__(self, name: object) -> bool:
        found = super().__contains__(name)
        if found and isinstance(name, str) and name in self.told:
            self.told[name]()
        return found
