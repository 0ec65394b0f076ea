"""Tests for L{twisted_quectel.modem.network}: SIM, registration, clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import CommandFailed, ModemNotReady, RegistrationError, SIMError
from twisted_quectel.modem.network import (
    REGISTRATION_PATIENCE,
    PinMemory,
    module_time,
    set_clock,
    unlock_sim,
    wait_for_registration,
)
from twisted_quectel.modemprofile import ModemProfile

from .scripted import OK, PortBench


class NetworkCase(SynchronousTestCase):
    """A module with a SIM and a network."""

    def setUp(self) -> None:
        self.bench = PortBench()
        self.answers = self.bench.answers
        self.sent = self.bench.module.sent

    def later(self, seconds: float) -> None:
        """Let time pass in steps of half a second."""
        for _ in range(round(seconds * 2)):
            self.bench.clock.advance(0.5)
            self.bench.module.settle(15)


class SIMTests(NetworkCase):
    """C{AT+CPIN} (27.007 chapter 8.3), and C{AT+QPINC}."""

    def setUp(self) -> None:
        super().setUp()
        self.memory = PinMemory()

    def unlock(self, **profile: Any) -> Deferred[None]:
        """Have the SIM ready."""
        described = ModemProfile(name="m", device="/dev/m", **profile)
        bench = self.bench
        return bench.run(unlock_sim(bench.clock, bench.port, bench.family, described, self.memory))

    def tries(self, left: int | None) -> None:
        """Set how many tries are left; L{None}: the firmware does not say."""
        self.answers["+QPINC"] = "ERROR" if left is None else f'+QPINC: "SC",{left},10\n\nOK'

    def refused(self, unlocking: Deferred[None]) -> str:
        """Give the message of a refusal."""
        problem = self.failureResultOf(unlocking, SIMError).value
        for text in (str(problem), *problem.trace, problem.command or ""):
            self.assertNotIn("4711", text)
        return str(problem)

    def test_ready(self) -> None:
        """A SIM that asks for nothing gets nothing."""
        self.successResultOf(self.unlock(pin="4711"))
        self.assertEqual(self.bench.module.lines, ["+CPIN?"])

    def test_pin(self) -> None:
        """With all tries left the PIN is given, once, and the SIM waited for."""
        self.answers["+CPIN?"] = ["+CPIN: SIM PIN\n\nOK", "+CME ERROR: 14", "+CPIN: READY\n\nOK"]
        self.tries(3)
        unlocking = self.unlock(pin="4711")
        self.assertEqual(self.sent("+CPIN="), ['+CPIN="4711"'])
        self.later(2)
        self.successResultOf(unlocking)
        self.assertEqual(len(self.sent("+CPIN=")), 1)
        self.assertNotIn("4711", "".join(self.bench.port.trace.last(99)))

    def test_no_pin(self) -> None:
        """A SIM that asks for a PIN that nobody gave."""
        self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
        self.assertTrue(self.refused(self.unlock()).startswith("pin: "))

    def test_tries_used_up(self) -> None:
        """Without all tries, or without knowing, the PIN is not tried unless told to."""
        for left in (2, 1, 0, None):
            self.setUp()
            self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
            self.tries(left)
            self.assertIn("pinTries", self.refused(self.unlock(pin="4711")))
            self.assertEqual(self.sent("+CPIN="), [])
            self.answers["+CPIN?"] = ["+CPIN: SIM PIN\n\nOK", "+CPIN: READY\n\nOK"]
            unlocking = self.unlock(pin="4711", pin_tries=True)
            if left in (0, 1):
                self.assertIn("one try is left", self.refused(unlocking))
                self.assertEqual(self.sent("+CPIN="), [])
                continue
            self.later(1)
            self.successResultOf(unlocking)
            self.assertFalse(self.memory.refused)

    def test_wrong_pin(self) -> None:
        """A PIN that was refused is not tried again at the next bring-up, told to or not."""
        self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
        self.answers["+CPIN="] = "+CME ERROR: 16"
        self.answers["+QPINC"] = ['+QPINC: "SC",3,10\n\nOK', '+QPINC: "SC",2,10\n\nOK']
        self.assertIn("2 tries are left", self.refused(self.unlock(pin="4711")))
        for told in (True, False):
            self.refused(self.unlock(pin="4711", pin_tries=told))
        self.assertEqual(len(self.sent("+CPIN=")), 1)
        self.assertTrue(self.memory.refused)

    def test_no_answer(self) -> None:
        """A PIN that was not answered counts as refused until the SIM says that it is ready."""
        self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
        self.answers["+CPIN="] = lambda line: None
        self.tries(3)
        unlocking = self.unlock(pin="4711")
        self.later(16)
        self.failureResultOf(unlocking)
        self.assertTrue(self.memory.refused)
        self.setUp_again(2)
        self.refused(self.unlock(pin="4711", pin_tries=True))
        self.assertEqual(len(self.sent("+CPIN=")), 0)
        self.answers["+CPIN?"] = "+CPIN: READY\n\nOK"
        self.successResultOf(self.unlock(pin="4711"))
        self.assertFalse(self.memory.refused)

    def setUp_again(self, tries: int) -> None:
        """Take another port to the same SIM."""
        memory = self.memory
        self.setUp()
        self.memory = memory
        self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
        self.tries(tries)

    def test_wrong_pin_and_silence_about_tries(self) -> None:
        """The refusal is told even where the firmware does not count."""
        self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
        self.answers["+CPIN="] = "ERROR"
        self.tries(None)
        self.assertIn("refused", self.refused(self.unlock(pin="4711", pin_tries=True)))

    def test_locked(self) -> None:
        """What only its owner can unlock is told at once."""
        for state in ("SIM PUK", "SIM PIN2", "SIM PUK2", "PH-NET PIN"):
            self.answers["+CPIN?"] = f"+CPIN: {state}\n\nOK"
            self.assertIn(state, self.refused(self.unlock(pin="4711")))

    def test_no_sim(self) -> None:
        """No SIM, by number or by text."""
        for answer in ("+CME ERROR: 10", "+CME ERROR: SIM not inserted"):
            self.answers["+CPIN?"] = answer
            problem = self.failureResultOf(self.unlock(), SIMError).value
            self.assertEqual((problem.code, str(problem).partition(":")[0]), (10, "device"))

    def test_never_ready(self) -> None:
        """A SIM that does not get ready is given up after its time."""
        for answer in ("+CME ERROR: 14", "+CME ERROR: 13", OK, "+CPIN: \n\nOK"):
            self.setUp()
            self.answers["+CPIN?"] = answer
            unlocking = self.unlock()
            self.later(15)
            self.assertNoResult(unlocking)
            self.later(6)
            self.assertIn("not ready", self.refused(unlocking))

    def test_asks_again(self) -> None:
        """A SIM that asks again for the PIN that it took gets it only once."""
        self.answers["+CPIN?"] = "+CPIN: SIM PIN\n\nOK"
        self.tries(3)
        unlocking = self.unlock(pin="4711")
        self.later(21)
        self.refused(unlocking)
        self.assertEqual(len(self.sent("+CPIN=")), 1)


class RegistrationTests(NetworkCase):
    """C{AT+CEREG?} and its relatives (27.007 chapters 7.2, 10.1.20, 10.1.22)."""

    def setUp(self) -> None:
        super().setUp()
        self.obstacles: list[ModemNotReady] = []

    def wait(self) -> Deferred[None]:
        """Wait for a network."""
        bench = self.bench
        return bench.run(wait_for_registration(bench.clock, bench.port, self.obstacles.append))

    def states(self, eps: str, packet: str = "ERROR", circuit: str = "ERROR") -> None:
        """Set the answers."""
        self.answers["+CEREG?"] = f"{eps}\n\nOK" if eps.startswith("+") else eps
        self.answers["+CGREG?"] = f"{packet}\n\nOK" if packet.startswith("+") else packet
        self.answers["+CREG?"] = f"{circuit}\n\nOK" if circuit.startswith("+") else circuit

    def test_registered(self) -> None:
        """At home or roaming, by any of the three, in the short form or the long one."""
        for states in (
            ("+CEREG: 0,1",),
            ('+CEREG: 2,5,"1A2B","01C3D401",7',),
            ("+CEREG: 0,0", "+CGREG: 0,1"),
            ("ERROR", "ERROR", "+CREG: 0,5"),
            ("OK", "+CGREG: 0,4", "+CREG: 1,1"),
        ):
            self.states(*states)
            self.successResultOf(self.wait())
        self.assertEqual(self.bench.module.timers(), [])

    def test_urc_within(self) -> None:
        """The URC form, which lacks the first number, is no answer (note 3)."""
        self.states('+CEREG: 5\n\n+CEREG: 1,"1A2B","01C3D401",7\n\n+CEREG: 0,2')
        waiting = self.wait()
        self.assertNoResult(waiting)
        self.assertEqual(self.bench.listener.urcs, [b"+CEREG: 5", b'+CEREG: 1,"1A2B","01C3D401",7'])
        self.states("+CEREG: 0,1")
        self.later(1.5)
        self.successResultOf(waiting)

    def test_patience(self) -> None:
        """A network is waited for three minutes; the error says what the state was."""
        for state, part in (
            ("0,2", "searching"),
            ("0,3", "denied"),
            ("0,0", "not searching"),
            ("0,4", "out of coverage"),
            ("0,99", "99"),
        ):
            self.setUp()
            self.states(f"+CEREG: {state}")
            waiting = self.wait()
            self.bench.clock.pump([1.0] * 30)
            self.assertNoResult(waiting)
            self.bench.clock.advance(REGISTRATION_PATIENCE)
            self.bench.module.settle(30)
            problem = self.failureResultOf(waiting, RegistrationError).value
            self.assertIn(part, str(problem))
            self.assertEqual(str(self.obstacles[0]), str(problem))


class ClockTests(NetworkCase):
    """The module's clock decides about certificates (note 46)."""

    NOW = datetime(2026, 11, 20, 21, 5, 9, tzinfo=timezone(timedelta(hours=1)))

    def set(self, source: str) -> bool:
        """Set the clock."""
        done = self.bench.run(set_clock(self.bench.port, self.bench.family, source, self.NOW))
        return bool(self.successResultOf(done))

    def test_host(self) -> None:
        """The host's time goes over as UTC, with two digits to the year."""
        self.assertTrue(self.set("host"))
        self.assertEqual(self.bench.module.lines, ['+CCLK="26/11/20,20:05:09+00"'])

    def test_refused(self) -> None:
        """A module that does not take it says so."""
        self.answers["+CCLK"] = "ERROR"
        done = self.bench.run(set_clock(self.bench.port, self.bench.family, "host", self.NOW))
        self.failureResultOf(done, CommandFailed)

    def test_network(self) -> None:
        """The network's time, with two or four digits to the year, keeps its zone."""
        for text in ("2026/11/20,20:05:09+04,0", "26/11/20,20:05:09+04,1", "26/11/20,20:05:09+04"):
            self.setUp()
            self.answers["+QLTS"] = f'+QLTS: "{text}"\n\nOK'
            self.assertTrue(self.set("network"))
            self.assertEqual(self.sent("+CCLK"), ['+CCLK="26/11/20,20:05:09+04"'])

    def test_no_network_time(self) -> None:
        """No time so far, none at all, or nonsense: the clock stays as it is."""
        for answer in ('+QLTS: ""\n\nOK', "ERROR", OK, '+QLTS: "soon"\n\nOK'):
            self.setUp()
            self.answers["+QLTS"] = answer
            self.assertFalse(self.set("network"))
            self.assertEqual(self.sent("+CCLK"), [])

    def test_nobody(self) -> None:
        """Its owner may vouch for the clock."""
        self.assertTrue(self.set("none"))
        self.assertEqual(self.bench.module.lines, [])

    def test_module_time(self) -> None:
        """What a module says about time."""
        for text, time in (
            ("26/11/20,20:05:09+04", datetime(2026, 11, 20, 20, 5, 9, tzinfo=UTC)),
            ("2026/11/20,20:05:09-08,1", datetime(2026, 11, 20, 20, 5, 9, tzinfo=UTC)),
            ('+CCLK: "26/11/20,20:05:09"', datetime(2026, 11, 20, 20, 5, 9, tzinfo=UTC)),
            ("26/13/20,20:05:09", None),
            ("", None),
            ("26-11-20 20:05:09", None),
        ):
            self.assertEqual(module_time(text), time, text)
