"""Those who wait for a modem to come up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from .session import Session


class Callers:
    """Two lines: who was there when the bring-up began, and who came later.

    What a bring-up fails with is the answer for the first only.  It may have
    begun before the module was back, so that the others get another try.
    """

    def __init__(self, left: Callable[[], None]) -> None:
        """
        @param left: called when one of them does not wait any more.
        """
        self._left = left
        self._first: list[Deferred[Session]] = []
        self._late: list[Deferred[Session]] = []

    def __bool__(self) -> bool:
        return bool(self._first or self._late)

    def wait(self, late: bool) -> Deferred[Session]:
        """Wait.

        @param late: whether a bring-up is under way that began before.
        """
        waiting: Deferred[Session] = Deferred(self._gone)
        (self._late if late else self._first).append(waiting)
        return waiting

    def _gone(self, waiting: Deferred[Session]) -> None:
        for line in (self._first, self._late):
            if waiting in line:
                line.remove(waiting)
        self._left()

    def admit(self, session: Callable[[], Session | None]) -> None:
        """Let them in, in their order.

        @param session: gives what they get; L{None} once it is lost again: then they wait on.
        """
        waiting, self._first, self._late = self._first + self._late, [], []
        for each in waiting:
            if each.called:
                # by whoever was told before
                continue
            found = session()
            if found is not None:
                each.callback(found)
            else:
                self._first.append(each)

    def refuse(self, reason: Failure, again: Callable[[], None]) -> None:
        """Tell those who were there from the beginning.

        @param again: called first, if there are others, who are the first of the next try.
        """
        waiting, self._first, self._late = self._first, self._late, []
        if self._first:
            again()
        for each in waiting:
            if not each.called:
                each.errback(reason)

    def refuse_all(self, reason: Failure) -> None:
        """Tell everybody: there will be no other try."""
        waiting, self._first, self._late = self._first + self._late, [], []
        for each in waiting:
            if not each.called:
                each.errback(reason)
