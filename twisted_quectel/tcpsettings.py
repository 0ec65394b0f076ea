"""What programs ask of a TCP connection and set on it, and a module has no command for."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress


class TCPSettings:
    """The addresses and settings of C{ITCPTransport}, as a module has them."""

    def __init__(self, peer: IAddress, host: IAddress) -> None:
        self._peer = peer
        self._host = host

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
