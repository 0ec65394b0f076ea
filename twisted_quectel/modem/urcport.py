"""Which of its ports a module shall send URCs to: the one that we listen on.

AT Commands Manual, C{AT+QURCCFG="urcport"}.  The factory sends them to the USB
AT port, so that a host on another port waits for them in vain.
"""

from __future__ import annotations

import os
from typing import Final

from ..modemprofile import ModemProfile

#: USB interface numbers of the LTE modules' ports (Linux: C{bInterfaceNumber}).
_INTERFACES: Final = {2: "usbat", 3: "usbmodem"}
_USB_PREFIXES: Final = ("ttyUSB", "ttyACM")
_UART_PREFIXES: Final = ("ttyS", "ttyAMA", "ttyO", "ttymxc", "ttyHS", "ttyTHS", "ttySC")


def urc_ports(profile: ModemProfile, sysfs: str = "/sys/class/tty") -> tuple[str, ...]:
    """Give what to try, the best first.

    @param sysfs: where the kernel tells about serial ports.
    @return: what the modem's owner has said; else all ports, and if a firmware
        does not know that, the one that the device must be.
    """
    if profile.urc_port is not None:
        return (profile.urc_port,)
    name = os.path.basename(os.path.realpath(profile.device))
    guess = None
    if name.startswith(_USB_PREFIXES):
        try:
            with open(f"{sysfs}/{name}/device/../bInterfaceNumber", encoding="ascii") as file:
                guess = _INTERFACES.get(int(file.read(), 16))
        except (OSError, ValueError):
            guess = None
    elif name.startswith(_UART_PREFIXES):
        guess = "uart1"
    return ("all",) if guess is None else ("all", guess)
