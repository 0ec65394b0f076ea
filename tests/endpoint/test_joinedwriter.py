"""Few writes to a program's socket: L{twisted_quectel.joinedwriter}."""

from __future__ import annotations

from typing import Any

from twisted.internet import main
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.endpoint.test_forward import Scripted
from twisted_quectel.forward import Forwarder
from twisted_quectel.joinedwriter import HELD, JOINED, JOINED_FOR, JoinedWriter


class Socket(FileDescriptor):
    """A transport whose socket takes as much as the test says.

    @ivar room: bytes that the socket takes.
    @ivar sent: what it has taken, a write each.
    @ivar lost: whether the socket is gone.
    """

    def __init__(self) -> None:
        self.writing = False
        self.room = 1 << 30
        self.sent: list[bytes] = []
        self.lost = False
        self.ending = False
        # never asked: what it would be told of is overridden
        reactor: Any = object()
        super().__init__(reactor)
        self.connected = 1

    def writeSomeData(self, data: Any) -> Any:
        if self.lost:
            return main.CONNECTION_LOST
        taken = bytes(data[: self.room])
        self.room -= len(taken)
        self.sent.append(taken)
        return len(taken)

    def startWriting(self) -> None:
        self.writing = True

    def stopWriting(self) -> None:
        self.writing = False

    def startReading(self) -> None:
        """Nothing comes from here."""

    def stopReading(self) -> None:
        """Nothing comes from here."""

    def loseConnection(self, _connDone: Failure = connectionDone) -> None:
        self.ending = True

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 1)

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 2)


@implementer(IPushProducer)
class Source:
    """What pauses."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        """Be told."""
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """Be told."""
        self.calls.append("resume")

    def stopProducing(self) -> None:
        """Be told."""
        self.calls.append("stop")


class JoinedWriterTests(SynchronousTestCase):
    """One writer, its socket's room and its clock the test's."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.socket = Socket()
        self.source = Source()
        self.writer = JoinedWriter(self.socket, self.source, self.clock)

    def test_at_once(self) -> None:
        """A piece behind a silence is written in the same turn, whole."""
        for piece in (b"one", b"two"):
            self.writer.write(piece)
            self.assertEqual(self.socket.sent.pop(), piece)
            self.clock.advance(JOINED_FOR)
            self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.socket.sent, [])

    def test_joined(self) -> None:
        """What follows within a millisecond is one write, and so on for as long as more comes."""
        for piece in (b"1", b"2", b"3"):
            self.writer.write(piece)
        self.assertEqual(self.socket.sent, [b"1"])
        self.clock.advance(JOINED_FOR)
        self.writer.write(b"4")
        self.assertEqual(self.socket.sent, [b"1", b"23"])
        self.clock.advance(JOINED_FOR)
        self.assertEqual(self.socket.sent, [b"1", b"23", b"4"])
        self.clock.advance(JOINED_FOR)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_much(self) -> None:
        """16 KiB do not wait."""
        self.writer.write(b"1")
        half = b"x" * (JOINED // 2)
        self.writer.write(half)
        self.assertEqual(self.socket.sent, [b"1"])
        self.writer.write(half)
        self.assertEqual(self.socket.sent, [b"1", half + half])

    def test_full(self) -> None:
        """What a socket does not take is sent later, in order; beyond 64 KiB the source waits."""
        self.socket.room = 10
        self.writer.write(b"x" * 20)
        self.assertTrue(self.socket.writing)
        for _ in range(HELD // JOINED):
            self.assertEqual(self.source.calls, [])
            self.writer.write(b"y" * JOINED)
        self.assertEqual(self.source.calls, ["pause"])
        self.writer.write(b"y" * JOINED)
        self.socket.room = 1 << 30
        self.writer.write(b"end")
        while self.socket.writing:
            self.socket.doWrite()
        self.clock.advance(JOINED_FOR)
        self.assertEqual(self.source.calls, ["pause", "resume"])
        expected = b"x" * 20 + b"y" * (HELD + JOINED) + b"end"
        self.assertEqual(b"".join(self.socket.sent), expected)

    def test_behind(self) -> None:
        """A socket that was only a little behind pauses nobody, and is written to at once again."""
        self.socket.room = 0
        self.writer.write(b"x")
        self.socket.room = 1 << 30
        self.socket.doWrite()
        self.clock.advance(JOINED_FOR)
        self.writer.write(b"y")
        self.assertEqual(b"".join(self.socket.sent), b"xy")
        self.assertFalse(self.socket.writing)
        self.assertEqual(self.source.calls, [])

    def test_lost(self) -> None:
        """A socket that is gone is the transport's to find out: no exception, no timer left."""
        self.socket.lost = True
        self.writer.write(b"x")
        self.assertTrue(self.socket.writing)
        self.assertIs(self.socket.doWrite(), main.CONNECTION_LOST)
        self.socket.connectionLost(Failure(main.CONNECTION_LOST))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_end(self) -> None:
        """The end writes what waits, and leaves neither a timer nor a producer."""
        self.writer.write(b"1")
        self.writer.write(b"2")
        self.writer.end()
        self.assertEqual(self.socket.sent, [b"1", b"2"])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIsNone(self.socket.producer)
        self.writer.stopProducing()


class HalfTests(SynchronousTestCase):
    """The gateway's half over the module, with a program's socket as the other one."""

    def setUp(self) -> None:
        self.clock = Clock()
        connecting: Deferred[Any] = Deferred()
        forwarder = Forwarder(Scripted(connecting), "x", self.clock)
        self.near = forwarder.buildProtocol(None)
        self.socket = Socket()
        self.near.makeConnection(self.socket)
        far = forwarder._far.buildProtocol(IPv4Address("TCP", "1.2.3.4", 1))
        assert far is not None
        self.far: Any = far
        self.far.makeConnection(StringTransport())
        connecting.callback(self.far)

    def test_server_ends(self) -> None:
        """What waits to be joined goes out ahead of the end."""
        self.far.dataReceived(b"1")
        self.far.dataReceived(b"2")
        self.far.connectionLost(Failure(main.CONNECTION_DONE))
        self.assertEqual(self.socket.sent, [b"1", b"2"])
        self.assertTrue(self.socket.ending)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_program_ends(self) -> None:
        """What comes for a program that has gone goes nowhere."""
        self.far.dataReceived(b"1")
        self.socket.connectionLost(Failure(main.CONNECTION_DONE))
        self.near.connectionLost(Failure(main.CONNECTION_DONE))
        self.assertTrue(self.far.transport.disconnecting)
        self.far.dataReceived(b"2")
        self.far.connectionLost(Failure(main.CONNECTION_DONE))
        self.assertEqual(self.socket.sent, [b"1"])
        self.assertEqual(self.clock.getDelayedCalls(), [])
