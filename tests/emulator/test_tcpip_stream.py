"""TCP connections without TLS: sends and reads."""

from __future__ import annotations

from typing import Any, cast

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import calls
from .plainbench import HOST, PORT, PlainBench, reading


class TransferTests(SynchronousTestCase):
    """C{AT+QISEND}, C{AT+QISENDEX} and C{AT+QIRD}."""

    def test_exact(self) -> None:
        """Every byte crosses both ways; Ctrl-Z and ESC are payload when counted."""
        bench = PlainBench()
        peer = bench.open_tcp()
        payload = b"\r\nOK\r\n\x1a\x1b+++NO CARRIER" + bytes(range(256))
        self.assertEqual(bench.send(0, payload), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, payload)
        peer.write(payload)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",0\r\n')
        self.assertEqual(
            bench.type(b"AT+QIRD=0\r"),
            b"\r\n+QIRD: %d\r\n%b\r\n\r\nOK\r\n" % (len(payload), payload),
        )

    def test_escape(self) -> None:
        """ESC cancels a send without a length: OK, and nothing is sent."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.type(b"AT+QISEND=0\r")
        self.assertEqual(bench.type(b"never\x1b"), b"\r\nOK\r\n")
        self.assertIn(b": 571,", bench.type(b"AT+QIGETERROR\r"))
        self.assertEqual(peer.received, b"")

    def test_limits(self) -> None:
        """Sends beyond 1460 and reads beyond 1500 are ERROR, and a verdict each."""
        bench = PlainBench()
        bench.open_tcp()
        for wrong in (
            "AT+QISEND=0,1461",
            "AT+QIRD=0,1501",
            "AT+QISEND=12,1",
            "AT+QISEND=0,1,2",
            'AT+QISEND=0,1,"10.7.89.10",6969',
            "AT+QIRD=12",
            "AT+QIRD=0,1,1",
            "AT+QIRD=3",
            "AT+QIRD?",
            "AT+QISEND?",
        ):
            self.assertEqual(bench.error(wrong), 552, wrong)
        self.assertEqual(
            bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT, VerdictKind.READ_BEYOND_LIMIT]
        )

    def test_hex(self) -> None:
        """AT+QISENDEX sends what pairs of digits stand for, and refuses everything else."""
        bench = PlainBench()
        peer = bench.open_tcp()
        self.assertEqual(bench.type(b'AT+QISENDEX=0,"3132fF00"\r'), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"12\xff\x00")
        self.assertEqual(bench.type(b'AT+QISENDEX=0,"%b"\r' % (b"33" * 256)), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"12\xff\x00" + b"3" * 256)
        for wrong in ('"313"', '"xy"', '"31 32"', '""', "3132", f'"{"3" * 514}"', '"31",1'):
            self.assertEqual(bench.error(f"AT+QISENDEX=0,{wrong}"), 552, wrong)
        self.assertEqual(bench.error('AT+QISENDEX=1,"31"'), 552)
        self.assertEqual(bench.error("AT+QISENDEX?"), 552)
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_TO_CLOSED])

    def test_bodies(self) -> None:
        """A body that is empty or longer than 1460 bytes is ERROR, and nothing is sent."""
        bench = PlainBench(link=Link(latency=0.01), active=False)
        for line in (b"", b"AT+QIACT=1\r"):
            bench.type(line, 0.1)
        bench.type(f'AT+QIOPEN=1,0,"TCP","{HOST}",{PORT}\r'.encode(), 0.1)
        (peer,) = bench.tcp.peers
        for body in (b"", b"x" * 1461):
            bench.type(b"AT+QISEND=0\r", 0.1)
            self.assertEqual(bench.type(body + b"\x1a", 0.1), b"\r\nERROR\r\n")
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT])
        bench.type(b"AT+QISEND=0\r", 0.1)
        self.assertEqual(bench.type(b"ok\x1a", 0.1), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"ok")

    def test_prompt_times_out(self) -> None:
        """A body that does not come ends in ERROR after five seconds without a byte."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.type(b"AT+QISEND=0,4\r")
        self.assertEqual(bench.type(b"ab", 4.9), b"")
        self.assertEqual(bench.type(b"c", 4.9), b"")
        self.assertEqual(bench.type(b"", 0.2), b"\r\nERROR\r\n")
        self.assertIn(b": 569,", bench.type(b"AT+QIGETERROR\r"))
        bench.ok('AT+QICFG="qisend/timeout",0')
        bench.type(b"AT+QISEND=0,4\r")
        self.assertEqual(bench.type(b"", 100), b"")
        self.assertEqual(bench.type(b"late"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"late")

    def test_restart_in_prompt(self) -> None:
        """A restart while a body is awaited leaves no timer."""
        bench = PlainBench()
        bench.open_tcp()
        bench.type(b"AT+QISEND=0,4\r")
        bench.module.kill()
        bench.settle()
        self.assertEqual(calls(bench.clock), [])

    def test_closed_in_prompt(self) -> None:
        """A connection that ends while its body is typed is ERROR, and 567."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.type(b"AT+QISEND=0,4\r")
        peer.close()
        bench.settle()
        self.assertEqual(bench.type(b"body"), b'\r\nERROR\r\n\r\n+QIURC: "closed",0\r\n')
        self.assertIn(b": 567,", bench.type(b"AT+QIGETERROR\r"))
        self.assertEqual(bench.error("AT+QISEND=0,4"), 567)

    def test_send_fail(self) -> None:
        """A full send buffer is SEND FAIL, unacknowledged bytes are told, none is lost."""
        bench = PlainBench()
        peer = bench.open_tcp()
        reading(peer).pauseProducing()
        taken = 0
        while b"SEND OK" in bench.send(0, b"x" * 1460):
            taken += 1460
        answer = bench.type(b"AT+QISEND=0,0\r")
        total, acked, unacked = map(int, answer.split(b"\r\n")[1][9:].split(b","))
        self.assertEqual((total, acked, unacked), (taken, 0, taken))
        self.assertLess(taken, 16384 * 2 + 65536 + 1460)
        self.assertIn(b": 0,", bench.type(b"AT+QIGETERROR\r"))
        reading(peer).resumeProducing()
        for _ in range(10):
            bench.settle()
        self.assertEqual(len(peer.received), taken)
        self.assertEqual(
            bench.type(b"AT+QISEND=0,0\r"),
            b"\r\n+QISEND: %d,%d,0\r\n\r\nOK\r\n" % (taken, taken),
        )

    def test_acknowledged_at_the_end(self) -> None:
        """What was acknowledged stays so after a reset; the rest never is."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.send(0, b"first")
        bench.ok("AT+QISEND=0,0")
        reading(peer).pauseProducing()
        bench.send(0, b"second")
        cast(Any, peer.transport).abortConnection()
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "closed",0\r\n')
        self.assertEqual(bench.type(b"AT+QISEND=0,0\r"), b"\r\n+QISEND: 11,5,6\r\n\r\nOK\r\n")

    def test_bounded(self) -> None:
        """A server that sends much is held up by what is not read, and all of it comes."""
        bench = PlainBench(settings=ModuleSettings(receive_limit=4096))
        peer = bench.open_tcp()
        sent = bytes(range(256)) * 2000
        peer.write(sent)
        bench.settle()
        self.assertEqual(
            bench.type(b"AT+QIRD=0,0\r"),
            b'\r\n+QIURC: "recv",0\r\n\r\n+QIRD: 4096,0,4096\r\n\r\nOK\r\n',
        )
        received = b""
        for _ in range(1000):
            answer = bench.type(b"AT+QIRD=0,1500\r").replace(b'\r\n+QIURC: "recv",0\r\n', b"")
            header, _, rest = answer[2:].partition(b"\r\n")
            count = int(header.rpartition(b" ")[2])
            if not count:
                break
            received += rest[:count]
        self.assertEqual(received, sent)

    def test_surplus_ahead_of_closed(self) -> None:
        """closed comes once all that the server sent is in the buffer."""
        bench = PlainBench(settings=ModuleSettings(receive_limit=1000))
        peer = bench.open_tcp()
        peer.write(b"x" * 2500)
        peer.close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "recv",0\r\n')
        self.assertNotIn(b"closed", bench.type(b"AT+QIRD=0,1000\r"))
        shown = bench.type(b"AT+QIRD=0,1000\r")
        self.assertTrue(
            shown.endswith(b'\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n'), shown
        )
        self.assertIn(b"+QIRD: 500\r\n", bench.type(b"AT+QIRD=0,1000\r"))
