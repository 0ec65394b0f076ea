"""Transparent connections of GSM modules (at-facts B.1.5)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT
from twisted_quectel.emulator.faults import OtherId
from twisted_quectel.emulator.link import Link

from .bench import PLAIN, GSMBench

OK = b"\r\nOK\r\n"


class TransparentTests(SynchronousTestCase):
    """C{AT+QSSLOPEN} with C{<connectmode>} 1."""

    def test_both_ways(self) -> None:
        """From C{CONNECT} on the port is a pipe."""
        bench = GSMBench()
        peer = bench.open(1, mode=1)
        data = bytes(range(256)) + b"\r\nAT+QSSLCLOSE=1\r"
        self.assertEqual(bench.send(data), b"")
        self.assertEqual(peer.received, data)
        peer.write(data)
        bench.settle()
        self.assertEqual(bench.screen.take(), data)

    def test_escape_and_back(self) -> None:
        """C{+++} between silences leaves it, C{ATO} goes back; between them data is buffered."""
        bench = GSMBench()
        peer = bench.open(1, mode=1)
        bench.settle(1.1)
        self.assertEqual(bench.send(b"+++", 1.1), OK)
        peer.write(b"meanwhile")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",0,1\r\n')
        self.assertIn(b"TCP,4\r\nmean\r\n", bench.type("AT+QSSLRECV=0,1,4"))
        bench.type("AT+QSSLSEND=1,3")
        self.assertEqual(bench.send(b"abc"), b"\r\nSEND OK\r\n")
        self.assertEqual(bench.type("ATO"), b"\r\nCONNECT\r\nwhile")
        bench.send(b"def")
        self.assertEqual(peer.received, b"abcdef")
        bench.settle(1.1)
        self.assertEqual(bench.send(b"+++", 1.1), OK)
        self.assertEqual(bench.type("AT+QSSLCLOSE=1"), b"\r\nCLOSE OK\r\n")
        self.assertEqual(bench.type("ATO"), b"\r\nNO CARRIER\r\n")
        self.assertEqual(bench.type("ATO1"), b"\r\nERROR\r\n")
        self.assertEqual(bench.kinds(), [])

    def test_end(self) -> None:
        """The peer's end is C{NO CARRIER} behind the last bytes; the module has closed it."""
        bench = GSMBench()
        peer = bench.open(1, mode=1)
        peer.write(b"the tail")
        peer.close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"the tail\r\nNO CARRIER\r\n")
        self.assertEqual(list(bench.module.sockets), [])
        self.assertEqual(bench.type("AT+QSSLSTATE"), b"\r\n+QSSLSTATE: IP GPRSACT\r\n\r\nOK\r\n")
        bench.open(1, mode=1)

    def test_end_in_command_mode(self) -> None:
        """An end behind the escape is told as that of any other."""
        bench = GSMBench()
        peer = bench.open(1, mode=1)
        bench.settle(1.1)
        bench.send(b"+++", 1.1)
        peer.close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "closed",1\r\n')
        self.assertEqual(bench.type("ATO"), b"\r\nNO CARRIER\r\n")

    def test_failure(self) -> None:
        """An open that fails is C{ERROR}."""
        bench = GSMBench()
        bench.activate()
        self.assertEqual(bench.type(f'AT+QSSLOPEN=1,0,"{HOST}",1,1'), b"\r\nERROR\r\n")
        self.assertEqual(list(bench.module.sockets), [])

    def test_other_port(self) -> None:
        """On another port the connection can be closed, but not used."""
        bench = GSMBench()
        bench.open(1, mode=1)
        screen, wire = bench.plug("uart1")
        for line, answer in (
            (b"ATE0\r", OK),
            (b"AT+QSSLSEND=1,3\r", b"\r\nERROR\r\n"),
            (b"AT+QSSLRECV=0,1,3\r", b"\r\nERROR\r\n"),
            (b"AT+QSSLCLOSE=1\r", b"\r\nCLOSE OK\r\n"),
        ):
            wire.write(line)
            bench.settle()
            self.assertTrue(screen.take().endswith(answer), line)
        self.assertEqual(bench.screen.take(), b"\r\nNO CARRIER\r\n")
        self.assertEqual(bench.kinds(), [])

    def test_pushes_of_others(self) -> None:
        """A connection without SSL goes on pushing to the other ports."""
        bench = GSMBench()
        plain = bench.open_tcp(2, indication=0)
        screen, _ = bench.plug("uart1")
        bench.open(1, mode=1)
        screen.take()
        plain.write(b"data")
        bench.settle()
        self.assertEqual(screen.take(), b"\r\n+RECEIVE: 2, 4\r\ndata")
        self.assertEqual(bench.screen.take(), b"")

    def test_urcs_of_others(self) -> None:
        """What happens to others is told on the ports in command mode, and never late."""
        bench = GSMBench()
        other = bench.open(2)
        screen, _ = bench.plug("uart1")
        bench.open(1, mode=1)
        screen.take()
        other.close()
        bench.settle()
        self.assertEqual(screen.take(), b'\r\n+QSSLURC: "closed",2\r\n')
        bench.settle(1.1)
        self.assertEqual(bench.send(b"+++", 1.1), OK)

    def test_escape_ahead_of_the_end(self) -> None:
        """Bytes that a slow line has not taken by then are read by command, and the end is told."""
        bench = GSMBench(link=Link(baudrate=9600))
        peer = bench.open(1, mode=1)
        peer.write(b"x" * 12000)
        peer.close()
        bench.clock.pump([0.05] * 40)
        bench.wire.write(b"+++")
        bench.clock.pump([0.05] * 240)
        told = bench.screen.take()
        self.assertEqual(told.strip(b"x"), b'\r\nOK\r\n\r\n+QSSLURC: "closed",1\r\n')
        left = 12000 - told.count(b"x")
        self.assertGreater(left, 0)
        self.assertIn(b"TCP,%d\r\n" % min(left, 1500), bench.type("AT+QSSLRECV=0,1,1500", 3.0))

    def test_dtr(self) -> None:
        """With C{AT&D2}, which is usual, DTR hangs up."""
        bench = GSMBench()
        peer = bench.open(1, mode=1)
        bench.wire.set_dtr(False)
        bench.settle()
        self.assertEqual(bench.screen.take(), OK)
        self.assertIsNotNone(peer.lost)
        self.assertEqual(list(bench.module.sockets), [])

    def test_by_urc(self) -> None:
        """By a quirk the open is C{OK}, and data mode begins behind its result."""
        bench = GSMBench(quirks=["transparent_by_urc"])
        bench.activate()
        line = f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},1'
        self.assertEqual(bench.type(line), b"\r\nOK\r\n\r\n+QSSLOPEN: 1,0\r\n")
        bench.send(b"raw")
        self.assertEqual(bench.server.peers[-1].received, b"raw")
        bench.settle(1.1)
        self.assertEqual(bench.send(b"+++", 1.1), OK)
        self.assertEqual(bench.type(line), b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-2\r\n")
        self.assertEqual(
            bench.type(f'AT+QSSLOPEN=2,0,"{HOST}",1,1'), b"\r\nOK\r\n\r\n+QSSLOPEN: 2,-1\r\n"
        )

    def test_by_urc_while_busy(self) -> None:
        """The result waits for a command that is executing."""
        bench = GSMBench(quirks=["transparent_by_urc"])
        bench.activate()
        bench.open_tcp(2)
        bench.wire.write(f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},1\rAT+QISEND=2,3\r'.encode())
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nOK\r\n\r\n> ")
        self.assertEqual(bench.send(b"abc"), b"\r\nSEND OK\r\n\r\n+QSSLOPEN: 1,0\r\n")
        bench.send(b"raw")
        self.assertEqual(bench.server.peers[-1].received, b"raw")


class PlainTests(SynchronousTestCase):
    """C{AT+QIMODE=1}."""

    def setUp(self) -> None:
        self.bench = GSMBench()
        self.bench.activate()
        self.bench.ok("AT+QIMUX=0", "AT+QIMODE=1")

    def test_both_ways(self) -> None:
        """The one connection is a pipe, which C{+++} leaves."""
        line = f'AT+QIOPEN="TCP","{PLAIN[0]}",{PLAIN[1]}'
        self.assertEqual(self.bench.type(line), b"\r\nCONNECT\r\n")
        peer = self.bench.plain.peers[-1]
        self.bench.send(b"raw")
        self.assertEqual(peer.received, b"raw")
        self.bench.settle(1.1)
        self.assertEqual(self.bench.send(b"+++", 1.1), OK)
        peer.write(b"pushed")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"pushed")
        self.assertEqual(self.bench.type(line), b"\r\nALREADY CONNECT\r\n")
        self.assertEqual(self.bench.type("ATO"), b"\r\nCONNECT\r\n")
        peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\nNO CARRIER\r\n")

    def test_failure(self) -> None:
        """It ends in C{CONNECT FAIL}."""
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN="TCP","{PLAIN[0]}",1'), b"\r\nCONNECT FAIL\r\n"
        )
        self.bench.type("AT+QIDEACT")
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN="TCP","{PLAIN[0]}",{PLAIN[1]}'), b"\r\nCONNECT FAIL\r\n"
        )

    def test_other_id(self) -> None:
        """A fault that gives another index does not disturb data mode."""
        bench = GSMBench(faults=[OtherId(distance=2)])
        peer = bench.open(1, mode=1)
        bench.send(b"raw")
        self.assertEqual(peer.received, b"raw")
