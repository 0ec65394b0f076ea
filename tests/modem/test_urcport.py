"""Where URCs are sent to."""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.modem.urcport import urc_ports
from twisted_quectel.modemprofile import ModemProfile


class URCPortTests(SynchronousTestCase):
    """L{urc_ports}."""

    def ports(self, device: str, interface: str | None = None) -> tuple[str, ...]:
        """What is tried for a device."""
        sysfs = self.mktemp()
        name = os.path.basename(device)
        os.makedirs(f"{sysfs}/{name}/device")
        if interface is not None:
            with open(f"{sysfs}/{name}/bInterfaceNumber", "w") as file:
                file.write(interface)
        return urc_ports(ModemProfile(name="x", device=device), sysfs)

    def test_said(self) -> None:
        """What the owner says is all that is tried."""
        profile = ModemProfile(name="x", device="/dev/ttyUSB2", urc_port="uart1")
        self.assertEqual(urc_ports(profile), ("uart1",))

    def test_usb(self) -> None:
        """The interface of a USB port tells which of the module's ports it is."""
        self.assertEqual(self.ports("/dev/ttyUSB7", "02\n"), ("all", "usbat"))
        self.assertEqual(self.ports("/dev/ttyUSB8", "03\n"), ("all", "usbmodem"))
        for unknown in ("07\n", "?", None):
            self.assertEqual(self.ports("/dev/ttyUSB9", unknown), ("all",))

    def test_uart(self) -> None:
        """A UART of the host leads to the module's main UART."""
        for name in ("ttyS0", "ttyAMA1", "ttymxc3"):
            self.assertEqual(self.ports(f"/dev/{name}"), ("all", "uart1"))

    def test_others(self) -> None:
        """Of anything else nothing is known."""
        self.assertEqual(self.ports("/dev/pts/3"), ("all",))
        self.assertEqual(urc_ports(ModemProfile(name="x", device="emulator")), ("all",))
