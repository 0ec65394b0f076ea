"""Tests for L{twisted_quectel.modem.sockets}: what is pushed."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import PortLost, RemoteViolation
from twisted_quectel.families import AccessMode
from twisted_quectel.modem.receiving import (
    HELD_BEFORE_SWITCH,
    HELD_LIMIT,
)

from .socketbench import SocketBench


class PushReadTests(SynchronousTestCase):
    """Data that comes unasked, and its brake (DESIGN, chapter 6)."""

    def test_pushed(self) -> None:
        """What is pushed is delivered as it comes; nothing is asked for."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.push(b"OK\r\n")
        bench.push(b'\r\n+QSSLURC: "closed",4\r\n')
        self.assertEqual(bench.owner.received_data, b'OK\r\n\r\n+QSSLURC: "closed",4\r\n')
        self.assertEqual((bench.names(), bench.module.timers()), ([], []))

    def test_before_the_owner(self) -> None:
        """What is pushed with the result of the open waits for the owner."""
        bench = SocketBench(AccessMode.PUSH)
        bench.listener.pushing.add(4)
        bench.push(b"early")
        bench.socket.opened()
        bench.socket.start(bench.owner)
        self.assertEqual(bench.owner.received_data, b"early")

    def test_short_pause(self) -> None:
        """A mere pause holds what comes, in order, and changes no mode."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.socket.pause()
        for piece in (b"a", b"b", b"c"):
            bench.push(piece)
        bench.settle()
        self.assertEqual((bench.owner.received_data, bench.names()), (b"", []))
        bench.socket.resume()
        self.assertEqual(bench.owner.received_data, b"abc")

    def test_pause_between_held_pieces(self) -> None:
        """An owner may pause again at each piece."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.socket.pause()
        bench.push(b"a")
        bench.push(b"b")
        bench.owner.on_data = lambda data: bench.socket.pause()
        bench.socket.resume()
        self.assertEqual(bench.owner.received_data, b"a")
        bench.push(b"c")
        bench.socket.resume()
        bench.socket.resume()
        self.assertEqual(bench.owner.received_data, b"abc")

    def test_fall_back(self) -> None:
        """More than 16 KiB held: buffer mode, ahead of the queue, once and for good."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.socket.pause()
        for _ in range(HELD_BEFORE_SWITCH // 1024):
            bench.push(b"x" * 1024)
        bench.settle()
        self.assertEqual(bench.names(), [])
        bench.owner.buffer.append(b"up")
        bench.socket.writable()
        bench.push(b"y")
        bench.push(b"z")
        for _ in range(3):
            bench.later(0.02)
        self.assertEqual(bench.module.lines[:2], ["+QSSLSEND=4,2", "+QISWTMD=4,0"])
        self.assertIs(bench.socket.mode, AccessMode.BUFFER)
        bench.names()
        bench.stored = b"rest"
        bench.socket.resume()
        bench.settle()
        self.assertEqual(bench.owner.received_data, b"x" * HELD_BEFORE_SWITCH + b"yz" + b"rest")
        self.assertEqual(bench.names()[0], "+QSSLRECV")

    def test_fall_back_refused(self) -> None:
        """A module that does not switch goes on pushing, and is not asked again."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QISWTMD"] = "ERROR"
        bench.socket.pause()
        for _ in range(20):
            bench.push(b"x" * 1024)
        bench.settle()
        self.assertEqual(bench.names(), ["+QISWTMD"])
        self.assertIs(bench.socket.mode, AccessMode.PUSH)

    def fill(self, bench: SocketBench, seconds: float) -> int:
        """Push as fast as the port is read; give how much came."""
        total = 0
        for _ in range(round(seconds / 0.01)):
            while not bench.module.paused:
                if bench.owner.ends:
                    return total
                bench.push(b"x" * 4096)
                bench.settle()
                total += 4096
                self.assertLessEqual(total, HELD_LIMIT + 4096)
            bench.later(0.01)
        return total

    def test_throttle(self) -> None:
        """Beyond 16 KiB the port is read slowly, the slower the longer nothing is answered."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QISWTMD"] = None
        bench.socket.pause()
        self.assertLessEqual(self.fill(bench, 0.05), HELD_BEFORE_SWITCH + 3 * 4096)
        self.assertLessEqual(self.fill(bench, 1.0), 8 * 4096)
        self.assertLessEqual(self.fill(bench, 2.0), 5 * 4096)
        bench.socket.resume()
        bench.settle()
        self.assertFalse(bench.module.paused)
        self.assertEqual(bench.owner.ends, [])

    def test_answer_behind_pushes(self) -> None:
        """The answer to the switch is found behind what is pushed, within the bound."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QISWTMD"] = None
        bench.socket.pause()
        total = self.fill(bench, 0.1)
        for _ in range(2):
            bench.push(b"x" * 4096)
            total += 4096
        bench.module.say("OK")
        while bench.socket.pushing:
            bench.later(0.01)
        self.assertLessEqual(total, 64 * 1024)
        self.assertFalse(bench.module.paused)
        bench.socket.resume()
        bench.settle()
        self.assertEqual(len(bench.owner.received_data), total)

    def test_switch_that_waits(self) -> None:
        """While another command is in flight the switch waits; its time is not up meanwhile."""
        bench = SocketBench(AccessMode.PUSH).start()

        def silent(line: str) -> None:
            bench.module.expect_body(2, "SEND OK")

        bench.answers["+QSSLSEND"] = silent
        bench.write(b"up")
        bench.socket.pause()
        self.fill(bench, 30.0)
        self.assertEqual((bench.names(), bench.owner.ends), (["+QSSLSEND"], []))
        bench.module.say("> ")
        for _ in range(200):
            bench.later(0.01)
        self.assertEqual((bench.names(), bench.socket.pushing), (["+QISWTMD"], False))

    def test_limit(self) -> None:
        """A module that cannot be stopped does not eat memory: the connection ends, and says so."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QISWTMD"] = "ERROR"
        bench.socket.pause()
        while not bench.owner.ends:
            self.fill(bench, 1.0)
        problem = bench.owner.ends[0].value
        self.assertIsInstance(problem, RemoteViolation)
        self.assertIn("goes on pushing", str(problem))
        bench.settle()
        self.assertFalse(bench.module.paused)
        self.assertEqual(bench.freed, 1)

    def test_ended_while_the_port_is_held(self) -> None:
        """A connection that goes lets the port be read again."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QISWTMD"] = None
        bench.socket.pause()
        while not bench.module.paused:
            bench.push(b"x" * 4096)
        bench.socket.abort()
        bench.settle()
        self.assertFalse(bench.module.paused)

    def test_lost_while_the_port_is_held(self) -> None:
        """No timer is left when the port goes."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QISWTMD"] = None
        bench.socket.pause()
        while not bench.module.paused:
            bench.push(b"x" * 4096)
        bench.settle()
        bench.port.connectionLost(Failure(ConnectionDone()))
        bench.socket.lost(Failure(PortLost("gone")))
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_forgotten(self) -> None:
        """The port keeps nothing of a connection that has ended."""
        bench = SocketBench(AccessMode.PUSH).start()
        for size in (10, 20, 30):
            bench.push(b"x" * size)
        self.assertEqual(len(bench.port._routes), 3)
        bench.socket.close()
        bench.settle()
        self.assertEqual((bench.freed, bench.port._routes), (1, {}))

    def test_after_the_end(self) -> None:
        """What is still pushed when it is over is dropped."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.socket.close()
        bench.push(b"late")
        bench.settle()
        self.assertEqual(bench.owner.received_data, b"")
