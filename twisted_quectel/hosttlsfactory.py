"""What lies beneath TLS on the host: loaded with the first connect, because it loads TLS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IOpenSSLClientConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
)
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from .errors import SendFailed

#: Bytes that are put together into one write at most.
_TOGETHER: Final = 64_000


class HostTLSProtocol(TLSMemoryBIOProtocol):
    """Knows an orderly end where TLS's own farewell finds nobody any more.

    A server that says C{close_notify} and closes does not take the answer to it.  That is no
    loss, if all that the application had written was sent before.

    What is written within one turn is one write, as with Twisted's own TLS: each record has 22
    bytes beside its payload.
    """

    #: whether the server's name was not that of its certificate
    refused = False
    _wrote = False
    _ended_in_order = False

    def __init__(self, factory: HostTLSFactory, wrappedProtocol: IProtocol) -> None:
        plain: Any = super()
        plain.__init__(factory, wrappedProtocol)
        self._clock = factory.clock
        self._pieces: list[bytes] = []
        self._size = 0
        self._flushing: IDelayedCall | None = None

    def failVerification(self, reason: Failure) -> None:
        """Take note: some versions of Twisted call the handshake complete all the same."""
        self.refused = True
        plain: Any = super()
        plain.failVerification(reason)

    def write(self, data: bytes) -> None:
        """Write what the application gives, in the next turn at the latest."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError("Data must be bytes")
        self._wrote = True
        self._pieces.append(bytes(data))
        self._size += len(data)
        if self._size >= _TOGETHER:
            self._flush()
        elif self._flushing is None:
            self._flushing = self._clock.callLater(0, self._flush)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Write several pieces."""
        self.write(b"".join(iovec))

    def _flush(self) -> None:
        flushing, self._flushing = self._flushing, None
        if flushing is not None and flushing.active():
            flushing.cancel()
        pieces, self._pieces, self._size = self._pieces, [], 0
        if pieces:
            plain: Any = super()
            plain.write(b"".join(pieces))

    def loseConnection(self) -> None:
        """Close, behind what was written."""
        self._flush()
        plain: Any = super()
        plain.loseConnection()

    def unregisterProducer(self) -> None:
        """Close, if that is wanted, behind what the producer has written."""
        self._flush()
        plain: Any = super()
        plain.unregisterProducer()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, and see whether the server's end is among them."""
        self._flush()
        beneath: Any = self.transport
        plain: Any = super()
        connection: Any = plain.getHandle()
        # what was written ahead of the handshake is sent with its end
        sent = connection.get_finished() is not None and beneath.take(1) == b""
        self._wrote = False
        plain.dataReceived(data)
        if sent and not self._wrote and connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
            self._ended_in_order = True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over; what waits for the next turn is not sent any more."""
        self._pieces.clear()
        self._flush()
        if self._ended_in_order and reason.check(SendFailed):
            reason = Failure(ConnectionDone())
        plain: Any = super()
        plain.connectionLost(reason)


class HostTLSFactory(TLSMemoryBIOFactory):
    """Gives no protocol where the application's factory gives none, as others do."""

    protocol = HostTLSProtocol

    def __init__(
        self,
        contextFactory: IOpenSSLClientConnectionCreator,
        isClient: bool,
        wrappedFactory: IProtocolFactory,
        clock: IReactorTime,
    ) -> None:
        """
        @param clock: without it Twisted would take the reactor of the process.
        """
        super().__init__(contextFactory, isClient, wrappedFactory, clock=clock)
        self.clock = clock

    # Any: Twisted's annotation depends on its version
    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Make the protocols of a connection."""
        inner = self.wrappedFactory.buildProtocol(addr)
        protocol: Any = self.protocol
        return None if inner is None else protocol(self, inner)
