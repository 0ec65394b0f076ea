"""Reading the values of command line arguments; what is wrong is said by argparse."""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ..tables.lte import PORTS
from ..tables.models import MODELS

_SIZE: Final = re.compile(r"([0-9]{1,12})([kKmM]?)")
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20}
_LARGEST: Final = 1 << 30
#: AT Commands Manual, AT+IPR.
_BAUDRATES: Final = range(4800, 4000001)
_LONGEST_LATENCY: Final = 60_000.0
#: Bytes of a file of CAs, at most: all that the world knows take a quarter of one MiB.
_LARGEST_PEM: Final = 4 << 20
_HTTPS: Final = 443
_FTP: Final = 21


def size(text: str) -> int:
    """Read a number of bytes, C{65536}, C{64k} or C{1M}."""
    match = _SIZE.fullmatch(text)
    number = int(match[1]) * _UNITS[match[2].lower()] if match else 0
    if not 1 <= number <= _LARGEST:
        raise ArgumentTypeError(f"{text!r} is no number of bytes such as 65536, 64k or 1M")
    return number


def baudrate(text: str) -> int:
    """Read a speed that a serial line can have."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number not in _BAUDRATES:
        raise ArgumentTypeError(
            f"{text!r} is no speed from {_BAUDRATES[0]} to {_BAUDRATES[-1]} bits a second"
        )
    return number


def latency(text: str) -> float:
    """Read a time in milliseconds; give it in seconds."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _LONGEST_LATENCY:
        raise ArgumentTypeError(f"{text!r} is no time in milliseconds")
    return number / 1000


def model(text: str) -> str:
    """Read a model that can be emulated; case does not matter."""
    if text.upper() not in MODELS:
        raise ArgumentTypeError(f"{text!r} is not one of {', '.join(MODELS)}")
    return text.upper()


def file(text: str) -> str:
    """Read the path of a file that exists; make it absolute."""
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text!r}")
    return str(path.absolute())


def authorities(text: str) -> bytes:
    """Read a PEM file of CAs, one or many; give what is in it."""
    # what most commands do without
    from cryptography import x509

    try:
        with open(text, "rb") as opened:
            content = opened.read(_LARGEST_PEM + 1)
    except (OSError, ValueError) as e:
        why = getattr(e, "strerror", None) or "no path"
        raise ArgumentTypeError(f"{text!r} cannot be read: {why}") from None
    if len(content) > _LARGEST_PEM:
        raise ArgumentTypeError(f"{text!r} has more than {_LARGEST_PEM >> 20} MiB")
    try:
        x509.load_pem_x509_certificates(content)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no PEM file with certificates") from None
    return content


def text(given: str) -> str:
    """Read what must not be empty."""
    if not given:
        raise ArgumentTypeError("must not be empty")
    return given


def device(given: str) -> str:
    """Read a device; make the path of one that exists absolute."""
    if os.path.lexists(text(given)) or "/" in given.partition(":")[0]:
        return os.path.abspath(given)
    return given


def link(given: str) -> str:
    """Read where a symbolic link is to be; make it absolute."""
    return os.path.abspath(text(given))


def url(given: str) -> str:
    """Read the address of a page that TLS can fetch."""
    split_url(given)
    return given


def split_url(given: str) -> tuple[str, int]:
    """Give host and port of a URL.

    @raise ArgumentTypeError: if it is none that TLS can fetch.
    """
    refusal = f"{given!r} is no https:// address"
    if not given.isascii() or not given.isprintable() or " " in given:
        raise ArgumentTypeError(f"{refusal}: write what is not printable ASCII as %20 or the like")
    try:
        parts = urlsplit(given)
        name = parts.hostname
    except ValueError:
        name = None
    if not name or parts.scheme != "https":
        raise ArgumentTypeError(refusal)
    # not the port of the parts: it does not tell 0 from none, nor which one is out of range
    _, colon, number = parts.netloc.rpartition("]")[2].rpartition(":")
    return name, port(number) if colon and number else _HTTPS


def pin(given: str) -> str:
    """Read the PIN of a SIM, never to be shown."""
    if not re.fullmatch(r"[0-9]{4,8}", given):
        raise ArgumentTypeError("must be 4 to 8 digits")
    return given


def sha256(text: str) -> str:
    """Read a SHA-256 in hexadecimal."""
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        raise ArgumentTypeError(f"{text!r} is no SHA-256 (64 hexadecimal digits)")
    return text.lower()


def port(text: str) -> int:
    """Read a TCP port."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if number not in PORTS:
        raise ArgumentTypeError(f"{text!r} is no port from {PORTS[0]} to {PORTS[-1]}")
    return number


def seconds(text: str) -> float:
    """Read a time in seconds."""
    from ..arguments import read_timeout
    from ..at.syntax import InvalidValue

    try:
        return read_timeout("", text)
    except InvalidValue as e:
        raise ArgumentTypeError(e.problem) from None


def server(text: str) -> tuple[str, int]:
    """Read a server, C{HOST:PORT}; an address of IPv6 stands in brackets."""
    name, _, number = text.rpartition(":")
    if not name or (":" in name and not name.startswith("[")):
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT, such as broker.example:8883")
    return name, port(number)


def ftp_server(text: str) -> tuple[str, int]:
    """Read a server of FTP, C{HOST} or C{HOST:PORT}."""
    name, colon, number = text.rpartition(":")
    if not colon or (":" in name and not name.endswith("]")):
        return text.strip("[]"), _FTP
    return name.strip("[]"), port(number)


def listening(text: str) -> tuple[str, int]:
    """Read where to listen, C{PORT} on loopback or C{ADDRESS:PORT}."""
    address, _, number = text.rpartition(":")
    return address.strip("[]") or "127.0.0.1", port(number)


def host(text: str) -> tuple[str, str]:
    """Read a name and its address, C{NAME=ADDRESS}."""
    from ipaddress import ip_address

    name, _, address = text.partition("=")
    try:
        return name, str(ip_address(address if name else ""))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not NAME=ADDRESS") from None


def redirect(text: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """Read where a connection really goes, C{HOST:PORT=ADDRESS:PORT}."""
    asked, _, real = text.partition("=")
    try:
        (name, first), (address, second) = (_place(place) for place in (asked, real))
        return (name, first), (host(f"{name}={address}")[1], second)
    except (ArgumentTypeError, ValueError):
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT=ADDRESS:PORT") from None


def _place(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition(":")
    if not name:
        raise ValueError(text)
    return name.strip("[]"), port(number)
