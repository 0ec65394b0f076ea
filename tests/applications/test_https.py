"""C{Agent} over the HTTPS stack: requests that keep their connection, short ones and long ones."""

from __future__ import annotations

import hashlib
import random
from io import BytesIO
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock, Cooperator
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, readBody
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from tests.endpoint.httpscase import UNVERIFIED, HTTPSCase
from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase
from tests.endpoint.virtual import HOST, factory_for
from tests.tlsservers import make_ca, options_for
from twisted_quectel import ModuleHTTPSEndpoint
from twisted_quectel.testing import EmulatedModule
from twisted_quectel.web import ModemEndpointFactory

reactor = cast(Any, installed_reactor)
SIZE = 200_000


class Mirror(Resource):
    """Gives a body as long as its path says, and the digest of the body that it gets.

    @ivar clients: the connections that requests came over.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.clients: list[object] = []

    def render_GET(self, request: Any) -> bytes:
        """Give the body."""
        self.clients.append(request.channel)
        return body_of(int(request.path.strip(b"/")))

    def render_POST(self, request: Any) -> bytes:
        """Give the digest."""
        self.clients.append(request.channel)
        return hashlib.sha256(request.content.read()).hexdigest().encode()


def body_of(size: int) -> bytes:
    """Make a body, the same each time."""
    return random.Random(size).randbytes(size)


def site_of(mirror: Mirror, clock: Any) -> Site:
    """Make a quiet server of it."""
    site = Site(mirror, reactor=clock, timeout=None)
    site.noisy = False
    return site


class VirtualTests(HTTPSCase):
    """On a clock of its own, for each way in which the module speaks."""

    def client(self, mirror: Mirror | None = None, **arguments: Any) -> None:
        """Make a module, a server and an C{Agent}."""
        self.mirror = mirror or Mirror()
        self.network = type(self.network)(self.clock)
        # it has a timer of its own, to write dates with
        site = site_of(self.mirror, Clock())
        self.network.listen(HOST, 443, TLSMemoryBIOFactory(self.options(), False, site, self.clock))
        self.emulated = self.emulate(settings=self.settings(), **arguments)
        factory = ModemEndpointFactory(self.emulated.modem(), UNVERIFIED, stack="https")
        clock: Any = self.clock
        self.pool = HTTPConnectionPool(clock, persistent=True)
        self.agent = Agent.usingEndpointFactory(clock, factory, self.pool)

    def run_all(self, coroutine: Any) -> Any:
        """Run it to its end."""
        return self.result_of(Deferred.fromCoroutine(coroutine), 1e5)

    async def get(self, size: int) -> None:
        """Get a body, and look that it is right."""
        response = await self.agent.request(b"GET", b"https://%b/%d" % (HOST.encode(), size))
        self.assertTrue(await readBody(response) == body_of(size))

    async def post(self, size: int) -> None:
        """Post a body, and look that it has come."""
        step = Cooperator(scheduler=lambda call: self.clock.callLater(0, call))
        producer = FileBodyProducer(BytesIO(body_of(size)), cooperator=step)
        response = await self.agent.request(
            b"POST", b"https://%b/" % HOST.encode(), bodyProducer=producer
        )
        self.assertEqual(
            await readBody(response), hashlib.sha256(body_of(size)).hexdigest().encode()
        )

    async def exchange(self) -> None:
        """Short and long, both ways, in turn."""
        for size in (10, SIZE, 0, 1024, 16384, 16385):
            await self.get(size)
            await self.post(size)
        await self.pool.closeCachedConnections()

    def test_kept_alive(self) -> None:
        """A dozen requests go over one connection."""
        for arguments in (
            {},
            {"profile": "as_printed"},
            {"quirks": ("https_send_spelling=document", "https_peer_closed", "htttpsrecv")},
        ):
            self.client(**arguments)
            self.run_all(self.exchange())
            self.assertEqual(len(self.mirror.clients), 12)
            self.assertEqual(len(set(self.mirror.clients)), 1)
            self.settle(1.0)

    def test_server_that_closes(self) -> None:
        """A body that ends with the connection is whole; the next request opens another."""

        class Closing(Mirror):
            def render_GET(self, request: Any) -> Any:
                request.setHeader(b"connection", b"close")
                request.responseHeaders.removeHeader(b"content-length")
                body = super().render_GET(request)
                request.write(body)
                request.finish()
                return NOT_DONE_YET

        self.client(Closing())

        async def twice() -> None:
            for size in (SIZE, 5):
                await self.get(size)
            await self.pool.closeCachedConnections()

        self.run_all(twice())
        self.assertEqual(len(set(self.mirror.clients)), 2)
        self.settle(1.0)


class StringTests(RealCase):
    """From C{clientFromString} to a real server and back, over a pty."""

    async def test_echo(self) -> None:
        """More than the module holds goes both ways, and the end is clean."""
        serving, port = self.serve(Echo)
        text = self.pty_arguments(self.emulate(model="SIM5320"))
        string = self.string(port, text, stack="https", verify="none", cacert=None)
        endpoint = clientFromString(reactor, string)
        assert isinstance(endpoint, ModuleHTTPSEndpoint)
        self.addCleanup(endpoint.modem.close)
        client = await endpoint.connect(factory_for(Peer))
        assert isinstance(client, Peer)
        data = body_of(60_000)
        client.transport.write(data)
        await client.when_received(len(data))
        self.assertTrue(bytes(client.received) == data)
        client.transport.loseConnection()
        await client.when_lost
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)
        await serving.peers[0].when_lost


class RealTests(TestCase):
    """Against a real server on loopback."""

    timeout = 60

    async def test_kept_alive(self) -> None:
        """200 kB both ways, and short ones between, over one connection."""
        mirror, ca, name = Mirror(), make_ca(), "web.example"
        listening = reactor.listenTCP(
            0,
            TLSMemoryBIOFactory(options_for(ca, name), False, site_of(mirror, reactor)),
            interface="127.0.0.1",
        )
        self.addCleanup(listening.stopListening)
        emulated = EmulatedModule(reactor, model="SIM5320", hosts={name: "127.0.0.1"})
        self.addCleanup(emulated.close)
        factory = ModemEndpointFactory(emulated.modem(), UNVERIFIED, stack="https")
        pool = HTTPConnectionPool(reactor, persistent=True)
        agent = Agent.usingEndpointFactory(reactor, factory, pool)
        base = f"https://{name}:{listening.getHost().port}/"
        for size in (10, SIZE, 3):
            response = await agent.request(b"GET", f"{base}{size}".encode())
            body = await readBody(response)
            self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(body_of(size)).digest())
            producer = FileBodyProducer(BytesIO(body_of(size)))
            response = await agent.request(b"POST", base.encode(), bodyProducer=producer)
            self.assertEqual(
                await readBody(response), hashlib.sha256(body_of(size)).hexdigest().encode()
            )
        self.assertEqual(len(set(mirror.clients)), 1)
        await pool.closeCachedConnections()
        await emulated.close()
        self.assertEqual(emulated.verdicts, [])
