"""Tests for L{twisted_quectel.modem.wake}: the state that somebody else has left behind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.commands_general import BAUDRATES
from twisted_quectel.errors import NoAnswer, PortUnresponsive
from twisted_quectel.modem.wake import wake

from .scripted import OK, PortBench, ScriptedModule, Wire, frame

HELLO = "E0Q0V1"


def _long_enough(count: int, data: bytes) -> bool:
    return len(data) >= count


class WakeTests(SynchronousTestCase):
    """Each state swallows a plain command in its own way."""

    def setUp(self) -> None:
        self.bench = PortBench()
        self.module = self.bench.module
        self.wire: Wire | None = Wire()

    def wake(self, baudrate: int = 115200) -> Deferred[None]:
        """Begin to wake it."""
        return self.bench.run(wake(self.bench.clock, self.bench.port, self.wire, baudrate))

    def later(self, seconds: float) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds * 10)):
            self.bench.clock.advance(0.1)
            self.module.settle(10)

    def deaf(self, hears: Callable[[bytes], bool], answer: str = "") -> None:
        """Take no commands until the bytes that came say so."""
        heard: list[float] = []

        def listen(module: ScriptedModule) -> None:
            heard.append(module.clock.seconds())
            if hears(module.raw):
                module.deaf = None
                if answer:
                    module.say(answer)

        self.module.deaf = listen
        self.heard = heard

    def listening(self, waking: Deferred[None]) -> None:
        """Check that it is awake, in step, and that nothing is left over."""
        self.later(3)
        self.successResultOf(waking)
        self.assertTrue(self.bench.port.idle)
        self.assertEqual(self.module.timers(), [])
        self.assertEqual(self.module.lines[-1], "+CMEE?")

    def test_listening(self) -> None:
        """A module that listens is told once how to answer, and the port is in step then."""
        waking = self.wake()
        self.successResultOf(waking)
        self.assertEqual(self.module.lines, [HELLO, "+CMEE?"])
        self.listening(waking)

    def test_echo_on(self) -> None:
        """An echo does not matter."""
        self.bench.answers[HELLO] = lambda line: f"\0AT{line}\r\r\nOK\r\n"
        self.listening(self.wake())
        self.assertEqual(self.bench.listener.urcs, [])

    def test_rubbish_first(self) -> None:
        """What stood in the module's line buffer spoils the first command only."""
        self.bench.answers[HELLO] = ["ERROR", OK]
        self.listening(self.wake())
        self.assertEqual(self.module.sent("E"), [HELLO] * 2)

    def test_late_answer(self) -> None:
        """An answer that comes after its time-out is not taken for the next command's."""

        def late(line: str) -> None:
            self.module.clock.callLater(0.7, self.module.say, OK)

        self.bench.answers[HELLO] = late
        waking = self.wake()
        self.later(0.8)
        self.successResultOf(waking)
        self.bench.answers["+QPINC"] = '+QPINC: "SC",3,10\n\nOK'
        answered = self.bench.run(self.bench.family.pin_tries(self.bench.port))
        self.later(1.0)
        self.assertEqual(self.successResultOf(answered), 3)

    def test_data_mode(self) -> None:
        """Data mode is left by the escape, with silence on both sides of it (note 36)."""
        self.wire = None
        self.deaf(lambda raw: raw.endswith(b"+++"), "OK")
        self.listening_after(self.wake(), 5)
        self.assertEqual(self.module.raw[-3:], b"+++")
        self.assertGreater(self.heard[-1] - self.heard[-2], 1.0)

    def listening_after(self, waking: Deferred[None], seconds: float) -> None:
        """Check that it is awake after some time."""
        self.later(seconds)
        self.listening(waking)

    def test_data_mode_by_dtr(self) -> None:
        """DTR is dropped and raised before the escape is tried."""
        self.deaf(lambda raw: b"+++" in raw)
        self.listening_after(self.wake(), 5)
        assert self.wire is not None
        self.assertEqual(self.wire.dtr, [False, True])

    def test_known_to_be_in_data_mode(self) -> None:
        """Where it is known, or DCD shows it, no greeting is sent as payload first."""
        for known in (True, False):
            self.setUp()
            assert self.wire is not None
            if not known:
                self.patch(self.wire, "dcd", lambda: True)
            self.deaf(lambda raw: raw.endswith(b"+++"), "OK")
            bench = self.bench
            waking = bench.run(wake(bench.clock, bench.port, self.wire, 115200, in_data_mode=known))
            self.listening_after(waking, 5)
            self.assertEqual(self.module.raw, b"+++")

    def test_upload(self) -> None:
        """The escape ends an upload as well."""
        self.deaf(lambda raw: b"+++" in raw, "+QFUPL: 14,1234\n\nOK")
        self.listening_after(self.wake(), 5)

    def test_counted_body(self) -> None:
        """A body that is waited for is filled by empty lines, the longest one too."""
        for missing in (1, 20, 1460):
            self.setUp()
            self.deaf(partial(_long_enough, missing), "SEND OK")
            self.listening_after(self.wake(), 8)

    def test_prompt_without_count(self) -> None:
        """A prompt that waits for Ctrl-Z is cancelled by ESC."""
        self.deaf(lambda raw: b"\x1b" in raw, "OK")
        self.listening_after(self.wake(), 8)
        self.assertNotIn(b"\x1a", self.module.raw)

    def at_speed(self, speed: int) -> None:
        """Understand only what comes at a speed."""
        wire = self.wire
        assert wire is not None and wire.rates is not None
        rates = wire.rates
        module = self.module
        command = module._command

        def hear(line: str) -> None:
            if (rates[-1] if rates else 115200) == speed:
                command(line)

        self.patch(module, "_command", hear)

    def test_other_speed(self) -> None:
        """The ladder of speeds is climbed, and the module set to the wanted one (note 42)."""
        self.at_speed(9600)

        def change(line: str) -> str:
            self.patch(self.module, "_command", ScriptedModule._command.__get__(self.module))
            return OK

        self.bench.answers["+IPR=115200"] = change
        self.listening_after(self.wake(), 12)
        assert self.wire is not None and self.wire.rates is not None
        self.assertEqual(self.wire.rates[-1], 115200)
        self.assertEqual(self.module.sent("+IPR"), ["+IPR=115200"])

    def test_every_speed(self) -> None:
        """A module is found at each speed that it can be set to, within a minute's time-out."""
        for speed in BAUDRATES:
            self.setUp()
            self.at_speed(speed)
            self.bench.answers["+IPR"] = "ERROR"
            self.listening_after(self.wake(), 17)
            assert self.wire is not None and self.wire.rates is not None
            self.assertEqual([*self.wire.rates, 115200][0 if speed == 115200 else -2], speed)

    def later_say(self, seconds: float) -> None:
        """Have the module say C{OK} after some time."""
        self.module.clock.callLater(seconds, self.module.say, OK)

    def test_slow_answer_at_another_speed(self) -> None:
        """An answer that takes 0.7 s is not missed on the ladder."""
        self.at_speed(19200)
        self.bench.answers[HELLO] = lambda line: self.later_say(0.7)
        self.bench.answers["+IPR"] = "ERROR"
        self.listening_after(self.wake(), 20)
        assert self.wire is not None and self.wire.rates is not None
        self.assertEqual(self.wire.rates[-1], 19200)

    def test_speed_that_stays(self) -> None:
        """A module that refuses the wanted speed is used at its own."""
        self.at_speed(9600)
        self.bench.answers["+IPR"] = "ERROR"
        self.listening_after(self.wake(), 12)
        assert self.wire is not None and self.wire.rates is not None
        self.assertEqual(self.wire.rates[-1], 9600)

    def test_silent(self) -> None:
        """A module that never answers is told as such, with what to check."""
        for wire, seconds in ((Wire(), 60), (Wire(rates=False, dtr=False), 30), (None, 30)):
            self.setUp()
            self.wire = wire
            self.module.deaf = lambda module: None
            waking = self.wake()
            self.later(seconds)
            problem = self.failureResultOf(waking, NoAnswer).value
            self.assertTrue(str(problem).startswith("device: "), str(problem))
            self.assertIn("115200", str(problem))
            self.assertEqual(self.module.timers(), [])
            if wire is not None and wire.rates:
                self.assertEqual(wire.rates[-1], 115200)

    def test_booting(self) -> None:
        """A module that boots for five seconds is waited for (note 39)."""
        self.wire = None
        self.module.deaf = lambda module: None

        def up() -> None:
            self.module.deaf = None
            self.module.say(frame("RDY"))

        self.bench.clock.callLater(5.0, up)
        self.listening_after(self.wake(), 12)

    def test_greets_and_falls_silent(self) -> None:
        """A module that greets and does not get in step is told as unresponsive."""
        self.bench.answers[""] = None
        self.bench.answers[HELLO] = OK
        self.successResultOf(self.wake())
        asked = self.bench.run(self.bench.family.pin_tries(self.bench.port))
        self.later(12)
        self.failureResultOf(asked, PortUnresponsive)
        self.assertEqual(self.bench.listener.unresponsive, 1)

    def test_cancelled(self) -> None:
        """Waking can be given up at any moment, and leaves no timer but the command's."""
        for seconds in (0.1, 1.5, 2.5, 4.0):
            self.setUp()
            self.module.deaf = lambda module: None
            waking = self.wake()
            self.later(seconds)
            waking.cancel()
            self.failureResultOf(waking)
            self.later(2)
            self.assertEqual(self.module.timers(), [])
