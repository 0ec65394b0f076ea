"""The life of a transparent connection, as a state machine.

    opening -> piping -> leaving -> closing -> gone
        \\         \\-> asking -> letting go -/
         \\-> abandoned -> dropping -> letting go

A transparent connection has a channel to itself from its open to its end, and
the channel is in data mode in between.
"""

from __future__ import annotations

from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet import error
from twisted.python.failure import Failure


class LeaseCore:
    """What the machine makes happen."""

    def do_pipe(self) -> None:
        """The port is in data mode: take it over."""

    def do_interrupt(self) -> None:
        """Have the module give up its open, if there is another port to say so."""

    def do_leave(self) -> None:
        """Write what is left, and go back to command mode; ends in C{left}."""

    def do_drop(self) -> None:
        """Go back to command mode, without what is unsent; ends in C{left}."""

    def do_ask_why(self) -> None:
        """Find out whether the network took the connection down; ends in C{told}."""

    def do_close(self, abort: bool) -> None:
        """Send the close; ends in C{closed}."""

    def do_tell(self, reason: Failure) -> None:
        """Tell the owner."""

    def do_free(self) -> None:
        """Give back channel, context and id."""


class LeaseLife(Protocol):
    """What happens to a transparent connection."""

    def connected(self) -> None:
        """The open was answered by C{CONNECT}."""

    def refused(self) -> None:
        """The open was answered by an error, or not at all."""

    def close(self) -> None:
        """The owner closes."""

    def abort(self) -> None:
        """The owner drops it."""

    def left(self) -> None:
        """The port is in command mode."""

    def carrier_lost(self) -> None:
        """The module has ended it; the port is in command mode."""

    def told(self, reason: Failure) -> None:
        """It is known how that counts."""

    def closed(self) -> None:
        """The module has closed."""

    def lose(self, reason: Failure) -> None:
        """The port is gone, and the connection with it."""


_builder: TypeMachineBuilder[LeaseLife, LeaseCore] = TypeMachineBuilder(LeaseLife, LeaseCore)
_opening = _builder.state("opening")
#: the owner has given up while the module is still at the open
_abandoned = _builder.state("abandoned")
_piping = _builder.state("piping")
_leaving = _builder.state("leaving")
#: the owner knows; the port goes back to command mode
_dropping = _builder.state("dropping")
_asking = _builder.state("asking")
_closing = _builder.state("closing")
#: the owner knows; the module closes
_letting_go = _builder.state("letting go")
_gone = _builder.state("gone")


@_opening.upon(LeaseLife.connected).to(_piping)
def _connected(life: LeaseLife, core: LeaseCore) -> None:
    core.do_pipe()


@_abandoned.upon(LeaseLife.connected).to(_dropping)
def _connected_late(life: LeaseLife, core: LeaseCore) -> None:
    core.do_pipe()
    core.do_drop()


@_opening.upon(LeaseLife.refused).to(_letting_go)
@_abandoned.upon(LeaseLife.refused).to(_letting_go)
def _refused(life: LeaseLife, core: LeaseCore) -> None:
    core.do_close(abort=True)


@_opening.upon(LeaseLife.abort).to(_abandoned)
@_opening.upon(LeaseLife.close).to(_abandoned)
def _give_up(life: LeaseLife, core: LeaseCore) -> None:
    core.do_interrupt()


@_piping.upon(LeaseLife.close).to(_leaving)
def _close(life: LeaseLife, core: LeaseCore) -> None:
    core.do_leave()


@_piping.upon(LeaseLife.abort).to(_dropping)
@_leaving.upon(LeaseLife.abort).to(_dropping)
def _abort(life: LeaseLife, core: LeaseCore) -> None:
    core.do_drop()


@_piping.upon(LeaseLife.carrier_lost).to(_asking)
def _carrier_lost(life: LeaseLife, core: LeaseCore) -> None:
    core.do_ask_why()


@_asking.upon(LeaseLife.told).to(_letting_go)
def _told(life: LeaseLife, core: LeaseCore, reason: Failure) -> None:
    core.do_close(abort=False)
    core.do_tell(reason)


@_asking.upon(LeaseLife.close).to(_closing)
@_leaving.upon(LeaseLife.left).to(_closing)
def _close_now(life: LeaseLife, core: LeaseCore) -> None:
    core.do_close(abort=False)


@_asking.upon(LeaseLife.abort).to(_letting_go)
@_dropping.upon(LeaseLife.left).to(_letting_go)
@_dropping.upon(LeaseLife.carrier_lost).to(_letting_go)
def _drop_now(life: LeaseLife, core: LeaseCore) -> None:
    core.do_close(abort=True)


@_closing.upon(LeaseLife.closed).to(_gone)
def _own_close_done(life: LeaseLife, core: LeaseCore) -> None:
    core.do_free()
    core.do_tell(Failure(error.ConnectionDone()))


@_letting_go.upon(LeaseLife.closed).to(_gone)
def _close_done(life: LeaseLife, core: LeaseCore) -> None:
    core.do_free()


@_opening.upon(LeaseLife.lose).to(_gone)
@_abandoned.upon(LeaseLife.lose).to(_gone)
@_piping.upon(LeaseLife.lose).to(_gone)
@_leaving.upon(LeaseLife.lose).to(_gone)
@_dropping.upon(LeaseLife.lose).to(_gone)
@_asking.upon(LeaseLife.lose).to(_gone)
@_closing.upon(LeaseLife.lose).to(_gone)
@_letting_go.upon(LeaseLife.lose).to(_gone)
def _lose(life: LeaseLife, core: LeaseCore, reason: Failure) -> None:
    core.do_free()
    core.do_tell(reason)


_IGNORED = {
    _opening: (LeaseLife.left, LeaseLife.carrier_lost, LeaseLife.told, LeaseLife.closed),
    _abandoned: (
        LeaseLife.abort,
        LeaseLife.close,
        LeaseLife.left,
        LeaseLife.carrier_lost,
        LeaseLife.told,
        LeaseLife.closed,
    ),
    _piping: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.left,
        LeaseLife.told,
        LeaseLife.closed,
    ),
    _leaving: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.close,
        LeaseLife.carrier_lost,
        LeaseLife.told,
        LeaseLife.closed,
    ),
    _dropping: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.close,
        LeaseLife.abort,
        LeaseLife.told,
        LeaseLife.closed,
    ),
    _asking: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.left,
        LeaseLife.carrier_lost,
        LeaseLife.closed,
    ),
    _closing: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.close,
        LeaseLife.left,
        LeaseLife.carrier_lost,
        LeaseLife.told,
    ),
    _letting_go: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.close,
        LeaseLife.abort,
        LeaseLife.left,
        LeaseLife.carrier_lost,
        LeaseLife.told,
    ),
    _gone: (
        LeaseLife.connected,
        LeaseLife.refused,
        LeaseLife.close,
        LeaseLife.abort,
        LeaseLife.left,
        LeaseLife.carrier_lost,
        LeaseLife.told,
        LeaseLife.closed,
        LeaseLife.lose,
    ),
}
for _state, _inputs in _IGNORED.items():
    for _input in _inputs:
        _state.upon(_input).loop().returns(None)
# a drop while an orderly close is under way: the close is on its way already
_closing.upon(LeaseLife.abort).to(_letting_go).returns(None)

#: Makes the life of a transparent connection.
lease_life = _builder.build()
