"""Consumers that pause for long, on lines that bring much before a command is answered."""

from __future__ import annotations

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import VirtualCase
from tests.tlsservers import options_for
from twisted_quectel.emulator import Link

#: What the other end sends at once, in bytes.
FLOOD = 2_000_000
#: More than is ever held on the host.
ENOUGH = 300_000


class Flood(Peer):
    """Sends without being asked."""

    def connectionMade(self) -> None:
        self.transport.write(b"x" * FLOOD)


class Paused(Peer):
    """Reads nothing at first."""

    def connectionMade(self) -> None:
        self.transport.pauseProducing()


class PushTests(VirtualCase):
    """The way from push mode to buffer mode under load (DESIGN, chapter 6)."""

    def over(self, link: Link) -> None:
        """Pause for a minute: neither this connection nor another one is lost."""
        emulated = self.emulate(link=link)
        self.serve(Echo)
        options = options_for(self.ca, "flood.example")
        self.serve(Flood, host="flood.example", port=2, options=options)
        other = self.connect(self.endpoint(emulated, mode="push"))
        slow = self.connect(
            self.endpoint(emulated, mode="push", host="flood.example", port=2), Paused
        )
        for _ in range(60):
            self.settle(1.0, turns=3000)
        self.assertEqual((slow.reasons, other.reasons, slow.count), ([], [], 0))
        slow.transport.resumeProducing()
        other.transport.write(b"hello")
        for _ in range(60):
            self.settle(1.0, turns=3000)
            if slow.count >= ENOUGH and other.count == 5:
                break
        self.assertGreaterEqual(slow.count, ENOUGH)
        self.assertEqual(other.count, 5)
        self.assertEqual((slow.reasons, other.reasons), ([], []))

    def test_late(self) -> None:
        """A line with latency and no rate: more comes than may ever be held."""
        self.over(Link(latency=0.1))

    def test_fast(self) -> None:
        """A fast line."""
        self.over(Link(baudrate=10_000_000, latency=0.05))

    def test_slow_and_late(self) -> None:
        """A slower line with more latency."""
        self.over(Link(baudrate=3_000_000, latency=0.3))
