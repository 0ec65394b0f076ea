"""Twisted's own tests of TCP clients, connectors, ports and transports, over a L{ModemInterface}.

They are private to Twisted and change with it, as those of L{tests.conformance.cases}.
"""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ServiceNameUnknownError
from twisted.internet.interfaces import IListeningPort, IReactorTCP
from twisted.internet.protocol import Factory, Protocol, ServerFactory
from twisted.internet.tcp import Connector
from twisted.internet.test import test_tcp
from twisted.internet.test.connectionmixins import Stop, findFreePort
from twisted.internet.test.reactormixins import ReactorBuilder, needsRunningReactor
from twisted.internet.test.test_tcp import (
    AbortConnectionMixin,
    FakeResolver,
    TCP4ClientTestsBuilder,
    TCP4ConnectorTestsBuilder,
    TCPConnectionTestsBuilder,
    TCPCreator,
    TCPPortTestsBuilder,
    TCPTransportTestsBuilder,
)
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from zope.interface import implementer

from twisted_quectel import ModemInterface, TCPOpenFailed
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import ModuleSettings, VerdictKind
from twisted_quectel.testing import EmulatedModule

ADDRESS = "127.0.0.1"


class HostServers(ModemInterface):
    """An interface whose servers are the host's: what its clients connect to."""

    def listenTCP(
        self, port: int, factory: Any, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """Listen on loopback."""
        beneath: Any = self.modem.reactor
        listening: IListeningPort = beneath.listenTCP(port, factory, backlog, ADDRESS)
        return listening


class ModuleServers(ModemInterface):
    """An interface whose clients are the host's: what connects to its servers."""

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: Any,
        timeout: float | None = 30,
        bindAddress: Any = None,
    ) -> Any:
        """Connect on loopback, once the module listens."""
        within: Any = timeout
        connector = Connector(host, port, factory, within, bindAddress, self.modem.reactor)
        self.last.when_listening().addCallback(lambda _: connector.connect())
        return connector

    def listenTCP(self, *arguments: Any, **options: Any) -> Any:
        """Listen."""
        self.last: Any = super().listenTCP(*arguments, **options)
        return self.last

    def getDelayedCalls(self) -> Any:
        """Give what is left when the close of a connection, which is under way, is answered."""
        beneath: Any = self.modem.reactor
        for _ in range(1000):
            if not beneath.getDelayedCalls():
                break
            beneath.iterate(0.001)
        return beneath.getDelayedCalls()

    def _free_port(self, used: set[int]) -> int:
        # the module's ports are the machine's, which has others in use
        return int(findFreePort(ADDRESS, socket.AF_INET)[1])


def wait_for(reactor: Any, deferred: Deferred[Any]) -> None:
    """Wait for something before a reactor runs."""
    for _ in range(10_000):
        if deferred.called:
            break
        reactor.iterate(0.001)
    assert deferred.called


class InterfaceMixin(ReactorBuilder):
    """Gives the interface of an emulated module in a reactor's place.

    The module's own address is that of loopback, so that its ports are where they say.

    @ivar kind: of the interface.
    @ivar mode: the access mode of its clients.
    @ivar closed: what a close by the other end counts as.
    """

    requiredInterfaces: Any = (IReactorTCP,)
    timeout = 10
    kind: type[ModemInterface] = HostServers
    mode: str
    closed = "done"

    def buildReactor(self) -> Any:
        """Give a fresh interface, which is ready.

        At the end the module must have nothing to say of its host, but for what was written
        before the host could know of the peer's end.
        """
        reactor = super().buildReactor()
        emulated = EmulatedModule(reactor, settings=ModuleSettings(address=ADDRESS))
        modem = emulated.modem()
        interface = self.kind(modem, mode=self.mode, closed=self.closed)
        wait_for(reactor, interface.ready())
        assert isinstance(self, SynchronousTestCase)

        def look() -> None:
            allowed = {VerdictKind.RAW_AFTER_NO_CARRIER, VerdictKind.SEND_TO_CLOSED}
            assert isinstance(self, SynchronousTestCase)
            self.assertEqual([each for each in emulated.verdicts if each.kind not in allowed], [])

        self.addCleanup(look)
        return interface


class ClientTests(
    InterfaceMixin,
    AbortConnectionMixin,
    TCP4ClientTestsBuilder,
):
    """Clients by the module."""

    endpoints = TCPCreator()

    def runAbortTest(self, *arguments: Any, **options: Any) -> None:
        """Run a test in which one side drops the connection: it must know (closed=lost)."""
        self.closed = "lost"
        super().runAbortTest(*arguments, **options)

    def assertConnectPortError(self, port: Any, message: Any) -> None:
        """Look that a port that is none is refused by name, as an error of the connect.

        A port that is none is a C{ValueError} at once where the original has an C{OSError}.
        """
        assert isinstance(self, SynchronousTestCase)
        interface = self.buildReactor()
        endpoint = TCP4ClientEndpoint(interface, ADDRESS, port)
        refused = endpoint.connect(Factory.forProtocol(Protocol))
        if port == "invalid":
            problem = self.failureResultOf(refused, ServiceNameUnknownError)
            self.assertIn("'invalid'", str(problem.value))
        else:
            problem = self.failureResultOf(refused, InvalidValue)
            self.assertEqual(
                str(problem.value), f"port: must be a number from 1 to 65535, not {port}"
            )

    def test_addresses(self) -> None:
        """The addresses are those of the connection, though a name was asked for.

        The original binds a local port, which is refused by name.
        """
        assert isinstance(self, SynchronousTestCase)
        interface = self.buildReactor()
        interface.installResolver(FakeResolver({self.fakeDomainName: ADDRESS}))
        server = interface.listenTCP(0, ServerFactory.forProtocol(Protocol))
        seen: list[Any] = []

        class Looking(Protocol):
            def makeConnection(self, transport: Any) -> None:
                seen.extend([transport.getHost(), transport.getPeer()])
                interface.stop()

        factory = Stop(interface)
        factory.protocol = Looking
        port = server.getHost().port
        self.assertRaises(
            InvalidValue,
            *(interface.connectTCP, self.fakeDomainName, port, factory),
            bindAddress=(ADDRESS, 4711),
        )
        needsRunningReactor(
            interface, lambda: interface.connectTCP(self.fakeDomainName, port, factory)
        )
        self.runReactor(interface)
        self.assertEqual(seen, [IPv4Address("TCP", ADDRESS, 0), IPv4Address("TCP", ADDRESS, port)])

    def test_unregisterProducerAfterDisconnect(self) -> None:
        """Skipped: the reactor beneath knows no writer for a connection of the module."""
        raise SkipTest("the reactor knows no writer for a connection of the module")


class ConnectorTests(InterfaceMixin, TCP4ConnectorTestsBuilder):
    """Connectors of the interface."""

    def test_reconnect(self) -> None:
        """The original, where a module cannot say that a connection was refused."""
        assert isinstance(self, SynchronousTestCase)
        self.patch(test_tcp, "ConnectionRefusedError", TCPOpenFailed)
        super().test_reconnect()


class IPv4Only:
    """Leaves out the tests of what the emulated module's network has not."""

    def test_serverAddressTCP6(self) -> None:
        """Skipped."""
        raise SkipTest("the module has an IPv4 address")


class TransportTests(IPv4Only, InterfaceMixin, TCPConnectionTestsBuilder, TCPTransportTestsBuilder):
    """Transports of the interface, of clients."""


class PortTests(InterfaceMixin, TCPPortTestsBuilder):
    """Ports of the module."""

    kind = ModuleServers

    def getListeningPort(self, reactor: Any, *arguments: Any, **options: Any) -> Any:
        """Give a port of which somebody can be told: it listens already."""
        port: Any = super().getListeningPort(reactor, *arguments, **options)
        wait_for(reactor, port.when_listening())
        return port

    def test_startedListeningLogMessage(self) -> None:
        """When a port starts, that is told with the factory's prefix and the port."""
        assert isinstance(self, SynchronousTestCase)
        interface = self.buildReactor()

        class Named(ServerFactory):
            def logPrefix(self) -> str:
                return "Crazy Factory"

        told: list[str] = []

        @implementer(ILogObserver)
        def observe(event: Any) -> None:
            told.append(formatEvent(event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        port = self.getListeningPort(interface, Named())
        self.assertIn(f"Crazy Factory starting on {port.getHost().port}", told)

    def test_closePeerOnEMFILE(self) -> None:
        """Skipped."""
        raise SkipTest("a connection that comes in takes no descriptor of the host")

    def _no_ipv6(self) -> None:
        raise SkipTest("the module has an IPv4 address")

    test_portGetHostOnIPv6 = _no_ipv6
    test_portGetHostOnIPv6ScopeID = _no_ipv6
    test_buildProtocolIPv6Address = _no_ipv6
    test_buildProtocolIPv6AddressScopeID = _no_ipv6
    test_serverGetHostOnIPv6 = _no_ipv6
    test_serverGetHostOnIPv6ScopeID = _no_ipv6
    test_serverGetPeerOnIPv6 = _no_ipv6
    test_serverGetPeerOnIPv6ScopeID = _no_ipv6


class ServerTransportTests(
    IPv4Only,
    InterfaceMixin,
    AbortConnectionMixin,
    TCPConnectionTestsBuilder,
    TCPTransportTestsBuilder,
):
    """Transports of the interface, of what came in."""

    kind = ModuleServers
    endpoints = TCPCreator()

    def _no_descriptor(self) -> None:
        raise SkipTest("the reactor knows no reader for a connection of the module")

    test_resumeProducing = _no_descriptor
    test_resumeProducingWhileDisconnecting = _no_descriptor
    test_resumeProducingWhileDisconnected = _no_descriptor

    def test_serverAddressTCP4(self) -> None:
        """Skipped."""
        raise SkipTest("sessionno and logstr are private to Twisted's own transports")
