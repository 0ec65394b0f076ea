"""What the owner of a modem is told once, however often it comes up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from twisted.logger import Logger

from ..modemprofile import ModemProfile
from .channels import Channel

_TTYS: Final = Path("/sys/class/tty")
#: Drivers of a module's own USB ports: these hold the module back by themselves.
_MODULE_DRIVERS: Final = frozenset({"option", "option1", "qcserial", "cdc_acm", "GobiSerial"})


def is_uart(device: str, ttys: Path = _TTYS) -> bool:
    """Tell whether a module is connected to this device by the wires of a UART.

    So it is on a port of the machine and behind an adapter, but not on its own
    USB ports, nor on a pty.

    @param ttys: where the kernel lists its serial ports.
    """
    port = ttys / os.path.basename(os.path.realpath(device)) / "device"
    if not port.exists():
        # a pty has nothing behind it
        return False
    driver = os.path.basename(os.path.realpath(port / "driver"))
    return driver not in _MODULE_DRIVERS


class Advice:
    """Remembers, for one modem, what was said; it outlives the module's restarts."""

    __slots__ = ("_profile", "_said", "_ttys")

    _log = Logger()

    def __init__(self, profile: ModemProfile, ttys: Path = _TTYS) -> None:
        """
        @param ttys: as for L{is_uart}.
        """
        self._profile = profile
        self._ttys = ttys
        self._said: set[str] = set()

    def _first(self, what: str) -> bool:
        first = what not in self._said
        self._said.add(what)
        return first

    def unchecked(self, host: str) -> None:
        """Nobody compares the certificate with the host's name."""
        if self._first("unchecked"):
            self._log.warn(
                "{name}: the firmware does not compare certificates with host names; any server "
                "with a certificate of that CA can stand in for {host} (identity=require refuses)",
                name=self._profile.name,
                host=host,
            )

    def unbraked(self, channel: Channel) -> None:
        """A transparent connection has a port, which nothing may hold back."""
        wire = channel.wire
        # a wire without CTS is none of a UART
        if self._profile.rtscts or wire is None or wire.cts() is None:
            return
        if is_uart(channel.device, self._ttys) and self._first("unbraked"):
            self._log.warn(
                "{name}: {device} is a UART without rtscts: while a transparent connection is "
                "paused nothing stops the module, and bytes that come meanwhile may be lost; wire "
                "RTS and CTS and set rtscts, or use mode=push or mode=buffer",
                name=self._profile.name,
                device=channel.device,
            )
