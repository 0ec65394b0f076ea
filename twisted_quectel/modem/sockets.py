"""A connection that shares a channel in command mode: buffer and push mode.

LTE SSL Application Note v1.1, chapters 1.3, 2.2.3 to 2.2.6 and 2.3.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from ..at import ATPort, Route
from ..errors import RemoteViolation, SendFailed
from ..families import AccessMode, Dialect, Family
from .ending import Ending
from .interfaces import SocketOwner
from .receiving import Receiving
from .retries import Retries
from .sending import Sending, SendJob
from .socketmachine import SocketLife, socket_life
from .socketstate import NOTHING, Belonging


class CommandSocket(Receiving, Sending, Ending):
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

    # -- for the session: what the module says

    @property
    def pushing(self) -> bool:
        """Whether a length in a recv URC means that data follows."""
        return self.mode is AccessMode.PUSH

    def readable(self) -> None:
        """There is data to read."""
        self._more = self._unread = True
        self._look()

    def pushed(self, data: bytes, source: tuple[str, int] | None = None) -> Route | None:
        """Data came unasked; give where more of it goes, while nothing changes."""
        if self.is_over:
            return None
        if self._peer_closed:
            # behind the word of the end
            self._look()
        if self._paused or self._held or self._owner is None:
            self._hold(data)
            return None
        self._owner.received(data)
        return self._direct()

    def confirmed(self, code: int) -> None:
        """What the module has taken has gone out, or is lost."""
        if code:
            self._fail_when_drained(
                SendFailed(
                    "the module has taken bytes and could not send them",
                    code=code,
                    family=self._family.name,
                )
            )
        elif self._retry is not None:
            # there is room again
            self._retry.cancel()
            self._send_again()

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
