"""Chapters 4 and 6 of the SIM52xx SSL note, typed into a pty, against real servers on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import TestCase

from tests.emulator.test_golden import OK, Typist, text
from tests.ftpserver import FTPServer
from tests.tlsservers import ServerOptions, self_signed
from twisted_quectel.emulator import ReactorNetwork, create_module
from twisted_quectel.emulator.pty import PtyPort

from . import golden
from .bench import authority, server_options

reactor = cast(Any, installed_reactor)
SSL_HOST = "www.myserver.com"
HTTPS_HOST = "www.mywebsite.com"
FTP_HOST = "www.myftpsserver.com"
#: The file of chapter 6.2, long enough for two pieces.
PICTURE = bytes(range(256)) * 8


class Web(Protocol):
    """Answers the request of the note with the response of the note.

    @ivar received: what has come.
    """

    def __init__(self) -> None:
        self.received = b""

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        if self.received.endswith(b"\r\n\r\n") and self.transport is not None:
            self.transport.write(golden.RESPONSE)


class WebServer(Factory):
    """Makes them, and remembers them."""

    noisy = False

    def __init__(self) -> None:
        self.peers: list[Web] = []

    def buildProtocol(self, addr: object) -> Web:
        peer = Web()
        self.peers.append(peer)
        return peer


class DialogueTests(TestCase):
    """The dialogues, as printed and in their right spelling."""

    timeout = 30

    def serve(self, options: ServerOptions) -> tuple[str, int]:
        """Start a TLS server; give where it is."""
        self.server = WebServer()
        listening = reactor.listenTCP(
            0, TLSMemoryBIOFactory(options, False, self.server), interface="127.0.0.1"
        )
        self.addCleanup(listening.stopListening)
        return "127.0.0.1", listening.getHost().port

    async def start(self, profile: str, at: tuple[str, int], to: tuple[str, int]) -> None:
        """Make a module on a pty, for which a name and port are a server of ours."""
        self.module = create_module(
            reactor,
            network=ReactorNetwork(reactor, {}, {at: to}),
            model="SIM5320",
            profile=profile,
        )
        self.addCleanup(self.module.close)
        pty = PtyPort(reactor, self.module.port(), self.mktemp())
        self.addCleanup(pty.close)
        self.typist = Typist(pty.path)
        self.addCleanup(self.typist.close)
        self.typist.type(b"ATE0\r")
        await self.typist.expect(rb"ATE0\r" + OK)

    async def run_dialogue(self, steps: Iterable[golden.Step]) -> list[bytes]:
        """Type the steps; each has to be answered as it says.

        @return: the data that was told, for each step that has some.
        """
        told: list[bytes] = []
        for command, *lines in steps:
            self.typist.type(command.encode("ascii") + b"\r")
            data = b""
            length = 0
            for line in lines:
                if line.startswith(">"):
                    await self.typist.expect(rb"\r\n>")
                    body = line[1:].encode("ascii")
                    self.typist.type(golden.REQUEST if line == ">request" else body)
                elif line == golden.DATA:
                    data += await self.typist.expect(b".{%d}" % length)
                elif r"\d" in line:
                    shown = await self.typist.expect(
                        rb"\r\n%b\r\n" % line.replace("+", r"\+", 1).encode("ascii")
                    )
                    length = int(re.findall(rb"\d+", shown)[-1])
                else:
                    await self.typist.expect(text(line))
                    length = int((re.findall(r"\d+", line) or ["0"])[-1])
            if golden.DATA in lines:
                told.append(data)
        self.assertEqual(self.typist.shown, b"")
        self.assertEqual(self.module.verdicts, [])
        return told

    async def https(self, profile: str, steps: list[golden.Step]) -> None:
        """Chapter 6.1."""
        to = self.serve(server_options(HTTPS_HOST))
        await self.start(profile, (HTTPS_HOST, 443), to)
        self.assertEqual(await self.run_dialogue(steps), [golden.RESPONSE])
        self.assertEqual(self.server.peers[0].received, golden.REQUEST)

    async def test_httpsAsPrinted(self) -> None:
        """Chapter 6.1 runs as it is printed, C{CHTTPSENDD} included."""
        await self.https("as_printed", golden.HTTPS_PRINTED)

    async def test_https(self) -> None:
        """Chapter 6.1 runs in its right spelling on the strict default, which refuses the other."""
        await self.https("strict", golden.HTTPS_RIGHT)
        await self.run_dialogue([("AT+CHTTPSENDD=88", "ERROR")])

    async def ftps(self, profile: str, steps: list[golden.Step], put: bytes) -> None:
        """Chapter 6.2."""
        root = Path(self.mktemp())
        (root / "mysubdir").mkdir(parents=True)
        (root / "mysubdir" / "testfile.jpg").write_bytes(PICTURE)
        (root / "testdelfile.txt").write_bytes(b"to be deleted")
        server = FTPServer(root, authority(), FTP_HOST)
        self.addCleanup(server.close)
        await self.start(profile, (FTP_HOST, 990), ("127.0.0.1", server.port))
        listing, picture = await self.run_dialogue(steps)
        self.assertRegex(listing, rb"\A-rw\S+ .* 2048 .* testfile\.jpg\r\n\Z")
        self.assertEqual(picture, PICTURE)
        self.assertFalse((root / "testdelfile.txt").exists())
        self.assertFalse((root / "testdir").exists())
        self.assertEqual((root / "mysubdir" / "testfile.jpg").read_bytes(), PICTURE)
        self.assertEqual((root / "mysubdir" / "t1.txt").read_bytes(), put)
        self.assertEqual(server.logins, 1)

    async def test_ftpsAsPrinted(self) -> None:
        """Chapter 6.2 runs as it is printed."""
        await self.ftps("as_printed", golden.FTPS_PRINTED, b"test conten" + b"left data put here")

    async def test_ftps(self) -> None:
        """Chapter 6.2 runs in its right spelling on the strict default, which refuses the other."""
        await self.ftps("strict", golden.FTPS_RIGHT, b"test content" + b"left data put here")
        await self.run_dialogue(
            [("AT+CFTPSSTART", "OK"), ('AT+CFTPLOGIN="x",990,"a","b"', "ERROR")]
        )

    async def ssl(self, profile: str, steps: list[golden.Step]) -> list[bytes]:
        """Chapter 6.3: the server has signed its certificate itself."""
        to = self.serve(self_signed(SSL_HOST))
        await self.start(profile, (SSL_HOST, 443), to)
        return await self.run_dialogue(steps)

    async def test_sslAsPrinted(self) -> None:
        """Chapter 6.3 runs as it is printed, with the alert of a session that it is not about."""
        self.assertEqual(await self.ssl("as_printed", golden.SSL_PRINTED), [golden.RESPONSE])
        self.assertEqual(self.server.peers[-1].received, golden.REQUEST)

    async def test_ssl(self) -> None:
        """Chapter 6.3 runs on the strict default, with the alert of the right session."""
        self.assertEqual(await self.ssl("strict", golden.SSL_RIGHT), [golden.RESPONSE])
        self.assertEqual(self.server.peers[-1].received, golden.REQUEST)

    async def test_blanks(self) -> None:
        """Chapters 4.2 and 4.5 run as they are printed, with blanks ahead of the C{=}."""
        await self.ssl("as_printed", golden.SSL_SPACED)

    async def test_transparent(self) -> None:
        """Chapter 4.7: raw bytes both ways, C{+++}, C{ATO}, and C{NO CARRIER} at the end."""
        await self.ssl("strict", golden.TRANSPARENT)
        peer = self.server.peers[-1]
        self.typist.type(golden.REQUEST)
        await self.typist.expect(re.escape(golden.RESPONSE) + b"$")
        self.assertEqual(peer.received, golden.REQUEST)
        assert peer.transport is not None
        peer.transport.loseConnection()
        await self.typist.expect(text("NO CARRIER"))
        await self.run_dialogue([("AT+CSSLCLOSE=0", "OK"), ("AT+CSSLSTOP", "OK")])
