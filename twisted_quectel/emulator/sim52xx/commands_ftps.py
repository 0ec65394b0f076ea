"""FTPS (SIM52xx SSL Application Note v0.01, chapter 3)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred

from ...tables.sim52xx import FTP_FOLDERS, FTP_SECURITY, FTP_TYPES, PORTS, SEND_LENGTHS
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from ..verdicts import VerdictKind
from .ftpclient import FTPFailed, Security
from .ftps import BUSY
from .ftptransfers import Put
from .stacks import MAX_ADDRESS, Stack, acquire, body_of, executes

if TYPE_CHECKING:
    from .module import SIM52xxModule

FTPS: Final = CommandSet["SIM52xxModule"]()

#: Longest user, password and path, in bytes.
_LONGEST: Final = 255
#: What the note calls them elsewhere, with the quirk C{cftp_aliases}.
_ALIASES: Final = ("+CFTPLOGIN", "+CFTPGET", "+CFTPGETFILE", "+CFTPSSLIST")


def _exists(call: Call[SIM52xxModule]) -> bool:
    """Tell whether a command's spelling is one that the firmware has."""
    quirks = call.module.quirks
    if call.name in _ALIASES:
        return "cftp_aliases" in quirks
    if call.name in ("+CFTPSDEL", "+CFTPSDELE"):
        return (call.name == "+CFTPSDELE") is ("cftpsdele" in quirks)
    return True


def _refused(call: Call[SIM52xxModule], failure: FTPFailed) -> Outcome:
    """Say why, as hardware does, and end in C{ERROR}."""
    call.info(f"{call.name}: {failure.code}")
    return ERROR


def _done(call: Call[SIM52xxModule], behind: bool = False) -> Outcome:
    """End in C{OK}.

    @param behind: whether newer firmware reports the result behind it.
    """
    module, line = call.module, f"{call.name}: 0"
    if "ftps_results" in module.quirks:
        if behind:
            call.port.interpreter.after(lambda: module.urc(line))
        else:
            call.info(line)
    return OK


async def _ask(
    call: Call[SIM52xxModule], ask: Callable[[], Coroutine[Deferred[Any], Any, Any]]
) -> Outcome:
    """Have the server do something, and answer with what comes of it."""
    service = call.module.ftps
    try:
        await service.ask(ask())
    except FTPFailed as e:
        return _refused(call, e)
    return _done(call)


def _path(call: Call[SIM52xxModule], index: int) -> str | None:
    """Give a path; L{None} for what is none."""
    path = call.string(index, _LONGEST)
    return path if path and _is_text(path) else None


def _is_text(text: str) -> bool:
    """Tell what can stand on a line of FTP: C{ATS3} can let a CR into a command line."""
    return all(character >= " " for character in text)


# the stack


@FTPS.add("+CFTPSSTART")
async def cftpsstart(call: Call[SIM52xxModule]) -> Outcome:
    """Acquire the stack (3.1)."""
    if call.form is Form.TEST:
        return OK
    if not executes(call) or not await acquire(call.module, Stack.FTPS):
        return ERROR
    return _done(call)


@FTPS.add("+CFTPSSTOP")
async def cftpsstop(call: Call[SIM52xxModule]) -> Outcome:
    """Release the stack; a login that is left goes with it (3.15)."""
    module = call.module
    if call.form is Form.TEST:
        return OK
    if not executes(call) or module.stack is not Stack.FTPS:
        return ERROR
    if module.ftps.logged_in:
        await module.ftps.logout()
    module.stack = Stack.NONE
    return _done(call)


@FTPS.add("+CFTPSLOGIN", "+CFTPLOGIN", most=5)
async def cftpslogin(call: Call[SIM52xxModule]) -> Outcome:
    """Log in (3.2): explicit FTPS."""
    module = call.module
    if not _exists(call):
        return ERROR
    typed = "cftpslogin_type" in module.quirks
    if call.form is Form.TEST:
        more = f",({FTP_SECURITY[0]}-{FTP_SECURITY[-1]})" if typed else ""
        call.info(f"{call.name}: <host>,({PORTS[0]}-{PORTS[-1]}),<user>,<password>{more}")
        return OK
    host = call.string(0, MAX_ADDRESS)
    remote = call.integer(1, PORTS)
    user, password = call.string(2, _LONGEST), call.string(3, _LONGEST)
    security = call.integer(4, FTP_SECURITY, Security.AUTH_TLS)
    if (
        call.form is not Form.WRITE
        or not host
        or remote is None
        or user is None
        or password is None
        or security is None
        or not _is_text(user + password)
        or (len(call.fields) > 4 and not typed)
    ):
        return ERROR
    service = module.ftps
    if module.stack is not Stack.FTPS or service.logged_in:
        return ERROR
    for hook in module.hooks:
        if hook.on_open(call):
            return ERROR
    try:
        await service.ask(service.login(host, remote, user, password, Security(security)))
    except FTPFailed as e:
        return _refused(call, e)
    return _done(call, behind=True)


@FTPS.add("+CFTPSLOGOUT")
async def cftpslogout(call: Call[SIM52xxModule]) -> Outcome:
    """Log out (3.14); what goes on is given up."""
    if call.form is Form.TEST:
        return OK
    if not executes(call) or call.module.stack is not Stack.FTPS:
        return ERROR
    try:
        await call.module.ftps.logout()
    except FTPFailed as e:
        return _refused(call, e)
    return _done(call, behind=True)


# directories and files


@FTPS.add("+CFTPSPWD")
async def cftpspwd(call: Call[SIM52xxModule]) -> Outcome:
    """Tell the current directory (3.3)."""
    service = call.module.ftps
    if call.form is Form.TEST:
        return OK
    if not executes(call):
        return ERROR
    try:
        directory = await service.ask(service.client.directory())
    except FTPFailed as e:
        return _refused(call, e)
    blank = "" if "lenient_spaces" in call.module.quirks else " "
    call.info(f'+CFTPSPWD:{blank}"{directory}"')
    return OK


@FTPS.add("+CFTPSCWD", "+CFTPSMKD", "+CFTPSRMD", "+CFTPSDEL", "+CFTPSDELE", most=1)
async def cftpspath(call: Call[SIM52xxModule]) -> Outcome:
    """Change, make and remove directories, delete files (3.4 to 3.7)."""
    service = call.module.ftps
    if not _exists(call):
        return ERROR
    if call.form is Form.TEST:
        return OK
    path = _path(call, 0)
    if call.form is not Form.WRITE or path is None:
        return ERROR
    verb = call.name.removeprefix("+CFTPS").replace("DELE", "DEL").replace("DEL", "DELE")

    async def ask() -> None:
        await service.client.done(f"{verb} {path}")

    return await _ask(call, ask)


@FTPS.add("+CFTPSTYPE", most=1)
async def cftpstype(call: Call[SIM52xxModule]) -> Outcome:
    """Set or tell the type of transfers (3.8): A is text, I is binary."""
    module, service = call.module, call.module.ftps
    if call.form is Form.TEST:
        call.info(f"+CFTPSTYPE: ({','.join(FTP_TYPES)})")
        return OK
    if call.form is Form.READ:
        call.info(f"+CFTPSTYPE: {service.kind}")
        return OK
    if call.form is not Form.WRITE or not call.fields:
        return ERROR
    kind = call.fields[0].string().upper()
    if "cftpstype_digit" in module.quirks and kind in ("0", "1"):
        kind = FTP_TYPES[int(kind)]
    if kind not in FTP_TYPES or call.fields[0].quoted:
        return ERROR

    async def ask() -> None:
        await service.client.done(f"TYPE {kind}")
        service.kind = kind

    return await _ask(call, ask)


# transfers


def _transfer(
    call: Call[SIM52xxModule], begin: Callable[[], Coroutine[Deferred[Any], Any, None]]
) -> Outcome:
    """Answer C{OK} and let a transfer go on, if it can."""
    service, name = call.module.ftps, call.name
    refused = _unready(call)
    if refused is not None:
        return refused
    call.port.interpreter.after(lambda: service.run(name, begin()))
    return OK


def _unready(call: Call[SIM52xxModule]) -> Outcome | None:
    """Give the final result of a command for which the stack is not ready."""
    try:
        if not call.module.ftps.client or call.module.ftps.busy:
            raise FTPFailed(BUSY, "a transfer goes on")
    except FTPFailed as e:
        return _refused(call, e)
    return None


@FTPS.add("+CFTPSLIST", "+CFTPSSLIST", most=1)
def cftpslist(call: Call[SIM52xxModule]) -> Outcome:
    """List a directory, the current one without a name (3.9)."""
    module, port, name = call.module, call.port, call.name
    if not _exists(call):
        return ERROR
    if call.form is Form.TEST:
        return OK
    path = _path(call, 0) if call.form is Form.WRITE else ""
    if call.form is Form.READ or path is None:
        return ERROR
    line = f"LIST {path}".rstrip(" ")

    def header(length: int) -> str:
        return module.data_line(f"{name}: DATA,{length}")

    return _transfer(call, lambda: module.ftps.tell(line, header, port))


@FTPS.add("+CFTPSGET", "+CFTPGET", most=1)
def cftpsget(call: Call[SIM52xxModule]) -> Outcome:
    """Tell a file of the server to the host (3.13)."""
    module, port, name = call.module, call.port, call.name
    if not _exists(call):
        return ERROR
    if call.form is Form.TEST:
        return OK
    path = _path(call, 0)
    if call.form is not Form.WRITE or path is None:
        return ERROR
    pieces = 0

    def header(length: int) -> str:
        nonlocal pieces
        pieces += 1
        if pieces > 1 and "cftpsget_later_pieces" in module.quirks:
            return f"{name}:DATA, {length}"
        return f"{name}: DATA, {length},"

    return _transfer(call, lambda: module.ftps.tell(f"RETR {path}", header, port))


@FTPS.add("+CFTPSGETFILE", "+CFTPGETFILE", "+CFTPSPUTFILE", most=2)
def cftpsfile(call: Call[SIM52xxModule]) -> Outcome:
    """Move a file between the server and the module's own file system (3.10, 3.12)."""
    module, name = call.module, call.name
    if not _exists(call):
        return ERROR
    folders = list(FTP_FOLDERS)
    if call.form is Form.TEST:
        call.info(f"{name}: ({','.join(str(number) for number in folders)}),<file>")
        return OK
    folder = call.integer(0, range(folders[-1] + 1))
    remote = _path(call, 1)
    if call.form is not Form.WRITE or folder is None or remote is None:
        return ERROR
    if folder not in FTP_FOLDERS:
        return ERROR
    path = module.files.path(f"{FTP_FOLDERS[folder]}\\{remote.rpartition('/')[2]}")
    if path is None:
        return ERROR
    if name != "+CFTPSPUTFILE":
        return _transfer(call, lambda: module.ftps.get_file(remote, path))
    content = module.files.content(path)
    if content is None:
        return ERROR
    refused = _unready(call)
    if refused is not None:
        return refused
    call.port.interpreter.after(lambda: module.ftps.put_file(name, remote, content))
    return OK


@FTPS.add("+CFTPSPUT", most=2)
async def cftpsput(call: Call[SIM52xxModule]) -> Outcome:
    """Take a file from the host piece by piece, commit it, tell what waits (3.11)."""
    module, service = call.module, call.module.ftps
    if call.form is Form.TEST:
        call.info(f"+CFTPSPUT: <file>,({SEND_LENGTHS[0]}-{SEND_LENGTHS[-1]})")
        return OK
    put = service.put if service.put is not None and service.put.name == call.name else None
    if call.form is Form.READ:
        if module.stack is not Stack.FTPS:
            return ERROR
        call.info(f"+CFTPSPUT: {put.cache.pending() if put else 0}")
        return OK
    if call.form is Form.EXECUTE:
        if put is None or put.committed:
            return ERROR
        call.port.interpreter.after(put.commit)
        return OK
    first = bool(call.fields) and call.fields[0].quoted
    length = call.integer(1 if first else 0, SEND_LENGTHS)
    if length is None:
        text = call.raw.decode("latin-1")
        module.judge(VerdictKind.SEND_BEYOND_LIMIT, f"AT+CFTPSPUT={text}")
        return ERROR
    if first:
        path = _path(call, 0)
        if path is None:
            return ERROR
        refused = _unready(call)
        if refused is not None:
            return refused
        put = service.put = Put(service, call.name, path, module.settings.send_limit)
    elif put is None or put.committed or len(call.fields) > 1:
        return ERROR
    if put.cache.fits(length):
        body = await body_of(call, length)
    else:
        body = ERROR
    if isinstance(body, Outcome):
        if first and service.put is put:
            service.put = None  # nothing of it has come
        return body
    if service.put is not put:
        return ERROR  # it has ended meanwhile
    put.cache.add(body)
    return OK
