"""An emulated LTE module: files, PDP and SSL contexts, options and connections in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from ..tables.lte import CLIENT_IDS, MODELS, SSL_CONTEXT_IDS
from .basemodule import Module
from .commands import CommandSet
from .commands_data import DATA
from .commands_files import FILES
from .commands_general import GENERAL
from .commands_internet import INTERNET
from .commands_network import NETWORK
from .commands_pdp import PDP
from .commands_ssl import SSL
from .commands_tcpip import TCPIP
from .commands_urcs import URCS
from .files import FileSystem, normal
from .grammar import Grammar
from .ltesockets import LTESockets
from .options import Options
from .pdp import PDPContexts
from .port import Port
from .quirks import LTE_QUIRKS, QuirkTable, misprinted
from .sslcontext import SSLContext
from .tls import TLSContextCache

COMMANDS: Final = CommandSet["LTEModule"](
    {**GENERAL, **NETWORK, **PDP, **FILES, **DATA, **SSL, **TCPIP, **INTERNET, **URCS}
)


class LTEModule(Module):
    """One module of the LTE family.

    @ivar files: C{UFS:} and C{RAM:}.
    @ivar pdp: its PDP contexts.
    @ivar contexts: its SSL contexts.
    @ivar options: what C{AT+QICFG} has set.
    @ivar ntp_server: who is asked for the time just now, as C{AT+QNTP?} shows it.
    @ivar urcport: the port that URCs go to.
    """

    family = "lte"
    models = MODELS
    usual_model = "EC25"
    commands = COMMANDS
    quirk_table: ClassVar[QuirkTable] = LTE_QUIRKS
    grammar = Grammar(
        ids=CLIENT_IDS,
        opens={"+QSSLOPEN": (2, 5), "+QIOPEN": (1, 6)},
        closes={"+QSSLCLOSE": 0, "+QICLOSE": 0},
        sends={"+QSSLSEND": 0, "+QSSSEND": 0, "+QISEND": 0, "+QISENDEX": 0},
        uploads={"+QFUPL": 0},
        settings={"+QSSLCFG": 3},
        releases=frozenset({"+QIDEACT"}),
        recv=('+QSSLURC: "recv"', '+QIURC: "recv"'),
        refused_when_wedged=frozenset(
            {"+QSSLOPEN", "+QSSLSEND", "+QSSLRECV", "+QIOPEN", "+QISEND", "+QIRD", "+QIACT"}
        ),
    )
    sockets: LTESockets

    def setup(self) -> None:
        """Make files, contexts and connections."""
        settings = self.settings
        self.files = FileSystem(settings.ufs_size, settings.ram_size)
        self.pdp = PDPContexts(*([7] if "pdp_max=7" in self.quirks else []))
        self.contexts = [SSLContext() for _ in SSL_CONTEXT_IDS]
        self.tls = TLSContextCache()
        self.sockets = LTESockets(self)
        self.options = Options()
        self.ntp_server = ""
        self.urcport = settings.urcport

    def reset_family(self) -> None:
        """Forget what a restart forgets; RAM files are gone."""
        self.files.restart()
        self.pdp.restart()
        for context in self.contexts:
            context.reset()
        self.tls.forget()
        self.ntp_server = ""
        self.options.reset()

    def boot_lines(self, state: str) -> Iterator[str]:
        """Give the URCs of a start (AT Commands Manual)."""
        yield "RDY"
        yield "+CFUN: 1"
        yield f"+CPIN: {state}" if state else "+CPIN: NOT INSERTED"
        if state == "READY":
            yield "+QUSIM: 1"
            yield "+QIND: SMS DONE"
            yield "+QIND: PB DONE"

    def pdp_lost_line(self, pdp: int) -> str:
        """Give the URC for a PDP context that is down."""
        return f'+QIURC: "pdpdeact",{pdp}'

    def factory_revision(self) -> str:
        """Give the name of a firmware of the model."""
        return f"{self.model}EFAR06A08M4G"

    def time_set(self) -> None:
        """The clock was set: what sessions were made under another one is not resumed."""
        self.tls.forget()

    def leave_file(self, name: str, data: bytes) -> None:
        """Have a file be there that an aborted upload has left."""
        self.files.store(normal(name), data)

    def misprint(self, line: bytes) -> bytes:
        """Give an information line as the documents print it where their names contradict."""
        return misprinted(line, self.quirks)

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
                    self.urc(self.pdp_lost_line(id))
