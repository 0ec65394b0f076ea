"""TLS on the host, over the TCP of a module.

What no module can give: TLS 1.3, and a host name that is compared with the certificate, by
service-identity (L{twisted.internet.ssl.optionsForClientTLS}).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IStreamClientEndpoint,
)
from zope.interface import implementer

from .arguments import read_host, suggestion
from .at.syntax import InvalidValue
from .pem import PEM, check_pair, load_bundle, load_key

if TYPE_CHECKING:
    from .modem import Modem


#: What an endpoint string may say of the host's TLS.
HOST_TLS_ARGUMENTS: Final = ("cacert", "clientCert", "clientKey", "alpn")
#: One protocol's name: printable, and no list.
_PROTOCOL: Final = re.compile(r"[!-+\--~]{1,255}")


@dataclass(frozen=True)
class HostTLS:
    """The settings of one server, each checked.

    @ivar host: the name that the certificate has to be for, or an IP literal.
    @ivar cacert: certificates in PEM from which the server's has to come; L{None}: those that
        the system trusts.
    @ivar client: certificate of the client, those that lead to its CA behind it, and its
        private key, in PEM.
    @ivar alpn: the application protocol that is asked for.
    """

    host: str
    cacert: tuple[bytes, ...] | None = None
    client: tuple[tuple[bytes, ...], bytes] | None = field(default=None, repr=False)
    alpn: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "host", read_host("host", self.host))
        if self.cacert is not None and not self.cacert:
            raise InvalidValue("cacert", "must be one certificate or more, in PEM")
        if self.alpn is not None and not _PROTOCOL.fullmatch(self.alpn):
            raise InvalidValue("alpn", "must be one protocol: 1 to 255 ASCII characters, no comma")

    @classmethod
    def from_arguments(cls, host: str, given: Mapping[str, str | PEM]) -> HostTLS:
        """Read the arguments of an endpoint string.

        @param given: C{cacert}, C{clientCert}, C{clientKey}, C{alpn}; files by their paths, or
            what was read from them.
        @raise InvalidValue: naming the one that is wrong.
        """
        for name in given:
            if name not in HOST_TLS_ARGUMENTS:
                near = suggestion(name, HOST_TLS_ARGUMENTS)
                raise InvalidValue(name, f"the host's TLS has no such argument{near}")
        client = None
        if "clientCert" in given or "clientKey" in given:
            for needed, other in (("clientCert", "clientKey"), ("clientKey", "clientCert")):
                if needed not in given:
                    raise InvalidValue(needed, f"must be given together with {other}")
            cert, key = given["clientCert"], given["clientKey"]
            chain = _bundle("clientCert", cert)
            read = key if isinstance(key, PEM) else load_key("clientKey", key)
            shown = cert.label if isinstance(cert, PEM) else cert
            check_pair(PEM(chain[0], shown), read)
            client = chain, read.data
        alpn = given.get("alpn")
        cacert = None if "cacert" not in given else _bundle("cacert", given["cacert"])
        return cls(host, cacert, client, None if alpn is None else str(alpn))

    def options(self, **further: Any) -> IOpenSSLClientConnectionCreator:
        """Give what Twisted makes its connections by.

        @param further: for C{twisted.internet.ssl.CertificateOptions}.
        @raise InvalidValue: if no certificate can be for that host.
        """
        # not above: every string of any client loads this module
        from twisted.internet.ssl import (
            Certificate,
            PrivateCertificate,
            optionsForClientTLS,
            trustRootFromCertificates,
        )

        certificate, extra = None, dict(further)
        if self.client is not None:
            (own, *chain), key = self.client
            certificate = PrivateCertificate.loadPEM(own + b"\n" + key)
            extra["extraCertChain"] = [Certificate.loadPEM(each).original for each in chain]
        trusted = self.cacert and [Certificate.loadPEM(each) for each in self.cacert]
        try:
            return optionsForClientTLS(
                self.host,
                trustRoot=None if trusted is None else trustRootFromCertificates(trusted),
                clientCertificate=certificate,
                acceptableProtocols=None if self.alpn is None else [self.alpn.encode("ascii")],
                extraCertificateOptions=extra,
            )
        except UnicodeError as e:
            # of the names that the module would resolve, those are no host names to IDNA
            raise InvalidValue("host", f"no certificate can be for it: {e}") from None


def _bundle(name: str, source: str | PEM) -> tuple[bytes, ...]:
    """Give certificates that are read already, or still in a file."""
    return (source.data,) if isinstance(source, PEM) else load_bundle(name, source)


@implementer(IStreamClientEndpoint)
class HostTLSEndpoint:
    """TLS on the host over the connections of another endpoint.

    As with Twisted's C{tls:}, C{connect} fires when there is a connection, and a handshake
    that fails ends it with the reason.

    @ivar modem: whose TCP it is.
    """

    def __init__(self, modem: Modem, inner: IStreamClientEndpoint, tls: HostTLS) -> None:
        """
        @param inner: makes the connections beneath.
        @raise InvalidValue: if no certificate can be for that host.
        """
        self.modem = modem
        self._inner = inner
        self._tls = tls
        self._options = tls.options()

    def __repr__(self) -> str:
        return f"<HostTLSEndpoint {self._tls.host} over {self._inner!r}>"

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        @return: fires with the protocol; fails as the endpoint beneath does.
        """
        from .hosttlsfactory import HostTLSFactory

        # without the clock it would take the reactor of the process
        factory = HostTLSFactory(self._options, True, protocolFactory, clock=self.modem.reactor)
        return self._inner.connect(factory).addCallback(_inside)


def _inside(protocol: Any) -> IProtocol:
    """Give the application's protocol."""
    return IProtocol(protocol.wrappedProtocol)
