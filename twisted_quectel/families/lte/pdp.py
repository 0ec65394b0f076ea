"""The packet data connection: C{AT+QICSGP}, C{AT+QIACT}, C{AT+QIDEACT}, C{AT+QIDNSCFG}.

LTE SSL Application Note v1.1, chapters 1.2, 3.1 and 4.1; TCP/IP Application
Note.
"""

from __future__ import annotations

from typing import Final

from ... import errors
from ...at import (
    ATPort,
    Command,
    InfoLine,
    Response,
    Secret,
    execute_form,
    join,
    read_form,
    write_form,
)
from ...modemprofile import ModemProfile
from .errors import NAME

ACTIVATE_TIMEOUT: Final = 150.0
DEACTIVATE_TIMEOUT: Final = 40.0

_TYPES: Final = {"ipv4": 1, "ipv6": 2, "ipv4v6": 3}
_AUTH: Final = {"none": 0, "pap": 1, "chap": 2}


async def active_address(port: ATPort, pdp: int) -> str | None:
    """Give the module's address in a PDP context, or L{None} if it is down."""
    response = await port.execute(
        Command(read_form("+QIACT"), ("+QIACT",), timeout=ACTIVATE_TIMEOUT)
    )
    return _address_in(response, pdp)


def _address_in(response: Response, pdp: int) -> str | None:
    for line in response.info:
        if line.integer(0) == pdp and line.integer(1) == 1:
            return _address(line)
    return None


def _address(line: InfoLine) -> str:
    """Give all that the line has: one of each kind, where the context has both."""
    texts = [line.string(index) for index in range(3, len(line.fields))]
    return ",".join(text for text in texts if text)


def _definition(profile: ModemProfile, pdp: int) -> Command | None:
    """What the context shall be; L{None} where the profile leaves it to the module."""
    if profile.apn is None:
        return None
    user, password = profile.user or "", profile.password or ""
    auth = _AUTH[profile.auth or "none"]
    return Command(
        write_form(
            "+QICSGP",
            pdp,
            _TYPES[profile.ip],
            profile.apn,
            Secret(user) if user else "",
            Secret(password) if password else "",
            auth,
            arguments=("pdp", "ip", "apn", "user", "password", "auth"),
        )
    )


async def _defined_otherwise(port: ATPort, profile: ModemProfile, pdp: int) -> bool:
    """Ask whether a context is certainly not what the profile wants.

    A password that the module keeps to itself proves nothing.
    """
    query = Command(write_form("+QICSGP", pdp), ("+QICSGP",))
    try:
        line = (await port.execute(query)).first("+QICSGP")
    except errors.CommandFailed:
        return False
    if line is None or len(line.fields) < 5:
        return False
    wanted = (_TYPES[profile.ip], profile.apn, profile.user or "", _AUTH[profile.auth or "none"])
    found = (line.integer(0), line.string(1), line.string(2), line.integer(4))
    password = line.string(3)
    return found != wanted or (bool(password) and password != (profile.password or ""))


async def activate(port: ATPort, profile: ModemProfile, pdp: int) -> str:
    """Bring a PDP context up, if it is down; give the module's address in it.

    One that an earlier host has brought up with another definition is taken down first.
    """
    address = await active_address(port, pdp)
    definition = _definition(profile, pdp)
    if (
        address is not None
        and definition is not None
        and await _defined_otherwise(port, profile, pdp)
    ):
        await deactivate(port, pdp)
        address = None
    if address is None:
        if definition is not None:
            await port.execute(definition)
        address = await _activate(port, pdp)
        if address is None:
            address = await active_address(port, pdp) or ""
    if profile.dns:
        await port.execute(Command(write_form("+QIDNSCFG", pdp, *profile.dns)))
    return address


async def _activate(port: ATPort, pdp: int) -> str | None:
    """Bring a PDP context up; give its address if the same line has told it."""
    text = write_form("+QIACT", pdp)
    command = Command(text, timeout=ACTIVATE_TIMEOUT)
    both = Command(join(text, read_form("+QIACT")), ("+QIACT",), timeout=ACTIVATE_TIMEOUT)
    try:
        return _address_in(await port.execute(both), pdp)
    except errors.CommandFailed:
        code = await last_error(port)
    # "break down" leaves it half up: it has to be taken down first
    await deactivate(port, pdp)
    try:
        await port.execute(command)
    except errors.CommandFailed as e:
        code = await last_error(port) or code
        raise _refused(pdp, code, e) from None
    return None


def _refused(pdp: int, code: int | None, cause: errors.CommandFailed) -> errors.ModemError:
    if code == 572:
        return errors.OperationNotAllowed(
            f"PDP context {pdp} cannot be activated: another one holds the connection, and the "
            "network allows no second; name that one by the pdp argument",
            code=code,
            family=NAME,
            command=cause.command,
            trace=cause.trace,
        )
    return errors.NetworkDown(
        f"PDP context {pdp} cannot be activated ({code if code else 'no reason given'}); "
        "check apn, user, password and ip of the modem, and its contract",
        code=code,
        family=NAME,
        command=cause.command,
        trace=cause.trace,
    )


async def deactivate(port: ATPort, pdp: int) -> None:
    """Take a PDP context down; whether it was up does not matter."""
    try:
        await port.execute(Command(write_form("+QIDEACT", pdp), timeout=DEACTIVATE_TIMEOUT))
    except errors.CommandFailed:
        return


async def last_error(port: ATPort) -> int | None:
    """Ask for the last error, ahead of everything else that waits."""
    command = Command(execute_form("+QIGETERROR"), ("+QIGETERROR",))
    try:
        response = await port.execute(command, urgent=True)
    except errors.CommandFailed:
        return None
    line = response.first("+QIGETERROR")
    return None if line is None else line.integer(0)
