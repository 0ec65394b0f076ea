"""The life of a modem, as a state machine.

    idle -> starting -> ready -> idle ...        closed

It starts when somebody wants it.  What fails, or is lost, leads back to idle;
the next one who wants it starts it again, after a pause that grows with each
failure.  Who came while it was starting is such a next one: what began before
may have failed for a reason that is over.
"""

from __future__ import annotations

from typing import Protocol

from automat import TypeMachineBuilder
from twisted.python.failure import Failure


class ModemCore:
    """What the machine makes happen."""

    def do_start(self) -> None:
        """Begin to bring the module up; ends in C{up} or C{failed}."""

    def do_stop(self) -> None:
        """Give up bringing it up."""

    def do_admit(self) -> None:
        """Let those in who wait."""

    def do_refuse(self, reason: Failure) -> None:
        """Tell those who wait that it is not to be; those who came later get another try."""

    def do_refuse_all(self, reason: Failure) -> None:
        """Tell everybody who waits that it will never be."""

    def do_shut(self) -> None:
        """Close the ports."""


class ModemLife(Protocol):
    """What happens to a modem."""

    def demand(self) -> None:
        """Somebody wants it."""

    def up(self) -> None:
        """It has come up."""

    def failed(self, reason: Failure) -> None:
        """It could not be brought up."""

    def lost(self) -> None:
        """It was up, and is not any more."""

    def nobody(self) -> None:
        """Nobody waits for it any more, and it has not begun yet."""

    def shut(self, reason: Failure) -> None:
        """Its owner closes it."""


_builder: TypeMachineBuilder[ModemLife, ModemCore] = TypeMachineBuilder(ModemLife, ModemCore)
_idle = _builder.state("idle")
_starting = _builder.state("starting")
_ready = _builder.state("ready")
_closed = _builder.state("closed")


@_idle.upon(ModemLife.demand).to(_starting)
def _start(life: ModemLife, core: ModemCore) -> None:
    core.do_start()


@_starting.upon(ModemLife.up).to(_ready)
def _came_up(life: ModemLife, core: ModemCore) -> None:
    core.do_admit()


@_starting.upon(ModemLife.failed).to(_idle)
def _failed(life: ModemLife, core: ModemCore, reason: Failure) -> None:
    core.do_refuse(reason)


@_starting.upon(ModemLife.nobody).to(_idle)
def _nobody(life: ModemLife, core: ModemCore) -> None:
    core.do_stop()


@_ready.upon(ModemLife.demand).loop()
def _demand_again(life: ModemLife, core: ModemCore) -> None:
    core.do_admit()


@_idle.upon(ModemLife.shut).to(_closed)
@_starting.upon(ModemLife.shut).to(_closed)
@_ready.upon(ModemLife.shut).to(_closed)
def _shut(life: ModemLife, core: ModemCore, reason: Failure) -> None:
    core.do_stop()
    core.do_refuse_all(reason)
    core.do_shut()


_ready.upon(ModemLife.lost).to(_idle).returns(None)
_starting.upon(ModemLife.demand).loop().returns(None)
_ready.upon(ModemLife.nobody).loop().returns(None)
_idle.upon(ModemLife.nobody).loop().returns(None)
_closed.upon(ModemLife.nobody).loop().returns(None)
for _state in (_idle, _ready, _closed):
    _state.upon(ModemLife.up).loop().returns(None)
    _state.upon(ModemLife.failed).loop().returns(None)
for _state in (_idle, _starting, _closed):
    _state.upon(ModemLife.lost).loop().returns(None)
_closed.upon(ModemLife.demand).loop().returns(None)
_closed.upon(ModemLife.shut).loop().returns(None)

#: Makes the life of a modem.
modem_life = _builder.build()
