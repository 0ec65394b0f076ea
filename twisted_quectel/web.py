"""HTTP over a modem: what L{twisted.web.client.Agent} and treq are given.

agent = Agent.usingEndpointFactory(reactor, ModemEndpointFactory(modem, TLSProfile(cacert=...)))
client = treq.client.HTTPClient(agent)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.web.error import SchemeNotSupported
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from .arguments import read_choice
from .endpoints import ModuleTCPEndpoint, ModuleTLSEndpoint
from .httpsendpoint import ModuleHTTPSEndpoint
from .modem import Modem
from .profiles import TLSProfile
from .tlsways import STACKS

if TYPE_CHECKING:
    from twisted.web.client import URI

__all__ = ["ModemEndpointFactory"]


@implementer(IAgentEndpointFactory)
class ModemEndpointFactory:
    """Has each request go through the module: C{https:} by its TLS, C{http:} by its TCP.

    Nothing else is opened: a C{https:} address never goes without TLS.
    """

    def __init__(
        self,
        modem: Modem,
        tls: TLSProfile | None = None,
        mode: str | None = None,
        pdp: int | None = None,
        timeout: float = 60.0,
        *,
        stack: str = "ssl",
    ) -> None:
        """
        @param modem: whose TLS and TCP it is.
        @param tls: how servers are verified; L{None}: as the modem's profile says.
        @param mode: C{buffer}, C{push} or C{transparent}; L{None}: the best with
            back-pressure that the family has.
        @param pdp: the PDP context, 1-16; L{None}: that of the modem's profile.
        @param timeout: seconds for each connect.
        @param stack: C{ssl}, or C{https} for the module's HTTPS stack: see
            L{ModuleHTTPSEndpoint<twisted_quectel.httpsendpoint.ModuleHTTPSEndpoint>}.
        @raise InvalidValue: if something is out of range or of another kind.
        """
        self._https = read_choice("stack", stack, STACKS) == "https"
        self._modem = modem
        self._tls = tls
        self._mode = mode
        self._pdp = pdp
        self._timeout = timeout
        # what is wrong is said here, and not by each request
        self._plain("localhost", 80)
        if tls is not None:
            self._secured("localhost", 443)

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """Give the endpoint for an address.

        @raise SchemeNotSupported: for anything but C{https:} and C{http:}.
        @raise InvalidValue: (a C{ValueError}) for a host or a port that cannot be, and
            for C{https:} if nobody says how servers are verified.
        """
        host = uri.host.decode("ascii", "backslashreplace")
        if uri.scheme == b"https":
            return self._secured(host, uri.port)
        if uri.scheme == b"http":
            return self._plain(host, uri.port)
        scheme = uri.scheme.decode("ascii", "backslashreplace")
        raise SchemeNotSupported(f"Unsupported scheme: {scheme!r}; it is https or http")

    def _secured(self, host: str, port: int) -> IStreamClientEndpoint:
        make = ModuleHTTPSEndpoint if self._https else ModuleTLSEndpoint
        return make(
            self._modem,
            host,
            port,
            tls=self._tls,
            mode=self._mode,
            pdp=self._pdp,
            timeout=self._timeout,
        )

    def _plain(self, host: str, port: int) -> IStreamClientEndpoint:
        return ModuleTCPEndpoint(
            self._modem, host, port, mode=self._mode, pdp=self._pdp, timeout=self._timeout
        )
