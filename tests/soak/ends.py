"""The two ends of the soak's connections, and what is counted of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from tests.endpoint.tokens import TOKENS

#: Longest stream, in bytes.
LONGEST: Final = 20000


def stream(chance: random.Random) -> bytes:
    """Make bytes of which many mean something to a module."""
    pieces: list[bytes] = []
    size = chance.choice((1, 100, 2000, LONGEST))
    while sum(map(len, pieces)) < size:
        pieces.append(chance.choice((chance.randbytes(chance.randint(0, 900)), *TOKENS)))
    return b"".join(pieces)[:size]


class End(Protocol):
    """One end of a connection: sends its stream, compares what comes with the other's.

    @ivar untrue: so many last bytes are not to be relied on.
    """

    transport: Any

    def __init__(self, sent: bytes, expected: bytes, closes: bool) -> None:
        self.sent = sent
        self.expected = expected
        self.count = 0
        self.wrong = ""
        self.reasons: list[Failure] = []
        self.untrue = 0
        self._closes = closes

    def connectionMade(self) -> None:
        self.transport.write(self.sent)
        self._look()

    def dataReceived(self, data: bytes) -> None:
        due = self.expected[self.count : self.count + len(data)]
        sure = max(0, len(self.expected) - self.untrue - self.count) if self.untrue else None
        if due[:sure] != data[:sure] and not self.wrong:
            self.wrong = f"{data[:80]!r} came at {self.count} in place of {due[:80]!r}"
        self.count += len(data)
        self._look()

    def _look(self) -> None:
        if self._closes and self.count >= len(self.expected):
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reasons.append(reason)

    @property
    def whole(self) -> bool:
        """Whether all that the other end had to say has come."""
        return len(self.expected) - self.untrue <= self.count <= len(self.expected) + self.untrue

    @property
    def clean(self) -> bool:
        """Whether it has ended well."""
        return bool(self.reasons) and self.reasons[0].check(ConnectionDone) is not None


@dataclass(eq=False)
class Pair:
    """A connection that is open.

    @ivar since: when it was opened, or given up.
    @ivar given_up: whether it was ended because it did not end.
    """

    mode: str
    client: End
    servers: list[End]
    listening: Any
    since: float
    given_up: bool = False

    def ends(self) -> list[End]:
        """Give both ends."""
        return [self.client, *self.servers]


@dataclass
class Tally:
    """What has happened.

    @ivar outcomes: of connects and connections.
    @ivar delivered: bytes on connections that ended clean.
    @ivar problems: what must not be.
    @ivar memory: bytes after a full collection, at the hours at which it was looked at.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    problems: list[str] = field(default_factory=list)
    memory: dict[float, int] = field(default_factory=dict)
