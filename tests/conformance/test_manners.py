"""Log context, and what is not sent any more."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.python import context
from twisted.python.failure import Failure
from twisted.python.log import ILogContext
from zope.interface import implementer

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import Mixed, VirtualCase


@implementer(IPushProducer)
class Noting(Peer):
    """Notes in which log context it is called.

    @ivar systems: of each call.
    """

    def __init__(self) -> None:
        super().__init__()
        self.systems: dict[str, str] = {}

    def logPrefix(self) -> str:
        """Give a prefix."""
        return "noting"

    def note(self, call: str) -> None:
        """Note the context of a call."""
        self.systems[call] = (context.get(ILogContext) or {}).get("system", "")

    def connectionMade(self) -> None:
        self.note("connectionMade")
        self.transport.bufferSize = 500
        self.transport.registerProducer(self, True)
        self.transport.write(bytes(5000))

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.note("dataReceived")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)
        self.note("connectionLost")

    def pauseProducing(self) -> None:
        """Note it."""
        self.note("pauseProducing")

    def resumeProducing(self) -> None:
        """Note it."""
        self.note("resumeProducing")

    def stopProducing(self) -> None:
        """Note it."""
        self.note("stopProducing")


class LogTests(Mixed):
    """Mixed into a case for each access mode."""

    def test_context(self) -> None:
        """Whatever the transport calls is called in the log context of the protocol."""
        serving = self.serve()
        client = self.connect(self.endpoint(self.emulate(), mode=self.mode), Noting)
        self.assertEqual(client.transport.logPrefix(), "noting")
        serving.peers[0].transport.write(b"hello")
        self.until(lambda: client.received and serving.peers[0].count == 5000)
        client.transport.abortConnection()
        self.until(lambda: client.reasons)
        calls = "connectionMade dataReceived pauseProducing resumeProducing stopProducing"
        self.assertEqual(
            client.systems, dict.fromkeys([*calls.split(), "connectionLost"], "noting")
        )

    def test_other_protocol(self) -> None:
        """The prefix is that of the protocol that is there now."""
        self.serve()
        client = self.connect(self.endpoint(self.emulate(), mode=self.mode))
        self.assertEqual(client.transport.logPrefix(), "Peer")
        client.transport.protocol = Noting()
        self.assertEqual(client.transport.logPrefix(), "noting")
        client.transport.protocol = client
        client.transport.loseConnection()
        self.until(lambda: client.reasons)


class AfterwardsTests(Mixed):
    """Mixed into a case for the modes with a URC for the peer's close."""

    def prepare(self) -> Any:
        """Have a server close behind its last bytes while the client does not read."""
        serving = self.serve()
        client = self.connect(self.endpoint(self.emulate(), mode=self.mode))
        client.transport.pauseProducing()
        serving.peers[0].transport.write(b"last words")
        serving.peers[0].transport.loseConnection()
        self.settle(2.0)
        self.assertEqual(client.reasons, [])
        return client

    def test_nothing_is_sent(self) -> None:
        """What is written behind the peer's close is not sent; the end is a loss."""
        client = self.prepare()
        client.transport.write(b"too late")
        self.settle(5.0)
        client.transport.resumeProducing()
        self.assertIsInstance(self.end_of(client), ConnectionLost)
        self.assertEqual(bytes(client.received), b"last words")

    def test_nothing_written(self) -> None:
        """Without that, it is a clean end."""
        client = self.prepare()
        client.transport.resumeProducing()
        self.assertIsInstance(self.end_of(client), ConnectionDone)
        self.assertEqual(bytes(client.received), b"last words")


class BufferMannersTests(LogTests, AfterwardsTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushMannersTests(LogTests, AfterwardsTests, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentMannersTests(LogTests, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
