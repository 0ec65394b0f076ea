"""The driver of the LTE modules: EC2x, EG9x, EG2x-G and EM05.

Source: LTE SSL Application Note v1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from ... import errors
from ...at import (
    ATPort,
    Command,
    Response,
    basic_form,
    execute_form,
    parse_info,
    write_form,
)
from ...modemprofile import ModemProfile
from ...profiles import TLSProfile
from ...tables import lte as table
from ...tables.causes import LTE_HANDSHAKE
from ..base import (
    URC,
    AccessMode,
    Booted,
    Closed,
    ContextSettings,
    Firmware,
    Limits,
    Notice,
    Opened,
    PoweredDown,
    Progress,
    Pushed,
    Readable,
    Setting,
)
from ..quectel import BOOTED, DOWN, QuectelFamily
from . import files, pdp, probes, servers
from .contexts import ContextDialogue
from .datagrams import UDPDialect, push_source
from .dialects import TCPDialect, TLSDialect
from .errors import NAME
from .settings import context_settings

#: Chapter 2.2.5: the default of 10 s, where the unit is the millisecond.
_CLOSE_MILLISECONDS: Final = 10_000
_LONGEST_PUSH: Final = 4096
_WEDGED: Final = 552
#: Where keys go, by what the modem file says.
_KEY_DRIVES: Final = {"ram": "RAM", "ufs": "UFS"}

# possessive: whatever a line holds, it is read in one pass
_URC = re.compile(
    rb'\s*+\+Q(?:SSL|I)URC ?: *+(?:"?([a-z]++)"?,)? *+(\d{1,3})(?=\s*+(?:,|$))'
    rb"(?: *+, *+(\d{1,6})(?=\s*+(?:,|$)))?"
)
#: What stands in front of a secret; all that is behind it is not shown.
_BEFORE_SECRETS = (
    re.compile(rb'\+QSSLCFG ?[:=] *+"?+psk\b"?+(?: *+, *+\d++ *+,)?+', re.IGNORECASE),
    re.compile(rb'\+QICSGP ?[:=] *+(?:\d+ *+, *+)++"?[^",]*+"? *+,', re.IGNORECASE),
)


class LTEFamily(QuectelFamily):
    """One module of the LTE family."""

    name: ClassVar[str] = NAME
    tls = TLSDialect()
    tcp = TCPDialect()
    udp = UDPDialect()
    before_secrets = _BEFORE_SECRETS
    time_command = write_form("+QLTS", 2)
    handshake_causes = LTE_HANDSHAKE
    limits = Limits(
        sockets=table.CLIENT_IDS,
        contexts=table.SSL_CONTEXT_IDS,
        send=table.SEND_LENGTHS[-1],
        read=table.READ_LENGTHS[-1],
        modes=frozenset(AccessMode),
        default_mode=AccessMode.PUSH,
        push_can_resume=False,
        line=512,
        guard=1.0,
        datagram=table.SEND_LENGTHS[-1],
        dtls=True,
        listens=True,
        name_time=60.0,
        pings=True,
        ntp_time=125.0,
    )

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(firmware)
        self._contexts = ContextDialogue(firmware, self.limits.line)

    def is_wedge(self, problem: errors.ModemError) -> bool:
        """Whether it is 552, as which a wedged module refuses whatever is right."""
        return problem.code == _WEDGED

    # -- reading

    def read_urc(self, line: bytes, block: bytes) -> URC:
        """Understand a line that no command had asked for (chapter 2.3)."""
        match = _URC.match(line)
        if match is not None:
            id = int(match.group(2))
            what = match.group(1)
            if what == b"closed":
                return Closed(id)
            # the short note's form has no event name: it is a recv
            if what == b"recv" or (what is None and _is_tls(line)):
                if not block:
                    return Readable(id)
                # behind the length there is nothing but where a datagram came from
                more = match.end() < len(line)
                return Pushed(id, block, push_source(line) if more else None)
        if line.startswith((b"+QSSLOPEN", b"+QIOPEN")):
            info = parse_info(line)
            id_, code = info.integer(0), info.integer(1)
            if id_ is not None and code is not None:
                return Opened(id_, code)
        elif line.startswith(b"+QIURC"):
            return servers.read_urc(parse_info(line)) or Notice(line)
        elif line.startswith(b"+QPING"):
            return probes.read_ping(parse_info(line)) or Notice(line)
        elif line.startswith(b"+QNTP"):
            return probes.read_ntp(parse_info(line)) or Notice(line)
        elif line in BOOTED:
            return Booted()
        elif line in DOWN:
            return PoweredDown()
        return Notice(line)

    def block_length(self, line: bytes, pushing: Callable[[int], bool]) -> int:
        """Say how many bytes a push brings: only in push mode do they follow."""
        if not line.startswith((b"+QSSLURC", b"+QIURC")):
            return 0
        match = _URC.match(line)
        if match is None or match.group(3) is None:
            return 0
        if match.group(1) != b"recv" and not (match.group(1) is None and _is_tls(line)):
            return 0
        length = int(match.group(3))
        return length if length <= _LONGEST_PUSH and pushing(int(match.group(2))) else 0

    # -- bring-up

    async def prepare(
        self, port: ATPort, profile: ModemProfile, dtr: bool, urc_ports: Sequence[str]
    ) -> None:
        """Set error numbers, DTR and DCD, flow control and the port of the URCs."""
        await self.prepare_data(port, dtr)
        if profile.rtscts:
            await port.execute(Command(write_form("+IFC", 2, 2)))
        for urc_port in urc_ports:
            command = Command(write_form("+QURCCFG", "urcport", urc_port), ("+QURCCFG",))
            try:
                await port.execute(command)
            except errors.CommandFailed:
                # an older firmware has no "all"; where no other is known it stays as it is
                if profile.urc_port is not None:
                    raise
            else:
                return

    async def prepare_data(self, port: ATPort, dtr: bool) -> None:
        """Set what the escape and the end of a connection are recognised by.

        Chapter 1.3: with &D1, DTR leaves data mode and keeps the connection,
        which the factory's &D2 would end.  &C1: DCD shows the connection.
        S12: guard time of the escape, in 20 ms.
        """
        text = basic_form(f"&C1&D{int(dtr)}S12=50")
        await port.execute(Command(text))

    async def attach(self, port: ATPort, profile: ModemProfile, pdp_id: int) -> str:
        """Activate a PDP context, if it is not."""
        return await pdp.activate(port, profile, pdp_id)

    async def is_attached(self, port: ATPort, pdp_id: int) -> bool:
        """Ask whether a PDP context is active."""
        return await pdp.active_address(port, pdp_id) is not None

    async def detach(self, port: ATPort, pdp_id: int) -> None:
        """Deactivate a PDP context."""
        await pdp.deactivate(port, pdp_id)

    # -- servers and names

    def listen_command(self, id: int, pdp_id: int, port: int) -> Command:
        """Be a TCP server."""
        return servers.listen_command(id, pdp_id, port)

    def listen_error(
        self, code: int | None, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemListenError:
        """Give the exception for a server that could not be started."""
        return servers.listen_error(code, port, command, trace)

    def name_command(self, pdp_id: int, name: str) -> Command:
        """Look a name up."""
        return servers.name_command(pdp_id, name)

    def name_error(
        self, code: int | None, name: str, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for a name that was not resolved."""
        return servers.name_error(code, name, command, trace)

    # -- pings and time servers

    def ping_command(self, pdp_id: int, host: str, timeout: int, count: int) -> Command:
        """Ping a host."""
        return probes.ping_command(pdp_id, host, timeout, count)

    def ntp_command(self, pdp_id: int, server: str, port: int, set_clock: bool) -> Command:
        """Ask a time server."""
        return probes.ntp_command(pdp_id, server, port, set_clock)

    def probe_error(
        self, code: int | None, host: str, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for a ping, or a time server, that did not come to its end."""
        return probes.probe_error(code, host, command, trace)

    # -- files

    def place(self, tag: str, name: str, keys: str) -> str:
        """Say where a certificate or key goes: C{UFS}, but for keys that go to C{RAM}."""
        if keys not in _KEY_DRIVES:
            raise errors.UnsupportedOperation(
                f"keys: the {self.name} modules have no {keys}; they have "
                f"{' and '.join(_KEY_DRIVES)}",
                family=self.name,
            )
        return f"{_KEY_DRIVES[keys] if tag == 'clientkey' else 'UFS'}:{name}"

    async def stored_files(self, port: ATPort, drive: str) -> Mapping[str, int]:
        """Give our files on a drive, C{UFS} or C{RAM}."""
        return await files.list_files(port, drive)

    async def store(
        self, port: ATPort, path: str, data: bytes, progress: Progress | None = None
    ) -> None:
        """Upload a file."""
        await files.upload(port, path, data, progress)

    async def delete_file(self, port: ATPort, path: str) -> None:
        """Delete a file."""
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
        milliseconds = await self._contexts.check_provisioned(port, context)
        return _CLOSE_MILLISECONDS if milliseconds else None

    def close_time(self, settings: ContextSettings) -> int | None:
        """Say what C{<close_timeout>} has to be: its default of 10 is no time in ms."""
        milliseconds = Setting("closetimemode", "closeTimeMode", (1,), False) in settings
        return _CLOSE_MILLISECONDS if milliseconds else None

    # -- the module itself

    def restart_command(self) -> Command:
        """Restart the module (AT Commands Manual, AT+CFUN)."""
        return Command(write_form("+CFUN", 1, 1), timeout=15.0)

    def error_command(self) -> Command:
        """Ask what the last error was (chapter 5)."""
        return Command(execute_form("+QIGETERROR"), ("+QIGETERROR",))

    def read_error(self, response: Response) -> int | None:
        """Read it."""
        line = response.first("+QIGETERROR")
        return None if line is None else line.integer(0)


def _is_tls(line: bytes) -> bool:
    return line.lstrip().startswith(b"+QSSL")
