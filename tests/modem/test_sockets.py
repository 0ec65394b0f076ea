"""Tests for L{twisted_quectel.modem.sockets}: reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import PortLost, RemoteViolation, SendFailed
from twisted_quectel.families import AccessMode
from twisted_quectel.modem.receiving import (
    HELD_BEFORE_SWITCH,
    HELD_LIMIT,
    SAFETY_POLL,
)
from twisted_quectel.modem.sending import LOOK_AFTER_SENDS, REFUSED_AT_MOST

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
