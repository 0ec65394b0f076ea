"""Hours of virtual time on one modem, with faults drawn from a seed.

Connections of all access modes come and go.  From time to time the module
restarts, hangs, loses the network, is unplugged or is replaced by another, and
it has other faults of the field every few minutes.  What must hold all the
while:

  - what arrives is what was sent, from its beginning and without a gap;
  - of a connection that ended clean at both ends, all of it arrived, both ways;
  - what a client was told to have ended clean has reached its server;
  - every connection ends, once, with one of Twisted's reasons;
  - a connect fails with a C{ConnectError} only;
  - when the faults are over, a connection of each mode works.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionDone
from twisted.internet.error import ConnectionLost as Lost
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from tests.endpoint.virtual import factory_for
from tests.modules import ModuleKind, family_of
from tests.soak.ends import End, Pair, Tally, stream
from tests.tlsservers import make_ca
from twisted_quectel.emulator import (
    FAULTS,
    Fault,
    Hooks,
    Link,
    LTEModule,
    MemoryNetwork,
    Module,
    create_module,
)
from twisted_quectel.emulator.faults import DataBehindCarrier
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.testing import EmulatedModule, ModuleSettings

HOST: Final = "server.example"
#: Seconds between two connects, on average.
PAUSE: Final = 30.0
#: Seconds between two changes of the faults, and between two harms, on average.
CHANGE: Final = 600.0
HARM: Final = 900.0
#: Seconds after which a connection that has not ended by itself is given up.
PATIENCE: Final = 900.0
#: Faults that a module has from its beginning or not at all; each module draws its own.
AT_THE_START: Final = frozenset(
    {"split_bytes", "wrong_baudrate", "cts_low", "strangers", "clock_unknown", "urcs_elsewhere"}
)
#: Faults that never act: where DTR is wired no escape is used.
IDLE: Final = frozenset({"escape_drops", "long_guard"})
#: Bytes that come behind the end, for nobody, with the fault C{data_behind_carrier}.
BEHIND: Final = DataBehindCarrier().tail
#: What each module has: some time to start, and a network that gives up some time.
SETTINGS: Final = ModuleSettings(boot_delay=3.0, connect_timeout=20.0)


class Soak:
    """One run."""

    def __init__(
        self, seed: int, ca_path: str, write: Callable[[str, bytes], str], kind: ModuleKind
    ) -> None:
        """
        @param write: writes a file and gives its path.
        @param kind: of the module.
        """
        self._kind = kind
        self.chance = random.Random(seed)
        self.clock = Clock()
        self.tally = Tally()
        # from the beginning, so that counting takes no more memory than it did in the first hour
        self.tally.outcomes.update({f"fault: {name}": 0 for name in FAULTS})
        self.network = MemoryNetwork(self.clock)
        ca = make_ca()
        self.profile = kind.tls(write(ca_path, ca.cert_pem.bytes()))
        self.options = kind.server_options(ca, HOST)
        self._settings = kind.settings(ca, SETTINGS) or SETTINGS
        self.emulated = EmulatedModule(
            self.clock,
            kind.model,
            network=self.network,
            settings=self._settings,
            quirks=kind.quirks,
            seed=seed,
        )
        self.modem = self.emulated.modem(data_devices=("usbat", "uart1"))
        self.open = 0
        self.pairs: set[Pair] = set()
        self._on = 0.0  # when the module was last seen on
        self.faults: list[str] = []
        self._born: tuple[Hooks, ...] = ()  # what the module has from its beginning
        self._untrue = False
        self._port = 1024
        possible = [
            (name, fault)
            for name, fault in sorted(FAULTS.items())
            if name not in IDLE and (not fault.families or family_of(kind.model) in fault.families)
        ]
        self._at_start = [fault for name, fault in possible if name in AT_THE_START]
        self._fault_kinds = [fault for name, fault in possible if name not in AT_THE_START]
        self.replace(self.chance.choice((0, 1, 2)))

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
        """Let everything that is open come to its end, on a module without faults.

        Then a connection of each mode has to work on it.
        """
        self._mend()
        self._born = ()
        module = self.emulated.module
        module.hooks = ()
        module.settings, module.link = self._settings, Link()
        module.muted = False
        module.hang(False)
        if not module.powered:
            module.power_on()
        self._wait()
        # a line that was opened with a fault keeps it
        self.replace(0)
        for mode in self._kind.modes:
            was = self.tally.outcomes[f"{mode}: whole"]
            self.connect(mode)
            self._wait()
            if self.tally.outcomes[f"{mode}: whole"] == was:
                self.tally.problems.append(f"{mode}: no whole connection without faults")

    def _wait(self) -> None:
        """Wait until no connection is left."""
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

    def connect(self, mode: str | None = None) -> None:
        """Open a connection, with a server of its own.

        @param mode: the access mode; left out, any.
        """
        chance, module = self.chance, self.emulated.module
        if module.powered:
            self._on = self.clock.seconds()
        elif self.clock.seconds() - self._on > 60.0:
            # payload behind an unnoticed NO CARRIER can be a command to switch off
            self.tally.outcomes["switched on again"] += 1
            module.power_on()
        mode = mode or chance.choice(self._kind.modes)
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
        pair = Pair(mode, client, servers, listening, 0.0)
        connecting.addCallbacks(
            lambda _: self._connected(pair), lambda reason: self._not_connected(reason, listening)
        )

    def _connected(self, pair: Pair) -> None:
        self.pairs.add(pair)
        pair.since = self.clock.seconds()
        self._doubt()
        self._watch(pair)

    def _doubt(self) -> None:
        """Have what comes behind the end of data mode not relied on."""
        if self._untrue:
            for pair in self.pairs:
                if pair.mode == "transparent":
                    pair.client.untrue = BEHIND

    def _not_connected(self, reason: Failure, listening: Any) -> None:
        self.open -= 1
        listening.stopListening()
        if not reason.check(ConnectError, ConnectingCancelledError):
            self.tally.problems.append(f"connect: {reason.getTraceback()}")
        self.tally.outcomes[f"refused: {reason.type and reason.type.__name__}"] += 1

    def _watch(self, pair: Pair) -> None:
        """Look every second whether a connection has ended at both ends."""
        if all(end.reasons for end in pair.ends()):
            self.open -= 1
            self.pairs.remove(pair)
            pair.listening.stopListening()
            self._ended(pair)
            return
        if self.clock.seconds() - pair.since > PATIENCE:
            # its faults may have swallowed what would have ended it
            self.tally.outcomes[f"{pair.mode}: given up"] += 1
            for end in pair.ends():
                if not end.reasons:
                    end.transport.abortConnection()
            pair.given_up = True
            pair.since = self.clock.seconds()
        self.clock.callLater(1.0, self._watch, pair)

    def _ended(self, pair: Pair) -> None:
        mode, client, servers = pair.mode, pair.client, pair.servers
        for end in pair.ends():
            if end.wrong:
                side = "client" if end is client else "server"
                self.tally.problems.append(f"{mode}, {side}: {end.wrong}; {self.faults}")
            if len(end.reasons) != 1:
                self.tally.problems.append(f"{mode}: told {len(end.reasons)} times")
        reason = client.reasons[0]
        if not reason.check(ConnectionDone, Lost):
            self.tally.problems.append(f"{mode}: ended with {reason}")
        server = servers[0] if len(servers) == 1 else None
        if server is not None and client.whole and server.whole:
            self.tally.outcomes[f"{mode}: whole"] += 1
        if client.clean and server is not None and server.clean:
            for end in (client, server):
                if not end.whole:
                    self.tally.problems.append(
                        f"{mode}: clean with {end.count} of {len(end.expected)} bytes; "
                        f"{self.faults}"
                    )
            self.tally.delivered += client.count + server.count
            self.tally.outcomes[f"{mode}: clean"] += 1
        else:
            self.tally.outcomes[f"{mode}: {reason.type and reason.type.__name__}"] += 1
            if client.clean and not pair.given_up and not (server and server.whole):
                got = f"{server.count} bytes, {server.reasons[0].value!r}" if server else "nothing"
                self.tally.problems.append(
                    f"{mode}: the client's end was clean, the server got {got} of "
                    f"{len(client.sent)}; {self.faults}"
                )

    def set_faults(self) -> None:
        """Have other faults from now on: none, one or two."""
        self._mend()
        module, chance = self.emulated.module, self.chance
        kinds = chance.sample(self._fault_kinds, chance.choice((0, 1, 1, 2)))
        module.hooks = (*self._born, *(kind().arm(module, chance) for kind in kinds))
        self._untrue = DataBehindCarrier in kinds
        self._doubt()
        self._note(kinds)

    def _note(self, kinds: Iterable[type[Fault]]) -> None:
        self.faults = [*self.faults, *(kind.name for kind in kinds)][-4:]
        for kind in kinds:
            self.tally.outcomes[f"fault: {kind.name}"] += 1

    def _mend(self) -> None:
        """Undo what the last faults have left on: deviations, settings, other PDP contexts."""
        module = self.emulated.module
        module.quirks = frozenset(self._kind.quirks)
        module.settings = replace(self._settings, time_known=module.settings.time_known)
        if isinstance(module, LTEModule):
            for id in module.pdp.ids:
                if id != 1:
                    module.pdp[id].active = False
        self._untrue = False

    def replace(self, count: int) -> None:
        """Put another module in the place of this one.

        @param count: of the faults that it has from its beginning.
        """
        kinds = self.chance.sample(self._at_start, count)
        for wire in list(self.emulated.wires.values()):
            wire.unplug()
        # a port that nobody opens again would keep the module that it was of
        self.emulated.wires.clear()
        self.emulated.module.close()
        module: Module = create_module(
            self.clock,
            network=self.network,
            model=self._kind.model,
            settings=self._settings,
            quirks=self._kind.quirks,
            faults=[kind() for kind in kinds],
            seed=self.chance.randrange(1 << 30),
        )
        self.emulated.module = module
        self._born = module.hooks
        self._untrue = False
        self._note(kinds)

    def harm(self) -> None:
        """Have something happen to the module."""
        module, chance = self.emulated.module, self.chance
        what = chance.choice(("restart", "hang", "pdp", "pdp untold", "unplug", "power", "replace"))
        self.tally.outcomes[f"harm: {what}"] += 1
        if what == "restart":
            module.restart()
        elif what == "hang":
            module.muted = True
            self.clock.callLater(chance.uniform(1, 60), setattr, module, "muted", False)
        elif what.startswith("pdp"):
            module.lose_pdp(told=what == "pdp")
        elif what == "replace":
            self.replace(chance.choice((0, 1, 1, 2)))
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
