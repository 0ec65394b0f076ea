"""The cache that sends of HTTPS and FTPS go through (SIM52xx SSL note, chapters 2.3 and 3.11).

What a host hands over waits in it until it is committed, or until there is no room for the
longest send any more: from then on it goes to the network as fast as that takes it.
"""

from __future__ import annotations

from collections.abc import Callable

from ...tables.sim52xx import SEND_LENGTHS
from .wires import AlertingSocket, UpgradingSocket


class SendCache:
    """Bytes on their way to the network.

    @ivar wanted: is called when the cache has to be emptied and has no connection yet.
    """

    def __init__(self, limit: int) -> None:
        """
        @param limit: bytes that it holds, those included that TCP has yet to take.
        """
        self.wanted: Callable[[], None] = lambda: None
        self._limit = limit
        self._held = bytearray()
        self._flows = False
        self._net: AlertingSocket | UpgradingSocket | None = None
        self._empty: Callable[[], None] | None = None

    def attach(self, net: AlertingSocket | UpgradingSocket) -> None:
        """Give it the connection that its content goes to."""
        self._net = net
        net.on_writable = self.pump
        net.on_drained = self.pump
        self.pump()

    def pending(self) -> int:
        """Give the bytes that are not sent yet."""
        return len(self._held) + (0 if self._net is None else self._net.pending())

    def fits(self, length: int) -> bool:
        """Tell whether there is room; if not, some is made from now on."""
        if self.pending() + length <= self._limit:
            return True
        self._flow()
        return False

    def add(self, data: bytes) -> None:
        """Take bytes; L{fits} was asked before."""
        self._held += data
        if self.pending() + SEND_LENGTHS[-1] > self._limit:
            self._flow()
        self.pump()

    def commit(self, empty: Callable[[], None]) -> None:
        """Send all that there is.

        @param empty: is called when TCP has taken it; not before this returns if there is
            something to send.
        """
        self._empty = empty
        self._flow()

    def _flow(self) -> None:
        self._flows = True
        if self._net is None:
            self.wanted()
        self.pump()

    def pump(self) -> None:
        """Hand on what waits, as far as the network takes it."""
        net = self._net
        if net is None or not self._flows:
            return
        while self._held:
            # a send that finds no room is what asks to be told of room
            size = min(len(self._held), max(1, net.send_space()))
            if not net.send(bytes(self._held[:size])):
                return
            del self._held[:size]
        if not net.pending() and self._empty is not None:
            empty, self._empty = self._empty, None
            self._flows = False
            empty()

    def clear(self) -> None:
        """Drop what waits; nobody is told any more."""
        self._held.clear()
        self._empty = None
        self._flows = False
