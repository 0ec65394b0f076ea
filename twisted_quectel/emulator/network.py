"""The network behind the emulated module: names, TCP and datagrams.

The module's sockets reach their servers through L{INetwork}, so that a test
can put servers in memory (L{twisted_quectel.emulator.memorynetwork}) and an
emulator on a desk can send the documents' addresses to loopback.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Protocol

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectionRefusedError, DNSLookupError, MessageLengthError
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IListeningPort,
    IProtocol,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IReactorTCP,
    IReactorUDP,
    IResolutionReceiver,
    ITCPTransport,
)
from twisted.internet.protocol import DatagramProtocol
from zope.interface import Interface, implementer

#: Seconds after which Twisted's own connection attempt gives up.  The owner of
#: a socket has its own time-out; this one must only never come before it.
_NEVER = 3600.0

#: Bytes of the longest datagram.
_LONGEST = 65535

#: RFC 5737, TEST-NET-2: stands for names that are known by a redirect only.
_STAND_IN = "198.51.100.{}"


class Listening(Protocol):
    """What takes TCP connections.

    @ivar port: the own port, as the module sees it.
    """

    port: int

    def stopListening(self) -> Deferred[None]:
        """Refuse new connections; those that exist go on."""


class Datagrams(Protocol):
    """A socket for datagrams.

    @ivar port: the own port, as the module sees it.
    """

    port: int

    def write(self, data: bytes, to: tuple[str, int]) -> None:
        """Send a datagram to an address and a port; errors go unnoticed."""

    def stop(self) -> Deferred[None]:
        """Take no more; fires when the port is free."""


#: Is given a datagram, and the address and port that it came from.
DatagramReceiver = Callable[[bytes, tuple[str, int]], None]


class INetwork(Interface):
    """Name resolution, TCP both ways, and datagrams."""

    def resolve(host: str) -> Deferred[str]:
        """Find the address of a host.

        @param host: a name or an IP literal; a literal resolves to itself.
        @return: fires with an IP literal; can be cancelled.  Fails with
            L{DNSLookupError}.
        """

    def connect(
        address: str, port: int, factory: IProtocolFactory, local_port: int = 0
    ) -> Deferred[IProtocol]:
        """Open a TCP connection.

        @param address: an IP literal, as L{resolve} gave it.
        @param port: 1-65535.
        @param local_port: the own port; 0 for any.
        @return: fires with the connected protocol; can be cancelled.  Fails
            as Twisted's TCP endpoints do.
        """

    def listen(address: str, port: int, factory: IProtocolFactory) -> Listening:
        """Take TCP connections to the module.

        @param address: the module's own.
        @param port: the module's own; 0 for any.
        @raise CannotListenError: the port is in use.
        """

    def datagram(
        address: str,
        port: int,
        received: DatagramReceiver,
        remote: tuple[str, int] | None = None,
    ) -> Datagrams:
        """Open a socket for datagrams.

        @param address: the module's own.
        @param port: the module's own; 0 for any.
        @param received: is called in later turns only.
        @param remote: address and port of the only peer; L{None} to take
            datagrams from anybody.
        @raise CannotListenError: the port is in use.
        """

    def unacknowledged(transport: ITCPTransport) -> int:
        """Give the bytes of a connection that have left its transport's buffer
        and that the other end's TCP has not acknowledged.
        """


def is_literal(host: str) -> bool:
    """Tell an IPv4 or IPv6 literal from a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_name(host: str) -> bool:
    """Tell what C{getaddrinfo} can be asked for.

    Twisted's resolver never ends when C{getaddrinfo} raises anything but its
    own error, as it does for NUL and for labels that are too long.
    """
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return all("!" <= character <= "~" for character in host)


@implementer(IResolutionReceiver)
class _FirstAddress:
    """Keeps the first IPv4 address of a resolution, else the first of IPv6."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._found: list[str] = []
        self._cancelled = False
        self.result: Deferred[str] = Deferred(self._cancel)

    def _cancel(self, result: Deferred[str]) -> None:
        # A running getaddrinfo cannot be stopped: its answer is dropped.
        self._cancelled = True

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """Nothing to do: see L{_cancel}."""

    def addressResolved(self, address: IAddress) -> None:
        """Take one address."""
        host = getattr(address, "host", "")
        if is_literal(host):
            self._found.append(host)

    def resolutionComplete(self) -> None:
        """Give the best address to the waiter."""
        if self._cancelled:
            return
        # min() is stable: the first of the addresses that have no colon.
        if self._found:
            self.result.callback(min(self._found, key=lambda literal: ":" in literal))
        else:
            self.result.errback(DNSLookupError(f"no address for {self._host!r}"))


def _stopped(listening: Any) -> Deferred[None]:
    """Stop something that listens; fires when its port is free."""
    stopped: Deferred[None] | None = listening.stopListening()
    return succeed(None) if stopped is None else stopped


class _Listening:
    """A listener on the machine."""

    def __init__(self, listening: IListeningPort, port: int, forget: Callable[[], None]) -> None:
        self.port = port
        self._listening = listening
        self._forget = forget

    def stopListening(self) -> Deferred[None]:
        """See L{Listening.stopListening}."""
        self._forget()
        return _stopped(self._listening)


class _Datagrams(DatagramProtocol):
    """A socket for datagrams on the machine.

    The module sees the addresses that it asked for, not where they are
    redirected to.
    """

    port = 0

    def __init__(self, network: ReactorNetwork, received: DatagramReceiver) -> None:
        self._network = network
        self._received = received
        self._asked: dict[tuple[str, int], tuple[str, int]] = {}
        self.forget: Callable[[], None] = lambda: None

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        address = (addr[0], addr[1])
        self._received(datagram, self._asked.get(address, address))

    def write(self, data: bytes, to: tuple[str, int]) -> None:
        """See L{Datagrams.write}."""
        target = self._network.target(to)
        if target is None or self.transport is None:
            return
        if target != to:
            self._asked[target] = to
        # as on a network: nobody is told (ValueError: the other address family)
        with suppress(OSError, ValueError, MessageLengthError):
            self.transport.write(data, target)

    def stop(self) -> Deferred[None]:
        """See L{Datagrams.stop}."""
        transport, self.transport = self.transport, None
        self.forget()
        return succeed(None) if transport is None else _stopped(transport)


@implementer(INetwork)
class ReactorNetwork:
    """The network of the machine on which the emulator runs.

    @param reactor: provides L{IReactorTCP}; L{IReactorUDP} for datagrams, and
        L{IReactorPluggableNameResolver} if names are to be resolved.
    @param hosts: name to IP literal, looked up before the reactor's resolver.
    @param redirects: (address, port) or (name, port) to where such a
        connection really goes.  The module goes on to see the address it
        asked for.  A name that occurs here only gets an address of
        198.51.100.0/24 (RFC 5737), on which its other ports are refused.
    @param listeners: the module's port to the machine's, for C{"TCP LISTENER"}
        and C{"UDP SERVICE"}, as the module's own address does not exist on the
        machine; 0 for any free port, which L{real_port} tells.  A port that
        does not occur has the same number on both.
    @param interface: the machine's address on which they are.
    """

    def __init__(
        self,
        reactor: IReactorTCP,
        hosts: Mapping[str, str] = {},
        redirects: Mapping[tuple[str, int], tuple[str, int]] = {},
        listeners: Mapping[int, int] = {},
        interface: str = "127.0.0.1",
    ) -> None:
        self._reactor = reactor
        self._listeners = dict(listeners)
        self._interface = interface
        self._real: dict[tuple[str, int], int] = {}
        self._hosts = {name.lower(): address for name, address in hosts.items()}
        self._stand_ins: set[str] = set()
        self._redirects: dict[tuple[str, int], tuple[str, int]] = {}
        for (host, port), target in redirects.items():
            address = host
            if not is_literal(host):
                address = self._hosts.get(host.lower()) or self._stand_in(host)
            self._redirects[address, port] = target

    def _stand_in(self, name: str) -> str:
        address = _STAND_IN.format(len(self._stand_ins) + 1)
        self._stand_ins.add(address)
        self._hosts[name.lower()] = address
        return address

    def resolve(self, host: str) -> Deferred[str]:
        """See L{INetwork.resolve}."""
        if is_literal(host):
            return succeed(host)
        known = self._hosts.get(host.lower())
        if known is not None:
            return succeed(known)
        if not _is_name(host):
            return fail(DNSLookupError(f"not a host name: {host!r}"))
        receiver = _FirstAddress(host)
        IReactorPluggableNameResolver(self._reactor).nameResolver.resolveHostName(receiver, host)
        return receiver.result

    def target(self, asked: tuple[str, int]) -> tuple[str, int] | None:
        """Give the machine's address and port for the module's; L{None} if there is none."""
        if asked[0] in self._stand_ins:
            return self._redirects.get(asked)
        return self._redirects.get(asked, asked)

    def connect(
        self, address: str, port: int, factory: IProtocolFactory, local_port: int = 0
    ) -> Deferred[IProtocol]:
        """See L{INetwork.connect}."""
        target = self.target((address, port))
        if target is None:
            return fail(ConnectionRefusedError(f"no redirect for {address}:{port}"))
        host, port = target
        endpoint = TCP6ClientEndpoint if ":" in host else TCP4ClientEndpoint
        bind = ("", local_port) if local_port else None
        return endpoint(self._reactor, host, port, _NEVER, bind).connect(factory)

    def real_port(self, port: int, kind: str = "tcp") -> int:
        """Give the machine's port on which the module's port is.

        @param port: of a C{"TCP LISTENER"} or C{"UDP SERVICE"} that is open.
        @param kind: C{tcp} or C{udp}.
        @raise KeyError: there is none.
        """
        return self._real[kind, port]

    def _keep(self, kind: str, port: int, listening: IListeningPort) -> int:
        """Note where a port is; give the module's."""
        real: int = getattr(listening.getHost(), "port", 0)
        port = port or real
        self._real[kind, port] = real
        return port

    def listen(self, address: str, port: int, factory: IProtocolFactory) -> Listening:
        """See L{INetwork.listen}."""
        wanted = self._listeners.get(port, port)
        server: Any = factory
        listening = self._reactor.listenTCP(wanted, server, interface=self._interface)
        port = self._keep("tcp", port, listening)
        return _Listening(listening, port, lambda: self._forget("tcp", port))

    def _forget(self, kind: str, port: int) -> None:
        del self._real[kind, port]

    def datagram(
        self,
        address: str,
        port: int,
        received: DatagramReceiver,
        remote: tuple[str, int] | None = None,
    ) -> Datagrams:
        """See L{INetwork.datagram}."""
        made = _Datagrams(self, received)
        reactor = IReactorUDP(self._reactor)
        if remote is None:
            wanted = self._listeners.get(port, port)
            listening = reactor.listenUDP(wanted, made, self._interface, _LONGEST)
            made.port = port = self._keep("udp", port, listening)
            made.forget = lambda: self._forget("udp", port)
        else:
            interface = _own_side((self.target(remote) or remote)[0])
            listening = reactor.listenUDP(port, made, interface, _LONGEST)
            made.port = getattr(listening.getHost(), "port", 0)
        return made

    def unacknowledged(self, transport: ITCPTransport) -> int:
        """See L{INetwork.unacknowledged}."""
        handle = getattr(transport, "getHandle", None)
        if handle is None:
            return 0
        try:
            # tcp(7), SIOCOUTQ, which is TIOCOUTQ
            answer = fcntl.ioctl(handle().fileno(), termios.TIOCOUTQ, b"\0" * 4)
        except OSError:
            return 0
        count: int = struct.unpack("i", answer)[0]
        return count


def _own_side(host: str) -> str:
    """Give the interface from which a host is reached: loopback or any."""
    if ip_address(host).is_loopback:
        return "::1" if ":" in host else "127.0.0.1"
    return "::" if ":" in host else ""
