"""Datagrams on the reactor: ptys, UDP on loopback, a DNS server, C{openssl s_server}."""

from __future__ import annotations

import shutil
from typing import Any, ClassVar

from trustme import KeyType
from twisted.internet.defer import Deferred, fail, inlineCallbacks, succeed
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.protocol import DatagramProtocol, ProcessProtocol
from twisted.internet.task import deferLater
from twisted.names import dns
from twisted.names.client import Resolver
from twisted.names.common import ResolverBase
from twisted.names.error import DNSNameError, DomainError
from twisted.names.server import DNSServerFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest

from tests.datagrams.virtual import Address, Notes
from tests.dtlsservers import DTLSServer, OverUDP
from tests.endpoint.real import RealCase, reactor
from tests.tlsservers import make_ca
from twisted_quectel import Modem, ModemProfile, TLSProfile
from twisted_quectel.datagrams import listen_udp
from twisted_quectel.dtls import ModuleDTLSEndpoint
from twisted_quectel.errors import TLSOpenFailed

LOOPBACK = "127.0.0.1"
OPENSSL = shutil.which("openssl")


class Echo(DatagramProtocol):
    """Sends back what comes, and notes from where."""

    noisy = False

    def __init__(self) -> None:
        self.received: list[tuple[bytes, Address]] = []

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        self.received.append((datagram, addr))
        assert self.transport is not None
        self.transport.write(datagram, addr)


class Waiting(Notes):
    """Tells when so many datagrams have come."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[int, Deferred[None]]] = []

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        super().datagramReceived(datagram, addr)
        for count, deferred in list(self._waiting):
            if len(self.received) >= count and not deferred.called:
                deferred.callback(None)

    def when(self, count: int) -> Deferred[None]:
        """Wait for so many."""
        deferred: Deferred[None] = Deferred()
        self._waiting.append((count, deferred))
        return deferred


class RealDatagramCase(RealCase):
    """A module behind a pty, and real sockets.

    @ivar mode: C{push} or C{buffer}; L{None}: the default.
    @cvar model: what the module is.
    """

    model = "EC25"

    def modem_on_pty(self, **arguments: Any) -> Modem:
        """Make a module, and a modem on its pty."""
        arguments.setdefault("model", self.model)
        emulated = self.emulate(**arguments)
        profile = ModemProfile(
            name="pty", device=emulated.pty(), apn="internet", urc_port="usbmodem"
        )
        modem = Modem(reactor, profile)
        self.addCleanup(modem.close)
        return modem

    def udp(self, protocol: DatagramProtocol) -> int:
        """Open a socket of this machine; give its port."""
        port = reactor.listenUDP(0, protocol, interface=LOOPBACK, maxPacketSize=65536)
        self.addCleanup(port.stopListening)
        return int(port.getHost().port)


class UDPTests(RealDatagramCase):
    """UDP echo, over a pty and real sockets."""

    @inlineCallbacks
    def check_echo(self, mode: str | None) -> Any:
        """Datagrams of many sizes go to two servers, and come back from each."""
        modem = yield self.modem_on_pty().ready()
        servers = [Echo(), Echo()]
        ports = [self.udp(server) for server in servers]
        client = Waiting()
        port = listen_udp(modem, 0, client, mode=mode)
        sent = [
            (bytes([size % 256]) * size, (LOOPBACK, ports[size % 2]))
            for size in (1, 2, 20, 333, 512, 1023, 1024, 1400, 1459, 1460)
        ]
        for data, to in sent:
            client.transport.write(data, to)
        yield client.when(len(sent))
        self.assertCountEqual(client.received, sent)
        for server, number in zip(servers, ports, strict=True):
            self.assertEqual(
                [data for data, _ in server.received],
                [data for data, to in sent if to[1] == number],
            )
        # what the servers see is the port that the program sees
        seen = {source[1] for server in servers for _, source in server.received}
        self.assertEqual(seen, {port.getHost().port})
        yield port.stopListening()
        self.assertEqual(client.events, ["start", "stop"])

    def test_push(self) -> Any:
        """In push mode, which is the default."""
        return self.check_echo(None)

    def test_buffer(self) -> Any:
        """In buffer mode."""
        return self.check_echo("buffer")

    @inlineCallbacks
    def test_unplugged(self) -> Any:
        """When the device goes, the port is closed and the protocol stopped."""
        emulated = self.emulate()
        modem = Modem(reactor, ModemProfile(name="pty", device=emulated.pty(), urc_port="usbmodem"))
        self.addCleanup(modem.close)
        yield modem.ready()
        client = Waiting()
        port = listen_udp(modem, 0, client)
        stopped = port.when_stopped()
        for pty in emulated._ptys:
            pty.close()
        yield stopped
        self.assertEqual(client.events, ["start", "stop"])


class Names(ResolverBase):
    """The one zone of a DNS server."""

    def _lookup(self, name: bytes, cls: int, type: int, timeout: Any) -> Any:
        if name != b"host.example":
            return fail(DomainError(name))
        answer = dns.RRHeader(name, dns.A, ttl=60, payload=dns.Record_A("192.0.2.77"))
        return succeed(([answer], [], []))


class InterfaceShim:
    """What twisted.names wants of a reactor: time, and the module's UDP."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self.ports: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)

    def listenUDP(self, port: int, protocol: Any, interface: str = "") -> Any:
        """See C{IReactorUDP.listenUDP}."""
        self.ports.append(listen_udp(self._modem, port, protocol, interface))
        return self.ports[-1]


class NamesTests(RealDatagramCase):
    """C{twisted.names} over the module, against a real DNS server."""

    @inlineCallbacks
    def test_names(self) -> Any:
        """A name is resolved by the module's datagrams; one that there is not is an error."""
        modem = yield self.modem_on_pty().ready()
        factory = DNSServerFactory(clients=[Names()])
        factory.noisy = False
        server = self.udp(dns.DNSDatagramProtocol(factory, reactor))
        shim = InterfaceShim(modem)
        resolver = Resolver(servers=[(LOOPBACK, server)], reactor=shim)
        found = yield resolver.getHostByName("host.example", timeout=(10,))
        self.assertEqual(found, "192.0.2.77")
        missing = resolver.lookupAddress("nobody.example", timeout=(10,))
        yield self.assertFailure(missing, DNSNameError)
        self.assertEqual(len(shim.ports), 2)
        for port in shim.ports:
            yield port.stopListening()
            self.assertFalse(port.connected)


class OpenSSL(ProcessProtocol):
    """C{openssl s_server}, from its start to its end.

    @ivar said: what it has written.
    """

    def __init__(self) -> None:
        self.said = b""
        self.ended: Deferred[None] = Deferred()
        self._waiting: list[tuple[bytes, Deferred[None]]] = []

    def outReceived(self, data: bytes) -> None:
        self.said += data
        for text, deferred in list(self._waiting):
            if text in self.said and not deferred.called:
                deferred.callback(None)

    errReceived = outReceived

    def processEnded(self, reason: Failure) -> None:
        reason.trap(ProcessDone, ProcessTerminated)
        self.ended.callback(None)

    def when(self, text: bytes) -> Deferred[None]:
        """Wait until it has said something."""
        deferred: Deferred[None] = Deferred()
        self._waiting.append((text, deferred))
        self.outReceived(b"")
        return deferred

    def stop(self) -> Deferred[None]:
        """End it."""
        if not self.ended.called:
            assert self.transport is not None
            self.transport.signalProcess("KILL")
        return self.ended


class OpenSSLTests(RealDatagramCase):
    """DTLS against C{openssl s_server}."""

    key_type = KeyType.ECDSA
    longest = 1459
    modes: ClassVar[tuple[str | None, ...]] = (None, "buffer")
    wrong_ca = 566

    @inlineCallbacks
    def start_server(self, *arguments: str, names: tuple[str, ...] = ("localhost",)) -> Any:
        """Start a server; give it and its port."""
        if OPENSSL is None:
            raise SkipTest("there is no openssl here")
        leaf = self.ca.issue_cert(*names, key_type=self.key_type)
        chain = b"".join(pem.bytes() for pem in leaf.cert_chain_pems)
        cert = self.write("server.pem", chain)
        key = self.write("server-key.pem", leaf.private_key_pem.bytes())
        free = reactor.listenUDP(0, DatagramProtocol(), interface=LOOPBACK)
        number = free.getHost().port
        yield free.stopListening()
        server = OpenSSL()
        command = ["openssl", "s_server", "-accept", f"{LOOPBACK}:{number}", "-cert", cert, "-key",
                   key, *arguments]  # fmt: skip
        reactor.spawnProcess(server, OPENSSL, command, env=None)
        self.addCleanup(server.stop)
        yield server.when(b"ACCEPT")
        return server, number

    def dtls(self, modem: Modem, port: int, **arguments: Any) -> ModuleDTLSEndpoint:
        """Make an endpoint to it."""
        tls = {"dtls": True, "cacert": self.ca_path, **arguments.pop("tls", {})}
        return ModuleDTLSEndpoint(modem, "localhost", port, tls=TLSProfile(**tls), **arguments)

    @inlineCallbacks
    def check_exchange(self, server: OpenSSL, modem: Modem, port: int, **arguments: Any) -> Any:
        """Connect, and have datagrams go both ways."""
        client = yield self.dtls(modem, port, **arguments).connect(Waiting())
        # each comes out of the server as it is; what is typed there is one datagram
        for count, line in enumerate((b"first", b"x" * self.longest, b"", b"last"), 1):
            client.transport.write(b"c%d:" % count + line[3:] + b"\n")
            yield server.when(b"c%d:" % count + line[3:] + b"\n")
            assert server.transport is not None
            server.transport.write(b"s" + line + b"\n"[len(line) // self.longest :])
            yield client.when(count)
            expected = b"s" + line + b"\n"[len(line) // self.longest :]
            self.assertEqual(client.received[-1], (expected, ("localhost", port)))
        yield client.transport.stopListening()
        self.assertEqual(client.events, ["start", "stop"])

    @inlineCallbacks
    def test_version_1_2(self) -> Any:
        """DTLS 1.2, in push mode and in buffer mode, one connection behind the other."""
        modem = self.modem_on_pty(hosts={"localhost": LOOPBACK})
        for mode in self.modes:
            server, port = yield self.start_server("-dtls1_2")
            yield self.check_exchange(server, modem, port, mode=mode)
            yield server.stop()

    @inlineCallbacks
    def test_version_1_0(self) -> Any:
        """DTLS 1.0, which OpenSSL still has at security level 0."""
        server, port = yield self.start_server("-dtls1", "-cipher", "ALL:@SECLEVEL=0")
        modem = self.modem_on_pty(hosts={"localhost": LOOPBACK})
        yield self.check_exchange(server, modem, port, tls={"dtls_version": "1.0"})

    @inlineCallbacks
    def test_client_certificate(self) -> Any:
        """A server that asks for a client's certificate gets it, and verifies it."""
        server, port = yield self.start_server(
            "-dtls", "-Verify", "2", "-verify_return_error", "-CAfile", self.ca_path
        )
        leaf = self.ca.issue_cert("client.example")
        tls = {
            "client_cert": self.write("client.pem", leaf.cert_chain_pems[0].bytes()),
            "client_key": self.write("client-key.pem", leaf.private_key_pem.bytes()),
        }
        modem = self.modem_on_pty(hosts={"localhost": LOOPBACK})
        yield self.check_exchange(server, modem, port, tls=tls)
        self.assertIn(b"verify return:1", server.said)

    @inlineCallbacks
    def test_wrong_ca(self) -> Any:
        """A server of another CA is refused."""
        _, port = yield self.start_server("-dtls")
        other = self.write("other.pem", make_ca().cert_pem.bytes())
        modem = self.modem_on_pty(hosts={"localhost": LOOPBACK})
        connecting = self.dtls(modem, port, tls={"cacert": other}).connect(Waiting())
        problem = yield self.assertFailure(connecting, TLSOpenFailed)
        self.assertEqual(problem.code, self.wrong_ca)

    @inlineCallbacks
    def test_cookies(self) -> Any:
        """A server that first asks for a cookie (RFC 6347 chapter 4.2.1) is answered."""
        server, port = yield self.start_server("-dtls", "-listen")
        modem = self.modem_on_pty(hosts={"localhost": LOOPBACK})
        yield self.check_exchange(server, modem, port)


class NBIoTOpenSSLTests(OpenSSLTests):
    """The same from an NB-IoT module, whose suites want an RSA key and whose sends are shorter."""

    model = "BC660K-GL"
    key_type = KeyType.RSA
    longest = 1023
    modes = (None,)
    wrong_ca = -3


class LossTests(RealDatagramCase):
    """Handshakes over a network that loses datagrams."""

    @inlineCallbacks
    def test_hello_lost(self) -> Any:
        """A hello that is lost is sent again by OpenSSL's own time, about one second."""
        server = DTLSServer(self.ca, "localhost")
        server.lose = 1
        port = self.udp(OverUDP(server))
        modem = self.modem_on_pty(hosts={"localhost": LOOPBACK})
        yield modem.ready()
        tls = TLSProfile(dtls=True, cacert=self.ca_path)
        client = yield ModuleDTLSEndpoint(modem, "localhost", port, tls=tls).connect(Waiting())
        client.transport.write(b"there")
        yield client.when(1)
        self.assertEqual(server.lose, 0)
        self.assertEqual(client.data, [b"there"])
        yield client.transport.stopListening()
        yield deferLater(reactor, 0, lambda: None)
