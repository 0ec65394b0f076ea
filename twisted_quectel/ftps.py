"""FTPS by a module: files on a server, over the air, without a TLS stack on the host.

SIM52xx SSL Application Note v0.01, chapter 3.  Explicit FTPS; the module verifies nobody, so
that the server, and whoever is in between, learns the password: see the security page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from io import BytesIO
from typing import Any, BinaryIO, ClassVar, Final, NoReturn, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.python.failure import Failure

from .arguments import read_choice, read_host, read_integer, read_port, read_text, read_timeout
from .at import InvalidValue
from .endpoints import check_modem
from .errors import FTPSFailed, ModemTimeout
from .ftpfiles import EMPTY, Pieces, Progress, Source, appearing, nobody, opened, taking
from .ftplist import FTPEntry, parse_list
from .modem import Modem
from .modem.ftps import Login, log_in
from .tables.ftps import FTP_FOLDERS
from .tables.lte import PDP_IDS

__all__ = ["FTPEntry", "ModuleFTPS", "parse_list"]

#: Explicit FTPS begins on the port of FTP; the note's example has the port of the implicit one.
PORT: Final = 21
#: Seconds for a login: what the module gives itself to connect (chapter 3.16).
TIMEOUT: Final = 120.0
#: Bytes that a get into memory may bring, unless more is allowed.
MEMORY: Final = 16 << 20
_LONGEST: Final = 255
_T = TypeVar("_T")


class _Putting(Deferred[None]):
    """A put; it can be cancelled by its own progress, in whose time nothing is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.given_up = False
        self._work: Deferred[None] | None = None

    def follow(self, work: Deferred[None]) -> None:
        """Fire with this."""
        self._work = work
        work.chainDeferred(self)

    def cancel(self) -> None:
        """Give it up."""
        self.given_up = True
        if self._work is not None:
            self._work.cancel()

    def tell(self, progress: Progress, done: int, total: int | None) -> None:
        """Tell of it; a put that is given up by that ends."""
        progress(done, total)
        if self.given_up:
            raise CancelledError


class ModuleFTPS:
    """A client of one FTPS server.  One thing is done after the other, however much is asked.

    Each method gives a Deferred that fails with L{FTPSFailed<twisted_quectel.FTPSFailed>}, or
    with another L{ModemError<twisted_quectel.ModemError>}.  To cancel a transfer ends the login.

    @cvar LONGEST_LIST: bytes of the longest list.
    """

    LONGEST_LIST: ClassVar[int] = 1 << 20

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
        timeout: float = TIMEOUT,
    ) -> None:
        """
        @param modem: whose FTPS it is.
        @param host: name or IP literal of the server.
        @param port: 1-65535.
        @param user: at most 255 characters.
        @param password: likewise; it is never shown.
        @param pdp: the PDP context; L{None}: the modem's.
        @param busy: C{wait} or C{fail} when another stack of the module is in use.
        @param timeout: seconds for a login, with all that it waits for.
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
        self._timeout = read_timeout("timeout", timeout)
        self._stage = ""
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
        """Log in; transfers are binary from then on.

        It fails with L{ModemBusyError<twisted_quectel.errors.ModemBusyError>} where something
        else is in use and C{busy} is C{fail}, and with
        L{ModemTimeout<twisted_quectel.errors.ModemTimeout>} after C{timeout}.
        """
        return self._one_by_one(self._log_in)

    async def _log_in(self) -> None:
        if self.logged_in:
            raise FTPSFailed(f"{self.host}: logged in already")
        logging_in = Deferred.fromCoroutine(self._in_time())
        logging_in.addTimeout(self._timeout, self.modem.reactor, self._late)
        self._login = await logging_in

    async def _in_time(self) -> Login:
        self._stage = "bringing the modem up"
        session = await self.modem.session()
        self._stage = "the network, and the answer of the server"
        return await log_in(
            session, self._pdp, self.host, self.port, self._user, self._password, self._wait
        )

    def _late(self, result: object, seconds: float) -> NoReturn:
        if self.modem.obstacle is not None:
            raise self.modem.obstacle
        problem = result.value if isinstance(result, Failure) else result
        why = str(problem) if isinstance(problem, CancelledError) else ""
        raise ModemTimeout(
            f"{self.host}: not logged in within {seconds:g} s; what took so long: "
            f"{why or self._stage}",
            trace=self.modem.last_lines(),
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
        """List a directory, the current one without a path.

        A list of more than L{LONGEST_LIST} bytes ends the login.
        """
        checked = None if path is None else _read_path("path", path)

        async def ask(login: Login, dialect: Any) -> list[FTPEntry]:
            came = bytearray()
            take = taking(came.extend, nobody, "the list", self.LONGEST_LIST)
            await login.transfer(dialect.list_command(checked), "+CFTPSLIST", take)
            return parse_list(bytes(came))

        return self._with_login(ask)

    # -- transfers

    def get(
        self,
        remote: str,
        to: str | os.PathLike[str] | BinaryIO | None = None,
        progress: Progress = nobody,
        limit: int | None = None,
    ) -> Deferred[bytes]:
        """Fetch a file.

        It fails with L{OSError} where C{to} cannot be written.

        @param to: where it goes: a path, which appears when all of it has come, or an open
            file; L{None}: into memory.
        @param progress: told the bytes that came; how many there are, the module does not say.
        @param limit: bytes of the most that is taken; more ends the login.  L{None}: 16 MiB into
            memory, any number else.
        @return: fires with the content, where it is for memory; else with C{b""}.
        """
        checked = _read_path("remote", remote)
        most = MEMORY if limit is None and to is None else limit

        async def fetch(login: Login, dialect: Any, file: BinaryIO) -> None:
            take = taking(file.write, progress, checked, most, "limit allows more")
            await login.transfer(dialect.get_command(checked), "+CFTPSGET", take)

        async def ask(login: Login, dialect: Any) -> bytes:
            if to is None:
                memory = BytesIO()
                await fetch(login, dialect, memory)
                return memory.getvalue()
            if isinstance(to, (str, os.PathLike)):
                with appearing(os.fspath(to)) as file:
                    await fetch(login, dialect, file)
            else:
                await fetch(login, dialect, to)
            return b""

        return self._with_login(ask)

    def put(self, remote: str, source: Source, progress: Progress = nobody) -> Deferred[None]:
        """Send a file.  An empty one cannot be sent: the module has no command for it.

        It fails with L{InvalidValue} if there is nothing to send, or the file cannot be opened;
        with L{OSError} if it cannot be read to its end, which ends the login.

        @param source: its content, its path, or a file that is open in binary mode.
        @param progress: told the bytes that the module has taken, and how many there are.
        @raise InvalidValue: if the content is empty.
        """
        checked = _read_path("remote", remote)
        if isinstance(source, (bytearray, memoryview)):
            source = bytes(source)  # as it is now
        if isinstance(source, bytes) and not source:
            raise InvalidValue("source", EMPTY)
        if not isinstance(source, (bytes, str, os.PathLike)) and not hasattr(source, "read"):
            raise InvalidValue("source", "must be bytes, a path, or an open file")

        putting = _Putting()

        async def ask(login: Login, dialect: Any) -> None:
            with opened(source) as file:
                pieces = Pieces(file, dialect.longest)
                done = 0

                def sent(count: int) -> None:
                    nonlocal done
                    done += count
                    putting.tell(progress, done, pieces.total)

                await login.put(checked, iter(pieces), sent)

        putting.follow(self._with_login(ask))
        return putting

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
