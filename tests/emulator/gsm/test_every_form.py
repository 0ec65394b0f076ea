"""Every command of a GSM module in every form: one final result, and the module goes on."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT
from tests.emulator.test_every_form import FORMS, LAST_WORDS, SHAPES
from twisted_quectel.emulator.gsm.module import COMMANDS

from .bench import PLAIN, GSMBench

OWN_FORMS = (
    *FORMS,
    '="sslversion",0',
    '="ignorertctime",2',
    '="ciphersuite",0,"0XFFFF"',
    '="RAM:a",3,5',
    '="NVRAM:CA0"',
    f'=1,0,"{HOST}",{PORT},0',
    f'=1,"TCP","{PLAIN[0]}",{PLAIN[1]}',
    f'="TCP","{PLAIN[0]}",{PLAIN[1]}',
    "=0,1,2,10",
    "=0,1,10",
)
FINAL = re.compile(
    rb"\r\n(OK|ERROR|NO CARRIER|SEND OK|DEACT OK|(\d, )?CLOSE OK|CONNECT|CONNECT (OK|FAIL)"
    rb"|\+CME ERROR: \d+|\d+\.\d+\.\d+\.\d+)\r\n"
)


class FormTests(SynchronousTestCase):
    """The strict module and every command it has."""

    def answer(self, bench: GSMBench, line: str) -> bytes:
        """Type a line, and give all that comes of it."""
        said = bench.type(line, 1.0)
        for _ in range(120):
            if not said.endswith(b"> "):
                break
            said += bench.send(b"\x1b", 1.0)
        if b"CONNECT\r\n" in said:
            # an upload is awaited, which time ends
            said += bench.send(b"", 210.0)
        return said

    def test_idle(self) -> None:
        """It ends in one final result, whatever the values are."""
        for name in sorted(COMMANDS.keys() - SHAPES):
            bench = GSMBench()
            for form in OWN_FORMS:
                if name in LAST_WORDS:
                    bench = GSMBench()
                said = self.answer(bench, f"AT{name}{form}")
                self.assertTrue(FINAL.search(said), f"{name}{form}: {said!r}")
                if name in LAST_WORDS:
                    continue
                again = bench.type("ATE0V1Q0", 1.0)
                self.assertTrue(again.endswith(b"\r\nOK\r\n"), f"{name}{form}: {again!r}")
            bench.module.close()

    def test_with_connections(self) -> None:
        """So it does where there are connections."""
        for several in (True, False):
            for name in sorted(name for name in COMMANDS if name.startswith(("+QI", "+QSSL"))):
                bench = GSMBench()
                if several:
                    for peer in (bench.open(1), bench.open_tcp(2)):
                        peer.write(b"data")
                else:
                    bench.activate()
                    bench.ok("AT+QIMUX=0")
                    bench.type(f'AT+QIOPEN="TCP","{PLAIN[0]}",{PLAIN[1]}')
                bench.settle()
                bench.screen.take()
                for form in OWN_FORMS:
                    said = self.answer(bench, f"AT{name}{form}")
                    self.assertTrue(FINAL.search(said), f"{name}{form}: {said!r}")
                    self.assertIn(b"\r\nOK\r\n", bench.type("AT", 100.0), f"{name}{form}")
                bench.module.close()
