"""HTTPS by treq: an Agent whose endpoints come from an endpoint string."""

from __future__ import annotations

import hashlib
from typing import Any

import treq
from treq.client import HTTPClient
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.web.client import URI, Agent, HTTPConnectionPool, ResponseFailed
from twisted.web.iweb import IAgentEndpointFactory
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site
from zope.interface import implementer

from tests.endpoint.protocols import Peer
from tests.endpoint.real import MixedReal, RealCase, reactor
from tests.tlsservers import options_for

PAGE = bytes(range(256)) * 2000


class Page(Resource):
    """Gives a page, and the digest of what is posted."""

    isLeaf = True

    def render_GET(self, request: Request) -> Any:
        """Give the page, or half of it."""
        request.setHeader(b"content-type", b"application/octet-stream")
        if request.path == b"/chunks":
            for start in range(0, len(PAGE), 5000):
                request.write(PAGE[start : start + 5000])
            request.finish()
            return NOT_DONE_YET
        return PAGE

    def render_POST(self, request: Request) -> bytes:
        """Give the digest of the body."""
        assert request.content is not None
        return hashlib.sha256(request.content.read()).hexdigest().encode()


class CutOff(Peer):
    """Gives the head and half of a page, and leaves."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE))
        self.transport.write(PAGE[: len(PAGE) // 2])
        self.transport.loseConnection()


@implementer(IAgentEndpointFactory)
class OverTheAir:
    """Takes every request over the endpoint that a string describes."""

    def __init__(self, case: RealCase, device: str) -> None:
        self._case = case
        self._device = device

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """Give an endpoint to the host and port of a URI."""
        assert uri.port is not None
        string = self._case.string(uri.port, self._device, host=uri.host.decode())
        endpoint: IStreamClientEndpoint = clientFromString(reactor, string)
        self._case.close_modem_of(endpoint)
        return endpoint


class TreqTests(MixedReal):
    """Mixed into a case for each device and access mode."""

    def client(self) -> tuple[HTTPClient, str]:
        """Give a client, and the address of a server with pages."""
        site = Site(Page(), timeout=None)
        site.noisy = False
        factory = TLSMemoryBIOFactory(options_for(self.ca, self.name), False, site, reactor)
        factory.noisy = False
        return self.client_of(self.listen(factory))

    def client_of(self, port: int) -> tuple[HTTPClient, str]:
        """Give a client, and the address of the server on a port."""
        device = self.device_arguments()
        pool = HTTPConnectionPool(reactor)
        pool.retryAutomatically = False
        agent = Agent.usingEndpointFactory(reactor, OverTheAir(self, device), pool)
        self.addCleanup(pool.closeCachedConnections)
        return HTTPClient(agent), f"https://{self.name}:{port}"

    async def test_get(self) -> None:
        """A page arrives in full, of known length and in chunks, over one kept connection."""
        client, address = self.client()
        for path in ("/page", "/chunks", "/page"):
            response = await client.get(address + path)
            self.assertEqual(response.code, 200)
            content = await treq.content(response)
            self.assertEqual(hashlib.sha256(content).digest(), hashlib.sha256(PAGE).digest())

    async def test_post(self) -> None:
        """A body is posted in full."""
        client, address = self.client()
        response = await client.post(address + "/post", data=PAGE)
        digest = await treq.text_content(response)
        self.assertEqual(digest, hashlib.sha256(PAGE).hexdigest())

    async def test_cut(self) -> None:
        """A page that is cut off is not taken for a whole one."""
        _, port = self.serve(CutOff)
        client, address = self.client_of(port)
        response = await client.get(address + "/cut")
        content: Any = treq.content(response)
        problem = await self.assertFailure(content, ResponseFailed)
        self.assertTrue(problem.reasons[0].check(ConnectionDone))


class PtyTreqTests(TreqTests, RealCase):
    """Over a pty, in the default mode."""


class PtyBufferTreqTests(TreqTests, RealCase):
    """Over a pty, in buffer mode."""

    mode = "buffer"


class PtyTransparentTreqTests(TreqTests, RealCase):
    """Over a pty, in transparent mode."""

    mode = "transparent"


class EmulatorTreqTests(TreqTests, RealCase):
    """With C{device=emulator}."""

    device = "emulator"
