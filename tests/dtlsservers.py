"""DTLS servers for tests, with certificates made on the fly, on any network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto
from OpenSSL._util import lib
from twisted.internet.protocol import DatagramProtocol

from tests.tlsservers import ALL_CIPHERS, _psk_callback
from twisted_quectel.emulator.dtlssocket import datagrams_of

#: On the wire: RFC 4347, RFC 6347.
DTLS1_0 = 0xFEFF
DTLS1_2 = 0xFEFD

Address = tuple[str, int]


class Session:
    """One client of a server.

    @ivar received: its datagrams.
    @ivar closed: whether it has said close_notify.
    """

    def __init__(self, server: DTLSServer, address: Address) -> None:
        self.received: list[bytes] = []
        self.closed = False
        self.ready = False
        self.tls = SSL.Connection(server.context)
        self.tls.set_accept_state()
        self.tls.set_ciphertext_mtu(server.mtu)
        self._server = server
        self._address = address

    def datagram(self, data: bytes) -> None:
        """Take one datagram."""
        self.tls.bio_write(data)
        try:
            if not self.ready:
                self.tls.do_handshake()
                self.ready = True
            while True:
                message = self.tls.recv(16384)
                self.received.append(message)
                self._server.message(self, message)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.closed = True
        except SSL.Error as e:
            self._server.errors.append(e)
        self.flush()

    def write(self, data: bytes) -> None:
        """Send a datagram."""
        self.tls.send(data)
        self.flush()

    def close(self) -> None:
        """Say close_notify."""
        self.tls.shutdown()
        self.flush()

    def flush(self) -> None:
        """Send what OpenSSL has written."""
        try:
            flight = self.tls.bio_read(1 << 20)
        except SSL.WantReadError:
            return
        for each in datagrams_of(flight, self._server.mtu):
            self._server.write(each, self._address)


class DTLSServer:
    """Answers DTLS clients; echoes, unless C{echo} is taken back.

    @ivar sessions: its clients, by address.
    @ivar names: the server names (SNI) that were asked for.
    @ivar errors: what OpenSSL has refused.
    @ivar write: sends a datagram to an address; whoever puts it on a network sets it.
    @ivar lose: so many of the next datagrams, each way, are lost.
    """

    def __init__(
        self,
        ca: trustme.CA,
        *names: str,
        version: int = DTLS1_2,
        client_ca: bytes | None = None,
        psk: dict[bytes, bytes] | None = None,
        mtu: int = 1200,
        echo: bool = True,
        **dates: Any,
    ) -> None:
        """
        @param names: what its certificate is for; none for a server with PSKs only.
        @param dates: C{not_before} and C{not_after} of the certificate.
        """
        self.sessions: dict[Address, Session] = {}
        self.names: list[bytes | None] = []
        self.errors: list[SSL.Error] = []
        self.mtu = mtu
        self.echo = echo
        self.lose = 0
        self.write: Callable[[bytes, Address], object] = lambda data, to: None
        context = self.context = SSL.Context(SSL.DTLS_SERVER_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        context.set_cipher_list(ALL_CIPHERS.encode())
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_session_id(b"tests")
        if names:
            leaf = ca.issue_cert(*names, **dates)
            first, *others = x509.load_pem_x509_certificates(
                b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
            )
            context.use_certificate(first)
            for other in others:
                context.add_extra_chain_cert(other)
            private = load_pem_private_key(leaf.private_key_pem.bytes(), None)
            assert isinstance(private, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey))
            context.use_privatekey(private)
        if client_ca is not None:
            store = context.get_cert_store()
            assert store is not None
            store.add_cert(crypto.X509.from_cryptography(x509.load_pem_x509_certificate(client_ca)))
            context.set_verify(
                SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda c, x, e, d, ok: bool(ok)
            )
        context.set_tlsext_servername_callback(lambda c: self.names.append(c.get_servername()))
        if psk is not None:
            callback = self._psk = _psk_callback(psk)
            lib.SSL_CTX_set_psk_server_callback(context._context, callback)

    def received(self, data: bytes, source: Address) -> None:
        """Take a datagram from the network."""
        if self.lose:
            self.lose -= 1
            return
        if source not in self.sessions:
            self.sessions[source] = Session(self, source)
        self.sessions[source].datagram(data)

    def message(self, session: Session, data: bytes) -> None:
        """A client has sent something."""
        if self.echo:
            session.write(data)

    @property
    def session(self) -> Session:
        """The latest client."""
        return list(self.sessions.values())[-1]

    def on_memory(self, network: Any, host: str, port: int) -> None:
        """Put it on a network in memory."""
        self.write = network.datagram(host, port, self.received).write


class OverUDP(DatagramProtocol):
    """Puts a DTLS server on a real socket."""

    noisy = False

    def __init__(self, server: DTLSServer) -> None:
        self._server = server

    def startProtocol(self) -> None:
        assert self.transport is not None
        self._server.write = self.transport.write

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        self._server.received(datagram, addr)
