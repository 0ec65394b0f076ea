"""Runs C{quectel} as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
#: Longer than anything takes, in seconds.
PATIENCE: Final = 60


def environment() -> dict[str, str]:
    """Give an environment with which a process finds what this one tests."""
    import twisted_quectel

    found = str(Path(twisted_quectel.__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join(filter(None, (found, inherited)))
    return {**os.environ, "PYTHONPATH": path, "TWISTED_QUECTEL_MODEMS": "/nonexistent"}


def quectel(
    *arguments: str,
    output: IO[str] | int = subprocess.PIPE,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end.

    @param variables: of its environment, besides the usual ones.
    """
    return subprocess.run(
        [sys.executable, "-m", "twisted_quectel", *arguments],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**environment(), **(variables or {})},
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )


def complaints(err: str) -> list[str]:
    """Give the lines that are no warnings, such as of a firmware that checks no names."""
    return [line for line in err.splitlines() if not line.startswith("quectel: warning: ")]


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start it; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "twisted_quectel", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
