"""The sending half of a connection of a request stack: sends that wait to be committed.

SIM52xx SSL Application Note v0.01, chapters 2.3 and 2.7.
"""

from __future__ import annotations

from twisted.python.failure import Failure

from ..at import Command, Response
from ..at.deadline import Deadline
from ..errors import ModemError, SendFailed
from ..families import Delivery, RequestDialect
from .sending import Sending
from .socketstate import RETRY_FIRST, everything_is_lost


class Committing(Sending):
    """Sends what the owner has, and commits it when the owner has no more for now.

    While a commit is under way the module takes nothing to send; what it receives comes all
    the same, since a server may want to be read before it reads on.
    """

    _stack: RequestDialect
    #: bytes that the module has taken, and has not confirmed to have sent
    _uncommitted: int = 0
    _full: bool = False  # a send was refused for want of room: what is there has to go first
    _commits_now: bool = False  # the turn at the port is a commit's
    _committing: bool = False  # from the commit's turn to its confirmation
    _commit_answered: bool = False
    _commit_confirmed: bool = False
    _commit_due: Deadline | None = None

    # -- turns at the port

    def next_send(self) -> Command | None:
        """It is the turn of the next send, or of a commit (called by the port)."""
        if not self._committing and self._may_send:
            if not self._full:
                command = super().next_send()
                if command is not None:
                    return command
            if self._uncommitted:
                self._commits_now = self._committing = True
                self._commit_answered = self._commit_confirmed = False
                return self._stack.commit_command(self.id)
        self._send_waits = False
        return None

    def send_done(self, response: Response) -> None:
        """The send, or the commit, was answered."""
        if self._commits_now:
            self._commits_now = self._send_waits = False
            if self._committing:
                self._commit_done(response)
            return
        respelled = self._stack.respelled(response)
        delivery = self._stack.delivery(response)
        if delivery is not Delivery.NOT_SENT or not (respelled or self._uncommitted):
            if delivery is Delivery.TAKEN:
                self._uncommitted += len(self._chunk)
            super().send_done(response)
            return
        # in the other spelling, or when there is room
        self._full = not respelled
        self._send_waits = False
        self.writable()

    def send_lost(self, reason: Failure) -> None:
        """The send, or the commit, was not answered."""
        if not self._commits_now:
            super().send_lost(reason)
            return
        self._commits_now = self._send_waits = False
        if everything_is_lost(reason):
            return
        if self._committing and self._commit_confirmed:
            self._committed()
        else:
            self._fail(self._unconfirmed("the module did not answer the commit of"))

    def _after_send(self) -> None:
        self._sent_on()

    def _sent_on(self) -> None:
        """Go on with what there is to send or to commit."""
        if not self.is_over:
            self.writable()

    # -- commits

    def _commit_done(self, response: Response) -> None:
        if response.result.good or self._commit_confirmed:
            self._commit_answered = True
            if self._commit_confirmed:
                self._committed()
            elif not self.is_over:
                if self._commit_due is None:
                    self._commit_due = Deadline(self._clock, self._commit_late)
                self._commit_due.set(self._stack.transfer_time)
            return
        # nothing has happened to what is there: it is committed again
        self._committing = False
        self._ask_error()
        self._ask_state()
        self._send_later()

    def confirmed(self, code: int) -> None:
        """What the module has taken has gone out, or is lost."""
        if not self._uncommitted:
            return
        if code:
            self._stop_commit()
            self._fail_when_drained(self._unconfirmed("the module could not send", code))
        elif self._committing:
            # it may come ahead of the OK
            self._commit_confirmed = True
            if self._commit_answered:
                self._committed()

    def _committed(self) -> None:
        self._stop_commit()
        self._uncommitted = 0
        self._full = False
        self._refused_since = None
        self._retry_wait = RETRY_FIRST
        self._sent_on()

    def _commit_late(self) -> None:
        wait = f"{self._stack.transfer_time:g} s"
        self._fail_when_drained(
            self._unconfirmed(f"the module has not said within {wait} that it has sent")
        )

    def _stop_commit(self) -> None:
        self._committing = False
        if self._commit_due is not None:
            self._commit_due.clear()

    def _unconfirmed(self, what: str, code: int | None = None) -> ModemError:
        return SendFailed(
            f"{what} what it had taken, {self._uncommitted} bytes: whether they have come to the "
            "server is not known",
            code=code,
            family=self._family.name,
            command="AT" + self._stack.commit_command(self.id).text.shown,
            trace=self._port.trace.last(),
        )
