"""Registration and packet data connection of the emulated BC660K-GL (at-facts B.3)."""

from __future__ import annotations

from twisted_quectel.emulator.settings import ModuleSettings

from .nbiotbench import Case

_OK = "\r\nOK\r\n"
_REFUSED = "\r\n+CME ERROR: 50\r\n"


class ConnectionTests(Case):
    """The packet data connection is there without being asked for."""

    def test_automatic(self) -> None:
        """It comes with the registration, and has an address."""
        bench = self.bench(settings=ModuleSettings(booted=False, registration_delay=2.0))
        bench.settle(3)
        self.assertIn(b"\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n", bench.screen.take())
        bench.ok("ATE0", "AT+CEREG=1")
        self.assertIn("+CGACT: 0,0\r\n", bench.say("AT+CGACT?"))
        self.assertIn("+CGPADDR: 0\r\n", bench.say("AT+CGPADDR=0"))
        bench.settle(2)
        self.assertIn(b"+CEREG: 1", bench.screen.take())
        self.assertIn("+CGACT: 0,1\r\n", bench.say("AT+CGACT?"))
        self.assertIn('+CGPADDR: 0,"10.7.157.1"\r\n', bench.say("AT+CGPADDR"))

    def test_switched(self) -> None:
        """C{AT+CGACT} and C{AT+CGATT} switch it; connections end with it."""
        for off, on in (
            ("AT+CGACT=0,0", "AT+CGACT=1,0"),
            ("AT+CGATT=0", "AT+CGATT=1"),
            ("AT+CFUN=0", "AT+CFUN=1"),
        ):
            bench = self.bench()
            bench.open()
            self.assertIn('+QSSLURC: "closed",0,0', bench.say(off))
            self.assertIn("+CGACT: 0,0", bench.say("AT+CGACT?"))
            self.assertEqual(bench.result(), -6)
            bench.ok(on)
            self.assertIn("+CGACT: 0,1", bench.say("AT+CGACT?"))
            self.assertIn("+CGATT: 1", bench.say("AT+CGATT?"))
            bench.open()
        self.assertIn("+CGATT: 1", bench.say("AT+CGATT?"))
        bench.ok("AT+CGATT=0")
        self.assertIn("+CGATT: 0", bench.say("AT+CGATT?"))
        self.assertIn("+CME ERROR: 30", bench.say("AT+CGACT=1,0"))

    def test_lost(self) -> None:
        """What the network takes away it gives back; the connections' URCs tell of it."""
        bench = self.bench(settings=ModuleSettings(pdp_delay=5.0))
        bench.open()
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "closed",0,0\r\n')
        bench.module.lose_pdp()
        self.assertEqual(bench.result(), -6)
        bench.settle(5)
        bench.open()

    def test_lost_while_opening(self) -> None:
        """An open that goes on is -2 when the network goes."""
        bench = self.bench()
        bench.network.silence("hf.quectel.com", 9)
        bench.say('AT+QSSLOPEN=0,0,"hf.quectel.com",9,0')
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\n+QSSLOPEN: 0,0,-2\r\n")

    def test_ip_urc(self) -> None:
        """With its quirk the address is reported when the connection comes up."""
        for quirks in ([], ["ip_urc"]):
            bench = self.bench(settings=ModuleSettings(booted=False), quirks=quirks)
            bench.settle(5)
            shown = bench.screen.take()
            self.assertEqual(b"+IP: 10.7.157.1" in shown, bool(quirks))
            bench.module.lose_pdp()
            bench.settle(1)
            self.assertEqual(b"+IP: 10.7.157.1" in bench.screen.take(), bool(quirks))


class CommandTests(Case):
    """Each form of each command."""

    def test_apn(self) -> None:
        """C{AT+QCGDEFCONT} sets type, APN and more; that outlives a restart."""
        bench = self.bench()
        self.assertEqual(bench.say("AT+QCGDEFCONT?"), f'\r\n+QCGDEFCONT: "IP"\r\n{_OK}')
        bench.ok('AT+QCGDEFCONT="IPV4V6","iot.example"')
        self.assertIn('"IPV4V6","iot.example"\r\n', bench.say("AT+QCGDEFCONT?"))
        bench.ok('AT+QCGDEFCONT="IP","iot","me","secret",2', "AT+QRST=1")
        bench.settle(5)
        self.assertIn('"IP","iot","me","secret",2\r\n', bench.say("AT+QCGDEFCONT?"))
        self.assertIn('+CGDCONT: 0,"IP","iot","10.7.157.1",0,0', bench.say("AT+CGDCONT?"))
        bench.ok("ATE0", 'AT+QCGDEFCONT="IPV6"')
        self.assertEqual(bench.say("AT+QCGDEFCONT?"), f'\r\n+QCGDEFCONT: "IPV6"\r\n{_OK}')
        for tail in ('"X25"', "IP", '"IP",iot', '"IP","a","b"', '"IP","a","b","c",3', ""):
            self.assertEqual(bench.say(f"AT+QCGDEFCONT={tail}"), _REFUSED, tail)

    def test_registration(self) -> None:
        """C{AT+CEREG} takes up to 5, with the technology of NB-IoT; there is no C{+CREG}."""
        bench = self.bench()
        self.assertEqual(bench.say("AT+CEREG?"), f"\r\n+CEREG: 0,1\r\n{_OK}")
        bench.ok("AT+CEREG=5")
        self.assertIn('+CEREG: 5,1,"1A2B","1C3D4E5",9\r\n', bench.say("AT+CEREG?"))
        self.assertEqual(bench.say("AT+CEREG=6"), _REFUSED)
        self.assertEqual(bench.say("AT+CREG?"), "\r\nERROR\r\n")
        self.assertIn('+COPS: 0,2,"46001",9', bench.say("AT+COPS?"))
        bench.ok("AT+COPS=0", "AT+CEREG=0", "AT+CFUN=0")
        self.assertIn("+COPS: 0\r\n", bench.say("AT+COPS?"))
        self.assertEqual(bench.say("AT+COPS=9"), _REFUSED)

    def test_cell(self) -> None:
        """C{AT+QENG=0} tells of the cell: fourteen values, with RSRP in the sixth."""
        bench = self.bench()
        line = bench.say("AT+QENG=0").strip().split("\r\n")[0]
        values = line.partition(": ")[2].split(",")
        self.assertEqual((len(values), values[0], values[5]), (14, "0", "-84"))
        self.assertEqual(bench.say("AT+QENG=1"), _OK)
        self.assertEqual(bench.say("AT+QENG=3"), _REFUSED)
        bench.ok("AT+CFUN=0")
        self.assertEqual(bench.say("AT+QENG=0"), _OK)

    def test_test_forms(self) -> None:
        """Test forms show what is taken."""
        bench = self.bench()
        for name, shown in (
            ("CEREG", "(0-5)"), ("CGATT", "(0,1)"), ("CGACT", "(0,1)"), ("CGPADDR", "(0)"),
            ("CGDCONT", '(0),"IP"'), ("QCGDEFCONT", '("IP","IPV6","IPV4V6")'),
            ("CIPCA", "(3),(0,1)"), ("CSCON", "(0,1)"), ("QENG", "(0-2)"), ("COPS", "46001"),
            ("QSCLK", "(0-2)"), ("QNBIOTEVENT", "(0,1),(1)"), ("CPSMS", "(0-2)"), ("QRST", "(1)"),
            ("QCFG", '"slplocktimes",(0-30)'),
        ):  # fmt: skip
            self.assertIn(f"+{name}: ", bench.say(f"AT+{name}=?"))
            self.assertIn(shown, bench.say(f"AT+{name}=?"))

    def test_kept(self) -> None:
        """What is only kept is answered as it was set."""
        bench = self.bench()
        self.assertIn("+CIPCA: 3,0", bench.say("AT+CIPCA?"))
        bench.ok("AT+CIPCA=3,1", "AT+CSCON=1", 'AT+QCFG="EPCO",0')
        self.assertIn("+CIPCA: 3,1", bench.say("AT+CIPCA?"))
        self.assertIn("+CSCON: 1,0", bench.say("AT+CSCON?"))
        self.assertIn('+QCFG: "EPCO",0', bench.say('AT+QCFG="epco"'))
        for line in (
            "AT+CIPCA=2", "AT+CSCON=2", 'AT+QCFG="EPCO",2', 'AT+QCFG="nwscanmode"', "AT+CGATT=2",
            "AT+CGACT=2", "AT+CGACT=0,1", "AT+CGPADDR=1", 'AT+CGDCONT=1,"IP"', "AT+QCFG?",
        ):  # fmt: skip
            self.assertEqual(bench.say(line), _REFUSED, line)

    def test_identity(self) -> None:
        """The module names itself."""
        bench = self.bench()
        self.assertEqual(bench.say("AT+CGMM"), f"\r\nBC660K-GL\r\n{_OK}")
        self.assertIn("BC660KGL", bench.say("AT+CGMR"))

    def test_no_sim(self) -> None:
        """Without a SIM the start says so, and there is no connection."""
        bench = self.bench(settings=ModuleSettings(booted=False, sim=False))
        bench.settle(5)
        self.assertIn(b"+CPIN: NOT INSERTED", bench.screen.take())
        self.assertIn("+CGACT: 0,0", bench.say("AT+CGACT?"))
