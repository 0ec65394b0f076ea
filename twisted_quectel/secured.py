"""The endpoints of C{quectelssl:} strings with C{tls=host}, C{tls=auto} or C{trust=discover}."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IStreamClientEndpoint

from .autotls import FallbackEndpoint, Timed, host_maker
from .discovering import DiscoveringEndpoint
from .endpoints import ModuleTLSEndpoint
from .modem import Modem
from .profiles import TLSProfile
from .strings import EndpointArguments


def secured_endpoint(modem: Modem, arguments: EndpointArguments) -> IStreamClientEndpoint:
    """Give the endpoint that the arguments mean.

    @raise InvalidValue: if no certificate can be for that host.
    """
    host, port, timeout = arguments.host, arguments.port, arguments.timeout
    shared: dict[str, Any] = {
        name: getattr(arguments, name) for name in ("mode", "pdp", "busy", "closed")
    }

    def module(seconds: float, tls: TLSProfile | None = None) -> ModuleTLSEndpoint:
        return ModuleTLSEndpoint(
            modem,
            host,
            port,
            tls=tls or arguments.tls,
            ctx=arguments.ctx,
            timeout=seconds,
            **shared,
        )

    def discovering(seconds: float) -> DiscoveringEndpoint:
        assert arguments.tls is not None
        return DiscoveringEndpoint(modem, host, port, arguments.tls, module, seconds, arguments.pdp)

    by_module: Timed = discovering if arguments.discover else module
    # what cannot be is said now
    if arguments.way != "host":
        by_module(timeout)
    if arguments.host_tls is None:
        return by_module(timeout)
    by_host = host_maker(modem, host, port, arguments.host_tls, **shared)
    if arguments.way == "host":
        return by_host(timeout, None)
    return FallbackEndpoint(modem, f"{host}:{port}", by_module, by_host, timeout)
