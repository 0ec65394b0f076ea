"""A TLS socket of the module: one connection of C{AT+QSSLOPEN}.

Source: LTE SSL Application Note v1.1, chapters 2.2.2 to 2.2.5 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Final

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IDelayedCall, IProtocol, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_quectel.emulator.network import INetwork
from twisted_quectel.emulator.tls import (
    PSKUnavailable,
    TLSContextCache,
    TLSSettings,
    TLSUnusable,
)
from twisted_quectel.emulator.tlswire import TLSWire

# Chapter 5.
_SUCCESS: Final = 0
_INVALID_PARAMETER: Final = 552
_NOT_SUPPORTED: Final = 555
_DNS_FAILED: Final = 565
_CONNECT_FAILED: Final = 566
_TIMEOUT: Final = 569

_log = Logger()


class _State(Enum):
    NEW = "open() was not called"
    OPENING = "name resolution, TCP, handshake"
    OPEN = "open"
    ENDED = "failed, ended by the server, or given up by the owner"


def _nothing() -> None:
    """A callback that nobody has set."""


def _nothing_opened(code: int) -> None:
    """A callback that nobody has set."""


class SecureSocket:
    """One TLS connection of the module, as client; opened once.

    No callback is called from within a method of this class, and none after
    L{close} or L{abort}.

    @ivar on_opened: called once with a code of chapter 5: 0; 565 for a name
        that does not resolve; 566 for refused or unreachable TCP and for
        everything that goes wrong with TLS, files included that hold no
        certificate or key; 569 for a time-out; 552 for parameters out of
        range; 555 for a PSK where OpenSSL's binding has none.
    @ivar on_readable: bytes were added to the receive buffer.
    @ivar on_closed: the server ended the connection after it was open, and
        all that it sent is in the receive buffer; called once.
    @ivar on_writable: there is room in the send buffer after L{send} had
        too little.
    @ivar address: the server's IP address, empty before it is known.
    @ivar remote_port: the server's port, 0 before L{open}.
    @ivar local_port: the own TCP port, 0 before TCP is connected.

    @param now: the module's clock, for certificates; naive times are UTC.
    @param receive_limit: bytes that the receive buffer holds.
    @param send_limit: bytes that were sent and not yet accepted by TCP.
    """

    def __init__(
        self,
        clock: IReactorTime,
        network: INetwork,
        contexts: TLSContextCache,
        now: Callable[[], datetime],
        *,
        receive_limit: int = 16384,
        send_limit: int = 16384,
    ) -> None:
        self.on_opened: Callable[[int], None] = _nothing_opened
        self.on_readable: Callable[[], None] = _nothing
        self.on_closed: Callable[[], None] = _nothing
        self.on_writable: Callable[[], None] = _nothing
        self.address = ""
        self.remote_port = 0
        self.local_port = 0
        self._clock = clock
        self._network = network
        self._contexts = contexts
        self._now = now
        self._receive_limit = receive_limit
        self._send_limit = send_limit
        self._state = _State.NEW
        self._released = False
        self._host = ""
        self._settings = TLSSettings()
        self._negotiate_timeout = 0.0
        self._attempt: Deferred[str] | Deferred[IProtocol] | None = None
        self._begin: IDelayedCall | None = None
        self._timer: IDelayedCall | None = None
        self._wire: TLSWire | None = None
        self._gone = True
        self._waiting: list[Deferred[None]] = []

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
        @param connect_timeout: seconds for name resolution and TCP together.
        @param negotiate_timeout: seconds for the handshake after that.
        @raise RuntimeError: it was called before.
        """
        if self._state is not _State.NEW:
            raise RuntimeError("a SecureSocket is opened once")
        self._state = _State.OPENING
        self._host = host
        self.remote_port = port
        self._settings = settings
        self._negotiate_timeout = negotiate_timeout
        self._timer = self._clock.callLater(connect_timeout, self._time_out)
        # A network may answer at once; the owner is never called from here.
        self._begin = self._clock.callLater(0, self._resolve)

    def _resolve(self) -> None:
        try:
            self._settings.validate()
            if not self._host:
                raise ValueError("host: empty")
            if not 1 <= self.remote_port <= 65535:
                raise ValueError(f"port: {self.remote_port}")
        except ValueError as e:
            self._fail(_INVALID_PARAMETER, str(e))
            return
        self._attempt = attempt = maybeDeferred(self._network.resolve, self._host)
        attempt.addCallbacks(self._connect, self._attempt_failed)
        attempt.addErrback(self._broken)

    def _connect(self, address: str) -> None:
        self.address = address
        factory = Factory.forProtocol(self._make_wire)
        factory.noisy = False
        self._attempt = attempt = maybeDeferred(
            self._network.connect, address, self.remote_port, factory
        )
        attempt.addCallbacks(self._connected, self._attempt_failed)
        attempt.addErrback(self._broken)

    def _make_wire(self) -> TLSWire:
        return TLSWire(self._clock, self, self._receive_limit, self._send_limit)

    def _attempt_failed(self, reason: Failure) -> None:
        code = _DNS_FAILED if reason.check(DNSLookupError) else _CONNECT_FAILED
        self._fail(code, reason.getErrorMessage())

    def _broken(self, reason: Failure) -> None:
        _log.failure("opening {host}", reason, host=self._host)
        self._fail(_CONNECT_FAILED, "internal error")

    def _connected(self, wire: IProtocol) -> None:
        assert isinstance(wire, TLSWire)
        self._attempt = None
        if self._state is not _State.OPENING:
            wire.abort()
            return
        self._wire = wire
        self._gone = False
        self.local_port = wire.transport.getHost().port
        self._set_timer(self._negotiate_timeout)
        try:
            tls = self._contexts.connection(self._settings, self._host, self.remote_port, self._now)
        except PSKUnavailable as e:
            self._fail(_NOT_SUPPORTED, str(e))
        except TLSUnusable as e:
            self._fail(_CONNECT_FAILED, str(e))
        else:
            wire.start(tls)

    def _time_out(self) -> None:
        if self._wire is not None:
            self._wire.abort()
        self._fail(_TIMEOUT, "timed out")

    def _fail(self, code: int, why: str) -> None:
        if self._state is not _State.OPENING:
            return
        _log.info(
            "opening {host}:{port}: {code}, {why}",
            host=self._host,
            port=self.remote_port,
            code=code,
            why=why,
        )
        self._stop_opening()
        if self._wire is not None:
            self._wire.lose()
        self.on_opened(code)

    def _stop_opening(self) -> None:
        """Give up whatever the opening waits for."""
        self._state = _State.ENDED
        for call in (self._begin, self._timer):
            if call is not None and call.active():
                call.cancel()
        self._begin = self._timer = None
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.cancel()

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.callLater(seconds, self._time_out)

    # WireListener

    def wire_ready(self) -> None:
        """See L{twisted_quectel.emulator.tlswire.WireListener}."""
        if self._state is not _State.OPENING or self._wire is None:
            return
        self._state = _State.OPEN
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._contexts.keep_session(self._settings, self._host, self.remote_port, self._wire.tls)
        self.on_opened(_SUCCESS)

    def wire_failed(self, why: str) -> None:
        """See L{twisted_quectel.emulator.tlswire.WireListener}."""
        self._fail(_CONNECT_FAILED, why)

    def wire_readable(self) -> None:
        """See L{twisted_quectel.emulator.tlswire.WireListener}."""
        if self._state is _State.OPEN:
            self.on_readable()

    def wire_writable(self) -> None:
        """See L{twisted_quectel.emulator.tlswire.WireListener}."""
        if self._state is _State.OPEN:
            self.on_writable()

    def wire_ended(self, why: str) -> None:
        """See L{twisted_quectel.emulator.tlswire.WireListener}."""
        if self._state is _State.OPEN:
            self._state = _State.ENDED
            _log.debug("{host}:{port}: {why}", host=self._host, port=self.remote_port, why=why)
            self.on_closed()

    def wire_gone(self) -> None:
        """See L{twisted_quectel.emulator.tlswire.WireListener}."""
        self._gone = True
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)

    # The open connection

    def send(self, data: bytes) -> bool:
        """Take bytes for the server.

        @return: whether they were taken, all of them; else none was, because
            there is too little room or the connection is not open.
        """
        return self._wire is not None and self._wire.send(data)

    def send_space(self) -> int:
        """Give the number of bytes that L{send} would take; 0 if not open."""
        return 0 if self._wire is None else self._wire.send_space()

    def unread(self) -> int:
        """Give the number of bytes that L{read} can have."""
        return 0 if self._wire is None else self._wire.unread()

    def read(self, n: int) -> bytes:
        """Take up to C{n} bytes out of the receive buffer.

        The room is filled in a later turn, and L{on_readable} called then.
        Also works after L{on_closed}.
        """
        return b"" if self._wire is None else self._wire.read(n)

    def close(self) -> Deferred[None]:
        """End in order: what is unsent, close_notify, TCP close.

        Received bytes that nobody has read are dropped.  An open in progress
        is given up without a call of L{on_opened}.

        @return: fires when nothing is left, also if nothing was.  A server
            that reads no more can delay that for ever: L{abort} helps.
        """
        opening = self._state is _State.OPENING
        if opening or self._state is _State.NEW:
            self._stop_opening()
        self._state = _State.ENDED
        if self._wire is not None:
            if opening:
                self._wire.abort()
            else:
                self._wire.close()
        if self._gone:
            return succeed(None)
        done: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(done)
        return done

    def abort(self) -> None:
        """Reset the TCP connection and drop both buffers."""
        if self._state is _State.OPENING:
            self._stop_opening()
        self._state = _State.ENDED
        if self._wire is not None:
            self._wire.abort()
