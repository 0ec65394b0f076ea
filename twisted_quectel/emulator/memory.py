"""A line in memory: the host's end of an emulated module's port, with V.24 circuits.

No byte crosses in the turn of the clock in which it was written.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final, cast

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IProducer,
    IProtocol,
    IPushProducer,
    IReactorTime,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from ..at.wire import IWireTransport
from .link import Lane
from .port import Port

#: What an unpaced line holds in each direction, in bytes.
CAPACITY: Final = 4096
#: The same for a line with a speed: a UART's buffers are small.
PACED_CAPACITY: Final = 4096


@implementer(IAddress)
class MemoryAddress:
    """The address of an end of a line in memory.

    @ivar name: of the port.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"MemoryAddress({self.name!r})"


@implementer(IWireTransport, IConsumer, IPushProducer)
class MemoryWire:
    """The transport of a host's protocol.

    @ivar disconnected: whether C{connectionLost} was called.
    """

    timed = True

    def __init__(self, clock: IReactorTime, port: Port, protocol: IProtocol) -> None:
        self.disconnected = False
        self.disconnecting = False
        self.producer: IPushProducer | None = None
        self._streaming = False
        self._producer_paused = False
        self._clock = clock
        self._port = port
        self._protocol = protocol
        link = port.module.link
        self._paced = link.baudrate is not None
        self._rate = link.baudrate
        self._capacity = PACED_CAPACITY if self._paced else CAPACITY
        self._out = Lane(clock, self._to_module, self._host_rate, link.cut, link.seed)
        self._in = Lane(clock, self._to_host, self._module_rate, link.cut, link.seed + 1)
        self._out.on_drain = self._out_drained
        self._in.on_drain = self._in_drained
        self._cts = True
        self._dcd = port.dcd()
        self._reason: Exception | None = None
        self._noise = random.Random(link.seed + 2)

    # speed

    def _host_rate(self) -> int | None:
        return self._rate if self._paced else None

    def _module_rate(self) -> int | None:
        return self._port.module.baudrate if self._paced else None

    def _garbled(self, data: bytes) -> bytes:
        """Give what a receiver sees whose speed is another than the sender's."""
        if not self._paced or self._rate == self._port.module.baudrate:
            return data
        return bytes(self._noise.choice(b"\x00\x80\xf8\xfe\xff\x9c") for _ in data)

    # between the ends

    def _to_module(self, data: bytes) -> None:
        tap = self._port.module.tap
        if tap is None:
            self._reach_module(data)
        else:
            tap.cross(self, True, data, self._reach_module)

    def _reach_module(self, data: bytes) -> None:
        self._port.data_received(self._garbled(data))

    def _to_host(self, data: bytes) -> None:
        tap = self._port.module.tap
        if tap is None:
            self._reach_host(data)
        else:
            tap.cross(self, False, data, self._reach_host)

    def _reach_host(self, data: bytes) -> None:
        if not self.disconnected:
            self._protocol.dataReceived(self._garbled(data))

    def _out_drained(self) -> None:
        if self.disconnecting:
            if not self._out.pending:
                self._end()
            return
        producer = self.producer
        if producer is None:
            return
        if not self._streaming:
            if not self._out.pending:
                producer.resumeProducing()
        elif self._producer_paused and self._out.pending <= self._capacity // 2:
            self._producer_paused = False
            producer.resumeProducing()

    def _in_drained(self) -> None:
        if not self._in.pending:
            self._dcd = self._port.dcd()
        if self._in.pending <= self._capacity // 2 and not self.disconnected:
            self._port.line_ready()

    def connect(self) -> None:
        """Plug the line in and tell the protocol."""
        self._port.attach(_ModuleEnd(self))
        self._protocol.makeConnection(self)

    # ITransport, IConsumer

    def write(self, data: bytes) -> None:
        """Send bytes to the module."""
        if self.disconnected or self.disconnecting:
            return
        self._out.write(bytes(data))
        if self._streaming and not self._producer_paused and self._out.pending > self._capacity:
            self._producer_paused = True
            if self.producer is not None:
                self.producer.pauseProducing()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send bytes to the module."""
        self.write(b"".join(data))

    def registerProducer(self, producer: IProducer, streaming: bool) -> None:
        """Take a producer, which is paused while the line is full."""
        if self.producer is not None:
            raise RuntimeError("a producer is registered already")
        if self.disconnected:
            producer.stopProducing()
            return
        self.producer = cast(IPushProducer, producer)
        self._streaming = streaming
        self._producer_paused = False
        if not streaming:
            self.producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Let the producer go."""
        self.producer = None
        self._streaming = False

    def loseConnection(self) -> None:
        """Close the device once everything is sent; DTR falls."""
        if self.disconnected or self.disconnecting:
            return
        self.disconnecting = True
        if not self._out.pending:
            self._reason = ConnectionDone()
            self._clock.callLater(0, self._end)

    def abortConnection(self) -> None:
        """Close the device at once."""
        if self.disconnected:
            return
        self._out.clear()
        self.disconnecting = True
        self._reason = ConnectionAborted()
        self._clock.callLater(0, self._end)

    def unplug(self) -> None:
        """Pull the device off: the host sees C{ConnectionLost}, the module only silence."""
        if not self.disconnected:
            self._reason = ConnectionLost()
            self._end(dtr=False)

    @property
    def port_name(self) -> str:
        """The name of the module's port."""
        return self._port.name

    def stall(self, on: bool) -> None:
        """Let nothing cross in either direction, or let it go on: nothing is lost."""
        for lane in (self._out, self._in):
            lane.stall(on)

    def drop(self) -> None:
        """Lose what is on its way from the module."""
        self._in.clear()

    def give_back(self, data: bytes, to_module: bool) -> None:
        """Put bytes that have not crossed back at the head of their direction."""
        (self._out if to_module else self._in).give_back(data)

    def _end(self, dtr: bool = True) -> None:
        if self.disconnected:
            return
        self.disconnected = True
        self._out.clear()
        self._in.clear()
        if dtr:
            self._port.set_dtr(False)
        self._port.detach(self._module_end)
        producer, self.producer = self.producer, None
        if producer is not None:
            producer.stopProducing()
        self._protocol.connectionLost(Failure(self._reason or ConnectionDone()))

    def getPeer(self) -> IAddress:
        """Give the module's end."""
        return MemoryAddress(self._port.name)

    def getHost(self) -> IAddress:
        """Give the host's end."""
        return MemoryAddress(f"host of {self._port.name}")

    # IPushProducer: what the module says

    def pauseProducing(self) -> None:
        """Take nothing from the module for now."""
        self._in.pause()

    def resumeProducing(self) -> None:
        """Go on."""
        if not self.disconnected:
            self._in.resume()

    def stopProducing(self) -> None:
        """Close the device."""
        self.loseConnection()

    # IWire

    def set_dtr(self, on: bool) -> bool:
        """Set circuit 108/2."""
        if not self.disconnected:
            self._port.set_dtr(on)
        return True

    def dcd(self) -> bool | None:
        """Give circuit 109; it changes behind the bytes that were said before."""
        if not self._in.pending:
            self._dcd = self._port.dcd()
        return self._dcd

    def cts(self) -> bool | None:
        """Give circuit 106."""
        return self._cts

    def unsent(self) -> int:
        """Give the bytes that were written and have not reached the module."""
        return self._out.pending

    def set_baudrate(self, rate: int) -> bool:
        """Change the speed of the host's side."""
        self._rate = rate
        return True

    # the module's end

    _module_end: _ModuleEnd

    def from_module(self, data: bytes) -> None:
        """Take bytes from the module."""
        if not self._in.pending:
            self._dcd = self._port.dcd()
        self._in.write(data)

    def module_room(self) -> int:
        """Give the bytes that the module may write."""
        return self._capacity - self._in.pending

    def module_unsent(self) -> int:
        """Give the bytes that the module has written and that have not arrived."""
        return self._in.pending

    def module_holds(self, on: bool) -> None:
        """Set CTS."""
        self._cts = not on
        if on:
            self._out.pause()
        else:
            self._out.resume()


class _ModuleEnd:
    """What the port of the module speaks through."""

    def __init__(self, wire: MemoryWire) -> None:
        wire._module_end = self
        self.write = wire.from_module
        self.room = wire.module_room
        self.unsent = wire.module_unsent
        self.hold = wire.module_holds

    def crowded(self) -> bool:
        """What has not been read counts as on the line."""
        return False


def connect_memory(clock: IReactorTime, port: Port, protocol: IProtocol) -> MemoryWire:
    """Plug a host's protocol into a port.

    @param clock: what the line runs on.
    @param port: of an emulated module.
    @param protocol: its C{makeConnection} is called before this returns.
    """
    wire = MemoryWire(clock, port, protocol)
    wire.connect()
    return wire
