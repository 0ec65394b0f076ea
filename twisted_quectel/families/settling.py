"""Settings of an SSL context that are written until they read back as wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..at import ATPort
from ..at.syntax import printable
from ..errors import CommandFailed, ModemParameterError
from .base import ContextSettings, Firmware, Setting

#: Some firmware answers a write like a query.
_TIMES = 3


async def settle(
    port: ATPort,
    firmware: Firmware,
    settings: ContextSettings,
    write: Callable[[Setting], Awaitable[object]],
    different: Callable[[], Awaitable[list[Setting]]],
    where: str,
    family: str,
) -> None:
    """Write settings, and again those that read back differently.

    @param write: writes one; a refusal is kept for the message.
    @param different: gives those that are not as wanted.
    @param where: what they belong to, for the message.
    @raise ModemParameterError: if some are not taken.
    """
    refusals: dict[str, CommandFailed] = {}
    wrong = list(settings)
    for _ in range(_TIMES):
        for setting in wrong:
            try:
                await write(setting)
            except CommandFailed as e:
                refusals[setting.tag] = e
        wrong = await different()
        if not wrong:
            return
    refusal = next((refusals[each.tag] for each in wrong if each.tag in refusals), None)
    names = ", ".join(f'"{setting.tag}" ({setting.argument})' for setting in wrong)
    raise ModemParameterError(
        f"the module ({firmware.model}) did not take {names} for {where}: "
        + (printable(refusal.result) if refusal is not None else "it reads back differently"),
        code=refusal.code if refusal is not None else None,
        family=family,
        command=f'AT+QSSLCFG="{wrong[0].tag}"',
        trace=port.trace.last(),
    )
