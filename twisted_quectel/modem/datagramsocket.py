"""A socket of the module for datagrams, of a service or with one DTLS peer.

It lives as a connection does (L{twisted_quectel.modem.socketmachine}), and shares ids,
port and recovery with those; but what does not get through is lost, as datagrams are:
nothing waits for ever, and nothing is sent twice.

TCP/IP Application Note, C{AT+QISEND}, C{AT+QIRD} and C{+QIURC: "recv"}; LTE SSL
Application Note v1.1, chapters 2.2.3, 2.2.4 and 2.3.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import ATPort, Command, Response
from ..at.deadline import Deadline
from ..errors import ModemError, RemoteViolation, SendFailed, carry
from ..families import AccessMode, DatagramDialect, Delivery, Dialect, Family
from .closing import Closing
from .interfaces import Address, Datagram, DatagramOwner
from .receiving import SAFETY_POLL, ReadJob
from .sending import LOOK_AFTER_SENDS, RETRY_LONGEST, SendJob
from .socketmachine import SocketCore, SocketLife, socket_life
from .socketstate import RETRY_FIRST, everything_is_lost

#: Seconds in which a datagram that the module refuses is sent again; then it is lost.
REFUSED_AT_MOST: Final = 5.0
#: How often a datagram is sent that never came to its body; then it is lost.
ATTEMPTS: Final = 3
#: Bytes that are held until there is somebody to take them; what is beyond is lost.
HELD_AT_MOST: Final = 16 * 1024


class DatagramSocket(Closing, SocketCore):
    """One socket for datagrams, in buffer or push mode.

    @ivar id: the module's number for it.
    @ivar mode: its access mode.
    @ivar dialect: how the module speaks of it.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        family: Family,
        dialect: Dialect,
        id: int,
        mode: AccessMode,
        pdp_is_up: Callable[[], Deferred[bool]],
        freed: Callable[[], None],
        close_time: int | None = None,
    ) -> None:
        """
        @param dialect: a L{DatagramDialect} of a service, or that of the module's TLS.
        @param pdp_is_up: asks whether the PDP context is still up.
        @param freed: told when the module has let go of the id.
        @param close_time: what the family wants an orderly close to name.
        """
        super().__init__()
        self.id = id
        self.alerts = 0
        self.mode = mode
        self.dialect = dialect
        self._clock = clock
        self._port = port
        self._family = family
        self._pdp_is_up = pdp_is_up
        self._freed = freed
        self._close_time = close_time
        self._owner: DatagramOwner | None = None
        self._held: deque[Datagram] = deque()  # came before there was an owner
        self._held_size = 0
        self._closed_by_module = False
        self._current: Datagram | None = None  # is being sent, or was refused
        self._attempts = 0
        self._refused_since: float | None = None
        self._retry: IDelayedCall | None = None
        self._retry_wait = RETRY_FIRST
        self._send_job = SendJob(self)
        self._send_waits = False
        self._sends_since_look = 0
        self._read_job = ReadJob(self)
        self._read_waits = False
        self._more = False
        self._poll: Deadline | None = None
        self._peer_closed = False
        self._over_already: Failure | None = None  # before there was an owner to tell
        self._life: SocketLife = socket_life(self)

    # -- for the owner

    def start(self, owner: DatagramOwner) -> None:
        """Begin to deliver, what came before first."""
        if self._over_already is not None:
            owner.ended(self._over_already)
            return
        self._owner = owner
        self._arm_poll()
        while self._held and self._owner is not None:
            self._owner.received(self._held.popleft())
        self._look()
        self.writable()

    def writable(self) -> None:
        """The owner has something to send."""
        if not self._send_waits and self._retry is None and self.live:
            self._send_waits = True
            self._port.enqueue(self._send_job)

    @property
    def sending(self) -> bool:
        """Whether one has been taken from the owner that has not left."""
        return self._current is not None

    def close(self) -> None:
        """Close in order; the owner is told when that is done."""
        self._life.close()

    def abort(self) -> None:
        """Close; the owner is not told."""
        self._owner = None
        self._life.abort()

    def opened(self) -> None:
        """The open has succeeded."""
        self._life.opened()

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

    def pushed(self, data: bytes, source: Address | None = None) -> None:
        """One came unasked."""
        self._deliver(Datagram(data, source))

    def readable(self) -> None:
        """There is something to read."""
        self._more = True
        self._look()

    def closed_by_peer(self, told: bool = False) -> None:
        """It is closed; see L{SessionSocket.closed_by_peer<.connections.SessionSocket>}."""
        if told and self.dialect.module_closes:
            self._closed_by_module = True
        if self._peer_closed or self.is_over:
            return
        self._peer_closed = True
        # in push mode too: some firmware closes ahead of the last pushes
        self._more = True
        self._look()

    def fail(self, reason: Failure) -> None:
        """It cannot go on: drop it, and tell."""
        self._life.fail(reason)

    def lost(self, reason: Failure) -> None:
        """The module or the port is gone."""
        self._life.lose(reason)

    # -- receiving

    def _deliver(self, datagram: Datagram) -> None:
        if self.is_over:
            return
        if self._owner is not None:
            self._owner.received(datagram)
        elif self._held_size + len(datagram.data) <= HELD_AT_MOST:
            self._held.append(datagram)
            self._held_size += len(datagram.data)

    def _look(self) -> None:
        """Read, if there may be something and somebody wants it."""
        if self._owner is None or self._read_waits or self.is_over:
            return
        readable = self._peer_closed or self.mode is AccessMode.BUFFER
        if self._more and readable and self.dialect.reads:
            self._read_waits = True
            self._port.enqueue(self._read_job)
        elif self._peer_closed:
            self._life.peer_gone()

    def next_read(self) -> Command | None:
        """It is the read's turn (called by the port)."""
        if self.is_over or not self._more:
            self._read_waits = False
            return None
        self._more = False
        self._sends_since_look = 0
        return self.dialect.read_command(self.id, self._family.limits.read)

    def read_done(self, response: Response) -> None:
        """The read was answered."""
        self._read_waits = False
        data = self.dialect.read_data(response)
        if data is None:
            if not self._peer_closed:
                self._ask_state()
        elif max(len(data), self.dialect.announced(response)) > self._family.limits.read:
            # what it announced may not have been counted: find the next answer's start
            self._port.resynchronise()
            self.fail(
                Failure(
                    RemoteViolation(
                        "the module answered a read with more bytes than were asked for",
                        family=self._family.name,
                        command="AT" + response.command.text.shown,
                    )
                )
            )
            return
        elif data:
            self._more = True
            source = None
            if isinstance(self.dialect, DatagramDialect):
                source = self.dialect.read_source(response)
            self._deliver(Datagram(data, source))
        self._look()
        self._arm_poll()

    def read_lost(self, reason: Failure) -> None:
        """The read was not answered: what it took out of the module is lost."""
        self._read_waits = False
        if everything_is_lost(reason):
            return
        if self._peer_closed:
            self._look()
        else:
            self._ask_state()
            self._arm_poll()

    def _arm_poll(self) -> None:
        if self.mode is AccessMode.BUFFER and self.live:
            if self._poll is None:
                self._poll = Deadline(self._clock, self.readable_perhaps)
            self._poll.set(SAFETY_POLL)

    def readable_perhaps(self) -> None:
        """A URC may have been lost."""
        self._more = True
        self._look()

    # -- sending

    def next_send(self) -> Command | None:
        """It is the send's turn (called by the port)."""
        if self._current is None and self.live and self._owner is not None:
            self._current = self._owner.take()
        datagram = self._current
        if datagram is None or not self.live:
            self._send_waits = False
            return None
        self._attempts += 1
        if datagram.address is None or not isinstance(self.dialect, DatagramDialect):
            return self.dialect.send_command(self.id, datagram.data)
        return self.dialect.send_to_command(self.id, datagram.data, *datagram.address)

    def send_done(self, response: Response) -> None:
        """The send was answered."""
        self._send_waits = False
        delivery = self.dialect.delivery(response)
        if delivery is Delivery.REFUSED:
            self._send_later()
        elif delivery is Delivery.NOT_SENT:
            self._ask_state()
            if self._attempts < ATTEMPTS:
                self._send_later()
            else:
                self._forget(False)
        else:
            # whether it was taken is not known where the answer is an error: it is not sent twice
            if delivery is Delivery.UNKNOWN:
                self._ask_state()
            self._forget(delivery is Delivery.TAKEN)

    def send_lost(self, reason: Failure) -> None:
        """The send was not answered."""
        self._send_waits = False
        if not everything_is_lost(reason):
            self._ask_state()
            self._forget(False)

    def _forget(self, taken: bool) -> None:
        """One is done with, in whatever way; go on with the next."""
        datagram, self._current = self._current, None
        self._attempts = 0
        self._refused_since = None
        self._retry_wait = RETRY_FIRST
        if self.is_over:
            return
        if datagram is not None and self._owner is not None:
            self._owner.sent(datagram, taken)
        self.writable()
        if self.mode is AccessMode.BUFFER:
            # the URC of data that comes during a send is lost on some firmware
            self._sends_since_look += 1
            if not self._send_waits or self._sends_since_look >= LOOK_AFTER_SENDS:
                self._more = True
                self._look()

    def _send_later(self) -> None:
        """Send the same one again after a while."""
        now = self._clock.seconds()
        if self._refused_since is None:
            self._refused_since = now
        if now - self._refused_since > REFUSED_AT_MOST:
            self._forget(False)
        elif not self.is_over:
            self._retry = self._clock.callLater(self._retry_wait, self._send_again)
            self._retry_wait = min(self._retry_wait * 2, RETRY_LONGEST)

    def _send_again(self) -> None:
        self._retry = None
        self.writable()

    # -- ends

    def _ask_state(self) -> None:
        """Ask whether it still exists."""
        command = self.dialect.state_command(self.id)
        if command is None:
            return
        asked = self._port.execute(command, urgent=True)
        asked.addCallbacks(self._state_known, self._state_unknown)

    def _state_known(self, response: Response) -> None:
        status = self.dialect.read_state(response, self.id)
        if status is None or status.gone:
            self.closed_by_peer()

    def _state_unknown(self, reason: Failure) -> None:
        # a module that cannot tell goes on; one that says nothing more ends the session
        reason.trap(ModemError)

    # -- what the life cycle does (called by the machine)

    def do_ask_why(self) -> None:
        """Find out whether the network took it down."""
        self._pdp_is_up().addBoth(self._why_known)

    def _why_known(self, up: bool | Failure) -> None:
        if self.is_over or (isinstance(up, Failure) and everything_is_lost(up)):
            return
        if up is True:
            self._life.told(Failure(error.ConnectionDone()))
        else:
            self._life.told(Failure(SendFailed("the packet data connection is down")))

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
        self._freed()

    def _quiet(self) -> None:
        """Leave no timer behind."""
        if self._poll is not None:
            self._poll.clear()
        retry, self._retry = self._retry, None
        if retry is not None:
            retry.cancel()
        self._held.clear()
