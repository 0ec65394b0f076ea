"""Ways to cut a stream of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise


def pieces(data: bytes, size: int = 1) -> list[bytes]:
    """Cut into pieces of one size."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def at_points(data: bytes, points: list[int]) -> list[bytes]:
    """Cut at the given places."""
    edges = [0, *sorted(point % (len(data) + 1) for point in points), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def every_cut(data: bytes) -> Iterator[list[bytes]]:
    """Give the stream whole, byte by byte, and cut once at each place."""
    yield [data]
    yield pieces(data)
    for place in range(1, len(data)):
        yield [data[:place], data[place:]]
