"""Tests for C{quectel demo}, as a process of its own."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import Certificates
from tests.cli.processes import PATIENCE, complaints, quectel, start


class DemoTests(SynchronousTestCase):
    """The whole way, from the endpoint string to the page."""

    def test_all_modes(self) -> None:
        """The page comes in each mode with the hash that the server's has."""
        trace = Path(self.mktemp())
        done = quectel("demo", "--size", "20k", "--trace", str(trace))
        self.assertEqual((done.returncode, complaints(done.stderr)), (0, []))
        for mode in ("buffer", "push", "transparent"):
            self.assertIn(f"{mode} mode:", done.stdout)
        digests = re.findall(r"SHA-256 ([0-9a-f]{64}), as the server sent it", done.stdout)
        self.assertEqual(len(digests), 3)
        self.assertEqual(len(set(digests)), 1)
        self.assertEqual(done.stdout.count("put on the module as"), 1)
        self.assertEqual(done.stdout.count("on the module already"), 2)
        self.assertIn("TLSv1.2", done.stdout)
        self.assertIn("it asked for demo.example", done.stdout)
        dialogue = trace.read_text()
        self.assertIn("AT+QSSLOPEN=1,", dialogue)
        self.assertIn("+QSSLURC", dialogue)

    def test_shown_dialogue(self) -> None:
        """C{--trace} alone shows the dialogue among the rest; another model can be had."""
        done = quectel("demo", "--size", "2k", "--mode", "push", "--model", "eg91", "--trace")
        self.assertEqual((done.returncode, complaints(done.stderr)), (0, []))
        self.assertIn("> AT+QSSLOPEN=1,", done.stdout)
        self.assertIn("EG91", done.stdout)

    def test_interrupt(self) -> None:
        """Ctrl-C ends it at once, quietly, and nothing stays behind."""
        process = start("demo", "--baudrate", "9600", "--mode", "push")
        self.addCleanup(process.kill)
        assert process.stdout is not None and process.stderr is not None
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        cacert = ""
        for line in process.stdout:
            match = re.search(r"cacert=([^:]+)", line)
            cacert = match[1] if match else cacert
            if line.startswith("  module"):
                break
        self.assertTrue(Path(cacert).exists())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, complaints(err)), (130, []))
        self.assertFalse(Path(cacert).exists())


class RefusalTests(SynchronousTestCase):
    """What cannot work ends with one line and status 1."""

    def refused(self, start: str, *arguments: str) -> str:
        """Assert that it ends with a line that starts so."""
        done = quectel("demo", *arguments)
        self.assertEqual(done.returncode, 1)
        lines = complaints(done.stderr)
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith(f"quectel: {start}"), done.stderr)
        return lines[0]

    def test_arguments(self) -> None:
        """Arguments that need each other, or exclude each other."""
        self.refused("--url:", "--device", "/dev/ttyUSB2")
        self.refused("--cacert:", "--url", "https://a.example/")
        self.refused("--sha256:", "--sha256", "0" * 64)
        self.refused("--url:", "--url", "http://a.example/", "--no-verify")
        self.refused("--modem:", "--device", "/dev/ttyUSB2", "--modem", "gateway")
        url = ("--url", "https://a.example/", "--no-verify")
        for argument, value in (("--apn", "a"), ("--baudrate", "115200"), ("--model", "EC25")):
            self.refused(f"{argument}:", "--modem", "gateway", argument, value, *url)
        self.refused("--apn:", "--apn", "a")
        for place in (("--modem", "gateway"), ("--device", "/dev/ttyUSB2")):
            self.refused("--size:", "--size", "1k", *place, *url)
            self.refused("--latency:", "--latency", "0", *place, *url)
        self.refused("--size:", "--size", "1k", *url)

    def test_device(self) -> None:
        """A device that is not there, and a modem file that is not."""
        url = ("--url", "https://a.example/", "--no-verify")
        self.refused(
            "device: /dev/nonexistent does not exist", "--device", "/dev/nonexistent", *url
        )
        self.refused("modem: cannot read the modem file", "--modem", "gateway", *url)

    def test_server(self) -> None:
        """A server that is not there; the error says what it can be, and has the code."""
        certificates = Certificates(self.mktemp())
        url = "https://127.0.0.1:9/"
        line = self.refused("127.0.0.1:9 could not", "--url", url, "--cacert", certificates.ca)
        self.assertIn("(566)", line)

    def test_trace(self) -> None:
        """A trace that cannot be written."""
        self.refused("--trace:", "--trace", "/nonexistent/trace")
