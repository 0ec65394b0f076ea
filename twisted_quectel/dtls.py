"""DTLS on the module, for datagram protocols.

LTE SSL Application Note v1.1, chapters 2.2.1 (C{dtls}, C{dtlsversion}) and 2.2.2 to 2.3.
The document does not say how a read (C{AT+QSSLRECV}) treats the boundaries of datagrams.
A push gives what has just come, so that push mode is what keeps them, and the default.
"""

from __future__ import annotations

from typing import TypeVar

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import AbstractDatagramProtocol, ConnectedDatagramProtocol
from twisted.python.failure import Failure

from .addresses import address_of
from .arguments import parse_literal, read_choice, read_host, read_integer, read_port, read_timeout
from .at import InvalidValue
from .connecting import OpenAttempt
from .datagrams import read_datagram_mode
from .datagramtransport import DatagramTransport, read_address, same_address
from .endpoints import check_modem
from .families import AccessMode
from .modem import Modem
from .modem.datagrams import DatagramRequest, open_datagrams
from .modem.datagramsocket import DatagramSocket
from .modem.interfaces import Address
from .modem.session import Session
from .modemprofile import ModemProfile
from .profiles import TLSProfile
from .tables.lte import PDP_IDS, SSL_CONTEXT_IDS

__all__ = ["ModuleDTLSEndpoint", "ModuleDTLSTransport"]

_P = TypeVar("_P", bound=AbstractDatagramProtocol)


class ModuleDTLSTransport(DatagramTransport):
    """A DTLS connection of a module, as a datagram transport with one peer.

    C{write(data)} needs no address; C{datagramReceived} gets the peer's as it was given.
    """

    kind = "DTLS"

    def __init__(
        self,
        modem: Modem,
        session: Session,
        protocol: AbstractDatagramProtocol,
        peer: Address,
        address: str,
    ) -> None:
        """
        @param address: the module's own, as far as it is known.
        """
        limits = session.family.limits
        super().__init__(modem.reactor, protocol, limits.send, limits.read, peer)
        self._address = address.split(",")[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {type(self.protocol).__name__} to {self._peer}>"

    def getHost(self) -> IPv4Address | IPv6Address:
        """Give the module's address, as far as it is known."""
        literal = parse_literal(self._address)
        if literal is not None and literal.version == 6:
            return IPv6Address("UDP", self._address, 0)
        return IPv4Address("UDP", self._address or "0.0.0.0", 0)

    def getPeer(self) -> IAddress:
        """Give the server's address, without asking the module."""
        assert self._peer is not None
        return address_of(*self._peer, "UDP")

    def setBroadcastAllowed(self, enabled: bool) -> None:
        """Refuse it: there is one peer.

        @raise InvalidValue: if it is to be allowed.
        """
        if enabled:
            raise InvalidValue("enabled", "a DTLS connection has one peer, and no broadcast")

    def loseConnection(self) -> None:
        """Send what waits, and close."""
        self.stopListening()

    def start(self, socket: DatagramSocket) -> None:
        """Connect the protocol."""
        assert self._peer is not None
        try:
            self._begin(f"{self._peer[0]}:{self._peer[1]}")
        except BaseException:
            self.connected = False
            socket.abort()
            raise

    def begin(self, socket: DatagramSocket) -> None:
        """Send and deliver from now on, what was written and came before first."""
        self._attach(socket)

    def _target(self, addr: Address | None) -> None:
        peer = self._peer
        assert peer is not None
        if addr is not None and not same_address(read_address("addr", addr), peer):
            raise InvalidValue("addr", f"it is connected to {peer}, not to {addr!r}")


class _DTLSAttempt(OpenAttempt):
    """One connect: within its time, or cancelled."""

    _given_up = False
    _starting = False  # the application is just being called

    def connect(self, protocol: _P) -> Deferred[_P]:
        """Connect a protocol."""
        result: Deferred[_P] = Deferred(lambda _: self._give_up(result, opening))
        timer = self._reactor.callLater(self._request.timeout, self._too_late, result)
        opening = Deferred.fromCoroutine(self._open(protocol))

        def in_time(outcome: object) -> object:
            if timer.active():
                timer.cancel()
            return outcome

        def opened(opened: tuple[ModuleDTLSTransport, DatagramSocket]) -> None:
            transport, socket = opened
            if self._given_up:
                transport.stopListening()
            else:
                result.callback(protocol)
            transport.begin(socket)

        def failed(reason: Failure) -> None:
            if self._given_up:
                return
            reason = self._reason(reason)
            if isinstance(protocol, ConnectedDatagramProtocol):
                protocol.connectionFailed(reason)
            result.errback(reason)

        opening.addBoth(in_time)
        opening.addCallbacks(opened, failed)
        return result

    def _give_up(
        self, result: Deferred[_P], opening: Deferred[tuple[ModuleDTLSTransport, DatagramSocket]]
    ) -> None:
        if not self._starting:
            opening.cancel()
            return
        # by the application, in the middle of its own call: what it was given is dropped
        self._given_up = True
        result.errback(self._reason(Failure(CancelledError())))

    def _too_late(self, result: Deferred[_P]) -> None:
        self._late = True
        result.cancel()

    async def _open_datagrams(self, session: Session) -> DatagramSocket:
        assert isinstance(self._request, DatagramRequest)
        return await open_datagrams(session, self._request)

    async def _open(
        self, protocol: AbstractDatagramProtocol
    ) -> tuple[ModuleDTLSTransport, DatagramSocket]:
        session, socket = await self._open_by(self._open_datagrams)
        request = self._request
        transport = ModuleDTLSTransport(
            self._modem,
            session,
            protocol,
            (request.host, request.port),
            session.address(request.pdp),
        )
        self._starting = True
        try:
            transport.start(socket)
        finally:
            self._starting = False
        return transport, socket


class ModuleDTLSEndpoint:
    """A DTLS connection made by a module, for a datagram protocol.

    @ivar modem: whose.
    """

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int,
        tls: TLSProfile | None = None,
        mode: AccessMode | str | None = None,
        ctx: int | None = None,
        pdp: int | None = None,
        timeout: float = 60.0,
        *,
        busy: str = "wait",
    ) -> None:
        """
        @param modem: whose DTLS it is.
        @param host: name or IP literal of the server.
        @param port: 1-65535.
        @param tls: the settings, with C{dtls=True}; L{None}: those of C{ctx} in the
            modem's profile.
        @param mode: C{push}, which keeps datagrams apart, or C{buffer}, which does so
            where a read of the module's firmware gives one datagram; L{None}: push,
            where the family has it.
        @param ctx: a certain SSL context, 0-5; L{None}: one is handed out.
        @param pdp: the PDP context, 1-16; L{None}: that of the modem's profile.
        @param timeout: seconds for the whole connect.
        @param busy: C{wait} or C{fail} when no socket or context is free.
        @raise InvalidValue: if something is out of range or of another kind, or it is
            not said how the server is verified.
        """
        self.modem = check_modem(modem)
        if tls is not None and not isinstance(tls, TLSProfile):
            raise InvalidValue(
                "tls",
                "must be a TLSProfile, such as TLSProfile(dtls=True, cacert=...), not "
                + type(tls).__name__,
            )
        number = (
            None
            if ctx is None
            else read_integer("ctx", ctx, SSL_CONTEXT_IDS[0], SSL_CONTEXT_IDS[-1])
        )
        if tls is None:
            tls = _provisioned(modem.profile, number)
        if not tls.dtls:
            raise InvalidValue("tls", "give dtls=True: datagrams cannot use TLS")
        self._request = DatagramRequest(
            host=read_host("host", host),
            port=read_port("port", port),
            tls=tls,
            ctx=number,
            pdp=modem.profile.pdp
            if pdp is None
            else read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1]),
            mode=read_datagram_mode(mode),
            wait=read_choice("busy", busy, ("wait", "fail")) == "wait",
            closed_is_lost=False,
            timeout=read_timeout("timeout", timeout),
        )

    def __repr__(self) -> str:
        request = self._request
        name = self.modem.profile.name
        return f"<{type(self).__name__} {request.host}:{request.port} by {name}>"

    def connect(self, protocol: _P) -> Deferred[_P]:
        """Connect; the protocol's C{startProtocol} is called when the module has.

        Its C{stopProtocol} is called at the end, however that comes; why is in the log,
        and told by C{transport.when_stopped()}.  A connect that fails calls
        C{connectionFailed}, where the protocol has it.

        @return: fires with the protocol; fails with a C{ConnectError} that is a
            L{ModemError} too, or L{error.ConnectingCancelledError}.
        """
        request = self._request
        address = address_of(request.host, request.port, "UDP")
        return _DTLSAttempt(self.modem.reactor, self.modem, request, address).connect(protocol)


def _provisioned(profile: ModemProfile, ctx: int | None) -> TLSProfile:
    """Give the settings that the modem's owner wants of a context."""
    tls = None if ctx is None else profile.contexts.get(ctx)
    if tls is not None and tls.dtls:
        return tls
    raise InvalidValue(
        "tls" if ctx is None else "ctx",
        "say how the server is verified: give tls=TLSProfile(dtls=True, cacert=...), or as ctx "
        "a context that the modem's profile sets, with dtls",
    )
