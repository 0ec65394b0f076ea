"""C{trust=discover}: the root that the host has verified a server by is the module's CA."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import trustme
from OpenSSL import SSL
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectionDone
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import der
from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.test_autotls import Warnings
from tests.endpoint.virtual import HOST, PORT, VirtualCase, factory_for
from tests.tlsservers import ServerOptions, make_ca, options_for
from twisted_quectel import (
    HostTLSFailed,
    InvalidValue,
    ModemDNSError,
    ModuleTLSEndpoint,
    TLSOpenFailed,
    TLSProfile,
)
from twisted_quectel.discovering import DiscoveringEndpoint
from twisted_quectel.pem import PEM, load_certificates, rewrap
from twisted_quectel.remembered import Remembered, remembered, roots_folder
from twisted_quectel.tlsways import UNKNOWN_ROOT


def trust_system(case: Any, *authorities: trustme.CA) -> None:
    """Have the system trust certain CAs and no others, as far as OpenSSL is concerned."""
    path = os.path.abspath(str(case.mktemp()) + "-system.pem")
    Path(path).write_bytes(b"".join(each.cert_pem.bytes() for each in authorities))
    before = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}

    def put(values: dict[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    case.addCleanup(put, before)
    put({"SSL_CERT_FILE": path, "SSL_CERT_DIR": "/nonexistent"})


def pem(authority: trustme.CA) -> PEM:
    """Give a CA's certificate as it goes to the module."""
    return PEM(rewrap(b"CERTIFICATE", der(authority.cert_pem.bytes())), "")


class DiscoverTests(VirtualCase):
    """A connect that finds the root out."""

    def setUp(self) -> None:
        super().setUp()
        trust_system(self, self.ca)
        self.roots = Remembered(Path(self.mktemp()).absolute())
        self.connections = 0

    def again(self) -> None:
        """Begin anew as another process does."""
        self.roots = Remembered(self.roots.folder)

    def serve(self, *arguments: Any, **options: Any) -> Any:
        """Start a server in the place of the one that there was."""
        self.network = type(self.network)(self.clock)
        return super().serve(*arguments, **options)

    def discovering(self, emulated: Any, timeout: float = 60.0) -> DiscoveringEndpoint:
        """Make the endpoint."""
        modem = emulated.modem()
        self.tried: list[TLSProfile] = []

        def module(seconds: float, tls: TLSProfile) -> ModuleTLSEndpoint:
            self.tried.append(tls)
            return ModuleTLSEndpoint(modem, HOST, PORT, tls, self.mode, timeout=seconds)

        profile = TLSProfile(cacert=UNKNOWN_ROOT)
        return DiscoveringEndpoint(modem, HOST, PORT, profile, module, timeout, roots=self.roots)

    def echo(self, emulated: Any) -> None:
        """Connect, have bytes come back, and close."""
        endpoint = self.discovering(emulated)
        client = self.result_of(endpoint.connect(factory_for(Peer)))
        client.transport.write(b"hello")
        self.result_of(client.when_received(5))
        client.transport.loseConnection()
        self.assertIsInstance(self.end_of(client), ConnectionDone)

    def test_found(self) -> None:
        """The root of the system's store goes to the module, and is remembered in a file."""
        serving = self.serve(Echo)
        emulated = self.emulate()
        self.echo(emulated)
        # two handshakes on the host, one of the module
        self.assertEqual(len(serving.peers), 3)
        root = load_certificates("cacert", self.ca_path)[0]
        self.assertEqual([each.cacert for each in self.tried], [root])
        path = self.roots.path(HOST, PORT)
        self.assertEqual(path.name, f"{HOST}:{PORT}.pem")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(load_certificates("x", path)[0], root)
        self.assertEqual(os.listdir(path.parent), [path.name])
        for _ in range(2):
            self.echo(emulated)
            self.again()
        self.assertEqual(len(serving.peers), 5)
        self.assertIn(HOST, repr(self.discovering(emulated)))

    def test_sent_root(self) -> None:
        """What a server sends is no root, however it is signed: nothing is trusted on first use."""
        stranger = make_ca()
        leaf = stranger.issue_cert(HOST)
        chain = leaf.cert_chain_pems[0].bytes() + stranger.cert_pem.bytes()
        serving = self.serve(Echo, ServerOptions(chain, leaf.private_key_pem.bytes()))
        connecting = self.discovering(self.emulate()).connect(factory_for(Peer))
        problem = self.refused(connecting, HostTLSFailed)
        self.one_line(problem, "does not verify")
        self.assertEqual(self.tried, [])
        self.assertIsNone(self.roots.root(HOST, PORT))
        self.assertFalse(self.roots.path(HOST, PORT).exists())
        self.assertEqual([bytes(peer.received) for peer in serving.peers], [b""])

    def test_wrong_name(self) -> None:
        """A certificate for another name is refused, although its CA is trusted."""
        self.serve(Echo, options_for(self.ca, "other.example"))
        connecting = self.discovering(self.emulate()).connect(factory_for(Peer))
        self.one_line(self.refused(connecting, HostTLSFailed), "another name")
        self.assertEqual(self.tried, [])
        self.assertIsNone(self.roots.root(HOST, PORT))

    def test_changed(self) -> None:
        """A server with a certificate of another CA is verified anew, by the host."""
        self.serve(Echo)
        self.echo(self.emulate())
        new = make_ca()
        trust_system(self, self.ca, new)
        self.serve(Echo, options_for(new, HOST))
        self.echo(self.emulate())
        roots = [pem(each) for each in (self.ca, new)]
        self.assertEqual([each.cacert for each in self.tried], roots)
        self.again()
        self.assertEqual(self.roots.root(HOST, PORT), roots[1])

    def test_impostor(self) -> None:
        """A remembered root protects: an impostor is refused by the module and by the host."""
        self.serve(Echo)
        self.echo(self.emulate())
        self.serve(Echo, options_for(make_ca(), HOST))
        connecting = self.discovering(self.emulate()).connect(factory_for(Peer))
        self.refused(connecting, HostTLSFailed)
        self.assertEqual(len(self.tried), 1)
        self.assertEqual(self.roots.root(HOST, PORT), pem(self.ca))

    def test_other_reason(self) -> None:
        """A failure that another root does not cure is the module's."""
        self.serve(Echo)
        self.echo(self.emulate())
        self.serve(Echo, options_for(self.ca, HOST, lowest=SSL.TLS1_3_VERSION))
        connecting = self.discovering(self.emulate()).connect(factory_for(Peer))
        self.one_line(self.refused(connecting, TLSOpenFailed), "TLS 1.3")
        self.assertEqual(len(self.tried), 1)

    def test_old_server(self) -> None:
        """A server that the host would not talk to by itself, but the module can, is verified."""
        self.serve(Echo, options_for(self.ca, HOST, highest=SSL.TLS1_1_VERSION))
        connecting = self.discovering(self.emulate()).connect(factory_for(Peer))
        # the module is told TLS 1.2 only; its root is known all the same
        self.refused(connecting, TLSOpenFailed)
        self.assertIsNotNone(self.roots.root(HOST, PORT))

    def test_unreachable(self) -> None:
        """A server that cannot be reached is no matter of trust."""
        connecting = self.discovering(self.emulate()).connect(factory_for(Peer))
        self.refused(connecting, ModemDNSError)

    def test_host_name(self) -> None:
        """A name that no certificate can be for is refused at once."""
        modem = self.emulate().modem()
        error = self.assertRaises(
            InvalidValue,
            DiscoveringEndpoint,
            modem,
            "a_b.example",
            PORT,
            TLSProfile(cacert=UNKNOWN_ROOT),
            lambda seconds, tls: None,
            60.0,
        )
        self.assertTrue(str(error).startswith("host: "), error)


class RememberedTests(SynchronousTestCase):
    """The files."""

    def setUp(self) -> None:
        self.roots = Remembered(Path(self.mktemp()).absolute() / "roots")
        self.root = pem(make_ca())
        seen = Warnings("root")
        self.warnings = seen.said
        globalLogPublisher.addObserver(seen)
        self.addCleanup(globalLogPublisher.removeObserver, seen)

    def test_key(self) -> None:
        """Case and a dot at the end are the same server; another port is another one."""
        self.roots.remember("A.Example.", 443, self.root)
        self.assertEqual(self.roots.root("a.example", 443), self.root)
        self.assertIsNone(self.roots.root("a.example", 444))
        long = ".".join(["a" * 60] * 4)
        self.roots.remember(long, 1, self.root)
        self.roots.forget()
        self.assertEqual(self.roots.root(long, 1), self.root)
        self.roots.remember("2001:db8::1", 1, self.root)
        self.roots.forget()
        self.assertEqual(self.roots.root("2001:db8::1", 1), self.root)

    def test_distrusted(self) -> None:
        """A file that others can write, that is none, or that is damaged does not count."""
        assert self.roots.folder is not None
        self.roots.remember("a", 1, self.root)
        path = self.roots.path("a", 1)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        path.chmod(0o622)
        self.roots.forget()
        self.assertIsNone(self.roots.root("a", 1))
        self.assertIn("chmod 600", self.warnings[-1])
        path.chmod(0o600)
        path.write_bytes(b"nothing")
        self.assertIsNone(self.roots.root("a", 1))
        target = path.rename(path.with_name("elsewhere"))
        target.write_bytes(self.root.data)
        path.symlink_to(target)
        self.assertIsNone(self.roots.root("a", 1))
        self.assertEqual(len(self.warnings), 3)
        # a discovery puts all that right
        self.roots.remember("a", 1, self.root)
        self.roots.forget()
        self.assertEqual(self.roots.root("a", 1), self.root)
        self.assertFalse(path.is_symlink())

    def test_nowhere(self) -> None:
        """Where nothing can be written it is remembered in the process, and said."""
        assert self.roots.folder is not None
        self.roots.folder.parent.mkdir(exist_ok=True)
        self.roots.folder.write_bytes(b"")
        self.roots.remember("a", 1, self.root)
        self.assertEqual(self.roots.root("a", 1), self.root)
        self.assertIn("in this process only", self.warnings[-1])

    def test_half_written(self) -> None:
        """A disk that is full leaves the file as it was, and nothing beside it."""
        self.roots.remember("a", 1, self.root)

        def full(fd: int) -> None:
            raise OSError(28, "No space left on device")

        self.patch(os, "fsync", full)
        self.roots.remember("a", 1, pem(make_ca()))
        self.roots.forget()
        self.assertEqual(self.roots.root("a", 1), self.root)
        path = self.roots.path("a", 1)
        self.assertEqual(os.listdir(path.parent), [path.name])

    def test_place(self) -> None:
        """The user's data folder; relative paths are ignored, as the specification has it."""
        home = Path("/home/x")
        self.assertEqual(
            roots_folder({"HOME": str(home)}), home / ".local/share/twisted-quectel/roots"
        )
        self.assertEqual(
            roots_folder({"HOME": str(home), "XDG_DATA_HOME": "data"}),
            home / ".local/share/twisted-quectel/roots",
        )
        self.assertEqual(
            roots_folder({"XDG_DATA_HOME": "/data"}), Path("/data/twisted-quectel/roots")
        )


class RealDiscoverTests(RealCase):
    """The endpoint string."""

    def setUp(self) -> None:
        super().setUp()
        trust_system(self, self.ca)
        self.patch(remembered, "folder", Path(self.mktemp()).absolute())
        self.patch(remembered, "_roots", {})

    async def connected(self, string: str) -> Any:
        """Connect by a string, have bytes come back, close; give the transport."""
        endpoint: Any = clientFromString(reactor, string)
        self.addCleanup(endpoint.modem.close)
        client = await endpoint.connect(factory_for(Peer))
        client.transport.write(b"hello")
        await client.when_received(5)
        client.transport.loseConnection()
        await client.when_lost
        return client.transport

    async def test_string(self) -> None:
        """C{trust=discover} connects by the module; with C{tls=auto} by the host if need be."""
        _, port = self.serve(Echo)
        device = self.device_arguments()
        transport = await self.connected(self.string(port, device, cacert=None, trust="discover"))
        self.assertFalse(hasattr(transport, "getPeerCertificate"))
        self.assertTrue(remembered.path(self.name, port).exists())
        newest = options_for(self.ca, self.name, lowest=SSL.TLS1_3_VERSION)
        _, port = self.serve(Echo, newest)
        transport = await self.connected(
            self.string(port, device, cacert=None, trust="discover", tls="auto")
        )
        self.assertEqual(transport.getHandle().get_protocol_version_name(), "TLSv1.3")
