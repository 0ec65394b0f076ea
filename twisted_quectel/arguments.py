"""Reading what users write: numbers, choices, host names, and the names of arguments.

Endpoint strings and the modem file spell an argument in camelCase, Python
spells it in snake_case.  Every refusal is an L{InvalidValue} that starts with
the name as that user wrote it.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from .at.syntax import InvalidValue, check_text
from .tables.lte import PORTS

#: Gives the name of an argument as the user spells it.
Naming = Callable[[str], str]

_WORD = re.compile(r"_([a-z])")
_HUMP = re.compile(r"([A-Z])")
_HOST_NAME = re.compile(r"[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*\.?")
_MAX_HOST: Final = 255
_TRUE: Final = ("1", "true")
_FALSE: Final = ("0", "false")


def snake_case(name: str) -> str:
    """Name an argument as Python code does: C{clientKey} is C{client_key}."""
    return _HUMP.sub(lambda match: "_" + match.group(1).lower(), name)


def camel_case(name: str) -> str:
    """Name an argument as endpoint strings do: C{client_key} is C{clientKey}."""
    return _WORD.sub(lambda match: match.group(1).upper(), name)


def suggestion(name: object, known: Iterable[str]) -> str:
    """Give C{"; did you mean ...?"} for the nearest known name, or nothing."""
    if not isinstance(name, str):
        return ""
    lowered = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), list(lowered), n=1)
    return f"; did you mean {lowered[near[0]]}?" if near else ""


def read_text(
    argument: str, value: object, longest: int, shortest: int = 0, *, secret: bool = False
) -> str:
    """Read a text that can stand in the quotes of an AT command.

    @param longest: the greatest length in characters.
    @param secret: never show the value.
    @raise InvalidValue: if it is no text, has the wrong length, or holds a
        quote, a control character or what is not ASCII.
    """
    if not isinstance(value, str):
        raise InvalidValue(argument, f"must be a text in quotes, not {type(value).__name__}")
    if secret:
        try:
            check_text(argument, value)
        except InvalidValue:
            raise InvalidValue(argument, "must be printable ASCII without double quotes") from None
    else:
        check_text(argument, value)
    if not shortest <= len(value) <= longest:
        raise InvalidValue(
            argument, f"must be {shortest} to {longest} characters long, not {len(value)}"
        )
    return value


def read_integer(argument: str, value: object, lowest: int, highest: int) -> int:
    """Read a decimal number in C{lowest} to C{highest}, both included."""
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
        number = int(value)
    if number is None or not lowest <= number <= highest:
        raise InvalidValue(argument, f"must be a number from {lowest} to {highest}, not {value!r}")
    return number


def read_boolean(argument: str, value: object) -> bool:
    """Read C{0}, C{1}, C{true}, C{false} or the Python values."""
    text = str(value).lower() if isinstance(value, (bool, int, str)) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise InvalidValue(argument, f"must be 0 or 1, not {value!r}")


def read_choice(argument: str, value: object, choices: Collection[str]) -> str:
    """Read one of a few words."""
    if isinstance(value, str) and value in choices:
        return value
    listed = ", ".join(choices)
    near = suggestion(value, choices) if isinstance(value, str) else ""
    raise InvalidValue(argument, f"must be one of {listed}; not {value!r}{near}")


def read_timeout(argument: str, value: object) -> float:
    """Read a time in seconds: finite and above 0."""
    seconds = math.nan
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except (ValueError, OverflowError):
            seconds = math.nan
    if not (math.isfinite(seconds) and seconds > 0):
        raise InvalidValue(argument, f"must be a number of seconds above 0, not {value!r}")
    return seconds


def read_port(argument: str, value: object) -> int:
    """Read a TCP or UDP port, 1-65535."""
    return read_integer(argument, value, PORTS[0], PORTS[-1])


def parse_literal(host: str) -> IPv4Address | IPv6Address | None:
    """Give the address if C{host} is an IP literal, else L{None}."""
    if "%" in host:
        # a zone means an interface of this host, which the module does not know
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_literal(host: str) -> bool:
    """Tell whether C{host} is an IPv4 or IPv6 literal rather than a name."""
    return parse_literal(host) is not None


def read_host(argument: str, value: object) -> str:
    """Read the name or address of a server.

    @return: an IP literal without brackets, or an ASCII name: one that is not
        ASCII is given in its IDNA form.
    @raise InvalidValue: if it is none of these, so that nothing but letters,
        digits, dots, colons, hyphens and underscores gets into a command.
    """
    if not isinstance(value, str):
        raise InvalidValue(argument, f"must be a text, not {type(value).__name__}")
    host = value
    if not host:
        raise InvalidValue(argument, "give the name or address of the server")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    literal = parse_literal(host)
    if literal is not None:
        return host
    if not host.isascii():
        host = _to_idna(argument, host)
    check_text(argument, host)
    if len(host) > _MAX_HOST:
        raise InvalidValue(argument, f"must be at most {_MAX_HOST} characters, not {len(host)}")
    if not _HOST_NAME.fullmatch(host) or host.rstrip(".").rpartition(".")[2].isdigit():
        raise InvalidValue(argument, f"{host!r} is neither a host name nor an IP address")
    return host


def _to_idna(argument: str, host: str) -> str:
    """Give the ASCII form of an international host name."""
    import idna  # seldom needed, and its tables are large

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        raise InvalidValue(argument, f"{host!r} is not a valid international name") from None
