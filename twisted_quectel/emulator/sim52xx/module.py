"""An emulated SIM52xx module of SIMCom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...tables.sim52xx import LINK_IDS, MODELS
from ..basemodule import Module
from ..commands import CommandSet
from ..commands_general import GENERAL
from ..commands_network import NETWORK
from ..grammar import Grammar
from .alerts import Trust
from .commands_files import FILES
from .commands_ftps import FTPS
from .commands_general import SIM_GENERAL
from .commands_https import HTTPS
from .commands_ssl import SSL
from .commands_tcp import TCP
from .efs import FileSystem
from .ftps import FTPSService
from .outlet import Outlets
from .quirks import SIM52XX_QUIRKS
from .socketset import SIMSockets
from .stacks import Stack

COMMANDS: Final = CommandSet["SIM52xxModule"](
    {
        # what begins with Q is Quectel's
        **{name: each for name, each in GENERAL.items() if not name.startswith("+Q")},
        **{name: each for name, each in NETWORK.items() if not name.startswith("+Q")},
        **SIM_GENERAL,
        **FILES,
        **SSL,
        **HTTPS,
        **FTPS,
        **TCP,
    }
)
#: Not on a module of the third generation; another name.
for _name in ("+CEREG", "+ICCID"):
    del COMMANDS[_name]

_BLANKS: Final = re.compile(rb"((?:\A|;) *\+[A-Za-z]+) +=")


class SIM52xxModule(Module):
    """One module of the SIM52xx family.

    @ivar stack: which stack is acquired.
    @ivar trust: the CAs of its firmware.
    @ivar files: its own file system, EFS.
    @ivar outlets: what has data to tell besides the connections.
    @ivar ftps: the FTPS stack.
    @ivar transparent: whether C{AT+CSSLMODE=1} holds.
    @ivar confirms: whether C{AT+CSSLSET=1} holds.
    @ivar reads_on_demand: whether C{AT+CIPRXGET=1} holds.
    """

    family = "sim52xx"
    models = MODELS
    usual_model = "SIM5320"
    maker = "SIMCOM INCORPORATED"
    commands = COMMANDS
    quirk_table = SIM52XX_QUIRKS
    power_down_line = "NORMAL POWER DOWN"
    grammar = Grammar(
        ids=LINK_IDS,
        opens={"+CSSLOPEN": (0, None), "+CHTTPSOPSE": (None, None), "+CIPOPEN": (0, None)},
        closes={"+CSSLCLOSE": 0, "+CHTTPSCLSE": None, "+CIPCLOSE": 0},
        sends={"+CSSLSEND": 0, "+CHTTPSSEND": None, "+CHTTPSEND": None, "+CIPSEND": 0},
        releases=frozenset({"+CSSLSTOP", "+CHTTPSSTOP", "+CFTPSSTOP", "+NETCLOSE"}),
        recv=("+CHTTPS: RECV EVENT", "+CSSL: RECV EVENT", "+CIPRXGET: 1,"),
        refused_when_wedged=frozenset(
            {"+CSSLOPEN", "+CSSLSEND", "+CHTTPSOPSE", "+CHTTPSSEND", "+CHTTPSEND", "+CHTTPSRECV"}
            | {"+CFTPSLOGIN", "+CIPOPEN", "+CIPSEND", "+CIPRXGET"}
        ),
    )
    sockets: SIMSockets

    def setup(self) -> None:
        """Make files, stacks and connections."""
        self.stack = Stack.NONE
        self.trust = Trust(self.settings.authorities)
        self.files = FileSystem(self.settings.ufs_size)
        self.outlets = Outlets()
        self.sockets = SIMSockets(self)
        self.ftps = FTPSService(self)
        self.transparent = False
        self.confirms = False
        self.reads_on_demand = False

    def reset_family(self) -> None:
        """Forget what a restart forgets; files stay."""
        self.ftps.reset()
        self.files.restart()
        self.stack = Stack.NONE
        self.transparent = False
        self.confirms = False
        self.reads_on_demand = False

    def boot_lines(self, state: str) -> Iterator[str]:
        """Give the URCs of a start (public drivers)."""
        yield "START"
        if state == "READY":
            yield "PB DONE"
            yield "+STIN: 25"

    def factory_revision(self) -> str:
        """Give the name of a firmware of the model."""
        return f"{self.model}_V1.5"

    def pdp_lost_line(self, pdp: int) -> str:
        """Give the URC for a network that is gone: of plain TCP, the note has none."""
        return "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"

    def lose_pdp(self, pdp: int | None = None, told: bool = True) -> None:
        """The network takes the packet data connection away, and the stack with it.

        @param pdp: which one; there is one, 1.
        @param told: whether C{+CIPEVENT} is reported.
        """
        if self.stack is Stack.NONE or pdp not in (None, 1):
            return
        self.stack = Stack.NONE
        for socket in self.sockets:
            socket.cut()
            self.sockets.release(socket)
        self.ftps.network_lost()
        if told:
            self.urc(self.pdp_lost_line(1))

    # how it speaks

    def tidy(self, line: bytes) -> bytes:
        """Give a command line as it is read: blanks ahead of C{=} are a quirk."""
        if "lenient_spaces" not in self.quirks:
            return line
        parts = line.split(b'"')
        parts[::2] = [_BLANKS.sub(rb"\1=", part) for part in parts[::2]]
        return b'"'.join(parts)

    def spaced_prompt(self) -> bool:
        """The note's prompts are C{>} without a blank."""
        return False

    def connect_rate(self) -> int:
        """Chapter 4.7: C{CONNECT 115200}."""
        return self.baudrate

    def data_line(self, line: str) -> str:
        """Give the line ahead of data as the quirks have it."""
        return f"{line}," if "data_trailing_comma" in self.quirks else line
