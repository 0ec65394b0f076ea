"""What the module's sockets over TCP have in common, with TLS or without.

Sources: LTE SSL Application Note v1.1, chapters 2.2.2 to 2.2.5 and 5; TCP/IP
Application Note, C{AT+QIOPEN} to C{AT+QICLOSE}.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IProtocol, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from .netsocket import CONNECT_FAILED, OpenState, Resolving
from .network import INetwork
from .wire import Wire

_log = Logger()


class StreamSocket(Resolving):
    """A TCP connection of the module, as client, with or without TLS; opened once.

    @param receive_limit: bytes that the receive buffer holds.
    @param send_limit: bytes that were sent and not yet accepted by TCP.
    """

    def __init__(
        self,
        clock: IReactorTime,
        network: INetwork,
        *,
        receive_limit: int = 16384,
        send_limit: int = 16384,
    ) -> None:
        super().__init__(clock, network)
        self._receive_limit = receive_limit
        self._send_limit = send_limit
        self._wire: Wire | None = None
        self._wanted_port = 0
        self._gone = True
        self._waiting: list[Deferred[None]] = []

    def _connect(self) -> None:
        factory = Factory.forProtocol(self._make_wire)
        factory.noisy = False
        self._attempt = attempt = maybeDeferred(
            self._network.connect, self.address, self.remote_port, factory, self._wanted_port
        )
        attempt.addCallbacks(self._connected, self._attempt_failed)
        attempt.addErrback(self._broken)

    def _make_wire(self) -> Wire:
        raise NotImplementedError

    def _connected(self, wire: IProtocol) -> None:
        assert isinstance(wire, Wire)
        self._attempt = None
        if self._state is not OpenState.OPENING:
            wire.abort()
            return
        self._wire = wire
        self._gone = False
        self.local_port = wire.transport.getHost().port
        self._begin_stream(wire)

    def _begin_stream(self, wire: Wire) -> None:
        """TCP is connected."""
        raise NotImplementedError

    def _time_out(self) -> None:
        if self._wire is not None:
            self._wire.abort()
        super()._time_out()

    def _failed(self) -> None:
        if self._wire is not None:
            self._wire.lose()

    # WireListener

    def wire_ready(self) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        if self._state is OpenState.OPENING and self._wire is not None:
            self._succeed()

    def wire_failed(self, why: str) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        self._fail(CONNECT_FAILED, why)

    def wire_readable(self) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        if self._state is OpenState.OPEN:
            self.on_readable()

    def wire_writable(self) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        if self._state is OpenState.OPEN:
            self.on_writable()

    def wire_ended(self, why: str) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        if self._state is OpenState.OPEN:
            self._state = OpenState.ENDED
            _log.debug("{host}:{port}: {why}", host=self._host, port=self.remote_port, why=why)
            self.on_closed()

    def wire_gone(self) -> None:
        """See L{twisted_quectel.emulator.wire.WireListener}."""
        self._gone = True
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)

    # The open connection

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Take bytes for the peer.

        @return: whether they were taken, all of them; else none was, because
            there is too little room or the connection is not open.
        """
        return self._wire is not None and self._wire.send(data)

    def send_space(self) -> int:
        """Give the number of bytes that L{send} would take; 0 if not open."""
        return 0 if self._wire is None else self._wire.send_space()

    def unacknowledged(self) -> int | None:
        """Give the bytes that were sent and that the peer's TCP has not acknowledged.

        Those which the transport still has may be counted although some of them
        are acknowledged.

        @return: L{None} when nobody can tell: TCP was not closed in order.
        """
        wire = self._wire
        if wire is None:
            return 0
        if wire.tcp_lost:
            return 0 if wire.clean else None
        return wire.unaccepted() + self._network.unacknowledged(wire.transport)

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

        @return: fires when nothing is left, also if nothing was.  A peer
            that reads no more can delay that for ever: L{abort} helps.
        """
        opening = self._state is OpenState.OPENING
        if opening or self._state is OpenState.NEW:
            self._stop_opening()
        self._state = OpenState.ENDED
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
        if self._state is OpenState.OPENING:
            self._stop_opening()
        self._state = OpenState.ENDED
        if self._wire is not None:
            self._wire.abort()
