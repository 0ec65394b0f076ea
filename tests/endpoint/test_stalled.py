"""Servers that do not read, and the connections beside them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import VirtualCase
from twisted_quectel.emulator import Link
from twisted_quectel.modem.retries import SPACING, Retries


class Deaf(Peer):
    """Takes no more after what came first."""

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.transport.pauseProducing()


class StalledTests(VirtualCase):
    """A refused send keeps the port for 300 ms."""

    def go_on(self, seconds: float) -> None:
        """Let every turn of some time pass when it is due."""
        end = self.clock.seconds() + seconds
        while (due := self.clock.next_time()) is not None and due <= end:
            self.clock.turn()

    def echo(self, near: Peer) -> float:
        """Give the seconds that an echo takes."""
        count, start = near.count + 5, self.clock.seconds()
        near.transport.write(b"hello")
        self.until(lambda: near.count == count, seconds=5.0)
        return self.clock.seconds() - start

    def test_neighbour(self) -> None:
        """Beside eleven connections that are refused the twelfth waits for one send at most."""
        self.serve(Deaf)
        self.serve(Echo, port=9999)
        for mode in ("push", "buffer"):
            emulated = self.emulate(link=Link(baudrate=921600, latency=0.01))
            near = self.connect(self.endpoint(emulated, port=9999, mode=mode))
            stalled = [self.connect(self.endpoint(emulated, mode=mode)) for _ in range(11)]
            for each in stalled:
                each.transport.write(bytes(1_000_000))
            self.go_on(30.0)
            for _ in range(9):
                self.assertLess(self.echo(near), 0.5)
                self.go_on(0.7)
            for each in (near, *stalled):
                each.transport.abortConnection()
            self.settle(30.0)


class RetriesTests(SynchronousTestCase):
    """The times that are handed out."""

    def test_spaced(self) -> None:
        """One alone goes by its own pauses; several never come closer than the spacing."""
        retries = Retries()
        self.assertEqual([retries.when(now, 2.0) for now in (0.0, 10.0)], [2.0, 2.0])
        times = [retries.when(20.0, 0.5) for _ in range(3)]
        for number, time in enumerate(times):
            self.assertAlmostEqual(time, 0.5 + number * SPACING)
