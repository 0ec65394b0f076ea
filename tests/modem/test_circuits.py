"""Tests for L{twisted_quectel.modem.circuits}."""

from __future__ import annotations

import os
import termios
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.modem.circuits import Circuits


class CircuitsTests(SynchronousTestCase):
    """The settings of a real tty."""

    def setUp(self) -> None:
        self.master, self.slave = os.openpty()
        self.addCleanup(os.close, self.master)
        self.addCleanup(os.close, self.slave)
        self.circuits = Circuits(self.slave)

    def test_raw(self) -> None:
        """Nothing is translated, echoed or made a signal of; no circuit ends anything."""
        self.assertTrue(self.circuits.configure(115200, True))
        settings = termios.tcgetattr(self.slave)
        self.assertEqual(settings[0] & ~termios.IGNBRK, 0)
        self.assertEqual((settings[1], settings[3]), (0, 0))
        self.assertTrue(settings[2] & termios.CRTSCTS)
        self.assertTrue(settings[2] & termios.CLOCAL)
        self.assertFalse(settings[2] & (termios.HUPCL | termios.PARENB | termios.CSTOPB))
        self.assertTrue(self.circuits.configure(115200, False))
        self.assertFalse(termios.tcgetattr(self.slave)[2] & termios.CRTSCTS)

    def test_speeds(self) -> None:
        """Standard speeds and odd ones are set; 0, which would hang up, is not."""
        for rate in (9600, 115200, 921600, 3000000, 2900000, 115200):
            self.assertTrue(self.circuits.set_speed(rate), rate)
        for rate in (0, -1, 1 << 40):
            self.assertFalse(self.circuits.set_speed(rate), rate)
        self.assertEqual(termios.tcgetattr(self.slave)[5], termios.B115200)

    def test_rounded_speed(self) -> None:
        """A driver that takes a speed in silence and runs at another one cannot do it."""
        real = termios.tcgetattr(self.slave)
        real[4] = real[5] = termios.B9600
        with mock.patch("termios.tcgetattr", side_effect=lambda fd: [*real]):
            self.assertFalse(self.circuits.set_speed(3000000))

    def test_low_latency_is_a_nicety(self) -> None:
        """Where the driver knows no low latency nothing happens."""
        self.circuits.set_low_latency()

    def test_gone(self) -> None:
        """A device that was unplugged has no queue and no circuits, and raises nothing."""
        master, slave = os.openpty()
        self.addCleanup(os.close, slave)
        os.close(master)
        circuits = Circuits(slave)
        circuits.discard()
        self.assertEqual((circuits.queued(), circuits.dcd(), circuits.cts()), (0, None, None))
        self.assertFalse(circuits.set_dtr(True))
        self.assertFalse(circuits.set_speed(9600))
