"""A connection in transparent mode, which has a channel to itself.

LTE SSL Application Note v1.1, chapters 1.3 and 2.2.2.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet import error
from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import ATPort
from ..errors import (
    CommandFailed,
    ModemError,
    PortUnresponsive,
    SendFailed,
    UnsupportedOperation,
    carry,
)
from ..families import AccessMode, Acknowledged, Dialect, Family
from .channels import Channel
from .closing import Unconfirmed
from .interfaces import SocketOwner
from .leasemachine import LeaseCore, LeaseLife, lease_life
from .pipe import TransparentPipe
from .probing import ask_acknowledged
from .socketstate import everything_is_lost
from .wayback import ATO

_log = Logger()


def _ignore_modem_errors(reason: Failure) -> None:
    """It was not open any more, or the module is gone: either will do."""
    reason.trap(ModemError)


class LeasedSocket(Unconfirmed, LeaseCore):
    """One connection in transparent mode.

    @ivar unclosed: whether the module has not said that it has closed it.

    It is made when its open begins, and gives everything back when it ends.
    """

    #: no URC brings data for it
    pushing = False

    def __init__(
        self,
        clock: IReactorTime,
        channel: Channel,
        control: ATPort,
        family: Family,
        dialect: Dialect,
        id: int,
        pdp_is_up: Callable[[], Deferred[bool]],
        freed: Callable[[], None],
        unresponsive: Callable[[Channel], None],
        closed_is_lost: bool,
        close_time: int | None,
    ) -> None:
        """
        @param dialect: how the module speaks of such a connection.
        @param control: the modem's port for commands.
        @param pdp_is_up: asks whether the PDP context is still up.
        @param freed: told when all is to be given back.
        @param unresponsive: told when the channel does not leave data mode.
        @param closed_is_lost: whether a close by the peer counts as a loss.
        @param close_time: what the family wants an orderly close to name.
        """
        self.id = id
        self._clock = clock
        self._channel = channel
        self._control = control
        self.dialect = dialect
        self._family = family
        self._pdp_is_up = pdp_is_up
        self._freed = freed
        self._unresponsive = unresponsive
        self._closed_is_lost = closed_is_lost
        self._close_time = close_time
        self._owner: SocketOwner | None = None
        self._interrupted = False
        self._closed_by_module = False
        self.live = False
        self.closing = False
        self.alerts = 0
        self.unclosed = False
        self._held: list[bytes] = []
        self._paused = False
        self._over_already: Failure | None = None  # it has ended before it was started
        self._life: LeaseLife = lease_life(self)
        switch = dialect.switch_command(id, AccessMode.TRANSPARENT)
        switches = () if switch is None else (switch,)
        self._pipe = TransparentPipe(
            clock,
            channel.port,
            self,
            guard=family.limits.guard or 1.0,
            boot=b"\r\n%s\r\n" % family.boot_word,
            back=(ATO, *switches),
            on_carrier_lost=self._carrier_lost,
            on_lost=self._pipe_lost,
        )

    # -- for the transport

    def start(self, owner: SocketOwner) -> None:
        """Begin to deliver, what came before first."""
        self._owner = owner
        if self._over_already is not None:
            self.do_tell(self._over_already)
            return
        self._flush_held()
        self._pipe.writable()

    def writable(self) -> None:
        """The owner has something to send."""
        self._pipe.writable()

    def pause(self) -> None:
        """Deliver no more, and stop reading the port."""
        self._paused = True
        self._pipe.pause()

    def resume(self) -> None:
        """Deliver again."""
        self._paused = False
        self._flush_held()
        if not self._paused:
            self._pipe.resume()

    def close(self) -> None:
        """Close in order."""
        self._life.close()

    def abort(self) -> None:
        """Drop the connection."""
        self._owner = None
        self._life.abort()

    def acknowledged(self) -> Deferred[Acknowledged]:
        """Ask what of the bytes sent the peer has acknowledged: only from another port."""
        if self._control is self._channel.port:
            return fail(
                UnsupportedOperation(
                    "mode: the port is in data mode, where nothing can be asked; dataDevices in "
                    "the modem file gives transparent connections another one",
                )
            )
        return ask_acknowledged(self._control, self.dialect, self.id)

    def _flush_held(self) -> None:
        while self._held and not self._paused and self._owner is not None:
            self._owner.received(self._held.pop(0))

    # -- for the pipe: it asks and delivers as if this were the owner

    def take(self, limit: int) -> bytes:
        """Give the next bytes to send."""
        return self._owner.take(limit) if self._owner is not None else b""

    def sent(self, count: int) -> None:
        """Bytes have gone into the pipe."""
        if self._owner is not None:
            self._owner.sent(count)

    def received(self, data: bytes) -> None:
        """Bytes came."""
        if self._owner is None or self._paused or self._held:
            self._held.append(data)
        else:
            self._owner.received(data)

    def ended(self, reason: Failure) -> None:
        """The pipe tells its end in other ways."""

    # -- for the session

    def connected(self) -> None:
        """The open was answered by C{CONNECT}."""
        self._life.connected()

    def refused(self) -> None:
        """The open has failed."""
        self._life.refused()

    def readable(self) -> None:
        """There is data, in command mode: only after the end."""

    def pushed(self, data: bytes, source: tuple[str, int] | None = None) -> None:
        """As L{readable}."""

    def discard(self) -> None:
        """The owner drops what still comes."""

    def closed_by_peer(self, told: bool = False) -> None:
        """C{NO CARRIER} on the channel tells it, behind the last byte."""

    def fail(self, reason: Failure) -> None:
        """The PDP context went down: C{NO CARRIER} tells it."""
        self._interrupted = self._interrupted or self.dialect.ends_with_network

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        self._life.lose(reason)

    def _carrier_lost(self) -> None:
        self._closed_by_module = self.dialect.module_closes
        self._life.carrier_lost()

    def _pipe_lost(self, reason: Failure) -> None:
        if not reason.check(PortUnresponsive):
            self._life.lose(reason)
            return
        # the connection is still there: it is closed from the port for commands, if that
        # is another one, before its id is anybody else's
        self._ending()
        self._unresponsive(self._channel)
        if self._control is self._channel.port or self._control.lost:
            self._life.lose(reason)
            return
        command = self.dialect.close_command(self.id, True)
        self._control.execute(command).addBoth(lambda _: self._life.lose(reason))

    # -- what the life cycle does

    def do_pipe(self) -> None:
        """Take the port over."""
        self.live = True
        self._pipe.start()

    def _ending(self) -> None:
        """From here on it does not keep its SSL context any more."""
        self.live = False
        self.closing = True

    def do_interrupt(self) -> None:
        """Close from the port for commands; the open then ends with an error.

        On a modem's only port nothing can be said until the open has ended.
        """
        self._ending()
        if self._control is not self._channel.port:
            self._interrupted = True
            command = self.dialect.close_command(self.id, True)
            self._control.execute(command).addErrback(_ignore_modem_errors)

    def do_leave(self) -> None:
        """Write what is left, and go back to command mode."""
        self._ending()
        self._pipe.leave().addCallbacks(self._left, self._pipe_lost)

    def _left(self, up: bool) -> None:
        if not up:
            self._closed_by_module = self.dialect.module_closes
        self._life.left()

    def do_drop(self) -> None:
        """Go back to command mode."""
        self._ending()
        self._held.clear()
        self._paused = False
        self._pipe.resume()
        self._pipe.drop()
        self.do_leave()

    def do_ask_why(self) -> None:
        """Find out whether the network took the connection down."""
        self._ending()
        self._pdp_is_up().addBoth(self._why_known)

    def _why_known(self, up: bool | Failure) -> None:
        if isinstance(up, Failure) and everything_is_lost(up):
            # the session says why
            return
        unsent = self._owner is not None and self._owner.take(1) != b""
        if up is not True:
            problem: Exception = SendFailed("the packet data connection is down")
        elif unsent:
            problem = SendFailed("the connection was closed before all was sent")
        elif self._closed_is_lost and not self._pipe.in_doubt:
            problem = error.ConnectionLost("closed by the peer")
        else:
            problem = error.ConnectionDone()
        self._life.told(Failure(problem))

    def do_close(self, abort: bool) -> None:
        """Have the module close."""
        self._ending()
        if self._interrupted or self._closed_by_module:
            # it was closed from the other port, or by the module itself
            self._clock.callLater(0, self._life.closed)
            return
        command = self.dialect.close_command(self.id, abort, self._close_time)
        self._channel.port.execute(command).addBoth(self._close_done)

    def _close_done(self, result: object) -> None:
        self.unclosed = isinstance(result, Failure) and not result.check(CommandFailed)
        self._life.closed()

    def do_tell(self, reason: Failure) -> None:
        """Tell the owner; what is held comes first."""
        self._paused = False
        self._flush_held()
        if self._pipe.in_doubt and reason.check(error.ConnectionDone):
            # whoever has asked for the end, the peer was first
            reason = Failure(
                SendFailed(
                    "the connection was closed while bytes were on their way; whether the module "
                    "has taken them is not known"
                )
            )
        owner, self._owner = self._owner, None
        if owner is not None:
            carry(reason.value, self._channel.port.trace.last)
            owner.ended(reason)
        else:
            self._over_already = reason

    def do_free(self) -> None:
        """Give back channel, context and id."""
        self._freed()
