"""A port to a module that may sleep, and does not hear what wakes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from ..errors import CommandTimeout
from .commands import Command, Response
from .framing import Framer, Inline
from .jobs import Job
from .syntax import basic_form

#: What wakes a module that sleeps, and how often it is said: one that sleeps deeply boots.
_WAKE: Final = Command(basic_form("E0"), timeout=0.4, probe=True)
_WAKE_TRIES: Final = 25


class Waking(Job):
    """Says hello until a module that sleeps has heard it."""

    def __init__(self, awake: Callable[[Job | None], None], tries: int = _WAKE_TRIES) -> None:
        """
        @param awake: told when it is awake, or is not to be asked again; given what asks once
            more.
        """
        self._awake = awake
        self._tries = tries

    def command(self) -> Command | None:
        """Give the greeting."""
        return _WAKE

    def done(self, response: Response) -> None:
        """It has heard it."""
        self._awake(None)

    def failed(self, reason: Failure) -> None:
        """It has not, or the port is gone."""
        late = reason.check(CommandTimeout) is not None
        self._awake(Waking(self._awake, self._tries - 1) if late and self._tries > 1 else None)


class Drowsy(LineReceiver):
    """A port, as far as it has to wake its module.

    @ivar drowsy: seconds of silence behind which the module may not hear; L{None}: it always
        does.
    """

    drowsy: float | None = None
    _spoken = 0.0
    _waking = False
    _asked_again = False
    _resync_wanted: bool
    _clock: IReactorTime
    _framer: Framer
    _lost: Failure | None
    _queue: deque[Job]

    def read_inline(self, read: Callable[[bytes], Inline | None] | None) -> None:
        """Have lines read that bring counted bytes in them: see L{Framer}."""
        self._framer.inline = read

    def _wake_first(self, silence: float) -> None:
        """Have the module woken, if it may have fallen asleep."""
        if self._clock.seconds() - self._spoken >= silence:
            self._waking = True
            self._queue.appendleft(Waking(self._awake))
        self._spoken = self._clock.seconds()

    def _awake(self, again: Job | None) -> None:
        """The module has answered, or is asked once more."""
        if again is not None and self._lost is None:
            self._queue.appendleft(again)
            self._asked_again = True
            return
        self._waking = False
        self._speaks()
        if self._asked_again:
            # an answer that was too late for one greeting has passed for that of the next,
            # whose own may still come
            self._asked_again = False
            self._resync_wanted = True

    def _speaks(self) -> None:
        """The module is awake just now."""
        self._spoken = self._clock.seconds()
