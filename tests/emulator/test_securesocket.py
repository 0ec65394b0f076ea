"""Tests of L{twisted_quectel.emulator.securesocket}."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.tlsbench import CA, HOST, Bench, Owner
from tests.tlsservers import (
    Chargen,
    Discard,
    Echo,
    Recorder,
    Server,
    options_for,
)
from twisted_quectel.emulator.tls import TLSSettings


class OpenTests(SynchronousTestCase):
    """How an open ends."""

    def test_open(self) -> None:
        """An open socket knows its addresses and tells its owner once."""
        bench = Bench()
        owner = bench.begin()
        self.assertEqual(owner.events, [])
        self.assertEqual((owner.socket.address, owner.socket.local_port), ("", 0))
        bench.clock.advance(0)
        self.assertEqual(owner.events, [0])
        self.assertEqual(owner.socket.address, "198.18.0.1")
        self.assertEqual(owner.socket.remote_port, 443)
        self.assertEqual(owner.socket.local_port, 49152)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_once(self) -> None:
        """A socket is opened once only."""
        owner = Bench().open()
        self.assertRaises(
            RuntimeError,
            owner.socket.open,
            HOST,
            443,
            TLSSettings(),
            connect_timeout=1,
            negotiate_timeout=1,
        )

    def check_failure(self, bench: Bench, owner: Owner, code: int) -> None:
        """The owner hears one code, and nothing is left."""
        self.assertEqual(owner.events, [code])
        self.assertEqual(bench.clock.getDelayedCalls(), [])
        self.successResultOf(owner.socket.close())
        self.assertEqual(owner.events, [code])
        self.assertFalse(owner.socket.send(b"x"))
        self.assertEqual(owner.socket.send_space(), 0)

    def test_unknown_name(self) -> None:
        """A name that does not resolve is 565."""
        bench = Bench()
        self.check_failure(bench, bench.open(host="nowhere.example"), 565)

    def test_refused(self) -> None:
        """A port without a server is 566."""
        bench = Bench()
        self.check_failure(bench, bench.open(port=444), 566)

    def test_not_tls(self) -> None:
        """A server that does not speak TLS is 566."""
        bench = Bench()
        bench.network.listen(HOST, 80, Server(Echo))
        self.check_failure(bench, bench.open(port=80), 566)

    def test_server_hangs_up(self) -> None:
        """A server that closes instead of shaking hands is 566."""

        class Rude(Recorder):
            def connectionMade(self) -> None:
                self.transport.loseConnection()

        bench = Bench()
        bench.network.listen(HOST, 80, Server(Rude))
        self.check_failure(bench, bench.open(port=80), 566)

    def test_parameters(self) -> None:
        """What no command can have set is 552."""
        for settings, host, port in (
            (TLSSettings(version=5), HOST, 443),
            (TLSSettings(cipher=0x1301), HOST, 443),
            (TLSSettings(seclevel=3), HOST, 443),
            (TLSSettings(alpn="x" * 256), HOST, 443),
            (TLSSettings(psk_key="0g"), HOST, 443),
            (TLSSettings(psk_identity="x" * 256), HOST, 443),
            (TLSSettings(), "", 443),
            (TLSSettings(), HOST, 0),
            (TLSSettings(), HOST, 65536),
        ):
            bench = Bench()
            self.check_failure(bench, bench.open(settings, host, port), 552)

    def test_dns_timeout(self) -> None:
        """Name resolution without an answer is 569 after the time for connecting."""
        bench = Bench()
        bench.network.silence(HOST)
        owner = bench.open()
        bench.clock.advance(149)
        self.assertEqual(owner.events, [])
        bench.clock.advance(1)
        self.check_failure(bench, owner, 569)

    def test_tcp_timeout(self) -> None:
        """TCP without an answer is 569 after the time for connecting."""
        bench = Bench()
        bench.network.silence(HOST, 443)
        owner = bench.open()
        bench.clock.advance(149)
        self.assertEqual(owner.events, [])
        bench.clock.advance(1)
        self.check_failure(bench, owner, 569)

    def test_handshake_timeout(self) -> None:
        """A handshake without an answer is 569 after the time for negotiating."""
        bench = Bench()
        silent = Server(Discard)
        bench.network.listen(HOST, 80, silent)
        owner = bench.open(port=80)
        bench.clock.advance(299)
        self.assertEqual(owner.events, [])
        bench.clock.advance(1)
        self.check_failure(bench, owner, 569)
        silent.connections[0].reason.trap(ConnectionLost)

    def test_cancel(self) -> None:
        """An open can be given up in each of its phases, without a word."""
        for name, port, phase in ((True, None, ""), (False, 443, "198.18.0.1"), (False, 80, "x")):
            for method in ("close", "abort"):
                bench = Bench()
                silent = Server(Discard)
                bench.network.listen(HOST, 80, silent)
                if name:
                    bench.network.silence(HOST)
                elif port == 443:
                    bench.network.silence(HOST, port)
                owner = bench.open(port=port or 443)
                result = getattr(owner.socket, method)()
                bench.clock.advance(0)
                if method == "close":
                    self.successResultOf(result)
                self.assertEqual(owner.events, [], (phase, method))
                self.assertEqual(bench.clock.getDelayedCalls(), [])
                for connection in silent.connections:
                    connection.reason.trap(ConnectionLost)

    def test_cancel_at_once(self) -> None:
        """A socket can be closed in the turn in which it was opened, or before."""
        bench = Bench()
        owner = bench.begin()
        self.successResultOf(owner.socket.close())
        self.successResultOf(Owner(bench).socket.close())
        bench.clock.advance(0)
        self.assertEqual(owner.events, [])
        self.assertEqual(bench.server.connections, [])
        self.assertEqual(bench.clock.getDelayedCalls(), [])


class DataTests(SynchronousTestCase):
    """Bytes both ways, and what holds them up."""

    def test_echo(self) -> None:
        """What the server sends back is what was sent."""
        bench = Bench()
        owner = bench.open()
        self.assertTrue(owner.socket.send(b"OK\r\nNO CARRIER\x1a\0+++"))
        bench.clock.advance(0)
        self.assertEqual(owner.events, [0, "readable"])
        self.assertEqual(owner.socket.unread(), 19)
        self.assertEqual(owner.take(4), b"OK\r\n")
        self.assertEqual(owner.take(), b"NO CARRIER\x1a\0+++")
        self.assertEqual(owner.take(), b"")

    def test_server_is_held_back(self) -> None:
        """A full receive buffer stops the server; reading lets it go on."""
        bench = Bench(Chargen)
        owner = bench.open(receive_limit=5000)
        server = bench.server.connections[0]
        self.assertEqual(owner.socket.unread(), 5000)
        self.assertTrue(server.paused)
        self.assertLess(server.sent, 400_000)
        stopped_at = server.sent
        bench.clock.advance(60)
        self.assertEqual((server.sent, owner.socket.unread()), (stopped_at, 5000))
        got = bytearray()
        while owner.socket.unread():
            self.assertLessEqual(owner.socket.unread(), 5000)
            got += owner.take(1500)
            bench.clock.advance(0)
        self.assertEqual(bytes(got), Chargen.expected())
        self.assertEqual(owner.events[-1], "closed")
        self.assertEqual(owner.events.count("closed"), 1)
        server.reason.trap(ConnectionDone)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_send_buffer_full(self) -> None:
        """A server that does not read fills the send buffer: nothing is taken then."""

        class Deaf(Discard):
            def connectionMade(self) -> None:
                # Once the handshake is over, which needs reading.
                pass

            def dataReceived(self, data: bytes) -> None:
                super().dataReceived(data)
                transport: Any = self.transport
                transport.pauseProducing()

        bench = Bench(Deaf, window=20000)
        owner = bench.open(send_limit=4000)
        sent = 0
        while owner.socket.send(b"x" * 1460):
            sent += 1460
            bench.clock.advance(0)
            self.assertLess(sent, 400_000)
        self.assertLess(owner.socket.send_space(), 1460)
        bench.clock.advance(60)
        self.assertFalse(owner.socket.send(b"x" * 1460))
        self.assertNotIn("writable", owner.events)
        server = bench.server.connections[0]
        while server.received < sent:
            server.transport.resumeProducing()
            bench.clock.advance(0)
        self.assertEqual(server.received, sent)
        self.assertEqual(owner.events.count("writable"), 1)
        self.assertEqual(owner.socket.send_space(), 4000)
        self.assertTrue(owner.socket.send(b"x" * 1460))

    def test_all_or_nothing(self) -> None:
        """More than the send buffer holds is never taken in part."""
        bench = Bench(Discard)
        owner = bench.open(send_limit=1000)
        self.assertFalse(owner.socket.send(b"x" * 1001))
        self.assertTrue(owner.socket.send(b"y" * 1000))
        bench.clock.advance(0)
        self.assertEqual(bench.server.connections[0].received, 1000)

    def test_same_each_time(self) -> None:
        """Two runs give the same order of events."""

        def run() -> list[Any]:
            bench = Bench(Chargen)
            owner = bench.open(receive_limit=3000)
            trace: list[Any] = []
            while "closed" not in owner.events:
                trace.append((len(owner.take(1400)), bench.server.connections[0].sent))
                bench.clock.advance(0)
            return trace + owner.events

        self.assertEqual(run(), run())


class EndTests(SynchronousTestCase):
    """How connections end."""

    def test_server_closes(self) -> None:
        """What comes with the end is readable when the end is told, and after it."""

        class Farewell(Recorder):
            def connectionMade(self) -> None:
                self.transport.write(b"bye")
                self.transport.loseConnection()

        bench = Bench(Farewell)
        owner = bench.open()
        self.assertEqual(owner.events, [0, "readable", "closed"])
        self.assertFalse(owner.socket.send(b"x"))
        self.assertEqual(owner.take(), b"bye")
        self.successResultOf(owner.socket.close())
        bench.server.connections[0].reason.trap(ConnectionDone)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_end_waits_for_the_buffer(self) -> None:
        """The end is told when the last bytes have found room, not before."""

        class Farewell(Recorder):
            def connectionMade(self) -> None:
                self.transport.write(b"0123456789")
                self.transport.loseConnection()

        for limit, first in ((9, False), (10, True)):
            bench = Bench(Farewell)
            owner = bench.open(receive_limit=limit)
            self.assertEqual("closed" in owner.events, first, limit)
            self.assertEqual(owner.take(1), b"0")
            bench.clock.advance(0)
            self.assertEqual(owner.events[-1], "closed")
            self.assertEqual(owner.take(), b"123456789")

    def test_server_aborts(self) -> None:
        """A reset by the server is an end too, behind the bytes that came before."""
        bench = Bench()
        owner = bench.open()
        owner.socket.send(b"hello")
        bench.clock.advance(0)
        bench.server.connections[0].transport.abortConnection()
        bench.clock.advance(0)
        self.assertEqual(owner.events, [0, "readable", "closed"])
        self.assertEqual(owner.take(), b"hello")
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_reset_with_full_buffer(self) -> None:
        """Bytes that TLS holds when TCP is lost are delivered before the end."""

        class Burst(Recorder):
            def connectionMade(self) -> None:
                self.transport.write(b"z" * 6000)

        bench = Bench(Burst)
        owner = bench.open(receive_limit=1000)
        bench.server.connections[0].transport.abortConnection()
        bench.clock.advance(0)
        self.assertFalse(owner.socket.send(b"x"))
        got = b""
        while "closed" not in owner.events:
            got += owner.take()
            bench.clock.advance(0)
        self.assertEqual(got + owner.take(), b"z" * 6000)

    def test_abort(self) -> None:
        """Abort resets the connection and drops the buffers."""
        bench = Bench()
        owner = bench.open()
        owner.socket.send(b"hello")
        bench.clock.advance(0)
        owner.socket.abort()
        self.assertEqual(owner.socket.unread(), 0)
        done = owner.socket.close()
        bench.clock.advance(0)
        self.successResultOf(done)
        bench.server.connections[0].reason.trap(ConnectionLost)
        self.assertEqual(owner.events, [0, "readable"])
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_close(self) -> None:
        """Close sends what waits, then says goodbye."""
        bench = Bench()
        owner = bench.open()
        owner.socket.send(b"x" * 10000)
        owner.socket.send(b"y" * 5000)
        done = owner.socket.close()
        self.assertNoResult(done)
        self.assertFalse(owner.socket.send(b"z"))
        bench.clock.advance(0)
        self.successResultOf(done)
        self.assertEqual(bench.server.connections[0].received, 15000)
        bench.server.connections[0].reason.trap(ConnectionDone)
        self.assertEqual(owner.events, [0])
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_close_with_unread(self) -> None:
        """Close drops what nobody has read, and the server still ends in order."""
        bench = Bench(Chargen)
        owner = bench.open()
        done = owner.socket.close()
        self.assertEqual(owner.socket.unread(), 0)
        bench.clock.advance(0)
        self.successResultOf(done)
        bench.server.connections[0].reason.trap(ConnectionDone)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_close_of_a_deaf_server(self) -> None:
        """Close waits for a server that does not read; abort ends that."""
        bench = Bench(Discard, window=1000)
        owner = bench.open()
        transport: Any = bench.server.connections[0].transport
        transport.pauseProducing()
        owner.socket.send(b"x" * 16000)
        done = owner.socket.close()
        bench.clock.advance(60)
        self.assertNoResult(done)
        owner.socket.abort()
        bench.clock.advance(0)
        self.successResultOf(done)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_version_of_the_connection(self) -> None:
        """The module never speaks TLS 1.3."""
        bench = Bench(options=options_for(CA, HOST, lowest=SSL.TLS1_3_VERSION))
        self.assertEqual(bench.open().events, [566])
