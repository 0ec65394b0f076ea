"""Commands in flight that nobody waits for any more."""

from __future__ import annotations

from collections import deque

from twisted.python.failure import Failure

from .commands import Body
from .flight import SWALLOW, Flight
from .jobs import Job
from .syntax import CommandText
from .trace import NOTE


class Ends(Flight):
    """A port, as far as giving up what is in flight is concerned."""

    def let_go(self, job: Job | None = None) -> float:
        """Wait no more for how the command in flight ends that is to be told behind its C{OK}.

        @param job: whose command that has to be; L{None}: anybody's.
        @return: seconds for which it would have been waited for; 0 if nothing was let go.
        """
        current, command = self._current, self._command
        if current is None or not self._told_ok or job not in (None, current):
            return 0.0
        if command is None or not command.parts:
            return 0.0
        patience = self._patience()
        self._take_current()
        self.trace.add(NOTE, "nobody waits for how it ends")
        self._next()
        return patience

    def insist(self, text: CommandText) -> None:
        """Say a command ahead of the answer to another one, unless that waits for its body."""
        if self.line_mode and self._body_due is Body.NONE:
            self._write(b"AT%b\r" % text.wire)

    def wind_up(self, reason: Failure) -> None:
        """Fail everything that waits; what is in flight goes on to its end, for nobody."""
        current, waiting, self._queue = self._current, self._queue, deque()
        before, self._failing = self._failing, True
        if current is not None:
            self._current = SWALLOW
            self._fail(current, reason)
        for job in waiting:
            self._fail(job, reason)
        self._failing = before
        self.let_go()
