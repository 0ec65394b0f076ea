"""Chapter 3 of the BC660K-GL SSL note, typed into a pty, against real servers on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast
from unittest import skipUnless

from twisted.internet import reactor as installed_reactor
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import TestCase

from tests.dtlsservers import DTLSServer, OverUDP
from tests.tables import golden_nbiot as golden
from twisted_quectel.emulator.nbiot.module import NBIoTModule
from twisted_quectel.emulator.network import ReactorNetwork
from twisted_quectel.emulator.pty import PtyPort

from .bench import Server
from .nbiotbench import HOST, PORT, RSA, ServerTLS, authority
from .opensslserver import OPENSSL, OpenSSLServer
from .test_golden import Typist, text

reactor = cast(Any, installed_reactor)
SENT = b"Test data"
ANSWER = b"1234567890"


class ExampleTests(TestCase):
    """Both dialogues, with authentication both ways."""

    timeout = 60

    def start(self, port: int, profile: str, quirks: Iterable[str]) -> None:
        """Have a module behind a pty, whose C{hf.quectel.com} is on loopback."""
        network = ReactorNetwork(reactor, {}, {(HOST, PORT): ("127.0.0.1", port)})
        self.module = NBIoTModule(reactor, network=network, profile=profile, quirks=quirks)
        self.addCleanup(self.module.close)
        pty = PtyPort(reactor, self.module.port(), self.mktemp())
        self.addCleanup(pty.close)
        self.typist = Typist(pty.path)
        self.addCleanup(self.typist.close)

    async def run_example(self, lines: Iterable[tuple[str, str]], lacks: bool = False) -> None:
        """Type a dialogue, and look at each line of the answers.

        @param lacks: whether the OK that the print lacks ahead of C{+QSSLSEND:} is lacking.
        """
        contents = {
            "cacert": authority().ca,
            "clientcert": authority().client.pem,
            "clientkey": authority().client.key_pem,
            "data": SENT,
        }
        lengths = {name: len(content) for name, content in contents.items()}
        asked = ""
        for what, line in lines:
            if what == ">>":
                asked = line
                self.typist.type(line.encode() + b"\r")
            elif what == "**":
                await self.typist.expect(rb"\r\n> ")
                self.typist.type(contents[line] + b"\x1a")
                if line == "data":
                    await self.received()
            elif what == "<<" or "QSSLSEND" not in asked or not lacks:
                shown = line.format(**lengths) if "{" in line else line
                if "recv" in shown:
                    self.answer(ANSWER)
                await self.typist.expect(text(shown))

    async def echo_off(self) -> None:
        """The examples show no echo."""
        self.typist.type(b"ATE0\r")
        await self.typist.expect(rb"ATE0\r" + text("OK"))

    # servers

    async def twisted_server(self, profile: str, quirks: Iterable[str] = ()) -> None:
        """Serve TLS by Twisted."""
        server = Server()
        factory = TLSMemoryBIOFactory(ServerTLS(), False, server)
        listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        self.start(listening.getHost().port, profile, quirks)

        async def received() -> None:
            pass  # what was received is looked at in the end

        self.received = received
        self.answer = lambda data: server.peers[-1].write(data)
        self.server = server
        await self.echo_off()

    async def openssl_server(self, profile: str, *more: str) -> None:
        """Serve TLS or DTLS by C{openssl s_server}."""
        server = OpenSSLServer(reactor)
        pair = authority().server
        port = await server.start(
            Path(self.mktemp()), authority().ca, pair.pem, pair.key_pem, *more
        )
        self.addCleanup(server.stop)
        self.start(port, profile, ())

        async def received() -> None:
            await server.says(re.escape(SENT))

        self.received = received
        self.answer = server.write
        await self.echo_off()
        self.openssl = server

    # 3.1

    async def test_tls_as_printed(self) -> None:
        """The profile as_printed answers 3.1, to a server of Twisted's."""
        await self.twisted_server("as_printed")
        await self.run_example(golden.EXAMPLE_3_1)
        self.assertEqual(self.server.peers[-1].received, SENT)
        self.assertEqual(self.module.verdicts, [])

    async def test_tls_strict(self) -> None:
        """The strict default answers 3.1 as well, and no other spelling of the tags."""
        await self.twisted_server("strict")
        self.typist.type(b'AT+QSSLCFG=0,0,"ssIversion",3\r')
        await self.typist.expect(text("ERROR"))
        await self.run_example(golden.EXAMPLE_3_1)
        self.assertEqual(self.server.peers[-1].received, SENT)

    async def test_tls_without_ok(self) -> None:
        """With its quirk the send has no OK, as 3.1 prints it."""
        await self.twisted_server("as_printed", ["send_without_ok"])
        await self.run_example(golden.EXAMPLE_3_1, lacks=True)
        self.assertEqual(self.server.peers[-1].received, SENT)

    @skipUnless(OPENSSL, "needs openssl")
    async def test_tls_openssl(self) -> None:
        """C{openssl s_server} is content with 3.1 too."""
        for profile in ("strict", "as_printed"):
            await self.openssl_server(profile, "-tls1_2")
            await self.run_example(golden.EXAMPLE_3_1)

    # 3.2

    @skipUnless(OPENSSL, "needs openssl")
    async def test_dtls_openssl(self) -> None:
        """3.2 and what follows in 3.1, to C{openssl s_server} with each version of DTLS."""
        for profile in ("strict", "as_printed"):
            for version in ("-dtls1", "-dtls1_2", "-dtls"):
                await self.openssl_server(profile, version)
                await self.run_example((*golden.EXAMPLE_3_2, *golden.REST_OF_3_1))
                self.assertEqual(self.module.verdicts, [])

    async def test_dtls_twisted(self) -> None:
        """3.2 to a server in this process, which asks for a certificate."""
        for profile in ("strict", "as_printed"):
            server = DTLSServer(
                authority().authority, HOST, client_ca=authority().ca, echo=False, key_type=RSA
            )
            listening = reactor.listenUDP(0, OverUDP(server), "127.0.0.1")
            self.addCleanup(listening.stopListening)
            self.start(listening.getHost().port, profile, ())

            async def received() -> None:
                pass  # what was received is looked at in the end

            self.received = received
            self.answer = self._answering(server)
            await self.echo_off()
            await self.run_example((*golden.EXAMPLE_3_2, *golden.REST_OF_3_1))
            self.assertEqual(server.session.received, [SENT])
            self.assertIsNotNone(server.session.tls.get_peer_certificate())

    @staticmethod
    def _answering(server: DTLSServer) -> Callable[[bytes], None]:
        return lambda data: server.session.write(data)

    async def test_as_printed_syntax(self) -> None:
        """The syntax of chapter 2 as it is printed: capital I in tags, the note on hex."""
        await self.twisted_server("as_printed")
        for tag, other in (("ssIversion", "sslversion"), ("dtIsversion", "dtlsversion")):
            for name in (tag, other):
                self.typist.type(f'AT+QSSLCFG=0,0,"{name}",1\r'.encode())
                await self.typist.expect(text("OK"))
                self.typist.type(f'AT+QSSLCFG=0,0,"{name}"\r'.encode())
                await self.typist.expect(text(f'+QSSLCFG: 0,0,"{tag}",1') + text("OK"))
        self.typist.type(b'AT+QSSLCFG=0,0,"dataformat",1,0\r')
        await self.typist.expect(text("OK"))
        await self.run_example(golden.EXAMPLE_3_1[: -len(golden.REST_OF_3_1)])
        self.typist.type(b"AT+QSSLSEND=0,2\r")
        await self.typist.expect(rb"\r\n> ")
        self.typist.type(b"4A4B")
        await self.typist.expect(text("OK") + text("+QSSLSEND: 0,0,0"))
