"""Every command in every form: one final result, and the module goes on."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.module import COMMANDS

from .bench import Bench
from .plainbench import PlainBench

#: What stands behind a command's name: the four forms, and values of every kind.
FORMS = (
    "",
    "?",
    "=?",
    "=",
    "=0",
    "=1",
    "=2",
    "=99",
    "=-1",
    '="x"',
    '=""',
    "=1,2",
    "=0,0",
    '=1,"x"',
    '="x",1',
    '="SC","x"',
    '=1,"x","y"',
    '="x",1,1,1',
    '=1,1,"x","y","z",1',
    "=1,2,3,4,5,6,7,8,9",
    '="urcport","uart1"',
    '="urcport"',
    '="UFS:x",3',
    '="26/11/20,10:00:00+04"',
    '="99/99/99,99:99:99+99"',
    '=1,0,"TCP","x",1',
    '=1,0,"UDP SERVICE","127.0.0.1",0,3030,1',
    '=0,4,"192.0.2.1",7',
    '="viewmode",1',
    '=0,"3132"',
)
#: What changes how lines end and results look.
SHAPES = frozenset({"S3", "S4", "S5", "V", "Q"})
#: Commands that switch the module or the line off, or change its speed.
LAST_WORDS = frozenset({"+QPOWD", "+CFUN", "+IPR"})

FINAL_WITHIN = re.compile(rb"\r\n(OK|ERROR|SEND OK)\r\n")
#: Behind the final result, what it has brought about is told.
BEHIND = re.compile(rb"(?<=\r\nOK\r\n)\r\n\+(QPING: |QIOPEN: 0,)561\r\n$")

FINAL = re.compile(rb"\r\n(OK|ERROR|NO CARRIER|\+CME ERROR: [^\r]+|CONNECT[^\r]*)\r\n$")


class FormTests(SynchronousTestCase):
    """The strict module and every command it has."""

    def answer(self, bench: Bench, line: str) -> bytes:
        """Type a line, and give all that comes of it."""
        said = bench.type(line.encode("ascii") + b"\r", 1.0)
        if said.endswith(b"> "):
            # a body is awaited
            said += bench.type(b"\x1b", 1.0)
        if b"CONNECT" in said:
            # an upload is awaited, which time ends
            said += bench.type(b"", 30.0)
        return said

    def test_every_form(self) -> None:
        """It ends in one final result, whatever the values are."""
        for name in sorted(COMMANDS.keys() - SHAPES):
            bench = Bench()
            for form in FORMS:
                if name in LAST_WORDS:
                    bench = Bench()
                line = f"AT{name}{form}"
                said = self.answer(bench, line)
                if name in LAST_WORDS:
                    # what it brings about is told behind the result
                    self.assertRegex(said, rb"\r\n(OK|ERROR|\+CME ERROR: \d+)\r\n", line)
                    continue
                self.assertTrue(FINAL.search(BEHIND.sub(b"", said)), f"{line}: {said!r}")
                again = bench.type(b"ATE0V1Q0\r", 1.0)
                self.assertTrue(again.endswith(b"\r\nOK\r\n"), f"{line}: {again!r}")

    def test_with_open_sockets(self) -> None:
        """So do the commands of sockets where there are some, and the module goes on."""
        for name in sorted(each for each in COMMANDS if each.startswith("+QI") or each == "+QPING"):
            bench = PlainBench()
            peer = bench.open_tcp(0)
            bench.listen(1)
            bench.serve_datagrams(2)
            peer.write(b"data")
            bench.settle()
            bench.screen.take()
            for form in FORMS:
                said = self.answer(bench, f"AT{name}{form}")
                self.assertTrue(FINAL_WITHIN.search(said), f"{name}{form}: {said!r}")
                again = bench.type(b"AT\r", 300.0)
                self.assertIn(b"\r\nOK\r\n", again, f"{name}{form}")

    def test_test_forms_never_change_anything(self) -> None:
        """The test form tells the same when it is asked again."""
        bench = Bench()
        for name in sorted(COMMANDS):
            if name.startswith("+"):
                line = f"AT{name}=?"
                self.assertEqual(self.answer(bench, line), self.answer(bench, line), line)
