"""The way in from a raw stream to the owner, as long as the carrier is there.

Where DCD has been on and is off, what comes is either the last payload, with
C{NO CARRIER} behind it, or no payload at all: a module that has restarted, at
another speed perhaps, talks to nobody in particular.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from ..at.deadline import Deadline
from .carrier import MAX_TALK
from .interfaces import PipeOwner

#: Seconds of silence behind bytes without a carrier in which the word for it
#: must have come.
PATIENCE: Final = 1.0


class Inlet:
    """Keeps back what comes without a carrier until it is known what it is."""

    def __init__(
        self,
        clock: IReactorTime,
        owner: PipeOwner,
        dcd: Callable[[], bool | None],
        held: Callable[[], bool],
        gone: Callable[[str], None],
    ) -> None:
        """
        @param dcd: gives the circuit.
        @param held: whether the port is not read, so that nothing can come.
        @param gone: called with the problem when the word for the end of the
            carrier does not come.
        """
        self._owner = owner
        self._dcd = dcd
        self._held = held
        self._gone = gone
        self._carrier = False  # whether DCD was on
        self._kept = b""
        self._deadline = Deadline(clock, self._passed)

    def look(self) -> None:
        """See whether there is a carrier."""
        self._carrier = self._carrier or bool(self._dcd())

    def received(self, payload: bytes) -> None:
        """Deliver bytes, unless the carrier is gone."""
        self.look()
        dcd = self._dcd()
        without = self._carrier and dcd is False
        # more than a module says when it starts is payload
        if without and len(self._kept) + len(payload) <= MAX_TALK:
            self._kept += payload
            self._deadline.set(PATIENCE)
        else:
            self.deliver(payload)

    def deliver(self, payload: bytes = b"") -> None:
        """Deliver what was kept back, and these bytes."""
        whole, self._kept = self._kept + payload, b""
        self._deadline.clear()
        if whole:
            self._owner.received(whole)

    def stop(self) -> None:
        """Forget what was kept back."""
        self._kept = b""
        self._deadline.clear()

    def _passed(self) -> None:
        if self._held():
            self._deadline.set(PATIENCE)
        elif self._dcd():
            # it was off for a moment only
            self.deliver()
        else:
            self._gone("the carrier is gone without a word")
