"""Transparent mode: LTE SSL note, chapters 1.3 and 3.5."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import HOST, PORT, Bench


class TransparentTests(SynchronousTestCase):
    """A port in data mode."""

    def test_pipe(self) -> None:
        """Bytes go both ways unchanged, tokens of the AT language too."""
        bench = Bench()
        peer = bench.open(mode=2)
        payload = b"AT\r\nOK\r\n\x1a\x1b+++NO CARRIER\r\n" + bytes(range(256))
        bench.type(payload)
        peer.write(payload)
        bench.settle()
        self.assertEqual(bench.screen.take(), payload)
        self.assertEqual(peer.received, payload)

    def test_escape(self) -> None:
        """+++ with its guard time leads to command mode; ATO leads back."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.type(b"abc")
        bench.settle(1.1)
        self.assertEqual(bench.type(b"+++"), b"")
        self.assertEqual(bench.type(b"", 0.9), b"")
        self.assertEqual(bench.type(b"", 0.2), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT\r"), b"\r\nOK\r\n")
        peer.write(b"meanwhile")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",4\r\n')
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nCONNECT\r\nmeanwhile")
        bench.type(b"def")
        self.assertEqual(peer.received, b"abcdef")
        self.assertEqual(bench.kinds(), [])

    def test_escapeInPieces(self) -> None:
        """The three characters may come in several reads, within the guard time."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.settle(1.1)
        bench.type(b"++", 0.3)
        self.assertEqual(bench.type(b"+", 1.1), b"\r\nOK\r\n")
        self.assertEqual(peer.received, b"")

    def test_noGuardBefore(self) -> None:
        """Right behind data +++ is data, and a verdict."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.type(b"abc")
        bench.type(b"+++", 2)
        self.assertEqual(peer.received, b"abc+++")
        self.assertEqual(bench.kinds(), [VerdictKind.NO_GUARD_TIME])

    def test_noGuardBehind(self) -> None:
        """+++ with bytes right behind it is data."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.settle(2)
        bench.type(b"+++", 0.5)
        self.assertEqual(bench.type(b"AT\r"), b"")
        bench.settle(2)
        self.assertEqual(peer.received, b"+++AT\r")
        self.assertEqual(bench.kinds(), [VerdictKind.NO_GUARD_TIME])

    def test_fewPluses(self) -> None:
        """One or two pluses reach the peer when the guard time is over."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.settle(2)
        bench.type(b"++", 1.1)
        self.assertEqual(peer.received, b"++")

    def test_shortGuard(self) -> None:
        """S12 sets the guard time, in fiftieths of a second."""
        bench = Bench()
        bench.ok("ATS12=25")
        bench.open(mode=2)
        bench.settle(0.6)
        self.assertEqual(bench.type(b"+++", 0.6), b"\r\nOK\r\n")

    def test_dtr(self) -> None:
        """DTR leads to command mode with AT&D1, nowhere with AT&D0, and hangs up with AT&D2."""
        bench = Bench()
        bench.ok("AT&D1")
        peer = bench.open(mode=2)
        bench.wire.set_dtr(False)
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nOK\r\n")
        bench.wire.set_dtr(True)
        bench.ok("AT&D0")
        self.assertEqual(bench.type(b"AT+QISWTMD=4,2\r"), b"\r\nCONNECT\r\n")
        bench.wire.set_dtr(False)
        bench.type(b"still")
        self.assertEqual(peer.received, b"still")
        bench.settle(2)
        self.assertEqual(bench.type(b"+++", 2), b"\r\nOK\r\n")
        bench.wire.set_dtr(True)
        bench.ok("AT&D2")
        bench.type(b"ATO\r")
        bench.wire.set_dtr(False)
        bench.settle()
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nOK\r\n\r\nNO CARRIER\r\n")

    def test_noCarrier(self) -> None:
        """All that the peer sent comes before NO CARRIER, then DCD falls."""
        bench = Bench()
        peer = bench.open(mode=2)
        self.assertTrue(bench.wire.dcd())
        peer.write(b"x" * 100000)
        peer.close()
        bench.settle()
        shown = bench.screen.take()
        self.assertEqual(shown, b"x" * 100000 + b"\r\nNO CARRIER\r\n")
        self.assertFalse(bench.wire.dcd())
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nNO CARRIER\r\n")
        bench.ok("AT+QSSLCLOSE=4")

    def test_rawAfterNoCarrier(self) -> None:
        """What a host writes behind NO CARRIER is taken for commands: a verdict."""
        bench = Bench()
        peer = bench.open(mode=2)
        peer.close()
        bench.settle()
        bench.type(b"payload that goes on\r\n")
        self.assertEqual(bench.kinds(), [VerdictKind.RAW_AFTER_NO_CARRIER])

    def test_refused(self) -> None:
        """Where nothing can be opened there is ERROR, and AT+QIGETERROR tells why."""
        bench = Bench()
        bench.ok("AT+QIACT=1")
        self.assertEqual(bench.type(b'AT+QSSLOPEN=1,1,4,"nobody.example",1,2\r'), b"\r\nERROR\r\n")
        self.assertIn(b"565", bench.type(b"AT+QIGETERROR\r"))

    def test_backPressure(self) -> None:
        """A host that takes nothing holds the server up, and loses nothing."""
        bench = Bench()
        peer = bench.open(mode=2)
        bench.wire.pauseProducing()
        payload = bytes(range(256)) * 4000
        peer.write(payload)
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        bench.wire.resumeProducing()
        for _ in range(40):
            bench.settle()
        self.assertEqual(bench.screen.take(), payload)

    def test_otherPort(self) -> None:
        """While one port is in data mode, another one takes commands."""
        bench = Bench()
        bench.open(mode=2)
        screen, wire = bench.plug("usbat")
        wire.write(b"AT+QSSLSTATE=4\r")
        bench.settle()
        self.assertIn(b',2,1,4,2,"usbmodem",1\r\n', screen.take())
        wire.write(b"AT+QSSLCLOSE=4\r")
        bench.settle()
        self.assertIn(b"OK", screen.take())
        self.assertEqual(bench.screen.take(), b"\r\nNO CARRIER\r\n")

    def test_unreadAtTheEscape(self) -> None:
        """What is left unread is reported behind the OK, for until then all is payload."""
        bench = Bench(link=Link(baudrate=9600), echo=True)
        for line in ("ATE0", "AT+QIACT=1", f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT},2'):
            shown = bench.type(line.encode() + b"\r", 0.3)
        self.assertEqual(shown, b"\r\nCONNECT\r\n")
        bench.settle(1.1)
        bench.wire.write(b"+++")
        bench.settle(0.2)
        # the line has room at most times, but is given more by the half only
        bench.server.peers[-1].write(b"x" * 20000)
        bench.settle(6)
        self.assertEqual(bench.screen.take().lstrip(b"x"), b'\r\nOK\r\n\r\n+QSSLURC: "recv",4\r\n')

    def test_quietEscape(self) -> None:
        """With ATQ1 there is no OK either."""
        bench = Bench()
        bench.type(b"ATQ1\r")
        bench.type(b"AT+QIACT=1\r")
        bench.type(b'AT+QSSLOPEN=1,1,4,"server.example",8883,2\r')
        bench.settle(2)
        self.assertEqual(bench.type(b"+++", 2), b"")
        self.assertEqual(bench.type(b"ATQ0\r"), b"\r\nOK\r\n")

    def test_contextDeactivatedOnOtherPort(self) -> None:
        """Data mode ends with NO CARRIER when another port deactivates the PDP context."""
        for command in (b"AT+QIDEACT=1\r", b"AT+CGACT=0,1\r", b"AT+CGATT=0\r"):
            for quirks in ((), ("qideact_frees_ids",)):
                bench = Bench(quirks=quirks)
                peer = bench.open(mode=2)
                _, wire = bench.plug("usbat")
                peer.write(b"last")
                wire.write(command)
                bench.settle()
                shown = bench.screen.take()
                self.assertIn(b"\r\nNO CARRIER\r\n", shown)
                self.assertFalse(bench.wire.dcd())
                self.assertEqual(bench.type(b"ATO\r"), b"\r\nNO CARRIER\r\n")

    def test_exclusive(self) -> None:
        """In data mode a connection is served on its own port alone; another one gets 574."""
        bench = Bench()
        peer = bench.open(mode=2)
        screen, wire = bench.plug("usbat")

        def other(line: bytes) -> bytes:
            wire.write(line)
            bench.settle()
            return screen.take()

        other(b"ATE0\r")
        for command in (
            b"AT+QISWTMD=4,2",
            b"AT+QISWTMD=4,0",
            b"AT+QISWTMD=4,1",
            b"AT+QSSLSEND=4,3",
            b"AT+QSSLSEND=4",
            b"AT+QSSLRECV=4,10",
        ):
            self.assertEqual(other(command + b"\r"), b"\r\nERROR\r\n", command)
            self.assertIn(b"+QIGETERROR: 574,", other(b"AT+QIGETERROR\r"))
        bench.type(b"mine")
        self.assertEqual(peer.received, b"mine")
        self.assertEqual(bench.kinds(), [])

    def test_resumedOnOtherPort(self) -> None:
        """A connection that went over to another port can be resumed when that has left it."""
        bench = Bench()
        bench.open(mode=2)
        bench.settle(2)
        bench.type(b"+++", 2)
        screen, wire = bench.plug("usbat")
        wire.write(b"ATE0\rAT+QISWTMD=4,2\r")
        bench.settle()
        self.assertTrue(screen.take().endswith(b"\r\nCONNECT\r\n"))
        self.assertEqual((bench.wire.dcd(), wire.dcd()), (False, True))
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nERROR\r\n")
        self.assertIn(b"574", bench.type(b"AT+QIGETERROR\r"))
        bench.settle(2)
        wire.write(b"+++")
        bench.settle(2)
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nCONNECT\r\n")
        self.assertEqual((bench.wire.dcd(), wire.dcd()), (True, False))
        screen.take()
        wire.write(b"AT+QSSLSTATE=4\r")
        bench.settle()
        self.assertIn(b',2,1,4,2,"usbmodem",1\r\n', screen.take())

    def test_bodyAfterOtherPortWentOnline(self) -> None:
        """A body that is complete when another port has the connection is not sent."""
        bench = Bench()
        peer = bench.open()
        bench.type(b"AT+QSSLSEND=4,3\r")
        _, wire = bench.plug("usbat")
        wire.write(b"AT+QISWTMD=4,2\r")
        bench.settle()
        self.assertEqual(bench.type(b"abc"), b"\r\nERROR\r\n")
        self.assertEqual(peer.received, b"")

    def test_keptComesFirst(self) -> None:
        """What a switch to push mode has kept is the first that data mode brings."""
        bench = Bench()
        peer = bench.open()
        peer.write(b"one")
        bench.settle()
        bench.ok("AT+QISWTMD=4,1")
        bench.screen.take()
        bench.wire.write(b"AT+QISWTMD=4,2\r")
        peer.write(b"two")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nCONNECT\r\nonetwo")
        bench.settle(2)
        self.assertEqual(bench.type(b"+++", 2), b"\r\nOK\r\n")
        self.assertIn(b"+QSSLRECV: 0\r\n", bench.type(b"AT+QSSLRECV=4,10\r"))


class ChapterTests(SynchronousTestCase):
    """Chapter 3.5 as printed, with the C{OK} of the escape, in both profiles."""

    def dialogue(self, profile: str, left: str) -> None:
        """3.5.1, 3.5.2 and 3.5.3: open, send and receive, leave, return, end, close."""
        bench = Bench(profile=profile)
        bench.ok("AT+QIACT=1", "AT&D1")
        typed = f'AT+QSSLOPEN=1,1,4,"{HOST}",{PORT},2\r'.encode()
        self.assertEqual(bench.type(typed), b"\r\nCONNECT\r\n")
        peer = bench.server.peers[-1]
        self.assertEqual(bench.type(b"Test data from SSL"), b"")
        self.assertEqual(peer.received, b"Test data from SSL")
        peer.write(b"<Received data>")
        bench.settle(1.1)
        self.assertEqual(bench.screen.take(), b"<Received data>")
        if left == "+++":
            self.assertEqual(bench.type(b"+++", 1.1), b"\r\nOK\r\n")
        else:
            bench.wire.set_dtr(False)
            bench.settle()
            self.assertEqual(bench.screen.take(), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"ATO\r"), b"\r\nCONNECT\r\n")
        peer.close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\nNO CARRIER\r\n")
        self.assertEqual(bench.type(b"AT+QSSLCLOSE=4\r"), b"\r\nOK\r\n")
        self.assertEqual(bench.module.verdicts, [])

    def test_chapter(self) -> None:
        """Left by +++ or by DTR with AT&D1, the answers are the document's."""
        for profile in ("strict", "as_printed"):
            for left in ("+++", "DTR"):
                self.dialogue(profile, left)
