"""A network in memory: names, TCP and datagrams on any clock, without a descriptor.

With it a whole bench runs on L{twisted.internet.task.Clock}, the same way
each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.error import (
    CannotListenError,
    ConnectBindError,
    ConnectionRefusedError,
    DNSLookupError,
    NoProtocol,
)
from twisted.internet.interfaces import (
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import Protocol
from zope.interface import implementer

from twisted_quectel.emulator.memorytransport import MemoryTransport, tcp_address
from twisted_quectel.emulator.network import DatagramReceiver, INetwork, is_literal

#: Names get addresses of this network (RFC 2544) in the order of their first
#: mention.
_ADDRESS: Final = "198.18.{}.{}"

#: The module's end of every connection: an address behind a carrier's NAT.
_OWN_ADDRESS: Final = "100.64.0.2"
_FIRST_OWN_PORT: Final = 49152


class _Unserved(Protocol):
    """Stands in when a server's factory has no protocol to give."""

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.loseConnection()


class MemoryPort:
    """A server that listens in a L{MemoryNetwork}."""

    def __init__(
        self, address: str, port: int, factory: IProtocolFactory, stop: Callable[[], None]
    ) -> None:
        self.address = address
        self.port = port
        self.factory = factory
        self._stop = stop

    def stopListening(self) -> Deferred[None]:
        """Refuse new connections; those that exist go on."""
        self._stop()
        return succeed(None)


class MemoryDatagrams:
    """A socket for datagrams in a L{MemoryNetwork}."""

    def __init__(
        self,
        network: MemoryNetwork,
        address: str,
        port: int,
        received: DatagramReceiver,
    ) -> None:
        self.address = address
        self.port = port
        self.received = received
        self._network = network

    def write(self, data: bytes, to: tuple[str, int]) -> None:
        """Send a datagram; where nobody is, it is lost."""
        self._network.carry(data, (self.address, self.port), to)

    def stop(self) -> Deferred[None]:
        """Take no more."""
        self._network.forget(self)
        return succeed(None)


@implementer(INetwork)
class MemoryNetwork:
    """A network in memory.

    @param clock: carries every byte, in a later turn than the one in which it
        was written.
    @param latency: seconds that a byte, an answer of DNS or a connection
        takes; with 0, the next turn.
    @param window: bytes that a connection holds in each direction, apart from
        the sender's own buffer.
    """

    def __init__(self, clock: IReactorTime, latency: float = 0.0, window: int = 65536) -> None:
        self._clock = clock
        self._latency = latency
        self._window = window
        self._hosts: dict[str, str] = {}
        self._ports: dict[tuple[str, int], MemoryPort] = {}
        self._datagrams: dict[tuple[str, int], MemoryDatagrams] = {}
        self._own_ports: set[int] = set()
        self._silent: set[tuple[str, int | None]] = set()
        self._next_port = _FIRST_OWN_PORT

    def add_host(self, host: str) -> str:
        """Make a name known, without a server.

        @return: its address; of a literal, itself.
        """
        if is_literal(host):
            return host
        n = len(self._hosts) + 1
        return self._hosts.setdefault(host.lower(), _ADDRESS.format(n >> 8, n & 255))

    def listen(self, host: str, port: int, factory: IProtocolFactory) -> MemoryPort:
        """Start a server; the module starts its own in this way too.

        @param host: a name, which resolves from now on, or an IP literal.
        @param port: 0 for any.
        @raise CannotListenError: somebody listens there already.
        """
        address = self.add_host(host)
        port = port or self._free_port()
        if (address, port) in self._ports:
            raise CannotListenError(host, port, OSError("in use"))

        def stop() -> None:
            if self._ports.pop((address, port), None) is not None:
                factory.doStop()

        server = self._ports[address, port] = MemoryPort(address, port, factory, stop)
        factory.doStart()
        return server

    def silence(self, host: str, port: int | None = None) -> None:
        """Let connections to a port go unanswered; without one, the name."""
        self._silent.add((self.add_host(host) if port is not None else host.lower(), port))

    def _later(self, result: Deferred[Any], call: Callable[[], None]) -> None:
        """Do something when the latency is over, unless it is cancelled."""
        delayed: IDelayedCall = self._clock.callLater(self._latency, call)

        def cancelled(value: object) -> object:
            if delayed.active():
                delayed.cancel()
            return value

        result.addBoth(cancelled)

    def resolve(self, host: str) -> Deferred[str]:
        """See L{INetwork.resolve}."""
        if is_literal(host):
            return succeed(host)
        result: Deferred[str] = Deferred()

        def answer() -> None:
            address = self._hosts.get(host.lower())
            if address is None:
                result.errback(DNSLookupError(f"no address for {host!r}"))
            else:
                result.callback(address)

        if (host.lower(), None) not in self._silent:
            self._later(result, answer)
        return result

    def _free_port(self) -> int:
        self._next_port += 1
        return self._next_port - 1

    def connect(
        self, address: str, port: int, factory: IProtocolFactory, local_port: int = 0
    ) -> Deferred[IProtocol]:
        """See L{INetwork.connect}."""
        if local_port in self._own_ports:
            return fail(ConnectBindError())
        result: Deferred[IProtocol] = Deferred()

        def arrive() -> None:
            server = self._ports.get((address, port))
            if server is None:
                result.errback(ConnectionRefusedError(f"{address}:{port}"))
                return
            maybeDeferred(self._establish, server, factory, local_port).chainDeferred(result)

        if (address, port) not in self._silent:
            self._later(result, arrive)
        return result

    def _establish(
        self, server: MemoryPort, factory: IProtocolFactory, local_port: int
    ) -> IProtocol:
        own_port = local_port or self._free_port()
        own = tcp_address(_OWN_ADDRESS, own_port)
        there = tcp_address(server.address, server.port)
        factory.doStart()
        self._own_ports.add(own_port)

        def lost() -> None:
            self._own_ports.discard(own_port)
            factory.doStop()

        client_end, server_end = MemoryTransport.pair(
            self._clock, self._latency, self._window, own, there, lost
        )
        client = factory.buildProtocol(there)
        if client is None:
            lost()
            raise NoProtocol
        serving = server.factory.buildProtocol(own)
        if serving is None:
            serving = _Unserved()
        server_end.start(serving)
        client_end.start(client)
        return client

    def datagram(
        self,
        address: str,
        port: int,
        received: DatagramReceiver,
        remote: tuple[str, int] | None = None,
    ) -> MemoryDatagrams:
        """See L{INetwork.datagram}; a test opens its peers in this way too.

        @param address: a name, which resolves from now on, or an IP literal.
        """
        address = self.add_host(address)
        port = port or self._free_port()
        if (address, port) in self._datagrams:
            raise CannotListenError(address, port, OSError("in use"))
        made = self._datagrams[address, port] = MemoryDatagrams(self, address, port, received)
        return made

    def carry(self, data: bytes, source: tuple[str, int], to: tuple[str, int]) -> None:
        """Carry a datagram to its target, if there is one when it arrives."""

        def arrive() -> None:
            target = self._datagrams.get(to)
            if target is not None:
                target.received(data, source)

        self._clock.callLater(self._latency, arrive)

    def forget(self, datagrams: MemoryDatagrams) -> None:
        """Deliver nothing more to a socket."""
        self._datagrams.pop((datagrams.address, datagrams.port), None)

    def unacknowledged(self, transport: ITCPTransport) -> int:
        """See L{INetwork.unacknowledged}."""
        assert isinstance(transport, MemoryTransport)
        return transport.under_way()
