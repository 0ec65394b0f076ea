"""Plain TCP of the emulated SIM5320 (public drivers)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import Peer, calls
from twisted_quectel.emulator import VerdictKind

from .bench import HOST, PLAIN_PORT, Bench, trusting

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


class LinkTests(SynchronousTestCase):
    """C{NETOPEN}, C{CIPOPEN} and the rest."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.addCleanup(self._end)

    def _end(self) -> None:
        self.bench.close()
        self.assertEqual(calls(self.bench.clock), [])

    def net(self) -> None:
        """Acquire the stack."""
        self.assertEqual(self.bench.say("AT+NETOPEN"), OK + b"\r\n+NETOPEN: 0\r\n")

    def open(self, id: int = 0) -> Peer:
        """Open a link."""
        self.assertEqual(
            self.bench.say(f'AT+CIPOPEN={id},"TCP","{HOST}",{PLAIN_PORT}'),
            OK + b"\r\n+CIPOPEN: %d,0\r\n" % id,
        )
        return self.bench.plain.peers[-1]

    def test_net(self) -> None:
        """The stack is acquired and released, once."""
        self.assertEqual(self.bench.say("AT+NETOPEN?"), b"\r\n+NETOPEN: 0,0\r\n" + OK)
        self.net()
        self.assertEqual(self.bench.say("AT+NETOPEN?"), b"\r\n+NETOPEN: 1,0\r\n" + OK)
        self.assertEqual(
            self.bench.say("AT+NETOPEN"), b"\r\n+IP ERROR: Network is already opened\r\n" + ERROR
        )
        peer = self.open()
        self.assertEqual(self.bench.say("AT+NETCLOSE"), OK + b"\r\n+NETCLOSE: 0\r\n")
        self.assertIsNotNone(peer.lost)
        self.assertEqual(
            self.bench.say("AT+NETCLOSE"), b"\r\n+IP ERROR: Network is already closed\r\n" + ERROR
        )
        self.assertEqual(self.bench.say("AT+NETOPEN=1"), ERROR)
        self.assertEqual(self.bench.say("AT+NETCLOSE?"), ERROR)

    def test_push(self) -> None:
        """Data is pushed with its length; sends are reported."""
        self.net()
        peer = self.open(9)
        self.assertEqual(
            self.bench.body("AT+CIPSEND=9,4", b"ping"), OK + b"\r\n+CIPSEND: 9,4,4\r\n"
        )
        self.assertEqual(peer.received, b"ping")
        peer.write(b"pong")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+RECEIVE,9,4:\r\npong")

    def test_read(self) -> None:
        """With C{AT+CIPRXGET=1} data is told of and read on demand."""
        self.bench.ok("AT+CIPRXGET=1")
        self.assertEqual(self.bench.say("AT+CIPRXGET?"), b"\r\n+CIPRXGET: 1\r\n" + OK)
        self.net()
        peer = self.open()
        peer.write(b"0123456789")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CIPRXGET: 1,0\r\n")
        self.assertEqual(self.bench.say("AT+CIPRXGET=4,0"), b"\r\n+CIPRXGET: 4,0,10\r\n" + OK)
        self.assertEqual(
            self.bench.say("AT+CIPRXGET=2,0,4"), b"\r\n+CIPRXGET: 2,0,4,6\r\n0123\r\n" + OK
        )
        self.assertEqual(
            self.bench.say("AT+CIPRXGET=2,0"), b"\r\n+CIPRXGET: 2,0,6,0\r\n456789\r\n" + OK
        )
        self.assertEqual(self.bench.say("AT+CIPRXGET=2,0,4"), b"\r\n+IP ERROR: No data\r\n" + ERROR)
        self.assertEqual(self.bench.say("AT+CIPRXGET=2,0,1501"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.READ_BEYOND_LIMIT])
        for parameters in ("3,0", "5", "0,0", "2,1,4", "4,1", ""):
            self.assertEqual(self.bench.say(f"AT+CIPRXGET={parameters}"), ERROR)

    def test_closed_by_peer(self) -> None:
        """The peer's end is told; the link can be closed, or opened again."""
        self.net()
        self.open(1).close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+IPCLOSE: 1,1\r\n")
        self.assertEqual(self.bench.say("AT+CIPSEND=1,4"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_TO_CLOSED])
        self.open(1)
        self.assertEqual(self.bench.say("AT+CIPCLOSE=1"), OK + b"\r\n+CIPCLOSE: 1,0\r\n")

    def test_close(self) -> None:
        """A link is closed in order; what is not open is an C{ERROR} and judged."""
        self.net()
        peer = self.open(2)
        self.assertEqual(
            self.bench.say("AT+CIPCLOSE?"), b"\r\n+CIPCLOSE: 0,0,1,0,0,0,0,0,0,0\r\n" + OK
        )
        self.assertEqual(self.bench.say("AT+CIPCLOSE=2"), OK + b"\r\n+CIPCLOSE: 2,0\r\n")
        self.assertIsNotNone(peer.lost)
        self.assertEqual(self.bench.say("AT+CIPCLOSE=2"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.CLOSE_OF_UNOPENED_ID])

    def test_open_fails(self) -> None:
        """Results other than 0: refused, unknown name, in use, no stack."""
        command = 'AT+CIPOPEN={},"TCP","{}",{}'
        self.assertEqual(
            self.bench.say(command.format(0, HOST, PLAIN_PORT)),
            b"\r\n+CIPOPEN: 0,2\r\n" + ERROR,
        )
        self.net()
        self.assertEqual(self.bench.say(command.format(0, HOST, 1)), OK + b"\r\n+CIPOPEN: 0,1\r\n")
        self.assertEqual(
            self.bench.say(command.format(0, "nowhere.example", 1)),
            OK + b"\r\n+CIPOPEN: 0,11\r\n",
        )
        self.assertEqual(self.bench.say("AT+CIPCLOSE=0"), ERROR)
        self.assertEqual(self.bench.kinds(), [])
        self.open()
        self.assertEqual(
            self.bench.say(command.format(0, HOST, PLAIN_PORT)),
            b"\r\n+CIPOPEN: 0,4\r\n" + ERROR,
        )
        self.assertEqual(self.bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID])
        for parameters in (
            f'10,"TCP","{HOST}",7',
            f'1,"UDP","{HOST}",7',
            '1,"TCP","",7',
            f'1,"TCP","{HOST}",0',
            f'1,"TCP","{HOST}",7,65536',
            "1",
        ):
            self.assertEqual(self.bench.say(f"AT+CIPOPEN={parameters}"), ERROR, parameters)

    def test_listed(self) -> None:
        """C{AT+CIPOPEN?} lists all ten links."""
        self.net()
        self.open(3)
        shown = self.bench.say("AT+CIPOPEN?")
        self.assertEqual(shown.count(b"+CIPOPEN:"), 10)
        self.assertIn(b'\r\n+CIPOPEN: 3,"TCP","server.example",7,-1\r\n', shown)

    def test_send(self) -> None:
        """Lengths outside the range are judged."""
        self.net()
        self.open()
        for length in (0, 1501):
            self.assertEqual(self.bench.say(f"AT+CIPSEND=0,{length}"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT] * 2)
        self.assertEqual(self.bench.say("AT+CIPSEND=1,4"), ERROR)

    def test_names(self) -> None:
        """C{AT+CDNSGIP} resolves names."""
        self.assertRegex(
            self.bench.say(f'AT+CDNSGIP="{HOST}"'),
            rb'^\r\n\+CDNSGIP: 1,"server.example","[\d.]+"\r\n\r\nOK\r\n$',
        )
        self.assertEqual(
            self.bench.say('AT+CDNSGIP="nowhere.example"'), b"\r\n+CDNSGIP: 0,10\r\n" + ERROR
        )
        self.assertEqual(self.bench.say("AT+CDNSGIP"), ERROR)

    def test_forms(self) -> None:
        """Test forms show the ranges, or nothing."""
        for name, shown in (
            ("CIPOPEN", '(0-9),("TCP")'),
            ("CIPSEND", "(0-9),(1-1500)"),
            ("CIPCLOSE", "(0-9)"),
            ("CIPRXGET", "(0,1,2,4),(0-9),(1-1500)"),
        ):
            self.assertEqual(
                self.bench.say(f"AT+{name}=?"), f"\r\n+{name}: {shown}\r\n\r\nOK\r\n".encode()
            )
        for name in ("NETOPEN", "NETCLOSE", "CDNSGIP"):
            self.assertEqual(self.bench.say(f"AT+{name}=?"), OK)

    def test_lost_network(self) -> None:
        """The network's end is told once, behind the links' ends, and all can begin anew."""
        self.net()
        self.open()
        self.bench.module.lose_pdp()
        self.bench.settle()
        self.assertEqual(
            self.bench.screen.take(),
            b"\r\n+IPCLOSE: 0,1\r\n\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n",
        )
        self.bench.module.lose_pdp()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"")
        self.net()
        self.open()


class BackPressureTests(SynchronousTestCase):
    """A peer that reads nothing."""

    def test_full(self) -> None:
        """A full buffer refuses a send without a prompt."""
        bench = Bench(settings=trusting(send_limit=2048), window=1024)
        self.addCleanup(bench.close)
        bench.say("AT+NETOPEN")
        bench.say(f'AT+CIPOPEN=0,"TCP","{HOST}",{PLAIN_PORT}')
        peer = bench.plain.peers[-1]
        peer.pause(True)
        sent = 0
        while bench.say("AT+CIPSEND=0,1000") == b"\r\n>":
            bench.type(bytes(1000))
            sent += 1000
        self.assertGreater(sent, 1999)
        peer.pause(False)
        bench.settle()
        self.assertEqual(peer.received, bytes(sent))
        self.assertEqual(bench.say("AT+CIPSEND=0,1000"), b"\r\n>")
        bench.type(bytes(1000))
