"""What GSM modules call themselves, and what else is different about them."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator import MemoryNetwork, ModuleSettings, create_module
from twisted_quectel.emulator.gsm.module import GSMModule
from twisted_quectel.tables.gsm import MODELS
from twisted_quectel.testing import EmulatedModule

from .bench import GSMBench

ERROR = b"\r\nERROR\r\n"


class IdentityTests(SynchronousTestCase):
    """C{ATI} and the others."""

    def test_models(self) -> None:
        """Each model says its name, as the firmware writes it."""
        for model in MODELS:
            bench = GSMBench(model=model)
            product = f"Quectel_{model}".encode()
            self.assertEqual(
                bench.type("ATI"),
                b"\r\nQuectel_Ltd\r\n%b\r\nRevision: %bFAR02A08\r\n\r\nOK\r\n"
                % (product, model.encode()),
            )
            self.assertEqual(bench.type("AT+CGMM"), b"\r\n%b\r\n\r\nOK\r\n" % product)
            self.assertEqual(bench.type("AT+GMI"), b"\r\nQuectel_Ltd\r\n\r\nOK\r\n")

    def test_creation(self) -> None:
        """They are made by model, in tests too."""
        clock = Clock()
        network = MemoryNetwork(clock)
        for model in MODELS:
            for module in (
                create_module(clock, network=network, model=model),
                EmulatedModule(clock, model, network=network).module,
            ):
                self.assertIsInstance(module, GSMModule)
                self.assertEqual(module.model, model)
                module.close()
        usual = GSMModule(clock, network=network)
        self.assertEqual(usual.model, "M95")
        usual.close()

    def test_quirks(self) -> None:
        """Quirks of LTE modules are none of them."""
        self.assertRaises(ValueError, GSMBench, quirks=["psk_no_space"])


class RadioTests(SynchronousTestCase):
    """Registration as a module without LTE tells it."""

    def test_registration(self) -> None:
        """There is no technology in it, and no C{+CEREG}."""
        bench = GSMBench()
        bench.ok("AT+CREG=2", "AT+CGREG=2")
        self.assertIn(b'+CREG: 2,1,"1A2B","3C4D"\r\n', bench.type("AT+CREG?"))
        self.assertIn(b'+CGREG: 2,1,"1A2B","3C4D"\r\n', bench.type("AT+CGREG?"))
        self.assertEqual(bench.type("AT+CEREG?"), ERROR)
        self.assertIn(b'+COPS: 0,0,"CHN-UNICOM"\r\n', bench.type("AT+COPS?"))
        self.assertIn(b'"46001"),,(0-4),(0-2)', bench.type("AT+COPS=?"))
        self.assertIn(b"+CSQ: 28,99", bench.type("AT+CSQ"))
        self.assertIn(b"+CSQ: (0-31,99),(0-7,99)", bench.type("AT+CSQ=?"))
        bench.ok("AT+COPS=0")
        for line in ("AT+COPS=5", "AT+COPS=0,3", "AT+COPS", "AT+CSQ?", "AT+CSQ=1"):
            self.assertEqual(bench.type(line), ERROR)

    def test_no_service(self) -> None:
        """Nobody serves it."""
        bench = GSMBench(settings=ModuleSettings(registration=3))
        self.assertIn(b"+COPS: 0\r\n", bench.type("AT+COPS?"))
        self.assertIn(b"+CSQ: 99,99", bench.type("AT+CSQ"))


class PowerTests(SynchronousTestCase):
    """What is said at the start and at the end."""

    def test_start(self) -> None:
        """The boot URCs, with a SIM, without, and with one that asks for its PIN."""
        for settings, told in (
            (ModuleSettings(booted=False), ["+CPIN: READY", "Call Ready"]),
            (ModuleSettings(booted=False, sim=False), ["+CPIN: NOT INSERTED"]),
            (ModuleSettings(booted=False, pin="1111"), ["+CPIN: SIM PIN"]),
        ):
            bench = GSMBench(settings=settings)
            bench.settle(4.0)
            lines = [line for line in bench.screen.take().decode().split("\r\n") if line]
            self.assertEqual(lines, ["RDY", "+CFUN: 1", *told])

    def test_end(self) -> None:
        """C{AT+QPOWD=1} ends in words of its own."""
        bench = GSMBench()
        self.assertEqual(bench.type("AT+QPOWD=1", 1.0), b"\r\nOK\r\n\r\nNORMAL POWER DOWN\r\n")
        self.assertFalse(bench.module.powered)


class SpaceTests(SynchronousTestCase):
    """Blanks and typographical quotes."""

    def test_strict(self) -> None:
        """They are refused outside strings, and nowhere else."""
        bench = GSMBench()
        for line in (
            "AT+ QIFGCNT=0", "AT+QIFGCNT =0", "AT+QIFGCNT= 0", "AT +QIFGCNT=0",
            'AT+QSSLCFG="seclevel", 0,1', "AT+QSSLCFG=”seclevel”,0,1",
        ):  # fmt: skip
            self.assertEqual(bench.type(line), ERROR, line)
        bench.ok('AT+QICSGP=1,"a b"', "ATE0 V1", "AT+QIFGCNT=0 ")
        self.assertIn(b'"a b"', bench.type("AT+QIREGAPP?"))

    def test_lenient(self) -> None:
        """By a quirk they are taken; what stands in a string stays."""
        bench = GSMBench(quirks=["lenient_spaces"])
        bench.ok("AT+ QIFGCNT = 0", "AT+QSSLCFG=”seclevel” , 0, 1", "AT+QICSGP=1,“a b”")
        self.assertIn(b'"a b"', bench.type("AT+QIREGAPP?"))
        self.assertIn(b'+QSSLCFG: "seclevel",1', bench.send(b"AT+QSSLCFG=\x93seclevel\x94,0\r"))
