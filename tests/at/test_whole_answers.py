"""An answer that comes in one read is what it is when it comes byte by byte."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.at.bench import Bench, NotingJob, receive, send, write
from twisted_quectel.at import Command, execute_form

PIECES = (
    b"\r\n+CSQ: 20,99\r\n",
    b"+CSQ: 1\n+CSQ: 2\r\n",
    b"AT+CSQ=1\r",
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\nRDY\r\n",
    b'\r\n+QIURC: "pdpdeact",1\r\n',
    b"\r\nblock,3\r\nabc",
    b"\r\n+QSSLRECV: 4\r\n\r\nOK\r\nxx",
    b"\r\n> ",
    b"\r\n+CME ERROR: 3\r\n",
    b"\r\nCONNECT\r\n",
    b"\r+CSQ: 7\r\r\n",
    b"loose",
    b"\r\n",
)
COMMANDS = (
    write("+CSQ", 1),
    Command(execute_form("+CSQ"), ("+CSQ",), bare=True),
    Command(execute_form("+CSQ")),
    receive(),
    send(b"xy"),
)


class WholeAnswerTests(SynchronousTestCase):
    """The short way of a port, against the long one."""

    def outcome(self, command: Command, pieces: list[bytes]) -> object:
        """Give all that comes of an answer: to a command, and what is in flight behind it."""
        bench = Bench()
        bench.handler.lengths[b"block,3"] = 3
        jobs = [NotingJob(command), NotingJob(write("+CSQ", 1)), NotingJob(write("+CSQ", 1))]
        for job in jobs:
            bench.port.enqueue(job)
        bench.feed(*pieces)
        bench.clock.advance(0)
        answers = [
            (response.result, response.lines, response.block)
            for job in jobs
            for response in job.responses
        ]
        failures = [str(each.type) for job in jobs for each in job.failures]
        told = (bench.handler.urcs, bench.handler.blocks, bench.handler.unresponsive)
        return answers, failures, told, bench.sent(), bench.port.echoes

    @given(st.sampled_from(COMMANDS), st.lists(st.sampled_from(PIECES), max_size=6))
    @example(COMMANDS[0], [PIECES[0], PIECES[3]])
    @example(COMMANDS[0], [b"\r+CSQ: 7\r\r\n", PIECES[3]])
    @example(COMMANDS[0], [PIECES[2], PIECES[0], PIECES[3]])
    @example(COMMANDS[0], [PIECES[1], PIECES[3]])
    @example(COMMANDS[0], [PIECES[7], PIECES[3]])
    @example(COMMANDS[2], [PIECES[5], PIECES[3]])
    @example(COMMANDS[4], [PIECES[9], PIECES[3]])
    def test_any(self, command: Command, pieces: list[bytes]) -> None:
        """Whatever comes, in whatever order."""
        stream = b"".join(pieces)
        self.assertEqual(
            self.outcome(command, [stream]),
            self.outcome(command, [bytes([byte]) for byte in stream]),
        )

    def test_within_another(self) -> None:
        """An answer that is fed from within the end of a command waits until that is over."""
        bench = Bench()
        second = NotingJob(write("+CSQ", 2))

        class First(NotingJob):
            def done(self, response: object) -> None:
                bench.port.enqueue(second)
                bench.feed(b"\r\n+CSQ: 2\r\n\r\nOK\r\n")
                ended.append(len(second.responses))

        ended: list[int] = []
        bench.port.enqueue(First(write("+CSQ", 1)))
        bench.feed(b"\r\n+CSQ: 1\r\n\r\nOK\r\n")
        self.assertEqual(ended, [0])
        self.assertEqual([each.lines for each in second.responses], [[b"+CSQ: 2"]])

    def test_paused(self) -> None:
        """While the port is paused nothing is handed out."""
        bench = Bench()
        job = NotingJob(write("+CSQ", 1))
        bench.port.enqueue(job)
        bench.port.pauseProducing()
        bench.feed(b"\r\n+CSQ: 1\r\n\r\nOK\r\n")
        self.assertEqual(job.responses, [])
        bench.port.resumeProducing()
        self.assertEqual(len(job.responses), 1)
