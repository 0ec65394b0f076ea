"""What C{AT+QSSLCFG} says, as OpenSSL contexts.

Source: LTE SSL Application Note v1.1, chapters 2.2.1 and 4.1.

What today's OpenSSL no longer has (SSL 3.0, RC4, 3DES, static ECDH) cannot be
offered to a server: such a setting ends as a failed handshake does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
)
from OpenSSL import SSL, crypto
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import (
    verify_certificate_hostname,
    verify_certificate_ip_address,
)

from twisted_quectel.emulator.network import is_literal
from twisted_quectel.emulator.psk import PSK_SUITES, PSKUnavailable, set_client_psk
from twisted_quectel.tables.ciphers import ALL_SUITES, LTE_SUITES

#: C{X509_V_ERR_…} of OpenSSL's x509_vfy.h.
_SIGNATURE_FAILURE: Final = 7
_DATE_ERRORS: Final = frozenset((9, 10))

#: Lowest and highest version for each C{<SSL_version>}; 0 is SSL 3.0.
_VERSIONS: Final = {
    1: (SSL.TLS1_VERSION, SSL.TLS1_VERSION),
    2: (SSL.TLS1_1_VERSION, SSL.TLS1_1_VERSION),
    3: (SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION),
    4: (SSL.TLS1_VERSION, SSL.TLS1_2_VERSION),
}

#: Lowest and highest version for each C{<DTLS_ver>}, as they are on the wire (RFC 4347,
#: RFC 6347); pyOpenSSL has no names for them.
_DTLS_VERSIONS: Final = {0: (0xFEFF, 0xFEFF), 1: (0xFEFD, 0xFEFD), 2: (0xFEFF, 0xFEFD)}

#: The document's list ends with what is best: it is offered in reverse.
_OPENSSL_NAMES: Final = {suite.number: suite.openssl for suite in reversed(LTE_SUITES)}

_MAX_CONTEXTS: Final = 32
_MAX_SESSIONS: Final = 64


@dataclass(frozen=True)
class TLSSettings:
    """What C{AT+QSSLCFG} said for one SSL context, with the files' contents.

    @ivar version: C{<SSL_version>}, 0-4; 4 is TLS 1.0 to 1.2, never 1.3.
    @ivar cipher: C{<cipher_suites>}, one of the 31 or 0xFFFF.
    @ivar suites: those that 0xFFFF stands for; none for all 31.
    @ivar seclevel: C{<seclevel>}, 0-2.
    @ivar cacert: PEM or DER; of a PEM bundle the first certificate counts.
    @ivar cacertex: a further CA, in the same form.
    @ivar clientcert: PEM (further certificates are sent along) or DER.
    @ivar clientkey: PEM or DER, not encrypted.
    @ivar psk_identity: 0-255 bytes.
    @ivar psk_key: hexadecimal digits.
    @ivar alpn: one protocol name, empty for no extension.
    @ivar check_host: whether the certificate must be for the name that is
        opened (newer firmware, C{checkhost}); needs C{seclevel} 1 or 2.
    @ivar dtls: DTLS over UDP; C{version} has no meaning then.
    @ivar dtls_version: C{<DTLS_ver>}, 0 for 1.0 and 1 for 1.2; never another one. 2 is
        both, which NB-IoT modules have.
    """

    version: int = 4
    cipher: int = ALL_SUITES
    suites: tuple[int, ...] = ()
    seclevel: int = 0
    cacert: bytes | None = None
    cacertex: bytes | None = None
    clientcert: bytes | None = None
    clientkey: bytes | None = field(default=None, repr=False)
    ignore_local_time: bool = True
    sni: bool = False
    ignore_multi_chain: bool = False
    ignore_invalid_sign: bool = False
    psk_identity: str = ""
    psk_key: str = field(default="", repr=False)
    session_cache: bool = True
    alpn: str = ""
    renegotiation: bool = False
    check_host: bool = False
    dtls: bool = False
    dtls_version: int = 0

    def validate(self) -> None:
        """Look for values that no C{AT+QSSLCFG} can have set.

        @raise ValueError: names the field.
        """
        if self.version not in range(5):
            raise ValueError(f"version: {self.version}")
        if self.dtls_version not in _DTLS_VERSIONS:
            raise ValueError(f"dtls_version: {self.dtls_version}")
        if self.cipher != ALL_SUITES and self.cipher not in _OPENSSL_NAMES:
            raise ValueError(f"cipher: {self.cipher:#06x}")
        if not set(self.suites) <= _OPENSSL_NAMES.keys():
            raise ValueError(f"suites: {self.suites}")
        if self.seclevel not in range(3):
            raise ValueError(f"seclevel: {self.seclevel}")
        if len(self.alpn.encode()) > 255:
            raise ValueError("alpn: longer than 255 bytes")
        if len(self.psk_identity.encode()) > 255:
            raise ValueError("psk_identity: longer than 255 bytes")
        try:
            bytes.fromhex(self.psk_key)
        except ValueError:
            # Not chained: the message of the original holds a piece of the key.
            raise ValueError("psk_key: not hexadecimal") from None


class TLSUnusable(Exception):
    """No handshake can be made with these settings; the message says why."""


def _load_certificates(data: bytes, what: str) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError as e:
        raise TLSUnusable(f"{what} holds no certificate") from e


def _add_authorities(context: SSL.Context, settings: TLSSettings) -> None:
    store = context.get_cert_store()
    assert store is not None
    found = False
    for what, data in (("cacert", settings.cacert), ("cacertex", settings.cacertex)):
        if data is None:
            continue
        certificate = _load_certificates(data, what)[0]
        store.add_cert(crypto.X509.from_cryptography(certificate))
        found = True
    # A PSK authenticates the server; then a certificate is merely possible.
    if not found and not settings.psk_key:
        raise TLSUnusable("seclevel needs a CA certificate")
    if settings.ignore_multi_chain:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)


def _add_client_certificate(context: SSL.Context, settings: TLSSettings) -> None:
    if settings.clientcert is None and settings.clientkey is None:
        return
    if settings.clientcert is None or settings.clientkey is None:
        raise TLSUnusable("clientcert and clientkey go together")
    first, *others = _load_certificates(settings.clientcert, "clientcert")
    load = load_pem_private_key if b"-----BEGIN" in settings.clientkey else load_der_private_key
    try:
        key = load(settings.clientkey, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: what a parser says about a key may hold parts of it.
        raise TLSUnusable("clientkey holds no usable private key") from None
    if not isinstance(key, (RSAPrivateKey, EllipticCurvePrivateKey)):
        raise TLSUnusable("clientkey is neither RSA nor of an elliptic curve")
    try:
        context.use_certificate(first)
        for certificate in others:
            context.add_extra_chain_cert(certificate)
        context.use_privatekey(key)
        context.check_privatekey()
    except SSL.Error as e:
        raise TLSUnusable("clientcert and clientkey do not fit each other") from e


def _set_ciphers(context: SSL.Context, settings: TLSSettings) -> None:
    if settings.cipher != ALL_SUITES:
        names = [_OPENSSL_NAMES[settings.cipher]]
    elif settings.suites:
        names = [_OPENSSL_NAMES[number] for number in settings.suites]
    else:
        names = list(_OPENSSL_NAMES.values())
    if settings.psk_key:
        # Without verification any server could choose a certificate suite and
        # be believed: the PSK would authenticate nobody.
        names = [*PSK_SUITES, *(names if settings.seclevel else [])]
    try:
        context.set_cipher_list(":".join([*names, "@SECLEVEL=0"]).encode())
    except SSL.Error as e:
        raise TLSUnusable("OpenSSL no longer has this cipher suite") from e


def _method(settings: TLSSettings) -> tuple[SSL.Context, int, int]:
    """Give a context for TLS or DTLS, and its lowest and highest version."""
    if settings.dtls:
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
        # the path's MTU cannot be asked for where there is no socket beneath
        context.set_options(SSL.OP_NO_QUERY_MTU)
        return context, *_DTLS_VERSIONS[settings.dtls_version]
    if settings.version not in _VERSIONS:
        raise TLSUnusable("OpenSSL no longer has SSL 3.0")
    return SSL.Context(SSL.TLS_CLIENT_METHOD), *_VERSIONS[settings.version]


def make_context(settings: TLSSettings) -> SSL.Context:
    """Make an OpenSSL context.

    @raise TLSUnusable: no handshake can succeed with these settings.
    @raise PSKUnavailable: a PSK is wanted and OpenSSL's binding has none.
    """
    context, lowest, highest = _method(settings)
    try:
        context.set_min_proto_version(lowest)
        context.set_max_proto_version(highest)
    except SSL.Error as e:
        raise TLSUnusable("OpenSSL does not have this version") from e
    if not settings.renegotiation:
        context.set_options(SSL.OP_NO_RENEGOTIATION)
    _set_ciphers(context, settings)
    if settings.seclevel >= 1:
        _add_authorities(context, settings)
    if settings.seclevel == 2:
        _add_client_certificate(context, settings)
    if settings.alpn:
        context.set_alpn_protos([settings.alpn.encode()])
    if settings.psk_key:
        set_client_psk(context, settings.psk_identity.encode(), bytes.fromhex(settings.psk_key))
    return context


def is_for(certificate: x509.Certificate, host: str) -> bool:
    """Tell whether a certificate is for a host, a name or an IP literal."""
    verify = verify_certificate_ip_address if is_literal(host) else verify_certificate_hostname
    try:
        verify(certificate, host)
    except (VerificationError, CertificateError, ValueError):
        return False
    return True


def _in_time(certificate: x509.Certificate, now: datetime) -> bool:
    if now.tzinfo is None:
        now = now.replace(tzinfo=UTC)
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


VerifyCallback = Callable[[SSL.Connection, crypto.X509, int, int, int], bool]


def _verifier(settings: TLSSettings, host: str, now: Callable[[], datetime]) -> VerifyCallback:
    """Make the verify callback of one connection.

    OpenSSL compares dates with the machine's clock, and a store's time cannot
    be set twice; so its opinion on dates is dropped (errors 9 and 10) and the
    dates are compared here, in the call that OpenSSL makes for every
    certificate of the chain.
    """

    def verify(
        connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        if not ok:
            if error in _DATE_ERRORS:
                return True
            return error == _SIGNATURE_FAILURE and settings.ignore_invalid_sign
        parsed = certificate.to_cryptography()
        if not settings.ignore_local_time and not _in_time(parsed, now()):
            return False
        return depth > 0 or not settings.check_host or is_for(parsed, host)

    return verify


@dataclass(frozen=True)
class _Session:
    """A session that can be resumed.

    @ivar session: OpenSSL's.
    @ivar chain: what was verified for it.
    """

    session: SSL.Session
    chain: tuple[x509.Certificate, ...]


class TLSContextCache:
    """The OpenSSL contexts and sessions of one module.

    There is one context for each L{TLSSettings}, because OpenSSL resumes a
    session only in the context that it comes from.
    """

    def __init__(self) -> None:
        self._contexts: OrderedDict[TLSSettings, SSL.Context] = OrderedDict()
        self._sessions: OrderedDict[tuple[TLSSettings, str, int], _Session] = OrderedDict()

    def forget(self) -> None:
        """Drop all sessions.

        A resumed handshake verifies nothing; so this is called whenever a
        security tag, a CA or the clock is set.
        """
        self._sessions.clear()

    def context(self, settings: TLSSettings) -> SSL.Context:
        """Give the context for some settings.

        @raise TLSUnusable: as L{make_context}.
        @raise PSKUnavailable: as L{make_context}.
        """
        context = self._contexts.pop(settings, None)
        if context is None:
            context = make_context(settings)
        self._contexts[settings] = context
        if len(self._contexts) > _MAX_CONTEXTS:
            oldest, _ = self._contexts.popitem(last=False)
            for key in [key for key in self._sessions if key[0] == oldest]:
                del self._sessions[key]
        return context

    def connection(
        self, settings: TLSSettings, host: str, port: int, now: Callable[[], datetime]
    ) -> SSL.Connection:
        """Make a connection over memory BIOs, ready for C{do_handshake}.

        @param host: as C{AT+QSSLOPEN} gave it, a name or an IP literal.
        @param now: the module's clock; naive times are UTC.
        @raise TLSUnusable: as L{make_context}.
        @raise PSKUnavailable: as L{make_context}.
        """
        connection = SSL.Connection(self.context(settings))
        connection.set_connect_state()
        if settings.seclevel >= 1:
            connection.set_verify(SSL.VERIFY_PEER, _verifier(settings, host, now))
        if settings.sni and not is_literal(host):
            try:
                connection.set_tlsext_host_name(host.encode("idna"))
            except (UnicodeError, SSL.Error) as e:
                raise TLSUnusable(f"not a host name: {host!r}") from e
        kept = self._sessions.get((settings, host, port))
        if settings.session_cache and kept is not None:
            # it would be resumed without a look at the dates
            if settings.ignore_local_time or all(_in_time(one, now()) for one in kept.chain):
                connection.set_session(kept.session)
            else:
                del self._sessions[settings, host, port]
        return connection

    def keep_session(
        self, settings: TLSSettings, host: str, port: int, connection: SSL.Connection
    ) -> None:
        """Keep the session of a finished handshake for the next one."""
        session = connection.get_session()
        if not settings.session_cache or session is None:
            return
        key = (settings, host, port)
        before = self._sessions.pop(key, None)
        chain = connection.get_verified_chain()
        if chain is not None:
            verified = tuple(certificate.to_cryptography() for certificate in chain)
        else:  # resumed, or nothing was to be verified
            verified = before.chain if before is not None else ()
        self._sessions[key] = _Session(session, verified)
        if len(self._sessions) > _MAX_SESSIONS:
            self._sessions.popitem(last=False)


__all__ = [
    "PSKUnavailable",
    "TLSContextCache",
    "TLSSettings",
    "TLSUnusable",
    "is_for",
    "make_context",
]
