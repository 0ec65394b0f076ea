"""Sockets of the module without TLS: TCP, UDP and listeners.

Source: TCP/IP Application Note, C{AT+QIOPEN}, C{AT+QISEND} and C{AT+QIRD}.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from .netsocket import BIND_FAILED, SUCCESS, NetSocketBase, OpenState, Resolving
from .network import Datagrams, INetwork, Listening
from .streamsocket import StreamSocket
from .wire import PlainWire, Wire

#: The longest datagram that a module hands on, in bytes: what is beyond is lost.
MAX_DATAGRAM: Final = 1500

_log = Logger()


class PlainSocket(StreamSocket):
    """One TCP connection of the module without TLS.

    L{on_opened} is called with 0; 565 for a name that does not resolve; 566 for
    refused or unreachable; 556 for an own port that is in use; 569 for a
    time-out; 552 for parameters out of range.
    """

    def open(self, host: str, port: int, local_port: int, *, timeout: float) -> None:
        """Connect; L{on_opened} tells the outcome, in a later turn.

        @param host: a name or an IP literal.
        @param port: 1-65535.
        @param local_port: the own port; 0 for any.
        @param timeout: seconds for name resolution and TCP together.
        @raise RuntimeError: it was called before.
        """
        self._start(host, port, timeout)
        self._wanted_port = local_port

    def accept(self, address: str, port: int, local_port: int) -> PlainWire:
        """Be the connection that somebody makes to the module.

        @param address: the peer's.
        @param port: the peer's.
        @param local_port: the listener's.
        @return: the protocol of its transport.
        """
        self._state = OpenState.OPEN
        self._gone = False
        self._host = self.address = address
        self.remote_port, self.local_port = port, local_port
        self._wire = wire = self._make_wire()
        return wire

    def keep_alive(self) -> None:
        """Have TCP see from time to time whether the peer is still there."""
        if self._wire is not None and not self._wire.tcp_lost:
            self._wire.transport.setTcpKeepAlive(True)

    def _make_wire(self) -> PlainWire:
        return PlainWire(self._clock, self, self._receive_limit, self._send_limit)

    def _begin_stream(self, wire: Wire) -> None:
        self._succeed()


class DatagramSocket(Resolving):
    """Datagrams: to and from one peer (C{"UDP"}), or anybody (C{"UDP SERVICE"}).

    There is no back-pressure: what finds no room in the receive buffer is lost,
    and what is sent counts as gone.  Empty datagrams are lost too.

    @param own: the module's own address.
    @param receive_limit: bytes that the receive buffer holds.
    """

    datagrams = True

    def __init__(
        self, clock: IReactorTime, network: INetwork, own: str, *, receive_limit: int = 16384
    ) -> None:
        super().__init__(clock, network)
        self._own = own
        self._limit = receive_limit
        self._wanted_port = 0
        self._port: Datagrams | None = None
        self._queue: deque[tuple[bytes, tuple[str, int]]] = deque()
        self._unread = 0

    def open(self, host: str, port: int, local_port: int, *, timeout: float) -> None:
        """Take a peer; L{on_opened} tells the outcome, in a later turn.

        @param host: a name or an IP literal.
        @param port: 1-65535.
        @param local_port: the own port; 0 for any.
        @param timeout: seconds for name resolution.
        @raise RuntimeError: it was called before.
        """
        self._start(host, port, timeout)
        self._wanted_port = local_port

    def serve(self, local_port: int) -> None:
        """Take datagrams from anybody; L{on_opened} tells the outcome, in a later turn.

        @param local_port: the own port; 0 for any.
        """
        self._state = OpenState.OPENING
        self._wanted_port = local_port
        self._begin = self._clock.callLater(0, self._connect)

    def _connect(self) -> None:
        remote = (self.address, self.remote_port) if self.address else None
        try:
            self._port = self._network.datagram(
                self._own, self._wanted_port, self._received, remote
            )
        except CannotListenError as e:
            self._fail(BIND_FAILED, str(e))
            return
        self.local_port = self._port.port
        self._succeed()

    def _received(self, data: bytes, source: tuple[str, int]) -> None:
        if self.address and source != (self.address, self.remote_port):
            return
        data = data[:MAX_DATAGRAM]
        if not data or self._unread + len(data) > self._limit:
            return
        self._queue.append((data, source))
        self._unread += len(data)
        self.on_readable()

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Send one datagram; it counts as gone, whatever becomes of it."""
        if self._port is None:
            return False
        self._port.write(data, to or (self.address, self.remote_port))
        return True

    def send_space(self) -> int:
        """Give the size of a datagram that L{send} would take; 0 if not open."""
        return MAX_DATAGRAM if self._port is not None else 0

    def unacknowledged(self) -> int:
        """Nobody acknowledges a datagram: none is waited for."""
        return 0

    def unread(self) -> int:
        """Give the number of bytes that wait to be read."""
        return self._unread

    def read(self, n: int) -> bytes:
        """Take one datagram; what of it is beyond C{n} bytes is lost."""
        if not self._queue:
            return b""
        data, self.source = self._queue.popleft()
        self._unread -= len(data)
        return data[:n]

    def close(self) -> Deferred[None]:
        """Take no more datagrams, and drop those that nobody has read."""
        if self._state is OpenState.OPENING:
            self._stop_opening()
        self._state = OpenState.ENDED
        self._queue.clear()
        self._unread = 0
        port, self._port = self._port, None
        return succeed(None) if port is None else port.stop()

    def abort(self) -> None:
        """See L{close}."""
        self.close()


class _Acceptor(Factory):
    """Makes the protocols of incoming connections."""

    noisy = False

    def __init__(self, accept: Callable[[str, int], PlainWire | None]) -> None:
        self._accept = accept

    def buildProtocol(self, addr: IAddress | None) -> PlainWire | None:
        return self._accept(getattr(addr, "host", ""), getattr(addr, "port", 0))


class ListenerSocket(NetSocketBase):
    """A server of the module (C{"TCP LISTENER"}).

    @param own: the module's own address.
    @param accept: is given address and port of who connects; gives the protocol
        of the connection, or L{None} to refuse it.
    """

    def __init__(
        self,
        clock: IReactorTime,
        network: INetwork,
        own: str,
        accept: Callable[[str, int], PlainWire | None],
    ) -> None:
        super().__init__()
        self._clock = clock
        self._network = network
        self._own = own
        self._accept = accept
        self._begin: IDelayedCall | None = None
        self._port: Listening | None = None

    def listen(self, port: int) -> None:
        """Listen; L{on_opened} tells the outcome, in a later turn: 0, or 556.

        @param port: the own port; 0 for any.
        """
        self.local_port = port
        self._begin = self._clock.callLater(0, self._listen)

    def _listen(self) -> None:
        self._begin = None
        try:
            self._port = self._network.listen(self._own, self.local_port, _Acceptor(self._accept))
        except CannotListenError as e:
            _log.info("listening on {port}: {why}", port=self.local_port, why=e)
            self.on_opened(BIND_FAILED)
        else:
            self.local_port = self._port.port
            self.on_opened(SUCCESS)

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """A listener sends nothing."""
        return False

    def send_space(self) -> int:
        """A listener sends nothing."""
        return 0

    def unacknowledged(self) -> int:
        """A listener sends nothing."""
        return 0

    def unread(self) -> int:
        """A listener receives nothing."""
        return 0

    def read(self, n: int) -> bytes:
        """A listener receives nothing."""
        return b""

    def close(self) -> Deferred[None]:
        """Refuse new connections; those that exist go on."""
        if self._begin is not None:
            self._begin.cancel()
            self._begin = None
        port, self._port = self._port, None
        stopped = None if port is None else port.stopListening()
        return succeed(None) if stopped is None else stopped

    def abort(self) -> None:
        """See L{close}."""
        self.close()
