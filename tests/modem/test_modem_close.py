"""Tests for L{twisted_quectel.modem.modem}: its end; and of its life as a machine."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import (
    DeviceError,
    ModemClosed,
    ModuleLost,
)
from twisted_quectel.modem import Modem
from twisted_quectel.modem.machine import ModemCore, modem_life
from twisted_quectel.modemprofile import ModemProfile

from .modembench import ModemCase


class CloseTests(ModemCase):
    """Its owner closes it."""

    def closed(self) -> None:
        """Close, and check that nothing is left."""
        closing = self.modem.close()
        self.later()
        self.successResultOf(closing)
        self.assertTrue(self.modem.closed)
        self.assertEqual(self.module.timers(), [])
        self.failureResultOf(self.modem.ready(), ModemClosed)

    def test_never_used(self) -> None:
        """A modem that was never used is closed at once."""
        self.closed()
        self.successResultOf(self.modem.close())

    def test_up(self) -> None:
        """A modem that is up closes its device; who listens is told."""
        self.up()
        lost = self.modem.when_lost()
        closing = [self.modem.close(), self.modem.close()]
        self.later()
        for each in closing:
            self.successResultOf(each)
        self.assertIn("was closed", str(self.successResultOf(lost)))
        self.closed()

    def test_while_it_opens(self) -> None:
        """A device that is being opened is not waited for."""
        self.opening = Deferred()
        ready = self.modem.ready()
        self.closed()
        self.failureResultOf(ready, ModemClosed)

    def test_while_it_comes_up(self) -> None:
        """Who waits is told, at whatever stage."""
        for stage in ("E0Q0V1", "+CMEE?", "+CGMM", "+CPIN?", "+CEREG?", "+QSSLSTATE"):
            self.setUp()
            self.answers[stage] = None
            ready = self.modem.ready()
            self.later()
            self.closed()
            self.failureResultOf(ready, ModemClosed)

    def test_in_a_pause(self) -> None:
        """A pause ends with the modem."""
        self.opening = fail(DeviceError("device: missing"))
        self.failureResultOf(self.modem.ready(), DeviceError)
        ready = self.modem.ready()
        self.closed()
        self.failureResultOf(ready, ModemClosed)

    def test_device_that_does_not_close(self) -> None:
        """A device that takes no bytes does not hold up the end."""
        self.up()
        aborted: list[None] = []

        def abort() -> None:
            aborted.append(None)
            self.module.unplug()

        self.patch(self.module, "loseConnection", lambda: None)
        self.module.__dict__["abortConnection"] = abort
        closing = self.modem.close()
        self.later(10)
        self.successResultOf(closing)
        self.assertEqual((aborted, self.module.timers()), ([None], []))

    def test_shutdown(self) -> None:
        """The reactor's shutdown closes it; one that was closed is forgotten by the reactor."""
        reactor = MemoryReactorClock()
        profile = ModemProfile(name="gateway", device="/dev/m")
        modem = Modem(reactor, profile, opener=self.open)
        (trigger,) = reactor.triggers["before"]["shutdown"]
        closing = trigger[0](*trigger[1], **trigger[2])
        self.successResultOf(closing)
        self.assertTrue(modem.closed)

    def test_held(self) -> None:
        """Who holds it keeps it up at the reactor's shutdown, until all have let go; once each."""
        reactor = MemoryReactorClock()
        modem = Modem(reactor, ModemProfile(name="gateway", device="/dev/m"), opener=self.open)
        first, second, third = modem.hold(), modem.hold(), modem.hold()
        first()
        (trigger,) = reactor.triggers["before"]["shutdown"]
        closing = trigger[0](*trigger[1], **trigger[2])
        second()
        second()
        self.assertNoResult(closing)
        self.assertFalse(modem.closed)
        third()
        self.successResultOf(closing)
        self.assertTrue(modem.closed)
        third()

    def test_forgotten_by_the_reactor(self) -> None:
        """The reactor keeps no modem that was closed."""
        reactor = MemoryReactorClock()
        removed: list[object] = []
        self.patch(reactor, "addSystemEventTrigger", lambda *args: "trigger")
        self.patch(reactor, "removeSystemEventTrigger", removed.append)
        modem = Modem(reactor, self.modem.profile, opener=self.open)
        self.successResultOf(modem.close())
        self.assertEqual(removed, ["trigger"])


class MachineTests(SynchronousTestCase):
    """The life of a modem."""

    def test_any_input_in_any_state(self) -> None:
        """No input fails in any state."""
        inputs = ("demand", "up", "failed", "lost", "nobody", "shut")
        failure = Failure(ModuleLost("x"))
        for before in ((), ("demand",), ("demand", "up"), ("shut",)):
            for name in inputs:
                life = modem_life(ModemCore())
                for each in (*before, name, name):
                    method = getattr(life, each)
                    method(failure) if each in ("failed", "shut") else method()
