"""PDP contexts (TCP/IP Application Note, chapter 2; 3GPP TS 27.007)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .bench import Bench


def cme(number: int) -> bytes:
    """Give an error's line."""
    return b"\r\n+CME ERROR: %d\r\n" % number


class ContextTests(SynchronousTestCase):
    """Setting, activating, asking."""

    def setUp(self) -> None:
        self.bench = Bench()

    def answer(self, command: str) -> str:
        """Give what stands in front of OK."""
        shown = self.bench.type(command.encode() + b"\r").decode()
        self.assertTrue(shown.endswith("\r\nOK\r\n"), (command, shown))
        return shown.removesuffix("\r\nOK\r\n").strip("\r\n")

    def fails(self, command: str, code: int) -> None:
        """It is ERROR with a code."""
        self.assertEqual(self.bench.type(command.encode() + b"\r"), b"\r\nERROR\r\n", command)
        self.assertIn(f"+QIGETERROR: {code},", self.answer("AT+QIGETERROR"))

    def test_types(self) -> None:
        """IPv4, IPv6 and both, as a query and AT+QIACT? tell them."""
        self.assertEqual(self.answer("AT+QICSGP=1"), '+QICSGP: 1,"","","",0')
        v4, v6 = '"10.7.157.1"', '"2001:db8:7:157::1"'
        for id, kind, addresses in ((1, 1, v4), (2, 2, v6), (16, 3, f"{v4},{v6}")):
            self.answer(f'AT+QICSGP={id},{kind},"apn{id}"')
            self.assertEqual(self.answer(f"AT+QICSGP={id}"), f'+QICSGP: {kind},"apn{id}","","",0')
            self.answer(f"AT+QIACT={id}")
            self.assertIn(f"+QIACT: {id},1,{kind},{addresses}", self.answer("AT+QIACT?"))
        self.assertEqual(len(self.answer("AT+QIACT?").split("\r\n")), 3)
        self.fails("AT+QIACT=2", 572)
        self.answer("AT+QIDEACT=2")
        self.assertNotIn("+QIACT: 2,", self.answer("AT+QIACT?"))

    def test_withoutName(self) -> None:
        """A context without an APN keeps its type."""
        self.answer('AT+QICSGP=1,2,""')
        self.assertEqual(self.answer("AT+QICSGP=1"), '+QICSGP: 2,"","","",0')

    def test_authentication(self) -> None:
        """User and password with none, PAP and CHAP."""
        for number in range(3):
            self.answer(f'AT+QICSGP=3,1,"corp","me","secret",{number}')
            self.assertEqual(
                self.answer("AT+QICSGP=3"), f'+QICSGP: 1,"corp","me","secret",{number}'
            )
        self.answer('AT+QICSGP=3,1,"corp","me","secret"')
        self.assertEqual(self.answer("AT+QICSGP=3"), '+QICSGP: 1,"corp","me","secret",0')

    def test_refused(self) -> None:
        """Ids, types and authentications out of range, and APNs that are no strings."""
        for values in (
            "0",
            "17",
            '1,4,"a"',
            "1,1,a",
            '1,1,"a","u","p",3',
            '1,1,"a","u",p,1',
            '1,1,"a","u","p",1,1',
            f'1,1,"{"a" * 101}"',
        ):
            self.fails(f"AT+QICSGP={values}", 552)
        for command in ("AT+QICSGP?", "AT+QIACT=0", "AT+QIACT", "AT+QIDEACT", "AT+QIDEACT=17"):
            self.fails(command, 552)

    def test_nameServers(self) -> None:
        """What is not set comes from the network, as long as the context is active."""
        none = '+QIDNSCFG: 1,"0.0.0.0","0.0.0.0"'
        self.assertEqual(self.answer("AT+QIDNSCFG=1"), none)
        self.answer("AT+QIACT=1")
        self.assertEqual(self.answer("AT+QIDNSCFG=1"), '+QIDNSCFG: 1,"10.7.157.53","10.7.157.54"')
        self.answer('AT+QIDNSCFG=1,"9.9.9.9"')
        self.assertEqual(self.answer("AT+QIDNSCFG=1"), '+QIDNSCFG: 1,"9.9.9.9","10.7.157.54"')
        self.answer('AT+QIDNSCFG=1,"9.9.9.9","1.1.1.1"')
        self.answer("AT+QIDEACT=1")
        self.assertEqual(self.answer("AT+QIDNSCFG=1"), '+QIDNSCFG: 1,"9.9.9.9","1.1.1.1"')
        for values in (
            "0",
            '1,"name.example"',
            '1,"9.9.9.9","x"',
            '1,"9.9.9.9","1.1.1.1",1',
            '1,""',
        ):
            self.fails(f"AT+QIDNSCFG={values}", 552)

    def test_definitions(self) -> None:
        """AT+CGDCONT sees the same contexts."""
        self.answer('AT+QICSGP=1,3,"one"')
        self.answer('AT+CGDCONT=2,"ipv6","two","",0,0')
        self.assertEqual(
            self.answer("AT+CGDCONT?").split("\r\n"),
            ['+CGDCONT: 1,"IPV4V6","one","",0,0', '+CGDCONT: 2,"IPV6","two","",0,0'],
        )
        self.assertEqual(self.answer("AT+QICSGP=2"), '+QICSGP: 2,"two","","",0')
        self.answer("AT+CGDCONT=2")
        self.assertNotIn("+CGDCONT: 2", self.answer("AT+CGDCONT?"))
        for values in ("0", '1,"X25","a"', '1,"IP",a', '1,"IP","a","",3', '1,"IP","a","",0,5'):
            self.assertEqual(self.bench.type(f"AT+CGDCONT={values}\r".encode()), cme(50))

    def test_activation(self) -> None:
        """AT+CGACT and AT+CGPADDR tell what AT+QIACT did, and the other way round."""
        self.answer('AT+QICSGP=1,1,"one"')
        self.assertEqual(self.answer("AT+CGACT?"), "+CGACT: 1,0")
        self.assertEqual(self.answer("AT+CGPADDR"), '+CGPADDR: 1,""')
        self.answer("AT+CGACT=1,1")
        self.assertEqual(self.answer("AT+CGACT?"), "+CGACT: 1,1")
        self.assertIn("+QIACT: 1,1,1,", self.answer("AT+QIACT?"))
        self.assertEqual(self.answer("AT+CGPADDR=1"), '+CGPADDR: 1,"10.7.157.1"')
        self.assertEqual(self.answer("AT+CGPADDR=2"), "")
        self.bench.open()
        self.assertEqual(
            self.bench.type(b"AT+CGACT=0,1\r"), b'\r\nOK\r\n\r\n+QSSLURC: "closed",4\r\n'
        )
        self.assertEqual(self.answer("AT+QIACT?"), "")
        for command in ("AT+CGACT=2,1", "AT+CGACT=1,17", "AT+CGACT", "AT+CGPADDR=0"):
            self.assertEqual(self.bench.type(command.encode() + b"\r"), cme(50))
        self.assertEqual(self.bench.type(b"AT+CGPADDR?\r"), b"\r\nERROR\r\n")

    def test_attachment(self) -> None:
        """AT+CGATT=0 takes every context away, as the network would."""
        self.assertEqual(self.answer("AT+CGATT?"), "+CGATT: 1")
        self.bench.open()
        self.assertEqual(
            self.bench.type(b"AT+CGATT=0\r"),
            b'\r\nOK\r\n\r\n+QSSLURC: "closed",4\r\n\r\n+QIURC: "pdpdeact",1\r\n',
        )
        self.assertEqual(self.answer("AT+CGATT?"), "+CGATT: 0")
        self.answer("AT+CGATT=1")
        self.assertEqual(self.answer("AT+CGATT?"), "+CGATT: 1")
        for command in ("AT+CGATT=2", "AT+CGATT"):
            self.assertEqual(self.bench.type(command.encode() + b"\r"), cme(50))

    def test_sockets(self) -> None:
        """AT+QISTATE has the documented forms."""
        for command in ("AT+QISTATE", "AT+QISTATE?", "AT+QISTATE=0,16", "AT+QISTATE=1,11"):
            self.assertEqual(self.answer(command), "")
        for values in ("2,1", "0,17", "1,12", "1"):
            self.fails(f"AT+QISTATE={values}", 552)
        self.assertEqual(self.bench.type(b"AT+QIGETERROR?\r"), b"\r\nERROR\r\n")

    def test_testForms(self) -> None:
        """Each shows its ranges."""
        for name, shown in (
            ("QICSGP", "(1-16),(1-3),<APN>,<username>,<password>,(0-2)"),
            ("QIACT", "(1-16)"),
            ("QIDEACT", "(1-16)"),
            ("QIDNSCFG", "(1-16),<pridnsaddr>,<secdnsaddr>"),
            ("QISDE", "(0,1)"),
            ("CGACT", "(0,1)"),
            ("CGATT", "(0,1)"),
            ("CGPADDR", "(1-16)"),
        ):
            self.assertEqual(self.answer(f"AT+{name}=?"), f"+{name}: {shown}")
