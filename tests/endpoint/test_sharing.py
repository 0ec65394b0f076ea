"""Many connections, contexts and modems at once."""

from __future__ import annotations

from io import StringIO
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import VirtualCase
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import Link
from twisted_quectel.errors import (
    ModemBusyError,
    ModemClosed,
    ModemTimeout,
    ModuleLost,
    UnverifiedContext,
)
from twisted_quectel.modem import getModem
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.profiles import TLSProfile


class SharingCase(VirtualCase):
    """Connects many times."""

    mode = "buffer"

    def setUp(self) -> None:
        super().setUp()
        self.trace = StringIO()

    def traced(self, **arguments: Any) -> Any:
        """Make a module whose dialogue is kept."""
        emulated = self.emulate(**arguments)
        emulated.modem().trace_to(self.trace)
        return emulated

    def profile(self, number: int) -> TLSProfile:
        """Make one of several different profiles."""
        return TLSProfile(cacert=self.ca_path, negotiate_time=20 + number)

    def leave(self, *clients: Any) -> None:
        """Close connections."""
        for client in clients:
            client.transport.loseConnection()
        for client in clients:
            self.assertIsInstance(self.end_of(client), ConnectionDone)

    def works(self, client: Any) -> None:
        """Have bytes echoed."""
        before = client.count
        client.transport.write(b"hello")
        self.until(lambda: client.count == before + 5)

    def opened(self) -> list[tuple[int, int]]:
        """Give SSL context and id of each open so far."""
        lines = self.trace.getvalue().splitlines()
        opens = [line.partition("AT+QSSLOPEN=")[2] for line in lines if "> AT+QSSLOPEN=" in line]
        return [(int(text.split(",")[1]), int(text.split(",")[2])) for text in opens]


class SocketTests(SharingCase):
    """Twelve connections."""

    def test_twelve(self) -> None:
        """Twelve connections with one profile share a context, and each has its own id."""
        self.serve(Echo)
        emulated = self.traced()
        endpoint = self.endpoint(emulated)
        connecting = [self.start(endpoint) for _ in range(12)]
        clients = [self.result_of(each) for each in connecting]
        for client in clients:
            self.works(client)
        self.assertEqual({context for context, _ in self.opened()}, {0})
        self.assertEqual(sorted(id for _, id in self.opened()), list(range(12)))
        # what is known to be set is not sent again
        self.assertEqual(self.trace.getvalue().count('> AT+QSSLCFG="sslversion",0,3'), 1)
        self.leave(*clients)

    def test_thirteenth_waits(self) -> None:
        """A thirteenth connection waits until one has ended."""
        self.serve(Echo)
        endpoint = self.endpoint(self.traced(), timeout=300)
        clients = [self.connect(endpoint) for _ in range(12)]
        late = self.start(endpoint)
        self.settle(30.0)
        self.assertNoResult(late)
        self.leave(clients.pop())
        clients.append(self.result_of(late))
        self.works(clients[-1])
        self.leave(*clients)

    def test_thirteenth_fails(self) -> None:
        """With C{busy=fail} a thirteenth connection fails at once."""
        self.serve(Echo)
        emulated = self.traced()
        clients = [self.connect(self.endpoint(emulated)) for _ in range(12)]
        problem = self.refused(
            self.start(self.endpoint(emulated, busy="fail")), ModemBusyError, ConnectError
        )
        self.one_line(problem, "12 connections", "busy=wait")
        self.leave(*clients)

    def test_thirteenth_gives_up(self) -> None:
        """A connection that waits gives up when its time is over, and takes nothing along."""
        self.serve(Echo)
        endpoint = self.endpoint(self.traced(), timeout=30)
        clients = [self.connect(endpoint) for _ in range(12)]
        problem = self.refused(self.start(endpoint), ModemTimeout)
        self.one_line(problem, "all 12 connections", "in use")
        self.leave(*clients)
        again = [self.connect(endpoint) for _ in range(12)]
        self.leave(*again)

    def test_fair(self) -> None:
        """A connection with much to send does not starve the others."""
        serving = self.serve(Peer)
        endpoint = self.endpoint(self.traced())
        busy, quiet = self.connect(endpoint), self.connect(endpoint)
        busy.transport.write(b"x" * 1_000_000)
        quiet.transport.write(b"hello")
        self.until(lambda: serving.peers[1].count == 5)
        self.assertLess(serving.peers[0].count, 100_000)
        busy.transport.abortConnection()
        self.leave(quiet)


class ContextTests(SharingCase):
    """Six SSL contexts."""

    def six(self) -> Any:
        """Occupy all six."""
        self.serve(Echo)
        emulated = self.traced()
        clients = [
            self.connect(self.endpoint(emulated, tls=self.profile(number))) for number in range(6)
        ]
        self.assertEqual([context for context, _ in self.opened()], list(range(6)))
        return emulated, clients

    def test_timeouts(self) -> None:
        """Seven time-outs of one profile take one context, with the longest handshake of all."""
        emulated = self.traced()
        self.serve(Echo)
        clients = [
            self.connect(self.endpoint(emulated, timeout=float(timeout), busy="fail"))
            for timeout in (50, 20, 30, 40, 60, 70, 80)
        ]
        self.assertEqual({context for context, _ in self.opened()}, {0})
        self.assertEqual(emulated.module.contexts[0].number("negotiatetime"), 80)
        for client in clients:
            self.works(client)
        self.leave(*clients)

    def test_seventh_waits(self) -> None:
        """A seventh profile waits for a context; one of the six joins at once."""
        emulated, clients = self.six()
        late = self.start(self.endpoint(emulated, tls=self.profile(6), timeout=300))
        clients.append(self.connect(self.endpoint(emulated, tls=self.profile(3))))
        self.settle(30.0)
        self.assertNoResult(late)
        self.leave(clients.pop(0))
        clients.append(self.result_of(late))
        self.assertEqual(self.opened()[-1][0], 0)
        for client in clients:
            self.works(client)
        self.leave(*clients)

    def test_seventh_fails(self) -> None:
        """With C{busy=fail} a seventh profile fails at once."""
        emulated, clients = self.six()
        endpoint = self.endpoint(emulated, tls=self.profile(6), busy="fail")
        self.one_line(self.refused(self.start(endpoint), ModemBusyError), "context")
        self.leave(*clients)

    def test_named(self) -> None:
        """C{ctx} together with TLS arguments configures that context."""
        self.serve(Echo)
        emulated = self.traced()
        client = self.connect(self.endpoint(emulated, ctx=4, tls=self.profile(0)))
        self.assertEqual(self.opened()[0][0], 4)
        busy = self.endpoint(emulated, ctx=4, tls=self.profile(1), busy="fail")
        self.refused(self.start(busy), ModemBusyError)
        self.leave(client)

    def test_provisioned(self) -> None:
        """C{ctx} alone is used as the modem file provisions it, and others keep off it."""
        self.serve(Echo)
        emulated = self.emulate()
        modem = emulated.modem(contexts={0: self.profile(7)})
        modem.trace_to(self.trace)
        client = self.connect(self.endpoint(emulated, ctx=0))
        other = self.connect(self.endpoint(emulated))
        self.works(client)
        self.assertEqual([context for context, _ in self.opened()], [0, 1])
        self.leave(client, other)

    def test_provisioned_outlives_a_restart(self) -> None:
        """What the modem file provisions is put back when the module has restarted."""
        self.serve(Echo)
        emulated = self.emulate()
        emulated.modem(contexts={2: self.profile(7)})
        self.leave(self.connect(self.endpoint(emulated, ctx=2)))
        emulated.module.restart()
        self.settle(5.0)
        client = self.connect(self.endpoint(emulated, ctx=2))
        self.works(client)
        self.leave(client)

    def test_not_provisioned(self) -> None:
        """A context whose security level is 0 is refused: nobody is let through unverified."""
        serving = self.serve(Echo)
        connecting = self.start(self.endpoint(self.traced(), ctx=1))
        problem = self.refused(connecting, UnverifiedContext, ConnectError)
        self.one_line(problem, "ctx: ", "seclevel", "verify=none")
        self.assertEqual((self.opened(), serving.peers), ([], []))

    def test_stranger_provisioned(self) -> None:
        """A context that somebody else has set is used as it is, if it verifies."""
        self.serve(Echo)
        emulated = self.traced()
        self.leave(self.connect(self.endpoint(emulated, ctx=3, tls=self.profile(0))))
        client = self.connect(self.endpoint(emulated, ctx=3))
        self.works(client)
        self.leave(client)

    def test_changed_behind_our_back(self) -> None:
        """A context that was unused is read back before it is used again."""
        self.serve(Echo)
        emulated = self.traced(quirks=["release_resets_context"])
        for _ in range(3):
            self.leave(self.connect(self.endpoint(emulated)))
        # the module has forgotten each time: seclevel 0 would let anybody through
        self.assertEqual(self.trace.getvalue().count('"seclevel",0,1'), 6)


class ModemTests(SharingCase):
    """Several modems, and one that goes and comes."""

    def test_two_modems(self) -> None:
        """Two modules in one process do not disturb each other."""
        self.serve(Echo)
        first, second = self.emulate(), self.emulate()
        clients = [self.connect(self.endpoint(each)) for each in (first, second)]
        for client in clients:
            self.works(client)
        first.module.kill()
        first.module.power_on()
        self.settle(30.0)
        self.assertIsInstance(self.end_of(clients[0]), ConnectionLost)
        self.works(clients[1])
        self.leave(clients[1])

    def test_restart(self) -> None:
        """When the module restarts, each connection is told once; the next connect works."""
        self.serve(Echo)
        emulated = self.traced()
        endpoint = self.endpoint(emulated)
        clients = [self.connect(endpoint) for _ in range(3)]
        under_way: Deferred[Any] = self.start(endpoint)
        self.clock.turn()
        emulated.module.restart()
        self.settle(10.0)
        for client in clients:
            self.assertIsInstance(self.end_of(client), ModuleLost)
            self.assertEqual(len(client.reasons), 1)
        # the one that is under way is tried again on the module that has come back
        self.leave(self.result_of(under_way))
        again = self.connect(endpoint)
        self.works(again)
        self.leave(again)

    def test_unplugged(self) -> None:
        """When the device is pulled out, each connection is told; once it is back, all is well."""
        self.serve(Echo)
        emulated = self.traced()
        client = self.connect(self.endpoint(emulated))
        emulated.wires["usbmodem"].unplug()
        self.assertIsInstance(self.end_of(client), ConnectionLost)
        again = self.connect(self.endpoint(emulated))
        self.works(again)
        self.leave(again)

    def test_closed_modem(self) -> None:
        """A modem that was closed ends its connections and takes no more."""
        self.serve(Echo)
        emulated = self.traced()
        endpoint = self.endpoint(emulated)
        client = self.connect(endpoint)
        emulated.modem().close()
        self.assertIsInstance(self.end_of(client), ConnectionLost)
        self.refused(self.start(endpoint), ModemClosed, ConnectError)


class RegistryTests(SynchronousTestCase):
    """Who names the same device shares one modem."""

    def test_shared(self) -> None:
        """The same device gives the same modem, for each reactor its own."""
        clock, other = IReactorTime(Clock()), IReactorTime(Clock())
        profile = ModemProfile(name="a", device="/dev/ttyUSB2")
        first = getModem(clock, profile)
        self.assertIs(getModem(clock, ModemProfile(name="b", device="/dev/ttyUSB2")), first)
        self.assertIsNot(getModem(other, profile), first)
        self.assertIsNot(getModem(clock, ModemProfile(name="c", device="/dev/ttyUSB3")), first)

    def test_conflict(self) -> None:
        """A second, different description of a device is an error that names what differs."""
        clock = IReactorTime(Clock())
        getModem(clock, ModemProfile(name="a", device="/dev/ttyUSB2", apn="one"))
        problem = self.assertRaises(
            InvalidValue,
            getModem,
            clock,
            ModemProfile(name="a", device="/dev/ttyUSB2", apn="other"),
        )
        self.assertTrue(str(problem).startswith("apn: "), str(problem))

    def test_closed(self) -> None:
        """After a modem was closed, its device gives a new one."""
        clock = IReactorTime(Clock())
        profile = ModemProfile(name="a", device="/dev/ttyUSB2")
        first = getModem(clock, profile)
        self.successResultOf(first.close())
        self.assertIsNot(getModem(clock, profile), first)


class LateResultTests(VirtualCase):
    """The result of an open that was given up."""

    def test_late_result(self) -> None:
        """It is nobody else's: an open that is under way goes on."""
        emulated = self.emulate(link=Link(latency=0.2))
        self.serve(Echo)
        self.network.silence("silent.example")
        session = self.result_of(emulated.modem().session())
        given_up = self.start(self.endpoint(emulated, host="silent.example"))
        self.until(lambda: session.connections.opening)
        self.settle(1.0)
        given_up.cancel()
        self.failureResultOf(given_up)
        other = self.start(self.endpoint(emulated))
        self.until(lambda: session.connections.opening)
        session.port.dataReceived(b"\r\n+QSSLOPEN: 0,567\r\n")
        self.leave_all(self.result_of(other))

    def leave_all(self, peer: Any) -> None:
        """Close, and wait for the end."""
        peer.transport.loseConnection()
        self.end_of(peer)
