"""TLS by the module, and by the host where the module's handshake fails: C{tls=auto}.

Never the other way, and never without TLS: the host verifies the server by the same CA, and
its name besides.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.logger import Logger
from zope.interface import implementer

from .endpoints import ModuleTCPEndpoint, ModuleTLSEndpoint
from .errors import HostTLSFailed, TLSOpenFailed
from .families import AccessMode
from .hosthandshake import HandshakeEndpoint
from .hosttls import HostTLS
from .modem import Modem
from .profiles import TLSProfile
from .tlsways import host_tls_like

#: Makes an endpoint that has so many seconds.
Timed = Callable[[float], IStreamClientEndpoint]
#: Makes one that does TLS on the host, and tells when its handshake begins.
HostMaker = Callable[[float, Callable[[], None] | None], IStreamClientEndpoint]
#: Seconds that a stage has at least.
LEAST = 0.001


@implementer(IStreamClientEndpoint)
class FallbackEndpoint:
    """Connects by an endpoint, and by another one where the module's handshake fails.

    @ivar modem: whose.
    """

    _log = Logger()

    def __init__(
        self, modem: Modem, name: str, module: Timed, host: HostMaker, timeout: float
    ) -> None:
        """
        @param name: of the server, for messages.
        @param module: gives what is tried first.
        @param host: gives what is tried then.
        @param timeout: seconds for the whole connect.
        """
        self.modem = modem
        self._name = name
        self._module = module
        self._host = host
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name} by {self.modem.profile.name}>"

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        @return: fires with the protocol once the handshake is over, whoever has made it;
            fails as a L{ModuleTLSEndpoint} does, and with L{HostTLSFailed} if the host's
            handshake has failed too.
        """
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        began = self.modem.reactor.seconds()
        try:
            return await self._module(self._timeout).connect(factory)
        except TLSOpenFailed as e:
            problem = e
        left = began + self._timeout - self.modem.reactor.seconds()

        def begins() -> None:
            # not before: a port that is closed is no matter of TLS
            self._log.warn(
                "{name}: the module's TLS handshake with {server} has failed, and the host makes "
                "it in its place (tls=auto): {problem}",
                name=self.modem.profile.name,
                server=self._name,
                problem=problem.message,
            )

        try:
            return await self._host(max(LEAST, left), begins).connect(factory)
        except HostTLSFailed as e:
            first = problem.message.partition(";")[0]
            failed = HostTLSFailed(f"{e}; the module's has failed too ({first})", code=problem.code)
            failed.reason, failed.unverified = e.reason, e.unverified
            raise failed from None


class AutoTLSEndpoint(FallbackEndpoint):
    """A TLS connection made by a module, or by the host over the module's TCP.

    The host makes it only where the module's handshake fails (566 on LTE, which a closed
    port gives as well: then the host's TCP fails too, with L{TCPOpenFailed
    <twisted_quectel.errors.TCPOpenFailed>}).  It verifies by the same CA and shows the same
    client certificate, and always checks the server's name.
    """

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int,
        tls: TLSProfile,
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
        @param tls: the TLS settings, with a CA that the host can read.
        @param mode: as for L{ModuleTLSEndpoint}, and so all that follow.
        @param timeout: seconds for the whole connect.
        @raise InvalidValue: if something is out of range or of another kind, or the host
            cannot keep what C{tls} says: a PSK, C{verify=none}, C{sni=0}, files that are
            on the module only.
        """

        def module(seconds: float) -> ModuleTLSEndpoint:
            return ModuleTLSEndpoint(
                modem, host, port, tls, mode, ctx, pdp, seconds, busy=busy, closed=closed
            )

        # what is wrong is said now
        module(timeout)
        super().__init__(
            modem,
            f"{host}:{port}",
            module,
            host_maker(
                modem, host, port, host_tls_like(host, tls), mode, pdp, busy=busy, closed=closed
            ),
            timeout,
        )


def host_maker(
    modem: Modem,
    host: str,
    port: int,
    tls: HostTLS,
    mode: AccessMode | str | None,
    pdp: int | None,
    *,
    busy: str = "wait",
    closed: str = "done",
) -> HostMaker:
    """Give what makes endpoints with TLS on the host.

    @raise InvalidValue: if something is out of range, or no certificate can be for that
        host.
    """

    def make(seconds: float, begins: Callable[[], None] | None = None) -> HandshakeEndpoint:
        inner = ModuleTCPEndpoint(modem, host, port, mode, pdp, seconds, busy=busy, closed=closed)
        return HandshakeEndpoint(modem, inner, tls, f"{host}:{port}", seconds, begins)

    make(LEAST)
    return make
