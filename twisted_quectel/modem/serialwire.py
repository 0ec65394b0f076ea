"""A serial port or pty as a Twisted transport with its V.24 circuits.

Twisted's own C{SerialPort} asks the reactor before each write and throws away
what the module said before it was opened.  A L{SerialWire} writes first, asks
only when the line is full, and loses nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from twisted.internet import error
from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IReactorFDSet,
    IReactorTime,
)
from twisted.internet.main import CONNECTION_DONE
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ..at.wire import IWireTransport
from .circuits import Circuits, release

#: Bytes asked for at a time; a tty gives 4 KiB at most.
READ_SIZE: Final = 65536

#: Seconds without any byte leaving after which C{loseConnection} gives up.
LINGER: Final = 5.0
_TICK: Final = 0.05


class DeviceGone(error.ConnectionLost):
    """The device was unplugged, or the other end of the pty was closed."""

    MESSAGE = "The device is gone"


@implementer(IAddress)
@dataclass(frozen=True)
class SerialAddress:
    """Which device a wire leads to.

    @ivar device: its path.
    """

    device: str


@implementer(IWireTransport)
class SerialWire(FileDescriptor):
    """The transport of a protocol on a tty.

    Nothing here blocks.  With CTS low the bytes wait in the driver and then in
    L{write}'s queue; L{loseConnection} waits for them as long as any of them
    leaves, and gives up after L{LINGER} seconds in which none did.
    L{abortConnection} never waits.

    @ivar timed: the bytes leave as they are written, so guard times hold.
    @ivar bufferSize: bytes in the queue above which a push producer is paused.
    @param fd: a configured tty in non-blocking mode, which the wire will close.
    @param device: its path.
    @param circuits: what is beside the data; made for C{fd} if left out.
    """

    timed = True
    _log = Logger()

    def __init__(
        self,
        reactor: IReactorFDSet,
        fd: int,
        protocol: IProtocol,
        device: str,
        circuits: Circuits | None = None,
    ) -> None:
        super().__init__(reactor)
        self.protocol = protocol
        self._clock = IReactorTime(reactor)
        self._fd = fd
        self._address = SerialAddress(device)
        self._circuits = circuits if circuits is not None else Circuits(fd)
        self._aborting = False
        self._tick: IDelayedCall | None = None
        self._left = 0
        self._stalled = 0.0

    def connect(self) -> None:
        """Give the protocol its transport, and begin to read.

        @raise Exception: what the protocol raised; the device is closed then.
        """
        self.connected = 1
        self.reactor.addReader(self)
        try:
            self.protocol.makeConnection(self)
        except Exception:
            self.connectionLost(Failure())
            raise

    # -- what is beside the data

    def set_dtr(self, on: bool) -> bool:
        """Set circuit 108/2; give whether this wire has it."""
        return self.connected == 1 and self._circuits.set_dtr(on)

    def dcd(self) -> bool | None:
        """Give circuit 109; L{None} where it cannot be known."""
        return self._circuits.dcd() if self.connected else None

    def cts(self) -> bool | None:
        """Give circuit 106; L{None} where it cannot be known."""
        return self._circuits.cts() if self.connected else None

    def unsent(self) -> int:
        """Give the bytes that have not left yet: the queue's and the driver's."""
        if not self.connected:
            return 0
        return self._queued() + self._circuits.queued()

    def discard(self) -> None:
        """Drop what waits in the queue and in the driver."""
        if self.connected:
            self._empty_queue()
            self._circuits.discard()

    def set_baudrate(self, rate: int) -> bool:
        """Change the speed at once; what L{unsent} counts leaves at the new one.

        @param rate: in bits per second.
        @return: whether the port can do it.
        """
        return self.connected == 1 and self._circuits.set_speed(rate)

    # -- writing

    def write(self, data: bytes) -> None:
        """Write at once what the line takes, and queue the rest."""
        if (
            self.connected
            and not self._aborting
            and not self._tempDataLen
            and not self.dataBuffer
            # a pull producer is asked for more by doWrite, which needs the queue
            and (self.producer is None or self.streamingProducer)
        ):
            # a full line, or a dead one: doWrite will report it
            with contextlib.suppress(OSError):
                data = data[os.write(self._fd, data) :]
            if not data:
                return
        if not self._aborting:
            super().write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Write several pieces as one."""
        self.write(b"".join(iovec))

    def writeSomeData(self, data: bytes) -> int | BaseException:
        """Write from the queue; called by C{doWrite}."""
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError as e:
            return self._gone(e)

    # -- reading

    def doRead(self) -> BaseException | None:
        """Hand on what has come; called by the reactor."""
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return None
        except OSError as e:
            return self._gone(e)
        if not data:
            return self._gone(OSError(errno.EIO, "hung up"))
        self.protocol.dataReceived(data)
        return None

    # -- ends

    def loseConnection(self) -> None:
        """Close when everything has left; see the class for when it does not."""
        if self.connected and not self.disconnecting:
            FileDescriptor.loseConnection(self)
            self._left = self.unsent()
            self._tick = self._clock.callLater(_TICK, self._drain)

    def abortConnection(self) -> None:
        """Close in the next turn, and drop what has not left."""
        if not self.connected or self._aborting:
            return
        self._aborting = True
        self.disconnecting = 1
        self.reactor.removeReader(self)
        self.reactor.removeWriter(self)
        self._stop_tick()
        self._empty_queue()
        self._tick = self._clock.callLater(0, self._aborted)

    def connectionLost(self, reason: Failure) -> None:
        """The wire is gone: close the device and tell the protocol, once."""
        if self.disconnected:
            return
        reason = self._honest(reason)
        self._stop_tick()
        self._empty_queue()
        producer, self.producer = self.producer, None
        FileDescriptor.connectionLost(self, reason)
        self._close(orderly=reason.check(error.ConnectionDone) is not None)
        if producer is not None:
            try:
                producer.stopProducing()
            except Exception:
                self._log.failure("a producer failed when its consumer was lost")
        self.protocol.connectionLost(reason)

    def readConnectionLost(self, reason: Failure) -> None:
        """The reactor saw a hang-up; a tty has no half-closed state."""
        self.connectionLost(reason)

    def _honest(self, reason: Failure) -> Failure:
        # epoll and poll report the end of a device as an orderly end
        if reason.check(error.ConnectionDone) and not self.disconnecting:
            return Failure(self._gone(OSError(errno.EIO, "hung up")))
        return reason

    def _gone(self, cause: OSError) -> DeviceGone:
        return DeviceGone(f"{self._address.device} ({cause.strerror})")

    def _queued(self) -> int:
        return len(self.dataBuffer) - self.offset + self._tempDataLen

    def _empty_queue(self) -> None:
        self.dataBuffer = b""
        self.offset = 0
        self._tempDataBuffer = []
        self._tempDataLen = 0

    def _postLoseConnection(self) -> BaseException | None:
        # close(2) would wait for the driver's queue: the tick looks at it instead
        return None if self._aborting or self._circuits.queued() else CONNECTION_DONE

    def _drain(self) -> None:
        self._tick = None
        left = self.unsent()
        if not left and self.producer is None:
            self.connectionLost(Failure(CONNECTION_DONE))
            return
        moved = left != self._left or not left
        self._stalled = 0.0 if moved else self._stalled + _TICK
        self._left = left
        if self._stalled >= LINGER:
            self.abortConnection()
        else:
            self._tick = self._clock.callLater(_TICK, self._drain)

    def _aborted(self) -> None:
        self._tick = None
        self.connectionLost(Failure(error.ConnectionAborted()))

    def _stop_tick(self) -> None:
        tick, self._tick = self._tick, None
        if tick is not None and tick.active():
            tick.cancel()

    def _close(self, orderly: bool) -> None:
        fd, self._fd = self._fd, -1
        if not orderly:
            # close(2) waits for the driver's queue, up to 30 s with CTS low
            self._circuits.discard()
        release(fd)

    # -- what a transport is

    def fileno(self) -> int:
        """Give the descriptor; -1 when it is closed."""
        return self._fd

    def getHost(self) -> SerialAddress:
        """Give the device: this end has no address of its own."""
        return self._address

    def getPeer(self) -> SerialAddress:
        """Give the device."""
        return self._address

    def logPrefix(self) -> str:
        """Give the prefix of the protocol's log lines."""
        return self._getLogPrefix(self.protocol)
