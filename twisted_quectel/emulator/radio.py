"""SIM, registration and clock of an emulated module (AT Commands Manual)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IDelayedCall

if TYPE_CHECKING:
    from .basemodule import Module

#: Where the clock of a module starts that was never told the time.
UNKNOWN_TIME: Final = datetime(1980, 1, 6, tzinfo=UTC)
MAX_PUK_TRIES: Final = 10
MAX_PIN_TRIES: Final = 3
DEFAULT_PIN: Final = "1234"
REPORTS: Final = ("+CREG", "+CGREG", "+CEREG")


class Clock:
    """The module's clock."""

    def __init__(self, seconds: Callable[[], float], start: datetime) -> None:
        """
        @param seconds: a clock that only goes on.
        """
        self._seconds = seconds
        self._start = start
        self._zero = seconds()
        self.quarters = 0  # of an hour, ahead of UTC

    def now(self) -> datetime:
        """Give the time, in UTC."""
        return self._start + timedelta(seconds=self._seconds() - self._zero)

    def local(self) -> datetime:
        """Give the time where the module is."""
        return self.now() + timedelta(minutes=15 * self.quarters)

    def set(self, local: datetime, quarters: int) -> None:
        """Set local time and zone."""
        self._start = local - timedelta(minutes=15 * quarters)
        self._zero = self._seconds()
        self.quarters = quarters


class NetworkState:
    """SIM and registration.

    @ivar functionality: of C{AT+CFUN}.
    @ivar attached: whether C{AT+CGATT} is 1.
    @ivar time: the network's time, which C{AT+CCLK} does not set.
    @ivar told: when the network told it last.
    """

    def __init__(self, module: Module, start: datetime) -> None:
        """
        @param start: the network's time.
        """
        self._module = module
        settings = module.settings
        self.functionality = 1
        self.attached = True
        self.time = Clock(module.clock.seconds, start)
        self.told = self.time.now()
        self.pin = settings.pin or DEFAULT_PIN
        self.pin_tries = settings.pin_tries
        self.puk_tries = MAX_PUK_TRIES
        self.pin_enabled = bool(settings.pin)
        self.unlocked = not settings.pin
        self.reports = dict.fromkeys(REPORTS, 0)
        self._found = False
        self._timer: IDelayedCall | None = None

    def sim_state(self) -> str:
        """Give what C{AT+CPIN?} shows; empty without a SIM."""
        if not self._module.settings.sim:
            return ""
        if self.pin_tries == 0:
            return "SIM PUK"
        return "READY" if self.unlocked else "SIM PIN"

    def status(self) -> int:
        """Give the registration state, 27.007 chapter 7.2."""
        if self.functionality != 1 or self.sim_state() != "READY":
            return 0
        wanted = self._module.settings.registration
        return wanted if self._found else 2 if wanted in (1, 5) else wanted

    def registered(self) -> bool:
        """Whether the network serves the module."""
        return self.status() in (1, 5)

    def start(self, at_once: bool = False) -> None:
        """Begin to look for the network."""
        self.stop()
        if self.functionality != 1 or self.sim_state() != "READY":
            return
        delay = self._module.settings.registration_delay
        if at_once or delay <= 0:
            self._find()
        else:
            self._timer = self._module.clock.callLater(delay, self._find)

    def stop(self) -> None:
        """Leave the network."""
        self._found = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _find(self) -> None:
        self._timer = None
        self._found = True
        self.told = self.time.now()
        self.report()

    def report(self) -> None:
        """Report the registration where C{AT+CREG=n} asked for it."""
        for name, n in self.reports.items():
            if n:
                self._module.urc(f"{name}: {self.line(name, n)}")

    def line(self, name: str, n: int) -> str:
        """Give state, place and technology."""
        status = self.status()
        if n < 2 or status not in (1, 5):
            return str(status)
        return f"{status},{self._module.cell}"

    def set_functionality(self, level: int) -> None:
        """Set C{AT+CFUN}."""
        changed = level != self.functionality
        self.functionality = level
        if changed:
            if level == 1:
                self.start()
            else:
                self.stop()
                self.report()

    def try_pin(self, pin: str) -> bool:
        """Verify a PIN, and count wrong ones."""
        right = pin == self.pin
        self.pin_tries = MAX_PIN_TRIES if right else self.pin_tries - 1
        return right

    def enter_pin(self, pin: str) -> bool:
        """Take a PIN."""
        right = self.try_pin(pin)
        if right:
            self._unlock()
        return right

    def enter_puk(self, puk: str, pin: str) -> bool:
        """Take a PUK and a new PIN."""
        if puk != self._module.settings.puk:
            self.puk_tries -= 1
            return False
        self.pin, self.pin_tries, self.puk_tries = pin, MAX_PIN_TRIES, MAX_PUK_TRIES
        self._unlock()
        return True

    def _unlock(self) -> None:
        self.unlocked = True
        self._module.urc("+CPIN: READY")
        self.start()

    def forget_reports(self) -> None:
        """Switch the registration URCs off."""
        self.reports = dict.fromkeys(REPORTS, 0)

    def restart(self) -> None:
        """Begin anew, as a restart does; wrong PINs stay counted."""
        self.stop()
        self.functionality = 1
        self.attached = True
        self.unlocked = not self.pin_enabled
        self.forget_reports()
