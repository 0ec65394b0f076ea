"""A connection of a stack that is made for requests: a pipe with a commit, and with a brake.

SIM52xx SSL Application Note v0.01, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime

from ..at import ATPort
from ..families import AccessMode, Family, RequestDialect
from .committing import Committing
from .ending import Ending
from .interfaces import SocketOwner
from .openrequest import OpenRequest
from .place import Place
from .polling import Polling
from .receiving import ReadJob
from .sending import SendJob
from .socketmachine import SocketLife, socket_life
from .socketstate import NOTHING, Belonging

if TYPE_CHECKING:
    from .session import Session


class RequestSocket(Polling, Committing, Ending):
    """One connection of such a stack.

    It is made when its open begins.  At most one send or commit and one receive of it wait at
    the port at a time.
    """

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        family: Family,
        dialect: RequestDialect,
        id: int,
        place: Belonging,
        closed_is_lost: bool = False,
    ) -> None:
        """As L{SocketState}."""
        super().__init__(
            clock,
            port,
            family,
            dialect,
            id,
            AccessMode.BUFFER,
            place,
            closed_is_lost,
        )
        self._stack = dialect
        self._closes = False  # the owner closes, as soon as all has gone out
        self._life: SocketLife = socket_life(self)
        self._send_job = SendJob(self)
        self._read_job = ReadJob(self)

    # -- for the owner

    def start(self, owner: SocketOwner) -> None:
        """Begin to deliver, what came before first."""
        if self._over_already is not None:
            owner.ended(self._over_already)
            return
        self._owner = owner
        self._flush_held()
        self._look()
        self.writable()

    def writable(self) -> None:
        """The owner has something to send."""
        if self._peer_closed:
            self._give_up_sending()
        ready = self._may_send and self._retry is None
        if ready and not (self._send_waits or self._committing):
            self._send_waits = True
            self._port.enqueue(self._send_job)

    def pause(self) -> None:
        """Deliver no more, and ask for no more: the module's buffer fills."""
        self._paused = True

    def resume(self) -> None:
        """Deliver again."""
        self._paused = False
        self._flush_held()
        self._look()

    def discard(self) -> None:
        """The owner drops from here on what still comes."""

    def close(self) -> None:
        """Close in order: when what was sent has gone out, which a commit tells."""
        self._closes = True
        self._sent_on()

    def abort(self) -> None:
        """Drop the connection."""
        self._owner = None
        self._life.abort()

    def _sent_on(self) -> None:
        if self._closes and not self._uncommitted:
            self._life.close()
        else:
            super()._sent_on()

    @property
    def _has_unsent(self) -> bool:
        return bool(self._uncommitted) or super()._has_unsent

    # -- for the session: what the module says

    @property
    def pushing(self) -> bool:
        """A length always means that data follows."""
        return True

    def closed_by_peer(self, told: bool = False) -> None:
        """The connection is closed: deliver what is left, then end."""
        if self._peer_closed or self.is_over:
            return
        self._peer_closed = True
        self._give_up_sending()
        self._peer_is_gone()

    def _quiet(self) -> None:
        """Leave no timer behind."""
        self._stop_commit()
        self._stop_receive()
        self._stop_again()
        retry, self._retry = self._retry, None
        if retry is not None:
            retry.cancel()
        if not self.is_open:
            self._held = NOTHING
            self._held_size = 0


def make_request_socket(
    session: Session,
    request: OpenRequest,
    id: int,
    mode: AccessMode,
    close_time: int | None,
    freed: Callable[[], None],
) -> RequestSocket:
    """Make the connection that an open is about to bring; see L{SocketMaker<.opening>}."""
    dialect = request.dialect_of(session.family)
    assert isinstance(dialect, RequestDialect)
    place = Place(session, request.pdp, freed)
    socket = RequestSocket(
        session.clock,
        session.port,
        session.family,
        dialect,
        id,
        place,
        request.closed_is_lost,
    )
    session.add_socket(id, socket, request.pdp)
    return socket
