"""Which connection of a module is whose: ids in use, opens under way, and who waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import Route
from ..at.syntax import CommandText
from ..errors import ModemBusyError, ModemError, ModuleLost
from ..families import Dialect
from .waiting import wait_for


class SessionSocket(Protocol):
    """What a connection is told of the module.

    @ivar alerts: the bits of the alerts that were raised on it.
    """

    alerts: int

    @property
    def pushing(self) -> bool:
        """Whether a length in a recv URC means that data follows."""

    @property
    def live(self) -> bool:
        """Whether it is open, and nobody has begun to close it."""

    @property
    def dialect(self) -> Dialect:
        """How the module speaks of it."""

    def pushed(self, data: bytes, source: tuple[str, int] | None = None) -> Route | None:
        """Data came unasked; give where more of it goes.

        @param source: address and port that a datagram came from.
        """

    def readable(self) -> None:
        """There is data to read."""

    def confirmed(self, code: int) -> None:
        """What the module has taken of it has gone out; with a code, it is lost."""

    def receive_ended(self, code: int) -> None:
        """A receive that it had asked for has ended."""

    def garbled(self, problem: ModemError) -> None:
        """Some of the bytes that were to come for it are lost."""

    def closed_by_peer(self, told: bool = False) -> None:
        """The connection is closed.

        @param told: whether the module has said so by itself.
        """

    def fail(self, reason: Failure) -> None:
        """The PDP context is down."""

    def lost(self, reason: Failure) -> None:
        """The module is gone."""


def _all_in_use(ids: Sequence[int]) -> str:
    """Say what it is that is in use."""
    if len(ids) == 1:
        return "the one connection of this kind that the module has is in use"
    return f"all {len(ids)} connections of the module are in use"


class Connections:
    """The connections of one session.

    @ivar sockets: the connections, by their ids.
    @ivar pdp_of: the PDP context of each.
    @ivar opening: the opens whose result has not come.
    @ivar bound: the own ports that take datagrams, each with its PDP context.
    """

    _log = Logger()

    def __init__(self, ids: Sequence[int], family: str, check: Callable[[], None]) -> None:
        """
        @param ids: what the module calls its connections.
        @param family: the family's name, for errors.
        @param check: raises what the session has ended with, if it has.
        """
        self.sockets: dict[int, SessionSocket] = {}
        self.pdp_of: dict[int, int] = {}
        self.opening: dict[int, Deferred[int | BaseException]] = {}
        self.bound: set[tuple[int, int]] = set()
        self._ids = ids
        self._family = family
        self._check = check
        self._given_up: set[int] = set()
        self._next_id = ids[0]
        self._reserved: set[int] = set()
        self._superseded: set[int] = set()
        self._waiting: list[Deferred[None]] = []

    # -- ids

    async def acquire(self, wait: bool, ids: Sequence[int] | None = None) -> int:
        """Take a free id; they rotate, so that none is used again at once.

        @param ids: those that will do; L{None}: any.

        @raise ModemBusyError: if all are in use and C{wait} is false.
        """
        told = False
        ids = self._ids if ids is None else ids
        while True:
            self._check()
            for offset in range(len(ids)):
                id = ids[(self._next_id - ids[0] + offset) % len(ids)]
                if id not in self.sockets and id not in self._reserved:
                    self._next_id = id + 1
                    self._reserved.add(id)
                    return id
            in_use = _all_in_use(ids)
            if not wait:
                raise ModemBusyError(f"{in_use}; busy=wait waits for one", family=self._family)
            if not told:
                self._log.info("{in_use}; waiting", in_use=in_use)
                told = True
            await wait_for(self.something_freed(), in_use)

    def require_free(self, ids: Sequence[int] | None) -> None:
        """See that there is a free id, for somebody who does not wait.

        @raise ModemBusyError: if there is none.
        """
        ids = self._ids if ids is None else ids
        if not any(id not in self.sockets and id not in self._reserved for id in ids):
            raise ModemBusyError(
                f"{_all_in_use(ids)}; busy=wait waits for one", family=self._family
            )

    def any_free(self) -> bool:
        """Whether an id is free."""
        return any(id not in self.sockets and id not in self._reserved for id in self._ids)

    def release(self, id: int) -> None:
        """Give back an id that has no connection."""
        self._reserved.discard(id)
        self.wake_waiting()

    def something_freed(self) -> Deferred[None]:
        """Wait until an id, or anything else that is waited for, was given back."""
        free: Deferred[None] = Deferred(self._stop_waiting)
        self._waiting.append(free)
        return free

    def _stop_waiting(self, free: Deferred[None]) -> None:
        if free in self._waiting:
            self._waiting.remove(free)

    def wake_waiting(self) -> None:
        """Something was given back: let those look who wait."""
        waiting, self._waiting = self._waiting, []
        for free in waiting:
            if not free.called:
                free.callback(None)

    # -- opens

    def expect_open(self, id: int) -> Deferred[int | BaseException]:
        """Wait for the result of an open: its code, or what has ended the session.

        It never fails: the answer to the command may come first, or never.
        """
        opening: Deferred[int | BaseException] = Deferred(lambda _: self.forget_open(id))
        self.opening[id] = opening
        self._given_up.discard(id)
        return opening

    def forget_open(self, id: int) -> None:
        """Nobody waits any more."""
        if self.opening.pop(id, None) is not None:
            self._given_up.add(id)

    def is_late(self, id: int) -> bool:
        """Whether a result is that of an open that was given up; it comes once."""
        late = id in self._given_up and id not in self.opening
        self._given_up.discard(id)
        return late

    def fail_open(self, id: int, reason: Failure) -> None:
        """Tell who waits for the result of an open, if anybody does, that none will come."""
        opening = self.opening.pop(id, None)
        if opening is not None:
            # a value rather than an error: nobody may be waiting for this one yet
            opening.callback(reason.value or ModuleLost("the connection is gone"))

    # -- connections

    def add(self, id: int, socket: SessionSocket, pdp: int) -> None:
        """Have a connection told what concerns it."""
        self.sockets[id] = socket
        self.pdp_of[id] = pdp

    def forget(self, id: int, socket: object) -> bool:
        """The module has let go of a connection.

        @return: whether its id is free: the module may have used it again by itself.
        """
        if self.sockets.get(id) not in (None, socket):
            self._superseded.discard(id)
            return False
        self.sockets.pop(id, None)
        self.pdp_of.pop(id, None)
        self.release(id)
        return True

    def supersede(self, id: int) -> bool:
        """The module has used an id again, whose last connection is not quite gone.

        @return: whether that can be: once for each that is going.
        """
        if id in self._superseded:
            return False
        self._superseded.add(id)
        return True

    def goodbye(self, alive: set[int]) -> list[CommandText]:
        """Give what drops the connections at once.

        What cannot be said now is found and closed by the next host that takes stock.

        @param alive: the ids of those that have been opened.
        """
        # one that is being closed already, perhaps on another port, is left alone
        sockets = self.sockets
        live = {id for id in alive if id in sockets and sockets[id].live}
        open_ids = sorted(live | self.opening.keys())
        return [sockets[id].dialect.close_command(id, True).text for id in open_ids]

    def fail_in(self, pdps: Sequence[int], reason: Failure) -> None:
        """Tell the connections of PDP contexts that are down."""
        for id, socket in list(self.sockets.items()):
            if self.pdp_of.get(id) in pdps:
                self.fail_open(id, reason)
                socket.fail(reason)
