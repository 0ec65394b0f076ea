"""Tests for L{twisted_quectel.modem.sockets}: reading in buffer mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import RemoteViolation, SendFailed
from twisted_quectel.modem.receiving import (
    SAFETY_POLL,
)
from twisted_quectel.modem.sending import LOOK_AFTER_SENDS

from .socketbench import SocketBench


class BufferReadTests(SynchronousTestCase):
    """Reading on demand (LTE SSL note, chapters 1.3 and 2.2.4)."""

    def test_first_look(self) -> None:
        """What came before the owner did is delivered when it comes."""
        bench = SocketBench()
        bench.socket.opened()
        bench.arrive(b"early")
        self.assertEqual(bench.names(), [])
        bench.socket.start(bench.owner)
        bench.settle()
        self.assertEqual(bench.owner.received_data, b"early")

    def test_read_until_empty(self) -> None:
        """One URC is read for until nothing is left: it is not repeated before."""
        bench = SocketBench().start()
        bench.arrive(b"x" * 4096)
        self.assertEqual(bench.names(), ["+QSSLRECV"] * 4)
        self.assertEqual(bench.owner.received_data, b"x" * 4096)

    def test_spurious_and_double(self) -> None:
        """A URC with nothing behind it, or the same one twice, does no harm (note 12)."""
        bench = SocketBench().start()
        bench.arrive(b"")
        self.assertEqual(bench.names(), ["+QSSLRECV"])
        bench.stored = b"abc"
        bench.module.say('+QSSLURC: "recv",4')
        bench.module.say('+QSSLURC: "recv",4')
        bench.settle()
        self.assertEqual(bench.owner.received_data, b"abc")

    def test_lost_urc(self) -> None:
        """Data whose URC was lost is found by the slow poll (note 10)."""
        bench = SocketBench().start()
        bench.stored = b"abc"
        bench.later(SAFETY_POLL - 0.1)
        self.assertEqual(bench.owner.received_data, b"")
        bench.later(0.2)
        self.assertEqual(bench.owner.received_data, b"abc")
        bench.names()
        bench.later(SAFETY_POLL)
        self.assertEqual(bench.names(), ["+QSSLRECV"])

    def test_lost_urc_during_sends(self) -> None:
        """Data is looked for after sends, and once in a while in a long row of them."""
        bench = SocketBench().start()
        bench.stored = b"abc"
        bench.write(b"x")
        self.assertEqual(bench.owner.received_data, b"abc")
        bench.names()
        bench.write(b"x" * 1460 * (LOOK_AFTER_SENDS + 2))
        names = bench.names()
        self.assertEqual(names[:LOOK_AFTER_SENDS], ["+QSSLSEND"] * LOOK_AFTER_SENDS)
        self.assertIn("+QSSLRECV", names[LOOK_AFTER_SENDS : LOOK_AFTER_SENDS + 3])

    def test_pause(self) -> None:
        """A paused owner stops the reading, and its timer; the module holds the peer back."""
        bench = SocketBench().start()
        bench.owner.on_data = lambda data: bench.socket.pause()
        bench.arrive(b"x" * 4096)
        self.assertEqual(len(bench.owner.received_data), 1500)
        self.assertEqual((bench.names(), bench.module.timers()), (["+QSSLRECV"], []))
        bench.module.say('+QSSLURC: "recv",4')
        bench.settle()
        self.assertEqual(bench.names(), [])
        bench.owner.on_data = None
        bench.socket.resume()
        bench.settle()
        self.assertEqual(len(bench.owner.received_data), 4096)

    def test_pause_during_a_read(self) -> None:
        """What was on its way when the owner paused is held for it."""
        bench = SocketBench().start()
        bench.stored = b"abc"
        bench.module.say('+QSSLURC: "recv",4')
        bench.socket.pause()
        bench.settle()
        self.assertEqual(bench.owner.received_data, b"")
        bench.socket.resume()
        self.assertEqual(bench.owner.received_data, b"abc")

    def test_pause_before_the_turn(self) -> None:
        """A read whose turn comes while the owner is paused is not sent."""
        bench = SocketBench().start()
        bench.write(b"x")
        bench.names()
        bench.stored = b"abc"
        bench.owner.buffer.append(b"y")
        bench.socket.writable()
        bench.socket.readable()
        bench.socket.pause()
        bench.settle()
        self.assertEqual(bench.names(), ["+QSSLSEND"])
        bench.socket.resume()
        bench.settle()
        self.assertEqual(bench.owner.received_data, b"abc")

    def test_more_than_asked_for(self) -> None:
        """A module that reads out too much is not believed; the connection ends."""
        for count in (1501, 70000, 99999):
            bench = SocketBench().start()
            data = "x" * count
            bench.answers["+QSSLRECV"] = f"\0\r\n+QSSLRECV: {count}\r\n{data}\r\n\r\nOK\r\n"
            bench.arrive(b"x")
            self.assertEqual(len(bench.owner.ends), 1)
            self.assertTrue(bench.owner.ends[0].check(RemoteViolation))
            self.assertEqual(bench.owner.received_data, b"")

    def next_of(self, answers: Iterator[str]) -> Callable[[str], str]:
        """Give an answer after the other."""
        return lambda line: next(answers)

    def test_two_blocks(self) -> None:
        """Two blocks in one answer are delivered in order, if they are no more than asked for."""
        for sizes, end in (((700, 800), 0), ((800, 701), 1), ((1500,) * 60, 1)):
            bench = SocketBench().start()
            blocks = [b"%c" % (65 + index) * size for index, size in enumerate(sizes)]
            said = b"".join(
                b"\r\n+QSSLRECV: %d\r\n%b\r\n" % (len(block), block) for block in blocks
            )
            answers = iter([f"\0{said.decode()}\r\nOK\r\n", "+QSSLRECV: 0\n\nOK"])
            bench.answers["+QSSLRECV"] = self.next_of(answers)
            bench.arrive(b"")
            self.assertEqual(len(bench.owner.ends), end)
            self.assertEqual(bench.owner.received_data, b"" if end else b"".join(blocks))

    def test_read_refused(self) -> None:
        """An error to a read asks for the state: a connection that lives goes on."""
        bench = SocketBench().start()
        read = bench.answers["+QSSLRECV"]
        bench.answers["+QSSLRECV"] = "ERROR"
        bench.answers["+QSSLSTATE"] = '+QSSLSTATE: 4,"SSLClient","1.2.3.4",1,2,3,1,4,0,"x",1\n\nOK'
        bench.arrive(b"abc")
        self.assertEqual(bench.names(), ["+QSSLRECV", "+QIGETERROR", "+QSSLSTATE"])
        self.assertEqual(bench.owner.ends, [])
        bench.answers["+QSSLRECV"] = read
        bench.later(SAFETY_POLL)
        self.assertEqual(bench.owner.received_data, b"abc")

    def test_read_refused_and_gone(self) -> None:
        """An error to a read of a connection that does not exist any more ends it."""
        for state in ("OK", "ERROR", '+QSSLSTATE: 4,"SSLClient","1",1,2,4,1,4,0,"x",1\n\nOK'):
            bench = SocketBench().start()
            bench.answers["+QSSLRECV"] = "ERROR"
            bench.answers["+QSSLSTATE"] = state
            bench.arrive(b"abc")
            self.assertEqual(len(bench.owner.ends), 1)
            self.assertEqual(bench.freed, 1)

    def test_urc_ahead_of_an_empty_answer(self) -> None:
        """A URC that comes between a read and its answer is news: it is read once more."""
        for news in ('+QSSLURC: "recv",4', '+QSSLURC: "closed",4'):
            bench = SocketBench().start()
            read = bench.answers["+QSSLRECV"]
            bench.answers["+QSSLRECV"] = None  # answered by hand
            bench.arrive(b"")
            self.assertEqual(bench.names(), ["+QSSLRECV"])
            bench.stored = b"last words"
            bench.answers["+QSSLRECV"] = read
            for line in (news, "+QSSLRECV: 0", "OK"):
                bench.module.say(line)
            bench.settle()
            self.assertEqual(bench.owner.received_data, b"last words")
            self.assertEqual(len(bench.owner.ends), int("closed" in news))

    def test_bare_answer(self) -> None:
        """C{OK} without its line is read for once more, and believed then (note 4)."""
        bench = SocketBench().start()
        read = bench.answers["+QSSLRECV"]
        assert callable(read)
        bare = ["OK"]
        bench.answers["+QSSLRECV"] = lambda line: bare.pop() if bare else read(line)
        bench.arrive(b"abc")
        self.assertEqual(bench.owner.received_data, b"abc")
        self.assertEqual(bench.names(), ["+QSSLRECV"] * 3)
        bench.answers["+QSSLRECV"] = "OK"
        bench.arrive(b"")
        self.assertEqual(bench.names(), ["+QSSLRECV"] * 2)

    def test_read_without_answer(self) -> None:
        """Silence to a read is a loss: what it took out of the module is gone."""
        bench = SocketBench().start()
        bench.answers["+QSSLRECV"] = None
        bench.arrive(b"abc")
        bench.later(10.1)
        self.assertTrue(bench.owner.ends[0].check(SendFailed))
