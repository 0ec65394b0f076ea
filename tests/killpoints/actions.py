"""What happens to the module, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.killpoints.bench import Bench
from twisted_quectel.emulator import MemoryWire

#: Seconds until the power is on again, the device is back, the line goes on.
AWAY: Final = 20.0
STALLED: Final = 30.0


class Blow:
    """Something that happens to the module once.

    @ivar struck: whether it has happened.
    @ivar back: whether the module has come back.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.struck = False
        self.back = False

    def __call__(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.struck = True
        self.strike(wire, rest, to_module)

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        """Let it happen in the middle of what crosses a line."""
        raise NotImplementedError

    def lose(self) -> None:
        """Lose what the module had said, and what has not arrived."""
        for wire in self.bench.wires.values():
            wire.drop()

    def later(self, seconds: float, function: Callable[[], None]) -> None:
        """Have the module come back."""

        def come_back() -> None:
            function()
            self.back = True

        self.bench.clock.callLater(seconds, come_back)

    def session_over(self) -> None:
        """The session has ended."""

    def ready(self) -> bool:
        """Whether the module can be used again."""
        return self.back and self.bench.module.powered


class Killed(Blow):
    """The power is cut, and comes back later."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.module.kill()
        self.lose()
        self.later(AWAY, self.bench.module.power_on)


class Restarted(Blow):
    """A watchdog restarts it: silence, then C{RDY}."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.module.restart()
        self.lose()
        self.back = True


class Muted(Blow):
    """It hears and says nothing, until the session has ended."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.module.muted = True
        self.lose()

    def session_over(self) -> None:
        self.later(1.0, self._answer_again)

    def _answer_again(self) -> None:
        self.bench.module.muted = False


class Stalled(Blow):
    """Nothing crosses its lines for a while; then everything comes."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        wires = list(self.bench.wires.values())
        for each in wires:
            each.stall(True)
        wire.give_back(rest, to_module)

        def go_on() -> None:
            for each in wires:
                each.stall(False)

        self.later(STALLED, go_on)


class Unplugged(Blow):
    """The device is pulled off, and plugged in again later; the module stays on."""

    def strike(self, wire: MemoryWire, rest: bytes, to_module: bool) -> None:
        self.bench.unplugged = True
        for each in list(self.bench.wires.values()):
            each.unplug()
        self.later(AWAY, self._plug)

    def _plug(self) -> None:
        self.bench.unplugged = False


BLOWS: Final[dict[str, type[Blow]]] = {
    "killed": Killed,
    "restarted": Restarted,
    "muted": Muted,
    "stalled": Stalled,
    "unplugged": Unplugged,
}
