"""The packet data connection of SIM52xx modules: it comes up with the stack that uses it.

The SSL note leaves it to the AT manual; C{AT+CGSOCKCONT}, C{AT+CSOCKAUTH} and C{AT+CSOCKSETPN} as
public drivers have them.
"""

from __future__ import annotations

from typing import Final

from ... import errors
from ...at import ATPort, Command, Secret, execute_form, read_form, write_form
from ...modemprofile import ModemProfile
from .errors import NAME

#: Seconds that the host waits for what is answered at once.
PROMPTLY: Final = 10.0
#: C{<auth_type>}.
_PAP: Final = 1
_CHAP: Final = 2


async def attach(port: ATPort, profile: ModemProfile, pdp: int) -> str:
    """Say how the context is defined, and that sockets use it; give the module's address.

    @raise errors.NetworkDown: if the module is not attached to the packet domain.
    """
    _refuse(profile)
    if profile.apn is not None:
        await _execute(port, "+CGSOCKCONT", pdp, "IP", profile.apn)
        if profile.user:
            kind = _CHAP if profile.auth == "chap" else _PAP
            # the password comes first
            secrets = (Secret(profile.password or ""), Secret(profile.user))
            await _execute(port, "+CSOCKAUTH", pdp, kind, *secrets)
    await _execute(port, "+CSOCKSETPN", pdp)
    if not await is_attached(port):
        raise errors.NetworkDown(
            "the module is not attached to the packet domain (AT+CGATT)",
            family=NAME,
            command="AT+CGATT?",
            trace=port.trace.last(),
        )
    return await _address(port)


def _refuse(profile: ModemProfile) -> None:
    for argument, wrong, what in (
        ("ip", profile.ip != "ipv4", "IPv4 alone"),
        ("dns", bool(profile.dns), "no command for name servers that is known"),
    ):
        if wrong:
            raise errors.UnsupportedOperation(
                f"{argument}: the {NAME} modules have {what}", family=NAME
            )


async def _execute(port: ATPort, name: str, *values: int | str | Secret) -> None:
    names = {"+CGSOCKCONT": ("pdp", "ip", "apn"), "+CSOCKAUTH": ("pdp", "auth", "password", "user")}
    text = write_form(name, *values, arguments=names.get(name, ("pdp",)))
    await port.execute(Command(text, timeout=PROMPTLY))


async def is_attached(port: ATPort) -> bool:
    """Ask whether the module is attached to the packet domain (27.007 chapter 10.1.9)."""
    command = Command(read_form("+CGATT"), ("+CGATT",), timeout=PROMPTLY)
    line = (await port.execute(command)).first("+CGATT")
    return line is not None and line.integer(0) == 1


async def _address(port: ATPort) -> str:
    """Ask for the own address; it is known only while a stack is acquired on some firmware."""
    command = Command(execute_form("+IPADDR"), ("+IPADDR", "+IP ERROR"), timeout=PROMPTLY)
    try:
        line = (await port.execute(command)).first("+IPADDR")
    except errors.CommandFailed:
        return ""
    return "" if line is None else line.string(0) or ""
