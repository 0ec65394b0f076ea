"""Tests for L{twisted_quectel.at.commands} and the basic commands of its syntax."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import (
    CTRL_Z,
    ESC,
    Body,
    Command,
    InvalidValue,
    basic_form,
    uncounted_body,
    write_form,
)
from twisted_quectel.at.flight import BLOCK_SILENCE

from .bench import Bench, receive


class UncountedTests(SynchronousTestCase):
    """A send without a length (LTE SSL note, chapter 2.2.3)."""

    def test_end(self) -> None:
        """The body ends with Ctrl-Z."""
        self.assertEqual(uncounted_body(b"Test data from SSL"), b"Test data from SSL\x1a")

    def test_what_would_end_it(self) -> None:
        """Data that would end or cancel itself is refused."""
        for byte in (CTRL_Z, ESC):
            problem = self.assertRaises(InvalidValue, uncounted_body, b"a" + byte)
            self.assertEqual(problem.argument, "data")
            self.assertIn(f"0x{byte[0]:02X}", str(problem))

    def test_dialogue(self) -> None:
        """It goes behind the prompt like any other body."""
        bench = Bench()
        body = uncounted_body(b"hi")
        command = Command(write_form("+QSSLSEND", 4), body=body, body_after=Body.PROMPT)
        done = bench.port.execute(command)
        bench.feed(b"\r\n> ", b"\r\nSEND OK\r\n")
        self.successResultOf(done)
        self.assertEqual(bench.sent(), b"AT+QSSLSEND=4\rhi\x1a")


class BasicTests(SynchronousTestCase):
    """Basic commands (V.250 chapters 5.3 and 5.4)."""

    def test_forms(self) -> None:
        """Several may stand on one line; nothing else may."""
        for text in ("E0Q0V1", "&C1&D1S12=50", "O", "", "S7=0"):
            self.assertEqual(basic_form(text).wire, text.encode())
        for text in ("+A", "E0;+A", "E0\r", "e0", "S12=", "E0 "):
            self.assertRaises(InvalidValue, basic_form, text)


class StalledBlockTests(SynchronousTestCase):
    """A block whose rest does not come."""

    def test_given_up(self) -> None:
        """After some silence what comes next is not taken for the rest of a block."""
        bench = Bench()
        done = bench.port.execute(receive())
        bench.feed(b"\r\n+QSSLRECV: 1500\r\nabc")
        bench.clock.advance(BLOCK_SILENCE - 0.1)
        bench.feed(b"def")
        bench.clock.advance(BLOCK_SILENCE - 0.1)
        self.assertNoResult(done)
        bench.clock.advance(0.2)
        self.failureResultOf(done)
        bench.feed(b"\r\nRDY\r\n")
        self.assertEqual(bench.handler.urcs, [b"RDY"])
        self.assertEqual((bench.handler.unresponsive, bench.timers()), (1, 0))
