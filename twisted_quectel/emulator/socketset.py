"""All connections of an emulated LTE module, by C{<clientID>}."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .sockets import CLOSING, INITIAL, PUSH, Socket

if TYPE_CHECKING:
    from .module import Module
    from .port import Port


class Sockets:
    """All connections of a module, by C{<clientID>}.

    @ivar failed: ids whose last open has failed, until they are closed or used again.
    """

    def __init__(self, module: Module) -> None:
        self.failed: set[int] = set()
        self._module = module
        self._sockets: dict[int, Socket] = {}
        self._pushes = 0

    def __iter__(self) -> Iterator[Socket]:
        return iter([self._sockets[id] for id in sorted(self._sockets)])

    def get(self, id: int) -> Socket | None:
        """Give a connection in any state but initial."""
        return self._sockets.get(id)

    def create(self, id: int, pdp: int, context: int, mode: int, port: Port, host: str) -> Socket:
        """Take an id into use."""
        socket = Socket(self._module, id, pdp, context, mode, port, host)
        self._sockets[id] = socket
        self.failed.discard(id)
        return socket

    def rename(self, socket: Socket, id: int) -> None:
        """Give a connection another id; a careful host closes the old one too."""
        del self._sockets[socket.id]
        self.failed.add(socket.id)
        socket.id = id
        self._sockets[id] = socket

    def release(self, socket: Socket) -> None:
        """Give an id back; the last one of an SSL context releases that."""
        if self._sockets.get(socket.id) is not socket:
            return
        del self._sockets[socket.id]
        socket.state = INITIAL
        last = all(other.context != socket.context for other in self._sockets.values())
        if last and "release_resets_context" in self._module.quirks:
            self._module.contexts[socket.context].reset()

    def drop(self, socket: Socket) -> None:
        """Hang up (C{AT&D2}): close in order, without waiting for the end."""
        self.release(socket)
        socket.state = CLOSING
        socket.port.interpreter.connection_gone(socket)
        socket.secure.close()

    def next_push(self) -> int:
        """Number a push."""
        self._pushes += 1
        return self._pushes

    def port_ready(self, port: Port) -> None:
        """A port can speak again."""
        if port in self._module.urc_ports():
            self.push()

    def push(self) -> None:
        """Let the connections push, one piece each in turn."""
        sockets = [socket for socket in self._sockets.values() if socket.mode == PUSH]
        # the line may take but a few pieces: who pushed last is behind those that did not
        sockets.sort(key=lambda socket: socket.pushed)
        while sockets:
            sockets = [socket for socket in sockets if socket.push()]

    def take(self, call: object, data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""
        fields = getattr(call, "fields", ())
        id = fields[0].integer() if fields else None
        socket = self._sockets.get(id) if id is not None else None
        return socket is not None and socket.send(data)

    def pdp_lost(self, pdp: int) -> None:
        """The network has deactivated a PDP context."""
        for socket in self:
            if socket.pdp == pdp:
                socket.cut()

    def pdp_closed(self, pdp: int) -> None:
        """The host has deactivated a PDP context.

        That is told as any other end of a connection (SSL note 2.3.2), and the
        id is in use until C{AT+QSSLCLOSE}.
        """
        if "qideact_frees_ids" not in self._module.quirks:
            self.pdp_lost(pdp)
            return
        for socket in self:
            if socket.pdp == pdp:
                socket.end(570)
                self.release(socket)

    def reset(self) -> None:
        """Forget every connection, as a restart does."""
        self.failed.clear()
        for socket in self:
            del self._sockets[socket.id]
            socket.state = INITIAL
            socket.abort()
