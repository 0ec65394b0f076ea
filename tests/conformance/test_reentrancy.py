"""What an application does from within the transport's calls, and what it raises there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import Mixed, VirtualCase, factory_for

#: More than a transport buffers before it pauses a producer.
PLENTY: Final = 200_000

Action = Callable[["Actor"], None]


@implementer(IPushProducer)
class Actor(Peer):
    """Does one thing at one place.

    @ivar inside: how deep we are in calls of the transport.
    @ivar acted: whether it was done.
    """

    def __init__(self, place: str, action: Action, modem: Any, clock: Any) -> None:
        super().__init__()
        self.place = place
        self.action = action
        self.modem = modem
        self.clock = clock
        self.inside = 0
        self.acted = False
        self.wrong: list[str] = []
        self.rounds = 0

    def at(self, place: str) -> None:
        """Be at a place, and act if it is the one."""
        if self.reasons:
            self.wrong.append(f"{place} after connectionLost")
        if place == "connectionLost" and self.inside:
            self.wrong.append("connectionLost within another call")
        if place != self.place or self.acted:
            return
        self.acted = True
        self.inside += 1
        try:
            self.action(self)
        finally:
            self.inside -= 1

    def connectionMade(self) -> None:
        self.at("connectionMade")
        if self.place in ("pull", "pull again"):
            self.transport.registerProducer(self, False)
        elif self.place.endswith("Producing"):
            self.transport.registerProducer(self, True)
            self.transport.write(bytes(PLENTY if self.place != "stopProducing" else 1))

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.at("dataReceived")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        try:
            self.at("connectionLost")
        finally:
            super().connectionLost(reason)

    def resumeProducing(self) -> None:
        """Write something, not for ever."""
        self.rounds += 1
        if self.place == "pull again" and self.rounds == 1:
            self.transport.write(b"first")
            return
        self.at(self.place if self.place.startswith("pull") else "resumeProducing")
        if not self.reasons:
            self.transport.write(b"next")
            self.transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Write no more for now."""
        self.at("pauseProducing")

    def stopProducing(self) -> None:
        """Write no more."""
        self.at("stopProducing")


def lose(actor: Actor) -> None:
    """Close, and again."""
    actor.transport.loseConnection()
    actor.transport.write(b"too late")
    actor.transport.loseConnection()


def abort(actor: Actor) -> None:
    """Drop the connection, and do all that is pointless then."""
    actor.transport.write(b"lost")
    actor.transport.abortConnection()
    actor.transport.abortConnection()
    actor.transport.loseConnection()
    actor.transport.write(b"too late")
    actor.transport.pauseProducing()
    actor.transport.resumeProducing()


def change_of_mind(actor: Actor) -> None:
    """Close, then drop."""
    actor.transport.loseConnection()
    actor.transport.abortConnection()


def half_close(actor: Actor) -> None:
    """Close the writing side."""
    actor.transport.loseWriteConnection()


def pause(actor: Actor) -> None:
    """Read no more for a second."""
    actor.transport.pauseProducing()
    actor.transport.resumeProducing()
    actor.transport.pauseProducing()
    actor.clock.callLater(1.0, actor.transport.resumeProducing)


def write(actor: Actor) -> None:
    """Write."""
    actor.transport.write(b"from within")


def drop_producer(actor: Actor) -> None:
    """Unregister whatever is there, and close."""
    actor.transport.unregisterProducer()
    actor.transport.loseConnection()


def close_modem(actor: Actor) -> None:
    """Close the modem under the connection."""
    actor.modem.close()


def fail(actor: Actor) -> None:
    """Raise."""
    raise ZeroDivisionError("from within")


def abort_and_fail(actor: Actor) -> None:
    """Drop the connection, then raise."""
    actor.transport.abortConnection()
    raise ZeroDivisionError("from within")


#: What is done, and what the connection ends with then; L{None}: it goes on.
ACTIONS: Final[tuple[tuple[Action, type[Exception] | None], ...]] = (
    (lose, ConnectionDone),
    (abort, ConnectionAborted),
    (change_of_mind, ConnectionAborted),
    (half_close, ConnectionDone),
    (pause, None),
    (write, None),
    (drop_producer, ConnectionDone),
    (close_modem, ConnectionLost),
    (fail, ZeroDivisionError),
    (abort_and_fail, None),
)


class ReentrancyTests(Mixed):
    """Mixed into a case for each access mode."""

    def setUp(self) -> None:
        super().setUp()
        self.serving = self.serve()
        self.emulated = self.emulate()

    def begin(self, place: str, action: Action) -> Deferred[Any]:
        """Connect an actor."""
        modem = self.modem()
        self.actor = Actor(place, action, modem, self.clock)
        return self.endpoint(self.emulated, mode=self.mode).connect(factory_for(lambda: self.actor))

    def modem(self) -> Any:
        """Give the modem; a new one if it was closed."""
        if self.mode == "transparent":
            return self.emulated.modem(data_devices=("usbat", "uart1"))
        return self.emulated.modem()

    def act(self, place: str, action: Action) -> Actor:
        """Have something done somewhere, and see the connection to its end."""
        before = len(self.serving.peers)
        connected = self.begin(place, action)
        self.until(lambda: connected.called)
        actor = self.actor
        self.successResultOf(connected)
        if len(self.serving.peers) > before:
            self.serving.peers[-1].transport.write(bytes(20_000))
        self.settle(3.0)
        if not actor.reasons and place == "stopProducing":
            actor.transport.abortConnection()
        elif not actor.reasons:
            actor.transport.unregisterProducer()
            actor.transport.loseConnection()
        self.settle(5.0)
        return actor

    def everything_at(self, place: str) -> None:
        """Do each thing at a place."""
        for action, kind in ACTIONS:
            what = f"{action.__name__} in {place}, {self.mode}"
            actor = self.act(place, action)
            self.assertTrue(actor.acted, what)
            self.assertEqual(actor.wrong, [], what)
            self.assertEqual(len(actor.reasons), 1, what)
            if kind is not None and place not in ("connectionLost", "stopProducing"):
                self.assertIsInstance(actor.reasons[0].value, kind, what)
            raised = 1 if action in (fail, abort_and_fail) else 0
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), raised, what)
            if action is not close_modem:
                self.assertEqual([*self.emulated.module.sockets], [], what)
        other = self.act("nowhere", write)
        self.assertIsInstance(other.reasons[0].value, ConnectionDone)

    def test_connection_made(self) -> None:
        """Whatever C{connectionMade} does: one C{connectionLost}, with the right reason."""
        self.everything_at("connectionMade")

    def test_data_received(self) -> None:
        """Whatever C{dataReceived} does, with more data behind it: the same."""
        self.everything_at("dataReceived")

    def test_connection_lost(self) -> None:
        """Whatever C{connectionLost} does is harmless."""
        self.everything_at("connectionLost")

    def test_pull_producer_at_once(self) -> None:
        """Whatever a pull producer does when it is registered: one C{connectionLost}."""
        self.everything_at("pull")

    def test_pull_producer_later(self) -> None:
        """Whatever a pull producer does when its bytes have gone: the same."""
        self.everything_at("pull again")

    def test_push_producer_paused(self) -> None:
        """Whatever a push producer does when it is paused: the same."""
        self.everything_at("pauseProducing")

    def test_push_producer_resumed(self) -> None:
        """Whatever a push producer does when it is resumed: the same."""
        self.everything_at("resumeProducing")

    def test_producer_stopped(self) -> None:
        """Whatever a producer does when it is stopped, C{connectionLost} comes behind it."""
        self.everything_at("stopProducing")


class BufferReentrancyTests(ReentrancyTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushReentrancyTests(ReentrancyTests, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentReentrancyTests(ReentrancyTests, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
