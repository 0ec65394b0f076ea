"""The SSL contexts of an emulated LTE module (LTE SSL Application Note v1.1, chapter 2.2.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..at.syntax import Field
from ..tables.ciphers import ALL_SUITES, LTE_SUITES
from ..tables.lte import NEGOTIATE_TIMES, PSK_MAX_LENGTH, QSSLCFG_TAGS, SSL_VERSIONS
from .tls import TLSSettings

#: Longest path of a certificate: C{UFS:} and a name of 80 bytes.
MAX_PATH: Final = 84
MAX_ALPN: Final = 255


@dataclass(frozen=True)
class Tag:
    """One parameter of an SSL context.

    @ivar values: the numbers that it takes; L{None} for strings.
    @ivar default: its factory setting.
    @ivar shown: what the test form says about its values.
    @ivar longest: of each string, in bytes.
    @ivar count: how many strings it takes.
    """

    values: range | frozenset[int] | None
    default: int | tuple[str, ...]
    shown: str
    longest: int = 0
    count: int = 1


def _flag(default: int = 0) -> Tag:
    return Tag(range(2), default, "(0,1)")


def _path(shown: str) -> Tag:
    return Tag(None, ("",), shown, MAX_PATH)


_SUITES: Final = frozenset({ALL_SUITES, *(suite.number for suite in LTE_SUITES)})

#: Factory settings: where the note has lost its underlining, the profile
#: C{ec25_doc}.
TAGS: Final[Mapping[str, Tag]] = MappingProxyType(
    {
        "sslversion": Tag(range(len(SSL_VERSIONS)), 4, "(0-4)"),
        "ciphersuite": Tag(
            _SUITES,
            ALL_SUITES,
            f"({','.join(f'0X{suite.number:04X}' for suite in LTE_SUITES)},0XFFFF)",
        ),
        "cacert": _path("<cacertpath>"),
        "cacertex": _path("<cacertpath>"),
        "clientcert": _path("<client_cert_path>"),
        "clientkey": _path("<client_key_path>"),
        "seclevel": Tag(range(3), 0, "(0-2)"),
        "ignorelocaltime": _flag(1),
        "negotiatetime": Tag(NEGOTIATE_TIMES, NEGOTIATE_TIMES[-1], "(10-300)"),
        "sni": _flag(),
        "closetimemode": _flag(),
        "ignoremulticertchainverify": _flag(),
        "ignoreinvalidcertsign": _flag(),
        "psk": Tag(None, ("", ""), "<identity>,<key>", PSK_MAX_LENGTH, 2),
        "dtls": _flag(),
        "dtlsversion": _flag(),
        "session_cache": _flag(1),
        "alpn": Tag(None, ("",), "<ALPN_name>", MAX_ALPN),
        "renegotiation": _flag(),
    }
)
assert tuple(TAGS) == QSSLCFG_TAGS

#: Exists on newer firmware only: quirk C{has_checkhost}.
CHECKHOST: Final = _flag()


class SSLContext:
    """One of the six SSL contexts."""

    def __init__(self) -> None:
        self._values: dict[str, int | tuple[str, ...]] = {}

    def reset(self) -> None:
        """Go back to the factory settings."""
        self._values.clear()

    def value(self, name: str) -> int | tuple[str, ...]:
        """Give a parameter."""
        return self._values.get(name, 0 if name == "checkhost" else TAGS[name].default)

    def number(self, name: str) -> int:
        """Give a numeric parameter."""
        value = self.value(name)
        return value if isinstance(value, int) else 0

    def strings(self, name: str) -> tuple[str, ...]:
        """Give the strings of a parameter."""
        value = self.value(name)
        return value if isinstance(value, tuple) else ()

    def set(self, name: str, tag: Tag, fields: tuple[Field, ...], quoted_cipher: bool) -> bool:
        """Set a parameter.

        @return: L{False} if the values are not what chapter 2.2.1 allows.
        """
        if len(fields) != tag.count:
            return False
        if tag.values is None:
            if any(not field.quoted or len(field.text) > tag.longest for field in fields):
                return False
            self._values[name] = tuple(field.string() for field in fields)
            return True
        field = fields[0]
        if name == "ciphersuite":
            if field.quoted is not quoted_cipher or field.text[:2].lower() != b"0x":
                return False
            value = field.integer() if len(field.text) == 6 else None
        else:
            value = field.integer() if field.text.isdigit() and not field.quoted else None
        if value is None or value not in tag.values:
            return False
        self._values[name] = value
        return True

    def settings(self, read: Callable[[str], bytes | None]) -> TLSSettings:
        """Give what a handshake needs.

        @param read: gives the content of a file, L{None} if there is none.
        """

        def content(name: str) -> bytes | None:
            path = self.strings(name)[0]
            return read(path) if path else None

        identity, key = self.strings("psk")
        return TLSSettings(
            version=self.number("sslversion"),
            cipher=self.number("ciphersuite"),
            seclevel=self.number("seclevel"),
            cacert=content("cacert"),
            cacertex=content("cacertex"),
            clientcert=content("clientcert"),
            clientkey=content("clientkey"),
            ignore_local_time=bool(self.number("ignorelocaltime")),
            sni=bool(self.number("sni")),
            ignore_multi_chain=bool(self.number("ignoremulticertchainverify")),
            ignore_invalid_sign=bool(self.number("ignoreinvalidcertsign")),
            psk_identity=identity,
            psk_key=key,
            session_cache=bool(self.number("session_cache")),
            alpn=self.strings("alpn")[0],
            renegotiation=bool(self.number("renegotiation")),
            check_host=bool(self.number("checkhost")),
            dtls=bool(self.number("dtls")),
            dtls_version=self.number("dtlsversion"),
        )
