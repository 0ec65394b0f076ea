"""Perspective Broker over an endpoint string."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.spread import pb

from tests.endpoint.real import MixedReal, RealCase, reactor
from tests.tlsservers import options_for


class MeterError(pb.Error):
    """What the server raises."""


class Listener(pb.Referenceable):
    """Lives at the client, and is called by the server."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def remote_hear(self, what: object) -> int:
        """Keep it."""
        self.heard.append(what)
        return len(self.heard)


class Meter(pb.Root):
    """Lives at the server."""

    def remote_add(self, a: int, b: int) -> int:
        """Add."""
        return a + b

    def remote_bytes(self, data: bytes) -> bytes:
        """Give back the reverse."""
        return data[::-1]

    def remote_call_back(self, listener: Any, count: int) -> Deferred[Any]:
        """Call the client so many times."""
        for number in range(count):
            calling: Deferred[Any] = listener.callRemote("hear", number)
        return calling

    def remote_fail(self) -> None:
        """Raise."""
        raise MeterError("no such meter")


class PBTests(MixedReal):
    """Mixed into a case for each device and access mode."""

    async def test_calls(self) -> None:
        """Calls, bytes, calls back and exceptions go over the module as over any transport."""
        factory = TLSMemoryBIOFactory(
            options_for(self.ca, self.name), False, pb.PBServerFactory(Meter()), reactor
        )
        factory.noisy = False
        port = self.listen(factory)
        client = pb.PBClientFactory()
        client.noisy = False
        broker: Any = await self.endpoint(self.string(port, self.device_arguments())).connect(
            client
        )
        root = await client.getRootObject()
        self.assertEqual(await root.callRemote("add", 2, 3), 5)
        data = bytes(range(256)) * 400
        self.assertEqual(await root.callRemote("bytes", data), data[::-1])
        listener = Listener()
        self.assertEqual(await root.callRemote("call_back", listener, 50), 50)
        self.assertEqual(listener.heard, list(range(50)))
        calling: Any = root.callRemote("fail")
        await self.assertFailure(calling, MeterError)
        gone: Deferred[None] = Deferred()
        broker.notifyOnDisconnect(lambda: gone.callback(None))
        client.disconnect()
        await gone
        self.assertRaises(pb.DeadReferenceError, root.callRemote, "add", 2, 3)


class PtyPBTests(PBTests, RealCase):
    """Over a pty, in the default mode."""


class PtyTransparentPBTests(PBTests, RealCase):
    """Over a pty, in transparent mode."""

    mode = "transparent"


class EmulatorPBTests(PBTests, RealCase):
    """With C{device=emulator}."""

    device = "emulator"
