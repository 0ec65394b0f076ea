"""Tests for L{twisted_quectel.modem.serialwire}."""

from __future__ import annotations

import errno
import os
import random
from typing import Any
from unittest import mock

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IPushProducer
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twisted_quectel.at.wire import IWire, IWireTransport
from twisted_quectel.modem.circuits import Circuits
from twisted_quectel.modem.serialwire import LINGER

from .ptys import FakeCircuits, FakeReactor, Pty, PullProducer, PushProducer, Recorder


class SerialWireUnitTests(SynchronousTestCase):
    """A wire whose reactor is the test."""

    def pty(self, circuits: Circuits | None = None) -> Pty:
        """Make a wire."""
        return Pty(self, circuits, FakeReactor())

    def test_interfaces(self) -> None:
        """It is a transport, a wire, a consumer and a push producer."""
        wire = self.pty().wire
        for interface in (IWireTransport, IWire, IConsumer, IPushProducer):
            verifyObject(interface, wire)
        self.assertTrue(wire.timed)

    def test_one_write_for_a_command(self) -> None:
        """On an idle line a command is one C{write(2)}, in the same turn, without the reactor."""
        pty = self.pty()
        pty.reactor.asked.clear()
        with mock.patch("os.write", wraps=os.write) as write:
            pty.wire.write(b"AT+CSQ\r")
        self.assertEqual(write.call_count, 1)
        self.assertEqual(pty.reactor.asked, [])
        self.assertEqual(pty.read_all(7), b"AT+CSQ\r")

    def test_sequence_is_one_write(self) -> None:
        """The pieces of C{writeSequence} leave in one C{write(2)}."""
        pty = self.pty()
        with mock.patch("os.write", wraps=os.write) as write:
            pty.wire.writeSequence([b"AT", b"+CSQ", b"\r"])
        self.assertEqual(write.call_count, 1)
        self.assertEqual(pty.read_all(7), b"AT+CSQ\r")

    def test_partial_writes_keep_the_order(self) -> None:
        """What a full line does not take waits, and later bytes wait behind it."""
        pty = self.pty()
        rng = random.Random(1)
        sent, came = bytearray(), bytearray()
        with mock.patch(
            "os.write", side_effect=lambda fd, data, write=os.write: write(fd, data[:777])
        ):
            for _ in range(400):
                piece = rng.randbytes(rng.randrange(1, 3000))
                sent += piece
                pty.wire.write(piece)
                if rng.random() < 0.5:
                    came += pty.read()
                    for writer in pty.reactor.getWriters():
                        self.assertIsNone(writer.doWrite())
            while pty.reactor.writers:
                came += pty.read()
                self.assertIsNone(pty.wire.doWrite())
        came += pty.read_all(len(sent) - len(came))
        self.assertEqual(bytes(came), bytes(sent))
        self.assertEqual(pty.wire.unsent(), 0)

    def test_unsent_counts_both_queues(self) -> None:
        """The bytes that have not left are the wire's own and the driver's."""
        circuits = FakeCircuits()
        circuits.waiting = 300
        pty = self.pty(circuits)
        with mock.patch("os.write", side_effect=BlockingIOError):
            pty.wire.write(b"x" * 40)
        self.assertEqual(pty.wire.unsent(), 340)

    def test_write_wants_bytes(self) -> None:
        """Anything but bytes is refused as Twisted's transports do."""
        wire = self.pty().wire
        text: Any = "AT\r"
        self.assertRaises(TypeError, wire.write, text)
        self.assertRaises(TypeError, wire.writeSequence, [text])

    def test_pull_producer(self) -> None:
        """A pull producer is asked for more each time its bytes have left."""
        pty = self.pty()
        producer: Any = PullProducer(pty.wire, 5)
        pty.wire.registerProducer(producer, False)
        while pty.reactor.writers:
            pty.wire.doWrite()
        self.assertEqual(pty.read_all(len(producer.made)), bytes(producer.made))
        self.assertEqual(producer.made.count(b"line"), 5)

    def test_push_producer(self) -> None:
        """A push producer is paused when the queue is long, and resumed when it is empty."""
        pty = self.pty()
        pty.wire.bufferSize = 1000
        producer = PushProducer()
        pty.wire.registerProducer(producer, True)
        pty.fill()
        self.assertEqual(producer.events, [])
        pty.wire.write(b"y" * 2000)
        self.assertEqual(producer.events, ["pause"])
        while pty.reactor.writers:
            pty.read()
            pty.wire.doWrite()
        self.assertEqual(producer.events, ["pause", "resume"])
        pty.wire.unregisterProducer()

    def test_failing_producer(self) -> None:
        """A producer that fails at the end is logged; the protocol is told all the same."""
        pty = self.pty()
        producer = PushProducer()
        pty.wire.registerProducer(producer, True)
        pty.wire.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(producer.events, ["stop"])
        self.assertEqual(len(pty.protocol.lost), 1)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_pause_reading(self) -> None:
        """While paused nothing is read; C{connectionMade} may pause, too."""
        pty = self.pty()
        pty.wire.pauseProducing()
        self.assertEqual(pty.reactor.readers, set())
        pty.wire.resumeProducing()
        self.assertEqual(pty.reactor.readers, {pty.wire})
        with mock.patch.object(
            Recorder, "connectionMade", lambda self: self.transport.stopReading()
        ):
            other = self.pty()
        self.assertEqual(other.reactor.readers, set())

    def test_nothing_to_read(self) -> None:
        """A wake-up without bytes is not the end of the device."""
        pty = self.pty()
        self.assertIsNone(pty.wire.doRead())
        self.assertEqual(pty.protocol.received, b"")

    def test_read_error(self) -> None:
        """A device that fails is lost, and the reason names it."""
        pty = self.pty()
        for number in (errno.EIO, errno.ENODEV, errno.ENXIO):
            with mock.patch("os.read", side_effect=OSError(number, os.strerror(number))):
                reason = pty.wire.doRead()
            self.assertIsInstance(reason, ConnectionLost)
            self.assertIn(pty.device, str(reason))

    def test_write_error_is_told_by_the_reactor(self) -> None:
        """A write to a device that is gone raises nothing; C{doWrite} reports the loss."""
        pty = self.pty()
        pty.close_master()
        pty.wire.write(b"AT\r")
        self.assertEqual(pty.protocol.lost, [])
        self.assertEqual(pty.reactor.writers, {pty.wire})
        self.assertIsInstance(pty.wire.doWrite(), ConnectionLost)

    def test_hang_up_is_no_orderly_end(self) -> None:
        """What epoll calls an orderly end of a device is a loss."""
        pty = self.pty()
        pty.wire.readConnectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(pty.protocol.lost), 1)
        self.assertTrue(pty.protocol.lost[0].check(ConnectionLost))

    def test_lost_once(self) -> None:
        """C{connectionLost} reaches the protocol once, whatever comes later."""
        pty = self.pty()
        pty.wire.connectionLost(Failure(ConnectionLost()))
        pty.wire.connectionLost(Failure(ConnectionLost()))
        pty.wire.loseConnection()
        pty.wire.abortConnection()
        pty.wire.write(b"AT\r")
        pty.wire.resumeProducing()
        pty.reactor.advance(1)
        self.assertEqual(len(pty.protocol.lost), 1)
        self.assertEqual(pty.reactor.readers | pty.reactor.writers, set())
        self.assertEqual(pty.wire.fileno(), -1)

    def test_circuits_end_with_the_wire(self) -> None:
        """After the end nothing touches a descriptor that may be somebody else's by now."""
        circuits = FakeCircuits()
        circuits.waiting = 5
        pty = self.pty(circuits)
        pty.wire.connectionLost(Failure(ConnectionLost()))
        self.assertFalse(pty.wire.set_dtr(False))
        self.assertTrue(circuits.dtr)
        self.assertFalse(pty.wire.set_baudrate(9600))
        self.assertEqual((pty.wire.dcd(), pty.wire.cts(), pty.wire.unsent()), (None, None, 0))

    def test_circuits(self) -> None:
        """DTR, DCD, CTS and the speed are those of the port."""
        circuits = FakeCircuits()
        wire = self.pty(circuits).wire
        self.assertEqual((wire.dcd(), wire.cts()), (True, False))
        self.assertTrue(wire.set_dtr(False))
        self.assertFalse(circuits.dtr)
        self.assertTrue(wire.set_baudrate(921600))
        self.assertEqual(circuits.rate, 921600)
        self.assertFalse(wire.set_baudrate(1))

    def test_pty_has_no_circuits(self) -> None:
        """A pty has neither DTR nor DCD nor CTS, and says so."""
        wire = self.pty().wire
        self.assertFalse(wire.set_dtr(False))
        self.assertEqual((wire.dcd(), wire.cts()), (None, None))
        self.assertEqual(wire.unsent(), 0)

    def test_address(self) -> None:
        """Both ends are named by the device."""
        pty = self.pty()
        self.assertEqual(pty.wire.getPeer().device, pty.device)
        self.assertEqual(pty.wire.getHost(), pty.wire.getPeer())
        self.assertEqual(pty.wire.logPrefix(), "Recorder")

    def test_lose_waits_for_the_queue(self) -> None:
        """C{loseConnection} sends what is queued first; then it is C{ConnectionDone}."""
        pty = self.pty()
        sent = pty.fill()
        pty.wire.loseConnection()
        came = b""
        while pty.wire.unsent():
            came += pty.read_all(1)
            pty.reactor.advance(0.1)
            self.assertEqual(pty.protocol.lost, [])
            pty.wire.doWrite()
        pty.reactor.advance(0.1)
        self.assertEqual(came + pty.read_all(len(sent) - len(came)), sent)
        self.assertTrue(pty.protocol.lost[0].check(ConnectionDone))
        self.assertEqual(pty.reactor.getDelayedCalls(), [])

    def test_lose_waits_for_the_driver(self) -> None:
        """It is closed only when the driver has sent all, since C{close(2)} would block."""
        circuits = FakeCircuits()
        circuits.waiting = 200
        pty = self.pty(circuits)
        pty.wire.loseConnection()
        self.assertIsNone(pty.wire.doWrite())
        pty.reactor.pump([0.1] * 10)
        self.assertEqual(pty.protocol.lost, [])
        circuits.waiting = 0
        pty.reactor.advance(0.1)
        self.assertTrue(pty.protocol.lost[0].check(ConnectionDone))
        self.assertFalse(circuits.discarded)

    def test_lose_with_cts_low(self) -> None:
        """A module that never takes the bytes does not keep the device open for ever."""
        circuits = FakeCircuits()
        circuits.waiting = 4096
        pty = self.pty(circuits)
        pty.fill()
        pty.wire.loseConnection()
        pty.reactor.pump([0.05] * int(LINGER / 0.05 - 2))
        self.assertEqual(pty.protocol.lost, [])
        circuits.waiting -= 1
        pty.reactor.pump([0.05] * int(LINGER / 0.05 - 2))
        self.assertEqual(pty.protocol.lost, [])
        pty.reactor.pump([0.05] * 10)
        self.assertTrue(pty.protocol.lost[0].check(ConnectionAborted))
        self.assertTrue(circuits.discarded)
        self.assertEqual(pty.reactor.getDelayedCalls(), [])

    def test_abort(self) -> None:
        """C{abortConnection} drops all and is told in the next turn, while closing too."""
        circuits = FakeCircuits()
        circuits.waiting = 4096
        pty = self.pty(circuits)
        pty.fill()
        pty.wire.loseConnection()
        pty.wire.abortConnection()
        pty.wire.abortConnection()
        pty.wire.write(b"late")
        self.assertEqual(pty.protocol.lost, [])
        self.assertEqual(pty.reactor.readers | pty.reactor.writers, set())
        pty.reactor.advance(0)
        self.assertTrue(pty.protocol.lost[0].check(ConnectionAborted))
        self.assertTrue(circuits.discarded)

    def test_lose_with_producer(self) -> None:
        """A producer may go on after C{loseConnection}, and take its time."""
        pty = self.pty()
        producer = PushProducer()
        pty.wire.registerProducer(producer, True)
        pty.wire.loseConnection()
        pty.wire.doWrite()
        pty.reactor.pump([1] * 20)
        pty.wire.write(b"the end")
        self.assertEqual(pty.protocol.lost, [])
        pty.wire.unregisterProducer()
        pty.reactor.advance(0.1)
        self.assertEqual(pty.read_all(7), b"the end")
        self.assertTrue(pty.protocol.lost[0].check(ConnectionDone))
