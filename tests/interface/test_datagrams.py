"""UDP and DTLS of the virtual network interface, on a network in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorUDP
from zope.interface.verify import verifyObject

from tests.datagrams.test_dtls import HOST, PORT, DTLSCase
from tests.datagrams.virtual import PEER, Notes
from twisted_quectel.interface import ModemInterface


class DatagramInterfaceTests(DTLSCase):
    """It is a reactor for datagrams."""

    def interface(self, **arguments: Any) -> ModemInterface:
        """Make one."""
        self.emulated = self.emulate()
        return ModemInterface(self.emulated.modem(), **arguments)

    def test_udp(self) -> None:
        """listenUDP takes the module's port; before ready it says so."""
        interface = self.interface(mode="transparent")
        self.assertTrue(verifyObject(IReactorUDP, interface))
        problem = self.assertRaises(CannotListenError, interface.listenUDP, 7000, Notes())
        self.assertIn("ready()", str(problem))
        self.result_of(interface.ready())
        self.far(echo=True)
        notes = Notes()
        port = interface.listenUDP(7000, notes, maxPacketSize=3)
        self.assertEqual(port.getHost().host, "10.7.157.1")
        notes.transport.write(b"hello", PEER)
        self.settle(1.0)
        self.assertEqual(notes.received, [(b"hel", PEER)])
        self.stop(port)

    def test_dtls(self) -> None:
        """connectDTLS gives a datagram protocol one peer."""
        interface = self.interface(mode="buffer", busy="fail")
        notes: Any = self.result_of(interface.connectDTLS(HOST, PORT, Notes(), self.profile()))
        notes.transport.write(b"hello")
        self.settle(1.0)
        self.assertEqual(notes.data, [b"hello"])
        self.leave(notes)
