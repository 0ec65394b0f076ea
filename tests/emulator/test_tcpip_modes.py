"""TCP connections without TLS in direct push and transparent mode."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .plainbench import PlainBench, reading


class PushTests(SynchronousTestCase):
    """Direct push mode, and the switch of access modes."""

    def test_pieces(self) -> None:
        """A push has 1460 bytes at most; closed comes behind the last one."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=1)
        peer.write(b"x" * 3000)
        peer.close()
        bench.settle()
        self.assertEqual(
            bench.screen.take(),
            b'\r\n+QIURC: "recv",0,1460\r\n' + b"x" * 1460 +
            b'\r\n+QIURC: "recv",0,1460\r\n' + b"x" * 1460 +
            b'\r\n+QIURC: "recv",0,80\r\n' + b"x" * 80 +
            b'\r\n+QIURC: "closed",0\r\n',
        )  # fmt: skip

    def test_switch(self) -> None:
        """What was buffered stays to be read; what comes later is pushed; and back."""
        bench = PlainBench()
        peer = bench.open_tcp()
        peer.write(b"old")
        bench.settle()
        bench.screen.take()
        bench.ok("AT+QISWTMD=0,1")
        peer.write(b"new")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "recv",0,3\r\nnew')
        self.assertEqual(bench.type(b"AT+QIRD=0,0\r"), b"\r\n+QIRD: 6,3,3\r\n\r\nOK\r\n")
        self.assertIn(b"+QIRD: 2\r\nol\r\n", bench.type(b"AT+QIRD=0,2\r"))
        self.assertEqual(bench.type(b"AT+QISWTMD=0,0\r"), b'\r\nOK\r\n\r\n+QIURC: "recv",0\r\n')
        peer.write(b"er")
        bench.settle()
        self.assertIn(b"+QIRD: 3\r\nder\r\n", bench.type(b"AT+QIRD=0\r"))

    def test_closed_behind_pushes(self) -> None:
        """What cannot be pushed while a body is typed comes ahead of closed."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=1)
        bench.type(b"AT+QISEND=0,4\r")
        peer.write(b"tail")
        peer.close()
        bench.settle()
        screen, wire = bench.plug("usbat")
        wire.write(b"AT+QISWTMD=0,0\r")
        bench.settle()
        self.assertIn(b"ERROR", screen.take())
        self.assertEqual(
            bench.type(b"body"),
            b'\r\nERROR\r\n\r\n+QIURC: "recv",0,4\r\ntail\r\n+QIURC: "closed",0\r\n',
        )

    def test_flushes_and_lazy(self) -> None:
        """With the quirks a switch pushes what is buffered, at once or with the next arrival."""
        for quirk, at_once, then in (
            ("switch_flushes", b'\r\n+QIURC: "recv",0,3\r\nold', b"3\r\nnew"),
            ("switch_lazy", b"", b"6\r\noldnew"),
        ):
            bench = PlainBench(quirks=[quirk])
            peer = bench.open_tcp()
            peer.write(b"old")
            bench.type(b"")
            self.assertEqual(bench.type(b"AT+QISWTMD=0,1\r"), b"\r\nOK\r\n" + at_once)
            peer.write(b"new")
            self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",0,' + then)

    def test_not_verbose(self) -> None:
        """With ATV0 nothing stands in front of a push."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=1)
        bench.type(b"ATV0\r")
        peer.write(b"abc")
        self.assertEqual(bench.type(b""), b'+QIURC: "recv",0,3\r\nabc')


class TransparentTests(SynchronousTestCase):
    """Data mode."""

    def test_escape(self) -> None:
        """+++ and ATO lead out of data mode and back; what came meanwhile is there."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=2)
        bench.type(b"abc")
        bench.settle(1.1)
        self.assertEqual(bench.type(b"+++", 1.1), b"\r\nOK\r\n")
        self.assertEqual(peer.received, b"abc")
        peer.write(b"meanwhile")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "recv",0\r\n')
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nCONNECT\r\nmeanwhile")
        bench.settle(1.1)
        self.assertEqual(bench.type(b"+++", 1.1), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+QISWTMD=0,2\r"), b"\r\nCONNECT\r\n")
        peer.close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nNO CARRIER\r\n")
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nNO CARRIER\r\n")

    def test_packets(self) -> None:
        """Bytes go on when a packet is full, or transwaittm after the first of them."""
        bench = PlainBench()
        bench.ok('AT+QICFG="transpktsize",10', 'AT+QICFG="transwaittm",5')
        peer = bench.open_tcp(mode=2)
        bench.type(b"x" * 25)
        self.assertEqual(len(peer.received), 20)
        bench.type(b"y" * 4, 0.3)
        self.assertEqual(len(peer.received), 20)
        bench.settle(0.3)
        self.assertEqual(peer.received, b"x" * 25 + b"y" * 4)
        bench.type(b"z")
        bench.settle(1.1)
        self.assertEqual(peer.received[-1:], b"z")

    def test_packet_at_the_escape(self) -> None:
        """What waits to be a packet is sent when data mode is left."""
        bench = PlainBench()
        bench.ok('AT+QICFG="transwaittm",20', "AT&D1")
        peer = bench.open_tcp(mode=2)
        bench.type(b"abc")
        self.assertEqual(peer.received, b"")
        bench.wire.set_dtr(False)
        self.assertEqual(bench.type(b""), b"\r\nOK\r\n")
        self.assertEqual(peer.received, b"abc")

    def test_without_wait(self) -> None:
        """With transwaittm 0 bytes go on at once."""
        bench = PlainBench()
        bench.ok('AT+QICFG="transwaittm",0')
        peer = bench.open_tcp(mode=2)
        bench.type(b"abc")
        self.assertEqual(peer.received, b"abc")

    def test_both_ways_held(self) -> None:
        """A peer or a host that reads nothing holds the other up; nothing is lost."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=2)
        reading(peer).pauseProducing()
        payload = bytes(range(256)) * 1000
        bench.type(payload)
        self.assertLess(len(peer.received), len(payload))
        reading(peer).resumeProducing()
        for _ in range(40):
            bench.settle(0.2)
        self.assertEqual(peer.received, payload)
        bench.wire.pauseProducing()
        peer.write(payload)
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        bench.wire.resumeProducing()
        for _ in range(40):
            bench.settle()
        self.assertEqual(bench.screen.take(), payload)

    def test_closed_elsewhere(self) -> None:
        """AT+QICLOSE on another port ends data mode with NO CARRIER."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=2)
        reading(peer).pauseProducing()
        bench.type(b"x" * 120000)
        screen, wire = bench.plug("usbat")
        wire.write(b"AT+QICLOSE=0,2\r")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nNO CARRIER\r\n")
        bench.settle(2)
        self.assertIn(b"OK", screen.take())

    def test_pdp_lost(self) -> None:
        """The loss of the PDP context is NO CARRIER, behind all that had come."""
        bench = PlainBench()
        bench.open_tcp(mode=2).write(b"last")
        bench.settle()
        bench.module.lose_pdp()
        self.assertEqual(bench.type(b""), b'last\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n')
