"""Names, as Twisted's programs have them looked up, looked up by the module.

The two kinds of resolvers that Twisted has are made of one another here: its own adapters
are private.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IReactorTime,
    IResolutionReceiver,
    IResolverSimple,
)
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from .arguments import parse_literal, read_host
from .at import InvalidValue
from .errors import ModuleLost, PortLost
from .modem import Modem
from .modem.names import resolve_name

#: What C{IReactorCore.resolve} has for a time-out.
SIMPLE_TIMEOUT: Final = (1, 3, 11, 45)

_log: Final = Logger()


@implementer(IHostResolution)
class _Resolution:
    """A name that is being looked up.

    @ivar name: it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.looking: Deferred[list[str]] | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """Look no more; the receiver is told nothing from now on."""
        self.cancelled = True
        looking, self.looking = self.looking, None
        if looking is not None:
            looking.cancel()


class _Resolver:
    """What both kinds of L{IHostnameResolver} here have in common."""

    def look_up(self, host: str) -> Deferred[list[str]]:
        """Give the addresses of a name that is no address.

        @param host: as L{read_host} gives it.
        """
        raise NotImplementedError

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Look a name up; see L{IHostnameResolver}.

        An address stands for itself.  What goes wrong is told by the log: a receiver can
        only be told that there are no addresses.
        """
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        if not resolution.cancelled:
            resolution.looking = looking = self.addresses(hostName)
            looking.addErrback(_no_addresses, hostName)
            looking.addCallback(
                _deliver,
                resolution,
                resolutionReceiver,
                _maker(portNumber, addressTypes, transportSemantics),
            )
            looking.addErrback(
                lambda reason: _log.failure("a receiver of addresses has failed", reason)
            )
        return resolution

    def addresses(self, name: str) -> Deferred[list[str]]:
        """Give the addresses of a name, or of an address that one.

        @return: can be cancelled; fails with L{DNSLookupError}, or with what keeps the
            module from looking it up.
        """
        try:
            host = read_host("host", name)
        except InvalidValue as e:
            return fail(DNSLookupError(str(e)))
        return succeed([host]) if parse_literal(host) else self.look_up(host)


def _no_addresses(reason: Failure, name: str) -> list[str]:
    if not reason.check(CancelledError):
        _log.info("{name!r}: {why}", name=name, why=reason.getErrorMessage())
    return []


def _maker(
    port: int, types: Sequence[type[IAddress]] | None, transport: str
) -> Callable[[str], IAddress | None]:
    """Give what makes addresses of literals, of the types that are wanted."""
    kind: Literal["TCP", "UDP"] = "UDP" if transport == "UDP" else "TCP"
    wanted = (IPv4Address, IPv6Address) if types is None else tuple(types)

    def make(text: str) -> IAddress | None:
        made = (IPv6Address if ":" in text else IPv4Address)(kind, text, port)
        return made if isinstance(made, wanted) else None

    return make


def _deliver(
    found: list[str],
    resolution: _Resolution,
    receiver: IResolutionReceiver,
    make: Callable[[str], IAddress | None],
) -> None:
    resolution.looking = None
    for text in found:
        address = make(text)
        if address is not None and not resolution.cancelled:
            receiver.addressResolved(address)
    if not resolution.cancelled:
        receiver.resolutionComplete()


@implementer(IHostnameResolver)
class ModemResolver(_Resolver):
    """Has the module look names up (C{AT+QIDNSGIP} on LTE): within 60 s, one at a time."""

    def __init__(self, modem: Modem, pdp: int, wait: bool = True) -> None:
        """
        @param pdp: the PDP context whose DNS servers are asked, 1-16.
        @param wait: whether to wait while a transparent connection has the only channel.
        """
        self._wait = wait
        self._modem = modem
        self._pdp = pdp

    def look_up(self, host: str) -> Deferred[list[str]]:
        """Ask the module.

        @return: fails with L{ModemDNSError<twisted_quectel.errors.ModemDNSError>}, L{ModemError}.
        """
        return Deferred.fromCoroutine(self._look_up(host))

    async def _look_up(self, host: str) -> list[str]:
        modem = self._modem
        session = await modem.session()
        try:
            return await resolve_name(session, self._pdp, host, self._wait)
        except (ModuleLost, PortLost):
            # in a later turn: whoever has found it out has not told everybody yet
            await deferLater(modem.reactor, 0, lambda: None)
        return await resolve_name(await modem.session(), self._pdp, host, self._wait)


@implementer(IHostnameResolver)
class SimpleAsHostname(_Resolver):
    """A resolver of the simple kind in the place of the other kind."""

    def __init__(self, simple: IResolverSimple) -> None:
        self._simple = simple

    def look_up(self, host: str) -> Deferred[list[str]]:
        """Ask the simple one."""
        found: Deferred[str] = self._simple.getHostByName(host)
        return found.addCallback(lambda address: [address])


@implementer(IResolverSimple)
class HostnameAsSimple:
    """A resolver of the other kind in the place of a simple one."""

    def __init__(self, resolver: IHostnameResolver, reactor: IReactorTime) -> None:
        self._resolver = resolver
        self._reactor = reactor

    def getHostByName(self, name: str, timeout: Sequence[int] = SIMPLE_TIMEOUT) -> Deferred[str]:
        """Give the first IPv4 address of a name.

        @param timeout: seconds, in pieces.
        @return: can be cancelled; fails with L{DNSLookupError}.
        """
        found = all_addresses(self._resolver, name, (IPv4Address,))

        def late(_: object, seconds: float) -> list[str]:
            raise DNSLookupError(f"{name!r} was not resolved within {seconds:g} s")

        found.addTimeout(sum(timeout), self._reactor, late)
        return found.addCallback(lambda addresses: addresses[0])


@implementer(IResolutionReceiver)
class _Receiver:
    """Collects addresses."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[str] = []
        self._resolution: IHostResolution | None = None
        self.result: Deferred[list[str]] = Deferred(self._cancel)

    def _cancel(self, _: object) -> None:
        if self._resolution is not None:
            self._resolution.cancel()

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        """It begins."""
        self._resolution = resolutionInProgress

    def addressResolved(self, address: IAddress) -> None:
        """Take an address."""
        if isinstance(address, (IPv4Address, IPv6Address)):
            self._found.append(address.host)

    def resolutionComplete(self) -> None:
        """Tell."""
        if self.result.called:
            return
        if self._found:
            self.result.callback(self._found)
        else:
            self.result.errback(DNSLookupError(f"no address for {self._name!r}"))


def all_addresses(
    resolver: IHostnameResolver, name: str, types: Sequence[type[IAddress]] | None = None
) -> Deferred[list[str]]:
    """Give the addresses of a name, one at least.

    @return: can be cancelled; fails with L{DNSLookupError}, from one of our own with the
        reason.
    """
    if isinstance(resolver, _Resolver):
        make = _maker(0, types, "TCP")

        def chosen(addresses: list[str]) -> list[str]:
            found = [each for each in addresses if make(each) is not None]
            if not found:
                raise DNSLookupError(f"no address of that kind for {name!r}")
            return found

        return resolver.addresses(name).addCallback(chosen)
    receiver = _Receiver(name)
    resolver.resolveHostName(receiver, name, 0, types)
    return receiver.result
