"""The receiving half of a connection in buffer or push mode.

LTE SSL Application Note v1.1, chapters 1.3, 2.2.4 and 2.3.1.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from twisted.python.failure import Failure

from ..at import Command, Job, Response, Route
from ..at.deadline import Deadline
from ..errors import RemoteViolation, SendFailed
from ..families import AccessMode
from .socketstate import SocketState, everything_is_lost

#: Seconds between looks for data whose URC was lost, while a connection in
#: buffer mode is open.
SAFETY_POLL: Final = 15.0
#: Seconds in which pushes may still come behind the word of the end, where nothing can be read.
LATE_PUSHES: Final = 0.3
#: Bytes held for a paused consumer before push mode is given up.  Until that is answered the
#: port is read slowly: the answer to the command in flight, and to the switch behind it, lies
#: behind what is pushed until then.
HELD_BEFORE_SWITCH: Final = 16 * 1024
#: Bytes held before there is somebody to deliver them to.
HELD_AT_MOST: Final = 64 * 1024
#: Bytes held when a connection is ended that cannot be stopped: the module does not answer,
#: or has refused to push no more.
HELD_LIMIT: Final = 1024 * 1024


class Reader(Protocol):
    """What reads."""

    def next_read(self) -> Command | None:
        """It is the read's turn."""

    def read_done(self, response: Response) -> None:
        """The read was answered."""

    def read_lost(self, reason: Failure) -> None:
        """The read was not answered."""


class ReadJob(Job):
    """A read's turn at the port."""

    __slots__ = ("_socket",)

    def __init__(self, socket: Reader) -> None:
        self._socket = socket

    def command(self) -> Command | None:
        return self._socket.next_read()

    def done(self, response: Response) -> None:
        self._socket.read_done(response)

    def failed(self, reason: Failure) -> None:
        self._socket.read_lost(reason)


class _SwitchJob(Job):
    """The turn of the switch from push to buffer mode."""

    __slots__ = ("_socket",)

    def __init__(self, socket: Receiving) -> None:
        self._socket = socket

    def command(self) -> Command | None:
        return self._socket.next_switch()

    def done(self, response: Response) -> None:
        self._socket.switch_done(response)

    def failed(self, reason: Failure) -> None:
        self._socket.switch_lost()


class Receiving(SocketState):
    """Reads what the module has, and holds what it pushes."""

    __slots__ = ("_read_job",)

    _read_job: ReadJob | None  # made when it is wanted: push mode seldom reads

    def _hold(self, data: bytes) -> None:
        if self._owner is None and self._held_size > HELD_AT_MOST:
            # the port cannot be held: the result of the open is still to come on it
            self._overrun = True
            return
        if not self._held:
            self._held = deque()
        self._held.append(data)
        self._held_size += len(data)
        if self._held_size > HELD_LIMIT and self._owner is not None:
            self._fail(
                RemoteViolation(
                    f"{HELD_LIMIT} bytes are held for a consumer that does not take them, and the "
                    "module goes on pushing"
                )
            )
        elif self._held_size > HELD_BEFORE_SWITCH and self.mode is AccessMode.PUSH:
            if self.dialect.switch_command(self.id, AccessMode.BUFFER) is None:
                # nothing stops it: what is more than may be held ends the connection
                return
            self._stop_pushing()
            self._throttle(self._owner is not None)

    def _throttle(self, on: bool) -> None:
        """Have the port read slowly, or not."""
        if on is not self._throttling:
            self._throttling = on
            if on:
                self._port.throttle.hold()
            else:
                self._port.throttle.release()

    def _direct(self) -> Route | None:
        """Give what pushes may take past all questions, if all of them would be answered so."""
        owner = self._owner
        steady = self.is_open and not self._paused and not self._peer_closed
        if owner is None or not steady or self.mode is not AccessMode.PUSH:
            return None
        if self._route is None:
            self._route = Route(owner.received_run)
        self._route.open = True
        return self._route

    def _close_route(self) -> None:
        """Have each push be asked about again."""
        if self._route is not None:
            self._route.open = False

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
        return self.dialect.switch_command(self.id, AccessMode.BUFFER)

    def switch_done(self, response: Response) -> None:
        """The switch was answered."""
        if not response.result.good:
            # it goes on pushing, and the port is read slowly when too much is held
            return
        self.mode = AccessMode.BUFFER
        self._throttle(False)
        self._more = True
        self._look()
        self._arm_poll()

    def switch_lost(self) -> None:
        """The switch was not answered: it is as if it was refused."""

    def _flush_held(self) -> None:
        while self._held and not self._paused and self._owner is not None:
            data = self._held.popleft()
            self._held_size -= len(data)
            if self._held_size <= HELD_BEFORE_SWITCH:
                self._throttle(False)
            self._owner.received(data)

    def _look(self) -> None:
        """Read, if there may be something and somebody wants it."""
        if self._paused or self._held or self._owner is None:
            return
        readable = self._peer_closed or self.mode is AccessMode.BUFFER
        if self._more and readable and self.dialect.reads:
            if not self._read_waits:
                self._read_waits = True
                if self._read_job is None:
                    self._read_job = ReadJob(self)
                self._port.enqueue(self._read_job)
            return
        if self._peer_closed and not self._read_waits:
            if self.dialect.reads:
                self._drained()
            else:
                self._deadline().set(LATE_PUSHES)

    def next_read(self) -> Command | None:
        """It is the read's turn (called by the port)."""
        if self._paused or self.is_over or not self._more:
            self._read_waits = False
            return None
        self._sends_since_look = 0
        # what is told from here on may be news: the answer may have been made up before
        self._more = False
        return self.dialect.read_command(self.id, self._family.limits.read)

    def read_done(self, response: Response) -> None:
        """The read was answered."""
        self._read_waits = False
        data = self.dialect.read_data(response)
        if data is None:
            # the module does not know the connection any more, or never had it open
            if not self._peer_closed:
                self._ask_error()
                self._ask_state()
            elif self._unread:
                self._problem = self._problem or RemoteViolation(
                    "the module has closed the connection, and does not give the data that it has "
                    "told of",
                    family=self._family.name,
                    command="AT" + response.command.text.shown,
                )
        elif max(len(data), self.dialect.announced(response)) > self._family.limits.read:
            # what it announced may not have been counted: find the next answer's start
            self._port.resynchronise()
            self._fail(
                RemoteViolation(
                    "the module answered a read with more bytes than were asked for",
                    family=self._family.name,
                    command="AT" + response.command.text.shown,
                )
            )
            return
        elif not data:
            self._unread = False
            # a result without its line is no proof that nothing is left
            said_nothing = not response.lines and not self._family.limits.bare_is_empty
            bare = said_nothing and not self._read_bare
            self._read_bare = bare
            self._more = self._more or bare
        else:
            self._read_bare = False
            self._more = True
            self._unread = len(data) >= self._family.limits.read
            if self._paused:
                self._hold(data)
            elif self._owner is not None:
                self._owner.received(data)
        self._look()
        self._arm_poll()

    def read_lost(self, reason: Failure) -> None:
        """The read was not answered: what it took out of the module is lost."""
        self._read_waits = False
        if not everything_is_lost(reason):
            self._fail(
                SendFailed(
                    "the module did not answer a read; bytes may be lost: "
                    + reason.getErrorMessage(),
                    family=self._family.name,
                    command=getattr(reason.value, "command", None),
                )
            )

    def _arm_poll(self) -> None:
        if self.mode is AccessMode.BUFFER and self.is_open and not self._paused:
            self._deadline().set(SAFETY_POLL)

    def _deadline(self) -> Deadline:
        if self._poll is None:
            self._poll = Deadline(self._clock, self._poll_now)
        return self._poll

    def _stop_poll(self) -> None:
        if self._poll is not None:
            self._poll.clear()

    def _poll_now(self) -> None:
        if self._peer_closed and not self.dialect.reads:
            self._drained()
            return
        self._more = True
        self._look()
