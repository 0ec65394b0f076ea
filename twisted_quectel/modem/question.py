"""The escape as a question: silence, C{+++}, silence, and what came of it.

LTE SSL Application Note v1.1 chapter 1.3.

B{Leaving.}  Everything is written and has left the wire; a guard time of
silence; C{+++} in one write; its last byte has left at C{t}.  A module that
takes it answers C{OK} no earlier than its guard time behind C{t} and no later
than C{t + guard + reaction}, and sends no payload behind that C{OK}.  So at
that moment, once nothing has come for 150 ms, either the tail is C{OK}, and
everything before it is payload, or the escape was not taken.  The first C{OK}
behind C{+++} proves nothing: the peer may have sent it.

B{NO CARRIER.}  The same question decides whether C{NO CARRIER} at the tail is
the module's.  If it is, the module is in command mode, where C{+++} is an
unfinished line of rubbish that is not answered: no C{OK}.  If it is payload,
the module is in data mode and C{OK} becomes the tail; then C{ATO} leads back
to the same connection, and what was kept back is delivered.  If payload
follows on the suspicious bytes, they were payload.  A wire with DCD needs no
question: C{NO CARRIER} is believed if DCD is off and nothing comes for 150 ms.

From the first suspicion on nothing is written but that question: in command
mode bytes run as commands.  What is under way at that moment may do so; only
DCD and short queues help.  The price of a false alarm is at most
C{guard + 0.1 + guard + reaction + 0.15} = 2.75 s, less the time for which the
wire was silent already, and C{ATO}.

B{No answer, and no NO CARRIER.}  Either the escape was not taken, or its answer
is held up on the way: nobody knows the mode, so nothing is written.  An answer
that comes within L{GRACE} is taken; then the question is asked again.  Payload
that flows on for L{FLOW} without a pause shows data mode.

Proof and escape safety need a wire that is timed (L{IWire}).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from ..at.deadline import Deadline
from ..at.trace import NOTE, Trace
from ..at.wire import IWire
from .carrier import SILENCE
from .outgoing import POLL, Outgoing

#: Silence before C{+++} beyond the guard time; some modules want 1004 ms.
MARGIN: Final = 0.1
#: How long payload may go on behind an escape before it counts as not taken.
FLOW: Final = 3.0
#: How long an answer that is overdue is waited for before the next question.
GRACE: Final = 1.1
#: How long a wire may take no byte at all, in seconds.
STALLED: Final = 30.0
#: The same where nothing is to be lost any more.
STALLED_DROPPED: Final = 3.0

_TICK: Final = 1e-6


class Question:
    """One escape at a time.

    @ivar heard: when something came last; kept by whoever reads.
    @ivar asked: whether the escape was sent and its answer is awaited.
    @ivar by_dtr: whether it was DTR that asked.
    @ivar patience: how long the wire may take no byte at all, in seconds.
    """

    def __init__(
        self,
        clock: IReactorTime,
        trace: Trace,
        outgoing: Outgoing,
        guard: float,
        reaction: float,
    ) -> None:
        self.heard = clock.seconds()
        self.asked = False
        self.by_dtr = False
        self.patience = STALLED
        self._clock = clock
        self._trace = trace
        self._outgoing = outgoing
        self._guard = guard
        self._reaction = reaction
        self._wire: IWire | None = None
        self._dtr = False
        self._in_doubt = False
        self._earliest = 0.0
        self._asking: Callable[[], bool] = _certainly
        self._judge: Callable[[float, bool], None] = _nobody
        self._stuck: Callable[[str], None] = _unheard
        self._sent: float | None = None  # when the question had left the wire
        self._unsent = (-1, 0.0)
        self._then: Callable[[], None] = _nothing
        self._deadline = Deadline(clock, self._passed)

    def start(
        self,
        wire: IWire | None,
        asking: Callable[[], bool],
        judge: Callable[[float, bool], None],
        stuck: Callable[[str], None],
    ) -> None:
        """
        @param asking: called before the question is sent; L{False} takes it back.
        @param judge: called when the answer must have come, with the earliest
            time at which it can have, and whether DTR asked.
        @param stuck: called with the problem when the wire takes no bytes.
        """
        self._wire = wire
        self._asking = asking
        self._judge = judge
        self._stuck = stuck

    def ask(self, in_doubt: bool, dtr: bool = False, earliest: float = 0.0) -> None:
        """Ask once everything has left and the wire is silent.

        Asked again before that, it looks anew.

        @param in_doubt: whether the module is believed to have ended its talk
            too.
        @param dtr: whether to ask by DTR, if the wire has it.
        @param earliest: the time before which it is not asked.
        """
        self._in_doubt = in_doubt
        self._earliest = earliest
        self._dtr = dtr
        self._unsent = (-1, 0.0)
        self._settle()

    def stop(self) -> None:
        """Do not ask, or wait for no answer."""
        self._deadline.clear()
        self.asked = False
        if self.by_dtr:
            self._raise_dtr()

    def after(self, seconds: float, then: Callable[[], None]) -> None:
        """Do something else instead, in so many seconds."""
        self._then = then
        self._deadline.set(seconds)

    def _passed(self) -> None:
        self._then()

    def _settle(self) -> None:
        if not (self._in_doubt or self._outgoing.flushed):
            return  # there will be asked again
        now = self._clock.seconds()
        silent = self._outgoing.silent_since()
        if silent is None:
            self._poll(now, self._settle)
            return
        ready = silent + (self._reaction / 2 if self._dtr else self._guard + MARGIN)
        if self._in_doubt:
            ready = max(ready, self.heard + SILENCE, self._earliest)
        if now < ready - _TICK:
            self.after(ready - now, self._settle)
        elif not self._dtr:
            self._send(now)
        elif not self._drop_dtr(now):
            self._dtr = False
            self._settle()

    def _poll(self, now: float, then: Callable[[], None]) -> None:
        """Look again soon, but not for ever."""
        unsent = self._outgoing.unsent()
        if unsent != self._unsent[0]:
            self._unsent = (unsent, now)
        if now - self._unsent[1] >= self.patience:
            self._stuck("the module takes no bytes")
        else:
            self.after(POLL, then)

    def _send(self, now: float) -> None:
        if not self._begin():
            return
        self._trace.add(NOTE, "+++")
        self._sent = None
        self._unsent = (-1, 0.0)
        self._outgoing.write(b"+++")
        self._await()

    def _drop_dtr(self, now: float) -> bool:
        """Let DTR fall, which AT&D1 makes an escape."""
        # the answer may come in this very turn
        if not self._begin():
            return True
        self._sent = now
        self.by_dtr = True
        if self._wire is None or not self._wire.set_dtr(False):
            self.by_dtr = self.asked = False
            return False
        self._trace.add(NOTE, "DTR off")
        self._await()
        return True

    def _begin(self) -> bool:
        self.asked = True
        if not self._asking():
            self.asked = False
        return self.asked

    def _raise_dtr(self) -> None:
        self.by_dtr = False
        if self._wire is not None:
            self._wire.set_dtr(True)

    def _await(self) -> None:
        """Wait until the answer must have come and nothing comes any more."""
        if not self.asked:
            return
        now = self._clock.seconds()
        if self._sent is None:
            self._sent = self._outgoing.silent_since()
            if self._sent is None:
                self._poll(now, self._await)
                return
        guard = 0.0 if self.by_dtr else self._guard
        due = self._sent + guard + self._reaction
        ready = min(max(due, self.heard + SILENCE), due + FLOW)
        if now < ready - _TICK:
            self.after(ready - now, self._await)
            return
        self.asked = False
        by_dtr = self.by_dtr
        if by_dtr:
            self._raise_dtr()
        # S12 may be set to less than the guard time that is kept here
        self._judge(self._sent + 0.45 * guard, by_dtr)


def _nothing() -> None:
    """Nothing is to be done."""


def _certainly() -> bool:
    """Nothing stands against it."""
    return True


def _nobody(since: float, by_dtr: bool) -> None:
    """Nobody judges."""


def _unheard(problem: str) -> None:
    """Nobody is told."""
