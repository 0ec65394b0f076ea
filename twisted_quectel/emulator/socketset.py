"""All connections of an emulated module, by their ids."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .sockets import CLOSING, INITIAL, PUSH, Socket

if TYPE_CHECKING:
    from .basemodule import Module
    from .commands import Call
    from .port import Port

S = TypeVar("S", bound=Socket)


class SocketSet(ABC, Generic[S]):
    """All connections of a module, by their ids.

    @ivar failed: ids whose last open has failed, until they are closed or used again.
    """

    def __init__(self, module: Module) -> None:
        self.failed: set[int] = set()
        self._owner = module
        self._sockets: dict[int, S] = {}
        self._pushes = 0

    def __iter__(self) -> Iterator[S]:
        return iter([self._sockets[id] for id in sorted(self._sockets)])

    def get(self, id: int) -> S | None:
        """Give a connection in any state but initial."""
        return self._sockets.get(id)

    def add(self, socket: S) -> S:
        """Take an id into use."""
        self._sockets[socket.id] = socket
        self.failed.discard(socket.id)
        return socket

    def rename(self, socket: S, id: int) -> None:
        """Give a connection another id; a careful host closes the old one too."""
        del self._sockets[socket.id]
        self.failed.add(socket.id)
        if socket.server == socket.id:
            socket.server = id
        socket.id = id
        self._sockets[id] = socket

    def release(self, socket: S) -> bool:
        """Give an id back.

        @return: whether it was in use by this one.
        """
        if self._sockets.get(socket.id) is not socket:
            return False
        del self._sockets[socket.id]
        socket.state = INITIAL
        return True

    def drop(self, socket: S) -> None:
        """Hang up (C{AT&D2}): close in order, without waiting for the end."""
        self.release(socket)
        socket.state = CLOSING
        socket.port.interpreter.connection_gone(socket)
        socket.net.close()

    def next_push(self) -> int:
        """Number a push."""
        self._pushes += 1
        return self._pushes

    def port_ready(self, port: Port) -> None:
        """A port can speak again."""
        if port in self._owner.urc_ports():
            self.push()

    def push(self) -> None:
        """Let the connections push, one piece each in turn."""
        sockets = [socket for socket in self._sockets.values() if socket.mode == PUSH]
        # the line may take but a few pieces: who pushed last is behind those that did not
        sockets.sort(key=lambda socket: socket.pushed)
        while sockets:
            sockets = [socket for socket in sockets if socket.push()]

    def stranger(self, id: int, context: int) -> S:
        """Take an id into use for a TLS connection that an earlier host has left."""
        raise NotImplementedError

    @abstractmethod
    def take(self, call: Call[Any], data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""

    def pdp_lost(self, pdp: int) -> None:
        """The network has deactivated a PDP context."""
        for socket in self:
            if socket.pdp == pdp:
                socket.cut()

    def reset(self) -> None:
        """Forget every connection, as a restart does."""
        self.failed.clear()
        for socket in self:
            del self._sockets[socket.id]
            socket.state = INITIAL
            socket.abort()
