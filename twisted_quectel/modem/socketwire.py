"""A module behind a serial server: a stream connection as a wire.

Nothing but the bytes crosses such a connection: no circuit, no speed, and no
time, so that neither guard times nor DTR can be relied on.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from collections.abc import Iterable
from typing import Final

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IProducer,
    IProtocol,
    IPushProducer,
    ITCPTransport,
    ITransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ..at.wire import IWireTransport

#: Bytes that are read at a time.
READ_SIZE: Final = 16 * 1024


@implementer(IWireTransport, IConsumer, IPushProducer)
class SocketWire:
    """A stream transport that answers for the circuits it does not have."""

    timed = False
    disconnecting = False

    def __init__(self, transport: ITransport) -> None:
        self._transport = transport

    def set_dtr(self, on: bool) -> bool:
        """Give L{False}: there is no DTR."""
        return False

    def dcd(self) -> bool | None:
        """Give L{None}: DCD cannot be known."""
        return None

    def cts(self) -> bool | None:
        """Give L{None}: CTS cannot be known."""
        return None

    def unsent(self) -> int:
        """Give the bytes that the serial server has not confirmed, as far as
        they are known; what it holds itself is not."""
        transport = self._transport
        if not isinstance(transport, FileDescriptor) or not transport.connected:
            return 0
        queued = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        try:
            answer = fcntl.ioctl(transport.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return queued
        unconfirmed: int = struct.unpack("i", answer)[0]
        return queued + unconfirmed

    def set_baudrate(self, rate: int) -> bool:
        """Give L{False}: the serial server has its own."""
        return False

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._transport.write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send several pieces as one."""
        self._transport.writeSequence(iovec)

    def loseConnection(self) -> None:
        """Close when everything was sent."""
        self.disconnecting = True
        self._transport.loseConnection()

    def abortConnection(self) -> None:
        """Close at once, where the transport can do that."""
        self.disconnecting = True
        if ITCPTransport.providedBy(self._transport):
            ITCPTransport(self._transport).abortConnection()
        else:
            self._transport.loseConnection()

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Consume from a producer."""
        IConsumer(self._transport).registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Consume no longer."""
        IConsumer(self._transport).unregisterProducer()

    def pauseProducing(self) -> None:
        """Stop reading."""
        IPushProducer(self._transport).pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        IPushProducer(self._transport).resumeProducing()

    def stopProducing(self) -> None:
        """Close."""
        self.loseConnection()

    def getPeer(self) -> IAddress:
        """Give the address of the serial server."""
        return self._transport.getPeer()

    def getHost(self) -> IAddress:
        """Give the address of this end."""
        return self._transport.getHost()


class SocketProtocol(Protocol):
    """Hands everything on to a protocol whose transport is a L{SocketWire}."""

    def __init__(self, inner: IProtocol) -> None:
        self._inner = inner

    def begin(self) -> None:
        """Connect the protocol.

        @raise Exception: what it raised; the connection is closed then.
        """
        transport = self.transport
        if transport is None:
            return
        if ITCPTransport.providedBy(transport):
            tcp = ITCPTransport(transport)
            tcp.setTcpNoDelay(True)
            # a serial server that was switched off says nothing
            tcp.setTcpKeepAlive(True)
        if isinstance(transport, FileDescriptor):
            # as much as a serial port gives at a time: reading can be stopped behind it
            transport.bufferSize = READ_SIZE
        wire = SocketWire(transport)
        try:
            self._inner.makeConnection(wire)
        except Exception:
            wire.abortConnection()
            raise

    def dataReceived(self, data: bytes) -> None:
        """Hand on what came."""
        self._inner.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the protocol."""
        self._inner.connectionLost(reason)
