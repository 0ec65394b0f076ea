"""The SSL contexts of one module: who has which, and what is known to be set.

Connections with equal settings share a context.  A context is locked while it
is being set.  With its last connection the module releases it (LTE SSL note,
chapter 2.2.5): from then on what was set there is unknown, and read back before
it is used again.  Whether that has happened is asked when an open is sent, not
when it was asked for.

A setting that follows the connection, as the longest handshake does its
time-out, keeps nobody apart: it is raised for who needs more, and lowered for
who is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ..at import ATPort
from ..errors import CommandFailed, ModemBusyError, ModemConnectError, UnverifiedContext
from ..families import Family
from ..families.base import ContextSettings
from .sslcontext import Context as Context
from .sslcontext import ContextSocket as ContextSocket
from .sslcontext import Known, alike, common, largest, paths_in
from .sslcontext import SharedSocket as SharedSocket
from .waiting import wait_for


class ContextPool:
    """Hands out the contexts of one module."""

    __slots__ = ("_contexts", "_family", "_port", "_waiting")

    _log = Logger()

    def __init__(self, port: ATPort, family: Family) -> None:
        self._port = port
        self._family = family
        self._contexts = Known(family.limits.contexts)
        self._waiting: list[Deferred[None]] = []

    @property
    def single(self) -> bool:
        """Whether there is one context only: it cannot be kept for anybody, but is set anew."""
        return len(self._contexts.ids) == 1

    def reserve(self, ids: Iterable[int]) -> None:
        """Keep contexts for those who name them."""
        for id in ids:
            self._contexts[id].reserved = True

    def keep(self, id: int, settings: ContextSettings) -> None:
        """Note what a context has to be for those who name it alone."""
        self._contexts[id].provisioned = settings

    def is_provisioned(self, id: int) -> bool:
        """Tell whether that is known."""
        return self._contexts[id].provisioned is not None

    def is_strange(self, id: int | None) -> bool:
        """Tell whether a context is as somebody else has set it on the module."""
        if id is None or id not in self._contexts.ids:
            return False
        context = self._contexts[id]
        return context.settings is None and context.provisioned is None

    async def provision(self, id: int, settings: ContextSettings) -> None:
        """Set a context that is kept for those who name it."""
        self.keep(id, settings)
        context = self._contexts[id]
        context.settings = settings
        await self._family.configure(self._port, id, settings)
        context.held = settings
        context.likely = True

    def in_use(self) -> set[str]:
        """Give the paths of files that a context must not lose."""
        kept = [each for each in self._contexts.values() if each.users or self._is_kept(each)]
        settings = [each.settings for each in kept]
        if not self.single:
            settings += [each.provisioned for each in kept]
        return set().union(*map(paths_in, settings))

    def _is_kept(self, context: Context) -> bool:
        return context.reserved and not self.single

    def idle(self) -> set[str]:
        """Give the paths of files in contexts that nobody uses and nobody has named."""
        idle = (each for each in self._contexts.values() if not (each.users or each.reserved))
        return set().union(*(paths_in(each.settings) for each in idle)) - self.in_use()

    def forget(self, paths: Collection[str]) -> None:
        """Files are about to go: contexts that nobody uses are not set to them any more."""
        for context in self._contexts.values():
            if not (context.users or context.reserved) and not paths_in(
                context.settings
            ).isdisjoint(paths):
                context.settings = context.held = None
                context.likely = False
                context.doubt()

    async def acquire(
        self, settings: ContextSettings | None, wanted: int | None, wait: bool
    ) -> Context:
        """Take a context for one connection.

        @param settings: what has to be set; L{None}: as provisioned.
        @param wanted: a certain one.
        @param wait: whether to wait for one to get free.
        @raise ModemBusyError: if none is free and C{wait} is false.
        """
        told = False
        if wanted is not None:
            # whoever names one relies on what is there: nobody else is given it
            self._contexts[wanted].reserved = True
            if settings is None:
                settings = self._provisioned(self._contexts[wanted])
        while True:
            context = self._find(settings, wanted) if self._agrees(settings) else None
            if context is not None:
                if context.users and context.settings and alike(context.settings, settings):
                    assert settings is not None
                    context.settings = largest(context.settings, settings)
                elif settings is not None and alike(context.settings, settings):
                    context.settings = settings
                elif settings is not None:
                    # at once, so that the next one with these settings joins
                    context.settings = settings
                    context.handed_out = wanted is None
                    context.likely = False
                    context.doubt()
                context.users += 1
                return context
            what = "all SSL contexts are" if wanted is None else f"SSL context {wanted} is"
            if not wait:
                raise ModemBusyError(
                    f"{what} in use with other settings; busy=wait waits for one", family=None
                )
            if not told:
                self._log.info("{what} in use with other settings; waiting", what=what)
                told = True
            await wait_for(self.something_freed(), f"{what} in use with other settings")

    def _provisioned(self, context: Context) -> ContextSettings | None:
        """Say what a context that is named alone has to be."""
        if context.provisioned is None and context.handed_out:
            raise UnverifiedContext(
                f"ctx: SSL context {context.id} was set by this program for other connections, "
                f"and is not provisioned any more; give its settings under contexts.{context.id} "
                "in the modem file, or as arguments",
                family=self._family.name,
            )
        # what it was set to by name in this process is as good as provisioned
        return context.provisioned or context.settings

    def something_freed(self) -> Deferred[None]:
        """Wait until a connection, or an attempt at one, has given its context back."""
        free: Deferred[None] = Deferred(self._stop_waiting)
        self._waiting.append(free)
        return free

    def _stop_waiting(self, free: Deferred[None]) -> None:
        if free in self._waiting:
            self._waiting.remove(free)

    def _common(self, settings: ContextSettings | None) -> dict[str, tuple[object, ...]]:
        """Give the settings that the module has one of for all contexts.

        @param settings: L{None}: as somebody else has provisioned a context.
        """
        return common(self._family.strange_settings if settings is None else settings)

    def _agrees(self, settings: ContextSettings | None) -> bool:
        """Whether what the module has one of for all contexts may be what is wanted."""
        wanted = self._common(settings)
        return not wanted or all(
            self._common(each.settings).get(tag, value) == value
            for each in self._contexts.values()
            if each.users
            for tag, value in wanted.items()
        )

    def _find(self, settings: ContextSettings | None, wanted: int | None) -> Context | None:
        if wanted is not None:
            context = self._contexts[wanted]
            return context if context.suits(settings) else None
        candidates = [each for each in self._contexts.values() if not self._is_kept(each)]
        for context in candidates:
            if context.users and alike(context.settings, settings):
                return context
        free = [context for context in candidates if context.users == 0]
        for context in free:
            # the module may not have forgotten: reading back is cheaper than setting
            if alike(context.settings, settings):
                return context
        # one that was never set, or is not known to be, else the first
        unset = [context.id for context in free if context.settings is None]
        unset += (id for id in self._contexts.ids if id not in self._contexts)
        if unset:
            return self._contexts[min(unset)]
        return min(free, key=lambda c: c.id, default=None)

    async def make_ready(
        self, context: Context, settings: ContextSettings | None, check: Callable[[], None]
    ) -> None:
        """Have it set, and known to be.  One at a time does this.

        It has to be asked again, by L{Context.certain}, when the open is sent.

        @param check: raises what the session has ended with, if it has.
        """
        await context.lock.acquire()
        try:
            while context.emptying:
                # the module is about to release it
                await self.something_freed()
            check()
            if context.settings is not None:
                await self._set(context)
            if settings is None:
                # asked each time: whoever set it, nobody gets in unverified by accident
                context.close_time = await self._family.check_provisioned(self._port, context.id)
                if context.settings is None:
                    await self._set_strange(context.id)
                context.verify()
        finally:
            context.lock.release()

    async def _set_strange(self, id: int) -> None:
        """Have what the module has one of for all contexts as safe as it can be."""
        settings = self._family.strange_settings
        if settings and not await self._family.configured(self._port, id, settings):
            names = ", ".join(setting.argument for setting in settings)
            self._log.warn(
                "ctx: the module has one {names} for all SSL contexts, and it is not what context "
                "{id} can be used with as it is provisioned: set back; give its settings under "
                "contexts.{id} in the modem file if they are to be otherwise",
                names=names,
                id=id,
            )
            await self._family.configure(self._port, id, settings)

    async def _set(self, context: Context) -> None:
        """Have a context set, with as little as is needed to be certain."""
        settings = context.settings
        assert settings is not None
        context.close_time = self._family.close_time(settings)
        if not context.certain:
            held = context.held if context.likely else None
            if held is None or not await self._family.configured(self._port, context.id, held):
                context.likely = False
                await self._family.configure(self._port, context.id, settings)
                context.held = settings
            context.verify()
        while context.held != context.settings:
            await self._follow(context, context.settings or settings)

    async def _follow(self, context: Context, settings: ContextSettings) -> None:
        """Have that set which follows the connection."""
        following = tuple(setting for setting in settings if setting.follows)
        try:
            await self._family.configure(self._port, context.id, following)
        except (CommandFailed, ModemConnectError) as e:
            # some firmware takes nothing for a context in use: the others' time will do
            names = ", ".join(setting.argument for setting in following)
            self._log.warn("{names} stays: {problem}", names=names, problem=str(e))
        context.held = settings

    def release(self, context: Context, socket: ContextSocket | None = None) -> None:
        """Give it back.

        @param socket: the connection on it, if it came to an open.
        """
        if socket is not None and socket in context.sockets:
            context.sockets.remove(socket)
        context.let_go()
        self.wake()

    def wake(self) -> None:
        """Have all who wait look again."""
        waiting, self._waiting = self._waiting, []
        for free in waiting:
            if not free.called:
                free.callback(None)
