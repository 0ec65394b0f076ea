"""Trust discovery: what a server is verified by, and what of the module's TLS it accepts.

Each question is a handshake on the host over the module's TCP, with the certificates' chain
verified and the server's name compared (service-identity).  The root is the one of the trust
store at which the verified chain ends, never what the server sends.  What does not verify is
refused: nothing is trusted because it was there first.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAcceptableCiphers,
    ICipher,
    IOpenSSLClientConnectionCreator,
    IProtocolFactory,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import TLSVersion
from twisted.python.failure import Failure
from zope.interface import implementer

from .errors import HostTLSFailed, ModemConnectError, ModemTimeout
from .hosthandshake import shake_hands, verified_chain
from .hosttls import HostTLS
from .modem import Modem
from .pem import PEM, rewrap
from .tables.ciphers import LTE_SUITES, SUITES_OF, CipherSuite

#: What the module has, the newest first, and what OpenSSL calls it.
VERSIONS: Final = (
    ("tls1.2", TLSVersion.TLSv1_2),
    ("tls1.1", TLSVersion.TLSv1_1),
    ("tls1.0", TLSVersion.TLSv1_0),
)
#: Without it OpenSSL has neither TLS 1.1 nor SHA-1 any more.
_OLD: Final = "@SECLEVEL=0"


@dataclass(frozen=True)
class Anchor:
    """What a handshake has shown.

    @ivar chain: as it was verified, the server's certificate first, the root last.
    @ivar version: the version, in OpenSSL's words.
    @ivar suite: the suite, in OpenSSL's words.
    """

    chain: tuple[Certificate, ...]
    version: str
    suite: str

    @property
    def root(self) -> PEM:
        """The certificate that the module needs, as it goes there."""
        return PEM(rewrap(b"CERTIFICATE", self.chain[-1].public_bytes(Encoding.DER)), "the root")


@dataclass(frozen=True)
class Offer:
    """What of the module's TLS was tried with a server.

    @ivar version: C{tls1.2}, C{tls1.1} or C{tls1.0}.
    @ivar suite: one of the module's; L{None}: all that the host has of them.
    @ivar anchor: what came of it; L{None}: it was not accepted.
    @ivar problem: why; empty if it was accepted.
    @ivar at_hand: whether the host's OpenSSL has it.
    @ivar open: whether nobody knows: it did not come to a handshake, or not to its end.
    """

    version: str
    suite: CipherSuite | None
    anchor: Anchor | None = None
    problem: str = ""
    at_hand: bool = True
    open: bool = False


class _Shown(Protocol):
    """Looks at what the handshake has come to, and closes."""

    transport: Any

    def __init__(self) -> None:
        self.anchor: Anchor | None = None
        self.ended: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """The handshake is over."""
        handle = self.transport.getHandle()
        self.anchor = Anchor(
            tuple(verified_chain(self.transport)),
            handle.get_protocol_version_name(),
            handle.get_cipher_name() or "",
        )
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        self.ended.callback(None)


class Discovery:
    """Asks one server.

    @ivar handshakes: how many were made.
    """

    def __init__(
        self,
        modem: Modem,
        name: str,
        inner: Callable[[], IStreamClientEndpoint],
        tls: HostTLS,
        timeout: Callable[[], float],
    ) -> None:
        """
        @param name: of the server, for messages.
        @param inner: gives an endpoint of the module's TCP to the server.
        @param tls: what is trusted, and the client's certificate.
        @param timeout: gives the seconds for the next connection.
        """
        self.handshakes = 0
        self._modem = modem
        self._name = name
        self._inner = inner
        self._tls = tls
        self._timeout = timeout

    @property
    def suites(self) -> tuple[CipherSuite, ...]:
        """What the module has, once it was up; empty where no document says what that is."""
        info = self._modem.info
        return LTE_SUITES if info is None else SUITES_OF[info.family]

    async def verify(self) -> Anchor:
        """Verify the server; give the chain that the module will have to verify.

        That is the one of TLS 1.2 with the module's suites, where the server has that: a
        server may have several certificates.

        @raise HostTLSFailed: if it is not who it should be.
        @raise ModemError: if it cannot be reached.
        """
        try:
            newest = await self._ask(self._tls.options())
        except HostTLSFailed as e:
            if e.unverified:
                raise
            # what the host does without being asked may be too new for it
            newest = None
            problem = e
        for version, number in VERSIONS:
            offer = await self._try(version, number, None)
            if offer.anchor is not None:
                return offer.anchor
        if newest is None:
            raise problem
        return newest

    async def offers(self) -> AsyncIterator[Offer]:
        """Try each version of the module, then each suite in the newest that is accepted.

        Nothing is tried where nobody knows what the module has.
        """
        if not self.suites:
            return
        accepted: list[tuple[str, TLSVersion]] = []
        for version, number in VERSIONS:
            offer = await self._try(version, number, None)
            if offer.anchor is not None:
                accepted.append((version, number))
            yield offer
        for suite in self.suites:
            fitting = [each for each in accepted if each[0] == "tls1.2" or not _is_new(suite)]
            if fitting:
                yield await self._try(*fitting[0], suite)

    async def _try(self, version: str, number: TLSVersion, suite: CipherSuite | None) -> Offer:
        offer = Offer(version, suite)
        suites = at_hand([suite] if suite else self.suites or LTE_SUITES)
        if not suites:
            return replace(offer, problem="this host's OpenSSL does not have it", at_hand=False)
        try:
            return replace(offer, anchor=await self._ask(_limited(self._tls, number, suites)))
        except HostTLSFailed as e:
            return replace(offer, problem=str(e).partition(" failed: ")[2] or str(e))
        except (ModemConnectError, ModemTimeout) as e:
            return replace(offer, problem=str(e), open=True)

    async def _ask(self, options: IOpenSSLClientConnectionCreator) -> Anchor:
        self.handshakes += 1
        factory = Factory.forProtocol(_Shown)
        factory.noisy = False
        shown: Any = await shake_hands(
            self._modem.reactor,
            self._inner(),
            options,
            IProtocolFactory(factory),
            self._name,
            self._timeout(),
        )
        # its place on the module is free for the next one
        await shown.ended
        anchor: Anchor = shown.anchor
        if not is_root(anchor.chain[-1]):
            problem = HostTLSFailed(
                f"{self._name}: the TLS handshake on the host failed: the chain does not end at a "
                "root that is signed by itself, which the module needs"
            )
            problem.unverified = True
            raise problem
        return anchor


def is_root(certificate: Certificate) -> bool:
    """Tell whether a certificate is signed by itself."""
    if certificate.issuer != certificate.subject:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_new(suite: CipherSuite) -> bool:
    """Tell whether a suite is of TLS 1.2 (RFC 5246, 5288, 5289)."""
    return suite.name.endswith(("SHA256", "SHA384"))


def at_hand(suites: Iterable[CipherSuite] = LTE_SUITES) -> tuple[CipherSuite, ...]:
    """Give those of the suites that this host's OpenSSL has."""
    found = []
    for suite in suites:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        with contextlib.suppress(SSL.Error):
            context.set_cipher_list(f"{suite.openssl}:{_OLD}".encode())
            found.append(suite)
    return tuple(found)


@implementer(ICipher)
class _Named:
    """One word of OpenSSL's cipher list."""

    def __init__(self, name: str) -> None:
        self.fullName = name


@implementer(IAcceptableCiphers)
class _Exactly:
    """Certain suites, whatever is thought of them."""

    def __init__(self, suites: Iterable[CipherSuite]) -> None:
        self._suites = suites

    # Any: Twisted's annotation means a tuple of one
    def selectCiphers(self, availableCiphers: object) -> Any:
        """Give the suites, and what lets OpenSSL use them."""
        return tuple(_Named(name) for name in (*(each.openssl for each in self._suites), _OLD))


def _limited(
    tls: HostTLS, version: TLSVersion, suites: tuple[CipherSuite, ...]
) -> IOpenSSLClientConnectionCreator:
    """Give options that verify as ever, and offer but one version and certain suites."""
    return tls.options(
        insecurelyLowerMinimumTo=version,
        lowerMaximumSecurityTo=version,
        acceptableCiphers=_Exactly(suites),
    )
