"""The network behind the emulated module: names and TCP.

The module's sockets reach their servers through L{INetwork}, so that a test
can put servers in memory (L{twisted_quectel.emulator.memorynetwork}) and an
emulator on a desk can send the documents' addresses to loopback.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectionRefusedError, DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IProtocol,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IReactorTCP,
    IResolutionReceiver,
)
from zope.interface import Interface, implementer

#: Seconds after which Twisted's own connection attempt gives up.  The owner of
#: a socket has its own time-out; this one must only never come before it.
_NEVER = 3600.0

#: RFC 5737, TEST-NET-2: stands for names that are known by a redirect only.
_STAND_IN = "198.51.100.{}"


class INetwork(Interface):
    """Name resolution and TCP."""

    def resolve(host: str) -> Deferred[str]:
        """Find the address of a host.

        @param host: a name or an IP literal; a literal resolves to itself.
        @return: fires with an IP literal; can be cancelled.  Fails with
            L{DNSLookupError}.
        """

    def connect(address: str, port: int, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """Open a TCP connection.

        @param address: an IP literal, as L{resolve} gave it.
        @param port: 1-65535.
        @return: fires with the connected protocol; can be cancelled.  Fails
            as Twisted's TCP endpoints do.
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


@implementer(INetwork)
class ReactorNetwork:
    """The network of the machine on which the emulator runs.

    @param reactor: provides L{IReactorTCP}, and
        L{IReactorPluggableNameResolver} if names are to be resolved.
    @param hosts: name to IP literal, looked up before the reactor's resolver.
    @param redirects: (address, port) or (name, port) to where such a
        connection really goes.  The module goes on to see the address it
        asked for.  A name that occurs here only gets an address of
        198.51.100.0/24 (RFC 5737), on which its other ports are refused.
    """

    def __init__(
        self,
        reactor: IReactorTCP,
        hosts: Mapping[str, str] = {},
        redirects: Mapping[tuple[str, int], tuple[str, int]] = {},
    ) -> None:
        self._reactor = reactor
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

    def connect(self, address: str, port: int, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """See L{INetwork.connect}."""
        target = self._redirects.get((address, port))
        if target is None:
            if address in self._stand_ins:
                return fail(ConnectionRefusedError(f"no redirect for {address}:{port}"))
            target = (address, port)
        host, port = target
        endpoint = TCP6ClientEndpoint if ":" in host else TCP4ClientEndpoint
        return endpoint(self._reactor, host, port, timeout=_NEVER).connect(factory)
