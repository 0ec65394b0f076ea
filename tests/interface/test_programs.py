"""Programs that take a reactor, with the interface in its place."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.application.internet import ClientService
from twisted.conch.avatar import ConchUser
from twisted.conch.checkers import InMemorySSHKeyDB, SSHPublicKeyChecker
from twisted.conch.client.knownhosts import KnownHostsFile
from twisted.conch.endpoints import SSHCommandClientEndpoint
from twisted.conch.interfaces import ISession
from twisted.conch.ssh.factory import SSHFactory
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.session import SSHSession, wrapProtocol
from twisted.cred.portal import IRealm, Portal
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import DNSLookupError
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.filepath import FilePath
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, readBody
from twisted.web.resource import Resource
from twisted.web.server import Request, Site
from zope.interface import implementer

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import HOST, PORT, factory_for
from tests.interface.bench import InterfaceCase
from tests.tlsservers import options_for
from twisted_quectel import ModemInterface

PAGE = bytes(range(256)) * 200


class Page(Resource):
    """Gives a page."""

    isLeaf = True

    def render_GET(self, request: Request) -> bytes:
        """Give it."""
        return PAGE


class Shouts(Protocol):
    """What a command on the server does: it says in capitals what it is told, once."""

    transport: Any

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data.upper())
        self.transport.loseConnection()


@implementer(ISession)
class Shell:
    """Executes one command."""

    def __init__(self, avatar: Any) -> None:
        self.commands = avatar.commands

    def execCommand(self, proto: Any, command: bytes) -> None:
        """Do it."""
        self.commands.append(command)
        shouts = Shouts()
        shouts.makeConnection(proto)
        transport: Any = wrapProtocol(shouts)
        proto.makeConnection(transport)

    def getPty(self, term: Any, windowSize: Any, modes: Any) -> None:
        """There is none."""

    def openShell(self, proto: Any) -> None:
        """There is none."""

    def windowChanged(self, newWindowSize: Any) -> None:
        """There is none."""

    def eofReceived(self) -> None:
        """It is done then anyway."""

    def closed(self) -> None:
        """It is done then anyway."""


class User(ConchUser):
    """A user of the server."""

    def __init__(self, commands: list[bytes]) -> None:
        super().__init__()
        self.commands = commands
        self.channelLookup[b"session"] = SSHSession
        self.session = Shell(self)

    def __conform__(self, interface: Any) -> Any:
        return self.session if interface is ISession else None


@implementer(IRealm)
class Realm:
    """Knows one user."""

    def __init__(self) -> None:
        self.commands: list[bytes] = []

    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Any:
        """Give it."""
        return interfaces[0], User(self.commands), lambda: None


def new_key() -> Key:
    """Make a key of SSH."""
    return Key(Ed25519PrivateKey.generate())


class RealPrograms(RealCase):
    """Over a pty, to servers on loopback."""

    def interface(self) -> ModemInterface:
        """Make one."""
        emulated = self.emulate()
        modem = emulated.modem()
        self.addCleanup(modem.close)
        return ModemInterface(modem)


class SSHTests(RealPrograms):
    """conch."""

    async def test_command(self) -> None:
        """SSHCommandClientEndpoint with the interface as its reactor: a command on a server."""
        server_key, user_key = new_key(), new_key()
        realm = Realm()
        keys = InMemorySSHKeyDB({b"me": [user_key.public()]})
        portal = Portal(realm, [SSHPublicKeyChecker(keys)])
        known: Any = KnownHostsFile(FilePath(self.mktemp()))
        known.addHostKey(self.name.encode(), server_key.public())
        known.addHostKey(b"127.0.0.1", server_key.public())
        server: Any = SSHFactory()
        server.portal = portal
        server.publicKeys = {server_key.sshType(): server_key.public()}
        server.privateKeys = {server_key.sshType(): server_key}
        server.noisy = False
        port = self.listen(server)
        interface = self.interface()
        never_asked: Any = object()
        endpoint: Any = SSHCommandClientEndpoint.newConnection(
            interface,
            b"shout",
            b"me",
            self.name.encode(),
            port,
            keys=[user_key],
            knownHosts=known,
            ui=never_asked,
        )
        peer: Any = await endpoint.connect(factory_for(Peer))
        received = peer.when_received(11)
        peer.transport.write(b"hello world")
        await received
        self.assertEqual(bytes(peer.received), b"HELLO WORLD")
        await peer.when_lost
        self.assertEqual(realm.commands, [b"shout"])
        await interface.modem.close()


class AgentTests(RealPrograms):
    """twisted.web."""

    def serve_page(self, ca: Any) -> int:
        """Serve a page over TLS."""
        site: Any = Site(Page())
        site.noisy = False
        leaf = options_for(ca, self.name)
        return self.listen(_over_tls(leaf, site))

    async def test_https(self) -> None:
        """Agent(interface): the module's names and TCP, the host's TLS, verified."""
        port = self.serve_page(self.ca)
        root = trustRootFromCertificates([Certificate.loadPEM(self.ca.cert_pem.bytes())])
        agent = Agent(self.interface(), BrowserLikePolicyForHTTPS(root))
        url = f"https://{self.name}:{port}/".encode()
        response: Any = await agent.request(b"GET", url)
        self.assertEqual(response.code, 200)
        self.assertEqual(await readBody(response), PAGE)

    async def test_unknown_name(self) -> None:
        """A name that nobody knows is a DNSLookupError."""
        agent = Agent(self.interface())
        with self.assertRaises(DNSLookupError):
            await agent.request(b"GET", b"http://nobody.invalid/")


class ServiceTests(InterfaceCase):
    """ClientService."""

    def test_restart(self) -> None:
        """It comes back by itself behind a restart of the module, over a name."""
        serving = self.plain(Echo)
        interface = self.ready()
        made: list[Peer] = []

        def make() -> Peer:
            made.append(Peer())
            return made[-1]

        endpoint = HostnameEndpoint(interface, HOST, PORT)
        service = ClientService(endpoint, factory_for(make), clock=interface)
        service.startService()
        self.until(lambda: made)
        self.settle()
        self.emulated.module.restart()
        self.until(lambda: len(made) > 1, 300.0)
        self.settle()
        received = made[-1].when_received(5)
        made[-1].transport.write(b"again")
        self.result_of(received)
        self.assertEqual(bytes(made[-1].received), b"again")
        self.assertEqual(len(made[0].reasons), 1)
        self.assertGreaterEqual(len(serving.peers), 2)
        stopped = service.stopService()
        self.until(lambda: stopped.called)
        self.settle(1.0)


def _over_tls(options: Any, site: Any) -> Any:
    """Give a factory that speaks TLS around another one."""
    return TLSMemoryBIOFactory(options, False, site, reactor)
