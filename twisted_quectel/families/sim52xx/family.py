"""The driver of the SIM52xx modules.

Source: SIM52xx SSL Application Note v0.01; what it leaves to the AT manual as hosts know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import ClassVar, Final

from ... import errors
from ...at import ATPort, Command, Response, basic_form, execute_form, write_form
from ...modemprofile import ModemProfile
from ...profiles import TLSProfile
from ...tables import sim52xx as table
from ..base import (
    URC,
    AccessMode,
    ContextSettings,
    Dialect,
    Family,
    Firmware,
    Limits,
    Progress,
    SocketStatus,
)
from . import pdp, urcs
from .dialects import TCPDialect, TLSDialect
from .errors import NAME
from .ftps import SIMFTPS
from .https import HTTPSDialect
from .pdp import PROMPTLY
from .settings import refuse

#: Seconds for a stack of an earlier host to be released.  One that takes longer is asked again at
#: the next try, so that a module that went silent in between is noticed.
_STOP_STRANGERS: Final = 20.0
#: What stands in front of a secret; all that is behind it is not shown.
_BEFORE_SECRETS: Final = (
    re.compile(rb"\+CPIN ?=", re.IGNORECASE),
    re.compile(rb"\+C(?:SOCK|G)AUTH ?[:=] *+\d+ *+, *+\d+ *+,", re.IGNORECASE),
    re.compile(rb'\+CFTPS?LOGIN ?= *+"[^"]*+" *+, *+\d+ *+,', re.IGNORECASE),
)


class SIM52xxFamily(Family):
    """One module of the SIM52xx family."""

    name: ClassVar[str] = NAME
    own_trust = True
    boot_word = urcs.BOOT_WORD
    limits = Limits(
        sockets=range(urcs.HTTPS_PLACE + 1),
        contexts=range(0),
        send=table.SEND_LENGTHS[-1],
        read=table.LINK_READ_LENGTHS[-1],
        modes=frozenset({AccessMode.BUFFER, AccessMode.PUSH, AccessMode.TRANSPARENT}),
        default_mode=AccessMode.PUSH,
        push_can_resume=False,
        line=0,
        guard=1.0,
        tells_why=False,
        bare_is_empty=True,
    )

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(firmware)
        # "Host mismatch" is one of its alerts (chapter 5.2)
        firmware.checks_host = True
        self.tls = TLSDialect()
        self.tcp = TCPDialect()
        self.ftps = SIMFTPS(firmware)
        self.https = HTTPSDialect(firmware)

    # -- reading

    def read_urc(self, line: bytes, block: bytes) -> URC:
        """Understand a line that no command had asked for (chapter 5)."""
        return urcs.read_urc(line, block)

    def block_length(self, line: bytes, pushing: Callable[[int], bool]) -> int:
        """Say how many counted bytes follow a line."""
        return urcs.block_length(line)

    def redact(self, line: bytes) -> bytes:
        """Replace PINs and passwords."""
        for before in _BEFORE_SECRETS:
            found = before.search(line)
            if found is not None:
                line = line[: found.end()] + b"***"
        return line

    # -- bring-up

    async def prepare(
        self, port: ATPort, profile: ModemProfile, dtr: bool, urc_ports: Sequence[str]
    ) -> None:
        """Have sends confirmed, and links read; URCs go to the port that has opened."""
        await self.prepare_data(port, dtr)
        if profile.rtscts:
            await port.execute(Command(write_form("+IFC", 2, 2)))
        await port.execute(Command(write_form("+CSSLSET", 1), timeout=PROMPTLY))
        # a firmware without plain TCP has it refused when it is used
        with suppress(errors.CommandFailed):
            await port.execute(Command(write_form("+CIPRXGET", 1), timeout=PROMPTLY))

    async def prepare_data(self, port: ATPort, dtr: bool) -> None:
        """Set what the escape and the end of a connection are recognised by (chapter 4.7).

        C{&D1}: DTR leaves data mode and keeps the connection.  C{&C1}: DCD shows it.
        """
        await port.execute(Command(basic_form(f"&C1&D{int(dtr)}")))

    async def pin_tries(self, port: ATPort) -> int | None:
        """Ask how many tries the SIM's PIN has left (C{AT+SPIC})."""
        command = Command(execute_form("+SPIC"), ("+SPIC",), timeout=PROMPTLY)
        try:
            line = (await port.execute(command)).first("+SPIC")
        except errors.CommandFailed:
            return None
        return None if line is None else line.integer(0)

    async def network_time(self, port: ATPort) -> str | None:
        """The module cannot tell: what the network says goes into its clock."""
        return None

    async def attach(self, port: ATPort, profile: ModemProfile, pdp_id: int) -> str:
        """Say which packet data connection sockets use; it comes up with a stack."""
        return await pdp.attach(port, profile, pdp_id)

    async def is_attached(self, port: ATPort, pdp_id: int) -> bool:
        """Ask whether the module is attached to the packet domain."""
        return await pdp.is_attached(port)

    async def detach(self, port: ATPort, pdp_id: int) -> None:
        """The connection goes with the stack."""

    async def list_sockets(self, port: ATPort) -> list[tuple[Dialect, SocketStatus]]:
        """Release what an earlier host has acquired, with all that is open on it."""
        for name in ("+CSSLSTOP", "+NETCLOSE", "+CHTTPSSTOP", "+CFTPSSTOP"):
            # refused, where it is not acquired
            with suppress(errors.CommandFailed):
                await port.execute(
                    Command(execute_form(name), ("+IP ERROR",), timeout=_STOP_STRANGERS)
                )
        return []

    # -- certificates and contexts: there are none

    def place(self, tag: str, name: str, keys: str) -> str:
        """There is no command for certificates.

        @raise UnsupportedOperation: always.
        """
        raise errors.UnsupportedOperation(
            f"{tag}: the {NAME} modules have no command for certificates", family=NAME
        )

    async def stored_files(self, port: ATPort, drive: str) -> Mapping[str, int]:
        """There are none of ours."""
        return {}

    async def store(
        self, port: ATPort, path: str, data: bytes, progress: Progress | None = None
    ) -> None:
        """There is no command for certificates."""
        self.place(path, path, "")

    async def delete_file(self, port: ATPort, path: str) -> None:
        """There are none of ours."""

    def context_settings(
        self, profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
    ) -> ContextSettings:
        """Refuse what cannot be had; there is nothing to set."""
        refuse(profile)
        return ()

    async def configure(self, port: ATPort, context: int, settings: ContextSettings) -> None:
        """There is nothing to set."""

    async def configured(self, port: ATPort, context: int, settings: ContextSettings) -> bool:
        """There is nothing to set."""
        return True

    async def check_provisioned(self, port: ATPort, context: int) -> int | None:
        """There is nothing to check."""
        return None

    def close_time(self, settings: ContextSettings) -> int | None:
        """A close has no time-out."""
        return None

    # -- the module itself

    def restart_command(self) -> Command:
        """Restart the module."""
        return Command(execute_form("+CRESET"), timeout=15.0)

    def error_command(self) -> Command | None:
        """The module has no command for that."""
        return None

    def read_error(self, response: Response) -> int | None:
        """There is none."""
        return None
