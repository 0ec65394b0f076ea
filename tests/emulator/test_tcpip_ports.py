"""Sockets without TLS on several ports, when their PDP context goes, and what is refused."""

from __future__ import annotations

from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from . import bench as tls
from .bench import Bench, calls
from .plainbench import HOST, PORT, PlainBench


class Other:
    """Another port of a bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.screen, self.wire = bench.plug("usbat")
        self.type(b"ATE0\r")

    def type(self, data: bytes, seconds: float = 0.1) -> bytes:
        """Type something; give what the module says on this port."""
        self.wire.write(data)
        self.bench.settle(seconds)
        return self.screen.take()


class DataModeTests(SynchronousTestCase):
    """A connection in data mode is served on one port alone (SSL note 1.3)."""

    def test_exclusive(self) -> None:
        """Another port gets 574, but for the counters."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=2)
        other = Other(bench)
        for command in (
            b"AT+QISWTMD=0,2",
            b"AT+QISWTMD=0,0",
            b"AT+QISWTMD=0,1",
            b"AT+QISEND=0,3",
            b"AT+QISEND=0",
            b'AT+QISENDEX=0,"3132"',
            b"AT+QIRD=0",
            b"AT+QIRD=0,10",
        ):
            self.assertEqual(other.type(command + b"\r"), b"\r\nERROR\r\n", command)
            self.assertIn(b"+QIGETERROR: 574,", other.type(b"AT+QIGETERROR\r"), command)
        bench.type(b"mine")
        bench.settle(1)
        self.assertEqual(peer.received, b"mine")
        self.assertEqual(other.type(b"AT+QISEND=0,0\r"), b"\r\n+QISEND: 4,4,0\r\n\r\nOK\r\n")
        self.assertEqual(other.type(b"AT+QIRD=0,0\r"), b"\r\n+QIRD: 0,0,0\r\n\r\nOK\r\n")
        self.assertEqual(bench.kinds(), [])

    def test_other_port(self) -> None:
        """It can go over to another port, and is resumed there and here in turn."""
        bench = PlainBench()
        bench.open_tcp(mode=2)
        bench.settle(2)
        bench.type(b"+++", 2)
        other = Other(bench)
        self.assertEqual(other.type(b"AT+QISWTMD=0,2\r"), b"\r\nCONNECT\r\n")
        self.assertEqual((bench.wire.dcd(), other.wire.dcd()), (False, True))
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nERROR\r\n")
        self.assertIn(b"+QIGETERROR: 574,", bench.type(b"AT+QIGETERROR\r"))
        bench.settle(2)
        self.assertEqual(other.type(b"+++", 2), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nCONNECT\r\n")
        self.assertEqual((bench.wire.dcd(), other.wire.dcd()), (True, False))

    def test_body_behind_data_mode(self) -> None:
        """A body that is complete when another port has the connection is not sent."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.type(b"AT+QISEND=0,3\r")
        self.assertEqual(Other(bench).type(b"AT+QISWTMD=0,2\r"), b"\r\nCONNECT\r\n")
        self.assertEqual(bench.type(b"abc"), b"\r\nERROR\r\n")
        self.assertEqual(peer.received, b"")

    def test_kept_comes_first(self) -> None:
        """What a switch to push mode has kept is the first that data mode brings."""
        bench = PlainBench()
        peer = bench.open_tcp()
        peer.write(b"one")
        bench.settle()
        bench.ok("AT+QISWTMD=0,1")
        bench.screen.take()
        bench.wire.write(b"AT+QISWTMD=0,2\r")
        peer.write(b"two")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nCONNECT\r\nonetwo")

    def test_all_ports(self) -> None:
        """With urcport "all" pushes and URCs go to every port in command mode."""
        bench = PlainBench()
        other = Other(bench)
        bench.ok('AT+QURCCFG="urcport","all"')
        peer = bench.open_tcp(mode=1)
        other.screen.take()
        peer.write(b"abc")
        bench.settle()
        told = b'\r\n+QIURC: "recv",0,3\r\nabc'
        self.assertEqual((bench.screen.take(), other.screen.take()), (told, told))


class DeactivationTests(SynchronousTestCase):
    """AT+QIDEACT closes its sockets (TCP/IP note)."""

    def test_data_mode(self) -> None:
        """A port in data mode is told NO CARRIER, and the id is free."""
        for command in (b"AT+QIDEACT=1\r", b"AT+CGACT=0,1\r"):
            bench = PlainBench()
            peer = bench.open_tcp(mode=2)
            other = Other(bench)
            self.assertEqual(other.type(command), b"\r\nOK\r\n")
            self.assertEqual(bench.screen.take(), b"\r\nNO CARRIER\r\n")
            self.assertFalse(bench.wire.dcd())
            self.assertIsNotNone(peer.lost)
            self.assertEqual(bench.type(b"ATO\r"), b"\r\nNO CARRIER\r\n")
            bench.ok("AT+QIACT=1")
            bench.open_tcp()

    def test_beside_tls(self) -> None:
        """An SSL connection stays in state 4; those without and their ids are gone."""
        for quirks, told in (
            ((), b'\r\nOK\r\n\r\n+QSSLURC: "closed",4\r\n'),
            (("qideact_frees_ids",), b"\r\nOK\r\n"),
        ):
            bench = PlainBench(quirks=quirks)
            secure = TLSMemoryBIOFactory(tls.ServerTLS(), False, bench.server, bench.clock)
            bench.network.listen(tls.HOST, tls.PORT, secure)
            bench.open(4)
            bench.open_tcp(0, mode=1)
            bench.listen(1)
            bench.serve_datagrams(2)
            self.assertEqual(bench.type(b"AT+QIDEACT=1\r"), told)
            self.assertEqual(bench.type(b"AT+QISTATE\r"), b"\r\nOK\r\n")
            self.assertEqual(b",4,1,4,0," in bench.type(b"AT+QSSLSTATE\r"), not quirks)

    def test_while_opening(self) -> None:
        """An open that goes on ends with 570, in transparent mode as its result."""
        bench = PlainBench()
        bench.network.silence(HOST, 80)
        bench.ok(f'AT+QIOPEN=1,0,"TCP","{HOST}",80')
        self.assertEqual(bench.type(b"AT+QIDEACT=1\r"), b"\r\nOK\r\n\r\n+QIOPEN: 0,570\r\n")
        bench.ok("AT+QIACT=1")
        self.assertEqual(bench.type(f'AT+QIOPEN=1,0,"TCP","{HOST}",80,0,2\r'.encode()), b"")
        other = Other(bench)
        self.assertEqual(other.type(b"AT+QIDEACT=1\r"), b"\r\nOK\r\n")
        self.assertEqual(bench.screen.take(), b"\r\nERROR\r\n")
        self.assertEqual(calls(bench.clock), [])

    def test_pushes(self) -> None:
        """When the network takes the context, what could not be pushed can be read."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=1)
        bench.wire.pauseProducing()
        peer.write(b"x" * 12000)
        bench.settle()
        bench.module.lose_pdp()
        bench.wire.resumeProducing()
        bench.settle()
        shown = bench.screen.take()
        self.assertIn(b'+QIURC: "closed",0', shown)
        count = shown.count(b"x")
        while b"x" in (answer := bench.type(b"AT+QIRD=0\r")):
            count += answer.count(b"x")
        self.assertEqual(count, 12000)

    def test_listener_ends(self) -> None:
        """A listener with a time-out closes in order, and one at once; both leave nothing."""
        for command in ("AT+QICLOSE=1", "AT+QICLOSE=1,0"):
            bench = PlainBench()
            bench.listen()
            bench.ok(command)
            bench.network.listen("10.7.157.1", 2020, Factory())
            self.assertEqual(bench.type(b"AT+QISTATE\r"), b"\r\nOK\r\n")


class RefusalTests(SynchronousTestCase):
    """Surplus and malformed parameters, and ids that are busy."""

    def test_surplus(self) -> None:
        """More parameters than a command has are 552."""
        bench = PlainBench()
        bench.open_tcp()
        for line in (
            f'AT+QIOPEN=1,3,"TCP","{HOST}",{PORT},0,0,1',
            "AT+QISEND=0,1,1",
            'AT+QISEND=0,1,"1.2.3.4",5,6',
            'AT+QISENDEX=0,"3132",1',
            "AT+QIRD=0,1,1",
            "AT+QICLOSE=0,1,1",
            "AT+QISTATE=0,1,1",
            "AT+QISWTMD=0,1,1",
            'AT+QICFG="viewmode",1,1',
            "AT+QISDE=1,1",
            'AT+QIDNSGIP=1,"a.example",1',
            'AT+QPING=1,"a.example",1,1,1',
            'AT+QNTP=1,"a.example",123,1,1',
        ):
            self.assertEqual(bench.error(line), 552, line)

    def test_malformed_strings(self) -> None:
        """A quoted parameter ends with its quote."""
        bench = PlainBench()
        bench.open_tcp()
        for field in ('"abc', '"abc"x', '"a"b"', 'x"a"', f'"{HOST}"junk', '"'):
            for line in (
                f'AT+QIOPEN=1,3,"TCP",{field},{PORT}',
                f'AT+QIOPEN=1,3,{field},"{HOST}",{PORT}',
                f"AT+QISENDEX=0,{field}",
                f"AT+QICFG={field}",
                f"AT+QIDNSGIP=1,{field}",
                f"AT+QPING=1,{field}",
                f"AT+QNTP=1,{field}",
            ):
                self.assertEqual(bench.error(line), 552, line)

    def test_while_opening(self) -> None:
        """An id that is being opened is busy, not closed."""
        bench = PlainBench()
        bench.network.silence(HOST, 80)
        bench.ok(f'AT+QIOPEN=1,0,"TCP","{HOST}",80')
        for line in (
            "AT+QISEND=0,3",
            "AT+QISEND=0,0",
            'AT+QISENDEX=0,"31"',
            "AT+QIRD=0",
            "AT+QIRD=0,0",
            "AT+QISWTMD=0,2",
        ):
            self.assertEqual(bench.error(line), 568, line)

    def test_success_clears(self) -> None:
        """Whatever succeeds behind an error has 0, in every form."""
        bench = PlainBench()
        bench.open_tcp()
        for line in (
            "AT+QIOPEN=?",
            "AT+QISEND=?",
            "AT+QISENDEX=?",
            "AT+QIRD=0",
            "AT+QIRD=0,0",
            "AT+QISEND=0,0",
            "AT+QICLOSE=?",
            "AT+QISTATE",
            "AT+QISWTMD=0,1",
            "AT+QICFG=?",
            'AT+QICFG="viewmode"',
            "AT+QISDE?",
            "AT+QPING=?",
            "AT+QNTP?",
        ):
            self.assertEqual(bench.error("AT+QICLOSE=9"), 552)
            bench.ok(line)
            self.assertIn(b"+QIGETERROR: 0,", bench.type(b"AT+QIGETERROR\r"), line)
