"""TCP ports of the module."""

from __future__ import annotations

from typing import Any

from twisted.internet import error
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IListeningPort, ITCPTransport
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.virtual import HOST, PORT
from tests.interface.bench import OWN, Client, InterfaceCase
from twisted_quectel import ModemInterface, ModuleTCPEndpoint, errors
from twisted_quectel.at import InvalidValue
from twisted_quectel.families.base import Limits
from twisted_quectel.families.lte import LTEFamily


class Server(Serving):
    """Counts its starts."""

    def __init__(self, make: Any = Peer) -> None:
        super().__init__(make)
        self.addresses: list[Any] = []

    def buildProtocol(self, addr: object) -> Peer:
        self.addresses.append(addr)
        return super().buildProtocol(addr)


class PortCase(InterfaceCase):
    """What there is to listen with."""

    def setUp(self) -> None:
        super().setUp()
        self.told: list[str] = []

        @implementer(ILogObserver)
        def observe(event: LogEvent) -> None:
            self.told.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    def listen(
        self, virtual: ModemInterface, port: int = 2020, make: Any = Peer, **arguments: Any
    ) -> tuple[Any, Server]:
        """Listen, and wait until the module does."""
        server = Server(make)
        listening: Any = virtual.listenTCP(port, server, **arguments)
        self.assertIs(self.result_of(listening.when_listening()), listening)
        return listening, server

    def refused_at_once(self, virtual: ModemInterface, *words: str, **arguments: Any) -> Any:
        """Have a listenTCP refused."""
        given: dict[str, Any] = {"port": 2020, "factory": Server(), **arguments}
        problem = self.assertRaises(error.CannotListenError, virtual.listenTCP, **given)
        self.assertIsInstance(problem, errors.ModemListenError)
        self.one_line(problem, *words)
        self.assertEqual(given["factory"].numPorts, 0)
        return problem


class ListeningTests(PortCase):
    """What comes in."""

    def test_both_ways(self) -> None:
        """Who connects to the module is a connection like any other, until either end closes."""
        interface = self.ready()
        listening, server = self.listen(interface, make=Echo)
        self.assertTrue(verifyObject(IListeningPort, listening))
        self.assertEqual(listening.getHost(), IPv4Address("TCP", OWN, 2020))
        self.assertEqual((server.numPorts, listening.listening), (1, True))
        outside = self.result_of(self.call_in(2020))
        self.until(lambda: server.peers)
        transport = server.peers[0].transport
        self.assertTrue(verifyObject(ITCPTransport, transport))
        self.assertEqual(transport.getHost(), IPv4Address("TCP", OWN, 2020))
        self.assertEqual(transport.getPeer(), server.addresses[0])
        self.assertEqual(transport.getPeer().host, "100.64.0.2")
        data = b'OK\r\n+QIURC: "closed",11\r\n' * 2000
        outside.transport.write(data)
        self.result_of(outside.when_received(len(data)))
        self.assertEqual(bytes(outside.received), data)
        outside.transport.loseConnection()
        self.assertIsInstance(self.end_of(server.peers[0]), error.ConnectionDone)
        other = self.result_of(self.call_in(2020))
        self.until(lambda: len(server.peers) == 2)
        server.peers[1].transport.loseConnection()
        self.assertIsInstance(self.end_of(other), error.ConnectionDone)
        self.assertIsInstance(self.end_of(server.peers[1]), error.ConnectionDone)

    def test_data_at_once(self) -> None:
        """A peer that speaks at once, and one that leaves at once, are heard."""

        class Talker(Peer):
            def connectionMade(self) -> None:
                self.transport.write(b"hello")
                self.transport.loseConnection()

        interface = self.ready()
        _, server = self.listen(interface)
        self.result_of(self.call_in(2020, Talker))
        self.until(lambda: server.peers and server.peers[0].reasons)
        self.assertEqual(bytes(server.peers[0].received), b"hello")
        self.assertIsInstance(server.peers[0].reasons[0].value, error.ConnectionDone)

    def test_stop(self) -> None:
        """stopListening: nobody gets in from then on, who is in stays; it can start again."""
        interface = self.ready()
        listening, server = self.listen(interface, make=Echo)
        outside = self.result_of(self.call_in(2020))
        self.until(lambda: server.peers)
        first, second = listening.stopListening(), listening.stopListening()
        self.result_of(first)
        self.successResultOf(second)
        self.successResultOf(listening.stopListening())
        self.assertEqual((server.numPorts, listening.listening), (0, False))
        self.failureResultOf(listening.when_listening(), errors.ModemListenError)
        refused = self.call_in(2020)
        self.settle()
        self.failureResultOf(refused, error.ConnectionRefusedError)
        outside.transport.write(b"still")
        self.result_of(outside.when_received(5))
        listening.startListening()
        self.result_of(listening.when_listening())
        self.assertEqual(server.numPorts, 1)
        again = self.result_of(self.call_in(2020))
        for peer in (again, outside):
            peer.transport.loseConnection()
        self.until(lambda: all(peer.reasons for peer in server.peers))
        self.assertEqual(len(server.peers), 2)
        self.assertIn("Server starting on 2020", self.told)
        self.assertIn("(TCP Port 2020 Closed)", self.told)

    def test_stop_while_opening(self) -> None:
        """A port that is stopped before the module has answered is closed on it."""
        for turns in (0, 1, 2, 3, 5):
            interface = self.ready()
            listening: Any = interface.listenTCP(2020, Server())
            waiting = listening.when_listening()
            for _ in range(turns):
                self.clock.turn()
            if listening.listening:
                self.successResultOf(waiting)
                self.result_of(listening.stopListening())
            else:
                self.result_of(listening.stopListening())
                self.failureResultOf(waiting, errors.ModemListenError)
            self.settle(1.0)
            self.assertEqual([*self.emulated.module.sockets], [], turns)
            self.result_of(self.emulated.close())

    def test_given_up_waiting(self) -> None:
        """Who does not wait any more is not told."""
        interface = self.ready()
        listening: Any = interface.listenTCP(2020, Server())
        waiting = listening.when_listening()
        waiting.cancel()
        self.failureResultOf(waiting)
        self.result_of(listening.when_listening())

    def test_port_0(self) -> None:
        """Port 0: one of the dynamic ones, another each time, told at once."""
        interface = self.ready()
        ports = [self.listen(interface, 0)[0].getHost().port for _ in range(3)]
        self.assertEqual(len(set(ports)), 3)
        self.assertTrue(all(49152 <= port <= 65535 for port in ports))
        self.result_of(self.call_in(ports[1])).transport.loseConnection()

    def test_ports_go_round(self) -> None:
        """Behind the last dynamic port comes the first one that is free."""
        interface = self.ready()
        first = self.listen(interface, 0)[0].getHost().port
        interface._next_port = 65535
        ports = [self.listen(interface, 0)[0].getHost().port for _ in range(2)]
        self.assertEqual((first, ports), (49152, [65535, 49153]))

    def test_own_address(self) -> None:
        """The interface may be the module's own address, or any."""
        interface = self.ready()
        for address in (OWN, "0.0.0.0", ""):
            listening, _ = self.listen(interface, interface=address, backlog=1)
            self.result_of(listening.stopListening())

    def test_no_protocol(self) -> None:
        """A factory that gives none, or raises: the connection is closed, the port goes on."""
        interface = self.ready()
        answers = iter([None, ZeroDivisionError("from within"), Peer()])

        class Choosy(Server):
            def buildProtocol(self, addr: object) -> Any:
                answer = next(answers)
                if isinstance(answer, Exception):
                    raise answer
                return answer

        listening: Any = interface.listenTCP(2020, Choosy())
        self.result_of(listening.when_listening())
        for _ in range(2):
            outside = self.result_of(self.call_in(2020))
            self.until(lambda outside=outside: outside.reasons)  # type: ignore[misc]
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        outside = self.result_of(self.call_in(2020))
        self.settle(1.0)
        self.assertEqual(outside.reasons, [])
        outside.transport.loseConnection()
        self.settle(5.0)
        self.assertEqual(len([*self.emulated.module.sockets]), 1)

    def test_full(self) -> None:
        """With all ids in use who comes is refused, which is told; with one free again it works."""
        interface = self.ready()
        _, server = self.listen(interface)
        outside = [self.result_of(self.call_in(2020)) for _ in range(11)]
        self.until(lambda: len(server.peers) == 11)
        late = self.call_in(2020)
        self.settle(1.0)
        self.assertTrue(self.successResultOf(late).reasons)
        self.assertTrue([each for each in self.told if "all of its connections are in use" in each])
        self.refused_at_once(interface, "port 2021", "all connections", port=2021)
        outside[3].transport.loseConnection()
        self.until(lambda: any(peer.reasons for peer in server.peers))
        self.settle(2.0)
        self.result_of(self.call_in(2020))
        self.until(lambda: len(server.peers) == 12)
        for peer in server.peers:
            peer.transport.abortConnection()
        self.until(lambda: all(peer.reasons for peer in server.peers))

    def test_beside_clients(self) -> None:
        """Connections out and in share the ids: neither side takes what the other has."""
        self.plain(Echo)
        interface = self.ready()
        _, server = self.listen(interface)
        clients = []
        for _ in range(4):
            client = Client()
            interface.connectTCP(HOST, PORT, client)
            self.until(lambda client=client: client.peers)  # type: ignore[misc]
            clients.append(client.peers[0])
            self.result_of(self.call_in(2020))
        self.until(lambda: len(server.peers) == 4)
        for number, peer in enumerate(clients):
            peer.transport.write(b"%d" % number)
        for number, peer in enumerate(clients):
            self.result_of(peer.when_received(1))
            self.assertEqual(bytes(peer.received), b"%d" % number)
        self.assertEqual([bytes(peer.received) for peer in server.peers], [b""] * 4)
        for peer in (*clients, *server.peers):
            peer.transport.loseConnection()
            self.end_of(peer)

    def test_back_pressure(self) -> None:
        """A paused consumer of what came in stops the peer."""
        interface = self.ready()
        _, server = self.listen(interface)
        outside = self.result_of(self.call_in(2020))
        self.until(lambda: server.peers)
        server.peers[0].transport.pauseProducing()
        outside.transport.write(bytes(500_000))
        self.settle(20.0)
        self.assertLess(server.peers[0].count, 70_000)
        server.peers[0].transport.resumeProducing()
        self.result_of(server.peers[0].when_received(500_000))
        outside.transport.loseConnection()
        self.end_of(server.peers[0])


class RefusalTests(PortCase):
    """When the module cannot listen, or not now."""

    def test_not_up(self) -> None:
        """Before ready() has fired: with that reason, whatever else is wrong; then it works."""
        interface = self.interface()
        problem = self.refused_at_once(interface, "emulated is not up", "ready()")
        self.assertEqual((problem.port, problem.interface), (2020, ""))
        self.assertTrue(self.emulated.modem().idle)
        ready = interface.ready()
        self.refused_at_once(interface, "ready()")
        self.result_of(ready)
        self.listen(interface)

    def test_no_network(self) -> None:
        """A modem that is up, whose PDP context is not active yet, or any more."""
        interface = self.interface()
        self.result_of(self.emulated.modem().ready())
        self.refused_at_once(interface, "PDP context 1 is not active", "ready()")
        self.result_of(interface.ready())
        self.emulated.module.lose_pdp(1)
        self.settle(1.0)
        self.refused_at_once(interface, "PDP context 1 is not active")
        self.result_of(interface.ready())
        self.listen(interface)

    def test_closed_modem(self) -> None:
        """A modem that was closed is not up, and ready() says that it will not be."""
        interface = self.ready()
        self.result_of(self.emulated.modem().close())
        self.refused_at_once(interface, "not up")
        self.failureResultOf(interface.ready(), errors.ModemClosed)

    def test_arguments(self) -> None:
        """What is out of range is named."""
        interface = self.ready()
        for port in (-1, 65536, "http", None):
            wrong: Any = port
            problem = self.assertRaises(InvalidValue, interface.listenTCP, wrong, Server())
            self.assertTrue(str(problem).startswith("port:"), problem)
        for address in ("192.0.2.1", "127.0.0.1", "::", "eth0", 5):
            self.refused_at_once(interface, "interface:", OWN, interface=address)

    def test_same_port(self) -> None:
        """A port that has a server already; starting twice."""
        interface = self.ready()
        listening, _ = self.listen(interface)
        self.refused_at_once(interface, "port: 2020", "already")
        self.assertRaises(errors.ModemListenError, listening.startListening)
        other = ModemInterface(self.emulated.modem())
        self.refused_at_once(other, "port: 2020", "already")

    def test_refused_by_the_module(self) -> None:
        """What the module refuses later is told by when_listening and the log; nothing is left."""
        interface = self.ready()
        self.network.listen(OWN, 2020, Server())
        server = Server()
        listening: Any = interface.listenTCP(2020, server)
        waiting = listening.when_listening()
        self.until(lambda: waiting.called)
        problem = self.failureResultOf(waiting, errors.ModemListenError).value
        assert isinstance(problem, errors.ModemListenError)
        self.assertEqual((problem.code, problem.port), (556, 2020))
        self.one_line(problem, "port:", "2020", "556")
        self.assertIn('"TCP LISTENER"', str(problem.command))
        self.assertTrue([each for each in self.told if "556" in each])
        self.failureResultOf(listening.when_listening(), errors.ModemListenError)
        self.assertEqual(server.numPorts, 0)
        self.successResultOf(listening.stopListening())
        self.assertEqual([*self.emulated.module.sockets], [])
        listening, _ = self.listen(interface, 2021)

    def test_transparent(self) -> None:
        """While a transparent connection has the only channel; and the other way round."""
        self.plain()
        interface = self.ready()
        modem = self.emulated.modem()
        peer = self.connect(ModuleTCPEndpoint(modem, HOST, PORT, mode="transparent"))
        self.refused_at_once(interface, "transparent", "dataDevices")
        peer.transport.loseConnection()
        self.end_of(peer)
        self.settle(3.0)
        self.listen(interface)
        endpoint = ModuleTCPEndpoint(modem, HOST, PORT, mode="transparent", busy="fail")
        self.refused(self.start(endpoint), errors.ModemBusyError)

    def test_family_that_cannot(self) -> None:
        """A family without servers is refused by name."""
        limits = {**LTEFamily.limits.__dict__, "listens": False}
        self.patch(LTEFamily, "limits", Limits(**limits))
        interface = self.ready()
        problem = self.refused_at_once(interface, "lte", "server")
        self.assertIsInstance(problem.socketError, errors.UnsupportedOperation)


class LossTests(PortCase):
    """What becomes of a port when the module does."""

    def test_restart(self) -> None:
        """A restart ends the connections; the port is there again, and its factory not stopped."""
        interface = self.ready()
        listening, server = self.listen(interface, make=Echo)
        self.result_of(self.call_in(2020))
        self.until(lambda: server.peers)
        self.emulated.module.restart()
        self.until(lambda: server.peers[0].reasons, 90.0)
        self.assertIsInstance(server.peers[0].reasons[0].value, error.ConnectionLost)
        self.until(lambda: not listening.listening)
        self.result_of(listening.when_listening(), 120.0)
        self.assertEqual(server.numPorts, 1)
        outside = self.result_of(self.call_in(2020))
        outside.transport.write(b"again")
        self.result_of(outside.when_received(5))
        outside.transport.loseConnection()
        self.end_of(server.peers[1])
        self.assertTrue([each for each in self.told if "opened again" in each])

    def test_network_lost(self) -> None:
        """The loss of the PDP context likewise: it is activated again for the port."""
        interface = self.ready()
        listening, server = self.listen(interface)
        self.result_of(self.call_in(2020))
        self.until(lambda: server.peers)
        self.emulated.module.lose_pdp(1)
        self.until(lambda: server.peers[0].reasons)
        self.until(lambda: not listening.listening)
        self.result_of(listening.when_listening(), 120.0)
        self.result_of(self.call_in(2020))
        self.until(lambda: len(server.peers) == 2)
        server.peers[1].transport.loseConnection()
        self.end_of(server.peers[1])

    def test_not_at_once(self) -> None:
        """A port that cannot be had again is tried again, less and less often, until it can."""
        interface = self.ready()
        listening, _ = self.listen(interface)
        self.emulated.module.restart()
        self.until(lambda: not listening.listening, 90.0)
        taken = self.network.listen(OWN, 2020, Server())
        self.settle(40.0)
        self.assertFalse(listening.listening)
        self.assertIn("556", " ".join(self.told))
        taken.stopListening()
        self.result_of(listening.when_listening(), 70.0)

    def test_stop_meanwhile(self) -> None:
        """A port that is lost can be stopped, and does not come back."""
        interface = self.ready()
        listening, server = self.listen(interface)
        self.emulated.module.restart()
        self.until(lambda: not listening.listening, 90.0)
        self.result_of(listening.stopListening())
        self.assertEqual(server.numPorts, 0)
        self.settle(60.0)
        self.assertEqual([*self.emulated.module.sockets], [])

    def test_modem_closed(self) -> None:
        """The end of the modem is the end of its ports."""
        interface = self.ready()
        listening, server = self.listen(interface)
        self.result_of(self.emulated.modem().close())
        self.settle(1.0)
        self.assertEqual((server.numPorts, listening.listening), (0, False))
        self.failureResultOf(listening.when_listening(), errors.ModemListenError)
        self.successResultOf(listening.stopListening())
