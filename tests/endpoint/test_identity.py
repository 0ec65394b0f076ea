"""A server whose certificate comes from the right CA and is for another name."""

from __future__ import annotations

from typing import Any

from service_identity import VerificationError
from twisted.internet.endpoints import clientFromString
from twisted.logger import globalLogPublisher

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.test_autotls import Warnings
from tests.endpoint.virtual import factory_for
from tests.tlsservers import options_for
from twisted_quectel import HostTLSFailed, IdentityNotChecked, TLSOpenFailed


class WrongNameTests(RealCase):
    """What each way of connecting makes of it."""

    def setUp(self) -> None:
        super().setUp()
        self.serving, self.port = self.serve(Echo, options_for(self.ca, "other.example"))
        seen = Warnings("host names")
        self.warnings = seen.said
        globalLogPublisher.addObserver(seen)
        self.addCleanup(globalLogPublisher.removeObserver, seen)

    async def test_host_tls(self) -> None:
        """C{quecteltls:} refuses it, before a byte of the application's has left."""
        device = self.device_arguments()
        string = f"quecteltls:{device}:host={self.name}:port={self.port}:cacert={self.ca_path}"
        endpoint: Any = clientFromString(reactor, string)
        self.addCleanup(endpoint.modem.close)
        client = await endpoint.connect(factory_for(Peer))
        client.transport.write(b"secret")
        await client.when_lost
        self.assertIsInstance(client.reasons[0].value, VerificationError)
        await self.serving.all_lost()
        self.assertEqual([peer.echoed for peer in self.serving.peers], [0])

    async def test_host_way(self) -> None:
        """So does C{quectelssl:} with C{tls=host}, and the connect says so."""
        string = self.string(self.port, self.device_arguments(), tls="host")
        endpoint: Any = clientFromString(reactor, string)
        self.addCleanup(endpoint.modem.close)
        problem = await self.assertFailure(endpoint.connect(factory_for(Peer)), HostTLSFailed)
        self.assertIn("another name", str(problem))

    async def test_told(self) -> None:
        """C{quectelssl:} tells once that a firmware without C{checkhost} does not look."""
        endpoint = self.endpoint(self.string(self.port, self.device_arguments()))
        for _ in range(2):
            await self.leave(await self.connect(endpoint))
        self.assertEqual(len(self.warnings), 1)
        self.assertIn(self.name, self.warnings[0])
        self.assertIn("identity=require", self.warnings[0])

    async def test_required(self) -> None:
        """C{identity=require} refuses such a firmware, and nobody is connected to."""
        string = self.string(self.port, self.device_arguments(), identity="require")
        problem = await self.assertFailure(self.connect(self.endpoint(string)), IdentityNotChecked)
        self.assertIn("identity: ", str(problem))
        self.assertIn("tls=host", problem.causes[0])
        self.assertEqual(self.serving.peers, [])

    async def test_checkhost(self) -> None:
        """A firmware that looks refuses it; that is among the causes."""
        device = self.pty_arguments(self.emulate(quirks=["has_checkhost"]))
        endpoint = self.endpoint(self.string(self.port, device, identity="require"))
        problem = await self.assertFailure(self.connect(endpoint), TLSOpenFailed)
        self.assertIn("name is not in its certificate", str(problem))
        self.assertEqual(self.warnings, [])
