"""A bench in memory: an emulated BC660K-GL, a host that types, servers, one clock."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import trustme
from OpenSSL import SSL, crypto
from OpenSSL.crypto import FILETYPE_PEM
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_quectel.emulator.faults import Fault
from twisted_quectel.emulator.link import Link
from twisted_quectel.emulator.memory import MemoryWire, connect_memory
from twisted_quectel.emulator.memorynetwork import MemoryNetwork
from twisted_quectel.emulator.nbiot.module import NBIoTModule
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import Peer, Screen, Server

HOST = "hf.quectel.com"
PORT = 8164
#: The kind of key that Table 2 has suites for.
RSA = trustme.KeyType.RSA


class Pair:
    """A certificate and its key.

    @ivar pem: the certificate, as text.
    @ivar key_pem: the key, as text.
    """

    def __init__(self, leaf: trustme.LeafCert) -> None:
        self.pem = leaf.cert_chain_pems[0].bytes()
        self.key_pem = leaf.private_key_pem.bytes()
        self.certificate = crypto.load_certificate(FILETYPE_PEM, self.pem)
        self.key = crypto.load_privatekey(FILETYPE_PEM, self.key_pem)


class Authority:
    """A CA, a server's certificate and a client's."""

    def __init__(self) -> None:
        self.authority = authority = trustme.CA()
        self.ca = authority.cert_pem.bytes()
        self.server = Pair(authority.issue_cert(HOST, key_type=RSA))
        self.client = Pair(authority.issue_cert("device.example", key_type=RSA))


def hold(peer: Peer, on: bool = True) -> None:
    """Have a peer read no more, or go on."""
    transport: Any = peer.transport
    if on:
        transport.pauseProducing()
    else:
        transport.resumeProducing()


@cache
def authority() -> Authority:
    """Give the CA of all benches; making keys takes time."""
    return Authority()


@cache
def stranger() -> Authority:
    """Give a CA that nobody knows."""
    return Authority()


@implementer(IOpenSSLServerConnectionCreator)
class ServerTLS:
    """The TLS of a server that asks for a certificate."""

    def __init__(
        self, ciphers: str = "ALL", version: int = SSL.TLS1_VERSION, client: bool = True
    ) -> None:
        """
        @param version: the lowest that it takes.
        @param client: whether it insists on a client's certificate.
        """
        self.context = context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_cipher_list(f"{ciphers}:@SECLEVEL=0".encode())
        context.set_min_proto_version(version)
        context.use_certificate(authority().server.certificate)
        context.use_privatekey(authority().server.key)
        if client:
            store = context.get_cert_store()
            assert store is not None
            store.add_cert(crypto.load_certificate(FILETYPE_PEM, authority().ca))
            mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
            context.set_verify(mode, lambda *args: bool(args[-1]))
        self.made: list[SSL.Connection] = []

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Make a connection."""
        self.made.append(SSL.Connection(self.context))
        return self.made[-1]


class Bench:
    """All of it.

    @ivar screen: what the module said.
    """

    def __init__(
        self,
        *,
        quirks: Iterable[str] = (),
        faults: Iterable[Fault] = (),
        link: Link = Link(),  # noqa: B008
        settings: ModuleSettings = ModuleSettings(),  # noqa: B008
        profile: str = "strict",
        tls: ServerTLS | None = None,
        echo: bool = False,
        awake: bool = True,
    ) -> None:
        """
        @param awake: whether the module's sleep is switched off first.
        """
        self.clock = Clock()
        self.network = MemoryNetwork(self.clock)
        self.server = Server()
        self.tls = tls or ServerTLS(client=False)
        self.network.listen(
            HOST, PORT, TLSMemoryBIOFactory(self.tls, False, self.server, self.clock)
        )
        self.module = NBIoTModule(
            self.clock,
            network=self.network,
            quirks=quirks,
            faults=faults,
            link=link,
            settings=settings,
            profile=profile,
        )
        self.screen = Screen()
        self.wire: MemoryWire = connect_memory(self.clock, self.module.port(), self.screen)
        if not echo and settings.booted:
            self.type(b"ATE0\r")
        if awake and settings.booted:
            self.ok("AT+QSCLK=0")

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass; by default only as many turns as the line needs."""
        for step in (0.0, seconds):
            self.clock.advance(step)
            for _ in range(60):
                self.clock.advance(0)

    def type(self, data: bytes, seconds: float = 0.0) -> bytes:
        """Send bytes and give what the module says to them."""
        self.wire.write(data)
        self.settle(seconds)
        return self.screen.take()

    def say(self, command: str, seconds: float = 0.0) -> str:
        """Type a command, and give what the module says to it."""
        return self.type(command.encode("ascii") + b"\r", seconds).decode("latin-1")

    def ok(self, *commands: str) -> None:
        """Type commands that all have to be OK."""
        for command in commands:
            answer = self.say(command)
            assert "\r\nOK\r\n" in answer, (command, answer)

    def certificate(self, tag: str, content: bytes) -> None:
        """Type a certificate in."""
        assert self.say(f'AT+QSSLCFG=0,0,"{tag}"') == "\r\n> "
        expected = b'\r\n+QSSLCFG: 0,0,"%b",%d\r\n\r\nOK\r\n' % (tag.encode(), len(content))
        answer = self.type(content + b"\x1a")
        assert answer == expected, answer

    def provision(self, level: int) -> None:
        """Set a security level and what it needs."""
        self.ok(f'AT+QSSLCFG=0,0,"seclevel",{level}')
        if level:
            self.certificate("cacert", authority().ca)
        if level == 2:
            self.certificate("clientcert", authority().client.pem)
            self.certificate("clientkey", authority().client.key_pem)

    def result(self, host: str = HOST, port: int = PORT, seconds: float = 0.0) -> int:
        """Open the SSL connection and give the result."""
        answer = self.say(f'AT+QSSLOPEN=0,0,"{host}",{port},0', seconds)
        head, _, code = answer.rpartition("\r\n\r\n+QSSLOPEN: 0,0,")
        assert head == "\r\nOK", answer
        return int(code)

    def open(self) -> Peer:
        """Open the SSL connection."""
        assert self.result() == 0
        return self.server.peers[-1]

    def kinds(self) -> list[VerdictKind]:
        """Give the kinds of the verdicts so far."""
        return [verdict.kind for verdict in self.module.verdicts]

    def close(self) -> list[Any]:
        """Put all away, and give the delayed calls that are left."""
        self.wire.unplug()
        self.module.close()
        for peer in self.server.peers:
            if peer.transport is not None and peer.lost is None:
                peer.close()
        self.settle(1)
        return list(self.clock.getDelayedCalls())


class Case(SynchronousTestCase):
    """A bench that is put away."""

    def bench(self, **arguments: Any) -> Bench:
        """Make a bench."""
        bench = Bench(**arguments)
        self.addCleanup(lambda: self.assertEqual(bench.close(), []))
        return bench
