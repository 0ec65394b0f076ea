"""How a connection on the port for commands ends, however its bytes are brought.

DESIGN: reasons are Twisted's.  LTE SSL Application Note v1.1, chapters 2.2.5, 2.2.6 and 2.3.2.
"""

from __future__ import annotations

from typing import Final

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..at import Response
from ..errors import ModemError, SendFailed, carry
from ..families import Acknowledged
from .probing import ask_acknowledged
from .socketmachine import SocketLife
from .socketstate import SocketState, everything_is_lost

#: Seconds for which a module may refuse to send that cannot tell whether there is a connection.
PATIENT_WITHOUT_STATE: Final = 10.0


class Ending(SocketState):
    """What ends it, and what its owner is told then."""

    __slots__ = ()

    _life: SocketLife

    # -- for its SSL context

    @property
    def live(self) -> bool:
        """Whether it is open, and nobody has begun to close it."""
        return self.is_open and not self._peer_closed

    @property
    def closing(self) -> bool:
        """Whether it is being closed, or has been by the peer."""
        return self.is_over or self._peer_closed

    # -- for the owner and the session

    def acknowledged(self) -> Deferred[Acknowledged]:
        """Ask what of the bytes sent the peer has acknowledged."""
        return ask_acknowledged(self._port, self.dialect, self.id)

    @property
    def _has_unsent(self) -> bool:
        """Whether bytes of the owner's have not reached the peer, for all that is known."""
        return bool(self._chunk) or (self._owner is not None and self._owner.take(1) != b"")

    def _give_up_sending(self) -> None:
        """Have nobody wait for what the peer does not take any more."""
        if self._owner is not None and self._owner.take(1) != b"":
            self._owner.unsendable()

    def lost(self, reason: Failure) -> None:
        """The module, the port or the PDP context is gone."""
        self._life.lose(reason)

    # -- ends

    def _ask_state(self) -> None:
        """Ask whether the connection still exists."""
        command = self.dialect.state_command(self.id)
        if command is None:
            self._lose_patience()
            return
        asked = self._port.execute(command, urgent=True)
        asked.addCallbacks(self._state_known, self._state_unknown)

    def _lose_patience(self) -> None:
        """What has closed it is told by itself, or not; refused without an end, it is closed."""
        since = self._refused_since
        if since is not None and self._clock.seconds() > since + PATIENT_WITHOUT_STATE:
            self.closed_by_peer()

    def _state_known(self, response: Response) -> None:
        status = self.dialect.read_state(response, self.id)
        if status is None or status.gone:
            self.closed_by_peer()
        elif status.doubtful:
            self._lose_patience()

    def _state_unknown(self, reason: Failure) -> None:
        if not everything_is_lost(reason):
            self.closed_by_peer()

    def _drained(self) -> None:
        """The peer has closed, and everything that it sent was delivered."""
        if self._problem is not None:
            self._fail(self._problem)
        else:
            self._life.peer_gone()

    def _fail_when_drained(self, problem: ModemError) -> None:
        """End with a problem of the sending side, after what can still be read."""
        self._problem = self._problem or problem
        self.is_open = False
        self.closed_by_peer()

    def fail(self, reason: Failure) -> None:
        """The PDP context is down: the connection cannot go on; drop it, and tell."""
        self._closed_by_module = self._closed_by_module or self.dialect.ends_with_network
        self._life.fail(reason)

    def garbled(self, problem: ModemError) -> None:
        """Bytes of it are lost: drop it, and tell."""
        self._fail(problem)

    def opened(self) -> None:
        """The open has succeeded."""
        self._life.opened()

    def _fail(self, problem: ModemError) -> None:
        self._life.fail(Failure(problem))

    # -- what the life cycle does (called by the machine)

    def do_ask_why(self) -> None:
        """Find out whether the network took the connection down."""
        self._place.pdp_is_up().addBoth(self._why_known)

    def _why_known(self, up: bool | Failure) -> None:
        if self.is_over or (isinstance(up, Failure) and everything_is_lost(up)):
            return
        if up is not True:
            reason: Failure = Failure(SendFailed("the packet data connection is down"))
        elif self._has_unsent or self._refused_since is not None:
            reason = Failure(SendFailed("the connection was closed before all was sent"))
        elif self._closed_is_lost:
            reason = Failure(error.ConnectionLost("closed by the peer"))
        else:
            reason = Failure(error.ConnectionDone())
        self._life.told(reason)

    def do_tell(self, reason: Failure) -> None:
        """Tell the owner that it is over."""
        self._quiet()
        owner, self._owner = self._owner, None
        if owner is not None:
            carry(reason.value, self._port.trace.last)
            owner.ended(reason)
        else:
            self._over_already = reason

    def do_free(self) -> None:
        """Let go of the id."""
        self._quiet()
        if self._route is not None:
            # it would keep all that it leads to
            self._port.close_route(self._route)
            self._route = None
        self._place.free(self)

    def _unclosed(self) -> None:
        """The module has not said that it has closed it."""
        self._place.unclosed()
