"""TCP connections without TLS, in the three access modes."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.error import ConnectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.faults import (
    ErrorInsteadOfSendOk,
    IdLingers,
    MissingRecvUrc,
    OtherId,
    PdpDead,
    PromptRefused,
    ResultLost,
    SendFails,
    SmallPushes,
    SpuriousRecvUrc,
    Wedge,
)
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from . import bench as tls
from .bench import calls
from .plainbench import HOST, PORT, PlainBench, reading


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
        for wrong in ('"313"', '"xy"', '"31 32"', '""', "3132", f'"{"3" * 514}"', '"31",1'):
            self.assertEqual(bench.error(f"AT+QISENDEX=0,{wrong}"), 552, wrong)
        self.assertEqual(bench.error('AT+QISENDEX=1,"31"'), 552)
        self.assertEqual(bench.error("AT+QISENDEX?"), 552)
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_TO_CLOSED])

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


class EndTests(SynchronousTestCase):
    """How connections end."""

    def test_close(self) -> None:
        """AT+QICLOSE ends in order behind what was sent; with 0 it resets."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.send(0, b"last")
        bench.ok("AT+QICLOSE=0")
        self.assertEqual(peer.received, b"last")
        assert peer.lost is not None
        peer.lost.trap(ConnectionDone)
        peer = bench.open_tcp()
        bench.ok("AT+QICLOSE=0,0")
        assert peer.lost is not None
        self.assertIsNone(peer.lost.check(ConnectionDone))
        self.assertEqual(calls(bench.clock), [])

    def test_patience(self) -> None:
        """A peer that takes nothing more is cut off when the time-out is over."""
        bench = PlainBench()
        peer = bench.open_tcp()
        reading(peer).pauseProducing()
        while b"SEND OK" in bench.send(0, b"x" * 1460):
            pass
        self.assertEqual(bench.type(b"AT+QICLOSE=0,5\r", 4.9), b"")
        self.assertEqual(bench.type(b"", 0.2), b"\r\nOK\r\n")

    def test_errors(self) -> None:
        """Ids that are not open, and values out of range."""
        bench = PlainBench()
        for wrong in ("=0", "=12", "=0,65536", "=0,1,1", "?", ""):
            self.assertEqual(bench.error(f"AT+QICLOSE{wrong}"), 552, wrong)
        self.assertEqual(bench.kinds(), [VerdictKind.CLOSE_OF_UNOPENED_ID])
        bench = PlainBench(quirks=["close_unopened_ok"])
        bench.ok("AT+QICLOSE=0")

    def test_close_mode(self) -> None:
        """With close/mode 1 OK comes at once, and closed when the socket is."""
        bench = PlainBench()
        bench.ok('AT+QICFG="close/mode",1')
        bench.open_tcp()
        self.assertEqual(bench.type(b"AT+QICLOSE=0\r"), b'\r\nOK\r\n\r\n+QIURC: "closed",0\r\n')
        self.assertEqual(bench.type(b"AT+QISTATE\r"), b"\r\nOK\r\n")
        peer = bench.open_tcp()
        reading(peer).pauseProducing()
        while b"SEND OK" in bench.send(0, b"x" * 1460):
            pass
        bench.ok("AT+QICLOSE=0,5")
        self.assertIn(b',4,1,0,0,"usbmodem"', bench.type(b"AT+QISTATE\r"))
        bench.module.power_down()
        self.assertNotIn(b"closed", bench.type(b"", 10))

    def test_pdp_lost(self) -> None:
        """When the network takes the PDP context, each socket is told, and stays readable."""
        bench = PlainBench()
        peer = bench.open_tcp(0)
        bench.open_tcp(1, mode=1)
        bench.listen(2)
        bench.serve_datagrams(3)
        peer.write(b"rest")
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",0\r\n')
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(
            bench.screen.take(),
            b"".join(b'\r\n+QIURC: "closed",%d\r\n' % id for id in range(4))
            + b'\r\n+QIURC: "pdpdeact",1\r\n',
        )
        self.assertIn(b"+QIRD: 4\r\nrest\r\n", bench.type(b"AT+QIRD=0\r"))
        self.assertEqual(bench.type(b"AT+QISTATE\r").count(b",4,1,"), 4)
        bench.ok("AT+QIDEACT=1")
        self.assertEqual(bench.type(b"AT+QISTATE\r"), b"\r\nOK\r\n")

    def test_pdp_lost_while_opening(self) -> None:
        """An open under way ends in 570."""
        bench = PlainBench()
        bench.network.silence(HOST, 80)
        bench.ok(f'AT+QIOPEN=1,0,"TCP","{HOST}",80')
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QIOPEN: 0,570\r\n\r\n+QIURC: "pdpdeact",1\r\n')

    def test_deactivated(self) -> None:
        """AT+QIDEACT closes sockets without a URC."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.listen()
        bench.ok("AT+QIDEACT=1", "AT+QIACT=1")
        bench.settle()
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.type(b"AT+QISTATE\r"), b"\r\nOK\r\n")
        bench.listen()

    def test_restart(self) -> None:
        """After a restart sockets and options are gone."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.listen()
        bench.ok('AT+QICFG="viewmode",1', "AT+QISDE=0")
        bench.module.restart()
        bench.settle(10)
        self.assertIsNotNone(peer.lost)
        bench.type(b"ATE0\r")
        self.assertEqual(bench.type(b"AT+QISTATE\r"), b"\r\nOK\r\n")
        self.assertIn(b'"viewmode",0', bench.type(b'AT+QICFG="viewmode"\r'))
        self.assertIn(b": 1", bench.type(b"AT+QISDE?\r"))

    def test_hang_up(self) -> None:
        """DTR with AT&D2 closes the connection of data mode."""
        bench = PlainBench()
        peer = bench.open_tcp(mode=2)
        bench.wire.set_dtr(False)
        self.assertEqual(bench.type(b""), b"\r\nOK\r\n")
        self.assertIsNotNone(peer.lost)
        bench.open_tcp(mode=0)


class FaultTests(SynchronousTestCase):
    """Faults of the field reach sockets without TLS as those with it."""

    def test_sending(self) -> None:
        """SEND FAIL, ERROR in place of SEND OK, and prompts refused."""
        bench = PlainBench(faults=[SendFails(1, then_ok=True)])
        peer = bench.open_tcp()
        self.assertEqual(bench.send(0, b"a"), b"\r\nSEND FAIL\r\n")
        self.assertEqual(bench.type(b"", 0.2), b"\r\nSEND OK\r\n")
        bench = PlainBench(faults=[ErrorInsteadOfSendOk(1)])
        peer = bench.open_tcp()
        self.assertEqual(bench.send(0, b"b"), b"\r\nERROR\r\n")
        self.assertEqual(peer.received, b"b")
        bench = PlainBench(faults=[PromptRefused(1)])
        bench.open_tcp()
        self.assertEqual(bench.type(b"AT+QISEND=0,1\r"), b"\r\nERROR\r\n")
        self.assertEqual(bench.send(0, b"c"), b"\r\nSEND OK\r\n")

    def test_receiving(self) -> None:
        """Lost URCs, URCs for nothing, small pieces."""
        bench = PlainBench(faults=[MissingRecvUrc(1)])
        bench.open_tcp().write(b"data")
        self.assertEqual(bench.type(b""), b"")
        self.assertIn(b"+QIRD: 4\r\ndata", bench.type(b"AT+QIRD=0\r"))
        bench = PlainBench(faults=[SpuriousRecvUrc()])
        bench.open_tcp()
        self.assertEqual(bench.send(0, b"x"), b'\r\nSEND OK\r\n\r\n+QIURC: "recv",0\r\n')
        bench = PlainBench(faults=[SmallPushes(1)])
        bench.open_tcp(mode=1).write(b"ab")
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",0,1\r\na\r\n+QIURC: "recv",0,1\r\nb')

    def test_opening(self) -> None:
        """Results lost, other ids, ids that linger, wedged modules, dead networks."""
        line = f'AT+QIOPEN=1,0,"TCP","{HOST}",{PORT}\r'.encode()
        bench = PlainBench(faults=[ResultLost(1)])
        self.assertEqual(bench.type(line, 200), b"\r\nOK\r\n")
        bench.open_tcp()
        bench = PlainBench(faults=[OtherId(5, 1)])
        self.assertEqual(bench.type(line), b"\r\nOK\r\n\r\n+QIOPEN: 5,0\r\n")
        self.assertIn(b',2,1,5,0,"usbmodem"', bench.type(b"AT+QISTATE=1,5\r"))
        bench = PlainBench(faults=[IdLingers(2.0)])
        bench.open_tcp()
        bench.ok("AT+QICLOSE=0")
        self.assertEqual(bench.error(line.decode().strip()), 563)
        bench.settle(2.1)
        bench.open_tcp()
        bench = PlainBench(faults=[Wedge(1)])
        bench.open_tcp()
        self.assertEqual(bench.error(f'AT+QIOPEN=1,1,"TCP","{HOST}",{PORT}'), 552)
        self.assertEqual(bench.error("AT+QIRD=0"), 552)
        bench = PlainBench(faults=[PdpDead(after=1.0)])
        bench.open_tcp()
        bench.settle(1.1)
        self.assertEqual(bench.send(0, b"gone"), b"\r\nSEND OK\r\n")
        self.assertEqual(bench.type(b"AT+QISEND=0,0\r"), b"\r\n+QISEND: 4,0,4\r\n\r\nOK\r\n")

    def test_muted(self) -> None:
        """A module that hangs says nothing, and goes on where it was."""
        bench = PlainBench()
        peer = bench.open_tcp()
        bench.module.muted = True
        self.assertEqual(bench.type(b"AT\r"), b"")
        bench.module.muted = False
        self.assertEqual(bench.send(0, b"again"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"again")
