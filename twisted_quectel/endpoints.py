"""Client endpoints over a module."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IProtocol,
    IProtocolFactory,
    IReactorCore,
    IReactorTime,
    IStreamClientEndpoint,
)
from zope.interface import implementer

from .addresses import address_of
from .arguments import read_choice, read_host, read_integer, read_port, read_timeout
from .at import InvalidValue
from .commonarguments import TCPArguments
from .connecting import Attempt
from .families import AccessMode
from .modem import Modem, getModem
from .modem.opening import OpenRequest
from .modemprofile import ModemProfile
from .profiles import TLSProfile
from .strings import EndpointArguments
from .tables.lte import PDP_IDS, SSL_CONTEXT_IDS
from .tlsways import check_provisioned, own_trust

__all__ = [
    "ModuleTCPEndpoint",
    "ModuleTLSEndpoint",
    "endpoint_from_arguments",
    "tcp_endpoint_from_arguments",
]


def access_mode(mode: AccessMode | str) -> AccessMode:
    """Read an access mode.

    @raise InvalidValue: if there is no such mode.
    """
    if isinstance(mode, AccessMode):
        return mode
    return AccessMode(read_choice("mode", mode, [each.value for each in AccessMode]))


def _default_tls(profile: ModemProfile) -> TLSProfile:
    """Give the TLS settings that a modem's owner wants where none are given."""
    arguments = own_trust(profile, profile.tls)
    if not arguments:
        raise InvalidValue(
            "tls",
            "say how the server is verified: give tls=TLSProfile(cacert=...), or tls of the "
            "modem's profile, or ctx for an SSL context that is provisioned on the module",
        )
    return TLSProfile.from_arguments(arguments, prefix="tls.")


def check_modem(modem: object) -> Modem:
    """Refuse what is no modem.

    @raise InvalidValue: saying what it has to be.
    """
    if not isinstance(modem, Modem):
        raise InvalidValue(
            "modem",
            f"must be a Modem, as getModem(reactor, ...) gives it, not {type(modem).__name__}",
        )
    return modem


@implementer(IStreamClientEndpoint)
class ModuleEndpoint:
    """A connection made by a module.

    @ivar modem: whose.
    """

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int,
        mode: AccessMode | str | None,
        pdp: int | None,
        timeout: float,
        busy: str,
        closed: str,
        *,
        tls: TLSProfile | None = None,
        ctx: int | None = None,
        provisioned: TLSProfile | None = None,
        https: bool = False,
        idle_timeout: float | None = None,
    ) -> None:
        """
        @raise InvalidValue: if something is out of range.
        """
        self.modem = modem
        self._request = OpenRequest(
            host=read_host("host", host),
            port=read_port("port", port),
            tls=tls,
            ctx=ctx,
            pdp=modem.profile.pdp
            if pdp is None
            else read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1]),
            mode=None if mode is None else access_mode(mode),
            wait=read_choice("busy", busy, ("wait", "fail")) == "wait",
            closed_is_lost=read_choice("closed", closed, ("done", "lost")) == "lost",
            timeout=read_timeout("timeout", timeout),
            provisioned=provisioned,
            secure=tls is not None or ctx is not None,
            https=https,
            idle_timeout=None
            if idle_timeout is None
            else read_timeout("idleTimeout", idle_timeout),
        )
        modem.named.note(tls, ctx)
        self._address = address_of(self._request.host, self._request.port)

    def __repr__(self) -> str:
        request = self._request
        return f"<{type(self).__name__} {request.host}:{request.port} by {self.modem.profile.name}>"

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        @return: fires with the protocol; fails with a C{ConnectError} that is
            a L{ModemError} too, or L{error.ConnectingCancelledError}.
        """
        attempt = Attempt(self.modem.reactor, self.modem, self._request, self._address)
        return attempt.connect(protocolFactory)


class ModuleTLSEndpoint(ModuleEndpoint):
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
        idle_timeout: float | None = None,
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
        @param idle_timeout: seconds for which nothing may come, where the module does not tell
            of the peer's end; it then is lost, by L{PeerSilent<twisted_quectel.PeerSilent>}.
        @raise InvalidValue: if something is out of range or of another kind, or
            there is neither C{tls} nor C{ctx}, nor a default.
        """
        profile = check_modem(modem).profile
        if tls is not None and not isinstance(tls, TLSProfile):
            raise InvalidValue(
                "tls",
                f"must be a TLSProfile, such as TLSProfile(cacert=...), not {type(tls).__name__}",
            )
        if tls is None and ctx is None:
            tls = _default_tls(profile)
        if tls is not None and tls.dtls:
            raise InvalidValue("dtls", "a stream connection cannot use it")
        if tls is None and profile.is_for_datagrams(ctx):
            raise InvalidValue("ctx", f"contexts[{ctx}] of the modem sets dtls: only for datagrams")
        checked_ctx = (
            None
            if ctx is None
            else read_integer("ctx", ctx, SSL_CONTEXT_IDS[0], SSL_CONTEXT_IDS[-1])
        )
        if tls is None and checked_ctx is not None:
            check_provisioned(profile, checked_ctx)
        provisioned = profile.contexts.get(checked_ctx) if checked_ctx is not None else None
        super().__init__(
            modem,
            host,
            port,
            mode,
            pdp,
            timeout,
            busy,
            closed,
            tls=tls,
            ctx=checked_ctx,
            provisioned=provisioned,
            idle_timeout=idle_timeout,
        )


class ModuleTCPEndpoint(ModuleEndpoint):
    """A TCP connection made by a module, without its TLS (TCP/IP Application Note)."""

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int,
        mode: AccessMode | str | None = None,
        pdp: int | None = None,
        timeout: float = 60.0,
        *,
        busy: str = "wait",
        closed: str = "done",
        idle_timeout: float | None = None,
    ) -> None:
        """
        @param modem: whose TCP it is.
        @param host: name or IP literal of the server.
        @param port: 1-65535.
        @param mode: C{buffer}, C{push} or C{transparent}; L{None}: the best
            with back-pressure that the family has.
        @param pdp: the PDP context, 1-16; L{None}: that of the modem's profile.
        @param timeout: seconds for the whole connect.
        @param busy: C{wait} or C{fail} when no socket or channel is free.
        @param closed: C{done} or C{lost}: what a close by the peer counts as.
        @param idle_timeout: seconds for which nothing may come, where the module does not tell
            of the peer's end; it then is lost, by L{PeerSilent<twisted_quectel.PeerSilent>}.
        @raise InvalidValue: if something is out of range or of another kind.
        """
        super().__init__(
            check_modem(modem),
            host,
            port,
            mode,
            pdp,
            timeout,
            busy,
            closed,
            idle_timeout=idle_timeout,
        )


def endpoint_from_arguments(
    reactor: IReactorCore, arguments: EndpointArguments
) -> IStreamClientEndpoint:
    """Give the endpoint that an endpoint string means."""
    if arguments.way != "module" or arguments.discover:
        # what few strings ask for
        from .secured import secured_endpoint

        return secured_endpoint(getModem(IReactorTime(reactor), arguments.modem), arguments)
    if arguments.stack == "https":
        from .httpsendpoint import ModuleHTTPSEndpoint

        return ModuleHTTPSEndpoint(
            getModem(IReactorTime(reactor), arguments.modem),
            arguments.host,
            arguments.port,
            tls=arguments.tls,
            mode=arguments.mode,
            pdp=arguments.pdp,
            timeout=arguments.timeout,
            busy=arguments.busy,
            closed=arguments.closed,
            idle_timeout=arguments.idle_timeout,
        )
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
        idle_timeout=arguments.idle_timeout,
    )


def tcp_endpoint_from_arguments(
    reactor: IReactorCore, arguments: TCPArguments
) -> ModuleTCPEndpoint:
    """Give the endpoint that a string without the module's TLS means."""
    return ModuleTCPEndpoint(
        getModem(IReactorTime(reactor), arguments.modem),
        arguments.host,
        arguments.port,
        mode=arguments.mode,
        pdp=arguments.pdp,
        timeout=arguments.timeout,
        busy=arguments.busy,
        closed=arguments.closed,
    )
