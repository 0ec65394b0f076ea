"""Bringing a module up: from whatever state it is in to one that can connect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from ..at import ATPort, Command, IWire, Response, basic_form, execute_form, join, write_form
from ..at.syntax import printable
from ..errors import CommandFailed, ModemNotReady, UnknownModel
from ..families import Family, Firmware, family_for
from ..modemprofile import ModemProfile
from .network import PinMemory, unlock_sim, wait_for_registration
from .session import Session
from .strangers import close_strangers
from .urcport import urc_ports
from .wake import wake


@dataclass(frozen=True)
class ModemInfo:
    """What a modem is.

    @ivar model: what the module calls itself (C{AT+CGMM}).
    @ivar revision: its firmware (C{AT+CGMR}).
    @ivar imei: its number (C{AT+CGSN}).
    @ivar family: the driver.
    """

    model: str
    revision: str
    imei: str
    family: str


async def _texts(
    port: ATPort, names: Sequence[str], refusals: dict[str, CommandFailed]
) -> list[str]:
    """Give the one-line answers of several commands (27.007 chapter 5).

    @param refusals: gets what each of them was refused with.
    """
    try:
        response = await port.execute(
            Command(join(*map(execute_form, names)), tuple(names), bare=True)
        )
        found = _lines(response)
        if len(found) == len(names):
            return found
    except CommandFailed:
        found = []
    # some firmware wants them one by one
    texts: list[str] = []
    for name in names:
        try:
            response = await port.execute(Command(execute_form(name), (name,), bare=True))
        except CommandFailed as e:
            refusals[name] = e
            texts.append("")
            continue
        texts.append("".join(_lines(response)[:1]))
    return texts


def _lines(response: Response) -> list[str]:
    """Give the answers' texts, some of which have a prefix and quotes."""
    texts = []
    for line in response.info:
        # they get into messages
        texts.append(printable(line.rest.strip().strip(b'"')))
    return texts


async def identify(port: ATPort, model: str | None, known: Family | None = None) -> Family:
    """Find out what the module is, and take the driver for it.

    @param known: the driver of the module that was there before; it stays if
        the module is of the same model and firmware.

    @param model: what its owner says it speaks like, if the module is not to
        be believed.
    @raise UnknownModel: if no driver knows it.
    """
    refusals: dict[str, CommandFailed] = {}
    said, revision, imei = await _texts(port, ("+CGMM", "+CGMR", "+CGSN"), refusals)
    firmware = Firmware(model or said, revision, imei)
    if known is not None:
        before = known.firmware
        if (before.model, before.revision, before.imei) == (firmware.model, revision, imei):
            return known
    try:
        return family_for(firmware)
    except UnknownModel as e:
        refusal = refusals.get("+CGMM")
        e.command = "AT+CGMM"
        e.code = refusal.code if refusal is not None else None
        e.trace = port.trace.last()
        raise


async def bring_up(
    clock: IReactorTime,
    port: ATPort,
    wire: IWire | None,
    profile: ModemProfile,
    known: Family | None,
    pin: PinMemory,
    make_session: Callable[[Family], Session],
    obstacle: Callable[[ModemNotReady | None], None],
    in_data_mode: bool = False,
    identified: Callable[[Family], None] = lambda family: None,
    busy_until: float = 0.0,
) -> Session:
    """Bring a module up.

    @param known: its driver, if it was up before.
    @param obstacle: told what is in the way while something is waited for.
    @param pin: what is known of its PIN.
    @param in_data_mode: whether it is known to have been in data mode.
    @param identified: given its driver, ahead of all that is set.
    @param busy_until: when it has ended, at the latest, what it is known to have been at.
    @raise ModemNotReady: a subclass that says why not.
    """
    swallowed = await wake(clock, port, wire, profile.baudrate, obstacle, in_data_mode, busy_until)
    obstacle(None)
    await port.execute(Command(write_form("+CMEE", 1)))
    if port.echoes:
        # it has restarted since it was greeted
        await port.execute(Command(basic_form("E0Q0V1")))
    family = await identify(port, profile.model, known)
    identified(family)
    port.trace.redact = family.redact
    port.read_inline(family.read_inline if family.has_inline else None)
    dtr = wire is not None and wire.set_dtr(True)
    await family.prepare(port, profile, dtr, urc_ports(profile))
    session = make_session(family)
    session.files.sizes_prove = not swallowed
    await unlock_sim(clock, port, family, profile, pin)
    await wait_for_registration(clock, port, obstacle)
    await close_strangers(session)
    await session.provisions.put()
    session.idling.look()
    return session
