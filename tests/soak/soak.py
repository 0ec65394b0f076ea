"""Hours of virtual time on one modem, with faults drawn from a seed.

Connections of all access modes come and go.  From time to time the module
restarts, hangs, loses the network or is unplugged, and it has other faults of
the field every few minutes.  What must hold all the while:

  - what arrives is what was sent, from its beginning and without a gap;
  - of a connection that ended clean at both ends, all of it arrived;
  - every connection ends, once, with one of Twisted's reasons;
  - a connect fails with a C{ConnectError} only.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionDone
from twisted.internet.error import ConnectionLost as Lost
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from tests.endpoint.tokens import TOKENS
from tests.endpoint.virtual import factory_for
from tests.tlsservers import make_ca, options_for
from twisted_quectel.emulator import FAULTS, MemoryNetwork
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import EmulatedModule, ModuleSettings

HOST: Final = "server.example"
MODES: Final = ("buffer", "push", "transparent")
#: Seconds between two connects, on average.
PAUSE: Final = 30.0
#: Seconds between two changes of the faults, and between two harms, on average.
CHANGE: Final = 600.0
HARM: Final = 900.0
#: Longest stream, in bytes.
LONGEST: Final = 20000
#: Seconds after which a connection that has not ended by itself is given up.
PATIENCE: Final = 900.0
#: Faults that a module has from its beginning or not at all.
AT_THE_START: Final = frozenset(
    {"split_bytes", "wrong_baudrate", "cts_low", "strangers", "clock_unknown", "urcs_elsewhere"}
)
#: Faults with which the module itself puts its bytes into another order.
UNTRUE: Final = frozenset({"data_behind_carrier"})


def stream(chance: random.Random) -> bytes:
    """Make bytes of which many mean something to a module."""
    pieces: list[bytes] = []
    size = chance.choice((1, 100, 2000, LONGEST))
    while sum(map(len, pieces)) < size:
        pieces.append(chance.choice((chance.randbytes(chance.randint(0, 900)), *TOKENS)))
    return b"".join(pieces)[:size]


class End(Protocol):
    """One end of a connection: sends its stream, compares what comes with the other's."""

    transport: Any

    def __init__(self, sent: bytes, expected: bytes, closes: bool) -> None:
        self.sent = sent
        self.expected = expected
        self.count = 0
        self.wrong = ""
        self.reasons: list[Failure] = []
        self._closes = closes

    def connectionMade(self) -> None:
        self.transport.write(self.sent)
        self._look()

    def dataReceived(self, data: bytes) -> None:
        due = self.expected[self.count : self.count + len(data)]
        if due != data and not self.wrong:
            self.wrong = f"{data[:80]!r} came at {self.count} in place of {due[:80]!r}"
        self.count += len(data)
        self._look()

    def _look(self) -> None:
        if self._closes and self.count >= len(self.expected):
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reasons.append(reason)

    @property
    def clean(self) -> bool:
        """Whether it has ended well."""
        return bool(self.reasons) and self.reasons[0].check(ConnectionDone) is not None


@dataclass
class Tally:
    """What has happened.

    @ivar outcomes: of connects and connections.
    @ivar delivered: bytes on connections that ended clean.
    @ivar problems: what must not be.
    @ivar memory: bytes after a full collection, at the hours at which it was looked at.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    problems: list[str] = field(default_factory=list)
    memory: dict[float, int] = field(default_factory=dict)


class Soak:
    """One run."""

    def __init__(self, seed: int, ca_path: str, write: Callable[[str, bytes], str]) -> None:
        """
        @param write: writes a file and gives its path.
        """
        self.chance = random.Random(seed)
        self.clock = Clock()
        self.tally = Tally()
        self.network = MemoryNetwork(self.clock)
        ca = make_ca()
        self.profile = TLSProfile(cacert=write(ca_path, ca.cert_pem.bytes()))
        self.options = options_for(ca, HOST)
        self.emulated = EmulatedModule(
            self.clock,
            network=self.network,
            settings=ModuleSettings(boot_delay=3.0, connect_timeout=20.0),
            seed=seed,
        )
        self.modem = self.emulated.modem(data_devices=("usbat", "uart1"))
        self.open = 0
        self._on = 0.0  # when the module was last seen on
        self.faults: list[str] = []
        self._port = 1024
        self._fault_kinds = [
            kind for name, kind in sorted(FAULTS.items()) if name not in AT_THE_START | UNTRUE
        ]

    # -- time

    def run(self, seconds: float) -> None:
        """Let so much time pass, with connections and faults in it."""
        clock, chance = self.clock, self.chance
        end = clock.seconds() + seconds
        connect = harm = change = clock.seconds()
        harm += chance.expovariate(1 / HARM)
        while clock.seconds() < end and not self.tally.problems:
            now = clock.seconds()
            if now >= connect:
                connect = now + chance.expovariate(1 / PAUSE)
                self.connect()
            if now >= change:
                change = now + chance.expovariate(1 / CHANGE)
                self.set_faults()
            if now >= harm:
                harm = now + chance.expovariate(1 / HARM)
                self.harm()
            self._go_on(min(connect, change, harm, end))

    def rest(self) -> None:
        """Let everything that is open come to its end, on a module without faults."""
        self.emulated.module.hooks = ()
        end = self.clock.seconds() + 4 * PATIENCE
        while self.open and self.clock.seconds() < end:
            self._go_on(end)
        if self.open:
            self.tally.problems.append(f"{self.open} connections do not end")

    def _go_on(self, until: float) -> None:
        """Go to the next thing that happens, or to a time."""
        due = min((call.getTime() for call in self.clock.getDelayedCalls()), default=until)
        self.clock.advance(max(0.0, min(due, until) - self.clock.seconds()))

    # -- what happens

    def connect(self) -> None:
        """Open a connection, with a server of its own."""
        chance, module = self.chance, self.emulated.module
        if module.powered:
            self._on = self.clock.seconds()
        elif self.clock.seconds() - self._on > 60.0:
            # payload behind an unnoticed NO CARRIER can be a command to switch off
            self.tally.outcomes["switched on again"] += 1
            module.power_on()
        mode = chance.choice(MODES)
        up, down = stream(chance), stream(chance)
        client_closes = chance.random() < 0.6
        servers: list[End] = []

        def server() -> End:
            servers.append(End(down, up, not client_closes))
            return servers[-1]

        self._port = self._port + 1 if self._port < 60000 else 1024
        make: Any = server
        factory = Factory.forProtocol(make)
        factory.noisy = False
        wrapped = TLSMemoryBIOFactory(self.options, False, factory, self.clock)
        wrapped.noisy = False
        listening = self.network.listen(HOST, self._port, wrapped)
        endpoint = ModuleTLSEndpoint(
            self.modem, HOST, self._port, tls=self.profile, mode=mode, timeout=300.0
        )
        client = End(up, down, client_closes)
        self.open += 1
        connecting: Deferred[Any] = endpoint.connect(factory_for(lambda: client))
        connecting.addCallbacks(
            lambda _: self._watch(mode, client, servers, listening, self.clock.seconds()),
            lambda reason: self._not_connected(reason, listening),
        )

    def _not_connected(self, reason: Failure, listening: Any) -> None:
        self.open -= 1
        listening.stopListening()
        if not reason.check(ConnectError, ConnectingCancelledError):
            self.tally.problems.append(f"connect: {reason.getTraceback()}")
        self.tally.outcomes[f"refused: {reason.type and reason.type.__name__}"] += 1

    def _watch(
        self, mode: str, client: End, servers: list[End], listening: Any, since: float
    ) -> None:
        """Look every second whether a connection has ended at both ends."""
        if client.reasons and all(server.reasons for server in servers):
            self.open -= 1
            listening.stopListening()
            self._ended(mode, client, servers)
            return
        if self.clock.seconds() - since > PATIENCE:
            # its faults may have swallowed what would have ended it
            self.tally.outcomes[f"{mode}: given up"] += 1
            for end in (client, *servers):
                if not end.reasons:
                    end.transport.abortConnection()
            since = self.clock.seconds()
        self.clock.callLater(1.0, self._watch, mode, client, servers, listening, since)

    def _ended(self, mode: str, client: End, servers: list[End]) -> None:
        for end in (client, *servers):
            if end.wrong:
                side = "client" if end is client else "server"
                self.tally.problems.append(f"{mode}, {side}: {end.wrong}; {self.faults}")
            if len(end.reasons) != 1:
                self.tally.problems.append(f"{mode}: told {len(end.reasons)} times")
        reason = client.reasons[0]
        if not reason.check(ConnectionDone, Lost):
            self.tally.problems.append(f"{mode}: ended with {reason}")
        if client.clean and len(servers) == 1 and servers[0].clean:
            for end in (client, servers[0]):
                if end._closes and end.count != len(end.expected):
                    self.tally.problems.append(f"{mode}: clean with bytes missing")
            self.tally.delivered += client.count + servers[0].count
            self.tally.outcomes[f"{mode}: clean"] += 1
        else:
            self.tally.outcomes[f"{mode}: {reason.type and reason.type.__name__}"] += 1

    def set_faults(self) -> None:
        """Have other faults from now on: none, one or two."""
        module, chance = self.emulated.module, self.chance
        kinds = chance.sample(self._fault_kinds, chance.choice((0, 1, 1, 2)))
        module.hooks = tuple(kind().arm(module, chance) for kind in kinds)
        self.faults = [*self.faults, *(kind.name for kind in kinds)][-4:]
        for kind in kinds:
            self.tally.outcomes[f"fault: {kind.name}"] += 1

    def harm(self) -> None:
        """Have something happen to the module."""
        module, chance = self.emulated.module, self.chance
        what = chance.choice(("restart", "hang", "pdp", "pdp untold", "unplug", "power"))
        self.tally.outcomes[f"harm: {what}"] += 1
        if what == "restart":
            module.restart()
        elif what == "hang":
            module.muted = True
            self.clock.callLater(chance.uniform(1, 60), setattr, module, "muted", False)
        elif what.startswith("pdp"):
            module.lose_pdp(told=what == "pdp")
        elif what == "unplug":
            for wire in list(self.emulated.wires.values()):
                wire.unplug()
        else:
            module.power_down()
            self.clock.callLater(chance.uniform(1, 30), module.power_on)

    # -- memory

    def measure(self, hour: float) -> None:
        """Note what is in use when nothing is going on."""
        self.rest()
        # what the bench itself has noted of each connection
        self.options.names.clear()
        self.options.offered.clear()
        gc.collect()
        self.tally.memory[hour] = tracemalloc.get_traced_memory()[0]

    def close(self) -> None:
        """Close everything."""
        closing = self.emulated.close()
        end = self.clock.seconds() + 30
        while not closing.called and self.clock.seconds() < end:
            self._go_on(end)
        self.clock.advance(1)
        self.clock.advance(1)
        left = [str(call) for call in self.clock.getDelayedCalls()]
        if left or not closing.called:
            self.tally.problems.append(f"left behind: {left}")


@contextmanager
def traced() -> Iterator[None]:
    """Trace memory meanwhile."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
