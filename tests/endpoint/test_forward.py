"""The gateway's forwarding: L{twisted_quectel.forward} and L{twisted_quectel.service}."""

from __future__ import annotations

from typing import Any

from twisted.internet import error
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import factory_for
from twisted_quectel import ModuleTLSEndpoint, TLSProfile, forward
from twisted_quectel.forward import Forwarder
from twisted_quectel.joinedwriter import HELD, JoinedWriter
from twisted_quectel.service import ForwardService, Options, makeService, split_forward


@implementer(IStreamClientEndpoint)
class Scripted:
    """An endpoint whose connects are the test's."""

    def __init__(self, result: Deferred[Any]) -> None:
        self.result = result

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """Give what the test has."""
        return self.result


class ForwardTests(RealCase):
    """Programs on loopback, an emulated module, TLS servers."""

    def setUp(self) -> None:
        super().setUp()
        self.services: list[ForwardService] = []

    async def gateway(self, make: Any = Echo) -> tuple[Any, ForwardService, int]:
        """Start a server and a forward to it; give its port too."""
        serving, port = self.serve(make)
        modem = self.emulate().modem()
        target = ModuleTLSEndpoint(modem, self.name, port, tls=TLSProfile(cacert=self.ca_path))
        return serving, *self.started(target)

    def started(self, target: Any) -> tuple[ForwardService, int]:
        """Start a forward to an endpoint; give its port too."""
        listen = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        service = ForwardService("tcp:0", listen, Forwarder(target, "tcp:0", reactor))
        service.startService()
        self.services.append(service)
        self.addCleanup(service.stopService)
        assert service.port is not None
        address: Any = service.port.getHost()
        return service, address.port

    def program(self, port: int, make: Any = Peer) -> Deferred[Any]:
        """Connect as a program does."""
        return TCP4ClientEndpoint(reactor, "127.0.0.1", port).connect(factory_for(make))

    async def test_echo(self) -> None:
        """Bytes go both ways; the program's end is the server's."""
        serving, _, port = await self.gateway()
        data = bytes(range(256)) * 200
        for _ in range(2):
            client = await self.program(port)
            client.transport.write(data)
            await client.when_received(len(data))
            self.assertEqual(bytes(client.received), data)
            client.transport.loseConnection()
            await client.when_lost
            await serving.peers[-1].when_lost
            self.assertIsInstance(serving.peers[-1].reasons[0].value, error.ConnectionDone)

    async def test_server_ends(self) -> None:
        """The server's end is the program's, behind the last byte."""

        class Greeting(Peer):
            def connectionMade(self) -> None:
                self.transport.write(b"goodbye" * 3000)
                self.transport.loseConnection()

        _, _, port = await self.gateway(Greeting)
        client = await self.program(port)
        await client.when_lost
        self.assertEqual(bytes(client.received), b"goodbye" * 3000)
        self.assertIsInstance(client.reasons[0].value, error.ConnectionDone)

    async def test_cut_off(self) -> None:
        """A program that is cut off cuts the server off."""
        serving, _, port = await self.gateway()
        client = await self.program(port)
        client.transport.write(b"hello")
        await client.when_received(5)
        client.transport.abortConnection()
        await client.when_lost
        await serving.peers[0].when_lost
        self.assertIsNone(serving.peers[0].reasons[0].check(error.ConnectionDone))

    async def test_slow(self) -> None:
        """A program that reads late gets each byte, and the gateway has held but little of it."""
        size = 6 << 20

        class Much(Peer):
            def connectionMade(self) -> None:
                self.transport.write(bytes(range(256)) * (size // 256))
                self.transport.loseConnection()

        class Late(Peer):
            def connectionMade(self) -> None:
                self.transport.pauseProducing()

        stalled: Deferred[None] = Deferred()
        most = 0

        class Watched(JoinedWriter):
            def write(self, data: bytes) -> None:
                nonlocal most
                super().write(data)
                most = max(most, self._held)
                if self._paused and not stalled.called:
                    stalled.callback(None)

        self.patch(forward, "JoinedWriter", Watched)
        _, _, port = await self.gateway(Much)
        client = await self.program(port, Late)
        await stalled
        client.transport.resumeProducing()
        await client.when_lost
        self.assertEqual(bytes(client.received), bytes(range(256)) * (size // 256))
        self.assertLess(most, HELD + 128 * 1024)

    async def test_stop(self) -> None:
        """The end of the service ends what there is: what was taken is sent, then both ends go."""
        serving, service, port = await self.gateway(Peer)
        client = await self.program(port)
        client.transport.write(b"last words")
        server = await serving.when_connected() if not serving.peers else serving.peers[0]
        await server.when_received(10)
        await service.stopService()
        await client.when_lost
        await server.when_lost
        self.assertIsInstance(server.reasons[0].value, error.ConnectionDone)
        self.assertIsNone(service.port)
        with self.assertRaises(error.ConnectError):
            await self.program(port)

    async def test_not_connected(self) -> None:
        """A program whose connection cannot go on is cut off; the next one is served."""
        results = [fail(error.ConnectError("nobody there"))]
        target = Scripted(results[0])
        _, port = self.started(target)
        client = await self.program(port)
        await client.when_lost
        self.assertEqual(bytes(client.received), b"")

    async def test_gone_meanwhile(self) -> None:
        """A program that goes before there is a connection has its connect cancelled."""
        cancelled: Deferred[None] = Deferred()
        connecting: Deferred[Any] = Deferred(lambda _: cancelled.callback(None))
        _, port = self.started(Scripted(connecting))
        client = await self.program(port)
        # it is not read yet: a reset is seen all the same
        forwarder_stopped = self.services[0].stopService()
        await cancelled
        await forwarder_stopped
        await client.when_lost

    def test_taken(self) -> None:
        """A port that is taken is told in one line that names the forward."""
        taken = self.listen(factory_for(Peer))
        listen = TCP4ServerEndpoint(reactor, taken, interface="127.0.0.1")
        service = ForwardService("tcp:x", listen, Forwarder(Scripted(Deferred()), "tcp:x", reactor))
        stop = self.assertRaises(SystemExit, service.startService)
        self.assertIn("--forward tcp:x", str(stop))
        self.assertNotIn("\n", str(stop))


class PressureTests(SynchronousTestCase):
    """Each half is the producer of the other."""

    def test_both_ways(self) -> None:
        """Where one transport is full the other one is not read."""
        connecting: Deferred[Any] = Deferred()
        forwarder = Forwarder(Scripted(connecting), "x", reactor)
        near = forwarder.buildProtocol(None)
        near.makeConnection(StringTransportWithDisconnection())
        self.assertEqual(near.transport.producerState, "paused")
        far = forwarder._far.buildProtocol(IPv4Address("TCP", "1.2.3.4", 1))
        assert far is not None
        far.makeConnection(StringTransportWithDisconnection())
        connecting.callback(far)
        for one, other in ((near, far), (far, near)):
            self.assertEqual(one.transport.producerState, "producing")
            other.transport.producer.pauseProducing()
            self.assertEqual(one.transport.producerState, "paused")
            other.transport.producer.resumeProducing()
            self.assertEqual(one.transport.producerState, "producing")
            one.dataReceived(b"bytes")
            self.assertEqual(other.transport.value(), b"bytes")


class OptionTests(SynchronousTestCase):
    """What C{twistd quectel} is told."""

    TARGET = "quecteltcp:host=a.example:port=1:device=/dev/ttyX"

    def test_split(self) -> None:
        """Where it listens is loopback, unless it says otherwise."""
        for listen, meant in (
            ("8883", "tcp:8883:interface=127.0.0.1"),
            ("tcp:8883", "tcp:8883:interface=127.0.0.1"),
            ("tcp:8883:interface=0.0.0.0", "tcp:8883:interface=0.0.0.0"),
            ("tcp6:8883", "tcp6:8883:interface=\\:\\:1"),
            ("unix:/run/x:mode=600", "unix:/run/x:mode=600"),
        ):
            self.assertEqual(split_forward(f"{listen}={self.TARGET}"), (meant, self.TARGET))

    def test_refused(self) -> None:
        """What is wrong is told by name before anything starts."""
        for words, part in (
            ([], "at least once"),
            (["--forward", "tcp:1"], "LISTEN=TARGET"),
            (["--forward", f"={self.TARGET}"], "LISTEN=TARGET"),
            (["--forward", f"tcp:x={self.TARGET}"], "--forward tcp:x"),
            (["--forward", "tcp:1=quecteltcp:host=a:port=0:device=/dev/x"], "port"),
            (["--forward", "tcp:1=quectelssl:host=a:device=/dev/x"], "cacert"),
            (["--forward", f"tcp:1={self.TARGET}", "--modems", "/nowhere"], "--modems"),
        ):
            options = Options()
            problem = self.assertRaises(usage.UsageError, options.parseOptions, words)
            self.assertIn(part, str(problem))
            self.assertNotIn("\n", str(problem))

    def test_made(self) -> None:
        """Each forward is a service."""
        options = Options()
        options.parseOptions(["--forward", f"tcp:1={self.TARGET}", "--forward", f"2={self.TARGET}"])
        service = makeService(options)
        self.assertEqual(len(list(service)), 2)
