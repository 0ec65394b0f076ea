"""What programs ask of a TCP connection and set on it, and a module has no command for."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress

from .alerts import CSSLAlert
from .families import Acknowledged
from .modem.interfaces import ModuleSocket


class TCPSettings:
    """The addresses and settings of C{ITCPTransport}, as a module has them."""

    #: whether the connection is open
    connected: bool

    def __init__(self, socket: ModuleSocket, peer: IAddress, host: IAddress) -> None:
        self._socket = socket
        self._peer = peer
        self._host = host

    def acknowledged(self) -> Deferred[Acknowledged]:
        """Ask the module what of the bytes that it has sent the peer has acknowledged.

        What is still in the buffer of the transport counts as neither.  TCP/IP Application
        Note, C{AT+QISEND} with a length of 0; modules tell it of TCP without TLS.

        @return: fails with L{UnsupportedOperation<twisted_quectel.errors.UnsupportedOperation>}
            where the module cannot tell, with C{ConnectionDone} behind the end.
        """
        return self._socket.acknowledged() if self.connected else fail(ConnectionDone())

    @property
    def alerts(self) -> CSSLAlert:
        """The alerts of the module that were let pass when it was opened (C{allowAlerts})."""
        return CSSLAlert(self._socket.alerts)

    # Any: ITCPTransport is annotated with literal addresses only, and ours may be a name
    def getPeer(self) -> Any:
        """Give the server's address as it was asked for; the module is not asked."""
        return self._peer

    def getHost(self) -> Any:
        """Give the module's address, as far as it is known."""
        return self._host

    def getTcpNoDelay(self) -> bool:
        """The module sends each block at once."""
        return True

    def setTcpNoDelay(self, enabled: bool) -> None:
        """The module has no such setting."""

    def getTcpKeepAlive(self) -> bool:
        """The module has no such setting."""
        return False

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """The module has no such setting."""
