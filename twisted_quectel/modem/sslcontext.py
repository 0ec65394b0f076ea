"""One SSL context: what is set there, as far as that is known, and who uses it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from twisted.internet.defer import DeferredLock
from twisted.python.failure import Failure

from ..families.base import ContextSettings


class ContextSocket(Protocol):
    """A connection, as far as its context is concerned."""

    @property
    def live(self) -> bool:
        """Whether it is open, and nobody has begun to close it."""

    @property
    def closing(self) -> bool:
        """Whether it is being closed, or has been by the peer."""


class SharedSocket(ContextSocket, Protocol):
    """A connection on the port for commands, as far as its open is concerned."""

    alerts: int

    def opened(self) -> None:
        """The open has succeeded."""

    def abort(self) -> None:
        """Have the module close whatever it may have opened."""

    def lost(self, reason: Failure) -> None:
        """Nothing was opened, and the module need not be told."""


def alike(one: ContextSettings | None, other: ContextSettings | None) -> bool:
    """Tell whether connections with these settings may share a context."""
    if one is None or other is None:
        return one is other
    return _fixed(one) == _fixed(other)


def _fixed(settings: ContextSettings) -> ContextSettings:
    """Give the settings that do not follow the connection."""
    return tuple(setting for setting in settings if not setting.follows)


def largest(one: ContextSettings, other: ContextSettings) -> ContextSettings:
    """Give settings that are alike with what is larger in either."""
    pairs = zip(one, other, strict=True)
    return tuple(max(pair, key=lambda s: s.values if s.follows else ()) for pair in pairs)


def paths_in(settings: ContextSettings | None) -> set[str]:
    """Give the files that settings name, and other texts."""
    values = (value for setting in settings or () for value in setting.values)
    return {value for value in values if isinstance(value, str)}


def common(settings: ContextSettings) -> dict[str, tuple[object, ...]]:
    """Give the settings that the module has one of for all contexts."""
    return {each.tag: each.values for each in settings if each.common}


@dataclass(eq=False, slots=True)
class Context:
    """One SSL context.

    @ivar settings: what is, was or will be set there; L{None}: nobody knows.
    @ivar likely: whether it was set, as C{held} says, and may still be.
    @ivar held: what was set there last.
    @ivar close_time: what an orderly close has to name.
    @ivar users: connections on it, and opens in progress.
    @ivar sockets: its connections, from the open to the end of the close.
    @ivar provisioned: what the modem file has set there.
    @ivar handed_out: whether its settings are those of connections that named none.
    @ivar reserved: whether it is kept for those who name it.
    """

    id: int
    settings: ContextSettings | None = None
    likely: bool = False
    held: ContextSettings | None = None
    close_time: int | None = None
    users: int = 0
    provisioned: ContextSettings | None = None
    handed_out: bool = False
    reserved: bool = False
    sockets: list[ContextSocket] = field(default_factory=list)
    lock: DeferredLock = field(default_factory=DeferredLock)
    _releases: int = 0
    _verified: tuple[int, frozenset[ContextSocket]] | None = None

    def verify(self) -> None:
        """It is known, now, to be set as it should be."""
        self._verified = self._releases, frozenset(each for each in self.sockets if each.live)
        self.likely = True

    def doubt(self) -> None:
        """It is not known any more."""
        self._verified = None

    @property
    def certain(self) -> bool:
        """Whether it still is as it was when it was verified.

        The module releases a context with the last connection on it.  So it
        is, if a connection has lived on it all the time, or if none has ended
        since, nor is about to.
        """
        if self._verified is None:
            return False
        releases, lived = self._verified
        if any(each.live for each in lived):
            return True
        return releases == self._releases and not self.emptying

    @property
    def emptying(self) -> bool:
        """Whether its last connections are just being closed."""
        sockets = self.sockets
        return any(each.closing for each in sockets) and not any(each.live for each in sockets)

    def let_go(self) -> None:
        """A connection, or an attempt at one, has ended."""
        self.users -= 1
        self._releases += 1

    def suits(self, settings: ContextSettings | None) -> bool:
        """Whether a connection with these settings may join its users."""
        return self.users == 0 or settings is None or alike(self.settings, settings)


class Known(dict[int, Context]):
    """The contexts that anything is known of, by their ids: each is made when it is asked for.

    @ivar ids: those that the module has.
    """

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__()
        self.ids = ids

    def __missing__(self, id: int) -> Context:
        if id not in self.ids:
            raise KeyError(id)
        context = self[id] = Context(id)
        return context
