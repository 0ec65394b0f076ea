"""The SSL contexts of one module: who has which, and what is known to be set.

Connections with equal settings share a context.  A context is locked while it
is being set, until the open that it was set for has ended.  With its last
connection the module releases it (LTE SSL note, chapter 2.2.5): from then on
what was set there is unknown, and read back before it is used again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from ..at import ATPort
from ..errors import ModemBusyError
from ..families import Family
from ..families.base import ContextSettings


@dataclass(eq=False, slots=True)
class Context:
    """One SSL context.

    @ivar settings: what is, was or will be set there; L{None}: nobody knows.
    @ivar certain: whether it is set so.
    @ivar likely: whether it was set so and may still be.
    @ivar close_time: what an orderly close has to name.
    @ivar users: connections on it, and opens in progress.
    @ivar provisioned: what the modem file has set there.
    @ivar reserved: whether it is kept for those who name it.
    """

    id: int
    settings: ContextSettings | None = None
    certain: bool = False
    likely: bool = False
    close_time: int | None = None
    users: int = 0
    provisioned: ContextSettings | None = None
    reserved: bool = False
    lock: DeferredLock = field(default_factory=DeferredLock)

    def suits(self, settings: ContextSettings | None) -> bool:
        """Whether a connection with these settings may join its users."""
        return self.users == 0 or settings is None or self.settings == settings


class ContextPool:
    """Hands out the contexts of one module."""

    _log = Logger()

    def __init__(self, port: ATPort, family: Family) -> None:
        self._port = port
        self._family = family
        self._contexts = {id: Context(id) for id in family.limits.contexts}
        self._waiting: list[Deferred[None]] = []

    def reserve(self, ids: Iterable[int]) -> None:
        """Keep contexts for those who name them."""
        for id in ids:
            self._contexts[id].reserved = True

    async def provision(self, id: int, settings: ContextSettings) -> None:
        """Set a context that is kept for those who name it."""
        context = self._contexts[id]
        context.settings = context.provisioned = settings
        await self._family.configure(self._port, id, settings)
        context.likely = True

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
            settings = settings or self._contexts[wanted].provisioned
        while True:
            context = self._find(settings, wanted)
            if context is not None:
                if settings is not None and context.settings != settings:
                    # at once, so that the next one with these settings joins
                    context.settings = settings
                    context.certain = context.likely = False
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
            free: Deferred[None] = Deferred(self._stop_waiting)
            self._waiting.append(free)
            await free

    def _stop_waiting(self, free: Deferred[None]) -> None:
        if free in self._waiting:
            self._waiting.remove(free)

    def _find(self, settings: ContextSettings | None, wanted: int | None) -> Context | None:
        if wanted is not None:
            context = self._contexts[wanted]
            return context if context.suits(settings) else None
        candidates = [context for context in self._contexts.values() if not context.reserved]
        for context in candidates:
            if context.users and context.settings == settings:
                return context
        free = [context for context in candidates if context.users == 0]
        for context in free:
            # the module may not have forgotten: reading back is cheaper than setting
            if context.settings == settings:
                return context
        return min(free, key=lambda c: (c.settings is not None, c.id), default=None)

    async def make_ready(self, context: Context, settings: ContextSettings | None) -> None:
        """Have it set.  The caller holds its lock until the open has ended."""
        if settings is None:
            if context.provisioned is not None:
                await self._set(context, context.provisioned)
            # asked each time: whoever set it, nobody gets in unverified by accident
            context.close_time = await self._family.check_provisioned(self._port, context.id)
            return
        await self._set(context, settings)

    async def _set(self, context: Context, settings: ContextSettings) -> None:
        """Have a context set, with as little as is needed to be certain."""
        context.close_time = self._family.close_time(settings)
        if context.certain:
            return
        if context.likely and await self._family.configured(self._port, context.id, settings):
            context.certain = True
            return
        context.likely = False
        await self._family.configure(self._port, context.id, settings)
        context.certain = True

    def release(self, context: Context) -> None:
        """Give it back."""
        context.users -= 1
        if context.users == 0:
            context.likely = context.likely or context.certain
            context.certain = False
        waiting, self._waiting = self._waiting, []
        for free in waiting:
            free.callback(None)
