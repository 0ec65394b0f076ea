"""Waiting for something to get free, so that giving up says what for."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred


async def wait_for(free: Deferred[None], what: str) -> None:
    """Wait; when that is cancelled, the exception says what it was waited for.

    @param what: what is in use.
    """
    try:
        await free
    except CancelledError:
        raise CancelledError(what) from None
