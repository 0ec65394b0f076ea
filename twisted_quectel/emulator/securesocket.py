"""A TLS socket of the module: one connection of C{AT+QSSLOPEN}.

Source: LTE SSL Application Note v1.1, chapters 2.2.2 to 2.2.5 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from twisted.internet.interfaces import IReactorTime

from .netsocket import CONNECT_FAILED, NOT_SUPPORTED, OpenState
from .network import INetwork
from .streamsocket import StreamSocket
from .tls import PSKUnavailable, TLSContextCache, TLSSettings, TLSUnusable
from .tlswire import TLSWire
from .wire import Wire


class SecureSocket(StreamSocket):
    """One TLS connection of the module, as client; opened once.

    L{on_opened} is called with 0; 565 for a name that does not resolve; 566 for
    refused or unreachable TCP and for everything that goes wrong with TLS, files
    included that hold no certificate or key; 569 for a time-out; 552 for
    parameters out of range; 555 for a PSK where OpenSSL's binding has none.

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
        super().__init__(clock, network, receive_limit=receive_limit, send_limit=send_limit)
        self._contexts = contexts
        self._now = now
        self._settings = TLSSettings()
        self._negotiate_timeout: float | None = None

    def open(
        self,
        host: str,
        port: int,
        settings: TLSSettings,
        *,
        connect_timeout: float,
        negotiate_timeout: float | None = None,
    ) -> None:
        """Connect; L{on_opened} tells the outcome, in a later turn.

        @param host: a name or an IP literal.
        @param port: 1-65535.
        @param connect_timeout: seconds for name resolution and TCP together.
        @param negotiate_timeout: seconds for the handshake after that; L{None} for what is
            left of the others.
        @raise RuntimeError: it was called before.
        """
        self._start(host, port, connect_timeout)
        self._settings = settings
        self._negotiate_timeout = negotiate_timeout

    def _validate(self) -> None:
        self._settings.validate()
        super()._validate()

    def _make_wire(self) -> TLSWire:
        return TLSWire(self._clock, self, self._receive_limit, self._send_limit)

    def _begin_stream(self, wire: Wire) -> None:
        assert isinstance(wire, TLSWire)
        if self._negotiate_timeout is not None:
            self._stop_timer()
            self._timer = self._clock.callLater(self._negotiate_timeout, self._time_out)
        try:
            tls = self._contexts.connection(self._settings, self._host, self.remote_port, self._now)
        except PSKUnavailable as e:
            self._fail(NOT_SUPPORTED, str(e))
        except TLSUnusable as e:
            self._fail(CONNECT_FAILED, str(e))
        else:
            wire.start(tls)

    def wire_ready(self) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        wire = self._wire
        if self._state is OpenState.OPENING and isinstance(wire, TLSWire):
            self._contexts.keep_session(self._settings, self._host, self.remote_port, wire.tls)
        super().wire_ready()
