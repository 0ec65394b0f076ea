"""All connections of an emulated LTE module, by C{<clientID>}."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..tables.lte import CLIENT_IDS, PORTS
from .dtlssocket import DTLSSocket
from .kinds import Kind
from .netsocket import NetSocket
from .plainsocket import PlainSocket
from .securesocket import SecureSocket
from .sockets import BUFFER, CLOSING, CONNECTED, INITIAL, PUSH, Socket
from .wire import PlainWire

if TYPE_CHECKING:
    from .commands import Call
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

    def of(self, id: int, plain: bool) -> Socket | None:
        """Give a connection in any state but initial, if it is of the kind wanted.

        @param plain: without SSL.
        """
        socket = self._sockets.get(id)
        return socket if socket is not None and (socket.kind is not Kind.SSL) is plain else None

    def create(self, id: int, pdp: int, context: int, mode: int, port: Port, host: str) -> Socket:
        """Take an id into use for an SSL connection, which is DTLS if its context says so."""
        module = self._module
        net: NetSocket
        if module.contexts[context].number("dtls"):
            net = DTLSSocket(
                module.clock,
                module.network,
                module.pdp.address(pdp, module.settings.address).split(",")[0],
                module.tls,
                module.now,
                receive_limit=module.settings.receive_limit,
            )
        else:
            net = SecureSocket(
                module.clock,
                module.network,
                module.tls,
                module.now,
                receive_limit=module.settings.receive_limit,
                send_limit=module.settings.send_limit,
            )
        return self._add(Socket(module, Kind.SSL, id, pdp, mode, port, host, net, context))

    def create_plain(
        self, kind: Kind, id: int, pdp: int, mode: int, port: Port, host: str, net: NetSocket
    ) -> Socket:
        """Take an id into use without SSL."""
        return self._add(Socket(self._module, kind, id, pdp, mode, port, host, net))

    def _add(self, socket: Socket) -> Socket:
        self._sockets[socket.id] = socket
        self.failed.discard(socket.id)
        return socket

    def plain_stream(self) -> PlainSocket:
        """Make the network's side of a TCP connection."""
        module = self._module
        return PlainSocket(
            module.clock,
            module.network,
            receive_limit=module.settings.receive_limit,
            send_limit=module.settings.send_limit,
        )

    def accept(self, listener: Socket, address: str, remote: int) -> PlainWire | None:
        """Take a connection that comes in, under the highest id that is free.

        @return: its protocol; L{None} if no id is free.
        """
        module = self._module
        id = max((each for each in CLIENT_IDS if each not in self._sockets), default=None)
        if id is None:
            module.urc('+QIURC: "incoming full"')
            return None
        mode = BUFFER if "incoming_buffered" in module.quirks else listener.mode
        net = self.plain_stream()
        wire = net.accept(address, remote, listener.net.local_port)
        socket = self.create_plain(
            Kind.INCOMING, id, listener.pdp, mode, listener.port, address, net
        )
        socket.server, socket.remote, socket.state = listener.id, remote, CONNECTED
        module.urc(f'+QIURC: "incoming",{id},{listener.id},"{address}",{remote}')
        return wire

    def rename(self, socket: Socket, id: int) -> None:
        """Give a connection another id; a careful host closes the old one too."""
        del self._sockets[socket.id]
        self.failed.add(socket.id)
        if socket.server == socket.id:
            socket.server = id
        socket.id = id
        self._sockets[id] = socket

    def release(self, socket: Socket) -> None:
        """Give an id back; the last one of an SSL context releases that."""
        if self._sockets.get(socket.id) is not socket:
            return
        del self._sockets[socket.id]
        socket.state = INITIAL
        if socket.kind is not Kind.SSL:
            return
        last = all(other.context != socket.context for other in self._sockets.values())
        if last and "release_resets_context" in self._module.quirks:
            self._module.contexts[socket.context].reset()

    def drop(self, socket: Socket) -> None:
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
        if port in self._module.urc_ports():
            self.push()

    def push(self) -> None:
        """Let the connections push, one piece each in turn."""
        sockets = [socket for socket in self._sockets.values() if socket.mode == PUSH]
        # the line may take but a few pieces: who pushed last is behind those that did not
        sockets.sort(key=lambda socket: socket.pushed)
        while sockets:
            sockets = [socket for socket in sockets if socket.push()]

    def take(self, call: Call, data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""
        id = call.integer(0, CLIENT_IDS)
        socket = self._sockets.get(id) if id is not None else None
        address, port = call.string(2), call.integer(3, PORTS)
        to = (address, port) if address is not None and port is not None else None
        return socket is not None and socket.send(data, to)

    def pdp_lost(self, pdp: int) -> None:
        """The network has deactivated a PDP context."""
        for socket in self:
            if socket.pdp == pdp:
                socket.cut()

    def pdp_closed(self, pdp: int) -> None:
        """The host has deactivated a PDP context.

        Its sockets without SSL are closed by that (TCP/IP note, C{AT+QIDEACT}).
        With SSL that is told as any other end of a connection (SSL note 2.3.2),
        and the id is in use until C{AT+QSSLCLOSE}.
        """
        frees = "qideact_frees_ids" in self._module.quirks
        for socket in self:
            if socket.pdp != pdp:
                continue
            if frees or socket.kind is not Kind.SSL:
                socket.end(570)
                self.release(socket)
            else:
                socket.cut()

    def reset(self) -> None:
        """Forget every connection, as a restart does."""
        self.failed.clear()
        for socket in self:
            del self._sockets[socket.id]
            socket.state = INITIAL
            socket.abort()
