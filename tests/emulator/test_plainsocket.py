"""Tests of L{twisted_quectel.emulator.plainsocket} in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IProtocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.tlsservers import Chargen, Discard, Echo, Recorder, Server
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.netsocket import NetSocket
from twisted_quectel.emulator.plainsocket import DatagramSocket, ListenerSocket, PlainSocket

HOST = "server.example"
OWN = "10.7.157.1"


class SocketCase(SynchronousTestCase):
    """A clock, a network, and what a socket tells its owner."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock)
        self.server = Server(Echo)
        self.network.listen(HOST, 80, self.server)
        self.events: list[Any] = []

    def owned(self, made: Any) -> Any:
        """Note what a socket tells."""
        made.on_opened = self.events.append
        made.on_readable = lambda: self.events.append("readable")
        made.on_closed = lambda: self.events.append("closed")
        made.on_writable = lambda: self.events.append("writable")
        return made

    def stream(self, **limits: int) -> Any:
        """Make a socket."""
        return self.owned(PlainSocket(self.clock, self.network, **limits))

    def open(self, host: str = HOST, port: int = 80, **limits: int) -> Any:
        """Open a socket; what comes of it has come when this returns."""
        made = self.stream(**limits)
        made.open(host, port, 0, timeout=150)
        self.settle()
        return made

    def settle(self) -> None:
        """Let turns pass."""
        for _ in range(20):
            self.clock.advance(0)

    def finished(self, made: NetSocket) -> None:
        """Nothing is left of it."""
        self.successResultOf(made.close())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(made.send(b"x"))
        self.assertEqual(made.send_space(), 0)


class OpenTests(SocketCase):
    """How an open ends."""

    def test_once(self) -> None:
        """The owner is told once, later; a socket is opened once only."""
        made = self.stream()
        made.open(HOST, 80, 0, timeout=150)
        self.assertEqual(self.events, [])
        self.settle()
        self.assertEqual(self.events, [0])
        self.assertEqual((made.address, made.remote_port), ("198.18.0.1", 80))
        self.assertEqual(made.local_port, 49152)
        self.assertRaises(RuntimeError, made.open, HOST, 80, 0, timeout=1)
        made.abort()
        self.settle()
        self.finished(made)

    def test_failures(self) -> None:
        """565, 566, 552 and 569, each once, and nothing is left."""
        self.network.silence(HOST, 81)
        for host, port, code in (
            ("nowhere.example", 80, 565),
            (HOST, 82, 566),
            ("", 80, 552),
            (HOST, 0, 552),
            (HOST, 81, 569),
        ):
            self.events.clear()
            made = self.open(host, port)
            self.clock.advance(150)
            self.assertEqual(self.events, [code])
            self.finished(made)

    def test_given_up(self) -> None:
        """An open that its owner gives up tells nothing, even if the network is there already."""

        class Late(MemoryNetwork):
            def connect(self, *args: Any) -> Deferred[IProtocol]:
                made: list[IProtocol] = []
                super().connect(*args).addCallback(made.append)
                return Deferred(lambda result: result.callback(made[0]))

        self.network = Late(self.clock)
        self.network.listen(HOST, 80, self.server)
        for end in ("close", "abort"):
            made = self.open()
            getattr(made, end)()
            self.settle()
            self.assertEqual(self.events, [])
            self.finished(made)
        for connection in self.server.connections:
            connection.reason.trap(ConnectionLost)

    def test_broken_network(self) -> None:
        """What a network raises and should not is logged, and 566."""

        class Broken(MemoryNetwork):
            def connect(self, *args: Any) -> Deferred[IProtocol]:
                return succeed(Recorder())

        self.network = Broken(self.clock)
        self.network.add_host(HOST)
        made = self.open()
        self.assertEqual(self.events, [566])
        self.assertEqual(len(self.flushLoggedErrors(AssertionError)), 1)
        self.finished(made)

    def test_port_given_back(self) -> None:
        """An own port can be used again when its connection is gone."""
        made = self.stream()
        made.open(HOST, 80, 5000, timeout=150)
        self.settle()
        other = self.stream()
        other.open(HOST, 80, 5000, timeout=150)
        self.settle()
        self.assertEqual(self.events, [0, 556])
        made.close()
        self.clock.advance(0)
        self.settle()
        again = self.stream()
        again.open(HOST, 80, 5000, timeout=150)
        self.settle()
        self.assertEqual(self.events, [0, 556, 0])
        self.assertEqual(again.local_port, 5000)


class StreamTests(SocketCase):
    """An open connection."""

    def test_bounded(self) -> None:
        """The receive buffer never holds more than its limit, and all bytes come."""
        self.network.listen(HOST, 81, Server(Chargen))
        made = self.open(port=81, receive_limit=1000)
        got = b""
        while "closed" not in self.events or made.unread():
            self.assertLessEqual(made.unread(), 1000)
            got += made.read(700)
            self.settle()
        self.assertEqual(got, Chargen.expected())
        self.assertEqual(self.events.count("closed"), 1)
        self.finished(made)

    def test_send_buffer(self) -> None:
        """A send finds room or nothing of it is taken; room is told once it is there."""
        made = self.open(send_limit=1000)
        server = self.server.connections[0]
        server.transport.pauseProducing()
        self.assertFalse(made.send(b"x" * 1001))
        self.assertTrue(made.send(b"x" * 1000))
        self.assertEqual(made.unacknowledged(), 1000)
        self.assertFalse(made.send(b"y"))
        self.settle()
        self.assertEqual(self.events, [0, "writable"])
        self.assertEqual((made.send_space(), made.unacknowledged()), (1000, 1000))
        server.transport.resumeProducing()
        self.settle()
        self.assertEqual(made.unacknowledged(), 0)

    def test_close(self) -> None:
        """Close flushes, drops what comes, and waits for the peer's end."""
        made = self.open()
        made.send(b"x" * 5000)
        done = made.close()
        self.assertNoResult(done)
        self.settle()
        self.successResultOf(done)
        server = self.server.connections[0]
        self.assertEqual(server.received, 5000)
        server.reason.trap(ConnectionDone)
        self.finished(made)

    def test_peer_without_end(self) -> None:
        """A peer that reads no more is left after a while, and reset after another."""
        self.network.listen(HOST, 81, Server(Discard))
        made = self.open(port=81)
        made.send(b"x")
        done = made.close()
        self.clock.pump([0.0] * 20 + [3.0] * 3 + [0.0] * 20)
        self.successResultOf(done)
        self.finished(made)

    def test_reset_by_peer(self) -> None:
        """After a reset nobody knows what the peer's TCP had acknowledged."""
        made = self.open()
        self.server.connections[0].transport.abortConnection()
        self.settle()
        self.assertEqual(self.events, [0, "closed"])
        self.assertIsNone(made.unacknowledged())
        made.keep_alive()
        self.finished(made)

    def test_ended_by_peer(self) -> None:
        """After an end in order everything is acknowledged."""
        made = self.open()
        made.send(b"x")
        self.settle()
        self.server.connections[0].transport.loseConnection()
        self.settle()
        self.assertEqual(made.unacknowledged(), 0)
        self.assertEqual(made.read(9), b"x")
        made.abort()
        self.finished(made)

    def test_unread_at_the_end(self) -> None:
        """What is unread when TCP has gone can be dropped."""
        self.network.listen(HOST, 81, Server(Chargen))
        for end in ("close", "abort"):
            made = self.open(port=81, receive_limit=1000)
            made.read(1000)
            getattr(made, end)()
            self.clock.pump([0.0] * 20 + [3.0] * 3 + [0.0] * 20)
            self.finished(made)

    def test_abort(self) -> None:
        """An abort is a reset, and no more is told."""
        made = self.open()
        made.send(b"x")
        made.abort()
        made.abort()
        self.settle()
        self.server.connections[0].reason.trap(ConnectionLost)
        self.assertEqual(self.events, [0])
        self.finished(made)

    def test_before_open(self) -> None:
        """Nothing can be had of a socket that was not opened."""
        made = self.stream()
        made.keep_alive()
        self.assertEqual((made.unread(), made.read(1), made.unacknowledged()), (0, b"", 0))
        self.finished(made)


class OtherTests(SocketCase):
    """Listeners and datagrams, where commands cannot reach."""

    def test_listener_given_up(self) -> None:
        """A listener that is closed ahead of its turn never listens."""
        made = self.owned(ListenerSocket(self.clock, self.network, OWN, lambda a, p: None))
        made.listen(7000)
        self.successResultOf(made.close())
        self.settle()
        self.assertEqual(self.events, [])
        self.finished(made)

    def test_datagrams_given_up(self) -> None:
        """Datagrams that are closed ahead of their turn are never opened."""
        made = self.owned(DatagramSocket(self.clock, self.network, OWN))
        made.serve(7000)
        self.assertEqual(made.unacknowledged(), 0)
        made.abort()
        self.settle()
        self.assertEqual(self.events, [])
        self.finished(made)
