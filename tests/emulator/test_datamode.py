"""Data mode in its corners: back-pressure, restarts, wrong escapes, and what hosts do around it."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator import faults
from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import HOST, PORT, Bench, Peer, calls


def pauses(peer: Peer, on: bool) -> None:
    """Have a server take nothing, or go on."""
    transport = IPushProducer(peer.transport)
    if on:
        transport.pauseProducing()
    else:
        transport.resumeProducing()


class PressureTests(SynchronousTestCase):
    """A server that takes nothing."""

    def stuck(self, payload: bytes) -> tuple[Bench, Peer]:
        """Write a payload that the server does not take."""
        bench = Bench()
        peer = bench.open(mode=2)
        pauses(peer, True)
        bench.wire.write(payload)
        for _ in range(10):
            bench.settle()
        return bench, peer

    def test_exact(self) -> None:
        """The host is held up by CTS, and every byte comes in order."""
        payload = bytes(range(256)) * 2000
        bench, peer = self.stuck(payload)
        self.assertFalse(bench.wire.cts())
        pauses(peer, False)
        for _ in range(40):
            bench.settle()
        self.assertTrue(bench.wire.cts())
        self.assertEqual(peer.received, payload)

    def test_nextHost(self) -> None:
        """A host that comes while bytes wait is held up too."""
        bench, peer = self.stuck(b"x" * 300000)
        bench.wire.unplug()
        bench.screen, bench.wire = bench.plug()
        self.assertFalse(bench.wire.cts())
        pauses(peer, False)
        for _ in range(20):
            bench.settle()
        self.assertTrue(bench.wire.cts())

    def test_closedWithRest(self) -> None:
        """A close in order sends first what data mode has left; one at once drops it."""
        for command, complete in ((b"AT+QSSLCLOSE=4\r", True), (b"AT+QSSLCLOSE=4,0\r", False)):
            bench = Bench()
            peer = bench.open(mode=2)
            pauses(peer, True)
            payload = b"x" * 120000
            bench.wire.write(payload)
            for _ in range(10):
                bench.settle()
            _, other = bench.plug("usbat")
            other.write(command)
            bench.settle()
            pauses(peer, False)
            for _ in range(20):
                bench.settle()
            self.assertIn(b"\r\nNO CARRIER\r\n", bench.screen.take())
            self.assertIsNotNone(peer.lost)
            self.assertLessEqual(len(peer.received), len(payload))
            self.assertEqual(set(peer.received) or {ord("x")}, {ord("x")})
            if complete:
                self.assertGreater(len(peer.received), 80000)
            self.assertEqual(calls(bench.clock), [])

    def test_closeTimesOut(self) -> None:
        """A close that cannot send the rest is cut off after its time-out."""
        bench, _ = self.stuck(b"x" * 120000)
        screen, other = bench.plug("usbat")
        other.write(b"ATE0\rAT+QSSLCLOSE=4,7\r")
        bench.settle(6.9)
        self.assertEqual(screen.take().count(b"OK"), 1)
        bench.settle(0.2)
        self.assertEqual(screen.take(), b"\r\nOK\r\n")

    def test_serverGoes(self) -> None:
        """A server that goes takes what waits along."""
        bench, peer = self.stuck(b"x" * 120000)
        transport = peer.transport
        assert transport is not None
        transport.abortConnection()  # type: ignore[attr-defined]
        bench.settle()
        self.assertIn(b"\r\nNO CARRIER\r\n", bench.screen.take())
        self.assertTrue(bench.wire.cts())

    def test_isolated(self) -> None:
        """With the network dead and nobody told, a send buffer's worth is taken, then no more."""
        bench = Bench()
        bench.open(mode=2)
        for socket in bench.module.sockets:
            socket.isolate()
        bench.type(b"x" * 1000)
        self.assertTrue(bench.wire.cts())
        bench.type(b"x" * 20000)
        self.assertFalse(bench.wire.cts())


class EscapeTests(SynchronousTestCase):
    """C{+++} as hosts should not send it."""

    def test_commandRightBehindData(self) -> None:
        """Pluses behind data, and a command at once: a verdict, and all of it is payload."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.type(b"abc")
        bench.type(b"+++", 0.1)
        bench.type(b"AT\r")
        self.assertEqual(peer.received, b"abc+++AT\r")
        self.assertEqual(bench.kinds(), [VerdictKind.NO_GUARD_TIME])

    def test_plusesInPayload(self) -> None:
        """Pluses within payload that goes on are nobody's fault."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.type(b"abc")
        bench.type(b"+++", 0.1)
        bench.type(b"def", 2)
        self.assertEqual(peer.received, b"abc+++def")
        self.assertEqual(bench.kinds(), [])

    def test_slowPluses(self) -> None:
        """Three pluses that take longer than the guard time are payload."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.settle(1.1)
        bench.type(b"+", 0.9)
        bench.type(b"+", 0.2)
        bench.type(b"+", 1.5)
        self.assertEqual(peer.received, b"+++")

    def test_heldAtTheEnd(self) -> None:
        """Fewer than three pluses that wait go out when DTR leads to command mode."""
        bench = Bench()
        bench.ok("AT&D1")
        peer = bench.open(mode=2)
        bench.settle(1.1)
        bench.type(b"++", 0.1)
        bench.wire.set_dtr(False)
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nOK\r\n")
        self.assertEqual(peer.received, b"++")

    def test_dtrInCommandMode(self) -> None:
        """There DTR means nothing."""
        bench = Bench()
        bench.open()
        bench.wire.set_dtr(False)
        self.assertEqual(bench.type(b"AT\r"), b"\r\nOK\r\n")

    def test_lateBytes(self) -> None:
        """With the fault, the last bytes come behind the NO CARRIER; none is lost."""
        bench = Bench(faults=[faults.FAULTS["data_behind_carrier"]()])
        peer = bench.open(mode=2)
        peer.write(b"0123456789" * 10)
        bench.settle(1)
        peer.write(b"tail")
        peer.close()
        bench.settle(1)
        shown = bench.screen.take()
        self.assertFalse(shown.endswith(b"\r\nNO CARRIER\r\n"))
        self.assertEqual(shown.replace(b"\r\nNO CARRIER\r\n", b""), b"0123456789" * 10 + b"tail")


class RestartTests(SynchronousTestCase):
    """The module restarts in the middle of something."""

    def restarted(self, bench: Bench) -> None:
        """It does so, and serves the next host."""
        bench.module.restart()
        bench.settle(10)
        bench.screen.take()
        bench.type(b"ATE0\r")
        self.assertEqual(bench.type(b"AT\r"), b"\r\nOK\r\n")
        bench.module.close()
        self.assertEqual(calls(bench.clock), [])

    def test_inDataMode(self) -> None:
        """The stay ends with the connection, without a word."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.settle(1.1)
        bench.type(b"+", 0.1)
        self.restarted(bench)
        self.assertIsNotNone(peer.lost)

    def test_inPrompt(self) -> None:
        """A body that is awaited is given up."""
        bench = Bench()
        bench.open()
        bench.type(b"AT+QSSLSEND=4,10\r")
        bench.type(b"abc")
        self.restarted(bench)

    def test_inCommand(self) -> None:
        """So are a command that waits and one that is thought about."""
        bench = Bench(settings=ModuleSettings(pdp_delay=5.0))
        bench.type(b"AT+QIACT=1\r")
        self.restarted(bench)
        bench = Bench(link=Link(latency=0.5))
        bench.settle(1)
        bench.wire.write(b"AT+CSQ\r")
        bench.settle(0.1)
        bench.module.restart()
        bench.settle(10)
        self.assertNotIn(b"+CSQ", bench.screen.take())

    def test_whileOpening(self) -> None:
        """And an open that goes on."""
        bench = Bench()
        bench.network.silence(HOST, PORT)
        bench.ok("AT+QIACT=1", f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT}')
        self.restarted(bench)
        self.assertEqual(bench.server.peers, [])

    def test_off(self) -> None:
        """A module that is off reports nothing."""
        bench = Bench()
        bench.module.kill()
        bench.module.urc("+QIND: X")
        self.assertEqual(bench.type(b"AT\r", 60), b"")
        bench.module.power_down()
        self.assertEqual(bench.screen.take(), b"")


class FormTests(SynchronousTestCase):
    """Results in other forms."""

    def test_withoutText(self) -> None:
        """With ATV0 data mode begins and ends with digits."""
        bench = Bench()
        bench.type(b"ATV0\r")
        bench.type(b"AT+QIACT=1\r")
        typed = f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT},2\r'.encode()
        self.assertEqual(bench.type(typed), b"1\r")
        bench.settle(1.1)
        self.assertEqual(bench.type(b"+++", 1.1), b"0\r")
        self.assertEqual(bench.type(b"ATO\r"), b"1\r")
        bench.server.peers[-1].close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"3\r")

    def test_noneLeft(self) -> None:
        """ATO without a connection is NO CARRIER, and ERROR with a number that is none."""
        bench = Bench()
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nNO CARRIER\r\n")
        self.assertEqual(bench.type(b"ATO0\r"), b"\r\nNO CARRIER\r\n")
        self.assertEqual(bench.type(b"ATO7\r"), b"\r\nERROR\r\n")
        self.assertEqual(bench.type(b"ATD*99#\r"), b"\r\nNO CARRIER\r\n")

    def test_rate(self) -> None:
        """With the quirk CONNECT is followed by the speed, in data mode and uploads."""
        bench = Bench(quirks=["connect_rate"])
        self.assertEqual(bench.type(b'AT+QFUPL="a",1\r'), b"\r\nCONNECT 150000000\r\n")

    def test_urcForms(self) -> None:
        """The recv URC in its other forms."""
        for quirk, shown in (
            ("urc_s3_form", b"\r\n+QSSLURC: 4,5\r\n"),
            ("recv_length", b'\r\n+QSSLURC: "recv",4,5\r\n'),
        ):
            bench = Bench(quirks=[quirk])
            bench.open().write(b"12345")
            bench.settle()
            self.assertEqual(bench.screen.take(), shown)
