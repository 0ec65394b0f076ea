"""An emulated module's port on a pseudo-terminal.

A slave descriptor stays open in here, so that hosts can come and go.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import sys
import termios
import tty
from collections import deque
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorFDSet, IReadWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from .descriptor import PacedEnd
from .port import Port

#: Bytes read at once.
READ_SIZE: Final = 65536
#: Unread bytes from which on a module in command mode says nothing unasked: a serial driver's
#: buffer is small, while a pty would take many times as much ahead of the next answer.
CROWDED: Final = 3072
#: Seconds between two looks whether the host has read: nobody tells.
LOOK_FIRST: Final = 0.0005
LOOK_LONGEST: Final = 0.05
#: Asks whether a host has the slave for itself (asm-generic/ioctls.h); termios has no name for it.
TIOCGEXCL: Final = 0x80045440


@implementer(IReadWriteDescriptor)
class PtyPort(PacedEnd):
    """One port on a pty.

    @ivar path: what a host opens: the symbolic link, or the pty itself.
    """

    def __init__(self, reactor: IReactorFDSet, port: Port, path: str | None = None) -> None:
        """
        @param path: a symbolic link to the pty, made here and removed by
            L{close}; a link that exists is replaced.
        @raise OSError: if there is no pty, or the link cannot be made.
        """
        super().__init__(port)
        self._reactor: IReactorFDSet = reactor
        self._master, self._slave = os.openpty()
        try:
            for fd in (self._master, self._slave):
                tty.setraw(fd)
                fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
            os.set_blocking(self._master, False)
            self.device = os.ttyname(self._slave)
            self._link = path
            if path is not None:
                if os.path.islink(path):
                    os.unlink(path)
                os.symlink(self.device, path)
        except OSError:
            os.close(self._master)
            os.close(self._slave)
            raise
        self.path = path or self.device
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._closed = False
        self._look: IDelayedCall | None = None
        self._pause = 0.0
        self._written = 0  # since the last look: the kernel passes it on in its own time
        port.attach(self)
        reactor.addReader(self)

    # descriptor

    def fileno(self) -> int:
        """Give the descriptor that the reactor watches."""
        return -1 if self._closed else self._master

    def logPrefix(self) -> str:
        """Name this in the log."""
        return f"pty of {self.port.name}"

    def doRead(self) -> None:
        """Read what the host has written."""
        try:
            data = os.read(self._master, READ_SIZE)
        except OSError as e:
            if e.errno in (errno.EAGAIN, errno.EINTR, errno.EIO):
                return None
            raise
        if data:
            self.received(data)
        return None

    def doWrite(self) -> None:
        """Write what waits."""
        while self._queue:
            data = self._queue[0]
            sent = self._send(data)
            self._queued -= sent
            if sent < len(data):
                self._queue[0] = data[sent:]
                break
            self._queue.popleft()
        if not self._queue and not self._closed:
            self._reactor.removeWriter(self)
        self.host_drained()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops watching."""
        self.close()

    def _send(self, data: bytes) -> int:
        try:
            return os.write(self._master, data)
        except OSError as e:
            if e.errno in (errno.EAGAIN, errno.EINTR, errno.EIO):
                return 0
            raise

    # PacedEnd

    def transmit(self, data: bytes) -> None:
        """Write at once what the pty takes; the rest waits."""
        if self._closed:
            return
        self._written += len(data)
        if not self._queue:
            sent = self._send(data)
            if sent == len(data):
                return
            data = data[sent:]
            self._reactor.addWriter(self)
        self._queue.append(data)
        self._queued += len(data)

    def backlog(self) -> int:
        """Give the bytes that the pty has not taken."""
        return self._queued

    def crowded(self) -> bool:
        """Whether the host has yet to read what it was told; it is looked at again soon."""
        if self._closed or max(self._written, self._unread()) < CROWDED:
            return False
        if self._look is None:
            if self._nobody_reads():
                return False
            self._look = self.port.module.clock.callLater(self._pause, self._look_again)
        return True

    def _nobody_reads(self) -> bool:
        """Tell whether no host has it open; what was said to nobody is lost, as on a real port."""
        # a host that is alone with it would keep the slave from being opened again
        if any(fcntl.ioctl(self._slave, TIOCGEXCL, bytes(4))):
            return False
        # the kernel tells the master when the last slave is closed
        os.close(self._slave)
        poll = select.poll()
        poll.register(self._master, select.POLLHUP)
        alone = bool(poll.poll(0))
        self._slave = os.open(self.device, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        if alone:
            tty.setraw(self._slave)
            termios.tcflush(self._slave, termios.TCIFLUSH)
            self._written = 0
        return alone

    def _unread(self) -> int:
        # what the slave's side holds; the answer is an int in the machine's order
        answer = fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4))
        return int.from_bytes(answer, sys.byteorder)

    def _look_again(self) -> None:
        self._look = None
        if self._unread() >= CROWDED and not self._nobody_reads():
            self._pause = min(max(self._pause * 2, LOOK_FIRST), LOOK_LONGEST)
            self._look = self.port.module.clock.callLater(self._pause, self._look_again)
        else:
            self._pause = 0.0
            self._written = 0
            self.host_drained()

    def stop_reading(self) -> None:
        """Read no more."""
        self._reactor.removeReader(self)

    def start_reading(self) -> None:
        """Read again."""
        if not self._closed:
            self._reactor.addReader(self)

    def close(self) -> None:
        """Take the pty away; a host that has it open sees it unplugged."""
        if self._closed:
            return
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._closed = True
        look, self._look = self._look, None
        if look is not None:
            look.cancel()
        self.close_lanes()
        os.close(self._master)
        os.close(self._slave)
        link = self._link
        if link is not None and os.path.islink(link) and os.readlink(link) == self.device:
            os.unlink(link)
