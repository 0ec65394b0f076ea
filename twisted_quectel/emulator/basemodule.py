"""An emulated module, as far as all families are alike: ports, power, SIM, network, clock.

What a family makes different is in its subclass: commands, connections, what is said at a start.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from .commands import Handler
from .faults_base import Fault, Hooks
from .grammar import Grammar
from .killpoints import Tap
from .link import Link
from .network import INetwork
from .port import Port
from .quirks import QuirkTable
from .radio import UNKNOWN_TIME, Clock, NetworkState
from .settings import ModuleSettings
from .socketset import SocketSet
from .verdicts import MAX_VERDICTS, Verdict, VerdictKind

#: The port that a host is given when it does not ask for another.
DEFAULT_PORT: Final = "usbmodem"
_DEFAULT_BAUDRATE: Final = 115200


class Module(ABC):
    """One emulated module.

    @cvar family: whose language it speaks.
    @cvar models: what it may call itself.
    @cvar usual_model: what it does unless told otherwise.
    @cvar commands: what it executes.
    @cvar grammar: which of them open, close, send and read.
    @cvar quirk_table: the deviations that it knows.
    @cvar maker: who has made it.
    @cvar cell: where it is, as C{AT+CREG=2} tells it: area, cell, technology.
    @ivar clock: what all its timers run on.
    @ivar network: where its connections go.
    @ivar link: how its lines behave.
    @ivar sockets: its connections.
    @ivar quirks: names of quirks that it has.
    @ivar verdicts: what hosts did against the documents.
    @ivar powered: whether it is on and has booted.
    @ivar tap: counts what crosses its lines in memory, if somebody wants that.
    @ivar muted: whether it hangs: it hears nothing and says nothing, and its
        connections go on.
    @ivar hung: whether it holds CTS low for good.
    @ivar told: what else is told of each verdict.
    @ivar closed: whether it was closed for good.
    """

    family: ClassVar[str]
    models: ClassVar[tuple[str, ...]]
    usual_model: ClassVar[str]
    commands: ClassVar[Mapping[str, Handler[Any]]]
    grammar: ClassVar[Grammar]
    quirk_table: ClassVar[QuirkTable]
    maker: ClassVar[str] = "Quectel"
    cell: ClassVar[str] = '"1A2B","1C3D4E5",7'
    sockets: SocketSet[Any]

    def __init__(
        self,
        clock: IReactorTime,
        *,
        network: INetwork,
        model: str = "",
        profile: str = "strict",
        quirks: Iterable[str] = (),
        faults: Iterable[Fault] = (),
        link: Link = Link(),  # noqa: B008 - frozen
        settings: ModuleSettings = ModuleSettings(),  # noqa: B008 - frozen
        seed: int = 0,
    ) -> None:
        """
        @param clock: a reactor or a L{twisted.internet.task.Clock}.
        @param network: where connections go and names are resolved.
        @param model: one of L{models}; empty for L{usual_model}.
        @param profile: C{strict}, or C{as_printed} for the documents' examples.
        @param quirks: deviations besides the profile's.
        @param faults: what goes wrong.
        @param link: how the line behaves.
        @param settings: SIM, network, sizes.
        @param seed: of whatever is random in the faults.
        @raise ValueError: for a model, profile or quirk that nobody knows, or a fault
            that the family cannot have.
        """
        model = model or self.usual_model
        if model not in self.models:
            raise ValueError(f"model: {model!r} is not one of {', '.join(self.models)}")
        self.clock = clock
        self.network = network
        self.model = model
        self.settings = settings
        self.link = link
        self.quirks = self.quirk_table.choose(profile, quirks)
        self.verdicts: list[Verdict] = []
        self.told: Callable[[Verdict], None] | None = None
        start = _utc(settings.time)
        self.time = Clock(clock.seconds, self._start_time(start))
        self.network_state = NetworkState(self, start)
        self.last_error = 0
        self.values: dict[str, str] = {}
        self.send_echo = True
        self.baudrate = link.baudrate or _DEFAULT_BAUDRATE
        self.powered = False
        self.muted = False
        self.hung = False
        self.closed = False
        self.tap: Tap | None = None
        self._ports: dict[str, Port] = {}
        self._calls: set[IDelayedCall] = set()
        self._tracked: set[Deferred[str]] = set()
        self.setup()
        self.hooks: tuple[Hooks, ...] = ()
        self.hooks = tuple(self._armed(faults, random.Random(seed)))
        if settings.booted:
            self.powered = True
            self.network_state.start(at_once=settings.registration_delay <= 0)
        else:
            self.power_on()

    def _armed(self, faults: Iterable[Fault], chance: random.Random) -> Iterator[Hooks]:
        for fault in faults:
            if fault.families and self.family not in fault.families:
                raise ValueError(
                    f"faults: {fault.name} is none of {self.model}: it is of the families "
                    f"{', '.join(fault.families)}"
                )
            yield fault.arm(self, chance)

    # what a family makes different

    @abstractmethod
    def setup(self) -> None:
        """Make what the family has besides: L{sockets}, and more."""

    @abstractmethod
    def reset_family(self) -> None:
        """Forget, in what the family has besides, what a restart forgets."""

    @abstractmethod
    def boot_lines(self, state: str) -> Iterable[str]:
        """Give the URCs of a start.

        @param state: of the SIM, as C{AT+CPIN?} has it; empty without a SIM.
        """

    @abstractmethod
    def factory_revision(self) -> str:
        """Give the name of a firmware of the model."""

    #: what an orderly switch-off is told by
    power_down_line: ClassVar[str] = "POWERED DOWN"

    @abstractmethod
    def lose_pdp(self, pdp: int | None = None, told: bool = True) -> None:
        """The network takes packet data connections away.

        @param pdp: which one; L{None} for all that are active.
        @param told: whether the URC for it is reported.
        """

    def pdp_lost_line(self, pdp: int) -> str:
        """Give the URC for a packet data connection that the network has taken away."""
        return ""

    def urc_ports(self) -> list[Port]:
        """Give the ports that URCs go to."""
        return list(self._ports.values())

    def push_ports(self) -> list[Port]:
        """Give the ports that direct pushes go to."""
        return self.urc_ports()

    def time_set(self) -> None:  # noqa: B027 - not every family minds
        """The clock was set."""

    def spaced_prompt(self) -> bool:
        """Tell whether a blank stands behind the C{>} of a prompt."""
        return "prompt_without_space" not in self.quirks

    def connect_rate(self) -> int | None:
        """Give the speed that stands behind C{CONNECT}, in bits per second; L{None} for none."""
        return (self.link.baudrate or 150000000) if "connect_rate" in self.quirks else None

    def misprint(self, line: bytes) -> bytes:
        """Give an information line as the module's quirks have it."""
        return line

    def tidy(self, line: bytes) -> bytes | None:
        """Give a command line as the module takes it, without its C{AT}; L{None} to refuse it."""
        return line

    def leave_file(self, name: str, data: bytes) -> None:  # noqa: B027 - not every family has any
        """Have a file be there that an aborted upload has left."""

    @property
    def product(self) -> str:
        """Give what the module calls itself."""
        return self.model

    def handler(self, name: str) -> Handler[Any] | None:
        """Give what executes a command, L{None} for one that does not exist."""
        return self.commands.get(name)

    def _start_time(self, start: datetime) -> datetime:
        if not self.settings.time_known:
            return UNKNOWN_TIME
        return start + timedelta(seconds=self.settings.clock_offset)

    @property
    def revision(self) -> str:
        """Give the name of the firmware."""
        return self.settings.revision or self.factory_revision()

    def now(self) -> datetime:
        """Give the time on the module's clock, in UTC."""
        return self.time.now()

    def network_time(self) -> datetime:
        """Give the time that a server of the network tells, in UTC."""
        return self.network_state.time.now()

    def set_time(self, time: datetime) -> None:
        """Set the clock.

        @param time: in UTC; the zone stays.
        """
        quarters = self.time.quarters
        self.time.set(time + timedelta(minutes=15 * quarters), quarters)
        self.time_set()

    # ports

    def port(self, name: str = DEFAULT_PORT) -> Port:
        """Give a port; it is made when it is asked for first."""
        if name not in self._ports:
            self._ports[name] = Port(self, name)
        return self._ports[name]

    def urc(self, line: str) -> None:
        """Report something unasked."""
        if not self.powered:
            return
        lines = [line]
        for hook in self.hooks:
            lines = [changed for one in lines for changed in hook.urc(one)]
        for port in self.urc_ports():
            for one in lines:
                port.unsolicited(one)

    def set_baudrate(self, rate: int) -> None:
        """Change the speed of the module's side of its lines."""
        self.baudrate = rate

    # what the interpreter asks

    def judge(self, kind: VerdictKind, text: str) -> None:
        """Write an offence down."""
        verdict = Verdict(kind, text, self.clock.seconds())
        if len(self.verdicts) < MAX_VERDICTS:
            self.verdicts.append(verdict)
        if self.told is not None:
            self.told(verdict)

    def later(self, delay: float, function: Callable[[], None]) -> None:
        """Do something later, unless the module is closed before."""
        self.schedule(delay, function)

    def schedule(self, delay: float, function: Callable[[], None]) -> Callable[[], None]:
        """Do something later, unless the module is closed before.

        @return: takes it back; when it is over, that does nothing.
        """
        if self.closed:
            return lambda: None  # what was on its way to it may still come

        def run() -> None:
            self._calls.discard(call)
            function()

        call = self.clock.callLater(delay, run)
        self._calls.add(call)

        def cancel() -> None:
            self._calls.discard(call)
            if call.active():
                call.cancel()

        return cancel

    def track(self, deferred: Deferred[str]) -> None:
        """Cancel something when the module is switched off or restarted."""
        self._tracked.add(deferred)

        def over(result: object) -> object:
            self._tracked.discard(deferred)
            return result

        deferred.addBoth(over)

    # power and network

    def power_on(self) -> None:
        """Switch on: the boot URCs come after the boot delay."""
        self._reset()
        self.later(self.settings.boot_delay, self._booted)

    def _booted(self) -> None:
        self.powered = True
        for hook in self.hooks:
            hook.boot(self)
        for line in self.boot_lines(self.network_state.sim_state()):
            self.urc(line)
        self.network_state.start()

    def restart(self) -> None:
        """Restart as after a watchdog or C{AT+CFUN=1,1}: silence, then the boot URCs.

        Sockets, volatile settings and RAM files are gone; echo is on again.
        """
        self.power_on()

    def power_down(self) -> None:
        """Switch off in order: a last URC and no more."""
        if self.powered:
            for port in self._ports.values():
                port.write(port.frame(self.power_down_line.encode("ascii")))
        self._reset()

    def kill(self) -> None:
        """Cut the power: nothing is said any more."""
        self._reset()

    def hang(self, on: bool) -> None:
        """Hold CTS low, whatever room there is; or go on."""
        if on is not self.hung:
            self.hung = on
            for port in self._ports.values():
                port.hang(on)

    def _reset(self) -> None:
        self.powered = False
        self.muted = False
        self.hang(False)
        self._cancel()
        self.sockets.reset()
        for port in self._ports.values():
            port.reset()
        self.reset_family()
        self.network_state.restart()
        self.last_error = 0
        self.values.clear()
        self.send_echo = True

    def _cancel(self) -> None:
        for call in list(self._calls):
            if call.active():
                call.cancel()
        self._calls.clear()
        for deferred in list(self._tracked):
            deferred.cancel()

    def close(self) -> None:
        """Stop all timers and connections.  The module is off afterwards."""
        self.closed = True
        self._reset()


def _utc(time: datetime | None) -> datetime:
    """Give a time with its zone; the host's if there is none."""
    time = time or datetime.now(UTC)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
