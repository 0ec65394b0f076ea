"""C{Agent} and treq over L{ModemEndpointFactory}, with addresses as they are."""

from __future__ import annotations

from typing import Any

from treq.client import HTTPClient
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import URI, Agent, HTTPConnectionPool, RedirectAgent
from twisted.web.error import SchemeNotSupported
from twisted.web.iweb import IAgentEndpointFactory
from twisted.web.resource import Resource
from twisted.web.server import Request, Site
from zope.interface.verify import verifyObject

from tests.applications.test_treq import PAGE, Page
from tests.endpoint.real import RealCase, reactor
from tests.tlsservers import options_for
from twisted_quectel import ModuleTCPEndpoint, ModuleTLSEndpoint, TLSProfile
from twisted_quectel.at import InvalidValue
from twisted_quectel.errors import TLSOpenFailed
from twisted_quectel.modem import Modem
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.web import ModemEndpointFactory


class Elsewhere(Resource):
    """Sends everybody to another address."""

    isLeaf = True

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where

    def render_GET(self, request: Request) -> bytes:
        """Say where."""
        request.redirect(self._where.encode())
        return b""


class EndpointTests(SynchronousTestCase):
    """Which endpoint an address gets."""

    def setUp(self) -> None:
        self.modem = Modem(reactor, ModemProfile(name="m", device="/dev/m"))
        self.factory = ModemEndpointFactory(self.modem, TLSProfile(verify="none"))

    def endpoint(self, address: bytes) -> Any:
        """Give the endpoint for an address."""
        return self.factory.endpointForURI(URI.fromBytes(address))

    def test_kinds(self) -> None:
        """TLS for https, TCP for http, with the ports that they have."""
        self.assertTrue(verifyObject(IAgentEndpointFactory, self.factory))
        for address, kind, shown in (
            (b"https://a.example/", ModuleTLSEndpoint, "a.example:443"),
            (b"https://a.example:8443/x", ModuleTLSEndpoint, "a.example:8443"),
            (b"http://a.example/", ModuleTCPEndpoint, "a.example:80"),
        ):
            endpoint = self.endpoint(address)
            self.assertIs(type(endpoint), kind)
            self.assertIn(shown, repr(endpoint))

    def test_refused(self) -> None:
        """Other schemes, hosts that cannot be, and https with nobody to verify the server."""
        self.assertRaises(SchemeNotSupported, self.endpoint, b"ftp://a.example/")
        odd = URI(b"https", b"a", b'a",443', 443, b"/", b"", b"", b"")
        self.assertRaises(InvalidValue, self.factory.endpointForURI, odd)
        unverified = ModemEndpointFactory(self.modem)
        error = self.assertRaises(
            InvalidValue, unverified.endpointForURI, URI.fromBytes(b"https://a.example/")
        )
        self.assertIn("cacert", str(error))

    def test_refused_at_once(self) -> None:
        """What is wrong with its own arguments is said when it is made, by name."""
        wrong: Any
        for name, wrong in (
            ("tls", {"tls": "ca.pem"}),
            ("dtls", {"tls": TLSProfile(verify="none", dtls=True)}),
            ("mode", {"mode": "fast"}),
            ("pdp", {"pdp": 17}),
            ("timeout", {"timeout": 0}),
            ("stack", {"stack": "http"}),
            ("tls", {"stack": "https", "tls": TLSProfile(verify="peer", trust="module")}),
        ):
            problem = self.assertRaises(InvalidValue, ModemEndpointFactory, self.modem, **wrong)
            self.assertTrue(str(problem).startswith(f"{name}: "), problem)
        anything: Any = object()
        problem = self.assertRaises(InvalidValue, ModemEndpointFactory, anything)
        self.assertTrue(str(problem).startswith("modem: "), problem)


class AgentTests(RealCase):
    """Requests to servers on loopback."""

    def client(self) -> HTTPClient:
        """Give treq over a module."""
        modem = self.emulate().modem()
        factory = ModemEndpointFactory(modem, TLSProfile(cacert=self.ca_path))
        pool = HTTPConnectionPool(reactor, persistent=True)
        self.addCleanup(pool.closeCachedConnections)
        return HTTPClient(RedirectAgent(Agent.usingEndpointFactory(reactor, factory, pool)))

    def secure(self, resource: Resource) -> int:
        """Serve by https; give the port."""
        site = Site(resource)
        site.noisy = False
        return self.listen(
            TLSMemoryBIOFactory(options_for(self.ca, self.name), False, site, reactor)
        )

    async def test_get(self) -> None:
        """Pages by https and http, one after another on one connection, and a redirect."""
        port = self.secure(Page())
        site = Site(Elsewhere(f"https://{self.name}:{port}/"))
        site.noisy = False
        plain = self.listen(site)
        client = self.client()
        for address in (
            f"https://{self.name}:{port}/",
            f"https://{self.name}:{port}/chunks",
            f"http://{self.name}:{plain}/",
        ):
            response = await client.get(address)
            self.assertEqual(response.code, 200)
            self.assertTrue(await response.content() == PAGE)

    async def test_unverified(self) -> None:
        """A server of another CA is not spoken to."""
        ca, self.ca = self.ca, type(self.ca)()
        port = self.secure(Page())
        self.ca = ca
        with self.assertRaises(TLSOpenFailed):
            await self.client().get(f"https://{self.name}:{port}/")
