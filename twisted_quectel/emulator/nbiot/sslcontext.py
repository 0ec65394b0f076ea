"""The SSL context of an emulated BC660K-GL (SSL Application Note v1.0, chapter 2.3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ...tables.nbiot import (
    CERTIFICATE_TAGS,
    CIPHER_SUITES,
    DATA_FORMATS,
    DEBUG_LEVELS,
    DEFAULTS,
    DTLS_VERSIONS,
    QSSLCFG_TAGS,
    SECURITY_LEVELS,
    SSL_VERSIONS,
    TIMEOUTS,
)
from ..tls import TLSSettings

#: Longest certificate or key that is taken, in bytes; the note has no limit.
MAX_CERTIFICATE: Final = 8192

#: What is offered: the last of Table 2 is a signalling value, which OpenSSL sends by itself.
_SUITES: Final = tuple(CIPHER_SUITES)[:-1]

#: What each value of a tag can be, in order.
RANGES: Final[Mapping[str, tuple[range, ...]]] = MappingProxyType(
    {
        "seclevel": (range(len(SECURITY_LEVELS)),),
        "sslversion": (range(min(SSL_VERSIONS), max(SSL_VERSIONS) + 1),),
        "dataformat": (range(len(DATA_FORMATS)), range(len(DATA_FORMATS))),
        "timeout": (TIMEOUTS,),
        "debug": (DEBUG_LEVELS,),
        "dtls": (range(2),),
        "dtlsversion": (range(len(DTLS_VERSIONS)),),
    }
)
assert {*RANGES, *CERTIFICATE_TAGS} == set(QSSLCFG_TAGS)


def shown(allowed: range) -> str:
    """Give a range as a test form has it."""
    between = "," if len(allowed) == 2 else "-"
    return f"({allowed[0]}{between}{allowed[-1]})" if len(allowed) > 1 else f"({allowed[0]})"


class SSLContext:
    """The settings of the one SSL context.

    @ivar certificates: what was typed in, by tag: it is saved, the rest is not.
    """

    def __init__(self) -> None:
        self.certificates: dict[str, bytes] = {}
        self._values: dict[str, tuple[int, ...]] = {}

    def reset(self) -> None:
        """Go back to the factory settings; certificates stay."""
        self._values.clear()

    def values(self, tag: str) -> tuple[int, ...]:
        """Give the values of a tag that is no certificate."""
        return self._values.get(tag, DEFAULTS[tag])

    def number(self, tag: str, index: int = 0) -> int:
        """Give one value of a tag."""
        return self.values(tag)[index]

    def set(self, tag: str, values: Sequence[int | None], without_all: bool = False) -> bool:
        """Set a tag that is no certificate.

        @param without_all: whether C{<dtls_version>} has but two numbers.
        @return: L{False} for values that chapter 2.3.1 does not have.
        """
        ranges = RANGES[tag]
        if without_all and tag == "dtlsversion":
            ranges = (range(2),)
        if len(values) != len(ranges):
            return False
        kept: list[int] = []
        for value, allowed in zip(values, ranges, strict=True):
            if value is None or value not in allowed:
                return False
            kept.append(value)
        self._values[tag] = tuple(kept)
        return True

    def missing(self) -> int:
        """Give the result code for what C{<seclevel>} needs and is not there; 0 for nothing.

        Note 2 of chapter 2.3.1: 1 needs the CA's certificate, 2 the client's and its key too.
        """
        level = self.number("seclevel")
        needed = {0: (), 1: ("cacert",), 2: CERTIFICATE_TAGS}[level]
        for tag in needed:
            if not self.certificates.get(tag):
                return -4 if tag == "clientkey" else -3
        return 0

    def settings(self, ignore_dates: bool = False) -> TLSSettings:
        """Give what a handshake needs: no SNI, no choice of suites, no resumption."""
        return TLSSettings(
            version=self.number("sslversion"),
            suites=_SUITES,
            seclevel=self.number("seclevel"),
            cacert=self.certificates.get("cacert"),
            clientcert=self.certificates.get("clientcert"),
            clientkey=self.certificates.get("clientkey"),
            ignore_local_time=ignore_dates,
            session_cache=False,
            dtls=bool(self.number("dtls")),
            dtls_version=self.number("dtlsversion"),
        )
