"""HTTPS of the emulated SIM5320 against a real server on loopback, larger than its cache."""

from __future__ import annotations

import hashlib
import random
import re
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from twisted_quectel.emulator import connect_memory
from twisted_quectel.testing import EmulatedModule

from .bench import server_options
from .ftpbench import OK, Host

reactor = cast(Any, installed_reactor)
HOST = "web.example"
SIZE = 500_000
EVENT = rb"(?:\r\n\+CHTTPS: RECV EVENT\r\n)*"


class Mirror(Resource):
    """Gives a long body, and notes what it gets.

    @ivar got: the bodies that came.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.body = random.Random(3).randbytes(SIZE)
        self.got: list[bytes] = []

    def render_GET(self, request: Any) -> bytes:
        """Give the body."""
        return self.body

    def render_POST(self, request: Any) -> bytes:
        """Note the body."""
        self.got.append(request.content.read())
        return b"thanks"


class LargeTests(TestCase):
    """A host that goes by the events and the codes."""

    timeout = 60

    async def connect(self) -> None:
        """Have a module connected with a web server."""
        self.mirror = Mirror()
        site = Site(self.mirror)
        site.noisy = False
        listening = reactor.listenTCP(
            0, TLSMemoryBIOFactory(server_options(HOST), False, site), interface="127.0.0.1"
        )
        self.addCleanup(listening.stopListening)
        self.emulated = EmulatedModule(reactor, model="SIM5320", hosts={HOST: "127.0.0.1"})
        self.addCleanup(self.emulated.close)
        self.host = Host()
        self.wire = connect_memory(reactor, self.emulated.module.port(), self.host)
        self.addCleanup(self.wire.unplug)
        self.emulated.module.port().settings.echo = False
        await self.say("AT+CHTTPSSTART", OK)
        await self.say(f'AT+CHTTPSOPSE="{HOST}",{listening.getHost().port}', OK)

    async def say(self, command: str, *expected: bytes) -> bytes:
        """Type a command; what is said has to be this."""
        self.wire.write(command.encode("ascii") + b"\r")
        return await self.host.expect(b"".join(expected))

    async def send(self, request: bytes) -> None:
        """Send a request in pieces, try again what is refused, and commit it."""
        for start in range(0, len(request), 1024):
            piece = request[start : start + 1024]
            while b">" not in await self.say(
                f"AT+CHTTPSSEND={len(piece)}", EVENT, rb"(?:\r\n>|\r\nERROR\r\n)"
            ):
                pass
            self.wire.write(piece)
            await self.host.expect(EVENT + OK)
        await self.say("AT+CHTTPSSEND", EVENT, OK, EVENT, rb"\r\n\+CHTTPSSEND: 0\r\n")

    async def receive(self) -> bytes:
        """Have all that there is told."""
        await self.say("AT+CHTTPSRECV=1", EVENT, OK)
        data = b""
        while True:
            head = await self.host.expect(EVENT + rb"\r\n\+CHTTPSRECV: [^\r]+\r\n")
            if b"DATA" not in head:
                self.assertTrue(head.endswith(b": 0\r\n"), head)
                return data
            data += await self.host.expect(b".{%d}" % int(re.findall(rb"\d+", head)[-1]))

    async def response(self) -> bytes:
        """Receive a whole response; give its body."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += await self.receive()
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None
        while len(body) < int(length[1]):
            body += await self.receive()
        return body

    async def test_kept_alive(self) -> None:
        """A long response, a long request and a short one, over one connection."""
        await self.connect()
        get = b"GET / HTTP/1.1\r\nHost: web.example\r\n\r\n"
        body = random.Random(4).randbytes(SIZE)
        await self.send(get)
        told = await self.response()
        self.assertEqual(hashlib.sha256(told).digest(), hashlib.sha256(self.mirror.body).digest())
        await self.send(
            b"POST / HTTP/1.1\r\nHost: web.example\r\nContent-Length: %d\r\n\r\n" % SIZE + body
        )
        self.assertEqual(await self.response(), b"thanks")
        self.assertEqual(self.mirror.got, [body])
        await self.send(get)
        self.assertEqual(await self.response(), self.mirror.body)
        await self.say("AT+CHTTPSCLSE", EVENT, OK)
        await self.say("AT+CHTTPSSTOP", OK)
        self.assertEqual(self.emulated.verdicts, [])
