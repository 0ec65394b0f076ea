"""FTPS of SIM52xx modules (SIM52xx SSL Application Note v0.01, chapter 3)."""

from __future__ import annotations

from typing import Final

from ...at import (
    Bare,
    Body,
    Command,
    CommandText,
    Response,
    Secret,
    execute_form,
    parse_info,
    read_form,
    write_form,
)
from ...tables.sim52xx import CONNECT_TIMEOUT, SEND_LENGTHS, STOP_NETWORK_TIMEOUT, TRANSFER_TIMEOUT
from ..dialect import Stack
from ..firmware import Firmware
from ..ftps import FTPSDialect
from .pdp import PROMPTLY

#: Seconds for what the server has to answer.
_STEP: Final = PROMPTLY + TRANSFER_TIMEOUT
_NAMES: Final = {"cwd": ("+CFTPSCWD",), "mkd": ("+CFTPSMKD",), "rmd": ("+CFTPSRMD",),
                 "delete": ("+CFTPSDEL", "+CFTPSDELE")}  # fmt: skip
#: Commands that have each of these told of too, where the module tells a code of the first.
_TOLD_WITH: Final = {
    "+CFTPSLOGIN": ("+CFTPSSTART",),
    "+CFTPSLOGOUT": ("+CFTPSSTART", "+CFTPSLOGIN"),
}


def _spellings(name: str) -> tuple[str, ...]:
    """Give what the lines of an answer may begin with (at-facts A.7, 33)."""
    rest = name.removeprefix("+CFTPS")
    return name, f"+CFTP{rest}", f"+CFTPSS{rest}"


def _is_code(line: bytes) -> bool:
    """Tell a line with a number alone."""
    info = parse_info(line)
    return len(info.fields) == 1 and info.integer(0) is not None


def _asked(text: CommandText) -> Command:
    """Give a command that the server has to answer; its code is taken as an event."""
    return Command(text, timeout=_STEP)


def _begun(text: CommandText) -> Command:
    """Give a command that begins a transfer: what comes of it is told behind its C{OK}."""
    return Command(text, timeout=PROMPTLY)


class SIMFTPS(FTPSDialect):
    """The commands."""

    # their codes are taken as events
    stack = Stack(
        "FTPS",
        (Command(execute_form("+CFTPSSTART"), timeout=PROMPTLY + CONNECT_TIMEOUT),),
        Command(execute_form("+CFTPSSTOP"), timeout=PROMPTLY + STOP_NETWORK_TIMEOUT),
    )
    longest = SEND_LENGTHS[-1]
    step = _STEP

    def __init__(self, firmware: Firmware) -> None:
        """
        @param firmware: notes how the module spells a delete, and what it tells codes of.
        """
        self._firmware = firmware

    def login_command(self, host: str, port: int, user: str, password: str) -> Command:
        """Log in."""
        names = ("host", "port", "user", "password")
        text = write_form("+CFTPSLOGIN", host, port, user, Secret(password), arguments=names)
        return _asked(text)

    def logout_command(self) -> Command:
        """Log out."""
        return _asked(execute_form("+CFTPSLOGOUT"))

    def directory_command(self) -> Command:
        """Ask for the current directory."""
        return Command(
            execute_form("+CFTPSPWD"),
            _spellings("+CFTPSPWD"),
            timeout=_STEP,
            takes=lambda line: not _is_code(line),
        )

    def read_directory(self, response: Response) -> str | None:
        """Read it."""
        for line in response.info:
            if line.fields and line.fields[0].quoted:
                return line.string(0)
        return None

    def path_commands(self, what: str, path: str) -> tuple[Command, ...]:
        """Do something with a path."""
        names = _NAMES[what]
        known = [name for name in names if name in self._firmware.taken]
        return tuple(_asked(write_form(name, path, arguments=("path",))) for name in known or names)

    def type_command(self, kind: str) -> Command:
        """Choose the type."""
        return _asked(write_form("+CFTPSTYPE", Bare(kind)))

    def list_command(self, path: str | None) -> Command:
        """List a directory."""
        if path is None:
            return _begun(execute_form("+CFTPSLIST"))
        return _begun(write_form("+CFTPSLIST", path, arguments=("path",)))

    def get_command(self, path: str) -> Command:
        """Fetch a file."""
        return _begun(write_form("+CFTPSGET", path, arguments=("remote",)))

    def put_command(self, path: str | None, data: bytes) -> Command:
        """Hand over a piece."""
        values: tuple[str | int, ...] = (len(data),) if path is None else (path, len(data))
        arguments = ("size",) if path is None else ("remote", "size")
        return Command(
            write_form("+CFTPSPUT", *values, arguments=arguments),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
        )

    def commit_command(self) -> Command:
        """All was handed over."""
        return _begun(execute_form("+CFTPSPUT"))

    def file_command(self, way: str, folder: int, path: str) -> Command:
        """Move a file of the module."""
        name = "+CFTPSGETFILE" if way == "get" else "+CFTPSPUTFILE"
        return _begun(write_form(name, folder, path, arguments=("folder", "remote")))

    def pending_command(self) -> Command:
        """Ask what waits."""
        return Command(
            read_form("+CFTPSPUT"), _spellings("+CFTPSPUT"), timeout=PROMPTLY, takes=_is_code
        )

    def read_pending(self, response: Response) -> list[int]:
        """Read it."""
        numbers = [line.integer(0) for line in response.info]
        return [number for number in numbers if number is not None]

    def took(self, name: str) -> None:
        """Note how it is spelt."""
        self._firmware.taken.add(name)

    def reported(self, name: str) -> None:
        """Note it."""
        self._firmware.reports.add(name)

    def expects(self, name: str) -> bool:
        """Tell whether one was told before."""
        return not self._firmware.reports.isdisjoint((name, *_TOLD_WITH.get(name, ())))

    def begins_login(self, name: str) -> bool:
        """Tell those two."""
        return name in ("+CFTPSSTART", "+CFTPSLOGIN")
