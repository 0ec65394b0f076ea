"""Chapter 3 of the LTE SSL note, typed into a pty, against a real server on loopback."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from twisted_quectel.emulator.module import LTEModule
from twisted_quectel.emulator.network import ReactorNetwork
from twisted_quectel.emulator.pty import PtyPort

from .bench import Peer, Server, ServerTLS, authority

reactor = cast(Any, installed_reactor)
SERVER = "220.180.239.212"


@implementer(IReadDescriptor)
class Typist:
    """A host that types into a pty and reads what it shows."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.shown = b""
        self._wanted: tuple[re.Pattern[bytes], Deferred[bytes]] | None = None
        reactor.addReader(self)

    def fileno(self) -> int:
        return self.fd

    def logPrefix(self) -> str:
        return "typist"

    def connectionLost(self, reason: Failure) -> None:
        pass

    def doRead(self) -> None:
        try:
            self.shown += os.read(self.fd, 65536)
        except BlockingIOError:
            return
        self._look()

    def _look(self) -> None:
        if self._wanted is None:
            return
        pattern, result = self._wanted
        match = pattern.match(self.shown)
        if match is not None:
            self._wanted = None
            self.shown = self.shown[match.end() :]
            result.callback(match.group())

    def type(self, data: bytes) -> None:
        os.write(self.fd, data)

    def expect(self, pattern: bytes) -> Deferred[bytes]:
        """Wait until what is shown begins like this, and take it off."""
        result: Deferred[bytes] = Deferred(lambda _: None)
        self._wanted = (re.compile(pattern, re.DOTALL), result)
        self._look()
        return result.addTimeout(10, reactor, onTimeoutCancel=self._late)

    def _late(self, result: object, timeout: float) -> bytes:
        wanted = self._wanted[0].pattern if self._wanted else None
        raise AssertionError(f"shown: {self.shown!r}; expected: {wanted!r}")

    def close(self) -> None:
        reactor.removeReader(self)
        os.close(self.fd)


def text(line: str) -> bytes:
    """Give the pattern of an answer's line."""
    return rb"\r\n" + re.escape(line.encode("ascii")) + rb"\r\n"


OK = text("OK")


class ChapterThreeTests(TestCase):
    """The dialogues, as printed and in their right spelling."""

    timeout = 30

    async def _start(self, profile: str) -> None:
        self.server = Server()
        listening = reactor.listenTCP(
            0, TLSMemoryBIOFactory(ServerTLS(), False, self.server), interface="127.0.0.1"
        )
        self.addCleanup(listening.stopListening)
        to = ("127.0.0.1", listening.getHost().port)
        self.module = LTEModule(
            reactor,
            network=ReactorNetwork(reactor, {}, {(SERVER, 8010): to, (SERVER, 8011): to}),
            profile=profile,
        )
        self.addCleanup(self.module.close)
        pty = PtyPort(reactor, self.module.port(), self.mktemp())
        self.addCleanup(pty.close)
        self.typist = Typist(pty.path)
        self.addCleanup(self.typist.close)
        await self.say("ATE0", rb"ATE0\r" + OK)

    async def say(self, command: str, *expected: bytes) -> bytes:
        self.typist.type(command.encode("ascii") + b"\r")
        return await self.typist.expect(b"".join(expected))

    async def upload(self) -> None:
        ca = authority().ca
        await self.say(f'AT+QFUPL="RAM:cacert.pem",{len(ca)}', text("CONNECT"))
        self.typist.type(ca)
        await self.typist.expect(rb"\r\n\+QFUPL: %d,[0-9a-f]{1,4}\r\n" % len(ca) + OK)

    async def configure(self, pdp: str, seclevel: str) -> None:
        """Chapters 3.1 and 3.2."""
        await self.say(pdp, OK)
        await self.say("AT+QIACT=1", OK)
        await self.say("AT+QIACT?", text('+QIACT: 1,1,1,"10.7.157.1"'), OK)
        for line in (
            'AT+QSSLCFG="sslversion",1,1',
            'AT+QSSLCFG="ciphersuite",1,0X0035',
            f'AT+QSSLCFG="{seclevel}",1,1',
            'AT+QSSLCFG="cacert",1,"RAM:cacert.pem"',
        ):
            await self.say(line, OK)

    async def state(self, port: int, mode: int) -> None:
        await self.say(
            "AT+QSSLSTATE",
            rb'\r\n\+QSSLSTATE: 4,"SSLClient","%b",%d,\d+,2,1,4,%d,"usbmodem",1\r\n'
            % (re.escape(SERVER.encode("ascii")), port, mode),
            OK,
        )

    async def sends(self) -> Peer:
        """Chapters 3.3.2 and 3.4.2."""
        await self.say("AT+QSSLSEND=4", rb"\r\n> ")
        self.typist.type(b"Test data from SSL\x1a")
        await self.typist.expect(text("SEND OK"))
        await self.say("AT+QSSLSEND=4,18", rb"\r\n> ")
        self.typist.type(b"Test data from SSL")
        await self.typist.expect(text("SEND OK"))
        return self.server.peers[-1]

    async def buffer(self, reads: Iterable[str], prefix: str) -> None:
        """Chapter 3.3."""
        await self.say(f'AT+QSSLOPEN=1,1,4,"{SERVER}",8010,0', OK, text("+QSSLOPEN: 4,0"))
        await self.state(8010, 0)
        peer = await self.sends()
        peer.write(b"Test data from SSL")
        await self.typist.expect(text('+QSSLURC: "recv",4'))
        first, second = reads
        await self.say(first, text(f"{prefix}: 18\r\nTest data from SSL"), OK)
        await self.say(second, text(f"{prefix}: 0"), OK)
        await self.say("AT+QSSLCLOSE=4", OK)
        self.assertEqual(peer.received, b"Test data from SSL" * 2)

    async def push(self) -> None:
        """Chapter 3.4."""
        await self.say(f'AT+QSSLOPEN=1,1,4,"{SERVER}",8011,1', OK, text("+QSSLOPEN: 4,0"))
        await self.state(8011, 1)
        peer = await self.sends()
        peer.write(b"Test data from SSL")
        await self.typist.expect(text('+QSSLURC: "recv",4,18') + b"Test data from SSL")
        await self.say("AT+QSSLCLOSE=4", OK)

    async def transparent(self) -> None:
        """Chapter 3.5, left by the server's NO CARRIER."""
        await self.say("ATS12=10", OK)
        await self.say(f'AT+QSSLOPEN=1,1,4,"{SERVER}",8011,2', text("CONNECT"))
        peer = self.server.peers[-1]
        self.typist.type(b"raw data")
        peer.write(b"<Received data>")
        await self.typist.expect(b"<Received data>")
        peer.close()
        await self.typist.expect(text("NO CARRIER"))
        self.assertEqual(peer.received, b"raw data")
        await self.say("AT+QSSLCLOSE=4", OK)
        await self.say("AT+QIDEACT=1", OK)

    async def test_asPrinted(self) -> None:
        """The profile as_printed answers the chapter as it stands, misprints included."""
        await self._start("as_printed")
        await self.upload()
        await self.configure('AT+QICSGP=1,1,"UNINET","",1', "secllevel")
        await self.buffer(["AT+QSSLRECV=4,1500", "AT+QSSLRCV=4,1500"], "+QSSLRCV")
        await self.push()
        await self.transparent()
        self.assertEqual(self.module.verdicts, [])

    async def test_strict(self) -> None:
        """The strict default takes the same dialogues in their right spelling only."""
        await self._start("strict")
        await self.upload()
        await self.configure('AT+QICSGP=1,1,"UNINET","","",1', "seclevel")
        await self.say('AT+QSSLCFG="secllevel",1,1', text("ERROR"))
        await self.say("AT+QSSLRCV=4,1500", text("ERROR"))
        await self.say("AT+QSSSEND=4", text("ERROR"))
        await self.buffer(["AT+QSSLRECV=4,1500"] * 2, "+QSSLRECV")
        await self.push()
        await self.transparent()
        self.assertEqual(self.module.verdicts, [])
