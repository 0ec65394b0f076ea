"""An emulated module's port behind a TCP listener, as a serial server shows it."""

from __future__ import annotations

from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IPushProducer,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure
from zope.interface import implementer

from .descriptor import PacedEnd
from .port import Port


class _TCPEnd(PacedEnd):
    """The module's end of one TCP connection."""

    def __init__(self, port: Port, protocol: PortProtocol) -> None:
        super().__init__(port)
        self._protocol = protocol
        self._full = False

    def transmit(self, data: bytes) -> None:
        """Write bytes."""
        self._transport().write(data)

    def backlog(self) -> int:
        """Give a whole line's worth while the transport's buffer is full."""
        return self._capacity if self._full else 0

    def full(self, on: bool) -> None:
        """Take note of whether the transport's buffer is full."""
        self._full = on
        if not on:
            self.host_drained()

    def stop_reading(self) -> None:
        """Read no more."""
        self._transport().pauseProducing()

    def start_reading(self) -> None:
        """Read again."""
        self._transport().resumeProducing()

    def _transport(self) -> Connection:
        return cast(Connection, self._protocol.transport)


@implementer(IPushProducer)
class PortProtocol(Protocol):
    """One host that is connected to a port."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._end: _TCPEnd | None = None

    def connectionMade(self) -> None:
        """Plug the line in; a host that was connected before is cut off."""
        transport = cast(Connection, self.transport)
        transport.setTcpNoDelay(True)
        transport.registerProducer(self, True)
        self._end = _TCPEnd(self._port, self)
        self._port.attach(self._end)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes from the host."""
        if self._end is not None:
            self._end.received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Pull the line off."""
        if self._end is not None:
            self._end.close_lanes()
            self._end = None

    def pauseProducing(self) -> None:
        """The transport is full."""
        if self._end is not None:
            self._end.full(True)

    def resumeProducing(self) -> None:
        """The transport has room again."""
        if self._end is not None:
            self._end.full(False)

    def stopProducing(self) -> None:
        """The transport wants no more."""

    def cut(self) -> None:
        """Cut the host off."""
        cast(Connection, self.transport).abortConnection()


class PortFactory(Factory):
    """Gives a port to whoever connects; the last one has it."""

    noisy = False

    def __init__(self, port: Port) -> None:
        self._port = port
        self._current: PortProtocol | None = None

    def cut_off(self) -> None:
        """Cut the host off that is connected."""
        if self._current is not None and self._current.connected:
            self._current.cut()

    def buildProtocol(self, addr: IAddress | None) -> PortProtocol:
        """Make the protocol for a host."""
        self.cut_off()
        self._current = PortProtocol(self._port)
        return self._current


def serve_tcp(endpoint: IStreamServerEndpoint, port: Port) -> Deferred[IListeningPort]:
    """Serve a port on a server endpoint.

    @return: fires with the listening port.
    """
    return endpoint.listen(PortFactory(port))
