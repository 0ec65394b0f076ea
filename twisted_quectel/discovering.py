"""C{trust=discover}: the root that a server is verified by is found out once, and remembered."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.logger import Logger
from zope.interface import implementer

from .endpoints import ModuleTCPEndpoint
from .errors import TLSOpenFailed
from .hosttls import HostTLS
from .modem import Modem
from .pem import PEM
from .profiles import TLSProfile
from .remembered import Remembered, remembered
from .tlsways import host_tls_like
from .trust import Discovery

#: Makes the endpoint of the module's TLS: seconds for it, settings.
MakeModule = Callable[[float, TLSProfile], IStreamClientEndpoint]
#: Seconds that a stage has at least.
LEAST = 0.001


@implementer(IStreamClientEndpoint)
class DiscoveringEndpoint:
    """A TLS connection made by a module that trusts what the host has verified the server by.

    @ivar modem: whose TLS it is.
    """

    _log = Logger()

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int,
        tls: TLSProfile,
        module: MakeModule,
        timeout: float,
        pdp: int | None = None,
        roots: Remembered = remembered,
    ) -> None:
        """
        @param tls: the module's settings; a discovered root takes the place of their CA.
        @param module: makes the connection, once the root is known.
        @param timeout: seconds for the whole connect.
        @param roots: what is remembered.
        @raise InvalidValue: if no certificate can be for that host, or the host cannot keep
            what C{tls} says.
        """
        self.modem = modem
        self._host = host
        self._port = port
        self._tls = tls
        self._module = module
        self._timeout = timeout
        self._pdp = pdp
        self._roots = roots
        self._host_tls: HostTLS = host_tls_like(host, tls, discover=True)
        self._host_tls.options()

    def __repr__(self) -> str:
        name = self.modem.profile.name
        return f"<DiscoveringEndpoint {self._host}:{self._port} by {name}>"

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        @return: fires with the protocol; fails as a L{ModuleTLSEndpoint
            <twisted_quectel.ModuleTLSEndpoint>} does, and with L{HostTLSFailed
            <twisted_quectel.HostTLSFailed>} if the host does not verify the server.
        """
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        end = self.modem.reactor.seconds() + self._timeout
        root = self._roots.root(self._host, self._port)
        if root is None:
            return await self._by(await self._discover(end), factory, end)
        try:
            return await self._by(root, factory, end)
        except TLSOpenFailed:
            found = await self._discover(end)
            if found == root:
                raise
        return await self._by(found, factory, end)

    def _left(self, end: float) -> float:
        return max(LEAST, end - self.modem.reactor.seconds())

    async def _by(self, root: PEM, factory: IProtocolFactory, end: float) -> IProtocol:
        return await self._module(self._left(end), self._tls.trusting(root)).connect(factory)

    async def _discover(self, end: float) -> PEM:
        """Verify the server on the host; give the root, and remember it."""

        def inner() -> ModuleTCPEndpoint:
            return ModuleTCPEndpoint(
                self.modem, self._host, self._port, pdp=self._pdp, timeout=self._left(end)
            )

        name = f"{self._host}:{self._port}"
        discovery = Discovery(self.modem, name, inner, self._host_tls, lambda: self._left(end))
        anchor = await discovery.verify()
        subject = anchor.chain[-1].subject.rfc4514_string()
        self._log.info(
            "{name}: the host has verified {server}; its root is {root}",
            name=self.modem.profile.name,
            server=name,
            root=subject,
        )
        self._roots.remember(self._host, self._port, anchor.root)
        return anchor.root
