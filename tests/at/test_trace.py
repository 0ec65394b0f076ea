"""Tests for L{twisted_quectel.at.trace} and L{twisted_quectel.at.deadline}."""

from __future__ import annotations

from io import StringIO

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import Command, Secret, Trace, write_form
from twisted_quectel.at.deadline import Deadline
from twisted_quectel.at.trace import CARRIED, HOST, KEPT, MODULE, NOTE
from twisted_quectel.errors import CommandFailed, ModemError

from .bench import Bench, receive, send

OK = b"\r\nOK\r\n"


class TraceTests(SynchronousTestCase):
    """What is kept of a dialogue."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.trace = Trace("usb2", self.clock.seconds)

    def test_lines(self) -> None:
        """A line has its time, its direction, its text, and how many bytes went with it."""
        self.clock.advance(1.5)
        self.trace.add(HOST, "AT+QSSLSEND=1,5")
        self.trace.add(HOST, "", 5)
        self.trace.add(MODULE, b'+QSSLURC: "recv",1,9', 9)
        self.trace.add(NOTE, "port lost")
        self.trace.add(MODULE, b"\xff\0")
        self.assertEqual(
            self.trace.last(),
            (
                "1.500 > AT+QSSLSEND=1,5",
                "1.500 > <5 bytes>",
                '1.500 < +QSSLURC: "recv",1,9 <9 bytes>',
                "1.500 # port lost",
                "1.500 < \\xff\\x00",
            ),
        )

    def test_ring(self) -> None:
        """Only the last lines are kept, and an error carries ten of them."""
        for number in range(1000):
            self.trace.add(NOTE, str(number))
        self.assertEqual(len(self.trace.last(1000)), KEPT)
        self.assertEqual(len(self.trace.last()), CARRIED)
        self.assertTrue(self.trace.last()[-1].endswith("999"))

    def test_file(self) -> None:
        """Each line goes to a file while one is given, with the port's name."""
        file = StringIO()
        self.trace.write_to(file)
        self.trace.add(HOST, "AT")
        self.trace.write_to(None)
        self.trace.add(HOST, "AT+A")
        self.assertEqual(file.getvalue(), "usb2 0.000 > AT\n")

    def test_hidden(self) -> None:
        """What was hidden is replaced wherever the module says it."""
        self.trace.hide(b"1234")
        self.trace.hide(b"")
        self.assertEqual(self.trace.clean(b'+X: "1234",5'), '+X: "***",5')
        self.trace.redact = lambda line: line.replace(b"name", b"?")
        self.assertEqual(self.trace.clean(b"name 1234"), "? ***")


class PortTraceTests(SynchronousTestCase):
    """What a port writes into its trace."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.file = StringIO()
        self.bench.port.trace.write_to(self.file)

    def everything(self) -> str:
        """Give all that people can see of the port."""
        return self.file.getvalue() + "\n".join(self.bench.port.trace.last(KEPT))

    def test_secrets(self) -> None:
        """A secret that is sent, echoed and read back shows nowhere, nor in the error."""
        key = "c0ffee00c0ffee00"
        command = Command(write_form("+QSSLCFG", "psk", 1, "client", Secret(key)), ("+QSSLCFG",))
        done = self.bench.port.execute(command)
        self.assertIn(key.encode(), self.bench.sent())
        self.bench.feed(
            f'AT+QSSLCFG="psk",1,"client","{key}"\r\r\n'.encode(),
            f'\r\n+QSSLCFG:"psk",1,"client","{key}"\r\n'.encode(),
            b"\r\n+CME ERROR: 50\r\n",
        )
        problem = self.failureResultOf(done, CommandFailed).value
        seen = [self.everything(), str(problem), repr(problem), *problem.trace, repr(command)]
        self.assertIn("***", self.everything())
        for text in [*seen, problem.command]:
            self.assertNotIn(key, text)

    def test_payload(self) -> None:
        """Of what is sent, read and pushed only the number of bytes shows."""
        bench = self.bench
        bench.port.execute(send(b"payload-up"))
        bench.feed(b"\r\n> ", b"\r\nSEND OK\r\n")
        bench.port.execute(receive())
        bench.feed(b"\r\n+QSSLRECV: 12\r\npayload-down" + OK)
        header = b'+QSSLURC: "recv",4,14'
        bench.handler.lengths[header] = 14
        bench.feed(header + b"\r\npayload-pushed")
        bench.port.setRawMode()
        bench.feed(b"payload-raw")
        shown = self.everything()
        self.assertNotIn("payload", shown)
        for count in (10, 11, 12, 14):
            self.assertIn(f"<{count} bytes>", shown)

    def test_lines_without_prefix(self) -> None:
        """What a module says in whole lines is shown; what only begins or ends so is not."""
        said = (
            b"1, CONNECT OK",
            b"1, CONNECT FAIL",
            b"1, ALREADY CONNECT",
            b"1, CLOSED",
            b"1, CLOSE OK",
            b"DEACT OK",
            b"+PDP DEACT",
            b"UNDER_VOLTAGE POWER DOWN",
            b"OVER_VOLTAGE WARNING",
            b"STATE: IP INITIAL",
            b"10.0.0.2",
            b"START",
            b"PB DONE",
        )
        for line in said:
            self.bench.feed(b"\r\n" + line + b"\r\n")
            self.assertIn(f"< {line.decode()}\n", self.file.getvalue())
        for line in said:
            for other in (b"secret " + line, line + b"; secret"):
                self.bench.feed(b"\r\n" + other + b"\r\n")
        self.assertNotIn("secret", self.everything())

    def test_errors_carry_the_dialogue(self) -> None:
        """An error's trace ends with the answer that it is about."""
        done = self.bench.port.execute(Command(write_form("+A", 1)))
        self.bench.clock.advance(0.25)
        self.bench.feed(b"\r\nERROR\r\n")
        problem: ModemError = self.failureResultOf(done, CommandFailed).value
        self.assertEqual(problem.trace, ("0.000 > AT+A=1", "0.250 < ERROR"))


class DeadlineTests(SynchronousTestCase):
    """One timer for a time that is set anew often."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.passed: list[float] = []
        self.deadline = Deadline(self.clock, lambda: self.passed.append(self.clock.seconds()))

    def test_passes(self) -> None:
        """It calls back when its time has come, once."""
        self.deadline.set(2.0)
        self.clock.pump([1.0] * 5)
        self.assertEqual(self.passed, [2.0])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_later(self) -> None:
        """Set to a later time, it calls back then; the timer is one and the same."""
        self.deadline.set(2.0)
        (timer,) = self.clock.getDelayedCalls()
        self.clock.advance(1.5)
        self.deadline.set(2.0)
        self.assertEqual(self.clock.getDelayedCalls(), [timer])
        self.clock.pump([0.5] * 4)
        self.assertEqual(self.passed, [3.5])

    def test_earlier(self) -> None:
        """Set to an earlier time, it calls back then."""
        self.deadline.set(5.0)
        self.deadline.set(1.0)
        self.clock.advance(1.0)
        self.assertEqual(self.passed, [1.0])

    def test_cleared(self) -> None:
        """Cleared, it leaves no timer, and may be set again."""
        self.deadline.clear()
        self.deadline.set(1.0)
        self.deadline.clear()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(2.0)
        self.assertEqual(self.passed, [])
        self.deadline.set(1.0)
        self.clock.advance(1.0)
        self.assertEqual(self.passed, [3.0])
