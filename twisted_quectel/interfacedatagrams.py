"""What the virtual network interface has for datagram protocols: UDP and DTLS."""

from __future__ import annotations

from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorUDP
from twisted.internet.protocol import AbstractDatagramProtocol
from zope.interface import implementer

from .datagrams import ModuleUDPPort, listen_udp
from .dtls import ModuleDTLSEndpoint
from .families import AccessMode
from .modem import Modem
from .profiles import TLSProfile

_P = TypeVar("_P", bound=AbstractDatagramProtocol)


@implementer(IReactorUDP)
class DatagramInterface:
    """The part of the interface that is for datagrams.

    @ivar modem: whose network it is.
    """

    modem: Modem
    _pdp: int
    _mode: AccessMode | None
    _wait: bool

    @property
    def _datagram_mode(self) -> AccessMode | None:
        # streams may be transparent, datagrams never
        return None if self._mode is AccessMode.TRANSPARENT else self._mode

    def listenUDP(
        self,
        port: int,
        protocol: AbstractDatagramProtocol,
        interface: str = "",
        maxPacketSize: int = 8192,
    ) -> ModuleUDPPort:
        """Take datagrams on a port of the module; see L{listen_udp}.

        @raise CannotListenError: if the modem is not up (C{ready()}), or with the reason why
            it cannot.
        """
        return listen_udp(
            self.modem,
            port,
            protocol,
            interface,
            maxPacketSize,
            mode=self._datagram_mode,
            pdp=self._pdp,
        )

    def connectDTLS(
        self,
        host: str,
        port: int,
        protocol: _P,
        tls: TLSProfile | None = None,
        ctx: int | None = None,
        timeout: float = 60.0,
    ) -> Deferred[_P]:
        """Connect a datagram protocol by the module's DTLS; see L{ModuleDTLSEndpoint}.

        @param tls: with C{dtls=True}; L{None}: the settings of C{ctx} in the modem's profile.
        @raise InvalidValue: if something is out of range.
        """
        endpoint = ModuleDTLSEndpoint(
            self.modem,
            host,
            port,
            tls,
            self._datagram_mode,
            ctx,
            self._pdp,
            timeout,
            busy="wait" if self._wait else "fail",
        )
        return endpoint.connect(protocol)
