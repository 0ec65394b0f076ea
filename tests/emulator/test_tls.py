"""Tests of L{twisted_quectel.emulator.tls}: what a setting means to a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from OpenSSL import SSL
from OpenSSL._util import lib
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.tlsbench import HOST, Bench, Owner
from tests.tlsservers import NOW, ServerOptions, forged, make_ca, options_for
from twisted_quectel.emulator.tls import TLSSettings
from twisted_quectel.tables.ciphers import LTE_SUITES

CA = make_ca()
OTHER_CA = make_ca()
CA_PEM = CA.cert_pem.bytes()
#: A module that verifies all that it can.
STRICT = TLSSettings(seclevel=1, cacert=CA_PEM, ignore_local_time=False, sni=True)

_VERSIONS = (SSL.TLS1_VERSION, SSL.TLS1_1_VERSION, SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)


def reused(owner: Owner) -> bool:
    """Tell whether a connection resumed a session."""
    wire: Any = owner.socket._wire
    return bool(lib.SSL_session_reused(wire.tls._ssl))


def der(pem: bytes) -> bytes:
    """Give a certificate's other form."""
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


class VersionTests(SynchronousTestCase):
    """C{sslversion} and C{ciphersuite}."""

    def test_versions(self) -> None:
        """A single version meets servers of that version only; 4 meets all but TLS 1.3."""
        for number, server_version in enumerate(_VERSIONS, 1):
            options = options_for(CA, HOST, lowest=server_version, highest=server_version)
            bench = Bench(options=options)
            for version in range(5):
                fits = version == number or (version == 4 and number < 4)
                owner = bench.open(replace(STRICT, version=version))
                self.assertEqual(
                    owner.events, [0 if fits and number < 4 else 566], (version, number)
                )
                owner.socket.abort()
                bench.clock.advance(0)
            self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_best_version(self) -> None:
        """With all versions the highest common one is taken."""
        bench = Bench(options=options_for(CA, HOST, highest=SSL.TLS1_1_VERSION))
        self.assertEqual(bench.open(STRICT).events, [0])
        connection = bench.server.connections[0].transport.getHandle()
        self.assertEqual(connection.get_protocol_version_name(), "TLSv1.1")

    def test_single_suites(self) -> None:
        """Each suite is the one that the server sees, or a failed handshake if OpenSSL lost it."""
        gone = ("RC4", "3DES", "_ECDH_")
        leaves = {
            kind: CA.issue_cert(HOST, key_type=key_type)
            for kind, key_type in (("ECDSA", trustme.KeyType.ECDSA), ("RSA", trustme.KeyType.RSA))
        }
        for suite in LTE_SUITES:
            leaf = leaves["ECDSA" if "ECDSA" in suite.name else "RSA"]
            options = ServerOptions(leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())
            bench = Bench(options=options)
            owner = bench.open(replace(STRICT, cipher=suite.number))
            if any(word in suite.name for word in gone):
                self.assertEqual(owner.events, [566], suite)
            else:
                self.assertEqual(owner.events, [0], suite)
                connection = bench.server.connections[0].transport.getHandle()
                self.assertEqual(connection.get_cipher_name(), suite.openssl)
            self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_no_common_suite(self) -> None:
        """No common suite is a failed handshake."""
        options = options_for(CA, HOST, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305:@SECLEVEL=0")
        self.assertEqual(Bench(options=options).open(STRICT).events, [566])


class VerificationTests(SynchronousTestCase):
    """C{seclevel}, C{cacert} and the tags that ignore something."""

    def outcome(self, settings: TLSSettings, options: ServerOptions, host: str = HOST) -> int:
        """Give the code of an open; nothing may be left of a failed one."""
        bench = Bench(options=options)
        if host != HOST:
            tls = bench.server.over_tls(options, bench.clock)
            bench.network.listen(host, 443, tls)
        owner = bench.open(settings, host)
        self.assertEqual(len(owner.events), 1)
        code: int = owner.events[0]
        self.assertEqual(bench.clock.getDelayedCalls(), [])
        return code

    def test_right_ca(self) -> None:
        """The CA counts from either file, in PEM and in DER."""
        options = options_for(CA, HOST)
        other = OTHER_CA.cert_pem.bytes()
        for cacert, cacertex in (
            (CA_PEM, None),
            (None, CA_PEM),
            (other, CA_PEM),
            (CA_PEM, other),
            (der(CA_PEM), None),
        ):
            settings = replace(STRICT, cacert=cacert, cacertex=cacertex)
            self.assertEqual(self.outcome(settings, options), 0)

    def test_wrong_ca(self) -> None:
        """A server of another CA fails from level 1 on, and passes on level 0."""
        options = options_for(OTHER_CA, HOST)
        for seclevel, code in ((0, 0), (1, 566), (2, 566)):
            self.assertEqual(self.outcome(replace(STRICT, seclevel=seclevel), options), code)
        lenient = replace(
            STRICT, ignore_local_time=True, ignore_multi_chain=True, ignore_invalid_sign=True
        )
        self.assertEqual(self.outcome(lenient, options), 566)

    def test_unusable_ca(self) -> None:
        """Without a CA, or with a file that holds none, nobody is let through."""
        options = options_for(CA, HOST)
        for cacert in (None, b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nrubbish"):
            self.assertEqual(self.outcome(replace(STRICT, cacert=cacert), options), 566)

    def test_first_of_a_bundle(self) -> None:
        """Of several certificates in a file the first one is the CA."""
        options = options_for(CA, HOST)
        other = OTHER_CA.cert_pem.bytes()
        for bundle, code in ((CA_PEM + other, 0), (other + CA_PEM, 566)):
            self.assertEqual(self.outcome(replace(STRICT, cacert=bundle), options), code)

    def test_dates(self) -> None:
        """Dates count by the module's clock, unless they are ignored."""
        day = timedelta(days=1)
        for not_before, not_after, code in (
            (NOW - day, NOW + day, 0),
            (NOW, NOW, 0),
            (NOW - 2 * day, NOW - day, 566),
            (NOW + day, NOW + 2 * day, 566),
        ):
            options = options_for(CA, HOST, not_before=not_before, not_after=not_after)
            self.assertEqual(self.outcome(STRICT, options), code)
            self.assertEqual(self.outcome(replace(STRICT, ignore_local_time=True), options), 0)

    def test_modules_clock(self) -> None:
        """What the machine's clock would accept fails on a module in 1980, and the reverse."""
        bench = Bench(options=options_for(CA, HOST))
        bench.now = NOW.replace(year=1980, day=6)
        self.assertEqual(bench.open(STRICT).events, [566])
        bench.now = NOW.replace(tzinfo=None)
        self.assertEqual(bench.open(STRICT).events, [0])
        past = options_for(
            CA, HOST, not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=7)
        )
        bench = Bench(options=past)
        bench.now = NOW - timedelta(days=8)
        self.assertEqual(bench.open(STRICT).events, [0])

    def test_ignore_dates_only(self) -> None:
        """Ignoring the time lets no other fault pass."""
        day = timedelta(days=1)
        options = options_for(OTHER_CA, HOST, not_before=NOW - 2 * day, not_after=NOW - day)
        self.assertEqual(self.outcome(replace(STRICT, ignore_local_time=True), options), 566)

    def test_ignore_signature(self) -> None:
        """A wrong signature passes only if signatures are ignored."""
        options = ServerOptions(*forged(CA, HOST))
        self.assertEqual(self.outcome(STRICT, options), 566)
        self.assertEqual(self.outcome(replace(STRICT, ignore_invalid_sign=True), options), 0)
        others = replace(STRICT, ignore_multi_chain=True, ignore_local_time=True)
        self.assertEqual(self.outcome(others, options), 566)

    def test_chain(self) -> None:
        """An intermediate CA alone is trusted only if the chain is ignored."""
        intermediate = CA.create_child_ca()
        options = options_for(intermediate, HOST)
        self.assertEqual(self.outcome(STRICT, options), 0)
        settings = replace(STRICT, cacert=intermediate.cert_pem.bytes())
        self.assertEqual(self.outcome(settings, options), 566)
        self.assertEqual(self.outcome(replace(settings, ignore_multi_chain=True), options), 0)
        self.assertEqual(
            self.outcome(replace(settings, ignore_multi_chain=True), options_for(OTHER_CA, HOST)),
            566,
        )
        both = replace(settings, cacertex=CA_PEM)
        self.assertEqual(self.outcome(both, options), 0)

    def test_host_name(self) -> None:
        """The name counts only with C{check_host}, for names and literals."""
        named = options_for(CA, HOST, "192.0.2.7", "*.wild.example")
        elsewhere = options_for(CA, "elsewhere.example")
        check = replace(STRICT, check_host=True)
        self.assertEqual(self.outcome(STRICT, elsewhere), 0)
        self.assertEqual(self.outcome(check, elsewhere), 566)
        self.assertEqual(self.outcome(check, named), 0)
        self.assertEqual(self.outcome(check, named, "192.0.2.7"), 0)
        self.assertEqual(self.outcome(check, named, "192.0.2.8"), 566)
        self.assertEqual(self.outcome(check, named, "a.wild.example"), 0)
        self.assertEqual(self.outcome(replace(check, seclevel=0), elsewhere), 0)


class ClientCertificateTests(SynchronousTestCase):
    """C{clientcert} and C{clientkey}."""

    def setUp(self) -> None:
        leaf = CA.issue_cert("client.example")
        self.options = options_for(CA, HOST, client_ca=CA_PEM)
        self.settings = replace(
            STRICT,
            seclevel=2,
            clientcert=leaf.cert_chain_pems[0].bytes(),
            clientkey=leaf.private_key_pem.bytes(),
        )

    def outcome(self, settings: TLSSettings, options: ServerOptions | None = None) -> int:
        """Give the code of an open, as seen when the server has judged too."""
        self.bench = Bench(options=options or self.options)
        owner = self.bench.open(settings)
        code: int = owner.events[0]
        return code

    def test_demanded(self) -> None:
        """On level 2 a server that asks sees the certificate."""
        self.assertEqual(self.outcome(self.settings), 0)
        seen = self.bench.server.connections[0].transport.getPeerCertificate()
        assert self.settings.clientcert is not None
        expected = x509.load_pem_x509_certificate(self.settings.clientcert)
        self.assertEqual(seen.to_cryptography(), expected)

    def test_der(self) -> None:
        """Certificate and key may be DER."""
        assert self.settings.clientcert is not None and self.settings.clientkey is not None
        key = load_pem_private_key(self.settings.clientkey, None)
        settings = replace(
            self.settings,
            clientcert=der(self.settings.clientcert),
            clientkey=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )
        self.assertEqual(self.outcome(settings), 0)

    def test_not_shown(self) -> None:
        """Below level 2, or without one, a server that demands it refuses."""
        self.assertEqual(self.outcome(replace(self.settings, seclevel=1)), 566)
        self.assertEqual(self.outcome(replace(self.settings, clientcert=None, clientkey=None)), 566)

    def test_not_asked(self) -> None:
        """A server that does not ask is served all the same."""
        self.assertEqual(self.outcome(self.settings, options_for(CA, HOST)), 0)

    def test_wrong_ca(self) -> None:
        """A certificate of a CA that the server does not know is refused."""
        leaf = OTHER_CA.issue_cert("client.example")
        settings = replace(
            self.settings,
            clientcert=leaf.cert_chain_pems[0].bytes(),
            clientkey=leaf.private_key_pem.bytes(),
        )
        self.assertEqual(self.outcome(settings), 566)

    def test_unusable(self) -> None:
        """Files that do not fit each other, or hold nothing, are a failed handshake."""
        other = CA.issue_cert("other.example").private_key_pem.bytes()
        for change in (
            {"clientkey": other},
            {"clientkey": None},
            {"clientcert": None},
            {"clientkey": b"rubbish"},
            {"clientcert": b"rubbish"},
        ):
            settings = replace(self.settings, **change)
            self.assertEqual(self.outcome(settings, options_for(CA, HOST)), 566)

    def test_secrets(self) -> None:
        """Key material is not in the representation."""
        text = repr(replace(self.settings, psk_key="c0ffee"))
        self.assertNotIn("PRIVATE KEY", text)
        self.assertNotIn("c0ffee", text)


class ExtensionTests(SynchronousTestCase):
    """SNI, ALPN, sessions, renegotiation."""

    def test_sni(self) -> None:
        """The server sees the name if SNI is on, and never a literal."""
        options = options_for(CA, HOST, "192.0.2.7")
        bench = Bench(options=options)
        bench.network.listen("192.0.2.7", 443, bench.server.over_tls(options, bench.clock))
        for sni, host, seen in (
            (True, HOST, HOST.encode()),
            (False, HOST, None),
            (True, "192.0.2.7", None),
        ):
            del options.names[:]
            settings = replace(STRICT, sni=sni, session_cache=False)
            self.assertEqual(bench.open(settings, host).events, [0])
            self.assertEqual(options.names, [seen])

    def test_alpn(self) -> None:
        """The server sees the one protocol, or no extension."""

        def choose(offered: Sequence[bytes]) -> bytes:
            return b"mqtt" if b"mqtt" in offered else b""

        for alpn, offered, chosen in (
            ("mqtt", [[b"mqtt"]], b"mqtt"),
            ("http/1.1", [[b"http/1.1"]], b""),
            ("", [], b""),
        ):
            options = options_for(CA, HOST, alpn=choose)
            bench = Bench(options=options)
            self.assertEqual(bench.open(replace(STRICT, alpn=alpn)).events, [0])
            self.assertEqual(options.offered, offered)
            connection = bench.server.connections[0].transport.getHandle()
            self.assertEqual(connection.get_alpn_proto_negotiated(), chosen)

    def resumed(self, *steps: TLSSettings | None, version: int = SSL.TLS1_2_VERSION) -> list[bool]:
        """Open once for each setting, forget sessions for each L{None}."""
        bench = Bench(options=options_for(CA, HOST, highest=version))
        result = []
        for settings in steps:
            if settings is None:
                bench.contexts.forget()
                continue
            owner = bench.open(settings)
            self.assertEqual(owner.events, [0])
            result.append(reused(owner))
            owner.socket.close()
            bench.clock.advance(0)
        return result

    def test_resumption(self) -> None:
        """A second connection with the same settings resumes the session."""
        for version in _VERSIONS[:3]:
            self.assertEqual(self.resumed(STRICT, STRICT, version=version), [False, True])

    def test_no_resumption(self) -> None:
        """Not with other settings, without the cache, or when sessions were forgotten."""
        uncached = replace(STRICT, session_cache=False)
        self.assertEqual(self.resumed(uncached, uncached), [False, False])
        self.assertEqual(self.resumed(STRICT, None, STRICT), [False, False])
        self.assertEqual(self.resumed(STRICT, replace(STRICT, seclevel=0)), [False, False])

    def test_cache_is_bounded(self) -> None:
        """Many settings and many servers do not grow the cache without limit."""
        bench = Bench(options=options_for(CA, HOST))
        for n in range(40):
            owner = bench.open(TLSSettings(psk_identity=str(n)))
            self.assertEqual(owner.events, [0])
            owner.socket.abort()
        self.assertLessEqual(len(bench.contexts._contexts), 32)
        self.assertLessEqual(len(bench.contexts._sessions), 32)

    def renegotiate(self, wanted: bool) -> tuple[int, Owner]:
        """Let a server ask for a new handshake, and give how many it had."""
        bench = Bench(options=options_for(CA, HOST, highest=SSL.TLS1_2_VERSION))
        owner = bench.open(replace(STRICT, renegotiation=wanted))
        server = bench.server.connections[0].transport
        connection = server.getHandle()
        connection.renegotiate()
        server.write(b"before")
        bench.clock.advance(0)
        owner.socket.send(b"after")
        bench.clock.advance(0)
        return connection.total_renegotiations(), owner

    def test_renegotiation(self) -> None:
        """A renegotiation that is on happens under the data."""
        count, owner = self.renegotiate(True)
        self.assertEqual(count, 1)
        self.assertEqual(owner.take(), b"beforeafter")

    def test_no_renegotiation(self) -> None:
        """One that is off is refused, which OpenSSL's servers take as the end."""
        _, owner = self.renegotiate(False)
        self.assertEqual(owner.events[-1], "closed")
