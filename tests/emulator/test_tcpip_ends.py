"""How sockets without TLS end, and what faults of the field do to them."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.faults import (
    CommandFails,
    ErrorInsteadOfSendOk,
    IdLingers,
    MissingRecvUrc,
    OpenFails,
    OtherId,
    PdpDead,
    PromptRefused,
    ResultLost,
    SendFails,
    SmallPushes,
    SpuriousRecvUrc,
    Wedge,
)
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import calls
from .plainbench import HOST, PORT, PlainBench, reading


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
        bench = PlainBench(faults=[OpenFails(566, 1), CommandFails("+QIRD")])
        self.assertEqual(bench.type(line), b"\r\nOK\r\n\r\n+QIOPEN: 0,566\r\n")
        bench.open_tcp()
        self.assertEqual(bench.error("AT+QIRD=0"), 0)
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
