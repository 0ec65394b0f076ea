"""Client endpoints as devices: descriptions such as C{tcp:192.0.2.1:7000}."""

from __future__ import annotations

import re
from typing import Final

from .arguments import read_port, suggestion
from .at.syntax import InvalidValue

#: Twisted's own client endpoints; others come from plugins.
_PREFIXES: Final = ("tcp", "ssl", "unix")
#: Of these a parameter stands for a port, the second without a name.
_WITH_PORT: Final = ("tcp", "ssl")


def _known_prefixes() -> set[str]:
    """Give the prefixes of all client endpoints that are installed."""
    from twisted.internet.interfaces import IStreamClientEndpointStringParserWithReactor
    from twisted.plugin import getPlugins

    plugins = getPlugins(IStreamClientEndpointStringParserWithReactor)
    return {*_PREFIXES, *(parser.prefix.lower() for parser in plugins)}


def is_endpoint(device: str) -> bool:
    """Say whether the text before the first colon is a client endpoint's prefix."""
    prefix = device.partition(":")[0].lower()
    return prefix in _PREFIXES or prefix in _known_prefixes()


def check_endpoint(argument: str, device: str) -> None:
    """Refuse what cannot be the description of a client endpoint.

    Twisted's own are parsed; of others only the prefix is known here.

    @raise InvalidValue: of one line.
    """
    prefix = device.partition(":")[0].lower()
    if not is_endpoint(device):
        near = suggestion(prefix, _PREFIXES)
        raise InvalidValue(
            argument,
            f"{prefix!r} is no client endpoint's prefix; give a path, or one such as "
            f"tcp\\:host\\:port{near}",
        )
    if prefix not in _PREFIXES:
        return
    if prefix in _WITH_PORT:
        try:
            read_port("port", _port(device))
        except InvalidValue as e:
            raise InvalidValue(argument, f"in {device!r} the port {e.problem}") from None
    # who gives a path can do without this
    from twisted.internet.endpoints import clientFromString

    try:
        clientFromString(None, device)
    except Exception as e:  # a parser raises whatever it comes upon, files included
        text = " ".join(str(e).split()) or type(e).__name__
        raise InvalidValue(argument, f"{device!r} is not a client endpoint ({text})") from None


def _port(device: str) -> str:
    """Give the port of a description, as far as it has one."""
    parts = re.split(r"(?<!\\):", device)[1:]
    named = [part.partition("=")[2] for part in parts if part.startswith("port=")]
    unnamed = [part for part in parts if not re.match(r"\w+=", part)]
    if not any(part.startswith("host=") for part in parts):
        del unnamed[:1]
    return [*named, *unnamed, ""][0]
