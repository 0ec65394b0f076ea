"""Fuzz for long::

    python -m tests.fuzz.run --inputs 10000000

The inputs are shared out over the targets.  With atheris, coverage leads the
way; without it, inputs are made at random from the corpus.  What is new goes
to C{--out}, a folder for each target; what fails is shown, kept there, and ends
the run with status 1.  C{--keep} puts what was found into the corpus.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

CORPUS = Path(__file__).with_name("corpus")
#: Longest input, in bytes.
LONGEST = 4096


def seeds(target: str) -> list[bytes]:
    """Give the corpus of a target: a literal on each line."""
    text = (CORPUS / f"{target}.txt").read_text(encoding="ascii")
    return [bytes(ast.literal_eval(line)) for line in text.splitlines()]


def write_seeds(target: str, inputs: list[bytes]) -> None:
    """Write it."""
    lines = sorted({f"{data!r}\n" for data in inputs}, key=lambda line: (len(line), line))
    (CORPUS / f"{target}.txt").write_text("".join(lines), encoding="ascii")


def guided(target: str, count: int, seed: int, out: Path) -> int:
    """Fuzz with atheris in a process of its own; give its status."""
    folder = out / "corpus"
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(seeds(target)):
        (folder / f"seed-{number}").write_bytes(data)
    arguments = [
        f"-runs={count}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
        f"-artifact_prefix={out}/failed-",
        str(folder),
    ]
    command = [sys.executable, "-m", "tests.fuzz.guided", target, *arguments]
    return subprocess.call(command)


def arcs(run: Callable[[bytes], None], data: bytes) -> set[tuple[str, int, int]]:
    """Give the steps from line to line that an input makes in the package."""
    found: set[tuple[str, int, int]] = set()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        name = frame.f_code.co_filename
        if "twisted_quectel" not in name:
            return None
        before = frame.f_lineno

        def line(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal before
            found.add((name, before, frame.f_lineno))
            before = frame.f_lineno
            return line

        return line

    sys.settrace(trace)
    try:
        run(data)
    finally:
        sys.settrace(None)
    return found


def minimised(target: str, out: Path) -> None:
    """Put what a run has found into the corpus, without what goes no new way."""
    from tests.fuzz.targets import TARGETS

    known: set[tuple[str, int, int]] = set()
    kept = []
    found = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    for data in [*seeds(target), *sorted(found, key=len)]:
        new = arcs(TARGETS[target], data) - known
        if new or data in seeds(target):
            known |= new
            kept.append(data)
    write_seeds(target, kept)


def mutated(chance: random.Random, inputs: list[bytes]) -> bytes:
    """Make an input from others."""
    data = bytearray(chance.choice(inputs))
    for _ in range(chance.randint(1, 8)):
        start = chance.randint(0, len(data))
        what = chance.randrange(4)
        if what == 0:
            data[start : start + chance.randint(0, 8)] = chance.randbytes(chance.randint(0, 8))
        elif what == 1:
            other = chance.choice(inputs)
            cut = chance.randint(0, len(other))
            data[start:start] = other[cut : cut + chance.randint(0, 64)]
        elif what == 2:
            data[start:start] = data[start : start + chance.randint(1, 64)] * chance.randint(1, 8)
        else:
            del data[start : start + chance.randint(1, 16)]
    return bytes(data[:LONGEST])


def unguided(target: str, count: int, seed: int, out: Path) -> int:
    """Fuzz without coverage; give 1 if something fails."""
    from tests.fuzz.targets import TARGETS

    run = TARGETS[target]
    chance = random.Random(seed)
    inputs = seeds(target)
    for _ in range(count):
        data = mutated(chance, inputs)
        try:
            run(data)
        except Exception:
            (out / "failed").write_bytes(data)
            raise
    return 0


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--target", action="append", help="framer, syntax, urcs or port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="minimise what is in --out, keep it")
    parser.add_argument("--out", type=Path, default=Path("fuzz-out"))
    options = parser.parse_args()
    targets = options.target or [path.stem for path in sorted(CORPUS.iterdir())]
    fuzz = guided if importlib.util.find_spec("atheris") else unguided
    if fuzz is unguided:
        print("without atheris: inputs are made at random")
    if options.keep:
        for target in targets:
            minimised(target, options.out / target)
        return 0
    share = max(options.inputs // len(targets), 1)
    status = 0
    for target in targets:
        out = options.out / target
        out.mkdir(parents=True, exist_ok=True)
        print(f"{target}: {share} inputs", flush=True)
        status |= fuzz(target, share, options.seed, out) != 0
    return status


if __name__ == "__main__":
    sys.exit(main())
