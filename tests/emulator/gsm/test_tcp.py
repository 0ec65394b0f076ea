"""Connections without SSL on GSM modules: SSL note, chapters 1.3 and 3.3."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT, calls
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import PLAIN, GSMBench

ERROR = b"\r\nERROR\r\n"
OK = b"\r\nOK\r\n"


class OpenTests(SynchronousTestCase):
    """C{AT+QIOPEN}."""

    def setUp(self) -> None:
        self.bench = GSMBench()
        self.bench.activate()

    def test_result(self) -> None:
        """It comes behind C{OK}, with the index."""
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN=1,"TCP","{PLAIN[0]}",{PLAIN[1]}'),
            b"\r\nOK\r\n\r\n1, CONNECT OK\r\n",
        )
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN=2,"TCP","{PLAIN[0]}","{PLAIN[1]}"'),
            b"\r\nOK\r\n\r\n2, CONNECT OK\r\n",
        )
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN=3,"TCP","{PLAIN[0]}",1'),
            b"\r\nOK\r\n\r\n3, CONNECT FAIL\r\n",
        )

    def test_one_index_space(self) -> None:
        """An index that a connection with SSL or without has is in use (1.3)."""
        self.bench.open(1)
        self.bench.open_tcp(2)
        for id in (1, 2):
            self.assertEqual(
                self.bench.type(f'AT+QIOPEN={id},"TCP","{PLAIN[0]}",{PLAIN[1]}'),
                b"\r\nOK\r\n\r\n%d, ALREADY CONNECT\r\n" % id,
            )
        self.assertEqual(self.bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID] * 2)
        for line in ("AT+QISEND=1,3", "AT+QICLOSE=1", "AT+QISACK=1", "AT+QIRD=0,1,1,10"):
            self.assertEqual(self.bench.type(line), ERROR)

    def test_single(self) -> None:
        """Without C{AT+QIMUX=1} there is one connection, and no index."""
        self.bench.ok("AT+QIMUX=0", "AT+QINDI=1")
        self.assertIn(b'+QIOPEN: ("TCP","UDP")', self.bench.type("AT+QIOPEN=?"))
        line = f'AT+QIOPEN="TCP","{PLAIN[0]}",{PLAIN[1]}'
        self.assertEqual(self.bench.type(line), b"\r\nOK\r\n\r\nCONNECT OK\r\n")
        self.assertEqual(self.bench.type(line), b"\r\nOK\r\n\r\nALREADY CONNECT\r\n")
        peer = self.bench.plain.peers[-1]
        self.assertEqual(self.bench.type("AT+QISEND=3"), b"\r\n> ")
        self.assertEqual(self.bench.send(b"abc"), b"\r\nSEND OK\r\n")
        self.assertEqual(self.bench.type("AT+QISEND"), b"\r\n> ")
        self.assertEqual(self.bench.send(b"def\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"abcdef")
        self.assertIn(b"+QISACK: 6,6,0\r\n", self.bench.type("AT+QISACK"))
        peer.write(b"data")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+QIRDI: 0,1,0\r\n")
        self.assertIn(b"TCP,4\r\ndata\r\n", self.bench.type("AT+QIRD=0,1,0,100"))
        for line in ("AT+QICLOSE=0", "AT+QISACK=0", "AT+QIMUX=1", "AT+QIMODE=1"):
            self.assertEqual(self.bench.type(line), ERROR, line)
        self.assertEqual(self.bench.type("AT+QICLOSE"), b"\r\nCLOSE OK\r\n")
        self.assertEqual(self.bench.type(line.replace("MODE", "CLOSE")[:10]), ERROR)
        self.bench.type(f'AT+QIOPEN="TCP","{PLAIN[0]}",{PLAIN[1]}')
        self.bench.plain.peers[-1].close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\nCLOSED\r\n")
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN="TCP","{PLAIN[0]}",1'), b"\r\nOK\r\n\r\nCONNECT FAIL\r\n"
        )

    def test_names(self) -> None:
        """A name in place of an address needs C{AT+QIDNSIP=1}."""
        self.bench.network.listen("plain.example", 80, self.bench.plain)
        line = 'AT+QIOPEN=1,"TCP","plain.example",80'
        self.assertEqual(self.bench.type(line), ERROR)
        self.bench.ok("AT+QIDNSIP=1")
        self.assertEqual(self.bench.type(line), b"\r\nOK\r\n\r\n1, CONNECT OK\r\n")
        self.assertEqual(
            self.bench.type('AT+QIOPEN=2,"TCP","nobody.example",80'),
            b"\r\nOK\r\n\r\n2, CONNECT FAIL\r\n",
        )

    def test_without_context(self) -> None:
        """It fails."""
        self.bench.type("AT+QIDEACT")
        self.assertEqual(
            self.bench.type(f'AT+QIOPEN=1,"TCP","{PLAIN[0]}",{PLAIN[1]}'),
            b"\r\nOK\r\n\r\n1, CONNECT FAIL\r\n",
        )
        self.assertEqual(self.bench.kinds(), [])

    def test_timeout(self) -> None:
        """It fails after 75 seconds."""
        self.bench.network.silence(PLAIN[0], 1)
        self.assertEqual(self.bench.type(f'AT+QIOPEN=1,"TCP","{PLAIN[0]}",1', 74.0), OK)
        self.assertEqual(self.bench.type("AT+QISACK=1"), ERROR)
        self.assertEqual(self.bench.send(b"", 2.0), b"\r\n1, CONNECT FAIL\r\n")

    def test_parameters(self) -> None:
        """What is out of range, missing or one too many is C{ERROR} at once."""
        for text in (
            '6,"TCP","192.0.2.7",80', '1,"SCTP","192.0.2.7",80', '1,TCP,"192.0.2.7",80',
            '1,"TCP",192.0.2.7,80', '1,"TCP","",80', '1,"TCP","192.0.2.7",0',
            '1,"TCP","192.0.2.7","0"', '1,"TCP","192.0.2.7","65536"', '1,"TCP","192.0.2.7","x"',
            '1,"TCP","192.0.2.7"', '1,"TCP","192.0.2.7",80,1', '"TCP","192.0.2.7",80', "",
        ):  # fmt: skip
            self.assertEqual(self.bench.type(f"AT+QIOPEN={text}"), ERROR, text)
        self.assertIn(b"+QIOPEN: (0-5),", self.bench.type("AT+QIOPEN=?"))
        self.assertEqual(self.bench.type("AT+QIOPEN?"), OK)
        self.assertEqual(self.bench.type("AT+QIOPEN"), ERROR)


class TrafficTests(SynchronousTestCase):
    """C{AT+QISEND}, C{AT+QISACK}, C{AT+QIRD}, C{AT+QINDI}, C{AT+QICLOSE}."""

    def setUp(self) -> None:
        self.bench = GSMBench()
        self.peer = self.bench.open_tcp(2)

    def come(self, data: bytes, peer: Any = None) -> bytes:
        """Have the peer send, and give what is told of it."""
        (peer or self.peer).write(data)
        self.bench.settle()
        return self.bench.screen.take()

    def test_send(self) -> None:
        """Counted or ended by Ctrl-Z; what was acknowledged is told."""
        self.bench.type("AT+QISEND=2,5")
        self.assertEqual(self.bench.send(b"\x1a\x1b\r\n."), b"\r\nSEND OK\r\n")
        self.bench.type("AT+QISEND=2")
        self.assertEqual(self.bench.send(b"rest\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(self.peer.received, b"\x1a\x1b\r\n.rest")
        self.assertEqual(self.bench.type("AT+QISACK=2"), b"\r\n+QISACK: 9,9,0\r\n\r\nOK\r\n")

    def test_send_refused(self) -> None:
        """Too long, not open, or malformed."""
        for text in ("2,0", "2,1461"):
            self.assertEqual(self.bench.type(f"AT+QISEND={text}"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT] * 2)
        for text in ("=3,1", "=6,1", "=2,1,1", ""):
            self.assertEqual(self.bench.type(f"AT+QISEND{text}"), ERROR)
        self.assertIn(b"+QISEND: (0-5)[,(1-1460)]", self.bench.type("AT+QISEND=?"))
        self.assertEqual(self.bench.type("AT+QISEND?"), OK)

    def test_told_once(self) -> None:
        """With C{AT+QINDI=1} data is told once until it is read."""
        self.assertEqual(self.come(b"one"), b"\r\n+QIRDI: 0,1,2\r\n")
        self.assertEqual(self.come(b"two"), b"")
        self.assertEqual(
            self.bench.type("AT+QIRD=0,1,2,1024"),
            b"\r\n+QIRD: 192.0.2.7:6021,TCP,6\r\nonetwo\r\n\r\nOK\r\n",
        )
        self.assertEqual(self.bench.type("AT+QIRD=0,1,2,1024"), OK)
        self.assertEqual(self.come(b"three"), b"\r\n+QIRDI: 0,1,2\r\n")

    def test_told_each_time(self) -> None:
        """With C{AT+QINDI=2} each arrival is told: how many, how long, how much in all."""
        self.bench.ok("AT+QINDI=2")
        self.assertEqual(self.come(b"one"), b"\r\n+QIRDI: 0,1,2,1,3,3\r\n")
        self.assertEqual(self.come(b"three"), b"\r\n+QIRDI: 0,1,2,2,5,8\r\n")
        self.bench.type("AT+QIRD=0,1,2,4")
        self.assertEqual(self.come(b"two"), b"\r\n+QIRDI: 0,1,2,3,3,7\r\n")
        self.bench.type("AT+QIRD=0,1,2,1500")
        self.assertEqual(self.come(b"1"), b"\r\n+QIRDI: 0,1,2,1,1,1\r\n")

    def test_pushed(self) -> None:
        """With C{AT+QINDI=0}, which is usual, data comes by itself."""
        self.assertIn(b"+QINDI: 0", GSMBench().type("AT+QINDI?"))
        self.bench.ok("AT+QINDI=0")
        self.assertEqual(self.come(b"data"), b"\r\n+RECEIVE: 2, 4\r\ndata")
        self.assertEqual(self.bench.type("AT+QIRD=0,1,2,100"), OK)
        peer = self.bench.open_tcp(3, indication=0)
        self.assertEqual(self.come(b"more", peer), b"\r\n+RECEIVE: 3, 4\r\nmore")
        self.bench.ok("AT+QINDI=1")
        self.assertEqual(self.come(b"more", peer), b"\r\n+QIRDI: 0,1,3\r\n")

    def test_switched(self) -> None:
        """What was buffered stays to be read when pushing begins."""
        self.come(b"before ")
        self.bench.ok("AT+QINDI=0")
        self.assertEqual(self.come(b"behind"), b"\r\n+RECEIVE: 2, 6\r\nbehind")
        self.assertIn(b"TCP,7\r\nbefore \r\n", self.bench.type("AT+QIRD=0,1,2,100"))

    def test_headers(self) -> None:
        """A single connection's data has what headers are asked for."""
        bench = GSMBench()
        bench.activate()
        bench.ok("AT+QIMUX=0")
        bench.type(f'AT+QIOPEN="TCP","{PLAIN[0]}",{PLAIN[1]}')
        for option, shown in (
            ("AT+QISHOWPT=1", b"data"),
            ("AT+QIHEAD=1", b"IPD4TCP:data"),
            ("AT+QISHOWPT=0", b"IPD4:data"),
            ("AT+QISHOWRA=1", b"RECV FROM:192.0.2.7:6021\r\nIPD4:data"),
            ("AT+QIHEAD=0", b"RECV FROM:192.0.2.7:6021\r\ndata"),
        ):
            bench.ok(option)
            bench.plain.peers[-1].write(b"data")
            bench.settle()
            self.assertEqual(bench.screen.take(), shown, option)

    def test_read_refused(self) -> None:
        """Another context, role or index, or more than 1500 bytes."""
        for text in (
            "1,1,2,10",
            "0,2,2,10",
            "0,1,3,10",
            "0,1,6,10",
            "0,1,2",
            "0,1,2,10,1",
            "2,1,2,10",
        ):  # fmt: skip
            self.assertEqual(self.bench.type(f"AT+QIRD={text}"), ERROR, text)
        self.assertEqual(self.bench.kinds(), [])
        for text in ("0,1,2,0", "0,1,2,1501"):
            self.assertEqual(self.bench.type(f"AT+QIRD={text}"), ERROR, text)
        self.assertEqual(self.bench.kinds(), [VerdictKind.READ_BEYOND_LIMIT] * 2)
        self.assertIn(b"+QIRD: (0,1),(1,2),(0-5),(1-1500)", self.bench.type("AT+QIRD=?"))
        self.assertEqual(self.bench.type("AT+QIRD?"), OK)

    def test_closed(self) -> None:
        """The peer's end is told by index; the tail stays to be read."""
        self.peer.write(b"tail")
        self.peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+QIRDI: 0,1,2\r\n\r\n2, CLOSED\r\n")
        self.assertIn(b"TCP,4\r\ntail\r\n", self.bench.type("AT+QIRD=0,1,2,100"))
        self.assertEqual(self.bench.type("AT+QIRD=0,1,2,100"), OK)
        self.assertEqual(list(self.bench.module.sockets), [])

    def test_closed_while_pushing(self) -> None:
        """Pushes that a line has no room for come ahead of the end."""
        self.bench.ok("AT+QINDI=0")
        self.bench.type("AT+QISEND=2,3")  # no push while a body is awaited
        self.peer.write(b"tail")
        self.peer.close()
        self.bench.settle()
        screen, wire = self.bench.plug("uart1")
        wire.write(b"ATE0;+QSSLSTATE\r")
        self.bench.settle()
        self.assertIn(b"2,TCP,192.0.2.7,6021,REMOTE CLOSING,0", screen.take())
        self.assertEqual(
            self.bench.send(b"abc"),
            b"\r\nERROR\r\n\r\n+RECEIVE: 2, 4\r\ntail\r\n2, CLOSED\r\n",
        )

    def test_close(self) -> None:
        """It ends in the index and C{CLOSE OK}."""
        self.assertEqual(self.bench.type("AT+QICLOSE=2"), b"\r\n2, CLOSE OK\r\n")
        self.assertIsNotNone(self.peer.lost)
        self.assertEqual(self.bench.type("AT+QICLOSE=2"), ERROR)
        self.assertEqual(self.bench.type("AT+QICLOSE"), ERROR)
        self.assertEqual(self.bench.type("AT+QICLOSE=6"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.CLOSE_OF_UNOPENED_ID])
        self.assertIn(b"+QICLOSE: (0-5)", self.bench.type("AT+QICLOSE=?"))
        self.assertEqual(self.bench.type("AT+QICLOSE?"), OK)
        self.bench.ok("AT+QIMUX=0")
        self.assertIn(b"+QICLOSE\r\n", self.bench.type("AT+QICLOSE=?"))

    def test_state(self) -> None:
        """C{AT+QISTATE} lists what has no SSL."""
        self.bench.open(1)
        self.assertEqual(
            self.bench.type("AT+QISTATE"),
            b"\r\nSTATE: IP PROCESSING\r\n+QISTATE: 2,TCP,192.0.2.7,6021,CONNECTED\r\n\r\nOK\r\n",
        )
        self.assertEqual(self.bench.type("AT+QISTAT"), b"\r\nSTATE: IP PROCESSING\r\n\r\nOK\r\n")
        for form in ("=?", "?"):
            self.assertEqual(self.bench.type(f"AT+QISTATE{form}"), OK)
        self.assertEqual(self.bench.type("AT+QISTATE=1"), ERROR)

    def test_acknowledgements(self) -> None:
        """The forms of C{AT+QISACK}."""
        self.assertIn(b"+QISACK: (0-5)", self.bench.type("AT+QISACK=?"))
        self.assertEqual(self.bench.type("AT+QISACK?"), OK)
        for form in ("", "=3", "=6", "=2,1"):
            self.assertEqual(self.bench.type(f"AT+QISACK{form}"), ERROR, form)
        self.bench.type("AT+QICLOSE=2")
        self.bench.ok("AT+QIMUX=0")
        self.assertIn(b"+QISACK\r\n", self.bench.type("AT+QISACK=?"))


class DatagramTests(SynchronousTestCase):
    """C{"UDP"}."""

    def test_both_ways(self) -> None:
        """A read gives one datagram, with C{UDP} in its header."""
        bench = GSMBench()
        bench.activate()
        bench.ok("AT+QINDI=1")
        came: list[tuple[bytes, tuple[str, int]]] = []
        server = bench.network.datagram(
            "192.0.2.9", 7, lambda data, source: came.append((data, source))
        )
        self.assertEqual(
            bench.type('AT+QIOPEN=0,"UDP","192.0.2.9",7'), b"\r\nOK\r\n\r\n0, CONNECT OK\r\n"
        )
        bench.type("AT+QISEND=0,4")
        self.assertEqual(bench.send(b"ping"), b"\r\nSEND OK\r\n")
        ((data, source),) = came
        self.assertEqual(data, b"ping")
        server.write(b"one", source)
        server.write(b"two", source)
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\n+QIRDI: 0,1,0\r\n")
        for data in (b"one", b"two"):
            self.assertEqual(
                bench.type("AT+QIRD=0,1,0,100"),
                b"\r\n+QIRD: 192.0.2.9:7,UDP,3\r\n%b\r\n\r\nOK\r\n" % data,
            )
        self.assertEqual(bench.type("AT+QICLOSE=0"), b"\r\n0, CLOSE OK\r\n")
        server.stop()
        bench.module.close()
        self.assertEqual(calls(bench.clock), [])


class OptionTests(SynchronousTestCase):
    """C{AT+QIMUX} to C{AT+QISRVC}."""

    def test_values(self) -> None:
        """Each is told, shown, set within its range, and refused beyond."""
        bench = GSMBench()
        for name, shown, usual, other, beyond in (
            ("+QIMUX", "(0,1)", 0, 1, 2),
            ("+QIMODE", "(0,1)", 0, 1, 2),
            ("+QIDNSIP", "(0,1)", 0, 1, 2),
            ("+QINDI", "(0-2)", 0, 2, 3),
            ("+QIHEAD", "(0,1)", 0, 1, 2),
            ("+QISHOWRA", "(0,1)", 0, 1, 2),
            ("+QISHOWPT", "(0,1)", 0, 1, 2),
            ("+QISHOWLA", "(0,1)", 0, 1, 2),
            ("+QISRVC", "(1)", 1, 1, 2),
        ):
            self.assertIn(f"\r\n{name}: {shown}\r\n".encode(), bench.type(f"AT{name}=?"))
            self.assertIn(f"\r\n{name}: {usual}\r\n".encode(), bench.type(f"AT{name}?"))
            bench.ok(f"AT{name}={other}")
            self.assertIn(f"\r\n{name}: {other}\r\n".encode(), bench.type(f"AT{name}?"))
            for text in (f"={beyond}", "", "=", f"={usual},1"):
                self.assertEqual(bench.type(f"AT{name}{text}"), ERROR)
            bench.ok(f"AT{name}={usual}")

    def test_together(self) -> None:
        """Several connections and data mode exclude each other, and neither changes under one."""
        bench = GSMBench()
        bench.ok("AT+QIMODE=1")
        self.assertEqual(bench.type("AT+QIMUX=1"), ERROR)
        bench.ok("AT+QIMODE=0")
        bench.open(1)
        self.assertEqual(bench.type("AT+QIMUX=0"), ERROR)
        bench.ok("AT+QIMUX=1")
        self.assertEqual(bench.type("AT+QIMODE=1"), ERROR)


class SideBySideTests(SynchronousTestCase):
    """Chapter 1.3."""

    def test_traffic(self) -> None:
        """With SSL and without, each gets what is its own."""
        bench = GSMBench()
        peers = {id: bench.open(id) for id in (0, 3, 5)}
        peers |= {id: bench.open_tcp(id) for id in (1, 2, 4)}
        for id, peer in peers.items():
            peer.write(b"for %d" % id)
        bench.settle()
        told = bench.screen.take()
        for id, peer in peers.items():
            secure = id in (0, 3, 5)
            self.assertIn(b'+QSSLURC: "recv",0,%d' % id if secure else b"+QIRDI: 0,1,%d" % id, told)
            command = f"AT+QSSLRECV=0,{id},100" if secure else f"AT+QIRD=0,1,{id},100"
            self.assertIn(b"TCP,5\r\nfor %d\r\n" % id, bench.type(command))
            bench.type(f"AT+{'QSSLSEND' if secure else 'QISEND'}={id},4")
            bench.send(b"to %d" % id)
            self.assertEqual(peer.received, b"to %d" % id)
        self.assertIn(b"-2", bench.type(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0'))
