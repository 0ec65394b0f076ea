"""When blocks that were refused are sent again, over all connections of a module.

A refused send keeps the port for the time in which a late C{SEND OK} may come.
Connections whose servers do not read would take the port from all others if
each of them tried again at its own time.
"""

from __future__ import annotations

from typing import Final

#: Seconds between two such sends, of whichever connections: three times what one
#: keeps the port, so that most of it is left to the others.
SPACING: Final = 0.9


class Retries:
    """Hands out the times, one for each connection that waits."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0.0

    def when(self, now: float, wait: float) -> float:
        """Give the seconds after which a connection may try again.

        @param wait: how long it has to wait at least.
        """
        time = max(now + wait, self._next)
        self._next = time + SPACING
        return time - now
