"""The connections of an emulated BC660K-GL, with SSL and without.

Sources: SSL Application Note v1.0, chapters 2.3.2 to 2.4.2; TCP/IP Application Note.
Data is pushed, whatever the host does.  The one SSL connection has ids of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IDelayedCall

from ...tables.nbiot import HEX, PLAIN_CONNECT_IDS, RECV_LENGTHS
from ..kinds import Kind
from ..netsocket import NetSocket
from ..plainsocket import PlainSocket
from ..port import Port
from ..sockets import CLOSING, CONNECTED, OPENING, PUSH, Socket
from ..socketset import SocketSet
from .securesocket import CONNECTION, TIMED_OUT

if TYPE_CHECKING:
    from ..commands import Call
    from .module import NBIoTModule

#: The place of the SSL connection among all; those without SSL have their C{<connectID>}.
SSL_PLACE: Final = PLAIN_CONNECT_IDS[-1] + 1


class NBSocket(Socket):
    """One connection.

    @ivar connection: its C{<connectID>}, as it is told.
    @ivar sending: whether bytes of C{AT+QSSLSEND} wait for room.
    """

    longest_push = RECV_LENGTHS[-1]
    _module: NBIoTModule

    def __init__(
        self,
        module: NBIoTModule,
        kind: Kind,
        connection: int,
        port: Port,
        host: str,
        net: NetSocket,
    ) -> None:
        ssl = kind is Kind.SSL
        place = SSL_PLACE if ssl else connection
        super().__init__(module, kind, place, 0, PUSH, port, host, net, 0 if ssl else -1)
        self.connection = connection
        self._waiting = b""
        self._delivery: IDelayedCall | None = None

    @property
    def names(self) -> str:
        """Its ids, as URCs have them."""
        return f"0,{self.connection}" if self.kind is Kind.SSL else f"{self.connection}"

    @property
    def urc(self) -> str:
        """What its URCs begin with."""
        return "+QSSLURC" if self.kind is Kind.SSL else "+QIURC"

    @property
    def sending(self) -> bool:
        """Whether bytes of C{AT+QSSLSEND} wait for room."""
        return self._delivery is not None

    def recv_line(self) -> str:
        """Give a URC that tells of data and brings none."""
        return f'{self.urc}: "recv",{self.names},0,""'

    def closed_line(self) -> str:
        """Give the URC that tells of its end."""
        return f'{self.urc}: "closed",{self.names}'

    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Give a push as a port shows it: data and header are one line."""
        module = self._module
        hex = module.data_format(self.kind is Kind.SSL, 1) == HEX
        length = len(data)
        if hex:
            data = data.hex().upper().encode("ascii")
            if "recv_hex_counts_digits" in module.quirks:
                length *= 2
        if "recv_unquoted" not in module.quirks:
            data = b'"%b"' % data
        header = f'{self.urc}: "recv",{self.names},{length},'
        source = self.received.source
        if self.kind is Kind.SERVICE and source is not None:
            header += f'"{source[0]}",{source[1]},'
        return port.frame(header.encode("ascii") + data)

    def _tell_closed(self) -> None:
        super()._tell_closed()
        if self.kind is Kind.SSL:  # the module has closed it (2.4.2)
            self._give_up_sending(CONNECTION)
            self._module.sockets.release(self)

    def cut(self) -> None:
        """The network has gone from under the connection."""
        if self.state == OPENING and self.kind is Kind.SSL:
            self.net.abort()
            self._on_opened(CONNECTION)
        else:
            super().cut()

    # AT+QSSLSEND

    def deliver(self, data: bytes, timeout: float) -> None:
        """Hand a body on, and tell of it, at once or when there is room.

        @param timeout: seconds that it may wait.
        """
        if self.state != CONNECTED:
            self._told(CONNECTION)
        elif self.send(data):
            self._told(0)
        else:
            self._waiting = data
            self._delivery = self._module.clock.callLater(timeout, self._late)

    def _told(self, code: int) -> None:
        self.port.unsolicited(f"+QSSLSEND: {self.names},{code}")

    def _late(self) -> None:
        self._give_up_sending(TIMED_OUT)

    def _give_up_sending(self, code: int) -> None:
        if self._stop_sending():
            self._told(code)

    def _stop_sending(self) -> bool:
        """Forget what waits; L{True} if something did."""
        delivery, self._delivery = self._delivery, None
        if delivery is None:
            return False
        if delivery.active():
            delivery.cancel()
        self._waiting = b""
        return True

    def _on_writable(self) -> None:
        if self._waiting and self.send(self._waiting) and self._stop_sending():
            self._told(0)
        super()._on_writable()

    def end(self, code: int) -> None:
        """Reset the connection at once."""
        self._stop_sending()
        super().end(code)

    def abort(self) -> None:
        """Reset the connection."""
        self._stop_sending()
        super().abort()

    def busy(self) -> bool:
        """Whether it keeps the module from sleep."""
        closing = self.state == CLOSING and self.kind is Kind.SSL
        return self.state == OPENING or closing or self.sending


class NBSockets(SocketSet[NBSocket]):
    """All connections, by their places."""

    def __init__(self, module: NBIoTModule) -> None:
        super().__init__(module)
        self._module = module

    @property
    def ssl(self) -> NBSocket | None:
        """The SSL connection."""
        return self.get(SSL_PLACE)

    def rename(self, socket: NBSocket, id: int) -> None:
        """Have a connection told of under another id; the one SSL connection stays in its place."""
        if socket.kind is Kind.SSL:
            socket.connection = id % len(PLAIN_CONNECT_IDS) or 1
            return
        id %= len(PLAIN_CONNECT_IDS)
        if self.get(id) is None:
            super().rename(socket, id)
            socket.connection = id

    def release(self, socket: NBSocket) -> bool:
        """Give an id back; the end of the SSL connection releases its context (2.3.4)."""
        if not super().release(socket):
            return False
        if socket.kind is Kind.SSL and "release_resets_context" in self._module.quirks:
            self._module.context.reset()
        return True

    def stranger(self, id: int, context: int) -> NBSocket:
        """Take a place into use for a TLS connection that an earlier host has left.

        There is but one; in the other places are sockets without SSL.
        """
        module = self._module
        kind = Kind.SSL if id == SSL_PLACE else Kind.TCP
        net = PlainSocket(module.clock, module.network)
        connection = 0 if kind is Kind.SSL else id
        return self.add(NBSocket(module, kind, connection, module.port(), "stranger.example", net))

    def take(self, call: Call[Any], data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""
        id = self._module.grammar.id_of(call)
        socket = None if id is None else self.get(id)
        if socket is None:
            return False
        address, port = call.string(1), call.integer(2, range(1, 65536))
        to = (address, port) if socket.kind is Kind.SERVICE and address and port else None
        return socket.send(data, to)
