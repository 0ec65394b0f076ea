"""Transparent mode of common SSL (chapter 4.7)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import Peer, calls
from tests.tlsservers import self_signed
from twisted_quectel.emulator import Link

from .bench import HOST, PORT, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
OPEN = f'AT+CSSLOPEN=0,"{HOST}",{PORT}'


class TransparentTests(SynchronousTestCase):
    """One port in data mode."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.addCleanup(self._end)

    def _end(self) -> None:
        self.bench.close()
        self.assertEqual(calls(self.bench.clock), [])

    def connect(self) -> Peer:
        """Go over to data mode."""
        self.bench.ok("AT+CSSLMODE=1", "AT+CSSLSTART")
        self.assertEqual(self.bench.say(OPEN), b"\r\nCONNECT 115200\r\n")
        return self.bench.server.peers[-1]

    def test_raw(self) -> None:
        """Bytes go through as they are, both ways, whatever they look like."""
        peer = self.connect()
        payload = bytes(range(256)) + b"\r\nOK\r\nAT\r+++ NO CARRIER\r\n\x1a"
        self.assertEqual(self.bench.type(payload), b"")
        self.assertEqual(peer.received, payload)
        peer.write(payload)
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), payload)

    def test_escape(self) -> None:
        """C{+++} leaves, C{ATO} comes back, and what came meanwhile is not lost."""
        peer = self.connect()
        self.bench.settle(1.5)
        self.assertEqual(self.bench.type(b"+++", 1.5), OK)
        peer.write(b"meanwhile")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CSSL: RECV EVENT,0\r\n")
        self.assertEqual(self.bench.say("AT"), OK)
        self.assertEqual(self.bench.say("ATO"), b"\r\nCONNECT 115200\r\nmeanwhile")
        self.bench.type(b"on")
        self.assertEqual(peer.received, b"on")

    def test_send_outside(self) -> None:
        """In command mode the session sends by commands too."""
        peer = self.connect()
        self.bench.settle(1.5)
        self.bench.type(b"+++", 1.5)
        self.assertEqual(self.bench.body("AT+CSSLSEND=0,4", b"data"), OK)
        self.assertEqual(peer.received, b"data")
        self.assertEqual(self.bench.say("AT+CSSLCLOSE=0"), OK)
        self.assertEqual(self.bench.say("ATO"), b"\r\nNO CARRIER\r\n")

    def test_dtr(self) -> None:
        """DTR leaves with C{AT&D1}, and hangs up with C{AT&D2}."""
        self.bench.ok("AT&D1")
        peer = self.connect()
        self.bench.wire.set_dtr(False)
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), OK)
        self.assertIsNone(peer.lost)
        self.bench.wire.set_dtr(True)
        self.bench.ok("AT&D2")
        self.assertEqual(self.bench.say("ATO"), b"\r\nCONNECT 115200\r\n")
        self.bench.wire.set_dtr(False)
        self.bench.settle(4)
        self.assertEqual(self.bench.screen.take(), OK)
        self.assertIsNotNone(peer.lost)

    def test_no_carrier(self) -> None:
        """The peer's end is C{NO CARRIER} behind all that it sent; the session stays."""
        peer = self.connect()
        peer.write(b"last")
        peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"last\r\nNO CARRIER\r\n")
        self.assertEqual(self.bench.say("ATO"), b"\r\nNO CARRIER\r\n")
        self.assertEqual(self.bench.say("AT+CSSLCLOSE=0"), OK)

    def test_refused(self) -> None:
        """An open that fails is C{ERROR}, and the port stays in command mode."""
        self.bench.ok("AT+CSSLMODE=1", "AT+CSSLSTART")
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=0,"{HOST}",1'), ERROR)
        self.assertEqual(self.bench.say("AT"), OK)

    def test_session_one(self) -> None:
        """Only session 0 can be transparent: 1 cannot be opened then."""
        self.bench.ok("AT+CSSLMODE=1", "AT+CSSLSTART")
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=1,"{HOST}",{PORT}'), ERROR)
        self.assertEqual(self.bench.server.peers, [])

    def test_mode(self) -> None:
        """The mode is set ahead of the start, and can be asked for."""
        self.assertEqual(self.bench.say("AT+CSSLMODE?"), b"\r\n+CSSLMODE: 0\r\n" + OK)
        self.bench.ok("AT+CSSLSTART")
        self.assertEqual(self.bench.say("AT+CSSLMODE=1"), ERROR)
        self.bench.ok("AT+CSSLSTOP", "AT+CSSLMODE=1")
        self.assertEqual(self.bench.say("AT+CSSLMODE?"), b"\r\n+CSSLMODE: 1\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CSSLMODE=2"), ERROR)
        self.assertEqual(self.bench.say("ATO"), b"\r\nNO CARRIER\r\n")
        self.assertEqual(self.bench.say("ATO5"), ERROR)

    def test_speed(self) -> None:
        """C{CONNECT} tells the speed of the line."""
        bench = Bench(link=Link(baudrate=9600))
        self.addCleanup(bench.close)
        for line in ("ATE0", "AT+CSSLMODE=1", "AT+CSSLSTART", OPEN):
            bench.screen.take()
            bench.wire.write(line.encode("ascii") + b"\r")
            for _ in range(1000):  # what is said takes time
                bench.clock.advance(0.001)
        self.assertEqual(bench.screen.take(), b"\r\nCONNECT 9600\r\n")

    def test_lost_network(self) -> None:
        """Without the network there is no carrier."""
        self.connect()
        self.bench.module.lose_pdp()
        self.bench.settle()
        shown = self.bench.screen.take()
        self.assertTrue(shown.startswith(b"\r\nNO CARRIER\r\n"), shown)


class AlertTests(SynchronousTestCase):
    """A server that signed its certificate itself."""

    def test_continued(self) -> None:
        """The open waits, and C{AT+CSSLCONT} ends in C{CONNECT}."""
        bench = Bench(options=self_signed(HOST))
        self.addCleanup(bench.close)
        bench.ok("AT+CSSLMODE=1", "AT+CSSLSTART")
        self.assertTrue(bench.say(OPEN).endswith(b"+CSSLOPEN: ALERTSTATE\r\n\r\nERROR\r\n"))
        self.assertEqual(bench.say("AT"), OK)
        self.assertEqual(bench.say("AT+CSSLCONT=0"), b"\r\nCONNECT 115200\r\n")
        bench.type(b"raw")
        self.assertEqual(bench.server.peers[-1].received, b"raw")
