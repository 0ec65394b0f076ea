"""HTTPS of the emulated SIM5320 (chapter 2)."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import Peer, calls
from tests.tlsservers import self_signed
from twisted_quectel.emulator import VerdictKind

from .bench import HOST, PORT, Bench, trusting

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
EVENT = b"\r\n+CHTTPS: RECV EVENT\r\n"


def received(data: bytes, code: int = 0) -> bytes:
    """Give what a receive tells that fits in one piece."""
    told = b"\r\n+CHTTPSRECV: DATA,%d\r\n%b" % (len(data), data) if data else b""
    return told + b"\r\n+CHTTPSRECV: %d\r\n" % code


def pieces(shown: bytes) -> bytes:
    """Take the data out of what a receive tells; the rest has to be in order."""
    data = b""
    while match := re.match(rb"\r\n\+CHTTPSRECV: DATA,(\d+)\r\n", shown):
        length = int(match[1])
        data += shown[match.end() : match.end() + length]
        shown = shown[match.end() + length :]
    assert shown == b"\r\n+CHTTPSRECV: 0\r\n", shown
    return data


class HTTPSTests(SynchronousTestCase):
    """Connect, send, commit, receive, close."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.addCleanup(self._end)

    def _end(self) -> None:
        self.bench.close()
        self.assertEqual(calls(self.bench.clock), [])

    def test_commit(self) -> None:
        """What is sent waits until it is committed; the commit is reported when it has gone."""
        peer = self.bench.https()
        self.assertEqual(self.bench.body("AT+CHTTPSSEND=4", b"GET "), OK)
        self.assertEqual(self.bench.body("AT+CHTTPSSEND=1", b"/"), OK)
        self.assertEqual(peer.received, b"")
        self.assertEqual(self.bench.say("AT+CHTTPSSEND?"), b"\r\n+CHTTPSSEND: 5\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CHTTPSSEND"), OK + b"\r\n+CHTTPSSEND: 0\r\n")
        self.assertEqual(peer.received, b"GET /")
        self.assertEqual(self.bench.say("AT+CHTTPSSEND?"), b"\r\n+CHTTPSSEND: 0\r\n" + OK)

    def test_again(self) -> None:
        """A second request goes over the same connection."""
        peer = self.bench.https()
        for request in (b"one", b"two"):
            self.bench.body("AT+CHTTPSSEND=3", request)
            self.bench.say("AT+CHTTPSSEND")
            peer.write(request)
            self.bench.settle()
            self.assertEqual(self.bench.screen.take(), EVENT)
            self.assertEqual(self.bench.say("AT+CHTTPSRECV=1"), OK + received(request))
        self.assertEqual(peer.received, b"onetwo")

    def test_spelling(self) -> None:
        """Both spellings are taken and answered as they came; the typing error is not."""
        self.bench.https()
        self.assertEqual(self.bench.body("AT+CHTTPSEND=1", b"x"), OK)
        self.assertEqual(self.bench.say("AT+CHTTPSEND?"), b"\r\n+CHTTPSEND: 1\r\n" + OK)
        self.assertEqual(self.bench.say("AT+CHTTPSEND"), OK + b"\r\n+CHTTPSEND: 0\r\n")
        self.assertEqual(self.bench.say("AT+CHTTPSENDD=1"), ERROR)

    def test_event(self) -> None:
        """Data that nobody waits for is told once, until it has been received."""
        peer = self.bench.https()
        for data in (b"one", b"two"):
            peer.write(data)
            self.bench.settle()
        self.assertEqual(self.bench.screen.take(), EVENT)
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=1"), OK + received(b"onetwo"))
        peer.write(b"three")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), EVENT)

    def test_least(self) -> None:
        """A receive waits until there is as much as it asks for."""
        peer = self.bench.https()
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=6"), OK)
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=1"), ERROR)
        peer.write(b"12345")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"")
        peer.write(b"678")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), received(b"12345678"))

    def test_closed(self) -> None:
        """Behind the server's end the rest is told, however little; then 4."""
        peer = self.bench.https()
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=100"), OK)
        peer.write(b"rest")
        peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), received(b"rest"))
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=1"), OK + received(b"", 4))
        self.assertEqual(self.bench.say("AT+CHTTPSSEND=1"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_TO_CLOSED])
        self.assertEqual(self.bench.say("AT+CHTTPSCLSE"), OK)

    def test_closed_while_waiting(self) -> None:
        """A receive that waits is told of the server's end."""
        peer = self.bench.https()
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=1"), OK)
        peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), received(b"", 4))

    def test_nothing_comes(self) -> None:
        """A receive waits two minutes (2.7) and then says 5."""
        peer = self.bench.https()
        self.assertEqual(self.bench.say("AT+CHTTPSRECV=10", 119), OK)
        self.bench.settle(2)
        self.assertEqual(self.bench.screen.take(), received(b"", 5))
        peer.write(b"late")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), EVENT)

    def test_long(self) -> None:
        """A long response comes in pieces, as often as it is asked for, and the server waits."""
        peer = self.bench.https()
        data = bytes(range(256)) * 400
        peer.write(data)
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), EVENT)
        told = b""
        while len(told) < len(data):
            shown = self.bench.say("AT+CHTTPSRECV=1")
            self.assertTrue(shown.startswith(OK))
            self.assertLess(len(shown), 20000)
            told += pieces(shown[len(OK) :].replace(EVENT, b""))
        self.assertEqual(told, data)

    def test_more_than_fits(self) -> None:
        """A receive that asks for more than the buffer holds gets what it holds."""
        peer = self.bench.https()
        peer.write(bytes(20000))
        self.bench.settle()
        self.bench.screen.take()
        shown = self.bench.say("AT+CHTTPSRECV=65535")
        self.assertEqual(len(pieces(shown[len(OK) :].replace(EVENT, b""))), 16384)

    def test_twice(self) -> None:
        """There is one connection; after its close there can be another (2.1)."""
        first = self.bench.https()
        self.assertEqual(self.bench.say(f'AT+CHTTPSOPSE="{HOST}",{PORT}'), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID])
        self.assertEqual(self.bench.say("AT+CHTTPSCLSE"), OK)
        self.assertIsNotNone(first.lost)
        self.assertEqual(self.bench.say("AT+CHTTPSCLSE"), ERROR)
        self.bench.ok(f'AT+CHTTPSOPSE="{HOST}",{PORT}')
        self.assertEqual(len(self.bench.server.peers), 2)

    def test_stop(self) -> None:
        """C{AT+CHTTPSSTOP} closes what is open; without the stack nothing works."""
        peer = self.bench.https()
        self.assertEqual(self.bench.say("AT+CHTTPSSTOP"), OK)
        self.assertIsNotNone(peer.lost)
        for command in (
            f'AT+CHTTPSOPSE="{HOST}",{PORT}',
            "AT+CHTTPSSEND=1",
            "AT+CHTTPSSEND",
            "AT+CHTTPSSEND?",
            "AT+CHTTPSRECV=1",
            "AT+CHTTPSCLSE",
            "AT+CHTTPSSTOP",
        ):
            self.assertEqual(self.bench.say(command), ERROR, command)

    def test_unreachable(self) -> None:
        """Whoever cannot be reached is an C{ERROR}, and can be tried again."""
        self.bench.ok("AT+CHTTPSSTART")
        for parameters in (f'"{HOST}",1', '"nowhere.example",443', '"",443', f'"{HOST}",0', ""):
            self.assertEqual(self.bench.say(f"AT+CHTTPSOPSE={parameters}"), ERROR)
        self.bench.ok(f'AT+CHTTPSOPSE="{HOST}",{PORT}')

    def test_limits(self) -> None:
        """Lengths outside the ranges are refused and judged."""
        self.bench.https()
        for command in ("AT+CHTTPSSEND=0", "AT+CHTTPSSEND=1025"):
            self.assertEqual(self.bench.say(command), ERROR)
        for command in ("AT+CHTTPSRECV=0", "AT+CHTTPSRECV=65536"):
            self.assertEqual(self.bench.say(command), ERROR)
        self.assertEqual(
            self.bench.kinds(),
            [VerdictKind.SEND_BEYOND_LIMIT] * 2 + [VerdictKind.READ_BEYOND_LIMIT] * 2,
        )
        self.assertEqual(self.bench.say("AT+CHTTPSRECV"), ERROR)

    def test_forms(self) -> None:
        """Test forms show the ranges, or nothing."""
        for name, shown in (
            ("CHTTPSOPSE", "<host>,(1-65535)"),
            ("CHTTPSSEND", "(1-1024)"),
            ("CHTTPSRECV", "(1-65535)"),
        ):
            self.assertEqual(
                self.bench.say(f"AT+{name}=?"), f"\r\n+{name}: {shown}\r\n\r\nOK\r\n".encode()
            )
        for name in ("CHTTPSSTART", "CHTTPSSTOP", "CHTTPSCLSE"):
            self.assertEqual(self.bench.say(f"AT+{name}=?"), OK)

    def test_restart(self) -> None:
        """A restart in the middle of everything leaves nothing behind."""
        peer = self.bench.https()
        self.bench.body("AT+CHTTPSSEND=4", b"data")
        self.bench.say("AT+CHTTPSRECV=10")
        self.bench.module.restart()
        self.bench.settle(130)
        self.assertEqual(self.bench.screen.take(), b"\r\nSTART\r\n\r\nPB DONE\r\n\r\n+STIN: 25\r\n")
        self.assertIsNotNone(peer.lost)

    def test_lost_network(self) -> None:
        """Without the network what waits is told of it, and the stack is released."""
        self.bench.https()
        self.bench.say("AT+CHTTPSRECV=10")
        self.bench.module.lose_pdp()
        self.bench.settle()
        shown = self.bench.screen.take()
        self.assertIn(received(b"", 4), shown)
        self.assertIn(b"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY", shown)
        self.assertEqual(self.bench.say("AT+CHTTPSSTOP"), ERROR)
        self.bench.https()


class SelfSignedTests(SynchronousTestCase):
    """HTTPS has neither a CA nor an alert."""

    def test_accepted(self) -> None:
        """Whoever is there is taken for the server: that is what HTTPS on this module is worth."""
        bench = Bench(options=self_signed("other.example"))
        self.addCleanup(bench.close)
        bench.https()


class BackPressureTests(SynchronousTestCase):
    """A server that reads nothing."""

    def setUp(self) -> None:
        self.bench = Bench(settings=trusting(send_limit=4096), window=2048)
        self.addCleanup(self.bench.close)
        self.peer: Peer = self.bench.https()

    def fill(self) -> bytes:
        """Send until nothing more is taken; give what was."""
        taken = b""
        while self.bench.say("AT+CHTTPSSEND=1024") == b"\r\n>":
            piece = bytes([len(taken) % 251]) * 1024
            self.assertEqual(self.bench.type(piece), OK)
            taken += piece
        return taken

    def test_more_than_the_cache(self) -> None:
        """A request that is longer than the cache goes out before it is committed."""
        sent = b""
        for _ in range(20):
            piece = bytes([len(sent) % 251]) * 1024
            while self.bench.say("AT+CHTTPSSEND=1024") != b"\r\n>":
                self.bench.settle()
            self.bench.type(piece)
            sent += piece
        self.assertTrue(self.bench.say("AT+CHTTPSSEND").endswith(b"\r\n+CHTTPSSEND: 0\r\n"))
        self.assertEqual(self.peer.received, sent)

    def test_pushes_back(self) -> None:
        """The cache refuses what it has no room for, and says how much waits."""
        peer = self.peer
        peer.pause(True)
        taken = self.fill()
        self.assertGreater(len(taken), 4095)
        waits = self.bench.say("AT+CHTTPSSEND?")
        self.assertRegex(waits, rb"^\r\n\+CHTTPSSEND: [34]\d{3}\r\n")
        self.assertEqual(self.bench.say("AT+CHTTPSSEND"), OK)
        self.assertEqual(self.bench.say("AT+CHTTPSSEND=1"), ERROR)
        peer.pause(False)
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CHTTPSSEND: 0\r\n")
        self.assertEqual(self.peer.received, taken)

    def test_takes_nothing(self) -> None:
        """A commit that does not get through in two minutes (2.7) is reported with 5."""
        peer = self.peer
        peer.pause(True)
        self.fill()
        self.assertEqual(self.bench.say("AT+CHTTPSSEND", 119), OK)
        self.bench.settle(2)
        self.assertEqual(self.bench.screen.take(), b"\r\n+CHTTPSSEND: 5\r\n")

    def test_server_goes(self) -> None:
        """A commit is reported with 4 when the server goes."""
        peer = self.peer
        peer.pause(True)
        self.fill()
        self.assertEqual(self.bench.say("AT+CHTTPSSEND"), OK)
        peer.abort()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CHTTPSSEND: 4\r\n")
