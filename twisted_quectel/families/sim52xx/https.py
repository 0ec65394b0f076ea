"""The HTTPS stack of SIM52xx modules: TLS that verifies nobody.

SIM52xx SSL Application Note v0.01, chapters 2, 5.1 and 6.1.  It prints the send as
C{AT+CHTTPSEND}; modules are known to have C{AT+CHTTPSSEND}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ... import errors
from ...at import Body, Command, Response, execute_form, parse_info, read_form, write_form
from ...profiles import TLSProfile
from ...tables.sim52xx import CLOSE_TIMEOUT, CONNECT_TIMEOUT, TRANSFER_TIMEOUT
from ..base import Firmware
from ..dialect import AccessMode, SocketStatus, Stack
from ..requests import Receipt, RequestDialect
from .dialects import SIMDialect, stack
from .errors import https_error
from .pdp import PROMPTLY
from .settings import refuse_https
from .urcs import HTTPS_PLACE

HTTPS: Final = stack("HTTPS", "+CHTTPSSTART", "+CHTTPSSTOP")

_SEND: Final = "+CHTTPSSEND"
#: As chapter 2.3 prints it.
_PRINTED: Final = "+CHTTPSEND"
#: What an answer may begin with (chapter 6.1 has the last).
_SPELLINGS: Final = (_SEND, _PRINTED, "+CHTTPSENDD")
#: Bytes that a receive waits for: with the first one it tells all that there are.
_LEAST: Final = 1

_RECEIPTS: Final[Mapping[int, Receipt]] = {
    0: Receipt.DONE,
    4: Receipt.CLOSED,
    5: Receipt.NOTHING,
}


class HTTPSDialect(SIMDialect, RequestDialect):
    """Connections of the HTTPS stack: one at a time."""

    ids = range(HTTPS_PLACE, HTTPS_PLACE + 1)
    modes = frozenset({AccessMode.BUFFER})
    default_mode = AccessMode.BUFFER
    transfer_time = PROMPTLY + TRANSFER_TIMEOUT

    def __init__(self, firmware: Firmware) -> None:
        """
        @param firmware: notes how the module spells the send.
        """
        self._firmware = firmware

    def check_profile(self, profile: TLSProfile) -> None:
        """Refuse what the stack cannot be told."""
        refuse_https(profile)

    def stack(self, mode: AccessMode) -> Stack | None:
        """Give what has to be acquired (chapter 2.1)."""
        return HTTPS

    def open_command(
        self,
        id: int,
        pdp: int,
        context: int | None,
        host: str,
        port: int,
        mode: AccessMode,
        timeout: float,
    ) -> Command:
        """Connect (chapter 2.2); the module gives itself two minutes."""
        return Command(
            write_form("+CHTTPSOPSE", host, port, arguments=("host", "port")),
            timeout=PROMPTLY + CONNECT_TIMEOUT,
        )

    # -- sending

    def _send(self) -> str:
        return self._firmware.spellings.get(_SEND, _SEND)

    def send_command(self, id: int, data: bytes) -> Command:
        """Put a counted block into the module's cache (chapter 2.3)."""
        return Command(
            write_form(self._send(), len(data)),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
        )

    def respelled(self, response: Response) -> bool:
        """Take the other spelling where the first send is refused, and keep what is taken."""
        name, spellings, taken = self._send(), self._firmware.spellings, self._firmware.taken
        if response.result.good or response.body_sent:
            taken.add(name)
        elif name == _SEND and name not in taken:
            spellings[_SEND] = _PRINTED
            return True
        elif name not in taken:
            # neither: it is not the name that is wrong
            del spellings[_SEND]
        return False

    def commit_command(self, id: int) -> Command:
        """Have what is cached sent (chapter 2.3)."""
        return Command(execute_form(self._send()), timeout=PROMPTLY)

    def state_command(self, id: int) -> Command | None:
        """Ask how much is cached (chapter 2.3), which is all that the module tells.

        An C{ERROR} would tell nothing before it is known how the command is spelt.
        """
        if self._send() not in self._firmware.taken:
            return None
        return Command(
            read_form(self._send()),
            _SPELLINGS,
            timeout=PROMPTLY,
            takes=lambda line: len(parse_info(line).fields) == 1,
        )

    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read it: a connection of which nothing waits, and which takes nothing, may be gone."""
        for line in response.info:
            pending = line.integer(0)
            if pending is not None:
                return [SocketStatus(HTTPS_PLACE, gone=False, doubtful=pending == 0)]
        return []

    # -- receiving

    def receive_command(self, id: int) -> Command:
        """Wait for what comes, and have all of it told (chapter 2.4)."""
        return Command(write_form("+CHTTPSRECV", _LEAST), timeout=PROMPTLY)

    def receipt(self, code: int) -> Receipt:
        """Say how a receive has ended."""
        return _RECEIPTS.get(code, Receipt.FAILED)

    # -- the rest

    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close it (chapter 2.5)."""
        return Command(execute_form("+CHTTPSCLSE"), timeout=PROMPTLY + CLOSE_TIMEOUT)

    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> errors.ModemError:
        """Give the exception for an open that failed."""
        return https_error(host, port, command, trace)
