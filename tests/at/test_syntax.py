"""Tests for L{twisted_quectel.at.syntax}."""

from __future__ import annotations

import pickle
import string

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import (
    OMITTED,
    Bare,
    InvalidValue,
    Secret,
    execute_form,
    join,
    parse_info,
    read_form,
    test_form,
    write_form,
)
from twisted_quectel.at.syntax import Field, InfoLine, check_text, prefix_of, split_fields

#: Characters that could end their quotes or their line, or that the module
#: takes for something else.
FORBIDDEN = ('"', "\r", "\n", "\x1a", "\x1b", "\0", "\x7f", "\x08", "é", "\u2028", "\U0001f600")


class BuildTests(SynchronousTestCase):
    """Command lines are built from values."""

    def test_forms(self) -> None:
        """The four forms of V.250."""
        self.assertEqual(execute_form("+QSSLSTATE").wire, b"+QSSLSTATE")
        self.assertEqual(execute_form("&D1").wire, b"&D1")
        self.assertEqual(read_form("+QIACT").wire, b"+QIACT?")
        self.assertEqual(test_form("+QSSLCFG").wire, b"+QSSLCFG=?")
        self.assertEqual(test_form("+QSSLCFG").shown, "+QSSLCFG=?")

    def test_values(self) -> None:
        """Texts are quoted; numbers, truth values and bare words are not."""
        text = write_form("+A", 1, "two", Bare("0XC02F"), True, False, OMITTED, -5, "")
        self.assertEqual(text.wire, b'+A=1,"two",0XC02F,1,0,,-5,""')
        self.assertEqual(text.shown, '+A=1,"two",0XC02F,1,0,,-5,""')
        self.assertEqual(repr(OMITTED), "OMITTED")

    def test_forbidden(self) -> None:
        """A value that could leave its quotes is refused by the argument's name."""
        for character in FORBIDDEN:
            for text in (character, f"a{character}", f'x",443{character}AT+QPOWD'):
                for value in (text, Secret(text)):
                    problem = self.assertRaises(
                        InvalidValue, write_form, "+A", 1, value, arguments=("n", "host")
                    )
                    self.assertEqual(problem.argument, "host")
                    self.assertIsInstance(problem, ValueError)
                    self.assertTrue(str(problem).startswith("host: "), str(problem))

    def test_unnamed(self) -> None:
        """A parameter without a name is told by its number."""
        problem = self.assertRaises(InvalidValue, write_form, "+A", 1, "\n", arguments=("n",))
        self.assertIn("parameter 2 of +A", str(problem))

    def test_messages(self) -> None:
        """The message says which character it is."""
        for text, part in (
            ('"', "a double quote"),
            ("\r", "0x0D"),
            ("\x1a", "0x1A"),
            ("\0", "0x00"),
            ("\x7f", "0x7F"),
            ("ü", "U+00FC"),
        ):
            self.assertIn(part, str(self.assertRaises(InvalidValue, check_text, "apn", text)))
        self.assertEqual(check_text("apn", "inter.net ~"), "inter.net ~")

    def test_bare_words(self) -> None:
        """What is sent without quotes may hold nothing that separates."""
        for text in ("a,b", "a;b", 'a"', "a b", "a\r", "a\x1a", "ä", "a="):
            self.assertRaises(InvalidValue, write_form, "+A", Bare(text))

    def test_names(self) -> None:
        """A command's name is one, and nothing else."""
        for name in ("", "+A=1", "+a", "+A;+B", "+A\r", "+A ", "+" + "A" * 30):
            for form in (execute_form, read_form, test_form, write_form):
                self.assertRaises(InvalidValue, form, name)

    def test_join(self) -> None:
        """Extended commands on one line are separated by semicolons (V.250 5.2.3)."""
        joined = join(write_form("+A", 1), write_form("+B", Secret("x")), execute_form("+C"))
        self.assertEqual(joined.wire, b'+A=1;+B="x";+C')
        self.assertEqual(joined.shown, '+A=1;+B="***";+C')
        self.assertEqual(joined.secrets, (b"x",))

    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=40))
    def test_any_text(self, text: str) -> None:
        """Either a text is refused, or it stands on the line as it is, and comes back."""
        try:
            sent = write_form("+A", text).wire
        except InvalidValue:
            allowed = set(string.printable[:95]) - {'"'}
            self.assertFalse(set(text) <= allowed)
            return
        self.assertEqual(sent, b'+A="' + text.encode("ascii") + b'"')
        self.assertEqual(split_fields(sent[3:]), (Field(text.encode("ascii"), True),))


class SecretTests(SynchronousTestCase):
    """A secret is sent, and shown nowhere."""

    def test_shown_nowhere(self) -> None:
        """Neither the command's text for people nor any C{repr} holds it."""
        secret = Secret("hunter2")
        text = write_form("+CPIN", secret, Secret(""))
        self.assertEqual(text.wire, b'+CPIN="hunter2",""')
        self.assertEqual(text.secrets, (b"hunter2",))
        for shown in (text.shown, repr(text), repr(secret), str(secret), f"{text}"):
            self.assertNotIn("hunter2", shown)

    def test_refused(self) -> None:
        """The message of a secret that cannot be sent does not hold it, nor its traceback."""
        problem = self.assertRaises(
            InvalidValue, write_form, "+CPIN", Secret('hunter2"'), arguments=("pin",)
        )
        self.assertEqual(str(problem), "pin: a double quote is not allowed in it")
        self.assertTrue(problem.__suppress_context__)

    def test_values_are_values(self) -> None:
        """Equal secrets are equal, so that settings can be compared."""
        self.assertEqual(Secret("a"), Secret("a"))
        self.assertNotEqual(Secret("a"), Secret("b"))
        self.assertEqual(pickle.loads(pickle.dumps(Bare("x"))), Bare("x"))


class ParseTests(SynchronousTestCase):
    """Information responses are taken apart."""

    def parsed(self, line: bytes) -> tuple[str, list[str]]:
        """Give prefix and texts."""
        info = parse_info(line)
        return info.prefix, [field.string() for field in info.fields]

    def test_vendor_forms(self) -> None:
        """What the documents print, misprints included (at-facts A.7), and field note 7."""
        for line, prefix, fields in (
            (b'+QSSLCFG: "sslversion",1,3', "+QSSLCFG", ["sslversion", "1", "3"]),
            (b'+QSSLCFG:"psk",1,"id","00ff"', "+QSSLCFG", ["psk", "1", "id", "00ff"]),
            (b'+QSSLCFG : "sni", 1, 0 ', "+QSSLCFG", ["sni", "1", "0"]),
            (b"+QSSLSEND:          4", "+QSSLSEND", ["4"]),
            (b"  +CREG: 0,1", "+CREG", ["0", "1"]),
            (b"+IP ERROR: 5", "+IP ERROR", ["5"]),
            (b"^SIMST: 1", "^SIMST", ["1"]),
            (b"*PSUTTZ: 1,2", "*PSUTTZ", ["1", "2"]),
            (b"+qsslrecv: 18", "+QSSLRECV", ["18"]),
            (b"+QSSLRCV: 18", "+QSSLRCV", ["18"]),
            (b"+QSSSEND: (0-11),(1-1460)", "+QSSSEND", ["(0-11)", "(1-1460)"]),
            (b'+QSSLCFG: "renegotiation1,0', "+QSSLCFG", ["renegotiation1,0"]),
            (b'+QIACT: 1,1,1,"10.7.157.1"', "+QIACT", ["1", "1", "1", "10.7.157.1"]),
            (
                b'+CCLK: "26/11/20,20:00:00+04"',
                "+CCLK",
                ["26/11/20,20:00:00+04"],
            ),
            (b"+QIGETERROR: 565,DNS parse failed", "+QIGETERROR", ["565", "DNS parse failed"]),
            (b"+QSSLSTATE: ", "+QSSLSTATE", []),
            (b"+A: ,,", "+A", ["", "", ""]),
            (b'+A: "a"b,"c" ,', "+A", ["a", "c", ""]),
            (b'+A: 1,"a', "+A", ["1", "a"]),
            (b'+A: "",\t"x"', "+A", ["", "x"]),
            (b"861234567890123", "", ["861234567890123"]),
            (b"DST: 0", "", ["DST: 0"]),
            (b"+: 1", "", ["+: 1"]),
            (b"", "", []),
            (b'+A: "\xff\0"', "+A", ["\\xff\x00"]),
        ):
            self.assertEqual(self.parsed(line), (prefix, fields), line)

    def test_numbers(self) -> None:
        """Numbers are decimal or hexadecimal, signed, and bounded; all else is none."""
        for text, number in (
            (b"12", 12),
            (b" -3 ", -3),
            (b"+4", 4),
            (b"0x1F", 31),
            (b"0XC02F", 0xC02F),
            (b"007", 7),
            (b"", None),
            (b"-", None),
            (b"1.5", None),
            (b"0xZZ", None),
            (b"0x", None),
            (b"1a", None),
            (b"9" * 18, int("9" * 18)),
            (b"9" * 19, None),
            (b"\xb2", None),
        ):
            self.assertEqual(Field(text).integer(), number, text)

    def test_absent_fields(self) -> None:
        """A field that is not there is neither a number nor a text."""
        info = parse_info(b"+A: 1")
        self.assertEqual((info.integer(0), info.integer(1)), (1, None))
        self.assertEqual((info.string(0), info.string(1)), ("1", None))
        self.assertEqual(info, InfoLine("+A", (Field(b"1"),), b"1"))

    def test_prefix(self) -> None:
        """The prefix alone, in upper case."""
        self.assertEqual(prefix_of(b" +qsslurc : x"), "+QSSLURC")
        self.assertEqual(prefix_of(b"OK"), "")
        self.assertEqual(prefix_of(b"+" + b"A" * 40 + b": 1"), "")

    @settings(max_examples=300, deadline=None)
    @given(
        st.one_of(
            st.binary(max_size=200),
            st.lists(
                st.sampled_from([b"+", b"A", b":", b" ", b",", b'"', b"\t", b"0x", b"\xff", b"1"]),
                max_size=40,
            ).map(b"".join),
        )
    )
    def test_any_bytes(self, line: bytes) -> None:
        """No line raises, neither taken apart nor read as numbers and texts."""
        info = parse_info(line)
        for index, field in enumerate(info.fields):
            field.integer()
            self.assertEqual(info.string(index), field.string())
        self.assertEqual(prefix_of(line), info.prefix)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"')),
            min_size=1,
            max_size=5,
        )
    )
    def test_what_is_written_is_read(self, texts: list[str]) -> None:
        """A list of quoted texts comes back, whatever they hold."""
        wire = write_form("+A", *texts).wire
        info = parse_info(b"+A: " + wire[3:])
        self.assertEqual([info.string(index) for index in range(len(info.fields))], texts)
