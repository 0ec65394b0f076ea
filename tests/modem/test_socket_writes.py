"""Tests for L{twisted_quectel.modem.sockets}: writing."""

from __future__ import annotations

from itertools import pairwise

from twisted.internet.error import ConnectionDone
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import SendFailed
from twisted_quectel.families import AccessMode
from twisted_quectel.modem.sending import REFUSED_AT_MOST

from .socketbench import SocketBench


class WriteTests(SynchronousTestCase):
    """Sending (LTE SSL note, chapter 2.2.3; DESIGN, rule 2)."""

    def test_joined(self) -> None:
        """Small writes share a send; a long one is cut at 1460 bytes."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.write(*[b"%03d" % n for n in range(600)])
        self.assertEqual(bench.module.lines, ["+QSSLSEND=4,1460", "+QSSLSEND=4,340"])
        self.assertEqual(b"".join(bench.module.received), b"".join(b"%03d" % n for n in range(600)))
        self.assertEqual(bench.owner.sent_bytes, 1800)
        self.assertEqual(bench.module.timers(), [])

    def test_nothing_to_send(self) -> None:
        """A turn without bytes sends nothing."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.socket.writable()
        bench.socket.writable()
        bench.settle()
        self.assertEqual(bench.names(), [])

    def test_full(self) -> None:
        """C{SEND FAIL}: the same bytes again, later and later, never doubled (note 19)."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.module.on_body("+QSSLSEND", "> ", "SEND FAIL")
        bench.write(b"one")
        times: list[float] = []
        seen = 1
        while len(times) < 6:
            bench.owner.buffer.append(b"+")
            bench.socket.writable()
            bench.later(0.05)
            if len(bench.module.sent("+QSSLSEND")) > seen:
                seen += 1
                times.append(bench.clock.seconds())
        self.assertEqual(set(bench.module.received), {b"one"})
        pauses = [round(b - a) for a, b in pairwise(times)]
        self.assertEqual(pauses, sorted(pauses))
        self.assertEqual(pauses[-1], 2)
        del bench.answers["+QSSLSEND"]
        for _ in range(3):
            bench.later(2.0)
        self.assertEqual(bench.module.received[-2], b"one")
        self.assertEqual(set(bench.module.received[-1]), set(b"+"))

    def test_full_for_ever(self) -> None:
        """A module that refuses for two minutes has lost the connection."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.module.on_body("+QSSLSEND", "> ", "SEND FAIL")
        bench.write(b"one")
        for _ in range(int(REFUSED_AT_MOST * 2) + 10):
            bench.clock.advance(0.6)
            bench.module.settle(12)
        self.assertTrue(bench.owner.ends[0].check(SendFailed))
        self.assertEqual(bench.module.timers(), [])

    def test_refused_before_the_prompt(self) -> None:
        """An error before the prompt asks for the state, and sends again (notes 20 and 22)."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QSSLSEND"] = "ERROR"
        bench.answers["+QSSLSTATE"] = '+QSSLSTATE: 4,"SSLClient","1.2.3.4",1,2,2,1,4,0,"x",1\n\nOK'
        bench.write(b"one")
        self.assertEqual(bench.names(), ["+QSSLSEND", "+QIGETERROR", "+QSSLSTATE"])
        del bench.answers["+QSSLSEND"]
        bench.later(0.3)
        self.assertEqual(bench.module.received, [b"one"])
        self.assertEqual(bench.owner.sent_bytes, 3)

    def test_refused_and_gone(self) -> None:
        """An error before the prompt of a connection that is gone is a loss of what is unsent."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.answers["+QSSLSEND"] = "ERROR"
        bench.write(b"one")
        (end,) = bench.owner.ends
        self.assertTrue(end.check(SendFailed))
        bench.later(5.0)
        self.assertEqual((bench.module.timers(), bench.freed), ([], 1))

    def test_unknown_fate(self) -> None:
        """An error behind the body ends the connection, after what can still be read."""
        for mode in (AccessMode.PUSH, AccessMode.BUFFER):
            bench = SocketBench(mode).start()
            bench.module.on_body("+QSSLSEND", "> ", "ERROR")
            if mode is AccessMode.BUFFER:
                bench.stored = b"last words"
            bench.write(b"one", b"two")
            self.assertEqual(len(bench.module.received), 1)
            (end,) = bench.owner.ends
            self.assertTrue(end.check(SendFailed))
            self.assertIn("not known", end.getErrorMessage())
            if mode is AccessMode.BUFFER:
                self.assertEqual(bench.owner.received_data, b"last words")

    def test_error_code(self) -> None:
        """What the error was is asked for right behind it, and told (chapter 5)."""
        bench = SocketBench(AccessMode.BUFFER).start()
        bench.module.on_body("+QSSLSEND", "> ", "ERROR")
        bench.answers["+QIGETERROR"] = "+QIGETERROR: 558,Socket write failed\n\nOK"
        bench.write(b"one")
        names = bench.names()
        self.assertEqual(names[:2], ["+QSSLSEND", "+QIGETERROR"])
        problem = bench.owner.ends[0].value
        assert isinstance(problem, SendFailed)
        self.assertEqual((problem.code, problem.command), (558, "AT+QSSLSEND=4,3"))
        self.assertEqual(problem.meaning, "Socket write failed")

    def test_silence(self) -> None:
        """Silence behind the body is as bad."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.module.on_body("+QSSLSEND", "> ", None)
        bench.write(b"one")
        bench.later(10.1)
        self.assertTrue(bench.owner.ends[0].check(SendFailed))

    def test_after_the_end(self) -> None:
        """What is written when it is over is not sent; a late result tells nobody."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.owner.buffer.append(b"one")
        bench.socket.writable()
        bench.socket.abort()
        bench.settle()
        self.assertEqual(bench.owner.sent_bytes, 0)
        bench.write(b"two")
        self.assertEqual(len(bench.module.sent("+QSSLSEND")), 1)

    def test_full_and_over(self) -> None:
        """A refusal that comes when it is over starts no timer."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.module.on_body("+QSSLSEND", "> ", "SEND FAIL")
        bench.owner.buffer.append(b"one")
        bench.socket.writable()
        bench.socket.close()
        bench.settle()
        bench.later(0.4)
        self.assertEqual(bench.module.timers(), [])
        self.assertTrue(bench.owner.ends[0].check(ConnectionDone))
