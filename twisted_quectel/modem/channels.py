"""The ports of one modem: opening them, and who has one to itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from ..at import ATPort, IWire, PortHandler
from ..errors import DeviceError, ModemBusyError
from ..families import Family
from .devices import open_device
from .wake import wake

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


class Left:
    """How devices were left that were given up; it outlives the channels.

    @ivar in_data_mode: those that were in data mode.
    @ivar busy: when those have ended their last command at the latest that were at one.
    """

    def __init__(self) -> None:
        self.in_data_mode: set[str] = set()
        self.busy: dict[str, float] = {}


class QuietPort:
    """Listens to a port that is there for data: what it says unasked is said
    to the port for commands too.
    """

    def __init__(self, lost: Callable[[], None], unresponsive: Callable[[], None]) -> None:
        self._lost = lost
        self._unresponsive = unresponsive

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
        self._unresponsive()


class Channels:
    """The open ports of one modem.

    One is for commands and shared by the connections in buffer and push mode.
    A transparent connection takes one for itself: one of the further ports,
    or, where there is none, the one for commands, with nobody else on it.

    @ivar control: the port for commands.
    @ivar owned: whether a transparent connection has the port for commands.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        control: Channel,
        data_devices: Sequence[str],
        opener: Opener,
        opened: Callable[[ATPort], None],
        left: Left | None = None,
    ) -> None:
        """
        @param opened: told of each further port that is opened.
        @param left: how the devices were left.
        """
        self.control = control
        self._left = left or Left()
        self.owned = False
        self._reactor = reactor
        self._opener = opener
        self._opened = opened
        self._when_closed: list[Deferred[None]] = []
        self._sharers = 0
        self._data: dict[str, Channel | None] = dict.fromkeys(data_devices)
        self._ready: set[str] = set()
        self._opening: set[str] = set()
        self._discarded: set[str] = set()

    def share(self) -> None:
        """One more connection shares the port for commands."""
        self._sharers += 1

    def unshare(self) -> None:
        """One less."""
        self._sharers -= 1

    @property
    def idle(self) -> bool:
        """Whether no connection has any of them, nor wants one."""
        leased = any(channel is not None and channel.leased for channel in self._data.values())
        return not (self.owned or self._sharers or leased)

    def free(self) -> bool:
        """Whether there is a channel for a transparent connection."""
        if not self._data:
            return not self.owned and not self._sharers
        return bool(self._free_devices())

    def _free_devices(self) -> list[str]:
        return [
            device
            for device, channel in self._data.items()
            if device not in self._opening and (channel is None or not channel.leased)
        ]

    async def lease(self, family: Family, baudrate: int) -> Channel:
        """Take a channel that is free; open and prepare it first, if need be.

        @raise DeviceError: if it cannot be opened.
        """
        if not self._data:
            self.owned = True
            return self.control
        problem: DeviceError | None = None
        # a port that is not there does not keep from using one that is
        for device in self._free_devices():
            try:
                return await self._lease_device(device, family, baudrate)
            except DeviceError as e:
                problem = problem or e
        raise problem or ModemBusyError("all data devices are in use", family=family.name)

    async def _lease_device(self, device: str, family: Family, baudrate: int) -> Channel:
        self._opening.add(device)
        try:
            if device in self._discarded:
                # it closes in a later turn
                self._discarded.discard(device)
                await deferLater(self._reactor, 0, lambda: None)
            channel = self._data[device]
            if channel is None or channel.port.lost:
                quiet = QuietPort(lambda: self._lost(device), lambda: self._discard_device(device))
                channel = await open_channel(self._reactor, device, quiet, self._opener)
                self._data[device] = channel
                self._opened(channel.port)
            if device not in self._ready:
                await wake(
                    self._reactor,
                    channel.port,
                    channel.wire,
                    baudrate,
                    in_data_mode=device in self._left.in_data_mode,
                    busy_until=self._left.busy.get(device, 0.0),
                )
                self.in_command_mode(channel)
                wire = channel.wire
                await family.prepare_data(channel.port, wire is not None and wire.set_dtr(True))
                self._ready.add(device)
            channel.leased = True
            return channel
        finally:
            self._opening.discard(device)

    def give_back(self, channel: Channel) -> None:
        """A transparent connection has ended."""
        channel.leased = False
        if channel is self.control:
            self.owned = False

    def discard(self, channel: Channel) -> None:
        """Close a port that does not answer; it is opened anew when it is needed."""
        self.note_mode(channel)
        # a module that takes no bytes must not keep it open
        self._abort(channel)
        self._forget(channel.device)
        self._discarded.add(channel.device)

    def _discard_device(self, device: str) -> None:
        channel = self._data.get(device)
        if channel is not None:
            self.discard(channel)

    def _lost(self, device: str) -> None:
        channel = self._data.get(device)
        if channel is not None and channel.port.lost:
            self.note_mode(channel)
            self._forget(device)
            self._tell_closed()

    def note_mode(self, channel: Channel) -> None:
        """Remember a port that was given up in data mode, or in the middle of a command."""
        if channel.port.doubtful:
            self._left.in_data_mode.add(channel.device)
        before = self._left.busy.get(channel.device, 0.0)
        self._left.busy[channel.device] = max(before, channel.port.busy_until)

    def in_command_mode(self, channel: Channel) -> None:
        """A port answers to commands."""
        channel.port.doubtful = False
        self._left.in_data_mode.discard(channel.device)
        self._left.busy.pop(channel.device, None)

    def _forget(self, device: str) -> None:
        if device in self._data:
            self._data[device] = None
        self._ready.discard(device)

    def abandon(self, reason: Failure, left: bool = False) -> None:
        """The module is gone: fail what waits on any port, and prepare them anew.

        @param left: whether it is there, and the port for commands is still needed.
        """
        for channel in (self.control, *self._data.values()):
            if channel is not None:
                if left and channel is self.control:
                    channel.port.wind_up(reason)
                else:
                    channel.port.abandon(reason)
                self.note_mode(channel)
        # each connection gives its channel back by itself when it is told
        self._ready.clear()

    def ports(self) -> list[ATPort]:
        """Give the ports that are open."""
        channels = (self.control, *self._data.values())
        return [each.port for each in channels if each is not None and not each.port.lost]

    def data_closed(self) -> Deferred[None]:
        """Wait until none of the further ports is open."""
        closed: Deferred[None] = Deferred()
        self._when_closed.append(closed)
        self._tell_closed()
        return closed

    def _tell_closed(self) -> None:
        if any(each is not None and not each.port.lost for each in self._data.values()):
            return
        waiting, self._when_closed = self._when_closed, []
        for each in waiting:
            each.callback(None)

    def close(self) -> None:
        """Close all ports."""
        for channel in (self.control, *self._data.values()):
            if channel is not None:
                self._close(channel)

    def abort(self) -> None:
        """Close all ports that are still open, with what is unsent."""
        for channel in (self.control, *self._data.values()):
            if channel is not None:
                self._abort(channel)

    def _abort(self, channel: Channel) -> None:
        abort = getattr(channel.port.transport, "abortConnection", None)
        if abort is None:
            self._close(channel)
        elif not channel.port.lost:
            abort()

    def _close(self, channel: Channel) -> None:
        if channel.port.transport is not None and not channel.port.lost:
            channel.port.transport.loseConnection()


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
