"""An emulated BC660K-GL: SSL context, connections, packet data connection and sleep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from ...tables.nbiot import MODELS, TEXT
from ..basemodule import DEFAULT_PORT, Module
from ..commands import CommandSet, Handler
from ..commands_general import GENERAL
from ..commands_network import NETWORK
from ..port import Port
from ..quirks import QuirkTable
from ..tls import TLSContextCache
from .commands_internet import INTERNET
from .commands_network import OWN_NETWORK
from .commands_power import POWER
from .commands_ssl import SSL
from .commands_tcpip import TCPIP
from .grammar import GRAMMAR, NBGrammar
from .pdn import PDN
from .port import NBPort
from .quirks import NBIOT_QUIRKS
from .sleep import Sleep
from .sockets import NBSockets
from .sslcontext import SSLContext

#: What LTE modules have, and this one has not.
_UNKNOWN: Final = ("+CREG", "+CGREG", "+QNWINFO", "+QINISTAT")

COMMANDS: Final = CommandSet["NBIoTModule"](
    {**GENERAL, **NETWORK, **OWN_NETWORK, **POWER, **SSL, **TCPIP, **INTERNET}
)
for _name in _UNKNOWN:
    del COMMANDS[_name]


class NBIoTModule(Module):
    """One module of the NB-IoT family.

    @ivar context: its one SSL context.
    @ivar formats: C{AT+QICFG="dataformat"}: of what is sent and received without SSL.
    @ivar pdp: its packet data connection, which is up when it is registered.
    @ivar sleep: when it sleeps.
    @ivar saved: vendor settings that are only kept.
    @ivar ntp_server: who is asked for the time just now, as C{AT+QNTP?} shows it.
    """

    family = "nbiot"
    models = MODELS
    usual_model = "BC660K-GL"
    commands: ClassVar[Mapping[str, Handler[Any]]] = COMMANDS
    quirk_table: ClassVar[QuirkTable] = NBIOT_QUIRKS
    grammar: ClassVar[NBGrammar] = GRAMMAR
    cell = '"1A2B","1C3D4E5",9'
    sockets: NBSockets

    def setup(self) -> None:
        """Make context, connections and sleep."""
        self.context = SSLContext()
        self.tls = TLSContextCache()
        self.sockets = NBSockets(self)
        self.formats = (TEXT, TEXT)
        self.pdp = PDN(self)
        self.sleep = Sleep(self)
        self.saved: dict[str, int] = {}
        self.ntp_server = ""
        self.sleep.watch()

    def port(self, name: str = DEFAULT_PORT) -> Port:
        """Give a port; it is made when it is asked for first."""
        if name not in self._ports:
            self._ports[name] = NBPort(self, name)
        return self._ports[name]

    def reset_family(self) -> None:
        """Forget what a restart forgets; certificates and APN are saved."""
        self.context.reset()
        self.formats = (TEXT, TEXT)
        self.pdp.restart()
        self.sleep.reset()
        self.ntp_server = ""

    def boot_lines(self, state: str) -> Iterator[str]:
        """Give the URCs of a start (AT Commands Manual)."""
        self.sleep.started()
        yield "RDY"
        yield "+CFUN: 1"
        yield f"+CPIN: {state}" if state else "+CPIN: NOT INSERTED"
        self.later(self.settings.registration_delay, self.pdp.report)

    def factory_revision(self) -> str:
        """Give the name of a firmware of the model."""
        return "BC660KGLAAR01A05"

    def data_format(self, ssl: bool, direction: int) -> int:
        """Give the format of data.

        @param direction: 0 for what is sent, 1 for what is received.
        """
        return self.context.number("dataformat", direction) if ssl else self.formats[direction]

    def lose_pdp(self, pdp: int | None = None, told: bool = True) -> None:
        """The network takes the packet data connection away, and gives it back later.

        @param pdp: there is but one.
        @param told: there is no URC for it; those of the connections tell.
        """
        if not self.pdp.lost:
            self.pdp.lose()
            self.sockets.pdp_lost(0)

    # sleep

    def busy(self) -> bool:
        """Whether it has something to do that keeps it awake."""
        return any(not port.interpreter.idle() for port in self._ports.values()) or any(
            socket.busy() for socket in self.sockets
        )

    def doze(self) -> None:
        """Forget what deep sleep forgets, and hear what wakes."""
        self._reset()
        self.powered = True

    def wake(self) -> None:
        """Wake it, as a falling edge of the pin C{PSM_EINT} does."""
        self.sleep.wake()
