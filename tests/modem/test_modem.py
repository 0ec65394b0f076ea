"""Tests for L{twisted_quectel.modem.modem} and L{twisted_quectel.modem.machine}."""

from __future__ import annotations

from io import StringIO

from twisted.internet.defer import CancelledError, Deferred, fail

from twisted_quectel.errors import (
    DeviceError,
    ModemClosed,
    ModemNotReady,
    ModuleLost,
    PortUnresponsive,
    SIMError,
)
from twisted_quectel.modem import Modem
from twisted_quectel.modem.modem import PAUSE_FIRST, PAUSE_LONGEST, Signal

from .modembench import ModemCase
from .scripted import OK


class ReadyTests(ModemCase):
    """It comes up when it is first used."""

    def test_nothing_by_itself(self) -> None:
        """A modem that nobody uses opens nothing."""
        self.later(5)
        self.assertEqual((self.opened, self.module.timers(), self.modem.info), ([], [], None))

    def test_many(self) -> None:
        """All who wait get the same modem, which came up once."""
        waiting = [self.modem.ready() for _ in range(5)]
        self.later()
        for each in waiting:
            self.assertIs(self.successResultOf(each), self.modem)
        self.assertIs(self.successResultOf(self.modem.ready()), self.modem)
        self.assertEqual(self.opened, ["/dev/m"])
        self.assertEqual(len(self.module.sent("+CGMM")), 1)
        info = self.modem.info
        assert info is not None
        self.assertEqual((info.model, info.family), ("EC25", "lte"))
        self.assertEqual(self.module.timers(), [])

    def test_failure_and_pause(self) -> None:
        """A failure reaches all who wait; the next try comes after a pause that grows."""
        self.answers["+CPIN?"] = "+CME ERROR: 10"
        waiting = [self.modem.ready() for _ in range(3)]
        self.later()
        for each in waiting:
            self.failureResultOf(each, SIMError)
        pause = PAUSE_FIRST
        for _ in range(8):
            asked = len(self.module.sent("+CPIN?"))
            again = self.modem.ready()
            self.later()
            self.assertEqual(self.module.timers(), [pause])
            self.assertEqual(len(self.module.sent("+CPIN?")), asked)
            self.clock.advance(pause)
            self.later()
            self.failureResultOf(again, SIMError)
            pause = min(pause * 2, PAUSE_LONGEST)
        del self.answers["+CPIN?"]
        again = self.modem.ready()
        self.clock.advance(PAUSE_LONGEST)
        self.later()
        self.successResultOf(again)

    def test_nobody_waits_any_more(self) -> None:
        """A pause that nobody waits for ends without a try, and without a timer."""
        self.opening = fail(DeviceError("device: missing"))
        self.failureResultOf(self.modem.ready(), DeviceError)
        first, second = self.modem.ready(), self.modem.ready()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.assertEqual(len(self.module.timers()), 1)
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.assertEqual(self.module.timers(), [])
        self.opening = None
        again = self.modem.ready()
        self.clock.advance(PAUSE_FIRST)
        self.later()
        self.successResultOf(again)

    def test_cancelled_while_it_comes_up(self) -> None:
        """Who does not wait any more is not told; the modem comes up all the same."""
        first, second = self.modem.ready(), self.modem.ready()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.later()
        self.successResultOf(second)

    def test_latecomer(self) -> None:
        """Who came while it was being brought up gets another try when that fails."""
        self.answers["+CPIN?"] = [None, "+CPIN: READY\n\nOK"]
        self.answers["+CMEE=1"] = [None, "+CME ERROR: 3"]
        first = self.modem.ready()
        self.later(0.2)
        late = self.modem.ready()
        self.assertEqual(len(self.module.sent("+CMEE=1")), 1)
        self.module.say("ERROR")
        self.later()
        self.failureResultOf(first, ModemNotReady)
        self.assertNoResult(late)
        # the pause, as for everybody who comes after a failure
        self.assertEqual(self.module.timers(), [PAUSE_FIRST])
        later = self.modem.ready()
        del self.answers["+CMEE=1"], self.answers["+CPIN?"]
        self.clock.advance(PAUSE_FIRST)
        self.later()
        self.successResultOf(late)
        self.successResultOf(later)
        self.assertEqual(self.module.timers(), [])

    def test_latecomer_fails(self) -> None:
        """If that try fails too, they are told, and those who came during it get their own."""
        self.answers["+CPIN?"] = [None]
        waiting = [self.modem.ready()]
        for pause in (PAUSE_FIRST, 2 * PAUSE_FIRST):
            self.later(0.2)
            waiting.append(self.modem.ready())
            self.assertNoResult(waiting[0])
            self.answers["+CPIN?"] = [None]
            self.module.say("+CME ERROR: 10")
            self.later()
            self.failureResultOf(waiting.pop(0), SIMError)
            self.clock.advance(pause)
        self.later()
        (last,) = waiting
        closing = self.modem.close()
        self.failureResultOf(last, ModemClosed)
        self.later(6)
        self.successResultOf(closing)

    def test_latecomer_cancelled(self) -> None:
        """A latecomer that does not wait any more causes no other try."""
        self.answers["+CPIN?"] = [None]
        first = self.modem.ready()
        self.later(0.2)
        late = self.modem.ready()
        late.cancel()
        self.failureResultOf(late, CancelledError)
        self.module.say("+CME ERROR: 10")
        self.later()
        self.failureResultOf(first, SIMError)
        self.assertEqual(self.module.timers(), [])

    def test_latecomer_comes_in(self) -> None:
        """If it comes up, latecomers are let in with the rest, in their order."""
        order: list[int] = []

        def ask(number: int) -> None:
            self.modem.ready().addCallback(lambda _: order.append(number))

        ask(0)
        ask(1)
        self.answers["+CPIN?"] = [None]
        self.later(0.2)
        ask(2)
        self.module.say("+CPIN: READY\n\nOK")
        self.later()
        self.assertEqual(order, [0, 1, 2])

    def test_command_refused(self) -> None:
        """A command that bring-up needs and the module refuses is told as what it is."""
        self.answers["+CMEE=1"] = "+CME ERROR: 3"
        ready = self.modem.ready()
        self.later()
        problem = self.failureResultOf(ready, ModemNotReady).value
        self.assertEqual((problem.code, problem.command), (3, "AT+CMEE=1"))
        self.assertIn("gateway", str(problem))

    def test_restart_within(self) -> None:
        """A module that restarts while it comes up is brought up anew; nobody lost it."""
        lost = self.modem.when_lost()
        self.answers["+CPIN?"] = [None, "+CPIN: READY\n\nOK"]
        ready = self.modem.ready()
        self.later()
        self.module.say("RDY")
        self.later()
        self.successResultOf(ready)
        self.assertNoResult(lost)
        self.assertEqual(len(self.module.sent("E0Q0V1")), 2)

    def test_restarts_for_ever(self) -> None:
        """A module that never stops to restart is given up."""
        self.answers["+CPIN?"] = None
        ready = self.modem.ready()
        for _ in range(3):
            self.later()
            self.module.say("RDY")
        self.later()
        self.assertIn("restarted", str(self.failureResultOf(ready, ModemNotReady).value))

    def test_unplugged_within(self) -> None:
        """A device that goes and comes while it comes up is opened again."""
        self.answers["+CPIN?"] = [None, "+CPIN: READY\n\nOK"]
        ready = self.modem.ready()
        self.later()
        self.module.unplug()
        self.later()
        self.successResultOf(ready)
        self.assertEqual(len(self.opened), 2)

    def test_surprise(self) -> None:
        """What nobody expects is logged, and told."""
        self.opening = fail(ZeroDivisionError())
        self.failureResultOf(self.modem.ready(), ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class LostTests(ModemCase):
    """It was up, and is not any more."""

    def test_when_lost(self) -> None:
        """Each caller is told once; the next demand brings it up again."""
        for say, part in (("RDY", "restarted"), ("POWERED DOWN", "powered down")):
            self.setUp()
            self.up()
            first, second, third = (self.modem.when_lost() for _ in range(3))
            third.cancel()
            self.failureResultOf(third, CancelledError)
            self.module.say(say)
            for each in (first, second):
                problem = self.successResultOf(each)
                self.assertIsInstance(problem, ModuleLost)
                self.assertIn(part, str(problem))
            self.later(3)
            self.assertEqual((self.module.timers(), len(self.opened)), ([], 1))
            self.up()
            self.assertEqual(len(self.opened), 1)

    def test_unplugged(self) -> None:
        """The device goes: the next demand opens it again."""
        self.up()
        lost = self.modem.when_lost()
        self.module.unplug()
        self.assertIn("is gone", str(self.successResultOf(lost)))
        self.assertEqual(self.module.timers(), [])
        self.up()
        self.assertEqual(len(self.opened), 2)

    def test_silent(self) -> None:
        """A module that answers nothing any more is lost, and is brought up for the next one."""
        self.up()
        lost = self.modem.when_lost()
        self.answers[""] = None
        signal = self.modem.signal()
        self.later(6)
        self.failureResultOf(signal)
        self.assertNoResult(lost)
        self.later(12)
        self.assertIn("stopped to answer", str(self.successResultOf(lost)))
        self.answers.clear()
        self.up()

    def test_silent_while_it_comes_up(self) -> None:
        """A module that falls silent while it comes up is tried again, and given up then."""
        self.answers[""] = None
        self.answers["E0Q0V1"] = OK
        ready = self.modem.ready()
        self.later(35)
        problem = self.failureResultOf(ready, ModemNotReady).value
        self.assertIn("stopped to answer", str(problem))
        self.assertNotIsInstance(problem, PortUnresponsive)

    def test_coming_back_while_it_goes(self) -> None:
        """Who asks again when told that it is lost gets the next one, not the old one."""
        self.up()
        session = self.successResultOf(self.modem.session())
        command = session.family.tls.state_command(4)
        assert command is not None
        asked = session.port.execute(command)
        again: list[Deferred[Modem]] = []
        asked.addErrback(lambda _: again.append(self.modem.ready()))
        self.module.say("RDY")
        self.later()
        self.successResultOf(again[0])
        self.assertIsNot(self.successResultOf(self.modem.session()), session)

    def test_first_one_in_loses_it(self) -> None:
        """Who is let in may lose it for those behind, who wait for the next one."""
        first, second = self.modem.session(), self.modem.session()
        first.addCallback(lambda session: session.end("lost again"))
        self.later()
        self.successResultOf(first)
        self.assertIs(self.successResultOf(second).over, None)


class FaceTests(ModemCase):
    """What else one can ask of it."""

    def test_signal(self) -> None:
        """C{AT+CSQ} in dBm; what the module does not know is L{None}."""
        for answer, signal in (
            ("+CSQ: 20,99", Signal(-73, None)),
            ("+CSQ: 0,0", Signal(-113, 0)),
            ("+CSQ: 31,7", Signal(-51, 7)),
            ("+CSQ: 99,99", Signal(None, None)),
            ("+CSQ: 150,8", Signal(None, None)),
            ("+CSQ: x", Signal(None, None)),
            ("+CREG: 1", Signal(None, None)),
        ):
            self.answers["+CSQ"] = f"{answer}\n\nOK"
            asked = self.modem.signal()
            self.later()
            self.assertEqual(self.successResultOf(asked), signal)

    def test_trace(self) -> None:
        """The dialogue goes to a file, from before it is up or from now on."""
        early, late = StringIO(), StringIO()
        self.modem.trace_to(early)
        self.up()
        self.assertIn("> ATE0Q0V1", early.getvalue())
        self.modem.trace_to(late)
        self.modem.signal()
        self.later()
        self.assertIn("> AT+CSQ", late.getvalue())
        self.assertNotIn("+CSQ", early.getvalue())

    def test_uploads(self) -> None:
        """Who wants to know is told of uploads, in this session and the next."""

        def listener(path: str, done: int, total: int) -> None:
            pass

        self.modem.report_uploads(listener)
        self.up()
        session = self.successResultOf(self.modem.session())
        self.assertEqual(session.files.progress, [listener])
        for _ in range(2):
            self.modem.stop_reporting_uploads(listener)
            self.assertEqual(session.files.progress, [])

    def test_idle_port(self) -> None:
        """Before it is up nothing that the port says means anything."""
        self.modem.urc(b"RDY", b"")
        self.assertEqual(self.modem.block_length(b'+QSSLURC: "recv",1,5'), 0)
        self.up()
        self.assertEqual(self.modem.block_length(b'+QSSLURC: "recv",1,5'), 0)
        self.assertIs(self.modem.obstacle, None)
