"""Tests for L{twisted_quectel.at.port}: jobs, and commands that nobody wants any more."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import Command, Job, Response, execute_form
from twisted_quectel.at.jobs import Swallow

from .bench import Bench, NotingJob, send

OK = b"\r\nOK\r\n"
CMEE = b"\r\n+CMEE: 1\r\n" + OK


def plain(name: str) -> Command:
    """A command without parameters."""
    return Command(execute_form(name))


def csq() -> Command:
    """A command with an answer of its own."""
    return Command(execute_form("+CSQ"), ("+CSQ",), timeout=1.0)


class JobTests(SynchronousTestCase):
    """Turns at the port."""

    def test_nothing_to_do(self) -> None:
        """A job that has nothing to send gives its turn to the next one."""
        bench = Bench()
        bench.port.enqueue(NotingJob(None))
        self.assertTrue(bench.port.idle)
        bench.port.execute(plain("+A"))
        bench.port.enqueue(NotingJob(None))
        done: Deferred[Response] = bench.port.execute(plain("+B"))
        bench.feed(OK, OK)
        self.successResultOf(done)
        self.assertEqual(bench.sent(), b"AT+A\rAT+B\r")

    def test_job_that_raises(self) -> None:
        """A job that cannot say what to send is told, and the next one has its turn."""

        class Raising(NotingJob):
            def command(self) -> Command | None:
                raise RuntimeError("no")

        bench = Bench()
        job = Raising(None)
        bench.port.enqueue(job)
        self.assertTrue(job.failures[0].check(RuntimeError))
        bench.port.execute(plain("+A"))
        self.assertEqual(bench.sent(), b"AT+A\r")

    def test_waiter_that_raises(self) -> None:
        """What a waiter raises is logged; the port goes on."""

        class Raising(NotingJob):
            def done(self, response: Response) -> None:
                raise RuntimeError("done")

            def failed(self, reason: object) -> None:
                raise RuntimeError("failed")

        bench = Bench()
        bench.port.enqueue(Raising(plain("+A")))
        done = bench.port.execute(plain("+B"))
        bench.feed(OK, OK)
        self.successResultOf(done)
        bench.port.enqueue(Raising(plain("+A")))
        bench.unplug()
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)

    def test_abstract(self) -> None:
        """A job has to say what it sends; the rest may be left out."""
        self.assertRaises(AssertionError, Job().command)
        swallow = Swallow()
        bench = Bench()
        job = NotingJob(plain("+A"))
        bench.port.enqueue(job)
        bench.feed(OK)
        swallow.done(job.responses[0])


class CancelTests(SynchronousTestCase):
    """A command that nobody wants any more."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.port = self.bench.port

    def test_queued(self) -> None:
        """A command that waits is never sent."""
        first = self.port.execute(csq())
        second = self.port.execute(Command(execute_form("+B")))
        third = self.port.execute(Command(execute_form("+C")))
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.bench.feed(OK)
        self.successResultOf(first)
        self.assertEqual(self.bench.sent(), b"AT+CSQ\rAT+C\r")
        self.bench.feed(OK)
        self.successResultOf(third)

    def test_in_flight(self) -> None:
        """The answer of a command that was sent is awaited and dropped, good or bad."""
        for answer in (b"\r\n+CSQ: 9,9\r\n" + OK, b"\r\nERROR\r\n"):
            self.setUp()
            first = self.port.execute(csq())
            second = self.port.execute(csq())
            first.cancel()
            self.failureResultOf(first, CancelledError)
            self.assertEqual(self.bench.sent(), b"AT+CSQ\r")
            self.bench.feed(answer)
            self.assertNoResult(second)
            self.bench.feed(b"\r\n+CSQ: 1,1\r\n", OK)
            self.assertEqual(self.successResultOf(second).lines, [b"+CSQ: 1,1"])
            self.assertEqual(self.bench.handler.urcs, [])

    def test_at_the_prompt(self) -> None:
        """The module that waits for a body gets it, or it would eat the next command."""
        for cancel_first in (True, False):
            self.setUp()
            first = self.port.execute(send(b"ab"))
            second = self.port.execute(csq())
            if cancel_first:
                first.cancel()
            self.bench.feed(b"\r\n> ")
            if not cancel_first:
                first.cancel()
            self.failureResultOf(first, CancelledError)
            self.assertEqual(self.bench.sent(), b"AT+QSSLSEND=4,2\rab")
            self.bench.feed(b"\r\nSEND OK\r\n")
            self.assertEqual(self.bench.sent(), b"AT+CSQ\r")
            self.bench.feed(OK)
            self.successResultOf(second)

    def test_refused_and_cancelled(self) -> None:
        """A cancelled send that was refused ends after its 300 ms."""
        first = self.port.execute(send(b"ab"))
        second = self.port.execute(csq())
        self.bench.feed(b"\r\n> ", b"\r\nSEND FAIL\r\n")
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.bench.clock.advance(0.3)
        self.bench.feed(OK)
        self.successResultOf(second)

    def test_in_flight_and_late(self) -> None:
        """A cancelled command that is not answered has the port get in step."""
        first = self.port.execute(csq())
        second = self.port.execute(csq())
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.bench.sent()
        self.bench.clock.advance(1.0)
        self.assertEqual(self.bench.sent(), b"AT+CMEE?\r")
        self.bench.feed(b"\r\n+CSQ: 9,9\r\n", OK, CMEE, b"\r\n+CSQ: 1,1\r\n", OK)
        self.assertEqual(self.successResultOf(second).lines, [b"+CSQ: 1,1"])

    def test_twice(self) -> None:
        """Taking back what is over does nothing."""
        job = NotingJob(csq())
        self.port.enqueue(job)
        self.assertFalse(self.port.cancel(job))
        self.assertFalse(self.port.cancel(job))
        self.bench.feed(OK)
        self.assertFalse(self.port.cancel(job))
        self.assertEqual((job.responses, job.failures), ([], []))

    def test_cancelled_and_lost(self) -> None:
        """The port may go while the answer of a cancelled command is awaited."""
        first = self.port.execute(csq())
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.bench.unplug()
        self.assertEqual(self.bench.timers(), 0)
