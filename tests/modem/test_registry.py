"""Tests for L{twisted_quectel.modem.registry}: whoever names the same device shares a modem."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at import InvalidValue
from twisted_quectel.modem import Modem, getModem
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

    def test_said_later(self) -> None:
        """A fuller description holds as long as the device has not been opened."""
        modem = getModem(self.clock, self.profile())
        full = self.profile("other", apn="one", user="me", baudrate=9600, allow_restart=False)
        self.assertIs(getModem(self.clock, full), modem)
        profile = modem.profile
        self.assertEqual((profile.name, profile.apn, profile.user), ("gateway", "one", "me"))
        self.assertEqual((profile.auth, profile.baudrate), ("pap", 9600))
        self.assertIs(getModem(self.clock, self.profile()), modem)
        self.assertEqual(modem.profile.apn, "one")
        problem = self.assertRaises(InvalidValue, getModem, self.clock, self.profile(apn="two"))
        self.assertIn("described with another apn", str(problem))

    def test_said_too_late(self) -> None:
        """Once it is open, what was not said before is refused by name, in true words."""
        modem = getModem(self.clock, self.profile(device="/dev/nonexistent"))
        modem._starting = Deferred()  # as while it is being opened
        full = self.profile(device="/dev/nonexistent", apn="one", rtscts=True)
        problem = self.assertRaises(InvalidValue, getModem, self.clock, full)
        self.assertEqual(problem.argument, "rtscts")
        self.assertIn("was described without rtscts, apn", str(problem))
        modem._starting = None
        self.assertIs(getModem(self.clock, full), modem)

    def test_wrong_kinds(self) -> None:
        """What is no reactor, description or profile is refused by name."""
        for argument, function, args in (
            ("description", getModem, (self.clock, 5)),
            ("description", getModem, (self.clock, None)),
            ("reactor", getModem, (None, self.profile())),
            ("reactor", getModem, (object(), "gateway")),
            ("reactor", Modem, (None, self.profile())),
            ("profile", Modem, (self.clock, "gateway")),
        ):
            problem = self.assertRaises(InvalidValue, function, *args)
            self.assertEqual(problem.argument, argument)

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
