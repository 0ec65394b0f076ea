"""The factory beneath TLS on the host: loaded with the first connect, because it loads TLS."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.protocols.tls import TLSMemoryBIOFactory


class HostTLSFactory(TLSMemoryBIOFactory):
    """Gives no protocol where the application's factory gives none, as others do."""

    # Any: Twisted's annotation depends on its version
    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Make the protocols of a connection."""
        inner = self.wrappedFactory.buildProtocol(addr)
        return None if inner is None else self.protocol(self, inner)
