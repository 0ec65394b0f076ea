"""C{tls=host} and C{tls=auto}: TLS on the host where the module's cannot do it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionDone,
    ConnectionLost,
    NoProtocol,
)
from twisted.internet.interfaces import IHandshakeListener, IStreamClientEndpoint
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import HOST, MODES, PORT, VirtualCase, factory_for
from tests.test_strings import PSK, StringCase
from tests.tlsservers import NOW, make_ca, options_for
from twisted_quectel import (
    AutoTLSEndpoint,
    HostTLS,
    HostTLSFailed,
    InvalidValue,
    ModemDNSError,
    ModemTimeout,
    ModuleTCPEndpoint,
    TCPOpenFailed,
    TLSOpenFailed,
    TLSProfile,
)
from twisted_quectel.emulator.faults import OpenFails
from twisted_quectel.hosthandshake import HandshakeEndpoint
from twisted_quectel.strings import quectelssl_arguments


@implementer(IHandshakeListener)
class Listening(Peer):
    """Notes what it is told, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def connectionMade(self) -> None:
        self.told.append("made")

    def handshakeCompleted(self) -> None:
        """It is over."""
        self.told.append("handshake")

    def dataReceived(self, data: bytes) -> None:
        self.told.append("data")
        super().dataReceived(data)


class Broken(Peer):
    """Raises."""

    def connectionMade(self) -> None:
        raise ZeroDivisionError("from within")


class Greeting(Peer):
    """Speaks first."""

    def connectionMade(self) -> None:
        self.transport.write(b"welcome")


@implementer(ILogObserver)
class Warnings:
    """Keeps the warnings with certain words.

    @ivar said: what they have said.
    """

    def __init__(self, words: str) -> None:
        self.said: list[str] = []
        self._words = words

    def __call__(self, event: LogEvent) -> None:
        text = formatEvent(event)
        if event.get("log_level") is LogLevel.warn and self._words in text:
            self.said.append(text)


class WayCase(VirtualCase):
    """A server that the module's TLS may not reach."""

    def setUp(self) -> None:
        super().setUp()
        seen = Warnings("tls=auto")
        self.warnings = seen.said
        globalLogPublisher.addObserver(seen)
        self.addCleanup(globalLogPublisher.removeObserver, seen)

    def newest(self, **arguments: Any) -> Any:
        """Give a server that has TLS 1.3 and nothing else."""
        return options_for(self.ca, HOST, lowest=SSL.TLS1_3_VERSION, **arguments)

    def auto(self, emulated: Any, **arguments: Any) -> AutoTLSEndpoint:
        """Make the endpoint."""
        values: dict[str, Any] = {"tls": TLSProfile(cacert=self.ca_path), **arguments}
        return AutoTLSEndpoint(emulated.modem(), HOST, PORT, **values)

    def host(self, emulated: Any, timeout: float = 60.0, **arguments: str) -> HandshakeEndpoint:
        """Make an endpoint with TLS on the host."""
        modem = emulated.modem()
        inner = ModuleTCPEndpoint(modem, HOST, PORT, mode=self.mode, timeout=timeout)
        tls = HostTLS.from_arguments(HOST, {"cacert": self.ca_path, **arguments})
        return HandshakeEndpoint(modem, inner, tls, f"{HOST}:{PORT}", timeout)

    def echo(self, client: Any) -> None:
        """Have bytes come back, and close."""
        client.transport.write(b"hello" * 1000)
        self.result_of(client.when_received(5000))
        self.assertEqual(bytes(client.received), b"hello" * 1000)
        client.transport.loseConnection()
        self.assertIsInstance(self.end_of(client), ConnectionDone)


class AutoTests(WayCase):
    """C{tls=auto}."""

    def test_module(self) -> None:
        """What the module can do, it does; nothing is said."""
        self.serve(Echo)
        emulated = self.emulate()
        endpoint = self.auto(emulated)
        self.assertTrue(verifyObject(IStreamClientEndpoint, endpoint))
        self.assertIn(f"{HOST}:{PORT}", repr(endpoint))
        client = self.result_of(endpoint.connect(factory_for(Peer)))
        self.assertFalse(hasattr(client.transport, "getPeerCertificate"))
        self.echo(client)
        self.assertEqual(self.warnings, [])

    def test_host(self) -> None:
        """A server with TLS 1.3 only is reached by the host, which says so once a connect."""
        for mode in MODES:
            self.network = type(self.network)(self.clock)
            self.warnings.clear()
            self.serve(Echo, self.newest())
            emulated = self.emulate()
            for count in (1, 2):
                endpoint = self.auto(emulated, mode=mode)
                client = self.result_of(endpoint.connect(factory_for(Peer)))
                version = client.transport.getHandle().get_protocol_version_name()
                self.assertEqual(version, "TLSv1.3")
                self.echo(client)
                self.assertEqual(len(self.warnings), count)
            self.assertIn(f"{HOST}:{PORT}", self.warnings[0])
            self.assertIn("566", self.warnings[0])

    def test_same_trust(self) -> None:
        """The host trusts no other CA than the module would, and says what is wrong."""
        self.serve(Echo, options_for(make_ca(), HOST))
        connecting = self.auto(self.emulate()).connect(factory_for(Peer))
        problem = self.refused(connecting, HostTLSFailed)
        self.one_line(problem, HOST, "does not verify", "the module's has failed too", "566")
        self.assertTrue(problem.unverified)
        self.assertIsInstance(problem.reason, SSL.Error)
        self.assertEqual(problem.code, 566)
        self.assertEqual(len(self.warnings), 1)

    def test_wrong_name(self) -> None:
        """The host compares the name whatever the firmware does."""
        options = options_for(self.ca, "other.example", lowest=SSL.TLS1_3_VERSION)
        self.serve(Echo, options)
        connecting = self.auto(self.emulate()).connect(factory_for(Peer))
        problem = self.refused(connecting, HostTLSFailed)
        self.one_line(problem, "another name")
        self.assertIsInstance(problem.reason, VerificationError)

    def test_closed_port(self) -> None:
        """Where nothing listens, no TLS helps: the host's TCP says what it is."""
        connecting = self.auto(self.emulate(hosts={})).connect(factory_for(Peer))
        self.refused(connecting, ModemDNSError)
        self.serve(Echo, port=PORT + 1)
        connecting = self.auto(self.emulate()).connect(factory_for(Peer))
        problem = self.refused(connecting, TCPOpenFailed)
        self.one_line(problem, f"{HOST}:{PORT}", "nothing listens")
        self.assertEqual(self.warnings, [])

    def test_other_failures(self) -> None:
        """A failure that is none of the handshake is told as it is."""
        self.serve(Echo, self.newest())
        emulated = self.emulate(faults=[OpenFails(code=565)])
        self.refused(self.auto(emulated).connect(factory_for(Peer)), ModemDNSError)
        self.assertEqual(self.warnings, [])

    def test_client_certificate(self) -> None:
        """The client certificate, the protocol and the second CA are the host's too."""
        client_ca, second = make_ca(), make_ca()
        leaf = client_ca.issue_cert("client.example")

        def choose(offered: Sequence[bytes]) -> bytes:
            return b"mqtt" if b"mqtt" in offered else b""

        self.serve(
            Echo,
            options_for(
                second,
                HOST,
                lowest=SSL.TLS1_3_VERSION,
                client_ca=client_ca.cert_pem.bytes(),
                alpn=choose,
            ),
        )
        tls = TLSProfile(
            cacert=self.ca_path,
            cacertex=self.write("second.pem", second.cert_pem.bytes()),
            client_cert=self.write("client.pem", leaf.cert_chain_pems[0].bytes()),
            client_key=self.write("client.key", leaf.private_key_pem.bytes()),
            alpn="mqtt",
        )
        client = self.result_of(self.auto(self.emulate(), tls=tls).connect(factory_for(Peer)))
        self.assertEqual(client.transport.negotiatedProtocol, b"mqtt")
        self.echo(client)

    def test_one_time(self) -> None:
        """Both tries have one time together."""
        answers = [True, False]

        class Leaving(Peer):
            def dataReceived(self, data: bytes) -> None:
                if answers and answers.pop(0):
                    self.transport.loseConnection()

        self.network.listen(HOST, PORT, factory_for(Leaving))
        emulated = self.emulate()
        self.result_of(emulated.modem().ready())
        began = self.clock.seconds()
        connecting = self.auto(emulated, timeout=15.0).connect(factory_for(Peer))
        self.one_line(self.refused(connecting, ModemTimeout), "TLS handshake")
        self.assertEqual((answers, len(self.warnings)), ([], 1))
        self.assertLessEqual(self.clock.seconds() - began, 15.0 + 1e-6)

    def test_refused(self) -> None:
        """What the host could not keep is refused by name when the endpoint is made."""
        modem = self.emulate().modem()
        for name, tls in (
            ("psk", TLSProfile(psk="00ff", psk_identity="me")),
            ("verify", TLSProfile(verify="none")),
            ("sni", TLSProfile(cacert=self.ca_path, sni=False)),
            ("cacert", TLSProfile(cacert="module:RAM:ca.pem")),
        ):
            error = self.assertRaises(InvalidValue, AutoTLSEndpoint, modem, HOST, PORT, tls)
            self.assertTrue(str(error).startswith(f"{name}:"), error)
        good = TLSProfile(cacert=self.ca_path)
        for name, values in (("port", (HOST, 0, good)), ("host", ("a_b.example", 1, good))):
            error = self.assertRaises(InvalidValue, AutoTLSEndpoint, modem, *values)
            self.assertTrue(str(error).startswith(f"{name}:"), error)


class HostTests(WayCase):
    """C{tls=host}: a connect ends with the handshake."""

    def test_order(self) -> None:
        """Made, told of the handshake, given to the application, then data."""
        for mode in MODES:
            self.network = type(self.network)(self.clock)
            self.mode = mode
            self.serve(Greeting, self.newest())
            client = self.result_of(self.host(self.emulate()).connect(factory_for(Listening)))
            self.assertEqual(client.told, ["made", "handshake"])
            self.result_of(client.when_received(7))
            self.assertEqual(bytes(client.received), b"welcome")
            client.transport.loseConnection()
            self.end_of(client)

    def fails(self, options: Any, *words: str) -> HostTLSFailed:
        """Connect in vain; no protocol is made."""
        self.network = type(self.network)(self.clock)
        self.serve(Peer, options)
        made: list[Peer] = []

        def make() -> Peer:
            made.append(Peer())
            return made[-1]

        problem = self.refused(self.host(self.emulate()).connect(factory_for(make)), HostTLSFailed)
        self.one_line(problem, f"{HOST}:{PORT}", *words)
        self.assertEqual(made, [])
        assert isinstance(problem, HostTLSFailed)
        return problem

    def test_refused(self) -> None:
        """Each way of not being the server that is wanted, in words."""
        day = timedelta(days=1)
        self.assertTrue(self.fails(options_for(self.ca, "b.example"), "another name").unverified)
        self.assertTrue(self.fails(options_for(make_ca(), HOST), "does not verify").unverified)
        old = options_for(self.ca, HOST, not_before=NOW - 3 * day, not_after=NOW - day)
        self.assertTrue(self.fails(old, "does not verify").unverified)
        slow = options_for(self.ca, HOST, highest=SSL.TLS1_1_VERSION)
        self.assertFalse(self.fails(slow).unverified)

    def test_breaks_off(self) -> None:
        """A server that ends in the middle of the handshake."""

        class Leaving(Peer):
            def dataReceived(self, data: bytes) -> None:
                self.transport.loseConnection()

        self.network.listen(HOST, PORT, factory_for(Leaving))
        self.verdicts_expected = True
        problem = self.refused(self.host(self.emulate()).connect(factory_for(Peer)), HostTLSFailed)
        self.one_line(problem, "closed the connection")

    def test_cancelled(self) -> None:
        """A connect that is given up in the middle of the handshake leaves nothing."""
        self.network.listen(HOST, PORT, factory_for(Peer))
        connecting = self.host(self.emulate()).connect(factory_for(Peer))
        self.settle(10.0)
        connecting.cancel()
        self.failureResultOf(connecting, ConnectingCancelledError)

    def test_factories(self) -> None:
        """A factory that wants no connection, and one that breaks; both are told when it ends."""

        class Broken(Exception):
            pass

        def broken(addr: object) -> Any:
            raise Broken

        for build, kind in ((lambda addr: None, NoProtocol), (broken, Broken)):
            self.network = type(self.network)(self.clock)
            self.serve(Peer)
            factory: Any = factory_for(Peer)
            stopped: list[bool] = []
            self.patch(factory, "buildProtocol", build)
            self.patch(factory, "stopFactory", lambda stopped=stopped: stopped.append(True))
            connecting = self.host(self.emulate()).connect(factory)
            self.assertIsInstance(self.refused(connecting), kind)
            self.settle(5.0)
            self.assertEqual(stopped, [True])

    def test_broken_protocol(self) -> None:
        """A connectionMade that raises is logged and ends the connection; nothing waits for it."""
        for module in (True, False):
            self.network = type(self.network)(self.clock)
            self.serve(Echo, None if module else self.newest())
            emulated = self.emulate()
            began = self.clock.seconds()
            broken = self.result_of(self.start(self.auto(emulated), Broken))
            kind = ZeroDivisionError if module else ConnectionLost
            self.assertIsInstance(self.end_of(broken), kind)
            self.assertLess(self.clock.seconds() - began, 2.0)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
            self.assertEqual(len(self.warnings), 0 if module else 1)
            self.result_of(emulated.close())
            self.settle(60.0)


class StringTests(StringCase):
    """What the arguments C{tls} and C{trust} go together with."""

    def names(self, argument: str, *words: str, **arguments: str) -> None:
        """Read in vain."""
        given = {"host": HOST, "device": "/dev/ttyUSB2", **arguments}
        error = self.assertRaises(InvalidValue, quectelssl_arguments, **given)
        self.assertTrue(str(error).startswith(f"{argument}: "), error)
        self.assertNotIn("\n", str(error))
        for word in words:
            self.assertIn(word, str(error))

    def test_host(self) -> None:
        """With C{tls=host}, what only the module has is refused by name."""
        for name, value in (
            ("ctx", "1"), ("cacertex", self.files.ca), ("sslVersion", "tls1.2"),
            ("ciphers", "all"), ("sni", "1"), ("psk", PSK), ("pskIdentity", "me"),
            ("sessionCache", "1"), ("renegotiation", "0"), ("negotiateTime", "30"),
            ("closeTimeMode", "s"), ("ignoreLocalTime", "1"),
            ("ignoreMultiCertChainVerify", "1"), ("ignoreInvalidCertSign", "1"),
        ):  # fmt: skip
            self.names(name, "tls=host", **{"tls": "host", name: value})
        self.names("verify", "tls=host", tls="host", verify="none")
        self.names("verify", tls="host", verify="nobody")
        self.names("identity", tls="host", identity="never")
        self.names("trust", "tls=host", tls="host", trust="discover")
        self.names("cacert", "tls=host", tls="host", cacert="module:RAM:ca.pem")
        self.names("clientKey", tls="host", clientCert=self.files.client)
        self.names("tls", "module, host, auto", tls="hots")

    def test_host_good(self) -> None:
        """The system is trusted where no CA is named; the host verifies and compares anyway."""
        read = quectelssl_arguments(host=HOST, device="/dev/x", tls="host")
        assert read.host_tls is not None
        self.assertEqual((read.way, read.tls, read.host_tls.cacert), ("host", None, None))
        read = self.read(tls="host", verify="peer", identity="require", alpn="mqtt")
        assert read.host_tls is not None and read.host_tls.cacert is not None
        self.assertEqual((len(read.host_tls.cacert), read.host_tls.alpn), (1, "mqtt"))

    def test_host_defaults(self) -> None:
        """The modem file's CA holds for the host; one that it cannot read, and a PSK, do not."""
        ca = os.path.abspath(self.files.ca)
        table = '[m]\ndevice = "/dev/x"\n[m.tls]\n'
        self.modems(f'{table}cacert = "{ca}"\nsslVersion = "tls1.0"\nalpn = ""\n')
        read = quectelssl_arguments(host=HOST, tls="host")
        assert read.host_tls is not None
        self.assertEqual(len(read.host_tls.cacert or ()), 1)
        for text, name in (
            ('cacert = "module:RAM:ca.pem"', "cacert"),
            (f'pskIdentity = "me"\npsk = "{PSK}"', "cacert"),
            (f'cacert = "{ca}"\ncacertex = "{ca}"', "cacertex"),
        ):
            self.modems(f"{table}{text}\n")
            error = self.assertRaises(InvalidValue, quectelssl_arguments, host=HOST, tls="host")
            self.assertTrue(str(error).startswith(f"{name}: "), error)

    def test_auto(self) -> None:
        """What the host cannot keep is refused with C{tls=auto}; the rest is the module's."""
        ca = self.files.ca
        self.names("verify", "cacert", tls="auto")
        self.names("verify", "tls=auto", tls="auto", verify="none")
        self.names("psk", "tls=auto", tls="auto", psk=PSK, pskIdentity="me")
        self.names("psk", "tls=auto", tls="auto", psk=PSK, pskIdentity="me", cacert=ca)
        self.names("ctx", "tls=auto", tls="auto", ctx="1")
        self.names("sni", "tls=auto", tls="auto", cacert=ca, sni="0")
        self.names("cacert", "tls=auto", tls="auto", cacert="module:RAM:ca.pem")
        self.names(
            "clientKey", "tls=auto", tls="auto", cacert=ca,
            clientCert=self.files.client, clientKey="module:RAM:key.pem",
        )  # fmt: skip
        read = self.read(tls="auto", ctx="1", sslVersion="tls1.1", ciphers="0X0035")
        assert read.tls is not None and read.host_tls is not None
        self.assertEqual((read.way, read.ctx, read.tls.ssl_version), ("auto", 1, "tls1.1"))

    def test_discover(self) -> None:
        """C{trust=discover} is in place of a CA."""
        ca = self.files.ca
        self.names("cacert", "trust=discover", trust="discover", cacert=ca)
        self.names("cacertex", "trust=discover", trust="discover", cacertex=ca)
        self.names("verify", "trust=discover", trust="discover", verify="none")
        self.names("trust", "PSK", trust="discover", psk=PSK, pskIdentity="me")
        self.names("trust", "discover", trust="always")
        self.modems('[m]\ndevice = "/dev/x"\n[m.tls]\nverify = "none"\nalpn = "mqtt"\n')
        read = quectelssl_arguments(host=HOST, trust="discover", ctx="2")
        assert read.tls is not None
        self.assertTrue(read.discover)
        self.assertEqual((read.tls.security_level, read.tls.alpn, read.ctx), (1, "mqtt", 2))


class SettingTests(SynchronousTestCase):
    """L{HostTLS} by itself."""

    def test_refused(self) -> None:
        """Bad values are named."""
        for name, call in (
            ("host", lambda: HostTLS("a b")),
            ("cacert", lambda: HostTLS(HOST, ())),
            ("alpn", lambda: HostTLS(HOST, alpn="h2,mqtt")),
            ("cacret", lambda: HostTLS.from_arguments(HOST, {"cacret": "x"})),
        ):
            error = self.assertRaises(InvalidValue, call)
            self.assertTrue(str(error).startswith(f"{name}: "), error)


class RealStringTests(RealCase):
    """Strings to a real server with TLS 1.3 only."""

    async def test_newest_only(self) -> None:
        """By C{quectelssl:} it fails with words that show the way; the way works."""
        options = options_for(self.ca, self.name, lowest=SSL.TLS1_3_VERSION)
        _, port = self.serve(Echo, options)
        device = self.device_arguments()
        endpoint = self.endpoint(self.string(port, device))
        problem = await self.assertFailure(self.connect(endpoint), TLSOpenFailed)
        for words in ("TLS 1.3", "quecteltls:", "tls=auto"):
            self.assertIn(words, str(problem))
        strings = [self.string(port, device, tls=way) for way in ("auto", "host")]
        strings.append(f"quecteltls:{device}:host={self.name}:port={port}:cacert={self.ca_path}")
        for string in strings:
            await self.exchange(string)

    async def exchange(self, string: str) -> None:
        """Connect, and have bytes come back."""
        endpoint: Any = clientFromString(reactor, string)
        client = await endpoint.connect(factory_for(Peer))
        client.transport.write(b"hello")
        await client.when_received(5)
        self.assertEqual(client.transport.getHandle().get_protocol_version_name(), "TLSv1.3")
        client.transport.loseConnection()
        await client.when_lost
