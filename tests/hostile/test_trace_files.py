"""A trace file that cannot be written does not stop the port."""

from __future__ import annotations

import io
from errno import ENOSPC

from twisted.trial.unittest import SynchronousTestCase

from tests.at.bench import Bench, write


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str) -> int:
        """Fail."""
        raise OSError(ENOSPC, "No space left on device")


class TraceFileTests(SynchronousTestCase):
    """A port whose trace goes to a file."""

    def goes_on(self, file: io.StringIO) -> None:
        """Commands are answered, and the port can be lost."""
        bench = Bench()
        bench.port.trace.write_to(file)
        answered = bench.port.execute(write("+A", 1))
        bench.feed(b"\r\n+A: 1\r\n\r\nOK\r\n")
        self.assertEqual(self.successResultOf(answered).lines, [b"+A: 1"])
        bench.unplug()
        self.assertEqual(len(bench.handler.lost), 1)

    def test_full(self) -> None:
        """A full disk."""
        self.goes_on(Full())

    def test_closed(self) -> None:
        """A file that was closed."""
        file = io.StringIO()
        file.close()
        self.goes_on(file)
