"""Every command of the emulated BC660K-GL in every form: one final result, and it goes on."""

from __future__ import annotations

import re
from typing import Final

from twisted_quectel.emulator.nbiot.module import COMMANDS

from .bench import Server
from .nbiotbench import HOST, PORT, Bench, Case
from .test_every_form import FORMS, LAST_WORDS, SHAPES

#: What these commands take besides.
OWN_FORMS: Final = (
    "=0,0,5", '=0,0,"seclevel"', '=0,0,"seclevel",1', '=0,0,"cacert"', '=0,0,"dataformat",1,1',
    f'=0,0,"{HOST}",{PORT},0', '=0,1,"TCP","tcp.example",7', '=1,"192.0.2.1",7,5', '="dsevent",1',
    '=1,,,"11011111","00000000"', '="IP","apn","user","password",1', "=3,0", "=-1,0", "=0,-1",
    '="dataformat",1,1', '=0,0,"sslversion",99999999999999999999', '=0,0,"\x7f"', "=,,,,", '="',
)  # fmt: skip
_RESULTS: Final = rb"\r\n(OK|ERROR|NO CARRIER|\+CME ERROR: \d+|SEND OK)\r\n"
_SWITCHES: Final = LAST_WORDS | {"+QRST", "+CGATT", "+CGACT", "+QSCLK", "+CPSMS", "+QCFG"}


class FormTests(Case):
    """The strict module and every command it has."""

    def answer(self, bench: Bench, line: str) -> bytes:
        """Type a line, and give all that comes of it."""
        said = bench.type(line.encode("ascii") + b"\r", 1.0)
        for _ in range(5):  # ESC cancels a body, or is a byte of five
            if said.endswith(b"> "):
                said = said + (bench.type(b"\x1b", 1.0) or b"> ")
        return said

    def test_every_form(self) -> None:
        """It ends in one final result, with sockets open and without, whatever the values are."""
        for name in sorted(COMMANDS.keys() - SHAPES):
            for opened in (False, True):
                bench = self.started(opened)
                for form in (*FORMS, *OWN_FORMS):
                    if name in _SWITCHES:
                        bench = self.started(opened)
                    line = f"AT{name}{form}"
                    said = self.answer(bench, line)
                    results = re.findall(_RESULTS, said)
                    # SEND OK is told behind OK
                    self.assertEqual(len([each for each in results if each != b"SEND OK"]), 1, line)
                    if name not in _SWITCHES:
                        again = bench.type(b"ATE0V1Q0\r", 100.0)
                        self.assertIn(b"\r\nOK\r\n", again, line)

    def started(self, opened: bool) -> Bench:
        """Make a bench."""
        bench = self.bench()
        bench.network.listen("tcp.example", 7, Server())
        if opened:
            bench.open()
            bench.ok('AT+QIOPEN=0,0,"TCP","tcp.example",7')
        return bench

    def test_test_forms(self) -> None:
        """The test form tells the same when it is asked again."""
        bench = self.bench()
        for name in sorted(COMMANDS):
            if name.startswith("+"):
                line = f"AT{name}=?"
                self.assertEqual(self.answer(bench, line), self.answer(bench, line), line)
