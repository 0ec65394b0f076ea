"""TCP servers of the module, and what they accept.

TCP/IP Application Note: C{AT+QIOPEN} with C{"TCP LISTENER"}, C{+QIURC: "incoming"}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import Response, Route
from ..errors import ModuleLost, RemoteViolation, UnsupportedOperation
from ..families import AccessMode, Dialect, Family
from ..families.base import Incoming, IncomingRefused
from .closing import Unconfirmed, everything_is_lost

if TYPE_CHECKING:
    from .session import Session
    from .sockets import CommandSocket

#: Is given a connection, and the peer's address and port as the module wrote them.
Acceptor = Callable[["CommandSocket", str, int], None]

_log: Final = Logger()


def server_dialect(family: Family) -> Dialect:
    """Give how the module speaks of servers, and of what they accept.

    @raise UnsupportedOperation: if the family has none.
    """
    if not family.limits.listens or family.tcp is None:
        raise UnsupportedOperation(
            f"listenTCP: the {family.name} modules cannot be a server", family=family.name
        )
    return family.tcp


class Listener(Unconfirmed):
    """A server of the module: one of its ids, that neither sends nor receives.

    @ivar id: what the module calls it.
    @ivar port: on which port it listens.
    @ivar dialect: how the module speaks of it.
    """

    pushing = False

    def __init__(
        self,
        session: Session,
        id: int,
        pdp: int,
        port: int,
        accept: Acceptor,
        closed_is_lost: bool = False,
    ) -> None:
        """
        @param accept: called in the turn in which a connection came in.
        @param closed_is_lost: whether a close by the peer of one counts as a loss.
        """
        self.id = id
        self.port = port
        self.pdp = pdp
        self.dialect = server_dialect(session.family)
        self.accept = accept
        self.closed_is_lost = closed_is_lost
        self._session = session
        self._ended: Callable[[Failure], None] | None = None
        self._over = False
        self._closing = False
        self._waiting: list[Deferred[None]] = []

    @property
    def live(self) -> bool:
        """Whether it listens, and nobody has begun to close it."""
        return not self._over and not self._closing

    def opened(self, ended: Callable[[Failure], None]) -> None:
        """It listens.

        @param ended: told once when the module has stopped by itself.
        """
        self._session.alive.add(self.id)
        self._ended = ended

    def close(self) -> Deferred[None]:
        """Listen no more; what was accepted goes on.

        @return: fires when the module has closed it, or is gone.
        """
        self._ended = None
        done: Deferred[None] = Deferred()
        if self._over:
            done.callback(None)
            return done
        self._waiting.append(done)
        self._close()
        return done

    def _close(self) -> None:
        if not self._closing:
            command = self.dialect.close_command(self.id, abort=True)
            self._closing = True
            self._session.port.execute(command).addBoth(self._closed)

    def _closed(self, result: Response | Failure) -> None:
        # an error means that it was not open any more
        if not (isinstance(result, Failure) and everything_is_lost(result)):
            self._free()

    def _free(self) -> None:
        if self._over:
            return
        self._over = True
        self._session.forget_socket(self.id, self)
        self._session.unshare_channel()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def _tell(self, reason: Failure) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(reason)

    # -- for the session: what the module says

    def pushed(self, data: bytes, source: tuple[str, int] | None = None) -> Route | None:
        """A server receives nothing."""
        return None

    def readable(self) -> None:
        """A server receives nothing."""

    def closed_by_peer(self, told: bool = False) -> None:
        """The module has closed it."""
        self.fail(Failure(ModuleLost("the module has stopped to listen")))

    def fail(self, reason: Failure) -> None:
        """It listens no more, but keeps its id until that is closed."""
        if self.live:
            self._close()
            self._tell(reason)

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        self._free()
        self._tell(reason)


def accept_incoming(session: Session, event: Incoming | IncomingRefused) -> None:
    """Take a connection that came in to the server that has accepted it.

    The module has chosen its id.  What the host is about to open under the same one is
    answered by an error, and goes on under another; what it is about to close is closed.
    """
    if isinstance(event, IncomingRefused):
        _log.warn("a connection to the module was refused: all of its connections are in use")
        return
    connections, tcp = session.connections, session.family.tcp
    listener, holder = connections.sockets.get(event.listener), connections.sockets.get(event.id)
    if tcp is None or event.id not in session.family.limits.sockets or holder is listener:
        return
    if holder is not None and event.id in session.alive and holder.live:
        # two connections under one id: neither is to be trusted
        problem = RemoteViolation("the module has given the connection's id to another one")
        holder.fail(Failure(problem))
        return
    if holder is not None and not connections.supersede(event.id):
        return
    known = listener if isinstance(listener, Listener) else None
    session.channels.share()
    socket = session.new_socket(
        event.id,
        tcp,
        AccessMode.BUFFER,
        0 if known is None else known.pdp,
        known is not None and known.closed_is_lost,
        None,
        session.unshare_channel,
    )
    session.alive.add(event.id)
    socket.opened()
    if known is not None and known.live:
        known.accept(socket, event.host, event.port)
    else:
        # it came when the server was just being closed
        socket.abort()
