"""Which commands of a family open, close, send and read: what the faults go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .commands import Call, Form


@dataclass(frozen=True)
class Grammar:
    """The commands of one family.

    @ivar ids: of its connections.
    @ivar opens: commands that open a connection: which parameter has its id, and
        which the access mode; L{None} where there is none.
    @ivar closes: commands that close one: which parameter has its id.
    @ivar sends: commands that send: which parameter has the id.
    @ivar uploads: commands that upload a file: which parameter has its name.
    @ivar occupied_at_once: whether an open with an id in use is refused at once; else its
        result tells.
    @ivar settings: commands that set a parameter of TLS: from so many parameters on.
    @ivar releases: commands that give the packet data connection back.
    @ivar recv: what a URC begins with that tells of data.
    @ivar refused_when_wedged: commands that a wedged module refuses.
    """

    ids: range
    opens: Mapping[str, tuple[int | None, int | None]]
    closes: Mapping[str, int | None]
    sends: Mapping[str, int | None] = field(default_factory=dict)
    uploads: Mapping[str, int] = field(default_factory=dict)
    occupied_at_once: bool = True
    settings: Mapping[str, int] = field(default_factory=dict)
    releases: frozenset[str] = frozenset()
    recv: tuple[str, ...] = ()
    refused_when_wedged: frozenset[str] = frozenset()

    def opening(self, call: Call[Any]) -> bool:
        """Tell whether a call opens a connection, with TLS or without."""
        return call.form is Form.WRITE and call.name in self.opens

    def closing(self, call: Call[Any]) -> bool:
        """Tell whether a call closes a connection."""
        return call.form is Form.WRITE and call.name in self.closes

    def setting(self, call: Call[Any]) -> bool:
        """Tell whether a call sets a parameter of TLS."""
        least = self.settings.get(call.name)
        return least is not None and call.form is Form.WRITE and len(call.fields) >= least

    def id_of(self, call: Call[Any]) -> int | None:
        """Give the id that a call is about; L{None} if it names none that can be."""
        if call.form is not Form.WRITE:
            return None
        if call.name in self.opens:
            place = self.opens[call.name][0]
        else:
            place = self.closes.get(call.name, self.sends.get(call.name))
        if place is None:
            known = call.name in self.opens or call.name in self.closes or call.name in self.sends
            return self.ids[0] if known else None
        return call.integer(place, self.ids)

    def mode_of(self, call: Call[Any]) -> int | None:
        """Give the access mode that an open asks for."""
        place = self.opens[call.name][1] if self.opening(call) else None
        return None if place is None else call.integer(place, range(3), 0)
