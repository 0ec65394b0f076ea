"""The Twisted transport over a socket of the module."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, cast

from twisted.internet import error
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IDelayedCall,
    IHalfCloseableProtocol,
    IHandshakeListener,
    ILoggingContext,
    IProducer,
    IProtocol,
    IProtocolFactory,
    IPullProducer,
    IPushProducer,
    IReactorTime,
    ITCPTransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .addresses import shown
from .logcontext import call_as
from .modem.interfaces import HandOut, ModuleSocket, Taking
from .tcpsettings import TCPSettings
from .writebuffer import WriteBuffer

#: Bytes in the buffer above which a streaming producer is paused.
BUFFER_SIZE: Final = 64 * 1024
#: Takes the bytes for which it is too late.
_NOWHERE: Final = Taking(lambda data: None)


@implementer(ITCPTransport, IPushProducer, IConsumer, ILoggingContext)
class ModuleTransport(TCPSettings):
    """A connection of the module, as a Twisted transport.

    C{ISSLTransport} is not claimed: the module hides the certificate.

    @ivar bufferSize: bytes in the buffer above which a streaming producer is
        paused.
    @ivar connected: whether the connection is open.
    @ivar disconnecting: whether it will be closed when the buffer is empty.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: IReactorTime,
        socket: ModuleSocket,
        peer: IAddress,
        host: IAddress,
        name: str = "",
        gone: Callable[[Failure], None] | None = None,
        factory: IProtocolFactory | None = None,
    ) -> None:
        """
        @param peer: the server's address.
        @param host: the module's address.
        @param name: which connection, for logs; left out, its peer's address tells.
        @param gone: told the reason when the protocol has been told that it is over.
        @param factory: stopped then, if nobody is told.
        """
        self.bufferSize = BUFFER_SIZE
        self.connected = True
        self.disconnecting = False
        self.disconnected = False
        self.producer: IProducer | None = None
        self.streamingProducer = False
        self.protocol: IProtocol | None = None
        self._reactor = reactor
        super().__init__(socket, peer, host)
        self._name = name
        self._gone = gone
        self._factory = factory
        self._buffer = WriteBuffer()
        self._producer_paused = False
        self._unsendable = False
        self._asking_producer = False
        self._asking_again: IDelayedCall | None = None
        self._reading_stopped = False
        self._resuming: IDelayedCall | None = None
        self._write_closed = False
        self._write_end_told = False
        self._closing = False
        self._calling = 0  # how deep we are in calls that must not end in connectionLost
        self._reason: Failure | None = None  # what the protocol will be told

    # -- beginning

    def start(self, protocol: IProtocol, secure: bool = True) -> None:
        """Connect the protocol; nothing is sent or delivered before L{begin}."""
        self.protocol = protocol
        self._guard(protocol.makeConnection, self)
        # the module has made the handshake before there was a connection
        if secure and self.connected and IHandshakeListener.providedBy(protocol):
            self._guard(protocol.handshakeCompleted)

    def begin(self) -> None:
        """Send and deliver from now on, what was written and came before first."""
        if self.connected and not self.disconnected:
            self._socket.start(self)

    # -- ITransport

    def write(self, data: bytes) -> None:
        """Send bytes; they are held until the module takes them."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError("Data must be bytes")
        if not data or not self.connected:
            return
        if self._write_closed or self._closing or self._unsendable:
            return
        self._buffer.append(bytes(data))
        self._pause_full_producer()
        self._socket.writable()

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send several pieces of bytes."""
        pieces = list(iovec)
        for piece in pieces:
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise TypeError("Data must be bytes")
        self.write(b"".join(pieces))

    def loseConnection(self, _connDone: object = None) -> None:
        """Close when everything that was written has been sent, and no producer is left."""
        if not self.connected or self.disconnecting:
            return
        self.disconnecting = True
        self._socket.discard()
        # what still comes is dropped, so that it cannot hold up the end
        self.startReading()
        self._close_if_done()

    def abortConnection(self) -> None:
        """Drop the connection at once, with what is unsent."""
        self._drop(Failure(error.ConnectionAborted()))

    # -- ITCPTransport

    def loseWriteConnection(self) -> None:
        """Send what was written, then close.

        The module cannot close one direction, so this closes both.
        """
        if not self.connected or self._write_closed:
            return
        self._write_closed = True
        self._close_if_done()

    # -- IPushProducer: the reading side

    def pauseProducing(self) -> None:
        """Deliver no more until L{resumeProducing}."""
        self.stopReading()

    def resumeProducing(self) -> None:
        """Deliver again."""
        if self.connected and not self.disconnecting:
            self.startReading()

    def stopProducing(self) -> None:
        """Close the connection."""
        self.loseConnection()

    def stopReading(self) -> None:
        """Take no more from the module."""
        if not self._reading_stopped and not self.disconnecting:
            self._reading_stopped = True
            if not self._stay_paused():
                self._socket.pause()

    def startReading(self) -> None:
        """Take from the module again, from the next turn on.

        What was held is not delivered from within a call of the application's:
        that call may be made in the middle of C{dataReceived}.
        """
        if self._reading_stopped:
            self._reading_stopped = False
            if not self.disconnected:
                self._resuming = self._reactor.callLater(0, self._resume)

    def _resume(self) -> None:
        self._resuming = None
        self._socket.resume()

    def _stay_paused(self) -> bool:
        """Take back a resume that has not come to pass; tell whether there was one."""
        resuming, self._resuming = self._resuming, None
        if resuming is not None:
            resuming.cancel()
        return resuming is not None

    def _cancel_calls(self) -> None:
        self._stay_paused()
        again, self._asking_again = self._asking_again, None
        if again is not None:
            again.cancel()

    # -- IConsumer: the writing side

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Have a producer write as fast as the module takes it."""
        if self.producer is not None:
            raise RuntimeError(
                f"cannot register {producer!r}: {self.producer!r} was never unregistered"
            )
        if not self.connected:
            producer.stopProducing()
            return
        self.producer = producer
        self.streamingProducer = streaming
        self._producer_paused = False
        if not streaming:
            self._ask_producer()

    def unregisterProducer(self) -> None:
        """The producer has nothing more to write."""
        self.producer = None
        self._producer_paused = False
        if self.connected and (self.disconnecting or self._write_closed):
            self._close_if_done()

    def stopConsuming(self) -> None:
        """Called by a producer that has been told to stop."""
        self.unregisterProducer()
        self.loseConnection()

    def logPrefix(self) -> str:
        """Give the protocol's prefix."""
        if ILoggingContext.providedBy(self.protocol):
            return str(self.protocol.logPrefix())
        return type(self.protocol).__name__ if self.protocol is not None else "-"

    # -- SocketOwner: what the module's socket asks and tells

    def take(self, limit: int) -> bytes:
        """Give the next bytes to send."""
        return self._buffer.peek(limit)

    def sent(self, count: int) -> None:
        """The module has taken bytes."""
        self._buffer.drop(count)
        if not self.connected:
            return
        producer = self.producer
        if producer is not None:
            if not self.streamingProducer:
                if not self._buffer:
                    self._ask_producer()
            elif self._producer_paused and len(self._buffer) < self.bufferSize // 2 + 1:
                self._producer_paused = False
                self._guard(cast(IPushProducer, producer).resumeProducing)
        if self.connected:
            self._close_if_done()

    def unsendable(self) -> None:
        """What is in the buffer stays there; who waits for room in it waits no more.

        A producer that reads only when it may write would else never come to the end.
        """
        self._unsendable = True
        if self._producer_paused:
            self._producer_paused = False
            self._guard(cast(IPushProducer, self.producer).resumeProducing)

    def received(self, data: bytes) -> None:
        """Bytes came."""
        if self.connected and not self.disconnecting and self.protocol is not None:
            self._guard(self.protocol.dataReceived, data)

    def received_run(self, hand_out: HandOut) -> None:
        """Pieces came, in order."""
        if self.connected and not self.disconnecting and self.protocol is not None:
            self._guard(hand_out, self)  # which is asked for its protocol each time
        else:
            hand_out(_NOWHERE)

    def ended(self, reason: Failure) -> None:
        """The connection is over."""
        if self._reason is not None:
            return
        self._reason = reason
        if self._calling:
            # the application is not told from within a call of its own
            self.connected = False
            self._reactor.callLater(0, self._finish, reason)
        else:
            self._finish(reason)

    # -- within

    def _pause_full_producer(self) -> None:
        producer = self.producer
        if (
            producer is not None
            and self.streamingProducer
            and not self._producer_paused
            and not self._unsendable
            and len(self._buffer) > self.bufferSize
        ):
            self._producer_paused = True
            self._guard(cast(IPushProducer, producer).pauseProducing)

    def _ask_producer(self) -> None:
        """Have a pull producer write."""
        if self._asking_producer:
            # what it has just written has gone already: not from within itself
            if self._asking_again is None:
                self._asking_again = self._reactor.callLater(0, self._ask_again)
            return
        self._asking_producer = True
        try:
            if self.producer is not None and self.connected and not self._buffer:
                self._guard(cast(IPullProducer, self.producer).resumeProducing)
        finally:
            self._asking_producer = False

    def _ask_again(self) -> None:
        self._asking_again = None
        if not self.streamingProducer:
            self._ask_producer()

    def _close_if_done(self) -> None:
        """Close once everything was sent, if that is wanted."""
        if self._buffer or self.producer is not None:
            return
        if self._write_closed and not self._closing:
            self.disconnecting = True
            if IHalfCloseableProtocol.providedBy(self.protocol) and not self._write_end_told:
                self._write_end_told = True
                self._guard(self.protocol.writeConnectionLost)
        if self.disconnecting and self.connected and not self._closing:
            self._closing = True
            self._calling += 1
            try:
                self._socket.close()
            finally:
                self._calling -= 1

    def _guard(self, call: Callable[..., object], *arguments: object) -> None:
        """Call the application; what it raises becomes the reason, and goes no further."""
        self._calling += 1
        try:
            call_as(self.logPrefix(), call, *arguments)
        except Exception:
            problem = Failure()
            name = self._name or shown(self._peer)
            self._log.failure("an exception ended the connection {name}", problem, name=name)
            self._drop(problem)
        finally:
            self._calling -= 1

    def _drop(self, reason: Failure) -> None:
        """End at once; the protocol is told in the next turn."""
        if self._reason is not None:
            return
        self._reason = reason
        self.connected = False
        self.disconnecting = True
        self._buffer.clear()
        self._cancel_calls()
        self._socket.abort()
        self._reactor.callLater(0, self._finish, reason)

    def _finish(self, reason: Failure) -> None:
        """Tell everybody that it is over, once."""
        if self.disconnected:
            return
        self.disconnected = True
        self.connected = False
        self._cancel_calls()
        self._buffer.clear()
        producer, self.producer = self.producer, None
        if producer is not None:
            self._tell_end(producer.stopProducing)
        if self.protocol is not None:
            self._tell_end(self.protocol.connectionLost, reason)
        if self._gone is not None:
            self._tell_end(self._gone, reason)
        elif self._factory is not None:
            self._tell_end(self._factory.doStop)

    def _tell_end(self, call: Callable[..., object], *arguments: object) -> None:
        """Call the application when it is too late for it to change the reason."""
        try:
            call_as(self.logPrefix(), call, *arguments)
        except Exception:
            name = self._name or shown(self._peer)
            self._log.failure("an exception after the end of the connection {name}", name=name)
