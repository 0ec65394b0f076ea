"""A bench for the TLS side of the emulated module, in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from twisted.internet.task import Clock

from tests.tlsservers import NOW, Echo, Recorder, Server, ServerOptions, make_ca, options_for
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.securesocket import SecureSocket
from twisted_quectel.emulator.tls import TLSContextCache, TLSSettings

HOST = "server.example"
CA = make_ca()


class Owner:
    """Owns a socket and notes what it is told.

    @ivar events: what was called, in order.
    """

    def __init__(self, bench: Bench, **limits: int) -> None:
        self.events: list[Any] = []
        self.socket = SecureSocket(
            bench.clock, bench.network, bench.contexts, lambda: bench.now, **limits
        )
        self.socket.on_opened = self.events.append
        self.socket.on_readable = lambda: self.events.append("readable")
        self.socket.on_closed = lambda: self.events.append("closed")
        self.socket.on_writable = lambda: self.events.append("writable")

    def take(self, n: int = 1 << 30) -> bytes:
        """Read what there is."""
        return self.socket.read(n)


class Bench:
    """A clock, a network, a module's contexts, and a server."""

    def __init__(
        self,
        protocol: type[Recorder] = Echo,
        options: ServerOptions | None = None,
        window: int = 65536,
    ) -> None:
        self.clock = Clock()
        self.now: datetime = NOW
        self.network = MemoryNetwork(self.clock, window=window)
        self.contexts = TLSContextCache()
        self.server = Server(protocol)
        self.options = options or options_for(CA, HOST)
        self.network.listen(HOST, 443, self.server.over_tls(self.options, self.clock))

    def open(
        self, settings: TLSSettings | None = None, host: str = HOST, port: int = 443, **limits: int
    ) -> Owner:
        """Open a socket; what comes of it has come when this returns."""
        owner = self.begin(settings, host, port, **limits)
        self.clock.advance(0)
        return owner

    def begin(
        self, settings: TLSSettings | None = None, host: str = HOST, port: int = 443, **limits: int
    ) -> Owner:
        """Call open() and nothing more."""
        owner = Owner(self, **limits)
        owner.socket.open(
            host, port, settings or TLSSettings(), connect_timeout=150, negotiate_timeout=300
        )
        return owner
