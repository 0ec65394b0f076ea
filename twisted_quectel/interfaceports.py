"""A TCP port of the module: what C{listenTCP} gives.

It listens from the result of its open on.  When the module restarts, goes away or loses its
network, its connections end like others, and the port itself is there again once the modem is
up: it is the application's until somebody stops it, and as it keeps the modem in use, that is
brought up for it.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    ILoggingContext,
    IProtocolFactory,
)
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .addresses import address_of, own_address
from .arguments import is_literal
from .errors import ModemClosed, ModemError, ModemListenError, UnsupportedOperation
from .modem import Modem
from .modem.interfaces import ModuleSocket
from .modem.listening import check_listener, open_listener
from .modem.session import Session
from .transport import ModuleTransport

#: Seconds before a port that could not be opened again is tried again: at first, and at most.
PAUSE_FIRST: Final = 1.0
PAUSE_LONGEST: Final = 60.0


def listen_error(cause: ModemError, interface: str, port: int) -> ModemListenError:
    """Give what C{listenTCP} raises, of what is in the way."""
    problem = cause
    if not isinstance(problem, ModemListenError):
        problem = ModemListenError(
            f"the module cannot listen on port {port}: {cause}",
            code=cause.code,
            family=cause.family,
            command=cause.command,
            trace=cause.trace,
        )
        problem.socketError = cause
    problem.interface, problem.port = interface, port
    return problem


@implementer(IListeningPort)
class ModulePort:
    """A TCP port of the module.

    @ivar factory: makes the protocols of what comes in.
    @ivar listening: whether the module listens just now.
    """

    _log = Logger()

    def __init__(
        self,
        modem: Modem,
        port: int,
        factory: IProtocolFactory,
        pdp: int,
        interface: str = "",
        closed_is_lost: bool = False,
    ) -> None:
        """
        @param port: 1-65535.
        @param pdp: the PDP context, 1-16.
        @param interface: as it was given.
        @param closed_is_lost: what the close by a peer counts as.
        """
        self.factory = factory
        self.listening = False
        self._modem = modem
        self._number = port
        self._pdp = pdp
        self._interface = interface
        self._closed_is_lost = closed_is_lost
        self._own = ""
        self._task: Deferred[None] | None = None
        self._waiting: list[Deferred[ModulePort]] = []
        self._stopping: list[Deferred[None]] = []
        self._over: Failure | None = None

    def __repr__(self) -> str:
        return f"<ModulePort {self._number} of {self.factory!r} by {self._modem.profile.name}>"

    # -- IListeningPort

    def startListening(self) -> None:
        """Have the module listen.

        @raise ModemListenError: (a C{CannotListenError}) with the reason, as far as that is
            known at once.  What the module says later L{when_listening} tells, and the log.
        """
        try:
            if self._task is not None:
                raise ModemListenError(f"port: {self._number} is started already")
            session = self._modem.current
            if session is None:
                raise ModemListenError(
                    f"the modem {self._modem.profile.name} is not up; ready() of the interface "
                    "fires when it is"
                )
            check_listener(session, self._pdp, self._number)
        except ModemError as e:
            raise listen_error(e, self._interface, self._number) from None
        self._over = None
        self._own = session.address(self._pdp)
        self._log.info("{prefix} starting on {port}", prefix=self._prefix(), port=self._number)
        self.factory.doStart()
        self._task = task = Deferred.fromCoroutine(self._keep(session))
        task.addBoth(self._ended)

    def stopListening(self) -> Deferred[None]:
        """Listen no more; what was accepted goes on.

        @return: fires when the module has closed the port.
        """
        if self._task is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopping.append(stopped)
        if len(self._stopping) == 1:
            self._task.cancel()
        return stopped

    def getHost(self) -> IAddress:
        """Give the module's address, as it was when it began to listen last, and the port."""
        return own_address(self._own, self._number)

    # -- beyond it

    def when_listening(self) -> Deferred[ModulePort]:
        """Wait until the module listens: C{listenTCP} cannot, and is told what is known at once.

        @return: fires with the port, a fresh one for each caller; fails with
            L{ModemListenError} if the module refuses, or when the port is stopped.
        """
        if self.listening:
            return succeed(self)
        if self._task is None:
            nothing = ModemListenError(f"port: {self._number} was not started, or is stopped")
            return fail(self._over or Failure(nothing))
        waiting: Deferred[ModulePort] = Deferred(self._leave)
        self._waiting.append(waiting)
        return waiting

    def _leave(self, waiting: Deferred[ModulePort]) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)

    async def _keep(self, session: Session | None) -> None:
        """Listen until that is cancelled, or cannot be.

        @param session: where to listen at first; a refusal there is the end.
        """
        first, pause, reactor = True, PAUSE_FIRST, self._modem.reactor
        while True:
            try:
                if session is None:
                    session = await self._modem.session()
                await self._listen(session)
            except ModemClosed:
                raise
            except ModemError as e:
                told = "the port {port} of the module is lost: {why}; it is opened again"
                if self.listening:
                    self.listening, first, pause = False, False, PAUSE_FIRST
                    wait = 0.0  # in a later turn: not everybody has been told yet
                elif first and isinstance(e, (ModemListenError, UnsupportedOperation)):
                    raise
                else:
                    wait, pause = pause, min(pause * 2, PAUSE_LONGEST)
                    told = "the port {port} of the module cannot be opened: {why}"
                self._log.warn(told, port=self._number, why=str(e))
            session = None
            await deferLater(reactor, wait, lambda: None)

    async def _listen(self, session: Session) -> None:
        """Listen in one session.

        @raise ModemError: why it has ended, or has not begun.
        """
        lost: Deferred[None] = Deferred()
        listener = await open_listener(
            session, self._pdp, self._number, self._accept, lost.errback, self._closed_is_lost
        )
        self.listening = True
        self._own = session.address(self._pdp) or self._own
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.called:
                each.callback(self)
        try:
            await lost
        except CancelledError:
            await listener.close()
            raise

    def _ended(self, outcome: Failure | None) -> None:
        """It listens no more, and will not by itself."""
        self._task, self.listening = None, False
        self._log.info("(TCP Port {port} Closed)", port=self._number)
        problem: BaseException | None = ModemListenError(f"port: {self._number} was stopped")
        if isinstance(outcome, Failure) and not outcome.check(CancelledError):
            problem = outcome.value
            if isinstance(problem, ModemError):
                problem = listen_error(problem, self._interface, self._number)
                self._log.error("{why}", why=str(problem))
            else:
                self._log.failure("the port {port} has failed", outcome, port=self._number)
        self._over = Failure(problem)
        waiting, self._waiting = self._waiting, []
        stopping, self._stopping = self._stopping, []
        self.factory.doStop()
        for each in waiting:
            if not each.called:
                each.errback(self._over)
        for stopped in stopping:
            stopped.callback(None)

    def _accept(self, socket: ModuleSocket, host: str, port: int) -> None:
        """Give a connection that came in to the application."""
        peer = address_of(host, port) if is_literal(host) else IPv4Address("TCP", "0.0.0.0", port)
        try:
            protocol = self.factory.buildProtocol(peer)
        except Exception:
            self._log.failure("no protocol could be made for {peer}", peer=peer)
            socket.abort()
            return
        if protocol is None:
            socket.close()
            return
        transport = ModuleTransport(
            self._modem.reactor,
            socket,
            peer,
            own_address(self._own, self._number, host),
            f"{host}:{port} to port {self._number}",
        )
        transport.start(protocol, False)
        transport.begin()

    def _prefix(self) -> str:
        if ILoggingContext.providedBy(self.factory):
            return str(self.factory.logPrefix())
        return type(self.factory).__name__
