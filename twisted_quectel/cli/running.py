"""Runs a command on the reactor: one line for what fails, a clean end for signals."""

from __future__ import annotations

import signal
import sys
from collections.abc import Coroutine
from types import FrameType
from typing import Any, Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionLost
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogBeginner
from twisted.python.failure import Failure
from zope.interface import implementer

#: The exit status after Ctrl-C: 128 and the signal's number.
INTERRUPTED: Final = 128 + signal.SIGINT


#: What a connect, or a connection, that a signal has cut short fails with.
_CUT_SHORT: Final = (ConnectError, ConnectingCancelledError, ConnectionLost)


class CommandError(Exception):
    """What a command cannot do, for people, in one line."""


def complain(text: str) -> None:
    """Say in one line what is wrong."""
    print(f"quectel: {' '.join(text.split())}", file=sys.stderr, flush=True)


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
        self._work = work
        self._interrupted = False
        self._done: Deferred[None] | None = None

    def start(self) -> None:
        """Begin; whatever it comes to, the reactor stops."""
        work = Deferred.fromCoroutine(self._work)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop, work)
        work.addCallbacks(self._finished, self._failed)
        work.addBoth(self._over)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        self._interrupted = number == signal.SIGINT
        self._reactor.callFromThread(self._end)

    def _end(self) -> None:
        if self._reactor.running and self._done is None:
            self._reactor.stop()

    def _stop(self, work: Deferred[None]) -> Deferred[None] | None:
        """Let the command tidy up before the reactor goes."""
        if work.called:
            return None
        self._done = Deferred()
        work.cancel()
        return self._done

    def _finished(self, status: int) -> None:
        self.status = status

    def _failed(self, reason: Failure) -> None:
        if self._done is not None and reason.check(CancelledError, *_CUT_SHORT):
            if not self._endless:
                self.status = INTERRUPTED if self._interrupted else 1
            return
        self.status = 1
        complain(_text(reason))

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
    @return: the exit status: 1 if it raised, else 130 after Ctrl-C.
    """
    globalLogBeginner.beginLoggingTo([_Warnings()], redirectStandardIO=False, discardBuffer=True)
    running = Run(reactor, work, endless)

    def started() -> None:
        # after the reactor has put its own handlers in
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, running.interrupt)
        running.start()

    reactor.callWhenRunning(started)
    reactor.run()
    return running.status
