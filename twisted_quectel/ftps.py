"""FTPS by a module: files on a server, over the air, without a TLS stack on the host.

SIM52xx SSL Application Note v0.01, chapter 3.  Explicit FTPS; the module verifies nobody, so
that the server, and whoever is in between, learns the password: see the security page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, Final, TypeVar

from twisted.internet.defer import Deferred, DeferredLock

from .arguments import read_choice, read_host, read_integer, read_port, read_text
from .at import InvalidValue
from .endpoints import check_modem
from .errors import FTPSFailed
from .modem import Modem
from .modem.ftps import Login, log_in
from .tables.ftps import FTP_FOLDERS
from .tables.lte import PDP_IDS

__all__ = ["FTPEntry", "ModuleFTPS", "parse_list"]

#: Explicit FTPS begins on the port of FTP; the note's example has the port of the implicit one.
PORT: Final = 21
_LONGEST: Final = 255
_UNIX: Final = re.compile(
    r"([a-z-])([rwxsStT-]{9})[+.@]? +(\d+) +(\S+) +(\S+) +(\d+) +"
    r"([A-Za-z]{3} +\d{1,2} +(?:\d{4}|\d{1,2}:\d\d)) (.+)"
)
_DOS: Final = re.compile(r"(\d\d-\d\d-\d{2,4} +\d\d:\d\d[AP]?M?) +(<DIR>|\d+) +(.+)")

#: Told about a transfer: bytes done, and bytes in all, where that is known.
Progress = Callable[[int, int | None], None]
_T = TypeVar("_T")


@dataclass(frozen=True)
class FTPEntry:
    """One line of a list.

    @ivar raw: the line as the server has it.
    @ivar name: of the file or directory; the whole line where that is of no known form.
    @ivar size: in bytes; L{None} if it is not told.
    @ivar is_directory: L{None} if it is not told.
    @ivar permissions: such as C{rw-rw-rw-}; empty if they are not told.
    @ivar owner: and C{group}: likewise.
    @ivar modified: as the server writes it.
    """

    raw: str
    name: str
    size: int | None = None
    is_directory: bool | None = None
    permissions: str = ""
    owner: str = ""
    group: str = ""
    modified: str = ""


def parse_list(data: bytes) -> list[FTPEntry]:
    """Take a list apart: in the form of Unix, or of Windows; what is neither is kept raw."""
    return [_parse_line(line) for line in data.decode("utf-8", "replace").splitlines() if line]


def _parse_line(line: str) -> FTPEntry:
    match = _UNIX.fullmatch(line)
    if match is not None:
        kind, permissions, _, owner, group, size, modified, name = match.groups()
        if kind == "l":
            name = name.partition(" -> ")[0]
        return FTPEntry(line, name, int(size), kind == "d", permissions, owner, group, modified)
    match = _DOS.fullmatch(line)
    if match is not None:
        modified, what, name = match.groups()
        folder = what == "<DIR>"
        return FTPEntry(line, name, None if folder else int(what), folder, modified=modified)
    return FTPEntry(line, line)


def _nobody(done: int, total: int | None) -> None:
    """Told by nobody's wish."""


class ModuleFTPS:
    """A client of one FTPS server.  One thing is done after the other, however much is asked.

    Each method gives a Deferred that fails with L{FTPSFailed<twisted_quectel.FTPSFailed>}, or
    with another L{ModemError<twisted_quectel.ModemError>}.  To cancel a transfer ends the login.
    """

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int = PORT,
        *,
        user: str,
        password: str,
        pdp: int | None = None,
        busy: str = "wait",
    ) -> None:
        """
        @param modem: whose FTPS it is.
        @param host: name or IP literal of the server.
        @param port: 1-65535.
        @param user: at most 255 characters.
        @param password: likewise; it is never shown.
        @param pdp: the PDP context; L{None}: the modem's.
        @param busy: C{wait} or C{fail} when another stack of the module is in use.
        @raise InvalidValue: if something is out of range.
        """
        self.modem = check_modem(modem)
        self.host = read_host("host", host)
        self.port = read_port("port", port)
        self._user = read_text("user", user, _LONGEST)
        self._password = read_text("password", password, _LONGEST, secret=True)
        self._pdp = (
            modem.profile.pdp if pdp is None else read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1])
        )
        self._wait = read_choice("busy", busy, ("wait", "fail")) == "wait"
        self._login: Login | None = None
        self._lock = DeferredLock()

    def __repr__(self) -> str:
        return f"<ModuleFTPS {self.host}:{self.port} by {self.modem.profile.name}>"

    @property
    def logged_in(self) -> bool:
        """Whether there is a login that is not known to have ended."""
        return self._login is not None and self._login.over is None

    # -- the login

    def login(self) -> Deferred[None]:
        """Log in; transfers are binary from then on."""
        return self._one_by_one(self._log_in)

    async def _log_in(self) -> None:
        if self.logged_in:
            raise FTPSFailed(f"{self.host}: logged in already")
        session = await self.modem.session()
        self._login = await log_in(
            session, self._pdp, self.host, self.port, self._user, self._password, self._wait
        )

    def logout(self) -> Deferred[None]:
        """Log out, and release the stack; not to be logged in is no error."""
        return self._one_by_one(self._log_out)

    async def _log_out(self) -> None:
        login, self._login = self._login, None
        if login is not None:
            await login.log_out()

    # -- directories and files

    def pwd(self) -> Deferred[str]:
        """Ask for the current directory."""

        async def ask(login: Login, dialect: Any) -> str:
            response = await login.ask(dialect.directory_command())
            directory = dialect.read_directory(response)
            if directory is None:
                raise FTPSFailed("the module did not tell the directory", command="AT+CFTPSPWD")
            return str(directory)

        return self._with_login(ask)

    def cwd(self, path: str) -> Deferred[None]:
        """Change the current directory."""
        return self._path("cwd", path)

    def mkd(self, path: str) -> Deferred[None]:
        """Make a directory."""
        return self._path("mkd", path)

    def rmd(self, path: str) -> Deferred[None]:
        """Remove a directory, which has to be empty."""
        return self._path("rmd", path)

    def delete(self, path: str) -> Deferred[None]:
        """Delete a file."""
        return self._path("delete", path)

    def _path(self, what: str, path: str) -> Deferred[None]:
        checked = _read_path("path", path)

        async def ask(login: Login, dialect: Any) -> None:
            await login.ask(*dialect.path_commands(what, checked))

        return self._with_login(ask)

    def type(self, kind: str) -> Deferred[None]:
        """Choose how files are transferred.

        @param kind: C{A}, text, or C{I}, binary, which is exact.
        """
        checked = read_choice("kind", kind, ("A", "I"))

        async def ask(login: Login, dialect: Any) -> None:
            await login.ask(dialect.type_command(checked))

        return self._with_login(ask)

    def list(self, path: str | None = None) -> Deferred[list[FTPEntry]]:
        """List a directory, the current one without a path."""
        checked = None if path is None else _read_path("path", path)

        async def ask(login: Login, dialect: Any) -> list[FTPEntry]:
            came = bytearray()
            await login.transfer(dialect.list_command(checked), "+CFTPSLIST", came.extend)
            return parse_list(bytes(came))

        return self._with_login(ask)

    # -- transfers

    def get(
        self,
        remote: str,
        to: str | os.PathLike[str] | BinaryIO | None = None,
        progress: Progress = _nobody,
    ) -> Deferred[bytes]:
        """Fetch a file.

        @param to: where it goes: a path, which appears when all of it has come, or an open
            file; L{None}: into memory.
        @param progress: told the bytes that came; how many there are, the module does not say.
        @return: fires with the content, where it is for memory; else with C{b""}.
        """
        checked = _read_path("remote", remote)

        async def ask(login: Login, dialect: Any) -> bytes:
            command = dialect.get_command(checked)
            if to is None:
                memory = BytesIO()
                await login.transfer(command, "+CFTPSGET", _taking(memory, progress))
                return memory.getvalue()
            if not isinstance(to, (str, os.PathLike)):
                await login.transfer(command, "+CFTPSGET", _taking(to, progress))
                return b""
            path = os.fspath(to)
            part = f"{path}.part-{os.getpid()}"
            with open(part, "xb") as file:
                try:
                    await login.transfer(command, "+CFTPSGET", _taking(file, progress))
                    file.flush()
                    os.replace(part, path)
                except BaseException:
                    with suppress(FileNotFoundError):
                        os.unlink(part)
                    raise
            return b""

        return self._with_login(ask)

    def put(
        self,
        remote: str,
        source: bytes | str | os.PathLike[str] | BinaryIO,
        progress: Progress = _nobody,
    ) -> Deferred[None]:
        """Send a file.  An empty one cannot be sent: the module has no command for it.

        @param source: its content, its path, or an open file.
        @param progress: told the bytes that the module has taken, and how many there are.
        @raise InvalidValue: if there is nothing to send, or the file cannot be read.
        """
        checked = _read_path("remote", remote)

        async def ask(login: Login, dialect: Any) -> None:
            if isinstance(source, bytes):
                await _send(login, checked, BytesIO(source), dialect.longest, progress)
            elif isinstance(source, (str, os.PathLike)):
                with open(source, "rb") as file:
                    await _send(login, checked, file, dialect.longest, progress)
            else:
                await _send(login, checked, source, dialect.longest, progress)

        if isinstance(source, bytes) and not source:
            raise InvalidValue("source", "is empty, and the module has no way to send that")
        return self._with_login(ask)

    def get_to_module(self, remote: str, folder: int = 1) -> Deferred[None]:
        """Fetch a file into the module's own file system.

        @param folder: 1: C{C:\\Picture}.
        """
        return self._file("get", remote, folder)

    def put_from_module(self, remote: str, folder: int = 1) -> Deferred[None]:
        """Send a file of the module's own file system."""
        return self._file("put", remote, folder)

    def _file(self, way: str, remote: str, folder: int) -> Deferred[None]:
        checked = _read_path("remote", remote)
        numbers = sorted(FTP_FOLDERS)
        place = read_integer("folder", folder, numbers[0], numbers[-1])
        name = f"+CFTPS{way.upper()}FILE"

        async def ask(login: Login, dialect: Any) -> None:
            await login.transfer(dialect.file_command(way, place, checked), name)

        return self._with_login(ask)

    # -- one thing after the other

    def _with_login(
        self, ask: Callable[[Login, Any], Coroutine[Deferred[Any], Any, _T]]
    ) -> Deferred[_T]:
        async def asked() -> _T:
            login = self._login
            if login is None:
                raise FTPSFailed(f"{self.host}: not logged in; call login() first")
            login.check()
            return await ask(login, login.dialect)

        return self._one_by_one(asked)

    def _one_by_one(self, work: Callable[[], Coroutine[Deferred[Any], Any, _T]]) -> Deferred[_T]:
        async def alone() -> _T:
            await self._lock.acquire()
            try:
                return await work()
            finally:
                self._lock.release()

        return Deferred.fromCoroutine(alone())


def _read_path(argument: str, path: object) -> str:
    return read_text(argument, path, _LONGEST, 1)


def _taking(file: BinaryIO, progress: Progress) -> Callable[[bytes], None]:
    """Give what writes down what comes."""
    done = 0

    def take(data: bytes) -> None:
        nonlocal done
        file.write(data)
        done += len(data)
        progress(done, None)

    return take


async def _send(
    login: Login, remote: str, file: BinaryIO, longest: int, progress: Progress
) -> None:
    first = file.read(longest)
    if not first:
        raise InvalidValue("source", "is empty, and the module has no way to send that")
    total = None
    with suppress(OSError, AttributeError):
        position = file.tell()
        total = len(first) + file.seek(0, os.SEEK_END) - position
        file.seek(position)
    done = 0

    def sent(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    def pieces() -> Iterator[bytes]:
        piece = first
        while piece:
            yield piece
            piece = file.read(longest)

    await login.put(remote, pieces(), sent)
