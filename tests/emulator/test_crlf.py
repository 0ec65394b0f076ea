"""Hosts that end their lines with CR LF: the LF is never payload."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.link import Link

from .bench import Bench


class CrLfTests(SynchronousTestCase):
    """Prompts, uploads and data mode, one behind the other."""

    def line(self, bench: Bench, command: bytes, seconds: float = 0.1) -> bytes:
        """Type a line; its LF comes in a read of its own."""
        shown = bench.type(command + b"\r", seconds)
        return shown + bench.type(b"\n", seconds)

    def test_sends(self) -> None:
        """Sends without a command between them: each body is what was typed behind its prompt."""
        bench = Bench()
        bench.type(b"AT\r\n")
        peer = bench.open()
        bench.type(b"AT\r\n")
        for body in (b"000", b"111", b"222", b"333"):
            self.assertEqual(self.line(bench, b"AT+QSSLSEND=4,3"), b"\r\n> ")
            self.assertEqual(bench.type(body), b"\r\nSEND OK\r\n")
        for body in (b"444", b"555"):
            self.assertEqual(bench.type(b"AT+QSSLSEND=4,3\r\n"), b"\r\n> ")
            self.assertEqual(bench.type(body), b"\r\nSEND OK\r\n")
        for body in (b"666", b"777"):
            self.assertEqual(self.line(bench, b"AT+QSSLSEND=4"), b"\r\n> ")
            self.assertEqual(bench.type(body + b"\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"000111222333444555666777")

    def test_slowLine(self) -> None:
        """The same where each byte of a line comes in a read of its own."""
        bench = Bench(link=Link(baudrate=9600), echo=True)
        bench.type(b"ATE0\r\n", 0.1)
        bench.type(b"AT+QIACT=1\r\n", 0.2)
        bench.type(b'AT+QSSLOPEN=1,1,4,"server.example",8883,0\r\n', 0.4)
        peer = bench.server.peers[-1]
        for body in (b"000", b"111", b"222", b"333"):
            self.assertEqual(bench.type(b"AT+QSSLSEND=4,3\r\n", 0.1), b"\r\n> ")
            self.assertEqual(bench.type(body, 0.1), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"000111222333")

    def test_transparent(self) -> None:
        """Data mode left and entered three times."""
        bench = Bench()
        bench.ok("AT+QIACT=1")
        bench.type(b"\nAT\r\n")
        peer = bench.open(mode=2)
        bench.type(b"\n0")
        for digit in (b"1", b"2", b"3"):
            bench.settle(1.1)
            self.assertEqual(bench.type(b"+++", 1.1), b"\r\nOK\r\n")
            self.assertEqual(self.line(bench, b"ATO"), b"\r\nCONNECT\r\n")
            bench.type(digit)
        self.assertEqual(peer.received, b"0123")

    def test_uploads(self) -> None:
        """One upload behind the other."""
        bench = Bench()
        bench.type(b"AT\r\n")
        for name in ("a", "b", "c"):
            self.assertEqual(self.line(bench, f'AT+QFUPL="{name}",3'.encode()), b"\r\nCONNECT\r\n")
            self.assertIn(b"+QFUPL: 3,", bench.type(name.encode() * 3))
            self.assertEqual(bench.module.files.content(name), name.encode() * 3)

    def test_payloadThatBeginsWithLineFeed(self) -> None:
        """The LF of a host that ends its lines with CR alone is payload."""
        bench = Bench()
        peer = bench.open()
        for _ in range(2):
            self.assertEqual(bench.type(b"AT+QSSLSEND=4,3\r"), b"\r\n> ")
            self.assertEqual(bench.type(b"\nab"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"\nab\nab")
