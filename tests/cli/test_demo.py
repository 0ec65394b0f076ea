"""Tests for C{quectel demo}, as a process of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import Certificates
from tests.cli.processes import complaints, quectel


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


class RefusalTests(SynchronousTestCase):
    """What cannot work ends with one line: status 2 for wrong arguments, else 1."""

    def refused(self, start: str, *arguments: str, status: int = 2) -> str:
        """Assert that it ends with a line that starts so."""
        done = quectel("demo", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        lines = complaints(done.stderr)
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith(f"quectel: {start}"), done.stderr)
        return lines[0]

    def test_arguments(self) -> None:
        """Arguments that need each other, or exclude each other."""
        self.refused("--url:", "--device", "/dev/ttyUSB2")
        self.refused("--cacert:", "--url", "https://a.example/")
        self.refused("--sha256:", "--sha256", "0" * 64)
        self.refused("--url:", "--url", "https://a,b.example/", "--no-verify")
        self.refused("--cacert:", "--cacert", __file__)
        self.refused("--no-verify:", "--no-verify")
        self.refused("--modem:", "--device", "/dev/ttyUSB2", "--modem", "gateway")
        url = ("--url", "https://a.example/", "--no-verify")
        for argument, value in (("--apn", "a"), ("--baudrate", "115200"), ("--model", "EC25")):
            self.refused(f"{argument}:", "--modem", "gateway", argument, value, *url)
        self.refused("--apn:", "--apn", "a")
        for place in (("--modem", "gateway"), ("--device", "/dev/ttyUSB2")):
            self.refused("--size:", "--size", "1k", *place, *url)
            self.refused("--latency:", "--latency", "0", *place, *url)
        self.refused("--size:", "--size", "1k", *url)
        self.refused("--no-verify:", "--cacert", __file__, *url)

    def test_device(self) -> None:
        """A device that is not there, and a modem file that is not."""
        url = ("--url", "https://a.example/", "--no-verify")
        self.refused(
            "device: /dev/nonexistent does not exist",
            "--device",
            "/dev/nonexistent",
            *url,
            status=1,
        )
        self.refused("modem: cannot read the modem file", "--modem", "gateway", *url)

    def test_server(self) -> None:
        """A server that is not there; the error says what it can be, and has the code."""
        certificates = Certificates(self.mktemp())
        url = "https://127.0.0.1:9/"
        line = self.refused(
            "127.0.0.1:9 could not", "--url", url, "--cacert", certificates.ca, status=1
        )
        self.assertIn("(566)", line)

    def test_no_certificate(self) -> None:
        """A file that holds no certificate, found out before anything is opened."""
        url = ("--url", "https://a.example/", "--cacert", __file__)
        self.refused("cacert:", *url, "--device", "/dev/nonexistent")

    def test_trace(self) -> None:
        """A trace that cannot be written, at once or later, and a FIFO that nobody reads."""
        folder = self.mktemp()
        self.refused("--trace: ", "--trace", os.path.join(folder, "trace"))
        self.refused("--trace: ", "--trace", "/dev/full", "--mode", "push", status=1)
        os.mkdir(folder)
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        self.refused(f"--trace: cannot write {fifo}: nobody reads it", "--trace", fifo)

    def test_full_output(self) -> None:
        """An output that takes nothing is said in one line; one that is closed needs no word."""
        with open("/dev/full", "w") as full:
            done = quectel("demo", output=full)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "quectel: cannot write the output: No space left on device\n")
        reader, writer = os.pipe()
        os.close(reader)
        done = quectel("demo", output=writer)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
