"""A login on an FTPS server by a module, and what is done on it.

SIM52xx SSL Application Note v0.01, chapter 3.  One login at a time, and on it one thing at a
time.  A transfer does not hold the port: its command ends, and what it brings is told later, so
that it can be given up by a logout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from ..at import Command, Response
from ..errors import FTPSFailed, ModemBusyError, ModemError, UnsupportedOperation
from ..families.base import TransferData, TransferEnd
from ..families.ftps import FTPSDialect
from .openjob import OpenJob
from .session import Session
from .waiting import wait_for

#: The code of a login that the server has ended.
CLOSED_BY_SERVER: Final = 4
#: Seconds before a piece for which there is no room is handed over again: at first, at most.
_PAUSE_FIRST: Final = 0.2
_PAUSE_LONGEST: Final = 2.0


class Login:
    """One login.

    @ivar over: what has ended it, if anything has.
    @ivar dialect: its commands.
    """

    def __init__(self, session: Session, dialect: FTPSDialect) -> None:
        self.over: Exception | None = None
        self._session = session
        self.dialect = dialect
        self._transfer: Deferred[Exception | None] | None = None
        self._received: Callable[[bytes], None] | None = None
        self._command = ""
        self._ended = True  # the module has told the end of the last transfer
        self._timer: IDelayedCall | None = None

    # -- for the session

    def told(self, event: TransferData | TransferEnd) -> None:
        """A piece of the transfer came, or its end."""
        transfer = self._transfer
        if transfer is None:
            if isinstance(event, TransferEnd) and event.code == CLOSED_BY_SERVER:
                self._end(self._failed("the server has ended the login", event.code))
            return
        if isinstance(event, TransferData):
            if self._received is not None:
                self._watch()
                self._take(event.data)
        elif event.command == self._command:
            self._ended = True
            code = event.code
            problem = self._failed(f"AT{event.command} has failed", code) if code else None
            if problem is not None and code == CLOSED_BY_SERVER:
                self._end(problem)
            self._done(problem)

    def _take(self, data: bytes) -> None:
        try:
            assert self._received is not None
            self._received(data)
        except Exception as e:
            # of whoever takes it, such as a full disk
            self._received = None
            self._done(e)

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        problem = reason.value
        assert isinstance(problem, Exception)
        self._end(problem)
        self._done(problem)

    def _end(self, problem: Exception) -> None:
        """It is over; its stack is released."""
        if self.over is not None:
            return
        self.over = problem
        session = self._session
        if session.transfers is self:
            session.transfers = None
        session.stacks.release(self.dialect.stack)
        session.unshare_channel()

    def _failed(self, what: str, code: int | None, command: str = "") -> FTPSFailed:
        problem = FTPSFailed(
            what,
            code=code,
            family=self._session.family.name,
            command=command or None,
            trace=self._session.port.trace.last(),
        )
        if problem.meaning:
            problem.message = f"{what}: {problem.meaning} ({code})"
            problem.args = (problem.message,)
        return problem

    # -- commands

    def check(self) -> None:
        """Raise what it has ended with, if it has."""
        if self.over is not None:
            raise self.over

    async def _answer(self, command: Command) -> Response:
        """Give the answer to a command, whatever it is."""
        self.check()
        job = OpenJob(command, None)
        self._session.port.enqueue(job)
        response = await job.deferred
        assert response is not None
        return response

    async def ask(self, *spellings: Command) -> Response:
        """Have something done, by the first spelling of a command that the module knows.

        @raise FTPSFailed: if it was not done.
        """
        for command in spellings:
            response = await self._answer(command)
            if response.result.good:
                return response
            code = self.dialect.refusal(response)
            if code is not None:
                break
        shown = "AT" + command.text.shown
        code = code if code is not None else response.result.code
        problem = self._failed(f"{shown} was answered by ERROR", code, shown)
        if code == CLOSED_BY_SERVER:
            self._end(problem)
        raise problem

    # -- transfers

    async def transfer(
        self, command: Command, name: str, received: Callable[[bytes], None] | None = None
    ) -> None:
        """Begin a transfer, and wait for its end.

        Cancelling it logs out.

        @param name: of the command, as its end names it.
        @param received: takes what comes.
        @raise FTPSFailed: if it has failed.
        """
        done = self._begin(name, received)
        try:
            try:
                await self.ask(command)
            except FTPSFailed:
                # nothing was begun
                self._ended = True
                raise
            self._watch()
            await _well(done)
        except BaseException:
            if self.over is None and not self._ended:
                # by who has asked, or by who takes what comes: it must not go on
                self._give_up()
            raise
        finally:
            self._forget()

    async def put(self, path: str, pieces: Iterator[bytes], sent: Callable[[int], None]) -> None:
        """Hand over a file piece by piece, commit it, and wait for the end.

        @param pieces: none of them empty.
        @param sent: told how many bytes the module has taken, each time.
        @raise FTPSFailed: if it has failed.
        """
        done = self._begin("+CFTPSPUT", None)
        first: str | None = path
        try:
            for piece in pieces:
                await self._hand_over(first, piece, done)
                first = None
                sent(len(piece))
            await self.ask(self.dialect.commit_command())
            self._watch()
            await _well(done)
        except BaseException as e:
            if self.over is None and not self._ended:
                # what was begun must not go on as if it was whole
                self._give_up()
            if done.called and isinstance(e, FTPSFailed):
                # the end that was told says more than the refusal behind it
                await _well(done)
            raise
        finally:
            self._forget()

    async def _hand_over(
        self, path: str | None, piece: bytes, done: Deferred[Exception | None]
    ) -> None:
        """Hand over one piece; where there is no room, again after a while."""
        clock, pause = self._session.clock, _PAUSE_FIRST
        end = clock.seconds() + self.dialect.step
        while True:
            if done.called:
                await _well(done)
                raise self._failed("the transfer has ended before all was sent", None)
            response = await self._answer(self.dialect.put_command(path, piece))
            if response.result.good:
                return
            shown = "AT" + response.command.text.shown
            code = self.dialect.refusal(response)
            if response.body_sent or code is not None or clock.seconds() >= end:
                self._ended = path is not None and not response.body_sent
                raise self._failed(f"{shown} was answered by ERROR", code, shown)
            await deferLater(clock, pause)
            pause = min(pause * 2, _PAUSE_LONGEST)

    def _begin(
        self, name: str, received: Callable[[bytes], None] | None
    ) -> Deferred[Exception | None]:
        self.check()
        self._ended = False
        self._command = name
        self._received = received
        # a value rather than an error: whoever is still at another step asks later
        done: Deferred[Exception | None] = Deferred()
        self._transfer = done
        return done

    def _done(self, problem: Exception | None) -> None:
        transfer, self._transfer = self._transfer, None
        self._stop_watch()
        if transfer is not None and not transfer.called:
            transfer.callback(problem)

    def _forget(self) -> None:
        self._transfer = self._received = None
        self._stop_watch()

    def _watch(self) -> None:
        """Wait for the next sign of the transfer."""
        self._stop_watch()
        if self._transfer is not None:
            self._timer = self._session.clock.callLater(self.dialect.step, self._late)

    def _stop_watch(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _late(self) -> None:
        self._timer = None
        self._done(self._failed(f"nothing came for {self.dialect.step:g} s", None))
        self._give_up()

    def _give_up(self) -> None:
        """Have the module end what goes on; the login goes with it."""
        if self.over is None:
            command = self.dialect.logout_command()
            self._session.port.execute(command).addErrback(lambda reason: reason.trap(ModemError))
            self._end(self._failed("a transfer was given up, and the login with it", None))

    async def log_out(self) -> None:
        """Log out; whether the server still knows of the login does not matter."""
        if self.over is not None:
            return
        try:
            await self._answer(self.dialect.logout_command())
        finally:
            self._end(self._failed("logged out", None))


async def _well(done: Deferred[Exception | None]) -> None:
    """Wait for the end of a transfer; raise what it has failed with."""
    problem = await done
    if problem is not None:
        raise problem


async def log_in(
    session: Session, pdp: int, host: str, port: int, user: str, password: str, wait: bool
) -> Login:
    """Log in on a server, with the stack acquired.

    @raise UnsupportedOperation: if the module has no FTPS.
    @raise ModemBusyError: if another login or stack is in use, and C{wait} is false.
    @raise FTPSFailed: if the server or the module refuses.
    """
    dialect = session.family.ftps
    if dialect is None:
        raise UnsupportedOperation(
            f"the {session.family.name} modules have no FTPS", family=session.family.name
        )
    while session.transfers is not None:
        why = "another FTPS login is in use, and the module has one at a time"
        if not wait:
            raise ModemBusyError(
                f"{why}; busy=wait waits until it ends", family=session.family.name
            )
        await wait_for(session.connections.something_freed(), why)
        session.check()
    login = Login(session, dialect)
    session.transfers = login
    try:
        await session.share_channel(wait)
    except BaseException:
        session.transfers = None
        raise
    try:
        await session.require_network(pdp)
        await session.stacks.acquire(dialect.stack, wait)
    except BaseException:
        session.transfers = None
        session.unshare_channel()
        raise
    try:
        await login.ask(dialect.login_command(host, port, user, password))
        # exact, whatever the server's default is
        await login.ask(dialect.type_command("I"))
    except BaseException:
        login._give_up()
        raise
    return login
