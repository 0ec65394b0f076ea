"""TLS over one TCP connection, with bounded buffers.

OpenSSL works on memory BIOs here, driven by hand, because both buffers of a
module's socket are bounded (L{twisted_quectel.emulator.wire}).
"""

from __future__ import annotations

import socket
from typing import Final

from OpenSSL import SSL

from .wire import State, Wire

#: The most that TLS puts into one record, in bytes.
_RECORD: Final = 16384


class TLSWire(Wire):
    """The module's end of one TLS connection.

    @ivar tls: the OpenSSL connection, once L{start} was called.
    """

    tls: SSL.Connection

    def start(self, tls: SSL.Connection) -> None:
        """Begin the handshake.

        @param tls: over memory BIOs, in connect state.
        """
        self.tls = tls
        if self._state is not State.IDLE:
            return
        self._state = State.HANDSHAKE
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
            self._listener.wire_failed(describe(e))
            return
        self._flush_records()
        self._state = State.OPEN
        self._listener.wire_ready()
        self._receive()

    def dataReceived(self, data: bytes) -> None:
        if self._state is State.HANDSHAKE:
            self.tls.bio_write(data)
            self._handshake()
        elif self._state is State.OPEN or self._state is State.CLOSING:
            self.tls.bio_write(data)
            self._receive()

    def _fill(self) -> str | None:
        """Fill the receive buffer.

        @return: why no more will come, when all has come.
        """
        try:
            while (room := self._receive_limit - len(self._received)) > 0:
                self._received += self.tls.recv(min(room, _RECORD))
            # Full; has the server anything more to say than goodbye?
            self.tls.recv(1, socket.MSG_PEEK)
        except SSL.WantReadError:
            return "connection lost" if self.tcp_lost else None
        except SSL.ZeroReturnError:
            return "close_notify"
        except SSL.Error as e:
            return describe(e)
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

    def _transmit(self) -> None:
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

    def _answer(self) -> None:
        self._flush_records()

    def _flush_records(self) -> None:
        while True:
            try:
                records = self.tls.bio_read(65536)
            except SSL.WantReadError:
                return
            if not self.tcp_lost:
                self._busy = True
                self.transport.write(records)

    def _shut_down(self) -> None:
        try:
            self.tls.shutdown()
        except SSL.Error:
            # After a fatal error there is no close_notify.
            return
        self._flush_records()


def describe(error: SSL.Error) -> str:
    """Give OpenSSL's reasons as one line."""
    if isinstance(error, SSL.SysCallError):
        return "connection lost"
    queue = error.args[0] if error.args and isinstance(error.args[0], (list, tuple)) else ()
    return ", ".join(str(entry[-1]) for entry in queue) or type(error).__name__
