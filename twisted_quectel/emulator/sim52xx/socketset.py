"""All connections of a SIM52xx module.

The stacks exclude each other (SIM52xx SSL Application Note v0.01, chapter 7), so that one set
of ids serves them all: sessions 0 and 1, links 0 to 9, and 0 for the HTTPS stack's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...tables.sim52xx import CONNECT_TIMEOUT
from ..kinds import Kind
from ..sockets import BUFFER, PUSH, TRANSPARENT
from ..socketset import SocketSet
from .httpssocket import HTTPSSocket
from .sockets import Link, SIMSocket, SSLSession
from .wires import AlertingSocket, LinkSocket

if TYPE_CHECKING:
    from ..commands import Call
    from ..port import Port
    from .module import SIM52xxModule


class SIMSockets(SocketSet[SIMSocket]):
    """All connections of a module."""

    def __init__(self, module: SIM52xxModule) -> None:
        super().__init__(module)
        self._module = module

    def _secure(self, inspects: bool) -> AlertingSocket:
        module = self._module
        return AlertingSocket(
            module.clock,
            module.network,
            module.trust,
            module.now,
            inspects=inspects,
            receive_limit=module.settings.receive_limit,
            send_limit=module.settings.send_limit,
            connect_timeout=min(CONNECT_TIMEOUT, module.settings.connect_timeout),
        )

    def session(self, id: int) -> SSLSession | None:
        """Give a session of common SSL."""
        socket = self.get(id)
        return socket if isinstance(socket, SSLSession) else None

    def https(self) -> HTTPSSocket | None:
        """Give the connection of the HTTPS stack."""
        socket = self.get(0)
        return socket if isinstance(socket, HTTPSSocket) else None

    def link(self, id: int) -> Link | None:
        """Give a connection without TLS."""
        socket = self.get(id)
        return socket if isinstance(socket, Link) else None

    def create_session(self, id: int, transparent: bool, port: Port, host: str) -> SSLSession:
        """Take a session into use."""
        mode = TRANSPARENT if transparent else PUSH
        session = SSLSession(self._module, id, mode, port, host, self._secure(inspects=True))
        self.add(session)
        return session

    def create_https(self, port: Port, host: str) -> HTTPSSocket:
        """Make the connection of the HTTPS stack, whose certificates nobody looks at."""
        socket = HTTPSSocket(self._module, port, host, self._secure(inspects=False))
        self.add(socket)
        return socket

    def create_link(self, id: int, pushes: bool, port: Port, host: str) -> Link:
        """Take a link into use."""
        module = self._module
        net = LinkSocket(
            module.clock,
            module.network,
            receive_limit=module.settings.receive_limit,
            send_limit=module.settings.send_limit,
        )
        link = Link(module, Kind.TCP, id, 1, PUSH if pushes else BUFFER, port, host, net)
        self.add(link)
        return link

    def push(self) -> None:
        """Let the connections push, then whatever else has data to tell."""
        super().push()
        self._module.outlets.push()

    def take(self, call: Call[Any], data: bytes) -> bool:
        """Take the body of a send whose answer says otherwise."""
        id = self._module.grammar.id_of(call)
        socket = None if id is None else self.get(id)
        return socket is not None and socket.send(data)

    async def close_all(self, timeout: float) -> None:
        """Close every connection in order."""
        for socket in self:
            await socket.close(timeout)
            self.release(socket)
