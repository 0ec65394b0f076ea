"""Tests for L{twisted_quectel.at.port}: commands, answers, and what comes between."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import Body, Command, Outcome, Response, execute_form, write_form
from twisted_quectel.at.results import SEND_OK
from twisted_quectel.errors import CommandFailed

from .bench import Bench, NotingJob, receive, send, write
from .cuts import every_cut

OK = b"\r\nOK\r\n"


def plain(name: str, *prefixes: str) -> Command:
    """A command without parameters."""
    return Command(execute_form(name), prefixes)


class AnswerTests(SynchronousTestCase):
    """A command and its answer."""

    def test_sent_at_once(self) -> None:
        """A command goes out when the port is free, with AT and one CR."""
        bench = Bench()
        done = bench.port.execute(plain("+CSQ"))
        self.assertEqual(bench.sent(), b"AT+CSQ\r")
        self.assertNoResult(done)
        self.assertFalse(bench.port.idle)

    def test_information_and_result(self) -> None:
        """The information responses come with the final result."""
        bench = Bench()
        done = bench.port.execute(plain("+CSQ", "+CSQ"))
        bench.feed(b"\r\n+CSQ: 20,99\r\n", OK)
        response = self.successResultOf(done)
        self.assertEqual(response.lines, [b"+CSQ: 20,99"])
        self.assertIs(response.result.outcome, Outcome.OK)
        line = response.first("+CSQ")
        assert line is not None
        self.assertEqual((line.integer(0), line.integer(1)), (20, 99))
        self.assertIs(response.first("+CREG"), None)
        self.assertTrue(bench.port.idle)

    def test_one_at_a_time(self) -> None:
        """The next command goes out in the turn in which the result is seen, not before."""
        bench = Bench()
        answers = [bench.port.execute(plain(name)) for name in ("+A", "+B", "+C")]
        for name, answer in zip((b"+A", b"+B", b"+C"), answers, strict=True):
            self.assertEqual(bench.sent(), b"AT" + name + b"\r")
            bench.feed(OK[:-1])
            self.assertEqual(bench.sent(), b"")
            bench.feed(OK[-1:])
            self.successResultOf(answer)
        self.assertEqual(bench.timers(), 0)

    def test_urgent(self) -> None:
        """An urgent command goes ahead of those that wait."""
        bench = Bench()
        bench.port.execute(plain("+A"))
        bench.port.execute(plain("+B"))
        bench.port.execute(plain("+U"), urgent=True)
        bench.feed(OK, OK, OK)
        self.assertEqual(bench.sent(), b"AT+A\rAT+U\rAT+B\r")

    def test_urgent_out_of_an_answer(self) -> None:
        """What is asked for urgently when a command has failed follows it directly."""
        bench = Bench()
        done = bench.port.execute(plain("+A"))
        bench.port.execute(plain("+B"))
        done.addErrback(lambda _: bench.port.execute(plain("+QIGETERROR"), urgent=True))
        bench.feed(b"\r\nERROR\r\n")
        self.assertEqual(bench.sent(), b"AT+A\rAT+QIGETERROR\r")

    def test_errors(self) -> None:
        """An error carries what came, the number, the command and the last lines."""
        for text, code, shown in (
            (b"ERROR", None, "ERROR"),
            (b"+CME ERROR: 10", 10, "+CME ERROR: 10 (SIM not inserted)"),
            (b"+CME ERROR: SIM not inserted ", 10, "+CME ERROR: SIM not inserted"),
            (b"+CME ERROR: 4711", 4711, "+CME ERROR: 4711"),
            (b"+CMS ERROR: 500", 500, "+CMS ERROR: 500"),
            (b"+CME ERROR: out of order", None, "+CME ERROR: out of order"),
        ):
            bench = Bench()
            done = bench.port.execute(write("+A", "b"))
            bench.feed(b"\r\n" + text + b"\r\n")
            problem = self.failureResultOf(done, CommandFailed).value
            self.assertEqual(problem.code, code)
            self.assertEqual(problem.result, text.strip())
            self.assertEqual(problem.command, 'AT+A="b"')
            self.assertEqual(str(problem), f'AT+A="b" was answered by {shown}')
            self.assertIn('> AT+A="b"', problem.trace[0])

    def test_same_prefix_as_urc(self) -> None:
        """A line with the command's prefix may still be a URC; the command knows."""
        bench = Bench()
        command = Command(execute_form("+CREG"), ("+CREG",), takes=lambda line: b"," in line)
        done = bench.port.execute(command)
        bench.feed(b"\r\n+CREG: 5\r\n\r\n+CREG: 0,1\r\n", OK)
        self.assertEqual(self.successResultOf(done).lines, [b"+CREG: 0,1"])
        self.assertEqual(bench.handler.urcs, [b"+CREG: 5"])

    def test_bare_answers(self) -> None:
        """Lines without prefix are answers to a command that wants them, else URCs."""
        bench = Bench()
        done = bench.port.execute(Command(execute_form("+CGSN"), ("+CGSN",), bare=True))
        bench.feed(b"\r\n861234567890123\r\n\r\n+QIND: SMS DONE\r\n", OK)
        self.assertEqual(self.successResultOf(done).lines, [b"861234567890123"])
        self.assertEqual(bench.handler.urcs, [b"+QIND: SMS DONE"])
        done = bench.port.execute(plain("+A"))
        bench.feed(b"\r\nRDY\r\n", OK)
        self.assertEqual(self.successResultOf(done).lines, [])
        self.assertEqual(bench.handler.urcs[-1], b"RDY")

    def test_further_finals(self) -> None:
        """A command may end by other words."""
        bench = Bench()
        done = bench.port.execute(
            Command(execute_form("+QICLOSE"), finals=re.compile(rb"CLOSE OK"))
        )
        bench.feed(b"\r\nNO CLOSE OK\r\n", b"\r\nCLOSE OK FOR\r\n")
        self.assertNoResult(done)
        bench.feed(b"\r\nCLOSE OK\r\n")
        self.assertIs(self.successResultOf(done).result.outcome, Outcome.OTHER)

    def test_results_that_are_not_due(self) -> None:
        """C{CONNECT}, C{NO CARRIER} and C{SEND OK} end only what waits for them."""
        bench = Bench()
        done = bench.port.execute(plain("+A"))
        words = [b"CONNECT", b"NO CARRIER", b"SEND OK", b"SEND FAIL", b"CONNECT 9600"]
        for word in words:
            bench.feed(b"\r\n" + word + b"\r\n")
        self.assertNoResult(done)
        self.assertEqual(bench.handler.urcs, words)
        bench.feed(OK)
        self.successResultOf(done)

    def test_counted_answer(self) -> None:
        """Counted bytes come with the answer; what they look like does not matter."""
        content = b"\r\nOK\r\n> +QSSLURC: \x1a"
        header = b"+QSSLRECV: %d" % len(content)
        answer = b"AT+QSSLRECV=4,1500\r\r\n" + header + b"\r\n" + content + b"\r\n" + OK
        for chunks in every_cut(answer):
            bench = Bench()
            done = bench.port.execute(receive())
            bench.feed(*chunks)
            response = self.successResultOf(done)
            self.assertEqual((response.block, response.lines), (content, [header]))
            self.assertEqual(bench.handler.urcs, [])

    def test_two_blocks(self) -> None:
        """Blocks of one answer are put together in order; what is too much is kept bounded."""
        for count, kept in ((2, 2), (40, 17)):
            bench = Bench()
            done = bench.port.execute(receive())
            blocks = [b"%c" % (65 + index) * 4000 for index in range(count)]
            for block in blocks:
                bench.feed(b"\r\n+QSSLRECV: 4000\r\n" + block)
            bench.feed(OK)
            response = self.successResultOf(done)
            self.assertEqual(response.block, b"".join(blocks[:kept]))

    def test_two_answers_in_one_read(self) -> None:
        """A result and what belongs to the next command may come in one read."""
        bench = Bench()
        first = bench.port.execute(plain("+A"))
        second = bench.port.execute(plain("+CSQ", "+CSQ"))
        bench.feed(OK + b"\r\n+CSQ: 1,2\r\n" + OK)
        self.successResultOf(first)
        self.assertEqual(self.successResultOf(second).lines, [b"+CSQ: 1,2"])


class BetweenTests(SynchronousTestCase):
    """URCs and echoes at any place (field notes 1 and 2)."""

    def test_everywhere(self) -> None:
        """A URC may stand between any two things that belong together, in any cut."""
        urc = b'\r\n+QSSLURC: "recv",3\r\n'
        parts = [b"AT+CSQ\r", b"\r\n+CSQ: 20,99\r\n", OK]
        for place in range(len(parts) + 1):
            data = b"".join(parts[:place]) + urc + b"".join(parts[place:])
            if place == 1:
                data = parts[0] + b"\n" + urc + parts[1] + OK
            for chunks in every_cut(data):
                bench = Bench()
                done = bench.port.execute(plain("+CSQ", "+CSQ"))
                bench.feed(*chunks)
                self.assertEqual(self.successResultOf(done).lines, [b"+CSQ: 20,99"])
                self.assertEqual(bench.handler.urcs, [b'+QSSLURC: "recv",3'])

    def test_around_a_prompt(self) -> None:
        """A URC may stand between echo and prompt, and between prompt and C{SEND OK}."""
        urc = b"\r\nRDY\r\n"
        data = b"AT+QSSLSEND=4,2\r\n" + urc + b"\r\n> " + urc + b"\r\nSEND OK\r\n"
        for chunks in every_cut(data):
            bench = Bench()
            done = bench.port.execute(send(b"hi"))
            bench.feed(*chunks)
            self.assertIs(self.successResultOf(done).result, SEND_OK)
            self.assertEqual(bench.sent(), b"AT+QSSLSEND=4,2\rhi")
            self.assertEqual(bench.handler.urcs, [b"RDY", b"RDY"])

    def test_pushed_blocks(self) -> None:
        """A pushed block may come within an answer, and looks like anything."""
        bench = Bench()
        header = b'+QSSLURC: "recv",3,6'
        bench.handler.lengths[header] = 6
        done = bench.port.execute(plain("+CSQ", "+CSQ"))
        bench.feed(b"\r\n" + header + b"\r\n\r\nOK\r\n\r\n+CSQ: 1,2\r\n", OK)
        self.assertEqual(self.successResultOf(done).lines, [b"+CSQ: 1,2"])
        self.assertEqual(bench.handler.blocks, [(header, OK)])

    def test_idle(self) -> None:
        """What comes while nothing is in flight is a URC, final results too."""
        bench = Bench()
        bench.feed(b"\r\nRDY\r\n", OK, b"\r\n> \r\n")
        self.assertEqual(bench.handler.urcs, [b"RDY", b"OK", b"> "])

    def test_handler_that_fails(self) -> None:
        """What the handler of a URC raises is logged, and goes no further."""
        bench = Bench()

        def fail(line: bytes) -> None:
            raise RuntimeError("no")

        bench.handler.on_urc = fail
        done = bench.port.execute(plain("+A"))
        bench.feed(b"\r\nRDY\r\n" + OK)
        self.successResultOf(done)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_echo_of_the_last_command(self) -> None:
        """The echo of what was sent is nobody's news; another one is a URC."""
        bench = Bench()
        done = bench.port.execute(plain("+A"))
        bench.feed(b"AT+A\r\r\nAT+B\r\n", OK)
        self.successResultOf(done)
        self.assertEqual(bench.handler.urcs, [b"AT+B"])


class SendTests(SynchronousTestCase):
    """Commands with a body."""

    def test_body_behind_the_prompt(self) -> None:
        """The body goes when the module has asked for it, with nothing behind it."""
        bench = Bench()
        done = bench.port.execute(send(b"\x1a\r\nOK"))
        self.assertEqual(bench.sent(), b"AT+QSSLSEND=4,5\r")
        bench.feed(b"\r\n>")
        self.assertEqual(bench.sent(), b"\x1a\r\nOK")
        bench.feed(b" \r\nSEND OK\r\n")
        self.assertTrue(self.successResultOf(done).body_sent)

    def test_second_prompt(self) -> None:
        """The body goes once."""
        bench = Bench()
        bench.port.execute(send(b"ab"))
        bench.feed(b"\r\n> ")
        bench.sent()
        bench.feed(b"\r\n> \r\n> ")
        self.assertEqual(bench.sent(), b"")

    def test_uncounted(self) -> None:
        """The form that ends with Ctrl-Z is a body like another."""
        bench = Bench()
        command = Command(write_form("+QSSLSEND", 4), body=b"hi\x1a", body_after=Body.PROMPT)
        done = bench.port.execute(command)
        bench.feed(b"\r\n> ")
        self.assertEqual(bench.sent(), b"AT+QSSLSEND=4\rhi\x1a")
        bench.feed(b"\r\nSEND OK\r\n")
        self.successResultOf(done)

    def test_refused_before_the_prompt(self) -> None:
        """A final result in place of the prompt ends the command; nothing is sent."""
        bench = Bench()
        job = NotingJob(send(b"ab"))
        bench.port.enqueue(job)
        bench.sent()
        bench.feed(b"\r\nERROR\r\n")
        (response,) = job.responses
        self.assertEqual((response.body_sent, bench.sent()), (False, b""))

    def test_prompt_without_body(self) -> None:
        """A prompt for a command that has no body is answered by nothing."""
        bench = Bench()
        done = bench.port.execute(Command(execute_form("+A"), body_after=Body.PROMPT))
        bench.sent()
        bench.feed(b"\r\n> ", OK)
        self.assertEqual(bench.sent(), b"")
        self.successResultOf(done)

    def test_refusal_that_is_taken_back(self) -> None:
        """C{SEND OK} within 300 ms of C{SEND FAIL} means that it was taken."""
        bench = Bench()
        done = bench.port.execute(send(b"ab"))
        following = bench.port.execute(plain("+A"))
        bench.feed(b"\r\n> ", b"\r\nSEND FAIL\r\n", b"\r\nERROR\r\n")
        bench.clock.advance(0.29)
        self.assertNoResult(done)
        self.assertEqual(bench.sent(), b"AT+QSSLSEND=4,2\rab")
        bench.feed(b"\r\nSEND OK\r\n")
        self.assertIs(self.successResultOf(done).result, SEND_OK)
        self.assertEqual(bench.sent(), b"AT+A\r")
        bench.feed(OK)
        self.successResultOf(following)
        self.assertEqual(bench.timers(), 0)

    def test_refusal(self) -> None:
        """After 300 ms of silence C{SEND FAIL} is what it says."""
        bench = Bench()
        job = NotingJob(send(b"ab"))
        bench.port.enqueue(job)
        bench.feed(b"\r\n> ", b"\r\nSEND FALL\r\n")
        bench.clock.advance(0.31)
        self.assertIs(job.responses[0].result.outcome, Outcome.SEND_FAIL)
        self.assertTrue(bench.port.idle)
        self.assertEqual(bench.timers(), 0)

    def test_refusal_without_linger(self) -> None:
        """A family may take C{SEND FAIL} at its word at once."""
        bench = Bench()
        job = NotingJob(send(b"ab", linger=0))
        bench.port.enqueue(job)
        bench.feed(b"\r\n> ", b"\r\nSEND FAIL\r\n")
        self.assertEqual(len(job.responses), 1)

    def test_send_ok_that_is_too_late(self) -> None:
        """C{SEND OK} before the prompt cannot be for a body that was not sent yet."""
        bench = Bench()
        job = NotingJob(send(b"ab"))
        bench.port.enqueue(job)
        bench.feed(b"\r\nSEND OK\r\n")
        self.assertEqual(job.responses, [])
        bench.feed(b"\r\n> ", b"\r\nSEND OK\r\n")
        self.assertEqual(len(job.responses), 1)
        self.assertEqual(bench.sent(), b"AT+QSSLSEND=4,2\rab")

    def test_upload(self) -> None:
        """A body may wait for C{CONNECT}, which is then no final result."""
        bench = Bench()
        command = Command(
            write_form("+QFUPL", "a", 3), ("+QFUPL",), body=b"abc", body_after=Body.CONNECT
        )
        done = bench.port.execute(command)
        bench.feed(b"\r\nCONNECT\r\n")
        self.assertEqual(bench.sent(), b'AT+QFUPL="a",3\rabc')
        bench.feed(b"\r\n+QFUPL: 3,242\r\n", OK)
        response: Response = self.successResultOf(done)
        self.assertEqual(response.lines, [b"+QFUPL: 3,242"])
        self.assertTrue(response.body_sent)
