"""The line settings and V.24 circuits of a tty, behind an interface that tests can fake."""

from __future__ import annotations

import array
import fcntl
import os
import struct
import termios
from typing import Final

# linux/serial.h: the fifth int of serial_struct is its flags
_SERIAL_STRUCT_INTS: Final = 32
_SERIAL_FLAGS: Final = 4
_ASYNC_LOW_LATENCY: Final = 1 << 13

# asm-generic/termbits.h: any speed at all, as a number
_TCGETS2: Final = 0x802C542A
_TCSETS2: Final = 0x402C542B
_BOTHER: Final = 0o010000
_CBAUD: Final = 0o010017
_TERMIOS2: Final = struct.Struct("4IB19s2I")
_UINT: Final = struct.Struct("I")
_INT: Final = struct.Struct("i")

#: How far a divisor may be off; a UART stands about 2 % on each side.
_TOLERANCE: Final = 0.03


class Circuits:
    """The line settings and V.24 circuits of a tty.

    @param fd: the tty, open.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def configure(self, rate: int, rtscts: bool) -> bool:
        """Make the tty a byte pipe: 8N1, nothing translated, nothing echoed.

        What was received before stays readable.  C{CLOCAL}, because a module
        drops DCD at the end of a connection, which must not hang the tty up.
        No C{HUPCL}: with it the kernel drops DTR when the device is closed,
        which a module takes for the order to end its connections.

        @param rate: in bits per second.
        @return: whether the port can do that speed.
        @raise OSError: if this is no tty.
        """
        attributes = termios.tcgetattr(self._fd)
        # a break is no byte: modules send one when they restart
        attributes[0] = termios.IGNBRK
        attributes[1] = 0
        attributes[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        if rtscts:
            attributes[2] |= termios.CRTSCTS
        attributes[3] = 0
        attributes[4] = attributes[5] = termios.B115200
        # with VMIN 0 an empty line would read like one that was hung up
        attributes[6][termios.VMIN] = 1
        attributes[6][termios.VTIME] = 0
        termios.tcsetattr(self._fd, termios.TCSANOW, attributes)
        return self.set_speed(rate)

    def set_speed(self, rate: int) -> bool:
        """Change the speed at once, without waiting for what is being sent.

        @param rate: in bits per second.
        @return: whether the port does it now; drivers round in silence.
        """
        if rate <= 0:
            return False  # 0 would hang up
        try:
            constant = getattr(termios, f"B{rate}", None)
            if constant is None:
                return self._set_odd_speed(rate)
            attributes = termios.tcgetattr(self._fd)
            attributes[4] = attributes[5] = constant
            termios.tcsetattr(self._fd, termios.TCSANOW, attributes)
            return bool(termios.tcgetattr(self._fd)[5] == constant)
        except (OSError, termios.error, struct.error):
            return False

    def _set_odd_speed(self, rate: int) -> bool:
        settings = list(_TERMIOS2.unpack(self._ioctl(_TCGETS2, bytes(_TERMIOS2.size))))
        settings[2] = settings[2] & ~_CBAUD | _BOTHER
        settings[6] = settings[7] = rate
        self._ioctl(_TCSETS2, _TERMIOS2.pack(*settings))
        actual: int = _TERMIOS2.unpack(self._ioctl(_TCGETS2, bytes(_TERMIOS2.size)))[7]
        return abs(actual - rate) <= rate * _TOLERANCE

    def set_low_latency(self) -> None:
        """Have each byte delivered at once, where the driver can do that."""
        settings = array.array("i", bytes(4 * _SERIAL_STRUCT_INTS))
        try:
            fcntl.ioctl(self._fd, termios.TIOCGSERIAL, settings)
            settings[_SERIAL_FLAGS] |= _ASYNC_LOW_LATENCY
            fcntl.ioctl(self._fd, termios.TIOCSSERIAL, settings)
        except OSError:
            return  # a nicety that ptys and many USB drivers do not have

    def set_dtr(self, on: bool) -> bool:
        """Set circuit 108/2; give whether the port has it."""
        request = termios.TIOCMBIS if on else termios.TIOCMBIC
        try:
            self._ioctl(request, _UINT.pack(termios.TIOCM_DTR))
        except OSError:
            return False
        return True

    def dcd(self) -> bool | None:
        """Give circuit 109, L{None} where it cannot be read."""
        return self._circuit(termios.TIOCM_CAR)

    def cts(self) -> bool | None:
        """Give circuit 106, L{None} where it cannot be read."""
        return self._circuit(termios.TIOCM_CTS)

    def queued(self) -> int:
        """Give the bytes that the driver still has to send."""
        try:
            waiting: int = _INT.unpack(self._ioctl(termios.TIOCOUTQ, bytes(_INT.size)))[0]
        except OSError:
            return 0
        return waiting

    def discard(self) -> None:
        """Drop what the driver still has to send."""
        try:
            termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error:
            return  # unplugged: nothing is left to drop

    def _circuit(self, bit: int) -> bool | None:
        try:
            state: int = _UINT.unpack(self._ioctl(termios.TIOCMGET, bytes(_UINT.size)))[0]
        except OSError:
            return None
        return bool(state & bit)

    def _ioctl(self, request: int, argument: bytes) -> bytes:
        return fcntl.ioctl(self._fd, request, argument)


def release(fd: int) -> None:
    """Give up the exclusive use of a tty and close it."""
    try:
        # somebody else may keep the tty open, and the flag with it
        fcntl.ioctl(fd, termios.TIOCNXCL)
        # a child that has just been forked may hold a copy, and the lock with it
        fcntl.flock(fd, fcntl.LOCK_UN)
    except OSError:
        pass  # unplugged
    os.close(fd)
