"""The sockets of an emulated GSM module, with SSL and without: one range of indices for both.

Sources: SSL note, chapters 1.3 and 2.2.2 to 2.2.10; for what has no SSL, its chapter 3.3
and what C{AT+QIOPEN}, C{AT+QINDI} and C{AT+QIHEAD} are known to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...tables.gsm import CLIENT, SEND_LENGTHS
from ..kinds import Kind
from ..netsocket import NetSocket
from ..plainsocket import DatagramSocket, PlainSocket
from ..securesocket import SecureSocket
from ..sockets import BUFFER, CLOSING, CONNECTED, INITIAL, OPENING, PUSH, Socket
from ..socketset import SocketSet
from .stack import ADDRESSED

if TYPE_CHECKING:
    from ..commands import Call
    from ..datamode import DataMode
    from ..port import Port
    from .module import GSMModule

_WORDS: Final = {
    INITIAL: "INITIAL",
    OPENING: "CONNECTING",
    CONNECTED: "CONNECTED",
    CLOSING: "CLOSING",
}


class GSMSocket(Socket):
    """One socket of a GSM module.

    @ivar pdp: the context of C{AT+QIFGCNT} that it is on.
    @ivar among_several: whether C{AT+QIMUX=1} was set when it was opened.
    """

    longest_push = SEND_LENGTHS[-1]
    _module: GSMModule

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.among_several = self._module.stack.several
        self._peer_ended = False
        self._host_closes = False
        self._told_bytes = 0  # of what is unread, those that AT+QINDI=2 has told of
        self._arrivals = 0  # since there was nothing to read

    @property
    def type(self) -> str:
        """C{<connectiontype>}."""
        return "UDP" if self.kind is Kind.UDP else "TCP"

    @property
    def address(self) -> str:
        """C{<ipaddr>} of the peer; what was asked for until it is known."""
        return self.net.address or self.host

    def status(self) -> str:
        """Give C{<socketstatus>} (2.2.6)."""
        if self.state == CLOSING and self._peer_ended:
            return "REMOTE CLOSING"
        return _WORDS[self.state]

    # what is told

    def recv_line(self) -> str:
        """Give the URC that tells of data to read (2.2.10.1; chapter 3.3)."""
        if self.kind is Kind.SSL:
            line = f'+QSSLURC: "recv",{self.pdp},{self.id}'
        else:
            line = f"+QIRDI: {self.pdp},{CLIENT},{self.id}"
            if self._module.stack.option("+QINDI") == 2:
                length = max(0, self.unread() - self._told_bytes)
                return f"{line},{self._arrivals},{length},{self.unread()}"
        return f"{line},{self.unread()}" if "recv_length" in self._module.quirks else line

    def closed_line(self) -> str:
        """Give the URC that tells of its end (2.2.10.2)."""
        if self.kind is Kind.SSL:
            return f'+QSSLURC: "closed",{self.id}'
        return f"{self.id}, CLOSED" if self.among_several else "CLOSED"

    def notify(self) -> None:
        """Report data: once until all of it is read; each arrival with C{AT+QINDI=2}."""
        if self.kind is Kind.SSL or self._module.stack.option("+QINDI") != 2:
            super().notify()
        elif self._data is None and self.unread() > self._told_bytes:
            self._arrivals += 1
            self._module.urc(self.recv_line())
            self._told_bytes = self.unread()

    def read(self, length: int) -> bytes:
        """Take up to C{length} bytes, or one datagram, for a read command."""
        data = super().read(length)
        self._told_bytes = max(0, self._told_bytes - len(data))
        if not self.unread():
            self._arrivals = 0
        return data

    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Give what comes without SSL and with C{AT+QINDI=0}."""
        stack = self._module.stack
        if self.among_several:
            return port.frame(f"+RECEIVE: {self.id}, {len(data)}".encode("ascii")) + data
        header = ""
        if stack.option("+QISHOWRA"):
            header = f"RECV FROM:{self.address}:{self.remote}\r\n"
        if stack.option("+QIHEAD"):
            kind = self.type if stack.option("+QISHOWPT") else ""
            header += f"IPD{len(data)}{kind}:"
        return header.encode("ascii") + data

    # the end

    async def close(self, timeout: float) -> None:
        """Close in order, as the host wants it."""
        self._host_closes = True
        await super().close(timeout)

    def _on_closed(self) -> None:
        self._peer_ended = True
        super()._on_closed()

    def _tell_closed(self) -> None:
        # the module closes it by itself
        self._module.sockets.leave(self)
        super()._tell_closed()

    def went_offline(self) -> None:
        """The port is in command mode again."""
        super().went_offline()
        if self.state == CONNECTED:
            if self.kind is not Kind.SSL and not self._module.stack.option("+QINDI"):
                self.mode = PUSH
        elif self.unread() and self._peer_ended:
            self._tell_closed()  # an escape came ahead of the last bytes
        elif not self._host_closes:
            self._module.sockets.release(self)

    def went_online(self, data: DataMode) -> None:
        """A port has gone over to data mode for this connection."""
        self._arrivals = self._told_bytes = 0
        super().went_online(data)


class GSMSockets(SocketSet[GSMSocket]):
    """All connections of a module, by their indices."""

    def __init__(self, module: GSMModule) -> None:
        super().__init__(module)
        self._module = module
        # closed by the module itself, and not used again since: what came is there to be read
        self._left: dict[int, GSMSocket] = {}

    def of(self, id: int, plain: bool) -> GSMSocket | None:
        """Give a connection that is in use, if it is of the kind wanted.

        @param plain: without SSL.
        """
        return _if_kind(self.get(id), plain)

    def readable(self, id: int, plain: bool) -> GSMSocket | None:
        """Give what a read can be about: a connection, or what one has left.

        @param plain: without SSL.
        """
        return _if_kind(self.get(id) or self._left.get(id), plain)

    def left(self, id: int) -> bool:
        """Tell whether the module has closed the last connection of an index by itself."""
        return id in self._left

    def create(
        self, id: int, pdp: int, context: int, mode: int, port: Port, host: str
    ) -> GSMSocket:
        """Take an index into use for an SSL connection."""
        module = self._module
        net = SecureSocket(
            module.clock,
            module.network,
            module.tls,
            module.now,
            receive_limit=module.settings.receive_limit,
            send_limit=module.settings.send_limit,
        )
        return self.add(GSMSocket(module, Kind.SSL, id, pdp, mode, port, host, net, context))

    def stranger(self, id: int, context: int) -> GSMSocket:
        """Take an index into use for a TLS connection that an earlier host has left.

        What that host had set up for it is there too.
        """
        stack = self._module.stack
        stack.options["+QIMUX"] = 1
        stack.contexts[0].state = ADDRESSED
        return self.create(id, 0, context, BUFFER, self._module.port(), "stranger.example")

    def create_plain(
        self, kind: Kind, id: int, pdp: int, mode: int, port: Port, host: str
    ) -> GSMSocket:
        """Take an index into use without SSL."""
        module, settings = self._module, self._module.settings
        net: NetSocket
        if kind is Kind.UDP:
            net = DatagramSocket(
                module.clock,
                module.network,
                settings.address,
                receive_limit=settings.receive_limit,
            )
        else:
            net = PlainSocket(
                module.clock,
                module.network,
                receive_limit=settings.receive_limit,
                send_limit=settings.send_limit,
            )
        return self.add(GSMSocket(module, kind, id, pdp, mode, port, host, net))

    def add(self, socket: GSMSocket) -> GSMSocket:
        """Take an index into use; what the last connection has left there is gone."""
        self.forget(socket.id)
        return super().add(socket)

    def rename(self, socket: GSMSocket, id: int) -> None:
        """Give a connection another index."""
        self.forget(id)
        super().rename(socket, id)

    def forget(self, id: int) -> None:
        """Drop what the last connection of an index has left."""
        self._left.pop(id, None)

    def leave(self, socket: GSMSocket) -> None:
        """The module closes a connection by itself; what has come stays to be read."""
        if self.release(socket):
            self._left[socket.id] = socket

    def release(self, socket: GSMSocket) -> bool:
        """Give an index back; the last one of an SSL context releases that (2.2.3)."""
        if not super().release(socket):
            return False
        if socket.kind is Kind.SSL:
            last = all(other.context != socket.context for other in self)
            if last and "release_resets_context" in self._module.quirks:
                self._module.contexts[socket.context].reset()
        return True

    def take(self, call: Call[Any], data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""
        id = self._module.grammar.id_of(call)
        socket = None if id is None else self.get(id)
        return socket is not None and socket.send(data)

    def indicate(self, push: bool, port: Port) -> None:
        """Have the connections without SSL push what comes, or tell of it (C{AT+QINDI})."""
        for socket in self:
            if socket.kind is not Kind.SSL and not socket.online():
                socket.switch(PUSH if push else BUFFER, port)

    def closed_by_host(self, pdp: int) -> None:
        """The host has deactivated a context: its connections end.

        With SSL that is told as any other end (2.2.10.2).
        """
        for socket in self:
            if socket.pdp != pdp:
                continue
            if socket.kind is Kind.SSL:
                socket.cut()
            else:
                socket.end(567)
                self.release(socket)

    def reset(self) -> None:
        """Forget every connection, as a restart does."""
        self._left.clear()
        super().reset()


def _if_kind(socket: GSMSocket | None, plain: bool) -> GSMSocket | None:
    return socket if socket is not None and (socket.kind is not Kind.SSL) is plain else None
