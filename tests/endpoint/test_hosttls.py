"""TLS on the host over the module's TCP, and the strings C{quecteltcp:} and C{quecteltls:}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectionDone, NoProtocol
from twisted.internet.interfaces import IReactorCore, ISSLTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import HOST, MODES, PORT, VirtualCase, factory_for
from tests.tlsservers import make_ca, options_for
from twisted_quectel import ModuleTCPEndpoint
from twisted_quectel.at import InvalidValue
from twisted_quectel.hosttls import HostTLS, HostTLSEndpoint
from twisted_quectel.tcpstrings import QuectelTCPParser, QuectelTLSParser


class Replying(Peer):
    """Answers the first bytes, says farewell, and closes at once."""

    reply = b""

    def dataReceived(self, data: bytes) -> None:
        """Answer once."""
        super().dataReceived(data)
        if len(self.received) == len(data):
            self.transport.write(self.reply)
            # TLS would wait for the other side's farewell
            self.transport.loseConnection()
            self.transport.transport.loseConnection()


class HostTLSTests(VirtualCase):
    """What no module can give."""

    def over(self, options: Any, mode: str | None = None, **arguments: str) -> Any:
        """Connect to a server over a module; give the protocol."""
        self.network = type(self.network)(self.clock)
        self.serving = self.serve(Echo, options)
        self.emulated = self.emulate()
        inner = ModuleTCPEndpoint(self.emulated.modem(), HOST, PORT, mode=mode)
        tls = HostTLS.from_arguments(HOST, arguments)
        endpoint = HostTLSEndpoint(self.emulated.modem(), inner, tls)
        self.assertIn(HOST, repr(endpoint))
        return self.result_of(endpoint.connect(factory_for(Peer)))

    def echo(self, client: Any, size: int = 5000) -> None:
        """Have bytes come back."""
        data = bytes(range(256)) * (size // 256)
        client.transport.write(data)
        self.result_of(client.when_received(len(data)))
        self.assertEqual(bytes(client.received), data)

    def test_version(self) -> None:
        """TLS 1.3, in each access mode; the certificate can be looked at."""
        for mode in MODES:
            options = options_for(self.ca, HOST, lowest=SSL.TLS1_3_VERSION)
            client = self.over(options, mode, cacert=self.ca_path)
            self.echo(client, 20_000)
            self.assertTrue(ISSLTransport.providedBy(client.transport))
            self.assertEqual(client.transport.getHandle().get_protocol_version_name(), "TLSv1.3")
            self.assertEqual(options.names, [HOST.encode()])
            client.transport.loseConnection()
            self.assertIsInstance(self.end_of(client), ConnectionDone)

    def refuses(self, options: Any, **arguments: str) -> Any:
        """Connect in vain; give the reason."""
        client = self.over(options, **arguments)
        client.transport.write(b"not for anybody else")
        reason = self.end_of(client)
        self.assertEqual([bytes(peer.received) for peer in self.serving.peers], [b""])
        return reason

    def test_wrong_name(self) -> None:
        """A certificate of the right CA for another name."""
        reason = self.refuses(options_for(self.ca, "other.example"), cacert=self.ca_path)
        self.assertIsInstance(reason, VerificationError)

    def test_wrong_ca(self) -> None:
        """A certificate of another CA, and one that the system does not trust."""
        for arguments in ({"cacert": self.ca_path}, {}):
            reason = self.refuses(options_for(make_ca(), HOST), **arguments)
            self.assertIsInstance(reason, SSL.Error)

    def test_client_certificate(self) -> None:
        """A client certificate, and a protocol that is agreed on."""
        client_ca = make_ca()
        leaf = client_ca.issue_cert("client.example")

        def choose(offered: Sequence[bytes]) -> bytes:
            return b"mqtt" if b"mqtt" in offered else b""

        client = self.over(
            options_for(self.ca, HOST, client_ca=client_ca.cert_pem.bytes(), alpn=choose),
            cacert=self.ca_path,
            clientCert=self.write("client.pem", leaf.cert_chain_pems[0].bytes()),
            clientKey=self.write("client.key", leaf.private_key_pem.bytes()),
            alpn="mqtt",
        )
        self.echo(client)
        self.assertEqual(client.transport.negotiatedProtocol, b"mqtt")
        client.transport.loseConnection()
        self.end_of(client)

    def test_client_chain(self) -> None:
        """A client whose certificate leads to its CA by another one."""
        client_ca = make_ca()
        leaf = client_ca.create_child_ca().issue_cert("client.example")
        chain = b"".join(each.bytes() for each in leaf.cert_chain_pems)
        self.assertEqual(chain.count(b"BEGIN"), 2)
        client = self.over(
            options_for(self.ca, HOST, client_ca=client_ca.cert_pem.bytes()),
            cacert=self.ca_path,
            clientCert=self.write("client.pem", chain),
            clientKey=self.write("client.key", leaf.private_key_pem.bytes()),
        )
        self.echo(client)
        client.transport.loseConnection()
        self.end_of(client)

    def ended(self, mode: str, data: bytes, reply: bytes) -> Any:
        """Have a server answer and close in order; give the client."""
        # TLS's farewell, or what is still written, crosses the end on its way
        self.verdicts_expected = True
        server = Replying
        server.reply = reply
        self.network = type(self.network)(self.clock)
        self.serving = self.serve(server, options_for(self.ca, HOST))
        modem = self.emulate().modem()
        inner = ModuleTCPEndpoint(modem, HOST, PORT, mode=mode)
        tls = HostTLS.from_arguments(HOST, {"cacert": self.ca_path})
        connecting = HostTLSEndpoint(modem, inner, tls).connect(factory_for(Peer))
        client = self.result_of(connecting)
        client.transport.write(data)
        return client

    def test_server_ends(self) -> None:
        """A server answers and closes in order: that nobody takes TLS's farewell is no loss."""
        for mode in MODES:
            for reply in (b"bye", b"much" * 20_000):
                client = self.ended(mode, b"hello", reply)
                self.assertIsInstance(self.end_of(client, 60.0), ConnectionDone, mode)
                self.assertEqual(bytes(client.received), reply)

    def test_server_ends_too_early(self) -> None:
        """One that closes before it has taken all is a loss."""
        for mode in ("buffer", "push"):
            client = self.ended(mode, b"hello" * 40_000, b"bye")
            self.assertNotIsInstance(self.end_of(client, 60.0), ConnectionDone)

    def test_no_protocol(self) -> None:
        """A factory that wants no connection gets C{NoProtocol}, as with the other prefixes."""
        self.serve(Echo)
        modem = self.emulate().modem()
        inner = ModuleTCPEndpoint(modem, HOST, PORT)
        tls = HostTLS.from_arguments(HOST, {"cacert": self.ca_path})
        factory = factory_for(Peer)
        self.patch(factory, "buildProtocol", lambda addr: None)
        connecting = HostTLSEndpoint(modem, inner, tls).connect(factory)
        self.until(lambda: connecting.called, 60)
        self.failureResultOf(connecting, NoProtocol)


class ParserTests(SynchronousTestCase):
    """What is wrong is named when the string is parsed."""

    def setUp(self) -> None:
        self.ca_path = str(self.mktemp()) + "ca.pem"
        with open(self.ca_path, "wb") as file:
            file.write(make_ca().cert_pem.bytes())

    def fails(self, parser: Any, argument: str, *words: str, **given: str) -> None:
        """Parse in vain."""
        values = {"host": HOST, "port": "1883", "device": "/dev/ttyX", **given}
        values = {name: value for name, value in values.items() if value != "-"}
        error = self.assertRaises(InvalidValue, parser.parseStreamClient, reactor, **values)
        self.assertTrue(str(error).startswith(f"{argument}:"), error)
        self.assertNotIn("\n", str(error))
        for word in words:
            self.assertIn(word, str(error))

    def test_both(self) -> None:
        """What both have."""
        for parser in (QuectelTCPParser(), QuectelTLSParser()):
            for argument, value in (
                ("port", "0"),
                ("pdp", "17"),
                ("mode", "raw"),
                ("busy", "maybe"),
                ("closed", "x"),
                ("timeout", "-3"),
                ("host", "a b"),
            ):
                self.fails(parser, argument, **{argument: value})
            self.fails(parser, "cacerd", "no such argument", cacerd="x")
            self.fails(parser, "ctx", "quectelssl", ctx="1")
            self.fails(parser, "dtls", "datagrams", dtls="1")

    def test_tcp(self) -> None:
        """A port has to be given; there is no TLS."""
        self.fails(QuectelTCPParser(), "port", "must be given", port="-")
        self.fails(QuectelTCPParser(), "cacert", "quectelssl", cacert=self.ca_path)

    def test_tls(self) -> None:
        """Files that are not what they should be."""
        parser = QuectelTLSParser()
        self.fails(parser, "cacert", "cannot read", cacert="/nowhere/ca.pem")
        self.fails(parser, "clientKey", "clientCert", clientCert=self.ca_path)
        self.fails(parser, "clientCert", "clientKey", clientKey=self.ca_path)
        self.fails(parser, "clientKey", clientCert=self.ca_path, clientKey=self.ca_path)
        for alpn in ("", "h2,http/1.1", "a\0b", "a b", "x" * 256, "ü"):
            self.fails(parser, "alpn", alpn=alpn)
        for host in ("my_host.example", "a-.example"):
            self.fails(parser, "host", "certificate", host=host)


class StringTests(RealCase):
    """Strings to servers on loopback."""

    async def echo(self, string: str) -> None:
        """Connect by a string, and have bytes come back."""
        endpoint: Any = clientFromString(reactor, string)
        self.addCleanup(endpoint.modem.close)
        client = await endpoint.connect(factory_for(Peer))
        data = bytes(range(256)) * 100
        client.transport.write(data)
        await client.when_received(len(data))
        self.assertEqual(bytes(client.received), data)
        client.transport.loseConnection()
        await client.when_lost
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)

    async def test_tcp(self) -> None:
        """C{quecteltcp:} on a pty."""
        serving = Serving(Echo)
        port = self.listen(serving)
        self.addCleanup(serving.all_lost)
        device = self.emulate().pty()
        self.assertTrue(IReactorCore.providedBy(reactor))
        await self.echo(f"quecteltcp:host={HOST}:port={port}:device={device}")

    async def test_tls(self) -> None:
        """C{quecteltls:} on a pty."""
        _, port = self.serve(Echo)
        device = self.emulate().pty()
        await self.echo(f"quecteltls:host={HOST}:port={port}:device={device}:cacert={self.ca_path}")
