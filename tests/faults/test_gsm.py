"""The GSM modules' SSL note contradicts itself (at-facts A.7): each form can be had.

What the emulated module does by each quirk, and that it does not without.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT
from tests.emulator.gsm.bench import GSMBench
from twisted_quectel.emulator.gsm.quirks import GSM_KNOWN, GSM_QUIRKS
from twisted_quectel.emulator.settings import ModuleSettings

OK = b"\r\nOK\r\n"


class QuirkTests(SynchronousTestCase):
    """Each with its quirk, and on the strict module."""

    def pair(self, quirk: str, settings: ModuleSettings | None = None) -> list[GSMBench]:
        """Give a bench with the quirk, and one without."""
        return [
            GSMBench(quirks=quirks, settings=settings or ModuleSettings())
            for quirks in ([quirk], [])
        ]

    def answers(self, quirk: str, line: str, deviant: str, right: str) -> None:
        """Type a line on both; each answers its own, and then C{OK}."""
        for bench, told in zip(self.pair(quirk), (deviant, right), strict=True):
            self.assertEqual(bench.type(line), f"\r\n{told}\r\n\r\nOK\r\n".encode())

    def test_cfg_reply_with_ctx(self) -> None:
        """A query of a context's tag tells the context; other tags have none."""
        self.answers(
            "cfg_reply_with_ctx",
            'AT+QSSLCFG="seclevel",3',
            '+QSSLCFG: "seclevel",3,0',
            '+QSSLCFG: "seclevel",0',
        )
        self.answers("cfg_reply_with_ctx", 'AT+QSSLCFG="https"', *['+QSSLCFG: "https",0'] * 2)

    def test_smtpctxi_reply(self) -> None:
        """The tag of one answer lacks a letter; it is set by its right name only."""
        self.answers(
            "smtpctxi_reply",
            'AT+QSSLCFG="smtpsctxi"',
            '+QSSLCFG: "smtpctxi",-1',
            '+QSSLCFG: "smtpsctxi",-1',
        )
        for bench in self.pair("smtpctxi_reply"):
            self.assertEqual(bench.type('AT+QSSLCFG="smtpctxi",1'), b"\r\nERROR\r\n")
            bench.ok('AT+QSSLCFG="smtpsctxi",1')

    def test_send_fall(self) -> None:
        """A send that finds no room is C{SEND FALL}."""
        tight = ModuleSettings(send_limit=10)
        for bench, told in zip(self.pair("send_fall", tight), (b"FALL", b"FAIL"), strict=True):
            bench.open(1)
            bench.type("AT+QSSLSEND=1,11")
            self.assertEqual(bench.send(b"eleven byte"), b"\r\nSEND %b\r\n" % told)
            bench.type("AT+QSSLSEND=1,3")
            self.assertEqual(bench.send(b"abc"), b"\r\nSEND OK\r\n")

    def test_close_ok_with_id(self) -> None:
        """C{CLOSE OK} with SSL tells the index, as it does without."""
        for bench, told in zip(self.pair("close_ok_with_id"), (b"1, ", b""), strict=True):
            bench.open(1)
            bench.open_tcp(2)
            self.assertEqual(bench.type("AT+QSSLCLOSE=1"), b"\r\n%bCLOSE OK\r\n" % told)
            self.assertEqual(bench.type("AT+QICLOSE=2"), b"\r\n2, CLOSE OK\r\n")

    def test_qilocip_ok(self) -> None:
        """The address is followed by C{OK}."""
        for bench, behind in zip(self.pair("qilocip_ok"), (OK, b""), strict=True):
            bench.activate()
            self.assertEqual(bench.type("AT+QILOCIP"), b"\r\n10.7.157.1\r\n" + behind)

    def test_lenient_spaces(self) -> None:
        """Lines as chapter 3 prints them are taken."""
        for bench, told in zip(self.pair("lenient_spaces"), (OK, b"\r\nERROR\r\n"), strict=True):
            for line in ("AT+ QIFGCNT=0", "AT+ QICSGP=1,”CMNET”", 'AT+QSSLCFG="https" ,0'):
                self.assertEqual(bench.type(line), told, line)

    def test_transparent_by_urc(self) -> None:
        """Data mode begins behind C{OK} and the result."""
        for bench, told in zip(
            self.pair("transparent_by_urc"),
            (OK + b"\r\n+QSSLOPEN: 1,0\r\n", b"\r\nCONNECT\r\n"),
            strict=True,
        ):
            bench.activate()
            self.assertEqual(bench.type(f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},1'), told)
            bench.send(b"raw")
            self.assertEqual(bench.server.peers[-1].received, b"raw")

    def test_state_behind_ok(self) -> None:
        """The state, and what is listed, comes behind C{OK}."""
        deviant, right = self.pair("state_behind_ok")
        self.assertEqual(deviant.type("AT+QISTAT"), OK + b"\r\nSTATE: IP INITIAL\r\n")
        self.assertEqual(right.type("AT+QISTAT"), b"\r\nSTATE: IP INITIAL\r\n" + OK)
        deviant.open_tcp(2)
        self.assertEqual(
            deviant.type("AT+QISTATE"),
            OK + b"\r\nSTATE: IP PROCESSING\r\n\r\n+QISTATE: 2,TCP,192.0.2.7,6021,CONNECTED\r\n",
        )

    def test_close_unopened_ok(self) -> None:
        """A close of what is not open is C{CLOSE OK}."""
        for bench, told in zip(
            self.pair("close_unopened_ok"), (b"CLOSE OK", b"ERROR"), strict=True
        ):
            self.assertEqual(bench.type("AT+QSSLCLOSE=1"), b"\r\n%b\r\n" % told)

    def test_failed_open_keeps_id(self) -> None:
        """An index stays in use behind an open that has failed."""
        for bench, told in zip(self.pair("failed_open_keeps_id"), (-2, -1), strict=True):
            bench.activate()
            line = f'AT+QSSLOPEN=1,0,"{HOST}",1,0'
            self.assertIn(b"+QSSLOPEN: 1,-1\r\n", bench.type(line))
            self.assertIn(b"+QSSLOPEN: 1,%d\r\n" % told, bench.type(line))
            bench.type("AT+QSSLCLOSE=1")
            bench.open(1)

    def test_release_resets_context(self) -> None:
        """An SSL context forgets its settings with its last connection, and no other does."""
        for bench, told in zip(self.pair("release_resets_context"), (4, 3), strict=True):
            bench.ok('AT+QSSLCFG="sslversion",0,3', 'AT+QSSLCFG="sslversion",1,3')
            bench.open(1)
            bench.open(2)
            bench.open(3, context=1)
            bench.type("AT+QSSLCLOSE=1")
            self.assertIn(b'"sslversion",3', bench.type('AT+QSSLCFG="sslversion",0'))
            bench.type("AT+QSSLCLOSE=2")
            self.assertIn(b'"sslversion",%d' % told, bench.type('AT+QSSLCFG="sslversion",0'))
            self.assertIn(b'"sslversion",3', bench.type('AT+QSSLCFG="sslversion",1'))

    def test_receiving(self) -> None:
        """A URC with a length; one line end behind data."""
        bench = GSMBench(quirks=["recv_length", "recv_single_crlf"])
        for peer, told, read in (
            (bench.open(1), '+QSSLURC: "recv",0,1,4', "AT+QSSLRECV=0,1,9"),
            (bench.open_tcp(2), "+QIRDI: 0,1,2,4", "AT+QIRD=0,1,2,9"),
        ):
            peer.write(b"data")
            bench.settle()
            self.assertEqual(bench.screen.take().decode(), f"\r\n{told}\r\n")
            self.assertTrue(bench.type(read).endswith(b",TCP,4\r\ndata\r\nOK\r\n"))

    def test_lowercase_cipher(self) -> None:
        """Suites are answered in lower case."""
        self.answers(
            "lowercase_cipher",
            'AT+QSSLCFG="ciphersuite",0',
            '+QSSLCFG: "ciphersuite","0xffff"',
            '+QSSLCFG: "ciphersuite","0XFFFF"',
        )

    def test_lines(self) -> None:
        """Quirks of the line, and of the time, are there as in other families."""
        bench = GSMBench(quirks=["no_space_after_colon", "prompt_without_space", "two_digit_qlts"])
        self.assertIn(b"+QSSLSTATE:IP INITIAL", bench.type("AT+QSSLSTATE"))
        bench.open(1)
        self.assertEqual(bench.type("AT+QSSLSEND=1,1"), b"\r\n>")
        bench.send(b"x")
        self.assertRegex(bench.type("AT+QLTS"), rb'\+QLTS:"\d\d/')
        bench = GSMBench(quirks=["cme_trailing_space", "connect_rate"])
        self.assertEqual(bench.type('AT+QSECDEL="RAM:a"'), b"\r\n+CME ERROR: 405 \r\n")
        self.assertRegex(bench.type('AT+QSECWRITE="RAM:a",1'), rb"^\r\nCONNECT \d+\r\n$")

    def test_profiles(self) -> None:
        """C{as_printed} has what chapter 3 needs, and no more."""
        self.assertEqual(GSM_QUIRKS.choose("strict", ()), frozenset())
        self.assertEqual(
            GSM_QUIRKS.choose("as_printed", ()), {"close_ok_with_id", "lenient_spaces"}
        )
        self.assertRaises(ValueError, GSM_QUIRKS.choose, "printed", ())
        tested = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        shown = {"recv_length", "recv_single_crlf"}  # test_receiving
        shown |= {"no_space_after_colon", "prompt_without_space", "two_digit_qlts"}  # test_lines
        shown |= {"cme_trailing_space", "connect_rate"}
        self.assertEqual(set(GSM_KNOWN) - tested - shown, set())
