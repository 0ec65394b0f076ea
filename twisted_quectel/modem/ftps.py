"""A login on an FTPS server by a module, and what is done on it.

SIM52xx SSL Application Note v0.01, chapter 3.  One login at a time, and on it one thing at a
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, Command, Response
from ..at.syntax import CommandText
from ..errors import FTPSFailed, ModemBusyError, ModemError, UnsupportedOperation
from ..families.base import TransferData, TransferEnd, TransferGarbled
from ..families.ftps import FTPSDialect
from .ftpexchange import BEHIND, Exchange
from .ftpput import Put
from .ftptransfer import Transfer
from .session import Session
from .waiting import wait_for

#: The codes of a login that is over: the server has ended it, or the network has gone.
_FINAL: Final = frozenset({4, 10})


class Login:
    """One login.

    @ivar over: what has ended it, if anything has.
    @ivar dialect: its commands.
    @ivar clock: what its timers run on.
    @ivar port: where its commands go.
    @ivar family: the family's name, for errors.
    """

    def __init__(self, session: Session, dialect: FTPSDialect) -> None:
        self.over: Exception | None = None
        self.dialect = dialect
        self.clock: IReactorTime = session.clock
        self.port: ATPort = session.port
        self.family = session.family.name
        self._session = session
        self._begun = False  # the module has the login: what is told from here on is of it
        self._turn = DeferredLock()
        self._exchange: Exchange | None = None
        self._asker: Deferred[Exchange] | None = None
        self._transfer: Transfer | None = None
        self._held: list[Callable[[], None]] = []
        session.transfers = self

    # -- for the session

    def told(self, event: TransferData | TransferGarbled | TransferEnd) -> None:
        """A piece of the transfer came, or its end, or the code of a command."""
        if isinstance(event, TransferEnd):
            self.take_end(event.command, event.code)
        elif self._transfer is None:
            return
        elif isinstance(event, TransferData):
            self._transfer.told(event)
        else:
            self._transfer.garbled()

    def take_end(self, command: str, code: int) -> None:
        """The module has told a code of a command."""
        if not code and self.dialect.begins_login(command):
            self.dialect.reported(command)
        if not self._begun:
            return
        exchange, transfer = self._exchange, self._transfer
        of_transfer = transfer is not None and transfer.name == command
        if exchange is not None and exchange.name == command and not of_transfer:
            exchange.told(code)
        elif code in _FINAL or (code and self.dialect.begins_login(command)):
            # first: whoever is told of it may log in again at once
            what = f"AT{command} has failed" if of_transfer else "the login has ended"
            self._end(self.failed(what, code))
        elif transfer is not None and of_transfer:
            transfer.told_end(code)

    def network_lost(self, reason: Failure) -> None:
        """The packet data connection is gone, and with it the login; one that is yet to be made
        gets another."""
        if self._begun:
            self.lost(reason)

    def goodbye(self) -> list[CommandText]:
        """Log out, from a login that there may be."""
        return [self.dialect.logout_command().text] if self._begun else []

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        problem = reason.value
        assert isinstance(problem, Exception)
        self._end(problem)

    def _end(self, problem: Exception) -> None:
        """It is over; its stack is released."""
        if self.over is not None:
            return
        self.over = problem
        session = self._session
        if session.transfers is self:
            session.transfers = None
        while self._held:
            self._held.pop()()
        session.connections.wake_waiting()
        if self._transfer is not None:
            self._transfer.end(problem)
        asker, self._asker = self._asker, None
        if self._exchange is not None:
            self._exchange.abandon()
        if asker is not None and not asker.called:
            asker.errback(problem)

    def failed(self, what: str, code: int | None, command: str = "") -> FTPSFailed:
        """Give the exception for something that was not done."""
        problem = FTPSFailed(
            what,
            code=code,
            family=self.family,
            command=command or None,
            trace=self.port.trace.last(),
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

    def exchange(
        self,
        command: Command,
        patience: Callable[[], float] | None = None,
        sent: Callable[[], None] = lambda: None,
    ) -> Deferred[Exchange]:
        """Have a command answered, whatever the answer is.

        To cancel it does not wait for what the module makes of it; the next one does.

        @param patience: gives the seconds in which its code may come behind C{OK}; L{None}: it
            is told otherwise.
        @param sent: called when the module gets it.
        """
        exchange = Exchange(self.clock, command, patience, sent)
        asker: Deferred[Exchange] = Deferred(lambda _: exchange.withdraw())

        def over(reason: Failure | None) -> None:
            if self._asker is asker:
                self._asker = None
            if asker.called:
                return
            if reason is None:
                asker.callback(exchange)
            else:
                asker.errback(reason)

        self._asker = asker
        Deferred.fromCoroutine(self._in_turn(exchange)).addBoth(over)
        return asker

    async def _in_turn(self, exchange: Exchange) -> None:
        await self._turn.acquire()
        try:
            self.check()
            self._exchange = exchange
            await exchange.run(self.port)
        finally:
            self._exchange = None
            self._turn.release()

    async def ask(self, *spellings: Command) -> Response:
        """Have something done, by the first spelling of a command that the module knows.

        @raise FTPSFailed: if it was not done.
        """
        for command in spellings:
            name = command.text.shown.partition("=")[0]
            exchange = await self.exchange(command, partial(self._patience, name))
            expects = self.dialect.expects(name)
            good, code = exchange.response.result.good, exchange.code
            if good or code is not None:
                self.dialect.took(name)
            if good and (code == 0 or (code is None and not expects)):
                if code == 0:
                    self.dialect.reported(name)
                return exchange.response
            if good or code is not None:
                break
        raise self._not_done(exchange)

    def _patience(self, name: str) -> float:
        return self.dialect.step if self.dialect.expects(name) else BEHIND

    def _not_done(self, exchange: Exchange) -> FTPSFailed:
        """Say why something was not done; a login that is over ends with it."""
        response, code = exchange.response, exchange.code
        shown = "AT" + response.command.text.shown
        if not response.result.good:
            what = f"{shown} was answered by ERROR"
        elif code is None:
            what = (
                f"{shown} was answered by OK, and not within {self.dialect.step:g} s by its result"
            )
        else:
            what = f"{shown} has failed"
        problem = self.failed(what, response.result.code if code is None else code, shown)
        if code in _FINAL:
            self._end(problem)
        return problem

    # -- transfers

    async def transfer(
        self, command: Command, name: str, received: Callable[[bytes], None] | None = None
    ) -> None:
        """Begin a transfer, and wait for its end.

        Cancelling it logs out.

        @param name: of the command, as its end names it.
        @param received: takes what comes.
        @raise FTPSFailed: if it has failed.
        @raise RemoteViolation: if the module has lost some of it.
        """
        self.check()
        self._transfer = transfer = Transfer(self, name, received)
        try:
            await transfer.run(command)
        finally:
            self._transfer = None

    async def put(self, path: str, pieces: Iterator[bytes], sent: Callable[[int], None]) -> None:
        """Hand over a file: see L{Put.send}."""
        self.check()
        self._transfer = put = Put(self)
        try:
            await put.send(path, pieces, sent)
        finally:
            self._transfer = None

    # -- its begin and its end

    async def begin(self, pdp: int, wait: bool, command: Command) -> None:
        """Acquire the stack, and log in.

        @param wait: for what is in use.
        """
        session = self._session
        try:
            await session.share_channel(wait)
            self._hold(session.unshare_channel)
            await session.require_network(pdp)
            await session.stacks.acquire(self.dialect.stack, wait)
            self._hold(partial(session.stacks.release, self.dialect.stack))
        except BaseException:
            self._end(self.failed("there was no login", None))
            raise
        try:
            self._begun = True
            await self.ask(command)
            # exact, whatever the server's default is
            await self.ask(self.dialect.type_command("I"))
            self.check()
        except BaseException:
            self.give_up()
            raise

    def _hold(self, release: Callable[[], None]) -> None:
        """Have something released with the login.

        @raise ModemError: if that is over.
        """
        if self.over is not None:
            release()
            raise self.over
        self._held.append(release)

    def give_up(self) -> None:
        """Have the module end what goes on; the login goes with it."""
        if self.over is None:
            command = self.dialect.logout_command()
            self.port.execute(command).addErrback(lambda reason: reason.trap(ModemError))
            self._end(self.failed("a transfer was given up, and the login with it", None))

    async def log_out(self) -> None:
        """Log out; whether the server still knows of the login does not matter."""
        if self.over is not None:
            return
        command = self.dialect.logout_command()
        expects = self.dialect.expects(command.text.shown)
        try:
            await self.exchange(command, lambda: self.dialect.step if expects else 0.0)
        finally:
            self._end(self.failed("logged out", None))


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
    await login.begin(pdp, wait, dialect.login_command(host, port, user, password))
    return login
