"""Tests for L{twisted_quectel.modem.registry}: whoever names the same device shares a modem."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import InvalidValue
from twisted_quectel.modem import getModem
from twisted_quectel.modemprofile import ModemProfile


class GetModemTests(SynchronousTestCase):
    """C{getModem}."""

    def setUp(self) -> None:
        self.clock = Clock()

    def profile(self, name: str = "gateway", device: str = "/dev/m", **more: Any) -> ModemProfile:
        """Describe a modem."""
        return ModemProfile(name=name, device=device, **more)

    def test_shared(self) -> None:
        """The same device is the same object, by whatever name; another is another."""
        modem = getModem(self.clock, self.profile())
        self.assertIs(getModem(self.clock, self.profile()), modem)
        self.assertIs(getModem(self.clock, self.profile("other")), modem)
        self.assertIsNot(getModem(self.clock, self.profile("third", "/dev/n")), modem)

    def test_links(self) -> None:
        """A link to a device is that device."""
        folder = Path(self.mktemp())
        folder.mkdir()
        device = folder.absolute() / "device"
        device.touch()
        os.symlink(device, folder / "link")
        modem = getModem(self.clock, self.profile(device=str(device)))
        link = str(folder.absolute() / "link")
        self.assertIs(getModem(self.clock, self.profile(device=link)), modem)

    def test_plugged_in_again(self) -> None:
        """A link that leads elsewhere since then is still the same modem."""
        folder = Path(self.mktemp())
        folder.mkdir()
        link = folder.absolute() / "link"
        os.symlink("/dev/m", link)
        modem = getModem(self.clock, self.profile(str(link), str(link)))
        link.unlink()
        os.symlink("/dev/n", link)
        self.assertIs(getModem(self.clock, self.profile(str(link), str(link))), modem)

    def test_left_out(self) -> None:
        """What a description leaves out agrees with what is known; what it states has to."""
        full = self.profile(apn="one", pin="4711", data_devices=("/dev/d",), model="EC25")
        modem = getModem(self.clock, full)
        self.assertIs(getModem(self.clock, self.profile()), modem)
        problem = self.assertRaises(
            InvalidValue, getModem, self.clock, self.profile(data_devices=("/dev/e",))
        )
        self.assertEqual(problem.argument, "dataDevices")

    def test_reactors(self) -> None:
        """Each reactor has modems of its own."""
        modem = getModem(self.clock, self.profile())
        self.assertIsNot(getModem(Clock(), self.profile()), modem)

    def test_conflict(self) -> None:
        """Another description of a device that is in use is refused by what differs."""
        getModem(self.clock, self.profile(apn="one"))
        problem = self.assertRaises(
            InvalidValue, getModem, self.clock, self.profile(apn="two", baudrate=9600)
        )
        self.assertIn("apn", str(problem))
        self.assertIn("baudrate", str(problem))
        self.assertIn("/dev/m", str(problem))

    def test_secrets_in_conflicts(self) -> None:
        """What differs is named, and not shown."""
        getModem(self.clock, self.profile(pin="4711"))
        problem = self.assertRaises(InvalidValue, getModem, self.clock, self.profile(pin="0815"))
        self.assertNotIn("4711", str(problem))
        self.assertNotIn("0815", str(problem))

    def test_same_name(self) -> None:
        """One name for two devices is a mistake."""
        getModem(self.clock, self.profile())
        problem = self.assertRaises(
            InvalidValue, getModem, self.clock, self.profile(device="/dev/n")
        )
        self.assertEqual(problem.argument, "modem")

    def test_closed(self) -> None:
        """A modem that was closed is not given out again, and its name is free."""
        modem = getModem(self.clock, self.profile())
        self.successResultOf(modem.close())
        self.assertIsNot(getModem(self.clock, self.profile()), modem)
        again = getModem(self.clock, self.profile("other", "/dev/n"))
        self.successResultOf(again.close())
        getModem(self.clock, self.profile("other", "/dev/o"))

    def test_by_name(self) -> None:
        """A name is looked up in the modem file."""
        path = Path(self.mktemp())
        path.write_text('[gateway]\ndevice = "/dev/m"\n')
        path.chmod(0o600)
        self.patch(os, "environ", {**os.environ, "TWISTED_QUECTEL_MODEMS": str(path)})
        modem = getModem(self.clock, "gateway")
        self.assertEqual(modem.profile.device, "/dev/m")
        self.assertIs(getModem(self.clock, "gateway"), modem)
        self.assertRaises(InvalidValue, getModem, self.clock, "nobody")
