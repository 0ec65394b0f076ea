"""Tests for L{twisted_quectel.modem.devices} on paths and the emulator."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import termios
from pathlib import Path
from typing import Any
from unittest import mock

from serial.tools.list_ports_common import ListPortInfo
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from twisted_quectel.at.wire import IWireTransport
from twisted_quectel.errors import DeviceError
from twisted_quectel.modem.devices import open_device
from twisted_quectel.modem.holders import Holder, holders, lock_holder
from twisted_quectel.tables.causes import CASES

from .ptys import DeviceCase, Recorder


class PathTests(DeviceCase):
    """C{device} is a path."""

    def test_opens(self) -> None:
        """The protocol gets a wire, on a raw tty of the given speed with RTS/CTS."""
        _, device = self.pty()
        protocol = self.open(device, baudrate=921600, rtscts=True)
        wire: Any = protocol.transport
        verifyObject(IWireTransport, wire)
        self.assertEqual(wire.getPeer().device, device)
        settings = termios.tcgetattr(wire.fileno())
        self.assertEqual(settings[5], termios.B921600)
        self.assertTrue(settings[2] & termios.CRTSCTS)
        self.assertFalse(settings[3] & (termios.ECHO | termios.ICANON | termios.ISIG))

    def test_loses_nothing(self) -> None:
        """What the module said before the opening is read after it."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        os.write(master, b"+QIND: half a line")
        protocol = self.open(os.ttyname(slave))
        wire: Any = protocol.transport
        # the kernel carries it over in its own time
        while not protocol.received:
            self.assertIsNone(wire.doRead())
        self.assertEqual(protocol.received, b"+QIND: half a line")

    def test_not_inherited(self) -> None:
        """A child process gets no copy of the device."""
        wire: Any = self.open(self.pty()[1]).transport
        self.assertFalse(os.get_inheritable(wire.fileno()))

    def test_missing(self) -> None:
        """A path that is not there is named, with or without a colon in it."""
        self.assertIn("/dev/ttyUSB997 does not exist", self.refused("/dev/ttyUSB997"))
        path = "/dev/serial/by-path/pci-0:1.2:1.0"
        self.assertIn(f"{path} does not exist", self.refused(path))

    def test_suggests(self) -> None:
        """The serial ports that are there are listed, those of a module first."""
        uart, module = ListPortInfo("/dev/ttyS0"), ListPortInfo("/dev/ttyUSB2")
        module.vid, module.product = 0x2C7C, "EC25"
        with mock.patch("serial.tools.list_ports.comports", return_value=[uart, module]):
            message = self.refused("/dev/ttyUSB997")
        self.assertIn("/dev/ttyUSB2 (EC25), /dev/ttyS0", message)
        with mock.patch("serial.tools.list_ports.comports", return_value=[]):
            self.assertIn("there is none on this machine", self.refused("/dev/ttyUSB997"))

    def test_no_serial_port(self) -> None:
        """A folder, a file and a character device of another kind are none."""
        file = Path(self.mktemp())
        file.write_bytes(b"")
        for path in ("/dev", str(file), "/dev/null"):
            self.assertIn(f"{path} is not a serial port", self.refused(path))

    def test_colon_in_a_path(self) -> None:
        """A path that exists is opened, even if it begins like an endpoint."""
        folder = Path(self.mktemp())
        folder.mkdir()
        device = folder / "tcp:modem"
        device.symlink_to(self.pty()[1])
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(folder)
        self.open("tcp:modem")

    def test_forbidden(self) -> None:
        """Without the rights to it, the user and the group are named."""
        _, device = self.pty()
        status = list(os.stat(device))
        group = mock.Mock(gr_name="dialout")
        user = mock.Mock(pw_name="alice")
        with (
            mock.patch("os.open", side_effect=PermissionError(errno.EACCES, "no")),
            mock.patch("grp.getgrgid", return_value=group),
            mock.patch("pwd.getpwuid", return_value=user),
        ):
            status[0] = 0o020660
            with mock.patch("os.stat", return_value=os.stat_result(status)):
                message = self.refused(device)
            self.assertIn("user alice may not open", message)
            self.assertIn("usermod -aG dialout alice", message)
            status[0] = 0o020600
            with mock.patch("os.stat", return_value=os.stat_result(status)):
                self.assertIn("udev rule", self.refused(device))

    def test_forbidden_folder(self) -> None:
        """A user without a name, and a device in a folder that may not be seen."""
        with (
            mock.patch("os.stat", side_effect=PermissionError(errno.EACCES, "no")),
            mock.patch("pwd.getpwuid", side_effect=KeyError),
        ):
            message = self.refused("/secret/ttyUSB2")
        self.assertIn("user number ", message)
        self.assertIn("folder", message)

    def test_unplugged(self) -> None:
        """A device node without hardware, when it is opened or set."""
        _, device = self.pty()
        for number in (errno.EIO, errno.ENXIO, errno.ENODEV):
            with mock.patch("os.open", side_effect=OSError(number, "x")):
                self.assertIn("no port behind it", self.refused(device))
        with mock.patch("termios.tcgetattr", side_effect=termios.error(errno.EIO, "x")):
            self.assertIn("no port behind it", self.refused(device))

    def test_cases(self) -> None:
        """The causes of an error are those of its case: none of rights where nothing is there."""
        for device, case in (
            ("/dev/ttyUSB997", "missing"),
            ("/dev/null", "kind"),
            ("tcp:", "endpoint"),
        ):
            opened = open_device(self.reactor, device, Recorder())
            problem: DeviceError = self.failureResultOf(opened, DeviceError).value
            self.assertEqual(problem.causes, CASES[f"DeviceError.{case}"])
        for number, case in ((errno.EACCES, "forbidden"), (errno.EBUSY, "busy")):
            with mock.patch("os.open", side_effect=OSError(number, "x")):
                opened = open_device(self.reactor, self.pty()[1], Recorder())
            problem = self.failureResultOf(opened, DeviceError).value
            self.assertEqual(problem.causes, CASES[f"DeviceError.{case}"])

    def test_other_errors(self) -> None:
        """An error that nobody foresaw is told as the system puts it."""
        with mock.patch("os.stat", side_effect=OSError(errno.ELOOP, "Too many links")):
            self.assertIn("Too many links", self.refused("/dev/loop"))

    def test_speed(self) -> None:
        """A speed that the port cannot do names C{baudrate}."""
        self.assertIn("give another baudrate", self.refused(self.pty()[1], baudrate=1 << 40))

    def test_protocol_fails(self) -> None:
        """A protocol that fails when it is connected gets no device."""

        class Failing(Recorder):
            def connectionMade(self) -> None:
                raise ValueError("a protocol with a bug")

        _, device = self.pty()
        protocol = Failing()
        opened = open_device(self.reactor, device, protocol)
        self.failureResultOf(opened, ValueError)
        self.assertEqual(len(protocol.lost), 1)
        self.assertEqual(self.reactor.removeAll(), [])


class ExclusiveTests(DeviceCase):
    """A device has one user."""

    def test_second_opening(self) -> None:
        """The second opening is refused and names the process; after the close it succeeds."""
        _, device = self.pty()
        first = self.open(device)
        message = self.refused(device)
        self.assertIn(f"(pid {os.getpid()})", message)
        self.assertIn("this process has it open already", message)
        self.close(first)
        self.open(device)

    def test_locked_by_another(self) -> None:
        """Anybody's C{flock} counts, and its owner is found among many that have it open."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        fcntl.flock(slave, fcntl.LOCK_EX)
        device = os.ttyname(slave)
        self.assertIn("is in use by", self.refused(device))
        holder = lock_holder(device)
        self.assertIsNotNone(holder)
        self.assertEqual(holder, Holder(os.getpid(), holders(device)[0].name))

    def test_busy(self) -> None:
        """A device that the kernel refuses is in use by whoever has it open."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        with mock.patch("os.open", side_effect=OSError(errno.EBUSY, "busy")):
            self.assertIn(f"(pid {os.getpid()})", self.refused(os.ttyname(slave)))

    def test_unknown_holder(self) -> None:
        """A holder that cannot be seen does not keep the error from its way out."""
        _, device = self.pty()
        with mock.patch("os.open", side_effect=OSError(errno.EBUSY, "busy")):
            self.assertIn(f"fuser -v {device}", self.refused(device))

    def test_exclusive_flag(self) -> None:
        """On what is no pty, C{TIOCEXCL} is set; set by another it is heeded by root too."""
        _, device = self.pty()
        real = fcntl.ioctl
        asked: list[int] = []
        flag = 0

        def ioctl(fd: int, request: int, argument: Any = 0) -> Any:
            asked.append(request)
            if request == 0x80045440:
                return struct.pack("i", flag)
            if request in (termios.TIOCEXCL, termios.TIOCNXCL):
                return 0
            return real(fd, request, argument)

        with (
            mock.patch("twisted_quectel.modem.devices._PTY_MAJORS", ()),
            mock.patch("fcntl.ioctl", ioctl),
        ):
            protocol = self.open(device)
            self.assertIn(termios.TIOCEXCL, asked)
            self.close(protocol)
            self.assertIn(termios.TIOCNXCL, asked)
            flag = 1
            self.assertIn("is in use", self.refused(device))

    def test_pty_keeps_no_flag(self) -> None:
        """A pty whose host has died can be opened again: the flag would outlive it."""
        _, device = self.pty()
        wire: Any = self.open(device).transport
        flag = fcntl.ioctl(wire.fileno(), 0x80045440, bytes(4))
        self.assertEqual(flag, bytes(4))

    def test_remedies(self) -> None:
        """Each of the programs that take ports unasked has its own way out."""
        device = "/dev/ttyS0"
        self.assertIn("ID_MM_DEVICE_IGNORE", Holder(1, "ModemManager").remedy(device))
        self.assertIn("serial-getty@ttyS0", Holder(1, "agetty").remedy(device))
        self.assertIn("brltty", Holder(1, "brltty").remedy(device))
        self.assertIn("end it", Holder(1, "minicom").remedy(device))

    def test_locks_of_other_containers(self) -> None:
        """A lock whose owner has no number here, and lines of another form, are passed over."""
        _, device = self.pty()
        status = os.stat(device)
        node = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        lines = f"odd line\n1: FLOCK ADVISORY WRITE 0 {node} 0 EOF\n"
        with mock.patch("builtins.open", mock.mock_open(read_data=lines)):
            self.assertIsNone(lock_holder(device))
        with mock.patch("builtins.open", side_effect=FileNotFoundError):
            self.assertIsNone(lock_holder(device))


class EmulatorTests(DeviceCase):
    """C{device} is C{emulator}."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Clock()

    def test_answers(self) -> None:
        """An embedded EC25 answers, on nothing but a clock."""
        protocol = self.open("emulator")
        transport: Any = protocol.transport
        verifyObject(IWireTransport, transport)
        self.reactor.pump([0.1] * 200)
        transport.write(b"AT\r")
        self.reactor.pump([0.1] * 20)
        self.assertIn(b"\r\nOK\r\n", protocol.received)

    def test_in_use(self) -> None:
        """The embedded module has one user at a time."""
        first = self.open("emulator")
        self.assertIn("in use", self.refused("emulator"))
        self.close(first)
        self.open("emulator", model="EC25")

    def test_unknown_model(self) -> None:
        """A model that nobody knows is refused by name."""
        self.assertIn("'EC99'", self.refused("emulator", model="EC99"))
