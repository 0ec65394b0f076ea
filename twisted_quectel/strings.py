"""The arguments of endpoint strings, and the parser that L{clientFromString} finds.

    quectelssl:host=broker.example:port=8883:modem=gateway:cacert=/etc/ssl/broker-ca.pem

What can be known to be wrong from the string, the modem file and the
certificates is said when the string is parsed, before a device is touched.
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

from .arguments import read_host, read_port, read_timeout, suggestion
from .at.syntax import InvalidValue
from .commonarguments import TCPArguments, read_common
from .hosttls import HostTLS
from .profiles import TLSProfile
from .tlsways import read_ways

_DATAGRAM_ARGUMENTS: Final = ("dtls", "dtlsVersion")


@dataclass(frozen=True)
class EndpointArguments(TCPArguments):
    """What a string of C{quectelssl:} says, read and checked.

    @ivar tls: the module's TLS settings; L{None}: C{ctx} as it is provisioned, or the
        module does no TLS at all.
    @ivar ctx: the SSL context, 0-5; L{None}: one is handed out.
    @ivar way: C{module}, C{host} or C{auto}: who does TLS.
    @ivar host_tls: the host's TLS settings, where it does TLS or may.
    @ivar stack: C{ssl} or C{https}: which of the module's stacks does TLS.
    @ivar discover: whether the server's root is found out; it then takes the place of
        C{tls}' CA.
    @ivar idle_timeout: seconds for which nothing may come; L{None}: no end.
    """

    tls: TLSProfile | None = None
    ctx: int | None = None
    way: str = "module"
    host_tls: HostTLS | None = None
    discover: bool = False
    stack: str = "ssl"
    idle_timeout: float | None = None


def quectelssl_arguments(
    host: str | None = None,
    port: str = "443",
    *,
    modem: str | None = None,
    device: str | None = None,
    model: str | None = None,
    baudrate: str | None = None,
    rtscts: str | None = None,
    apn: str | None = None,
    pin: str | None = None,
    dataDevices: str | None = None,
    ctx: str | None = None,
    pdp: str | None = None,
    mode: str | None = None,
    busy: str = "wait",
    tls: str = "module",
    stack: str = "ssl",
    cacert: str | None = None,
    cacertex: str | None = None,
    clientCert: str | None = None,
    clientKey: str | None = None,
    trust: str | None = None,
    verify: str | None = None,
    identity: str | None = None,
    sslVersion: str | None = None,
    ciphers: str | None = None,
    sni: str | None = None,
    alpn: str | None = None,
    pskIdentity: str | None = None,
    psk: str | None = None,
    sessionCache: str | None = None,
    renegotiation: str | None = None,
    negotiateTime: str | None = None,
    closeTimeMode: str | None = None,
    ignoreLocalTime: str | None = None,
    ignoreMultiCertChainVerify: str | None = None,
    ignoreInvalidCertSign: str | None = None,
    allowAlerts: str | None = None,
    closed: str = "done",
    idleTimeout: str | None = None,
    timeout: str = "60",
) -> EndpointArguments:
    """Read the arguments of C{quectelssl:}.

    TLS arguments go over the defaults of the modem file.  With C{ctx} and none
    of them in the string, the SSL context is used as it is provisioned.

    @raise InvalidValue: (a C{ValueError}) of one line that starts with the
        argument's name.
    """
    given = dict(locals())
    common = read_common(given)
    settings = read_ways(common.modem, common.host, given)
    idle = None if idleTimeout is None else read_timeout("idleTimeout", idleTimeout)
    if idle is not None and (settings.way, settings.discover) != ("module", False):
        raise InvalidValue(
            "idleTimeout", f"cannot be had with tls={settings.way} or trust=discover"
        )
    return EndpointArguments(**vars(common), **vars(settings), idle_timeout=idle)


#: The names that C{quectelssl:} knows, the first two with or without being named.
QUECTELSSL_ARGUMENTS: Final = tuple(inspect.signature(quectelssl_arguments).parameters)
_UNNAMED: Final = QUECTELSSL_ARGUMENTS[:2]
_COLONS: Final = "a colon within a value is written \\:, and a name is followed by ="
_LAST: Final = "no colon stands at the end"


def _check_unnamed(argument: str, value: object) -> None:
    """Refuse what stands in the place of an argument, and cannot be it."""
    try:
        if argument == "host":
            read_host(argument, value)
        else:
            read_port(argument, value)
    except InvalidValue:
        place, what = (
            ("first", "neither a host name nor an IP address")
            if argument == "host"
            else ("second", "no number from 1 to 65535")
        )
        raise InvalidValue(
            argument, f"the {place} part without a name stands for it, and is {what}; {_COLONS}"
        ) from None


def named(
    args: tuple[object, ...],
    kwargs: dict[str, object],
    known: tuple[str, ...] = QUECTELSSL_ARGUMENTS,
    prefix: str = "quectelssl",
) -> dict[str, str]:
    """Give every argument its name.

    @param known: the names that the prefix has; host and port may stand without theirs.
    @raise InvalidValue: for a name that is unknown or given twice.
    """
    # what has no name is never shown: it may be the rest of a key
    if len(args) > len(_UNNAMED):
        raise InvalidValue(
            "host",
            f"{len(args)} parts have no name, and the third is one too many: only host and port "
            f"may stand without theirs; {_COLONS}; {_LAST}",
        )
    unnamed = dict(zip(_UNNAMED, args, strict=False))
    for argument, value in unnamed.items():
        if argument in kwargs:
            port = "" if "port" in kwargs else "where host has its name, write port=NUMBER; "
            raise InvalidValue(
                argument, f"given twice, once without its name; {port}{_COLONS}; {_LAST}"
            )
        if not value:
            raise InvalidValue(argument, f"nothing stands in its place without a name; {_LAST}")
        _check_unnamed(argument, value)
    for argument in kwargs:
        if argument in _DATAGRAM_ARGUMENTS:
            raise InvalidValue(argument, f"only for datagrams; {prefix} is a stream")
        if argument in known:
            continue
        if argument in QUECTELSSL_ARGUMENTS:
            raise InvalidValue(
                argument, f"{prefix}: does not have it: it is of the module's TLS (quectelssl:)"
            )
        raise InvalidValue(argument, f"there is no such argument{suggestion(argument, known)}")
    return {name: str(value) for name, value in {**unnamed, **kwargs}.items()}


@implementer(IPlugin, IStreamClientEndpointStringParserWithReactor)
class QuectelSSLParser:
    """Makes endpoints of strings that start with C{quectelssl:}."""

    prefix = "quectelssl"

    def parseStreamClient(
        self, reactor: IReactorCore, *args: object, **kwargs: object
    ) -> IStreamClientEndpoint:
        """Make an endpoint.

        @raise InvalidValue: (a C{ValueError}) naming the argument that is wrong.
        """
        arguments = quectelssl_arguments(**named(args, kwargs))
        # not above: every string of any client loads this module
        from .endpoints import endpoint_from_arguments

        return endpoint_from_arguments(reactor, arguments)
