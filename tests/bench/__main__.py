"""Prints the table: C{python -m tests.bench}, with C{--quick} for short runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from tests.bench import counts, cpu, hosttls, https, polled, ptys, ptysend, startup, virtual
from tests.bench.cell import Cell
from tests.modules import kind_of


def on_the_clock(size: int, kind: virtual.Kind) -> Iterator[Cell]:
    """Run the benches of the virtual clock."""
    grid = [(speed, latency) for speed in virtual.SPEEDS for latency in virtual.LATENCIES]
    for piece in (virtual.BLOCK, 64, 1):
        for place in grid:
            yield virtual.send(*place, piece, size, kind)
    if kind.pushes:
        for sockets in (1, 12):
            for place in grid:
                yield from virtual.both(*place, sockets, size, kind)
    else:
        for sockets in (1, 6):
            for place in grid:
                yield from polled.both(*place, sockets, size, kind)
    for place in grid:
        yield virtual.receive(*place, size, kind)
    for share in (0.5, 3.0):
        for place in grid:
            yield virtual.pausing(*place, share, max(size, 1 << 19), kind)
    for way in ("out", "in", "both"):
        for place in grid:
            yield virtual.transparent(*place, way, size, kind)


def pushed(size: int, kind: virtual.Kind) -> Iterator[Cell]:
    """Run those of a module that pushes, and has nothing to read with."""
    for place in ((speed, latency) for speed in virtual.SPEEDS for latency in virtual.LATENCIES):
        for piece in (virtual.BLOCK, 64, 1):
            yield virtual.send(*place, piece, size, kind)
        yield virtual.receive(*place, size, kind)
        for way in ("out", "in", "both") if "transparent" in kind_of(kind.model).modes else ():
            yield virtual.transparent(*place, way, size, kind)


def requests(size: int) -> Iterator[Cell]:
    """Run those of a stack that is made for requests."""
    for place in ((speed, latency) for speed in virtual.SPEEDS for latency in virtual.LATENCIES):
        for piece in (virtual.BLOCK, 64, 1):
            yield https.send(*place, piece, size)
        yield https.receive(*place, size)


def cells(quick: bool) -> Iterator[Cell]:
    """Run all benches."""
    for kind in (virtual.TLS, virtual.TCP, virtual.M95):
        yield from on_the_clock(virtual.SIZE // 8 if quick else virtual.SIZE, kind)
    for kind in (virtual.NBIOT, virtual.SIM):
        yield from pushed(virtual.SIZE // 8 if quick else virtual.SIZE, kind)
    yield from requests(virtual.SIZE // 8 if quick else virtual.SIZE)
    for way in ("send", "receive"):
        for piece in (virtual.BLOCK, 64, 1):
            yield hosttls.overhead(way, piece)
    yield from counts.command_lines()[0]
    yield from counts.same_turn()
    yield counts.memory()
    yield ptys.system_calls()
    yield from ptys.transparent(2 if quick else 5)
    yield cpu.round_trips()
    yield cpu.parsing()
    yield cpu.hundred()
    yield from startup.start_up(3 if quick else 5)
    if not quick:
        yield from ptysend.pty_sends()


def main(arguments: Iterable[str]) -> None:
    """Print the table."""
    missed = 0
    for cell in cells("--quick" in arguments):
        missed += not cell.met
        sys.stdout.write(cell.row() + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"{missed} missed\n")


if __name__ == "__main__":
    main(sys.argv[1:])
