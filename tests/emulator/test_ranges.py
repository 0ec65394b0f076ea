"""What the strict module refuses: values out of range, surplus and malformed parameters."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .bench import HOST, Bench

_REFUSED = rb"^\r\n(ERROR|\+CME ERROR: \d+)\r\n$"


class RefusalTests(SynchronousTestCase):
    """One bench, on which nothing may change."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.bench.ok("AT+QIACT=1")

    def refused(self, *lines: str) -> None:
        """Each line ends in an error, and asks for no body."""
        for line in lines:
            answer = self.bench.type(line.encode() + b"\r")
            self.assertRegex(answer, _REFUSED, line)

    def test_ranges(self) -> None:
        """What a test form does not show is refused."""
        self.refused("AT+IFC=1,1", "AT+IFC=9,9", "AT+IFC=5", "AT+IFC=2,2,2", "AT+IFC=")
        self.refused("AT+ICF=9,9", "AT+ICF=3,4", "AT+QSCLK=9", "AT+CTZU=2", "AT+CTZR=5")
        self.refused("AT+CMGF=3", "AT+CRC=5", 'AT+CRC="1"', "AT+CRC", 'AT+CSCS="8BIT"')
        self.refused("AT+CSCS=1", "ATH5", "AT&W5", "ATL4", "ATM3", "ATX5", "AT&C2", "AT&D3")
        self.refused("AT+COPS=5", "AT+COPS=0,3", 'AT+CGDCONT=1,"IP","a","",3', "AT+CFUN=2")
        self.refused('AT+QCFG="nwscanmode",foo', 'AT+QCFG="nwscanmode",4', 'AT+QCFG="other",1')
        self.refused('AT+QCFG="urc/ri/other","pulse",2001', 'AT+QCFG="cmux/urcport",5')
        self.refused("ATS12=9", "ATS3=128", "AT+IPR=12345", 'AT+QURCCFG="urcport","uart9"')

    def test_inRange(self) -> None:
        """What it shows is taken and told."""
        for line, shown in (
            ("AT+IFC=2,2", "+IFC: 2,2"),
            ("AT+IFC=0", "+IFC: 0,2"),
            ("AT+ICF=3", "+ICF: 3,3"),
            ("AT+CTZU=3", "+CTZU: 3"),
            ('AT+CSCS="IRA"', '+CSCS: "IRA"'),
        ):
            self.bench.ok(line)
            name = line[: line.index("=")]
            self.assertIn(f"\r\n{shown}\r\n".encode(), self.bench.type(f"{name}?\r".encode()))
        for line, shown in (
            ('"nwscanmode",3,1', '"nwscanmode",3'),
            ('"urc/ri/other","off"', '"urc/ri/other","off"'),
            ('"urc/ri/other","pulse",2000,5', '"urc/ri/other","pulse",2000,5'),
            ('"cmux/urcport",4', '"cmux/urcport",4'),
        ):
            self.bench.ok(f"AT+QCFG={line}")
            tag = line.split(",")[0]
            self.assertIn(
                f"\r\n+QCFG: {shown}\r\n".encode(), self.bench.type(f"AT+QCFG={tag}\r".encode())
            )
        self.bench.ok("ATH0", "AT&W", "ATM1L2")

    def test_surplus(self) -> None:
        """More parameters than a command has are refused, and none of them is taken."""
        self.refused('AT+QFUPL="x",10,1,1,1', 'AT+QFOPEN="a",0,1', 'AT+QFLST="*",1')
        self.refused('AT+QFLDS="UFS",1', "AT+CREG=1,2,3", "AT+CMEE=1,2", "AT+QLTS=1,2")
        self.refused('AT+QPINC="SC",1', "AT+CFUN=1,0,5", "AT+IPR=9600,5", "AT+QISDE=1,1")
        self.refused("AT+QNWINFO=3", "AT+QNWINFO?", "AT+QPOWD=1,1", 'AT+CPIN="1234","1234",1')
        self.refused("AT+CGATT=1,1", "AT+CGACT=1,1,1", "AT+QIACT=1,1", "AT+QIDEACT=1,1")
        self.refused("AT+QSSLSTATE=1,1", "AT+QSSLRECV=1,1,1", "AT+QSSLCLOSE=1,1,1")
        self.assertIn(b"+CREG: 0,", self.bench.type(b"AT+CREG?\r"))
        self.assertEqual(self.bench.module.baudrate, 115200)

    def test_executionWritesNothing(self) -> None:
        """AT+CMEE and AT+CREG without a value are refused, and leave what was set."""
        self.bench.ok("AT+CMEE=2", "AT+CREG=2")
        for name in ("+CMEE", "+CREG", "+CGREG", "+CEREG"):
            self.assertRegex(self.bench.type(f"AT{name}\r".encode()), rb"ERROR")
        self.assertIn(b"+CMEE: 2", self.bench.type(b"AT+CMEE?\r"))
        self.assertIn(b"+CREG: 2,1,", self.bench.type(b"AT+CREG?\r"))

    def test_malformedStrings(self) -> None:
        """A quoted parameter ends with its quote, in every command."""
        for field in ('"abc', '"abc"x', '"a"b"', 'x"a"', '"127.0.0.1"junk', '"'):
            self.refused(
                f'AT+QSSLCFG="alpn",1,{field}',
                f"AT+QFUPL={field},3",
                f"AT+QFLST={field}",
                f"AT+QSSLOPEN=1,1,4,{field},443,0",
                f"AT+QICSGP=1,1,{field}",
                f"AT+QIDNSCFG=1,{field}",
                f"AT+CPIN={field}",
                f'AT+CGDCONT=1,"IP",{field}',
                f'AT+QURCCFG="urcport",{field}',
            )
        self.assertEqual(self.bench.type(b'AT+QFLST="*\r'), b"\r\n+CME ERROR: 400\r\n")
        self.refused('AT+QSSLCFG="sni",1,"0')
        self.assertIn(b"+QIGETERROR: 552,", self.bench.type(b"AT+QIGETERROR\r"))
        self.assertEqual(self.bench.type(b"AT+QFLST\r"), b"\r\nOK\r\n")

    def test_blanks(self) -> None:
        """Blanks around a parameter are none of it."""
        self.bench.ok('AT+QSSLCFG= "alpn" , 1 , "h2"', 'AT+QFLST= "*" ')
        self.assertIn(b'"alpn",1,"h2"', self.bench.type(b'AT+QSSLCFG="alpn",1\r'))


class LastErrorTests(SynchronousTestCase):
    """C{AT+QIGETERROR} tells of the last SSL or TCP/IP command (chapter 5)."""

    def test_successClears(self) -> None:
        """Whatever succeeds behind an error has 0, in every form."""
        bench = Bench()
        bench.open()
        for command in (
            "AT+QSSLSTATE",
            "AT+QSSLSTATE=4",
            "AT+QSSLCFG=?",
            "AT+QSSLOPEN=?",
            "AT+QSSLSEND=?",
            "AT+QSSLRECV=?",
            "AT+QSSLRECV=4,1",
            "AT+QSSLCLOSE=?",
            "AT+QISWTMD=4,0",
            "AT+QIACT?",
            "AT+QIACT=?",
            "AT+QIDNSCFG=1",
            "AT+QICSGP=1",
            "AT+QISTATE",
            "AT+QISDE?",
        ):
            self.assertEqual(bench.type(b"AT+QSSLCLOSE=9\r"), b"\r\nERROR\r\n")
            self.assertIn(b"+QIGETERROR: 552,", bench.type(b"AT+QIGETERROR\r"))
            self.assertIn(b"+QIGETERROR: 552,", bench.type(b"AT+CSQ;+QINISTAT;+QIGETERROR\r"))
            bench.ok(command)
            self.assertIn(b"+QIGETERROR: 0,", bench.type(b"AT+QIGETERROR\r"), command)

    def test_cancelledSend(self) -> None:
        """A send that ESC ends is 571; the next one that succeeds is 0."""
        bench = Bench()
        bench.open()
        bench.type(b"AT+QSSLSEND=4\r")
        bench.type(b"x\x1b")
        self.assertIn(b"+QIGETERROR: 571,", bench.type(b"AT+QIGETERROR\r"))
        bench.type(b"AT+QSSLSEND=4\r")
        bench.type(b"x\x1a")
        self.assertIn(b"+QIGETERROR: 0,", bench.type(b"AT+QIGETERROR\r"))

    def test_whileOpening(self) -> None:
        """An id that is being opened is busy, not closed."""
        bench = Bench()
        bench.network.silence(HOST, 8883)
        bench.ok("AT+QIACT=1", f'AT+QSSLOPEN=1,1,4,"{HOST}",8883,0')
        for command in (b"AT+QSSLSEND=4,3\r", b"AT+QISWTMD=4,2\r"):
            self.assertEqual(bench.type(command), b"\r\nERROR\r\n")
            self.assertIn(b"+QIGETERROR: 568,", bench.type(b"AT+QIGETERROR\r"))
