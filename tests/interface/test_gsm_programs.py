"""Programs that take a reactor, on a GSM module: its names are looked up by C{AT+QIDNSGIP}."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from twisted.application.internet import ClientService
from twisted.internet.address import IPv4Address
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import DNSLookupError
from twisted.web.client import Agent, readBody
from twisted.web.server import Site

from tests.endpoint.familycase import ExchangeCase
from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import HOST, PORT, factory_for
from tests.interface.bench import Client, InterfaceCase
from tests.interface.test_names import Receiver
from tests.interface.test_programs import PAGE, Page
from twisted_quectel import ModuleTCPEndpoint, errors
from twisted_quectel.emulator.faults import CommandFails, UrcInBetween
from twisted_quectel.emulator.gsm.module import GSMModule


class GSMInterfaceCase(InterfaceCase, ExchangeCase):
    """An M95."""

    model = "M95"


class ProgramTests(GSMInterfaceCase):
    """What is written for any reactor."""

    def test_hostname_endpoint(self) -> None:
        """HostnameEndpoint connects to a name, and its peer is an address."""
        self.plain(Echo)
        peer: Any = self.result_of(
            HostnameEndpoint(self.interface(), HOST, PORT).connect(factory_for(Peer))
        )
        address = peer.transport.getPeer()
        self.assertIsInstance(address, IPv4Address)
        self.assertEqual(address.host, self.network.add_host(HOST))
        self.echoes(peer)
        self.closes(peer)

    def test_agent(self) -> None:
        """Agent fetches a page, again and again."""
        site: Any = Site(Page(), reactor=self.clock)
        site.noisy = False
        self.network.listen(HOST, 80, site)
        agent = Agent(self.interface())
        for _ in range(2):
            response: Any = self.result_of(agent.request(b"GET", f"http://{HOST}/".encode()))
            self.assertEqual(response.code, 200)
            self.assertEqual(self.result_of(readBody(response)), PAGE)
        self.settle(1.0)
        site.stopFactory()

    def test_client_service(self) -> None:
        """ClientService comes back behind a restart of the module."""
        self.plain(Echo)
        interface = self.ready()
        made: list[Any] = []

        def make() -> Peer:
            peer = Peer()
            made.append(peer)
            return peer

        endpoint = HostnameEndpoint(interface, HOST, PORT)
        service = ClientService(endpoint, factory_for(make), clock=interface)
        service.startService()
        self.until(lambda: made)
        self.echoes(made[0])
        self.emulated.module.restart()
        self.until(lambda: len(made) > 1, 300.0)
        self.echoes(made[1])
        self.assertEqual(len(made[0].reasons), 1)
        stopped = service.stopService()
        self.until(lambda: stopped.called)
        self.settle(1.0)

    def test_connect_tcp(self) -> None:
        """connectTCP to a name: looked up, then opened by its address."""
        self.plain(Echo)
        interface = self.ready()
        self.watch()
        client = Client()
        interface.connectTCP(HOST, PORT, client)
        self.until(lambda: client.peers)
        address = self.network.add_host(HOST)
        self.assertEqual(
            self.lines()[:1] + self.sent("+QIOPEN"),
            [f'+QIDNSGIP="{HOST}"', f'+QIOPEN=0,"TCP","{address}",{PORT}'],
        )
        self.closes(client.peers[0])


class NameTests(GSMInterfaceCase):
    """The answer is a bare line."""

    def test_resolver(self) -> None:
        """The resolver gives the address with the port that was asked for."""
        address = self.network.add_host(HOST)
        receiver = Receiver()
        self.interface().nameResolver.resolveHostName(receiver, HOST, 4711)
        self.until(lambda: receiver.complete)
        self.assertEqual(receiver.found, [IPv4Address("TCP", address, 4711)])

    def test_resolve(self) -> None:
        """The simple way too; a name that nobody knows is a DNSLookupError."""
        address = self.network.add_host(HOST)
        interface = self.interface()
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)
        self.refused(interface.resolve("nobody.example"), DNSLookupError)
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)
        endpoint = HostnameEndpoint(interface, "nobody.example", PORT)
        self.refused(endpoint.connect(factory_for(Peer)), DNSLookupError)

    def test_each_its_own(self) -> None:
        """Names that are asked for together get each its own address."""
        names = [f"host{number}.example" for number in range(5)]
        addresses = [self.network.add_host(name) for name in names]
        interface = self.interface(faults=[UrcInBetween()])
        asked = [interface.resolve(name) for name in (*names, "nobody.example")]
        self.assertEqual([self.result_of(each) for each in asked[:-1]], addresses)
        self.refused(asked[-1], DNSLookupError)

    def telling(self, change: Callable[[str], list[str]]) -> None:
        """Have the module tell something else, behind its answers."""
        port = self.emulated.module.port()
        tell = port.unsolicited

        def told(line: str, *arguments: Any, **options: Any) -> None:
            for each in change(line):
                tell(each, *arguments, **options)

        self.patch(type(port), "unsolicited", lambda _, *given, **more: told(*given, **more))

    def test_more_addresses(self) -> None:
        """What a module tells beyond the first address is not taken for the next name's."""
        names = [f"host{number}.example" for number in range(3)]
        addresses = [self.network.add_host(name) for name in names]
        interface = self.ready()
        self.telling(lambda line: [line, "203.0.113.9"] if line in addresses else [line])
        self.emulated.modem().trace_to(trace := StringIO())
        asked = [interface.resolve(name) for name in names]
        self.assertEqual([self.result_of(each) for each in asked], addresses)
        self.settle(1.0)
        self.assertEqual(trace.getvalue().count("203.0.113.9"), 3)

    def test_beside_a_connection(self) -> None:
        """A lookup that fails costs a connection nothing: its error is nobody else's."""
        self.plain(Echo)
        interface = self.interface()
        peer = self.connect(ModuleTCPEndpoint(interface.modem, HOST, PORT))
        failing = [interface.resolve(f"nobody{number}.example") for number in range(3)]
        for number in range(5):
            peer.transport.write(b"%05d" % number)
        self.result_of(peer.when_received(25))
        for each in failing:
            self.refused(each, DNSLookupError)
        self.echoes(peer)
        self.closes(peer)

    def test_network_gone(self) -> None:
        """A network that has gone without a word is found out by the lookup that fails."""
        address = self.network.add_host(HOST)
        interface = self.ready()
        module = self.emulated.module
        assert isinstance(module, GSMModule)
        module.lose_pdp(told=False)
        self.refused(interface.resolve(HOST), errors.NetworkDown)
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)

    def test_names_that_fail(self) -> None:
        """Two in a row, and an idle network is made anew: it may be dead, whatever it says."""
        address = self.network.add_host(HOST)
        interface = self.ready(faults=[CommandFails("+QIDNSGIP", 0, 2)])
        self.watch()
        for _ in range(2):
            self.refused(interface.resolve(HOST), errors.ModemDNSError)
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)
        self.assertEqual(len(self.sent("+QIDEACT")), 1)
        # and one that is used is left alone
        self.plain(Echo)
        peer = self.connect(ModuleTCPEndpoint(interface.modem, HOST, PORT))
        for number in range(3):
            self.refused(interface.resolve(f"nobody{number}.example"), errors.ModemDNSError)
        self.echoes(peer)
        self.closes(peer)
        self.assertEqual(len(self.sent("+QIDEACT")), 1)

    def test_refused(self) -> None:
        """A module that refuses to look a name up."""
        interface = self.ready(faults=[CommandFails("+QIDNSGIP", 0, 1)])
        address = self.network.add_host(HOST)
        self.refused(interface.resolve(HOST, (100,)), errors.ModemDNSError)
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)

    def test_no_answer(self) -> None:
        """A module that says nothing more has the port for a minute, and then no longer."""
        address = self.network.add_host(HOST)
        interface = self.ready()
        silent = [True]
        self.telling(lambda line: [] if silent else [line])
        asked = interface.resolve(HOST, (100,))
        self.settle(55.0)
        self.assertFalse(asked.called)
        self.settle(10.0)
        self.refused(asked, errors.ModemDNSError)
        silent.clear()
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)
