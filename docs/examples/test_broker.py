"""A program's way to its broker, over an emulated module."""

from __future__ import annotations

import trustme
from twisted.internet import reactor, ssl
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import SSL4ServerEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.wire import Echo
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from twisted_quectel import ModuleTLSEndpoint, TLSProfile
from twisted_quectel.testing import EmulatedModule


class Greeting(Protocol):
    """Says hello and waits for it to come back."""

    def __init__(self) -> None:
        self.echoed: Deferred[bytes] = Deferred()
        self.ended: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        self.transport.write(b"hello")

    def dataReceived(self, data: bytes) -> None:
        self.echoed.callback(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(None)


class BrokerTests(TestCase):
    async def test_greeting(self) -> None:
        """What is said comes back, and the module has nothing to complain of."""
        ca = trustme.CA()
        leaf = ca.issue_cert("broker.example")
        certificate = ssl.PrivateCertificate.loadPEM(leaf.private_key_and_cert_chain_pem.bytes())
        server = SSL4ServerEndpoint(reactor, 0, certificate.options(), interface="127.0.0.1")
        listening = await server.listen(Factory.forProtocol(Echo))
        self.addCleanup(listening.stopListening)
        cacert = self.mktemp()
        ca.cert_pem.write_to_path(cacert)

        module = EmulatedModule(reactor, hosts={"broker.example": "127.0.0.1"})
        self.addCleanup(module.close)
        endpoint = ModuleTLSEndpoint(
            module.modem(),
            "broker.example",
            listening.getHost().port,
            tls=TLSProfile(cacert=cacert),
        )

        greeting = await connectProtocol(endpoint, Greeting())
        self.assertEqual(await greeting.echoed, b"hello")
        self.assertEqual(module.verdicts, [])
        greeting.transport.loseConnection()
        await greeting.ended
