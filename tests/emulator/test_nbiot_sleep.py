"""The sleep of the emulated BC660K-GL (AT Commands Manual; field note 47)."""

from __future__ import annotations

from twisted_quectel.emulator.nbiot.sleep import State
from twisted_quectel.emulator.settings import ModuleSettings

from .nbiotbench import Case

_OK = "\r\nOK\r\n"
_BOOT = b"\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n"
_EVENTS = (
    b'\r\n+QNBIOTEVENT: "ENTER PSM"\r\n\r\n+QNBIOTEVENT: "ENTER DEEPSLEEP"\r\n',
    b'\r\n+QNBIOTEVENT: "EXIT PSM"\r\n',
)


class LightTests(Case):
    """Light sleep: what wakes is not heard."""

    def test_first_bytes(self) -> None:
        """Ten seconds behind the last use the first command is lost, the second is not."""
        bench = self.bench(awake=False)
        bench.settle(9.5)
        self.assertEqual(bench.say("AT"), _OK)
        bench.settle(10)
        self.assertIs(bench.module.sleep.state(), State.LIGHT)
        self.assertEqual(bench.say("AT+CSQ"), "")
        bench.settle(0.1)
        self.assertEqual(bench.say("AT"), _OK)

    def test_waking_takes_time(self) -> None:
        """All that comes while it wakes is lost: what is left of a line is no command."""
        bench = self.bench(awake=False, settings=ModuleSettings(wake_time=0.05))
        bench.settle(10)
        self.assertEqual(bench.type(b"AT+Q", 0.03), b"")
        self.assertEqual(bench.type(b"SCLK", 0.03), b"")
        self.assertEqual(bench.type(b"=0\r", 0.03), b"")
        self.assertIn("+QSCLK: 1\r\n", bench.say("AT+QSCLK?"))

    def test_lock_time(self) -> None:
        """C{slplocktimes} is how long the UART keeps it awake; it outlives a restart."""
        bench = self.bench()
        bench.ok('AT+QCFG="slplocktimes",30', "AT+QRST=1")
        bench.settle(5)
        bench.settle(29)
        bench.screen.take()
        self.assertEqual(bench.say("ATE0"), f"ATE0\r{_OK}")
        bench.settle(30)
        self.assertEqual(bench.say("AT"), "")
        self.assertEqual(bench.say('AT+QCFG="slplocktimes",31', 1), "")

    def test_no_lock_time(self) -> None:
        """With a lock time of 0 a command is lost behind a second, and the next one is heard."""
        bench = self.bench(awake=False)
        bench.ok('AT+QCFG="slplocktimes",0', "AT")
        bench.settle(1)
        self.assertEqual(bench.say("AT"), "")
        bench.settle(0.1)
        bench.ok("AT", "AT+QSCLK=0")
        bench.settle(1000)
        bench.ok("AT")

    def test_off(self) -> None:
        """With C{AT+QSCLK=0} it never sleeps; the setting does not outlive a restart."""
        bench = self.bench()
        bench.settle(10000)
        self.assertEqual(bench.say("AT+QSCLK?"), f"\r\n+QSCLK: 0\r\n{_OK}")
        bench.ok("AT+QRST=1")
        bench.settle(5)
        self.assertIn("+QSCLK: 1\r\n", bench.say("AT+QSCLK?"))

    def test_light_only(self) -> None:
        """With C{AT+QSCLK=2} connections outlive the sleep, and what comes is pushed."""
        bench = self.bench()
        peer = bench.open()
        bench.ok("AT+QSCLK=2")
        bench.settle(10000)
        self.assertIs(bench.module.sleep.state(), State.LIGHT)
        peer.write(b"hello")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",0,0,5,"hello"\r\n')
        self.assertEqual(bench.say("AT"), _OK)  # the push was use

    def test_pin(self) -> None:
        """What follows the pin is heard from its first byte on."""
        bench = self.bench(awake=False)
        bench.settle(20)
        bench.module.wake()
        self.assertEqual(bench.say("AT"), _OK)

    def test_not_while_busy(self) -> None:
        """A body that is awaited and an open that goes on keep it awake."""
        bench = self.bench()
        bench.open()
        bench.ok("AT+QSCLK=1")
        bench.say("AT+QSSLSEND=0,0,5")
        bench.settle(300)
        self.assertIn(b"+QSSLSEND: 0,0,0", bench.type(b"hello"))
        bench.say("AT+QSSLCLOSE=0,0")
        bench.network.silence("hf.quectel.com", 9)
        bench.say('AT+QSSLOPEN=0,0,"hf.quectel.com",9,0')
        bench.settle(80)
        self.assertEqual(bench.say("AT"), _OK)
        bench.settle(11)
        self.assertIn(b"+QSSLOPEN: 0,0,-7", bench.screen.take())


class DeepTests(Case):
    """Deep sleep: connections and settings are gone."""

    def test_forgets(self) -> None:
        """It is told to nobody; the next byte is lost and starts the module."""
        bench = self.bench()
        bench.provision(1)
        peer = bench.open()
        bench.ok("AT+QSCLK=1")
        bench.settle(59)
        self.assertIsNone(peer.lost)
        bench.settle(2)
        self.assertIs(bench.module.sleep.state(), State.DEEP)
        self.assertEqual(bench.screen.take(), b"")
        self.assertEqual(bench.say("AT"), "")
        bench.settle(2)
        self.assertEqual(bench.say("AT"), "")  # it takes its time
        bench.settle(2)
        self.assertEqual(bench.screen.take(), _BOOT)
        self.assertEqual(bench.say("AT"), f"AT\r{_OK}")
        shown = bench.say("AT+QSSLCFG=0,0")
        self.assertIn('"seclevel",0\r\n', shown)
        self.assertNotIn('"cacert",0\r\n', shown)
        self.assertIn("ERROR", bench.say("AT+QSSLSEND=0,0,5"))

    def test_events(self) -> None:
        """Both events are reported where the host has asked, before and behind."""
        bench = self.bench()
        bench.ok('AT+QCFG="dsevent",1', "AT+QNBIOTEVENT=1,1", "AT+QSCLK=1")
        bench.settle(61)
        self.assertEqual(bench.screen.take(), _EVENTS[0])
        bench.module.wake()
        bench.settle(5)
        self.assertEqual(bench.screen.take(), _BOOT + _EVENTS[1])
        self.assertIn("+QNBIOTEVENT: 1,1\r\n", bench.say("AT+QNBIOTEVENT?"))
        self.assertIn('+QCFG: "dsevent",1\r\n', bench.say('AT+QCFG="dsevent"'))

    def test_not_by_uart(self) -> None:
        """Without C{wakeupRXD} only the pin wakes it."""
        bench = self.bench()
        bench.ok('AT+QCFG="wakeupRXD",0', "AT+QSCLK=1")
        bench.settle(61)
        for _ in range(3):
            self.assertEqual(bench.say("AT", 5), "")
        bench.module.wake()
        bench.settle(5)
        self.assertEqual(bench.screen.take(), _BOOT)

    def test_power_saving(self) -> None:
        """C{AT+CPSMS} has the active time, or switches deep sleep off."""
        bench = self.bench()
        bench.ok('AT+CPSMS=1,,,"11011111","00000000"', "AT+QSCLK=1")
        bench.settle(11)  # the UART's ten seconds
        self.assertIs(bench.module.sleep.state(), State.DEEP)
        bench.module.wake()
        bench.settle(5)
        bench.say("ATE0")
        bench.ok('AT+CPSMS=1,,,"11011111","00100010"')  # two minutes
        bench.settle(119)
        self.assertIs(bench.module.sleep.state(), State.LIGHT)
        bench.settle(2)
        self.assertIs(bench.module.sleep.state(), State.DEEP)
        bench.module.wake()
        bench.settle(5)
        bench.screen.take()
        for line in ("AT+CPSMS=0", 'AT+CPSMS=1,,,"11011111","11100000"'):
            bench.ok(line)
            self.assertIn("+CPSMS: 0\r\n", bench.say("AT+CPSMS?"))
            bench.settle(10000)
            self.assertIs(bench.module.sleep.state(), State.LIGHT)
            bench.module.wake()
        bench.ok("AT+CPSMS=1")
        for tail in ("3", '1,,,"2"', '1,,,"11011111","1"', ""):
            self.assertIn("+CME ERROR: 50", bench.say(f"AT+CPSMS={tail}"), tail)

    def test_not_without_network(self) -> None:
        """A module that looks for its network does not sleep deeply; later it does."""
        bench = self.bench(settings=ModuleSettings(registration_delay=200), awake=False)
        bench.settle(190)
        self.assertIs(bench.module.sleep.state(), State.LIGHT)
        bench.settle(20)
        bench.settle(2)
        self.assertIs(bench.module.sleep.state(), State.DEEP)

    def test_use_keeps_it_off(self) -> None:
        """Each use begins the time anew."""
        bench = self.bench(awake=False)
        for _ in range(20):
            bench.settle(50)
            bench.type(b"AT\r")
        self.assertIsNot(bench.module.sleep.state(), State.DEEP)

    def test_asleep_at_the_end(self) -> None:
        """A module that sleeps deeply can be switched off, and restarted."""
        bench = self.bench(awake=False)
        bench.settle(61)
        bench.module.restart()
        bench.settle(5)
        self.assertEqual(bench.screen.take(), _BOOT)
        bench.settle(61)
        bench.module.sleep.fall()
        self.assertIs(bench.module.sleep.state(), State.DEEP)
        bench.module.kill()
        self.assertEqual(bench.say("AT", 10), "")
        self.assertEqual(bench.say("AT", 10), "")

    def test_commands(self) -> None:
        """Values that the manual does not have are refused."""
        bench = self.bench()
        for line in (
            "AT+QSCLK=3", "AT+QSCLK=", "AT+QSCLK", "AT+QSCLK=1,1", "AT+QNBIOTEVENT=2",
            "AT+QNBIOTEVENT=1,2", 'AT+QCFG="dsevent",2', 'AT+QCFG="dsevent",1,1', "AT+CPSMS",
        ):  # fmt: skip
            self.assertIn("+CME ERROR: 50", bench.say(line), line)
        for line in ("AT+QRST=0", "AT+QRST", "AT+QRST?"):
            self.assertIn("ERROR", bench.say(line), line)
