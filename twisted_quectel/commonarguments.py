"""What every endpoint string says: where to, and through which modem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from .arguments import read_choice, read_host, read_integer, read_port, read_timeout
from .at.syntax import InvalidValue
from .modemfile import choose
from .modemprofile import ModemProfile
from .tables.lte import PDP_IDS

MODES: Final = ("buffer", "push", "transparent")
BUSY: Final = ("wait", "fail")
CLOSED: Final = ("done", "lost")

#: C{device} and what goes with it: a modem that is written out.
DEVICE_ARGUMENTS: Final = ("device", "model", "baudrate", "rtscts", "apn", "pin", "dataDevices")


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


def read_common(given: Mapping[str, str | None]) -> TCPArguments:
    """Read the arguments that all prefixes have.

    @param given: texts by the arguments' names; L{None} for what the string does not have,
        C{busy}, C{closed} and C{timeout} always.
    @raise InvalidValue: (a C{ValueError}) of one line that starts with the
        argument's name.
    """
    host, port, mode = (given.get(name) for name in ("host", "port", "mode"))
    if port is None:
        raise InvalidValue("port", "must be given: 1 to 65535")
    checked_host, checked_port = read_host("host", host or ""), read_port("port", port)
    pdp = optional_integer("pdp", given.get("pdp"), PDP_IDS)
    checked_mode = None if mode is None else read_choice("mode", mode, MODES)
    busy = read_choice("busy", given["busy"], BUSY)
    closed = read_choice("closed", given["closed"], CLOSED)
    timeout = read_timeout("timeout", given["timeout"])
    modem = choose(given.get("modem"), given_of(given, DEVICE_ARGUMENTS))
    return TCPArguments(
        modem=modem,
        host=checked_host,
        port=checked_port,
        pdp=modem.pdp if pdp is None else pdp,
        mode=checked_mode,
        busy=busy,
        closed=closed,
        timeout=timeout,
    )


def optional_integer(argument: str, value: str | None, allowed: range) -> int | None:
    """Read a number that may be left out."""
    return None if value is None else read_integer(argument, value, allowed[0], allowed[-1])


def given_of(given: Mapping[str, str | None], names: Iterable[str]) -> dict[str, str]:
    """Keep those of some arguments that the string has."""
    return {name: value for name in names if (value := given.get(name)) is not None}
