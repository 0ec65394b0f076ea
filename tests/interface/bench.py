"""An interface over a module in memory, and what its programs are made of."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import ClientFactory, Factory
from twisted.python.failure import Failure

from tests.endpoint.protocols import Peer, Serving
from tests.endpoint.virtual import HOST, PORT, VirtualCase
from twisted_quectel import ModemInterface
from twisted_quectel.testing import EmulatedModule

#: The module's own address.
OWN = "10.7.157.1"


class Client(ClientFactory):
    """Notes what happens to it.

    @ivar events: names of the calls, in order.
    @ivar reasons: of the failures and losses.
    @ivar peers: the protocols that were made.
    @ivar then: is called with the connector behind each failure and loss.
    """

    noisy = False

    def __init__(self, make: Callable[[], Any] = Peer) -> None:
        self.events: list[str] = []
        self.reasons: list[Failure] = []
        self.peers: list[Any] = []
        self.connectors: list[Any] = []
        self.then: Callable[[Any], object] = lambda connector: None
        self.at_start: Callable[[Any], object] = lambda connector: None
        self._make = make

    def doStart(self) -> None:
        self.events.append("doStart")
        super().doStart()

    def doStop(self) -> None:
        self.events.append("doStop")
        super().doStop()

    def startedConnecting(self, connector: Any) -> None:
        self.events.append("startedConnecting")
        self.connectors.append(connector)
        self.at_start(connector)

    def buildProtocol(self, addr: Any) -> Any:
        self.events.append("buildProtocol")
        peer = self._make()
        if peer is not None:
            peer.factory = self
            self.peers.append(peer)
        return peer

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self.events.append("failed")
        self.reasons.append(reason)
        self.then(connector)

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:
        self.events.append("lost")
        self.reasons.append(reason)
        self.then(connector)

    def take(self) -> list[str]:
        """Give the events since the last call."""
        events, self.events = self.events, []
        return events


class InterfaceCase(VirtualCase):
    """An interface over a module in memory, servers without TLS on a network in memory."""

    def interface(self, **arguments: Any) -> ModemInterface:
        """Make a module and its interface."""
        self.emulated: EmulatedModule = self.emulate(**arguments)
        return ModemInterface(self.emulated.modem(), mode=self.mode)

    def ready(self, **arguments: Any) -> ModemInterface:
        """Make an interface that is ready."""
        interface = self.interface(**arguments)
        self.assertIs(self.result_of(interface.ready()), interface)
        return interface

    def plain(self, make: Callable[[], Peer] = Peer, host: str = HOST, port: int = PORT) -> Serving:
        """Start a server without TLS."""
        serving = Serving(make)
        self.network.listen(host, port, serving)
        return serving

    def call_in(self, port: int, make: Callable[[], Any] = Peer) -> Any:
        """Connect to the module from outside."""
        factory: Any = Factory.forProtocol(make)
        factory.noisy = False
        return self.network.connect(OWN, port, factory)

    def sent(self, start: str) -> list[str]:
        """Give the commands to the module that begin like this."""
        return [line for line in self.lines() if line.startswith(start)]

    def lines(self) -> list[str]:
        """Give the commands to the module since L{watch}, without their C{AT}."""
        return [
            line.partition(" > AT")[2]
            for line in self.trace.getvalue().splitlines()
            if " > AT" in line
        ]

    def watch(self) -> None:
        """Have the dialogue noted."""

        self.trace = StringIO()
        self.emulated.modem().trace_to(self.trace)


# what tests for each access mode are written in: mixed into cases, and no case itself
if TYPE_CHECKING:
    MixedInterface = InterfaceCase
else:
    MixedInterface = object
