"""Tests for L{twisted_quectel.modem.socketwire} and how it is opened."""

from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionDone,
    DNSLookupError,
    NoRouteError,
    TimeoutError,
)
from twisted.internet.interfaces import IAddress, IConsumer, IPushProducer
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from twisted_quectel.at.wire import IWireTransport
from twisted_quectel.errors import DeviceError
from twisted_quectel.modem.devices import open_device

from .ptys import DeviceCase, Recorder


class EndpointRefusalTests(DeviceCase):
    """C{device} is a client endpoint that cannot be reached."""

    def test_bad_description(self) -> None:
        """An endpoint that cannot be parsed is refused."""
        for device in ("tcp:", "tcp:host", "tcp:host:port", "tcp:host:1:bogus=2"):
            self.assertIn("is not a client endpoint", self.refused(device))

    def test_failures(self) -> None:
        """Each way to fail has its own way out; a cancellation stays one."""
        endpoint = mock.Mock()
        reasons: list[tuple[Exception, str]] = [
            (DNSLookupError("x"), "cannot be found"),
            (OSError("pulled\nout."), "failed (pulled out)"),
        ]
        for reason, part in reasons:
            with mock.patch("twisted.internet.endpoints.clientFromString", return_value=endpoint):
                opening: Deferred[Protocol] = Deferred()
                endpoint.connect.return_value = opening
                opened = open_device(self.reactor, "tcp:server:7000", Recorder())
                self.assertNoResult(opened)
                opening.errback(reason)
            self.assertIn(part, self.line(self.failureResultOf(opened, DeviceError)))

    def fail_connect(self, reactor: MemoryReactorClock, number: int, reason: Exception) -> None:
        """Let a connecting fail."""
        factory = reactor.tcpClients[number][2]
        factory.clientConnectionFailed(reactor.connectors[number], Failure(reason))

    def test_time_out(self) -> None:
        """A server that does not answer is told as that."""
        reactor = MemoryReactorClock()
        opened = open_device(reactor, "tcp:192.0.2.1:7000", Recorder())
        self.fail_connect(reactor, 0, TimeoutError())
        self.assertIn("does not answer", self.line(self.failureResultOf(opened, DeviceError)))
        opened = open_device(reactor, "tcp:192.0.2.1:7000", Recorder())
        self.fail_connect(reactor, 1, NoRouteError())
        self.assertIn("cannot be reached", self.line(self.failureResultOf(opened, DeviceError)))

    def test_cancel(self) -> None:
        """Cancelling stops the connecting."""
        reactor = MemoryReactorClock()
        opened = open_device(reactor, "tcp:192.0.2.1:7000", Recorder())
        opened.cancel()
        self.failureResultOf(opened, ConnectingCancelledError, CancelledError)
        self.assertTrue(reactor.connectors[0].stoppedConnecting)


class Server(ServerFactory):
    """Has one connection, and tells when it is there."""

    def __init__(self, served: Recorder, accepted: Deferred[None]) -> None:
        self._served = served
        self._accepted = accepted

    def buildProtocol(self, addr: IAddress | None) -> Recorder:
        """Give the protocol."""
        self._served.on_connect = lambda: self._accepted.callback(None)
        return self._served


class SerialServerTests(TestCase):
    """C{device} is a serial server on loopback."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.served = Recorder()
        self.accepted: Deferred[None] = Deferred()
        server = Server(self.served, self.accepted)
        listening: Any = self.reactor.listenTCP(0, server, interface="127.0.0.1")
        self.port = listening
        self.addCleanup(lambda: self.port.stopListening())
        self.device = f"tcp:127.0.0.1:{self.port.getHost().port}"

    async def test_wire(self) -> None:
        """Bytes cross both ways; the wire has no circuit, no speed and no time."""
        protocol = Recorder()
        await open_device(self.reactor, self.device, protocol)
        await self.accepted
        wire: Any = protocol.transport
        for interface in (IWireTransport, IConsumer, IPushProducer):
            verifyObject(interface, wire)
        self.assertFalse(wire.timed or wire.set_dtr(True) or wire.set_baudrate(9600))
        self.assertEqual((wire.dcd(), wire.cts()), (None, None))
        self.assertEqual(wire.getPeer().port, self.port.getHost().port)
        self.assertEqual(wire.getHost().host, "127.0.0.1")

        wire.writeSequence([b"AT", b"\r"])
        self.assertEqual(wire.unsent(), 3)
        came: Deferred[None] = Deferred()
        self.served.on_data = lambda: came.callback(None)
        await came
        self.assertEqual(self.served.received, b"AT\r")

        answered: Deferred[None] = Deferred()
        protocol.on_data = lambda: answered.callback(None)
        wire.pauseProducing()
        server: Any = self.served.transport
        server.write(b"OK")
        wire.resumeProducing()
        await answered
        self.assertEqual(protocol.received, b"OK")

        wire.stopProducing()
        await protocol.when_lost
        self.assertTrue(protocol.lost[0].check(ConnectionDone))
        self.assertEqual(wire.unsent(), 0)
        await self.served.when_lost

    async def test_abort(self) -> None:
        """An abort closes at once, with a producer registered."""
        protocol = Recorder()
        await open_device(self.reactor, self.device, protocol)
        await self.accepted
        wire: Any = protocol.transport
        producer = mock.Mock()
        wire.registerProducer(producer, True)
        wire.unregisterProducer()
        wire.registerProducer(producer, True)
        wire.abortConnection()
        await protocol.when_lost
        producer.stopProducing.assert_called_once_with()
        await self.served.when_lost

    async def test_refused(self) -> None:
        """A port where nobody listens is told as that."""
        await self.port.stopListening()
        with self.assertRaises(DeviceError) as raised:
            await open_device(self.reactor, self.device, Recorder())
        message = str(raised.exception)
        self.assertTrue(message.startswith(f"device: {self.device} refused the connection"))

    async def test_protocol_fails(self) -> None:
        """A protocol that fails when it is connected gets no connection."""

        class Failing(Recorder):
            def connectionMade(self) -> None:
                raise ValueError("a protocol with a bug")

        with self.assertRaises(ValueError):
            await open_device(self.reactor, self.device, Failing())
        await self.served.when_lost
