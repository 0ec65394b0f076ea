"""A bench for datagrams on a clock of its own: a module in memory, ends in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import DatagramProtocol

from tests.endpoint.virtual import VirtualCase
from twisted_quectel.datagrams import ModuleUDPPort, listen_udp
from twisted_quectel.emulator import MemoryNetwork
from twisted_quectel.modem import Modem

PEER = ("192.0.2.1", 4000)
OTHER = ("192.0.2.2", 5000)

Address = tuple[str, int]


class Far:
    """An end for datagrams on the network; echoes, if it is told to.

    @ivar received: what came, each with its source.
    """

    def __init__(self, network: MemoryNetwork, address: Address, echo: bool = False) -> None:
        self.received: list[tuple[bytes, Address]] = []
        self._echo = echo
        self._end = network.datagram(*address, self._take)

    def _take(self, data: bytes, source: Address) -> None:
        self.received.append((data, source))
        if self._echo:
            self.write(data, source)

    def write(self, data: bytes, to: Address) -> None:
        """Send a datagram."""
        self._end.write(data, to)

    @property
    def data(self) -> list[bytes]:
        """What came, without the sources."""
        return [data for data, _ in self.received]


class Notes(DatagramProtocol):
    """Notes what it is told.

    @ivar events: C{start} and C{stop}.
    """

    noisy = False
    transport: Any

    def __init__(self) -> None:
        self.received: list[tuple[bytes, Address]] = []
        self.events: list[str] = []

    def startProtocol(self) -> None:
        self.events.append("start")

    def stopProtocol(self) -> None:
        self.events.append("stop")

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        self.received.append((datagram, addr))

    @property
    def data(self) -> list[bytes]:
        """What came, without the sources."""
        return [data for data, _ in self.received]


class DatagramCase(VirtualCase):
    """A module that is up, and ends for datagrams on its network.

    @ivar mode: C{push} or C{buffer}.
    """

    def up(self, **arguments: Any) -> Modem:
        """Make a module, and bring it up."""
        self.emulated = self.emulate(**arguments)
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        return modem

    def far(self, address: Address = PEER, echo: bool = False) -> Far:
        """Make an end."""
        return Far(self.network, address, echo)

    def listen(self, modem: Modem, protocol: Any, port: int = 7000, **kwargs: Any) -> ModuleUDPPort:
        """Listen on a port of the module."""
        kwargs.setdefault("mode", self.mode)
        return listen_udp(modem, port, protocol, **kwargs)

    def own(self, port: ModuleUDPPort) -> Address:
        """Give where the network finds a port."""
        return self.emulated.module.settings.address, port.getHost().port

    def stop(self, port: Any) -> None:
        """Close a port."""
        stopped = port.stopListening()
        if stopped is not None:
            self.result_of(stopped)
