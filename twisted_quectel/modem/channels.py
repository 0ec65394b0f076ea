"""The ports of one modem: opening them, and who has one to itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, IWire, PortHandler
from .devices import open_device

#: Opens a device and connects a protocol to it.
Opener = Callable[[str, ATPort], Deferred[None]]


@dataclass(eq=False)
class Channel:
    """One open port.

    @ivar device: what it was opened by.
    @ivar leased: whether a transparent connection has it.
    """

    device: str
    port: ATPort
    leased: bool = False

    @property
    def wire(self) -> IWire | None:
        """Its circuits, if it has any."""
        return IWire(self.port.transport, None)


class QuietPort:
    """Listens to a port that is there for data: what it says unasked is said
    to the port for commands too.
    """

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost

    def urc(self, line: bytes, block: bytes) -> None:
        """Somebody else hears it."""

    def block_length(self, line: bytes) -> int:
        """No data comes by URC here."""
        return 0

    def port_lost(self, reason: Failure) -> None:
        """The port is gone."""
        self._lost()

    def port_unresponsive(self) -> None:
        """The port does not answer."""
        self._lost()


async def open_channel(
    reactor: IReactorTime, device: str, handler: PortHandler, opener: Opener
) -> Channel:
    """Open a port.

    @raise DeviceError: if it cannot be opened.
    """
    port = ATPort(reactor, handler, device)
    await opener(device, port)
    return Channel(device, port)


def device_opener(reactor: IReactorTime, baudrate: int, rtscts: bool, model: str | None) -> Opener:
    """Give what opens real devices."""

    def open_it(device: str, port: ATPort) -> Deferred[None]:
        return open_device(reactor, device, port, baudrate=baudrate, rtscts=rtscts, model=model)

    return open_it
