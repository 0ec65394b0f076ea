"""Both ways at once on a module that pushes nothing: sends and reads take the port in turn."""

from __future__ import annotations

from tests.bench.cell import Cell
from tests.bench.virtual import BLOCK, M95, READ, SIZE, Kind, exchange, named


def both(
    baudrate: int, latency: float, sockets: int, size: int = SIZE, kind: Kind = M95
) -> list[Cell]:
    """Send and receive at once, the same number of bytes each way.

    One command is under way at a time, so the bound is all sends and all reads one behind
    the other.  Each connection's share is told of when the first one is through.
    """
    took, least = exchange(baudrate, latency, sockets, size, kind)
    line, total = baudrate / 10, size // sockets * sockets
    sends = total / BLOCK * kind.send_time(line, latency)
    reads = total / READ * kind.read_time(line, latency)
    what = f"{kind.name}send and receive, {sockets} socket{'s' * (sockets > 1)}"
    cells = [
        Cell(named(what, baudrate, latency), (sends + reads) / took, 0.95, note="sends and reads")
    ]
    if sockets > 1:
        name = f"  least of {sockets} / its share"
        cells.append(Cell(named(name, baudrate, latency), least, 0.5))
    return cells
