"""The system that log events of a connection have."""

from __future__ import annotations

from collections.abc import Callable

from twisted.python import context
from twisted.python.log import ILogContext


def call_as(system: str, call: Callable[..., object], *arguments: object) -> None:
    """Call with what C{log.callWithContext} calls with.

    Where many calls follow one another this takes a third of its time.
    """
    tracker = context.theContextTracker.currentContext()
    around = {ILogContext: {**tracker.getContext(ILogContext), "system": system}}
    tracker.callWithContext(around, call, *arguments)
