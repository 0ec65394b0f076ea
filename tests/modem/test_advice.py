"""Tests for L{twisted_quectel.modem.advice}: what is said once."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_quectel.modem.advice import Advice, is_uart
from twisted_quectel.modem.channels import Channel
from twisted_quectel.modemprofile import ModemProfile

from .sessionbench import SessionBench


class AdviceTests(SynchronousTestCase):
    """Ports as the kernel lists them, in a folder of the test."""

    def setUp(self) -> None:
        self.ttys = Path(self.mktemp()).absolute()
        for name, driver in (
            ("ttyS0", "serial8250"),
            ("ttyAMA0", "uart-pl011"),
            ("ttyUSB0", "ftdi_sio"),
            ("ttyUSB2", "option1"),
            ("ttyACM0", "cdc_acm"),
        ):
            device = self.ttys / name / "device"
            device.mkdir(parents=True)
            (device / "driver").symlink_to(self.ttys / "drivers" / driver)
        (self.ttys / "ptmx").mkdir()
        self.events: list[LogEvent] = []

        @implementer(ILogObserver)
        def note(event: LogEvent) -> None:
            self.events.append(event)

        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)

    def test_uart(self) -> None:
        """A UART is one on the machine or behind an adapter; a pty and a module's USB are none."""
        for name in ("ttyS0", "ttyAMA0", "ttyUSB0"):
            self.assertTrue(is_uart(f"/dev/{name}", self.ttys), name)
        for name in ("ttyUSB2", "ttyACM0", "ptmx", "pts/3", "emulator"):
            self.assertFalse(is_uart(f"/dev/{name}", self.ttys), name)

    def lease(self, device: str, rtscts: bool, wired: bool = True) -> int:
        """Lease a channel twice; give how often the brake was spoken of."""
        bench = SessionBench()
        profile = ModemProfile(name="m", device=device, rtscts=rtscts)
        bench.session.advice = Advice(profile, self.ttys)
        channel = Channel(device, bench.port)
        bench.session.channels.control = channel
        if wired:
            self.patch(Channel, "wire", Wired())
        self.events.clear()
        for _ in range(2):
            leased = Deferred.fromCoroutine(bench.session.lease_channel(False))
            self.assertIs(self.successResultOf(leased), channel)
            bench.session.end_lease(channel)
        return len([event for event in self.events if event.get("device") == device])

    def test_no_brake(self) -> None:
        """A transparent connection on a UART without rtscts is warned of, once."""
        self.assertEqual(self.lease("/dev/ttyS0", False), 1)
        self.assertEqual(self.lease("/dev/ttyS0", True), 0)
        self.assertEqual(self.lease("/dev/ttyUSB2", False), 0)

    def test_no_circuits(self) -> None:
        """What has no circuits is no UART."""
        self.assertEqual(self.lease("/dev/ttyS0", False, wired=False), 0)


class Wired:
    """A wire that has CTS."""

    def cts(self) -> bool:
        """It is on."""
        return True
