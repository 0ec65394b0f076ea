"""Connectors: what a factory of the old kind is told, and when."""

from __future__ import annotations

from typing import Any

from twisted.internet import error
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IConnector
from twisted.internet.protocol import ReconnectingClientFactory
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import HOST, MODES, PORT, factory_for
from tests.interface.bench import Client, InterfaceCase, MixedInterface
from twisted_quectel import ModemInterface, errors
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import ModuleSettings


class ConnectorTests(MixedInterface):
    """Mixed into a case for each access mode."""

    def connected(self, client: Client, interface: ModemInterface) -> Any:
        """Connect a factory; give its connector."""
        before = len(client.peers)
        connector = interface.connectTCP(HOST, PORT, client)
        self.until(lambda: len(client.peers) > before)
        self.settle()
        return connector

    def test_life(self) -> None:
        """Connecting, connected, disconnected: each once and in Twisted's order."""
        serving = self.plain(Echo)
        interface, client = self.interface(), Client()
        connector: Any = interface.connectTCP(HOST, PORT, client)
        self.assertEqual(client.take(), ["doStart", "startedConnecting"])
        self.assertTrue(verifyObject(IConnector, connector))
        self.assertEqual((client.connectors, connector.state), ([connector], "connecting"))
        self.assertIsNone(connector.transport)
        self.until(lambda: client.peers)
        self.settle()
        self.assertEqual((client.take(), connector.state), (["buildProtocol"], "connected"))
        peer = client.peers[0]
        self.assertIs(connector.transport, peer.transport)
        peer.transport.write(b"hello")
        self.result_of(peer.when_received(5))
        connector.disconnect()
        self.until(lambda: client.reasons)
        self.assertEqual((client.take(), connector.state), (["lost", "doStop"], "disconnected"))
        self.assertIsInstance(client.reasons[0].value, error.ConnectionDone)
        self.assertIsInstance(peer.reasons[0].value, error.ConnectionDone)
        self.until(lambda: serving.peers[0].reasons)
        self.assertIsNone(connector.transport)
        connector.disconnect()
        self.assertEqual(client.take(), [])
        self.assertIn("disconnected", repr(connector))

    def test_addresses(self) -> None:
        """The peer is an address, though a name was asked for; the connector tells that name."""
        self.plain()
        interface, client = self.interface(), Client()
        connector = self.connected(client, interface)
        transport = client.peers[0].transport
        address = self.network.add_host(HOST)
        self.assertEqual(transport.getPeer(), IPv4Address("TCP", address, PORT))
        self.assertEqual(transport.getHost(), IPv4Address("TCP", "10.7.157.1", 0))
        self.assertEqual(connector.getDestination(), IPv4Address("TCP", HOST, PORT))
        connector.disconnect()
        self.end_of(client.peers[0])

    def test_again_from_lost(self) -> None:
        """connect() from within clientConnectionLost: the factory is not stopped in between."""
        self.plain()
        interface, client = self.interface(), Client()
        connector = self.connected(client, interface)
        client.take()
        client.then = lambda connector: connector.connect()
        connector.disconnect()
        self.until(lambda: len(client.peers) == 2)
        self.assertEqual(client.take(), ["lost", "startedConnecting", "buildProtocol"])
        client.then = lambda connector: None
        self.settle()
        connector.disconnect()
        self.until(lambda: len(client.reasons) == 2)
        self.assertEqual(client.take(), ["lost", "doStop"])

    def test_failed_and_again(self) -> None:
        """A refused connect is told with the module's reason; connect() works from within it."""
        self.network.add_host(HOST)
        interface, client = self.interface(), Client()
        tries = iter([lambda connector: connector.connect(), lambda connector: None])
        client.then = lambda connector: next(tries)(connector)
        connector: Any = interface.connectTCP(HOST, PORT, client)
        self.until(lambda: len(client.reasons) == 2)
        expected = ["doStart", "startedConnecting", "failed", "startedConnecting", "failed"]
        self.assertEqual(client.take(), [*expected, "doStop"])
        for reason in client.reasons:
            self.assertIsInstance(reason.value, errors.TCPOpenFailed)
            self.assertIsInstance(reason.value, error.ConnectError)
        self.assertEqual(connector.state, "disconnected")

    def test_stop_connecting(self) -> None:
        """stopConnecting at any time: UserError at once, nothing of it left on the module."""
        self.plain()
        for turns in (0, 1, 3, 10, 30, 60, 100):
            interface, client = self.interface(), Client()
            connector: Any = interface.connectTCP(HOST, PORT, client)
            for _ in range(turns):
                if connector.state == "connecting":
                    self.clock.turn()
            if connector.state != "connecting":
                connector.disconnect()
                self.until(lambda client=client: client.reasons)  # type: ignore[misc]
                continue
            client.take()
            connector.stopConnecting()
            self.assertEqual(client.take(), ["failed", "doStop"], turns)
            self.assertIsInstance(client.reasons[0].value, error.UserError)
            self.assertRaises(error.NotConnectingError, connector.stopConnecting)
            self.settle(30.0)
            self.assertEqual(([*self.emulated.module.sockets], client.take()), ([], []), turns)

    def test_stop_when_started(self) -> None:
        """stopConnecting from within startedConnecting, and connect() from that failure."""
        self.plain()
        interface, client = self.interface(), Client()
        client.at_start = lambda connector: len(client.events) < 3 and connector.stopConnecting()
        client.then = lambda connector: connector.connect()
        interface.connectTCP(HOST, PORT, client)
        self.assertEqual(
            client.take(), ["doStart", "startedConnecting", "failed", "startedConnecting"]
        )
        self.until(lambda: client.peers)
        client.then = lambda connector: None
        self.settle()
        client.peers[0].transport.loseConnection()
        self.end_of(client.peers[0])

    def test_connect_twice(self) -> None:
        """connect() while it does, or is, is an error in the program."""
        self.plain()
        interface, client = self.interface(), Client()
        connector = interface.connectTCP(HOST, PORT, client)
        self.assertRaises(RuntimeError, connector.connect)
        self.until(lambda: client.peers)
        self.assertRaises(RuntimeError, connector.connect)
        self.settle()
        connector.disconnect()
        self.end_of(client.peers[0])

    def test_no_protocol(self) -> None:
        """buildProtocol that gives None: the connection is closed, and ends like others."""
        serving = self.plain()
        interface, client = self.interface(), Client(lambda: None)
        interface.connectTCP(HOST, PORT, client)
        self.until(lambda: client.reasons)
        self.assertEqual(
            client.take(), ["doStart", "startedConnecting", "buildProtocol", "lost", "doStop"]
        )
        self.assertIsInstance(client.reasons[0].value, error.ConnectionDone)
        self.until(lambda: serving.peers[0].reasons)

    def test_broken_protocol(self) -> None:
        """buildProtocol that raises: it is logged, and the connect has failed with that."""
        self.plain()

        def broken() -> Any:
            raise ZeroDivisionError("from within")

        interface, client = self.interface(), Client(broken)
        interface.connectTCP(HOST, PORT, client)
        self.until(lambda: client.reasons)
        self.assertEqual(client.take()[-2:], ["failed", "doStop"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_broken_factory(self) -> None:
        """A factory that raises when it is told: it is logged, and stopped all the same."""
        self.plain()
        interface, client = self.interface(), Client()

        def broken(connector: object) -> None:
            raise ZeroDivisionError("from within")

        client.then = broken
        self.connected(client, interface).disconnect()
        self.until(lambda: client.reasons)
        self.assertEqual(client.take()[-2:], ["lost", "doStop"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_disconnect_from_within(self) -> None:
        """disconnect() from buildProtocol and connectionMade: one end, in order."""
        self.plain()

        class Leaving(Peer):
            def connectionMade(self) -> None:
                self.factory.connectors[0].disconnect()

        interface = self.interface()
        for early in (True, False):
            client = Client(Leaving)
            if early:

                def build(client: Client = client) -> Peer:
                    client.connectors[0].disconnect()
                    return Peer()

                client = Client(build)
                build.__defaults__ = (client,)
            interface.connectTCP(HOST, PORT, client)
            self.until(lambda client=client: client.reasons)  # type: ignore[misc]
            self.assertEqual(client.take()[-2:], ["lost", "doStop"], early)
            self.assertIsInstance(client.peers[0].reasons[0].value, error.ConnectionDone)

    def test_reconnecting(self) -> None:
        """ReconnectingClientFactory comes back by itself, until it is told to stop."""
        serving = self.plain()
        interface = self.interface()

        class Again(ReconnectingClientFactory):
            noisy = False
            clock: Any = self.clock
            initialDelay = 0.5
            peers: list[Any] = []  # noqa: RUF012 - of this one test

            def buildProtocol(self, addr: Any) -> Any:
                self.resetDelay()
                self.peers.append(Peer())
                return self.peers[-1]

        factory = Again()
        connector = interface.connectTCP(HOST, PORT, factory)
        for count in (1, 2, 3):
            self.until(lambda count=count: len(serving.peers) == count)  # type: ignore[misc]
            self.settle()
            serving.peers[-1].transport.abortConnection()
            self.until(lambda count=count: factory.peers[count - 1].reasons)  # type: ignore[misc]
        self.until(lambda: len(factory.peers) == 4)
        factory.stopTrying()
        self.settle()
        connector.disconnect()
        self.end_of(factory.peers[-1])


class TimeoutTests(InterfaceCase):
    """How long it takes at most."""

    def test_lookup(self) -> None:
        """A lookup that takes too long is a time-out, and says so."""
        self.plain()
        interface, client = self.ready(), Client()
        self.network._latency = 20.0
        interface.connectTCP(HOST, PORT, client, timeout=5)
        self.until(lambda: client.reasons)
        problem = client.reasons[0].value
        self.assertIsInstance(problem, error.TimeoutError)
        self.one_line(problem, f"{HOST}:{PORT}", "5 s", "name")
        self.settle(60.0)

    def test_connect(self) -> None:
        """What the lookup has left of the time is that of the connect."""
        self.plain()
        interface, client = self.ready(), Client()
        self.network._latency = 3.0
        began = self.clock.seconds()
        interface.connectTCP(HOST, PORT, client, timeout=5)
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, errors.ModemTimeout)
        self.assertAlmostEqual(self.clock.seconds() - began, 5.0, 1)
        self.settle(60.0)

    def test_no_limit(self) -> None:
        """None is no limit, as with Twisted's connectors; no call is left behind."""
        self.plain()
        interface, client = self.ready(), Client()
        self.network._latency = 40.0
        connector = interface.connectTCP("198.51.100.7", PORT, client, timeout=None)
        self.network.listen("198.51.100.7", PORT, factory_for(Peer))
        self.settle(35.0)
        self.assertEqual(client.reasons, [])
        self.until(lambda: client.peers, 200.0)
        self.settle()
        connector.disconnect()
        self.end_of(client.peers[0])
        self.settle(60.0)

    def test_modem_that_does_not_come_up(self) -> None:
        """A modem without a network: what is in its way is the reason."""
        interface = self.interface(settings=ModuleSettings(registration=2))
        client = Client()
        interface.connectTCP(HOST, PORT, client, timeout=20)
        self.until(lambda: client.reasons, 200.0)
        self.assertIsInstance(client.reasons[0].value, errors.RegistrationError)
        self.assertEqual(client.take()[-2:], ["failed", "doStop"])

    def test_closed_modem(self) -> None:
        """A modem that was closed: failed, in a later turn."""
        interface, client = self.ready(), Client()
        self.emulated.modem().close()
        self.settle(1.0)
        interface.connectTCP("198.51.100.7", PORT, client)
        self.assertEqual(client.reasons, [])
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, errors.ModemClosed)


class BadInputTests(InterfaceCase):
    """What is refused."""

    def test_arguments(self) -> None:
        """What is out of range is named at once, and the factory never started."""
        interface, client = self.interface(), Client()
        for name, values in (
            ("host", {"host": "a b"}),
            ("host", {"host": ""}),
            ("host", {"host": b"a"}),
            ("port", {"port": 0}),
            ("port", {"port": 65536}),
            ("port", {"port": None}),
            ("timeout", {"timeout": 0}),
            ("bindAddress", {"bindAddress": ("127.0.0.1", 0)}),
            ("bindAddress", {"bindAddress": ("", 4711)}),
            ("bindAddress", {"bindAddress": "192.0.2.1"}),
            ("bindAddress", {"bindAddress": 5}),
        ):
            given: dict[str, Any] = {"host": HOST, "port": PORT, "factory": client, **values}
            problem = self.assertRaises(InvalidValue, interface.connectTCP, **given)
            self.assertTrue(str(problem).startswith(name + ":"), problem)
        self.assertEqual(client.take(), [])
        self.assertTrue(self.emulated.modem().idle)

    def test_any_bind_address(self) -> None:
        """What says any address and any port is as good as nothing."""
        self.plain()
        interface = self.interface()
        for given in (None, "", ("", 0), ("0.0.0.0", 0), ("::", 0), (b"", 0)):
            client = Client()
            connector = interface.connectTCP(HOST, PORT, client, bindAddress=given)
            self.until(lambda client=client: client.peers)  # type: ignore[misc]
            self.settle()
            connector.disconnect()
            self.end_of(client.peers[0])

    def test_service(self) -> None:
        """A port may be the name of a service, as with Twisted; one that nobody knows is told."""
        serving = self.plain(port=80)
        interface, client = self.interface(), Client()
        name: Any = "http"
        connector = interface.connectTCP(HOST, name, client)
        self.until(lambda: serving.peers)
        self.settle()
        connector.disconnect()
        self.end_of(client.peers[0])
        name = "no-such-service"
        self.assertRaises(error.ServiceNameUnknownError, interface.connectTCP, HOST, name, client)

    def test_no_such_name(self) -> None:
        """A name that does not resolve is a DNSLookupError with the module's code."""
        interface, client = self.interface(), Client()
        interface.connectTCP("nobody.example", PORT, client)
        self.until(lambda: client.reasons)
        problem = client.reasons[0].value
        self.assertIsInstance(problem, error.DNSLookupError)
        self.assertIsInstance(problem, error.ConnectError)
        assert isinstance(problem, errors.ModemDNSError)
        self.assertEqual(problem.code, 565)
        self.one_line(problem, "host: nobody.example", "565")
        assert problem.command is not None
        self.assertIn("AT+QIDNSGIP", problem.command)

    def test_address_family(self) -> None:
        """An address of a kind that the PDP context lacks is refused, and nothing opened."""
        interface, client = self.ready(), Client()
        self.watch()
        connector = interface.connectTCP("2001:db8::1", PORT, client)
        self.assertEqual(connector.getDestination(), IPv6Address("TCP", "2001:db8::1", PORT))
        self.until(lambda: client.reasons)
        problem = client.reasons[0].value
        self.assertIsInstance(problem, errors.UnsupportedOperation)
        self.one_line(problem, "host: 2001:db8::1", "IPv6", "10.7.157.1", "ipv4v6")
        self.assertEqual(self.sent("+QIOPEN"), [])

    def test_both_families(self) -> None:
        """A context with both kinds has both, and the own address is of the peer's kind."""
        self.description = {"ip": "ipv4v6"}
        interface = self.ready()
        for host, own in (("198.51.100.7", "10.7.157.1"), ("2001:db8::7", "2001:db8:7:157::1")):
            serving = self.plain(host=host)
            client = Client()
            connector = interface.connectTCP(host, PORT, client)
            self.until(lambda serving=serving: serving.peers)  # type: ignore[misc]
            self.settle()
            self.assertEqual(client.peers[0].transport.getHost().host, own)
            connector.disconnect()
            self.end_of(client.peers[0])

    def test_constructor(self) -> None:
        """What the interface is given is checked by name."""
        modem: Any = self.emulate().modem()
        for name, given, values in (
            ("modem", object(), {}),
            ("pdp", modem, {"pdp": 17}),
            ("mode", modem, {"mode": "raw"}),
            ("busy", modem, {"busy": "maybe"}),
            ("closed", modem, {"closed": 1}),
        ):
            arguments: dict[str, Any] = {**values}
            problem = self.assertRaises(InvalidValue, ModemInterface, given, **arguments)
            self.assertTrue(str(problem).startswith(name + ":"), problem)
        self.assertIn("emulated", repr(ModemInterface(modem, 3, busy="fail", closed="lost")))


for _mode in MODES:
    _name = f"{_mode.capitalize()}ConnectorTests"
    globals()[_name] = type(
        _name, (ConnectorTests, InterfaceCase), {"mode": _mode, "__module__": __name__}
    )
