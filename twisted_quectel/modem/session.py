"""What is true of a module from one bring-up to its end.

When the module restarts, goes silent or is unplugged, the session ends: each
connection is told once, and all that was known is forgotten with it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import Route, join
from ..errors import (
    ModemBusyError,
    ModemError,
    ModuleLost,
)
from ..families import AccessMode, Dialect, Family
from ..modemprofile import ModemProfile
from .advice import Advice
from .attachment import Attachments
from .channels import Channel, Channels
from .connections import Connections
from .connections import SessionSocket as SessionSocket
from .contexts import ContextPool
from .events import take_event
from .files import FileStore
from .idling import Idling
from .inquiries import Inquiries
from .network import ModuleClock
from .place import Place
from .provisions import Provisions
from .retries import Retries
from .revival import Revival, reviving
from .sockets import CommandSocket
from .stacks import Stacks
from .transfers import TransferOwner
from .waiting import wait_for
from .wedge import WedgeWatch


class Session:
    """One module, brought up.

    @ivar port: the port for commands and URCs.
    @ivar contexts: its SSL contexts.
    @ivar files: what is stored on it.
    @ivar idling: has it sleep between connections.
    @ivar provisions: what the modem file wants of the contexts.
    @ivar advice: what its owner is told once.
    @ivar wedge: notices that it refuses what is right.
    @ivar revival: says when a restart may bring its network back.
    @ivar alive: the ids of the connections that have been opened.
    @ivar connections: whose they are, and who waits for one.
    @ivar inquiries: what the module looks up, and asks other hosts.
    @ivar stacks: which part of its firmware has the network.
    @ivar transfers: who has asked for the file transfer that goes on, if there is one.
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
        self._retries = Retries()
        self.channels = channels
        self.port = port = channels.control.port
        self.family = family
        self.contexts = ContextPool(port, family)
        self.files = FileStore(port, family, profile.keys, self.contexts)
        self.wedge = WedgeWatch(profile.allow_restart)
        self.revival = Revival(profile.allow_restart)
        self.alive: set[int] = set()
        self.over: Failure | None = None
        self._profile = profile
        self._ended = ended
        self.connections = Connections(family.limits.sockets, family.name, self.check)
        self.inquiries = Inquiries(clock, port, family, self.check)
        self._attachments = Attachments(port, family, profile, self.check, self._in_use)
        self._module_clock = ModuleClock(port, family, profile.clock, now)
        self.provisions = Provisions(self.contexts, self.files, family, profile, self.require_clock)
        self.advice = Advice(profile)
        self.idling = Idling(self, profile.idle_sleep)
        self.stacks = Stacks(self)
        self.transfers: TransferOwner | None = None

    # -- what the module says

    def urc(self, line: bytes, block: bytes) -> Route | None:
        """Take a line that no command had asked for to whom it concerns.

        @return: where the next blocks behind the same line go.
        """
        return take_event(self, self.family.read_urc(line, block))

    def pushing(self, id: int) -> bool:
        """Whether data follows a recv URC of this connection."""
        socket = self.connections.sockets.get(id)
        return socket is not None and socket.pushing

    def pdp_lost(self, pdp: int | None) -> None:
        """A PDP context went down: its connections are dead."""
        self.stacks.lost()
        reason = Failure(ModuleLost("the packet data connection has broken down"))
        self._attachments.lost(pdp, lambda gone: self.connections.fail_in(gone, reason))
        if self.transfers is not None:
            self.transfers.network_lost(reason)

    def end(self, why: str, *, wanted: bool = False) -> None:
        """The module is gone: tell everybody, once.

        @param wanted: whether it was closed on purpose.
        """
        if self.over is not None:
            return
        self.over = reason = Failure(ModuleLost(why, trace=self.port.trace.last()))
        log = self._log.info if wanted else self._log.warn
        log("{name}: {why}", name=self._profile.name, why=why)
        if wanted and self.port.idle:
            closes = self.connections.goodbye(self.alive)
            if self.transfers is not None:
                # what it fetches would come to whoever opens the port next
                closes += self.transfers.goodbye()
            lines = [join(*closes)] if closes and self.family.limits.line else closes
            if lines:
                self.port.write_raw(b"".join(b"AT%b\r" % line.wire for line in lines))
        for id in list(self.connections.opening):
            self.connections.fail_open(id, reason)
        # what it is to be told when it is left comes behind what it is at
        left = wanted and bool(self.family.farewell())
        self.channels.abandon(reason, left)
        for socket in list(self.connections.sockets.values()):
            socket.lost(reason)
        self.inquiries.lost(reason)
        if self.transfers is not None:
            self.transfers.lost(reason)
        self.connections.wake_waiting()
        self._ended(self, reason)

    async def restart_module(self, why: str) -> None:
        """Restart the module, and end with it."""
        try:
            await self.port.execute(self.family.restart_command(), urgent=True)
        except ModemError as e:
            self._log.warn("the module does not restart: {problem}", problem=str(e))
        else:
            self.end(why)

    # -- the network

    async def attach(self, pdp: int) -> str:
        """Have a PDP context active; give the module's address in it."""
        return await reviving(self, self._attachments.attach(pdp))

    async def require_network(self, pdp: int, host: str = "") -> None:
        """Attach, with the reason as a connect error; C{host}: what it is wanted for."""
        await reviving(self, self._attachments.require(pdp, host))

    def doubt_attachment(self, pdp: int) -> None:
        """An open has found the network down: the next connection asks before it opens.

        The module may claim that the context is up all the same: where no
        connection lives on it, it is taken down first.
        """
        self._attachments.doubt(pdp)

    def _in_use(self, pdp: int) -> bool:
        """Whether a connection lives on a PDP context, or is being opened."""
        pdp_of, opening = self.connections.pdp_of, self.connections.opening
        return any(pdp_of.get(id) == pdp for id in self.alive | opening.keys())

    def suspect_attachment(self, pdp: int) -> None:
        """An open has failed, and that the network is dead may be why.

        Twice in a row, with no other connection on it, it counts as dead.
        """
        if self._attachments.suspect(pdp):
            self.doubt_attachment(pdp)

    def trust_attachment(self, pdp: int) -> None:
        """An open has succeeded."""
        self._attachments.trust(pdp)

    def attached(self, pdp: int) -> bool:
        """Whether a PDP context was active when it was last heard of."""
        return pdp in self._attachments

    def address(self, pdp: int) -> str:
        """Give the module's address in a PDP context, as far as it is known."""
        return self._attachments.address(pdp)

    async def pdp_is_up(self, pdp: int) -> bool:
        """Ask the module whether a PDP context is up."""
        if self.over is not None or pdp not in self._attachments:
            return False
        up = await self._attachments.is_up(pdp)
        if not up:
            self.pdp_lost(pdp)
        return up

    # -- ids

    async def acquire_id(self, wait: bool, ids: range | None = None) -> int:
        """Take a free id: see L{Connections.acquire}."""
        return await self.connections.acquire(wait, ids)

    def check(self) -> None:
        """Raise what the session has ended with, if it has."""
        if self.over is not None:
            self.over.raiseException()

    # -- connections

    def expect_open(self, id: int) -> Deferred[int | BaseException]:
        """Wait for the result of an open: see L{Connections.expect_open}."""
        return self.connections.expect_open(id)

    def forget_open(self, id: int) -> None:
        """Nobody waits any more."""
        self.connections.forget_open(id)

    def new_socket(
        self,
        id: int,
        dialect: Dialect,
        mode: AccessMode,
        pdp: int,
        closed_is_lost: bool,
        close_time: int | None,
        freed: Callable[[], None],
    ) -> CommandSocket:
        """Make the connection that an open is about to bring.

        @param freed: told when the module has let go of it.
        """

        place = Place(self, pdp, freed)
        socket = CommandSocket(
            self.clock,
            self.port,
            self.family,
            dialect,
            id,
            mode,
            place,
            closed_is_lost,
            close_time,
            self._retries,
        )
        self.add_socket(id, socket, pdp)
        return socket

    def add_socket(self, id: int, socket: SessionSocket, pdp: int) -> None:
        """Have a connection told what concerns it."""
        self.connections.add(id, socket, pdp)

    def forget_socket(self, id: int, socket: object) -> None:
        """The module has let go of a connection: its id is free, unless it has another one."""
        if self.connections.forget(id, socket):
            self.alive.discard(id)
        self.idling.look()

    # -- channels

    async def share_channel(self, wait: bool) -> None:
        """Use the port for commands together with others.

        @raise ModemBusyError: if a transparent connection has it, and C{wait}
            is false.
        """
        await self._wait_while(lambda: self.channels.owned, wait)
        self.channels.share()
        try:
            await self.idling.end()
        except BaseException:
            self.unshare_channel()
            raise

    def unshare_channel(self) -> None:
        """Use it no more."""
        self.channels.unshare()
        self.idling.look()
        self.connections.wake_waiting()

    async def lease_channel(self, wait: bool) -> Channel:
        """Take a channel for a transparent connection.

        @raise ModemBusyError: if none is free, and C{wait} is false.
        """
        await self._wait_while(lambda: not self.channels.free(), wait)
        try:
            channel = await self.channels.lease(self.family, self._profile.baudrate)
        except BaseException:
            # the port that it was to have is free again: for whoever waits
            self.connections.wake_waiting()
            raise
        self.advice.unbraked(channel)
        return channel

    def end_lease(self, channel: Channel) -> None:
        """Give it back."""
        self.channels.give_back(channel)
        self.connections.wake_waiting()

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
            await wait_for(
                self.connections.something_freed(),
                "the channel of the modem is in use; a transparent connection needs one to itself",
            )
        self.check()

    async def require_clock(self) -> None:
        """Have the module's clock set, before a certificate's dates are checked.

        @raise ModemNotReady: if there is no time to set it to.
        """
        await self._module_clock.require()
