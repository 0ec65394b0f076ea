"""What every fault is held against: an exchange that must come out exact."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import SkipTest

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import MODES, VirtualCase
from tests.modules import KINDS, ModuleKind, family_of
from twisted_quectel.emulator import Fault, Hooks, Module
from twisted_quectel.emulator.commands import Call, Outcome
from twisted_quectel.testing import EmulatedModule

#: Of what is random in the faults and in the payload.
SEEDS = (1, 2)

#: What a module says, as payload.
_IMITATIONS = (
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\nSEND OK\r\n",
    b'\r\n+QSSLURC: "closed",0\r\n',
    b'\r\n+QSSLURC: "recv",0,9\r\n',
    b"\r\n+QSSLRECV: 0\r\n",
    b"\r\nNO CARRIER\r\n",
    b"\r\nRDY\r\n",
    b"\r\n> ",
    b"+++",
    b"\x1a\x1b\0\xff",
    b'"',
    b"Content-Type: text/plain\r\n",
)


def payload(seed: int, size: int = 2500) -> bytes:
    """Give bytes that imitate all that a module says, and end in CR LF."""
    chance = random.Random(seed)
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < size:
        pieces.append(chance.choice(_IMITATIONS))
        pieces.append(chance.randbytes(chance.randrange(120)))
    return b"".join(pieces) + b"\r\n"


class FaultCase(VirtualCase):
    """A module with faults, a server, and exchanges between them.

    At the end each fault must have acted; a test is skipped if one cannot in
    its access mode.

    @ivar seed: of this test.
    @ivar armed: the faults so far, with what counts how often each has acted.
    """

    seed = 1
    ready = False

    @property
    def family(self) -> str:
        """The family of the module."""
        return family_of(self.model)

    def only(self, *families: str) -> None:
        """Skip a test of what other families do not have."""
        if self.family not in families:
            raise SkipTest(f"it is about the families {', '.join(families)}")

    emulated: EmulatedModule

    def setUp(self) -> None:
        super().setUp()
        self.armed: list[tuple[Fault, Hooks]] = []
        self.addCleanup(self.all_acted)

    def all_acted(self) -> None:
        """Each fault has made a difference."""
        idle = [fault for fault, hooks in self.armed if not hooks.acted and fault.name != "watch"]
        self.assertEqual(idle, [], "never acted")

    def begin(self, *faults: Any, **arguments: Any) -> None:
        """Make a module with faults, and a server."""
        description = arguments.pop("description", {})
        arguments.setdefault("seed", self.seed)
        for fault in faults:
            if self.mode not in (None, *fault.modes):
                raise SkipTest(f"{fault.name} cannot act in {self.mode} mode")
            if fault.families and self.family not in fault.families:
                raise SkipTest(f"{fault.name} is none of {self.model}")
        self.emulated = self.emulate(faults=faults, **arguments)
        self.armed += zip(faults, self.emulated.module.hooks, strict=True)
        if description:
            values = dict(description)
            if self.mode == "transparent":
                values.setdefault("data_devices", ("usbat", "uart1"))
            self.emulated._modem = None
            self.emulated.modem(**values)
        if not self.ready:
            self.serving = self.serve()
            self.ready = True

    def open(self, seconds: float = 120.0, make: Callable[[], Any] = Peer, **arguments: Any) -> Any:
        """Connect."""
        values = {"mode": self.mode, "timeout": 100.0, **arguments}
        return self.connect(self.endpoint(self.emulated, **values), make, seconds=seconds)

    def both_ways(self, peer: Any, seed: int, seconds: float = 120.0) -> None:
        """Send and receive, in pieces, and look at every byte."""
        server = self.serving.peers[-1]
        for number, data in enumerate((payload(seed), payload(seed + 50, 200), b"x")):
            came, went = peer.count, server.count
            peer.transport.write(data)
            self.result_of(server.when_received(went + len(data)), seconds)
            self.assertEqual(bytes(server.received[went:]), data, number)
            server.transport.write(data[::-1])
            self.result_of(peer.when_received(came + len(data)), seconds)
            self.assertEqual(bytes(peer.received[came:]), data[::-1], number)

    def ended(self, peer: Peer, *kinds: type[Exception], seconds: float = 120.0) -> Any:
        """Wait for the end, and look that it is told once."""
        reason = self.end_of(peer, seconds)
        self.assertIsInstance(reason, kinds)
        self.settle(2.0)
        self.assertEqual(len(peer.reasons), 1)
        return reason

    def closed_by_server(self, peer: Any, seed: int, seconds: float = 120.0) -> None:
        """The server sends a tail and closes: the tail comes, then the end."""
        if self.mode == "transparent":
            # what the client has just written counts as on its way, and may be lost
            self.settle(1.0)
        came, tail = peer.count, payload(seed, 4000)
        server = self.serving.peers[-1]
        server.transport.write(tail)
        server.transport.loseConnection()
        self.ended(peer, ConnectionDone, seconds=seconds)
        self.assertEqual(bytes(peer.received[came:]), tail)

    def closed_by_client(self, peer: Any, data: bytes = b"the last words") -> None:
        """The client writes and closes: the server gets it all, and an orderly end."""
        server = self.serving.peers[-1]
        went = server.count
        peer.transport.write(data)
        peer.transport.loseConnection()
        self.ended(peer, ConnectionDone)
        self.until(lambda: server.reasons)
        self.assertEqual(bytes(server.received[went:]), data)
        self.assertIsInstance(server.reasons[0].value, ConnectionDone)

    def works(self, seconds: float = 300.0) -> None:
        """A new connection works, both ways, and closes in order."""
        peer = self.open(seconds=seconds)
        self.both_ways(peer, self.seed + 100)
        self.closed_by_client(peer)

    def lost(self, peer: Peer, seconds: float = 300.0) -> Any:
        """The connection ends as lost, once."""
        return self.ended(peer, ConnectionLost, seconds=seconds)


@dataclass(frozen=True)
class Watch(Fault):
    """No fault: remembers when a command was executed."""

    name: ClassVar[str] = "watch"
    command: str
    seen: list[tuple[float, bytes]] = field(default_factory=list)

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Watching(Hooks):
            def replace(self, call: Call[Any]) -> Outcome | None:
                if call.name == spec.command:
                    spec.seen.append((module.clock.seconds(), call.raw))
                return None

        return Watching()


def matrix(
    space: dict[str, Any],
    base: type[FaultCase],
    modes: Iterable[str] = MODES,
    seeds: Iterable[int] = (1,),
    kinds: Iterable[ModuleKind] = KINDS,
) -> None:
    """Put a class for each module, access mode and seed into a module's namespace."""
    wanted = [
        (kind, mode, seed)
        for kind in kinds
        for mode in modes
        if mode in kind.modes
        for seed in seeds
    ]
    for kind, mode, seed in wanted:
        name = f"{base.__name__}{kind.label}{mode.capitalize()}{seed}Tests"
        doc = f"{(base.__doc__ or '').rstrip('.')}: {kind.model}, {mode} mode, seed {seed}."
        members: dict[str, Any] = {"model": kind.model, "mode": mode, "seed": seed}
        space[name] = type(
            name, (base,), {**members, "__doc__": doc, "__module__": base.__module__}
        )
        space[name].__unittest_skip__ = False


__all__ = ["SEEDS", "FaultCase", "Watch", "matrix", "payload"]
