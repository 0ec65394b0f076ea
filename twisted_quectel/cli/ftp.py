"""C{quectel ftp}: files on an FTPS server, by the module's own FTPS."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import Namespace
from contextlib import AsyncExitStack
from typing import Any, Final

from ..at import InvalidValue
from ..ftps import FTPEntry, ModuleFTPS
from .modems import as_option, check_modem_options, modem_of
from .running import run, to_the_end
from .tracefile import open_trace
from .words import CommandError, UsageError, say

#: The variable that has the password.
VARIABLE: Final = "QUECTEL_FTP_PASSWORD"
#: How many paths each action has, at least and at most.
_PATHS: Final = {
    "ls": (0, 1),
    "get": (1, 2),
    "put": (1, 2),
    "rm": (1, 1),
    "mkdir": (1, 1),
    "rmdir": (1, 1),
    "pwd": (0, 0),
}
_NAMES: Final = {
    "host": "HOST[:PORT]",
    "port": "HOST[:PORT]",
    "path": "PATH",
    "remote": "PATH",
    "source": "PATH",
    "password": "--password-file",
}
#: Bytes after which a transfer is told about.
_STEP: Final = 1 << 16


def run_ftp(arguments: Namespace) -> int:
    """Do what is asked; give the exit status."""
    check_modem_options(arguments)
    least, most = _PATHS[arguments.action]
    if not least <= len(arguments.paths) <= most:
        wanted = str(least) if least == most else f"{least} or {most}"
        raise UsageError(f"PATH: {arguments.action} takes {wanted}, not {len(arguments.paths)}")
    if arguments.action == "put" and not os.path.isfile(arguments.paths[0]):
        raise UsageError(f"PATH: there is no file {arguments.paths[0]!r}")
    if arguments.action == "get":
        _check_local(_local_of(arguments.paths))
    password = _password(arguments)
    from twisted.internet import reactor

    return run(_ftp(reactor, arguments, password), reactor)


def _local_of(paths: list[str]) -> str:
    """Give where a file is to be."""
    return paths[1] if len(paths) > 1 else paths[0].rpartition("/")[2]


def _check_local(local: str) -> None:
    """Refuse what would fail only when all has come."""
    if not local:
        raise UsageError("PATH: give the local one too: the remote one ends in no name")
    if os.path.isdir(local):
        raise UsageError(f"PATH: {local!r} is a directory")
    if not os.path.isdir(os.path.dirname(local) or "."):
        raise UsageError(f"PATH: there is no directory {os.path.dirname(local)!r}")


def _password(arguments: Namespace) -> str:
    if arguments.password_file:
        try:
            with open(arguments.password_file, encoding="utf-8") as file:
                return file.readline().rstrip("\r\n")
        except (OSError, UnicodeError) as e:
            raise UsageError(f"--password-file: cannot be read: {e}") from None
    given = os.environ.get(VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise UsageError(f"--password-file: give it, or the password in ${VARIABLE}")
    return getpass.getpass(f"Password of {arguments.user}: ")


async def _ftp(reactor: Any, arguments: Namespace, password: str) -> int:
    async with AsyncExitStack() as stack:
        modem = modem_of(reactor, arguments)
        stack.push_async_callback(lambda: to_the_end(modem.close()))
        modem.trace_to(open_trace(arguments.trace, stack))
        host, port = arguments.server
        try:
            client = ModuleFTPS(modem, host, port, user=arguments.user, password=password)
            doing = _Doing(client, arguments)
            await client.login()
            stack.push_async_callback(lambda: to_the_end(client.logout()))
            await doing.do()
        except InvalidValue as e:
            raise UsageError(as_option(e, _NAMES)) from None
        except OSError as e:
            # one that tells no name is of the local file
            name = e.filename or arguments.paths[0 if arguments.action == "put" else -1]
            raise CommandError(f"{name}: {e.strerror or e}") from None
    return 0


class _Doing:
    """One action."""

    def __init__(self, client: ModuleFTPS, arguments: Namespace) -> None:
        self._client = client
        self._action: str = arguments.action
        self._paths: list[str] = arguments.paths
        self._progress: bool = arguments.progress
        self._told = 0

    async def do(self) -> None:
        """Do it."""
        client, paths = self._client, self._paths
        if self._action == "ls":
            for entry in await client.list(*paths):
                say(_shown(entry))
        elif self._action == "pwd":
            say(await client.pwd())
        elif self._action == "get":
            remote = paths[0]
            local = _local_of(paths)
            await client.get(remote, local, self._tell)
            say(f"{remote} is in {local}: {os.path.getsize(local)} bytes")
        elif self._action == "put":
            local = paths[0]
            remote = paths[1] if len(paths) > 1 else os.path.basename(local)
            await client.put(remote, local, self._tell)
            say(f"{local} was sent as {remote}: {os.path.getsize(local)} bytes")
        else:
            what = {"rm": client.delete, "mkdir": client.mkd, "rmdir": client.rmd}[self._action]
            await what(paths[0])

    def _tell(self, done: int, total: int | None) -> None:
        if self._progress and (done // _STEP > self._told // _STEP or done == total):
            say(f"  {done}{f' of {total}' if total is not None else ''} bytes")
        self._told = done


def _shown(entry: FTPEntry) -> str:
    """Give an entry as a line; what is no text does not reach the terminal."""
    return "".join(each if each.isprintable() else "?" for each in entry.raw)
