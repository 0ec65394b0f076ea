"""What lies beneath TLS on the host: loaded with the first connect, because it loads TLS."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from .errors import SendFailed


class HostTLSProtocol(TLSMemoryBIOProtocol):
    """Knows an orderly end where TLS's own farewell finds nobody any more.

    A server that says C{close_notify} and closes does not take the answer to it.  That is no
    loss, if all that the application had written was sent before.
    """

    #: whether the server's name was not that of its certificate
    refused = False
    _wrote = False
    _ended_in_order = False

    def failVerification(self, reason: Failure) -> None:
        """Take note: Twisted calls the handshake complete all the same."""
        self.refused = True
        plain: Any = super()
        plain.failVerification(reason)

    def write(self, data: bytes) -> None:
        """Write what the application gives."""
        self._wrote = True
        plain: Any = super()
        plain.write(data)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, and see whether the server's end is among them."""
        beneath: Any = self.transport
        plain: Any = super()
        connection: Any = plain.getHandle()
        # what was written ahead of the handshake is sent with its end
        sent = connection.get_finished() is not None and beneath.take(1) == b""
        self._wrote = False
        plain.dataReceived(data)
        if sent and not self._wrote and connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
            self._ended_in_order = True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        if self._ended_in_order and reason.check(SendFailed):
            reason = Failure(ConnectionDone())
        plain: Any = super()
        plain.connectionLost(reason)


class HostTLSFactory(TLSMemoryBIOFactory):
    """Gives no protocol where the application's factory gives none, as others do."""

    protocol = HostTLSProtocol

    # Any: Twisted's annotation depends on its version
    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Make the protocols of a connection."""
        inner = self.wrappedFactory.buildProtocol(addr)
        protocol: Any = self.protocol
        return None if inner is None else protocol(self, inner)
