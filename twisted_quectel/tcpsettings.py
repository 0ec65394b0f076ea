"""What programs set on a TCP connection, and a module has no setting for."""

from __future__ import annotations


class TCPSettings:
    """The settings of C{ITCPTransport}, as a module has them."""

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
