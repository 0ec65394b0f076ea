"""What becomes of a modem when its reactor stops."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore


class Shutdown:
    """Closes a modem ahead of the reactor's end, behind those who still need it.

    The reactor asks everybody at once to end.  A modem that went then would cut off what a
    service is just sending.
    """

    def __init__(self, reactor: object, close: Callable[[], Deferred[None]]) -> None:
        """
        @param reactor: a clock alone never stops.
        @param close: closes the modem.
        """
        self._reactor = reactor
        self._close = close
        self._holders: set[object] = set()
        self._closing: Deferred[None] | None = None
        self._trigger: object = None
        if IReactorCore.providedBy(reactor):
            self._trigger = reactor.addSystemEventTrigger("before", "shutdown", self._begins)

    def hold(self) -> Callable[[], None]:
        """Have the modem stay up until the function is called that this gives."""
        holder = object()
        self._holders.add(holder)

        def let_go() -> None:
            self._holders.discard(holder)
            closing = self._closing
            if closing is not None and not self._holders:
                self._closing = None
                closing.callback(None)

        return let_go

    def forget(self) -> None:
        """The modem is closed already."""
        trigger, self._trigger = self._trigger, None
        if trigger is not None:
            IReactorCore(self._reactor).removeSystemEventTrigger(trigger)

    def _begins(self) -> Deferred[None]:
        # a trigger that has fired cannot be removed
        self._trigger = None
        if not self._holders:
            return self._close()
        closing = self._closing = Deferred()
        return closing.addCallback(lambda _: self._close())
