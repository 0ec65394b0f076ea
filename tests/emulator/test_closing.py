"""The time-out of C{AT+QSSLCLOSE}, in both units (LTE SSL note, 2.2.5), on a clock of its own."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.trial.unittest import SynchronousTestCase

from .bench import Bench, Peer


class CloseTimeoutTests(SynchronousTestCase):
    """A server that reads nothing: what is unsent is waited for."""

    def stuck(self, mode: int) -> tuple[Bench, Peer]:
        """Give a connection whose close has to wait."""
        bench = Bench()
        bench.ok(f'AT+QSSLCFG="closetimemode",1,{mode}')
        peer = bench.open()
        transport = peer.transport
        assert transport is not None
        IPushProducer(transport).pauseProducing()
        for _ in range(1000):
            bench.type(b"AT+QSSLSEND=4,1460\r")
            if b"SEND FAIL" in bench.type(b"x" * 1460):
                return bench, peer
        raise AssertionError("the send buffer never fills")

    def closes(self, mode: int, command: bytes, seconds: float) -> None:
        """The close is over after so much time, not before; then the id is free."""
        bench, _ = self.stuck(mode)
        self.assertEqual(bench.type(command + b"\r", seconds * 0.99), b"")
        self.assertIn(b',4,1,4,0,"usbmodem",1', self.other(bench, b"AT+QSSLSTATE=4\r"))
        self.assertEqual(bench.type(b"", seconds * 0.02), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+QSSLSTATE\r"), b"\r\nOK\r\n")

    def other(self, bench: Bench, command: bytes) -> bytes:
        """Ask on another port."""
        screen, wire = bench.plug("usbat")
        wire.write(command)
        bench.settle()
        return screen.take()

    def test_seconds(self) -> None:
        """With closetimemode 0 it is in seconds, 10 by default."""
        self.closes(0, b"AT+QSSLCLOSE=4,25", 25.0)
        self.closes(0, b"AT+QSSLCLOSE=4", 10.0)

    def test_milliseconds(self) -> None:
        """With closetimemode 1 it is in milliseconds, the default of 10 as well."""
        self.closes(1, b"AT+QSSLCLOSE=4,2500", 2.5)
        self.closes(1, b"AT+QSSLCLOSE=4", 0.010)

    def test_atOnce(self) -> None:
        """0 waits for nothing, in either unit."""
        for mode in (0, 1):
            bench, peer = self.stuck(mode)
            self.assertEqual(bench.type(b"AT+QSSLCLOSE=4,0\r"), b"\r\nOK\r\n")
            self.assertIsNotNone(peer.lost)

    def test_nothingToWaitFor(self) -> None:
        """Where all is sent a close is over at once, and leaves no timer."""
        for mode in (0, 1):
            bench = Bench()
            bench.ok(f'AT+QSSLCFG="closetimemode",1,{mode}')
            peer = bench.open()
            bench.ok("AT+QSSLCLOSE=4")
            self.assertIsNotNone(peer.lost)
            self.assertEqual(bench.clock.getDelayedCalls(), [])
