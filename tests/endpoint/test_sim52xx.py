"""What is of the SIM52xx modules alone: alerts, trust, other ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from OpenSSL import SSL
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import (
    CannotListenError,
    ConnectingCancelledError,
    ConnectionDone,
)

from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.simcase import OWN, SIMCase
from tests.endpoint.virtual import HOST, PORT
from tests.pluginpath import find_plugins
from tests.tlsservers import options_for, self_signed
from twisted_quectel import (
    CSSLAlert,
    HostTLS,
    HostTLSEndpoint,
    ModemInterface,
    ModuleTCPEndpoint,
    ModuleTLSEndpoint,
    TLSProfile,
    errors,
)
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.strings import quectelssl_arguments


class AlertTests(SIMCase):
    """C{+CSSLALERT} (chapters 4.2 and 5.2)."""

    knows = False

    def test_refused(self) -> None:
        """A server whose CA the module does not know is refused, with the alert's meaning."""
        self.begin()
        problem = self.problem(errors.CertificateVerificationError, errors.TLSOpenFailed, tls=OWN)
        self.one_line(problem, "Unknown CA", HOST)
        self.assertTrue(problem.alerts & CSSLAlert.UNKNOWN_CA)
        self.assertFalse(problem.expired)
        self.assertIn("Unknown CA", problem.meaning)
        self.assertIn("allowAlerts", problem.explain())
        self.assertIn("AT+CSSLOPEN", problem.command)
        # closed, not continued
        self.assertEqual(self.sent("+CSSLCONT"), [])
        self.assertEqual(len(self.sent("+CSSLCLOSE")), 1)
        for server in self.serving.peers:
            self.assertEqual(bytes(server.received), b"")

    def test_self_signed(self) -> None:
        """A self-signed one is refused, and let in by its name alone."""
        options = self_signed(HOST)
        self.network.listen("self.example", PORT, Serving(Echo).over_tls(options, self.clock))
        self.begin()
        problem = self.problem(errors.CertificateVerificationError, host="self.example", tls=OWN)
        self.assertTrue(problem.alerts & CSSLAlert.BAD_ISSUER)
        self.one_line(problem, "bad issuer", "Host mismatch")
        for names in ("unknownCa", "hostMismatch", "expired"):
            tls = TLSProfile(allow_alerts=names)
            self.problem(errors.CertificateVerificationError, host="self.example", tls=tls)
        self.assertEqual(self.sent("+CSSLCONT"), [])
        tls = TLSProfile(allow_alerts="badIssuer,hostMismatch")
        peer = self.open(host="self.example", tls=tls)
        self.assertEqual(len(self.sent("+CSSLCONT")), 1)
        found = peer.transport.alerts
        self.assertIsInstance(found, CSSLAlert)
        self.assertTrue(found & CSSLAlert.BAD_ISSUER and found & CSSLAlert.HOST_MISMATCH)
        self.echoes(peer)
        self.closes(peer)

    def test_by_number(self) -> None:
        """The number that the module tells can be given as it is."""
        self.begin()
        problem = self.problem(errors.CertificateVerificationError, tls=OWN)
        for value in (problem.code, str(problem.code), hex(problem.code)):
            peer = self.open(tls=TLSProfile(allow_alerts=value))
            self.assertEqual(int(peer.transport.alerts), problem.code)
            self.closes(peer)

    def test_quirks(self) -> None:
        """The alert may name another session and another level: what counts is the suspension."""
        for quirks in (("alert_sid0",), ("alert_level_zero",), ("alert_sid0", "alert_level_zero")):
            self.network = type(self.network)(self.clock)
            self.begin(quirks=quirks)
            allowed = TLSProfile(allow_alerts="unknownCa")
            one = self.open(tls=allowed)
            self.problem(errors.CertificateVerificationError, tls=OWN)
            two = self.open(tls=allowed)
            self.echoes(two)
            self.closes(one)
            self.closes(two)

    def test_transparent(self) -> None:
        """In transparent mode C{AT+CSSLCONT} is what is answered by C{CONNECT} (4.7)."""
        self.mode = "transparent"
        self.begin()
        self.problem(errors.CertificateVerificationError, tls=OWN, mode="transparent")
        peer = self.open(tls=TLSProfile(allow_alerts="unknownCa"), mode="transparent")
        self.assertTrue(peer.transport.alerts & CSSLAlert.UNKNOWN_CA)
        self.echoes(peer)
        self.closes(peer)

    def test_cancelled_while_suspended(self) -> None:
        """A connect that is given up leaves no session behind, wherever it was."""
        self.begin()
        endpoint = self.endpoint(self.emulated, tls=TLSProfile(allow_alerts="unknownCa"))
        self.closes(self.connect(endpoint))
        for turns in range(40):
            connecting = self.start(endpoint)
            for _ in range(turns):
                self.clock.turn()
            if connecting.called:
                break
            connecting.cancel()
            self.refused(connecting, ConnectingCancelledError)
            self.settle(5.0)
            self.assertEqual([*self.emulated.module.sockets], [])
        else:
            self.fail("it never connected")
        self.closes(self.successResultOf(connecting))

    def test_expired(self) -> None:
        """A certificate that has expired by the module's clock, which is set for that."""
        ca = self.ca
        old = options_for(
            ca,
            "old.example",
            not_before=datetime(2019, 1, 1, tzinfo=UTC),
            not_after=datetime(2020, 1, 1, tzinfo=UTC),
        )
        self.network.listen("old.example", PORT, Serving(Echo).over_tls(old, self.clock))
        self.begin(settings=ModuleSettings(authorities=ca.cert_pem.bytes()))
        problem = self.problem(errors.CertificateVerificationError, host="old.example", tls=OWN)
        self.assertTrue(problem.expired)
        self.one_line(problem, "expired")
        self.assertEqual(len(self.sent("+CCLK=")), 1)


class TrustTests(SIMCase):
    """What can be said of trust, and what cannot."""

    def test_refused_by_name(self) -> None:
        """What there is no command for is refused, and nothing is sent for it."""
        self.begin()
        for argument, tls in (
            ("cacert", TLSProfile(cacert=self.ca_path)),
            ("verify", TLSProfile(verify="none")),
            ("sslVersion", TLSProfile(trust="module", ssl_version="all")),
            ("ciphers", TLSProfile(trust="module", ciphers=0xC02F)),
            ("ignoreLocalTime", TLSProfile(trust="module", ignore_local_time=True)),
            ("alpn", TLSProfile(trust="module", alpn="mqtt")),
            ("psk", TLSProfile(psk_identity="me", psk="00")),
            ("negotiateTime", TLSProfile(trust="module", negotiate_time=10)),
        ):
            problem = self.problem(errors.UnsupportedOperation, tls=tls)
            self.assertTrue(str(problem).startswith(argument + ":"), problem)
            self.one_line(problem)
        problem = self.problem(errors.UnsupportedOperation, ctx=1, tls=None)
        self.one_line(problem, "ctx")
        self.assertEqual(self.sent("+CSSLSTART", "+CSSLOPEN"), [])

    def test_other_families(self) -> None:
        """Where a module has no CAs of its own, its judgement is refused by name."""
        for model in ("EC25", "M95", "BC660K-GL"):
            self.model = model
            self.network = type(self.network)(self.clock)
            self.begin()
            for argument, tls in (
                ("trust", OWN),
                ("allowAlerts", TLSProfile(allow_alerts="badIssuer")),
            ):
                problem = self.problem(errors.UnsupportedOperation, tls=tls)
                self.assertTrue(str(problem).startswith(argument + ":"), problem)

    def test_contradictions(self) -> None:
        """What does not go together is refused when it is said."""
        for argument, values in (
            ("verify", {"trust": "module", "verify": "none"}),
            ("verify", {"allow_alerts": "expired", "verify": "none"}),
            ("cacert", {"trust": "module", "cacert": self.ca_path}),
            ("psk", {"trust": "module", "psk": "00", "psk_identity": "me"}),
            ("identity", {"trust": "module", "identity": "require"}),
            ("trust", {"trust": "me"}),
            ("allow_alerts", {"allow_alerts": "badIsuer"}),
            ("allow_alerts", {"allow_alerts": 1 << 30}),
            ("allow_alerts", {"allow_alerts": -1}),
            ("allow_alerts", {"allow_alerts": 1.5}),
        ):
            given: dict[str, Any] = values
            problem = self.assertRaises(InvalidValue, TLSProfile, **given)
            self.assertTrue(str(problem).startswith(argument), problem)
            self.one_line(problem)

    def test_strings(self) -> None:
        """Of a modem whose model is known, nothing more need be said."""
        given = {"host": HOST, "device": "/dev/null", "model": "SIM5320"}
        self.assertEqual(quectelssl_arguments(**given).tls, OWN)
        tls = quectelssl_arguments(**given, verify="peer", allowAlerts="badIssuer,0x10000").tls
        assert tls is not None
        self.assertEqual((tls.trust, tls.allow_alerts), ("module", 0x08010200))
        del given["model"]
        self.assertRaises(InvalidValue, quectelssl_arguments, **given)
        self.assertEqual(quectelssl_arguments(**given, trust="module").tls, OWN)

    def test_contexts_of_the_modem_file(self) -> None:
        """SSL contexts that a family does not have are told of, and named by who wants them."""
        for model, tls in (("SIM5320", OWN), ("BC660K-GL", TLSProfile(cacert=self.ca_path))):
            self.model = model
            self.network = type(self.network)(self.clock)
            self.description = {"contexts": {3: TLSProfile(cacert=self.ca_path)}}
            self.begin()
            self.closes(self.open(tls=tls))
            problem = self.problem(errors.UnsupportedOperation, ctx=3)
            self.one_line(problem, "ctx")

    def test_default(self) -> None:
        """So it is in Python, and in the modem file."""
        self.begin()
        self.emulated._modem = None
        modem = self.emulated.modem(model="SIM5320")
        self.closes(self.connect(ModuleTLSEndpoint(modem, HOST, PORT)))


class OtherWaysTests(SIMCase):
    """What the module's TLS cannot give."""

    def test_host_tls(self) -> None:
        """TLS on the host, over the module's TCP: the name is checked."""
        modem = self.begin()

        def endpoint(host: str) -> HostTLSEndpoint:
            tls = HostTLS.from_arguments(host, {"cacert": self.ca_path})
            return HostTLSEndpoint(modem, ModuleTCPEndpoint(modem, host, PORT), tls)

        peer = self.connect(endpoint(HOST))
        self.echoes(peer)
        self.closes(peer)
        self.network.listen(
            "wrong.example", PORT, Serving(Echo).over_tls(self.options(HOST), self.clock)
        )
        wrong = self.connect(endpoint("wrong.example"))
        self.assertIn("DNSMismatch", repr(self.end_of(wrong)))

    def test_interface(self) -> None:
        """C{connectTCP}-like use works; listening, datagrams and DTLS are refused by name."""
        from twisted.internet.protocol import DatagramProtocol, Factory

        modem = self.begin()
        interface = ModemInterface(modem)
        self.result_of(interface.ready())
        problem = self.assertRaises(CannotListenError, interface.listenTCP, 0, Factory())
        self.assertIn("sim52xx", str(problem))
        problem = self.assertRaises(CannotListenError, interface.listenUDP, 0, DatagramProtocol())
        self.assertIn("sim52xx", str(problem))

    def test_embedded(self) -> None:
        """The plain string makes an endpoint; the module's judgement is the default."""
        find_plugins()
        endpoint = clientFromString(
            cast(Any, self.clock),
            f"quectelssl:host={HOST}:port={PORT}:device=/dev/null:model=SIM5320",
        )
        self.assertIsInstance(endpoint, ModuleTLSEndpoint)


class ReasonTests(SIMCase):
    """Opens that fail without an alert."""

    def test_nobody_there(self) -> None:
        """A refused connection is told as what it may be."""
        self.begin()
        self.network.add_host("empty.example")
        for host in ("empty.example", "unknown.example"):
            problem = self.problem(errors.TCPOpenFailed, host=host, tls=OWN)
            self.one_line(problem, "nothing listens", host)

    def test_no_tls_in_common(self) -> None:
        """A server with TLS 1.3 alone: the module's alert says so."""
        options = self.options("new.example", lowest=SSL.TLS1_3_VERSION)
        self.network.listen("new.example", PORT, Serving(Echo).over_tls(options, self.clock))
        self.begin()
        problem = self.problem(errors.TLSNegotiationError, host="new.example", tls=OWN)
        self.one_line(problem, "version")
        self.assertIn("quecteltls", problem.explain())

    def test_done(self) -> None:
        """An end that the module tells of is an orderly one."""
        self.begin(make=Peer)
        peer = self.open(tls=OWN)
        self.serving.peers[-1].transport.loseConnection()
        self.assertIsInstance(self.end_of(peer), ConnectionDone)
