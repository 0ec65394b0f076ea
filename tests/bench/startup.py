"""Start-up: how long until something happens, against the imports that it cannot do without."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from typing import Final

from tests.bench.cell import Cell

_IMPORTS: Final = "import twisted.internet.ssl, twisted.internet.serialport"


def _seconds(*arguments: str) -> float:
    """Run Python to its end; give the time."""
    before = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before


def _to_first_command() -> float:
    """Give the time until C{quectel demo} says something on a device."""
    master, slave = os.openpty()
    before = time.perf_counter()
    demo = subprocess.Popen(
        [
            *(sys.executable, "-m", "twisted_quectel", "demo"),
            *("--device", os.ttyname(slave), "--url", "https://server.example/", "--no-verify"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if not select.select([master], [], [], 30)[0]:
            raise RuntimeError("quectel demo has said nothing")
        return time.perf_counter() - before
    finally:
        demo.kill()
        demo.wait()
        os.close(master)
        os.close(slave)


def start_up(runs: int = 5) -> list[Cell]:
    """Time the help, and the demonstration to its first AT command."""
    imports = usage = first = float("inf")
    for _ in range(runs):
        imports = min(imports, _seconds("-c", _IMPORTS))
        usage = min(usage, _seconds("-m", "twisted_quectel", "--help"))
        first = min(first, _to_first_command())
    note = f"{imports * 1000:.0f} ms"
    return [
        Cell("quectel --help / import of ssl and serialport", usage / imports, 0.3, True, note),
        Cell("quectel demo to the first AT command / the same", first / imports, 1.3, True, note),
    ]
