"""What is of the SIM52xx modules alone: stacks, sends that are confirmed, silent ends."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionDone,
    ConnectionLost,
)

from tests.endpoint.httpscase import UNVERIFIED
from tests.endpoint.protocols import Echo, Peer, Serving
from tests.endpoint.simcase import OWN, SIMCase
from tests.endpoint.virtual import HOST, PORT
from twisted_quectel import (
    ModuleHTTPSEndpoint,
    ModuleTCPEndpoint,
    ModuleTLSEndpoint,
    errors,
)
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.emulator.sim52xx.stacks import Stack


class StackTests(SIMCase):
    """Stacks are acquired and released, and exclude each other (chapters 4.1, 4.6 and 7)."""

    listening = False

    def plain(self, **arguments: Any) -> Any:
        """Make an endpoint without TLS."""
        if not self.listening:
            self.network.listen("plain.example", 7, Serving(Echo))
            self.listening = True
        return ModuleTCPEndpoint(self.emulated.modem(), "plain.example", 7, **arguments)

    def test_first_and_last(self) -> None:
        """The first connection acquires it, the last one releases it."""
        self.begin()
        one = self.open(tls=OWN)
        two = self.open(tls=OWN)
        self.echoes(one)
        self.echoes(two)
        self.closes(one)
        self.assertEqual(len(self.sent("+CSSLSTART")), 1)
        before = len(self.sent("+CSSLSTOP"))
        self.closes(two)
        self.settle(1.0)
        self.assertEqual(len(self.sent("+CSSLSTOP")), before + 1)
        self.assertIs(self.sim().stack, Stack.NONE)

    def test_third(self) -> None:
        """There are two sessions: a third connection waits, or fails at once."""
        self.begin()
        one, two = self.open(tls=OWN), self.open(tls=OWN)
        problem = self.problem(errors.ModemBusyError, tls=OWN, busy="fail")
        self.one_line(problem, "2 connections")
        three = self.start(self.endpoint(self.emulated, tls=OWN))
        self.settle(1.0)
        self.assertNoResult(three)
        self.closes(one)
        client = self.result_of(three)
        self.closes(two)
        self.closes(client)

    def test_conflict(self) -> None:
        """Plain TCP beside common SSL waits until that is released, or fails at once."""
        self.begin()
        peer = self.open(tls=OWN)
        refused = self.refused(self.start(self.plain(busy="fail")), errors.ModemBusyError)
        self.one_line(refused, "common SSL", "plain TCP", "busy=wait")
        self.assertEqual(self.sent("+NETOPEN"), [])
        waiting = self.start(self.plain())
        self.settle(5.0)
        self.assertNoResult(waiting)
        self.assertEqual(self.sent("+NETOPEN"), [])
        self.closes(peer)
        other = self.result_of(waiting)
        self.echoes(other)
        again = self.start(self.endpoint(self.emulated, tls=OWN))
        self.settle(2.0)
        self.assertNoResult(again)
        self.closes(other)
        self.closes(self.result_of(again))

    def test_every_pair(self) -> None:
        """Each kind of connection waits for each other kind, or fails at once (chapter 7)."""
        self.begin()
        modem = self.emulated.modem()
        kinds: dict[str, Any] = {
            "push": lambda **given: ModuleTLSEndpoint(modem, HOST, PORT, tls=OWN, **given),
            "transparent": lambda **given: ModuleTLSEndpoint(
                modem, HOST, PORT, tls=OWN, mode="transparent", **given
            ),
            "https": lambda **given: ModuleHTTPSEndpoint(
                modem, HOST, PORT, tls=UNVERIFIED, **given
            ),
            "plain": self.plain,
        }
        for first, second in permutations(kinds.values(), 2):
            self.take_turns(first, second, released=3.0)
            self.assertIs(self.sim().stack, Stack.NONE)

    def test_waiting_is_given_up(self) -> None:
        """Who waits and is cancelled, or too late, leaves nothing behind."""
        self.begin()
        peer = self.open(tls=OWN)
        late = self.refused(self.start(self.plain(timeout=5.0)), errors.ModemTimeout)
        self.one_line(late, "common SSL")
        given_up = self.start(self.plain())
        self.settle(1.0)
        given_up.cancel()
        self.refused(given_up, ConnectingCancelledError)
        self.closes(peer)
        self.settle(1.0)
        self.assertIs(self.sim().stack, Stack.NONE)

    def test_modes_exclude_each_other(self) -> None:
        """Transparent mode is chosen ahead of the start: pushed sessions end first (4.7)."""
        self.mode = "transparent"
        self.begin()
        pushed = self.open(tls=OWN, mode="push")
        problem = self.problem(errors.ModemBusyError, tls=OWN, mode="transparent", busy="fail")
        self.one_line(problem, "common SSL", "transparent SSL")
        waiting = self.start(self.endpoint(self.emulated, tls=OWN, mode="transparent"))
        self.settle(2.0)
        self.assertNoResult(waiting)
        self.closes(pushed)
        client = self.result_of(waiting)
        self.echoes(client)
        self.closes(client)

    def test_cancelled_starts(self) -> None:
        """A connect that is given up while the stack comes leaves it right for the next."""
        self.begin(settings=ModuleSettings(pdp_delay=2.0))
        self.result_of(self.emulated.modem().ready())
        for pause in (0.0, 0.5, 1.9, 2.1):
            connecting = self.start(self.endpoint(self.emulated, tls=OWN))
            self.settle(pause)
            other = self.start(self.endpoint(self.emulated, tls=OWN))
            if not connecting.called:
                connecting.cancel()
                self.refused(connecting, ConnectingCancelledError)
            else:
                self.successResultOf(connecting).transport.loseConnection()
            client = self.result_of(other)
            self.echoes(client)
            self.closes(client)
            self.settle(3.0)
            self.assertIs(self.sim().stack, Stack.NONE)

    def test_earlier_host(self) -> None:
        """What an earlier host has acquired is released first."""
        self.begin()
        module = self.sim()
        for stack in Stack:
            module.stack = stack
            modem = self.emulated.modem()
            peer = self.connect(ModuleTLSEndpoint(modem, HOST, PORT, tls=OWN))
            self.echoes(peer)
            self.closes(peer)
            closed: Deferred[None] = modem.close()
            self.settle(1.0)
            self.successResultOf(closed)

    def test_no_network(self) -> None:
        """A stack that the module does not give is told as a network that is not there."""
        self.begin()
        self.result_of(self.emulated.modem().ready())
        module = self.sim()
        # as another program on another port of the module has it
        module.stack = Stack.HTTPS
        problem = self.problem(errors.NetworkDown, ConnectError, tls=OWN)
        self.one_line(problem, "common SSL")
        module.stack = Stack.NONE
        self.closes(self.open(tls=OWN))


class EndTests(SIMCase):
    """The document has no word for a peer's close (at-facts B.1.5)."""

    def begin(self, **arguments: Any) -> Any:
        """Without the quirk that tells of it."""
        modem = super().begin(**arguments)
        self.emulated.module.quirks -= {"cssl_closed_urc"}
        return modem

    def test_silent_end(self) -> None:
        """Nothing tells; the next send is refused, and ends the connection as lost."""
        # until then the host cannot know, and what refuses may be a full cache
        self.verdicts_expected = True
        self.begin(make=Peer)
        peer = self.open(tls=OWN)
        server = self.serving.peers[-1]
        server.transport.write(b"the last words")
        server.transport.loseConnection()
        self.settle(60.0)
        self.assertEqual((bytes(peer.received), peer.reasons), (b"the last words", []))
        peer.transport.write(b"is anybody there?")
        reason = self.end_of(peer, 60.0)
        self.assertIsInstance(reason, (errors.SendFailed, ConnectionLost))
        self.one_line(reason)

    def test_idle_timeout(self) -> None:
        """Who wants it is told when nothing comes; what comes, and a pause, starts it anew."""
        self.begin(make=Peer)
        peer = self.open(tls=OWN, idle_timeout=30.0)
        server = self.serving.peers[-1]
        for _ in range(4):
            self.settle(20.0)
            server.transport.write(b"still here")
        self.settle(20.0)
        peer.transport.pauseProducing()
        self.settle(100.0)
        peer.transport.resumeProducing()
        self.settle(29.0)
        self.assertEqual((peer.count, peer.reasons), (40, []))
        server.transport.loseConnection()
        reason = self.end_of(peer, 10.0)
        self.assertIsInstance(reason, errors.PeerSilent)
        self.one_line(reason, "30 s")
        self.settle(2.0)
        self.assertIs(self.sim().stack, Stack.NONE)
        other = self.open(tls=OWN, idle_timeout=30.0)
        other.transport.write(b"bytes")
        self.result_of(self.serving.peers[-1].when_received(5))
        self.closes(other)
        dropped = self.open(tls=OWN, idle_timeout=30.0)
        dropped.transport.abortConnection()
        self.assertIsInstance(self.end_of(dropped), ConnectionLost)
        for value in (0, -1, "soon"):
            self.assertRaises(InvalidValue, self.endpoint, self.emulated, idle_timeout=value)

    def test_idle_timeout_and_close(self) -> None:
        """Behind a close nobody waits for anything to come: what was written goes out first."""
        for paused in (False, True):
            self.network = type(self.network)(self.clock)
            self.begin(make=Peer)
            peer = self.open(tls=OWN, idle_timeout=5.0)
            server = self.serving.peers[-1]
            server.transport.pauseProducing()
            if paused:
                peer.transport.pauseProducing()
            peer.transport.write(bytes(300_000))
            self.settle(2.0)
            peer.transport.loseConnection()
            self.settle(30.0)
            self.assertEqual(peer.reasons, [])
            server.transport.resumeProducing()
            self.assertIsInstance(self.end_of(peer, 60.0), ConnectionDone)
            self.assertEqual(server.count, 300_000)

    def test_full_cache(self) -> None:
        """A server that reads nothing holds the sender back, and does not end the connection."""
        self.begin(make=Peer)
        peer = self.open(tls=OWN)
        server = self.serving.peers[-1]
        server.transport.pauseProducing()
        data = bytes(range(256)) * 1200
        peer.transport.write(data)
        self.settle(60.0)
        self.assertEqual(peer.reasons, [])
        server.transport.resumeProducing()
        self.result_of(server.when_received(len(data)), 120.0)
        self.assertEqual(bytes(server.received), data)
        self.closes(peer)

    def test_taken_and_lost(self) -> None:
        """Bytes that were taken and are reported as lost end the connection as lost."""
        self.begin(make=Peer)
        peer = self.open(tls=OWN)
        self.emulated.module.urc("+CSSLSEND: 0, 4, 88")
        reason = self.end_of(peer)
        self.assertIsInstance(reason, errors.SendFailed)
        self.assertEqual(reason.code, 4)
