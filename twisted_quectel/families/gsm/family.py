"""The driver of the GSM modules: M10, M66, M85 and M95.

Source: SSL application note for them; what it leaves to the AT manuals as hosts know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from ... import errors
from ...at import ATPort, Command, Response, basic_form, write_form
from ...modemprofile import ModemProfile
from ...profiles import TLSProfile
from ...tables import gsm as table
from ...tables.causes import GSM_HANDSHAKE
from ..base import (
    URC,
    AccessMode,
    Booted,
    Closed,
    ContextSettings,
    Dialect,
    Firmware,
    Limits,
    Notice,
    Opened,
    PDPLost,
    PoweredDown,
    Progress,
    Pushed,
    Readable,
    SocketStatus,
)
from ..quectel import BOOTED, QuectelFamily
from . import files, pdp
from .contexts import ContextDialogue, files_of
from .dialects import PROMPTLY, Foreground, TCPDialect, TLSDialect, read_opened
from .errors import NAME
from .settings import DATES_COUNT, context_settings

# possessive: whatever a line holds, it is read in one pass
_RECV: Final = re.compile(
    rb'\s*+\+QSSLURC ?: *+"recv" *+, *+\d{1,3} *+, *+(\d{1,3})(?=\s*+(?:,|$))'
)
_CLOSED: Final = re.compile(rb'\s*+\+QSSLURC ?: *+"closed" *+, *+(\d{1,3})\s*+$')
_RECV_PLAIN: Final = re.compile(
    rb"\s*+\+QIRDI ?: *+\d{1,3} *+, *+\d{1,3} *+, *+(\d{1,3})(?=\s*+(?:,|$))"
)
_CLOSED_PLAIN: Final = re.compile(rb"\s*+(\d{1,3}) *+, *+CLOSED\s*+$")
_PUSH: Final = re.compile(rb"\s*+\+RECEIVE ?: *+(\d{1,3}) *+, *+(\d{1,4})\s*+$")
#: What stands in front of a secret; all that is behind it is not shown.
_BEFORE_SECRETS: Final = (
    re.compile(rb'\+QICSGP ?[:=] *+\d+ *+, *+"?[^",]*+"? *+,', re.IGNORECASE),
    re.compile(rb'\+QIREGAPP ?[:=] *+"?[^",]*+"? *+,', re.IGNORECASE),
)
_DOWN: Final = re.compile(rb"NORMAL POWER DOWN|POWERED DOWN|(?:UNDER|OVER)[-_]VOLTAGE POWER DOWN")


class GSMFamily(QuectelFamily):
    """One module of the GSM family."""

    name: ClassVar[str] = NAME
    handshake_causes = GSM_HANDSHAKE
    strange_settings = (DATES_COUNT,)
    before_secrets = _BEFORE_SECRETS
    limits = Limits(
        sockets=table.SOCKET_IDS,
        contexts=table.SSL_CONTEXT_IDS,
        send=table.SEND_LENGTHS[-1],
        read=table.READ_LENGTHS[-1],
        modes=frozenset({AccessMode.BUFFER, AccessMode.TRANSPARENT}),
        default_mode=AccessMode.BUFFER,
        push_can_resume=False,
        line=0,
        guard=1.0,
        tells_why=False,
        knows_network=True,
        name_time=pdp.NAME_TIMEOUT,
        bare_is_empty=True,
        rsa_only=True,
        pdps=range(1, len(table.CONTEXT_IDS) + 1),
    )

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(firmware)
        # no firmware of this family compares names
        firmware.checks_host = False
        self._foreground = Foreground()
        self.tls = TLSDialect(self._foreground)
        self.tcp = TCPDialect(self._foreground)
        self._contexts = ContextDialogue(firmware)

    def is_wedge(self, problem: errors.ModemError) -> bool:
        """Whether an open was refused as if it were wrong: an C{ERROR} where C{OK} is due."""
        return isinstance(problem, errors.ModemParameterError) and "OPEN=" in (
            problem.command or ""
        )

    # -- reading

    def read_urc(self, line: bytes, block: bytes) -> URC:
        """Understand a line that no command had asked for (chapters 2.2.10 and 3.3)."""
        for form in (_RECV, _RECV_PLAIN):
            if (match := form.match(line)) is not None:
                return Readable(int(match.group(1)))
        for form in (_CLOSED, _CLOSED_PLAIN):
            if (match := form.match(line)) is not None:
                return Closed(int(match.group(1)))
        if (opened := read_opened(line)) is not None:
            return Opened(*opened)
        if block and (match := _PUSH.match(line)) is not None:
            return Pushed(int(match.group(1)), block)
        text = line.strip()
        if text == b"+PDP DEACT":
            return PDPLost(None)
        if text in BOOTED:
            return Booted()
        if _DOWN.fullmatch(text):
            return PoweredDown()
        return Notice(line)

    def block_length(self, line: bytes, pushing: Callable[[int], bool]) -> int:
        """Say how many bytes a push brings, which some host before us may have asked for."""
        match = _PUSH.match(line)
        length = 0 if match is None else int(match.group(2))
        return length if length <= table.READ_LENGTHS[-1] else 0

    # -- bring-up

    async def prepare(
        self, port: ATPort, profile: ModemProfile, dtr: bool, urc_ports: Sequence[str]
    ) -> None:
        """Set error numbers, DTR and DCD, flow control, and how connections are told about.

        Several at a time (chapter 1.2), data told about rather than pushed (3.3), names in
        opens.  URCs go to every port.
        """
        await self.prepare_data(port, dtr)
        if profile.rtscts:
            await port.execute(Command(write_form("+IFC", 2, 2)))
        await self._choose(port, 0)
        several = Command(write_form("+QIMUX", 1), timeout=PROMPTLY)
        try:
            await port.execute(several)
        except errors.CommandFailed:
            # a connection of an earlier host, alone on the module, stands against it
            await pdp.deactivate(port)
            await port.execute(several)
        for name in ("+QINDI", "+QIDNSIP"):
            await port.execute(Command(write_form(name, 1), timeout=PROMPTLY))

    async def _choose(self, port: ATPort, context: int) -> None:
        """Have a context in the foreground (C{AT+QIFGCNT})."""
        await port.execute(Command(write_form("+QIFGCNT", context), timeout=PROMPTLY))
        self._foreground.id = context

    async def prepare_data(self, port: ATPort, dtr: bool) -> None:
        """Set what the escape and the end of a connection are recognised by.

        C{&D1}: DTR leaves data mode and keeps the connection.  C{&C1}: DCD shows it.
        """
        await port.execute(Command(basic_form(f"&C1&D{int(dtr)}")))

    async def attach(self, port: ATPort, profile: ModemProfile, pdp_id: int) -> str:
        """Activate a PDP context, if it is not.

        One at a time: number C{n} is the context C{n - 1} of C{AT+QIFGCNT}, which reads and
        opens go by.
        """
        context = pdp_id - self.limits.pdps[0]
        if context != self._foreground.id:
            if await pdp.is_active(port):
                raise errors.UnsupportedOperation(
                    f"pdp: the {self.name} modules use one PDP context at a time, and number "
                    f"{self._foreground.id + 1} is active; give one number for all connections, by "
                    "pdp of the modem",
                    family=self.name,
                )
            await self._choose(port, context)
        return await pdp.activate(port, profile, pdp_id)

    async def is_attached(self, port: ATPort, pdp_id: int) -> bool:
        """Ask whether a PDP context is active."""
        return pdp_id - 1 == self._foreground.id and await pdp.is_active(port)

    async def detach(self, port: ATPort, pdp_id: int) -> None:
        """Deactivate a PDP context."""
        if pdp_id - 1 == self._foreground.id:
            await pdp.deactivate(port)

    async def list_sockets(self, port: ATPort) -> list[tuple[Dialect, SocketStatus]]:
        """Take stock of the module's connections: one command tells of both kinds."""
        response = await port.execute(self.tls.list_command())
        kinds: tuple[Dialect, ...] = self.dialects
        return [(dialect, status) for dialect in kinds for status in dialect.read_states(response)]

    # -- names

    def name_command(self, pdp_id: int, name: str) -> Command:
        """Look a name up in the context in the foreground."""
        return pdp.name_command(name)

    async def look_up(self, port: ATPort, pdp_id: int, name: str) -> Sequence[str]:
        """Look a name up; nothing else is asked of the module until it has answered."""
        return await pdp.look_up(port, name)

    # -- files

    def place(self, tag: str, name: str, keys: str) -> str:
        """Say where a certificate or key goes (chapter 2.2.1, note 1)."""
        return files.place(tag, name, keys)

    def places(self, tag: str, name: str, keys: str) -> Sequence[str]:
        """Say where it may go: there are two places for a CA in C{NVRAM:}."""
        return files.places(tag, name, keys)

    async def files_of(self, port: ATPort, context: int) -> Sequence[str]:
        """Ask for the files that an SSL context names (chapter 2.2.1)."""
        return await files_of(port, context)

    async def stored_files(self, port: ATPort, drive: str) -> Mapping[str, int]:
        """The module lists no files."""
        return {}

    async def is_stored(self, port: ATPort, path: str, data: bytes) -> bool:
        """Ask whether a file is there with this content, by its checksum (chapter 2.2.8)."""
        return await files.is_stored(port, path, data)

    async def store(
        self, port: ATPort, path: str, data: bytes, progress: Progress | None = None
    ) -> None:
        """Upload a file (chapter 2.2.7)."""
        await files.upload(port, path, data, progress)

    async def delete_file(self, port: ATPort, path: str) -> None:
        """Delete a file (chapter 2.2.9)."""
        await files.delete(port, path)

    # -- SSL contexts

    def context_settings(
        self, profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
    ) -> ContextSettings:
        """Say what a profile means (chapter 2.2.1)."""
        return context_settings(profile, literal, timeout, paths)

    async def configure(self, port: ATPort, context: int, settings: ContextSettings) -> None:
        """Set a context and read it back."""
        await self._contexts.configure(port, context, settings)

    async def configured(self, port: ATPort, context: int, settings: ContextSettings) -> bool:
        """Say whether a context is set like this."""
        return await self._contexts.configured(port, context, settings)

    async def check_provisioned(self, port: ATPort, context: int) -> int | None:
        """Refuse a context that does not verify the server."""
        await self._contexts.check_provisioned(port, context)
        return None

    def close_time(self, settings: ContextSettings) -> int | None:
        """A close has no time-out."""
        return None

    # -- the module itself

    def restart_command(self) -> Command:
        """Restart the module (27.007 chapter 8.2)."""
        return Command(write_form("+CFUN", 1, 1), timeout=15.0)

    def error_command(self) -> Command | None:
        """The module has no command for that."""
        return None

    def read_error(self, response: Response) -> int | None:
        """There is none."""
        return None
