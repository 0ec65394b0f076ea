"""Connects that are cancelled, too slow or not wanted after all."""

from __future__ import annotations

from typing import Any, ClassVar

from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionAborted,
    ConnectionDone,
    NoProtocol,
    TimeoutError,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import HOST, PORT, Mixed, VirtualCase
from tests.modules import family_of
from twisted_quectel.errors import ModemTimeout
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import ModuleSettings


class Counting(Factory):
    """Counts its starts and stops."""

    noisy = False
    protocol = Peer

    def __init__(self) -> None:
        self.calls: list[str] = []

    def doStart(self) -> None:
        self.calls.append("start")

    def doStop(self) -> None:
        self.calls.append("stop")


class Choosy(Counting):
    """Wants no connection."""

    def buildProtocol(self, addr: object) -> None:
        return None


class Raising(Counting):
    """Cannot make a protocol."""

    def buildProtocol(self, addr: object) -> None:
        raise ZeroDivisionError("a factory with a bug")


class ConnectingTests(Mixed):
    """Mixed into a case for each access mode."""

    settings: ClassVar[ModuleSettings] = ModuleSettings(pdp_delay=0.5)

    def prepare(self, **arguments: Any) -> Any:
        """Make a server, a module and an endpoint."""
        self.serving = self.serve()
        self.emulated = self.emulate(settings=self.settings)
        return self.endpoint(self.emulated, mode=self.mode, **arguments)

    def nothing_left(self) -> None:
        """Look that the module has no connection, and the servers have none."""
        # a transparent open cannot be taken back: it is undone when it has come to something
        self.settle(300.0 if self.mode == "transparent" else self.kind.open_time + 5.0)
        self.assertEqual([*self.emulated.module.sockets], [])
        for peer in self.serving.peers:
            self.assertEqual(len(peer.reasons), 1)
        # an idle modem has no timer
        self.assertEqual([str(call) for call in self.clock.getDelayedCalls()], [])

    def still_works(self) -> None:
        """Make a connection over the same modem."""
        client = self.connect(self.endpoint(self.emulated, mode=self.mode))
        client.transport.write(b"hello")
        self.until(lambda: self.serving.peers[-1].count == 5)
        client.transport.loseConnection()
        self.until(lambda: client.reasons)

    def cancel_after(self, endpoint: Any, turns: int) -> bool:
        """Cancel a connect after so many turns; tell whether it was still under way."""
        factory = Counting()
        connecting = endpoint.connect(factory)
        for _ in range(turns):
            self.clock.turn()
        if connecting.called:
            client = self.successResultOf(connecting)
            client.transport.loseConnection()
            self.until(lambda: client.reasons)
            self.assertEqual(factory.calls, ["start", "stop"])
            return False
        connecting.cancel()
        problem = self.refused(connecting, ConnectingCancelledError)
        self.assertEqual(problem.address.hostname, HOST.encode())
        self.nothing_left()
        self.assertEqual(factory.calls, ["start", "stop"])
        return True

    def test_cancel_at_every_turn_of_the_first(self) -> None:
        """A connect that also brings the modem up can be cancelled at any moment."""
        turns = 0
        while True:
            self.network = type(self.network)(self.clock)
            endpoint = self.prepare()
            under_way = self.cancel_after(endpoint, turns)
            if turns % 10 == 0:
                self.still_works()
            self.settle()
            self.nothing_left()
            if not under_way:
                break
            turns += 1
        self.assertGreater(turns, 30)

    def test_cancel_at_every_turn_of_the_next(self) -> None:
        """A connect by a modem that is up can be cancelled at any moment."""
        endpoint = self.prepare()
        self.still_works()
        turns = 0
        while self.cancel_after(endpoint, turns):
            turns += 1
            if turns % 5 == 0:
                self.still_works()
        self.assertGreater(turns, 5)
        self.nothing_left()

    def test_cancel_one_of_two(self) -> None:
        """Cancelling one connect leaves another one with the same context alone."""
        self.needs(self.kind.at_once(self.mode) > 1, "it has one connection")
        endpoint = self.prepare()
        self.still_works()
        for turns in range(20):
            one = endpoint.connect(Counting())
            two = endpoint.connect(Counting())
            for _ in range(turns):
                self.clock.turn()
            if one.called:
                one.result.transport.loseConnection()
            else:
                one.cancel()
                self.refused(one, ConnectingCancelledError)
            client = self.result_of(two, 20.0)
            client.transport.write(b"hello")
            self.until(lambda: any(peer.count == 5 for peer in self.serving.peers[-2:]))
            client.transport.loseConnection()
            self.end_of(client)
        self.nothing_left()

    def test_timeout(self) -> None:
        """A server that does not answer is given up in time, with what took so long."""
        self.network.silence(HOST, PORT)
        self.serving = self.serve(host="other.example")
        self.emulated = self.emulate()
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=20))
        problem = self.refused(connecting, ModemTimeout, TimeoutError)
        self.assertEqual(self.clock.seconds(), 20.0)
        self.one_line(problem, f"{HOST}:{PORT}", "20 s")
        self.nothing_left()

    def test_silent_server(self) -> None:
        """A server that takes the connection but never speaks TLS is no open connection."""
        self.serving = self.serve(host="other.example")
        silent = Factory.forProtocol(Peer)
        self.network.listen(HOST, PORT, silent)
        self.emulated = self.emulate()
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=20))
        self.refused(connecting, ModemTimeout, TimeoutError)
        self.nothing_left()

    def test_slow_negotiation(self) -> None:
        """A handshake beyond C{negotiateTime} ends as the module says, before the time-out."""
        if family_of(self.model) != "lte":
            raise SkipTest("it has no time for the handshake alone")
        self.serving = self.serve(host="other.example")
        self.network.listen(HOST, PORT, Factory.forProtocol(Peer))
        self.emulated = self.emulate()
        tls = TLSProfile(cacert=self.ca_path, negotiate_time=10)
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode, tls=tls))
        problem = self.refused(connecting, ModemTimeout)
        self.assertEqual(problem.code, 569)
        self.assertLess(self.clock.seconds(), 20.0)
        self.nothing_left()

    def test_no_protocol(self) -> None:
        """A factory that wants no connection gets C{NoProtocol}, the server an end."""
        endpoint = self.prepare()
        factory = Choosy()
        self.refused(endpoint.connect(factory), NoProtocol)
        self.nothing_left()
        self.assertEqual(factory.calls, ["start", "stop"])
        self.still_works()

    def test_factory_that_raises(self) -> None:
        """What C{buildProtocol} raises is what the connect fails with."""
        endpoint = self.prepare()
        factory = Raising()
        self.refused(endpoint.connect(factory), ZeroDivisionError)
        self.nothing_left()
        self.assertEqual(factory.calls, ["start", "stop"])
        self.still_works()

    def cancelled_in(self, where: str) -> None:
        """Cancel a connect from within what it calls."""
        endpoint = self.prepare()
        ends: list[Failure] = []

        class Stopped(Peer):
            def connectionMade(self) -> None:
                if where == "connectionMade":
                    connecting.cancel()

            def connectionLost(self, reason: Failure = connectionDone) -> None:
                ends.append(reason)

        class Stopping(Counting):
            protocol = Stopped

            def buildProtocol(self, addr: Any) -> Any:
                if where == "buildProtocol":
                    connecting.cancel()
                return super().buildProtocol(addr)

        factory = Stopping()
        connecting = endpoint.connect(factory)
        self.refused(connecting, ConnectingCancelledError)
        self.settle(1.0)
        self.assertEqual([type(each.value) for each in ends], [ConnectionAborted])
        self.assertEqual(factory.calls, ["start", "stop"])
        self.nothing_left()
        self.still_works()

    def test_cancel_in_build_protocol(self) -> None:
        """A connect that C{buildProtocol} cancels ends as any other does."""
        self.cancelled_in("buildProtocol")

    def test_cancel_in_connection_made(self) -> None:
        """So does one that C{connectionMade} cancels."""
        self.cancelled_in("connectionMade")

    def test_cancel_of_the_only_one_while_the_modem_rests(self) -> None:
        """While a failed modem pauses, a cancelled connect leaves no timer behind."""
        self.serving = self.serve()
        settings = ModuleSettings(sim=False)
        self.emulated = self.emulate(settings=settings)
        endpoint = self.endpoint(self.emulated, mode=self.mode)
        self.refused(endpoint.connect(Counting()))
        connecting = endpoint.connect(Counting())
        connecting.cancel()
        self.refused(connecting, ConnectingCancelledError)
        self.nothing_left()


class Ordered(Peer):
    """Notes what it is told, and says its piece at once."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def connectionMade(self) -> None:
        self.told.append("made")
        self.transport.write(b"piece")

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.told.append("data")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)
        self.told.append("lost")


class Closing(Peer):
    """Has enough with its first bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def dataReceived(self, data: bytes) -> None:
        self.calls += 1
        if self.calls == 2:
            self.transport.loseConnection()


class OrderTests(VirtualCase):
    """C{connectionMade}, the Deferred, data, the end: as Twisted's own endpoints."""

    verdicts_expected = True  # what the test says is not so for the module

    def order(self, lines: bytes) -> Ordered:
        """Connect in push mode, where the module says what it likes."""
        emulated = self.emulate()
        self.network.silence("silent.example")
        peers: list[Ordered] = []

        def connected(peer: Any) -> None:
            peers.append(peer)
            peer.told.append("connected")

        endpoint = self.endpoint(emulated, host="silent.example", mode="push")
        self.start(endpoint, Ordered).addCallback(connected)
        modem: Any = endpoint.modem
        self.until(lambda: [line for line in modem.last_lines() if "QSSLOPEN" in line])
        self.settle(1.0)
        modem._channels.control.port.dataReceived(lines)
        self.assertTrue(peers)
        return peers[0]

    def test_data(self) -> None:
        """Data that came before the result of the open is delivered behind the Deferred."""
        peer = self.order(b'\r\n+QSSLURC: "recv",0,5\r\nhello\r\n+QSSLOPEN: 0,0\r\n')
        self.assertEqual(peer.told, ["made", "connected", "data"])
        self.assertEqual(peer.received, b"hello")
        # in the same turn
        modem: Any = peer.transport._socket
        self.assertIn("QSSLSEND=0,5", "".join(modem._port.trace.last()))

    def test_end(self) -> None:
        """A connection that has ended already is told of its end behind the Deferred."""
        peer = self.order(b'\r\n+QSSLOPEN: 0,0\r\n\r\n+QSSLURC: "closed",0\r\n')
        self.settle(30.0)
        self.assertEqual(peer.told, ["made", "connected", "lost"])

    def test_closes_meanwhile(self) -> None:
        """Nothing is delivered behind C{loseConnection}, whatever came in the same read."""
        for mode in ("buffer", "push", "transparent"):
            self.network = type(self.network)(self.clock)
            serving = self.serve()
            client = self.connect(self.endpoint(self.emulate(), mode=mode), Closing)
            for _ in range(2):
                serving.peers[0].transport.write(b"x" * 15_000)
                self.settle(1.0)
            self.assertIsInstance(self.end_of(client, 60.0), ConnectionDone)
            self.assertEqual(client.calls, 2)


class BufferConnectingTests(ConnectingTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushConnectingTests(ConnectingTests, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentConnectingTests(ConnectingTests, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
