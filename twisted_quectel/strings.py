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

from .arguments import read_choice, read_host, read_integer, read_port, read_timeout, suggestion
from .at.syntax import InvalidValue
from .modemfile import choose
from .modemprofile import ModemProfile
from .profiles import TLSProfile, merge_arguments
from .tables.lte import PDP_IDS, SSL_CONTEXT_IDS

MODES: Final = ("buffer", "push", "transparent")
BUSY: Final = ("wait", "fail")
CLOSED: Final = ("done", "lost")
_DATAGRAM_ARGUMENTS: Final = ("dtls", "dtlsVersion")


@dataclass(frozen=True)
class EndpointArguments:
    """What an endpoint string says, read and checked.

    @ivar modem: the modem.
    @ivar host: name (ASCII) or IP literal of the server.
    @ivar port: 1-65535.
    @ivar tls: the TLS settings; L{None}: C{ctx} as it is provisioned.
    @ivar ctx: the SSL context, 0-5; L{None}: one is handed out.
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
    tls: TLSProfile | None
    ctx: int | None = None
    pdp: int = 1
    mode: str | None = None
    busy: str = "wait"
    closed: str = "done"
    timeout: float = 60.0


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
    cacert: str | None = None,
    cacertex: str | None = None,
    clientCert: str | None = None,
    clientKey: str | None = None,
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
    closed: str = "done",
    timeout: str = "60",
) -> EndpointArguments:
    """Read the arguments of C{quectelssl:}.

    TLS arguments go over the defaults of the modem file.  With C{ctx} and none
    of them in the string, the SSL context is used as it is provisioned.

    @raise InvalidValue: (a C{ValueError}) of one line that starts with the
        argument's name.
    """
    checked_host = read_host("host", host or "")
    checked_port = read_port("port", port)
    checked_ctx = optional_integer("ctx", ctx, SSL_CONTEXT_IDS)
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
    given = given_of(
        cacert=cacert,
        cacertex=cacertex,
        clientCert=clientCert,
        clientKey=clientKey,
        verify=verify,
        identity=identity,
        sslVersion=sslVersion,
        ciphers=ciphers,
        sni=sni,
        alpn=alpn,
        pskIdentity=pskIdentity,
        psk=psk,
        sessionCache=sessionCache,
        renegotiation=renegotiation,
        negotiateTime=negotiateTime,
        closeTimeMode=closeTimeMode,
        ignoreLocalTime=ignoreLocalTime,
        ignoreMultiCertChainVerify=ignoreMultiCertChainVerify,
        ignoreInvalidCertSign=ignoreInvalidCertSign,
    )
    tls = None
    if checked_ctx is not None and not given:
        check_provisioned(chosen, checked_ctx)
    else:
        tls = TLSProfile.from_arguments(merge_arguments(chosen.tls, given))
        if tls.dtls:
            raise InvalidValue("dtls", "the modem file sets it, and it is only for datagrams")
    if tls is None and chosen.is_for_datagrams(checked_ctx):
        raise InvalidValue(
            "ctx", f"contexts.{checked_ctx} of the modem sets dtls, which is only for datagrams"
        )
    return EndpointArguments(
        modem=chosen,
        host=checked_host,
        port=checked_port,
        tls=tls,
        ctx=checked_ctx,
        pdp=chosen.pdp if checked_pdp is None else checked_pdp,
        mode=checked_mode,
        busy=checked_busy,
        closed=checked_closed,
        timeout=checked_timeout,
    )


def check_provisioned(modem: ModemProfile, ctx: int) -> None:
    """Refuse an SSL context that is provisioned to verify nobody.

    @raise InvalidValue: if the modem file says so of it.
    """
    provisioned = modem.contexts.get(ctx)
    if provisioned is None or provisioned.security_level > 0 or provisioned.psk is not None:
        return
    raise InvalidValue(
        "ctx",
        f"contexts.{ctx} of the modem {modem.name} has verify=none, and what is used as it is "
        "provisioned has to verify the server: give it a cacert there, or say verify=none "
        "beside ctx",
    )


#: The names that C{quectelssl:} knows, the first two with or without being named.
QUECTELSSL_ARGUMENTS: Final = tuple(inspect.signature(quectelssl_arguments).parameters)
_UNNAMED: Final = QUECTELSSL_ARGUMENTS[:2]
_COLONS: Final = "a colon within a value is written \\:, and a name is followed by ="
_LAST: Final = "no colon stands at the end"


def optional_integer(argument: str, value: str | None, allowed: range) -> int | None:
    """Read a number that may be left out."""
    return None if value is None else read_integer(argument, value, allowed[0], allowed[-1])


def given_of(**arguments: str | None) -> dict[str, str]:
    """Keep the arguments that the string has."""
    return {argument: value for argument, value in arguments.items() if value is not None}


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
