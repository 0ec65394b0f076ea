"""A connection that shares a channel in command mode: buffer and push mode.

LTE SSL Application Note v1.1, chapters 1.3, 2.2.3 to 2.2.6 and 2.3.
"""

from __future__ import annotations

from typing import Final

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, Response, Route
from ..errors import ModemError, RemoteViolation, SendFailed, carry
from ..families import AccessMode, Acknowledged, Dialect, Family
from .interfaces import SocketOwner
from .probing import ask_acknowledged
from .receiving import Receiving
from .retries import Retries
from .sending import Sending, SendJob
from .socketmachine import SocketLife, socket_life
from .socketstate import NOTHING, Belonging, everything_is_lost

#: Seconds for which a module may refuse to send that cannot tell whether there is a connection.
PATIENT_WITHOUT_STATE: Final = 10.0


class CommandSocket(Receiving, Sending):
    """One connection in buffer or push mode.

    It is made when its open begins, so that nothing that comes with the
    result of the open is lost.  At most one send and one read of it wait at
    the port at a time; the port's queue is what shares it out fairly.

    @ivar mode: the access mode now.
    @ivar ended_lost: what a C{closed} URC means although all was well.
    """

    __slots__ = ("_life", "_send_job")

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        family: Family,
        dialect: Dialect,
        id: int,
        mode: AccessMode,
        place: Belonging,
        closed_is_lost: bool = False,
        close_time: int | None = None,
        retries: Retries | None = None,
    ) -> None:
        """As L{SocketState}."""
        super().__init__(
            clock,
            port,
            family,
            dialect,
            id,
            mode,
            place,
            closed_is_lost,
            close_time,
            retries,
        )
        self._life: SocketLife = socket_life(self)
        self._send_job = SendJob(self)
        self._read_job = None

    # -- for the owner

    def start(self, owner: SocketOwner) -> None:
        """Begin to deliver, what came before first."""
        if self._over_already is not None:
            owner.ended(self._over_already)
            return
        self._owner = owner
        if self._overrun:
            self._fail(
                RemoteViolation("the module pushed too much before it had reported the connection")
            )
            return
        self._arm_poll()
        self._flush_held()
        self._look()
        self.writable()

    def writable(self) -> None:
        """The owner has something to send."""
        if self._peer_closed:
            self._give_up_sending()
        if not self._send_waits and self._retry is None and self._may_send:
            self._send_waits = True
            self._port.enqueue(self._send_job)

    def pause(self) -> None:
        """Deliver no more."""
        self._paused = True
        self._close_route()
        self._stop_poll()

    def resume(self) -> None:
        """Deliver again."""
        self._paused = False
        self._flush_held()
        if self._more or self._peer_closed:
            self._look()
        self._arm_poll()

    def discard(self) -> None:
        """The owner drops from here on what still comes."""
        self._close_route()

    def close(self) -> None:
        """Close in order."""
        self._life.close()

    def abort(self) -> None:
        """Drop the connection."""
        self._owner = None
        self._close_route()
        self._life.abort()

    def acknowledged(self) -> Deferred[Acknowledged]:
        """Ask what of the bytes sent the peer has acknowledged."""
        return ask_acknowledged(self._port, self.dialect, self.id)

    # -- for its SSL context

    @property
    def live(self) -> bool:
        """Whether it is open, and nobody has begun to close it."""
        return self.is_open and not self._peer_closed

    @property
    def closing(self) -> bool:
        """Whether it is being closed, or has been by the peer."""
        return self.is_over or self._peer_closed

    # -- for the session: what the module says

    @property
    def pushing(self) -> bool:
        """Whether a length in a recv URC means that data follows."""
        return self.mode is AccessMode.PUSH

    def readable(self) -> None:
        """There is data to read."""
        self._more = True
        self._look()

    def pushed(self, data: bytes, source: tuple[str, int] | None = None) -> Route | None:
        """Data came unasked; give where more of it goes, while nothing changes."""
        if self.is_over:
            return None
        if self._paused or self._held or self._owner is None:
            self._hold(data)
            return None
        self._owner.received(data)
        return self._direct()

    def closed_by_peer(self, told: bool = False) -> None:
        """The connection is closed.

        @param told: whether the module has said so by itself.
        """
        if told and self.dialect.module_closes:
            self._closed_by_module = True
        if self._peer_closed or self.is_over:
            return
        self._peer_closed = True
        self._close_route()
        # in push mode too: some firmware closes ahead of the last pushes
        self._more = True
        self._give_up_sending()
        self._look()

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
            # what has closed it is told by itself; refused without an end, it counts as closed
            if self._refused_since is not None and self._clock.seconds() > (
                self._refused_since + PATIENT_WITHOUT_STATE
            ):
                self.closed_by_peer()
            return
        asked = self._port.execute(command, urgent=True)
        asked.addCallbacks(self._state_known, self._state_unknown)

    def _state_known(self, response: Response) -> None:
        status = self.dialect.read_state(response, self.id)
        if status is None or status.gone:
            self.closed_by_peer()

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
        """The connection cannot go on: drop it, and tell."""
        self._life.fail(reason)

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
        unsent = bool(self._chunk) or (self._owner is not None and self._owner.take(1) != b"")
        if up is not True:
            reason: Failure = Failure(SendFailed("the packet data connection is down"))
        elif unsent or self._refused_since is not None:
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

    def _quiet(self) -> None:
        """Leave no timer behind, and the port to be read at its speed."""
        self._stop_poll()
        self._close_route()
        retry, self._retry = self._retry, None
        if retry is not None:
            retry.cancel()
        if not self.is_open:
            self._held = NOTHING
            self._held_size = 0
        self._throttle(False)
