"""One connect over a module: within its time, or cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory, IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from .addresses import own_address
from .errors import (
    ModemConnectError,
    ModemError,
    ModemNotReady,
    ModemTimeout,
    ModuleLost,
    PortLost,
    carry,
)
from .idleguard import IdleGuard
from .modem import Modem
from .modem.interfaces import ModuleSocket
from .modem.leasing import open_connection
from .modem.opening import OpenCancelled, OpenRequest
from .modem.session import Session
from .transport import ModuleTransport

_S = TypeVar("_S")


def last_command(trace: Sequence[str]) -> str | None:
    """Give the command line that was sent last, of a dialogue's last lines."""
    for line in reversed(trace):
        _, sent, rest = line.partition(" > AT")
        if sent:
            return f"AT{rest}"
    return None


class OpenAttempt:
    """One open, by whatever socket, and what it means that it has failed."""

    def __init__(
        self, reactor: IReactorTime, modem: Modem, request: OpenRequest, address: IAddress
    ) -> None:
        self._reactor = reactor
        self._modem = modem
        self._request = request
        self._address = address
        self._late = False
        self._stage = "bringing the modem up"

    def _reason(self, reason: Failure) -> Failure:
        """Give what a connect fails with: a connect error in Twisted's sense."""
        problem = reason.value
        carry(problem, self._modem.last_lines)
        request = self._request
        if isinstance(problem, CancelledError):
            if self._late and self._modem.obstacle is not None:
                return Failure(self._modem.obstacle)
            if self._late:
                trace = self._modem.last_lines()
                return Failure(
                    ModemTimeout(
                        f"{request.host}:{request.port} was not connected within "
                        f"{request.timeout:g} s; what took so long: {str(problem) or self._what}",
                        family=problem.family if isinstance(problem, OpenCancelled) else None,
                        command=problem.command
                        if isinstance(problem, OpenCancelled)
                        else last_command(trace),
                        trace=trace,
                    )
                )
            return Failure(error.ConnectingCancelledError(self._address))
        if isinstance(problem, ModemError) and isinstance(problem, error.ConnectionLost):
            return Failure(
                ModemNotReady(
                    f"{request.host}:{request.port} could not be opened: {problem}",
                    code=problem.code,
                    family=problem.family,
                    command=problem.command,
                    trace=problem.trace,
                )
            )
        if isinstance(problem, ModemError) and not isinstance(problem, error.ConnectError):
            return Failure(
                ModemConnectError(
                    f"{request.host}:{request.port} could not be opened: {problem}",
                    code=problem.code,
                    family=problem.family,
                    command=problem.command,
                    trace=problem.trace,
                )
            )
        return reason

    @property
    def _what(self) -> str:
        """What is waited for just now."""
        session = self._modem.current
        command = "" if session is None else session.port.in_flight
        return f"{self._stage}, behind the module's answer to {command}" if command else self._stage

    async def _open_by(self, opener: Callable[[Session], Awaitable[_S]]) -> tuple[Session, _S]:
        """Open, with the modem up.

        @param opener: asks the module for it.
        """
        session = await self._modem.session()
        self._stage = "the connection itself"
        try:
            return session, await opener(session)
        except (ModuleLost, PortLost):
            # that the module is gone, or was, may have been found out only now
            self._stage = "bringing the modem up again"
        # in a later turn: whoever has found it out has not told everybody yet
        await deferLater(self._reactor, 0, lambda: None)
        session = await self._modem.session()
        self._stage = "the connection itself"
        return session, await opener(session)


class Attempt(OpenAttempt):
    """One connect: within its time, or cancelled."""

    def __init__(
        self,
        reactor: IReactorTime,
        modem: Modem,
        request: OpenRequest,
        address: IAddress,
        *,
        within: float | None = None,
        made: Callable[[ModuleTransport], None] = lambda transport: None,
        gone: Callable[[Failure], None] | None = None,
    ) -> None:
        """
        @param within: seconds that are left of the request's time-out; L{None}: all of it.
        @param made: given the transport ahead of the protocol.
        @param gone: told in place of the factory's C{doStop} that the connection has ended.
        """
        super().__init__(reactor, modem, request, address)
        self._seconds = request.timeout if within is None else within
        self._made = made
        self._gone = gone
        self._building = False  # the application is just being called
        self._given_up = False

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        factory.doStart()
        result: Deferred[IProtocol] = Deferred(lambda _: self._give_up(result, opening))
        timer = self._reactor.callLater(self._seconds, self._too_late, result)
        opening = Deferred.fromCoroutine(self._open(factory))

        def failed(reason: Failure) -> None:
            if timer.active():
                timer.cancel()
            factory.doStop()
            if not self._given_up:
                result.errback(self._reason(reason))

        def opened(opened: tuple[IProtocol, ModuleTransport]) -> None:
            protocol, transport = opened
            if self._given_up:
                transport.abortConnection()
                return
            # in Twisted's order: connectionMade, the Deferred, then data
            result.callback(protocol)
            transport.begin()

        def in_time(outcome: object) -> object:
            if timer.active():
                timer.cancel()
            return outcome

        opening.addBoth(in_time)
        opening.addCallbacks(opened, failed)
        return result

    def _give_up(
        self, result: Deferred[IProtocol], opening: Deferred[tuple[IProtocol, ModuleTransport]]
    ) -> None:
        if not self._building:
            opening.cancel()
            return
        # by the application, in the middle of its own call: what it was given is dropped
        self._given_up = True
        result.errback(self._reason(Failure(CancelledError())))

    def _too_late(self, result: Deferred[IProtocol]) -> None:
        self._late = True
        result.cancel()

    async def _open_connection(self, session: Session) -> ModuleSocket:
        return await open_connection(session, self._request)

    async def _open(self, factory: IProtocolFactory) -> tuple[IProtocol, ModuleTransport]:
        session, socket = await self._open_by(self._open_connection)
        self._building = True
        try:
            return self._build(factory, session, socket)
        finally:
            self._building = False

    def _build(
        self, factory: IProtocolFactory, session: Session, socket: ModuleSocket
    ) -> tuple[IProtocol, ModuleTransport]:
        try:
            protocol = factory.buildProtocol(self._address)
        except BaseException:
            socket.abort()
            raise
        if protocol is None:
            socket.abort()
            raise error.NoProtocol()
        seconds = self._request.idle_timeout
        transport = ModuleTransport(
            self._reactor,
            socket if seconds is None else IdleGuard(self._reactor, socket, seconds),
            self._address,
            own_address(session.address(self._request.pdp), 0, self._request.host),
            gone=self._gone,
            factory=factory,
        )
        self._made(transport)
        transport.start(protocol, self._request.secure)
        return protocol, transport
