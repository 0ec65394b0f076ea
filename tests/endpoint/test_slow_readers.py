"""Consumers that pause for long, on lines that bring much before a command is answered."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import VirtualCase
from tests.tlsservers import options_for
from twisted_quectel.emulator import Link
from twisted_quectel.modem.receiving import Receiving

#: What the other end sends at once, in bytes.
FLOOD = 2_000_000
#: More than is ever held on the host.
ENOUGH = 300_000
#: What is held on the host at most while no command keeps the module busy.
HELD_AT_MOST = 64 * 1024


class Flood(Peer):
    """Sends without being asked."""

    def connectionMade(self) -> None:
        self.transport.write(b"x" * FLOOD)


class Paused(Peer):
    """Reads nothing at first."""

    def connectionMade(self) -> None:
        self.transport.pauseProducing()


class Sink(Peer):
    """Takes everything."""


class Deaf(Peer):
    """Takes no more after its first bytes."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.pauseProducing()


class PushTests(VirtualCase):
    """The way from push mode to buffer mode under load (DESIGN, chapter 6)."""

    def flooded(self, link: Link) -> Any:
        """Give a module and an endpoint to a server that floods."""
        emulated = self.emulate(link=link)
        self.serve(Echo)
        options = options_for(self.ca, "flood.example")
        self.serve(Flood, host="flood.example", port=2, options=options)
        flood = self.endpoint(emulated, mode="push", host="flood.example", port=2)
        return emulated, flood

    def over(self, link: Link, paused: int = 1) -> None:
        """Pause for a minute: no connection is lost or held up, and little is held."""
        emulated, flood = self.flooded(link)
        other = self.connect(self.endpoint(emulated, mode="push"))
        slow = [self.connect(flood, Paused) for _ in range(paused)]
        self.watch([each.transport._socket for each in slow])
        for _ in range(60):
            self.settle(1.0, turns=3000)
        self.assertLessEqual(self.peak, HELD_AT_MOST)
        self.assertEqual(other.reasons, [])
        self.assertEqual([(each.reasons, each.count) for each in slow], [([], 0)] * paused)
        other.transport.write(b"hello")
        self.until(lambda: other.count == 5, 5.0)
        for each in slow:
            each.transport.resumeProducing()
        self.until(lambda: all(each.count >= ENOUGH for each in slow), 60.0)
        self.assertLessEqual(self.peak, HELD_AT_MOST)
        self.assertEqual([each.reasons for each in (*slow, other)], [[]] * (paused + 1))

    def watch(self, sockets: list[Any]) -> None:
        """Note the most bytes that are held for any of these connections."""
        self.peak = 0

        def look(held: Any, data: bytes) -> None:
            held(data)
            self.peak = max(self.peak, *(each._held_size for each in sockets))

        hold = Receiving._hold
        self.patch(Receiving, "_hold", lambda each, data: look(partial(hold, each), data))

    def test_late(self) -> None:
        """A line with latency and no rate: more comes than may ever be held."""
        self.over(Link(latency=0.1))

    def test_fast(self) -> None:
        """A fast line."""
        self.over(Link(baudrate=10_000_000, latency=0.05))

    def test_slow_and_late(self) -> None:
        """A slower line with more latency."""
        self.over(Link(baudrate=3_000_000, latency=0.3))

    def test_several(self) -> None:
        """Several at once."""
        self.over(Link(), 6)

    def test_several_late(self) -> None:
        """Several at once, on a line with latency."""
        self.over(Link(latency=0.02), 6)

    def test_all(self) -> None:
        """All connections but one."""
        self.over(Link(baudrate=921_600, latency=0.01), 11)

    def test_slow_command(self) -> None:
        """While a command takes its time more may be held, but not for ever."""
        emulated, flood = self.flooded(Link(baudrate=921_600))
        # it takes nothing, and does not answer the end of the connection either
        options = options_for(self.ca, "deaf.example")
        self.serve(Deaf, host="deaf.example", port=3, options=options)
        deaf = self.endpoint(emulated, mode="push", host="deaf.example", port=3)
        other = self.connect(deaf)
        third = self.connect(self.endpoint(emulated, mode="push"))
        slow = self.connect(flood, Paused)
        self.watch([slow.transport._socket])
        other.transport.write(b"x" * 15_000)
        self.settle(3.0)
        other.transport.loseConnection()
        self.settle(30.0)
        self.assertLess(self.peak, 256 * 1024)
        third.transport.write(b"hello")
        self.until(lambda: third.count == 5, 5.0)
        slow.transport.resumeProducing()
        self.until(lambda: slow.count >= ENOUGH, 60.0)

    def proxy(self, latency: float) -> None:
        """Send on one connection what comes on another one of the same modem."""
        emulated, flood = self.flooded(Link(latency=latency))
        options = options_for(self.ca, "sink.example")
        sinks = self.serve(Sink, host="sink.example", port=3, options=options)
        out = self.connect(self.endpoint(emulated, mode="push", host="sink.example", port=3))

        class Forward(Paused):
            def dataReceived(self, data: bytes) -> None:
                out.transport.write(data)

        come = self.connect(flood, Forward)
        self.watch([come.transport._socket])
        out.transport.registerProducer(come.transport, True)
        come.transport.resumeProducing()
        (sink,) = sinks.peers
        self.until(lambda: sink.count >= ENOUGH, 300.0)
        self.assertLessEqual(self.peak, HELD_AT_MOST)
        out.transport.unregisterProducer()

    def test_proxy(self) -> None:
        """A proxy within one modem comes to its end."""
        self.proxy(0.0)

    def test_proxy_early(self) -> None:
        """The same with a little latency."""
        self.proxy(0.001)

    def test_proxy_late(self) -> None:
        """The same with more."""
        self.proxy(0.05)
