"""Reading what programs give a reactor's C{connectTCP}, C{connectSSL} and C{listenSSL}."""

from __future__ import annotations

import socket
from typing import Any, Final

from twisted.internet import error

from .arguments import read_timeout
from .at import InvalidValue
from .profiles import TLSProfile

#: Addresses that stand for any.
ANY_ADDRESS: Final = ("", "0.0.0.0", "::")
#: Seconds for a connect that may take as long as it will: a year.
NO_LIMIT: Final = 365 * 86400.0


def connect_timeout(timeout: object) -> float:
    """Read the seconds for a connect; L{None} is no limit, as it is to Twisted's connectors.

    @raise InvalidValue: if it is no time.
    """
    return NO_LIMIT if timeout is None else read_timeout("timeout", timeout)


def service_port(port: object) -> object:
    """Give the number of a service; what is no name of one is given back.

    @raise ServiceNameUnknownError: if nobody knows it.
    """
    if isinstance(port, str) and not port.lstrip("+-").isdigit():
        try:
            return socket.getservbyname(port, "tcp")
        except OSError as e:
            raise error.ServiceNameUnknownError(string=f"{e} ({port!r})") from None
    return port


def check_bind_address(given: Any) -> None:
    """Refuse to choose what a module chooses.

    @param given: L{None}, an address, or address and port in any of the forms that
        C{connectTCP} and its callers have for them.
    @raise InvalidValue: unless it says any address, and any port.
    """
    if given is None:
        return
    if isinstance(given, (str, bytes)):
        given = (given, 0)
    try:
        address, port = given
    except (TypeError, ValueError):
        # what twisted.internet.endpoints makes of it
        address, port = getattr(given, "_address", given), getattr(given, "_port", 0)
    if isinstance(address, bytes):
        address = address.decode("ascii", "replace")
    if (address in ANY_ADDRESS or address is None) and port == 0:
        return
    raise InvalidValue(
        "bindAddress",
        "leave it out: a module has one address, and chooses the port of a connection itself",
    )


def check_context(given: object, interface: Any, more: str) -> None:
    """Refuse what cannot make TLS connections on the host.

    @param interface: what it has to provide, unless it has C{getContext}.
    @param more: what else it might be.
    @raise InvalidValue: saying what it has to be.
    """
    if isinstance(given, TLSProfile):
        raise InvalidValue(
            "contextFactory", "a module's TLS is a client's only; give one that the host can use"
        )
    if not (interface.providedBy(given) or callable(getattr(given, "getContext", None))):
        raise InvalidValue(
            "contextFactory",
            f"must be a {more}{interface.__name__} or have getContext(), "
            f"not {type(given).__name__}",
        )
