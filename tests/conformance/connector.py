"""An endpoint, where a connector is wanted."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IConnector, IStreamClientEndpoint
from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IConnector)
class EndpointConnector:
    """Connects a client factory of the old kind by an endpoint."""

    def __init__(
        self, endpoint: IStreamClientEndpoint, factory: ClientFactory, destination: IAddress
    ) -> None:
        self._endpoint = endpoint
        self._factory = factory
        self._destination = destination
        self._connecting: Deferred[Any] | None = None
        self._protocol: Any = None  # has a transport, which IProtocol does not say

    def connect(self) -> None:
        """See L{IConnector.connect}."""
        self._factory.startedConnecting(self)
        self._connecting = self._endpoint.connect(self._factory)
        self._connecting.addCallbacks(self._connected, self._failed)

    def _connected(self, protocol: object) -> None:
        self._connecting = None
        self._protocol = protocol

    def _failed(self, reason: Failure) -> None:
        self._connecting = None
        self._factory.clientConnectionFailed(self, reason)

    def stopConnecting(self) -> None:
        """See L{IConnector.stopConnecting}."""
        if self._connecting is not None:
            self._connecting.cancel()

    def disconnect(self) -> None:
        """See L{IConnector.disconnect}."""
        self.stopConnecting()
        if self._protocol is not None:
            self._protocol.transport.loseConnection()

    def getDestination(self) -> IAddress:
        """See L{IConnector.getDestination}."""
        return self._destination
