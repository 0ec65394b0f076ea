"""Faults of TLS settings and opens (field notes 18 and 24-32)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..tables.lte import SSL_CONTEXT_IDS
from .commands import ERROR, OK, Call, Outcome
from .faults_base import (
    COMMAND,
    Counter,
    Fault,
    Hooks,
    add_quirk,
    fault,
    writes,
)
from .sockets import CONNECTED

if TYPE_CHECKING:
    from .basemodule import Module
    from .sockets import Socket


@fault
@dataclass(frozen=True)
class OtherId(Fault):
    """An open reports another id than the one asked for, and the connection has that one.

    @ivar distance: between the two.
    @ivar times: so many opens; 0 for all.
    """

    name: ClassVar[str] = "other_id"
    notes: ClassVar[tuple[int, ...]] = (18,)
    modes: ClassVar[tuple[str, ...]] = COMMAND
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm", "nbiot")  # whose opens tell an id
    distance: int = 5
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Other(Hooks):
            def on_opened(self, socket: Socket) -> None:
                other = (socket.id + spec.distance) % len(module.grammar.ids)
                if module.sockets.get(other) is None and counter.again():
                    self.acted += 1
                    module.sockets.rename(socket, other)

        return Other()


@fault
@dataclass(frozen=True)
class OpenFails(Fault):
    """The first opens end in a result code of chapter 5.

    @ivar code: 550-574, or one that no document lists.
    @ivar times: so many opens; 0 for all.
    """

    name: ClassVar[str] = "open_fails"
    notes: ClassVar[tuple[int, ...]] = (8, 24)
    code: int = 566
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Fails(Hooks):
            def on_open(self, call: Call[Any]) -> int | None:
                return spec.code if counter.again() else None

        return Fails()


@fault
@dataclass(frozen=True)
class WriteIsQuery(Fault):
    """An C{AT+QSSLCFG} that sets a value is answered like a query, with C{OK}: nothing is set.

    @ivar tag: which one; empty for any.
    @ivar times: so many of them; 0 for all.
    """

    name: ClassVar[str] = "write_is_query"
    notes: ClassVar[tuple[int, ...]] = (26,)
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm", "nbiot")
    tag: str = ""
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, counter = self, Counter(self.times)

        class Query(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if writes(call, "+QSSLCFG") and module.grammar.setting(call):
                    tag = next((field.string() for field in call.fields if field.quoted), "")
                    if spec.tag in ("", tag) and counter.again():
                        self.acted += 1
                        call.fields = call.fields[: module.grammar.settings[call.name] - 1]
                return None

        return Query()


@fault
@dataclass(frozen=True)
class QuotedCipher(Fault):
    """The cipher suite is taken and answered in quotes only."""

    name: ClassVar[str] = "quoted_cipher"
    notes: ClassVar[tuple[int, ...]] = (27,)
    families: ClassVar[tuple[str, ...]] = ("lte",)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        return add_quirk(module, "quoted_cipher")


@fault
@dataclass(frozen=True)
class Wedge(Fault):
    """After so many opens everything about sockets fails with 552 until a restart.

    @ivar opens: so many.
    """

    name: ClassVar[str] = "wedge_after"
    notes: ClassVar[tuple[int, ...]] = (28,)
    opens: int = 20

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec, count = self, 0

        class Wedged(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                nonlocal count
                grammar = module.grammar
                if grammar.opening(call):
                    count += 1
                wedged = call.name in grammar.refused_when_wedged and writes(call, call.name)
                if count > spec.opens and wedged:
                    id = grammar.id_of(call) if grammar.opening(call) else None
                    if id is not None:
                        module.sockets.failed.add(id)
                    return call.fail(552)
                return None

            def boot(self, module: Module) -> None:
                nonlocal count
                count = 0

        return Wedged()


@fault
@dataclass(frozen=True)
class Strangers(Fault):
    """An earlier host has left connections open, which block the settings of their contexts.

    @ivar count: of the connections.
    """

    name: ClassVar[str] = "strangers"
    notes: ClassVar[tuple[int, ...]] = (29,)
    families: ClassVar[tuple[str, ...]] = ("lte", "gsm", "nbiot")
    count: int = 12

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        sockets = module.sockets
        strangers: list[Socket] = []
        for id in list(module.grammar.ids)[: self.count]:
            socket = sockets.stranger(id, id % len(SSL_CONTEXT_IDS))
            socket.state = CONNECTED
            strangers.append(socket)

        class Blocked(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if not writes(call, "+QSSLCFG") or not module.grammar.setting(call):
                    return None
                context = call.integer(1, SSL_CONTEXT_IDS)
                blocked = any(
                    sockets.get(each.id) is each and each.context == context for each in strangers
                )
                return call.fail(552) if blocked else None

        hooks = Blocked()
        hooks.acted = len(strangers)
        return hooks


@fault
@dataclass(frozen=True)
class IdLingers(Fault):
    """An id stays in use for a while behind the C{OK} of its close: an open gets 563.

    @ivar seconds: for so long.
    """

    name: ClassVar[str] = "id_lingers"
    notes: ClassVar[tuple[int, ...]] = (32,)
    seconds: float = 2.0

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self
        until: dict[int, float] = {}
        at_once = module.grammar.occupied_at_once

        class Lingers(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                now = module.clock.seconds()
                id = module.grammar.id_of(call)
                if module.grammar.closing(call):
                    if id is not None and module.sockets.get(id) is not None:
                        until[id] = now + spec.seconds
                    elif at_once and id is not None and until.get(id, 0.0) > now:
                        return OK
                elif at_once and self.lingers(call):
                    return call.fail(563)
                return None

            def on_open(self, call: Call[Any]) -> int | None:
                return 563 if not at_once and self.lingers(call) else None

            def lingers(self, call: Call[Any]) -> bool:
                id = module.grammar.id_of(call) if module.grammar.opening(call) else None
                return id is not None and until.get(id, 0.0) > module.clock.seconds()

        return Lingers()


@fault
@dataclass(frozen=True)
class ResultLost(Fault):
    """An open ends in C{OK}, and no result ever comes; nothing is opened.

    @ivar times: so many opens; 0 for all.
    """

    name: ClassVar[str] = "result_lost"
    notes: ClassVar[tuple[int, ...]] = (4,)
    times: int = 1

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        counter = Counter(self.times)

        class Lost(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if not module.grammar.opening(call) or not counter.again():
                    return None
                id = module.grammar.id_of(call)
                if id is not None:
                    module.sockets.failed.add(id)
                # in transparent mode there is but the final result
                return ERROR if module.grammar.mode_of(call) == 2 else OK

        return Lost()
