"""The network's side of a SIM52xx connection: TLS that can be suspended, and TLS that begins late.

Source: SIM52xx SSL Application Note v0.01, chapters 3 and 4.2.  L{AlertingSocket} is a
connection of common SSL or HTTPS, L{UpgradingSocket} one of FTPS, L{LinkSocket} plain TCP.
All of them tell when TCP has taken all that was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ...tables.sim52xx import CONNECT_TIMEOUT
from ..netsocket import CONNECT_FAILED, OpenState
from ..network import INetwork
from ..plainsocket import PlainSocket
from ..streamsocket import StreamSocket
from ..tls import TLSUnusable
from ..tlswire import TLSWire
from ..wire import PlainWire, State, Wire
from .alerts import Inspector, Trust, bits_of_failure


def _nothing() -> None:
    """A callback that nobody has set."""


class DrainingWire(Wire):
    """A wire that tells when TCP has taken all that was sent."""

    on_drained: Callable[[], None] = staticmethod(_nothing)

    def resumeProducing(self) -> None:
        """The transport has nothing left to send."""
        super().resumeProducing()
        if not self.unaccepted():
            self.on_drained()


class Draining:
    """What the sockets over such wires have in common.

    @ivar on_drained: TCP has taken all that was sent.
    """

    on_drained: Callable[[], None] = staticmethod(_nothing)
    _wire: Wire | None

    def pending(self) -> int:
        """Give the bytes that were sent and that TCP has not taken yet."""
        return 0 if self._wire is None else self._wire.unaccepted()

    def _drained(self) -> None:
        self.on_drained()


class LinkWire(DrainingWire, PlainWire):
    """Plain TCP."""


class LinkSocket(Draining, PlainSocket):
    """A connection of C{AT+CIPOPEN}."""

    def _make_wire(self) -> LinkWire:
        wire = LinkWire(self._clock, self, self._receive_limit, self._send_limit)
        wire.on_drained = self._drained
        return wire


class AlertingWire(DrainingWire, TLSWire):
    """TLS whose handshake stops when a certificate is not right, before anything is answered.

    @ivar inspector: looks at the certificates; L{None} for nobody.
    @ivar on_suspended: the handshake waits for L{proceed}; called in a later turn.
    """

    inspector: Inspector | None = None
    on_suspended: Callable[[], None] = staticmethod(_nothing)
    _suspended = False
    _allowed = False

    def _flush_records(self) -> None:
        found = self.inspector is not None and self.inspector.found
        if not found or self._allowed or self._state is not State.HANDSHAKE:
            super()._flush_records()
        elif not self._suspended:
            self._suspended = True
            self._clock.callLater(0, self._tell)

    def _tell(self) -> None:
        if self._state is State.HANDSHAKE:
            self.on_suspended()

    def proceed(self) -> None:
        """Go on with a handshake that was suspended."""
        self._allowed = True
        self._flush_records()


class AlertingSocket(Draining, StreamSocket):
    """A TLS connection of common SSL or HTTPS.

    @ivar on_suspended: is given the bits of what was found; the open then waits for
        L{proceed} or L{abort}.
    @ivar alert: after an open that has failed, the bits that say why; 0 where it was
        not TLS.
    """

    def __init__(
        self,
        clock: IReactorTime,
        network: INetwork,
        trust: Trust,
        now: Callable[[], datetime],
        *,
        inspects: bool,
        receive_limit: int,
        send_limit: int,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        """
        @param inspects: whether certificates are looked at.
        @param connect_timeout: seconds for an open, to the handshake's end.
        """
        super().__init__(clock, network, receive_limit=receive_limit, send_limit=send_limit)
        self.on_suspended: Callable[[int], None] = lambda bits: None
        self.alert = 0
        self._trust = trust
        self._now = now
        self._inspects = inspects
        self._connect_timeout = connect_timeout

    def open(self, host: str, port: int) -> None:
        """Connect; L{on_opened} tells the outcome, in a later turn.

        @param host: a name or an IP literal.
        @param port: 1-65535.
        """
        self._start(host, port, self._connect_timeout)

    def _make_wire(self) -> AlertingWire:
        wire = AlertingWire(self._clock, self, self._receive_limit, self._send_limit)
        wire.on_drained = self._drained
        wire.on_suspended = self._suspended
        if self._inspects:
            wire.inspector = Inspector(self._host, self._now)
        return wire

    def _begin_stream(self, wire: Wire) -> None:
        assert isinstance(wire, AlertingWire)
        try:
            tls = self._trust.connection(self._host, wire.inspector)
        except TLSUnusable as e:
            self._fail(CONNECT_FAILED, str(e))
        else:
            wire.start(tls)

    def _suspended(self) -> None:
        if self._state is OpenState.OPENING:
            self.on_suspended(self.found())

    def found(self) -> int:
        """Give the bits of what was found in the certificates."""
        wire = self._wire
        inspector = wire.inspector if isinstance(wire, AlertingWire) else None
        return 0 if inspector is None else inspector.found

    def proceed(self) -> None:
        """Go on with an open that was suspended."""
        if self._state is OpenState.OPENING and isinstance(self._wire, AlertingWire):
            self._wire.proceed()

    def wire_failed(self, why: str) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        self.alert = bits_of_failure(why)
        super().wire_failed(why)


class UpgradingWire(DrainingWire, PlainWire, TLSWire):
    """TCP in the clear, until TLS is begun on it."""

    _clear = True

    def upgrade(self, tls: SSL.Connection) -> None:
        """Begin the handshake; nothing may wait to be sent.

        @param tls: over memory BIOs, in connect state.
        """
        self._clear = False
        if self._state is State.OPEN and not self.tcp_lost:
            self.transport.unregisterProducer()
            self._busy = False
            self._state = State.IDLE
        self.start(tls)

    def dataReceived(self, data: bytes) -> None:
        if self._clear:
            PlainWire.dataReceived(self, data)
        else:
            TLSWire.dataReceived(self, data)

    def _fill(self) -> str | None:
        return PlainWire._fill(self) if self._clear else TLSWire._fill(self)

    def _discard(self) -> None:
        if self._clear:
            PlainWire._discard(self)
        else:
            TLSWire._discard(self)

    def _transmit(self) -> None:
        if self._clear:
            PlainWire._transmit(self)
        else:
            TLSWire._transmit(self)

    def _answer(self) -> None:
        if not self._clear:
            TLSWire._answer(self)

    def _shut_down(self) -> None:
        if not self._clear:
            TLSWire._shut_down(self)


class UpgradeFailed(Exception):
    """TLS could not be begun."""


class UpgradingSocket(Draining, StreamSocket):
    """A connection of FTPS, control or data: open as soon as TCP is."""

    def __init__(
        self,
        clock: IReactorTime,
        network: INetwork,
        trust: Trust,
        *,
        receive_limit: int,
        send_limit: int,
    ) -> None:
        super().__init__(clock, network, receive_limit=receive_limit, send_limit=send_limit)
        self._trust = trust
        self._upgrading: Deferred[None] | None = None

    def open(self, host: str, port: int) -> None:
        """Connect; L{on_opened} tells the outcome, in a later turn.

        @param host: a name or an IP literal.
        @param port: 1-65535.
        """
        self._start(host, port, CONNECT_TIMEOUT)

    def _make_wire(self) -> UpgradingWire:
        wire = UpgradingWire(self._clock, self, self._receive_limit, self._send_limit)
        wire.on_drained = self._drained
        return wire

    def _begin_stream(self, wire: Wire) -> None:
        self._succeed()

    def upgrade(self, host: str) -> Deferred[None]:
        """Begin TLS.

        @param host: whom the server is asked to be, a name or an IP literal.
        @return: fires when the handshake is over; fails with L{UpgradeFailed}.
        """
        wire = self._wire
        upgrading: Deferred[None] = Deferred(self._given_up)
        self._upgrading = upgrading
        if (
            not isinstance(wire, UpgradingWire)
            or wire.tcp_lost
            or self._state is not OpenState.OPEN
        ):
            self._upgraded("not connected")
        else:
            try:
                wire.upgrade(self._trust.connection(host))
            except TLSUnusable as e:
                self._upgraded(str(e))
        return upgrading

    def _given_up(self, upgrading: Deferred[None]) -> None:
        self._upgrading = None
        self.abort()

    def _upgraded(self, why: str = "") -> None:
        upgrading, self._upgrading = self._upgrading, None
        if upgrading is None:
            return
        if why:
            upgrading.errback(UpgradeFailed(why))
        else:
            upgrading.callback(None)

    def wire_ready(self) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        self._upgraded()

    def wire_failed(self, why: str) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        self._state = OpenState.ENDED
        self._upgraded(why)
