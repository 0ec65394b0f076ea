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
    Body,
    Command,
    Outcome,
    Response,
    basic_form,
    execute_form,
    parse_info,
    write_form,
)
from ...at.results import SEND_OK
from ...modemprofile import ModemProfile
from ...profiles import TLSProfile
from ...tables import lte as table
from ..base import (
    URC,
    AccessMode,
    Booted,
    Closed,
    ContextSettings,
    Delivery,
    Family,
    Firmware,
    Limits,
    Notice,
    Opened,
    PDPLost,
    PoweredDown,
    Progress,
    Pushed,
    Readable,
    Setting,
    SocketStatus,
)
from . import files, pdp
from .contexts import ContextDialogue
from .errors import NAME, open_error
from .settings import context_settings

_MODES: Final = {AccessMode.BUFFER: 0, AccessMode.PUSH: 1, AccessMode.TRANSPARENT: 2}
#: Seconds that the host waits for what the document answers within 300 ms: a
#: line of 9600 baud needs 1.6 s for a block alone.
_PROMPTLY: Final = 10.0
#: Chapter 2.2.2: what an open may take beside the handshake.
_NETWORK_TIME: Final = 150.0
#: Chapter 2.2.5: the default of 10 s, where the unit is the millisecond.
_CLOSE_MILLISECONDS: Final = 10_000
_LONGEST_PUSH: Final = 4096

# possessive: whatever a line holds, it is read in one pass
_URC = re.compile(
    rb'\s*+\+QSSLURC ?: *+(?:"?([a-z]++)"?,)? *+(\d{1,3})(?=\s*+(?:,|$))'
    rb"(?: *+, *+(\d{1,6})(?=\s*+(?:,|$)))?"
)
_READ = re.compile(rb"\s*\+QSSLRE?CV ?: *(\d{1,5})\s*$", re.IGNORECASE)
_SECRET_LINES = (
    (re.compile(rb'(\+QSSLCFG ?[:=] *"?psk"?(?: *, *\d+ *,|\b)).*', re.IGNORECASE), rb"\1***"),
    (
        re.compile(rb'(\+QICSGP ?[:=] *+(?:\d+ *+, *+)++"?[^",]*+"? *+,).*', re.IGNORECASE),
        rb"\1***",
    ),
    (re.compile(rb"(\+CPIN ?=).*", re.IGNORECASE), rb"\1***"),
)
_BOOTED: Final = frozenset({b"RDY", b"APP RDY"})
_DOWN: Final = frozenset({b"POWERED DOWN", b"NORMAL POWER DOWN"})


class LTEFamily(Family):
    """One module of the LTE family."""

    name: ClassVar[str] = NAME
    wedged_code: ClassVar[int | None] = 552
    limits = Limits(
        sockets=table.CLIENT_IDS,
        contexts=table.SSL_CONTEXT_IDS,
        send=table.SEND_LENGTHS[-1],
        read=table.READ_LENGTHS[-1],
        modes=frozenset(AccessMode),
        default_mode=AccessMode.PUSH,
        host_closes=True,
        push_can_resume=False,
        line=512,
        guard=1.0,
    )

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(firmware)
        self._contexts = ContextDialogue(firmware, self.limits.line)

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
            if what in (b"recv", None):
                return Pushed(id, block) if block else Readable(id)
            return Notice(line)
        if line.startswith(b"+QSSLOPEN"):
            info = parse_info(line)
            id_, code = info.integer(0), info.integer(1)
            if id_ is not None and code is not None:
                return Opened(id_, code)
        elif line.startswith(b"+QIURC"):
            info = parse_info(line)
            if info.string(0) == "pdpdeact":
                pdp = info.integer(1)
                if pdp is not None or not info.string(1):
                    return PDPLost(pdp)
        elif line in _BOOTED:
            return Booted()
        elif line in _DOWN:
            return PoweredDown()
        return Notice(line)

    def block_length(self, line: bytes, pushing: Callable[[int], bool]) -> int:
        """Say how many bytes a push brings: only in push mode do they follow."""
        if not line.startswith(b"+QSSLURC"):
            return 0
        match = _URC.match(line)
        if match is None or match.group(3) is None or match.group(1) not in (b"recv", None):
            return 0
        length = int(match.group(3))
        return length if length <= _LONGEST_PUSH and pushing(int(match.group(2))) else 0

    def redact(self, line: bytes) -> bytes:
        """Replace the keys and passwords that queries read back."""
        for pattern, replacement in _SECRET_LINES:
            line = pattern.sub(replacement, line)
        return line

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

    async def pin_tries(self, port: ATPort) -> int | None:
        """Ask how many tries the SIM's PIN has left (AT Commands Manual, AT+QPINC)."""
        try:
            response = await port.execute(
                Command(write_form("+QPINC", "SC"), ("+QPINC",), timeout=_PROMPTLY)
            )
        except errors.CommandFailed:
            return None
        line = response.first("+QPINC")
        return None if line is None else line.integer(1)

    async def network_time(self, port: ATPort) -> str | None:
        """Ask for the network's time (AT Commands Manual, AT+QLTS)."""
        try:
            response = await port.execute(
                Command(write_form("+QLTS", 2), ("+QLTS",), timeout=_PROMPTLY)
            )
        except errors.CommandFailed:
            return None
        line = response.first("+QLTS")
        return None if line is None else line.string(0)

    async def attach(self, port: ATPort, profile: ModemProfile, pdp_id: int) -> str:
        """Activate a PDP context, if it is not."""
        return await pdp.activate(port, profile, pdp_id)

    async def is_attached(self, port: ATPort, pdp_id: int) -> bool:
        """Ask whether a PDP context is active."""
        return await pdp.active_address(port, pdp_id) is not None

    async def detach(self, port: ATPort, pdp_id: int) -> None:
        """Deactivate a PDP context."""
        await pdp.deactivate(port, pdp_id)

    async def list_sockets(self, port: ATPort) -> list[SocketStatus]:
        """Take stock of the TLS connections (chapter 2.2.6)."""
        response = await port.execute(
            Command(execute_form("+QSSLSTATE"), ("+QSSLSTATE",), timeout=_PROMPTLY)
        )
        found = (self._status(line) for line in response.lines)
        return [status for status in found if status is not None]

    # -- files

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

    # -- connections

    def open_command(
        self,
        id: int,
        pdp: int,
        context: int,
        host: str,
        port: int,
        mode: AccessMode,
        timeout: float,
    ) -> Command:
        """Open a connection (chapter 2.2.2)."""
        transparent = mode is AccessMode.TRANSPARENT
        return Command(
            write_form(
                "+QSSLOPEN",
                pdp,
                context,
                id,
                host,
                port,
                _MODES[mode],
                arguments=("pdp", "ctx", "id", "host", "port", "mode"),
            ),
            # in transparent mode the answer comes when the handshake is over
            timeout=_NETWORK_TIME + timeout if transparent else _PROMPTLY,
            data_mode=transparent,
        )

    def send_command(self, id: int, data: bytes) -> Command:
        """Send a counted block (chapter 2.2.3)."""
        return Command(
            write_form("+QSSLSEND", id, len(data)),
            timeout=_PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
            linger=0.3,
        )

    def delivery(self, response: Response) -> Delivery:
        """Say what became of a block."""
        outcome = response.result.outcome
        if response.result is SEND_OK:
            return Delivery.TAKEN
        if outcome is Outcome.SEND_FAIL:
            return Delivery.REFUSED
        return Delivery.UNKNOWN if response.body_sent else Delivery.NOT_SENT

    def read_command(self, id: int, length: int) -> Command:
        """Read a block (chapter 2.2.4)."""
        return Command(
            write_form("+QSSLRECV", id, length),
            ("+QSSLRECV", "+QSSLRCV"),
            timeout=_PROMPTLY,
            block=_read_length,
        )

    def read_data(self, response: Response) -> bytes | None:
        """Give what was read."""
        return response.block if response.result.good else None

    def announced(self, response: Response) -> int:
        """Say how many bytes the answer to a read has announced."""
        return max(map(_read_length, response.lines), default=0)

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close a connection (chapter 2.2.5); at once to abort it."""
        if abort:
            return Command(write_form("+QSSLCLOSE", id, 0), timeout=_PROMPTLY)
        values = (id,) if close_time is None else (id, close_time)
        return Command(write_form("+QSSLCLOSE", *values), timeout=_PROMPTLY + 10)

    def switch_command(self, id: int, mode: AccessMode) -> Command:
        """Change the access mode (chapter 1.3)."""
        return Command(
            write_form("+QISWTMD", id, _MODES[mode]),
            timeout=_PROMPTLY,
            data_mode=mode is AccessMode.TRANSPARENT,
        )

    def state_command(self, id: int) -> Command:
        """Ask for the state of a connection (chapter 2.2.6)."""
        return Command(write_form("+QSSLSTATE", id), ("+QSSLSTATE",), timeout=_PROMPTLY)

    def read_state(self, response: Response) -> SocketStatus | None:
        """Read it."""
        for line in response.lines:
            status = self._status(line)
            if status is not None:
                return status
        return None

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

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return open_error(code, host, port, command, trace)

    def _status(self, line: bytes) -> SocketStatus | None:
        info = parse_info(line)
        id = info.integer(0)
        if id is None:
            return None
        # 3 is no state of the document and shows for sockets that work: only 4 means gone
        return SocketStatus(id, info.integer(5) == 4, info.integer(10))


def _read_length(line: bytes) -> int:
    match = _READ.match(line)
    return int(match.group(1)) if match else 0
