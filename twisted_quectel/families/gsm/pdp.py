"""The packet data connection: C{AT+QIFGCNT} to C{AT+QIDEACT}, and what its failure asks for.

SSL application note for M10, M66, M85 and M95, chapters 1.2, 1.4.1, 2.2.6 and 3.1.
"""

from __future__ import annotations

import re
from typing import Final

from ... import errors
from ...at import ATPort, Command, Outcome, Result, Secret, execute_form, read_form, write_form
from ...modemprofile import ModemProfile
from .dialects import PROMPTLY
from .errors import NAME

#: Seconds: what AT+QIACT, AT+QIDEACT and AT+CGATT may take.
ACTIVATE_TIMEOUT: Final = 150.0
DEACTIVATE_TIMEOUT: Final = 40.0
ATTACH_TIMEOUT: Final = 75.0
#: Seconds for a name; no document has a figure.
NAME_TIMEOUT: Final = 60.0

#: C{AT+QICSGP}: the bearer is GPRS.
_GPRS: Final = 1
_DEACTIVATED: Final = re.compile(rb"\s*+DEACT OK\s*+")
#: C{<state>} (2.2.6): the context is active; nothing was begun; AT+QIREGAPP was there.
_ACTIVE: Final = frozenset({"IP GPRSACT", "IP STATUS", "IP PROCESSING"})
_INITIAL: Final = "IP INITIAL"
_ADDRESS: Final = re.compile(rb"\s*+(\d{1,3}(?:\.\d{1,3}){3})\s*+$")


def _read_address(line: bytes) -> Result | None:
    """Take the address for the end of C{AT+QILOCIP}: no C{OK} follows."""
    match = _ADDRESS.match(line)
    return None if match is None else Result(Outcome.OTHER, match.group(1))


async def state_of(port: ATPort) -> str:
    """Give C{<state>} (2.2.6); C{""} if the module does not tell."""
    response = await port.execute(
        Command(execute_form("+QSSLSTATE"), ("+QSSLSTATE",), timeout=PROMPTLY)
    )
    for line in response.info:
        if len(line.fields) == 1:
            return (line.string(0) or "").strip().upper()
    return ""


async def is_active(port: ATPort) -> bool:
    """Ask whether the context in the foreground is active."""
    return await state_of(port) in _ACTIVE


async def activate(port: ATPort, profile: ModemProfile, cid: int) -> str:
    """Activate the context in the foreground, if it is not; give the module's address.

    @param cid: what 27.007 calls it: 1 or 2.
    @raise errors.ActivationFailed: if it cannot be, and all that it needs is there.
    @raise errors.ModemError: another subclass that says what is missing.
    """
    _refuse(profile)
    state = await state_of(port)
    if state in _ACTIVE and await _is_other(port, profile):
        await deactivate(port)
        state = _INITIAL
    if state not in _ACTIVE:
        try:
            await _activate(port, profile, state)
        except errors.CommandFailed as first:
            await check(port, first, cid)
            try:
                await deactivate(port)
                await _activate(port, profile, _INITIAL)
            except errors.CommandFailed as e:
                raise errors.ActivationFailed(
                    "the packet data connection cannot be made, although the module is attached "
                    "and registered, has an APN, and nobody else uses the context; check apn, "
                    "user and password of the modem, and its contract",
                    code=e.code,
                    family=NAME,
                    command=e.command,
                    trace=e.trace,
                ) from None
    return await _address(port)


def _refuse(profile: ModemProfile) -> None:
    """Refuse what the note has no command for."""
    for argument, wrong, what in (
        ("ip", profile.ip != "ipv4", "IPv4 alone"),
        ("auth", profile.auth == "chap", "no choice of the authentication"),
        ("dns", bool(profile.dns), "no command for name servers"),
    ):
        if wrong:
            raise errors.UnsupportedOperation(
                f"{argument}: the {NAME} modules have {what}", family=NAME
            )


async def _is_other(port: ATPort, profile: ModemProfile) -> bool:
    """Whether an earlier host has activated the context with another access point."""
    if profile.apn is None:
        return False
    apn = await _apn(port)
    return bool(apn) and apn != profile.apn


async def _apn(port: ATPort) -> str | None:
    """Ask for the access point; L{None} if the module does not tell."""
    command = Command(read_form("+QIREGAPP"), ("+QIREGAPP",), timeout=PROMPTLY)
    try:
        line = (await port.execute(command)).first("+QIREGAPP")
    except errors.CommandFailed:
        return None
    return None if line is None else line.string(0)


async def _activate(port: ATPort, profile: ModemProfile, state: str) -> None:
    """Go the way of chapter 1.2, from where the context is."""
    if state not in (_INITIAL, "IP START", ""):
        # half up, or "PDP DEACT": it has to be deactivated first
        await deactivate(port)
        state = _INITIAL
    if profile.apn is not None:
        values = [profile.apn]
        if profile.user:
            values += [profile.user, profile.password or ""]
        texts = [text if index == 0 else Secret(text) for index, text in enumerate(values)]
        await port.execute(
            Command(
                write_form(
                    "+QICSGP",
                    _GPRS,
                    *texts,
                    arguments=("bearer", "apn", "user", "password")[: len(texts) + 1],
                ),
                timeout=PROMPTLY,
            )
        )
    if state != "IP START":
        await port.execute(Command(execute_form("+QIREGAPP"), timeout=PROMPTLY))
    await port.execute(Command(execute_form("+QIACT"), timeout=ACTIVATE_TIMEOUT))


async def _address(port: ATPort) -> str:
    """Ask for the own address (chapter 3.1)."""
    command = Command(execute_form("+QILOCIP"), timeout=PROMPTLY, later=_read_address)
    response = await port.execute(command)
    # where an OK follows all the same, it must not be taken for the next answer
    port.resynchronise()
    return response.result.text.decode("ascii")


def name_command(name: str) -> Command:
    """Look a name up: C{OK}, and behind it a bare address, or a bare C{ERROR}.

    That C{ERROR} could be any command's: so this one keeps the port until it has come.
    """
    return Command(
        write_form("+QIDNSGIP", name, arguments=("host",)),
        timeout=PROMPTLY,
        later=_read_address,
        later_timeout=NAME_TIMEOUT,
    )


async def look_up(port: ATPort, name: str) -> list[str]:
    """Give the first address of a name.

    @raise errors.CommandFailed: if it has none, or none came in time.
    """
    command = name_command(name)
    try:
        response = await port.execute(command)
    except errors.CommandTimeout as e:
        raise errors.CommandFailed(
            e.message, family=NAME, command=e.command, trace=e.trace
        ) from None
    # where it has more, they must not be taken for those of the next name
    port.resynchronise()
    return [response.result.text.decode("ascii")]


async def deactivate(port: ATPort) -> None:
    """Deactivate the context in the foreground; whether it was active does not matter."""
    command = Command(execute_form("+QIDEACT"), timeout=DEACTIVATE_TIMEOUT, finals=_DEACTIVATED)
    try:
        await port.execute(command)
    except errors.CommandFailed:
        return


async def check(port: ATPort, failure: errors.CommandFailed, cid: int) -> None:
    """Check what chapter 1.4.1 names, in its order.

    @param failure: of the activation.
    @param cid: what 27.007 calls the context in the foreground: 1 or 2.
    @raise errors.ModemError: a subclass that says what is missing.
    """
    attached = await _number(port, "+CGATT", 0)
    if attached == 0:
        command = Command(write_form("+CGATT", 1), timeout=ATTACH_TIMEOUT)
        try:
            await port.execute(command)
        except errors.CommandFailed as e:
            raise _missing("the module cannot attach to the packet domain", e) from None
    registered = await _number(port, "+CGREG", 1)
    if registered is not None and registered not in (1, 5):
        raise _missing("the module is not registered in the packet domain", failure)
    if await _apn(port) == "":
        raise _missing("the PDP context has no APN; set apn of the modem", failure)
    command = Command(read_form("+CGACT"), ("+CGACT",), timeout=PROMPTLY)
    try:
        response = await port.execute(command)
    except errors.CommandFailed:
        return
    if any((line.integer(0), line.integer(1)) == (cid, 1) for line in response.info):
        raise errors.OperationNotAllowed(
            "the PDP context is active already, by AT+CGACT or PPP; end that",
            family=NAME,
            command=failure.command,
            trace=port.trace.last(),
        )


async def _number(port: ATPort, name: str, index: int) -> int | None:
    """Ask for a number of 27.007; L{None} if the module does not tell."""
    try:
        line = (await port.execute(Command(read_form(name), (name,), timeout=10.0))).first(name)
    except errors.CommandFailed:
        return None
    return None if line is None else line.integer(index)


def _missing(what: str, cause: errors.CommandFailed) -> errors.NetworkDown:
    return errors.NetworkDown(
        f"there is no packet data connection: {what}",
        code=cause.code,
        family=NAME,
        command=cause.command,
        trace=cause.trace,
    )
