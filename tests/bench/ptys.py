"""On real ptys: system calls of a command, and transparent mode against C{socat}."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.bench.cell import Cell

_ANSWER: Final = b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
_BLOCK: Final = bytes(range(256)) * 64
_PATIENCE: Final = 60.0
#: Where the host's process finds the benches, wherever this one runs.
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


class FarEnd:
    """The other end of a pty."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        for fd in (self.master, self._slave):
            tty.setraw(fd)
        self.device = os.ttyname(self._slave)
        os.set_blocking(self.master, False)

    def close(self) -> None:
        """Take the pty away."""
        os.close(self.master)
        os.close(self._slave)

    def read(self) -> bytes:
        """Wait for bytes."""
        if not select.select([self.master], [], [], _PATIENCE)[0]:
            raise RuntimeError("nothing comes")
        return os.read(self.master, 65536)

    def answer(self, process: subprocess.Popen[bytes]) -> None:
        """Answer commands until the host has ended."""
        while process.poll() is None:
            if select.select([self.master], [], [], 0.05)[0]:
                for _ in range(os.read(self.master, 65536).count(b"\r")):
                    os.write(self.master, _ANSWER)

    def drain(self, count: int) -> float:
        """Read bytes; give the seconds from the first to the last."""
        count -= len(self.read())
        begun = time.perf_counter()
        while count > 0:
            count -= len(self.read())
        return time.perf_counter() - begun

    def fill(self, count: int) -> float:
        """Write bytes; give the seconds until the last was taken."""
        begun = time.perf_counter()
        while count > 0:
            if not select.select([], [self.master], [], _PATIENCE)[1]:
                raise RuntimeError("nobody reads")
            count -= os.write(self.master, _BLOCK[:count])
        return time.perf_counter() - begun


def _host(far: FarEnd, what: str, count: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.ptyhost", what, far.device, str(count)]


def _calls(count: int) -> int | None:
    """Count the system calls of a host that sends so many commands."""
    far = FarEnd()
    with tempfile.NamedTemporaryFile("r") as file:
        command = ["strace", "-f", "-c", "-o", file.name, *_host(far, "at", count)]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=_ROOT
        )
        try:
            far.answer(process)
            if process.wait() != 0:
                return None
            found = re.search(r"^100\.00\s+\S+\s+\S*\s+(\d+)", file.read(), re.MULTILINE)
        finally:
            process.kill()
            process.communicate()
            far.close()
    return int(found.group(1)) if found else None


def system_calls(few: int = 200, many: int = 1200) -> Cell:
    """Count system calls for each AT command; start-up is subtracted."""
    name = "system calls for each AT command on a pty / 3"
    if shutil.which("strace") is None:
        return Cell(name, None, 1.1, True, "strace is not here")
    start, end = _calls(few), _calls(many)
    if start is None or end is None:
        return Cell(name, None, 1.1, True, "strace may not trace here")
    return Cell(name, (end - start) / (many - few) / 3, 1.1, at_most=True)


def _timed(far: FarEnd, command: Sequence[str], cross: Callable[[int], float], size: int) -> float:
    """Let bytes cross; give bytes per second."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=_ROOT)
    try:
        if "tests.bench.ptyhost" in command:
            assert process.stdout is not None
            process.stdout.read(1)
        return size / cross(size)
    finally:
        process.kill()
        process.communicate()


def transparent(runs: int = 5, size: int = 16 << 20) -> list[Cell]:
    """Bytes per second of the host / those of socat in its place, runs in turn."""
    cells: list[Cell] = []
    for way, what in (("to the module", "out"), ("from the module", "in")):
        name = f"transparent on a pty, {way} / socat"
        if shutil.which("socat") is None:
            cells.append(Cell(name, None, 0.5, note="socat is not here"))
            continue
        best = {"host": 0.0, "socat": 0.0}
        for _ in range(runs):
            for who in best:
                far = FarEnd()
                device = f"{far.device},raw,echo=0"
                if who == "host":
                    # the last bytes of what comes may be held for a moment
                    command = _host(far, what, size + (1 << 20))
                elif what == "out":
                    command = ["socat", "-u", "-b65536", "OPEN:/dev/zero", f"OPEN:{device}"]
                else:
                    command = ["socat", "-u", "-b65536", f"OPEN:{device}", "OPEN:/dev/null"]
                cross = far.drain if what == "out" else far.fill
                try:
                    best[who] = max(best[who], _timed(far, command, cross, size))
                finally:
                    far.close()
        note = f"{best['host'] / 1e6:.0f} and {best['socat'] / 1e6:.0f} MB/s"
        cells.append(Cell(name, best["host"] / best["socat"], 0.5, note=note))
    return cells
