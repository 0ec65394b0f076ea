"""Servers on the module: C{"TCP LISTENER"} and C{"TCP INCOMING"}."""

from __future__ import annotations

from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import Peer, calls
from .plainbench import OWN, PlainBench, reading


class ListenerTests(SynchronousTestCase):
    """Connections that come in."""

    def test_both_ways(self) -> None:
        """An incoming connection is one like any other."""
        bench = PlainBench()
        bench.listen()
        peer = bench.call_in()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "incoming",11,1,"100.64.0.2",49152\r\n')
        self.assertEqual(bench.send(11, b"hello"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"hello")
        bench.ok("AT+QISWTMD=11,1")
        peer.write(b"pushed")
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",11,6\r\npushed')
        self.assertEqual(bench.type(b"AT+QISWTMD=11,2\r"), b"\r\nCONNECT\r\n")
        peer.close()
        self.assertEqual(bench.type(b""), b"\r\nNO CARRIER\r\n")
        bench.ok("AT+QICLOSE=11")

    def test_data_at_once(self) -> None:
        """A peer that speaks at once is heard behind its URC."""
        bench = PlainBench()
        bench.listen()

        class Talker(Peer):
            def connectionMade(self) -> None:
                self.write(b"hello")

        bench.network.connect(OWN, 2020, Factory.forProtocol(Talker))
        self.assertEqual(
            bench.type(b""),
            b'\r\n+QIURC: "incoming",11,1,"100.64.0.2",49152\r\n\r\n+QIURC: "recv",11\r\n',
        )

    def test_mode(self) -> None:
        """It has the access mode of its listener; with the quirk it is buffered."""
        for quirks, shown in (
            ([], b'\r\n+QIURC: "recv",11,3\r\nabc'),
            (["incoming_buffered"], b'\r\n+QIURC: "recv",11\r\n'),
        ):
            bench = PlainBench(quirks=quirks)
            bench.listen(mode=1)
            peer = bench.call_in()
            bench.screen.take()
            peer.write(b"abc")
            self.assertEqual(bench.type(b""), shown)

    def test_full(self) -> None:
        """Without a free id a connection is refused, and told."""
        bench = PlainBench()
        bench.listen(0)
        peers = [bench.call_in() for _ in range(11)]
        ids = bench.screen.take().count(b'"incoming",')
        self.assertEqual(ids, 11)
        late = bench.call_in()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "incoming full"\r\n')
        self.assertIsNotNone(late.lost)
        bench.ok("AT+QICLOSE=5")
        self.assertIsNotNone(peers[6].lost)
        bench.call_in()
        self.assertIn(b'"incoming",5,0,', bench.screen.take())

    def test_close(self) -> None:
        """A listener that is closed refuses; what it has accepted goes on."""
        bench = PlainBench()
        bench.listen()
        peer = bench.call_in()
        bench.screen.take()
        bench.ok("AT+QICLOSE=1")
        refused = bench.network.connect(OWN, 2020, Factory.forProtocol(Peer))
        bench.settle()
        self.failureResultOf(refused, ConnectionRefusedError)
        self.assertEqual(bench.send(11, b"still"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"still")
        bench.ok("AT+QICLOSE=11")
        self.assertEqual(calls(bench.clock), [])

    def test_close_while_opening(self) -> None:
        """A listener can be closed ahead of its result."""
        bench = PlainBench()
        bench.wire.write(b'AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,2020;+QICLOSE=1\r')
        bench.settle()
        self.assertNotIn(b"+QIOPEN: 1,0", bench.screen.take())
        bench.listen()

    def test_port_in_use(self) -> None:
        """A port can have one listener: 556."""
        bench = PlainBench()
        bench.listen()
        self.assertEqual(
            bench.type(b'AT+QIOPEN=1,2,"TCP LISTENER","127.0.0.1",0,2020\r'),
            b"\r\nOK\r\n\r\n+QIOPEN: 2,556\r\n",
        )

    def test_no_data(self) -> None:
        """A listener neither sends nor receives."""
        bench = PlainBench()
        bench.listen()
        self.assertEqual(bench.error("AT+QISEND=1,4"), 567)
        self.assertEqual(bench.error("AT+QISEND=1,0"), 552)
        self.assertEqual(bench.error("AT+QIRD=1"), 552)
        self.assertEqual(bench.error("AT+QISWTMD=1,1"), 567)
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_TO_CLOSED])
        net = next(iter(bench.module.sockets)).net
        self.assertFalse(net.send(b"x"))
        self.assertEqual((net.send_space(), net.unacknowledged(), net.unread()), (0, 0, 0))
        self.assertEqual(net.read(1), b"")

    def test_back_pressure(self) -> None:
        """An incoming connection is bounded as others are, in both directions."""
        bench = PlainBench()
        bench.listen()
        peer = bench.call_in()
        bench.screen.take()
        reading(peer).pauseProducing()
        taken = b""
        while b"SEND OK" in bench.send(11, b"x" * 1000):
            taken += b"x" * 1000
        reading(peer).resumeProducing()
        for _ in range(10):
            bench.settle()
        self.assertEqual(peer.received, taken)
