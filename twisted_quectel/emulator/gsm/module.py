"""An emulated GSM module: M10, M66, M85 or M95."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from ...tables.gsm import MODELS, SSL_CONTEXT_IDS
from ..basemodule import Module
from ..commands import CommandSet
from ..files import FileError
from ..grammar import Grammar
from ..port import Port
from ..quirks import QuirkTable
from ..tls import TLSContextCache
from .commands_context import CONTEXTS, PACKETS
from .commands_general import GENERAL, SHARED
from .commands_options import OPTIONS
from .commands_secure import SECURE
from .commands_ssl import SSL
from .commands_tcp import TCP
from .grammar import GRAMMAR
from .quirks import GSM_QUIRKS, has_blanks, straighten
from .securefiles import SecureFiles, normal
from .sockets import GSMSockets
from .sslcontext import SSLContext
from .stack import DEACTIVATED, Stack

COMMANDS: Final = CommandSet["GSMModule"](
    {**SHARED, **GENERAL, **CONTEXTS, **PACKETS, **OPTIONS, **SECURE, **SSL, **TCP}
)


class GSMModule(Module):
    """One module of the GSM family.

    @ivar files: certificates and keys.
    @ivar stack: the TCP/IP stack: its contexts and options.
    @ivar contexts: the SSL contexts.
    @ivar common: what C{AT+QSSLCFG} sets for none of them.
    """

    family = "gsm"
    models = MODELS
    usual_model = "M95"
    commands = COMMANDS
    quirk_table: ClassVar[QuirkTable] = GSM_QUIRKS
    grammar: ClassVar[Grammar] = GRAMMAR
    maker = "Quectel_Ltd"
    cell = '"1A2B","3C4D"'
    power_down_line = "NORMAL POWER DOWN"
    sockets: GSMSockets

    def setup(self) -> None:
        """Make files, contexts and connections."""
        self.files = SecureFiles(self.settings.ram_size)
        self.stack = Stack()
        self.contexts = [SSLContext() for _ in SSL_CONTEXT_IDS]
        self.common = SSLContext()
        self.tls = TLSContextCache()
        self.sockets = GSMSockets(self)

    def reset_family(self) -> None:
        """Forget what a restart forgets; C{NVRAM:} stays."""
        self.files.restart()
        self.stack = Stack()
        self.common.reset()
        for context in self.contexts:
            context.reset()

    @property
    def product(self) -> str:
        """Give what the module calls itself."""
        return f"Quectel_{self.model}"

    def boot_lines(self, state: str) -> Iterator[str]:
        """Give the URCs of a start."""
        yield "RDY"
        yield "+CFUN: 1"
        yield f"+CPIN: {state}" if state else "+CPIN: NOT INSERTED"
        if state == "READY":
            yield "Call Ready"

    def pdp_lost_line(self, pdp: int) -> str:
        """Give the URC for a context that is down."""
        return "+PDP DEACT"

    def factory_revision(self) -> str:
        """Give the name of a firmware of the model."""
        return f"{self.model}FAR02A08"

    def urc_ports(self) -> list[Port]:
        """Give the ports that URCs go to: those in command mode, if there is any.

        What waited for a port in data mode would be told when it has long been over.
        """
        ports = super().urc_ports()
        return [port for port in ports if not port.interpreter.online()] or ports

    def push_ports(self) -> list[Port]:
        """Give the ports that pushes go to: those with a host in command mode."""
        return [
            port for port in self.urc_ports() if port.attached and not port.interpreter.online()
        ]

    def tidy(self, line: bytes) -> bytes | None:
        """Refuse blanks outside strings, or take them away."""
        if "lenient_spaces" in self.quirks:
            return straighten(line)
        return None if has_blanks(line) else line

    def leave_file(self, name: str, data: bytes) -> None:
        """Have a file be there that an aborted upload has left."""
        try:
            self.files.store(normal(name), data)
        except FileError:
            return  # nothing can be there

    def lose_pdp(self, pdp: int | None = None, told: bool = True) -> None:
        """The network takes contexts away.

        @param pdp: the number of C{AT+QIFGCNT}; L{None} for all that are active.
        @param told: whether C{+PDP DEACT} is reported.
        """
        for id, context in enumerate(self.stack.contexts):
            if context.active and pdp in (None, id):
                context.state = DEACTIVATED
                self.sockets.pdp_lost(id)
                if told:
                    self.urc(self.pdp_lost_line(id))
