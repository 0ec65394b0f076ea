"""The driver of the NB-IoT modules: BC660K-GL.

Source: BC660K-GL SSL Application Note v1.0; what it leaves to the AT manual as hosts know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from ... import errors
from ...at import (
    ATPort,
    Command,
    CommandText,
    Inline,
    Response,
    parse_info,
    read_form,
    write_form,
)
from ...modemprofile import ModemProfile
from ...profiles import TLSProfile
from ...tables import nbiot as table
from ..base import (
    URC,
    AccessMode,
    Booted,
    Closed,
    ContextSettings,
    Dialect,
    Firmware,
    Garbled,
    Limits,
    Notice,
    Opened,
    PoweredDown,
    Progress,
    Pushed,
    SocketStatus,
)
from ..internet import read_urc as read_internet_urc
from ..quectel import BOOTED, DOWN, QuectelFamily
from . import contexts, formats, pdn
from .dialects import PROMPTLY, TLS_PLACE, Formats, TCPDialect, TLSDialect, UDPDialect
from .errors import NAME
from .settings import context_settings

#: Seconds of silence behind which a module that may sleep is woken first: it does after 10 s, or
#: what AT+QCFG="slplocktimes" says.
_DROWSY: Final = 0.5
_DEEP: Final = b'"ENTER DEEPSLEEP"'
#: What stands in front of a secret; all that is behind it is not shown.
_BEFORE_SECRETS: Final = (
    re.compile(rb'\+QCGDEFCONT ?[:=] *+"?[^",]*+"? *+, *+"?[^",]*+"? *+,', re.IGNORECASE),
)


class NBIoTFamily(QuectelFamily):
    """One module of the NB-IoT family."""

    name: ClassVar[str] = NAME
    has_inline = True
    before_secrets = _BEFORE_SECRETS
    limits = Limits(
        sockets=range(TLS_PLACE + 1),
        contexts=table.SUPPORTED_CONTEXT_IDS,
        send=table.SEND_LENGTHS[-1],
        read=table.RECV_LENGTHS[-1],
        modes=frozenset({AccessMode.PUSH}),
        default_mode=AccessMode.PUSH,
        push_can_resume=False,
        line=0,
        guard=None,
        datagram=table.PLAIN_SEND_LENGTHS[-1],
        dtls=True,
        name_time=60.0,
        pdps=range(1, 2),
        rsa_only=True,
        sleeps=True,
        host=table.HOST_MAX_LENGTH,
    )

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(firmware)
        # no firmware of this family compares names
        firmware.checks_host = False
        self._secure, self._plain = Formats(), Formats()
        self.tls = TLSDialect(self._secure)
        self._services: set[int] = set()
        self.tcp = TCPDialect(self._plain, self._services)
        self.udp: UDPDialect = UDPDialect(self._plain, self._services)
        self._contexts = contexts.ContextDialogue(firmware)
        self._slept = 0  # AT+QSCLK before this host

    # -- reading

    def read_urc(self, line: bytes, block: bytes) -> URC:
        """Understand a line that no command had asked for (chapter 2.4)."""
        head = formats.read_head(line, self._services)
        if head is not None:
            return self._pushed(line, block, head)
        info = parse_info(line)
        first = info.string(0)
        if info.prefix == "+QSSLURC" and first == "closed":
            ours = info.integer(1) == 0 and info.integer(2) in table.SUPPORTED_CONNECT_IDS
            return Closed(TLS_PLACE) if ours else Notice(line)
        if info.prefix == "+QIURC":
            id = info.integer(1)
            if first == "closed" and id is not None and id in table.PLAIN_CONNECT_IDS:
                return Closed(id)
            return read_internet_urc(info) or Notice(line)
        opened = self._opened(info.prefix, info.integer(0), info.integer(1), info.integer(2))
        if opened is not None:
            return opened
        text = line.strip()
        if text in BOOTED:
            return Booted()
        if text in DOWN or (info.prefix == "+QNBIOTEVENT" and _DEEP in text):
            return PoweredDown()
        return Notice(line)

    def _pushed(self, line: bytes, block: bytes, head: formats.Head) -> URC:
        """Understand a line that brings data; its ids may be those of no connection."""
        if head.connection is None or formats.is_empty(line, head):
            return Notice(line)
        place = TLS_PLACE if head.secure else head.connection
        received = (self._secure if head.secure else self._plain).receive
        # as a block where the data is text; a line of digits has it in itself
        digits = formats.read_hex(line, head) if received == table.HEX else None
        data = block or digits
        return Pushed(place, data, head.source) if data else Garbled(place)

    @staticmethod
    def _opened(
        prefix: str, first: int | None, second: int | None, third: int | None
    ) -> Opened | None:
        if prefix == "+QSSLOPEN" and second is not None and third is not None:
            return Opened(TLS_PLACE + second, third)
        # what is the TLS connection's place here is no id of the module's
        plain = prefix == "+QIOPEN" and first != TLS_PLACE
        if plain and first is not None and second is not None:
            return Opened(first, second)
        return None

    def block_length(self, line: bytes, pushing: Callable[[int], bool]) -> int:
        """No counted bytes stand behind a line: they stand in it."""
        return 0

    def read_inline(self, start: bytes) -> Inline | None:
        """Say which counted bytes a line brings: where data comes as text."""
        found = formats.read_inline(start, self._services)
        if found is None:
            return None
        received = self._plain if start.startswith(b"+QI") else self._secure
        return found if received.receive == table.TEXT else None

    # -- bring-up

    async def prepare(
        self, port: ATPort, profile: ModemProfile, dtr: bool, urc_ports: Sequence[str]
    ) -> None:
        """Have the module awake (chapter 3.1), and set the data formats."""
        command = Command(read_form("+QSCLK"), ("+QSCLK",), timeout=PROMPTLY)
        try:
            line = (await port.execute(command)).first("+QSCLK")
        except errors.CommandFailed:
            line = None
        mode = None if line is None else line.integer(0)
        if mode or (profile.idle_sleep and not self._slept):
            self._slept = mode or table.DEFAULT_SLEEP_MODE
        await self.stay_awake(port)
        if profile.rtscts:
            await port.execute(Command(write_form("+IFC", 2, 2)))
        send, receive = formats.FORMATS[profile.data_format]
        self._secure.send, self._secure.receive = send, receive
        await port.execute(
            Command(write_form("+QICFG", "dataformat", send, receive), timeout=PROMPTLY)
        )
        self._plain.send, self._plain.receive = send, receive

    async def prepare_data(self, port: ATPort, dtr: bool) -> None:
        """There is no data mode."""

    def farewell(self) -> Sequence[CommandText]:
        """Restore the sleep that was there before."""
        return (write_form("+QSCLK", self._slept),) if self._slept else ()

    async def sleep(self, port: ATPort) -> None:
        """Have the module sleep when it is not used (C{AT+QSCLK})."""
        await port.execute(
            Command(write_form("+QSCLK", self._slept or table.DEFAULT_SLEEP_MODE), timeout=PROMPTLY)
        )
        port.drowsy = _DROWSY

    async def stay_awake(self, port: ATPort) -> None:
        """Have the module sleep no more."""
        await port.execute(Command(write_form("+QSCLK", 0), timeout=PROMPTLY))
        port.drowsy = None

    async def attach(self, port: ATPort, profile: ModemProfile, pdp_id: int) -> str:
        """Have the packet data connection up."""
        return await pdn.attach(port, profile)

    async def is_attached(self, port: ATPort, pdp_id: int) -> bool:
        """Ask whether it is up."""
        return await pdn.is_active(port)

    async def detach(self, port: ATPort, pdp_id: int) -> None:
        """Take it down."""
        await pdn.detach(port)

    async def list_sockets(self, port: ATPort) -> list[tuple[Dialect, SocketStatus]]:
        """Take stock of the module's connections; whether there is one of TLS, nothing tells."""
        found: list[tuple[Dialect, SocketStatus]] = [(self.tls, SocketStatus(TLS_PLACE, False))]
        try:
            response = await port.execute(self.udp.list_command())
        except errors.CommandFailed:
            return found
        states = self.udp.read_states(response)
        return found + [(self.udp, status) for status in states]

    # -- names

    def name_command(self, pdp_id: int, name: str) -> Command:
        """Look a name up (C{AT+QIDNSGIP})."""
        return Command(
            write_form("+QIDNSGIP", 0, name, arguments=("ctx", "host")), timeout=PROMPTLY
        )

    # -- certificates

    def place(self, tag: str, name: str, keys: str) -> str:
        """Say where a certificate or key goes: the context has one of each."""
        return contexts.place(tag)

    async def stored_files(self, port: ATPort, drive: str) -> Mapping[str, int]:
        """There are no files; a length, which is all that is told, proves nothing."""
        return {}

    async def store(
        self, port: ATPort, path: str, data: bytes, progress: Progress | None = None
    ) -> None:
        """Type a certificate or key in (chapter 2.3.1)."""
        await contexts.store(port, path, data, progress)

    async def delete_file(self, port: ATPort, path: str) -> None:
        """Nothing can be deleted; the next one takes its place."""

    # -- the SSL context

    def context_settings(
        self, profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
    ) -> ContextSettings:
        """Say what a profile means (chapter 2.3.1)."""
        return context_settings(profile, timeout, paths, self._secure)

    async def configure(self, port: ATPort, context: int, settings: ContextSettings) -> None:
        """Set the context and read it back."""
        await self._contexts.configure(port, settings)
        self._note_timeout(settings)

    async def configured(self, port: ATPort, context: int, settings: ContextSettings) -> bool:
        """Say whether the context is set like this."""
        as_wanted = not await self._contexts.different(port, settings)
        if as_wanted:
            self._note_timeout(settings)
        return as_wanted

    def _note_timeout(self, settings: ContextSettings) -> None:
        """Remember how long a send may take (chapter 2.3.3)."""
        for each in settings:
            if each.tag == "timeout":
                (seconds,) = each.values
                assert isinstance(seconds, int)
                self._secure.timeout = seconds

    async def check_provisioned(self, port: ATPort, context: int) -> int | None:
        """Refuse a context that does not verify the server."""
        await self._contexts.check_provisioned(port, self._secure)
        return None

    def close_time(self, settings: ContextSettings) -> int | None:
        """A close has no time-out."""
        return None

    # -- the module itself

    def restart_command(self) -> Command:
        """Restart the module (AT Commands Manual)."""
        return Command(write_form("+QRST", 1), timeout=15.0)

    def error_command(self) -> Command | None:
        """The codes stand in the answers."""
        return None

    def read_error(self, response: Response) -> int | None:
        """There is none."""
        return None
