"""The SIM: PIN, PUK, lock, identity (AT Commands Manual; 3GPP TS 27.007)."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.settings import ModuleSettings

from .bench import Bench


def cme(number: int) -> bytes:
    """Give an error's line."""
    return b"\r\n+CME ERROR: %d\r\n" % number


class SimTests(SynchronousTestCase):
    """Tries, locks and codes."""

    def tries(self, bench: Bench, pin: int, puk: int) -> None:
        """That many tries are left."""
        self.assertIn(b'+QPINC: "SC",%d,%d\r\n' % (pin, puk), bench.type(b'AT+QPINC="SC"\r'))

    def test_puk(self) -> None:
        """Three wrong PINs ask for the PUK; the right one sets a new PIN and lets in."""
        bench = Bench(settings=ModuleSettings(pin="1234"))
        for error in (16, 16, 12):
            self.assertEqual(bench.type(b'AT+CPIN="9999"\r'), cme(error))
        self.assertIn(b"+CPIN: SIM PUK", bench.type(b"AT+CPIN?\r"))
        self.tries(bench, 0, 10)
        self.assertEqual(bench.type(b'AT+CPIN="1234"\r'), cme(3))
        self.assertEqual(bench.type(b'AT+CPIN="00000000","4711"\r'), cme(16))
        self.tries(bench, 0, 9)
        self.assertEqual(
            bench.type(b'AT+CPIN="12345678","4711"\r'), b"\r\nOK\r\n\r\n+CPIN: READY\r\n"
        )
        self.tries(bench, 3, 10)
        self.assertIn(b"+CEREG: 0,1", bench.type(b"AT+CEREG?\r"))
        bench.module.restart()
        bench.settle(10)
        bench.type(b"ATE0\r")
        self.assertIn(b"+CPIN: SIM PIN", bench.type(b"AT+CPIN?\r"))
        self.assertTrue(bench.type(b'AT+CPIN="4711"\r').startswith(b"\r\nOK\r\n"))

    def test_blocked(self) -> None:
        """Behind ten wrong PUKs the right one is of no use, and nothing counts below 0."""
        bench = Bench(settings=ModuleSettings(pin="1234", pin_tries=0))
        for _ in range(10):
            self.assertEqual(bench.type(b'AT+CPIN="00000000","4711"\r'), cme(16))
        for puk in (b"00000000", b"12345678"):
            self.assertEqual(bench.type(b'AT+CPIN="%b","4711"\r' % puk), cme(13))
        self.tries(bench, 0, 0)
        self.assertIn(b"+CPIN: SIM PUK", bench.type(b"AT+CPIN?\r"))

    def test_lock(self) -> None:
        """AT+CLCK locks with the PIN, 1234 where none was set; it asks behind the restart."""
        bench = Bench()
        self.assertIn(b"+CLCK: 0", bench.type(b'AT+CLCK="SC",2\r'))
        bench.ok('AT+CLCK="SC",1,"1234"')
        self.assertIn(b"+CLCK: 1", bench.type(b'AT+CLCK="SC",2\r'))
        self.tries(bench, 3, 10)
        bench.module.restart()
        bench.settle(10)
        bench.type(b"ATE0\r")
        self.assertIn(b"+CPIN: SIM PIN", bench.type(b"AT+CPIN?\r"))
        self.assertTrue(bench.type(b'AT+CPIN="1234"\r').startswith(b"\r\nOK\r\n"))
        bench.ok('AT+CLCK="SC",0,"1234"')
        self.assertIn(b"+CLCK: 0", bench.type(b'AT+CLCK="SC",2\r'))

    def test_lockTries(self) -> None:
        """Wrong PINs count there too, and what is no PIN costs nothing; then the PUK is due."""
        bench = Bench()
        for line in ('"SC",1', '"SC",1,"12"', '"SC",1,1234', '"XX",2', '"SC",3'):
            self.assertEqual(bench.type(f"AT+CLCK={line}\r".encode()), cme(50))
        self.tries(bench, 3, 10)
        self.assertEqual(bench.type(b'AT+CLCK="SC",1,"9999"\r'), cme(16))
        self.tries(bench, 2, 10)
        bench.ok('AT+CLCK="SC",1,"1234"')
        self.tries(bench, 3, 10)
        for error in (16, 16, 12):
            self.assertEqual(bench.type(b'AT+CLCK="SC",0,"9999"\r'), cme(error))
        self.assertEqual(bench.type(b'AT+CLCK="SC",0,"1234"\r'), cme(12))
        self.tries(bench, 0, 10)
        self.assertIn(b"+CLCK: 1", bench.type(b'AT+CLCK="SC",2\r'))

    def test_identity(self) -> None:
        """Numbers of SIM and module, each in its form."""
        bench = Bench()
        self.assertEqual(bench.type(b"AT+CGSN\r"), b"\r\n861075020000007\r\n\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+GSN\r"), b"\r\n861075020000007\r\n\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+CIMI\r"), b"\r\n460010123456789\r\n\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+CGSN?\r"), b"\r\nERROR\r\n")
        bench.ok("AT+CGSN=?", "AT+CIMI=?")
        self.assertIn(b"+QCCID: 89860118801234567890", bench.type(b"AT+QCCID\r"))
        self.assertIn(b"+QINISTAT: 7", bench.type(b"AT+QINISTAT\r"))
        locked = Bench(settings=ModuleSettings(pin="1234"))
        self.assertEqual(locked.type(b"AT+CIMI\r"), cme(11))
        self.assertIn(b"+QINISTAT: 0", locked.type(b"AT+QINISTAT\r"))
        none = Bench(settings=ModuleSettings(sim=False))
        for line in (
            b"AT+CPIN?\r",
            b"AT+CIMI\r",
            b"AT+QPINC\r",
            b'AT+CLCK="SC",2\r',
            b"AT+QCCID\r",
        ):
            self.assertEqual(none.type(line), cme(10))

    def test_unregistered(self) -> None:
        """Without a network there is no signal, operator, band or time."""
        bench = Bench()
        self.assertIn(b'+COPS: 0,0,"CHN-UNICOM",7', bench.type(b"AT+COPS?\r"))
        bench.ok("AT+CREG=1", "AT+CGREG=1")
        self.assertTrue(bench.type(b"AT+CFUN=4\r").endswith(b"\r\n+CREG: 0\r\n\r\n+CGREG: 0\r\n"))
        self.assertIn(b"+CFUN: 4", bench.type(b"AT+CFUN?\r"))
        self.assertIn(b"+CSQ: 99,99", bench.type(b"AT+CSQ\r"))
        self.assertIn(b"\r\n+COPS: 0\r\n", bench.type(b"AT+COPS?\r"))
        self.assertIn(b"No Service", bench.type(b"AT+QNWINFO\r"))
        self.assertIn(b'+QLTS: ""', bench.type(b"AT+QLTS\r"))
        self.assertEqual(bench.type(b"AT+QIACT=1\r"), b"\r\nERROR\r\n")
        self.assertEqual(bench.type(b"AT+CGACT=1,1\r"), cme(30))
        self.assertIn(b"+CREG: 1", bench.type(b"AT+CFUN=1\r"))
        self.assertIn(b"BAND 3", bench.type(b"AT+QNWINFO\r"))


class NetworkTimeTests(SynchronousTestCase):
    """C{AT+QLTS}: the network's time, whatever the host says."""

    def test_hostSetsItsOwn(self) -> None:
        """AT+CCLK sets the module's clock alone; mode 0 is when the network told the time."""
        start = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
        bench = Bench(settings=ModuleSettings(time=start, clock_offset=3600.0))
        self.assertIn(b'"26/11/20,11:00:00+00"', bench.type(b"AT+CCLK?\r"))
        bench.ok('AT+CCLK="30/01/01,00:00:00+32"')
        bench.settle(90)
        for line, shown in (
            ("AT+QLTS", "2026/11/20,10:00:00+00,0"),
            ("AT+QLTS=0", "2026/11/20,10:00:00+00,0"),
            ("AT+QLTS=1", "2026/11/20,10:01:30+00,0"),
            ("AT+QLTS=2", "2026/11/20,10:01:30+00,0"),
        ):
            self.assertIn(f'+QLTS: "{shown}"'.encode(), bench.type(f"{line}\r".encode()))
        bench.ok("AT+CFUN=4", "AT+CFUN=1")
        self.assertIn(b"10:01:30+00,0", bench.type(b"AT+QLTS\r"))
        self.assertIn(b'"30/01/01,00:01:30+32"', bench.type(b"AT+CCLK?\r"))

    def test_clockForms(self) -> None:
        """Years of two digits and four; dates and zones that do not exist are refused."""
        bench = Bench()
        for given, shown in (
            ("2027/02/03,04:05:06", "27/02/03,04:05:06+00"),
            ("99/02/03,04:05:06-48", "99/02/03,04:05:06-48"),
        ):
            bench.ok(f'AT+CCLK="{given}"')
            self.assertIn(shown.encode(), bench.type(b"AT+CCLK?\r"))
        for wrong in ("27/02/30,00:00:00", "27/02/03,04:05:06+57", "27/2/3,4:5:6", "soon"):
            self.assertEqual(bench.type(f'AT+CCLK="{wrong}"\r'.encode()), cme(50))
        bench.ok("AT+CCLK=?")
