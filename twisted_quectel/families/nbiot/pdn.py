"""The packet data connection: C{AT+QCGDEFCONT}, C{AT+CGACT}, C{AT+CGPADDR}.

AT Commands Manual of the BC660K-GL; 27.007, chapters 10.1.10 and 10.1.14.  It comes up by
itself with the registration.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from ... import errors
from ...at import ATPort, Command, CommandText, Secret, read_form, write_form
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
    """Ask for the own address, or for both with a comma; C{""} if there is none."""
    command = Command(write_form("+CGPADDR", 0), ("+CGPADDR",), timeout=10.0)
    try:
        line = (await port.execute(command)).first("+CGPADDR")
    except errors.CommandFailed:
        return ""
    texts = () if line is None else (field.string() for field in line.fields[1:])
    return ",".join(filter(None, map(_address, texts)))


def _address(text: str) -> str:
    """Read an address; one of IPv6 may be written as 16 numbers (27.007, chapter 10.1.23)."""
    numbers = text.split(".")
    if len(numbers) != 16 or not all(each.isdecimal() and len(each) < 4 for each in numbers):
        return text
    values = [int(each) for each in numbers]
    return str(IPv6Address(bytes(values))) if max(values) < 256 else ""


async def _is_other(port: ATPort, profile: ModemProfile) -> bool:
    """Whether it is defined otherwise than the profile wants it.

    A password that the module keeps to itself proves nothing, nor does one that it has hidden.
    """
    command = Command(read_form("+QCGDEFCONT"), ("+QCGDEFCONT",), timeout=10.0)
    line = (await port.execute(command)).first("+QCGDEFCONT")
    if line is None:
        return True
    found = (line.string(0), line.string(1) or "", line.string(2) or "")
    if found != (_TYPES[profile.ip], profile.apn, profile.user or ""):
        return True
    password, auth = line.string(3) or "", line.integer(4)
    shown = bool(password.strip("*"))
    other = shown and password != (profile.password or "")
    return other or (bool(profile.user) and auth not in (None, _AUTH[profile.auth or "none"]))


async def attach(port: ATPort, profile: ModemProfile) -> str:
    """Have it up, as the profile wants it; give the own address.

    @raise errors.NetworkDown: if it does not come up.
    """
    if profile.dns:
        await port.execute(Command(write_form("+QIDNSCFG", 0, *profile.dns), timeout=10.0))
    if profile.apn is not None and await _is_other(port, profile):
        try:
            await port.execute(_definition(profile, profile.apn))
        except errors.CommandFailed as e:
            raise _down(
                f"apn: the module does not take it with user and password: {e.message}", e
            ) from None
        # it holds from the next attach on
        await _switch(port, write_form("+CGATT", 0), write_form("+CGATT", 1))
    if not await is_active(port):
        # an earlier host may have left it detached
        await _switch(port, write_form("+CGATT", 1), write_form("+CGACT", 1, 0))
    return await address(port)


def _definition(profile: ModemProfile, apn: str) -> Command:
    values = [_TYPES[profile.ip], apn]
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
    return Command(text, timeout=10.0)


async def _switch(port: ATPort, *texts: CommandText) -> None:
    """Have it taken down or brought up."""
    try:
        for text in texts:
            await port.execute(Command(text, timeout=ACTIVATE_TIMEOUT))
    except errors.CommandFailed as e:
        raise _down(
            "the packet data connection does not come up; check apn, user and password of the "
            "modem, and its contract",
            e,
        ) from None


def _down(why: str, problem: errors.CommandFailed) -> errors.NetworkDown:
    return errors.NetworkDown(
        why, code=problem.code, family=NAME, command=problem.command, trace=problem.trace
    )


async def detach(port: ATPort) -> None:
    """Take it down; whether it was up does not matter."""
    try:
        await port.execute(Command(write_form("+CGACT", 0, 0), timeout=40.0))
    except errors.CommandFailed:
        return
