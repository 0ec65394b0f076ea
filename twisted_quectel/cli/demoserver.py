"""A real HTTPS server on loopback, with a CA that is made for it and forgotten with it."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import SSL4ServerEndpoint
from twisted.internet.interfaces import IListeningPort
from twisted.internet.ssl import PrivateCertificate
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import Site

from .running import to_the_end

#: The server's name; only the emulated module can resolve it.
HOST: Final = "demo.example"
PATH: Final = "page"

_VALID: Final = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """What a server proves itself with, all of it PEM.

    @ivar authority: the CA's certificate.
    @ivar certificate: the server's.
    @ivar key: the server's private key.
    """

    authority: bytes
    certificate: bytes
    key: bytes


def make_identity(host: str = HOST, by_rsa: bool = False) -> Identity:
    """Make a CA and a server's certificate, valid for a day.

    @param by_rsa: whether the server's key is one of RSA, for clients that can do no other.
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if by_rsa:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("twisted-quectel demo CA")
    authority = (
        _builder(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, SHA256())
    )
    certificate = (
        _builder(_name(host), ca_name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, key_encipherment=by_rsa), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, SHA256())
    )
    return Identity(
        authority.public_bytes(Encoding.PEM),
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
    )


def _usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Seen:
    """What the server saw of a client's TLS."""

    version: str
    suite: str
    name: str | None


class _Page(Resource):
    """Bytes that no compression makes smaller."""

    isLeaf = True

    def __init__(self, content: bytes) -> None:
        Resource.__init__(self)
        self.content = content
        self.seen: list[Seen] = []

    def render_GET(self, request: Request) -> bytes:
        """Give the page, and note how it was asked for."""
        transport: Any = request.channel.transport
        connection = transport.getHandle()
        name = connection.get_servername()
        self.seen.append(
            Seen(
                connection.get_protocol_version_name(),
                connection.get_cipher_name(),
                name.decode("ascii", "replace") if name else None,
            )
        )
        request.setHeader(b"content-type", b"application/octet-stream")
        request.setHeader(b"content-length", b"%d" % len(self.content))
        return self.content


class DemoServer:
    """The server.

    @ivar identity: its CA and certificate.
    @ivar digest: the page's SHA-256 in hexadecimal.
    @ivar port: where it listens on 127.0.0.1, once it does.
    """

    def __init__(self, reactor: Any, size: int, by_rsa: bool = False) -> None:
        """
        @param size: bytes of the page.
        @param by_rsa: as for L{make_identity}.
        """
        self.identity = make_identity(by_rsa=by_rsa)
        content = random.Random(size).randbytes(size)
        self.digest = hashlib.sha256(content).hexdigest()
        self.port = 0
        self._reactor = reactor
        self._page = _Page(content)
        self._listening: IListeningPort | None = None

    @property
    def seen(self) -> Seen | None:
        """How the last request came."""
        return self._page.seen[-1] if self._page.seen else None

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        certificate = PrivateCertificate.loadPEM(self.identity.key + self.identity.certificate)
        site = Site(self._page)
        site.noisy = False
        endpoint = SSL4ServerEndpoint(
            self._reactor, 0, certificate.options(), interface="127.0.0.1"
        )
        self._listening = await endpoint.listen(site)
        address: Any = self._listening.getHost()
        self.port = address.port

    async def stop(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            stopped: Deferred[None] | None = self._listening.stopListening()
            if stopped is not None:
                await to_the_end(stopped)
