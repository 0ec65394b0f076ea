"""A whole bench on a clock of its own: no reactor, no descriptor, no wall clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.endpoint.protocols import Peer, Serving
from tests.modules import ModuleKind, family_of, kind_of
from tests.tlsservers import ServerOptions, make_ca
from twisted_quectel.emulator import MemoryNetwork, ModuleSettings
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.testing import EmulatedModule

#: The access modes that every connection test runs over.
MODES = ("buffer", "push", "transparent")

HOST = "server.example"
PORT = 8883


class TurnClock(Clock):
    """A clock that can go on by single turns."""

    def next_time(self) -> float | None:
        """Give when the next call is due; L{None} if there is none."""
        # a call that was put forward has not been sorted in
        self._sortCalls()
        return self.calls[0].getTime() if self.calls else None

    def turn(self) -> None:
        """Make the calls that are due, but not those that they lead to."""
        due = self.next_time()
        if due is not None and due > self.seconds():
            self.rightNow = due
        for call in [each for each in self.calls if each.getTime() <= self.seconds()]:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)


class VirtualCase(SynchronousTestCase):
    """A module in memory, and servers on a network in memory.

    At the end of each test the modem is closed; no verdict and no delayed call
    may be left.

    @cvar model: what the module is.
    @ivar mode: the access mode, where a test runs over each.
    @ivar verdicts_expected: whether the module has something to say of the host.
    @ivar description: what is said of the modem.
    """

    timeout = 60
    model = "EC25"
    mode: str | None = None
    serving: Serving
    emulated: EmulatedModule
    verdicts_expected = False

    def setUp(self) -> None:
        self.description: dict[str, Any] = {}
        self.clock = TurnClock()
        self.network = MemoryNetwork(self.clock)
        self.ca = make_ca()
        self.ca_path = self.write("ca.pem", self.ca.cert_pem.bytes())

    def write(self, name: str, content: bytes) -> str:
        """Write a file of this test."""
        path = str(self.mktemp()) + name
        with open(path, "wb") as file:
            file.write(content)
        return path

    def emulate(self, **arguments: Any) -> EmulatedModule:
        """Make a module, to be closed at the end."""
        arguments.setdefault("model", self.model)
        if family_of(self.model) == "nbiot":
            # it would sleep when it is left, which takes timers
            settings = arguments.get("settings") or ModuleSettings()
            arguments["settings"] = replace(settings, active_time=None)
        if self.kind.own_trust:
            arguments["settings"] = self.kind.settings(self.ca, arguments.get("settings"))
        arguments["quirks"] = (*self.kind.quirks, *arguments.get("quirks", ()))
        emulated = EmulatedModule(self.clock, network=self.network, **arguments)
        self.addCleanup(self.finish, emulated)
        # several transparent connections at a time need a port each
        ports = {"data_devices": ("usbat", "uart1")} if self.mode == "transparent" else {}
        if ports or self.description:
            emulated.modem(**ports, **self.description)
        return emulated

    def finish(self, emulated: EmulatedModule) -> None:
        """Close a module, and look at what it leaves behind."""
        closed = emulated.close()
        self.settle(1.0)
        self.successResultOf(closed)
        if not self.verdicts_expected:
            self.assertEqual(emulated.verdicts, [])
        self.assertEqual([str(call) for call in self.clock.getDelayedCalls()], [])

    def serve(
        self,
        make: Callable[[], Peer] = Peer,
        options: ServerOptions | None = None,
        host: str = HOST,
        port: int = PORT,
    ) -> Serving:
        """Start a TLS server."""
        serving = Serving(make)
        made = options or self.options(host)
        self.network.listen(host, port, serving.over_tls(made, self.clock))
        return serving

    def options(self, *names: str, **options: Any) -> ServerOptions:
        """Make the options of a server that the module can talk to."""
        return kind_of(self.model).server_options(self.ca, *(names or (HOST,)), **options)

    def endpoint(self, emulated: EmulatedModule, **arguments: Any) -> ModuleTLSEndpoint:
        """Make an endpoint to the server."""
        values: dict[str, Any] = {"host": HOST, "port": PORT, **arguments}
        if "ctx" not in values:
            values.setdefault("tls", self.kind.tls(self.ca_path))
        return ModuleTLSEndpoint(emulated.modem(), **values)

    def settle(self, seconds: float = 0.0, turns: int = 400) -> None:
        """Let time pass, and every turn that it takes."""
        step = 0.0 if not seconds else min(0.25, seconds)
        passed = 0.0
        while True:
            for _ in range(turns):
                self.clock.advance(0)
                if all(c.getTime() > self.clock.seconds() for c in self.clock.getDelayedCalls()):
                    break
            if passed >= seconds:
                return
            passed += step
            self.clock.advance(step)

    def until(self, what: Callable[[], object], seconds: float = 60.0, turns: int = 10**6) -> None:
        """Let turns, and at most so many seconds, pass until something is true."""
        end = self.clock.seconds() + seconds
        for _ in range(turns):
            due = self.clock.next_time()
            if what() or due is None or due > end:
                break
            self.clock.turn()
        self.assertTrue(what())

    def result_of(self, deferred: Deferred[Any], seconds: float = 60.0) -> Any:
        """Wait for a result."""
        self.until(lambda: deferred.called and not deferred.paused, seconds)
        return self.successResultOf(deferred)

    def end_of(self, peer: Peer, seconds: float = 20.0) -> Any:
        """Wait for the end of a connection, and give what it was."""
        self.until(lambda: peer.reasons, seconds)
        return peer.reasons[0].value

    def start(
        self, endpoint: IStreamClientEndpoint, make: Callable[[], Any] = Peer
    ) -> Deferred[Any]:
        """Begin to connect."""
        return endpoint.connect(factory_for(make))

    def connect(
        self, endpoint: IStreamClientEndpoint, make: Callable[[], Any] = Peer, seconds: float = 30.0
    ) -> Any:
        """Connect, and give the protocol."""
        connecting = self.start(endpoint, make)
        return self.result_of(connecting, seconds)

    def refused(
        self, connecting: Deferred[Any], *kinds: type[Exception], seconds: float = 200.0
    ) -> Any:
        """Wait for a connect to fail, and give the exception."""
        caught: list[Failure] = []
        connecting.addErrback(caught.append)
        self.until(lambda: caught, seconds)
        problem = caught[0].value
        for kind in kinds:
            self.assertIsInstance(problem, kind)
        return problem

    @property
    def kind(self) -> ModuleKind:
        """What can be said of the module."""
        return kind_of(self.model)

    def needs(self, what: object, why: str) -> None:
        """Skip a test that a module of this family cannot have."""
        if not what:
            raise SkipTest(f"{self.model}: {why}")

    @property
    def server_is_told(self) -> type[Exception]:
        """What a server is told of a connection that the client has dropped."""
        return ConnectionLost if kind_of(self.model).resets else ConnectionDone

    def one_line(self, problem: object, *words: str) -> None:
        """Look that a message is one line and holds certain words."""
        message = str(problem)
        self.assertNotIn("\n", message)
        self.assertTrue(message)
        for word in words:
            self.assertIn(word, message)


# what tests for each access mode are written in: mixed into cases, and no case itself
if TYPE_CHECKING:
    Mixed = VirtualCase
else:
    Mixed = object


def factory_for(make: Callable[[], Any]) -> IProtocolFactory:
    """Give a quiet factory."""
    factory: Any = Factory.forProtocol(make)  # type of the protocol is the test's business
    factory.noisy = False
    return IProtocolFactory(factory)
