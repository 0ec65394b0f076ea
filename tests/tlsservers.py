"""TLS servers for tests, with certificates made on the fly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from OpenSSL._util import ffi, lib
from twisted.internet.interfaces import (
    IConsumer,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IPushProducer,
    IReactorTime,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

#: The time of the tests' modules.
NOW = datetime.now(UTC).replace(microsecond=0)

#: Everything that OpenSSL still has.
ALL_CIPHERS = "ALL:@SECLEVEL=0"


def make_ca() -> trustme.CA:
    """Make a CA."""
    return trustme.CA()


def forged(ca: trustme.CA, name: str) -> tuple[bytes, bytes]:
    """Make a certificate that says it is of a CA but has a stranger's signature.

    @return: certificate and key, PEM.
    """
    issuer = x509.load_pem_x509_certificate(ca.cert_pem.bytes()).subject
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


@implementer(IOpenSSLServerConnectionCreator)
class ServerOptions:
    """How a server does TLS, and what it saw.

    @ivar names: the server names (SNI) that clients asked for, L{None} where
        they did not.
    @ivar offered: the protocols (ALPN) that clients offered; nothing for
        clients without.

    @param certificate: PEM, with intermediates.
    @param key: PEM; both empty for a server that has a PSK only.
    @param lowest: TLS version, C{SSL.TLS1_VERSION} and so on.
    @param highest: likewise.
    @param ciphers: OpenSSL's cipher list.
    @param client_ca: PEM; clients must show a certificate of this CA.
    @param alpn: chooses among the offered protocols; C{b""} for none.
    @param psk: the keys of the identities.
    """

    def __init__(
        self,
        certificate: bytes = b"",
        key: bytes = b"",
        *,
        lowest: int = SSL.TLS1_VERSION,
        highest: int = SSL.TLS1_3_VERSION,
        ciphers: str = ALL_CIPHERS,
        client_ca: bytes | None = None,
        alpn: Callable[[Sequence[bytes]], bytes] | None = None,
        psk: dict[bytes, bytes] | None = None,
    ) -> None:
        self.names: list[bytes | None] = []
        self.offered: list[list[bytes]] = []
        context = self.context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(lowest)
        context.set_max_proto_version(highest)
        context.set_cipher_list(ciphers.encode())
        context.set_session_id(b"tests")
        if certificate:
            first, *others = x509.load_pem_x509_certificates(certificate)
            context.use_certificate(first)
            for other in others:
                context.add_extra_chain_cert(other)
            private = load_pem_private_key(key, None)
            assert isinstance(private, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey))
            context.use_privatekey(private)
        if client_ca is not None:
            store = context.get_cert_store()
            assert store is not None
            store.add_cert(crypto.X509.from_cryptography(x509.load_pem_x509_certificate(client_ca)))
            context.set_verify(
                SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda c, x, e, d, ok: bool(ok)
            )
        if alpn is not None:
            context.set_alpn_select_callback(self._choose(alpn))
        context.set_tlsext_servername_callback(self._named)
        if psk is not None:
            self._psk_callback = _psk_callback(psk)
            lib.SSL_CTX_set_psk_server_callback(context._context, self._psk_callback)

    def _choose(
        self, alpn: Callable[[Sequence[bytes]], bytes]
    ) -> Callable[[SSL.Connection, list[bytes]], Any]:
        def choose(connection: SSL.Connection, offered: list[bytes]) -> Any:
            self.offered.append(offered)
            return alpn(offered) or SSL.NO_OVERLAPPING_PROTOCOLS

        return choose

    def _named(self, connection: SSL.Connection) -> None:
        self.names.append(connection.get_servername())

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """See L{IOpenSSLServerConnectionCreator}."""
        return SSL.Connection(self.context)


def _psk_callback(keys: dict[bytes, bytes]) -> Any:
    def answer(ssl: Any, identity: Any, buffer: Any, room: int) -> int:
        key = keys.get(ffi.string(identity), b"")
        ffi.memmove(buffer, key, len(key))
        return len(key)

    return ffi.callback("unsigned int(SSL *, char *, unsigned char *, unsigned int)", answer)


def issue(
    ca: trustme.CA, names: Sequence[str], key: rsa.RSAPrivateKey, dates: dict[str, Any]
) -> tuple[bytes, bytes]:
    """Make a certificate of a CA for a key that is there.

    @param names: what it is for.
    @param dates: C{not_before} and C{not_after} are taken out of it.
    @return: certificate and key, PEM.
    """
    issuer = x509.load_pem_x509_certificate(ca.cert_pem.bytes()).subject
    private = load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dates.pop("not_before", NOW - timedelta(days=1)))
        .not_valid_after(dates.pop("not_after", NOW + timedelta(days=30)))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
        .sign(private, SHA256())
    )
    return (
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def options_for(ca: trustme.CA, *names: str, **options: Any) -> ServerOptions:
    """Make a server's options, with a fresh certificate of a CA.

    @param names: what the certificate is for.
    @param options: as for L{ServerOptions}, and C{not_before} and
        C{not_after} of the certificate.
    """
    dates = {name: options.pop(name) for name in ("not_before", "not_after") if name in options}
    leaf = ca.issue_cert(*names, **dates)
    chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
    return ServerOptions(chain, leaf.private_key_pem.bytes(), **options)


class Recorder(Protocol):
    """Counts what it receives and forgets it.

    @ivar received: bytes.
    @ivar reason: why the connection ended.
    """

    transport: ITransport

    def __init__(self) -> None:
        self.received = 0
        self.reason: Failure | None = None
        self._sha256 = hashlib.sha256()

    def dataReceived(self, data: bytes) -> None:
        self.received += len(data)
        self._sha256.update(data)

    def digest(self) -> str:
        """Give the SHA-256 of all that was received."""
        return self._sha256.hexdigest()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reason = reason


class Discard(Recorder):
    """RFC 863."""


class Echo(Recorder):
    """RFC 862."""

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.transport.write(data)


@implementer(IPushProducer)
class Chargen(Recorder):
    """Sends so many bytes and closes, respecting back-pressure.

    @ivar sent: bytes that were written so far.
    """

    total = 1_000_000
    chunk = bytes(range(256)) * 16

    def connectionMade(self) -> None:
        self.sent = 0
        self.paused = True
        consumer = IConsumer(self.transport)
        consumer.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """Write until told to stop."""
        self.paused = False
        while not self.paused and self.sent < self.total:
            data = self.chunk[: self.total - self.sent]
            self.sent += len(data)
            self.transport.write(data)
        if self.sent == self.total:
            IConsumer(self.transport).unregisterProducer()
            self.transport.loseConnection()

    def pauseProducing(self) -> None:
        """Stop writing for now."""
        self.paused = True

    def stopProducing(self) -> None:
        """Stop writing for good."""
        self.paused = True

    @classmethod
    def expected(cls) -> bytes:
        """Give what it sends."""
        return (cls.chunk * (cls.total // len(cls.chunk) + 1))[: cls.total]


class Server(Factory):
    """A factory that keeps its protocols.

    @ivar connections: all of them, the oldest first.
    """

    noisy = False

    def __init__(self, protocol: Callable[[], Recorder] = Echo) -> None:
        self.connections: list[Any] = []
        self._make = protocol

    def buildProtocol(self, addr: object) -> Protocol:
        made = self._make()
        self.connections.append(made)
        return made

    def over_tls(self, options: ServerOptions, clock: IReactorTime) -> IProtocolFactory:
        """Wrap this factory, for C{listen} or C{listenTCP}."""
        wrapped = TLSMemoryBIOFactory(options, False, self, clock)
        wrapped.noisy = False
        return wrapped


def self_signed(*names: str) -> ServerOptions:
    """Make the options of a server that has signed its certificate itself.

    @param names: what the certificate is for.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
        .sign(key, SHA256())
    )
    return ServerOptions(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
