"""What the emulated BC660K-GL does with its quirks, and when it sleeps unasked (at-facts A.7)."""

from __future__ import annotations

from tests.emulator.bench import Server
from tests.emulator.nbiotbench import HOST, PORT, Bench, Case, authority
from twisted_quectel.emulator.faults import DeepSleep, FirstBytesLost
from twisted_quectel.emulator.files import checksum
from twisted_quectel.emulator.nbiot.quirks import QUIRKS
from twisted_quectel.emulator.settings import ModuleSettings

_OK = "\r\nOK\r\n"
_ERROR = "\r\nERROR\r\n"


class QuirkTests(Case):
    """Each form of the note, and of firmware; without its quirk there is the other one."""

    def both(self, name: str) -> tuple[Bench, Bench]:
        """Make a bench without a quirk, and one with it."""
        self.assertIn(name, QUIRKS)
        return self.bench(), self.bench(quirks=[name])

    def test_tag_capital_i(self) -> None:
        """Item 25: two tags are printed with a capital I."""
        strict, quirky = self.both("tag_capital_i")
        for tag, printed in (("sslversion", "ssIversion"), ("dtlsversion", "dtIsversion")):
            self.assertEqual(strict.say(f'AT+QSSLCFG=0,0,"{printed}",1'), _ERROR)
            quirky.ok(f'AT+QSSLCFG=0,0,"{printed}",1')
            shown = f'\r\n+QSSLCFG: 0,0,"{printed}",1\r\n{_OK}'
            self.assertEqual(quirky.say(f'AT+QSSLCFG=0,0,"{tag}"'), shown)
            self.assertIn(shown[2:-6], quirky.say("AT+QSSLCFG=0,0"))

    def test_dtlsversion_without_all(self) -> None:
        """Item 26: the number for all versions of DTLS is not printed."""
        strict, quirky = self.both("dtlsversion_without_all")
        strict.ok('AT+QSSLCFG=0,0,"dtlsversion",2')
        self.assertEqual(quirky.say('AT+QSSLCFG=0,0,"dtlsversion",2'), _ERROR)
        quirky.ok('AT+QSSLCFG=0,0,"dtlsversion",1')

    def test_certificate_checksum(self) -> None:
        """Item 27: the length of a certificate is called a checksum."""
        ca = authority().ca
        for bench, number in zip(
            self.both("certificate_checksum"), (len(ca), int(checksum(ca), 16)), strict=True
        ):
            bench.say('AT+QSSLCFG=0,0,"cacert"')
            shown = f'\r\n+QSSLCFG: 0,0,"cacert",{number}\r\n{_OK}'
            self.assertEqual(bench.type(ca + b"\x1a").decode(), shown)
            self.assertIn(f'"cacert",{number}\r\n', bench.say("AT+QSSLCFG=0,0"))

    def test_certificate_without_cr(self) -> None:
        """Item 27: which bytes the length counts is not said."""
        ca = authority().ca.replace(b"\n", b"\r\n")
        lines = ca.count(b"\r\n")
        for bench, number in zip(
            self.both("certificate_without_cr"), (len(ca), len(ca) - lines), strict=True
        ):
            bench.say('AT+QSSLCFG=0,0,"cacert"')
            self.assertIn(b'"cacert",%d\r\n' % number, bench.type(ca + b"\x1a"))
            bench.ok('AT+QSSLCFG=0,0,"seclevel",1')
            bench.open()

    def test_recv_unquoted(self) -> None:
        """Item 28: data is quoted in the example, and not in the syntax."""
        for bench, data in zip(self.both("recv_unquoted"), (b'"a"b"', b'a"b'), strict=True):
            peer = bench.open()
            peer.write(b'a"b')
            bench.settle()
            self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",0,0,3,%b\r\n' % data)

    def test_recv_hex_counts_digits(self) -> None:
        """Item 28: what the length counts in hex format is not said."""
        for bench, length in zip(self.both("recv_hex_counts_digits"), (2, 4), strict=True):
            bench.ok('AT+QSSLCFG=0,0,"dataformat",0,1')
            peer = bench.open()
            peer.write(b"JK")
            bench.settle()
            expected = b'\r\n+QSSLURC: "recv",0,0,%d,"4A4B"\r\n' % length
            self.assertEqual(bench.screen.take(), expected)

    def test_hex_send_without_connectid(self) -> None:
        """Item 29: the note on hex leaves one of the ids out."""
        strict, quirky = self.both("hex_send_without_connectid")
        for bench in (strict, quirky):
            bench.open()
            self.assertEqual(bench.say("AT+QSSLSEND=0,2"), _ERROR)
            bench.ok('AT+QSSLCFG=0,0,"dataformat",1,0')
        self.assertEqual(strict.say("AT+QSSLSEND=0,2"), _ERROR)
        self.assertEqual(quirky.say("AT+QSSLSEND=0,2"), "\r\n> ")
        self.assertIn(b"+QSSLSEND: 0,0,0", quirky.type(b"4A4B"))
        self.assertEqual(quirky.say("AT+QSSLSEND=0,0,1"), "\r\n> ")
        self.assertIn(b"+QSSLSEND: 0,0,0", quirky.type(b"4A"))

    def test_send_without_ok(self) -> None:
        """Item 29: an OK that chapter 3.1 does not print."""
        strict, quirky = self.both("send_without_ok")
        for bench, ok in ((strict, b"\r\nOK\r\n"), (quirky, b"")):
            peer = bench.open()
            bench.say("AT+QSSLSEND=0,0,2")
            self.assertEqual(bench.type(b"hi"), ok + b"\r\n+QSSLSEND: 0,0,0\r\n")
            self.assertEqual(peer.received, b"hi")

    def test_release_resets_context(self) -> None:
        """What the release of the context (2.3.4) means for its settings is not said."""
        for bench, level in zip(self.both("release_resets_context"), (1, 0), strict=True):
            bench.provision(1)
            bench.open()
            bench.say("AT+QSSLCLOSE=0,0")
            shown = bench.say("AT+QSSLCFG=0,0")
            self.assertIn(f'"seclevel",{level}\r\n', shown)
            self.assertIn(f'"cacert",{len(authority().ca)}\r\n', shown)

    def test_close_unopened_ok(self) -> None:
        """To close what is not open is an ERROR, or OK."""
        strict, quirky = self.both("close_unopened_ok")
        for command in ("AT+QSSLCLOSE=0,0", "AT+QICLOSE=0"):
            self.assertEqual(strict.say(command), _ERROR)
        self.assertEqual(quirky.say("AT+QSSLCLOSE=0,0"), f"{_OK}\r\n+QSSLCLOSE: 0,0,0\r\n")
        self.assertEqual(quirky.say("AT+QICLOSE=0"), _OK)

    def test_failed_open_keeps_id(self) -> None:
        """After a failed open the ids are free, or have to be closed."""
        strict, quirky = self.both("failed_open_keeps_id")
        for bench in (strict, quirky):
            self.assertEqual(bench.result(port=1), -2)
        strict.open()
        self.assertEqual(quirky.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0'), _ERROR)
        self.assertIn("+QSSLCLOSE: 0,0,0", quirky.say("AT+QSSLCLOSE=0,0"))
        quirky.open()

    def test_dates_unchecked(self) -> None:
        """The note does not say whether dates are looked at."""
        settings = ModuleSettings(time_known=False)
        for quirks, code in (([], -3), (["dates_unchecked"], 0)):
            bench = self.bench(settings=settings, quirks=quirks)
            bench.provision(1)
            self.assertEqual(bench.result(), code)

    def test_open_error_at_once(self) -> None:
        """An open of a socket that cannot be is told behind OK, or is an ERROR."""
        for bench in self.both("open_error_at_once"):
            bench.network.listen("tcp.example", 7, Server())
            bench.ok('AT+QIOPEN=0,0,"TCP","tcp.example",7')
            answer = bench.say('AT+QIOPEN=0,0,"TCP","tcp.example",7')
            quirky = bool(bench.module.quirks)
            self.assertEqual(answer, _ERROR if quirky else f"{_OK}\r\n+QIOPEN: 0,563\r\n")

    def test_qiclose_close_ok(self) -> None:
        """A close is OK, or that and CLOSE OK."""
        for bench, more in zip(
            self.both("qiclose_close_ok"), ("", "\r\nCLOSE OK\r\n"), strict=True
        ):
            bench.network.listen("tcp.example", 7, Server())
            bench.ok('AT+QIOPEN=0,0,"TCP","tcp.example",7')
            self.assertEqual(bench.say("AT+QICLOSE=0"), _OK + more)

    def test_state_three(self) -> None:
        """State 3 for a socket that works."""
        for bench, state in zip(self.both("state_three"), (2, 3), strict=True):
            bench.network.listen("tcp.example", 7, Server())
            bench.ok('AT+QIOPEN=0,0,"TCP","tcp.example",7,1000')
            self.assertIn(f",7,1000,{state},0,1\r\n", bench.say("AT+QISTATE?"))

    def test_ip_urc(self) -> None:
        """The address is reported when the connection comes up, or not."""
        for quirks, shown in (([], False), (["ip_urc"], True)):
            bench = self.bench(settings=ModuleSettings(booted=False), quirks=quirks)
            bench.settle(5)
            self.assertIs(b"+IP: 10.7.157.1\r\n" in bench.screen.take(), shown)

    def test_cclk_unquoted(self) -> None:
        """The manual's example of the clock has no quotes."""
        strict, quirky = self.both("cclk_unquoted")
        self.assertRegex(strict.say("AT+CCLK?"), r'^\r\n\+CCLK: "[^"]{20}"\r\n')
        self.assertRegex(quirky.say("AT+CCLK?"), r'^\r\n\+CCLK: [^"]{20}\r\n')
        quirky.ok('AT+CCLK="26/01/01,00:00:00+00"')
        self.assertIn("26/01/01,00:00:00", quirky.say("AT+CCLK?"))

    def test_two_digit_qlts(self) -> None:
        """Years of two digits and of four."""
        strict, quirky = self.both("two_digit_qlts")
        self.assertRegex(strict.say("AT+QLTS=1"), r'"20\d\d/')
        self.assertRegex(quirky.say("AT+QLTS=1"), r'"\d\d/')

    def test_line(self) -> None:
        """The quirks of the line are those of every family."""
        bench = self.bench(quirks=["prompt_without_space", "no_space_after_colon"])
        bench.open()
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,2"), "\r\n>")
        bench.type(b"hi")
        self.assertIn("+CSQ:28", bench.say("AT+CSQ"))


class SleepTests(Case):
    """Field note 47, where nobody has allowed it."""

    def test_first_bytes_lost(self) -> None:
        """Behind a silence the first command is cut; the next one is heard."""
        bench = self.bench(faults=[FirstBytesLost()])
        bench.settle(5)
        self.assertEqual(bench.say("AT"), "")
        self.assertEqual(bench.say("AT"), _OK)
        self.assertEqual(bench.module.hooks[0].acted, 1)

    def test_deep_sleep(self) -> None:
        """Connection and settings are gone; the start of the module tells."""
        bench = self.bench(faults=[DeepSleep()])
        bench.ok('AT+QSSLCFG=0,0,"timeout",20')
        peer = bench.open()
        bench.settle(2)
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.say("AT"), "")
        bench.settle(3)
        self.assertIn(b"\r\nRDY\r\n", bench.screen.take())
        self.assertIn('"timeout",90\r\n', bench.say("AT+QSSLCFG=0,0"))
        self.assertEqual(bench.module.hooks[0].acted, 1)
