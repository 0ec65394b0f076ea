"""A connection that is taken here and goes on over the module: the gateway's two halves.

Back-pressure goes from end to end: each half is the producer of the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IPushProducer,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .joinedwriter import JoinedWriter
from .modem import Modem

#: What a connection with TLS on the host may be lost by.
_TLS_ERRORS: Final = ("OpenSSL.SSL.Error", "service_identity.exceptions.VerificationError")


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

    def part(self) -> _Half | None:
        """Nothing goes out there any more.

        @return: the other one, which is to be ended.
        """
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            other.transport.unregisterProducer()
        return other

    def dataReceived(self, data: bytes) -> None:
        """Hand on."""
        if self.other is not None:
            self.other.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the other one: in order if this one has ended so, else at once."""
        other = self.part()
        if other is not None:
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
    """The connection over the module.

    @ivar told: is called with the reason if it is lost and nobody here has ended it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.told: Callable[[Failure, Any], None] | None = None
        self._writer: JoinedWriter | None = None

    def join_socket(self, near: _Near, clock: IReactorTime) -> None:
        """Have what comes here go out there, over a socket's transport if that is what it is."""
        # a wrapper (TLS) hands on the attributes of its transport, and is none itself
        if isinstance(near.transport, FileDescriptor):
            self.other = near
            self._writer = JoinedWriter(near.transport, self.transport, clock)
        else:
            self.join(near)

    def part(self) -> _Half | None:
        """As the base has it; what waits for more goes out first."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.end()
        return super().part()

    def dataReceived(self, data: bytes) -> None:
        """Hand on."""
        if self._writer is None:
            super().dataReceived(data)
        elif self.other is not None:
            self._writer.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell what only the log can."""
        if self.told is not None and self.other is not None and not reason.check(ConnectionDone):
            self.told(reason, self.transport)
        super().connectionLost(reason)


class Forwarder(Factory):
    """Takes connections, and has each go on over an endpoint."""

    _log = Logger()
    noisy = False

    def __init__(self, target: IStreamClientEndpoint, name: str, clock: IReactorTime) -> None:
        """
        @param target: makes the connections that they go on over.
        @param name: of the forward, for the log.
        @param clock: of the transports.
        """
        self._target = target
        self._clock = clock
        self._name = name
        self._opening: dict[_Near, Deferred[Any]] = {}
        self._halves: set[_Half] = set()
        self._far = Factory.forProtocol(_Far)
        self._far.noisy = False
        self._let_go: Callable[[], None] | None = None

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
        far.told = self._lost
        near.join(far)
        far.join_socket(near, self._clock)
        near.transport.resumeProducing()

    def _failed(self, reason: Failure, near: _Near) -> None:
        if self._opening.pop(near, None) is not None:
            self._log.warn("{name}: {problem}", name=self._name, problem=reason.getErrorMessage())
            near.transport.abortConnection()

    def _lost(self, reason: Failure, transport: Any) -> None:
        problem = reason.getErrorMessage()
        if reason.check(*_TLS_ERRORS):
            # not above: a gateway whose TLS is the module's loads none
            from .hosthandshake import what_was_wrong

            problem = f"the TLS on the host: {what_was_wrong(reason, transport)}"
        self._log.warn("{name}: connection lost: {problem}", name=self._name, problem=problem)

    def start(self) -> None:
        """Keep the modem up until L{stop} is done: the reactor stops them together."""
        modem = getattr(self._target, "modem", None)
        if isinstance(modem, Modem) and self._let_go is None:
            self._let_go = modem.hold()

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
        done.addCallback(self._stopped)
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

    def _stopped(self, _: object) -> None:
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            let_go()
