"""Tests for L{twisted_quectel.at.results}."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at.results import SEND_FAIL, SEND_OK, Outcome, parse_result


class ResultTests(SynchronousTestCase):
    """Which lines end a command."""

    def test_basic(self) -> None:
        """V.250's result codes, with blanks behind them or not."""
        for line, outcome, good in (
            (b"OK", Outcome.OK, True),
            (b"OK ", Outcome.OK, True),
            (b"ERROR", Outcome.ERROR, False),
            (b"ERROR\t", Outcome.ERROR, False),
            (b"CONNECT", Outcome.CONNECT, True),
            (b"CONNECT ", Outcome.CONNECT, True),
            (b"CONNECT 115200", Outcome.CONNECT, True),
            (b"NO CARRIER", Outcome.NO_CARRIER, False),
            (b"NO ANSWER", Outcome.NO_CARRIER, False),
            (b"NO DIALTONE", Outcome.NO_CARRIER, False),
            (b"BUSY", Outcome.NO_CARRIER, False),
        ):
            result = parse_result(line)
            assert result is not None
            self.assertIs(result.outcome, outcome)
            self.assertEqual(result.good, good)
            self.assertEqual(result.code, None)

    def test_no_results(self) -> None:
        """Lines that only look like results."""
        for line in (
            b"",
            b" ",
            b" \t ",
            b"ok",
            b"OKAY",
            b" OK",
            b"CONNECT OK",
            b"CONNECT FAIL",
            b"CONNECTED",
            b"+CME ERRORS",
            b"+CSQ: 1",
            b"+CMX ERROR: 1",
            b"+CREG: OK",
            b"SEND OK",
            b"SEND FAIL",
        ):
            self.assertIs(parse_result(line), None, line)

    def test_sends(self) -> None:
        """C{SEND OK} and both spellings of C{SEND FAIL} end a send only (at-facts A.7, 19)."""
        self.assertIs(parse_result(b"SEND OK", send=True), SEND_OK)
        self.assertIs(parse_result(b"SEND OK ", send=True), SEND_OK)
        self.assertIs(parse_result(b"SEND FAIL", send=True), SEND_FAIL)
        self.assertIs(parse_result(b"SEND FALL", send=True), SEND_FAIL)
        self.assertTrue(SEND_OK.good)
        self.assertFalse(SEND_FAIL.good)

    def test_extended(self) -> None:
        """C{+CME ERROR} by number and by text, with blanks, known or not (notes 6 to 8)."""
        for line, code, shown in (
            (b"+CME ERROR: 13", 13, "+CME ERROR: 13 (SIM failure)"),
            (b"+CME ERROR: 13 ", 13, "+CME ERROR: 13 (SIM failure)"),
            (b"+CME ERROR :13", 13, "+CME ERROR :13 (SIM failure)"),
            (b"+CME ERROR:    13", 13, "+CME ERROR:    13 (SIM failure)"),
            (b"+CME ERROR: SIM failure", 13, "+CME ERROR: SIM failure"),
            (b"+CME ERROR: sim FAILURE ", 13, "+CME ERROR: sim FAILURE"),
            (b"+CME ERROR: file already exist", 407, None),
            (b"+CME ERROR: 421", 421, "+CME ERROR: 421 (time-out)"),
            (b"+CME ERROR: 58999", 58999, "+CME ERROR: 58999"),
            (b"+CME ERROR: 12345678901", None, "+CME ERROR: 12345678901"),
            (b"+CME ERROR: ", None, "+CME ERROR:"),
            (b"+CME ERROR: \xff", None, "+CME ERROR: \\xff"),
            (b"+CME ERROR: SIM BUSY now", None, "+CME ERROR: SIM BUSY now"),
        ):
            result = parse_result(line)
            assert result is not None, line
            self.assertIs(result.outcome, Outcome.CME)
            self.assertEqual(result.code, code, line)
            self.assertFalse(result.good)
            if shown is not None:
                self.assertEqual(result.describe(), shown)

    def test_message_errors(self) -> None:
        """C{+CMS ERROR} is an error of its own."""
        result = parse_result(b"+CMS ERROR: 302")
        assert result is not None
        self.assertEqual((result.outcome, result.code), (Outcome.CMS, 302))

    @settings(max_examples=200, deadline=None)
    @given(
        st.one_of(
            st.binary(max_size=60),
            st.binary(max_size=20).map(lambda data: b"+CME ERROR: " + data),
            st.binary(max_size=20).map(lambda data: b"CONNECT " + data),
        ),
        st.booleans(),
    )
    def test_any_line(self, line: bytes, send: bool) -> None:
        """No line raises."""
        result = parse_result(line, send)
        if result is not None:
            self.assertIsInstance(result.describe(), str)
