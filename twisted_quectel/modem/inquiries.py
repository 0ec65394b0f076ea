"""What a module is asked about other hosts: made when the first is asked about."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort
from ..families import Family
from ..families.base import NameAddress, NameResult, PingEnd, PingReply, ServerTime
from .names import Names
from .probing import Probes


class Inquiries:
    """The lookups and probes of one session, of which most have none."""

    __slots__ = ("_check", "_clock", "_family", "_names", "_port", "_probes")

    def __init__(
        self, clock: IReactorTime, port: ATPort, family: Family, check: Callable[[], None]
    ) -> None:
        """
        @param check: raises what the session has ended with, if it has.
        """
        self._clock = clock
        self._port = port
        self._family = family
        self._check = check
        self._names: Names | None = None
        self._probes: Probes | None = None

    @property
    def names(self) -> Names:
        """What the module looks up."""
        if self._names is None:
            self._names = Names(self._clock, self._port, self._family, self._check)
        return self._names

    @property
    def probes(self) -> Probes:
        """What it asks other hosts."""
        if self._probes is None:
            self._probes = Probes(self._clock, self._port, self._family, self._check)
        return self._probes

    def told(self, event: NameResult | NameAddress | PingReply | PingEnd | ServerTime) -> None:
        """The module has said something about one of them."""
        if isinstance(event, (NameResult, NameAddress)):
            if self._names is not None:
                self._names.told(event)
        elif self._probes is not None:
            self._probes.told(event)

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        for each in (self._names, self._probes):
            if each is not None:
                each.lost(reason)
