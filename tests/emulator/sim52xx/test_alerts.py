"""What OpenSSL finds, as C{+CSSLALERT}; what a host can do then (chapters 4.2 and 5.2)."""

from __future__ import annotations

from datetime import timedelta

import trustme
from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import calls
from tests.tlsservers import NOW, ServerOptions, forged, options_for, self_signed
from twisted_quectel.emulator import ModuleSettings, VerdictKind
from twisted_quectel.emulator.sim52xx.alerts import Inspector, Trust, bits_of_failure
from twisted_quectel.emulator.tls import TLSUnusable
from twisted_quectel.tables.sim52xx import ALERT_BITS

from .bench import HOST, PORT, Bench, authority, server_options, trusting

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
VIEW = 0x08000000
OPEN = f'AT+CSSLOPEN=1,"{HOST}",{PORT}'


def suspended(bits: int, id: int = 1, level: int = 2) -> bytes:
    """Give the answer to an open that waits."""
    return b"\r\n+CSSLALERT: %d,%d,%d\r\n+CSSLOPEN: ALERTSTATE\r\n\r\nERROR\r\n" % (id, level, bits)


class AlertTests(SynchronousTestCase):
    """Opens of servers that are not in order."""

    def start(
        self,
        options: ServerOptions | None = None,
        settings: ModuleSettings | None = None,
        quirks: tuple[str, ...] = (),
    ) -> Bench:
        bench = Bench(options=options, settings=settings, quirks=quirks)

        def end() -> None:
            bench.close()
            self.assertEqual(calls(bench.clock), [])

        self.addCleanup(end)
        bench.ok("AT+CSSLSTART")
        return bench

    def alert(self, options: ServerOptions, settings: ModuleSettings | None = None) -> int:
        """Open; give the bits of the alert that suspends it."""
        answer = self.start(options, settings).say(OPEN)
        bits = int(answer.split(b",")[2].split(b"\r")[0])
        self.assertEqual(answer, suspended(bits))
        return bits

    def test_in_order(self) -> None:
        """A server whose CA is in the firmware and whose name is right gives no alert."""
        self.assertEqual(self.start().say(OPEN), OK)

    def test_self_signed(self) -> None:
        """A certificate that signed itself has a bad issuer: the note's own example."""
        self.assertEqual(self.alert(self_signed(HOST)), 134218240)

    def test_unknown_ca(self) -> None:
        """A CA that the firmware does not know, as it knows none unless it is told."""
        self.assertEqual(self.alert(server_options(), ModuleSettings()), VIEW | 0x10000)
        self.assertEqual(self.alert(options_for(trustme.CA(), HOST)), VIEW | 0x10000)

    def test_expired(self) -> None:
        """A certificate that is over, by the module's own clock."""
        old = options_for(
            authority(),
            HOST,
            not_before=NOW - timedelta(days=20),
            not_after=NOW - timedelta(days=10),
        )
        self.assertEqual(self.alert(old), VIEW | 0x1000)
        bench = self.start(old, trusting(time=NOW - timedelta(days=15)))
        self.assertEqual(bench.say(OPEN), OK)

    def test_not_yet_valid(self) -> None:
        """A certificate of the future is invalid, and not expired: such as in 1980."""
        bits = self.alert(server_options(), trusting(time_known=False))
        self.assertEqual(bits, VIEW | 0x2000)

    def test_other_name(self) -> None:
        """A certificate for somebody else."""
        self.assertEqual(self.alert(options_for(authority(), "other.example")), VIEW | 0x04000000)

    def test_common_name(self) -> None:
        """The common name counts, as its bit is called by it."""
        leaf = authority().issue_cert("other.example", common_name=HOST)
        chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
        options = ServerOptions(chain, leaf.private_key_pem.bytes())
        self.assertEqual(self.start(options).say(OPEN), OK)

    def test_forged(self) -> None:
        """A signature that is not the CA's."""
        self.assertEqual(self.alert(ServerOptions(*forged(authority(), HOST))), VIEW | 0x100)

    def test_all_at_once(self) -> None:
        """Whatever is wrong is in one alert."""
        options = options_for(
            trustme.CA(),
            "other.example",
            not_before=NOW - timedelta(days=20),
            not_after=NOW - timedelta(days=10),
        )
        self.assertEqual(self.alert(options), VIEW | 0x04000000 | 0x10000 | 0x1000)

    def test_continued(self) -> None:
        """C{AT+CSSLCONT} goes on in spite of it, and the session works."""
        bench = self.start(self_signed(HOST))
        self.assertEqual(bench.say(OPEN), suspended(134218240))
        self.assertEqual(bench.say("AT+CSSLSEND=1,4"), ERROR)
        self.assertEqual(bench.say("AT+CSSLCONT=0"), ERROR)
        self.assertEqual(bench.say("AT+CSSLCONT=1"), OK)
        self.assertEqual(bench.body("AT+CSSLSEND=1,4", b"data"), OK)
        self.assertEqual(bench.server.peers[-1].received, b"data")
        self.assertEqual(bench.say("AT+CSSLCONT=1"), ERROR)

    def test_suspended_in_the_middle(self) -> None:
        """The server does not see the end of a handshake that is suspended."""
        bench = self.start(self_signed(HOST))
        bench.say(OPEN)
        bench.server.peers[-1].write(b"early")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        bench.say("AT+CSSLCONT=1")
        bench.settle()
        self.assertEqual(bench.server.peers[-1].received, b"")

    def test_given_up(self) -> None:
        """C{AT+CSSLCLOSE} gives it up: the connection goes, the id is free."""
        bench = self.start(self_signed(HOST))
        bench.say(OPEN)
        peer = bench.server.peers[-1]
        self.assertEqual(bench.say("AT+CSSLCLOSE=1"), OK)
        self.assertIsNotNone(peer.lost)
        self.assertEqual(peer.received, b"")
        self.assertEqual(bench.say("AT+CSSLCONT=1"), ERROR)
        self.assertEqual(bench.say(OPEN), suspended(134218240))
        self.assertEqual(bench.kinds(), [])

    def test_not_opened_twice(self) -> None:
        """A session that waits cannot be opened again."""
        bench = self.start(self_signed(HOST))
        bench.say(OPEN)
        self.assertEqual(bench.say(OPEN), ERROR)
        self.assertEqual(bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID])

    def test_forgotten(self) -> None:
        """An open that waits for two minutes is over (4.8); it can be closed, or opened again."""
        bench = self.start(self_signed(HOST))
        bench.say(OPEN)
        bench.settle(121)
        self.assertEqual(bench.screen.take(), b"")
        self.assertEqual(bench.say("AT+CSSLCONT=1"), ERROR)
        self.assertEqual(bench.say(OPEN), suspended(134218240))
        bench.settle(121)
        self.assertEqual(bench.say("AT+CSSLCLOSE=1"), OK)

    def test_server_goes(self) -> None:
        """A server that goes while the open waits ends it."""
        bench = self.start(self_signed(HOST))
        bench.say(OPEN)
        peer = bench.server.peers[-1]
        peer.abort()
        bench.settle()
        self.assertEqual(bench.say("AT+CSSLCONT=1"), ERROR)

    def test_stopped(self) -> None:
        """C{AT+CSSLSTOP} ends an open that waits."""
        bench = self.start(self_signed(HOST))
        bench.say(OPEN)
        self.assertEqual(bench.say("AT+CSSLSTOP"), OK)
        self.assertIsNotNone(bench.server.peers[-1].lost)

    def test_quirks(self) -> None:
        """The wrong session of 6.3; the level of 4.2."""
        bench = self.start(self_signed(HOST), quirks=("alert_sid0", "alert_level_zero"))
        self.assertEqual(bench.say(OPEN), suspended(134218240, id=0, level=0))
        self.assertEqual(bench.say("AT+CSSLCONT=1"), OK)

    def test_fatal(self) -> None:
        """What ends a handshake is a fatal alert, and then C{ERROR}."""
        bench = self.start(options_for(authority(), HOST, lowest=SSL.TLS1_3_VERSION))
        self.assertEqual(bench.say(OPEN), b"\r\n+CSSLALERT: 1,1,2097152\r\n" + ERROR)
        self.assertEqual(bench.say("AT+CSSLCONT=1"), ERROR)

    def test_client_certificate(self) -> None:
        """A server that wants a certificate of the client says so by an alert."""
        options = options_for(
            authority(), HOST, client_ca=authority().cert_pem.bytes(), highest=SSL.TLS1_2_VERSION
        )
        self.assertEqual(self.start(options).say(OPEN), b"\r\n+CSSLALERT: 1,1,32\r\n" + ERROR)

    def test_not_tls(self) -> None:
        """A server that does not speak TLS at all."""
        bench = self.start()
        bench.wire.write(f'AT+CSSLOPEN=0,"{HOST}",7\r'.encode())
        bench.settle()
        bench.plain.peers[-1].write(b"220 ready\r\n")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\n+CSSLALERT: 0,1,2097152\r\n" + ERROR)

    def test_no_name(self) -> None:
        """A name that cannot be asked for opens nothing."""
        bench = self.start()
        bench.network.listen("x" * 70 + ".example", PORT, bench.over_tls(server_options()))
        self.assertEqual(bench.say(f'AT+CSSLOPEN=0,"{"x" * 70}.example",{PORT}'), ERROR)


class BitTests(SynchronousTestCase):
    """Reasons of OpenSSL, as bits."""

    def test_received(self) -> None:
        """Alerts of a server, by the words that OpenSSL has for them."""
        for reason, bit in (
            ("ssl/tls alert handshake failure", 0x20),
            ("sslv3 alert unexpected message", 0x1),
            ("tlsv1 alert unknown ca", 0x10000),
            ("tlsv1 alert protocol version", 0x200000),
            ("tlsv1 alert insufficient security", 0x400000),
            ("tlsv1 unrecognized name", 0x10000000),
            ("tlsv13 alert certificate required", 0x40),
            ("sslv3 alert certificate expired", 0x1000),
            ("tlsv1 alert internal error", 0x800000),
        ):
            self.assertEqual(bits_of_failure(reason), bit, reason)
            self.assertIn(bit, ALERT_BITS)

    def test_own(self) -> None:
        """What OpenSSL finds itself; several reasons are several bits."""
        self.assertEqual(bits_of_failure("wrong version number"), 0x200000)
        self.assertEqual(bits_of_failure("no reason that anybody knows"), 0x20)
        self.assertEqual(bits_of_failure("bad signature, unexpected message"), 0x101)

    def test_no_alert(self) -> None:
        """A connection that TCP has lost has nothing to do with TLS."""
        self.assertEqual(bits_of_failure("connection lost: gone"), 0)

    def test_authorities(self) -> None:
        """What is no certificate is refused by the name of the setting."""
        problem = self.assertRaises(ValueError, Trust, b"no PEM")
        self.assertRegex(str(problem), "^authorities: ")
        self.assertRaises(TLSUnusable, Trust().connection, "x" * 70)

    def test_naive_clock(self) -> None:
        """A clock without a zone is in UTC."""
        inspector = Inspector(HOST, lambda: NOW.replace(tzinfo=None))
        leaf = authority().issue_cert(HOST).cert_chain_pems[0].bytes()
        certificate = crypto.X509.from_cryptography(x509.load_pem_x509_certificate(leaf))
        connection = Trust().connection(HOST, inspector)
        self.assertTrue(inspector.verify(connection, certificate, 0, 0, 1))
        self.assertEqual(inspector.found, 0)
        self.assertTrue(inspector.verify(connection, certificate, 23, 0, 0))
        self.assertEqual(inspector.found, VIEW | 0x800)
