"""Plain TCP over the module: C{quecteltcp:} and L{ModuleTCPEndpoint}."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHandshakeListener
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.test_producers import ProducerTests
from tests.endpoint.tokens import Stream
from tests.endpoint.virtual import HOST, MODES, PORT, Mixed, VirtualCase
from tests.modules import family_of
from twisted_quectel import ModuleTCPEndpoint
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import Link
from twisted_quectel.errors import ModemDNSError, ModuleLost, SendFailed, TCPOpenFailed
from twisted_quectel.testing import EmulatedModule


class PlainCase(VirtualCase):
    """A bench whose servers have no TLS."""

    def serve(
        self, make: Any = Peer, options: Any = None, host: str = HOST, port: int = PORT
    ) -> Any:
        """Start a server."""
        serving = Serving(make)
        self.network.listen(host, port, serving)
        return serving

    def endpoint(self, emulated: EmulatedModule, **arguments: Any) -> Any:
        """Make an endpoint to the server."""
        values: dict[str, Any] = {"host": HOST, "port": PORT, "mode": self.mode, **arguments}
        return ModuleTCPEndpoint(emulated.modem(), **values)


class TCPTests(Mixed):
    """Mixed into a case for each access mode."""

    def connected(self, make: Any = Echo, **arguments: Any) -> tuple[Any, Any]:
        """Give both ends of a connection."""
        self.serving = self.serve(make)
        self.emulated = self.emulate(**arguments)
        client = self.connect(self.endpoint(self.emulated))
        return client, self.serving.peers[0]

    def test_echo(self) -> None:
        """Bytes that mean something to a module go both ways; both ends close in order."""
        client, server = self.connected(link=Link(cut=300, seed=3))
        data = b"".join(Stream(20_000, 5).pieces())
        client.transport.write(data)
        self.result_of(client.when_received(len(data)))
        self.assertEqual(bytes(client.received), data)
        client.transport.loseConnection()
        self.assertIsInstance(self.end_of(client), ConnectionDone)
        self.until(lambda: server.reasons)
        self.assertIsInstance(server.reasons[0].value, ConnectionDone)

    def test_server_closes(self) -> None:
        """What the server has sent before its close comes, then the end."""
        client, server = self.connected(Peer)
        server.transport.write(b"the tail" * 500)
        server.transport.loseConnection()
        self.assertIsInstance(self.end_of(client), ConnectionDone)
        self.assertEqual(bytes(client.received), b"the tail" * 500)

    def test_abort(self) -> None:
        """abortConnection resets the server's connection."""
        client, server = self.connected(Peer)
        client.transport.abortConnection()
        self.until(lambda: server.reasons, 20.0)
        self.assertIsInstance(server.reasons[0].value, self.server_is_told)

    def test_refused(self) -> None:
        """A port on which nobody listens."""
        self.network.add_host(HOST)
        emulated = self.emulate()
        problem = self.refused(self.start(self.endpoint(emulated)), TCPOpenFailed, ConnectError)
        self.one_line(problem, f"{HOST}:{PORT}", "nothing listens")
        code = {"gsm": -1, "sim52xx": 1}.get(family_of(self.model), 566)
        self.assertEqual(problem.code, code)
        self.assertIn("AT+CIPOPEN" if code == 1 else "AT+QIOPEN", problem.command)
        self.assertNotIn("certificate", problem.explain())

    def test_no_such_host(self) -> None:
        """A name that does not resolve."""
        emulated = self.emulate()
        tells = family_of(self.model) != "gsm"
        kind = ModemDNSError if tells else TCPOpenFailed
        self.refused(self.start(self.endpoint(emulated)), kind)

    def test_module_lost(self) -> None:
        """The end of the module ends the connection; the next one works."""
        client, _ = self.connected()
        self.emulated.module.restart()
        self.settle(10.0)
        if not client.reasons:
            client.transport.write(b"x")
        self.assertIsInstance(self.end_of(client, 90.0), (ModuleLost, SendFailed, ConnectionLost))
        self.verdicts_expected = True
        again = self.connect(self.endpoint(self.emulated), seconds=120.0)
        again.transport.loseConnection()
        self.end_of(again)

    def test_no_handshake(self) -> None:
        """There is no handshake to be told of."""

        @implementer(IHandshakeListener)
        class Listening(Peer):
            told = False

            def handshakeCompleted(self) -> None:
                self.told = True

        self.serve(Echo)
        client = self.connect(self.endpoint(self.emulate()), Listening)
        self.assertTrue(verifyObject(IHandshakeListener, client))
        self.assertFalse(client.told)
        client.transport.loseConnection()
        self.end_of(client)


class ArgumentTests(PlainCase):
    """What the endpoint is given."""

    def test_refused(self) -> None:
        """What is out of range is named."""
        modem = self.emulate().modem()
        for argument, values in (
            ("port", {"port": 0}),
            ("port", {"port": 70000}),
            ("host", {"host": 'x",443\rAT+QPOWD'}),
            ("pdp", {"pdp": 17}),
            ("mode", {"mode": "raw"}),
            ("busy", {"busy": "maybe"}),
            ("timeout", {"timeout": -1}),
        ):
            given: dict[str, Any] = {"host": HOST, "port": PORT, **values}
            error = self.assertRaises(InvalidValue, ModuleTCPEndpoint, modem, **given)
            self.assertTrue(str(error).startswith(argument), error)
        self.assertRaises(InvalidValue, ModuleTCPEndpoint, None, HOST, PORT)

    def test_shown(self) -> None:
        """It says what it is."""
        endpoint = self.endpoint(self.emulate())
        self.assertEqual(repr(endpoint), f"<ModuleTCPEndpoint {HOST}:{PORT} by emulated>")

    def test_beside_tls(self) -> None:
        """Connections with and without TLS share the module's ids and its port."""
        emulated = self.emulate()
        self.serve(Echo)
        VirtualCase.serve(self, Echo, host="tls.example", port=2)
        tls = VirtualCase.endpoint(self, emulated, host="tls.example", port=2)
        plain = self.endpoint(emulated)
        peers = [self.connect(each) for each in (tls, plain) * 6]
        ids = {peer.transport._socket.id for peer in peers}
        self.assertEqual(len(ids), 12)
        for number, peer in enumerate(peers):
            peer.transport.write(b"%d" % number)
        for number, peer in enumerate(peers):
            self.result_of(peer.when_received(len(b"%d" % number)))
            self.assertEqual(bytes(peer.received), b"%d" % number)
            peer.transport.loseConnection()
            self.end_of(peer)


for _mode in MODES:
    for _kind in (TCPTests, ProducerTests):
        _name = f"{_mode.capitalize()}{_kind.__name__}"
        globals()[_name] = type(_name, (_kind, PlainCase), {"mode": _mode, "__module__": __name__})
