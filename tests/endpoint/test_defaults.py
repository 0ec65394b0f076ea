"""What an endpoint takes from its modem, and what a protocol is told at the start."""

from __future__ import annotations

from twisted.internet.interfaces import IHandshakeListener
from zope.interface import implementer

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import HOST, MODES, PORT, VirtualCase
from twisted_quectel.emulator import MemoryNetwork
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.profiles import TLSProfile


class DefaultsTests(VirtualCase):
    """What an endpoint takes from its modem's profile."""

    def test_pdp(self) -> None:
        """The PDP context that the profile names, unless another is given."""
        emulated = self.emulate()
        emulated.modem(pdp=3)
        self.serve(Echo)
        for arguments, active in (({}, 3), ({"pdp": 2}, 2)):
            self.connect(self.endpoint(emulated, **arguments)).transport.abortConnection()
            self.assertTrue(lte(emulated.module).pdp.active(active))

    def test_tls(self) -> None:
        """The profile's TLS arguments, where neither these nor a context are given."""
        emulated = self.emulate()
        modem = emulated.modem(tls={"cacert": self.ca_path})
        self.serve(Echo)
        peer = self.connect(ModuleTLSEndpoint(modem, HOST, PORT))
        self.assertEqual(lte(emulated.module).contexts[0].number("seclevel"), 1)
        peer.transport.abortConnection()

    def test_neither(self) -> None:
        """Nobody gets through unverified for want of arguments."""
        modem = self.emulate().modem()
        problem = self.assertRaises(ValueError, ModuleTLSEndpoint, modem, HOST, PORT)
        self.one_line(problem, "tls: ", "verified")

    def test_datagrams(self) -> None:
        """A context or default that is for DTLS is refused for a stream."""
        datagrams = {1: TLSProfile(verify="none", dtls=True)}
        modem = self.emulate().modem(contexts=datagrams, tls={"verify": "none", "dtls": True})
        problem = self.assertRaises(ValueError, ModuleTLSEndpoint, modem, HOST, PORT, ctx=1)
        self.one_line(problem, "ctx: ", "dtls")
        problem = self.assertRaises(ValueError, ModuleTLSEndpoint, modem, HOST, PORT)
        self.one_line(problem, "dtls: ")


@implementer(IHandshakeListener)
class Listening(Peer):
    """Begins when the handshake is over."""

    def __init__(self, leaves: bool = False) -> None:
        super().__init__()
        self.leaves = leaves
        self.order: list[str] = []

    def connectionMade(self) -> None:
        super().connectionMade()
        self.order.append("made")
        if self.leaves:
            self.transport.abortConnection()

    def handshakeCompleted(self) -> None:
        """It is."""
        self.order.append("handshake")
        self.transport.write(b"hello")


class HandshakeTests(VirtualCase):
    """C{IHandshakeListener}, which protocols that ask for TLS may provide."""

    def test_told(self) -> None:
        """It is told once, right behind connectionMade, in each access mode."""
        for mode in MODES:
            self.network = MemoryNetwork(self.clock)
            self.serve(Echo)
            peer = self.connect(self.endpoint(self.emulate(), mode=mode), Listening)
            self.result_of(peer.when_received(5))
            self.assertEqual(peer.order, ["made", "handshake"])
            peer.transport.loseConnection()
            self.end_of(peer)

    def test_not_told(self) -> None:
        """Who has dropped the connection in connectionMade hears no more."""
        self.serve(Echo)
        peer = self.connect(self.endpoint(self.emulate()), lambda: Listening(leaves=True))
        self.end_of(peer)
        self.assertEqual(peer.order, ["made"])
