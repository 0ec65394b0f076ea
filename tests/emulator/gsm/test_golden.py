"""Chapter 3 of the GSM modules' SSL note, typed into a pty, against real servers on loopback."""

from __future__ import annotations

import re
from typing import Any, cast

import trustme
from OpenSSL import SSL, crypto
from OpenSSL.crypto import FILETYPE_PEM
from twisted.internet import reactor as installed_reactor
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.trial.unittest import TestCase

from tests.emulator.bench import Peer, Server, ServerTLS, authority
from tests.emulator.test_golden import Typist, text
from twisted_quectel.emulator.gsm.module import GSMModule
from twisted_quectel.emulator.network import ReactorNetwork
from twisted_quectel.emulator.pty import PtyPort
from twisted_quectel.emulator.settings import ModuleSettings

from . import golden
from .golden import Command, File, Receive, Send, Step, right_spelling

reactor = cast(Any, installed_reactor)


class AskingTLS(ServerTLS):
    """The TLS of a server that has every client show a certificate.

    @ivar shown: the common names that were verified.
    """

    def __init__(self, ca: bytes) -> None:
        super().__init__()
        self.shown: list[str] = []
        store = self.context.get_cert_store()
        assert store is not None
        store.add_cert(crypto.load_certificate(FILETYPE_PEM, ca))

        def verified(
            connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
        ) -> bool:
            if ok and depth == 0:
                self.shown.append(certificate.get_subject().organizationName or "")
            return bool(ok)

        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, verified)


class VersionTLS(ServerTLS):
    """Notes the version of each connection."""

    def __init__(self) -> None:
        super().__init__()
        self.connections: list[SSL.Connection] = []

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Make a connection."""
        connection = super().serverConnectionForTLS(tlsProtocol)
        self.connections.append(connection)
        return connection


def padded(pem: bytes, size: int) -> bytes:
    """Give a PEM file the size that the document's has."""
    assert len(pem) <= size, len(pem)
    return pem + b"\n" * (size - len(pem))


class ChapterThreeTests(TestCase):
    """The dialogues, as printed and in their right spelling."""

    timeout = 60

    def listen(self, factory: Any) -> tuple[str, int]:
        """Have a server on loopback."""
        listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        return "127.0.0.1", listening.getHost().port

    async def run_steps(self, steps: tuple[Step, ...], profile: str) -> None:
        """Start a module and servers, and go through a dialogue."""
        client_ca = trustme.CA()
        client = client_ca.issue_cert("client.example", key_type=trustme.KeyType.RSA)
        self.files = {
            "ca": authority().ca,
            "cert": client.cert_chain_pems[0].bytes(),
            "key": client.private_key_pem.bytes(),
        }
        self.servers = {
            name: Server() for name in (golden.SECURE, golden.OTHER_SECURE, golden.PLAIN)
        }
        self.asking, self.other = AskingTLS(client_ca.cert_pem.bytes()), VersionTLS()
        redirects = {
            golden.SECURE: self.listen(
                TLSMemoryBIOFactory(self.asking, False, self.servers[golden.SECURE])
            ),
            golden.OTHER_SECURE: self.listen(
                TLSMemoryBIOFactory(self.other, False, self.servers[golden.OTHER_SECURE])
            ),
            golden.PLAIN: self.listen(self.servers[golden.PLAIN]),
        }
        self.module = GSMModule(
            reactor,
            network=ReactorNetwork(reactor, {}, redirects),
            profile=profile,
            settings=ModuleSettings(address=golden.ADDRESS),
        )
        self.addCleanup(self.module.close)
        pty = PtyPort(reactor, self.module.port(), self.mktemp())
        self.addCleanup(pty.close)
        self.typist = Typist(pty.path)
        self.addCleanup(self.typist.close)
        self.typist.type(b"ATE0\r")
        await self.typist.expect(rb"ATE0\r" + text("OK"))
        for step in steps:
            await self.step(step, profile)
        self.assertEqual(self.module.verdicts, [])

    def spelt(self, printed: str, profile: str) -> bytes:
        """Give a command as it is typed."""
        line = printed if profile == "as_printed" else right_spelling(printed)
        return line.encode() + b"\r"

    async def expect(self, answer: tuple[str, ...]) -> None:
        """Wait for lines; C{#} in one is any checksum, an empty one the line end behind data."""
        pattern = b""
        for line in answer:
            if line:
                pattern += rb"\r\n" + re.escape(line.encode()).replace(rb"\#", rb"[0-9a-f]{1,4}")
                pattern += rb"\r\n"
        await self.typist.expect(pattern)

    async def step(self, step: Step, profile: str) -> None:
        """Do one step."""
        if isinstance(step, Command):
            answer = step.answer
            if profile == "strict" and step.printed.startswith("AT+QSSLCLOSE"):
                # the syntax of chapter 2.2.3 has no index
                answer = ("CLOSE OK",)
            self.typist.type(self.spelt(step.printed, profile))
            await self.expect(answer)
        elif isinstance(step, File):
            self.typist.type(padded(self.files[step.name], step.size))
            await self.expect(step.answer)
        elif isinstance(step, Send):
            self.typist.type(self.spelt(step.printed, profile))
            await self.typist.expect(rb"\r\n> ")
            self.typist.type(step.body + step.ends)
            await self.expect(step.answer)
        else:
            assert isinstance(step, Receive)
            self.peer(step.peer).write(step.data)
            await self.expect((step.urc,))

    def peer(self, name: tuple[str, int]) -> Peer:
        """Give the one connection of a server."""
        (peer,) = self.servers[name].peers
        return peer

    async def _ram(self, profile: str) -> None:
        await self.run_steps(golden.RAM, profile)
        self.assertEqual(self.peer(golden.SECURE).received, golden.TWELVE + golden.SOME)
        self.assertEqual(len(self.asking.shown), 1)
        for path in ("RAM:ca_cert.pem", "RAM:client_cert.pem", "RAM:client_key.pem"):
            self.assertIsNone(self.module.files.content(path))

    async def _nvram(self, profile: str) -> None:
        await self.run_steps(golden.NVRAM, profile)
        self.assertEqual(self.peer(golden.SECURE).received, golden.TWELVE + golden.SOME)
        self.assertEqual(len(self.asking.shown), 1)
        self.assertEqual(self.module.files.content("NVRAM:CA0"), padded(self.files["ca"], 1614))

    async def _coexistence(self, profile: str) -> None:
        await self.run_steps(golden.COEXISTENCE, profile)
        self.assertEqual(self.peer(golden.OTHER_SECURE).received, golden.TWELVE + golden.SOME)
        self.assertEqual(self.peer(golden.PLAIN).received, golden.TEN)
        (connection,) = self.other.connections
        self.assertEqual(connection.get_protocol_version_name(), "TLSv1.1")

    async def test_ram_as_printed(self) -> None:
        """3.1 runs as it is printed: blanks, typographical quotes, C{1, CLOSE OK}."""
        await self._ram("as_printed")

    async def test_ram_strict(self) -> None:
        """3.1 in its right spelling runs on the strict module, and ends in C{CLOSE OK}."""
        await self._ram("strict")

    async def test_nvram_as_printed(self) -> None:
        """3.2 runs as it is printed; what is in NVRAM stays there."""
        await self._nvram("as_printed")

    async def test_nvram_strict(self) -> None:
        """3.2 in its right spelling runs on the strict module."""
        await self._nvram("strict")

    async def test_coexistence_as_printed(self) -> None:
        """3.3 runs as it is printed: TLS and TCP side by side."""
        await self._coexistence("as_printed")

    async def test_coexistence_strict(self) -> None:
        """3.3 in its right spelling runs on the strict module."""
        await self._coexistence("strict")


class SpellingTests(TestCase):
    """What the strict module does with the chapter as it is printed."""

    def test_right_spelling(self) -> None:
        """Blanks go and quotes get straight; what stands in quotes stays."""
        self.assertEqual(
            right_spelling("AT+ QSSLOPEN =1, 0,”116.247.104.27”,465,0"),
            'AT+QSSLOPEN=1,0,"116.247.104.27",465,0',
        )
        self.assertEqual(right_spelling("AT+QICSGP=1,”A B”"), 'AT+QICSGP=1,"A B"')
