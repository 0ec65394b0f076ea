"""Opening what the argument C{device} names: a path, C{emulator}, or a client endpoint.

Every refusal is a L{DeviceError} of one line that begins with C{device} and
says the way out.
"""

from __future__ import annotations

import errno
import fcntl
import grp
import os
import pwd
import stat
import struct
import termios
from typing import Final

from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred, fail, maybeDeferred
from twisted.internet.interfaces import IProtocol, IReactorFDSet, IReactorTime
from twisted.python.failure import Failure

from ..devicestrings import is_endpoint
from ..errors import DeviceError
from ..modemprofile import EMULATOR
from .circuits import Circuits, release
from .holders import Holder, holders, lock_holder
from .serialwire import SerialWire

#: linux/major.h: Unix98 pty slaves.
_PTY_MAJORS: Final = range(136, 144)

_MODEL: Final = "EC25"

#: USB vendor number of the modules.
_QUECTEL_VENDOR: Final = 0x2C7C
#: How many ports a message names at most.
_NAMED_PORTS: Final = 8

_TIOCGEXCL: Final = 0x80045440


def open_device(
    reactor: object,
    device: str,
    protocol: IProtocol,
    *,
    baudrate: int = 115200,
    rtscts: bool = False,
    model: str | None = None,
) -> Deferred[None]:
    """Open a device and connect a protocol to it.

    The protocol's transport provides L{IWireTransport
    <twisted_quectel.at.wire.IWireTransport>}.

    @param reactor: provides L{IReactorFDSet} and C{IReactorTime}; for
        C{emulator} the latter is enough.
    @param device: the path of a serial port or pty, C{emulator}, or a client
        endpoint's description such as C{tcp:192.0.2.1:7000}.
    @param baudrate: in bits per second.
    @param rtscts: whether RTS and CTS are wired and hold the other side back.
    @param model: what the emulator is (C{EC25}).
    @return: fires when the protocol is connected; may be cancelled.  Fails with
        L{DeviceError}.
    """
    if device == EMULATOR:
        return maybeDeferred(_open_emulator, reactor, model or _MODEL, protocol)
    if ":" in device and not os.path.exists(device) and is_endpoint(device):
        return _open_endpoint(reactor, device, protocol)
    return maybeDeferred(_open_path, reactor, device, protocol, baudrate, rtscts)


# -- a path


def _open_path(
    reactor: object, device: str, protocol: IProtocol, baudrate: int, rtscts: bool
) -> None:
    fd = _open_exclusively(device)
    circuits = Circuits(fd)
    try:
        can_do = circuits.configure(baudrate, rtscts)
    except (OSError, termios.error) as e:
        release(fd)
        # a driver without hardware behind it, such as most /dev/ttyS*
        raise DeviceError(
            f"device: {device} has no port behind it ({os.strerror(e.args[0])}); {_others()}",
            case="missing",
        ) from None
    if not can_do:
        release(fd)
        raise DeviceError(
            f"device: {device} cannot do {baudrate} baud; give another baudrate, such as 115200",
            case="baudrate",
        )
    circuits.set_low_latency()
    SerialWire(IReactorFDSet(reactor), fd, protocol, device, circuits).connect()


def _open_exclusively(device: str) -> int:
    """Open a tty that nobody else uses, and keep others from opening it."""
    try:
        status = os.stat(device)
        if not stat.S_ISCHR(status.st_mode):
            raise DeviceError(f"device: {device} is not a serial port; {_others()}", case="kind")
        # O_NONBLOCK: an open without it waits for DCD
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as e:
        raise _refusal(device, e) from None
    if not os.isatty(fd):
        os.close(fd)
        raise DeviceError(f"device: {device} is not a serial port; {_others()}", case="kind")
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The flag outlives its setter for as long as anybody has the tty open, as
        # an emulated module has its pty: there the lock must do.
        if os.major(status.st_rdev) not in _PTY_MAJORS:
            # a superuser may open in spite of the flag
            if struct.unpack("i", fcntl.ioctl(fd, _TIOCGEXCL, bytes(4)))[0]:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            fcntl.ioctl(fd, termios.TIOCEXCL)
    except OSError as e:
        os.close(fd)
        raise _refusal(device, e) from None
    return fd


def _refusal(device: str, cause: OSError) -> DeviceError:
    """Say why a device could not be opened, and what can be done."""
    if cause.errno in (errno.ENOENT, errno.ENOTDIR):
        return DeviceError(f"device: {device} does not exist; {_others()}", case="missing")
    if cause.errno in (errno.EACCES, errno.EPERM):
        return DeviceError(_forbidden(device), case="forbidden")
    if cause.errno in (errno.EBUSY, errno.EAGAIN):
        return DeviceError(_in_use(device), case="busy")
    if cause.errno in (errno.ENXIO, errno.ENODEV, errno.EIO):
        return DeviceError(
            f"device: {device} has no port behind it; is the module plugged in?", case="missing"
        )
    return DeviceError(f"device: {device} cannot be opened ({cause.strerror})")


def _others() -> str:
    """Name the serial ports that there are, a module's before others."""
    # only an error needs it
    from serial.tools.list_ports import comports

    ports = sorted(comports(), key=lambda port: (port.vid != _QUECTEL_VENDOR, port.device))
    if not ports:
        return "give a serial port, such as /dev/ttyUSB2 (there is none on this machine)"
    names = [f"{port.device} ({port.product})" if port.product else port.device for port in ports]
    return f"give a serial port; there are {', '.join(names[:_NAMED_PORTS])}"


def _forbidden(device: str) -> str:
    uid = os.geteuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = f"number {uid}"
    line = f"device: user {user} may not open {device}"
    try:
        status = os.stat(device)
        group = grp.getgrgid(status.st_gid).gr_name
    except (OSError, KeyError):
        return f"{line}; see to the rights on its folder"
    if status.st_mode & 0o060 != 0o060 or group == "root":
        return f"{line}; give it to a group such as dialout by a udev rule"
    return f"{line}; add the user to the group {group} (usermod -aG {group} {user}), log in again"


def _in_use(device: str) -> str:
    holder = _find_holder(device)
    if holder is None:
        return f"device: {device} is in use; see who has it open with: sudo fuser -v {device}"
    return (
        f"device: {device} is in use by {holder.name} (pid {holder.pid}); {holder.remedy(device)}"
    )


def _find_holder(device: str) -> Holder | None:
    locker = lock_holder(device)
    if locker is not None:
        return locker
    found = holders(device)
    return found[0] if found else None


# -- the emulator


def _open_emulator(reactor: object, model: str, protocol: IProtocol) -> None:
    # a module in this process brings OpenSSL with it
    from ..emulator.embedded import embedded
    from ..emulator.memory import connect_memory

    clock = IReactorTime(reactor)
    try:
        port = embedded(clock, model).port()
    except ValueError as e:
        raise DeviceError(f"device: emulator has no such model; {e}", case="emulator") from None
    if port.attached:
        raise DeviceError(
            f"device: emulator ({model}) is in use by this process; share one modem, or close it",
            case="emulator",
        )
    connect_memory(clock, port, protocol)


# -- a client endpoint


def _open_endpoint(reactor: object, device: str, protocol: IProtocol) -> Deferred[None]:
    # endpoints bring TLS with them, which a modem on a serial port can do without
    from twisted.internet.endpoints import clientFromString, connectProtocol

    from .socketwire import SocketProtocol

    def failed(reason: Failure) -> Failure:
        if reason.check(CancelledError, error.ConnectingCancelledError):
            return reason
        return Failure(DeviceError(_unreachable(device, reason), case="endpoint"))

    try:
        endpoint = clientFromString(reactor, device)
    except (ValueError, TypeError, KeyError) as e:
        return fail(
            DeviceError(f"device: {device!r} is not a client endpoint ({e})", case="endpoint")
        )
    connected: Deferred[SocketProtocol] = connectProtocol(endpoint, SocketProtocol(protocol))
    return connected.addCallbacks(SocketProtocol.begin, failed)


def _unreachable(device: str, reason: Failure) -> str:
    if reason.check(error.ConnectionRefusedError):
        return f"device: {device} refused the connection; is the serial server running there?"
    if reason.check(error.TimeoutError):
        return f"device: {device} does not answer; see to its address and the network"
    if reason.check(error.DNSLookupError):
        return f"device: {device} names a host that cannot be found; give its address"
    if reason.check(error.ConnectError):
        return f"device: {device} cannot be reached ({_one_line(reason)}); see to its address"
    return f"device: {device} failed ({_one_line(reason)})"


def _one_line(reason: Failure) -> str:
    return " ".join(reason.getErrorMessage().split()).rstrip(".")
