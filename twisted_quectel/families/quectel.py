"""What Quectel's families have in common: sends, answers to reads, SIM, clock, secrets.

TCP/IP and SSL Application Notes of each; AT Commands Manuals.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from ..at import ATPort, Command, CommandText, Outcome, Response, execute_form, write_form
from ..at.results import SEND_OK
from ..errors import CommandFailed, UnverifiedContext
from .base import Family
from .dialect import Acknowledged, Delivery, Dialect

#: Seconds that the host waits for what is answered at once: a line of 9600 baud needs 1.6 s
#: for a block alone.
PROMPTLY: Final = 10.0

#: What a module says when it has started, and when it goes down.
BOOTED: Final = frozenset({b"RDY", b"APP RDY"})
DOWN: Final = frozenset({b"POWERED DOWN", b"NORMAL POWER DOWN"})


class CountedSends(Dialect):
    """Connections whose sends end in C{SEND OK} or C{SEND FAIL}."""

    def delivery(self, response: Response) -> Delivery:
        """Say what became of a block."""
        if response.result is SEND_OK:
            return Delivery.TAKEN
        if response.result.outcome is Outcome.SEND_FAIL:
            return Delivery.REFUSED
        return Delivery.UNKNOWN if response.body_sent else Delivery.NOT_SENT


class CountedReads(Dialect):
    """Connections that are read block by block."""

    #: the line that announces a block; its first group is the length
    read_line: ClassVar[re.Pattern[bytes]]

    def read_length(self, line: bytes) -> int:
        """Say how many bytes follow a line of the answer to a read."""
        match = self.read_line.match(line)
        return int(match.group(1)) if match else 0

    def read_data(self, response: Response) -> bytes | None:
        """Give what was read; nothing where the answer announces nothing."""
        return response.block if response.result.good else None

    def announced(self, response: Response) -> int:
        """Say how many bytes the answer to a read has announced."""
        return max(map(self.read_length, response.lines), default=0)


def read_counts(response: Response, prefix: str) -> Acknowledged | None:
    """Read C{<sent>,<acknowledged>}; L{None} if the answer does not tell."""
    line = response.first(prefix)
    sent, acknowledged = (None, None) if line is None else (line.integer(0), line.integer(1))
    if sent is None or acknowledged is None:
        return None
    return Acknowledged(sent, acknowledged)


def unverified(context: int, level: str, family: str) -> UnverifiedContext:
    """Give the exception for a provisioned context that does not verify the server.

    @param level: its security level as it was read; empty if it is not known.
    """
    return UnverifiedContext(
        f"ctx: SSL context {context} does not verify the server (its seclevel is "
        f"{level or 'unknown'}); configure it with a CA, under contexts in the modem "
        "file for instance, or give verify=none",
        family=family,
    )


class QuectelFamily(Family):
    """One module of any of these families."""

    #: what stands in front of a secret; all that is behind it is not shown
    before_secrets: ClassVar[tuple[re.Pattern[bytes], ...]] = ()
    #: asks for the network's time
    time_command: ClassVar[CommandText] = execute_form("+QLTS")

    def redact(self, line: bytes) -> bytes:
        """Replace the keys and passwords that queries read back, and PINs."""
        for before in (*self.before_secrets, _PIN):
            found = before.search(line)
            if found is not None:
                line = line[: found.end()] + b"***"
        return line

    async def pin_tries(self, port: ATPort) -> int | None:
        """Ask how many tries the SIM's PIN has left (AT Commands Manual, AT+QPINC)."""
        try:
            response = await port.execute(
                Command(write_form("+QPINC", "SC"), ("+QPINC",), timeout=PROMPTLY)
            )
        except CommandFailed:
            return None
        line = response.first("+QPINC")
        return None if line is None else line.integer(1)

    async def network_time(self, port: ATPort) -> str | None:
        """Ask for the network's time (AT Commands Manual, AT+QLTS)."""
        try:
            response = await port.execute(Command(self.time_command, ("+QLTS",), timeout=PROMPTLY))
        except CommandFailed:
            return None
        line = response.first("+QLTS")
        return None if line is None else line.string(0)


_PIN: Final = re.compile(rb"\+CPIN ?=", re.IGNORECASE)
