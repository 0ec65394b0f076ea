"""Where a connection belongs: what it may ask of its session, and give back to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from .socketstate import SocketState

if TYPE_CHECKING:
    from .session import Session


class Place:
    """What a connection knows of its session, for less than a closure each."""

    __slots__ = ("_freed", "_pdp", "_session")

    def __init__(self, session: Session, pdp: int, freed: Callable[[], None]) -> None:
        self._session = session
        self._pdp = pdp
        self._freed = freed

    def pdp_is_up(self) -> Deferred[bool]:
        """Ask whether its PDP context is up."""
        return Deferred.fromCoroutine(self._session.pdp_is_up(self._pdp))

    def unclosed(self) -> None:
        """The module has not said that it has closed the connection."""
        self._session.stacks.doubt()

    def free(self, socket: SocketState) -> None:
        """The module has let go of it."""
        self._freed()
        self._session.forget_socket(socket.id, socket)
