"""The sending half of a connection in buffer or push mode.

LTE SSL Application Note v1.1, chapter 2.2.3.
"""

from __future__ import annotations

from typing import Final, Protocol

from twisted.python.failure import Failure

from ..at import Command, Job, Response
from ..errors import SendFailed
from ..families import AccessMode, Delivery
from .socketstate import RETRY_FIRST, SocketState, everything_is_lost

#: In buffer mode, a look for data after so many sends in a row: at 30 ms of reaction it takes a
#: hundredth of the time.  On a slow line the poll for safety comes first.
LOOK_AFTER_SENDS: Final = 64
#: Seconds before a block that was refused is sent again, at most; and how long a
#: module may refuse in all.
RETRY_LONGEST: Final = 2.0
REFUSED_AT_MOST: Final = 120.0


class Sender(Protocol):
    """What sends."""

    def next_send(self) -> Command | None:
        """It is the send's turn."""

    def send_done(self, response: Response) -> None:
        """The send was answered."""

    def send_lost(self, reason: Failure) -> None:
        """The send was not answered."""


class SendJob(Job):
    """A send's turn at the port."""

    __slots__ = ("_socket",)

    def __init__(self, socket: Sender) -> None:
        self._socket = socket

    def command(self) -> Command | None:
        return self._socket.next_send()

    def done(self, response: Response) -> None:
        self._socket.send_done(response)

    def failed(self, reason: Failure) -> None:
        self._socket.send_lost(reason)


class Sending(SocketState):
    """Sends what the owner has, a block at a time."""

    __slots__ = ()

    def next_send(self) -> Command | None:
        """It is the send's turn (called by the port)."""
        if not self._chunk and self._may_send and self._owner is not None:
            self._chunk = self._owner.take(self._family.limits.send)
        if not self._chunk or not self._may_send:
            self._send_waits = False
            return None
        return self.dialect.send_command(self.id, self._chunk)

    @property
    def _may_send(self) -> bool:
        # what is unsent when the peer has closed makes the end a loss
        return self.is_open and not self._peer_closed

    def send_done(self, response: Response) -> None:
        """The send was answered."""
        self._send_waits = False
        delivery = self.dialect.delivery(response)
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
            self._ask_error()
            self._ask_state()
            self._send_later()
        else:
            problem = SendFailed(
                f"the module answered {self.dialect.ill(response)}; "
                "whether it has taken the block is not known",
                code=response.result.code,
                family=self._family.name,
                command="AT" + response.command.text.shown,
                trace=self._port.trace.last(),
            )
            self._ask_error(problem)
            self._fail_when_drained(problem)

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
                    family=self._family.name,
                    command=f"AT{self.dialect.send_command(self.id, self._chunk).text.shown}",
                    trace=self._port.trace.last(),
                )
            )
            return
        wait = self._retries.when(now, self._retry_wait)
        self._retry = self._clock.callLater(wait, self._send_again)
        self._retry_wait = min(self._retry_wait * 2, RETRY_LONGEST)

    def _send_again(self) -> None:
        self._retry = None
        self.writable()

    def send_lost(self, reason: Failure) -> None:
        """The send was not answered."""
        self._send_waits = False
        if not everything_is_lost(reason):
            self._fail(
                SendFailed(
                    "the module did not answer a send; whether it has taken the block is not "
                    "known: " + reason.getErrorMessage(),
                    family=self._family.name,
                    command=getattr(reason.value, "command", None),
                )
            )
