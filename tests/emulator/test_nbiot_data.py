"""Sending, receiving and closing on the emulated BC660K-GL (SSL Application Note v1.0)."""

from __future__ import annotations

from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .nbiotbench import HOST, PORT, Case, hold

_OK = "\r\nOK\r\n"
_ERROR = "\r\nERROR\r\n"


class SendTests(Case):
    """AT+QSSLSEND (2.3.3)."""

    def test_counted(self) -> None:
        """A counted send takes any bytes, exactly; the result comes behind OK."""
        bench = self.bench()
        peer = bench.open()
        data = bytes(range(256)) * 4
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,1024"), "\r\n> ")
        self.assertEqual(bench.type(data), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")
        self.assertEqual(peer.received, data)

    def test_until_ctrl_z(self) -> None:
        """Without a length Ctrl-Z sends and ESC cancels."""
        bench = self.bench()
        peer = bench.open()
        bench.say("AT+QSSLSEND=0,0")
        self.assertEqual(bench.type(b"hello\x1a"), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")
        bench.say("AT+QSSLSEND=0,0")
        self.assertEqual(bench.type(b"never\x1b"), b"\r\nOK\r\n")
        self.assertEqual(peer.received, b"hello")
        bench.say("AT+QSSLSEND=0,0")
        self.assertEqual(bench.type(b"x" * 1025 + b"\x1a"), b"\r\nERROR\r\n")
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT])

    def test_hex(self) -> None:
        """In hex format there are two characters to each byte of the length."""
        bench = self.bench()
        peer = bench.open()
        bench.ok('AT+QSSLCFG=0,0,"dataformat",1,0')
        data = bytes(range(256)) * 4
        bench.say("AT+QSSLSEND=0,0,1024")
        self.assertEqual(bench.type(data.hex().encode()[:-1]), b"")
        self.assertEqual(bench.type(b"f"), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")
        bench.say("AT+QSSLSEND=0,0")
        self.assertEqual(bench.type(b"4A4b\x1a"), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")
        self.assertEqual(peer.received, data + b"JK")
        for wrong in (b"4", b"zz", b"4 a"):
            bench.say("AT+QSSLSEND=0,0")
            self.assertEqual(bench.type(wrong + b"\x1a"), b"\r\nERROR\r\n", wrong)
        self.assertEqual(peer.received, data + b"JK")

    def test_refused(self) -> None:
        """Lengths and ids out of range, and no connection, are an ERROR without a prompt."""
        bench = self.bench()
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,5"), _ERROR)
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_TO_CLOSED])
        bench.open()
        for tail in ("0,0,0", "0,0,1025", "1,0,5", "0,1,5", "0,0,5,5", "0", '0,0,"5"', ""):
            self.assertEqual(bench.say(f"AT+QSSLSEND={tail}"), _ERROR, tail)

    def test_full(self) -> None:
        """A send for which there is no room waits; its result comes with the room."""
        bench = self.bench(settings=ModuleSettings(send_limit=2048))
        peer = bench.open()
        hold(peer)
        sent = 0
        while True:
            bench.say("AT+QSSLSEND=0,0,1024")
            sent += 1
            if b"+QSSLSEND" not in bench.type(b"x" * 1024):
                break
            self.assertLess(sent, 1000)
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,5"), _ERROR)
        hold(peer, False)
        bench.settle(1)
        self.assertEqual(bench.screen.take(), b"\r\n+QSSLSEND: 0,0,0\r\n")
        self.assertEqual(len(peer.received), sent * 1024)

    def test_delivery_timeout(self) -> None:
        """A send that finds no room for C{<timeout>} seconds is -7; one whose peer goes, -2."""
        for lost in (False, True):
            bench = self.bench(settings=ModuleSettings(send_limit=2048))
            bench.ok('AT+QSSLCFG=0,0,"timeout",10')
            peer = bench.open()
            hold(peer)
            bench.say("AT+QSSLSEND=0,0,1024")
            while b"+QSSLSEND" in bench.type(b"x" * 1024):
                bench.say("AT+QSSLSEND=0,0,1024")
            if lost:
                bench.module.lose_pdp()
                bench.settle()
                expected = b'\r\n+QSSLURC: "closed",0,0\r\n\r\n+QSSLSEND: 0,0,-2\r\n'
            else:
                bench.settle(9)
                self.assertEqual(bench.screen.take(), b"")
                bench.settle(2)
                expected = b"\r\n+QSSLSEND: 0,0,-7\r\n"
            self.assertEqual(bench.screen.take(), expected)

    def test_lost_in_the_body(self) -> None:
        """A connection that goes while the body is typed makes an ERROR of the send."""
        bench = self.bench()
        peer = bench.open()
        bench.say("AT+QSSLSEND=0,0,5")
        peer.close()
        bench.settle()
        expected = b'\r\nERROR\r\n\r\n+QSSLURC: "closed",0,0\r\n'
        self.assertEqual(bench.type(b"hello"), expected)

    def test_latency(self) -> None:
        """With a reaction time the answer to the body is as late."""
        bench = self.bench(link=Link(latency=0.2), awake=False)
        bench.settle(1)
        bench.screen.take()
        bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0', 1)
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,2", 0.3), "\r\n> ")
        self.assertEqual(bench.type(b"hi", 0.1), b"")
        self.assertEqual(bench.type(b"", 0.2), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")


class ReceiveTests(Case):
    """C{+QSSLURC} (2.4)."""

    def test_text(self) -> None:
        """Data comes on the line of its URC, in quotes, whatever bytes it has."""
        bench = self.bench()
        peer = bench.open()
        for data in (b"1234567890", b'"\r\nOK\r\n\0\xff\x1a', bytes(range(256))):
            peer.write(data)
            bench.settle()
            expected = b'\r\n+QSSLURC: "recv",0,0,%d,"%b"\r\n' % (len(data), data)
            self.assertEqual(bench.screen.take(), expected)

    def test_hex(self) -> None:
        """In hex format two digits stand for a byte, and the length counts bytes."""
        bench = self.bench()
        bench.ok('AT+QSSLCFG=0,0,"dataformat",0,1')
        peer = bench.open()
        peer.write(b"JK\xff")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",0,0,3,"4A4BFF"\r\n')

    def test_pieces(self) -> None:
        """A URC has at most 1400 bytes; nothing is lost, and closed comes last."""
        bench = self.bench()
        peer = bench.open()
        data = bytes(number * 7 & 0xFF for number in range(5000))
        peer.write(data)
        peer.close()
        bench.settle(1)
        shown, expected = bench.screen.take(), b""
        for start in range(0, 5000, 1400):
            piece = data[start : start + 1400]
            expected += b'\r\n+QSSLURC: "recv",0,0,%d,"%b"\r\n' % (len(piece), piece)
        self.assertEqual(shown, expected + b'\r\n+QSSLURC: "closed",0,0\r\n')

    def test_closed(self) -> None:
        """Behind closed the module has closed the connection itself: it is free at once."""
        bench = self.bench()
        peer = bench.open()
        peer.close()
        bench.settle(1)
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "closed",0,0\r\n')
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,5"), _ERROR)
        bench.open()

    def test_paused_host(self) -> None:
        """Nothing is pushed while a body is awaited; all of it comes behind the answer."""
        bench = self.bench()
        peer = bench.open()
        bench.say("AT+QSSLSEND=0,0,2")
        peer.write(b"early")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        shown = bench.type(b"hi")
        self.assertIn(b"\r\nOK\r\n", shown)
        self.assertIn(b'\r\n+QSSLURC: "recv",0,0,5,"early"\r\n', shown)


class CloseTests(Case):
    """AT+QSSLCLOSE (2.3.4)."""

    def test_close(self) -> None:
        """OK, then the result; the peer sees an orderly end, and the id is free."""
        bench = self.bench()
        peer = bench.open()
        self.assertEqual(bench.say("AT+QSSLCLOSE=0,0"), f"{_OK}\r\n+QSSLCLOSE: 0,0,0\r\n")
        assert peer.lost is not None
        self.assertIn("cleanly", peer.lost.getErrorMessage())
        bench.open()

    def test_in_time(self) -> None:
        """A peer that does not end is cut off after 300 ms."""
        bench = self.bench()
        peer = bench.open()
        hold(peer)
        self.assertEqual(bench.say("AT+QSSLCLOSE=0,0"), _OK)
        self.assertEqual(bench.say("AT+QSSLCLOSE=0,0"), _ERROR)
        bench.settle(0.3)
        self.assertEqual(bench.screen.take(), b"\r\n+QSSLCLOSE: 0,0,0\r\n")

    def test_refused(self) -> None:
        """What is not open, and wrong parameters, are an ERROR; nobody is judged for asking."""
        bench = self.bench()
        for tail in ("0,0", "1,0", "0,1", "0", "0,0,10", "", '"0",0'):
            self.assertEqual(bench.say(f"AT+QSSLCLOSE={tail}"), _ERROR, tail)
        self.assertEqual(bench.kinds(), [])
