"""The receiving half of a connection of a request stack: a receive that waits in the module.

SIM52xx SSL Application Note v0.01, chapters 2.4, 2.7 and 5.1.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from ..at import Command, Response
from ..at.deadline import Deadline
from ..errors import RemoteViolation, SendFailed
from ..families import RequestDialect
from ..families.base import Receipt
from .receiving import HELD_AT_MOST, ReadJob
from .socketstate import SocketState, everything_is_lost

#: Seconds before a receive that has brought nothing is tried again, the first time and at most.
AGAIN_FIRST: Final = 1.0
AGAIN_LONGEST: Final = 15.0
#: Seconds that receives may fail in a row.
FAILING_AT_MOST: Final = 120.0
#: Seconds that a receive has to have waited in vain for the next one to follow it at once.
WAITED: Final = 1.0
#: Seconds in which a receive ends, once the peer's end was told.
ENDS_SOON: Final = 10.0


class Polling(SocketState):
    """Keeps a receive waiting in the module while somebody wants what it brings.

    While nobody does there is none: the module's buffer fills, and the server is held back.
    """

    _stack: RequestDialect
    _read_job: ReadJob
    _receiving: bool = False  # from the receive's turn to its end
    _receive_answered: bool = False
    _receive_code: int | None = None  # it has ended ahead of its OK
    _brought: bool = False  # whether this one has brought something
    _asked_at: float = 0.0
    _failing_since: float | None = None
    _receive_due: Deadline | None = None
    _drain_until: float = 0.0
    _is_dry: bool = False  # the peer has closed, and all was told
    _again: IDelayedCall | None = None
    _again_wait: float = AGAIN_FIRST

    # -- what is wanted

    def _look(self) -> None:
        """Receive, if somebody wants it and it is not tried already."""
        if self._paused or self._held or self._owner is None or self.is_over:
            return
        if self._is_dry:
            self._drained()
        elif not (self._read_waits or self._receiving or self._again is not None):
            self._read_waits = True
            self._port.enqueue(self._read_job)

    def readable(self) -> None:
        """There is data to receive."""
        if self._again is not None:
            self._stop_again()
            self._look()

    def _flush_held(self) -> None:
        while self._held and not self._paused and self._owner is not None:
            data = self._held.popleft()
            self._held_size -= len(data)
            self._owner.received(data)

    def pushed(self, data: bytes, source: tuple[str, int] | None = None) -> None:
        """A receive has brought something."""
        if self.is_over:
            return
        self._brought = True
        self._failing_since = None
        self._again_wait = AGAIN_FIRST
        self._wait_for_end()
        if not self._paused and not self._held and self._owner is not None:
            self._owner.received(data)
            return
        if not self._held:
            self._held = deque()
        self._held.append(data)
        self._held_size += len(data)
        if self._held_size > HELD_AT_MOST:
            self._fail(
                RemoteViolation(
                    f"the module has brought more than {HELD_AT_MOST} bytes at once for a "
                    "consumer that does not take them",
                    family=self._family.name,
                )
            )

    # -- its turn at the port

    def next_read(self) -> Command | None:
        """It is the receive's turn (called by the port)."""
        self._read_waits = False
        if self._paused or self.is_over:
            return None
        self._receiving = True
        self._receive_answered = self._brought = False
        self._receive_code = None
        self._asked_at = self._clock.seconds()
        return self._stack.receive_command(self.id)

    def read_done(self, response: Response) -> None:
        """The receive was answered; what it brings may come before that, or behind it."""
        if self.is_over:
            return
        code = self._receive_code
        if code is not None:
            self._ended(code)
        elif response.result.good:
            self._receive_answered = True
            self._wait_for_end()
        else:
            if not self._peer_closed:
                self._ask_error()
                self._ask_state()
            self._ended_badly(response.result.describe())

    def read_lost(self, reason: Failure) -> None:
        """The receive was not answered: what it brings comes all the same, if it does."""
        if everything_is_lost(reason) or self.is_over:
            return
        code = self._receive_code
        if code is not None:
            self._ended(code)
        else:
            self._ended_badly(reason.getErrorMessage())

    # -- its end

    def receive_ended(self, code: int) -> None:
        """The module has told all that a receive had waited for."""
        if not self._receiving or self.is_over:
            return
        if self._receive_answered:
            self._ended(code)
        else:
            self._receive_code = code

    def _ended(self, code: int) -> None:
        self._stop_receive()
        receipt = self._stack.receipt(code)
        if receipt is Receipt.CLOSED:
            self._is_dry = True
            self.closed_by_peer()
            self._look()
        elif self._brought and not self._drained_enough:
            self._look()
        elif self._peer_closed:
            self._dry()
        elif receipt is Receipt.FAILED:
            self._ended_badly(f"code {code}", code)
        else:
            self._failing_since = None
            waited = self._clock.seconds() - self._asked_at
            if waited < WAITED:
                # it has not waited at all
                self._try_again()
            else:
                self._again_wait = AGAIN_FIRST
                self._look()

    def _receive_late(self) -> None:
        """Its end was not told, or is lost; the state tells whether there is a connection."""
        if not self._peer_closed:
            self._ask_state()
        self._ended_badly("no end of it in time")

    def _ended_badly(self, what: str, code: int | None = None) -> None:
        self._stop_receive()
        if self._peer_closed:
            self._dry()
            return
        now = self._clock.seconds()
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since > FAILING_AT_MOST:
            self._fail(
                SendFailed(
                    f"the module has told nothing for {FAILING_AT_MOST:g} s of what it may have "
                    f"received: {what}",
                    code=code,
                    family=self._family.name,
                    command="AT" + self._stack.receive_command(self.id).text.shown,
                    trace=self._port.trace.last(),
                )
            )
            return
        self._try_again()

    def _try_again(self) -> None:
        """Receive again after a while, or when there is data."""
        self._again = self._clock.callLater(self._again_wait, self._try_now)
        self._again_wait = min(self._again_wait * 2, AGAIN_LONGEST)

    def _try_now(self) -> None:
        self._again = None
        self._look()

    def _dry(self) -> None:
        """The peer has closed, and all was told: the end is told behind what is held."""
        self._is_dry = True
        self._look()

    def _wait_for_end(self) -> None:
        """Give the receive that waits in the module its time, from now on."""
        if not (self._receiving and self._receive_answered):
            return
        if self._receive_due is None:
            self._receive_due = Deadline(self._clock, self._receive_late)
        self._receive_due.set(ENDS_SOON if self._peer_closed else self._stack.transfer_time)

    @property
    def _drained_enough(self) -> bool:
        """Whether a peer that goes on, although what it was sent is lost, was heard for long."""
        return self._problem is not None and self._clock.seconds() > self._drain_until

    def _peer_is_gone(self) -> None:
        """The peer has closed: what the module still has is told soon, or not at all."""
        self._drain_until = self._clock.seconds() + FAILING_AT_MOST
        if self._receiving:
            self._wait_for_end()
        else:
            self._stop_again()
            self._look()

    def _stop_receive(self) -> None:
        self._receiving = False
        if self._receive_due is not None:
            self._receive_due.clear()

    def _stop_again(self) -> None:
        again, self._again = self._again, None
        if again is not None:
            again.cancel()
