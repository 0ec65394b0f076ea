"""Tests for C{quectel demo} that is interrupted, at moments that its own words tell."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.cli.processes import PATIENCE, complaints, start

#: A page that takes longer than any test waits.
SLOW = ("--baudrate", "115200", "--size", "4M")


class InterruptTests(SynchronousTestCase):
    """Signals end it at once, quietly, with 128 and their number, and nothing stays behind."""

    def interrupted(
        self, words: str, *arguments: str, signals: tuple[int, ...] = (signal.SIGINT,)
    ) -> None:
        """Start it, and send signals as soon as it says certain words."""
        process = start("demo", *arguments)
        self.addCleanup(process.kill)
        assert process.stdout is not None and process.stderr is not None
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        said = ""
        for line in process.stdout:
            said += line
            if words in line:
                break
        for number in signals:
            process.send_signal(number)
        rest, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(
            (process.returncode, complaints(err)), (128 + signals[0], []), (words, arguments)
        )
        for path in re.findall("cacert=([^:]+)", said + rest):
            self.assertFalse(Path(path).exists())

    def test_moments(self) -> None:
        """Before the module is opened, while it is brought up, and after the first page."""
        for words in (
            "A TLS server runs",
            "An emulated EC25 sits on",
            "buffer mode:",
            "  quectelssl:",
            "  module ",
            "  certificate",
        ):
            self.interrupted(words, *SLOW)
        self.interrupted("  received ", "--size", "2k")

    def test_while_a_page_comes(self) -> None:
        """In each mode: when it is connected, and when its first bytes have come."""
        for mode in ("buffer", "push", "transparent"):
            for words in ("  connected", "  TLS "):
                self.interrupted(words, *SLOW, "--mode", mode)

    def test_signals(self) -> None:
        """SIGTERM and SIGHUP are no worse than Ctrl-C."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            for words in ("An emulated EC25 sits on", "  TLS "):
                self.interrupted(words, *SLOW, signals=(number,))

    def test_impatient(self) -> None:
        """The second and third one change nothing."""
        for words in ("An emulated EC25 sits on", "  module ", "  TLS "):
            for mode in ("push", "transparent"):
                self.interrupted(words, *SLOW, "--mode", mode, signals=(signal.SIGINT,) * 3)
