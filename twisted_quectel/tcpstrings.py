"""The endpoint strings that go over the module's TCP: plain, and with TLS on the host.

quecteltcp:host=broker.example:port=1883:modem=gateway
quecteltls:host=broker.example:port=8883:modem=gateway:cacert=/etc/ssl/broker-ca.pem
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Final

from twisted.internet.interfaces import (
    IReactorCore,
    IStreamClientEndpoint,
    IStreamClientEndpointStringParserWithReactor,
)
from twisted.plugin import IPlugin
from zope.interface import implementer

from .arguments import read_choice, read_host, read_port, read_timeout
from .at.syntax import InvalidValue
from .hosttls import HostTLS, HostTLSEndpoint
from .modemfile import choose
from .modemprofile import ModemProfile
from .strings import BUSY, CLOSED, MODES, given_of, named, optional_integer
from .tables.lte import PDP_IDS


@dataclass(frozen=True)
class TCPArguments:
    """What a string says, read and checked.

    @ivar modem: the modem.
    @ivar host: name (ASCII) or IP literal of the server.
    @ivar port: 1-65535.
    @ivar pdp: the PDP context, 1-16.
    @ivar mode: C{buffer}, C{push} or C{transparent}; L{None}: the family's best
        with back-pressure.
    @ivar busy: C{wait} or C{fail} when nothing is free.
    @ivar closed: C{done} or C{lost}, what a C{closed} URC is to the protocol.
    @ivar timeout: seconds for the whole connect.
    """

    modem: ModemProfile
    host: str
    port: int
    pdp: int
    mode: str | None
    busy: str
    closed: str
    timeout: float


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
    if port is None:
        raise InvalidValue("port", "must be given: 1 to 65535")
    checked_host, checked_port = read_host("host", host or ""), read_port("port", port)
    checked_pdp = optional_integer("pdp", pdp, PDP_IDS)
    checked_mode = None if mode is None else read_choice("mode", mode, MODES)
    checked_busy = read_choice("busy", busy, BUSY)
    checked_closed = read_choice("closed", closed, CLOSED)
    checked_timeout = read_timeout("timeout", timeout)
    chosen = choose(
        modem,
        given_of(
            device=device,
            model=model,
            baudrate=baudrate,
            rtscts=rtscts,
            apn=apn,
            pin=pin,
            dataDevices=dataDevices,
        ),
    )
    return TCPArguments(
        modem=chosen,
        host=checked_host,
        port=checked_port,
        pdp=chosen.pdp if checked_pdp is None else checked_pdp,
        mode=checked_mode,
        busy=checked_busy,
        closed=checked_closed,
        timeout=checked_timeout,
    )


#: The names that C{quecteltcp:} knows, and those that C{quecteltls:} has besides.
QUECTELTCP_ARGUMENTS: Final = tuple(inspect.signature(quecteltcp_arguments).parameters)
HOST_TLS_ARGUMENTS: Final = ("cacert", "clientCert", "clientKey", "alpn")


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
        tls: dict[str, str] = {}
        for name in HOST_TLS_ARGUMENTS:
            if name in given:
                tls[name] = given.pop(name)
        arguments = quecteltcp_arguments(**given)
        settings = HostTLS.from_arguments(arguments.host, tls)
        # not above: every string of any client loads this module
        from .endpoints import tcp_endpoint_from_arguments

        inner = tcp_endpoint_from_arguments(reactor, arguments)
        return HostTLSEndpoint(inner.modem, inner, settings)
