"""An emulated LTE module: ports, files, clock, contexts and connections in one place."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ..tables.lte import MODELS, SSL_CONTEXT_IDS
from .commands import CommandSet, Handler
from .commands_data import DATA
from .commands_files import FILES
from .commands_general import GENERAL
from .commands_internet import INTERNET
from .commands_network import NETWORK
from .commands_pdp import PDP
from .commands_ssl import SSL
from .commands_tcpip import TCPIP
from .faults import Fault, Hooks
from .files import FileSystem
from .killpoints import Tap
from .link import Link
from .network import INetwork
from .options import Options
from .pdp import PDPContexts
from .port import Port
from .quirks import quirks_of
from .radio import UNKNOWN_TIME, Clock, NetworkState
from .settings import ModuleSettings
from .socketset import Sockets
from .sslcontext import SSLContext
from .tls import TLSContextCache
from .verdicts import MAX_VERDICTS, Verdict, VerdictKind

COMMANDS: Final = CommandSet(
    {**GENERAL, **NETWORK, **PDP, **FILES, **DATA, **SSL, **TCPIP, **INTERNET}
)

#: The port that a host is given when it does not ask for another.
DEFAULT_PORT: Final = "usbmodem"
_DEFAULT_BAUDRATE: Final = 115200


class Module:
    """One emulated module.

    @ivar clock: what all its timers run on.
    @ivar network: where its connections go.
    @ivar files: C{UFS:} and C{RAM:}.
    @ivar link: how its lines behave.
    @ivar quirks: names of L{quirks.QUIRKS<twisted_quectel.emulator.quirks.QUIRKS>}.
    @ivar verdicts: what hosts did against the documents.
    @ivar powered: whether it is on and has booted.
    @ivar tap: counts what crosses its lines in memory, if somebody wants that.
    @ivar muted: whether it hangs: it hears nothing and says nothing, and its
        connections go on.
    @ivar hung: whether it holds CTS low for good.
    @ivar options: what C{AT+QICFG} has set.
    @ivar ntp_server: who is asked for the time just now, as C{AT+QNTP?} shows it.
    @ivar closed: whether it was closed for good.
    """

    def __init__(
        self,
        clock: IReactorTime,
        *,
        network: INetwork,
        model: str = "EC25",
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
        @param model: one of L{MODELS}.
        @param profile: C{strict}, or C{as_printed} for the documents' examples.
        @param quirks: deviations besides the profile's.
        @param faults: what goes wrong.
        @param link: how the line behaves.
        @param settings: SIM, network, sizes.
        @param seed: of whatever is random in the faults.
        @raise ValueError: for a model, profile or quirk that nobody knows.
        """
        if model not in MODELS:
            raise ValueError(f"model: {model!r} is not one of {', '.join(MODELS)}")
        self.clock = clock
        self.network = network
        self.model = model
        self.settings = settings
        self.link = link
        self.quirks = quirks_of(profile, quirks)
        self.verdicts: list[Verdict] = []
        self.files = FileSystem(settings.ufs_size, settings.ram_size)
        self.pdp = PDPContexts(*([7] if "pdp_max=7" in self.quirks else []))
        self.contexts = [SSLContext() for _ in SSL_CONTEXT_IDS]
        self.tls = TLSContextCache()
        self.sockets = Sockets(self)
        self.options = Options()
        start = _utc(settings.time)
        self.time = Clock(clock.seconds, self._start_time(start))
        self.network_state = NetworkState(self, start)
        self.last_error = 0
        self.ntp_server = ""
        self.values: dict[str, str] = {}
        self.urcport = settings.urcport
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
        chance = random.Random(seed)
        self.hooks: tuple[Hooks, ...] = ()
        self.hooks = tuple(fault.arm(self, chance) for fault in faults)
        if settings.booted:
            self.powered = True
            self.network_state.start(at_once=settings.registration_delay <= 0)
        else:
            self.power_on()

    def _start_time(self, start: datetime) -> datetime:
        if not self.settings.time_known:
            return UNKNOWN_TIME
        return start + timedelta(seconds=self.settings.clock_offset)

    @property
    def revision(self) -> str:
        """Give the name of the firmware."""
        return self.settings.revision or f"{self.model}EFAR06A08M4G"

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
        self.tls.forget()

    # ports

    def port(self, name: str = DEFAULT_PORT) -> Port:
        """Give a port; it is made when it is asked for first."""
        if name not in self._ports:
            self._ports[name] = Port(self, name)
        return self._ports[name]

    def urc_ports(self) -> list[Port]:
        """Give the ports that URCs go to."""
        if self.urcport == "all":
            return list(self._ports.values())
        return [self.port(self.urcport)]

    def push_ports(self) -> list[Port]:
        """Give the ports that direct pushes go to; C{all} are those with a host in command mode."""
        ports = self.urc_ports()
        if self.urcport != "all":
            return ports
        return [port for port in ports if port.attached and not port.interpreter.online()]

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

    def handler(self, name: str) -> Handler | None:
        """Give what executes a command, L{None} for one that does not exist."""
        return COMMANDS.get(name)

    def judge(self, kind: VerdictKind, text: str) -> None:
        """Write an offence down."""
        if len(self.verdicts) < MAX_VERDICTS:
            self.verdicts.append(Verdict(kind, text, self.clock.seconds()))

    def later(self, delay: float, function: Callable[[], None]) -> None:
        """Do something later, unless the module is closed before."""

        def run() -> None:
            self._calls.discard(call)
            function()

        call = self.clock.callLater(delay, run)
        self._calls.add(call)

    def track(self, deferred: Deferred[str]) -> None:
        """Cancel something when the module is switched off or restarted."""
        self._tracked.add(deferred)

        def over(result: object) -> object:
            self._tracked.discard(deferred)
            return result

        deferred.addBoth(over)

    # power and network

    def power_on(self) -> None:
        """Switch on: C{RDY} and the other boot URCs come after the boot delay."""
        self._reset()
        self.later(self.settings.boot_delay, self._booted)

    def _booted(self) -> None:
        self.powered = True
        for hook in self.hooks:
            hook.boot(self)
        self.urc("RDY")
        self.urc("+CFUN: 1")
        state = self.network_state.sim_state()
        self.urc(f"+CPIN: {state}" if state else "+CPIN: NOT INSERTED")
        if state == "READY":
            self.urc("+QUSIM: 1")
            self.urc("+QIND: SMS DONE")
            self.urc("+QIND: PB DONE")
        self.network_state.start()

    def restart(self) -> None:
        """Restart as after a watchdog or C{AT+CFUN=1,1}: silence, then C{RDY}.

        Sockets, volatile settings and RAM files are gone; echo is on again.
        """
        self.power_on()

    def power_down(self) -> None:
        """Switch off in order: C{POWERED DOWN} and no more."""
        if self.powered:
            for port in self._ports.values():
                port.write(port.frame(b"POWERED DOWN"))
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

    def lose_pdp(self, pdp: int | None = None, told: bool = True) -> None:
        """The network takes PDP contexts away.

        @param pdp: which one; L{None} for all that are active.
        @param told: whether C{+QIURC: "pdpdeact"} is reported.
        """
        for id in self.pdp.ids if pdp is None else (pdp,):
            if self.pdp.active(id):
                self.pdp[id].active = False
                self.sockets.pdp_lost(id)
                if told:
                    self.urc(f'+QIURC: "pdpdeact",{id}')

    def _reset(self) -> None:
        self.powered = False
        self.muted = False
        self.hang(False)
        self._cancel()
        self.sockets.reset()
        for port in self._ports.values():
            port.reset()
        self.files.restart()
        self.pdp.restart()
        for context in self.contexts:
            context.reset()
        self.tls.forget()
        self.network_state.restart()
        self.last_error = 0
        self.ntp_server = ""
        self.values.clear()
        self.options.reset()
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
