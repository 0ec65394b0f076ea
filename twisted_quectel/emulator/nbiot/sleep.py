"""The sleep of an emulated BC660K-GL (AT Commands Manual, C{AT+QSCLK}; Hardware Design, 3.4).

In light sleep the UART does not hear what wakes it.  In deep sleep it is off, and connections
and volatile settings are forgotten: waking is a start of the module.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

from ...tables.nbiot import DEFAULT_SLEEP_LOCK_TIME, DEFAULT_SLEEP_MODE

if TYPE_CHECKING:
    from .module import NBIoTModule

#: C{AT+QSCLK}.
NO_SLEEP: Final = 0
LIGHT_AND_DEEP: Final = 1
#: Seconds for which any use keeps the module awake, whatever C{slplocktimes} says: with 0 nobody
#: could say a word to it otherwise.
_LEAST: Final = 1.0
#: Seconds until it is looked again whether a busy module may sleep.
_AGAIN: Final = 1.0


class State(Enum):
    """How far a module sleeps."""

    AWAKE = "awake"
    LIGHT = "light sleep"
    DEEP = "deep sleep"


class Sleep:
    """When a module sleeps, and what that costs its host.

    @ivar mode: of C{AT+QSCLK}; not saved.
    @ivar lock_time: seconds for which the use of the UART keeps sleep away; saved, as are
        the next three.
    @ivar deep_told: whether C{ENTER DEEPSLEEP} is reported (C{dsevent}).
    @ivar psm_told: whether C{ENTER PSM} and C{EXIT PSM} are (C{AT+QNBIOTEVENT}).
    @ivar wakes_by_uart: whether the UART wakes from deep sleep (C{wakeupRXD}).
    @ivar gap: seconds of silence ahead of what was heard last.
    @ivar active_time: seconds until power saving; L{None} if it is off (C{AT+CPSMS}).
    """

    def __init__(self, module: NBIoTModule) -> None:
        self._module = module
        self.mode = DEFAULT_SLEEP_MODE
        self.lock_time = DEFAULT_SLEEP_LOCK_TIME
        self.deep_told = False
        self.psm_told = False
        self.wakes_by_uart = True
        self.active_time: float | None = module.settings.active_time
        self.gap = 0.0
        self._deep = False
        self._left_psm = False
        self._used = module.clock.seconds()
        self._hears_from = self._used
        self._watch = 0
        self._unwatch: Callable[[], None] = lambda: None

    def state(self) -> State:
        """Tell how far the module sleeps just now."""
        if self._deep:
            return State.DEEP
        if self.mode == NO_SLEEP or self._module.busy():
            return State.AWAKE
        return State.AWAKE if self._idle() < max(self.lock_time, _LEAST) else State.LIGHT

    def _idle(self) -> float:
        return self._module.clock.seconds() - self._used

    def use(self) -> None:
        """The UART was used."""
        self._used = self._module.clock.seconds()

    def set_mode(self, mode: int) -> None:
        """Do as C{AT+QSCLK} says."""
        self.mode = mode
        self.watch()

    def reset(self) -> None:
        """Forget what a restart forgets."""
        self.mode = DEFAULT_SLEEP_MODE
        self._deep = False
        self.use()
        self._hears_from = self._used

    # deep sleep

    def watch(self) -> None:
        """See to it that the module sleeps deeply when it may."""
        self._watch += 1  # what was watched for before counts no more
        self._unwatch()
        if self.mode == LIGHT_AND_DEEP and self.active_time is not None and not self._deep:
            self._look_in(max(self.active_time, self.lock_time) - self._idle())

    def _look_in(self, seconds: float) -> None:
        watch = self._watch

        def look() -> None:
            if watch == self._watch:
                self._look()

        self._unwatch = self._module.schedule(max(0.0, seconds), look)

    def _look(self) -> None:
        assert self.active_time is not None
        left = max(self.active_time, self.lock_time) - self._idle()
        if left > 0:
            self._look_in(left)
        elif self._module.busy() or not self._module.network_state.registered():
            self._look_in(_AGAIN)
        else:
            self.fall()

    def fall(self) -> None:
        """Sleep deeply: connections and volatile settings are gone, and no peer is told."""
        if self._deep:
            return
        if self.psm_told:
            self._module.urc('+QNBIOTEVENT: "ENTER PSM"')
        if self.deep_told:
            self._module.urc('+QNBIOTEVENT: "ENTER DEEPSLEEP"')
        self._module.doze()
        self._deep = True

    def wake(self) -> None:
        """Wake, as the pin C{PSM_EINT} does: nothing of what comes then is lost in light sleep."""
        if self._deep:
            self._left_psm = self.psm_told
            self._module.power_on()
        self.use()

    # what the ports and the module tell

    def heard(self, data: bytes) -> bytes:
        """Give what is heard of what the host says: nothing of what wakes."""
        now = self._module.clock.seconds()
        state = self.state()
        if state is State.DEEP:
            if self.wakes_by_uart:
                self.wake()
            return b""
        self.gap = now - self._used
        self._used = now
        if state is State.LIGHT:
            self._hears_from = now + self._module.settings.wake_time
            return b""
        return data if now >= self._hears_from else b""

    def started(self) -> None:
        """The module has started, and is about to say so."""
        self.use()
        self.watch()
        if self._left_psm:
            self._left_psm = False
            self._module.later(0.0, lambda: self._module.urc('+QNBIOTEVENT: "EXIT PSM"'))
