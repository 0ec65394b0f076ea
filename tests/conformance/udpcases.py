"""Twisted's own tests of UDP ports, over the embedded module.

They are private to Twisted and change with it, as those of L{tests.conformance.cases}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.error import InvalidAddressError
from twisted.internet.interfaces import IReactorUDP
from twisted.internet.protocol import AbstractDatagramProtocol, DatagramProtocol
from twisted.internet.test.reactormixins import ReactorBuilder
from twisted.internet.test.test_udp import DatagramTransportTestsMixin, UDPPortTestsMixin
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from twisted_quectel.datagrams import ModuleUDPPort, listen_udp
from twisted_quectel.testing import EmulatedModule

#: Turns of the reactor in which an embedded module is up.
_TURNS = 1000


class UDPTests(UDPPortTestsMixin, DatagramTransportTestsMixin, ReactorBuilder):
    """The mixins, in one access mode.

    @ivar mode: the access mode.
    """

    requiredInterfaces = (IReactorUDP,)
    timeout = 10
    mode: str

    def buildReactor(self) -> Any:
        """Give a fresh reactor, with a module on it that is up."""
        reactor: Any = super().buildReactor()
        self._module = module = EmulatedModule(reactor)
        ready = module.modem().ready()
        for _ in range(_TURNS):
            if ready.called:
                break
            reactor.iterate(0.001)
        assert isinstance(self, SynchronousTestCase)
        self.successResultOf(ready)
        self.addCleanup(self._look, module)
        # what is told of the module's start is none of the tests' business
        del self._logged[:]
        return reactor

    def _look(self, module: EmulatedModule) -> None:
        assert isinstance(self, SynchronousTestCase)
        self.assertEqual(module.verdicts, [])
        module.close()

    def setUp(self) -> None:
        super().setUp()
        self._logged: list[Any] = []

    def observe(self) -> list[Any]:
        """See C{LogObserverMixin}."""
        self._logged = super().observe()
        return self._logged

    def _listen(
        self,
        port: int,
        protocol: AbstractDatagramProtocol,
        interface: str = "",
        maxPacketSize: int = 8192,
    ) -> ModuleUDPPort:
        return listen_udp(
            self._module.modem(), port, protocol, interface, maxPacketSize, mode=self.mode
        )

    def getListeningPort(
        self,
        reactor: Any,
        protocol: AbstractDatagramProtocol,
        port: int = 0,
        interface: str = "",
        maxPacketSize: int = 8192,
    ) -> ModuleUDPPort:
        """See the mixins.  Loopback is the host's own; the module has its address."""
        if interface.startswith("127."):
            interface = ""
        return self._listen(port, protocol, interface, maxPacketSize)

    # where the module differs

    def test_invalidInterface(self) -> None:
        """The same of the module's ports; the original asks the reactor's."""
        reactor = self.buildReactor()
        assert isinstance(self, SynchronousTestCase)
        self.assertRaises(
            InvalidAddressError,
            self.getListeningPort,
            reactor,
            DatagramProtocol(),
            0,
            interface="example.com",
        )

    def test_getHost(self) -> None:
        """The original listens on loopback, which no module has."""
        raise SkipTest("L{tests.datagrams.test_udp.PortTests.test_host} has it")

    def _no_ipv6(self) -> None:
        raise SkipTest("the module's network is IPv4; tests.datagrams.test_udp.IPv6Tests has it")

    test_getHostIPv6 = _no_ipv6
    test_writeToIPv6Interface = _no_ipv6
    test_connectedWriteToIPv6Interface = _no_ipv6
    test_writingToIPv4OnIPv6RaisesInvalidAddressError = _no_ipv6
