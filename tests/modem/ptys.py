"""Wires over ptys, and the reactors, circuits and far ends that go with them."""

from __future__ import annotations

import contextlib
import os
import random
import select
import tty
from collections.abc import Callable
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer, IReactorFDSet
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_quectel.errors import DeviceError
from twisted_quectel.modem.circuits import Circuits
from twisted_quectel.modem.devices import open_device
from twisted_quectel.modem.serialwire import SerialWire


@implementer(IReactorFDSet)
class FakeReactor(Clock):
    """A clock that notes who is registered, and lets a test be the poll."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.asked: list[str] = []

    def addReader(self, reader: Any) -> None:
        """Note a reader."""
        self.asked.append("addReader")
        self.readers.add(reader)

    def addWriter(self, writer: Any) -> None:
        """Note a writer."""
        self.asked.append("addWriter")
        self.writers.add(writer)

    def removeReader(self, reader: Any) -> None:
        """Forget a reader."""
        self.readers.discard(reader)

    def removeWriter(self, writer: Any) -> None:
        """Forget a writer."""
        self.writers.discard(writer)

    def removeAll(self) -> list[Any]:
        """Forget all."""
        found = [*self.readers | self.writers]
        self.readers.clear()
        self.writers.clear()
        return found

    def getReaders(self) -> list[Any]:
        """Give the readers."""
        return [*self.readers]

    def getWriters(self) -> list[Any]:
        """Give the writers."""
        return [*self.writers]


class FakeCircuits(Circuits):
    """A UART with all its circuits, and a driver's queue that a test fills."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.dtr = True
        self.carrier = True
        self.waiting = 0
        self.discarded = False
        self.rate = 115200

    def set_dtr(self, on: bool) -> bool:
        """Set DTR."""
        self.dtr = on
        return True

    def dcd(self) -> bool | None:
        """Give DCD."""
        return self.carrier

    def cts(self) -> bool | None:
        """Give CTS."""
        return False

    def queued(self) -> int:
        """Give the driver's queue."""
        return self.waiting

    def discard(self) -> None:
        """Drop the driver's queue."""
        self.discarded = True

    def set_speed(self, rate: int) -> bool:
        """Set the speed."""
        self.rate = rate
        return rate != 1


class Recorder(Protocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.lost: list[Failure] = []
        self.when_lost: Deferred[None] = Deferred()
        self.on_data: Callable[[], None] = lambda: None
        self.on_connect: Callable[[], None] = lambda: None

    def connectionMade(self) -> None:
        """Tell it."""
        self.on_connect()

    def dataReceived(self, data: bytes) -> None:
        """Keep bytes."""
        self.received += data
        self.on_data()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Keep the reason."""
        self.lost.append(reason)
        if len(self.lost) == 1:
            self.when_lost.callback(None)


class PullProducer:
    """Gives numbered lines, one when asked."""

    def __init__(self, wire: SerialWire, count: int) -> None:
        self.wire, self.count, self.stopped = wire, count, False
        self.made = bytearray()

    def resumeProducing(self) -> None:
        """Give one line, then leave."""
        line = b"line %d\r\n" % self.count
        self.made += line
        self.wire.write(line)
        self.count -= 1
        if not self.count:
            self.wire.unregisterProducer()

    def stopProducing(self) -> None:
        """Note the end."""
        self.stopped = True


@implementer(IPushProducer)
class PushProducer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def pauseProducing(self) -> None:
        """Note a pause."""
        self.events.append("pause")

    def resumeProducing(self) -> None:
        """Note the end of a pause."""
        self.events.append("resume")

    def stopProducing(self) -> None:
        """Note the end, badly: nothing here ends well with a producer left."""
        self.events.append("stop")
        raise RuntimeError("a producer with a bug")


def open_devices() -> list[str]:
    """Give the devices that this process has open, in order.

    The reactor opens and closes sockets of its own between a test and its
    clean-up, so that mere numbers would not tell.
    """
    found = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return sorted(name for name in found if name.startswith("/dev/"))


class Pty:
    """A pty whose slave is a wire."""

    def __init__(self, case: SynchronousTestCase, circuits: Circuits | None, reactor: Any) -> None:
        before = open_devices()
        self.reactor = reactor
        self.protocol = Recorder()
        self.master, slave = os.openpty()
        self.device = os.ttyname(slave)
        os.set_blocking(slave, False)
        os.set_blocking(self.master, False)
        tty.setraw(slave)
        self.wire = SerialWire(reactor, slave, self.protocol, self.device, circuits)
        self.wire.connect()

        def clean() -> None:
            self.close_master()
            if self.wire.fileno() != -1:
                self.wire.connectionLost(Failure(ConnectionDone()))
            case.assertEqual(open_devices(), before)

        case.addCleanup(clean)

    def close_master(self) -> None:
        """Unplug."""
        if self.master != -1:
            os.close(self.master)
            self.master = -1

    def read(self) -> bytes:
        """Read what has come to the other side."""
        try:
            return os.read(self.master, 65536)
        except BlockingIOError:
            return b""

    def read_all(self, count: int) -> bytes:
        """Read a number of bytes; the kernel carries them over in its own time."""
        came = b""
        while len(came) < count and select.select([self.master], [], [], 5)[0]:
            came += self.read()
        return came

    def fill(self) -> bytes:
        """Write until the line is full and the queue holds something."""
        written = b""
        while not self.wire.unsent():
            written += (piece := b"%06d," % (len(written) // 7))
            self.wire.write(piece)
        return written


class FarEnd(FileDescriptor):
    """The master of a pty on the reactor, which sends things back in random cuts."""

    def __init__(self, reactor: Any, fd: int, rng: random.Random) -> None:
        super().__init__(reactor)
        self._fd = fd
        self._rng = rng
        self.connected = 1
        reactor.addReader(self)

    def fileno(self) -> int:
        """Give the descriptor."""
        return self._fd

    def doRead(self) -> None:
        """Send back what came."""
        data = os.read(self._fd, self._rng.randrange(1, 5000))
        while data:
            cut = self._rng.randrange(1, 2000)
            self.write(data[:cut])
            data = data[cut:]

    def writeSomeData(self, data: bytes) -> int:
        """Write at most a random number of bytes."""
        try:
            return os.write(self._fd, data[: self._rng.randrange(1, 3000)])
        except BlockingIOError:
            return 0

    def remove(self) -> None:
        """Leave the reactor."""
        self.reactor.removeReader(self)
        self.reactor.removeWriter(self)


class DeviceCase(SynchronousTestCase):
    """Opens devices, and looks that none is left open."""

    def setUp(self) -> None:
        before = open_devices()
        self.addCleanup(lambda: self.assertEqual(open_devices(), before))
        self.reactor: Any = FakeReactor()

    def refused(self, device: str, reactor: Any = None, **arguments: Any) -> str:
        """Open what cannot be opened, and give the one line that it yields."""
        opened = open_device(reactor or self.reactor, device, Recorder(), **arguments)
        return self.line(self.failureResultOf(opened, DeviceError))

    def line(self, reason: Failure) -> str:
        """Give the one line, which names the argument."""
        message = str(reason.value)
        self.assertTrue(message.startswith("device: "), message)
        self.assertNotIn("\n", message)
        return message

    def pty(self) -> tuple[int, str]:
        """Make a pty; give the master and the path of the slave."""
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        os.set_blocking(master, False)
        device = os.ttyname(slave)
        os.close(slave)
        return master, device

    def open(self, device: str, **arguments: Any) -> Recorder:
        """Open a device, to be closed at the end of the test."""
        protocol = Recorder()
        opened = open_device(self.reactor, device, protocol, **arguments)
        self.assertIsNone(self.successResultOf(opened))
        self.addCleanup(self.close, protocol)
        return protocol

    def close(self, protocol: Recorder) -> None:
        """Close what a protocol has open."""
        transport: Any = protocol.transport
        transport.abortConnection()
        self.reactor.advance(0)
