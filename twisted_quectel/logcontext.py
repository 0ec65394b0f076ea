"""The system that log events of a connection have."""

from __future__ import annotations

from typing import Any

from twisted.python import context
from twisted.python.log import ILogContext


def log_context(system: str) -> dict[Any, Any]:
    """Give what C{log.callWithContext} calls with, for C{context.call}.

    Where many calls follow one another this takes the half of its time.
    """
    return {ILogContext: {**context.get(ILogContext), "system": system}}
