"""TCP connections in memory, on any clock.

See L{twisted_quectel.emulator.memorynetwork}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IDelayedCall,
    IHalfCloseableProtocol,
    IProducer,
    IProtocol,
    IPullProducer,
    IPushProducer,
    IReactorTime,
    ITCPTransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

_log = Logger()


def tcp_address(host: str, port: int) -> IPv4Address | IPv6Address:
    """Give Twisted's address of a TCP port."""
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)


class _Stream:
    """One direction of a connection: a buffer at the sender, then a window.

    The window stands for what TCP holds: the sender is rid of those bytes, the
    receiver has not read them.
    """

    def __init__(
        self,
        clock: IReactorTime,
        latency: float,
        window: int,
        sender: MemoryTransport,
        receiver: MemoryTransport,
    ) -> None:
        self._clock = clock
        self._latency = latency
        self._window = window
        self._sender = sender
        self._receiver = receiver
        self._turn: IDelayedCall | None = None
        self._end_told = False
        self.unsent = bytearray()
        self.crossing = bytearray()
        self.ended = False

    def schedule(self) -> None:
        """Go on in a later turn."""
        if self._turn is None:
            self._turn = self._clock.callLater(self._latency, self._run)

    def cancel(self) -> None:
        """Lose what is under way, the end included."""
        self.unsent.clear()
        self.crossing.clear()
        self._end_told = True

    def _run(self) -> None:
        self._turn = None
        if not self._receiver.connected:
            # Nobody is there to read: TCP answers with a reset.
            if self.unsent or self.crossing:
                self.cancel()
                self._sender.reset()
            elif not self.unsent:
                self._sender.written(False)
            return
        moved = self.unsent[: self._window - len(self.crossing)]
        del self.unsent[: len(moved)]
        self.crossing += moved
        if not self.unsent:
            self._sender.written(bool(moved))
        if self.crossing and not self._receiver.paused:
            data = bytes(self.crossing)
            self.crossing.clear()
            self._receiver.deliver(data)
        if self.unsent and len(self.crossing) < self._window:
            self.schedule()
        all_read = not self.unsent and not self.crossing and not self._receiver.paused
        if self.ended and all_read and not self._end_told:
            self._end_told = True
            self._receiver.end_received()


@implementer(ITCPTransport, IConsumer, IPushProducer)
class MemoryTransport:
    """One end of a TCP connection in memory.

    Producers, half-closing and reasons are as with Twisted's TCP.

    @ivar bufferSize: bytes of unsent data above which a push producer is
        paused.
    @ivar connected: False once C{connectionLost} was called.
    @ivar paused: whether this end does not read.
    """

    bufferSize = 65536

    def __init__(
        self,
        clock: IReactorTime,
        host: IPv4Address | IPv6Address,
        peer: IPv4Address | IPv6Address,
        when_lost: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._host = host
        self._peer = peer
        self._when_lost = when_lost
        self._protocol: IProtocol | None = None
        self._outgoing: _Stream
        self._incoming: _Stream
        self._push: IPushProducer | None = None
        self._pull: IPullProducer | None = None
        self._push_paused = False
        self._write_ending = False
        self._write_ended = False
        self._aborting = False
        self.connected = True
        self.disconnecting = False
        self.paused = False

    @classmethod
    def pair(
        cls,
        clock: IReactorTime,
        latency: float,
        window: int,
        client: IPv4Address | IPv6Address,
        server: IPv4Address | IPv6Address,
        when_lost: Callable[[], None],
    ) -> tuple[MemoryTransport, MemoryTransport]:
        """Make both ends of a connection.

        @param latency: seconds until a byte crosses; with 0, the next turn.
        @param window: bytes that each direction holds beyond the sender.
        @param when_lost: called when the client's end is closed.
        """
        one = cls(clock, client, server, when_lost)
        two = cls(clock, server, client, _nothing)
        one._outgoing = two._incoming = _Stream(clock, latency, window, one, two)
        two._outgoing = one._incoming = _Stream(clock, latency, window, two, one)
        return one, two

    def start(self, protocol: IProtocol) -> None:
        """Connect the protocol of this end."""
        self._protocol = protocol
        protocol.makeConnection(self)

    def under_way(self) -> int:
        """Give the bytes that have left this end's buffer and are not read there yet."""
        return len(self._outgoing.crossing)

    # What the streams report

    def deliver(self, data: bytes) -> None:
        """Bytes have come."""
        if self.connected and not self.disconnecting and not self._aborting:
            assert self._protocol is not None
            maybeDeferred(self._protocol.dataReceived, data).addErrback(self._broken)

    def _broken(self, reason: Failure) -> None:
        """As Twisted's reactors do with an exception out of a protocol."""
        _log.failure("dataReceived of {protocol}", reason, protocol=self._protocol)
        self._lose(reason)

    def written(self, just_now: bool) -> None:
        """Nothing is unsent, as of just now or since long."""
        if not self.connected:
            return
        if just_now or self.disconnecting or self._write_ending:
            if self._pull is not None:
                self._pull.resumeProducing()
            elif self._push is not None and self._push_paused:
                self._push_paused = False
                self._push.resumeProducing()
            elif self.disconnecting:
                self._lose(Failure(ConnectionDone()))
            elif self._write_ending and not self._write_ended:
                self._write_ended = self._outgoing.ended = True
                half = IHalfCloseableProtocol(self._protocol, None)
                if half is not None:
                    half.writeConnectionLost()

    def end_received(self) -> None:
        """The other end writes no more."""
        if not self.connected or self._aborting:
            return
        half = IHalfCloseableProtocol(self._protocol, None)
        if half is None or self._write_ended:
            self._lose(Failure(ConnectionDone()))
        else:
            half.readConnectionLost()

    def reset(self) -> None:
        """The other end is gone without having read all."""
        if self.connected and not self._aborting:
            self._lose(Failure(ConnectionLost()))

    def _lose(self, reason: Failure) -> None:
        if not self.connected:
            return
        self.connected = False
        self._outgoing.unsent.clear()
        self._outgoing.ended = True
        self._outgoing.schedule()
        self._incoming.schedule()
        producer: IProducer | None = self._push or self._pull
        self._push = self._pull = None
        if producer is not None:
            producer.stopProducing()
        assert self._protocol is not None
        self._protocol.connectionLost(reason)
        self._when_lost()

    # ITCPTransport

    def write(self, data: bytes) -> None:
        """See L{ITCPTransport}."""
        if not isinstance(data, bytes):
            raise TypeError("Data must be bytes")
        if not self.connected or self._aborting or self._write_ended or not data:
            return
        self._outgoing.unsent += data
        self._outgoing.schedule()
        # Each time, as Twisted's TCP does; TLS above it depends on that.
        if self._push is not None and len(self._outgoing.unsent) > self.bufferSize:
            self._push_paused = True
            self._push.pauseProducing()

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """See L{ITCPTransport}."""
        self.write(b"".join(iovec))

    def loseConnection(self) -> None:
        """See L{ITCPTransport}."""
        if not self.connected or self.disconnecting or self._aborting:
            return
        if self._write_ended:
            self._lose(Failure(ConnectionDone()))
            return
        self.disconnecting = True
        self._outgoing.schedule()

    def loseWriteConnection(self) -> None:
        """See L{ITCPTransport}."""
        self._write_ending = True
        self._outgoing.schedule()

    def abortConnection(self) -> None:
        """See L{ITCPTransport}."""
        if self.connected and not self._aborting:
            self._aborting = True
            self._clock.callLater(0, self._abort)

    def _abort(self) -> None:
        self._outgoing.cancel()
        self._incoming.cancel()
        other = self._outgoing._receiver
        self._lose(Failure(ConnectionAborted()))
        self._clock.callLater(0, other.reset)

    def getHost(self) -> IPv4Address | IPv6Address:
        """See L{ITCPTransport}."""
        return self._host

    def getPeer(self) -> IPv4Address | IPv6Address:
        """See L{ITCPTransport}."""
        return self._peer

    def getTcpNoDelay(self) -> bool:
        """See L{ITCPTransport}; there is no delay here."""
        return True

    def setTcpNoDelay(self, enabled: bool) -> None:
        """See L{ITCPTransport}; without effect."""

    def getTcpKeepAlive(self) -> bool:
        """See L{ITCPTransport}; nothing is kept alive here."""
        return False

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """See L{ITCPTransport}; without effect."""

    # IConsumer

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """See L{IConsumer}."""
        if self._push is not None or self._pull is not None:
            raise RuntimeError("a producer is registered already")
        if not self.connected:
            producer.stopProducing()
        elif streaming:
            self._push_paused = False
            self._push = IPushProducer(producer)
        else:
            self._pull = IPullProducer(producer)
            self._pull.resumeProducing()

    def unregisterProducer(self) -> None:
        """See L{IConsumer}."""
        self._push = self._pull = None
        if self.connected and (self.disconnecting or self._write_ending):
            self._outgoing.schedule()

    # IPushProducer

    def pauseProducing(self) -> None:
        """See L{IPushProducer}."""
        self.paused = True

    def resumeProducing(self) -> None:
        """See L{IPushProducer}."""
        if self.connected and not self.disconnecting:
            self.paused = False
            self._incoming.schedule()

    def stopProducing(self) -> None:
        """See L{IPushProducer}."""
        self.loseConnection()


def _nothing() -> None:
    """Nobody counts the server's ends."""
