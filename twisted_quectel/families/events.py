"""What a module says unasked, as a driver understands it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opened:
    """An open has ended.  C{code} 0 is success."""

    id: int
    code: int


@dataclass(frozen=True, slots=True)
class Readable:
    """A connection in buffer mode has data."""

    id: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """A connection in push mode hands over data.

    @ivar source: address and port that a datagram came from, where each has its own.
    """

    id: int
    data: bytes
    source: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection was closed by the peer or the network."""

    id: int


@dataclass(frozen=True, slots=True)
class PDPLost:
    """A PDP context is down; L{None} stands for all of them."""

    pdp: int | None


@dataclass(frozen=True, slots=True)
class Booted:
    """The module has started."""


@dataclass(frozen=True, slots=True)
class PoweredDown:
    """The module is going down."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that nobody waits for."""

    line: bytes


URC = Opened | Readable | Pushed | Closed | PDPLost | Booted | PoweredDown | Notice
