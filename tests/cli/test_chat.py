"""Tests with a host that is a stranger to this project: C{chat}, which dials for pppd."""

from __future__ import annotations

import os
import shutil
import subprocess
import tty

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.cli.processes import PATIENCE, start


class ChatTests(SynchronousTestCase):
    """A dialogue by C{chat} on the pty of C{quectel emulate}."""

    def setUp(self) -> None:
        if shutil.which("chat") is None:
            raise SkipTest("there is no chat (Debian has it in the package ppp)")
        self.path = self.mktemp()
        self.module = start("emulate", "--pty", self.path, "--verdicts")
        self.addCleanup(self.module.communicate, timeout=PATIENCE)
        self.addCleanup(self.module.kill)
        assert self.module.stdout is not None
        self.module.stdout.readline()

    def chat(self, *script: str) -> int:
        """Run a script of expected and sent strings in turn; give its exit status."""
        fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(fd)
            done = subprocess.run(
                ["chat", "-t", "10", "ABORT", "ERROR", *script],
                stdin=fd,
                stdout=fd,
                stderr=subprocess.PIPE,
                check=False,
                timeout=PATIENCE,
            )
        finally:
            os.close(fd)
        return done.returncode

    def test_bring_up(self) -> None:
        """What a dial script does: identify, look at the SIM, activate the packet data."""
        status = self.chat(
            *("", "ATZ", "OK", "ATE0", "OK", "ATI", "EC25", "", "OK", "AT+CPIN?"),
            *("READY", "", "OK", 'AT+QICSGP=1,1,"internet"', "OK", "AT+QIACT=1", "OK"),
            *("AT+QIACT?", "+QIACT: 1,1,1,", "", "OK", 'AT+QSSLCFG="seclevel",1,1', "OK"),
        )
        self.assertEqual(status, 0)

    def test_error(self) -> None:
        """C{chat} sees the C{ERROR} of a command that does not exist: its first C{ABORT}."""
        self.assertEqual(self.chat("", "AT+NONSENSE", "OK"), 4)
