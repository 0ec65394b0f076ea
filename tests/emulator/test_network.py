"""Tests of L{twisted_quectel.emulator.network} and of its twin in memory."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import (
    CannotListenError,
    ConnectionAborted,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    NoProtocol,
)
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IPushProducer,
    ITCPTransport,
)
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.emulator.tlsbench import HOST
from tests.tlsservers import Chargen, Recorder, Server
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.network import INetwork, ReactorNetwork


class Keeper(Recorder):
    """Keeps what it receives."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.data += data


@implementer(IHalfCloseableProtocol)
class HalfCloser(Keeper):
    """Notes the ends of both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[str] = []

    def readConnectionLost(self) -> None:
        """The other end writes no more."""
        self.ends.append("read")

    def writeConnectionLost(self) -> None:
        """This end writes no more."""
        self.ends.append("write")


class MemoryNetworkTests(SynchronousTestCase):
    """TCP in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock, window=1000)

    def connect(self, client: type[Recorder], server: type[Recorder]) -> tuple[Any, Any]:
        """Give both ends of a connection."""
        factory = Server(server)
        port = self.network.listen(f"n{self.clock.seconds()}.example", 80, factory)
        result = self.network.connect(port.address, 80, Factory.forProtocol(client))
        self.assertNoResult(result)
        self.clock.advance(0)
        self.clock.advance(1)
        return self.successResultOf(result), factory.connections[0]

    def test_interfaces(self) -> None:
        """Network and transports are what they say."""
        self.assertTrue(verifyObject(INetwork, self.network))
        client, _ = self.connect(Keeper, Keeper)
        for interface in (ITCPTransport, IConsumer, IPushProducer):
            self.assertTrue(verifyObject(interface, client.transport))

    def test_names(self) -> None:
        """Names have addresses of their own, literals are themselves."""
        self.network.listen("A.example", 80, Server())
        self.network.listen("a.Example", 81, Server())
        self.network.listen("b.example", 80, Server())
        found = [self.network.resolve(name) for name in ("a.example", "B.example")]
        self.assertNoResult(found[0])
        self.clock.advance(0)
        self.assertEqual([self.successResultOf(d) for d in found], ["198.18.0.1", "198.18.0.2"])
        for literal in ("192.0.2.1", "2001:db8::1"):
            self.assertEqual(self.successResultOf(self.network.resolve(literal)), literal)

    def test_failures(self) -> None:
        """Unknown names and closed ports fail as in Twisted; all can be cancelled."""
        unknown = self.network.resolve("nowhere.example")
        refused = self.network.connect("192.0.2.1", 80, Server())
        cancelled: list[Deferred[Any]] = [
            self.network.resolve("nowhere.example"),
            self.network.connect("192.0.2.1", 80, Server()),
        ]
        for d in cancelled:
            d.cancel()
            self.failureResultOf(d)
        self.clock.advance(0)
        self.failureResultOf(unknown, DNSLookupError)
        self.failureResultOf(refused, ConnectionRefusedError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stop_listening(self) -> None:
        """A server that has stopped refuses; its connections go on."""
        factory = Server()
        port = self.network.listen(HOST, 80, factory)
        self.assertRaises(CannotListenError, self.network.listen, HOST, 80, factory)
        first = self.network.connect(port.address, 80, Factory.forProtocol(Keeper))
        self.clock.advance(0)
        self.successResultOf(port.stopListening())
        second = self.network.connect(port.address, 80, Factory.forProtocol(Keeper))
        self.clock.advance(0)
        self.failureResultOf(second, ConnectionRefusedError)
        client: Any = self.successResultOf(first)
        client.transport.write(b"x")
        self.clock.advance(0)
        self.assertEqual(client.data, b"x")

    def test_no_protocol(self) -> None:
        """A factory without a protocol fails the client, or hangs up on it."""

        class Nothing(Factory):
            def buildProtocol(self, addr: object) -> None:
                return None

        self.network.listen("192.0.2.1", 80, Server())
        self.network.listen("192.0.2.1", 81, Nothing())
        failed = self.network.connect("192.0.2.1", 80, Nothing())
        hung_up = self.network.connect("192.0.2.1", 81, Factory.forProtocol(Keeper))
        self.clock.advance(0)
        self.failureResultOf(failed, NoProtocol)
        client: Any = self.successResultOf(hung_up)
        client.reason.trap(ConnectionDone)

    def test_later_turn(self) -> None:
        """No byte crosses in the turn in which it was written."""
        client, server = self.connect(Keeper, Keeper)
        client.transport.writeSequence([b"a", b"b"])
        self.assertEqual(server.data, b"")
        self.clock.advance(0)
        self.assertEqual(server.data, b"ab")

    def test_pause(self) -> None:
        """A paused end gets nothing, and the other's producer is paused for it."""
        client, server = self.connect(Keeper, Chargen)
        client.transport.pauseProducing()
        before = client.received
        self.clock.advance(9)
        self.assertEqual(client.received, before)
        client.transport.resumeProducing()
        self.clock.advance(9)
        self.assertEqual(client.data, Chargen.expected())
        client.reason.trap(ConnectionDone)
        server.reason.trap(ConnectionDone)

    def test_held_producer(self) -> None:
        """A push producer is paused by the other end's pause, and goes on with it."""
        factory = Server(Chargen)
        port = self.network.listen(HOST, 80, factory)

        class Pausing(Keeper):
            def connectionMade(self) -> None:
                transport: Any = self.transport
                transport.pauseProducing()

        result = self.network.connect(port.address, 80, Factory.forProtocol(Pausing))
        self.clock.advance(0)
        client: Any = self.successResultOf(result)
        server = factory.connections[0]
        self.assertTrue(server.paused)
        self.assertLess(server.sent, 80_000)
        client.transport.resumeProducing()
        self.clock.advance(0)
        self.assertEqual(client.received, Chargen.total)

    def test_lose_connection(self) -> None:
        """Losing a connection flushes first; both ends hear that it was in order."""
        client, server = self.connect(Keeper, Keeper)
        client.transport.write(b"x" * 5000)
        client.transport.loseConnection()
        client.transport.loseConnection()
        self.assertIsNone(client.reason)
        self.clock.advance(0)
        self.assertEqual(server.received, 5000)
        client.reason.trap(ConnectionDone)
        server.reason.trap(ConnectionDone)
        server.transport.write(b"y")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_half_close(self) -> None:
        """One direction can be ended; the other goes on."""
        client, server = self.connect(HalfCloser, HalfCloser)
        client.transport.write(b"question")
        client.transport.loseWriteConnection()
        self.clock.advance(0)
        self.assertEqual((client.ends, server.ends), (["write"], ["read"]))
        server.transport.write(b"answer")
        server.transport.loseConnection()
        self.clock.advance(0)
        self.assertEqual((server.data, client.data), (b"question", b"answer"))
        client.reason.trap(ConnectionDone)
        server.reason.trap(ConnectionDone)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_half_close_of_the_unaware(self) -> None:
        """A protocol that knows no half closing loses the connection."""
        client, server = self.connect(Keeper, Keeper)
        client.transport.loseWriteConnection()
        self.clock.advance(0)
        server.reason.trap(ConnectionDone)
        client.reason.trap(ConnectionDone)

    def test_abort(self) -> None:
        """An abort is a reset for the other end, and later than the call."""
        client, server = self.connect(Keeper, Keeper)
        client.transport.write(b"lost")
        client.transport.abortConnection()
        self.assertIsNone(client.reason)
        self.clock.advance(0)
        client.reason.trap(ConnectionAborted)
        server.reason.trap(ConnectionLost)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_write_to_the_dead(self) -> None:
        """Bytes for an end that is gone are answered by a reset."""
        client, server = self.connect(Keeper, HalfCloser)
        client.transport.loseConnection()
        self.clock.advance(0)
        self.assertIsNone(server.reason)
        server.transport.write(b"x")
        self.clock.advance(0)
        server.reason.trap(ConnectionLost)

    def test_broken_protocol(self) -> None:
        """An exception out of a protocol costs it the connection and is logged."""

        class Broken(Keeper):
            def dataReceived(self, data: bytes) -> None:
                raise ZeroDivisionError

        client, server = self.connect(Keeper, Broken)
        client.transport.write(b"x")
        self.clock.advance(0)
        server.reason.trap(ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class ReactorNetworkTests(TestCase):
    """The network of this machine."""

    timeout = 20

    def setUp(self) -> None:
        self.reactor: Any = reactor

    def listen(self, factory: Factory | Any) -> int:
        """Start a server on loopback."""
        port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        number: int = port.getHost().port
        return number

    async def test_resolve(self) -> None:
        """Literals, own names, names of redirects, names of this machine."""
        network = ReactorNetwork(
            self.reactor,
            {"One.example": "192.0.2.1"},
            {("two.example", 443): ("127.0.0.1", 1), ("one.example", 443): ("127.0.0.1", 1)},
        )
        self.assertTrue(verifyObject(INetwork, network))
        self.assertEqual(await network.resolve("192.0.2.9"), "192.0.2.9")
        self.assertEqual(await network.resolve("::1"), "::1")
        self.assertEqual(await network.resolve("one.example"), "192.0.2.1")
        self.assertEqual(await network.resolve("TWO.example"), "198.51.100.1")
        self.assertEqual(await network.resolve("localhost"), "127.0.0.1")

    async def test_unknown(self) -> None:
        """Names that nobody knows, and no names."""
        network = ReactorNetwork(self.reactor)
        for name in ("nowhere.invalid", "b\xfccher.invalid", "x" * 300, "a\0b", "a..b", "a b"):
            with self.assertRaises(DNSLookupError):
                await network.resolve(name)

    async def test_cancelled_resolution(self) -> None:
        """The answer of a cancelled resolution is dropped."""
        network = ReactorNetwork(self.reactor)
        result = network.resolve("localhost")
        result.addErrback(lambda reason: None)
        result.cancel()
        await network.resolve("localhost")

    async def test_redirects(self) -> None:
        """Addresses and names go to where they are redirected, else where they are."""
        factory = Server()
        here = ("127.0.0.1", self.listen(factory))
        network = ReactorNetwork(
            self.reactor, {}, {("220.180.239.212", 8010): here, ("two.example", 443): here}
        )
        two = await network.resolve("two.example")
        for address, port in (("220.180.239.212", 8010), (two, 443), here):
            protocol: Any = await network.connect(address, port, Factory.forProtocol(Keeper))
            lost: Deferred[None] = Deferred()
            protocol.connectionLost = lambda reason, lost=lost: lost.callback(None)
            protocol.transport.loseConnection()
            await lost
        self.assertEqual(len(factory.connections), 3)
        with self.assertRaises(ConnectionRefusedError):
            await network.connect(two, 444, Factory.forProtocol(Keeper))

    async def test_refused(self) -> None:
        """A closed port fails as in Twisted."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port: int = unused.getsockname()[1]
            network = ReactorNetwork(self.reactor)
            with self.assertRaises(ConnectionRefusedError):
                await network.connect("127.0.0.1", port, Factory.forProtocol(Keeper))
