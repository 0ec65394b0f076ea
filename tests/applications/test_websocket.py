"""autobahn's WebSocket client over an endpoint string."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from twisted.internet.defer import Deferred
from twisted.protocols.tls import TLSMemoryBIOFactory

from tests.endpoint.real import MixedReal, RealCase, reactor
from tests.tlsservers import options_for

MESSAGES = (b"short", bytes(range(256)) * 300, b"")


# autobahn is not annotated: its classes are filled rather than subclassed
def echo_server() -> Any:
    """Make a server that sends each message back."""
    server: Any = WebSocketServerProtocol()
    server.onMessage = server.sendMessage
    return server


def new_client() -> Any:
    """Make a client."""
    return WebSocketClientProtocol()


class Client:
    """One client.

    @ivar messages: what came.
    @ivar protocol: of autobahn.
    """

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.when_open: Deferred[None] = Deferred()
        self.when_complete: Deferred[None] = Deferred()
        self.when_closed: Deferred[bool] = Deferred()
        self.protocol = new_client()
        self.protocol.onOpen = lambda: self.when_open.callback(None)
        self.protocol.onMessage = self._message
        self.protocol.onClose = self._closed

    def _message(self, payload: bytes, isBinary: bool) -> None:
        self.messages.append(payload)
        if len(self.messages) == len(MESSAGES):
            self.when_complete.callback(None)

    def _closed(self, wasClean: bool, code: int, reason: str) -> None:
        self.when_closed.callback(wasClean)


class WebSocketTests(MixedReal):
    """Mixed into a case for each device and access mode."""

    async def test_messages(self) -> None:
        """Messages short and long come back, and the connection ends in order."""
        server: Any = WebSocketServerFactory()
        server.protocol = echo_server
        factory = TLSMemoryBIOFactory(options_for(self.ca, self.name), False, server, reactor)
        factory.noisy = False
        port = self.listen(factory)
        client_factory: Any = WebSocketClientFactory(f"wss://{self.name}:{port}/")
        client = Client()
        client_factory.protocol = lambda: client.protocol
        if self.mode == "transparent":
            # without DCD, the proof of NO CARRIER takes longer than autobahn's second
            client_factory.setProtocolOptions(serverConnectionDropTimeout=10)
        endpoint = self.endpoint(self.string(port, self.device_arguments()))
        await endpoint.connect(client_factory)
        await client.when_open
        for message in MESSAGES:
            client.protocol.sendMessage(message, isBinary=True)
        await client.when_complete
        self.assertEqual(tuple(client.messages), MESSAGES)
        client.protocol.sendClose()
        self.assertTrue(await client.when_closed)


class PtyWebSocketTests(WebSocketTests, RealCase):
    """Over a pty, in the default mode."""


class PtyTransparentWebSocketTests(WebSocketTests, RealCase):
    """Over a pty, in transparent mode."""

    mode = "transparent"


class EmulatorWebSocketTests(WebSocketTests, RealCase):
    """With C{device=emulator}."""

    device = "emulator"
