"""Client endpoints over a module."""

from __future__ import annotations

from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import (
    IAddress,
    IProtocol,
    IProtocolFactory,
    IReactorCore,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from zope.interface import implementer

from .addresses import address_of
from .arguments import read_choice, read_host, read_integer, read_port, read_timeout
from .at import InvalidValue
from .errors import (
    ModemConnectError,
    ModemError,
    ModemNotReady,
    ModemTimeout,
    ModuleLost,
    PortLost,
    carry,
)
from .families import AccessMode
from .modem import Modem, getModem
from .modem.interfaces import ModuleSocket
from .modem.leasing import open_connection
from .modem.opening import OpenCancelled, OpenRequest
from .modem.session import Session
from .modemprofile import ModemProfile
from .profiles import TLSProfile
from .strings import EndpointArguments, check_provisioned
from .tables.lte import PDP_IDS, SSL_CONTEXT_IDS
from .transport import ModuleTransport

__all__ = ["ModuleTLSEndpoint", "endpoint_from_arguments"]


def _access_mode(mode: AccessMode | str) -> AccessMode:
    if isinstance(mode, AccessMode):
        return mode
    return AccessMode(read_choice("mode", mode, [each.value for each in AccessMode]))


def _default_tls(profile: ModemProfile) -> TLSProfile:
    """Give the TLS settings that a modem's owner wants where none are given."""
    if not profile.tls:
        raise InvalidValue(
            "tls",
            "say how the server is verified: give tls=TLSProfile(cacert=...), or tls of the "
            "modem's profile, or ctx for an SSL context that is provisioned on the module",
        )
    return TLSProfile.from_arguments(profile.tls, prefix="tls.")


@implementer(IStreamClientEndpoint)
class ModuleTLSEndpoint:
    """A TLS connection made by a module (LTE SSL note, chapter 1.2)."""

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int,
        tls: TLSProfile | None = None,
        mode: AccessMode | str | None = None,
        ctx: int | None = None,
        pdp: int | None = None,
        timeout: float = 60.0,
        *,
        busy: str = "wait",
        closed: str = "done",
    ) -> None:
        """
        @param modem: whose TLS it is.
        @param host: name or IP literal of the server.
        @param port: 1-65535.
        @param tls: the TLS settings; L{None}: C{ctx} as it is provisioned, and
            without C{ctx} those of the modem's profile.
        @param mode: C{buffer}, C{push} or C{transparent}; L{None}: the best
            with back-pressure that the family has.
        @param ctx: a certain SSL context, 0-5; L{None}: one is handed out.
        @param pdp: the PDP context, 1-16; L{None}: that of the modem's profile.
        @param timeout: seconds for the whole connect.
        @param busy: C{wait} or C{fail} when no socket, context or channel is
            free.
        @param closed: C{done} or C{lost}: what a close by the peer counts as.
        @raise InvalidValue: if something is out of range or of another kind, or
            there is neither C{tls} nor C{ctx}, nor a default.
        """
        if not isinstance(modem, Modem):
            raise InvalidValue(
                "modem",
                f"must be a Modem, as getModem(reactor, ...) gives it, not {type(modem).__name__}",
            )
        if tls is not None and not isinstance(tls, TLSProfile):
            raise InvalidValue(
                "tls",
                f"must be a TLSProfile, such as TLSProfile(cacert=...), not {type(tls).__name__}",
            )
        profile = modem.profile
        if tls is None and ctx is None:
            tls = _default_tls(profile)
        if tls is not None and tls.dtls:
            raise InvalidValue("dtls", "a stream connection cannot use it")
        if tls is None and profile.is_for_datagrams(ctx):
            raise InvalidValue("ctx", f"contexts[{ctx}] of the modem sets dtls: only for datagrams")
        self.modem = modem
        self._reactor = modem.reactor
        self._request = OpenRequest(
            host=read_host("host", host),
            port=read_port("port", port),
            tls=tls,
            ctx=None
            if ctx is None
            else read_integer("ctx", ctx, SSL_CONTEXT_IDS[0], SSL_CONTEXT_IDS[-1]),
            pdp=profile.pdp if pdp is None else read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1]),
            mode=None if mode is None else _access_mode(mode),
            wait=read_choice("busy", busy, ("wait", "fail")) == "wait",
            closed_is_lost=read_choice("closed", closed, ("done", "lost")) == "lost",
            timeout=read_timeout("timeout", timeout),
            provisioned=profile.contexts.get(ctx) if ctx is not None else None,
        )
        if tls is None and self._request.ctx is not None:
            check_provisioned(profile, self._request.ctx)
        self._address = address_of(self._request.host, self._request.port)

    def __repr__(self) -> str:
        request = self._request
        return f"<ModuleTLSEndpoint {request.host}:{request.port} by {self.modem.profile.name}>"

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        @return: fires with the protocol; fails with a C{ConnectError} that is
            a L{ModemError} too, or L{error.ConnectingCancelledError}.
        """
        attempt = _Attempt(self._reactor, self.modem, self._request, self._address)
        return attempt.connect(protocolFactory)


class _Attempt:
    """One connect: within its time, or cancelled."""

    def __init__(
        self, reactor: IReactorTime, modem: Modem, request: OpenRequest, address: IAddress
    ) -> None:
        self._reactor = reactor
        self._modem = modem
        self._request = request
        self._address = address
        self._late = False
        self._stage = "bringing the modem up"
        self._building = False  # the application is just being called
        self._given_up = False

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        factory.doStart()
        result: Deferred[IProtocol] = Deferred(lambda _: self._give_up(result, opening))
        timer = self._reactor.callLater(self._request.timeout, self._too_late, result)
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

    def _reason(self, reason: Failure) -> Failure:
        """Give what a connect fails with: a connect error in Twisted's sense."""
        problem = reason.value
        carry(problem, self._modem.last_lines())
        request = self._request
        if isinstance(problem, CancelledError):
            if self._late and self._modem.obstacle is not None:
                return Failure(self._modem.obstacle)
            if self._late:
                return Failure(
                    ModemTimeout(
                        f"{request.host}:{request.port} was not connected within "
                        f"{request.timeout:g} s; what took so long: {str(problem) or self._stage}",
                        family=problem.family if isinstance(problem, OpenCancelled) else None,
                        command=problem.command if isinstance(problem, OpenCancelled) else None,
                        trace=self._modem.last_lines(),
                    )
                )
            return Failure(error.ConnectingCancelledError(self._address))
        if isinstance(problem, ModemError) and isinstance(problem, error.ConnectionLost):
            return Failure(
                ModemNotReady(
                    f"{request.host}:{request.port} could not be opened: {problem}",
                    code=problem.code,
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

    async def _open_socket(self) -> tuple[Session, ModuleSocket]:
        session = await self._modem.session()
        self._stage = "the connection itself"
        try:
            return session, await open_connection(session, self._request)
        except (ModuleLost, PortLost):
            # that the module is gone, or was, may have been found out only now
            self._stage = "bringing the modem up again"
        # in a later turn: whoever has found it out has not told everybody yet
        await deferLater(self._reactor, 0, lambda: None)
        session = await self._modem.session()
        self._stage = "the connection itself"
        return session, await open_connection(session, self._request)

    async def _open(self, factory: IProtocolFactory) -> tuple[IProtocol, ModuleTransport]:
        session, socket = await self._open_socket()
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
        name = f"{self._request.host}:{self._request.port}"
        transport = ModuleTransport(
            self._reactor,
            socket,
            self._address,
            address_of(session.address(self._request.pdp) or "0.0.0.0", 0),
            name,
            factory.doStop,
        )
        transport.start(protocol)
        return protocol, transport


def endpoint_from_arguments(
    reactor: IReactorCore, arguments: EndpointArguments
) -> IStreamClientEndpoint:
    """Give the endpoint that an endpoint string means."""
    return ModuleTLSEndpoint(
        getModem(IReactorTime(reactor), arguments.modem),
        arguments.host,
        arguments.port,
        tls=arguments.tls,
        mode=arguments.mode,
        ctx=arguments.ctx,
        pdp=arguments.pdp,
        timeout=arguments.timeout,
        busy=arguments.busy,
        closed=arguments.closed,
    )
