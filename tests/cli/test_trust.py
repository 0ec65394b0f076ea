"""C{quectel trust}: a process of its own, an emulated module on a pty, servers on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import SynchronousTestCase

from tests.cli.processes import complaints, environment, quectel
from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase
from tests.endpoint.virtual import HOST, PORT, VirtualCase, factory_for
from tests.tlsservers import ServerOptions, forged, make_ca, options_for
from twisted_quectel import HostTLS, HostTLSFailed, ModuleTCPEndpoint
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.tables.ciphers import LTE_SUITES
from twisted_quectel.trust import Discovery, Offer, at_hand, is_root


class TrustTests(RealCase):
    """What it says of a server."""

    async def trust(self, port: int, *arguments: str, status: int = 0, **env: str) -> list[str]:
        """Run it; give the lines of its output, and its complaints."""
        result: Any = await getProcessOutputAndValue(
            sys.executable,
            ["-m", "twisted_quectel", "trust", f"{self.name}:{port}", *arguments],
            env={**environment(), **env},
        )
        out, err, code = result
        self.assertEqual(code, status, err.decode())
        self.assertNotIn(b"Traceback", err)
        return [*out.decode().splitlines(), *complaints(err.decode())]

    async def test_chain(self) -> None:
        """The chain down to the root of the trust store, which the server does not send."""
        child = self.ca.create_child_ca()
        leaf = child.issue_cert(self.name)
        chain = b"".join(each.bytes() for each in leaf.cert_chain_pems)
        options = ServerOptions(chain, leaf.private_key_pem.bytes())
        _, port = self.serve(Echo, options)
        saved = str(self.mktemp())
        lines = await self.trust(
            port, "--device", self.emulate().pty(), "--save", saved,
            SSL_CERT_FILE=self.ca_path, SSL_CERT_DIR="/nonexistent",
        )  # fmt: skip
        self.assertIn("what the system trusts", lines[0])
        root = x509.load_pem_x509_certificate(self.ca.cert_pem.bytes())
        certificates = [
            *x509.load_pem_x509_certificates(
                b"".join(each.bytes() for each in leaf.cert_chain_pems)
            ),
            root,
        ]
        shown = [line.split()[1] for line in lines if line.startswith("    SHA-256 ")]
        self.assertEqual(
            shown, [each.fingerprint(SHA256()).hex(":").upper() for each in certificates]
        )
        for what in ("server", "between", "root"):
            self.assertEqual(len([line for line in lines if line.startswith(f"  {what} ")]), 1)
        self.assertTrue(any("valid   2000-01-01 00:00 to" in line for line in lines))
        self.assertIn(f"The module needs the root: {root.subject.rfc4514_string()}", lines)
        found = x509.load_pem_x509_certificate(Path(saved).read_bytes())
        self.assertEqual(found, root)

    async def test_upload(self) -> None:
        """What is put on the module is used from there by the string that is shown."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        device = emulated.pty()
        lines = await self.trust(port, "--device", device, "--cacert", self.ca_path, "--upload")
        shown = next(line.strip() for line in lines if "cacert=module" in line)
        self.assertRegex(shown, r"^cacert=module\\:UFS\\:tq-[0-9a-f]{16}\.pem$")
        string = f"quectelssl:host={self.name}:port={port}:device={device}:{shown}"
        client = await self.connect(self.endpoint(string))
        client.transport.write(b"hello")
        await client.when_received(5)
        await self.leave(client)

    async def test_offers(self) -> None:
        """Versions and suites that the server accepts, and those that could not be tried."""
        options = options_for(
            self.ca, self.name, highest=SSL.TLS1_2_VERSION,
            lowest=SSL.TLS1_2_VERSION, ciphers="ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0",
        )  # fmt: skip
        _, port = self.serve(Echo, options)
        lines = await self.trust(port, "--device", self.emulate().pty(), "--cacert", self.ca_path)
        verdicts = {parts[0]: parts[1] for line in lines if len(parts := line.split(None, 1)) == 2}
        self.assertEqual(verdicts["tls1.2"], "yes")
        for version in ("tls1.1", "tls1.0"):
            self.assertTrue(verdicts[version].startswith("no ("), verdicts[version])
        self.assertEqual(verdicts["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"], "yes")
        self.assertTrue(verdicts["TLS_RSA_WITH_AES_128_CBC_SHA"].startswith("no ("))
        untried = {line.strip() for line in lines if line.startswith("  TLS_")}
        self.assertEqual(untried, {each.name for each in LTE_SUITES if each not in at_hand()})
        self.assertIn("TLS_RSA_WITH_RC4_128_SHA", untried)
        self.assertIn("In the endpoint string: sslVersion=tls1.2", lines)

    async def test_other_families(self) -> None:
        """Of other families the versions and suites are those that they have."""
        pem, key = self.rsa()
        for model, suites in (("M95", 6), ("BC660K-GL", 3)):
            _, port = self.serve(Echo, ServerOptions(pem, key))
            device = self.emulate(model=model).pty()
            lines = await self.trust(port, "--device", device, "--cacert", self.ca_path)
            self.assertTrue([line for line in lines if f"the module's {suites} suites" in line])
            (good,) = (line for line in lines if "RSA_WITH_AES_128_CBC_SHA " in line)
            self.assertTrue(good.endswith(" yes"), good)
            self.assertNotIn("ECDH", "".join(lines))
            _, port = self.serve(Echo)
            lines = await self.trust(port, "--device", device, "--cacert", self.ca_path, status=1)
            self.assertIn("with a suite that the module has", lines[-1])

    async def test_suites_unknown(self) -> None:
        """A module whose suites nobody knows, and that takes no CA: that is said."""
        _, port = self.serve(Echo)
        device = self.emulate(model="SIM5320").pty()
        lines = await self.trust(port, "--device", device, "--cacert", self.ca_path)
        self.assertTrue([line for line in lines if line.startswith("The module takes no CA")])
        self.assertTrue(lines[-1].startswith("No document says"), lines)

    def rsa(self) -> tuple[bytes, bytes]:
        """Make a server's certificate with an RSA key, and the key."""
        leaf = self.ca.issue_cert(self.name, key_type=trustme.KeyType.RSA)
        return leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes()

    async def test_unverified(self) -> None:
        """What does not verify is refused in one line, and nothing goes to the module."""
        emulated = self.emulate()
        device = emulated.pty()
        for options, words in (
            (options_for(make_ca(), self.name), "does not verify"),
            (options_for(self.ca, "other.example"), "another name"),
        ):
            _, port = self.serve(Peer, options)
            lines = await self.trust(
                port, "--device", device, "--cacert", self.ca_path, "--upload", status=1
            )
            self.assertEqual(len(lines), 1, lines)
            self.assertTrue(lines[0].startswith("quectel: "), lines)
            self.assertIn(words, lines[0])
        self.assertEqual(list(lte(emulated.module).files.matching("UFS:*")), [])

    async def test_newest_only(self) -> None:
        """A server that the module cannot reach is verified, and the way out is said."""
        options = options_for(self.ca, self.name, lowest=SSL.TLS1_3_VERSION)
        _, port = self.serve(Peer, options)
        lines = await self.trust(
            port, "--device", self.emulate().pty(), "--cacert", self.ca_path, status=1
        )
        self.assertTrue(any(line.startswith("  root ") for line in lines))
        self.assertIn("quecteltls:", lines[-1])
        self.assertIn("tls=auto", lines[-1])

    async def test_not_written(self) -> None:
        """A file that is there is left alone."""
        _, port = self.serve(Peer)
        lines = await self.trust(
            port, "--device", self.emulate().pty(), "--cacert", self.ca_path,
            "--save", self.ca_path, status=1,
        )  # fmt: skip
        self.assertTrue(lines[-1].startswith("quectel: --save: cannot write "), lines[-1])
        self.assertEqual(Path(self.ca_path).read_bytes(), self.ca.cert_pem.bytes())


class ArgumentTests(SynchronousTestCase):
    """What is told before anything is opened."""

    def test_refused(self) -> None:
        """Status 2, and one line that names the argument."""
        for name, arguments in (
            ("HOST:PORT", ("broker.example",)),
            ("HOST:PORT", ("broker.example:0",)),
            ("HOST:PORT", ("2001:db8::1:443",)),
            ("HOST:PORT", ("a b:443",)),
            ("HOST:PORT", ("a_b.example:443", "--device", "/dev/x")),
            ("--modem", ("a:1", "--modem", "m", "--device", "/dev/x")),
            ("--modem", ("a:1", "--modem", "m")),
            ("--modem", ("a:1",)),
            ("--apn", ("a:1", "--apn", "x")),
            ("--device", ("a:1", "--device", "nothing")),
            ("--timeout", ("a:1", "--timeout", "0")),
            ("--client-key", ("a:1", "--device", "/dev/x", "--client-cert", __file__)),
            ("--cacert", ("a:1", "--device", "/dev/x", "--cacert", __file__)),
        ):
            done = quectel("trust", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (arguments, done.stderr))
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(f"{name}: ", done.stderr)


class DiscoveryTests(VirtualCase):
    """L{Discovery} by itself."""

    def discovery(self, timeout: float = 60.0) -> Discovery:
        """Make it."""
        modem = self.emulate().modem()

        def inner() -> ModuleTCPEndpoint:
            return ModuleTCPEndpoint(modem, HOST, PORT, timeout=timeout)

        tls = HostTLS.from_arguments(HOST, {"cacert": self.ca_path})
        return Discovery(modem, f"{HOST}:{PORT}", inner, tls, lambda: timeout)

    async def offered(self, discovery: Discovery) -> list[Offer]:
        """Give all offers."""
        return [offer async for offer in discovery.offers()]

    def result(self, coroutine: Any) -> Any:
        """Wait for a result."""
        return self.result_of(Deferred.fromCoroutine(coroutine), 3000.0)

    def test_old(self) -> None:
        """A server with TLS 1.0 alone is verified; suites of TLS 1.2 are not asked for."""
        self.serve(Peer, options_for(self.ca, HOST, highest=SSL.TLS1_VERSION))
        discovery = self.discovery()
        anchor = self.result(discovery.verify())
        self.assertEqual(anchor.version, "TLSv1")
        offers = self.result(self.offered(discovery))
        accepted = [each for each in offers if each.anchor is not None]
        self.assertEqual({each.version for each in accepted}, {"tls1.0"})
        self.assertNotIn("SHA256", "".join(each.suite.name for each in offers if each.suite))

    def test_unknown(self) -> None:
        """A server that does not answer a question leaves it open."""
        self.network.listen(HOST, PORT, factory_for(Peer))
        offers = self.result(self.offered(self.discovery(timeout=15.0)))
        self.assertEqual([(each.open, each.anchor) for each in offers], [(True, None)] * 3)

    def test_no_root(self) -> None:
        """A CA that is not signed by itself is nothing that a module could start from."""
        child = self.ca.create_child_ca()
        leaf = child.issue_cert(HOST)
        options = ServerOptions(leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())
        self.serve(Peer, options)
        self.ca_path = self.write("child.pem", child.cert_pem.bytes())
        discovery = self.discovery()
        self.refused(Deferred.fromCoroutine(discovery.verify()), HostTLSFailed)
        leaf_only, link = (
            x509.load_pem_x509_certificate(each.bytes()) for each in leaf.cert_chain_pems
        )
        # one that says that it is its own issuer, and is not
        stranger = x509.load_pem_x509_certificate(forged(self.ca, HOST)[0])
        root = x509.load_pem_x509_certificate(self.ca.cert_pem.bytes())
        self.assertEqual(
            [is_root(each) for each in (root, link, leaf_only, stranger)],
            [True, False, False, False],
        )
