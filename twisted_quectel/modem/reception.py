"""How well a module hears its network, as 3GPP TS 27.007 chapter 8.5 has it told."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from ..at import Command, execute_form
from .session import Session


@dataclass(frozen=True)
class Signal:
    """The signal's quality (27.007 chapter 8.5).

    @ivar rssi: received power in dBm; L{None} if it is not known.
    @ivar ber: bit error rate as the class 0-7; L{None} if it is not known.
    """

    rssi: int | None
    ber: int | None


async def ask_signal(up: Awaitable[Session]) -> Signal:
    """Ask for the signal's quality.

    @param up: gives the session as soon as there is one.
    """
    session = await up
    response = await session.port.execute(Command(execute_form("+CSQ"), ("+CSQ",)))
    line = response.first("+CSQ")
    rssi = None if line is None else line.integer(0)
    ber = None if line is None else line.integer(1)
    known = rssi is not None and 0 <= rssi <= 31
    return Signal(
        -113 + 2 * rssi if known and rssi is not None else None,
        ber if ber is not None and 0 <= ber <= 7 else None,
    )
