"""One TCP connection of the module, with bounded buffers.

Both buffers of a module's socket are bounded: a receive buffer that is full
holds back the peer, a send buffer that is full is C{SEND FAIL} (LTE SSL
Application Note v1.1, chapters 2.2.3 and 2.2.4; TCP/IP Application Note,
C{AT+QISEND} and C{AT+QIRD}).  L{Wire} is what TLS and plain TCP have in common;
L{PlainWire} is the latter.
"""

from __future__ import annotations

from enum import Enum
from typing import Final
from typing import Protocol as TypingProtocol

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IConsumer,
    IDelayedCall,
    IPullProducer,
    IPushProducer,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

#: Seconds for which an orderly close waits for the peer's end, and after
#: that for TCP to take the last bytes.
LINGER: Final = 3.0


class ITCPConnection(ITCPTransport, IConsumer, IPushProducer):
    """What every TCP transport of Twisted is."""


class WireListener(TypingProtocol):
    """Who is told about a L{Wire}; never from within one of its methods."""

    def wire_ready(self) -> None:
        """The connection is there, its handshake over if it has one."""

    def wire_failed(self, why: str) -> None:
        """The handshake has failed; the connection is being closed."""

    def wire_readable(self) -> None:
        """The receive buffer has grown."""

    def wire_writable(self) -> None:
        """There is room in the send buffer after there was too little."""

    def wire_ended(self, why: str) -> None:
        """All that the peer sent is in the receive buffer, and it ended."""

    def wire_gone(self) -> None:
        """TCP is closed and nothing waits here: the last call."""


class State(Enum):
    """Where a L{Wire} is."""

    IDLE = "TCP is there, nothing else has begun"
    HANDSHAKE = "handshake"
    OPEN = "open"
    CLOSING = "what is unsent goes out, then the end; what comes is dropped"
    LEAVING = "TCP is being closed"
    GONE = "nothing left but what was received"


@implementer(IPullProducer)
class Wire(Protocol):
    """The module's end of one TCP connection.

    A pull producer is asked for more whenever the transport's buffer has been
    emptied: that is how it knows what TCP has accepted.

    @ivar tcp_lost: whether TCP is closed.
    @ivar clean: whether it then had been closed in order, with nothing left to send.
    @param receive_limit: bytes of the receive buffer.
    @param send_limit: bytes that were sent and not yet accepted by TCP.
    """

    transport: ITCPConnection

    def __init__(
        self,
        clock: IReactorTime,
        listener: WireListener,
        receive_limit: int,
        send_limit: int,
    ) -> None:
        self._clock = clock
        self._listener = listener
        self._receive_limit = receive_limit
        self._send_limit = send_limit
        self._state = State.IDLE
        self._timer: IDelayedCall | None = None
        self._refilling: IDelayedCall | None = None
        self._received = bytearray()
        self._unsent = bytearray()
        # Bytes of send() that TCP was given and has not accepted yet.
        self._in_flight = 0
        self._busy = False
        self._paused = False
        self.tcp_lost = False
        self.clean = False
        self._wants_room = False
        self._said_goodbye = False

    # What a kind of connection does in its own way

    def _fill(self) -> str | None:
        """Fill the receive buffer with what has come, as far as there is room.

        @return: why no more will come, when all has come.
        """
        raise NotImplementedError

    def _discard(self) -> None:
        """Drop what has come."""
        raise NotImplementedError

    def _transmit(self) -> None:
        """Hand what waits to the transport, and count it as in flight."""
        raise NotImplementedError

    def _shut_down(self) -> None:
        """Say that no more will be sent, where there is a way to say it."""

    def _answer(self) -> None:
        """Write what reading has brought about, where it does so."""

    # What TCP reports

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.tcp_lost = True
        self.clean = not self.unaccepted() and reason.check(ConnectionDone) is not None
        self._unsent.clear()
        self._in_flight = 0
        if self._state is State.OPEN:
            self._receive()
            return
        failed = self._state is State.HANDSHAKE
        self._leave()
        if failed:
            self._listener.wire_failed(f"connection lost: {reason.getErrorMessage()}")
        self._listener.wire_gone()

    def resumeProducing(self) -> None:
        """The transport has nothing left to send."""
        self._busy = False
        self._in_flight = 0
        if self._state is State.OPEN or self._state is State.CLOSING:
            self._flush_unsent()
        if self._wants_room and self.send_space() > 0:
            self._wants_room = False
            self._listener.wire_writable()

    def stopProducing(self) -> None:
        """L{connectionLost} follows and says it all."""

    # Receiving

    def unread(self) -> int:
        """Give the number of bytes in the receive buffer."""
        return len(self._received)

    def read(self, n: int) -> bytes:
        """Take up to C{n} bytes; the room is filled in a later turn."""
        data = bytes(self._received[:n])
        del self._received[:n]
        if data and self._state is State.OPEN and self._refilling is None:
            self._refilling = self._clock.callLater(0, self._refill)
        return data

    def _refill(self) -> None:
        self._refilling = None
        self._receive()

    def _receive(self) -> None:
        """Take what there is room for, and tell what has come of it."""
        if self._state is State.CLOSING:
            self._discard()
        if self._state is not State.OPEN:
            return
        before = len(self._received)
        ended = self._fill()
        self._answer()
        if ended is None:
            self._pause(len(self._received) >= self._receive_limit)
            # What held up writing may be over, such as a renegotiation.
            self._flush_unsent()
        if len(self._received) > before:
            self._listener.wire_readable()
        if ended is not None and self._state is State.OPEN:
            self._end(ended)

    def _pause(self, pause: bool) -> None:
        if self.tcp_lost or pause is self._paused:
            return
        self._paused = pause
        if pause:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def _end(self, why: str) -> None:
        if self.tcp_lost:
            self._leave()
            self._listener.wire_ended(why)
            self._listener.wire_gone()
            return
        # RFC 5246, 7.2.1: answer close_notify at once, drop what is unsent.
        self._unsent.clear()
        self._shut_down()
        self.lose()
        self._listener.wire_ended(why)

    # Sending

    def send(self, data: bytes) -> bool:
        """Take bytes for the peer, all or none.

        @return: whether they were taken.
        """
        if len(data) > self.send_space():
            self._wants_room = self._state is State.OPEN
            return False
        self._unsent += data
        self._flush_unsent()
        return True

    def send_space(self) -> int:
        """Give the number of bytes that L{send} would take; 0 if not open."""
        if self._state is not State.OPEN or self.tcp_lost:
            return 0
        return self._send_limit - self.unaccepted()

    def unaccepted(self) -> int:
        """Give the bytes that were sent and not yet accepted by TCP."""
        return len(self._unsent) + self._in_flight

    def _flush_unsent(self) -> None:
        """Hand on to TCP what waits, once TCP has accepted what it has."""
        if self._busy or self.tcp_lost:
            return
        if self._unsent:
            self._transmit()
        elif self._state is State.CLOSING and not self._said_goodbye:
            self._said_goodbye = True
            self._shut_down()
            self.transport.unregisterProducer()
            # The peer is waited for: closing with its bytes unread would
            # reset the connection and may cost it our last ones.
            self.transport.loseWriteConnection()
            self._timer = self._clock.callLater(LINGER, self.lose)

    # Ending

    def close(self) -> None:
        """Send what is unsent and the end, wait for the peer's end."""
        self._received.clear()
        if self._state is State.OPEN and not self.tcp_lost:
            self._state = State.CLOSING
            self._pause(False)
            self._discard()
        elif self._state is State.OPEN:
            self._leave()
            self._listener.wire_gone()
        elif self._state is not State.CLOSING:
            self.lose()

    def lose(self) -> None:
        """Close TCP behind what was written; reset it if that takes too long."""
        if self._state is State.GONE or self._state is State.LEAVING:
            return
        self._leave()
        if not self.tcp_lost:
            # First the timer: a half-closed connection is lost at once.
            self._timer = self._clock.callLater(LINGER, self.abort)
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def abort(self) -> None:
        """Reset the TCP connection, drop both buffers."""
        self._received.clear()
        if self._state is State.GONE:
            return
        lost = self.tcp_lost
        self._leave()
        if lost:
            self._listener.wire_gone()
        else:
            self.transport.abortConnection()

    def _leave(self) -> None:
        self._state = State.GONE if self.tcp_lost else State.LEAVING
        self._unsent.clear()
        for call in (self._timer, self._refilling):
            if call is not None and call.active():
                call.cancel()
        self._timer = self._refilling = None


class PlainWire(Wire):
    """A TCP connection without TLS; open as soon as TCP is."""

    def __init__(
        self,
        clock: IReactorTime,
        listener: WireListener,
        receive_limit: int,
        send_limit: int,
    ) -> None:
        super().__init__(clock, listener, receive_limit, send_limit)
        # Beyond the receive buffer: TCP delivers more at once than fits.
        self._surplus = bytearray()

    def connectionMade(self) -> None:
        self._state = State.OPEN
        self.transport.registerProducer(self, False)

    def dataReceived(self, data: bytes) -> None:
        if self._state is State.OPEN or self._state is State.CLOSING:
            self._surplus += data
            self._receive()

    def _fill(self) -> str | None:
        room = max(0, self._receive_limit - len(self._received))
        self._received += self._surplus[:room]
        del self._surplus[:room]
        return "closed by the peer" if self.tcp_lost and not self._surplus else None

    def _discard(self) -> None:
        self._surplus.clear()
        self._flush_unsent()

    def _transmit(self) -> None:
        data = bytes(self._unsent)
        self._unsent.clear()
        self._in_flight += len(data)
        self._busy = True
        self.transport.write(data)
