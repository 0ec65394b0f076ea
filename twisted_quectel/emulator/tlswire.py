"""TLS over one TCP connection, with bounded buffers.

OpenSSL works on memory BIOs here, driven by hand, because both buffers of a
module's socket are bounded: a receive buffer that is full holds back the
server, a send buffer that is full is C{SEND FAIL} (LTE SSL Application Note
v1.1, chapters 2.2.3 and 2.2.4).
"""

from __future__ import annotations

import socket
from enum import Enum
from typing import Final
from typing import Protocol as TypingProtocol

from OpenSSL import SSL
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

#: The most that TLS puts into one record, in bytes.
_RECORD: Final = 16384

#: Seconds for which an orderly close waits for the server's end, and after
#: that for TCP to take the last bytes.
LINGER: Final = 3.0


class ITCPConnection(ITCPTransport, IConsumer, IPushProducer):
    """What every TCP transport of Twisted is."""


class WireListener(TypingProtocol):
    """Who is told about a L{TLSWire}; never from within one of its methods."""

    def wire_ready(self) -> None:
        """The handshake is over."""

    def wire_failed(self, why: str) -> None:
        """The handshake has failed; the connection is being closed."""

    def wire_readable(self) -> None:
        """The receive buffer has grown."""

    def wire_writable(self) -> None:
        """There is room in the send buffer after there was too little."""

    def wire_ended(self, why: str) -> None:
        """All that the server sent is in the receive buffer, and it ended."""

    def wire_gone(self) -> None:
        """TCP is closed and nothing waits in the TLS layer: the last call."""


class _State(Enum):
    IDLE = "TCP is there, TLS has not begun"
    HANDSHAKE = "handshake"
    OPEN = "open"
    CLOSING = "what is unsent goes out, then close_notify; what comes is dropped"
    LEAVING = "TCP is being closed"
    GONE = "nothing left but what was received"


@implementer(IPullProducer)
class TLSWire(Protocol):
    """The module's end of one TLS connection.

    A pull producer is asked for more whenever the transport's buffer has been
    emptied: that is how it knows what TCP has accepted.

    @ivar tls: the OpenSSL connection, once L{start} was called.
    @param receive_limit: bytes of the receive buffer.
    @param send_limit: bytes that were sent and not yet accepted by TCP.
    """

    transport: ITCPConnection
    tls: SSL.Connection

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
        self._state = _State.IDLE
        self._timer: IDelayedCall | None = None
        self._refilling: IDelayedCall | None = None
        self._received = bytearray()
        self._unsent = bytearray()
        # Bytes of send() that TCP was given and has not accepted yet.
        self._in_flight = 0
        self._busy = False
        self._paused = False
        self._tcp_lost = False
        self._wants_room = False
        self._said_goodbye = False

    def start(self, tls: SSL.Connection) -> None:
        """Begin the handshake.

        @param tls: over memory BIOs, in connect state.
        """
        self.tls = tls
        if self._state is not _State.IDLE:
            return
        self._state = _State.HANDSHAKE
        self.transport.registerProducer(self, False)
        self._handshake()

    def _handshake(self) -> None:
        try:
            self.tls.do_handshake()
        except SSL.WantReadError:
            self._flush_records()
            return
        except SSL.Error as e:
            # In order, so that the alert that says why reaches the server.
            self._flush_records()
            self.lose()
            self._listener.wire_failed(_describe(e))
            return
        self._flush_records()
        self._state = _State.OPEN
        self._listener.wire_ready()
        self._receive()

    # What TCP reports

    def dataReceived(self, data: bytes) -> None:
        if self._state is _State.HANDSHAKE:
            self.tls.bio_write(data)
            self._handshake()
        elif self._state is _State.OPEN or self._state is _State.CLOSING:
            self.tls.bio_write(data)
            self._receive()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._tcp_lost = True
        self._unsent.clear()
        self._in_flight = 0
        if self._state is _State.OPEN:
            self._receive()
            return
        failed = self._state is _State.HANDSHAKE
        self._leave()
        if failed:
            self._listener.wire_failed(f"connection lost: {reason.getErrorMessage()}")
        self._listener.wire_gone()

    def resumeProducing(self) -> None:
        """The transport has nothing left to send."""
        self._busy = False
        self._in_flight = 0
        if self._state is _State.OPEN or self._state is _State.CLOSING:
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
        if data and self._state is _State.OPEN and self._refilling is None:
            self._refilling = self._clock.callLater(0, self._refill)
        return data

    def _refill(self) -> None:
        self._refilling = None
        self._receive()

    def _receive(self) -> None:
        """Decrypt what there is room for, and tell what has come of it."""
        if self._state is _State.CLOSING:
            self._discard()
        if self._state is not _State.OPEN:
            return
        before = len(self._received)
        ended = self._decrypt()
        self._flush_records()
        if ended is None:
            self._pause(len(self._received) >= self._receive_limit)
            # A renegotiation that held up writing may be over.
            self._flush_unsent()
        if len(self._received) > before:
            self._listener.wire_readable()
        if ended is not None and self._state is _State.OPEN:
            self._end(ended)

    def _decrypt(self) -> str | None:
        """Fill the receive buffer.

        @return: why no more will come, when all has come.
        """
        try:
            while (room := self._receive_limit - len(self._received)) > 0:
                self._received += self.tls.recv(min(room, _RECORD))
            # Full; has the server anything more to say than goodbye?
            self.tls.recv(1, socket.MSG_PEEK)
        except SSL.WantReadError:
            return "connection lost" if self._tcp_lost else None
        except SSL.ZeroReturnError:
            return "close_notify"
        except SSL.Error as e:
            return _describe(e)
        return None

    def _discard(self) -> None:
        try:
            while True:
                self.tls.recv(_RECORD)
        except SSL.WantReadError:
            self._flush_records()
            self._flush_unsent()
        except SSL.Error:
            self._flush_records()
            self.lose()

    def _pause(self, pause: bool) -> None:
        if self._tcp_lost or pause is self._paused:
            return
        self._paused = pause
        if pause:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def _end(self, why: str) -> None:
        if self._tcp_lost:
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
        """Take bytes for the server, all or none.

        @return: whether they were taken.
        """
        if len(data) > self.send_space():
            self._wants_room = self._state is _State.OPEN
            return False
        self._unsent += data
        self._flush_unsent()
        return True

    def send_space(self) -> int:
        """Give the number of bytes that L{send} would take; 0 if not open."""
        if self._state is not _State.OPEN or self._tcp_lost:
            return 0
        return self._send_limit - len(self._unsent) - self._in_flight

    def _flush_unsent(self) -> None:
        """Hand on to TCP what waits, once TCP has accepted what it has."""
        if self._busy or self._tcp_lost:
            return
        if self._unsent:
            try:
                while self._unsent:
                    taken = self.tls.send(bytes(self._unsent[:_RECORD]))
                    del self._unsent[:taken]
                    self._in_flight += taken
            except SSL.WantReadError:
                # A renegotiation has begun: it goes on when the server speaks.
                pass
            except SSL.Error:
                # Reading says what is wrong with the connection.
                self._unsent.clear()
            self._flush_records()
        elif self._state is _State.CLOSING and not self._said_goodbye:
            self._said_goodbye = True
            self._shut_down()
            self.transport.unregisterProducer()
            # The server is waited for: closing with its bytes unread would
            # reset the connection and may cost it our last ones.
            self.transport.loseWriteConnection()
            self._timer = self._clock.callLater(LINGER, self.lose)

    def _flush_records(self) -> None:
        while True:
            try:
                records = self.tls.bio_read(65536)
            except SSL.WantReadError:
                return
            if not self._tcp_lost:
                self._busy = True
                self.transport.write(records)

    # Ending

    def close(self) -> None:
        """Send what is unsent and close_notify, wait for the server's end."""
        self._received.clear()
        if self._state is _State.OPEN and not self._tcp_lost:
            self._state = _State.CLOSING
            self._pause(False)
            self._discard()
        elif self._state is _State.OPEN:
            self._leave()
            self._listener.wire_gone()
        elif self._state is not _State.CLOSING:
            self.lose()

    def lose(self) -> None:
        """Close TCP behind what was written; reset it if that takes too long."""
        if self._state is _State.GONE or self._state is _State.LEAVING:
            return
        self._leave()
        if not self._tcp_lost:
            # First the timer: a half-closed connection is lost at once.
            self._timer = self._clock.callLater(LINGER, self.abort)
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def abort(self) -> None:
        """Reset the TCP connection, drop both buffers."""
        self._received.clear()
        if self._state is _State.GONE:
            return
        lost = self._tcp_lost
        self._leave()
        if lost:
            self._listener.wire_gone()
        else:
            self.transport.abortConnection()

    def _shut_down(self) -> None:
        try:
            self.tls.shutdown()
        except SSL.Error:
            # After a fatal error there is no close_notify.
            return
        self._flush_records()

    def _leave(self) -> None:
        self._state = _State.GONE if self._tcp_lost else _State.LEAVING
        self._unsent.clear()
        for call in (self._timer, self._refilling):
            if call is not None and call.active():
                call.cancel()
        self._timer = self._refilling = None


def _describe(error: SSL.Error) -> str:
    """Give OpenSSL's reasons as one line."""
    if isinstance(error, SSL.SysCallError):
        return "connection lost"
    queue = error.args[0] if error.args and isinstance(error.args[0], (list, tuple)) else ()
    return ", ".join(str(entry[-1]) for entry in queue) or type(error).__name__
