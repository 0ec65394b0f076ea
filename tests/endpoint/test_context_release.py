"""The module forgets a context with its last connection: nobody gets in unverified by that."""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.virtual import Mixed, VirtualCase
from tests.tlsservers import make_ca, options_for
from twisted_quectel.errors import TLSOpenFailed
from twisted_quectel.profiles import TLSProfile

STRANGER = "stranger.example"


class Release(Mixed):
    """The tests that run over each access mode."""

    def setUp(self) -> None:
        super().setUp()
        self.emulated = self.emulate(quirks=["release_resets_context"])
        self.serving = self.serve(Echo)
        self.serve(Echo, options=options_for(make_ca(), STRANGER), host=STRANGER, port=1)

    def to_stranger(self, **arguments: Any) -> Any:
        """Begin to connect to a server of another CA."""
        endpoint = self.endpoint(self.emulated, mode=self.mode, host=STRANGER, port=1, **arguments)
        return self.start(endpoint)

    def reconnecting(self, end: Any) -> None:
        """Connect to the stranger out of connectionLost."""
        case, attempts = self, []

        class Reconnecting(Peer):
            def connectionLost(self, reason: Failure = connectionDone) -> None:
                super().connectionLost(reason)
                attempts.append(case.to_stranger())

        peer = self.connect(self.endpoint(self.emulated, mode=self.mode), Reconnecting)
        end(peer)
        self.until(lambda: attempts)
        self.refused(attempts[0], TLSOpenFailed)

    def test_after_own_close(self) -> None:
        """A reconnect after loseConnection is verified."""
        self.reconnecting(lambda peer: peer.transport.loseConnection())

    def test_after_peers_close(self) -> None:
        """A reconnect after the server's close is verified."""
        self.reconnecting(lambda peer: self.serving.peers[0].transport.loseConnection())

    def test_after_abort(self) -> None:
        """A connect in the turn of an abortConnection is verified."""
        peer = self.connect(self.endpoint(self.emulated, mode=self.mode))
        peer.transport.abortConnection()
        self.refused(self.to_stranger(), TLSOpenFailed)

    def test_beside_one_that_lives(self) -> None:
        """As long as a connection lives on it, the context is not set again."""
        first = self.connect(self.endpoint(self.emulated, mode=self.mode))
        for _ in range(3):
            peer = self.connect(self.endpoint(self.emulated, mode=self.mode))
            peer.transport.loseConnection()
            self.end_of(peer)
        self.refused(self.to_stranger(), TLSOpenFailed)
        first.transport.loseConnection()
        self.end_of(first)

    def test_stranger(self) -> None:
        """The stranger is there, and answers whoever does not ask for its CA."""
        peer = self.result_of(self.to_stranger(tls=TLSProfile(verify="none")))
        peer.transport.loseConnection()
        self.end_of(peer)


class BufferReleaseTests(Release, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushReleaseTests(Release, VirtualCase):
    """In push mode."""

    mode = "push"

    def test_while_waiting_for_an_id(self) -> None:
        """An open that waits for a free connection sets its context anew, if it has to."""
        mine = TLSProfile(cacert=self.ca_path)
        others = TLSProfile(cacert=self.ca_path, negotiate_time=77)
        first = self.connect(self.endpoint(self.emulated, tls=mine, mode="push"))
        for _ in range(11):
            self.connect(self.endpoint(self.emulated, tls=others, mode="push"))
        waiting = self.to_stranger(tls=mine)
        self.settle(2.0)
        self.assertNoResult(waiting)
        first.transport.loseConnection()
        self.refused(waiting, TLSOpenFailed)

    def test_silent_neighbour(self) -> None:
        """A server that does not answer holds up nobody else with the same settings."""
        self.network.silence("silent.example")
        slow = self.start(self.endpoint(self.emulated, host="silent.example", timeout=60.0))
        begun = self.clock.seconds()
        self.connect(self.endpoint(self.emulated))
        self.assertLess(self.clock.seconds() - begun, 1.0)
        slow.cancel()
        self.failureResultOf(slow)


class TransparentReleaseTests(Release, VirtualCase):
    """In transparent mode, on ports of their own."""

    mode = "transparent"
