"""Tests for L{twisted_quectel.at.port} and L{twisted_quectel.at.resync}: time-outs.

After a time-out the port gets back in step before the next command, so that no
late answer is taken for another command's (field note 9).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import Command, Outcome, execute_form
from twisted_quectel.at.flight import PROMPT_PATIENCE
from twisted_quectel.at.resync import QUESTION_TIMEOUT, QUESTIONS, Reading, Resync
from twisted_quectel.errors import CommandTimeout, PortLost, PortUnresponsive

from .bench import Bench, NotingJob, receive, send
from .cuts import every_cut

OK = b"\r\nOK\r\n"
CMEE = b"\r\n+CMEE: 1\r\n" + OK
CSCS = b'\r\n+CSCS: "GSM"\r\n' + OK


def csq() -> Command:
    """A command with an answer of its own."""
    return Command(execute_form("+CSQ"), ("+CSQ",), timeout=1.0)


class TimeoutTests(SynchronousTestCase):
    """No answer in time."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.port = self.bench.port

    def late(self, command: Command) -> None:
        """Send a command that is not answered in time."""
        done = self.port.execute(command)
        self.bench.sent()
        self.bench.clock.advance(command.timeout)
        problem = self.failureResultOf(done, CommandTimeout).value
        self.assertEqual(problem.command, "AT" + command.text.shown)
        self.assertIn("no answer", problem.trace[-2] + problem.trace[-1])
        self.assertEqual(self.bench.sent(), b"AT+CMEE?\r")

    def following(self) -> NotingJob:
        """Have the next command wait, and check that it does."""
        job = NotingJob(Command(execute_form("+A"), ("+A",)))
        self.port.enqueue(job)
        self.assertEqual(self.bench.sent(), b"")
        return job

    def finish(self, job: NotingJob) -> None:
        """Check that the next command is sent, and gets its own answer."""
        self.assertEqual(self.bench.sent(), b"AT+A\r")
        self.assertEqual(job.responses, [])
        self.bench.feed(b"\r\n+A: 7\r\n", OK)
        self.assertEqual(job.responses[0].lines, [b"+A: 7"])
        self.assertTrue(self.port.idle)
        self.assertEqual(self.bench.timers(), 0)

    def test_timer_is_one(self) -> None:
        """The time of each command is its own, though only one timer runs."""
        for seconds in (5.0, 2.0, 30.0):
            done = self.port.execute(Command(execute_form("+A"), timeout=seconds))
            self.assertEqual(self.bench.timers(), 1)
            self.bench.clock.advance(seconds - 0.01)
            self.assertNoResult(done)
            self.bench.feed(OK)
            self.successResultOf(done)
            self.assertEqual(self.bench.timers(), 0)

    def test_early_timer(self) -> None:
        """A command that waits longer than the one before it has its whole time."""
        first = self.port.execute(Command(execute_form("+A"), timeout=2.0))
        second = self.port.execute(Command(execute_form("+B"), timeout=10.0))
        self.bench.clock.advance(1.0)
        self.bench.feed(OK)
        self.successResultOf(first)
        for _ in range(9):
            self.bench.clock.advance(1.0)
            self.assertNoResult(second)
        self.bench.clock.advance(1.0)
        self.failureResultOf(second, CommandTimeout)

    def test_late_answer(self) -> None:
        """An answer one millisecond after the time-out is nobody's, in any cut."""
        answer = b"AT+CSQ\r\r\n+CSQ: 9,9\r\n" + OK + b"AT+CMEE?\r" + CMEE
        for chunks in every_cut(answer):
            self.setUp()
            self.late(csq())
            job = self.following()
            self.bench.clock.advance(0.001)
            self.bench.feed(*chunks)
            self.finish(job)
            self.assertEqual(self.bench.handler.urcs, [])

    def test_lost_answer(self) -> None:
        """An answer that never comes costs one question."""
        self.late(csq())
        job = self.following()
        self.bench.feed(CMEE)
        self.finish(job)

    def test_lost_answer_to_the_question(self) -> None:
        """A question without answer is followed by another one."""
        self.late(csq())
        job = self.following()
        self.bench.clock.advance(QUESTION_TIMEOUT)
        self.assertEqual(self.bench.sent(), b"AT+CSCS?\r")
        self.bench.feed(CSCS)
        self.finish(job)

    def test_slow_module(self) -> None:
        """However late they come, all answers to earlier questions are left behind."""
        answers = (
            CMEE,
            CSCS,
            b"\r\n+IPR: 115200\r\n" + OK,
            b"\r\n+IFC: 0,0\r\n" + OK,
            b"\r\n+CRC: 0\r\n" + OK,
            b"\r\n+CMGF: 0\r\n" + OK,
        )
        for asked in range(1, QUESTIONS + 1):
            self.setUp()
            self.late(csq())
            job = self.following()
            for _ in range(asked - 1):
                self.bench.clock.advance(QUESTION_TIMEOUT)
            self.bench.sent()
            self.bench.feed(b"\r\n+CSQ: 9,9\r\n", OK)
            for answer in answers[:asked]:
                self.assertEqual(self.bench.sent(), b"")
                self.bench.feed(answer)
            self.finish(job)

    def test_question_is_refused(self) -> None:
        """An error, or OK without its line, is no answer to the question."""
        self.late(csq())
        job = self.following()
        self.bench.feed(b"\r\nERROR\r\n", OK)
        self.bench.clock.advance(QUESTION_TIMEOUT)
        self.assertEqual(self.bench.sent(), b"AT+CSCS?\r")
        self.bench.feed(CSCS)
        self.finish(job)

    def test_urcs_within(self) -> None:
        """URCs are delivered while the port gets back in step; pushed blocks too."""
        self.late(csq())
        job = self.following()
        header = b'+QSSLURC: "recv",1,4'
        self.bench.handler.lengths[header] = 4
        self.bench.feed(b'\r\n+QSSLURC: "closed",3\r\n' + header + b"\r\n\r\nOK", CMEE)
        self.assertEqual(self.bench.handler.urcs, [b'+QSSLURC: "closed",3'])
        self.assertEqual(self.bench.handler.blocks, [(header, b"\r\nOK")])
        self.finish(job)

    def test_late_block(self) -> None:
        """The counted bytes of a late answer are taken as such, and dropped."""
        content = b"\r\n+CMEE: 1\r\n\r\nOK\r\n"
        self.late(receive())
        job = self.following()
        self.bench.feed(b"\r\n+QSSLRECV: %d\r\n%s\r\n" % (len(content), content), OK)
        self.assertEqual(self.bench.sent(), b"")
        self.bench.feed(CMEE)
        self.assertEqual((self.bench.handler.urcs, self.bench.handler.blocks), ([], []))
        self.finish(job)

    def test_late_prompt(self) -> None:
        """A prompt that comes late gets its body, for it takes whatever comes first."""
        done = self.port.execute(send(b"x" * 20))
        self.bench.sent()
        self.bench.clock.advance(5.0)
        self.failureResultOf(done, CommandTimeout)
        job = self.following()
        self.bench.clock.advance(PROMPT_PATIENCE - 0.1)
        self.assertEqual(self.bench.sent(), b"")
        self.bench.feed(b"\r\n> ")
        self.assertEqual(self.bench.sent(), b"x" * 20)
        self.bench.feed(b"\r\nSEND OK\r\n")
        self.finish(job)

    def test_prompt_too_late(self) -> None:
        """When it comes too late, empty lines fill it up."""
        done = self.port.execute(send(b"x" * 20))
        self.bench.sent()
        self.bench.clock.advance(5.0)
        self.failureResultOf(done, CommandTimeout)
        job = self.following()
        self.bench.clock.advance(PROMPT_PATIENCE)
        self.assertEqual(self.bench.sent(), b"AT+CMEE?\r")
        self.bench.feed(b"\r\n> ")
        self.assertEqual(self.bench.sent(), b"")
        self.bench.clock.advance(QUESTION_TIMEOUT)
        self.assertEqual(self.bench.sent(), b"\r" * 20 + b"AT+CSCS?\r")
        self.bench.feed(b"\r\nSEND OK\r\n" + CSCS)
        self.finish(job)

    def test_silence_behind_the_body(self) -> None:
        """A body without result is a time-out too."""
        done = self.port.execute(send(b"ab"))
        self.bench.clock.advance(4.0)
        self.bench.feed(b"\r\n> ")
        self.bench.clock.advance(4.9)
        self.assertNoResult(done)
        self.bench.clock.advance(0.2)
        self.failureResultOf(done, CommandTimeout)
        self.bench.feed(b"\r\nSEND OK\r\n" + CMEE)
        self.assertTrue(self.port.idle)

    def test_probe(self) -> None:
        """Silence is a fair answer to a probe: the next command follows at once."""
        done = self.port.execute(Command(execute_form("E0"), timeout=0.5, probe=True))
        job = self.following_after_probe()
        self.bench.clock.advance(0.5)
        self.failureResultOf(done, CommandTimeout)
        self.finish(job)

    def following_after_probe(self) -> NotingJob:
        """Have the next command wait behind a probe."""
        self.assertEqual(self.bench.sent(), b"ATE0\r")
        return self.following()

    def test_on_demand(self) -> None:
        """Getting in step can be asked for; it waits for what is in flight."""
        done = self.port.execute(csq())
        self.port.resynchronise()
        self.assertEqual(self.bench.sent(), b"AT+CSQ\r")
        self.bench.feed(OK)
        self.successResultOf(done)
        self.assertEqual(self.bench.sent(), b"AT+CMEE?\r")
        self.assertFalse(self.port.idle)
        self.bench.feed(CMEE)
        self.assertTrue(self.port.idle)
        self.port.resynchronise()
        self.assertEqual(self.bench.sent(), b"AT+CMEE?\r")


class GivingUpTests(SynchronousTestCase):
    """The module answers nothing any more."""

    def give_up(self, bench: Bench) -> None:
        """Let all questions go unanswered."""
        for _ in range(QUESTIONS):
            bench.clock.advance(QUESTION_TIMEOUT)

    def test_given_up(self) -> None:
        """Who waits is failed once, the handler told once, no timer left."""
        bench = Bench()
        first = bench.port.execute(csq())
        second = bench.port.execute(csq())
        bench.clock.advance(1.0)
        self.failureResultOf(first, CommandTimeout)
        self.assertNoResult(second)
        self.give_up(bench)
        self.assertTrue(self.failureResultOf(second, PortUnresponsive).check(PortLost))
        self.assertEqual(bench.handler.unresponsive, 1)
        self.assertEqual(bench.timers(), 0)
        self.assertEqual(bench.sent().count(b"?\r"), QUESTIONS)
        bench.clock.advance(100)
        self.assertEqual((bench.sent(), bench.handler.unresponsive), (b"", 1))

    def test_another_try(self) -> None:
        """What is asked for by one who was failed goes out when all were told."""
        bench = Bench()
        bench.port.execute(csq()).addErrback(lambda _: None)
        second = bench.port.execute(csq())
        second.addErrback(lambda _: bench.port.execute(csq()))
        bench.clock.advance(1.0)
        self.give_up(bench)
        bench.sent()
        self.assertFalse(bench.port.idle)
        bench.feed(OK)
        self.assertIs(self.successResultOf(second).result.outcome, Outcome.OK)

    def test_lost_while_getting_in_step(self) -> None:
        """A port that goes meanwhile fails who waits, and asks no more."""
        bench = Bench()
        first = bench.port.execute(csq())
        second = bench.port.execute(csq())
        bench.clock.advance(1.0)
        self.failureResultOf(first, CommandTimeout)
        bench.unplug()
        self.failureResultOf(second, PortLost)
        self.assertEqual((bench.timers(), bench.handler.unresponsive), (0, 0))

    def test_new_command_while_getting_in_step(self) -> None:
        """A failed waiter may ask at once; the command waits for its turn."""
        bench = Bench()
        first = bench.port.execute(csq())
        first.addErrback(lambda _: bench.port.execute(csq(), urgent=True))
        bench.sent()
        bench.clock.advance(1.0)
        self.assertEqual(bench.sent(), b"AT+CMEE?\r")
        bench.feed(CMEE)
        self.assertEqual(bench.sent(), b"AT+CSQ\r")
        bench.feed(b"\r\n+CSQ: 1,1\r\n", OK)
        self.successResultOf(first)


class ReadingTests(SynchronousTestCase):
    """What a line means while the port gets back in step."""

    def test_lines(self) -> None:
        """Echoes, late answers and results are stale; other lines are news."""
        resync = Resync(csq())
        self.assertEqual(resync.next_question(), b"AT+CMEE?\r")
        for line, reading in (
            (b"AT+CMEE?", Reading.STALE),
            (b"at+x", Reading.STALE),
            (b"+CSQ: 1,2", Reading.STALE),
            (b'+CSCS: "GSM"', Reading.STALE),
            (b"SEND OK", Reading.STALE),
            (b"OK", Reading.STALE),
            (b"+CREG: 1", Reading.NEWS),
            (b"+CMEE: 1", Reading.STALE),
            (b"ERROR", Reading.STALE),
            (b"OK", Reading.DONE),
        ):
            self.assertIs(resync.read(line), reading, line)

    def test_no_late_command(self) -> None:
        """Without a command that was given up, what is no answer is news."""
        resync = Resync(None)
        resync.next_question()
        self.assertIs(resync.read(b"+CSQ: 1,2"), Reading.NEWS)

    def test_questions_run_out(self) -> None:
        """No question is asked twice."""
        resync = Resync(None)
        asked = [resync.next_question() for _ in range(QUESTIONS)]
        self.assertEqual(len(set(asked)), QUESTIONS)
        self.assertIs(resync.next_question(), None)
