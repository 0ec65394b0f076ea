"""A connection that is taken here and goes on over the module: the gateway's two halves.

Back-pressure goes from end to end: each half is the producer of the other.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IPushProducer,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IPushProducer)
class _Reading:
    """One half as the producer of the other.

    A transport that is lost stops its producer: here that must not end the other half, which
    L{_Half.connectionLost} does as the way of the loss demands.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def pauseProducing(self) -> None:
        """Read no more for now."""
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        self._transport.resumeProducing()

    def stopProducing(self) -> None:
        """Wait for the loss of the other half, which follows."""


class _Half(Protocol):
    """One of two connections that are joined.

    @ivar other: the other one, once it is there.
    """

    transport: Any  # what is a producer and a consumer too

    def __init__(self) -> None:
        self.other: _Half | None = None
        self.ended: Deferred[None] = Deferred()

    def join(self, other: _Half) -> None:
        """Have what comes here go out there."""
        self.other = other
        other.transport.registerProducer(_Reading(self.transport), True)

    def dataReceived(self, data: bytes) -> None:
        """Hand on."""
        if self.other is not None:
            self.other.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the other one: in order if this one has ended so, else at once."""
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            other.transport.unregisterProducer()
            if reason.check(ConnectionDone):
                other.transport.loseConnection()
            else:
                other.transport.abortConnection()
        self.ended.callback(None)


class _Near(_Half):
    """The program's connection.

    A program that closes its sending side has ended it: the module cannot close one side.
    """

    factory: Forwarder

    def connectionMade(self) -> None:
        """Open the other half; nothing is read until it is there."""
        self.transport.pauseProducing()
        self.factory.opened(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give up an open that is under way."""
        self.factory.closed(self)
        super().connectionLost(reason)


class _Far(_Half):
    """The connection over the module."""


class Forwarder(Factory):
    """Takes connections, and has each go on over an endpoint."""

    _log = Logger()
    noisy = False

    def __init__(self, target: IStreamClientEndpoint, name: str) -> None:
        """
        @param target: makes the connections that they go on over.
        @param name: of the forward, for the log.
        """
        self._target = target
        self._name = name
        self._opening: dict[_Near, Deferred[Any]] = {}
        self._halves: set[_Half] = set()
        self._far = Factory.forProtocol(_Far)
        self._far.noisy = False

    # Any: Twisted's annotation wants a protocol whose factory is any factory
    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Take a connection."""
        near = _Near()
        near.factory = self
        self._halves.add(near)
        near.ended.addCallback(lambda _: self._halves.discard(near))
        return near

    def opened(self, near: _Near) -> None:
        """A program has connected: connect too."""
        opening = self._target.connect(self._far)
        self._opening[near] = opening
        opening.addCallbacks(self._joined, self._failed, callbackArgs=(near,), errbackArgs=(near,))

    def closed(self, near: _Near) -> None:
        """A program has gone."""
        opening = self._opening.pop(near, None)
        if opening is not None:
            opening.cancel()

    def _joined(self, far: Any, near: _Near) -> None:
        self._opening.pop(near, None)
        self._halves.add(far)
        far.ended.addCallback(lambda _: self._halves.discard(far))
        near.join(far)
        far.join(near)
        near.transport.resumeProducing()

    def _failed(self, reason: Failure, near: _Near) -> None:
        if self._opening.pop(near, None) is not None:
            self._log.warn("{name}: {problem}", name=self._name, problem=reason.getErrorMessage())
            near.transport.abortConnection()

    def stop(self) -> Deferred[None]:
        """End every connection in order: what was taken is sent.

        @return: fires when all have ended.
        """
        openings, self._opening = self._opening, {}
        for opening in openings.values():
            opening.cancel()
        for half in list(self._halves):
            if half.other is None:
                half.transport.loseConnection()
            elif isinstance(half, _Near):
                # what is on its way to the module goes out first, then the program's side
                half.other.transport.unregisterProducer()
                half.other.transport.loseConnection()
        done: Deferred[None] = Deferred()
        waiting = [half.ended for half in self._halves]
        left = len(waiting)

        def ended(_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                done.callback(None)

        for each in waiting:
            each.addCallback(ended)
        if not waiting:
            done.callback(None)
        return done
