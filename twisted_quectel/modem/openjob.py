"""The turn of an open at the port."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..at import Command, Job, Response


class Condition(Protocol):
    """What has to hold when an open is sent."""

    @property
    def certain(self) -> bool:
        """Whether it still holds."""


class OpenJob(Job):
    """Sends an open, if what it needs still is as it was when its turn comes.

    @ivar sent: whether it was sent.
    @ivar withdrawn: whether it shall not be sent any more.
    @ivar deferred: fires with the answer, whatever it is; with L{None} if the
        what it needs has to be had anew before.
    """

    def __init__(self, command: Command, need: Condition | None) -> None:
        self.sent = False
        self.withdrawn = False
        self.deferred: Deferred[Response | None] = Deferred(self._cancelled)
        self._command = command
        self._need = need

    def _cancelled(self, _: Deferred[Response | None]) -> None:
        # what was sent is answered all the same
        self.withdrawn = not self.sent

    def command(self) -> Command | None:
        """Give the open."""
        if self.withdrawn:
            return None
        if self._need is not None and not self._need.certain:
            self.withdrawn = True
            self.deferred.callback(None)
            return None
        self.sent = True
        return self._command

    def done(self, response: Response) -> None:
        """It was answered."""
        if not self.deferred.called:
            self.deferred.callback(response)

    def failed(self, reason: Failure) -> None:
        """It was not answered, or never sent."""
        if not self.deferred.called:
            self.deferred.errback(reason)
