"""C{AT+QIOPEN} and C{AT+QISTATE}: what is refused, and what is shown."""

from __future__ import annotations

from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.verdicts import VerdictKind

from . import bench as tls
from .bench import calls
from .plainbench import HOST, PORT, PlainBench


class OpenTests(SynchronousTestCase):
    """C{AT+QIOPEN} and what it refuses."""

    def test_parameters(self) -> None:
        """What the note does not allow is ERROR, and AT+QIGETERROR says 552."""
        bench = PlainBench()
        for wrong in (
            "",
            "=1",
            '=0,0,"TCP","a",1',
            '=17,0,"TCP","a",1',
            '=1,12,"TCP","a",1',
            '=1,0,"SCTP","a",1',
            '=1,0,TCP,"a",1',
            '=1,0,"TCP","",1',
            '=1,0,"TCP","a",0',
            '=1,0,"TCP","a",65536',
            '=1,0,"UDP","a",0',
            '=1,0,"TCP","a",1,65536',
            '=1,0,"TCP","a",1,0,3',
            '=1,0,"TCP","a",1,0,0,1',
            '=1,0,"UDP","a",1,0,2',
            '=1,0,"TCP LISTENER","127.0.0.1",0',
            '=1,0,"TCP LISTENER","127.0.0.2",0,2020',
            '=1,0,"TCP LISTENER","127.0.0.1",0,2020,2',
            '=1,0,"UDP SERVICE","127.0.0.1",0,3030,2',
            '=1,0,"TCP INCOMING","127.0.0.1",0,2020',
            "?",
        ):
            self.assertEqual(bench.error(f"AT+QIOPEN{wrong}"), 552, wrong)
        self.assertEqual(bench.type(b"AT+QISTATE?\r"), b"\r\nOK\r\n")

    def test_transparent_errors(self) -> None:
        """In transparent mode each error is ERROR, with its code behind it."""
        bench = PlainBench(active=False)
        line = 'AT+QIOPEN=1,0,"TCP","{}",{},0,2'
        self.assertEqual(bench.error(line.format(HOST, PORT)), 561)
        bench.ok("AT+QIACT=1")
        self.assertEqual(bench.error(line.format("nobody.example", 1)), 565)
        self.assertEqual(bench.error(line.format(HOST, 1)), 566)
        bench.open_tcp()
        self.assertEqual(bench.error(line.format(HOST, PORT)), 563)
        self.assertEqual(bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID])

    def test_at_once(self) -> None:
        """With the quirk, an id in use is ERROR at once."""
        bench = PlainBench(quirks=["open_error_at_once"])
        bench.open_tcp()
        self.assertEqual(bench.error(f'AT+QIOPEN=1,0,"TCP","{HOST}",{PORT}'), 563)

    def test_time_out(self) -> None:
        """A server that never answers is 569 after 150 seconds."""
        bench = PlainBench()
        bench.network.silence(HOST, 80)
        bench.ok(f'AT+QIOPEN=1,0,"TCP","{HOST}",80')
        self.assertIn(b',80,0,1,1,0,0,"usbmodem"', bench.type(b"AT+QISTATE=1,0\r"))
        self.assertEqual(bench.type(b"", 149), b"")
        self.assertEqual(bench.type(b"", 2), b"\r\n+QIOPEN: 0,569\r\n")
        self.assertEqual(bench.type(b"AT+QISTATE?\r"), b"\r\nOK\r\n")

    def test_closed_while_opening(self) -> None:
        """AT+QICLOSE ends an open that takes too long, and no result comes."""
        bench = PlainBench()
        bench.network.silence(HOST, 80)
        bench.ok(f'AT+QIOPEN=1,0,"TCP","{HOST}",80', "AT+QICLOSE=0")
        self.assertEqual(bench.type(b"", 300), b"")
        self.assertEqual(calls(bench.clock), [])

    def test_one_range_of_ids(self) -> None:
        """Sockets with TLS and without share the ids; each state query lists its own."""
        bench = PlainBench()
        secure = TLSMemoryBIOFactory(tls.ServerTLS(), False, bench.server, bench.clock)
        bench.network.listen(tls.HOST, tls.PORT, secure)
        bench.open(4)
        bench.open_tcp(5)
        self.assertEqual(
            bench.type(f'AT+QIOPEN=1,4,"TCP","{HOST}",{PORT}\r'.encode()),
            b"\r\nOK\r\n\r\n+QIOPEN: 4,563\r\n",
        )
        self.assertEqual(bench.error(f'AT+QSSLOPEN=1,1,5,"{tls.HOST}",{tls.PORT}'), 563)
        self.assertEqual(bench.type(b"AT+QSSLSTATE\r").count(b"+QSSLSTATE: "), 1)
        self.assertEqual(bench.type(b"AT+QSSLSTATE=5\r"), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+QISTATE\r").count(b"+QISTATE: "), 1)
        self.assertEqual(bench.type(b"AT+QISTATE=1,4\r"), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+QISTATE=0,2\r"), b"\r\nOK\r\n")
        for line in (
            "AT+QISEND=4,1",
            "AT+QISEND=4,0",
            "AT+QIRD=4",
            "AT+QICLOSE=4",
            "AT+QSSLSEND=5,1",
            "AT+QSSLRECV=5,1",
            "AT+QSSLCLOSE=5",
        ):
            self.assertEqual(bench.error(line), 552, line)
        self.assertEqual(bench.send(5, b"plain"), b"\r\nSEND OK\r\n")
        bench.ok("AT+QICLOSE=5", "AT+QSSLCLOSE=4")

    def test_state_errors(self) -> None:
        """AT+QISTATE takes 0 with a PDP context, and 1 with an id."""
        bench = PlainBench()
        for wrong in ("=2,0", "=0,0", "=1,12", "=1", "=0,1,1"):
            self.assertEqual(bench.error(f"AT+QISTATE{wrong}"), 552, wrong)
