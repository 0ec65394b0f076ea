"""The virtual network interface: a reactor whose network is that of a module.

What takes a reactor for C{connectTCP}, C{connectSSL}, C{listenTCP} or its names takes a
L{ModemInterface} as it is::

    interface = ModemInterface(getModem(reactor, "gateway"))
    agent = Agent(interface)                    # names, TCP: the module's; TLS: the host's
    interface.connectSSL("broker.example", 8883, factory, TLSProfile(cacert=...))

Time, threads, processes, files and the reactor's own life are those of the reactor beneath;
of its network there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import (
    IConnector,
    IDelayedCall,
    IHostnameResolver,
    IListeningPort,
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
    IReactorCore,
    IReactorDaemonize,
    IReactorFDSet,
    IReactorFromThreads,
    IReactorInThreads,
    IReactorPluggableNameResolver,
    IReactorPluggableResolver,
    IReactorProcess,
    IReactorSocket,
    IReactorSSL,
    IReactorTCP,
    IReactorThreads,
    IReactorTime,
    IReactorUNIX,
    IReactorUNIXDatagram,
    IResolverSimple,
)
from zope.interface import alsoProvides, implementer

from .arguments import parse_literal, read_choice, read_host, read_integer, read_port
from .at import InvalidValue
from .connectors import ModuleConnector
from .endpoints import access_mode, check_modem
from .errors import ModemListenError
from .families import AccessMode
from .interfacearguments import (
    check_bind_address,
    check_context,
    connect_timeout,
    service_port,
)
from .interfacedatagrams import DatagramInterface
from .interfaceports import ModulePort, listen_error
from .modem import Modem
from .modem.listening import ports_in_use
from .modem.opening import OpenRequest
from .modemresolver import (
    SIMPLE_TIMEOUT,
    HostnameAsSimple,
    ModemResolver,
    SimpleAsHostname,
    all_addresses,
)
from .profiles import TLSProfile
from .tables.lte import PDP_IDS

#: What the reactor beneath does, where it can: nothing of it is a network.
_PASSED_ON: Final = (
    IReactorCore,
    IReactorDaemonize,
    IReactorFDSet,
    IReactorFromThreads,
    IReactorInThreads,
    IReactorProcess,
    IReactorSocket,
    IReactorThreads,
    IReactorUNIX,
    IReactorUNIXDatagram,
)
#: The ports among which one is chosen (RFC 6335: dynamic ones).
_DYNAMIC_PORTS: Final = range(49152, 65536)


@implementer(
    IReactorTCP,
    IReactorSSL,
    IReactorTime,
    IReactorPluggableNameResolver,
    IReactorPluggableResolver,
)
class ModemInterface(DatagramInterface):
    """A module, as a network interface: in the place of a reactor.

    It provides what it says by itself, and of L{IReactorCore}, threads, processes, UNIX sockets
    and the like what the reactor beneath provides.  It is no L{IReactorMulticast} nor whatever
    else would go past the module.

    @ivar modem: whose network it is.
    """

    def __init__(
        self,
        modem: Modem,
        pdp: int | None = None,
        *,
        mode: AccessMode | str | None = None,
        busy: str = "wait",
        closed: str = "done",
    ) -> None:
        """
        @param modem: whose network it is; its reactor is the one beneath.
        @param pdp: the PDP context, 1-16; L{None}: that of the modem's profile.
        @param mode: C{buffer}, C{push} or C{transparent} for the connections that it makes;
            L{None}: the best with back-pressure that the family has.  What comes in is always
            in buffer mode.
        @param busy: C{wait} or C{fail} when no socket, context or channel is free.
        @param closed: C{done} or C{lost}: what a close by the peer counts as.
        @raise InvalidValue: if something is out of range or of another kind.
        """
        self.modem = check_modem(modem)
        self._reactor = modem.reactor
        self._pdp = modem.profile.pdp
        if pdp is not None:
            self._pdp = read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1])
        self._mode = None if mode is None else access_mode(mode)
        self._wait = read_choice("busy", busy, ("wait", "fail")) == "wait"
        self._closed_is_lost = read_choice("closed", closed, ("done", "lost")) == "lost"
        self._own_resolver = ModemResolver(modem, self._pdp, self._wait)
        self._resolver: IHostnameResolver = self._own_resolver
        self._simple: IResolverSimple = HostnameAsSimple(self._own_resolver, self._reactor)
        self._next_port = _DYNAMIC_PORTS[0]
        passed = [each for each in _PASSED_ON if each.providedBy(self._reactor)]
        self._passed = frozenset(name for each in passed for name in each.names(all=True))
        alsoProvides(self, *passed)

    def __repr__(self) -> str:
        return f"<ModemInterface of {self.modem.profile.name}>"

    def __getattr__(self, name: str) -> Any:
        # what is looked up before the constructor has run must not end here again
        if name != "_passed" and name in self._passed:
            return getattr(self._reactor, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def ready(self) -> Deferred[ModemInterface]:
        """Wait until the modem is up and its PDP context active; bring them up if need be.

        From then on, and until the module or its network is lost, L{listenTCP} may be called.

        @return: fires with the interface; fails with L{ModemNotReady
            <twisted_quectel.errors.ModemNotReady>} or another L{ModemError
            <twisted_quectel.errors.ModemError>}.
        """
        return Deferred.fromCoroutine(self._ready())

    async def _ready(self) -> ModemInterface:
        session = await self.modem.session()
        await session.require_network(self._pdp)
        return self

    # -- IReactorTime

    def seconds(self) -> float:
        """Give the time of the reactor beneath."""
        return self._reactor.seconds()

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kwargs: object
    ) -> IDelayedCall:
        """Have the reactor beneath call something later."""
        return self._reactor.callLater(delay, callable, *args, **kwargs)

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """Give the calls that the reactor beneath will make."""
        return self._reactor.getDelayedCalls()

    # -- IReactorTCP; Any: what Twisted says of factories depends on its version

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: Any,
        timeout: float | None = 30,
        bindAddress: Any = None,
    ) -> IConnector:
        """Connect by the module's TCP.

        A name is looked up first, so that the transport's C{getPeer} is an address, as with
        other reactors.

        @param host: a name or an IP literal.
        @param port: 1-65535, or the name of a service.
        @param timeout: seconds for the whole connect, bringing the modem up included;
            L{None}: no limit.
        @param bindAddress: has to be left out, or empty: a module has one address, and
            chooses the port itself.
        @return: the connector; failures are told to the factory: C{ConnectError}s that are
            L{ModemError<twisted_quectel.errors.ModemError>}s too.
        @raise InvalidValue: (a C{ValueError}) if something is out of range.
        @raise ServiceNameUnknownError: if nobody knows the service.
        """
        return self._connect(host, port, factory, timeout, bindAddress, None)

    def listenTCP(
        self, port: int, factory: Any, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """Have the module listen.

        It is asked to at once, and answers later: the port's C{when_listening} tells.  Whether
        anybody can reach it is the operator's business: most networks let nobody in.

        @param port: 1-65535; 0: one of 49152-65535 that has no server.
        @param backlog: not used: a module has one connection for each that it accepts, and
            refuses the others.
        @param interface: empty, or the module's own address, or any of its kind.
        @return: a L{ModulePort}.
        @raise ModemListenError: (a C{CannotListenError}) if the modem is not up (L{ready}), or
            with the reason why it cannot.
        @raise InvalidValue: if C{port} is no port.
        """
        number = read_integer("port", port, 0, 65535)
        session = self.modem.current
        if session is not None:
            self._check_interface(interface, session.address(self._pdp), number)
            number = number or self._free_port(ports_in_use(session))
        made = ModulePort(self.modem, number, factory, self._pdp, interface, self._closed_is_lost)
        made.startListening()
        return made

    def _check_interface(self, interface: object, own: str, port: int) -> None:
        mine = own.split(",")
        kinds = {"", *("::" if ":" in each else "0.0.0.0" for each in mine)}
        if interface in kinds or interface in mine:
            return
        problem = ModemListenError(
            f"interface: {interface!r} is not the module's address; leave it out"
            + (f", or give {own}" if own else "")
        )
        raise listen_error(problem, str(interface), port)

    def _free_port(self, used: set[int]) -> int:
        """Choose a port; they go round, so that none is used again at once."""
        while True:
            port = self._next_port
            self._next_port = port + 1 if port + 1 in _DYNAMIC_PORTS else _DYNAMIC_PORTS[0]
            if port not in used:
                return port

    # -- IReactorSSL

    def connectSSL(
        self,
        host: str,
        port: int,
        factory: Any,
        contextFactory: Any,
        timeout: float | None = 30,
        bindAddress: Any = None,
    ) -> IConnector:
        """Connect by TLS: the module's, or the host's.

        @param contextFactory: a L{TLSProfile}: the module does TLS as it says, and the name
            is looked up with the connect.  What Twisted's own C{connectSSL} takes
            (L{IOpenSSLClientConnectionCreator}, or with C{getContext}): the host does, over
            the module's TCP.
        @return: as for L{connectTCP}, as are the other arguments.
        @raise InvalidValue: if something is out of range or of another kind.
        """
        if isinstance(contextFactory, TLSProfile):
            if contextFactory.dtls:
                raise InvalidValue("dtls", "a stream connection cannot use it")
            return self._connect(host, port, factory, timeout, bindAddress, contextFactory)
        check_context(contextFactory, IOpenSSLClientConnectionCreator, "TLSProfile, ")
        # not above: whoever needs no TLS loads none
        from .hosttlsfactory import HostTLSFactory

        over = HostTLSFactory(contextFactory, True, factory, clock=self._reactor)
        return self._connect(host, port, over, timeout, bindAddress, None)

    def listenSSL(
        self,
        port: int,
        factory: Any,
        contextFactory: Any,
        backlog: int = 50,
        interface: str = "",
    ) -> IListeningPort:
        """Have the module listen, with TLS on the host: a module's TLS has no server.

        @param contextFactory: what Twisted's own C{listenSSL} takes.
        @return: as for L{listenTCP}, as are the other arguments.
        @raise InvalidValue: for a L{TLSProfile}, and whatever else is none.
        """
        check_context(contextFactory, IOpenSSLServerConnectionCreator, "")
        from .hosttlsfactory import HostTLSFactory

        over: Any = HostTLSFactory(contextFactory, False, factory, clock=self._reactor)
        return self.listenTCP(port, over, backlog, interface)

    def _connect(
        self,
        host: str,
        port: int | str,
        factory: Any,
        timeout: float | None,
        bindAddress: object,
        tls: TLSProfile | None,
    ) -> IConnector:
        check_bind_address(bindAddress)
        request = OpenRequest(
            host=read_host("host", host),
            port=read_port("port", service_port(port)),
            tls=tls,
            ctx=None,
            pdp=self._pdp,
            mode=self._mode,
            wait=self._wait,
            closed_is_lost=self._closed_is_lost,
            timeout=connect_timeout(timeout),
            secure=tls is not None,
        )
        connector = ModuleConnector(self.modem, request, factory, self._address)
        connector.connect()
        return connector

    # -- names

    @property
    def nameResolver(self) -> IHostnameResolver:
        """Looks names up: the module, unless another one was installed."""
        return self._resolver

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """Have names looked up by another one.

        @return: the one before.
        """
        before, self._resolver = self._resolver, resolver
        self._simple = HostnameAsSimple(resolver, self._reactor)
        return before

    def installResolver(self, resolver: IResolverSimple) -> IResolverSimple:
        """Have names looked up by another one of the simple kind.

        @return: the one before.
        """
        before, self._simple = self._simple, resolver
        self._resolver = SimpleAsHostname(resolver)
        return before

    def resolve(self, name: str, timeout: Sequence[int] = SIMPLE_TIMEOUT) -> Deferred[str]:
        """Give an IPv4 address of a name.

        @param timeout: seconds, in pieces.
        @return: can be cancelled; fails with C{DNSLookupError}.
        """
        if not name:
            return succeed("0.0.0.0")
        literal = parse_literal(name)
        if literal is not None and literal.version == 4:
            return succeed(name)
        return self._simple.getHostByName(name, timeout)

    def _address(self, name: str) -> Deferred[str]:
        """Give the address of a name to connect to; of a kind that the module has, if it can.

        Where nothing but an open can look a name up, the name itself.
        """
        return Deferred.fromCoroutine(self._best_address(name))

    async def _best_address(self, name: str) -> str:
        if self._resolver is self._own_resolver:
            session = await self.modem.session()
            if session.family.limits.name_time is None:
                return name
        found = await all_addresses(self._resolver, name)
        session = await self.modem.session()
        await session.require_network(self._pdp)
        own = [parse_literal(each) for each in session.address(self._pdp).split(",")]
        kinds = {literal.version for literal in own if literal is not None}
        fitting = [each for each in found if (6 if ":" in each else 4) in kinds]
        return [*fitting, *found][0]
