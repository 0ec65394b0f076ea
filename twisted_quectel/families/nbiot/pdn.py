"""The packet data connection: C{AT+QCGDEFCONT}, C{AT+CGACT}, C{AT+CGPADDR}.

AT Commands Manual of the BC660K-GL; 27.007, chapters 10.1.10 and 10.1.14.  It comes up by
itself with the registration.
"""

from __future__ import annotations

from typing import Final

from ... import errors
from ...at import ATPort, Command, Secret, read_form, write_form
from ...modemprofile import ModemProfile
from .errors import NAME

ACTIVATE_TIMEOUT: Final = 150.0

_TYPES: Final = {"ipv4": "IP", "ipv6": "IPV6", "ipv4v6": "IPV4V6"}
_AUTH: Final = {"none": 0, "pap": 1, "chap": 2}


async def is_active(port: ATPort) -> bool:
    """Ask whether it is up."""
    response = await port.execute(Command(read_form("+CGACT"), ("+CGACT",), timeout=10.0))
    return any(line.integer(0) == 0 and line.integer(1) == 1 for line in response.info)


async def address(port: ATPort) -> str:
    """Ask for the own address; C{""} if there is none."""
    command = Command(write_form("+CGPADDR", 0), ("+CGPADDR",), timeout=10.0)
    try:
        line = (await port.execute(command)).first("+CGPADDR")
    except errors.CommandFailed:
        return ""
    return "" if line is None else line.string(1) or ""


async def _is_other(port: ATPort, profile: ModemProfile) -> bool:
    """Whether it is defined otherwise than the profile wants it; a password proves nothing."""
    command = Command(read_form("+QCGDEFCONT"), ("+QCGDEFCONT",), timeout=10.0)
    line = (await port.execute(command)).first("+QCGDEFCONT")
    if line is None:
        return True
    found = (line.string(0), line.string(1) or "", line.string(2) or "")
    return found != (_TYPES[profile.ip], profile.apn, profile.user or "")


async def attach(port: ATPort, profile: ModemProfile) -> str:
    """Have it up, as the profile wants it; give the own address.

    @raise errors.NetworkDown: if it does not come up.
    """
    if profile.dns:
        await port.execute(Command(write_form("+QIDNSCFG", 0, *profile.dns), timeout=10.0))
    if profile.apn is not None and await _is_other(port, profile):
        values = [_TYPES[profile.ip], profile.apn]
        secrets = [Secret(profile.user), Secret(profile.password or "")] if profile.user else []
        auth = [_AUTH[profile.auth or "none"]] if profile.user else []
        names = ("ip", "apn", "user", "password", "auth")
        text = write_form(
            "+QCGDEFCONT",
            *values,
            *secrets,
            *auth,
            arguments=names[: len(values) + len(secrets) + len(auth)],
        )
        await port.execute(Command(text, timeout=10.0))
        # it holds from the next attach on
        for state in (0, 1):
            await port.execute(Command(write_form("+CGATT", state), timeout=ACTIVATE_TIMEOUT))
    if not await is_active(port):
        try:
            # an earlier host may have left it detached
            await port.execute(Command(write_form("+CGATT", 1), timeout=ACTIVATE_TIMEOUT))
            await port.execute(Command(write_form("+CGACT", 1, 0), timeout=ACTIVATE_TIMEOUT))
        except errors.CommandFailed as e:
            raise errors.NetworkDown(
                "the packet data connection does not come up; check apn, user and password of "
                "the modem, and its contract",
                code=e.code,
                family=NAME,
                command=e.command,
                trace=e.trace,
            ) from None
    return await address(port)


async def detach(port: ATPort) -> None:
    """Take it down; whether it was up does not matter."""
    try:
        await port.execute(Command(write_form("+CGACT", 0, 0), timeout=40.0))
    except errors.CommandFailed:
        return
