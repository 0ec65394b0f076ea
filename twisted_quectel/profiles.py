"""What a TLS connection of the module shall be: the values behind C{AT+QSSLCFG}.

Source: LTE SSL Application Note v1.1, chapter 2.2.1.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from .arguments import camel_case, is_literal, snake_case, suggestion
from .at.syntax import InvalidValue
from .pem import MODULE_PREFIX, PEM, ModuleFile, Source
from .tables.lte import NEGOTIATE_TIMES
from .tlsvalues import (
    SSL_VERSION_NUMBERS,
    Identity,
    Verify,
    cipher_suite,
    read_value,
    settle,
)

__all__ = [
    "TLS_ARGUMENTS",
    "Identity",
    "SourceArgument",
    "TLSProfile",
    "Verify",
    "merge_arguments",
    "read_arguments",
]

#: What may be given for a file: its path, C{module:RAM:ca.pem}, or what was read from it.
SourceArgument = Source | str | os.PathLike[str] | None


@dataclass(frozen=True, init=False)
class TLSProfile:
    """The TLS settings of a connection, checked when they are made.

    All arguments are keywords.  Files are read, and compared with each other,
    by the constructor; what it raises is an L{InvalidValue} (a C{ValueError})
    of one line that starts with the argument's name.

    @ivar cacert: the CA that the server's certificate must come from.  A path
        to a file with two certificates fills L{cacertex} too.
    @ivar cacertex: a further CA.
    @ivar client_cert: the client's certificate; asks for L{client_key}.
    @ivar client_key: its private key, unencrypted.
    @ivar verify: L{Verify.PEER} needs a CA or a PSK.
    @ivar identity: see L{Identity}.
    @ivar ssl_version: C{tls1.2}, C{tls1.1}, C{tls1.0}, C{ssl3} or C{all}.
    @ivar ciphers: one IANA name, one number, or C{all}.
    @ivar sni: whether the name is sent; L{None}: for names, not for addresses.
    @ivar alpn: one protocol of at most 255 characters; empty: no extension.
    @ivar psk_identity: identity of the pre-shared key, at most 255 characters.
    @ivar psk: the pre-shared key in hexadecimal, at most 255 digits.
    @ivar session_cache: whether sessions are resumed; L{None}: as the factory
        has it, which is yes.
    @ivar renegotiation: whether the server may renegotiate.
    @ivar negotiate_time: longest handshake in seconds, 10-300; L{None}: it
        follows the time-out of the connection.
    @ivar close_time_mode: unit of the time-out of C{AT+QSSLCLOSE}, C{s} or C{ms}.
    @ivar trust: C{module}: the module judges by CAs of its own; only where it has some.
    @ivar allow_alerts: the alerts of the module that may pass, as bits of L{CSSLAlert
        <twisted_quectel.CSSLAlert>}; they imply C{trust}.
    @ivar ignore_local_time: do not compare certificates' dates with the clock.
    @ivar ignore_multi_cert_chain_verify: do not verify the chain.
    @ivar ignore_invalid_cert_sign: do not verify signatures.
    @ivar dtls: DTLS over UDP in place of TLS; only for datagrams.
    @ivar dtls_version: C{1.0} or C{1.2}.
    """

    cacert: Source | None
    cacertex: Source | None
    client_cert: Source | None
    client_key: Source | None
    verify: Verify
    identity: Identity
    ssl_version: str
    ciphers: str | int
    sni: bool | None
    alpn: str
    psk_identity: str | None
    psk: str | None = field(repr=False)
    session_cache: bool | None
    renegotiation: bool
    negotiate_time: int | None
    close_time_mode: str
    trust: str
    allow_alerts: int
    ignore_local_time: bool
    ignore_multi_cert_chain_verify: bool
    ignore_invalid_cert_sign: bool
    dtls: bool
    dtls_version: str

    def __init__(
        self,
        *,
        cacert: SourceArgument = None,
        cacertex: SourceArgument = None,
        client_cert: SourceArgument = None,
        client_key: SourceArgument = None,
        verify: Verify | str = Verify.PEER,
        identity: Identity | str = Identity.PREFER,
        ssl_version: str = "tls1.2",
        ciphers: str | int = "all",
        sni: bool | None = None,
        alpn: str = "",
        psk_identity: str | None = None,
        psk: str | None = None,
        session_cache: bool | None = None,
        renegotiation: bool = False,
        negotiate_time: int | None = None,
        close_time_mode: str = "s",
        trust: str = "",
        allow_alerts: str | int = 0,
        ignore_local_time: bool = False,
        ignore_multi_cert_chain_verify: bool = False,
        ignore_invalid_cert_sign: bool = False,
        dtls: bool = False,
        dtls_version: str = "1.2",
    ) -> None:
        given = {name: value for name, value in locals().items() if name != "self"}
        values = settle(given, str)
        values["verify"] = Verify(str(values["verify"]))
        values["identity"] = Identity(str(values["identity"]))
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_arguments(
        cls,
        arguments: Mapping[str, object],
        *,
        folder: str | os.PathLike[str] | None = None,
        prefix: str = "",
    ) -> TLSProfile:
        """Make a profile of what a string or the modem file says.

        @param arguments: names in camelCase; values as texts or as TOML has them.
        @param folder: what relative paths are relative to.
        @param prefix: stands before each argument's name in messages.
        @raise InvalidValue: with the name in camelCase.
        """
        values = read_arguments(arguments, folder=folder, prefix=prefix)
        complete = {name: values.get(name, default) for name, default in _defaults().items()}
        # settled here for the sake of the names in messages; the constructor finds it settled
        return cls(**settle(complete, lambda name: prefix + camel_case(name)))

    @property
    def version_number(self) -> int:
        """C{<SSL_version>}: 0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all."""
        return SSL_VERSION_NUMBERS[self.ssl_version]

    @property
    def cipher_suite(self) -> int:
        """The number of the one suite, or 0xFFFF for all."""
        return cipher_suite("ciphers", self.ciphers)

    @property
    def security_level(self) -> int:
        """C{<seclevel>}: 0 nobody by certificate, 1 the server, 2 the client too."""
        if self.verify is Verify.NONE or self.cacert is None:
            return 0
        return 1 if self.client_cert is None else 2

    @property
    def checks_dates(self) -> bool:
        """Whether certificates' dates are compared with the module's clock."""
        verifies = self.security_level > 0 or self.trust == "module"
        return verifies and not self.ignore_local_time

    @property
    def digest(self) -> str:
        """Equal for equal settings and contents of files, in any process.

        It covers the PSK, so it is for comparing, not for showing.
        """
        digest = hashlib.sha256()
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, PEM):
                value = value.name
            elif isinstance(value, ModuleFile):
                value = MODULE_PREFIX + value.path
            digest.update(f"{item.name}={value!r}\n".encode())
        return digest.hexdigest()

    def sources(self) -> tuple[PEM, ...]:
        """Give the files that have to be on the module."""
        given = (self.cacert, self.cacertex, self.client_cert, self.client_key)
        return tuple(source for source in given if isinstance(source, PEM))

    def sni_for(self, host: str) -> bool:
        """Tell whether the name is sent in a connection to C{host}.

        Never for an address: RFC 6066 chapter 3 allows names only.
        """
        return self.sni_where(is_literal(host))

    def sni_where(self, literal: bool) -> bool:
        """Tell the same where it is known whether the host is an address."""
        return self.sni is not False and not literal

    def negotiate_time_for(self, timeout: float) -> int:
        """Give the longest handshake in seconds (10-300).

        @param timeout: the time-out of the connection in seconds.
        """
        if self.negotiate_time is not None:
            return self.negotiate_time
        lowest, highest = NEGOTIATE_TIMES[0], NEGOTIATE_TIMES[-1]
        return math.ceil(min(max(timeout, lowest), highest))

    def trusting(self, cacert: PEM) -> TLSProfile:
        """Give the same profile with another CA, and no further one."""
        profile = copy.copy(self)
        object.__setattr__(profile, "cacert", cacert)
        object.__setattr__(profile, "cacertex", None)
        return profile

    def resolved(self, host: str, timeout: float) -> TLSProfile:
        """Give the profile with all that depends on the connection filled in.

        @param host: name or address of the server.
        @param timeout: of the connection, in seconds.
        """
        profile = copy.copy(self)
        object.__setattr__(profile, "sni", self.sni_for(host))
        object.__setattr__(profile, "negotiate_time", self.negotiate_time_for(timeout))
        return profile


def _defaults() -> dict[str, Any]:
    """Give every argument's default by its attribute's name."""
    parameters = inspect.signature(TLSProfile).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}


#: The arguments of a profile as strings and the modem file spell them.
TLS_ARGUMENTS: Final = tuple(camel_case(name) for name in _defaults())

#: What an argument, once given, takes from the defaults: a user who names another
#: CA trusts that one alone, and means it to be used.
_REPLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "cacert": ("cacertex", "verify", "trust", "allowAlerts"),
    "pskIdentity": ("verify", "trust", "allowAlerts"),
    "psk": ("verify", "trust", "allowAlerts"),
    "trust": ("cacert", "cacertex", "verify", "psk", "pskIdentity", "clientCert", "clientKey"),
    "allowAlerts": (
        "cacert",
        "cacertex",
        "verify",
        "psk",
        "pskIdentity",
        "clientCert",
        "clientKey",
    ),
}
#: What cannot be had with C{verify=none}.
_NEEDS_VERIFICATION: Final = ("clientCert", "clientKey", "identity", "trust", "allowAlerts")


def read_arguments(
    arguments: Mapping[str, object],
    *,
    folder: str | os.PathLike[str] | None = None,
    prefix: str = "",
) -> dict[str, Any]:
    """Read each argument by itself; no file is opened, nothing is compared.

    @param arguments: as for L{TLSProfile.from_arguments}.
    @return: the values by the attributes' names.
    @raise InvalidValue: with the name in camelCase; so for an unknown name.
    """
    values: dict[str, Any] = {}
    for argument, value in arguments.items():
        if argument not in TLS_ARGUMENTS:
            near = suggestion(argument, TLS_ARGUMENTS)
            raise InvalidValue(f"{prefix}{argument}", f"there is no such TLS argument{near}")
        name = snake_case(argument)
        values[name] = read_value(name, prefix + argument, value, folder)
    return values


def merge_arguments(
    defaults: Mapping[str, object], given: Mapping[str, object]
) -> dict[str, object]:
    """Put arguments over defaults, both in camelCase.

    What belongs to a default that is replaced goes with it: another C{cacert}
    does not leave the old C{cacertex} trusted or C{verify=none} in force, and
    C{verify=none} does without what needs a verified server.
    """
    replaced = {name for argument in given for name in _REPLACES.get(argument, ())}
    if given.get("verify") == "none":
        replaced.update(_NEEDS_VERIFICATION)
    merged = {name: value for name, value in defaults.items() if name not in replaced}
    return {**merged, **given}
