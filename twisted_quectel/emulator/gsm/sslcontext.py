"""What C{AT+QSSLCFG} sets on an emulated GSM module (SSL note, chapter 2.2.1).

The six SSL contexts, and the tags that stand for themselves.  None of it
outlives a restart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ...at.syntax import Field
from ...tables.ciphers import ALL_SUITES
from ...tables.gsm import (
    CONTEXT_TAGS,
    MODULE_TAGS,
    NOT_CONFIGURED,
    NVRAM_NAMES,
    SECURITY_LEVELS,
    SMTP_STYLES,
    SSL_CONTEXT_IDS,
    SSL_VERSIONS,
    SUITES,
)
from ..files import FileError
from ..tls import TLSSettings
from .securefiles import MAX_PATH, normal

#: What a tag holds: a number, a path, or suites.
Value = int | str | tuple[int, ...]

_SUITE: Final = re.compile(r"0[xX][0-9A-Fa-f]{4}")

_NUMBERS: Final[Mapping[str, range]] = MappingProxyType(
    {
        "sslversion": range(len(SSL_VERSIONS)),
        "seclevel": SECURITY_LEVELS,
        "ignorertctime": range(2),
        "https": range(2),
        "httpsctxi": SSL_CONTEXT_IDS,
        "smtpstyle": SMTP_STYLES,
        "smtpsctxi": SSL_CONTEXT_IDS,
    }
)

#: Factory settings.  The note has lost its underlining; C{-1} is in its text.
FACTORY: Final[Mapping[str, Value]] = MappingProxyType(
    {
        "sslversion": 4,
        "ciphersuite": (ALL_SUITES,),
        "seclevel": 0,
        "cacert": "",
        "clientcert": "",
        "clientkey": "",
        "ignorertctime": 0,
        "https": 0,
        "httpsctxi": NOT_CONFIGURED,
        "smtpstyle": 0,
        "smtpsctxi": NOT_CONFIGURED,
    }
)
assert tuple(FACTORY) == CONTEXT_TAGS + MODULE_TAGS


def parse(tag: str, fields: tuple[Field, ...]) -> Value | None:
    """Read the values behind a tag; L{None} for what chapter 2.2.1 does not allow."""
    if tag == "ciphersuite":
        return _suites(fields)
    if len(fields) != 1:
        return None
    field = fields[0]
    if tag in NVRAM_NAMES:
        return _path(tag, field)
    value = field.integer() if field.text.isdigit() and not field.quoted else None
    return value if value is not None and value in _NUMBERS[tag] else None


def _suites(fields: tuple[Field, ...]) -> tuple[int, ...] | None:
    """Read a list of suites, each in quotes; C{"0XFFFF"} stands alone."""
    texts = [field.string() for field in fields if field.quoted]
    if len(texts) != len(fields) or not all(_SUITE.fullmatch(text) for text in texts):
        return None
    numbers = tuple(int(text, 16) for text in texts)
    if numbers == (ALL_SUITES,):
        return numbers
    once = len(set(numbers)) == len(numbers)
    return numbers if once and all(number in SUITES for number in numbers) else None


def _path(tag: str, field: Field) -> str | None:
    """Read the name of a file: anything in C{RAM:}, in C{NVRAM:} what is for this."""
    if not field.quoted or len(field.text) > MAX_PATH:
        return None
    try:
        path = normal(field.string())
    except FileError:
        return None
    storage, _, name = path.partition(":")
    return path if storage == "RAM" or name in NVRAM_NAMES[tag] else None


def shown(value: Value, lower_case: bool = False) -> str:
    """Write a value as a query answers it.

    @param lower_case: of the digits of suites.
    """
    if isinstance(value, tuple):
        text = ",".join(f'"0X{number:04X}"' for number in value)
        return text.lower() if lower_case else text
    return f'"{value}"' if isinstance(value, str) else str(value)


class SSLContext:
    """One of the six SSL contexts, or the tags that belong to none."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    def reset(self) -> None:
        """Go back to the factory settings."""
        self._values.clear()

    def value(self, tag: str) -> Value:
        """Give a tag's value."""
        return self._values.get(tag, FACTORY[tag])

    def set(self, tag: str, value: Value) -> None:
        """Set a tag to what L{parse} gave."""
        self._values[tag] = value

    def number(self, tag: str) -> int:
        """Give a number."""
        value = self.value(tag)
        return value if isinstance(value, int) else 0

    def settings(self, read: Callable[[str], bytes | None], ignore_local_time: bool) -> TLSSettings:
        """Give what a handshake needs.

        @param read: gives the content of a file, L{None} if there is none.
        @param ignore_local_time: whether the dates of certificates count for nothing.
        """

        def content(tag: str) -> bytes | None:
            path = self.value(tag)
            return read(path) if isinstance(path, str) and path else None

        chosen = self.value("ciphersuite")
        suites = chosen if isinstance(chosen, tuple) else ()
        return TLSSettings(
            version=self.number("sslversion"),
            suites=tuple(SUITES) if suites == (ALL_SUITES,) else suites,
            seclevel=self.number("seclevel"),
            cacert=content("cacert"),
            clientcert=content("clientcert"),
            clientkey=content("clientkey"),
            ignore_local_time=ignore_local_time,
            session_cache=False,
        )
