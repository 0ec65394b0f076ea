"""UDP over a module: what C{reactor.listenUDP} gives, on the module's C{"UDP SERVICE"}.

TCP/IP Application Note, C{AT+QIOPEN}, C{AT+QISEND} and C{AT+QIRD}.

C{listenUDP} answers at once, and a module does not.  So the port is there, and its
protocol started, before the module has opened it; what is written until then waits,
within bounds.  If the module cannot open it, that is logged, and the protocol stopped.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from ipaddress import ip_address
from random import SystemRandom
from typing import Final

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import CannotListenError, ConnectionDone, InvalidAddressError
from twisted.internet.interfaces import IDelayedCall, IListeningPort
from twisted.internet.protocol import AbstractDatagramProtocol
from twisted.python import log
from twisted.python.failure import Failure
from zope.interface import implementer

from .arguments import parse_literal, read_choice, read_integer, read_timeout
from .at import InvalidValue
from .datagramtransport import DatagramTransport, read_address, same_address
from .errors import ConnectBindError, ModemError, ModemNotReady, ModemTimeout, UnsupportedOperation
from .families import AccessMode
from .modem import Modem
from .modem.datagrams import ServiceRequest, open_datagrams
from .modem.interfaces import Address
from .modem.session import Session
from .tables.lte import ANY_PORTS, PDP_IDS

__all__ = ["ModuleUDPPort", "listen_udp"]

#: Where a port of nobody's choice is taken from (RFC 6335 chapter 6).
_EPHEMERAL: Final = range(49152, 65536)
#: How often another one is tried when the module says that one is in use.
_TRIES: Final = 8
#: Seconds for the module to open a port.
OPEN_TIMEOUT: Final = 60.0

_BROADCAST: Final = "255.255.255.255"
_ANY: Final = {4: "0.0.0.0", 6: "::"}

#: The versions of the addresses that a profile asks the network for.
_VERSIONS: Final[Mapping[str, set[int]]] = {"ipv6": {6}, "ipv4v6": {4, 6}}

_random = SystemRandom()


def read_datagram_mode(mode: AccessMode | str | None) -> AccessMode | None:
    """Read the access mode of datagrams.

    @raise InvalidValue: if it is none of C{push} and C{buffer}.
    """
    if mode is None:
        return None
    word = mode.value if isinstance(mode, AccessMode) else mode
    choices = [AccessMode.PUSH.value, AccessMode.BUFFER.value]
    return AccessMode(read_choice("mode", word, choices))


def _errno_error(number: int, text: str = "") -> OSError:
    return OSError(number, text or os.strerror(number))


@implementer(IListeningPort)
class ModuleUDPPort(DatagramTransport):
    """A UDP port of a module.

    When the module restarts, loses its network or goes away, the port is closed for
    good, which is logged, and its protocol stopped: L{when_stopped} says why.
    """

    def __init__(
        self,
        modem: Modem,
        port: int,
        protocol: AbstractDatagramProtocol,
        interface: str = "",
        maxPacketSize: int = 8192,
        *,
        mode: AccessMode | str | None = None,
        pdp: int | None = None,
        timeout: float = OPEN_TIMEOUT,
    ) -> None:
        """
        @param modem: whose.
        @param port: the own port, 0-65535; 0: one is chosen.
        @param interface: the own address: empty, C{0.0.0.0}, C{::}, or the one that the
            network has given to the module.
        @param maxPacketSize: bytes of a datagram that are delivered; a module gives at
            most 1500.
        @param mode: C{push} or C{buffer}; L{None}: push, where the family has it.
        @param pdp: the PDP context; L{None}: that of the modem's profile.
        @param timeout: seconds for the module to open it.
        @raise InvalidAddressError: if the interface is no address.
        @raise InvalidValue: if something else is out of range.
        """
        super().__init__(modem.reactor, protocol, 0, maxPacketSize)
        read_integer("maxPacketSize", maxPacketSize, 1, 1 << 30)
        if interface and parse_literal(interface) is None:
            raise InvalidAddressError(interface, "not an IPv4 or IPv6 address.")
        self.modem = modem
        self.port = read_integer("port", port, ANY_PORTS[0], ANY_PORTS[-1])
        self.interface = interface
        self._mode = read_datagram_mode(mode)
        self._pdp = (
            modem.profile.pdp if pdp is None else read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1])
        )
        self._timeout = read_timeout("timeout", timeout)
        self._session: Session | None = None
        self._real_port: int | None = None
        self._version = 4
        self._host = ""
        self._opening: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._late = False

    def __repr__(self) -> str:
        where = f"on {self._real_port}" if self._real_port is not None else "not connected"
        return f"<{type(self.protocol)} {where}>"

    def getHost(self) -> IPv4Address | IPv6Address:
        """Give the module's address, as far as it is known, and the port."""
        port = self._real_port if self._real_port is not None else self.port
        if self._version == 6:
            return IPv6Address("UDP", self._host or _ANY[6], port)
        return IPv4Address("UDP", self._host or _ANY[4], port)

    # -- IListeningPort

    def startListening(self) -> None:
        """Have the module open the port, and start the protocol.

        @raise CannotListenError: if the modem is not up yet, its family has no UDP, the
            port is in use, or the interface is none of the module's.
        """
        if self.connected:
            raise self._cannot(_errno_error(errno.EINVAL, "it listens already"))
        session = self.modem.current
        if session is None or session.over is not None:
            raise self._cannot(
                ModemNotReady(
                    f"the modem {self.modem.profile.name} is not up: wait for its ready() first"
                )
            )
        request = self._request(0)
        try:
            request.dialect_of(session.family)
            request.mode_for(session.family)
        except UnsupportedOperation as e:
            raise self._cannot(e) from None
        self._limit = session.family.limits.datagram
        self._take_interface(session)
        self._stopping = self._late = False
        self._bind(session, self.port or self._free_port(session))
        try:
            self._begin(self._real_port)
        except BaseException:
            self._unbind()
            self.connected = False
            raise
        if self._stopping and not self._queue:
            self._reactor.callLater(0, self._finish, Failure(ConnectionDone()))
            return
        self._timer = self._reactor.callLater(self._timeout, self._too_late)
        opening = self._opening = Deferred.fromCoroutine(self._open(session))
        opening.addErrback(self._not_open)

    def _cannot(self, problem: Exception) -> CannotListenError:
        # OSError or not, Twisted shows it behind the address
        return CannotListenError(self.interface, self.port, problem)

    def _take_interface(self, session: Session) -> None:
        """Find out which address family it is, and whether the module has the interface."""
        own = [each for each in session.address(self._pdp).split(",") if parse_literal(each)]
        versions: set[int] = {one.version for each in own if (one := parse_literal(each))}
        if not versions or self.modem.profile.ip == "ipv4v6":
            # of two addresses the module may tell the first only
            versions = _VERSIONS.get(self.modem.profile.ip, {4})
        wanted = parse_literal(self.interface)
        version = min(versions) if wanted is None else wanted.version
        if version not in versions:
            raise self._cannot(
                _errno_error(
                    errno.EAFNOSUPPORT, f"PDP context {self._pdp} has no IPv{version} address"
                )
            )
        mine = [each for each in own if (one := parse_literal(each)) and one.version == version]
        if wanted is not None and not wanted.is_unspecified:
            known = any(parse_literal(each) == wanted for each in mine)
            if wanted.is_loopback or (mine and not known):
                raise self._cannot(_errno_error(errno.EADDRNOTAVAIL))
            mine = [self.interface]
        self._version = version
        self._host = mine[0] if mine else ""

    def _free_port(self, session: Session) -> int:
        """Choose a port that none of ours has."""
        bound = session.connections.bound
        while True:
            port = _random.choice(_EPHEMERAL)
            if (self._pdp, port) not in bound:
                return port

    def _bind(self, session: Session, port: int) -> None:
        bound = session.connections.bound
        if (self._pdp, port) in bound:
            raise self._cannot(_errno_error(errno.EADDRINUSE))
        bound.add((self._pdp, port))
        self._session, self._real_port = session, port

    def _unbind(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._real_port is not None:
            session.connections.bound.discard((self._pdp, self._real_port))
        self._real_port = None

    def _request(self, port: int) -> ServiceRequest:
        return ServiceRequest(
            host="UDP",
            port=port,
            tls=None,
            ctx=None,
            pdp=self._pdp,
            mode=self._mode,
            wait=True,
            closed_is_lost=False,
            timeout=self._timeout,
            secure=False,
        )

    # -- opening

    async def _open(self, session: Session) -> None:
        for left in reversed(range(_TRIES)):
            assert self._real_port is not None
            try:
                socket = await open_datagrams(session, self._request(self._real_port))
            except ConnectBindError:
                # of nobody's choice, another one is as good
                if self.port or not left:
                    raise
                self._unbind()
                self._bind(session, self._free_port(session))
            else:
                break
        try:
            # the network's address is known now, if it was not before
            self._take_interface(session)
        except CannotListenError:
            socket.abort()
            raise
        self._stop_timer()
        self._opening = None
        self._attach(socket)

    def _not_open(self, reason: Failure) -> None:
        self._stop_timer()
        self._opening = None
        if reason.check(CancelledError):
            late = f"it was not opened within {self._timeout:g} s"
            reason = Failure(ModemTimeout(late) if self._late else ConnectionDone())
        elif not reason.check(ModemError, CannotListenError):
            self._log.failure("opening a UDP port of the module", reason)
        self._reactor.callLater(0, self._finish, reason)

    def _too_late(self) -> None:
        self._timer = None
        self._late = True
        if self._opening is not None:
            self._opening.cancel()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _stop_opening(self) -> None:
        # what was written before is sent when it is open, within the time that has
        if self._opening is not None and not self._queue:
            self._opening.cancel()

    def _closed(self) -> None:
        log.msg(f"(UDP Port {self._real_port} Closed)")
        self._unbind()

    # -- where datagrams go

    def _target(self, addr: Address | None) -> Address | None:
        if self._peer is not None:
            if addr is not None and not same_address(read_address("addr", addr), self._peer):
                raise InvalidValue("addr", f"it is connected to {self._peer}, not to {addr!r}")
            return self._peer
        if addr is None:
            raise InvalidValue("addr", "give the address and the port that it goes to")
        host, port = read_address("addr", addr)
        if host == "<broadcast>":
            host = _BROADCAST
        return self._check_host(host, "write() only accepts IP addresses, not hostnames"), port

    def _check_host(self, host: str, why: str) -> str:
        address = super()._check_host(host, why)
        literal = ip_address(address)
        if literal.version != self._version:
            other = 10 - self._version
            raise InvalidAddressError(
                host, f"IPv{self._version} port called with an IPv{other} address"
            )
        if address == _BROADCAST and not self._broadcast:
            raise _errno_error(errno.EACCES)
        return address


def listen_udp(
    modem: Modem,
    port: int,
    protocol: AbstractDatagramProtocol,
    interface: str = "",
    maxPacketSize: int = 8192,
    *,
    mode: AccessMode | str | None = None,
    pdp: int | None = None,
) -> ModuleUDPPort:
    """Take datagrams on a port of a module, as C{reactor.listenUDP} does on the host's.

    The modem has to be up: wait for L{Modem.ready} first.

    @param modem: whose.
    @param port: the own port, 0-65535; 0: one is chosen.
    @param protocol: is started at once; may write at once too.
    @param interface: the own address; see L{ModuleUDPPort}.
    @param maxPacketSize: bytes of a datagram that are delivered.
    @param mode: C{push} or C{buffer}; L{None}: push, where the family has it.
    @param pdp: the PDP context; L{None}: that of the modem's profile.
    @return: provides C{IListeningPort} and C{IUDPTransport}.
    @raise CannotListenError: if the modem is not up yet, its family has no UDP, the port
        is in use by another one of this modem, or the interface is none of its.
    @raise InvalidAddressError: if the interface is no address.
    @raise InvalidValue: if something else is out of range.
    """
    listening = ModuleUDPPort(modem, port, protocol, interface, maxPacketSize, mode=mode, pdp=pdp)
    listening.startListening()
    return listening
