"""A bench in memory: an emulated module, a host that types, a TLS server, one clock."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import trustme
from OpenSSL import SSL, crypto
from OpenSSL.crypto import FILETYPE_PEM
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_quectel.emulator.faults import Fault
from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.memory import MemoryWire, connect_memory
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.module import LTEModule
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

HOST = "server.example"
PORT = 8883


class Authority:
    """A CA and one server certificate."""

    def __init__(self) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert(HOST, "220.180.239.212", key_type=trustme.KeyType.RSA)
        self.ca = authority.cert_pem.bytes()
        self.key = crypto.load_privatekey(FILETYPE_PEM, leaf.private_key_pem.bytes())
        self.certificate = crypto.load_certificate(FILETYPE_PEM, leaf.cert_chain_pems[0].bytes())


@cache
def authority() -> Authority:
    """Give the CA of all benches; making keys takes time."""
    return Authority()


@implementer(IOpenSSLServerConnectionCreator)
class ServerTLS:
    """The TLS of a server that takes whatever a module can do, TLS 1.0 and static RSA too."""

    def __init__(self) -> None:
        self.context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self.context.set_cipher_list(b"ALL:@SECLEVEL=0")
        self.context.set_min_proto_version(SSL.TLS1_VERSION)
        self.context.use_certificate(authority().certificate)
        self.context.use_privatekey(authority().key)

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Make a connection."""
        return SSL.Connection(self.context)


class Peer(Protocol):
    """One connection at the server."""

    def __init__(self) -> None:
        self.received = b""
        self.lost: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason

    def write(self, data: bytes) -> None:
        """Send to the module."""
        assert self.transport is not None
        self.transport.write(data)

    def close(self) -> None:
        """Close the connection."""
        assert self.transport is not None
        self.transport.loseConnection()


class Server(Factory):
    """Makes peers and remembers them."""

    noisy = False

    def __init__(self) -> None:
        self.peers: list[Peer] = []

    def buildProtocol(self, addr: object) -> Peer:
        peer = Peer()
        self.peers.append(peer)
        return peer


class Screen(Protocol):
    """A host that shows what the module says."""

    def __init__(self) -> None:
        self.shown = b""
        self.reads: list[bytes] = []
        self.lost: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        self.shown += data
        self.reads.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason

    def take(self) -> bytes:
        """Give what was shown since the last time."""
        shown, self.shown = self.shown, b""
        self.reads = []
        return shown


class Bench:
    """All of it.

    @ivar screen: what the module said on its first port.
    """

    def __init__(
        self,
        *,
        quirks: Iterable[str] = (),
        faults: Iterable[Fault] = (),
        link: Link = Link(),  # noqa: B008
        settings: ModuleSettings = ModuleSettings(),  # noqa: B008
        echo: bool = False,
        profile: str = "strict",
        serve: bool = True,
    ) -> None:
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock)
        self.server = Server()
        if serve:
            self.network.listen(
                HOST, PORT, TLSMemoryBIOFactory(ServerTLS(), False, self.server, self.clock)
            )
        self.module = LTEModule(
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

    def plug(self, name: str = "usbmodem") -> tuple[Screen, MemoryWire]:
        """Connect a host to a port."""
        screen = Screen()
        return screen, connect_memory(self.clock, self.module.port(name), screen)

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass; by default only as many turns as the line needs."""
        steps = [0.0, seconds]
        if self.module.link.baudrate is not None:  # what is said takes time itself
            steps = [0.001] * round(seconds / 0.001)
        for step in steps:
            self.clock.advance(step)
            for _ in range(60 if len(steps) == 2 else 4):
                self.clock.advance(0)

    def type(self, data: bytes, seconds: float = 0.0) -> bytes:
        """Send bytes and give what the module says to them."""
        self.wire.write(data)
        self.settle(seconds)
        return self.screen.take()

    def ok(self, *commands: str) -> None:
        """Type commands that all have to end in OK."""
        for command in commands:
            answer = self.type(command.encode("ascii") + b"\r")
            assert answer.endswith(b"\r\nOK\r\n"), (command, answer)

    def open(self, id: int = 4, mode: int = 0, context: int = 1) -> Peer:
        """Activate PDP context 1 where it is not, and open a connection."""
        if not self.module.pdp.active(1):
            self.ok("AT+QIACT=1")
        answer = self.type(f'AT+QSSLOPEN=1,{context},{id},"{HOST}",{PORT},{mode}\r'.encode("ascii"))
        expected = b"\r\nCONNECT\r\n" if mode == 2 else b"\r\nOK\r\n\r\n+QSSLOPEN: %d,0\r\n" % id
        assert answer == expected, answer
        return self.server.peers[-1]

    def kinds(self) -> list[VerdictKind]:
        """Give the kinds of the verdicts so far."""
        return [verdict.kind for verdict in self.module.verdicts]


def calls(clock: Any) -> list[Any]:
    """Give the delayed calls that are left on a clock."""
    return list(clock.getDelayedCalls())
