"""A bench in memory: an emulated SIM5320, a host that types, TLS servers, one clock."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import trustme
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory

from tests.emulator.bench import Peer, Screen, Server
from tests.tlsservers import ServerOptions, options_for
from twisted_quectel.emulator import (
    Fault,
    Link,
    MemoryNetwork,
    MemoryWire,
    ModuleSettings,
    VerdictKind,
    connect_memory,
)
from twisted_quectel.emulator.sim52xx.module import SIM52xxModule

HOST = "server.example"
PORT = 443
#: Where there is a server without TLS.
PLAIN_PORT = 7


@cache
def authority() -> trustme.CA:
    """Give the CA of all benches; making keys takes time."""
    return trustme.CA()


@cache
def server_options(host: str = HOST) -> ServerOptions:
    """Give the TLS of a server that is in order."""
    return options_for(authority(), host)


def trusting(**values: Any) -> ModuleSettings:
    """Give the settings of a module whose firmware knows the CA."""
    return ModuleSettings(authorities=authority().cert_pem.bytes(), **values)


class Bench:
    """All of it.

    @ivar screen: what the module said on its first port.
    """

    def __init__(
        self,
        *,
        quirks: Iterable[str] = (),
        faults: Iterable[Fault] = (),
        link: Link = Link(),  # noqa: B008 - frozen
        settings: ModuleSettings | None = None,
        options: ServerOptions | None = None,
        profile: str = "strict",
        echo: bool = False,
        window: int = 65536,
    ) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock, window=window)
        self.server, self.plain = Server(), Server()
        self.network.listen(HOST, PORT, self.over_tls(options or server_options()))
        self.network.listen(HOST, PLAIN_PORT, self.plain)
        settings = settings or trusting()
        self.module = SIM52xxModule(
            self.clock,
            network=self.network,
            quirks=quirks,
            faults=faults,
            link=link,
            settings=settings,
            profile=profile,
        )
        self.screen, self.wire = self.plug()
        if not echo and settings.booted:
            self.type(b"ATE0\r")

    def over_tls(self, options: ServerOptions) -> TLSMemoryBIOFactory:
        """Put the server behind TLS."""
        return TLSMemoryBIOFactory(options, False, self.server, self.clock)

    def plug(self, name: str = "usbmodem") -> tuple[Screen, MemoryWire]:
        """Connect a host to a port."""
        screen = Screen()
        return screen, connect_memory(self.clock, self.module.port(name), screen)

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass; by default only as many turns as the line needs."""
        for step in (0.0, seconds):
            self.clock.advance(step)
            for _ in range(80):
                self.clock.advance(0)

    def type(self, data: bytes, seconds: float = 0.0) -> bytes:
        """Send bytes and give what the module says to them."""
        self.wire.write(data)
        self.settle(seconds)
        return self.screen.take()

    def say(self, command: str, seconds: float = 0.0) -> bytes:
        """Type a command line and give what the module says to it."""
        return self.type(command.encode("ascii") + b"\r", seconds)

    def ok(self, *commands: str) -> None:
        """Type commands that all have to end in OK."""
        for command in commands:
            answer = self.say(command)
            assert answer == b"\r\nOK\r\n", (command, answer)

    def open(self, id: int = 0) -> Peer:
        """Start common SSL where it is not, and open a session."""
        if self.module.stack.name != "SSL":
            self.ok("AT+CSSLSTART")
        self.ok(f'AT+CSSLOPEN={id},"{HOST}",{PORT}')
        return self.server.peers[-1]

    def https(self) -> Peer:
        """Start HTTPS and connect."""
        self.ok("AT+CHTTPSSTART", f'AT+CHTTPSOPSE="{HOST}",{PORT}')
        return self.server.peers[-1]

    def body(self, command: str, body: bytes) -> bytes:
        """Type a send and its body; give what is said behind the body."""
        prompt = self.say(command)
        assert prompt == b"\r\n>", (command, prompt)
        return self.type(body)

    def kinds(self) -> list[VerdictKind]:
        """Give the kinds of the verdicts so far."""
        return [verdict.kind for verdict in self.module.verdicts]

    def close(self) -> None:
        """Put everything away."""
        self.wire.unplug()
        self.module.close()
        for peer in [*self.server.peers, *self.plain.peers]:
            if peer.transport is not None and peer.lost is None:
                peer.close()
        self.settle(5)
