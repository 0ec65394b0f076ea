"""Names looked up by the module."""

from __future__ import annotations

from typing import Any

from twisted.internet import error
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import (
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
    IResolverSimple,
)
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import HOST, PORT, factory_for
from tests.interface.bench import Client, InterfaceCase
from twisted_quectel import ModuleTCPEndpoint, errors
from twisted_quectel.families.base import Limits
from twisted_quectel.families.lte import LTEFamily


@implementer(IResolutionReceiver)
class Receiver:
    """Notes what it is told.

    @ivar found: the addresses.
    @ivar complete: how often it was told that that is all.
    """

    def __init__(self) -> None:
        self.found: list[Any] = []
        self.complete = 0
        self.resolution: Any = None

    def resolutionBegan(self, resolutionInProgress: Any) -> None:
        """It begins."""
        self.resolution = resolutionInProgress

    def addressResolved(self, address: Any) -> None:
        """One of them."""
        assert not self.complete
        self.found.append(address)

    def resolutionComplete(self) -> None:
        """That is all."""
        self.complete += 1


@implementer(IResolverSimple)
class Simple:
    """Knows one name, and the address of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:
        """Tell."""
        self.asked.append(name)
        if name == "known.example":
            return succeed("198.51.100.9")
        return fail(error.DNSLookupError(name))


@implementer(IHostnameResolver)
class Other:
    """Knows one address of every name."""

    def __init__(self, *addresses: Any) -> None:
        self.addresses = addresses

    def resolveHostName(
        self, resolutionReceiver: Any, hostName: str, *arguments: Any, **options: Any
    ) -> Any:
        """Tell."""
        resolutionReceiver.resolutionBegan(self)
        for address in self.addresses:
            resolutionReceiver.addressResolved(address)
        resolutionReceiver.resolutionComplete()
        return self


class ResolverTests(InterfaceCase):
    """The interface's own name resolver."""

    def look_up(self, interface: Any, name: str, *arguments: Any) -> Receiver:
        """Have a name looked up."""
        receiver = Receiver()
        resolution = interface.nameResolver.resolveHostName(receiver, name, *arguments)
        self.assertIs(receiver.resolution, resolution)
        self.assertTrue(verifyObject(IHostResolution, resolution))
        self.assertEqual(resolution.name, name)
        return receiver

    def test_name(self) -> None:
        """A name: one command, the addresses with the port that was given, then the end."""
        address = self.network.add_host(HOST)
        interface = self.ready()
        self.assertTrue(verifyObject(IHostnameResolver, interface.nameResolver))
        self.watch()
        receiver = self.look_up(interface, HOST, 4711)
        self.until(lambda: receiver.complete)
        self.assertEqual(receiver.found, [IPv4Address("TCP", address, 4711)])
        self.assertEqual(self.lines(), [f'+QIDNSGIP=1,"{HOST}"'])

    def test_brings_up(self) -> None:
        """A modem that is not up yet is brought up for it, and its network."""
        self.network.add_host(HOST)
        interface = self.interface()
        receiver = self.look_up(interface, HOST)
        self.until(lambda: receiver.complete)
        self.assertEqual(len(receiver.found), 1)

    def test_literal(self) -> None:
        """An address stands for itself; the module is not asked, nor brought up."""
        interface = self.interface()
        for name, found in (
            ("192.0.2.7", IPv4Address("UDP", "192.0.2.7", 53)),
            ("2001:db8::7", IPv6Address("UDP", "2001:db8::7", 53)),
            ("[2001:db8::7]", IPv6Address("UDP", "2001:db8::7", 53)),
        ):
            receiver = self.look_up(interface, name, 53, None, "UDP")
            self.assertEqual((receiver.found, receiver.complete), ([found], 1))
        receiver = self.look_up(interface, "192.0.2.7", 53, [IPv6Address])
        self.assertEqual((receiver.found, receiver.complete), ([], 1))
        self.assertTrue(self.emulated.modem().idle)

    def test_unknown(self) -> None:
        """A name that does not exist, and what is no name: no addresses, and the end."""
        interface = self.ready()
        self.watch()
        for name in ("nobody.example", "a b", 'x",1', "", "ü\udcff"):
            receiver = self.look_up(interface, name)
            self.until(lambda receiver=receiver: receiver.complete)  # type: ignore[misc]
            self.assertEqual(receiver.found, [])
        self.assertEqual(self.lines(), ['+QIDNSGIP=1,"nobody.example"'])

    def test_together(self) -> None:
        """Names that are asked for together are looked up one behind the other, each once."""
        names = [f"host{number}.example" for number in range(4)]
        addresses = [self.network.add_host(name) for name in names]
        interface = self.ready()
        self.watch()
        asked = [*names, names[0].upper(), names[2]]
        receivers = [self.look_up(interface, name) for name in asked]
        self.until(lambda: all(each.complete for each in receivers))
        found = [receiver.found[0].host for receiver in receivers]
        self.assertEqual(found, [*addresses, addresses[0], addresses[2]])
        self.assertEqual(len(self.lines()), 4)

    def test_cancel(self) -> None:
        """Who cancels hears no more; the answer is not taken for the next one's."""
        first, second = self.network.add_host("one.example"), self.network.add_host("two.example")
        interface = self.ready()
        self.network._latency = 2.0
        one = self.look_up(interface, "one.example")
        two = self.look_up(interface, "two.example")
        three = self.look_up(interface, "three.example")
        self.settle(1.0)
        one.resolution.cancel()
        three.resolution.cancel()
        one.resolution.cancel()
        self.watch()
        self.until(lambda: two.complete)
        self.assertEqual([each.host for each in two.found], [second])
        self.settle(5.0)
        self.assertEqual((one.found, one.complete, three.complete), ([], 0, 0))
        self.assertEqual(self.lines(), ['+QIDNSGIP=1,"two.example"'])
        again = self.look_up(interface, "one.example")
        self.until(lambda: again.complete)
        self.assertEqual([each.host for each in again.found], [first])

    def test_cancel_when_it_begins(self) -> None:
        """A receiver that cancels as soon as it knows how."""

        class Fickle(Receiver):
            def resolutionBegan(self, resolutionInProgress: Any) -> None:
                resolutionInProgress.cancel()

        interface = self.ready()
        self.watch()
        receiver = Fickle()
        interface.nameResolver.resolveHostName(receiver, HOST)
        self.settle(1.0)
        self.assertEqual((self.lines(), receiver.complete), ([], 0))

    def test_no_answer(self) -> None:
        """A module that never answers: given up after its 60 s and some; the next one is asked."""
        self.network.add_host(HOST)
        interface = self.ready()
        module = self.emulated.module
        original = module.urc
        self.patch(module, "urc", lambda line: None if "dnsgip" in line else original(line))
        receiver = self.look_up(interface, HOST)
        self.settle(60.0)
        self.assertEqual(receiver.complete, 0)
        self.until(lambda: receiver.complete, 10.0)
        self.assertEqual(receiver.found, [])
        self.patch(module, "urc", original)
        again = self.look_up(interface, HOST)
        self.until(lambda: again.complete)
        self.assertEqual(len(again.found), 1)

    def test_restart(self) -> None:
        """A restart of the module in the middle: it is looked up again once that is up."""
        self.network.add_host(HOST)
        interface = self.ready()
        self.network._latency = 5.0
        receiver = self.look_up(interface, HOST)
        self.settle(1.0)
        self.emulated.module.restart()
        self.until(lambda: receiver.complete, 120.0)
        self.assertEqual(len(receiver.found), 1)

    def test_broken_receiver(self) -> None:
        """A receiver that raises is logged."""
        self.network.add_host(HOST)

        class Broken(Receiver):
            def addressResolved(self, address: Any) -> None:
                raise ZeroDivisionError("from within")

        interface = self.ready()
        interface.nameResolver.resolveHostName(Broken(), HOST)
        self.settle(2.0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_channel_in_use(self) -> None:
        """A transparent connection that has the only channel: waited for, or busy=fail."""
        self.plain()
        interface = self.ready()
        peer = self.connect(
            ModuleTCPEndpoint(self.emulated.modem(), HOST, PORT, mode="transparent")
        )
        receiver = self.look_up(interface, HOST)
        self.settle(5.0)
        self.assertEqual(receiver.complete, 0)
        client = Client()
        hurried = type(interface)(self.emulated.modem(), busy="fail")
        hurried.connectTCP(HOST, PORT, client)
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, errors.ModemBusyError)
        peer.transport.loseConnection()
        self.end_of(peer)
        self.until(lambda: receiver.complete)
        self.assertEqual(len(receiver.found), 1)

    def test_family_that_cannot(self) -> None:
        """A family without lookups resolves nothing by itself, but a name in an open."""
        self.plain()
        limits = {**LTEFamily.limits.__dict__, "name_time": None}
        self.patch(LTEFamily, "limits", Limits(**limits))
        interface, client = self.ready(), Client()
        receiver = self.look_up(interface, HOST)
        self.until(lambda: receiver.complete)
        self.assertEqual(receiver.found, [])
        problem = self.failureResultOf(interface.resolve(HOST), errors.UnsupportedOperation).value
        self.one_line(problem, "lte", "resolve")
        self.watch()
        connector = interface.connectTCP(HOST, PORT, client)
        self.until(lambda: client.peers)
        self.settle()
        self.assertTrue(self.sent(f'+QIOPEN=1,0,"TCP","{HOST}",'))
        connector.disconnect()
        self.end_of(client.peers[0])


class InstalledTests(InterfaceCase):
    """Other resolvers, and the simple face."""

    def reaches(self, interface: Any, name: str) -> None:
        """Connect to a name, in both ways."""
        client = Client()
        connector = interface.connectTCP(name, PORT, client)
        self.until(lambda: client.peers)
        self.settle()
        self.assertEqual(client.peers[0].transport.getPeer().host, "198.51.100.9")
        connector.disconnect()
        self.end_of(client.peers[0])
        endpoint = HostnameEndpoint(interface, name, PORT)
        peer = self.result_of(endpoint.connect(factory_for(Peer)))
        self.assertEqual(peer.transport.getPeer().host, "198.51.100.9")
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_resolve(self) -> None:
        """resolve() gives an IPv4 address, or a DNSLookupError with the module's reason."""
        address = self.network.add_host(HOST)
        interface = self.ready()
        self.assertEqual(self.result_of(interface.resolve(HOST)), address)
        self.assertEqual(self.successResultOf(interface.resolve("")), "0.0.0.0")
        self.assertEqual(self.successResultOf(interface.resolve("192.0.2.1")), "192.0.2.1")
        self.failureResultOf(interface.resolve("2001:db8::1"), error.DNSLookupError)
        self.failureResultOf(interface.resolve("a b"), error.DNSLookupError)
        unknown = interface.resolve("nobody.example")
        self.until(lambda: unknown.called and not unknown.paused)
        self.failureResultOf(unknown, errors.ModemDNSError)

    def test_resolve_timeout(self) -> None:
        """The sum of its time-outs is how long it takes at most; it can be cancelled."""
        self.network.add_host(HOST)
        interface = self.ready()
        self.network._latency = 10.0
        began = self.clock.seconds()
        late = interface.resolve(HOST, (1, 2))
        cancelled = interface.resolve(HOST)
        cancelled.cancel()
        self.failureResultOf(cancelled)
        self.until(lambda: late.called)
        problem = self.failureResultOf(late, error.DNSLookupError).value
        self.one_line(problem, "3 s")
        self.assertAlmostEqual(self.clock.seconds() - began, 3.0, 3)
        self.settle(20.0)

    def test_name_resolver(self) -> None:
        """installNameResolver: the other one is asked, in the module's place."""
        self.plain(Echo, host="198.51.100.9")
        interface = self.ready()
        own = interface.nameResolver
        other: Any = Other(IPv4Address("TCP", "198.51.100.9", PORT))
        self.assertIs(interface.installNameResolver(other), own)
        self.assertIs(interface.nameResolver, other)
        self.watch()
        self.reaches(interface, "any.example")
        self.assertEqual(self.successResultOf(interface.resolve("any.example")), "198.51.100.9")
        self.assertEqual(self.sent("+QIDNSGIP"), [])
        empty: Any = Other()
        self.assertIs(interface.installNameResolver(empty), other)
        client = Client()
        interface.connectTCP("any.example", PORT, client)
        self.until(lambda: client.reasons)
        self.assertIsInstance(client.reasons[0].value, error.DNSLookupError)

    def test_kind_that_fits(self) -> None:
        """Of several addresses one is taken that the module can reach."""
        self.plain(host="198.51.100.9")
        interface = self.ready()
        both: Any = Other(
            IPv6Address("TCP", "2001:db8::9", PORT), IPv4Address("TCP", "198.51.100.9", PORT)
        )
        interface.installNameResolver(both)
        self.reaches(interface, "any.example")

    def test_simple_resolver(self) -> None:
        """installResolver, as twisted.names has it: for both faces."""
        self.plain(Echo, host="198.51.100.9")
        interface, simple = self.ready(), Simple()
        before = interface.installResolver(simple)
        self.assertTrue(verifyObject(IResolverSimple, before))
        self.assertTrue(verifyObject(IHostnameResolver, interface.nameResolver))
        self.reaches(interface, "known.example")
        self.assertEqual(self.successResultOf(interface.resolve("known.example")), "198.51.100.9")
        self.assertEqual(set(simple.asked), {"known.example"})
        self.failureResultOf(interface.resolve("other.example"), error.DNSLookupError)
        self.assertIs(interface.installResolver(before), simple)

    def test_hostname_endpoint(self) -> None:
        """HostnameEndpoint: names by the module, no warning, its errors as usual."""
        serving = self.plain(Echo)
        interface = self.interface()
        peer = self.result_of(HostnameEndpoint(interface, HOST, PORT).connect(factory_for(Peer)))
        peer.transport.write(b"hello")
        self.result_of(peer.when_received(5))
        peer.transport.loseConnection()
        self.end_of(peer)
        self.until(lambda: serving.peers[0].reasons)
        self.assertEqual(self.flushWarnings(), [])
        unknown = HostnameEndpoint(interface, "nobody.example", PORT).connect(factory_for(Peer))
        self.until(lambda: unknown.called and not unknown.paused)
        self.failureResultOf(unknown, error.DNSLookupError)
        refused = HostnameEndpoint(interface, HOST, PORT + 1).connect(factory_for(Peer))
        self.until(lambda: refused.called and not refused.paused)
        self.failureResultOf(refused, errors.TCPOpenFailed)
        self.network._latency = 2.0
        given_up = HostnameEndpoint(interface, HOST, PORT).connect(factory_for(Peer))
        self.settle(1.0)
        given_up.cancel()
        self.failureResultOf(given_up, error.ConnectingCancelledError, error.DNSLookupError)
        self.settle(15.0)
        self.assertEqual([*self.emulated.module.sockets], [])
