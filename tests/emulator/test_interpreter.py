"""The line discipline: V.250, and what hosts do to it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator import faults
from twisted_quectel.emulator.files import checksum
from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import Bench, calls


class LineTests(SynchronousTestCase):
    """Command lines and results."""

    def test_echo(self) -> None:
        """Echo is on at first, and off with ATE0."""
        bench = Bench(echo=True)
        self.assertEqual(bench.type(b"AT\r"), b"AT\r\r\nOK\r\n")
        self.assertEqual(bench.type(b"ATE0\r"), b"ATE0\r\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT\r"), b"\r\nOK\r\n")

    def test_hosts(self) -> None:
        """CR LF, lower case, blanks, byte by byte: all the same."""
        bench = Bench()
        for line in (b"at+csq\r\n", b"AT+CSQ\r", b" At+CsQ \r\n"):
            self.assertEqual(bench.type(line), b"\r\n+CSQ: 28,99\r\n\r\nOK\r\n")
        shown = b"".join(bench.type(bytes([byte])) for byte in b"AT+CSQ\r\n")
        self.assertEqual(shown, b"\r\n+CSQ: 28,99\r\n\r\nOK\r\n")

    def test_concatenation(self) -> None:
        """Several commands on a line have one final result; the first error ends it."""
        bench = Bench()
        self.assertEqual(
            bench.type(b"ATE0V1;+CSQ;+CMEE?\r"), b"\r\n+CSQ: 28,99\r\n+CMEE: 1\r\n\r\nOK\r\n"
        )
        self.assertEqual(
            bench.type(b"AT+CSQ;+BOGUS;+CMEE=2\r"), b"\r\n+CSQ: 28,99\r\n\r\nERROR\r\n"
        )
        self.assertIn(b"+CMEE: 1", bench.type(b"AT+CMEE?\r"))

    def test_semicolonInQuotes(self) -> None:
        """A semicolon within quotes separates nothing."""
        bench = Bench()
        bench.ok('AT+QSSLCFG="alpn",1,"a;b"')
        self.assertIn(b'"a;b"', bench.type(b'AT+QSSLCFG="alpn",1\r'))

    def test_numericResults(self) -> None:
        """ATV0 gives digits, ATQ1 nothing."""
        bench = Bench()
        self.assertEqual(bench.type(b"ATV0\r"), b"0\r")
        self.assertEqual(bench.type(b"AT+BOGUS\r"), b"4\r")
        self.assertEqual(bench.type(b"AT+CSQ\r"), b"+CSQ: 28,99\r\n0\r")
        self.assertEqual(bench.type(b"ATV1Q1\r"), b"")

    def test_cmee(self) -> None:
        """AT+CMEE chooses the form of an error."""
        bench = Bench()
        self.assertEqual(bench.type(b'AT+QFDEL="x"\r'), b"\r\n+CME ERROR: 405\r\n")
        bench.ok("AT+CMEE=2")
        self.assertEqual(bench.type(b'AT+QFDEL="x"\r'), b"\r\n+CME ERROR: file not found\r\n")
        bench.ok("AT+CMEE=0")
        self.assertEqual(bench.type(b'AT+QFDEL="x"\r'), b"\r\nERROR\r\n")

    def test_editing(self) -> None:
        """Backspace takes a character back; A/ repeats the last line."""
        bench = Bench()
        self.assertIn(b"+CSQ: ", bench.type(b"AT+CSX\x08Q\r"))
        self.assertIn(b"+CSQ: ", bench.type(b"A/"))

    def test_noise(self) -> None:
        """What has no AT is ignored; what stands before AT is, too."""
        bench = Bench()
        self.assertEqual(bench.type(b"hello\r"), b"")
        self.assertEqual(bench.type(b"\x1b\xffAT\r"), b"\r\nOK\r\n")

    def test_overlong(self) -> None:
        """A line without an end is dropped; the next line is served."""
        bench = Bench()
        self.assertEqual(bench.type(b"AT" + b"x" * 100000 + b"\r"), b"\r\nERROR\r\n")
        self.assertIn(VerdictKind.OVERLONG_LINE, bench.kinds())
        bench.ok("AT")

    def test_everyForm(self) -> None:
        """No form of any command goes without a final result."""
        bench = Bench()
        from twisted_quectel.emulator.module import COMMANDS

        skip = {"+QPOWD", "+QFUPL", "+QFWRITE", "+CFUN", "Q", "V", "E", "S3", "S4", "S5", "D"}
        for name in COMMANDS:
            if name in skip:
                continue
            forms = ["", "?", "=?", "=", "=1", '="x"', "=1,2,3"]
            for form in forms if name.startswith("+") else forms[:1]:
                answer = bench.type(f"AT{name}{form}\r".encode())
                self.assertRegex(answer, rb"(OK|ERROR|CME ERROR: \d+|NO CARRIER)\r\n$")

    def test_commandsWait(self) -> None:
        """Commands that come while one executes are served in order."""
        bench = Bench(settings=ModuleSettings(pdp_delay=2.0))
        self.assertEqual(bench.type(b"AT+QIACT=1\rAT+CSQ\r"), b"")
        self.assertEqual(bench.type(b"", 2.1), b"\r\nOK\r\n\r\n+CSQ: 28,99\r\n\r\nOK\r\n")


class FileTests(SynchronousTestCase):
    """Uploads and the file system."""

    def test_checksum(self) -> None:
        """The vectors of the FILE manual's algorithm."""
        for data, expected in (
            (b"", "0"),
            (b"A", "4100"),
            (b"AB", "4142"),
            (b"ABC", "242"),
            (b"1234567890", "3938"),
            (b"Test data from SSL", "7d21"),
        ):
            self.assertEqual(checksum(data), expected)

    def test_shortUpload(self) -> None:
        """Bytes that do not come are waited for; what came is kept, with error 421."""
        bench = Bench()
        bench.type(b'AT+QFUPL="a.pem",10,3\r')
        bench.type(b"12345", 2)
        self.assertEqual(
            bench.type(b"", 3.1),
            b"\r\n+QFUPL: 5,%b\r\n\r\n+CME ERROR: 421\r\n" % checksum(b"12345").encode(),
        )
        self.assertIn(b'+QFLST: "UFS:a.pem",5', bench.type(b"AT+QFLST\r"))
        self.assertEqual(bench.type(b'AT+QFUPL="a.pem",10\r'), b"\r\n+CME ERROR: 407\r\n")
        self.assertEqual(bench.kinds(), [VerdictKind.SHORT_UPLOAD])

    def test_escape(self) -> None:
        """+++ ends an upload early; what follows are commands."""
        bench = Bench()
        bench.type(b'AT+QFUPL="a",100\r')
        bench.type(b"abc+")
        answer = bench.type(b"++AT+CSQ\r")
        self.assertIn(b"+QFUPL: 3,", answer)
        self.assertTrue(answer.endswith(b"+CSQ: 28,99\r\n\r\nOK\r\n"))
        self.assertEqual(bench.module.files.content("a"), b"abc")

    def test_acknowledgements(self) -> None:
        """With ackmode an A comes behind every 1024 bytes."""
        bench = Bench()
        bench.type(b'AT+QFUPL="a",2500,5,1\r')
        self.assertEqual(bench.type(b"x" * 1500), b"A")
        self.assertTrue(bench.type(b"x" * 1000).startswith(b"A\r\n+QFUPL: 2500,"))

    def test_space(self) -> None:
        """Files occupy blocks of 4 KB; what does not fit is refused before a byte is sent."""
        bench = Bench(settings=ModuleSettings(ufs_size=8192))
        bench.type(b'AT+QFUPL="a",1\r')
        bench.type(b"x")
        self.assertIn(b"+QFLDS: 4096,8192", bench.type(b'AT+QFLDS="UFS"\r'))
        self.assertEqual(bench.type(b'AT+QFUPL="b",4097\r'), b"\r\n+CME ERROR: 420\r\n")
        self.assertEqual(bench.type(b'AT+QFUPL="b",9000\r'), b"\r\n+CME ERROR: 423\r\n")
        bench.ok('AT+QFDEL="*"')
        self.assertIn(b"+QFLDS: 8192,8192", bench.type(b'AT+QFLDS="UFS"\r'))

    def test_openFiles(self) -> None:
        """QFOPEN, QFWRITE, QFSEEK, QFPOSITION, QFREAD, QFTUCAT and QFCLOSE."""
        bench = Bench()
        self.assertIn(b"+QFOPEN: 1\r\n", bench.type(b'AT+QFOPEN="a"\r'))
        self.assertEqual(bench.type(b"AT+QFWRITE=1,5\r"), b"\r\nCONNECT\r\n")
        self.assertIn(b"+QFWRITE: 5,5", bench.type(b"hello"))
        bench.ok("AT+QFSEEK=1,1")
        self.assertEqual(bench.type(b"AT+QFREAD=1,3\r"), b"\r\nCONNECT 3\r\nell\r\n\r\nOK\r\n")
        self.assertIn(b"+QFPOSITION: 4", bench.type(b"AT+QFPOSITION=1\r"))
        bench.ok("AT+QFTUCAT=1")
        self.assertEqual(bench.type(b'AT+QFDEL="a"\r'), b"\r\n+CME ERROR: 426\r\n")
        bench.ok("AT+QFCLOSE=1")
        self.assertIn(b"CONNECT\r\nhell\r\n", bench.type(b'AT+QFDWL="a"\r'))


class NetworkTests(SynchronousTestCase):
    """SIM, registration, boot and clock."""

    def test_pin(self) -> None:
        """A PIN is counted down, and let in."""
        bench = Bench(settings=ModuleSettings(pin="1234"))
        self.assertIn(b"+CPIN: SIM PIN", bench.type(b"AT+CPIN?\r"))
        self.assertIn(b'+QPINC: "SC",3,10', bench.type(b'AT+QPINC="SC"\r'))
        self.assertEqual(bench.type(b'AT+CPIN="9999"\r'), b"\r\n+CME ERROR: 16\r\n")
        self.assertIn(b'+QPINC: "SC",2,10', bench.type(b'AT+QPINC="SC"\r'))
        self.assertIn(b"+CEREG: 0,0", bench.type(b"AT+CEREG?\r"))
        self.assertIn(b"\r\nOK\r\n", bench.type(b'AT+CPIN="1234"\r'))
        self.assertIn(b"+CEREG: 0,1", bench.type(b"AT+CEREG?\r"))

    def test_boot(self) -> None:
        """A module that was just switched on is silent, then says RDY and the rest."""
        bench = Bench(settings=ModuleSettings(booted=False, registration_delay=2.0), echo=True)
        self.assertEqual(bench.type(b"AT\r"), b"")
        self.assertEqual(
            bench.type(b"", 3.0),
            b"\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\n+QUSIM: 1\r\n"
            b"\r\n+QIND: SMS DONE\r\n\r\n+QIND: PB DONE\r\n",
        )
        bench.ok("ATE0", "AT+CEREG=2")
        self.assertIn(b"+CEREG: 2,2\r\n", bench.type(b"AT+CEREG?\r"))
        self.assertEqual(bench.type(b"", 2.0), b'\r\n+CEREG: 1,"1A2B","1C3D4E5",7\r\n')
        self.assertIn(b'+CEREG: 2,1,"1A2B","1C3D4E5",7\r\n', bench.type(b"AT+CEREG?\r"))

    def test_clock(self) -> None:
        """AT+CCLK sets the clock that AT+CCLK? and certificates see."""
        bench = Bench(settings=ModuleSettings(time_known=False))
        self.assertIn(b'+CCLK: "80/01/06,00:00:00+00"', bench.type(b"AT+CCLK?\r"))
        self.assertIn(b'+QLTS: ""', bench.type(b"AT+QLTS=2\r"))
        bench.ok('AT+CCLK="26/11/20,12:00:00+08"')
        bench.settle(5)
        self.assertIn(b'"26/11/20,12:00:05+08"', bench.type(b"AT+CCLK?\r"))
        self.assertEqual(bench.module.now(), datetime(2026, 11, 20, 10, 0, 5, tzinfo=UTC))
        self.assertIn(b"ERROR", bench.type(b'AT+CCLK="26/13/20,12:00:00+08"\r'))

    def test_powerDown(self) -> None:
        """AT+QPOWD is OK, then POWERED DOWN, then silence."""
        bench = Bench()
        self.assertEqual(bench.type(b"AT+QPOWD\r"), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"", 1), b"\r\nPOWERED DOWN\r\n")
        self.assertEqual(bench.type(b"AT\r", 60), b"")
        self.assertEqual(calls(bench.clock), [])

    def test_urcPort(self) -> None:
        """URCs go to the port that AT+QURCCFG names."""
        bench = Bench()
        screen, _ = bench.plug("usbat")
        bench.ok('AT+QURCCFG="urcport","usbat"')
        bench.open().write(b"x")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        self.assertEqual(screen.take(), b'\r\n+QSSLURC: "recv",4\r\n')


class LinkTests(SynchronousTestCase):
    """The line in memory."""

    def test_nothingInTheSameTurn(self) -> None:
        """No byte crosses in the turn in which it was written."""
        bench = Bench()
        bench.wire.write(b"AT\r")
        self.assertEqual(bench.screen.shown, b"")
        self.assertEqual(bench.wire.unsent(), 3)

    def test_pace(self) -> None:
        """Ten bits a byte, both ways."""
        bench = Bench(link=Link(baudrate=9600))
        bench.settle(1)
        bench.screen.take()
        start = bench.clock.seconds()
        bench.wire.write(b"AT" + b" " * 93 + b"\r")  # 96 bytes, 0.1 s
        while not bench.screen.shown.endswith(b"OK\r\n"):
            bench.clock.advance(0.0005)
        self.assertLess(abs(bench.clock.seconds() - start - (96 + 6) * 10 / 9600), 0.003)

    def test_latency(self) -> None:
        """The module thinks before it answers."""
        bench = Bench(link=Link(latency=0.02))
        bench.settle(1)
        bench.screen.take()
        self.assertEqual(bench.type(b"AT\r", 0.019), b"")
        self.assertEqual(bench.type(b"", 0.002), b"\r\nOK\r\n")

    def test_wrongSpeed(self) -> None:
        """Where the speeds differ both sides see garbage, until they agree again."""
        bench = Bench(link=Link(baudrate=115200))
        bench.settle(1)
        bench.screen.take()
        self.assertEqual(bench.type(b"AT+IPR=9600\r", 1), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT\r", 1).count(b"OK"), 0)
        bench.wire.set_baudrate(9600)
        bench.type(b"\r", 1)
        self.assertIn(b"OK", bench.type(b"AT\r", 1))

    def test_cut(self) -> None:
        """Reads are cut at random, the bytes stay the same."""
        bench = Bench(link=Link(cut=3, seed=7))
        bench.wire.write(b"ATI\r")
        bench.settle()
        self.assertGreater(len(bench.screen.reads), 5)
        self.assertTrue(all(len(read) <= 3 for read in bench.screen.reads))
        self.assertIn(b"Quectel\r\nEC25\r\n", bench.screen.take())

    def test_endings(self) -> None:
        """Unplugging is ConnectionLost, closing the device ConnectionDone, each told once."""
        bench = Bench()
        bench.wire.unplug()
        assert bench.screen.lost is not None
        self.assertIsNotNone(bench.screen.lost.check(ConnectionLost))
        screen, wire = bench.plug()
        wire.write(b"AT+CMEE=2\r")
        wire.loseConnection()
        self.assertIsNone(screen.lost)
        bench.settle()
        assert screen.lost is not None
        self.assertIsNotNone(screen.lost.check(ConnectionDone))
        self.assertEqual(bench.module.port().settings.cmee, 2)


class FaultTests(SynchronousTestCase):
    """The faults of the field."""

    def test_urcInBetween(self) -> None:
        """A URC stands before the answer and before its final result."""
        bench = Bench(faults=[faults.UrcInBetween(line="+QIND: X")])
        self.assertEqual(
            bench.type(b"AT+CSQ\r"),
            b"\r\n+QIND: X\r\n\r\n+CSQ: 28,99\r\n\r\n+QIND: X\r\n\r\nOK\r\n",
        )

    def test_splitBytes(self) -> None:
        """One byte comes at a time."""
        bench = Bench(faults=[faults.SplitBytes()])
        bench.wire.write(b"AT\r")
        bench.settle()
        self.assertEqual(bench.screen.reads, [bytes([byte]) for byte in b"\r\nOK\r\n"])

    def test_lateAnswer(self) -> None:
        """The answer comes late; the next command waits for it."""
        bench = Bench(faults=[faults.LateAnswer("+CSQ", 5.0)])
        self.assertEqual(bench.type(b"AT+CSQ\r", 4.9), b"")
        self.assertEqual(bench.type(b"AT\r", 0.2), b"\r\n+CSQ: 28,99\r\n\r\nOK\r\n\r\nOK\r\n")

    def test_recvUrcs(self) -> None:
        """A recv URC is missing, or comes twice."""
        for fault, count in ((faults.MissingRecvUrc(), 0), (faults.DuplicateRecvUrc(), 2)):
            bench = Bench(faults=[fault])
            bench.open().write(b"x")
            bench.settle()
            self.assertEqual(bench.screen.take().count(b'"recv",4'), count)

    def test_sends(self) -> None:
        """SEND FAIL, SEND FAIL with a late SEND OK, ERROR, a refused prompt."""
        bench = Bench(faults=[faults.SendFails(1)])
        peer = bench.open()
        bench.type(b"AT+QSSLSEND=4,1\r")
        self.assertEqual(bench.type(b"x", 1), b"\r\nSEND FAIL\r\n")
        self.assertEqual(peer.received, b"")
        bench = Bench(faults=[faults.SendFails(1, then_ok=True)])
        peer = bench.open()
        bench.type(b"AT+QSSLSEND=4,1\r")
        self.assertEqual(bench.type(b"x", 1), b"\r\nSEND FAIL\r\n\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"x")
        bench = Bench(faults=[faults.ErrorInsteadOfSendOk(), faults.PromptRefused()])
        peer = bench.open()
        self.assertEqual(bench.type(b"AT+QSSLSEND=4,1\r"), b"\r\nERROR\r\n")
        bench.type(b"AT+QSSLSEND=4,1\r")
        self.assertEqual(bench.type(b"x", 1), b"\r\nERROR\r\n")
        self.assertEqual(peer.received, b"x")

    def test_wedge(self) -> None:
        """After so many opens everything is 552, until a restart."""
        bench = Bench(faults=[faults.Wedge(2)])
        bench.open(0)
        bench.open(1)
        self.assertEqual(bench.type(b'AT+QSSLOPEN=1,1,2,"server.example",8883\r'), b"\r\nERROR\r\n")
        self.assertIn(b"552", bench.type(b"AT+QIGETERROR\r"))
        bench.module.restart()
        bench.settle(5)
        bench.type(b"ATE0\r")
        bench.open(0)


class FuzzTests(SynchronousTestCase):
    """Nothing that a host sends raises out of the interpreter."""

    _words = st.sampled_from(
        [
            *(b"AT", b"\r", b"\n", b"+QSSLCFG=", b'"', b",", b"1", b"+QSSLOPEN=", b";", b"\x1a"),
            *(b"+QSSLSEND=4", b"+QFUPL=", b"+++", b"?", b"=?", b"ATO", b"A/", b"S12=", b"\x08"),
            *(b"+QSSLRECV=4,", b"+QISWTMD=4,2", b"9" * 20, b"AT+QFOPEN=", b"\xff\x00"),
        ]
    )

    @given(st.lists(st.one_of(_words, st.binary(max_size=6)), max_size=60), st.booleans())
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    def test_anything(self, words: list[bytes], opened: bool) -> None:
        """Any bytes leave a module that still answers once its port is free."""
        bench = Bench(serve=opened)
        if opened:
            bench.open()
        for word in words:
            bench.wire.write(word)
            bench.settle(0.01)
        bench.module.restart()
        bench.settle(10)
        bench.screen.take()
        self.assertIn(b"OK\r\n", bench.type(b"AT\r"))
        self.assertEqual(self.flushLoggedErrors(), [])
