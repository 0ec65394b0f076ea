"""TLS servers of all sorts: what they see of the module, and what the connect fails with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import trustme
from OpenSSL import SSL
from twisted.internet.error import ConnectError, ConnectionRefusedError, DNSLookupError

from tests.endpoint.protocols import Peer, Serving
from tests.endpoint.virtual import HOST, VirtualCase
from tests.tlsservers import NOW, ServerOptions, forged, make_ca, options_for
from twisted_quectel.errors import IdentityNotChecked, ModemDNSError, ModemError, TLSOpenFailed
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import ModuleSettings


def rsa_options(ca: trustme.CA, **options: Any) -> ServerOptions:
    """Make the options of a server with an RSA key."""
    leaf = ca.issue_cert(HOST, key_type=trustme.KeyType.RSA)
    chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
    return ServerOptions(chain, leaf.private_key_pem.bytes(), **options)


class ServerCase(VirtualCase):
    """Connects to a server with certain options."""

    def profile(self, **arguments: Any) -> TLSProfile:
        """Make a profile that trusts the server's CA, if nothing else is said."""
        return TLSProfile(**{"cacert": self.ca_path, **arguments})

    def passes(
        self, options: ServerOptions, settings: ModuleSettings | None = None, **tls: Any
    ) -> SSL.Connection:
        """Connect, exchange bytes, and give the server's end of the TLS connection."""
        self.network = type(self.network)(self.clock)
        serving = self.serve(Peer, options)
        emulated = self.emulate(settings=settings)
        client = self.connect(self.endpoint(emulated, tls=self.profile(**tls)))
        client.transport.write(b"hello")
        self.until(lambda: serving.peers and serving.peers[0].count == 5)
        handle = serving.peers[0].transport.getHandle()
        client.transport.loseConnection()
        self.end_of(client)
        assert isinstance(handle, SSL.Connection)
        return handle

    def fails(
        self, options: ServerOptions | None, settings: ModuleSettings | None = None, **tls: Any
    ) -> ModemError:
        """Connect in vain; give the exception, which is one for every failed handshake."""
        self.network = type(self.network)(self.clock)
        self.network.add_host(HOST)
        serving = Serving() if options is None else self.serve(Peer, options)
        emulated = self.emulate(settings=settings)
        connecting = self.start(self.endpoint(emulated, tls=self.profile(**tls)))
        problem = self.refused(connecting, TLSOpenFailed, ConnectError)
        self.assertNotIsInstance(problem, ConnectionRefusedError)
        self.assertEqual(problem.code, 566)
        self.assertIn("AT+QSSLOPEN", problem.command)
        words = ("pskIdentity",) if "psk" in tls else ("cacert", "expired")
        self.one_line(problem, HOST, "566", *words, "ersion", "nothing listens")
        self.settle(1.0)
        self.assertEqual([*emulated.module.sockets], [])
        self.assertEqual([peer.count for peer in serving.peers if peer.count], [])
        assert isinstance(problem, ModemError)
        return problem


class IdentityTests(ServerCase):
    """Who is who."""

    def client_files(self) -> tuple[trustme.CA, dict[str, Any]]:
        """Make a client's CA, certificate and key."""
        ca = make_ca()
        leaf = ca.issue_cert("client.example", common_name="meter-17")
        return ca, {
            "client_cert": self.write("client.pem", leaf.cert_chain_pems[0].bytes()),
            "client_key": self.write("client.key", leaf.private_key_pem.bytes()),
        }

    def test_all_three(self) -> None:
        """A server that demands a client certificate, SNI and ALPN sees the right ones."""
        client_ca, files = self.client_files()

        def choose(offered: Sequence[bytes]) -> bytes:
            return b"mqtt" if b"mqtt" in offered else b""

        options = options_for(self.ca, HOST, client_ca=client_ca.cert_pem.bytes(), alpn=choose)
        handle = self.passes(options, alpn="mqtt", **files)
        certificate = handle.get_peer_certificate()
        assert certificate is not None
        self.assertEqual(certificate.get_subject().CN, "meter-17")
        self.assertEqual(options.names, [HOST.encode()])
        self.assertEqual(options.offered, [[b"mqtt"]])
        self.assertEqual(handle.get_alpn_proto_negotiated(), b"mqtt")

    def test_no_client_certificate(self) -> None:
        """A server that demands a client certificate does not get by without."""
        client_ca, _ = self.client_files()
        self.fails(options_for(self.ca, HOST, client_ca=client_ca.cert_pem.bytes()))

    def test_strange_client_certificate(self) -> None:
        """A client certificate of another CA than the server wants does not do."""
        _, files = self.client_files()
        self.fails(options_for(self.ca, HOST, client_ca=make_ca().cert_pem.bytes()), **files)

    def test_sni_off(self) -> None:
        """With C{sni=0} no name is sent; without C{alpn} nothing is offered."""
        options = options_for(self.ca, HOST, alpn=lambda offered: b"")
        self.passes(options, sni=False)
        self.assertEqual(options.names, [None])
        self.assertEqual(options.offered, [])

    def test_wrong_ca(self) -> None:
        """A server of another CA is refused."""
        self.fails(options_for(make_ca(), HOST))

    def test_no_verification(self) -> None:
        """With C{verify=none}, written out, any server does."""
        self.passes(options_for(make_ca(), HOST), cacert=None, verify="none")

    def test_second_ca(self) -> None:
        """A file with two CAs trusts both."""
        other = make_ca()
        both = self.write("both.pem", other.cert_pem.bytes() + self.ca.cert_pem.bytes())
        self.passes(options_for(self.ca, HOST), cacert=both)
        self.passes(options_for(other, HOST), cacert=both)
        self.fails(options_for(make_ca(), HOST), cacert=both)

    def test_identity_required(self) -> None:
        """C{identity=require} is refused by a firmware that cannot check the server's name."""
        serving = self.serve()
        tls = self.profile(identity="require")
        connecting = self.start(self.endpoint(self.emulate(), tls=tls))
        problem = self.refused(connecting, IdentityNotChecked, ConnectError)
        self.one_line(problem, "identity: ", "identity=prefer")
        self.assertEqual(serving.peers, [])

    def test_name_is_not_checked(self) -> None:
        """By default a firmware without the check lets another name of the same CA pass."""
        self.passes(options_for(self.ca, "other.example"))

    def test_forged(self) -> None:
        """A stranger's signature is refused, but for C{ignoreInvalidCertSign}."""
        certificate, key = forged(self.ca, HOST)
        self.fails(ServerOptions(certificate, key))
        self.passes(ServerOptions(certificate, key), ignore_invalid_cert_sign=True)

    def test_psk(self) -> None:
        """A pre-shared key opens a connection without a certificate; a wrong one does not."""
        options = ServerOptions(
            psk={b"meter": bytes.fromhex("00112233445566778899")},
            highest=SSL.TLS1_2_VERSION,
            ciphers="PSK:@SECLEVEL=0",
        )
        psk: dict[str, Any] = {"cacert": None, "psk_identity": "meter"}
        self.passes(options, psk="00112233445566778899", **psk)
        self.fails(options, psk="99112233445566778899", **psk)


class DateTests(ServerCase):
    """Certificates' dates, by the module's clock."""

    def test_expired(self) -> None:
        """An expired certificate is refused, but for C{ignoreLocalTime}."""
        dates = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}
        self.fails(options_for(self.ca, HOST, **dates))
        self.passes(options_for(self.ca, HOST, **dates), ignore_local_time=True)

    def test_not_yet_valid(self) -> None:
        """A certificate of tomorrow is refused today."""
        dates = {"not_before": NOW + timedelta(days=1), "not_after": NOW + timedelta(days=9)}
        self.fails(options_for(self.ca, HOST, **dates))

    def test_clock_is_set(self) -> None:
        """A module that has never been told the time is told before it verifies."""
        self.passes(options_for(self.ca, HOST), settings=ModuleSettings(time_known=False))

    def test_by_the_module_clock(self) -> None:
        """Left alone, a module whose clock stands in 1980 trusts nobody."""
        self.serve(Peer, options_for(self.ca, HOST))
        emulated = self.emulate(settings=ModuleSettings(time_known=False))
        emulated.modem(clock="none")
        self.refused(self.start(self.endpoint(emulated)), TLSOpenFailed)


class VersionTests(ServerCase):
    """Versions and cipher suites."""

    def only(self, version: int) -> ServerOptions:
        """Make the options of a server that has one version."""
        return options_for(self.ca, HOST, lowest=version, highest=version)

    def test_tls11_only(self) -> None:
        """A server with TLS 1.1 only passes with tls1.1 and all, not with the default."""
        self.fails(self.only(SSL.TLS1_1_VERSION))
        self.fails(self.only(SSL.TLS1_1_VERSION), ssl_version="tls1.0")
        for version in ("tls1.1", "all"):
            handle = self.passes(self.only(SSL.TLS1_1_VERSION), ssl_version=version)
            self.assertEqual(handle.get_protocol_version_name(), "TLSv1.1")

    def test_tls10_only(self) -> None:
        """A server with TLS 1.0 only passes with tls1.0 and all."""
        self.fails(self.only(SSL.TLS1_VERSION), ssl_version="tls1.1")
        for version in ("tls1.0", "all"):
            handle = self.passes(self.only(SSL.TLS1_VERSION), ssl_version=version)
            self.assertEqual(handle.get_protocol_version_name(), "TLSv1")

    def test_tls13_only(self) -> None:
        """The module has no TLS 1.3, whatever is asked for."""
        for version in ("tls1.2", "all"):
            self.fails(self.only(SSL.TLS1_3_VERSION), ssl_version=version)

    def test_all_takes_the_best(self) -> None:
        """With C{all}, the highest version of both is used."""
        handle = self.passes(options_for(self.ca, HOST), ssl_version="all")
        self.assertEqual(handle.get_protocol_version_name(), "TLSv1.2")

    def test_one_cipher(self) -> None:
        """A suite by name or number is the one that is used."""
        for suite in ("TLS_RSA_WITH_AES_256_CBC_SHA256", "0X003D"):
            handle = self.passes(rsa_options(self.ca), ciphers=suite)
            self.assertEqual(handle.get_cipher_name(), "AES256-SHA256")

    def test_no_common_cipher(self) -> None:
        """A server that lacks the one suite fails the handshake."""
        options = rsa_options(self.ca, ciphers="AES128-SHA:@SECLEVEL=0", highest=SSL.TLS1_2_VERSION)
        self.passes(options, ciphers="TLS_RSA_WITH_AES_128_CBC_SHA")
        self.fails(options, ciphers="TLS_RSA_WITH_AES_256_CBC_SHA256")


class NobodyThereTests(ServerCase):
    """Servers that cannot be reached."""

    def test_closed_port(self) -> None:
        """A closed port looks like any failed handshake, and is one of its likely causes."""
        self.fails(None)

    def test_unknown_name(self) -> None:
        """A name that does not resolve is a DNS error in Twisted's sense."""
        emulated = self.emulate()
        connecting = self.start(self.endpoint(emulated, host="nowhere.example"))
        problem = self.refused(connecting, ModemDNSError, DNSLookupError, ConnectError)
        self.assertEqual(problem.code, 565)
        self.one_line(problem, "nowhere.example", "565", "check the name")

    def test_not_tls(self) -> None:
        """A server that speaks in plain text fails the handshake."""

        class Greeter(Peer):
            def connectionMade(self) -> None:
                self.transport.write(b"220 mail.example ESMTP\r\n")

        self.network.listen(HOST, 8883, Serving(Greeter))
        connecting = self.start(self.endpoint(self.emulate()))
        self.refused(connecting, TLSOpenFailed)

    def test_next_one_works(self) -> None:
        """After each of these the same modem opens the next connection at once."""
        emulated = self.emulate()
        self.serve(Peer, options_for(make_ca(), "bad.example"), "bad.example")
        self.serve()
        for host in ("bad.example", "nowhere.example", HOST):
            connecting = self.start(self.endpoint(emulated, host=host))
            if host != HOST:
                self.refused(connecting, ModemError)
        client = self.result_of(connecting, 10.0)
        client.transport.loseConnection()
        self.end_of(client)
