"""What is around the stacks of the emulated SIM5320: identity, power, network, every form."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import calls
from tests.emulator.test_every_form import FORMS, SHAPES
from twisted_quectel.emulator import EMULATED, MemoryNetwork, ModuleSettings, create_module
from twisted_quectel.emulator.sim52xx.module import COMMANDS, SIM52xxModule
from twisted_quectel.tables.sim52xx import MODELS

from .bench import Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
BOOT = b"\r\nSTART\r\n\r\nPB DONE\r\n\r\n+STIN: 25\r\n"


class ModuleTests(SynchronousTestCase):
    """A module that is asked who it is."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.addCleanup(self.bench.close)

    def test_models(self) -> None:
        """Every model is made by its name; nothing else is one."""
        clock = Clock()
        for model in MODELS:
            self.assertIs(EMULATED[model], SIM52xxModule)
            module = create_module(clock, network=MemoryNetwork(clock), model=model)
            self.assertEqual((module.family, module.model), ("sim52xx", model))
            module.close()
        self.assertRaises(
            ValueError, SIM52xxModule, clock, network=MemoryNetwork(clock), model="EC25"
        )

    def test_identity(self) -> None:
        """The maker is in front of the model, as on hardware."""
        self.assertEqual(self.bench.say("AT+CGMI"), b"\r\nSIMCOM INCORPORATED\r\n" + OK)
        for name in ("CGMM", "GMM"):
            self.assertEqual(self.bench.say(f"AT+{name}"), b"\r\nSIMCOM_SIM5320\r\n" + OK)
            self.assertEqual(self.bench.say(f"AT+{name}=?"), OK)
            self.assertEqual(self.bench.say(f"AT+{name}?"), ERROR)
        self.assertEqual(self.bench.say("AT+CGMR"), b"\r\nSIM5320_V1.5\r\n" + OK)
        shown = self.bench.say("ATI")
        self.assertIn(b"\r\nManufacturer: SIMCOM INCORPORATED\r\nModel: SIMCOM_SIM5320\r\n", shown)
        self.assertEqual(self.bench.say("ATI9"), ERROR)
        self.assertRegex(self.bench.say("AT+CICCID"), rb"^\r\n\+ICCID: \d{20}\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CICCID=?"), OK)
        self.assertEqual(self.bench.say("AT+CICCID?"), ERROR)

    def test_not_quectels(self) -> None:
        """It has no command of another maker, and none of the fourth generation."""
        self.assertEqual([name for name in COMMANDS if name.startswith("+Q")], [])
        for command in ("AT+QSSLCFG=?", "AT+QPOWD", "AT+CEREG?", "AT+QURCCFG=?"):
            self.assertEqual(self.bench.say(command), ERROR)
        self.assertEqual(self.bench.say("AT+CGREG?"), b"\r\n+CGREG: 0,1\r\n" + OK)

    def test_power(self) -> None:
        """Off in order, off at once, and restarts."""
        self.assertEqual(self.bench.say("AT+CPOF", 1), OK + b"\r\nNORMAL POWER DOWN\r\n")
        self.assertFalse(self.bench.module.powered)
        self.bench.module.power_on()
        self.bench.settle(4)
        self.assertEqual(self.bench.screen.take(), BOOT)
        self.bench.type(b"ATE0\r")
        for name in ("CRESET", "REBOOT"):
            self.assertEqual(self.bench.say(f"AT+{name}=?"), OK)
            self.assertEqual(self.bench.say(f"AT+{name}?"), ERROR)
            self.assertEqual(self.bench.say(f"AT+{name}", 4), OK + BOOT)
            self.bench.type(b"ATE0\r")
        self.assertEqual(self.bench.say("AT+CFUN=1,1", 4), OK + BOOT)

    def test_boot_with_pin(self) -> None:
        """A SIM that waits for its PIN is not done with."""
        bench = Bench(settings=ModuleSettings(booted=False, pin="1234"))
        self.addCleanup(bench.close)
        bench.settle(4)
        self.assertEqual(bench.screen.take(), b"\r\nSTART\r\n")

    def test_contexts(self) -> None:
        """PDP contexts are set, listed and taken back."""
        for name in ("CGDCONT", "CGSOCKCONT"):
            self.bench.ok(f'AT+{name}=1,"IP","internet"')
            self.assertEqual(
                self.bench.say(f"AT+{name}?"),
                f'\r\n+{name}: 1,"IP","internet","0.0.0.0",0,0\r\n'.encode() + OK,
            )
            self.bench.ok(f"AT+{name}=1")
            self.assertEqual(self.bench.say(f"AT+{name}?"), OK)
            self.assertIn(b"(1-16)", self.bench.say(f"AT+{name}=?"))
            for parameters in ('0,"IP","a"', '1,"PPP","a"', "1,IP", '1,"IP",a', ""):
                self.assertEqual(self.bench.say(f"AT+{name}={parameters}"), ERROR)

    def test_authentication(self) -> None:
        """User and password are taken, and not told again."""
        self.bench.ok('AT+CSOCKAUTH=1,1,"user","secret"', "AT+CGAUTH=1,0")
        self.assertEqual(self.bench.say("AT+CSOCKAUTH?"), ERROR)
        self.assertIn(b"(1-16)", self.bench.say("AT+CSOCKAUTH=?"))
        for parameters in ("0,1", "1,3", '1,1,"u","p","x"', "1,1,u"):
            self.assertEqual(self.bench.say(f"AT+CSOCKAUTH={parameters}"), ERROR)

    def test_attachment(self) -> None:
        """Attached and active as soon as it is registered."""
        self.assertEqual(self.bench.say("AT+CGATT?"), b"\r\n+CGATT: 1\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CGACT?"), b"\r\n+CGACT: 1,1\r\n" + OK)
        self.bench.ok("AT+CGATT=1", "AT+CGACT=1,1")
        self.assertEqual(self.bench.say("AT+CGATT=2"), ERROR)
        self.assertEqual(self.bench.say("AT+CGACT=1"), ERROR)
        self.assertEqual(self.bench.say("AT+CGATT=?"), b"\r\n+CGATT: (0,1)\r\n" + OK)
        self.assertEqual(self.bench.say("AT+IPADDR"), b"\r\n+IPADDR: 10.7.157.1\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CGPADDR"), b"\r\n+CGPADDR: 1,10.7.157.1\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CGPADDR=?"), OK)
        self.assertEqual(self.bench.say("AT+IPADDR?"), ERROR)
        lonely = Bench(settings=ModuleSettings(registration=2))
        self.addCleanup(lonely.close)
        self.assertEqual(lonely.say("AT+CGATT?"), b"\r\n+CGATT: 0\r\n" + OK)
        self.assertEqual(lonely.say("AT+CGATT=1"), ERROR)
        self.assertEqual(lonely.say("AT+IPADDR"), ERROR)

    def test_held(self) -> None:
        """Values that are only kept, in part if only a part is given."""
        self.bench.ok("AT+CIPCCFG=,,,,1", "AT+CIPTIMEOUT=75000,15000,15000", "AT+CSOCKSETPN=2")
        self.assertEqual(
            self.bench.say("AT+CIPCCFG?"), b"\r\n+CIPCCFG: 10,0,0,0,1,0,75000\r\n" + OK
        )
        self.assertEqual(
            self.bench.say("AT+CIPTIMEOUT?"), b"\r\n+CIPTIMEOUT: 75000,15000,15000\r\n" + OK
        )
        self.assertEqual(self.bench.say("AT+CSOCKSETPN?"), b"\r\n+CSOCKSETPN: 2\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CSOCKSETPN=?"), b"\r\n+CSOCKSETPN: (1-16)\r\n" + OK)
        for command in ("AT+CSOCKSETPN=17", "AT+CSOCKSETPN=1,2", "AT+CIPMODE=1", "AT+CSOCKSETPN"):
            self.assertEqual(self.bench.say(command), ERROR)

    def test_clock(self) -> None:
        """The clock is read and set as on others."""
        self.bench.module.set_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
        self.assertEqual(self.bench.say("AT+CCLK?"), b'\r\n+CCLK: "26/01/02,03:04:05+00"\r\n' + OK)

    def test_other_pdp(self) -> None:
        """There is one packet data connection, 1."""
        self.bench.open()
        self.bench.module.lose_pdp(2)
        self.assertEqual(self.bench.say("AT+CSSLSTOP"), OK)


class FormTests(SynchronousTestCase):
    """The strict module and every command it has."""

    def test_every_form(self) -> None:
        """Every command in every form has one final result, or a prompt; nothing raises."""
        for name in COMMANDS:
            if name in SHAPES or name in ("+CPOF", "+CRESET", "+REBOOT", "+CFUN", "+IPR"):
                continue
            bench = Bench()
            for form in (*FORMS, '="x",1,"y","z",2', '=1,"TCP","server.example",7', "=0,16"):
                answer = bench.say(f"AT{name}{form}" if name[0] == "+" else f"AT{name}")
                if answer.endswith(b"\r\n>"):
                    answer = bench.type(b"x" * 100)
                for _ in range(3):
                    if not answer:
                        bench.settle(121)
                        answer = bench.screen.take()
                self.assertRegex(answer, rb"(?s)\r\n(OK|ERROR|NO CARRIER|\+CME ERROR: \d+)\r\n")
                self.assertIn(OK, bench.say("AT"), (name, form))
            bench.close()
            self.assertEqual(calls(bench.clock), [], name)
            self.assertEqual(self.flushLoggedErrors(), [], name)
