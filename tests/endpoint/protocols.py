"""Protocols for both ends of a connection, and what tests wait for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IProtocolFactory, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from tests.tlsservers import ServerOptions


class Peer(Protocol):
    """One end.

    @ivar received: what came.
    @ivar reasons: of each C{connectionLost}; there must be one.
    @ivar when_lost: fires then.
    """

    transport: Any

    def __init__(self) -> None:
        self.received = bytearray()
        self.reasons: list[Failure] = []
        self.when_lost: Deferred[None] = Deferred()
        self._expected: tuple[int, Deferred[None]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        self.came()

    def came(self) -> None:
        """Look whether what is waited for has come."""
        if self._expected is not None and self.count >= self._expected[0]:
            _, waiting = self._expected
            self._expected = None
            waiting.callback(None)

    @property
    def count(self) -> int:
        """Bytes that came."""
        return len(self.received)

    def when_received(self, count: int) -> Deferred[None]:
        """Wait for so many bytes in all."""
        waiting: Deferred[None] = Deferred()
        self._expected = count, waiting
        self.came()
        return waiting

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reasons.append(reason)
        if len(self.reasons) == 1:
            self.when_lost.callback(None)


class Echo(Peer):
    """Sends back what comes, and forgets it."""

    def __init__(self) -> None:
        super().__init__()
        self.echoed = 0

    def dataReceived(self, data: bytes) -> None:
        self.echoed += len(data)
        self.transport.write(data)


class Hasher(Peer):
    """Counts and digests what comes, and forgets it."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.sha256 = hashlib.sha256()

    @property
    def count(self) -> int:
        """Bytes that came."""
        return self._count

    def dataReceived(self, data: bytes) -> None:
        self._count += len(data)
        self.sha256.update(data)
        self.came()


class Serving(Factory):
    """A server that remembers its connections and can wait for their ends.

    @ivar peers: the connections, the oldest first.
    """

    noisy = False

    def __init__(self, make: Callable[[], Peer] = Peer) -> None:
        self.peers: list[Any] = []
        self._make = make
        self._waiting: list[Deferred[Any]] = []

    def buildProtocol(self, addr: object) -> Peer:
        peer = self._make()
        self.peers.append(peer)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(peer)
        return peer

    def when_connected(self) -> Deferred[Any]:
        """Wait for the next connection."""
        waiting: Deferred[Any] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def over_tls(self, options: ServerOptions, clock: IReactorTime) -> IProtocolFactory:
        """Wrap it for C{listen} or C{listenTCP}."""
        wrapped = TLSMemoryBIOFactory(options, False, self, clock)
        wrapped.noisy = False
        return wrapped

    def all_lost(self) -> Deferred[list[None]]:
        """Drop what is left, and wait until every connection has ended."""
        for peer in self.peers:
            if not peer.reasons and peer.transport is not None:
                peer.transport.abortConnection()
        return gatherResults([peer.when_lost for peer in self.peers])
