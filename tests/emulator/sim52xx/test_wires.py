"""TLS that begins late, and TLS that waits: what becomes of it when it cannot go on."""

from __future__ import annotations

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import Server, calls
from tests.tlsservers import self_signed
from twisted_quectel.emulator import MemoryNetwork
from twisted_quectel.emulator.sim52xx.alerts import Trust
from twisted_quectel.emulator.sim52xx.wires import (
    AlertingSocket,
    UpgradeFailed,
    UpgradingSocket,
)

from .bench import HOST, Bench

NO_NAME = "x" * 70


class UpgradeTests(SynchronousTestCase):
    """C{AUTH TLS}, below the commands."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock)
        self.server = Server()
        self.network.listen(HOST, 21, self.server)
        self.opened: list[int] = []
        self.socket = UpgradingSocket(
            self.clock, self.network, Trust(), receive_limit=4096, send_limit=4096
        )
        self.socket.on_opened = self.opened.append

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        for _ in range(20):
            self.clock.advance(0)

    def connect(self) -> None:
        """Have it connected, in the clear."""
        self.socket.open(HOST, 21)
        self.settle()
        self.assertEqual(self.opened, [0])

    def end(self) -> None:
        """Nothing is left."""
        self.socket.abort()
        for peer in self.server.peers:
            if peer.lost is None:
                peer.close()
        self.settle(5)
        self.assertEqual(calls(self.clock), [])

    def test_not_connected(self) -> None:
        """There is nothing to begin TLS on."""
        self.failureResultOf(self.socket.upgrade(HOST), UpgradeFailed)
        self.assertEqual(self.socket.pending(), 0)

    def test_lost(self) -> None:
        """Nor is there when the server has gone."""
        self.connect()
        self.server.peers[0].close()
        self.settle()
        self.failureResultOf(self.socket.upgrade(HOST), UpgradeFailed)
        self.end()

    def test_no_name(self) -> None:
        """A name that cannot be asked for."""
        self.connect()
        self.failureResultOf(self.socket.upgrade(NO_NAME), UpgradeFailed)
        self.end()

    def test_cut(self) -> None:
        """A server that goes in the middle of the handshake."""
        self.connect()
        upgrade = self.socket.upgrade(HOST)
        self.settle()
        self.assertNoResult(upgrade)
        self.server.peers[0].abort()
        self.settle()
        self.failureResultOf(upgrade, UpgradeFailed)
        self.end()

    def test_cancelled(self) -> None:
        """Whoever waits for it may stop: the connection is cut off."""
        self.connect()
        upgrade = self.socket.upgrade(HOST)
        self.settle()
        upgrade.cancel()
        self.failureResultOf(upgrade, CancelledError)
        self.settle()
        self.assertIsNotNone(self.server.peers[0].lost)
        self.end()

    def test_in_the_clear(self) -> None:
        """Until then it is plain TCP, up to its orderly end."""
        self.connect()
        self.assertTrue(self.socket.send(b"data"))
        self.server.peers[0].write(b"back")
        self.settle()
        self.assertEqual(self.socket.read(10), b"back")
        closed = self.socket.close()
        self.server.peers[0].write(b"unread")
        self.settle()
        self.server.peers[0].close()
        self.settle(5)
        self.successResultOf(closed)
        self.assertEqual(self.server.peers[0].received, b"data")
        self.end()


class SuspendTests(SynchronousTestCase):
    """A handshake that waits, below the commands."""

    def test_out_of_turn(self) -> None:
        """What is not suspended goes on without being told to; one that is gone does not."""
        bench = Bench(options=self_signed(HOST))
        self.addCleanup(bench.close)
        module = bench.module
        found: list[int] = []
        socket = AlertingSocket(
            bench.clock,
            bench.network,
            module.trust,
            module.now,
            inspects=True,
            receive_limit=4096,
            send_limit=4096,
        )
        socket.on_suspended = found.append
        self.assertEqual(socket.found(), 0)
        socket.proceed()
        socket.open(HOST, 443)
        bench.settle()
        self.assertEqual(found, [134218240])
        socket.abort()
        socket.proceed()
        bench.settle(1)
        self.assertEqual(bench.server.peers[-1].received, b"")
