"""Tests of L{twisted_quectel.emulator.securesocket} over the real reactor."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import TestCase

from tests.emulator.tlsbench import CA, HOST
from tests.tlsservers import NOW, Chargen, Echo, Server, options_for
from twisted_quectel.emulator.network import ReactorNetwork
from twisted_quectel.emulator.securesocket import SecureSocket
from twisted_quectel.emulator.tls import TLSContextCache, TLSSettings


class ReactorSocketTests(TestCase):
    """L{SecureSocket} over real TCP."""

    timeout = 30

    def setUp(self) -> None:
        self.reactor: Any = reactor

    async def open(self, server: Server) -> SecureSocket:
        """Open a socket to a server on loopback, by the address of a document."""
        tls = server.over_tls(options_for(CA, HOST), self.reactor)
        port = self.reactor.listenTCP(0, tls, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        network = ReactorNetwork(
            self.reactor, {}, {(HOST, 443): ("127.0.0.1", port.getHost().port)}
        )
        opened: Deferred[int] = Deferred()
        made = SecureSocket(self.reactor, network, TLSContextCache(), lambda: NOW)
        made.on_opened = opened.callback
        settings = TLSSettings(
            seclevel=1,
            cacert=CA.cert_pem.bytes(),
            sni=True,
            ignore_local_time=False,
            check_host=True,
        )
        made.open(HOST, 443, settings, connect_timeout=10, negotiate_timeout=10)
        self.assertEqual(await opened, 0)
        self.assertEqual((made.address, made.remote_port), ("198.51.100.1", 443))
        self.assertGreater(made.local_port, 0)
        return made

    def lost(self, server: Server) -> Deferred[None]:
        """Fires when the server's connection is lost."""
        result: Deferred[None] = Deferred()
        protocol = server.connections[0]
        before = protocol.connectionLost

        def lost(reason: Any) -> None:
            before(reason)
            result.callback(None)

        protocol.connectionLost = lost
        return result

    async def test_echo(self) -> None:
        """A megabyte comes back whole, and close ends the connection in order."""
        server = Server(Echo)
        made = await self.open(server)
        data = Chargen.expected()
        got = bytearray()
        sent = 0
        done: Deferred[None] = Deferred()

        def pump() -> None:
            nonlocal sent
            while sent < len(data) and made.send(data[sent : sent + 1460]):
                sent += 1460

        def read() -> None:
            got.extend(made.read(1500))
            while made.unread():
                got.extend(made.read(1500))
            if len(got) == len(data):
                done.callback(None)

        made.on_writable = pump
        made.on_readable = read
        pump()
        await done
        self.assertEqual(bytes(got), data)
        lost = self.lost(server)
        await made.close()
        await lost
        server.connections[0].reason.trap(ConnectionDone)

    async def test_tail(self) -> None:
        """All that a server sends before it closes is readable."""
        server = Server(Chargen)
        made = await self.open(server)
        got = bytearray(made.read(1500))
        closed: Deferred[None] = Deferred()
        made.on_readable = lambda: got.extend(made.read(99999))
        made.on_closed = lambda: closed.callback(None)
        await closed
        got += made.read(99999)
        self.assertEqual(bytes(got), Chargen.expected())
        await made.close()

    async def test_abort(self) -> None:
        """Abort is a reset for the server."""
        server = Server(Echo)
        made = await self.open(server)
        made.send(b"x")
        lost = self.lost(server)
        made.abort()
        await made.close()
        await lost
        server.connections[0].reason.trap(ConnectionLost)
