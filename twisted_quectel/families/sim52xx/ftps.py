"""FTPS of SIM52xx modules (SIM52xx SSL Application Note v0.01, chapter 3)."""

from __future__ import annotations

import re
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
    write_form,
)
from ...tables.sim52xx import SEND_LENGTHS, TRANSFER_TIMEOUT
from ..ftps import FTPSDialect
from .dialects import stack
from .pdp import PROMPTLY

#: Seconds for what the server has to answer.
_STEP: Final = PROMPTLY + TRANSFER_TIMEOUT
#: The spellings of the document: C{CFTPS...}, C{CFTP...} and C{CFTPSS...} (at-facts A.7, 33).
_CODE: Final = re.compile(rb"\s*+\+CFTPS?+S?+[A-Z]+ ?: *+(-?\d{1,5})\s*+$", re.IGNORECASE)
_NAMES: Final = {"cwd": ("+CFTPSCWD",), "mkd": ("+CFTPSMKD",), "rmd": ("+CFTPSRMD",),
                 "delete": ("+CFTPSDEL", "+CFTPSDELE")}  # fmt: skip


def _spellings(name: str) -> tuple[str, ...]:
    """Give what the lines of an answer may begin with."""
    rest = name.removeprefix("+CFTPS")
    return name, f"+CFTP{rest}", f"+CFTPSS{rest}"


def _code(line: bytes) -> bool:
    """Tell a line with a code alone: it is of the command, and no end of a transfer."""
    return _CODE.match(line) is not None


def _asked(text: CommandText, name: str) -> Command:
    """Give a command that the server has to answer."""
    return Command(text, _spellings(name), timeout=_STEP, takes=_code)


def _begun(text: CommandText, name: str) -> Command:
    """Give a command that begins a transfer: what comes of it is told behind its C{OK}."""
    return Command(text, timeout=PROMPTLY)


class SIMFTPS(FTPSDialect):
    """The commands."""

    stack = stack("FTPS", "+CFTPSSTART", "+CFTPSSTOP")
    longest = SEND_LENGTHS[-1]
    step = _STEP

    def login_command(self, host: str, port: int, user: str, password: str) -> Command:
        """Log in."""
        names = ("host", "port", "user", "password")
        text = write_form("+CFTPSLOGIN", host, port, user, Secret(password), arguments=names)
        return _asked(text, "+CFTPSLOGIN")

    def logout_command(self) -> Command:
        """Log out."""
        return _asked(execute_form("+CFTPSLOGOUT"), "+CFTPSLOGOUT")

    def directory_command(self) -> Command:
        """Ask for the current directory."""
        return Command(execute_form("+CFTPSPWD"), _spellings("+CFTPSPWD"), timeout=_STEP)

    def read_directory(self, response: Response) -> str | None:
        """Read it."""
        for line in response.info:
            if line.fields and line.fields[0].quoted:
                return line.string(0)
        return None

    def path_commands(self, what: str, path: str) -> tuple[Command, ...]:
        """Do something with a path."""
        return tuple(
            _asked(write_form(name, path, arguments=("path",)), name) for name in _NAMES[what]
        )

    def type_command(self, kind: str) -> Command:
        """Choose the type."""
        return _asked(write_form("+CFTPSTYPE", Bare(kind)), "+CFTPSTYPE")

    def list_command(self, path: str | None) -> Command:
        """List a directory."""
        if path is None:
            return _begun(execute_form("+CFTPSLIST"), "+CFTPSLIST")
        return _begun(write_form("+CFTPSLIST", path, arguments=("path",)), "+CFTPSLIST")

    def get_command(self, path: str) -> Command:
        """Fetch a file."""
        return _begun(write_form("+CFTPSGET", path, arguments=("remote",)), "+CFTPSGET")

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
        return _begun(execute_form("+CFTPSPUT"), "+CFTPSPUT")

    def file_command(self, way: str, folder: int, path: str) -> Command:
        """Move a file of the module."""
        name = "+CFTPSGETFILE" if way == "get" else "+CFTPSPUTFILE"
        return _begun(write_form(name, folder, path, arguments=("folder", "remote")), name)

    def refusal(self, response: Response) -> int | None:
        """Give the code."""
        for line in response.lines:
            if _code(line):
                return parse_info(line).integer(0)
        return None
