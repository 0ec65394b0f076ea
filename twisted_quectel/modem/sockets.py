"""A connection that shares a channel in command mode: buffer and push mode.

LTE SSL Application Note v1.1, chapters 1.3, 2.2.3 to 2.2.6 and 2.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, Command, Job, Response
from ..at.deadline import Deadline
from ..errors import ModemError, ModuleLost, PortLost, RemoteViolation, SendFailed, carry
from ..families import AccessMode, Delivery, Family
from .interfaces import SocketOwner
from .socketmachine import SocketCore, SocketLife, socket_life

#: Seconds between looks for data whose URC was lost, while a connection in
#: buffer mode is open.
SAFETY_POLL: Final = 15.0
#: In buffer mode, a look for data after so many sends in a row.
LOOK_AFTER_SENDS: Final = 8
#: Bytes held for a paused consumer before push mode is given up.
HELD_BEFORE_SWITCH: Final = 16 * 1024
#: Bytes held before the port is not read any more: the last resort.
HELD_AT_MOST: Final = 64 * 1024
#: The same while the module has been told to push no more and has not answered: that
#: answer lies behind what was under way, and so does everything for the other
#: connections.  It is what 4 Mbaud bring in half a second, and more.
HELD_WHILE_SWITCHING: Final = 256 * 1024
#: Seconds before a block that was refused is sent again: the first wait, the
#: longest, and how long a module may refuse in all.
RETRY_FIRST: Final = 0.2
RETRY_LONGEST: Final = 2.0
REFUSED_AT_MOST: Final = 120.0


#: Held by those that hold nothing, all of them: a deque takes 600 bytes.
_NOTHING: Final[deque[bytes]] = deque(maxlen=0)


def _everything_is_lost(reason: Failure) -> bool:
    """Whether a command was not answered because C{lost} is about to be called."""
    return reason.check(PortLost, ModuleLost) is not None


class _SendJob(Job):
    __slots__ = ("_socket",)

    def __init__(self, socket: CommandSocket) -> None:
        self._socket = socket

    def command(self) -> Command | None:
        return self._socket.next_send()

    def done(self, response: Response) -> None:
        self._socket.send_done(response)

    def failed(self, reason: Failure) -> None:
        self._socket.send_lost(reason)


class _ReadJob(Job):
    __slots__ = ("_socket",)

    def __init__(self, socket: CommandSocket) -> None:
        self._socket = socket

    def command(self) -> Command | None:
        return self._socket.next_read()

    def done(self, response: Response) -> None:
        self._socket.read_done(response)

    def failed(self, reason: Failure) -> None:
        self._socket.read_lost(reason)


class _SwitchJob(Job):
    __slots__ = ("_socket",)

    def __init__(self, socket: CommandSocket) -> None:
        self._socket = socket

    def command(self) -> Command | None:
        return self._socket.next_switch()

    def done(self, response: Response) -> None:
        self._socket.switch_done(response)

    def failed(self, reason: Failure) -> None:
        self._socket.switch_lost()


class CommandSocket(SocketCore):
    """One connection in buffer or push mode.

    It is made when its open begins, so that nothing that comes with the
    result of the open is lost.  At most one send and one read of it wait at
    the port at a time; the port's queue is what shares it out fairly.

    @ivar mode: the access mode now.
    @ivar ended_lost: what a C{closed} URC means although all was well.
    """

    # a modem has a dozen, and many more have been: no dictionary for each
    __slots__ = (
        "_chunk",
        "_clock",
        "_close_time",
        "_closed_is_lost",
        "_family",
        "_freed",
        "_held",
        "_held_size",
        "_life",
        "_more",
        "_over_already",
        "_overrun",
        "_owner",
        "_paused",
        "_pdp_is_up",
        "_peer_closed",
        "_poll",
        "_port",
        "_port_held",
        "_problem",
        "_read_bare",
        "_read_job",
        "_read_waits",
        "_refused_since",
        "_retry",
        "_retry_wait",
        "_send_job",
        "_send_waits",
        "_sends_since_look",
        "_switch_sent",
        "_switching",
        "id",
        "mode",
    )

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        family: Family,
        id: int,
        mode: AccessMode,
        pdp_is_up: Callable[[], Deferred[bool]],
        freed: Callable[[CommandSocket], None],
        closed_is_lost: bool = False,
        close_time: int | None = None,
    ) -> None:
        """
        @param pdp_is_up: asks whether the PDP context is still up.
        @param freed: told when the module has let go of the id.
        @param close_time: what the family wants an orderly close to name.
        @param closed_is_lost: whether a close by the peer counts as a loss.
        """
        super().__init__()
        self.id = id
        self.mode = mode
        self._clock = clock
        self._port = port
        self._family = family
        self._pdp_is_up = pdp_is_up
        self._freed = freed
        self._closed_is_lost = closed_is_lost
        self._close_time = close_time
        self._owner: SocketOwner | None = None
        self._life: SocketLife = socket_life(self)
        self._paused = False
        self._held = _NOTHING
        self._held_size = 0
        self._overrun = False  # too much came before there was an owner
        self._port_held = False
        self._switching = False  # the switch was asked for, once and for good
        self._switch_sent = False  # its answer is awaited
        self._send_job = _SendJob(self)
        self._send_waits = False
        self._chunk = b""  # what is being sent, or was refused and goes again
        self._refused_since: float | None = None
        self._retry: IDelayedCall | None = None
        self._retry_wait = RETRY_FIRST
        self._read_job = _ReadJob(self)
        self._read_waits = False
        self._read_bare = False  # the last read was answered by a result alone
        self._more = False  # there may be data in the module, beyond a read under way
        self._sends_since_look = 0
        self._poll: Deadline | None = None  # only buffer mode needs it
        self._peer_closed = False
        self._problem: ModemError | None = None
        self._over_already: Failure | None = None  # before there was an owner to tell

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
        if not self._send_waits and self._retry is None and self._may_send:
            self._send_waits = True
            self._port.enqueue(self._send_job)

    def pause(self) -> None:
        """Deliver no more."""
        self._paused = True
        self._stop_poll()

    def resume(self) -> None:
        """Deliver again."""
        self._paused = False
        self._flush_held()
        if self._port_held and self._held_size < HELD_AT_MOST:
            self._port_held = False
            self._port.resumeProducing()
        if self._more or self._peer_closed:
            self._look()
        self._arm_poll()

    def close(self) -> None:
        """Close in order."""
        self._life.close()

    def abort(self) -> None:
        """Drop the connection."""
        self._owner = None
        self._life.abort()

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

    def pushed(self, data: bytes) -> None:
        """Data came unasked."""
        if self.is_over:
            return
        if not self._paused and not self._held and self._owner is not None:
            self._owner.received(data)
            return
        self._hold(data)

    def closed_by_peer(self) -> None:
        """The module has said that the connection is closed."""
        if self._peer_closed or self.is_over:
            return
        self._peer_closed = True
        # in push mode too: some firmware closes ahead of the last pushes
        self._more = True
        self._look()

    def lost(self, reason: Failure) -> None:
        """The module, the port or the PDP context is gone."""
        self._life.lose(reason)

    # -- reading

    def _hold(self, data: bytes) -> None:
        if self._owner is None and self._held_size > HELD_AT_MOST:
            # the port cannot be held: the result of the open is still to come on it
            self._overrun = True
            return
        if not self._held:
            self._held = deque()
        self._held.append(data)
        self._held_size += len(data)
        if self._held_size > HELD_BEFORE_SWITCH:
            self._stop_pushing()
        # another connection may have let the port go that this one holds
        holding = self._port_held and self._port.paused
        most = HELD_WHILE_SWITCHING if self._switch_sent else HELD_AT_MOST
        if self._held_size > most and not holding and self._owner is not None:
            self._port_held = True
            self._port.pauseProducing()

    def _stop_pushing(self) -> None:
        """Fall back to buffer mode, once and for good: push mode has no brake."""
        if self._switching or self.mode is not AccessMode.PUSH or not self.is_open:
            return
        self._switching = True
        self._port.enqueue(_SwitchJob(self), urgent=True)

    def next_switch(self) -> Command | None:
        """It is the switch's turn (called by the port)."""
        if self.is_over:
            return None
        self._switch_sent = True
        return self._family.switch_command(self.id, AccessMode.BUFFER)

    def switch_done(self, response: Response) -> None:
        """The switch was answered."""
        self._switch_sent = False
        if not response.result.good:
            # it goes on pushing, and the port is not read when too much is held
            return
        self.mode = AccessMode.BUFFER
        self._switching = False
        self._more = True
        self._look()
        self._arm_poll()

    def switch_lost(self) -> None:
        """The switch was not answered: it is as if it was refused."""
        self._switch_sent = False

    def _flush_held(self) -> None:
        while self._held and not self._paused and self._owner is not None:
            data = self._held.popleft()
            self._held_size -= len(data)
            self._owner.received(data)

    def _look(self) -> None:
        """Read, if there may be something and somebody wants it."""
        if self._paused or self._held or self._owner is None:
            return
        if self._more and (self._peer_closed or self.mode is AccessMode.BUFFER):
            if not self._read_waits:
                self._read_waits = True
                self._port.enqueue(self._read_job)
            return
        if self._peer_closed and not self._read_waits:
            self._drained()

    def next_read(self) -> Command | None:
        """It is the read's turn (called by the port)."""
        if self._paused or self.is_over or not self._more:
            self._read_waits = False
            return None
        self._sends_since_look = 0
        # what is told from here on may be news: the answer may have been made up before
        self._more = False
        return self._family.read_command(self.id, self._family.limits.read)

    def read_done(self, response: Response) -> None:
        """The read was answered."""
        self._read_waits = False
        data = self._family.read_data(response)
        if data is None:
            # the module does not know the connection any more, or never had it open
            if not self._peer_closed:
                self._ask_state()
        elif max(len(data), self._family.announced(response)) > self._family.limits.read:
            # what it announced may not have been counted: find the next answer's start
            self._port.resynchronise()
            self._fail(
                RemoteViolation("the module answered a read with more bytes than were asked for")
            )
            return
        elif not data:
            # a result without its line is no proof that nothing is left
            bare = not response.lines and not self._read_bare
            self._read_bare = bare
            self._more = self._more or bare
        else:
            self._read_bare = False
            self._more = True
            if self._paused:
                self._hold(data)
            elif self._owner is not None:
                self._owner.received(data)
        self._look()
        self._arm_poll()

    def read_lost(self, reason: Failure) -> None:
        """The read was not answered: what it took out of the module is lost."""
        self._read_waits = False
        if not _everything_is_lost(reason):
            self._fail(
                SendFailed(
                    "the module did not answer a read; bytes may be lost: "
                    + reason.getErrorMessage()
                )
            )

    def _arm_poll(self) -> None:
        if self.mode is AccessMode.BUFFER and self.is_open and not self._paused:
            if self._poll is None:
                self._poll = Deadline(self._clock, self._poll_now)
            self._poll.set(SAFETY_POLL)

    def _stop_poll(self) -> None:
        if self._poll is not None:
            self._poll.clear()

    def _poll_now(self) -> None:
        self._more = True
        self._look()

    # -- writing

    def next_send(self) -> Command | None:
        """It is the send's turn (called by the port)."""
        if not self._chunk and self._may_send and self._owner is not None:
            self._chunk = self._owner.take(self._family.limits.send)
        if not self._chunk or not self._may_send:
            self._send_waits = False
            return None
        return self._family.send_command(self.id, self._chunk)

    @property
    def _may_send(self) -> bool:
        # what is unsent when the peer has closed makes the end a loss
        return self.is_open and not self._peer_closed

    def send_done(self, response: Response) -> None:
        """The send was answered."""
        self._send_waits = False
        delivery = self._family.delivery(response)
        if delivery is Delivery.TAKEN:
            size = len(self._chunk)
            self._chunk = b""
            self._refused_since = None
            self._retry_wait = RETRY_FIRST
            if self._owner is not None:
                self._owner.sent(size)
            self._after_send()
        elif delivery is Delivery.REFUSED:
            self._send_later()
        elif delivery is Delivery.NOT_SENT:
            self._ask_state()
            self._send_later()
        else:
            self._fail_when_drained(
                SendFailed(
                    f"the module answered {response.result.describe()} in place of SEND OK; "
                    "whether it has taken the block is not known",
                    trace=self._port.trace.last(),
                )
            )

    def _after_send(self) -> None:
        if self.is_over:
            return
        self.writable()
        if self.mode is AccessMode.BUFFER:
            # the URC of data that comes during a send is lost on some firmware
            self._sends_since_look += 1
            if not self._send_waits or self._sends_since_look >= LOOK_AFTER_SENDS:
                self._more = True
                self._look()

    def _send_later(self) -> None:
        """Send the same block again after a while."""
        if self.is_over:
            return
        now = self._clock.seconds()
        if self._refused_since is None:
            self._refused_since = now
        if now - self._refused_since > REFUSED_AT_MOST:
            self._fail(
                SendFailed(
                    f"the module has refused to send for {REFUSED_AT_MOST:g} s",
                    trace=self._port.trace.last(),
                )
            )
            return
        self._retry = self._clock.callLater(self._retry_wait, self._send_again)
        self._retry_wait = min(self._retry_wait * 2, RETRY_LONGEST)

    def _send_again(self) -> None:
        self._retry = None
        self.writable()

    def send_lost(self, reason: Failure) -> None:
        """The send was not answered."""
        self._send_waits = False
        if not _everything_is_lost(reason):
            self._fail(
                SendFailed(
                    "the module did not answer a send; whether it has taken the block is not "
                    "known: " + reason.getErrorMessage()
                )
            )

    # -- ends

    def _ask_state(self) -> None:
        """Ask whether the connection still exists."""
        asked = self._port.execute(self._family.state_command(self.id), urgent=True)
        asked.addCallbacks(self._state_known, self._state_unknown)

    def _state_known(self, response: Response) -> None:
        status = self._family.read_state(response)
        if status is None or status.gone:
            self.closed_by_peer()

    def _state_unknown(self, reason: Failure) -> None:
        if not _everything_is_lost(reason):
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
        self._pdp_is_up().addBoth(self._why_known)

    def _why_known(self, up: bool | Failure) -> None:
        if self.is_over or (isinstance(up, Failure) and _everything_is_lost(up)):
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
            carry(reason.value, self._port.trace.last())
            owner.ended(reason)
        else:
            self._over_already = reason

    def do_close(self, abort: bool) -> None:
        """Have the module close, and let go of the id when it has."""
        self._quiet()
        command = self._family.close_command(self.id, abort, self._close_time)
        self._port.execute(command).addBoth(self._close_done)

    def _close_done(self, result: object) -> None:
        # an error means that it was not open any more
        if not (isinstance(result, Failure) and _everything_is_lost(result)):
            self._life.closed()

    def do_free(self) -> None:
        """Let go of the id."""
        self._quiet()
        self._freed(self)

    def _quiet(self) -> None:
        """Leave no timer behind, and the port readable."""
        self._stop_poll()
        retry, self._retry = self._retry, None
        if retry is not None:
            retry.cancel()
        if not self.is_open:
            self._held = _NOTHING
            self._held_size = 0
        if self._port_held:
            self._port_held = False
            self._port.resumeProducing()
