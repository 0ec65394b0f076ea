"""Who is told of the end of a pipe, and that once."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


class Farewell:
    """Whoever waits for the pipe to be left is told by that alone; else the owner is."""

    def __init__(
        self, on_carrier_lost: Callable[[], None], on_lost: Callable[[Failure], None]
    ) -> None:
        """
        @param on_carrier_lost: the connection has ended.
        @param on_lost: the port is gone, or of no use.
        """
        self._on_carrier_lost = on_carrier_lost
        self._on_lost = on_lost
        self._left: Deferred[bool] | None = None

    def wait(self) -> Deferred[bool]:
        """Give what fires when the pipe was left: whether the connection is up.

        Cancelling it tells nobody.
        """
        self._left = Deferred(self._forget)
        return self._left

    def left(self) -> None:
        """The port is in command mode, and the connection up."""
        self._tell(True)

    def ended(self) -> None:
        """The connection has ended."""
        if not self._tell(False):
            self._on_carrier_lost()

    def lost(self, reason: Failure) -> None:
        """The port is gone, or of no use."""
        left, self._left = self._left, None
        if left is None:
            self._on_lost(reason)
        else:
            left.errback(reason)

    def _forget(self, left: Deferred[bool]) -> None:
        self._left = None if self._left is left else self._left

    def _tell(self, up: bool) -> bool:
        left, self._left = self._left, None
        if left is not None:
            left.callback(up)
        return left is not None
