"""The endpoint strings that go over the module's TCP: plain, and with TLS on the host.

quecteltcp:host=broker.example:port=1883:modem=gateway
quecteltls:host=broker.example:port=8883:modem=gateway:cacert=/etc/ssl/broker-ca.pem
"""

from __future__ import annotations

import inspect
from typing import Final

from twisted.internet.interfaces import (
    IReactorCore,
    IStreamClientEndpoint,
    IStreamClientEndpointStringParserWithReactor,
)
from twisted.plugin import IPlugin
from zope.interface import implementer

from .commonarguments import TCPArguments, read_common
from .hosttls import HOST_TLS_ARGUMENTS, HostTLS, HostTLSEndpoint
from .pem import PEM
from .strings import named


def quecteltcp_arguments(
    host: str | None = None,
    port: str | None = None,
    *,
    modem: str | None = None,
    device: str | None = None,
    model: str | None = None,
    baudrate: str | None = None,
    rtscts: str | None = None,
    apn: str | None = None,
    pin: str | None = None,
    dataDevices: str | None = None,
    pdp: str | None = None,
    mode: str | None = None,
    busy: str = "wait",
    closed: str = "done",
    timeout: str = "60",
) -> TCPArguments:
    """Read the arguments of C{quecteltcp:}.

    @raise InvalidValue: (a C{ValueError}) of one line that starts with the
        argument's name.
    """
    return read_common(locals())


#: The names that C{quecteltcp:} knows.
QUECTELTCP_ARGUMENTS: Final = tuple(inspect.signature(quecteltcp_arguments).parameters)


@implementer(IPlugin, IStreamClientEndpointStringParserWithReactor)
class QuectelTCPParser:
    """Makes endpoints of strings that start with C{quecteltcp:}."""

    prefix = "quecteltcp"

    def parseStreamClient(
        self, reactor: IReactorCore, *args: object, **kwargs: object
    ) -> IStreamClientEndpoint:
        """Make an endpoint.

        @raise InvalidValue: (a C{ValueError}) naming the argument that is wrong.
        """
        given = named(args, kwargs, QUECTELTCP_ARGUMENTS, self.prefix)
        arguments = quecteltcp_arguments(**given)
        # not above: every string of any client loads this module
        from .endpoints import tcp_endpoint_from_arguments

        return tcp_endpoint_from_arguments(reactor, arguments)


@implementer(IPlugin, IStreamClientEndpointStringParserWithReactor)
class QuectelTLSParser:
    """Makes endpoints of strings that start with C{quecteltls:}."""

    prefix = "quecteltls"

    def parseStreamClient(
        self, reactor: IReactorCore, *args: object, **kwargs: object
    ) -> IStreamClientEndpoint:
        """Make an endpoint.

        @raise InvalidValue: (a C{ValueError}) naming the argument that is wrong.
        """
        given = named(args, kwargs, QUECTELTCP_ARGUMENTS + HOST_TLS_ARGUMENTS, self.prefix)
        given.setdefault("port", "443")
        tls: dict[str, str | PEM] = {}
        for name in HOST_TLS_ARGUMENTS:
            if name in given:
                tls[name] = given.pop(name)
        arguments = quecteltcp_arguments(**given)
        settings = HostTLS.from_arguments(arguments.host, tls)
        # not above: every string of any client loads this module
        from .endpoints import tcp_endpoint_from_arguments

        inner = tcp_endpoint_from_arguments(reactor, arguments)
        return HostTLSEndpoint(inner.modem, inner, settings)
