"""The sockets of an emulated LTE module, with SSL and without.

Sources: LTE SSL Application Note v1.1, chapters 1.3 and 2.2.2 to 2.3.2; TCP/IP
Application Note, C{AT+QIOPEN} to C{AT+QISWTMD} and the C{+QIURC} forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tables.lte import CLIENT_IDS, PORTS, SEND_LENGTHS
from .dtlssocket import DTLSSocket
from .kinds import Kind
from .netsocket import NetSocket
from .plainsocket import PlainSocket
from .securesocket import SecureSocket
from .sockets import BUFFER, CONNECTED, Socket
from .socketset import SocketSet
from .wire import PlainWire

if TYPE_CHECKING:
    from .commands import Call
    from .module import LTEModule
    from .port import Port


class LTESocket(Socket):
    """One socket of an LTE module."""

    longest_push = SEND_LENGTHS[-1]
    _module: LTEModule

    @property
    def urc(self) -> str:
        """What its URCs begin with."""
        return "+QSSLURC" if self.kind is Kind.SSL else "+QIURC"

    def recv_line(self) -> str:
        """Give the URC that tells of data to read."""
        quirks = self._module.quirks
        plain = self.kind is not Kind.SSL
        if "urc_s3_form" in quirks and not plain:
            return f"{self.urc}: {self.id},{min(self.unread(), 1500)}"
        if "recv_length" in quirks or (plain and self._module.options.number("recvind")):
            return f'{self.urc}: "recv",{self.id},{self.unread()}'
        return f'{self.urc}: "recv",{self.id}'

    def closed_line(self) -> str:
        """Give the URC that tells of its end."""
        return f'{self.urc}: "closed",{self.id}'

    def packets(self) -> tuple[int, float] | None:
        """Without SSL, raw bytes are gathered as C{AT+QICFG} says."""
        if self.kind is Kind.SSL:
            return None
        options = self._module.options
        return options.number("transpktsize"), options.number("transwaittm") * 0.1

    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Give a push as a port shows it."""
        header = f'{self.urc}: "recv",{self.id},'
        if self.kind is Kind.SSL:
            return port.frame(f"{header}{len(data)}".encode("ascii")) + data
        line_end = b"\r\n" if port.settings.verbose else b""
        return line_end + self.layout(header, data)

    def layout(self, header: str, data: bytes) -> bytes:
        """Give what was read last behind its header, without SSL."""
        source = self.received.source if self.kind is Kind.SERVICE else None
        return self._module.options.layout(header, data, source)


class LTESockets(SocketSet[LTESocket]):
    """All connections of a module, by C{<clientID>} or C{<connectID>}."""

    def __init__(self, module: LTEModule) -> None:
        super().__init__(module)
        self._module = module

    def of(self, id: int, plain: bool) -> LTESocket | None:
        """Give a connection in any state but initial, if it is of the kind wanted.

        @param plain: without SSL.
        """
        socket = self._sockets.get(id)
        return socket if socket is not None and (socket.kind is not Kind.SSL) is plain else None

    def create(
        self, id: int, pdp: int, context: int, mode: int, port: Port, host: str
    ) -> LTESocket:
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
        return self.add(LTESocket(module, Kind.SSL, id, pdp, mode, port, host, net, context))

    def stranger(self, id: int, context: int) -> LTESocket:
        """Take an id into use for a TLS connection that an earlier host has left."""
        return self.create(id, 1, context, BUFFER, self._module.port(), "stranger.example")

    def create_plain(
        self, kind: Kind, id: int, pdp: int, mode: int, port: Port, host: str, net: NetSocket
    ) -> LTESocket:
        """Take an id into use without SSL."""
        return self.add(LTESocket(self._module, kind, id, pdp, mode, port, host, net))

    def plain_stream(self) -> PlainSocket:
        """Make the network's side of a TCP connection."""
        module = self._module
        return PlainSocket(
            module.clock,
            module.network,
            receive_limit=module.settings.receive_limit,
            send_limit=module.settings.send_limit,
        )

    def accept(self, listener: LTESocket, address: str, remote: int) -> PlainWire | None:
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

    def release(self, socket: LTESocket) -> bool:
        """Give an id back; the last one of an SSL context releases that."""
        if not super().release(socket):
            return False
        if socket.kind is Kind.SSL:
            last = all(other.context != socket.context for other in self)
            if last and "release_resets_context" in self._module.quirks:
                self._module.contexts[socket.context].reset()
        return True

    def take(self, call: Call[Any], data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""
        id = call.integer(0, CLIENT_IDS)
        socket = self._sockets.get(id) if id is not None else None
        address, port = call.string(2), call.integer(3, PORTS)
        to = (address, port) if address is not None and port is not None else None
        return socket is not None and socket.send(data, to)

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
