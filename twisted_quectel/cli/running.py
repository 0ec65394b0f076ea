"""Runs a command on the reactor: one line for what fails, a clean end for signals."""

from __future__ import annotations

import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogBeginner
from twisted.python.failure import Failure
from zope.interface import implementer

from .words import CommandError, complain

#: What ends a command.
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: The exit status after a signal is this and its number.
SIGNALLED: Final = 128

_T = TypeVar("_T")


@implementer(ILogObserver)
class _Warnings:
    """Shows warnings and errors of the log in one line each."""

    def __call__(self, event: LogEvent) -> None:
        level = event.get("log_level")
        if level is None or level < LogLevel.warn:
            return
        failure = event.get("log_failure")
        text = formatEvent(event)
        if isinstance(failure, Failure):
            text = f"{text} ({_text(failure)})"
        complain(f"warning: {text}" if level is LogLevel.warn else text)


def _text(reason: Failure) -> str:
    """Say why something failed."""
    problem = reason.value
    return str(problem) or type(problem).__name__


class _ToTheEnd(Deferred[_T]):
    """Is not cancelled."""

    def cancel(self) -> None:
        """Go on."""


def to_the_end(waiting: Deferred[_T]) -> Deferred[_T]:
    """Wait for what no signal shall cut short: tidying up."""
    ended: Deferred[_T] = _ToTheEnd()
    waiting.chainDeferred(ended)
    return ended


class Run:
    """One command on a reactor.

    @ivar status: the exit status.
    """

    def __init__(
        self, reactor: Any, work: Coroutine[Deferred[Any], Any, int], endless: bool
    ) -> None:
        self.status = 0
        self._endless = endless
        self._reactor = reactor
        self._coroutine = work
        self._work: Deferred[int] | None = None
        self._signal: int | None = None
        self._done: Deferred[None] | None = None

    def start(self) -> None:
        """Begin; whatever it comes to, the reactor stops."""
        # ahead of the triggers of all that the work makes: it is the work that ends them
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._work = work = Deferred.fromCoroutine(self._coroutine)
        work.addCallbacks(self._finished, self._failed)
        work.addBoth(self._over)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; the first one counts, and further ones change nothing."""
        if self._signal is None:
            self._signal = number
            self._reactor.callFromThread(self._end)

    def _end(self) -> None:
        if self._reactor.running and self._done is None:
            self._reactor.stop()

    def _stop(self) -> Deferred[None] | None:
        """Let the command tidy up before the reactor goes."""
        if self._work is None or self._work.called:
            return None
        self._done = Deferred()
        self._work.cancel()
        return self._done

    def _finished(self, status: int) -> None:
        self.status = status if self._done is None else self._cut_short()

    def _failed(self, reason: Failure) -> None:
        if self._done is not None:
            # whatever was under way has been cut short, each thing in its own way
            self.status = self._cut_short()
            return
        problem = reason.value
        self.status = problem.status if isinstance(problem, CommandError) else 1
        if not isinstance(problem, CommandError) or str(problem):
            complain(_text(reason))

    def _cut_short(self) -> int:
        """Give the exit status after a signal."""
        return 0 if self._endless else SIGNALLED + (self._signal or signal.SIGTERM)

    def _over(self, _: object) -> None:
        if self._done is not None:
            self._done.callback(None)
        else:
            self._reactor.callWhenRunning(self._end)


def run(work: Coroutine[Deferred[Any], Any, int], reactor: Any, endless: bool = False) -> int:
    """Run a command.

    SIGINT, SIGTERM and SIGHUP cancel it; it tidies up before the reactor ends.

    @param work: gives the exit status; what it raises is said in one line.
    @param endless: whether a signal is how it ends, so that the status is 0.
    @return: the exit status: that of what it raised, else 128 and the signal's number.
    """
    globalLogBeginner.beginLoggingTo([_Warnings()], redirectStandardIO=False, discardBuffer=True)
    running = Run(reactor, work, endless)

    def started() -> None:
        # after the reactor has put its own handlers in
        for number in SIGNALS:
            signal.signal(number, running.interrupt)
        running.start()

    reactor.callWhenRunning(started)
    reactor.run()
    for number in SIGNALS:
        # it is over; nothing is left to be interrupted but the interpreter's own end
        signal.signal(number, signal.SIG_IGN)
    return running.status
