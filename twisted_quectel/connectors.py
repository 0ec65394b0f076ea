"""Connections of factories of the old kind: C{connectTCP}, C{connectSSL} and their connectors.

What happens, in this order; the factory's methods in brackets:

  - C{connect()}: C{disconnected -> connecting} [C{doStart} the first time,
    C{startedConnecting}].  Nothing else is called before the next turn.
  - It is connected: C{connecting -> connected} [C{buildProtocol}], C{makeConnection}.
  - It ends: the protocol's C{connectionLost}, C{connected -> disconnected}
    [C{clientConnectionLost}, and C{doStop}, unless that has called C{connect()} again].
  - It fails, is cancelled by C{stopConnecting} (C{UserError}) or takes too long
    (C{TimeoutError}): C{connecting -> disconnected} [C{clientConnectionFailed}, and C{doStop},
    unless that has called C{connect()} again].  C{stopConnecting} tells it before it returns.
  - C{buildProtocol} gives L{None}: the connection is closed, and ends like others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twisted.internet import error
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IConnector,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    ITransport,
)
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .addresses import address_of
from .arguments import is_literal
from .connecting import Attempt
from .errors import ModemTimeout
from .modem import Modem
from .modem.opening import OpenRequest
from .transport import ModuleTransport

#: Gives the addresses of a name, best first; or the name, for the module to look up.
LookUp = Callable[[str], Deferred[str]]


@implementer(IConnector)
class ModuleConnector:
    """Connects a factory, again and again if it wants.

    @ivar factory: it.
    @ivar state: C{disconnected}, C{connecting} or C{connected}.
    """

    _log = Logger()

    def __init__(
        self, modem: Modem, request: OpenRequest, factory: ClientFactory, look_up: LookUp
    ) -> None:
        """
        @param request: what is connected to; its time-out is that of each connect.
        @param look_up: resolves the name of a connection without the module's TLS.
        """
        self.factory = factory
        self.state = "disconnected"
        self._modem = modem
        self._request = request
        self._look_up = look_up
        self._started = False
        self._run: _Run | None = None

    @property
    def transport(self) -> ITransport | None:
        """The connection's, if there is one."""
        return None if self._run is None else self._run.transport

    def connect(self) -> None:
        """Connect.

        @raise RuntimeError: if it does already.
        """
        if self.state != "disconnected":
            raise RuntimeError("can't connect in this state")
        self.state = "connecting"
        if not self._started:
            self._started = True
            self.factory.doStart()
        self._run = _Run(self, self._modem, self._request, self._look_up)
        self.factory.startedConnecting(self)

    def stopConnecting(self) -> None:
        """Give a connect up.

        @raise NotConnectingError: if there is none under way.
        """
        if self.state != "connecting" or self._run is None:
            raise error.NotConnectingError("we're not trying to connect")
        self._run.stop()
        self.failed(Failure(error.UserError()))

    def disconnect(self) -> None:
        """Give a connect up, or close the connection."""
        if self.state == "connecting":
            self.stopConnecting()
        elif self._run is not None:
            self._run.lose()

    # Any address: as Twisted's own, that of a name is shown as one too
    def getDestination(self) -> IPv4Address | IPv6Address:
        """Give what it was told to connect to: a name stands where else the address does."""
        request = self._request
        kind = IPv6Address if ":" in request.host else IPv4Address
        return kind("TCP", request.host, request.port)

    def __repr__(self) -> str:
        return f"<ModuleConnector {self._request.host}:{self._request.port} {self.state}>"

    # -- what its runs tell

    def build(self, address: IAddress) -> IProtocol | None:
        """There is a connection: have the factory make its protocol."""
        self.state = "connected"
        return self.factory.buildProtocol(address)

    def failed(self, reason: Failure) -> None:
        """There will be no connection."""
        self._over(self.factory.clientConnectionFailed, reason)

    def lost(self, reason: Failure) -> None:
        """The connection has ended."""
        self._over(self.factory.clientConnectionLost, reason)

    def _over(self, tell: Callable[[IConnector, Failure], None], reason: Failure) -> None:
        self.state = "disconnected"
        self._run = None
        try:
            tell(self, reason)
        except Exception:
            self._log.failure("the factory of {connector} has failed", connector=self)
        # it may have called connect()
        if self.state == "disconnected" and self._started:
            self._started = False
            self.factory.doStop()


@implementer(IProtocolFactory)
class _Run:
    """One connect of a connector, and its connection.

    @ivar transport: of the connection.
    """

    def __init__(
        self, connector: ModuleConnector, modem: Modem, request: OpenRequest, look_up: LookUp
    ) -> None:
        self.transport: ModuleTransport | None = None
        self._connector = connector
        self._modem = modem
        self._request = request
        self._look_up = look_up
        self._over = False
        self._losing = False
        self._connecting: Deferred[None] | None = None
        self._start: IDelayedCall | None = modem.reactor.callLater(0, self._begin)

    def stop(self) -> None:
        """Give it up; nobody is told."""
        self._over = True
        start, self._start = self._start, None
        if start is not None:
            start.cancel()
        if self._connecting is not None:
            self._connecting.cancel()

    def lose(self) -> None:
        """Close the connection, which may just be about to be told of."""
        self._losing = True
        if self.transport is not None:
            self.transport.loseConnection()

    def _begin(self) -> None:
        self._start = None
        self._connecting = Deferred.fromCoroutine(self._connect())
        self._connecting.addCallbacks(self._connected, self._failed)

    async def _connect(self) -> None:
        request, left = self._request, self._request.timeout
        if not request.secure and not is_literal(request.host):
            # the module's TLS needs the name; everybody else sees an address, as elsewhere
            began = self._modem.reactor.seconds()
            found = self._look_up(request.host)
            found.addTimeout(left, self._modem.reactor, self._late)
            request = replace(request, host=await found)
            left = max(left - (self._modem.reactor.seconds() - began), 0.001)
        attempt = Attempt(
            self._modem.reactor,
            self._modem,
            request,
            address_of(request.host, request.port),
            within=left,
            made=self._made,
            gone=self._gone,
        )
        await attempt.connect(self)

    def _late(self, _: object, seconds: float) -> str:
        if self._modem.obstacle is not None:
            raise self._modem.obstacle
        raise ModemTimeout(
            f"{self._request.host}:{self._request.port} was not connected within {seconds:g} s; "
            "what took so long: looking up the name",
            trace=self._modem.last_lines(),
        )

    def _connected(self, _: object) -> None:
        if self._losing and self.transport is not None:
            self.transport.loseConnection()

    def _failed(self, reason: Failure) -> None:
        if not self._over:
            self._over = True
            self._connector.failed(reason)

    def _made(self, transport: ModuleTransport) -> None:
        self.transport = transport

    def _gone(self, reason: Failure) -> None:
        self._connector.lost(reason)

    # -- IProtocolFactory, for the attempt: the connector starts and stops the factory

    def doStart(self) -> None:
        """The connector does that."""

    def doStop(self) -> None:
        """The connector does that."""

    def buildProtocol(self, addr: IAddress) -> IProtocol:
        """Have the factory make a protocol; one that does nothing stands in for none."""
        try:
            protocol = self._connector.build(addr)
        except Exception:
            self._connector._log.failure(
                "no protocol could be made for {connector}", connector=self._connector
            )
            raise
        if protocol is None:
            self._losing = True
            return Protocol()
        return protocol
