"""The life of a connection in buffer or push mode, as a state machine.

    opening -> open -> asking -> closing -> gone
                  \\-> closing ----------/

It begins when C{QSSLOPEN} is sent and ends when the module has let go of the
id: after C{QSSLCLOSE}, or with the module.
"""

from __future__ import annotations

from typing import Protocol

from automat import TypeMachineBuilder
from twisted.internet import error
from twisted.python.failure import Failure


class SocketCore:
    """What the machine knows and makes happen.

    @ivar is_open: whether bytes may be sent.
    @ivar is_over: whether nothing may be delivered any more.
    """

    __slots__ = ("is_open", "is_over")

    def __init__(self) -> None:
        self.is_open = False
        self.is_over = False

    def do_ask_why(self) -> None:
        """Find out why the peer has closed; ends in C{told}."""

    def do_tell(self, reason: Failure) -> None:
        """Tell the owner."""

    def do_close(self, abort: bool) -> None:
        """Send the close; ends in C{closed}."""

    def do_free(self) -> None:
        """Let go of the id."""


class SocketLife(Protocol):
    """What happens to a connection."""

    def opened(self) -> None:
        """The open has succeeded."""

    def peer_gone(self) -> None:
        """The peer has closed, and all was delivered."""

    def told(self, reason: Failure) -> None:
        """It is known how the peer's close counts."""

    def fail(self, reason: Failure) -> None:
        """The connection cannot go on."""

    def close(self) -> None:
        """The owner closes."""

    def abort(self) -> None:
        """The owner drops it."""

    def closed(self) -> None:
        """The module has closed."""

    def lose(self, reason: Failure) -> None:
        """The module is gone, and the connection with it."""


_builder: TypeMachineBuilder[SocketLife, SocketCore] = TypeMachineBuilder(SocketLife, SocketCore)
_opening = _builder.state("opening")
_open = _builder.state("open")
_asking = _builder.state("asking")
#: closed by the owner, who is told when the module has closed
_closing = _builder.state("closing")
#: the owner knows; the module is still at it
_letting_go = _builder.state("letting go")
_gone = _builder.state("gone")

_opening.upon(SocketLife.peer_gone).loop().returns(None)
_opening.upon(SocketLife.told).loop().returns(None)


@_opening.upon(SocketLife.opened).to(_open)
def _opened(life: SocketLife, core: SocketCore) -> None:
    core.is_open = True


@_opening.upon(SocketLife.close).to(_letting_go)
def _close_opening(life: SocketLife, core: SocketCore) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=True)


@_opening.upon(SocketLife.abort).to(_letting_go)
def _abort_opening(life: SocketLife, core: SocketCore) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=True)


@_opening.upon(SocketLife.fail).to(_letting_go)
def _fail_opening(life: SocketLife, core: SocketCore, reason: Failure) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=True)
    core.do_tell(reason)


@_open.upon(SocketLife.peer_gone).to(_asking)
def _ask(life: SocketLife, core: SocketCore) -> None:
    core.is_open = False
    core.do_ask_why()


@_open.upon(SocketLife.fail).to(_letting_go)
@_asking.upon(SocketLife.fail).to(_letting_go)
def _fail(life: SocketLife, core: SocketCore, reason: Failure) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=True)
    core.do_tell(reason)


@_asking.upon(SocketLife.told).to(_letting_go)
def _told(life: SocketLife, core: SocketCore, reason: Failure) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=False)
    core.do_tell(reason)


@_open.upon(SocketLife.close).to(_closing)
@_asking.upon(SocketLife.close).to(_closing)
def _close(life: SocketLife, core: SocketCore) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=False)


@_open.upon(SocketLife.abort).to(_letting_go)
@_asking.upon(SocketLife.abort).to(_letting_go)
def _abort(life: SocketLife, core: SocketCore) -> None:
    core.is_open, core.is_over = False, True
    core.do_close(abort=True)


@_closing.upon(SocketLife.closed).to(_gone)
def _own_close_done(life: SocketLife, core: SocketCore) -> None:
    core.do_free()
    core.do_tell(Failure(error.ConnectionDone()))


@_letting_go.upon(SocketLife.closed).to(_gone)
def _close_done(life: SocketLife, core: SocketCore) -> None:
    core.do_free()


@_opening.upon(SocketLife.lose).to(_gone)
@_open.upon(SocketLife.lose).to(_gone)
@_asking.upon(SocketLife.lose).to(_gone)
@_closing.upon(SocketLife.lose).to(_gone)
@_letting_go.upon(SocketLife.lose).to(_gone)
def _lose(life: SocketLife, core: SocketCore, reason: Failure) -> None:
    core.is_open, core.is_over = False, True
    core.do_free()
    core.do_tell(reason)


_opening.upon(SocketLife.closed).loop().returns(None)
_open.upon(SocketLife.opened).loop().returns(None)
_open.upon(SocketLife.told).loop().returns(None)
_open.upon(SocketLife.closed).loop().returns(None)
_asking.upon(SocketLife.opened).loop().returns(None)
_asking.upon(SocketLife.peer_gone).loop().returns(None)
_asking.upon(SocketLife.closed).loop().returns(None)
# a drop while an orderly close is under way: the close is on its way already
_closing.upon(SocketLife.abort).to(_letting_go).returns(None)
for _state in (_closing, _letting_go, _gone):
    _state.upon(SocketLife.opened).loop().returns(None)
    _state.upon(SocketLife.peer_gone).loop().returns(None)
    _state.upon(SocketLife.told).loop().returns(None)
    _state.upon(SocketLife.fail).loop().returns(None)
    _state.upon(SocketLife.close).loop().returns(None)
_letting_go.upon(SocketLife.abort).loop().returns(None)
_gone.upon(SocketLife.abort).loop().returns(None)
_gone.upon(SocketLife.closed).loop().returns(None)
_gone.upon(SocketLife.lose).loop().returns(None)

#: Makes the life of a connection.
socket_life = _builder.build()
