"""A DTLS socket of the module: C{AT+QSSLOPEN} on a context with C{"dtls"} set.

Sources: LTE SSL Application Note v1.1, chapters 2.2.1 to 2.2.5 and 5; RFC 6347.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from OpenSSL import SSL
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ..tables.lte import SEND_LENGTHS
from .netsocket import BIND_FAILED, CONNECT_FAILED, NOT_SUPPORTED, OpenState, Resolving
from .network import Datagrams, INetwork
from .tls import PSKUnavailable, TLSContextCache, TLSSettings, TLSUnusable
from .tlswire import describe

#: Bytes of UDP payload that a flight of the handshake is cut into: what is left of
#: the smallest MTU of IPv6 (RFC 8200 chapter 5), so that it passes everywhere.
MTU: Final = 1280 - 40 - 8
#: The header of a record: type, version, epoch, sequence number, length.
_HEADER: Final = 13
#: The most that a record can hold, in bytes.
_RECORD: Final = 16384
#: Seconds between two looks at OpenSSL's timer, at least.
_LEAST_WAIT: Final = 0.02

_log = Logger()


def datagrams_of(flight: bytes, mtu: int = MTU) -> list[bytes]:
    """Cut what OpenSSL has written into datagrams.

    A memory BIO keeps no boundaries.  Records go together as long as they fit into
    C{mtu} bytes; none is cut (RFC 6347 chapter 4.1.1).
    """
    made: list[bytes] = []
    position = 0
    while position < len(flight):
        size = _HEADER + int.from_bytes(flight[position + 11 : position + _HEADER], "big")
        record = flight[position : position + size]
        if made and len(made[-1]) + size <= mtu:
            made[-1] += record
        else:
            made.append(record)
        position += size
    return made


class DTLSSocket(Resolving):
    """One DTLS connection of the module, as client; opened once.

    L{on_opened} is called with the codes of a L{SecureSocket
    <twisted_quectel.emulator.securesocket.SecureSocket>}; nobody there is 569, as
    nothing tells that a datagram was lost.

    What is sent makes one datagram, and a read gives one.  There is no
    back-pressure: what finds no room in the receive buffer is lost.

    @param own: the module's own address.
    @param now: the module's clock, for certificates; naive times are UTC.
    @param receive_limit: bytes that the receive buffer holds.
    """

    datagrams = True

    def __init__(
        self,
        clock: IReactorTime,
        network: INetwork,
        own: str,
        contexts: TLSContextCache,
        now: Callable[[], datetime],
        *,
        receive_limit: int = 16384,
    ) -> None:
        super().__init__(clock, network)
        self._own = own
        self._contexts = contexts
        self._now = now
        self._limit = receive_limit
        self._settings = TLSSettings()
        self._negotiate_timeout = 0.0
        self._port: Datagrams | None = None
        self._tls: SSL.Connection | None = None
        self._again: IDelayedCall | None = None  # a flight is sent once more
        self._queue: deque[bytes] = deque()
        self._unread = 0

    def open(
        self,
        host: str,
        port: int,
        settings: TLSSettings,
        *,
        connect_timeout: float,
        negotiate_timeout: float,
    ) -> None:
        """Connect; L{on_opened} tells the outcome, in a later turn.

        @param host: a name or an IP literal.
        @param port: 1-65535.
        @param connect_timeout: seconds for name resolution.
        @param negotiate_timeout: seconds for the handshake after that.
        @raise RuntimeError: it was called before.
        """
        self._start(host, port, connect_timeout)
        self._settings = settings
        self._negotiate_timeout = negotiate_timeout

    def _validate(self) -> None:
        self._settings.validate()
        super()._validate()

    def _connect(self) -> None:
        self._stop_timer()
        self._timer = self._clock.callLater(self._negotiate_timeout, self._time_out)
        try:
            self._tls = self._contexts.connection(
                self._settings, self._host, self.remote_port, self._now
            )
            self._port = self._network.datagram(
                self._own, 0, self._received, (self.address, self.remote_port)
            )
        except PSKUnavailable as e:
            self._fail(NOT_SUPPORTED, str(e))
        except TLSUnusable as e:
            self._fail(CONNECT_FAILED, str(e))
        except CannotListenError as e:
            self._fail(BIND_FAILED, str(e))
        else:
            self.local_port = self._port.port
            self._tls.set_ciphertext_mtu(MTU)
            self._handshake(self._tls)

    # the handshake

    def _handshake(self, tls: SSL.Connection) -> None:
        try:
            tls.do_handshake()
        except SSL.WantReadError:
            self._flush(tls)
            self._watch(tls)
            return
        except SSL.Error as e:
            # the alert that says why goes out first
            self._flush(tls)
            self._fail(CONNECT_FAILED, describe(e))
            return
        self._flush(tls)
        self._watch(tls)
        self._contexts.keep_session(self._settings, self._host, self.remote_port, tls)
        self._succeed()
        self._receive(tls)

    def _watch(self, tls: SSL.Connection) -> None:
        """Have the last flight sent again when its answer does not come (chapter 4.2.4).

        OpenSSL compares with the machine's clock: where the module's is another one
        the wait begins anew until both agree, and nothing is sent too early.
        """
        self._stop_watching()
        wait = tls.DTLSv1_get_timeout()
        if wait is not None:
            self._again = self._clock.callLater(max(wait, _LEAST_WAIT), self._send_again, tls)

    def _stop_watching(self) -> None:
        again, self._again = self._again, None
        if again is not None and again.active():
            again.cancel()

    def _send_again(self, tls: SSL.Connection) -> None:
        self._again = None
        try:
            tls.DTLSv1_handle_timeout()
        except SSL.Error as e:
            self._fail(CONNECT_FAILED, describe(e))
            return
        self._flush(tls)
        self._watch(tls)

    def _failed(self) -> None:
        self._stop()

    def _flush(self, tls: SSL.Connection) -> None:
        try:
            flight = tls.bio_read(1 << 20)
        except SSL.WantReadError:
            return
        if self._port is not None:
            for datagram in datagrams_of(flight):
                self._port.write(datagram, (self.address, self.remote_port))

    # the network

    def _received(self, data: bytes, source: tuple[str, int]) -> None:
        tls = self._tls
        if tls is None or source != (self.address, self.remote_port) or not data:
            return
        tls.bio_write(data)
        if self._state is OpenState.OPENING:
            self._handshake(tls)
        elif self._state is OpenState.OPEN:
            self._receive(tls)

    def _receive(self, tls: SSL.Connection) -> None:
        """Take all records: a memory BIO must be empty when the next datagram comes."""
        came = False
        ended = ""
        while not ended:
            try:
                data = tls.recv(_RECORD)
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                ended = "close_notify"
            except SSL.Error as e:
                ended = describe(e)
            else:
                # what has no room is lost, as on any network; an empty one says nothing
                if data and self._unread + len(data) <= self._limit:
                    self._queue.append(data)
                    self._unread += len(data)
                    came = True
        # the server's last flight may have been asked for once more
        self._flush(tls)
        self._watch(tls)
        if came:
            self.on_readable()
        if ended and self._state is OpenState.OPEN:
            self._state = OpenState.ENDED
            self._stop()
            _log.debug("{host}:{port}: {why}", host=self._host, port=self.remote_port, why=ended)
            self.on_closed()

    # the open connection

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Send one datagram; it counts as gone, whatever becomes of it."""
        tls = self._tls
        if tls is None or self._state is not OpenState.OPEN:
            return False
        try:
            tls.send(data)
        except SSL.Error:
            # a renegotiation is under way: as if it had been lost
            _log.debug("{host}: a datagram is lost", host=self._host)
        self._flush(tls)
        return True

    def send_space(self) -> int:
        """Give the size of a datagram that L{send} would take; 0 if not open."""
        return SEND_LENGTHS[-1] if self._state is OpenState.OPEN else 0

    def unacknowledged(self) -> int:
        """Nobody acknowledges a datagram: none is waited for."""
        return 0

    def unread(self) -> int:
        """Give the number of bytes that wait to be read."""
        return self._unread

    def read(self, n: int) -> bytes:
        """Take one datagram; what of it is beyond C{n} bytes is lost.

        Also works after L{on_closed}.
        """
        if not self._queue:
            return b""
        data = self._queue.popleft()
        self._unread -= len(data)
        return data[:n]

    # the end

    def close(self) -> Deferred[None]:
        """Say close_notify and end; nobody answers to it."""
        tls = self._tls
        if tls is not None and self._state is OpenState.OPEN:
            # after a fatal error there is none
            with suppress(SSL.Error):
                tls.shutdown()
            self._flush(tls)
        return self._end()

    def abort(self) -> None:
        """End without a word."""
        self._end()

    def _end(self) -> Deferred[None]:
        if self._state is OpenState.OPENING:
            self._stop_opening()
        self._state = OpenState.ENDED
        self._queue.clear()
        self._unread = 0
        return self._stop()

    def _stop(self) -> Deferred[None]:
        self._stop_watching()
        self._tls = None
        port, self._port = self._port, None
        return succeed(None) if port is None else port.stop()
