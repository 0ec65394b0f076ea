"""TLS over the interface: the module's, and the host's."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IReactorCore,
    IReactorPluggableNameResolver,
    IReactorPluggableResolver,
    IReactorSSL,
    IReactorTCP,
    IReactorThreads,
    IReactorTime,
    IReactorUDP,
)
from twisted.internet.ssl import Certificate as SSLCertificate
from twisted.internet.ssl import (
    CertificateOptions,
    ClientContextFactory,
    PrivateCertificate,
    optionsForClientTLS,
    trustRootFromCertificates,
)
from twisted.internet.threads import deferToThreadPool
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Echo
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import HOST, PORT
from tests.interface.bench import Client, InterfaceCase
from tests.tlsservers import make_ca, options_for
from twisted_quectel import InvalidValue, ModemInterface, TLSProfile, errors


class ConnectSSLTests(InterfaceCase):
    """connectSSL."""

    def exchange(self, client: Client) -> Any:
        """Send something and have it back; give the protocol."""
        self.until(lambda: client.peers or client.reasons)
        self.assertEqual(client.reasons, [])
        peer = client.peers[0]
        self.settle()
        received = peer.when_received(5)
        peer.transport.write(b"hello")
        self.result_of(received)
        self.assertEqual(bytes(peer.received), b"hello")
        return peer

    def trusting(self) -> Any:
        """Give what trusts the CA, as Twisted has it."""
        root = SSLCertificate.loadPEM(self.ca.cert_pem.bytes())
        return optionsForClientTLS(HOST, trustRootFromCertificates([root]))

    def test_module(self) -> None:
        """A TLSProfile: the module does TLS, with the certificate that it is given."""
        self.serve(Echo)
        interface, client = self.ready(), Client()
        self.watch()
        connector = interface.connectSSL(HOST, PORT, client, TLSProfile(cacert=self.ca_path))
        self.exchange(client)
        self.assertEqual(len(self.sent("+QSSLOPEN=")), 1)
        self.assertEqual(self.sent("+QIOPEN="), [])
        connector.disconnect()
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, error.ConnectionDone)

    def test_module_refuses(self) -> None:
        """A certificate of another CA: clientConnectionFailed, with the module's reason."""
        self.serve(Echo, options_for(make_ca(), HOST))
        interface, client = self.ready(), Client()
        interface.connectSSL(HOST, PORT, client, TLSProfile(cacert=self.ca_path))
        self.until(lambda: client.reasons)
        self.assertEqual(client.take()[-2:], ["failed", "doStop"])
        self.one_line(client.reasons[0].value, HOST)
        self.assertIsInstance(client.reasons[0].value, errors.TLSOpenFailed)

    def test_host(self) -> None:
        """What Twisted's connectSSL takes: the host does TLS over the module's TCP."""
        self.serve(Echo)
        interface, client = self.ready(), Client()
        self.watch()
        connector = interface.connectSSL(HOST, PORT, client, self.trusting())
        peer = self.exchange(client)
        self.assertEqual(len(self.sent("+QIOPEN=")), 1)
        self.assertEqual(self.sent("+QSSLOPEN="), [])
        self.assertIsNotNone(peer.transport.getPeerCertificate())
        connector.disconnect()
        self.until(lambda: client.reasons)

    def test_host_refuses(self) -> None:
        """A name that is not the certificate's is refused by the host."""
        self.serve(Echo, options_for(self.ca, "other.example"))
        interface, client = self.ready(), Client()
        interface.connectSSL(HOST, PORT, client, self.trusting())
        self.until(lambda: client.reasons)
        self.assertNotIsInstance(client.reasons[0].value, error.ConnectionDone)
        self.assertEqual([bytes(peer.received) for peer in client.peers], [b""] * len(client.peers))

    def test_old_style(self) -> None:
        """A context factory with getContext alone, as Twisted's connectSSL takes it."""
        self.serve(Echo)
        interface = self.ready()
        for factory in (ClientContextFactory(), CertificateOptions()):
            client = Client()
            connector = interface.connectSSL(HOST, PORT, client, factory)
            self.exchange(client)
            connector.disconnect()
            self.until(lambda client=client: client.reasons)  # type: ignore[misc]

    def test_refused_by_name(self) -> None:
        """What is neither, and a profile for datagrams: told at once, nothing is sent."""
        interface, client = self.interface(), Client()
        for value, words in (
            (None, "contextFactory"),
            (object(), "contextFactory"),
            (TLSProfile(cacert=self.ca_path, dtls=True), "dtls"),
        ):
            problem = self.assertRaises(
                InvalidValue, interface.connectSSL, HOST, PORT, client, value
            )
            self.one_line(problem, words)
        self.assertEqual(client.events, [])
        self.assertTrue(self.emulated.modem().idle)

    def test_listen(self) -> None:
        """listenSSL: the host's TLS over what the module accepts."""
        interface = self.ready()
        leaf = self.ca.issue_cert(HOST)
        pem = leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes()
        options = PrivateCertificate.loadPEM(pem).options()
        server = Client(Echo)
        listening: Any = interface.listenSSL(4433, server, options)
        self.result_of(listening.when_listening())
        client: Any = self.outside(4433)
        self.until(lambda: bytes(client.received) == b"hello")
        self.result_of(listening.stopListening())
        client.transport.loseConnection()
        self.until(lambda: client.reasons)
        problem = self.assertRaises(
            InvalidValue, interface.listenSSL, 4434, server, TLSProfile(cacert=self.ca_path)
        )
        self.one_line(problem, "contextFactory")

    def outside(self, port: int) -> Any:
        """Connect to the module's server by TLS, from elsewhere, and say hello."""
        made: list[Any] = []

        class Hello(Echo):
            def connectionMade(self) -> None:
                made.append(self)
                self.transport.write(b"hello")

            def dataReceived(self, data: bytes) -> None:
                self.received += data

        client = Client(Hello)
        over: Any = TLSMemoryBIOFactory(self.trusting(), True, client, self.clock)
        self.result_of(self.network.connect("10.7.157.1", port, over))
        self.until(lambda: made)
        return made[0]


class ProvidesTests(RealCase):
    """What the interface is, over a real reactor."""

    def test_interfaces(self) -> None:
        """Each interface of Twisted's that it provides, it has whole."""
        interface = ModemInterface(self.emulate().modem())
        for each in (
            IReactorTCP,
            IReactorSSL,
            IReactorUDP,
            IReactorTime,
            IReactorPluggableNameResolver,
            IReactorPluggableResolver,
            IReactorThreads,
            IReactorCore,
        ):
            self.assertTrue(verifyObject(each, interface), each)

    async def test_beneath(self) -> None:
        """Time, threads and the reactor's life are those of the reactor beneath."""
        interface: Any = ModemInterface(self.emulate().modem())
        beneath = reactor
        self.assertLess(abs(interface.seconds() - beneath.seconds()), 5.0)
        called: Deferred[str] = Deferred()
        interface.callLater(0, called.callback, "later")
        self.assertEqual(await called, "later")
        self.assertIs(interface.getThreadPool(), beneath.getThreadPool())
        found = await deferToThreadPool(interface, interface.getThreadPool(), os.getpid)
        self.assertEqual(found, os.getpid())
        self.assertTrue(interface.running)
        trigger = interface.addSystemEventTrigger("during", "shutdown", lambda: None)
        interface.removeSystemEventTrigger(trigger)
        self.assertRaises(AttributeError, lambda: interface.listenMulticast)
        self.assertIn(interface.modem.profile.name, repr(interface))
