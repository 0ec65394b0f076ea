"""What a protocol sees of its transport, in each access mode, on a clock of its own."""

from __future__ import annotations

from io import StringIO
from typing import Any

from twisted.internet.address import HostnameAddress, IPv4Address, IPv6Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    ILoggingContext,
    IPushProducer,
    ISSLTransport,
    ITCPTransport,
    ITransport,
)
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import PORT, Mixed, VirtualCase
from tests.modules import family_of


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Peer):
    """Notes that its writing side was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.halves: list[str] = []

    def readConnectionLost(self) -> None:
        """Note it."""
        self.halves.append("read")

    def writeConnectionLost(self) -> None:
        """Note it."""
        self.halves.append("write")


class Unregistering(HalfCloseable):
    """Lets go of its transport when its writing side was closed."""

    def writeConnectionLost(self) -> None:
        """Note it."""
        super().writeConnectionLost()
        self.transport.unregisterProducer()


class Speaker(Peer):
    """Says its piece and closes at once."""

    piece = bytes(range(256)) * 400

    def connectionMade(self) -> None:
        self.transport.write(self.piece)
        self.transport.loseConnection()


class Clumsy(Peer):
    """Fails at what comes."""

    def dataReceived(self, data: bytes) -> None:
        raise ZeroDivisionError("a protocol with a bug")


class ClumsyStart(Peer):
    """Fails when it is connected."""

    def connectionMade(self) -> None:
        raise ZeroDivisionError("a protocol with a bug")


class ClumsyEnd(Peer):
    """Fails when it is told of its end."""

    def connectionLost(self, reason: Any = None) -> None:
        super().connectionLost(reason)
        raise ZeroDivisionError("a protocol with a bug")


class TransportTests(Mixed):
    """Mixed into a case for each access mode."""

    def connected(self, make: Any = Peer, serve: Any = Peer, **arguments: Any) -> Any:
        """Give both ends of a connection."""
        self.serving = self.serve(serve)
        self.emulated = self.emulate()
        client = self.connect(self.endpoint(self.emulated, mode=self.mode, **arguments), make)
        self.until(lambda: self.serving.peers)
        return client, self.serving.peers[0]

    def lost(self, peer: Peer, seconds: float = 20.0) -> Any:
        """Wait for the end of a connection, and give the one reason."""
        self.until(lambda: peer.reasons, seconds)
        self.settle(5.0)
        self.assertEqual(len(peer.reasons), 1)
        return peer.reasons[0].value

    def test_interfaces(self) -> None:
        """The transport is what Twisted's interfaces say, and claims no certificate."""
        client, _ = self.connected()
        for interface in (ITransport, ITCPTransport, IPushProducer, IConsumer, ILoggingContext):
            self.assertTrue(verifyObject(interface, client.transport), interface)
        self.assertFalse(ISSLTransport.providedBy(client.transport))
        self.assertEqual(client.transport.logPrefix(), "Peer")

    def test_write_sequence(self) -> None:
        """Several pieces are sent in their order; what is no bytes is refused."""
        client, server = self.connected()
        client.transport.writeSequence([b"one ", b"", b"two ", b"three"])
        self.until(lambda: server.count == 13)
        self.assertEqual(server.received, b"one two three")
        self.assertRaises(TypeError, client.transport.write, "text")
        self.assertRaises(TypeError, client.transport.writeSequence, [b"a", "text"])

    def test_small_writes_are_joined(self) -> None:
        """Many small writes go as few full blocks."""
        client, server = self.connected()
        trace = StringIO()
        self.emulated.modem().trace_to(trace)
        expected = b"".join(b"%d," % number for number in range(3000))
        for number in range(3000):
            client.transport.write(b"%d," % number)
        self.until(lambda: server.count == len(expected))
        self.assertEqual(bytes(server.received), expected)
        sends = trace.getvalue().count("AT+QSSLSEND")
        longest = (
            client.transport._socket._family.limits.send if self.mode != "transparent" else 1460
        )
        self.assertLessEqual(sends, len(expected) // longest + 2)

    def test_addresses(self) -> None:
        """The peer of a name is a name; the module's address is that of its PDP context."""
        client, _ = self.connected()
        self.assertEqual(client.transport.getPeer(), HostnameAddress(b"server.example", PORT))
        self.assertEqual(client.transport.getHost(), IPv4Address("TCP", "10.7.157.1", 0))

    def test_lose_connection_flushes(self) -> None:
        """What was written before C{loseConnection} arrives, then both ends see a clean end."""
        client, server = self.connected()
        data = bytes(range(256)) * 500
        client.transport.write(data)
        client.transport.loseConnection()
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(bytes(server.received), data)
        self.assertIsInstance(self.lost(server), ConnectionDone)

    def test_lose_connection_in_connection_made(self) -> None:
        """A protocol may write and leave as soon as it is connected."""
        client, server = self.connected(Speaker)
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(bytes(server.received), Speaker.piece)

    def test_lose_connection_while_paused(self) -> None:
        """A paused connection that is closed ends, and delivers nothing more."""
        client, server = self.connected()
        client.transport.pauseProducing()
        server.transport.write(b"x" * 5000)
        self.settle()
        client.transport.loseConnection()
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(client.count, 0)

    def test_abort(self) -> None:
        """An abort is told in the next turn, once, and the server's connection is reset."""
        client, server = self.connected()
        client.transport.write(b"x" * 100000)
        client.transport.abortConnection()
        client.transport.abortConnection()
        client.transport.loseConnection()
        client.transport.write(b"too late")
        self.assertEqual(client.reasons, [])
        self.clock.advance(0)
        self.assertEqual(len(client.reasons), 1)
        self.assertIsInstance(self.lost(client), ConnectionAborted)
        reason = self.lost(server)
        self.assertIsInstance(reason, self.server_is_told)
        self.assertEqual([*self.emulated.module.sockets], [])

    def test_abort_in_data_received(self) -> None:
        """An abort from within C{dataReceived} is not told from within it."""
        depths: list[bool] = []

        class Aborts(Peer):
            inside = False

            def dataReceived(self, data: bytes) -> None:
                self.inside = True
                self.transport.abortConnection()
                self.inside = False

            def connectionLost(self, reason: Any = None) -> None:
                depths.append(self.inside)
                super().connectionLost(reason)

        client, server = self.connected(Aborts)
        server.transport.write(b"x" * 10000)
        self.assertIsInstance(self.lost(client), ConnectionAborted)
        self.assertEqual(depths, [False])

    def test_lose_write_connection(self) -> None:
        """C{loseWriteConnection} sends what was written, tells the protocol and closes."""
        client, server = self.connected(HalfCloseable)
        client.transport.write(b"the last words" * 1000)
        client.transport.loseWriteConnection()
        client.transport.write(b"not these")
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(client.halves, ["write"])
        self.assertEqual(bytes(server.received), b"the last words" * 1000)

    def test_lose_write_connection_from_within(self) -> None:
        """The protocol is told of the end of its writing side once, whatever it does then."""
        client, _ = self.connected(Unregistering)
        client.transport.loseWriteConnection()
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(client.halves, ["write"])

    def test_tail(self) -> None:
        """What a server sends before it closes at once arrives in full, then the end."""
        client, _ = self.connected(serve=Speaker)
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(bytes(client.received), Speaker.piece)

    def test_tail_while_paused(self) -> None:
        """The end waits behind the data of a paused protocol."""

        class Paused(Peer):
            def connectionMade(self) -> None:
                self.transport.pauseProducing()

        client, _ = self.connected(Paused, Speaker)
        self.settle(60.0)
        self.assertEqual((client.count, client.reasons), (0, []))
        client.transport.resumeProducing()
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(bytes(client.received), Speaker.piece)

    def test_closed_lost(self) -> None:
        """With C{closed=lost} an end by the peer is no clean one."""
        client, _ = self.connected(serve=Speaker, closed="lost")
        reason = self.lost(client)
        self.assertEqual(type(reason), ConnectionLost)
        self.assertEqual(bytes(client.received), Speaker.piece)

    def test_own_end_with_closed_lost(self) -> None:
        """With C{closed=lost} an end of one's own is still a clean one."""
        client, _ = self.connected(closed="lost")
        client.transport.loseConnection()
        self.assertIsInstance(self.lost(client), ConnectionDone)

    def test_unsent_is_lost(self) -> None:
        """If the peer closes before all was sent, the connection was lost."""
        # after NO CARRIER the module takes what is under way for commands
        self.verdicts_expected = self.mode == "transparent"
        client, server = self.connected()
        server.transport.pauseProducing()
        client.transport.write(b"x" * 1000000)
        self.settle(1.0)
        server.transport.abortConnection()
        reason = self.lost(client)
        self.assertIsInstance(reason, ConnectionLost)
        self.assertNotIsInstance(reason, ConnectionAborted)

    def test_exception_in_data_received(self) -> None:
        """What a protocol raises is logged once and becomes the reason; the modem goes on."""
        client, server = self.connected(Clumsy)
        server.transport.write(b"x" * 10000)
        self.assertIsInstance(self.lost(client), ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.still_works()

    def test_exception_in_connection_made(self) -> None:
        """What C{connectionMade} raises becomes the reason; the connection is server_is_told."""
        client, server = self.connected(ClumsyStart)
        self.assertIsInstance(self.lost(client), ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertIsInstance(self.lost(server), self.server_is_told)
        self.still_works()

    def test_exception_in_connection_lost(self) -> None:
        """What C{connectionLost} raises is logged and harms nobody."""
        client, _ = self.connected(ClumsyEnd)
        client.transport.loseConnection()
        self.assertIsInstance(self.lost(client), ConnectionDone)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.still_works()

    def still_works(self) -> None:
        """Make another connection over the same modem."""
        client = self.connect(self.endpoint(self.emulated, mode=self.mode))
        client.transport.write(b"hello")
        self.until(lambda: self.serving.peers[-1].count == 5)
        client.transport.loseConnection()
        self.lost(client)

    def test_address_of_a_literal(self) -> None:
        """The peer of an address is that address; it gets no server name."""
        kinds: dict[str, type[IPv4Address | IPv6Address]] = {"198.51.100.7": IPv4Address}
        if family_of(self.model) == "lte":
            self.description = {"ip": "ipv4v6"}
            kinds["2001:db8::7"] = IPv6Address
        options = self.options("198.51.100.7", "2001:db8::7")
        self.emulated = self.emulate()
        for literal, kind in kinds.items():
            self.serve(Peer, options, literal)
            endpoint = self.endpoint(self.emulated, host=literal, mode=self.mode)
            client = self.connect(endpoint)
            self.assertEqual(client.transport.getPeer(), kind("TCP", literal, PORT))
            client.transport.loseConnection()
            self.lost(client)
        self.assertEqual(options.names, [None] * len(kinds))


class BufferTransportTests(TransportTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushTransportTests(TransportTests, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentTransportTests(TransportTests, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
