"""What is true of a module from one bring-up to its end.

When the module restarts, goes silent or is unplugged, the session ends: each
connection is told once, and all that was known is forgotten with it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import join
from ..errors import (
    CommandFailed,
    ModemBusyError,
    ModemConnectError,
    ModemError,
    ModemNotReady,
    ModuleLost,
    NetworkDown,
)
from ..families import AccessMode, Family
from ..families.base import (
    Booted,
    Closed,
    Opened,
    PDPLost,
    PoweredDown,
    Pushed,
    Readable,
)
from ..modemprofile import ModemProfile
from .channels import Channel, Channels
from .contexts import ContextPool
from .files import FileStore
from .network import set_clock
from .sockets import CommandSocket
from .wedge import WedgeWatch


class SessionSocket(Protocol):
    """What a connection is told of the module."""

    @property
    def pushing(self) -> bool:
        """Whether a length in a recv URC means that data follows."""

    def pushed(self, data: bytes) -> None:
        """Data came unasked."""

    def readable(self) -> None:
        """There is data to read."""

    def closed_by_peer(self) -> None:
        """The module has said that the connection is closed."""

    def fail(self, reason: Failure) -> None:
        """The PDP context is down."""

    def lost(self, reason: Failure) -> None:
        """The module is gone."""


class _Place:
    """What a connection knows of its session, for less than a closure each."""

    __slots__ = ("_freed", "_pdp", "_session")

    def __init__(self, session: Session, pdp: int, freed: Callable[[], None]) -> None:
        self._session = session
        self._pdp = pdp
        self._freed = freed

    def pdp_is_up(self) -> Deferred[bool]:
        """Ask whether its PDP context is up."""
        return Deferred.fromCoroutine(self._session.pdp_is_up(self._pdp))

    def free(self, socket: CommandSocket) -> None:
        """The module has let go of it."""
        self._freed()
        self._session.forget_socket(socket.id)


class Session:
    """One module, brought up.

    @ivar port: the port for commands and URCs.
    @ivar contexts: its SSL contexts.
    @ivar files: what is stored on it.
    @ivar wedge: notices that it refuses what is right.
    @ivar alive: the ids of the connections that have been opened.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        channels: Channels,
        family: Family,
        profile: ModemProfile,
        ended: Callable[[Session, Failure], None],
        now: Callable[[], datetime],
    ) -> None:
        """
        @param now: the host's time.
        @param ended: told when the module is gone; the session has ended then.
        """
        self.clock = clock
        self.channels = channels
        self.port = port = channels.control.port
        self.family = family
        self.contexts = ContextPool(port, family)
        self.files = FileStore(port, family, profile.keys)
        self.clock_is_set = False
        self.wedge = WedgeWatch(profile.allow_restart)
        self.alive: set[int] = set()
        self.over: Failure | None = None
        self._profile = profile
        self._ended = ended
        self._now = now
        self._sockets: dict[int, SessionSocket] = {}
        self._pdp_of: dict[int, int] = {}
        self._next_id = family.limits.sockets[0]
        self._reserved: set[int] = set()
        self._waiting: list[Deferred[None]] = []
        self._opening: dict[int, Deferred[int | BaseException]] = {}
        self._attached: dict[int, str] = {}
        self._doubtful: set[int] = set()
        self._broken: set[int] = set()
        self._warned = False
        self._attaching = DeferredLock()

    # -- what the module says

    def urc(self, line: bytes, block: bytes) -> None:
        """Take a line that no command had asked for to whom it concerns."""
        event = self.family.read_urc(line, block)
        if isinstance(event, (Pushed, Readable, Closed)):
            socket = self._sockets.get(event.id)
            if socket is None:
                return
            if isinstance(event, Pushed):
                socket.pushed(event.data)
            elif isinstance(event, Readable):
                socket.readable()
            else:
                socket.closed_by_peer()
        elif isinstance(event, Opened):
            self._opened(event)
        elif isinstance(event, PDPLost):
            self._pdp_lost(event.pdp)
        elif isinstance(event, Booted):
            self.end("the module has restarted")
        elif isinstance(event, PoweredDown):
            self.end("the module has been powered down")

    def _opened(self, event: Opened) -> None:
        """An open has ended: the one that was asked for, or another one."""
        opening = self._opening.pop(event.id, None)
        if opening is not None:
            opening.callback(event.code)
        elif event.id not in self._sockets and len(self._opening) == 1:
            # it can only be an answer to this one: neither connection is to be trusted
            if event.code == 0 and event.id in self.family.limits.sockets:
                command = self.family.close_command(event.id, abort=True)
                self.port.execute(command).addErrback(lambda reason: reason.trap(ModemError))
            (id,) = self._opening
            wrong = ModemConnectError(
                f"the module has opened connection {event.id} where {id} was asked for",
                family=self.family.name,
                trace=self.port.trace.last(),
            )
            self._fail_opening(id, Failure(wrong))

    def pushing(self, id: int) -> bool:
        """Whether data follows a recv URC of this connection."""
        socket = self._sockets.get(id)
        return socket is not None and socket.pushing

    def _pdp_lost(self, pdp: int | None) -> None:
        """A PDP context went down: its connections are dead."""
        gone = list(self._attached) if pdp is None else [pdp]
        for each in gone:
            self._attached.pop(each, None)
            self._broken.add(each)
        reason = Failure(ModuleLost("the packet data connection has broken down"))
        for id, socket in list(self._sockets.items()):
            if self._pdp_of.get(id) in gone:
                self._fail_opening(id, reason)
                socket.fail(reason)

    def end(self, why: str, *, wanted: bool = False) -> None:
        """The module is gone: tell everybody, once.

        @param wanted: whether it was closed on purpose.
        """
        if self.over is not None:
            return
        self.over = reason = Failure(ModuleLost(why, trace=self.port.trace.last()))
        log = self._log.info if wanted else self._log.warn
        log("{name}: {why}", name=self._profile.name, why=why)
        if wanted:
            self._say_goodbye()
        for id in list(self._opening):
            self._fail_opening(id, reason)
        self.channels.abandon(reason)
        for socket in list(self._sockets.values()):
            socket.lost(reason)
        self._wake_waiting()
        self._ended(self, reason)

    def _say_goodbye(self) -> None:
        """Have the module drop its connections, as far as that can be said at once.

        What cannot be said now is found and closed by the next host that
        takes stock.
        """
        # one whose open has failed is being closed already, perhaps on another port
        open_ids = sorted(self.alive | self._opening.keys())
        if open_ids and self.port.idle:
            closes = [self.family.close_command(id, True).text for id in open_ids]
            self.port.write_raw(b"AT" + join(*closes).wire + b"\r")

    async def restart_module(self, why: str) -> None:
        """Restart the module, and end with it."""
        try:
            await self.port.execute(self.family.restart_command(), urgent=True)
        except ModemError as e:
            self._log.warn("the module does not restart: {problem}", problem=str(e))
        else:
            self.end(why)

    def _fail_opening(self, id: int, reason: Failure) -> None:
        opening = self._opening.pop(id, None)
        if opening is not None:
            # a value rather than an error: nobody may be waiting for this one yet
            opening.callback(reason.value or ModuleLost("the connection is gone"))

    # -- the network

    async def attach(self, pdp: int) -> str:
        """Have a PDP context active; give the module's address in it."""
        await self._attaching.acquire()
        try:
            self.check()
            if pdp not in self._attached or pdp in self._doubtful:
                if pdp in self._broken:
                    # TCP/IP note: after pdpdeact it has to be deactivated first
                    await self.family.detach(self.port, pdp)
                    self._broken.discard(pdp)
                self._attached[pdp] = await self.family.attach(self.port, self._profile, pdp)
                self._doubtful.discard(pdp)
            return self._attached[pdp]
        finally:
            self._attaching.release()

    def doubt_attachment(self, pdp: int) -> None:
        """An open has found the network down: the next connection asks before it opens.

        The module may claim that the context is up all the same: where no
        connection lives on it, it is taken down first.
        """
        self._doubtful.add(pdp)
        if not any(self._pdp_of.get(id) == pdp for id in self.alive):
            self._broken.add(pdp)

    def address(self, pdp: int) -> str:
        """Give the module's address in a PDP context, as far as it is known."""
        return self._attached.get(pdp, "")

    async def pdp_is_up(self, pdp: int) -> bool:
        """Ask the module whether a PDP context is up."""
        if self.over is not None or pdp not in self._attached:
            return False
        try:
            up = await self.family.is_attached(self.port, pdp)
        except CommandFailed:
            return True
        if not up:
            self._pdp_lost(pdp)
        return up

    # -- ids

    async def acquire_id(self, wait: bool) -> int:
        """Take a free id; they rotate, so that none is used again at once.

        @raise ModemBusyError: if all are in use and C{wait} is false.
        """
        told = False
        ids = self.family.limits.sockets
        while True:
            self.check()
            for offset in range(len(ids)):
                id = ids[(self._next_id - ids[0] + offset) % len(ids)]
                if id not in self._sockets and id not in self._reserved:
                    self._next_id = id + 1
                    self._reserved.add(id)
                    return id
            if not wait:
                raise ModemBusyError(
                    f"all {len(ids)} connections of the module are in use; busy=wait waits for one",
                    family=self.family.name,
                )
            if not told:
                self._log.info("all connections of the module are in use; waiting")
                told = True
            await self.something_freed()

    def something_freed(self) -> Deferred[None]:
        """Wait until an id was given back."""
        free: Deferred[None] = Deferred(self._stop_waiting)
        self._waiting.append(free)
        return free

    def _stop_waiting(self, free: Deferred[None]) -> None:
        if free in self._waiting:
            self._waiting.remove(free)

    def release_id(self, id: int) -> None:
        """Give back an id that has no connection."""
        self._reserved.discard(id)
        self._wake_waiting()

    def _wake_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for free in waiting:
            free.callback(None)

    def check(self) -> None:
        """Raise what the session has ended with, if it has."""
        if self.over is not None:
            self.over.raiseException()

    # -- connections

    def expect_open(self, id: int) -> Deferred[int | BaseException]:
        """Wait for the result of an open: its code, or what has ended the session.

        It never fails: the answer to the command may come first, or never.
        """
        opening: Deferred[int | BaseException] = Deferred(lambda _: self.forget_open(id))
        self._opening[id] = opening
        return opening

    def forget_open(self, id: int) -> None:
        """Nobody waits any more."""
        self._opening.pop(id, None)

    def new_socket(
        self,
        id: int,
        mode: AccessMode,
        pdp: int,
        closed_is_lost: bool,
        close_time: int | None,
        freed: Callable[[], None],
    ) -> CommandSocket:
        """Make the connection that an open is about to bring.

        @param freed: told when the module has let go of it.
        """

        place = _Place(self, pdp, freed)
        socket = CommandSocket(
            self.clock,
            self.port,
            self.family,
            id,
            mode,
            place.pdp_is_up,
            place.free,
            closed_is_lost,
            close_time,
        )
        self.add_socket(id, socket, pdp)
        return socket

    def add_socket(self, id: int, socket: SessionSocket, pdp: int) -> None:
        """Have a connection told what concerns it."""
        self._sockets[id] = socket
        self._pdp_of[id] = pdp

    def forget_socket(self, id: int) -> None:
        """The module has let go of a connection: its id is free."""
        self._sockets.pop(id, None)
        self.alive.discard(id)
        self._pdp_of.pop(id, None)
        self.release_id(id)

    # -- channels

    async def share_channel(self, wait: bool) -> None:
        """Use the port for commands together with others.

        @raise ModemBusyError: if a transparent connection has it, and C{wait}
            is false.
        """
        await self._wait_while(lambda: self.channels.owned, wait)
        self.channels.share()

    def unshare_channel(self) -> None:
        """Use it no more."""
        self.channels.unshare()
        self._wake_waiting()

    async def lease_channel(self, wait: bool) -> Channel:
        """Take a channel for a transparent connection.

        @raise ModemBusyError: if none is free, and C{wait} is false.
        """
        await self._wait_while(lambda: not self.channels.free(), wait)
        return await self.channels.lease(self.family, self._profile.baudrate)

    def end_lease(self, channel: Channel) -> None:
        """Give it back."""
        self.channels.give_back(channel)
        self._wake_waiting()

    def channel_unresponsive(self, channel: Channel) -> None:
        """A channel does not leave data mode."""
        if channel.port is self.port:
            self.end("the module has stopped to answer")
        else:
            self.channels.discard(channel)

    async def _wait_while(self, taken: Callable[[], bool], wait: bool) -> None:
        told = False
        while taken():
            self.check()
            if not wait:
                raise ModemBusyError(
                    "the channel of the modem is in use: a transparent connection needs one to "
                    "itself (dataDevices in the modem file gives it more); busy=wait waits",
                    family=self.family.name,
                )
            if not told:
                self._log.info("{name}: waiting for a free channel", name=self._profile.name)
                told = True
            await self.something_freed()
        self.check()

    async def require_clock(self) -> None:
        """Have the module's clock set, before a certificate's dates are checked.

        @raise ModemNotReady: if there is no time to set it to.
        """
        if self.clock_is_set:
            return
        source = self._profile.clock
        self.clock_is_set = await set_clock(self.port, self.family, source, self._now())
        if not self.clock_is_set:
            raise ModemNotReady(
                f"clock: the module's clock could not be set from the {source}, and it decides "
                "about the certificate's dates; set clock to host or network in the modem file, or "
                "give ignoreLocalTime=1",
                family=self.family.name,
                trace=self.port.trace.last(),
            )

    def warn_unchecked(self, host: str) -> None:
        """Say, once, that nobody compares the certificate with the host's name."""
        if not self._warned:
            self._warned = True
            self._log.warn(
                "{name}: the firmware does not compare certificates with host names; any server "
                "with a certificate of that CA can stand in for {host} (identity=require refuses)",
                name=self._profile.name,
                host=host,
            )

    async def close_strangers(self) -> None:
        """Close what a host before us has left open: it blocks new TLS settings."""
        listed = {status.id for status in await self.family.list_sockets(self.port)}
        for id in self.family.limits.sockets:
            if id not in listed:
                continue
            try:
                await self.port.execute(self.family.close_command(id, abort=True))
            except CommandFailed:
                self._log.warn("connection {id} of an earlier host stays open", id=id)

    async def require_network(self, pdp: int) -> None:
        """Attach, with the reason as a connect error."""
        try:
            await self.attach(pdp)
        except CommandFailed as e:
            raise NetworkDown(
                f"PDP context {pdp} cannot be used: {e.message}",
                code=e.code,
                family=self.family.name,
                command=e.command,
                trace=e.trace,
            ) from None
