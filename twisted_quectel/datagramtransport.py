"""What the datagram transports over a module have in common.

What is written waits for the module in a queue of its own; what has no room there is
lost, as it is in a host's socket.  So nothing here waits for ever, or grows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, InvalidAddressError, MessageLengthError
from twisted.internet.interfaces import (
    IDelayedCall,
    ILoggingContext,
    IReactorTime,
    IUDPTransport,
)
from twisted.internet.protocol import AbstractDatagramProtocol
from twisted.logger import Logger, LogLevel
from twisted.python import log
from twisted.python.failure import Failure
from zope.interface import implementer

from .arguments import parse_literal, read_port
from .at import InvalidValue
from .logcontext import call_as
from .modem.datagramsocket import DatagramSocket
from .modem.interfaces import Address, Datagram

#: What waits for the module at most: datagrams, and their bytes.
QUEUED_AT_MOST: Final = 64
QUEUED_BYTES: Final = 64 * 1024
#: Seconds that what waits has, at most, to go out before a port is closed.
FLUSH_AT_MOST: Final = 30.0


def same_address(one: Address, other: Address) -> bool:
    """Compare addresses, however an IPv6 literal is written."""
    if one == other:
        return True
    literals = parse_literal(one[0]), parse_literal(other[0])
    return one[1] == other[1] and None not in literals and literals[0] == literals[1]


def read_address(argument: str, value: object) -> Address:
    """Read the host and the port of a datagram's target; the host is not looked at.

    @raise InvalidValue: if it is no pair, or the port is not 1-65535.
    """
    if not isinstance(value, (tuple, list)) or len(value) != 2 or not isinstance(value[0], str):
        raise InvalidValue(argument, f"must be a pair of host and port, not {value!r}")
    return value[0], read_port(argument, value[1])


@implementer(IUDPTransport, ILoggingContext)
class DatagramTransport:
    """A transport for a datagram protocol.

    @ivar protocol: the protocol.
    @ivar connected: whether it may be used.
    @ivar dropped: how many datagrams were lost on the host, or refused by the module.
    """

    _log = Logger()
    #: what the module makes of a datagram, for logs
    kind = "UDP"

    def __init__(
        self,
        reactor: IReactorTime,
        protocol: AbstractDatagramProtocol,
        limit: int,
        max_packet_size: int,
        peer: Address | None = None,
    ) -> None:
        """
        @param limit: bytes of the longest datagram that the module sends.
        @param max_packet_size: bytes of a datagram that are delivered; the rest is lost.
        @param peer: to whom it is connected.
        """
        self.protocol = protocol
        self.connected = False
        self.dropped = 0
        self._reactor = reactor
        self._limit = limit
        self._max_packet_size = max_packet_size
        self._peer = peer
        self._broadcast = False
        self._queue: deque[Datagram] = deque()
        self._queued = 0
        self._dropping = False
        self._socket: DatagramSocket | None = None
        self._stopping = False
        self._flush_timer: IDelayedCall | None = None
        self._stopped: list[Deferred[None]] = []
        self._watchers: list[Deferred[BaseException]] = []

    # -- IUDPTransport

    def write(self, packet: bytes, addr: Address | None = None) -> None:
        """Send one datagram; it is one for the module too, and never a part of one.

        @param addr: address and port; L{None} where there is a peer.
        @raise InvalidAddressError: if the address is a name, or of the other family.
        @raise MessageLengthError: if it is longer than the module takes, or empty.
        @raise InvalidValue: if there is no address, or not the peer's.
        """
        to = self._target(addr)
        if not isinstance(packet, (bytes, bytearray, memoryview)):
            raise TypeError(f"packet: must be bytes, not {type(packet).__name__}")
        data = bytes(packet)
        if not 1 <= len(data) <= self._limit:
            raise MessageLengthError(
                f"a datagram of this module has 1 to {self._limit} bytes, not {len(data)}"
            )
        if not self.connected or self._stopping:
            return
        if len(self._queue) >= QUEUED_AT_MOST or self._queued + len(data) > QUEUED_BYTES:
            self._drop("the module takes them too slowly")
            return
        self._queue.append(Datagram(data, to))
        self._queued += len(data)
        if self._socket is not None:
            self._socket.writable()

    def writeSequence(self, seq: Iterable[bytes], addr: Address | None = None) -> None:
        """Send one datagram that is given in pieces."""
        self.write(b"".join(seq), addr)

    def _target(self, addr: Address | None) -> Address | None:
        """Check where a datagram goes; give that, or L{None} for the one peer."""
        raise NotImplementedError

    def connect(self, host: str, port: int) -> None:
        """Send to one peer only, and hear nobody else.

        @raise RuntimeError: if there is one already.
        @raise InvalidAddressError: if the host is a name, or of the other family.
        """
        if self._peer is not None:
            raise RuntimeError("already connected, reconnecting is not currently supported")
        literal = self._check_host(host, "not an IPv4 or IPv6 address.")
        self._peer = literal, read_port("port", port)

    def _check_host(self, host: str, why: str) -> str:
        """Give a target's address as it is usually written.

        @raise InvalidAddressError: if it cannot be one.
        """
        literal = parse_literal(host) if isinstance(host, str) else None
        if literal is None:
            raise InvalidAddressError(host, why)
        return str(literal)

    def setBroadcastAllowed(self, enabled: bool) -> None:
        """Let datagrams go to the broadcast address, or not."""
        self._broadcast = bool(enabled)

    def getBroadcastAllowed(self) -> bool:
        """Tell whether they may."""
        return self._broadcast

    def getHost(self) -> IPv4Address | IPv6Address:
        """Give the own address."""
        raise NotImplementedError

    def stopListening(self) -> Deferred[None] | None:
        """Send what waits, and close.

        @return: fires when the protocol has been stopped; L{None} if it was before.
        """
        if not self.connected:
            return None
        stopped: Deferred[None] = Deferred()
        self._stopped.append(stopped)
        if not self._stopping:
            self._stopping = True
            self._begin_to_stop()
        return stopped

    def when_stopped(self) -> Deferred[BaseException]:
        """Wait for the end.

        @return: fires with the reason, C{ConnectionDone} where all was well; a fresh one
            for each caller.
        """
        watcher: Deferred[BaseException] = Deferred(self._stop_watching)
        self._watchers.append(watcher)
        return watcher

    def _stop_watching(self, watcher: Deferred[BaseException]) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def logPrefix(self) -> str:
        """Give the protocol's prefix, and what it runs over."""
        return f"{self._protocol_prefix()} ({self.kind})"

    def _protocol_prefix(self) -> str:
        if ILoggingContext.providedBy(self.protocol):
            return str(self.protocol.logPrefix())
        return type(self.protocol).__name__

    # -- DatagramOwner: what the module's socket asks and tells

    def take(self) -> Datagram | None:
        """Give the next one to send."""
        if not self._queue:
            self._dropping = False
            return None
        datagram = self._queue.popleft()
        self._queued -= len(datagram.data)
        return datagram

    def sent(self, datagram: Datagram, taken: bool) -> None:
        """The module has taken one, or it is lost."""
        if not taken:
            self._drop("the module does not take them")
        self._close_if_done()

    def received(self, datagram: Datagram) -> None:
        """One came."""
        source = datagram.address or self._peer
        if self._stopping or not self.connected:
            return
        if source is None:
            self._drop("the module does not say where they come from")
            return
        if self._peer is not None and not same_address(source, self._peer):
            return
        # the protocol gets the peer as it is named here
        source = self._peer or source
        data = datagram.data[: self._max_packet_size]
        try:
            call_as(self.logPrefix(), self.protocol.datagramReceived, data, source)
        except Exception:
            # as Twisted's own ports do: the next one may be of more use
            self._log.failure("a datagram could not be handled by {name}", name=self.logPrefix())

    def ended(self, reason: Failure) -> None:
        """The module's socket is gone."""
        self._socket = None
        self._reactor.callLater(0, self._finish, reason)

    # -- within

    def _drop(self, why: str) -> None:
        """A datagram is lost; of those in a row the first is told."""
        self.dropped += 1
        if not self._dropping:
            self._dropping = True
            self._log.warn("{name}: datagrams are lost: {why}", name=self.logPrefix(), why=why)

    def _attach(self, socket: DatagramSocket) -> None:
        """The module's socket is open."""
        self._socket = socket
        socket.start(self)
        self._close_if_done()

    def _begin_to_stop(self) -> None:
        self._flush_timer = self._reactor.callLater(FLUSH_AT_MOST, self._flush_over)
        if self._socket is None:
            self._stop_opening()
        self._close_if_done()

    def _flush_over(self) -> None:
        """What has not gone out until now is lost."""
        self._flush_timer = None
        self._queue.clear()
        if self._socket is None:
            self._stop_opening()
        else:
            self._socket.close()

    def _stop_opening(self) -> None:
        """It is to be closed before it is open."""

    def _close_if_done(self) -> None:
        """Close when all was sent, if that is wanted."""
        socket = self._socket
        if self._stopping and socket is not None and not self._queue and not socket.sending:
            socket.close()

    def _begin(self, shown: object) -> None:
        """Connect the protocol: it is started, and may write."""
        self.connected = True
        log.msg(f"{self._protocol_prefix()} starting on {shown}")
        self.protocol.makeConnection(self)

    def _finish(self, reason: Failure) -> None:
        """Tell everybody that it is over, once."""
        if not self.connected:
            return
        self.connected = False
        self._queue.clear()
        self._queued = 0
        timer, self._flush_timer = self._flush_timer, None
        if timer is not None:
            timer.cancel()
        done = reason.check(ConnectionDone)
        if not (self._stopping and done):
            self._log.emit(
                LogLevel.info if done else LogLevel.warn,
                "{name}: it is closed: {why}",
                name=self.logPrefix(),
                why=reason.getErrorMessage(),
            )
        self._closed()
        self._call(self.protocol.doStop)
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.called:
                watcher.callback(reason.value or ConnectionDone())
        stopped, self._stopped = self._stopped, []
        for each in stopped:
            if not each.called:
                each.callback(None)

    def _closed(self) -> None:
        """It has just been closed."""

    def _call(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            call_as(self.logPrefix(), call, *arguments)
        except Exception:
            self._log.failure("an exception at the end of {name}", name=self.logPrefix())
