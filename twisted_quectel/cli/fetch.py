"""Fetches a page by Twisted's Agent over an endpoint, and measures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, ResponseDone, ResponseFailed
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory, IResponse
from zope.interface import implementer

from .words import CommandError

#: Seconds without a byte after which a page is given up.
STALL: Final = 60.0

#: Told now and then: bytes so far, and of how many; L{None} if that is unknown.
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Fetched:
    """A page that has come.

    @ivar length: in bytes.
    @ivar digest: its SHA-256 in hexadecimal.
    @ivar seconds: from its first bytes to its last.
    @ivar timed: how many bytes came in that time.
    """

    length: int
    digest: str
    seconds: float
    timed: int

    @property
    def rate(self) -> float | None:
        """Bytes in a second; L{None} if it was too short to tell."""
        return self.timed / self.seconds if self.seconds > 0 and self.timed else None


@implementer(IAgentEndpointFactory)
@implementer(IStreamClientEndpoint)
class OneEndpoint:
    """Gives the Agent the one endpoint, and says when it is connected."""

    def __init__(self, endpoint: IStreamClientEndpoint, connected: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._connected = connected

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """See L{IAgentEndpointFactory}."""
        return self

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """See L{IStreamClientEndpoint}."""

        def told(protocol: IProtocol) -> IProtocol:
            self._connected()
            return protocol

        return self._endpoint.connect(protocolFactory).addCallback(told)


class _Body(Protocol):
    """Takes a page in: counts, hashes, and watches that it goes on."""

    def __init__(self, clock: IReactorTime, total: int | None, progress: Progress) -> None:
        self.done: Deferred[Fetched] = Deferred(lambda _: self._abort())
        self._clock = clock
        self._total = total
        self._progress = progress
        self._hash = hashlib.sha256()
        self._length = 0
        self._first = 0
        self._began = 0.0
        self._last = 0.0
        self._stalled = False
        self._timer: IDelayedCall = clock.callLater(STALL, self._stall)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes."""
        self._last = self._clock.seconds()
        if not self._length:
            self._began = self._last
            self._first = len(data)
        self._hash.update(data)
        self._length += len(data)
        self._timer.reset(STALL)
        self._progress(self._length, self._total)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The page has ended, well or not."""
        if self._timer.active():
            self._timer.cancel()
        if self.done.called:
            return
        if self._stalled:
            self.done.errback(CommandError(f"no byte has come for {STALL:g} s"))
        elif self._total is not None and self._length != self._total:
            self.done.errback(
                CommandError(f"the page broke off after {self._length} of {self._total} bytes")
            )
        elif reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(
                Fetched(
                    self._length,
                    self._hash.hexdigest(),
                    self._last - self._began,
                    self._length - self._first,
                )
            )
        else:
            self.done.errback(reason)

    def _stall(self) -> None:
        self._stalled = True
        self._abort()

    def _abort(self) -> None:
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()


async def fetch(
    reactor: Any,
    endpoint: IStreamClientEndpoint,
    url: str,
    connected: Callable[[], None],
    progress: Progress,
) -> Fetched:
    """Fetch a page.

    @param endpoint: what the connection is made with, whatever C{url} says.
    @param connected: called when it is connected.
    @raise CommandError: if the server does not give the page.
    """
    agent = Agent.usingEndpointFactory(reactor, OneEndpoint(endpoint, connected))
    headers = Headers({b"user-agent": [b"twisted-quectel demo"]})
    try:
        response: IResponse = await agent.request(b"GET", url.encode("ascii"), headers)
        if response.code != 200:
            raise CommandError(_refused(response))
        length = response.length if isinstance(response.length, int) else None
        body = _Body(reactor, length, progress)
        response.deliverBody(body)
        return await body.done
    except ResponseFailed as e:
        reason = e.reasons[0].getErrorMessage() if e.reasons else str(e)
        raise CommandError(f"the page could not be fetched: {reason}") from e


def _refused(response: IResponse) -> str:
    """Say what the server answered in place of the page."""
    places = response.headers.getRawHeaders(b"location") or []
    where = f"; it says to ask for {places[0].decode('ascii', 'replace')}" if places else ""
    return f"url: the server answered {response.code}{where}"
