"""Flow control between the protocol, the module and the server."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IConsumer, IPullProducer, IPushProducer
from twisted.protocols.basic import FileSender
from zope.interface import implementer

from tests.endpoint.protocols import Hasher, Peer
from tests.endpoint.virtual import Mixed, VirtualCase
from tests.tlsservers import Chargen

#: More than all buffers between two ends hold together.
TOTAL = 1_000_000
#: What the host may hold of a paused connection, in bytes.
HELD_AT_MOST = 64 * 1024


@implementer(IPushProducer)
class Fountain:
    """Writes as fast as it may.

    @ivar ahead: the most that was written beyond what the server had.
    """

    def __init__(self, consumer: Any, total: int) -> None:
        self.consumer = consumer
        self.left = total
        self.events: list[str] = []
        self.paused = False

    def resumeProducing(self) -> None:
        """Write until told to stop."""
        self.events.append("resume")
        self.run()

    def run(self) -> None:
        """Write until told to stop."""
        self.paused = False
        while self.left and not self.paused:
            self.left -= 1000
            self.consumer.write(b"%010d" % self.left * 100)
        if not self.left:
            self.consumer.unregisterProducer()

    def pauseProducing(self) -> None:
        """Stop for now."""
        self.events.append("pause")
        self.paused = True

    def stopProducing(self) -> None:
        """Stop for good."""
        self.events.append("stop")
        self.paused = True


@implementer(IPullProducer)
class Broken:
    """Cannot produce."""

    def resumeProducing(self) -> None:
        """Fail."""
        raise ZeroDivisionError("a producer with a bug")

    def stopProducing(self) -> None:
        """Stop."""


class ServerChargen(Chargen):
    """Sends a million bytes as fast as it may."""

    def __init__(self) -> None:
        super().__init__()
        self.reasons: list[Any] = []

    def connectionLost(self, reason: Any = None) -> None:
        self.reasons.append(reason)


class Slow(Peer):
    """Stops reading at the first bytes."""

    def dataReceived(self, data: bytes) -> None:
        if not self.received:
            self.transport.pauseProducing()
        super().dataReceived(data)


class ProducerTests(Mixed):
    """Mixed into a case for each access mode."""

    def connected(self, make: Any = Peer, serve: Any = Peer, **arguments: Any) -> Any:
        """Give both ends of a connection."""
        self.serving = self.serve(serve)
        self.emulated = self.emulate(**arguments)
        client = self.connect(self.endpoint(self.emulated, mode=self.mode), make)
        self.until(lambda: self.serving.peers)
        return client, self.serving.peers[0]

    def test_pull_producer(self) -> None:
        """A L{FileSender} sends its file; the transport is free for the next one."""
        client, server = self.connected(serve=Hasher)
        content = bytes(range(256)) * 1000
        for _ in range(2):
            sending = FileSender().beginFileTransfer(BytesIO(content), client.transport)
            self.result_of(sending)
        self.until(lambda: server.count == 2 * len(content))
        self.assertEqual(server.sha256.digest(), hashlib.sha256(content * 2).digest())

    def test_push_producer(self) -> None:
        """A streaming producer is paused when the buffer is full and resumed when it is not."""
        client, server = self.connected(serve=Hasher)
        fountain = Fountain(client.transport, TOTAL)
        IConsumer(client.transport).registerProducer(fountain, True)
        fountain.run()
        self.assertEqual(fountain.events, ["pause"])
        self.assertGreater(fountain.left, TOTAL - 200_000)
        self.until(lambda: server.count == TOTAL)
        expected = b"".join(b"%010d" % n * 100 for n in range(TOTAL - 1000, -1, -1000))
        self.assertEqual(server.sha256.digest(), hashlib.sha256(expected).digest())
        self.assertEqual(fountain.events.count("pause"), fountain.events.count("resume"))
        self.assertNotIn("stop", fountain.events)

    def test_buffer_size(self) -> None:
        """The size at which producers are paused can be set."""
        client, _ = self.connected()
        client.transport.bufferSize = 5000
        fountain = Fountain(client.transport, TOTAL)
        client.transport.registerProducer(fountain, True)
        fountain.run()
        # the line takes some at once in transparent mode
        self.assertLessEqual(fountain.left, TOTAL - 6000)
        self.assertGreater(fountain.left, TOTAL - 80_000)
        client.transport.abortConnection()
        self.clock.advance(0)
        self.assertEqual(fountain.events, ["pause", "stop"])

    def test_close_waits_for_producer(self) -> None:
        """C{loseConnection} waits for a producer that has not finished."""
        client, server = self.connected(serve=Hasher)
        fountain = Fountain(client.transport, TOTAL)
        client.transport.registerProducer(fountain, True)
        fountain.run()
        client.transport.loseConnection()
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)
        self.assertEqual((server.count, fountain.left), (TOTAL, 0))

    def test_second_producer(self) -> None:
        """There is one producer at a time; after the end there is none."""
        client, _ = self.connected()
        client.transport.registerProducer(Fountain(client.transport, 0), True)
        self.assertRaises(
            RuntimeError, client.transport.registerProducer, Fountain(client.transport, 0), True
        )
        client.transport.abortConnection()
        self.settle()
        late = Fountain(client.transport, TOTAL)
        client.transport.registerProducer(late, True)
        self.assertEqual(late.events, ["stop"])

    def test_broken_producer(self) -> None:
        """What a producer raises is logged once and ends its connection, not the modem."""
        client, _ = self.connected()
        client.transport.registerProducer(Broken(), False)
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        again = self.connect(self.endpoint(self.emulated, mode=self.mode))
        again.transport.loseConnection()
        self.settle()

    def test_pause_holds_the_server_back(self) -> None:
        """A paused protocol stops the server; nothing is lost when it goes on."""
        self.needs(self.kind.brakes or self.mode != "push", "nothing stops it")
        client, server = self.connected(Slow, ServerChargen)
        self.settle(120.0)
        self.assertLess(client.count, 20_000)
        self.assertLess(server.sent, TOTAL)
        sent = server.sent
        held = client.transport._socket._held
        self.assertLessEqual(sum(map(len, held)), HELD_AT_MOST)
        self.settle(120.0)
        self.assertEqual(server.sent, sent)
        client.transport.resumeProducing()
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)
        self.assertTrue(bytes(client.received) == Chargen.expected())

    def test_pauses_by_the_dozen(self) -> None:
        """Pausing and resuming at every piece loses, doubles and disorders nothing."""

        class Hesitant(Hasher):
            inside = False

            def dataReceived(self, data: bytes) -> None:
                assert not self.inside, "dataReceived within dataReceived"
                self.inside = True
                super().dataReceived(data)
                self.transport.pauseProducing()
                if self.count % 3 == 0:
                    self.transport.resumeProducing()
                    self.transport.pauseProducing()
                clock.callLater(0.01 * (self.count % 7), self.transport.resumeProducing)
                self.inside = False

        clock = self.clock
        client, _ = self.connected(Hesitant, ServerChargen)
        self.until(lambda: client.reasons, 1e6, 10**6)
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)
        self.assertEqual(client.sha256.digest(), hashlib.sha256(Chargen.expected()).digest())

    def test_resume_does_not_deliver_at_once(self) -> None:
        """C{resumeProducing} returns before anything is delivered or the end is told."""

        class Resumes(Slow):
            resuming = False

            def dataReceived(self, data: bytes) -> None:
                assert not self.resuming, "dataReceived within resumeProducing"
                super().dataReceived(data)

            def connectionLost(self, reason: Any = None) -> None:
                assert not self.resuming, "connectionLost within resumeProducing"
                super().connectionLost(reason)

            def resume(self) -> None:
                self.resuming = True
                self.transport.resumeProducing()
                self.resuming = False

        client, server = self.connected(Resumes)
        for _ in range(20):
            server.transport.write(b"x" * 1000)
            self.settle()
        server.transport.loseConnection()
        self.settle(1.0)
        client.resume()
        self.assertLess(client.count, 20000)
        self.until(lambda: client.reasons)
        self.assertEqual(client.count, 20000)
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)

    def test_pause_while_others_go_on(self) -> None:
        """A paused connection does not hold up another one of the same modem."""
        self.needs(self.kind.at_once(self.mode) > 1, "it has one connection")
        client, _ = self.connected(Slow, ServerChargen)
        self.settle(1.0)
        other = self.connect(self.endpoint(self.emulated, mode=self.mode), Hasher)
        self.until(lambda: other.reasons, 100.0)
        self.assertEqual(other.count, TOTAL)
        self.assertLess(client.count, 20_000)
        client.transport.resumeProducing()
        self.until(lambda: client.reasons)
        self.assertEqual(client.count, TOTAL)


class BufferProducerTests(ProducerTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushProducerTests(ProducerTests, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentProducerTests(ProducerTests, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
