"""UDP over a module: L{listen_udp}, against ends on a network in memory."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import (
    CannotListenError,
    ConnectionDone,
    InvalidAddressError,
    MessageLengthError,
)
from twisted.internet.interfaces import IListeningPort, ILoggingContext, IUDPTransport
from twisted.internet.protocol import DatagramProtocol
from zope.interface.verify import verifyObject

from tests.datagrams.virtual import OTHER, PEER, DatagramCase, Notes
from twisted_quectel import InvalidValue
from twisted_quectel.datagrams import ModuleUDPPort, listen_udp
from twisted_quectel.datagramtransport import QUEUED_AT_MOST
from twisted_quectel.emulator import Link
from twisted_quectel.emulator.faults import (
    CommandFails,
    ErrorInsteadOfSendOk,
    MissingRecvUrc,
    PdpDrops,
    PromptRefused,
    Restarts,
    SendFails,
)
from twisted_quectel.emulator.network import INetwork
from twisted_quectel.errors import ModuleLost, SendFailed
from twisted_quectel.modem.interfaces import Datagram

if TYPE_CHECKING:
    Mixed = DatagramCase
else:
    Mixed = object


class ExchangeTests(Mixed):
    """Mixed into a case for each access mode."""

    def test_echo(self) -> None:
        """Datagrams of every size keep their boundaries, and each says where it came from."""
        modem = self.up(link=Link(cut=7, seed=2))
        far, other = self.far(echo=True), self.far(OTHER, echo=True)
        notes = Notes()
        port = self.listen(modem, notes)
        self.assertEqual(notes.events, ["start"])
        text = bytes(range(256)) * 6
        sent: list[tuple[bytes, Any]] = []
        for number, size in enumerate((1, 2, 3, 99, 512, 1023, 1024, 1359, 1459, 1460)):
            sent.append((text[number : number + size], (PEER, OTHER)[number % 2]))
            notes.transport.write(*sent[-1])
        self.until(lambda: len(notes.received) == len(sent))
        self.assertCountEqual(notes.received, sent)
        self.assertEqual(far.received, [(data, self.own(port)) for data, to in sent if to == PEER])
        self.assertEqual(len(other.received), 5)
        self.assertEqual(port.dropped, 0)
        self.stop(port)
        self.assertEqual(notes.events, ["start", "stop"])

    def test_payload_like_words_of_a_module(self) -> None:
        """What looks like a URC or a result is payload."""
        modem = self.up()
        self.far(echo=True)
        notes = Notes()
        port = self.listen(modem, notes)
        said = [
            b'\r\n+QIURC: "recv",0,4,"192.0.2.9",9\r\nabcd',
            b"\r\nOK\r\n",
            b"+++",
            b"\x1a\x1b\0> ",
            b'\r\n+QIURC: "closed",0\r\n',
            b"\r\nSEND FAIL\r\n",
        ]
        for data in said:
            port.write(data, PEER)
        self.until(lambda: len(notes.received) == len(said))
        self.assertEqual(notes.data, said)

    def test_strangers(self) -> None:
        """Anybody is heard; from C{connect} on the one peer only, who needs no address."""
        modem = self.up()
        far, other = self.far(), self.far(OTHER)
        notes = Notes()
        port = self.listen(modem, notes)
        self.settle(1.0)
        other.write(b"hello", self.own(port))
        self.settle(1.0)
        port.connect(*PEER)
        other.write(b"again", self.own(port))
        far.write(b"there", self.own(port))
        port.write(b"here")
        port.write(b"too", PEER)
        self.settle(1.0)
        self.assertEqual(notes.received, [(b"hello", OTHER), (b"there", PEER)])
        self.assertEqual(far.data, [b"here", b"too"])
        self.assertRaises(InvalidValue, port.write, b"x", OTHER)
        self.assertRaises(RuntimeError, port.connect, *OTHER)

    def test_shortened(self) -> None:
        """What of a datagram is beyond maxPacketSize is lost, as it is on a host."""
        modem = self.up()
        far = self.far()
        notes = Notes()
        port = self.listen(modem, notes, maxPacketSize=4)
        self.settle(1.0)
        far.write(b"0123456789", self.own(port))
        self.settle(1.0)
        self.assertEqual(notes.data, [b"0123"])

    def test_flood(self) -> None:
        """What there is no room for is lost, is told once, and the memory does not grow."""
        modem = self.up()
        far = self.far()
        notes = Notes()
        port = self.listen(modem, notes)
        for number in range(QUEUED_AT_MOST + 100):
            port.write(b"%d" % number, PEER)
        self.assertEqual(port.dropped, 100)
        self.settle(2.0)
        self.assertEqual(far.data, [b"%d" % number for number in range(QUEUED_AT_MOST)])
        port.write(b"room again", PEER)
        self.settle(1.0)
        self.assertEqual(far.data[-1], b"room again")

    def test_refused_for_a_while(self) -> None:
        """A datagram behind SEND FAIL, or without its prompt, goes again; none goes twice."""
        modem = self.up(faults=[SendFails(2), PromptRefused(2)])
        far = self.far()
        port = self.listen(modem, Notes())
        for data in (b"one", b"two"):
            port.write(data, PEER)
        self.settle(5.0)
        self.assertEqual(far.data, [b"one", b"two"])
        self.assertEqual(port.dropped, 0)

    def test_refused_for_long(self) -> None:
        """One that the module never takes is lost, and the port lives on."""
        for fault in (SendFails(0), PromptRefused(0)):
            modem = self.up(faults=[fault])
            port = self.listen(modem, Notes())
            for data in (b"one", b"two"):
                port.write(data, PEER)
            self.settle(20.0)
            self.assertEqual(port.dropped, 2)
            self.assertTrue(port.connected)
            self.stop(port)

    def test_unknown_fate(self) -> None:
        """A datagram whose send ends in ERROR is not sent twice."""
        modem = self.up(faults=[ErrorInsteadOfSendOk(1)])
        far = self.far()
        port = self.listen(modem, Notes())
        for data in (b"one", b"two"):
            port.write(data, PEER)
        self.settle(5.0)
        self.assertEqual(far.data, [b"one", b"two"])
        self.assertEqual(port.dropped, 1)

    def test_lost_urc(self) -> None:
        """Where the URC is lost, in buffer mode, a look finds what came."""
        modem = self.up(faults=[MissingRecvUrc(1)])
        far = self.far()
        notes = Notes()
        port = self.listen(modem, notes)
        self.settle(1.0)
        far.write(b"hello", self.own(port))
        self.settle(20.0)
        self.assertEqual(notes.received, [(b"hello", PEER)])

    def test_written_while_closing(self) -> None:
        """What was written before stopListening goes out, what comes behind it does not."""
        modem = self.up()
        far = self.far()
        notes = Notes()
        port = self.listen(modem, notes)
        for number in range(5):
            port.write(b"%d" % number, PEER)
        stopped = port.stopListening()
        again = port.stopListening()
        assert stopped is not None and again is not None
        port.write(b"late", PEER)
        far.write(b"late", self.own(port))
        self.result_of(stopped)
        self.successResultOf(again)
        self.assertEqual(far.data, [b"0", b"1", b"2", b"3", b"4"])
        self.assertEqual(notes.events, ["start", "stop"])
        self.assertEqual(notes.received, [])
        self.assertIsNone(port.stopListening())

    def test_raising_protocol(self) -> None:
        """An exception is logged, and the next datagram comes all the same."""

        class Raises(Notes):
            def datagramReceived(self, datagram: bytes, addr: Any) -> None:
                super().datagramReceived(datagram, addr)
                raise RuntimeError("a bug")

            def stopProtocol(self) -> None:
                super().stopProtocol()
                raise RuntimeError("another bug")

        modem = self.up()
        far = self.far()
        notes = Raises()
        port = self.listen(modem, notes)
        self.settle(1.0)
        far.write(b"one", self.own(port))
        far.write(b"two", self.own(port))
        self.settle(1.0)
        self.assertEqual(notes.data, [b"one", b"two"])
        self.stop(port)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 3)

    def test_module_restarts(self) -> None:
        """A restart of the module closes the port; another one can be opened then."""
        modem = self.up(faults=[Restarts(after=5.0)])
        far = self.far()
        notes = Notes()
        port = self.listen(modem, notes)
        why: list[Any] = []
        port.when_stopped().addCallback(why.append)
        self.until(lambda: notes.events == ["start", "stop"], 60.0)
        self.assertIsInstance(why[0], ModuleLost)
        self.assertFalse(port.connected)
        self.assertIsNone(notes.transport)
        port.write(b"nobody is there", PEER)
        self.verdicts_expected = True
        self.result_of(modem.ready(), 120.0)
        port.startListening()
        port.write(b"again", PEER)
        self.settle(2.0)
        self.assertEqual(far.data, [b"again"])
        self.assertEqual(notes.events, ["start", "stop", "start"])

    def test_network_lost(self) -> None:
        """The loss of the PDP context closes the port; the next one brings it up again."""
        modem = self.up(faults=[PdpDrops(5.0)])
        far = self.far()
        notes = Notes()
        port = self.listen(modem, notes)
        why: list[Any] = []
        port.when_stopped().addCallback(why.append)
        self.until(lambda: notes.events == ["start", "stop"], 60.0)
        self.assertIsInstance(why[0], (ModuleLost, SendFailed))
        again = self.listen(modem, Notes())
        again.write(b"again", PEER)
        self.settle(5.0)
        self.assertEqual(far.data, [b"again"])

    def test_modem_closed(self) -> None:
        """The end of the modem is the end of the port."""
        modem = self.up()
        notes = Notes()
        self.listen(modem, notes)
        self.settle(1.0)
        self.result_of(modem.close())
        self.settle(0.0)
        self.assertEqual(notes.events, ["start", "stop"])


class PushTests(ExchangeTests, DatagramCase):
    """In push mode, which is the default."""

    mode = None


class BufferTests(ExchangeTests, DatagramCase):
    """In buffer mode."""

    mode = "buffer"


class PortTests(DatagramCase):
    """The port itself."""

    def test_interfaces(self) -> None:
        """It is what C{reactor.listenUDP} gives."""
        port = self.listen(self.up(), DatagramProtocol())
        for interface in (IListeningPort, IUDPTransport, ILoggingContext):
            self.assertTrue(verifyObject(interface, port))
        self.assertEqual(port.logPrefix(), "DatagramProtocol (UDP)")
        self.assertFalse(port.getBroadcastAllowed())

    def test_command(self) -> None:
        """It is opened as a UDP SERVICE, in push mode unless told otherwise."""
        modem = self.up()
        for mode, number in ((None, 1), ("push", 1), ("buffer", 0)):
            port = self.listen(modem, Notes(), mode=mode)
            self.settle(1.0)
            said = "\n".join(modem.last_lines())
            self.assertIn(f'"UDP SERVICE","127.0.0.1",0,7000,{number}', said)
            self.stop(port)

    def test_host(self) -> None:
        """Its address is the module's, as soon as that is known."""
        modem = self.up()
        port = self.listen(modem, Notes())
        self.assertEqual(port.getHost(), IPv4Address("UDP", "0.0.0.0", 7000))
        self.settle(1.0)
        self.assertEqual(port.getHost(), IPv4Address("UDP", "10.7.157.1", 7000))
        self.assertIn("7000", repr(port))
        self.stop(port)
        self.assertIn("not connected", repr(port))
        again = self.listen(modem, Notes(), interface="10.7.157.1")
        self.assertEqual(again.getHost(), IPv4Address("UDP", "10.7.157.1", 7000))

    def test_any_port(self) -> None:
        """Port 0 is one that is free, known at once; ports that are taken are tried over."""
        modem = self.up()
        taken: list[int] = []
        network = self.network
        datagram = network.datagram

        def crowded(address: str, port: int, *rest: Any) -> Any:
            if len(taken) < 3:
                taken.append(port)
                raise CannotListenError(address, port, OSError("in use"))
            return datagram(address, port, *rest)

        self.patch(network, "datagram", crowded)
        port = self.listen(modem, Notes(), 0)
        self.assertIn(port.getHost().port, range(49152, 65536))
        self.settle(2.0)
        self.assertEqual(len(set(taken)), 3)
        self.assertNotIn(port.getHost().port, taken)
        ports = [self.listen(modem, Notes(), 0) for _ in range(5)]
        self.assertEqual(len({each.getHost().port for each in ports}), 5)
        self.assertTrue(INetwork.providedBy(network))

    def test_written_at_once(self) -> None:
        """What startProtocol writes goes out when the module has opened the port."""

        class Eager(Notes):
            def startProtocol(self) -> None:
                super().startProtocol()
                self.transport.write(b"first", PEER)

        far = self.far()
        port = self.listen(self.up(), Eager())
        port.write(b"second", PEER)
        self.assertEqual(far.data, [])
        self.settle(1.0)
        self.assertEqual(far.data, [b"first", b"second"])

    def test_stopped_at_once(self) -> None:
        """A port that is closed before it is open: what was written is sent, then it ends."""
        modem = self.up()
        far = self.far()
        silent, eager = Notes(), Notes()
        one, two = self.listen(modem, silent), self.listen(modem, eager, 7001)
        two.write(b"bye", PEER)
        for port in (one, two):
            self.stop(port)
        self.assertEqual((silent.events, eager.events), (["start", "stop"],) * 2)
        self.assertEqual(far.data, [b"bye"])
        self.assertEqual(modem.current.connections.bound, set())  # type: ignore[union-attr]

    def test_stopped_in_start(self) -> None:
        """stopListening within startProtocol: the protocol is stopped in a later turn."""

        class Leaves(Notes):
            def startProtocol(self) -> None:
                super().startProtocol()
                self.stopped = self.transport.stopListening()

        notes = Leaves()
        self.listen(self.up(), notes)
        self.assertEqual(notes.events, ["start"])
        self.result_of(notes.stopped)
        self.assertEqual(notes.events, ["start", "stop"])

    def test_failing_start(self) -> None:
        """An exception in startProtocol reaches who listens; nothing is left."""

        class Fails(Notes):
            def startProtocol(self) -> None:
                raise RuntimeError("no")

        modem = self.up()
        self.assertRaises(RuntimeError, self.listen, modem, Fails())
        self.stop(self.listen(modem, Notes()))

    def test_nobody_knows_from_where(self) -> None:
        """A datagram without a source is lost, unless it can only be the peer's."""
        notes = Notes()
        port = self.listen(self.up(), notes)
        port.received(Datagram(b"whose?", None))
        self.assertEqual((notes.received, port.dropped), ([], 1))
        port.connect(*PEER)
        port.received(Datagram(b"the peer's", None))
        self.assertEqual(notes.received, [(b"the peer's", PEER)])

    def test_one_protocol_on_two_ports(self) -> None:
        """As with Twisted's, a protocol starts and stops once."""
        modem = self.up()
        notes = Notes()
        one = self.listen(modem, notes)
        notes.transport = None
        two = self.listen(modem, notes, 7001)
        self.stop(one)
        self.assertEqual(notes.events, ["start"])
        self.stop(two)
        self.assertEqual(notes.events, ["start", "stop"])

    def test_shared_ids(self) -> None:
        """They take ids of the module; a thirteenth waits for one of them."""
        modem = self.up()
        far = self.far()
        ports = [self.listen(modem, Notes(), 7000 + number) for number in range(13)]
        for port in ports:
            port.write(b"x", PEER)
        self.settle(2.0)
        self.assertEqual(len(far.received), 12)
        # the one that waits may be any of them
        self.stop(next(port for port in ports if port._socket is not None))
        self.settle(2.0)
        self.assertEqual(len(far.received), 13)

    def test_late(self) -> None:
        """A module that does not open it in time: that is logged, and the protocol stopped."""
        modem = self.up()
        held = [self.listen(modem, Notes(), 7000 + number) for number in range(12)]
        self.settle(2.0)
        notes = Notes()
        port = ModuleUDPPort(modem, 8000, notes, timeout=5.0)
        why: list[Any] = []
        port.startListening()
        port.when_stopped().addCallback(why.append)
        watcher = port.when_stopped()
        watcher.cancel()
        self.failureResultOf(watcher)
        self.settle(6.0)
        self.assertEqual(notes.events, ["start", "stop"])
        self.assertIn("within 5 s", str(why[0]))
        self.assertEqual(len(held), 12)

    def test_never_flushed(self) -> None:
        """A module that takes nothing does not hold a close up for ever."""
        modem = self.up(faults=[SendFails(0)])
        port = self.listen(modem, Notes())
        for _ in range(QUEUED_AT_MOST):
            port.write(b"x", PEER)
        self.settle(1.0)
        stopped = port.stopListening()
        assert isinstance(stopped, Deferred)
        self.result_of(stopped, 40.0)
        waiting = [self.listen(modem, Notes(), 7000 + number) for number in range(13)]
        waiting[12].write(b"x", PEER)
        self.settle(1.0)
        stopped = waiting[12].stopListening()
        assert isinstance(stopped, Deferred)
        self.result_of(stopped, 40.0)

    def test_open_refused(self) -> None:
        """An open that the module refuses is logged, and the protocol stopped."""
        modem = self.up(faults=[CommandFails("+QIOPEN", times=0)])
        notes = Notes()
        port = self.listen(modem, notes)
        self.settle(5.0)
        self.assertEqual(notes.events, ["start", "stop"])
        self.assertFalse(port.connected)
        self.assertEqual(modem.current.connections.bound, set())  # type: ignore[union-attr]


class RefusalTests(DatagramCase):
    """What cannot be."""

    def refused(self, modem: Any, *words: str, **arguments: Any) -> CannotListenError:  # type: ignore[override]
        """Look that a port cannot be had, and say why."""
        notes = Notes()
        values: dict[str, Any] = {"port": 7000, **arguments}
        problem: CannotListenError = self.assertRaises(
            CannotListenError, listen_udp, modem, protocol=notes, **values
        )
        for word in words:
            self.assertIn(word, str(problem))
        self.assertEqual(notes.events, [])
        return problem

    def test_not_ready(self) -> None:
        """Before the modem is up, and when it is closed, that is the reason."""
        emulated = self.emulate()
        modem = emulated.modem()
        self.refused(modem, "ready()", "emulated")
        ready = modem.ready()
        self.refused(modem, "ready()")
        self.result_of(ready)
        self.stop(self.listen(modem, Notes()))
        self.result_of(modem.close())
        self.refused(modem, "ready()")

    def test_in_use(self) -> None:
        """A port that another one of ours has; and it is free when that is closed."""
        modem = self.up()
        port = self.listen(modem, Notes())
        problem: Any = self.refused(modem, "7000").socketError
        self.assertEqual(problem.errno, errno.EADDRINUSE)
        self.assertRaises(CannotListenError, port.startListening)
        self.stop(port)
        self.stop(self.listen(modem, Notes()))

    def test_in_use_on_the_module(self) -> None:
        """A port that the module has in use is told later: logged, and the protocol stopped."""
        self.network.datagram("10.7.157.1", 7000, lambda *_: None)
        notes = Notes()
        port = self.listen(self.up(), notes)
        why: list[Any] = []
        port.when_stopped().addCallback(why.append)
        self.settle(5.0)
        self.assertEqual(notes.events, ["start", "stop"])
        self.assertEqual(why[0].code, 556)

    def test_interface(self) -> None:
        """Names, strange addresses, and families that the network has not given."""
        modem = self.up()
        self.assertRaises(
            InvalidAddressError, listen_udp, modem, 7000, Notes(), interface="localhost"
        )
        self.refused(modem, "IPv6", interface="::")
        self.stop(self.listen(modem, Notes(), interface="0.0.0.0"))
        problem: Any = self.refused(modem, interface="127.0.0.1").socketError
        self.assertEqual(problem.errno, errno.EADDRNOTAVAIL)

    def test_interface_known_later(self) -> None:
        """An interface that turns out to be none of the module's: told later."""
        modem = self.up()
        notes = Notes()
        port = self.listen(modem, notes, interface="192.0.2.77")
        self.settle(5.0)
        self.assertEqual(notes.events, ["start", "stop"])
        self.assertFalse(port.connected)
        self.assertEqual(modem.current.connections.sockets, {})  # type: ignore[union-attr]

    def test_arguments(self) -> None:
        """What is out of range is named."""
        modem = self.up()
        for name, value in (
            ("port", 65536),
            ("port", -1),
            ("maxPacketSize", 0),
            ("mode", "transparent"),
            ("pdp", 17),
        ):
            arguments: dict[str, Any] = {"port": 7000, name: value}
            problem = self.assertRaises(
                InvalidValue, listen_udp, modem, protocol=Notes(), **arguments
            )
            self.assertTrue(str(problem).startswith(f"{name}: "), problem)
        self.assertRaises(InvalidValue, ModuleUDPPort, modem, 1, Notes(), timeout=0)

    def test_family(self) -> None:
        """A family without UDP says so by its name."""
        modem = self.up()
        session = modem.current
        assert session is not None
        self.patch(type(session.family), "udp", None)
        self.refused(modem, "lte", "no UDP")

    def test_writes(self) -> None:
        """Names, the other family, no address, and what is too long or empty."""
        modem = self.up()
        port: Any = self.listen(modem, Notes())
        for wrong in (("host.example", 1), ("::1", 1), ("1.2.3", 1)):
            self.assertRaises(InvalidAddressError, port.write, b"x", wrong)
            self.assertRaises(InvalidAddressError, port.connect, *wrong)
        for bad in (
            None,
            "192.0.2.1",
            ("192.0.2.1",),
            (1, 2),
            ("192.0.2.1", 0),
            ("192.0.2.1", "x"),
        ):
            problem = self.assertRaises(InvalidValue, port.write, b"x", bad)
            self.assertTrue(str(problem).startswith("addr: "), problem)
        self.assertRaises(InvalidValue, port.connect, "192.0.2.1", 0)
        self.assertRaises(TypeError, port.write, "x", PEER)
        for size in (0, 1461, 70000):
            self.assertRaises(MessageLengthError, port.write, b"x" * size, PEER)

    def test_broadcast(self) -> None:
        """The broadcast address has to be allowed, as it has on a host."""
        everybody = self.far(("255.255.255.255", 4000))
        port = self.listen(self.up(), Notes())
        for host in ("<broadcast>", "255.255.255.255"):
            problem = self.assertRaises(OSError, port.write, b"x", (host, 4000))
            self.assertEqual(problem.errno, errno.EACCES)
        port.setBroadcastAllowed(True)
        self.assertTrue(port.getBroadcastAllowed())
        port.writeSequence([b"a", b"ll"], ("<broadcast>", 4000))
        self.settle(1.0)
        self.assertEqual(everybody.data, [b"all"])


class IPv6Tests(DatagramCase):
    """A PDP context with IPv6."""

    def test_ipv6(self) -> None:
        """The port is of the family that the network has; literals are compared as addresses."""
        emulated = self.emulate()
        modem = emulated.modem(ip="ipv6")
        self.result_of(modem.ready())
        notes = Notes()
        port = self.listen(modem, notes, interface="::")
        self.assertEqual(port.getHost(), IPv6Address("UDP", "::", 7000))
        self.assertRaises(InvalidAddressError, port.write, b"x", PEER)
        far = self.far(("2001:db8::1", 4000), echo=True)
        port.connect("2001:DB8:0::1", 4000)
        port.write(b"x", ("2001:db8::1", 4000))
        self.settle(1.0)
        host = port.getHost()
        self.assertIsInstance(host, IPv6Address)
        self.assertNotEqual(host.host, "::")
        self.assertEqual(far.data, [b"x"])
        self.assertEqual(notes.received, [(b"x", ("2001:db8::1", 4000))])
        self.stop(port)
        self.assertRaises(CannotListenError, self.listen, modem, Notes(), interface="0.0.0.0")

    def test_both(self) -> None:
        """With both families a port without an interface is of IPv4, as on a host."""
        emulated = self.emulate()
        modem = emulated.modem(ip="ipv4v6")
        self.result_of(modem.ready())
        for interface, kind in (("", IPv4Address), ("0.0.0.0", IPv4Address), ("::", IPv6Address)):
            port = self.listen(modem, Notes(), interface=interface)
            self.assertIsInstance(port.getHost(), kind)
            self.settle(1.0)
            self.assertIsInstance(port.getHost(), kind)
            self.stop(port)

    def test_reason(self) -> None:
        """A port that is closed by its owner ends as a connection does."""
        port = self.listen(self.up(), Notes())
        why: list[Any] = []
        port.when_stopped().addCallback(why.append)
        self.settle(1.0)
        self.stop(port)
        self.assertIsInstance(why[0], ConnectionDone)
