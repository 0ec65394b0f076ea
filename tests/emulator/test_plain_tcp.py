"""Sockets without TLS over the real reactor: TCP, UDP, incoming connections."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ClientFactory, DatagramProtocol, Factory, Protocol
from twisted.trial.unittest import TestCase

from tests.tlsservers import Chargen, Echo, Recorder, Server
from twisted_quectel.emulator.module import LTEModule
from twisted_quectel.emulator.netsocket import NetSocket
from twisted_quectel.emulator.network import ReactorNetwork
from twisted_quectel.emulator.plainsocket import DatagramSocket, ListenerSocket, PlainSocket
from twisted_quectel.emulator.pty import PtyPort

from .plainbench import reading
from .test_golden import OK, Typist, text

HOST = "220.180.239.212"


class EchoDatagrams(DatagramProtocol):
    """Sends datagrams back."""

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        assert self.transport is not None
        self.transport.write(datagram, addr)


class ReactorCase(TestCase):
    """Servers on loopback."""

    timeout = 30

    def setUp(self) -> None:
        self.reactor: Any = reactor

    def serve(self, factory: Factory) -> tuple[str, int]:
        """Start a TCP server."""
        port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return "127.0.0.1", port.getHost().port

    def serve_datagrams(self) -> tuple[str, int]:
        """Start an echo of datagrams."""
        port = self.reactor.listenUDP(0, EchoDatagrams(), "127.0.0.1")
        self.addCleanup(port.stopListening)
        return "127.0.0.1", port.getHost().port

    async def opened(self, socket: NetSocket) -> int:
        """Wait for the result of an open."""
        result: Deferred[int] = Deferred()
        socket.on_opened = result.callback
        return await result

    async def more(self, socket: NetSocket) -> None:
        """Wait until there is something to read."""
        result: Deferred[None] = Deferred()
        socket.on_readable = lambda: None if result.called else result.callback(None)
        if not socket.unread():
            await result


class StreamTests(ReactorCase):
    """L{PlainSocket} over real TCP."""

    async def open(self, factory: Factory, **limits: int) -> PlainSocket:
        """Open a socket to a server, by the address of a document."""
        network = ReactorNetwork(self.reactor, {}, {(HOST, 8705): self.serve(factory)})
        made = PlainSocket(self.reactor, network, **limits)
        made.open(HOST, 8705, 0, timeout=10)
        self.assertEqual(await self.opened(made), 0)
        self.assertEqual((made.address, made.remote_port), (HOST, 8705))
        self.assertGreater(made.local_port, 0)
        made.keep_alive()
        return made

    async def test_echo(self) -> None:
        """A megabyte comes back whole, everything is acknowledged, close is in order."""
        server = Server(Echo)
        made = await self.open(server, receive_limit=4096)
        data = Chargen.expected()
        got = bytearray()
        sent = 0
        done: Deferred[None] = Deferred()

        def pump() -> None:
            nonlocal sent
            while sent < len(data) and made.send(data[sent : sent + 1460]):
                sent += 1460

        def read() -> None:
            self.assertLessEqual(made.unread(), 4096)
            while made.unread():
                got.extend(made.read(1500))
            if len(got) == len(data):
                done.callback(None)

        made.on_writable = pump
        made.on_readable = read
        pump()
        await done
        self.assertEqual(bytes(got), data)
        self.assertEqual(made.unacknowledged(), 0)
        await made.close()
        self.assertEqual(made.unacknowledged(), 0)

    async def test_unacknowledged(self) -> None:
        """What a peer's TCP has no room for is not acknowledged."""

        class Deaf(Recorder):
            def connectionMade(self) -> None:
                super().connectionMade()
                reading(self).pauseProducing()

        server = Server(Deaf)
        made = await self.open(server)
        full: Deferred[None] = Deferred()
        sent = 0

        def pump() -> None:
            nonlocal sent
            while made.send(b"x" * 1460):
                sent += 1460

        made.on_writable = pump
        pump()
        self.reactor.callLater(0, self._when_still, lambda: sent, 0, full)
        await full
        self.assertGreater(made.unacknowledged() or 0, 16384)
        self.assertLess(made.send_space(), 1460)
        made.abort()
        await made.close()

    def _when_still(self, count: Any, before: int, full: Deferred[None]) -> None:
        """Fire once nothing more is taken, from one turn to the next."""
        if count() == before:
            full.callback(None)
        else:
            self.reactor.callLater(0, self._when_still, count, count(), full)

    async def test_tail(self) -> None:
        """All that a server sends before it closes is readable, however small the buffer is."""
        made = await self.open(Server(Chargen), receive_limit=2000)
        got = bytearray(made.read(1500))
        closed: Deferred[None] = Deferred()
        made.on_readable = lambda: got.extend(made.read(99999))
        made.on_closed = lambda: closed.callback(None)
        await closed
        got += made.read(99999)
        self.assertEqual(bytes(got), Chargen.expected())
        await made.close()

    async def test_local_port(self) -> None:
        """An own port is bound; one that is in use is 556."""
        target = self.serve(Server(Echo))
        network = ReactorNetwork(self.reactor)
        made = PlainSocket(self.reactor, network)
        made.open(*target, 0, timeout=10)
        self.assertEqual(await self.opened(made), 0)
        other = PlainSocket(self.reactor, network)
        other.open(*target, target[1], timeout=10)
        self.assertEqual(await self.opened(other), 556)
        made.abort()
        await made.close()


class ListenerTests(ReactorCase):
    """L{ListenerSocket} over real TCP."""

    async def test_incoming(self) -> None:
        """A connection to the machine's port is one to the module's."""
        network = ReactorNetwork(self.reactor, listeners={7000: 0})
        accepted: Deferred[PlainSocket] = Deferred()

        def accept(address: str, port: int) -> Any:
            if accepted.called:
                return None
            made = PlainSocket(self.reactor, network)
            wire = made.accept(address, port, 7000)
            accepted.callback(made)
            return wire

        listener = ListenerSocket(self.reactor, network, "10.7.157.1", accept)
        listener.listen(7000)
        self.assertEqual(await self.opened(listener), 0)
        self.assertEqual(listener.local_port, 7000)
        real = network.real_port(7000)
        self.assertNotEqual(real, 7000)
        other = PlainSocket(self.reactor, network)
        other.open("127.0.0.1", real, 0, timeout=10)
        self.assertEqual(await self.opened(other), 0)
        made = await accepted
        self.assertEqual((made.address, made.remote_port), ("127.0.0.1", other.local_port))
        other.send(b"hello")
        await self.more(made)
        self.assertEqual(made.read(9), b"hello")
        refused = PlainSocket(self.reactor, network)
        refused.open("127.0.0.1", real, 0, timeout=10)
        gone: Deferred[None] = Deferred()
        refused.on_closed = lambda: gone.callback(None)
        await self.opened(refused)
        await gone
        await refused.close()
        made.abort()
        await made.close()
        await other.close()
        await listener.close()
        self.assertRaises(KeyError, network.real_port, 7000)

    async def test_in_use(self) -> None:
        """A port of the machine that is in use is 556; port 0 is any."""
        _, taken = self.serve(Server(Echo))
        network = ReactorNetwork(self.reactor)

        def refuse(address: str, port: int) -> None:
            return None

        listener = ListenerSocket(self.reactor, network, "10.7.157.1", refuse)
        listener.listen(taken)
        self.assertEqual(await self.opened(listener), 556)
        await listener.close()
        free = ListenerSocket(self.reactor, network, "10.7.157.1", refuse)
        free.listen(0)
        self.assertEqual(await self.opened(free), 0)
        self.assertEqual(free.local_port, network.real_port(free.local_port))
        await free.close()


class DatagramTests(ReactorCase):
    """L{DatagramSocket} over real UDP."""

    async def test_client(self) -> None:
        """An echo comes from the address that was asked for, wherever it is redirected to."""
        network = ReactorNetwork(self.reactor, {}, {("dns.example", 53): self.serve_datagrams()})
        made = DatagramSocket(self.reactor, network, "10.7.157.1")
        made.open("dns.example", 53, 0, timeout=10)
        self.assertEqual(await self.opened(made), 0)
        self.assertGreater(made.local_port, 0)
        self.assertTrue(made.send(b"question"))
        await self.more(made)
        self.assertEqual(made.read(99), b"question")
        self.assertEqual(made.source, ("198.51.100.1", 53))
        await made.close()
        self.assertFalse(made.send(b"late"))

    async def test_service(self) -> None:
        """A service is on loopback at the mapped port; targets that cannot be reached are mute."""
        network = ReactorNetwork(
            self.reactor, {}, {("only.example", 1): ("127.0.0.1", 1)}, listeners={3030: 0}
        )
        target = self.serve_datagrams()
        made = DatagramSocket(self.reactor, network, "10.7.157.1")
        made.serve(3030)
        self.assertEqual(await self.opened(made), 0)
        self.assertEqual(made.local_port, 3030)
        self.assertNotEqual(network.real_port(3030, "udp"), 3030)
        for nowhere in (("198.51.100.1", 2), ("::1", 7), ("192.0.2.1", 7)):
            self.assertTrue(made.send(b"lost", nowhere))
        self.assertTrue(made.send(b"x" * 70000, target))
        made.send(b"found", target)
        await self.more(made)
        self.assertEqual((made.read(99), made.source), (b"found", target))
        again = DatagramSocket(self.reactor, network, "10.7.157.1")
        again.serve(network.real_port(3030, "udp"))
        self.assertEqual(await self.opened(again), 556)
        real = network.real_port(3030, "udp")
        await made.close()
        self.assertRaises(KeyError, network.real_port, 3030, "udp")
        again = DatagramSocket(self.reactor, network, "10.7.157.1")
        again.serve(real)
        self.assertEqual(await self.opened(again), 0)
        await again.close()

    async def test_interfaces(self) -> None:
        """A client of a host elsewhere is bound to no address, and to no family but its own."""
        network = ReactorNetwork(self.reactor)
        for host in ("192.0.2.1", "::1", "2001:db8::1"):
            made = DatagramSocket(self.reactor, network, "10.7.157.1")
            made.open(host, 9, 0, timeout=10)
            code = await self.opened(made)
            self.assertIn(code, (0, 556))  # 556 where the machine has no IPv6
            await made.close()


class ModuleTests(ReactorCase):
    """A whole module on a pty."""

    async def start(self, network: ReactorNetwork) -> Typist:
        """Make a module whose PDP context is active, and type on it."""
        self.module = LTEModule(self.reactor, network=network)
        self.addCleanup(self.module.close)
        pty = PtyPort(self.reactor, self.module.port(), self.mktemp())
        self.addCleanup(pty.close)
        self.typist = Typist(pty.path)
        self.addCleanup(self.typist.close)
        await self.say("ATE0", rb"ATE0\r" + OK)
        await self.say("AT+QIACT=1", OK)
        return self.typist

    async def say(self, command: str, *expected: bytes) -> bytes:
        """Type a command, and wait for its answer."""
        self.typist.type(command.encode("ascii") + b"\r")
        return await self.typist.expect(b"".join(expected))

    async def test_echoes(self) -> None:
        """TCP and UDP echoes, by name."""
        redirects = {
            ("echo.example", 7): self.serve(Server(Echo)),
            ("dns.example", 53): self.serve_datagrams(),
        }
        typist = await self.start(ReactorNetwork(self.reactor, {}, redirects))
        for id, kind, host, port in (
            (0, "TCP", "echo.example", 7),
            (1, "UDP", "dns.example", 53),
        ):
            await self.say(
                f'AT+QIOPEN=1,{id},"{kind}","{host}",{port}', OK, text(f"+QIOPEN: {id},0")
            )
            await self.say(f"AT+QISEND={id},5", rb"\r\n> ")
            typist.type(b"hello")
            await typist.expect(text("SEND OK") + text(f'+QIURC: "recv",{id}'))
            await self.say(f"AT+QIRD={id}", text("+QIRD: 5\r\nhello"), OK)
            await self.say(f"AT+QICLOSE={id}", OK)

    async def test_incoming(self) -> None:
        """Somebody connects to the module, speaks and leaves."""
        network = ReactorNetwork(self.reactor, listeners={2020: 0})
        typist = await self.start(network)
        await self.say(
            'AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,2020,1', OK, text("+QIOPEN: 1,0")
        )
        made: Deferred[Any] = Deferred()

        class Caller(Recorder):
            def connectionMade(self) -> None:
                super().connectionMade()
                made.callback(self)

        self.reactor.connectTCP("127.0.0.1", network.real_port(2020), _client(Caller))
        caller = await made
        await typist.expect(rb'\r\n\+QIURC: "incoming",11,1,"127\.0\.0\.1",\d+\r\n')
        caller.transport.write(b"hello")
        await typist.expect(text('+QIURC: "recv",11,5') + b"hello")
        caller.transport.loseConnection()
        await typist.expect(text('+QIURC: "closed",11'))
        await self.say("AT+QICLOSE=11", OK)
        await self.say("AT+QICLOSE=1", OK)


def _client(protocol: type[Protocol]) -> Any:
    """Give a factory that makes connections of one kind."""
    factory = ClientFactory.forProtocol(protocol)
    factory.noisy = False
    return factory
