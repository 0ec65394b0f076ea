"""The file commands (FILE AT Commands Manual)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred

from . import files
from .commands import CONNECT, ERROR, OK, Call, CommandSet, Form, Handler, Outcome, cme
from .files import FileError
from .verdicts import VerdictKind

if TYPE_CHECKING:
    from .module import LTEModule

FILES: Final = CommandSet["LTEModule"](refusal=cme(files.INVALID_INPUT))

DEFAULT_UPLOAD: Final = 10240
DEFAULT_TIMEOUT: Final = 5
_SIZES: Final = range(1, 1 << 31)
_TIMEOUTS: Final = range(1, 65536)

_Sync = Callable[["Call[LTEModule]"], Outcome]
_Async = Callable[["Call[LTEModule]"], Coroutine["Deferred[Any]", Any, Outcome]]


def _guarded(handler: _Sync) -> Handler[LTEModule]:
    """Answer a L{FileError} with its C{+CME ERROR}."""

    @wraps(handler)
    def run(call: Call[LTEModule]) -> Outcome:
        try:
            return handler(call)
        except FileError as e:
            return cme(e.number)

    return run


def _guarded_async(handler: _Async) -> Handler[LTEModule]:
    """Answer a L{FileError} with its C{+CME ERROR}."""

    @wraps(handler)
    async def run(call: Call[LTEModule]) -> Outcome:
        try:
            return await handler(call)
        except FileError as e:
            return cme(e.number)

    return run


def _name(call: Call[LTEModule], index: int = 0) -> str:
    name = call.string(index, files.MAX_NAME + 4)
    if not name:
        raise FileError(files.INVALID_INPUT)
    return name


def _number(call: Call[LTEModule], index: int, allowed: range, default: int | None = None) -> int:
    number = call.integer(index, allowed, default)
    if number is None:
        raise FileError(files.INVALID_INPUT)
    return number


@FILES.add("+QFUPL", most=4)
@_guarded_async
async def qfupl(call: Call[LTEModule]) -> Outcome:
    """Upload a file."""
    if call.form is Form.TEST:
        call.info("+QFUPL: <filename>[,(1-<freesize>)[,(1-65535)[,(0,1)]]]")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    name = _name(call)
    size = _number(call, 1, _SIZES, DEFAULT_UPLOAD)
    timeout = _number(call, 2, _TIMEOUTS, DEFAULT_TIMEOUT)
    ack = _number(call, 3, range(2), 0)
    store = call.module.files
    claim = store.claim_new(name, size)
    try:
        result = await call.port.interpreter.upload(size, float(timeout), bool(ack))
    finally:
        store.release(claim)
    store.store(claim.path, result.data)
    if result.escaped:
        call.module.judge(VerdictKind.ESCAPE_IN_UPLOAD, f"after {len(result.data)} of {size} bytes")
    call.info(f"+QFUPL: {len(result.data)},{files.checksum(result.data)}")
    if result.timed_out:
        if not result.lossy:
            call.module.judge(VerdictKind.SHORT_UPLOAD, f"{len(result.data)} of {size} bytes")
        return cme(files.TIMED_OUT)
    call.module.tls.forget()
    return OK


@FILES.add("+QFLST", most=1)
@_guarded
def qflst(call: Call[LTEModule]) -> Outcome:
    """List files."""
    if call.form is Form.TEST:
        return OK
    if call.form is Form.READ:
        return ERROR
    pattern = _name(call) if call.form is Form.WRITE else "*"
    for path, size in call.module.files.matching(pattern):
        if "list_without_prefix" in call.module.quirks:
            path = path.removeprefix("UFS:")
        call.info(f'+QFLST: "{path}",{size}')
    return OK


@FILES.add("+QFLDS", most=1)
@_guarded
def qflds(call: Call[LTEModule]) -> Outcome:
    """Tell the free space of a storage."""
    if call.form is Form.TEST:
        call.info("+QFLDS: <name_pattern>")
        return OK
    if call.form is Form.READ:
        return ERROR
    free, total = call.module.files.space(_name(call) if call.form is Form.WRITE else "UFS")
    call.info(f"+QFLDS: {free},{total}")
    return OK


@FILES.add("+QFDEL", most=1)
@_guarded
def qfdel(call: Call[LTEModule]) -> Outcome:
    """Delete files."""
    if call.form is Form.TEST:
        call.info("+QFDEL: <filename>")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    call.module.files.delete(_name(call))
    call.module.tls.forget()
    return OK


@FILES.add("+QFDWL", most=1)
@_guarded
def qfdwl(call: Call[LTEModule]) -> Outcome:
    """Download a file."""
    if call.form is Form.TEST:
        call.info("+QFDWL: <filename>")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    data = call.module.files.content(files.normal(_name(call)))
    if data is None:
        raise FileError(files.NOT_FOUND)
    call.block(CONNECT.text, data)
    call.info(f"+QFDWL: {len(data)},{files.checksum(data)}")
    return OK


@FILES.add("+QFOPEN", most=2)
@_guarded
def qfopen(call: Call[LTEModule]) -> Outcome:
    """Open a file, or list the open ones."""
    store = call.module.files
    if call.form is Form.TEST:
        call.info("+QFOPEN: <filename>[,(0-2)]")
        return OK
    if call.form is Form.READ:
        for number, handle in store.opened():
            call.info(f'+QFOPEN: "{handle.path}",{number},{0 if handle.writable else 2}')
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    call.info(f"+QFOPEN: {store.open(_name(call), _number(call, 1, range(3), 0))}")
    return OK


@FILES.add("+QFREAD", most=2)
@_guarded
def qfread(call: Call[LTEModule]) -> Outcome:
    """Read from an open file."""
    if call.form is Form.TEST:
        call.info("+QFREAD: <filehandle>[,<length>]")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    handle = call.module.files.handle(call.integer(0, _SIZES))
    length = _number(call, 1, _SIZES) if len(call.fields) > 1 else None
    data = call.module.files.read(handle, length)
    call.block(f"CONNECT {len(data)}", data)
    return OK


@FILES.add("+QFWRITE", most=3)
@_guarded_async
async def qfwrite(call: Call[LTEModule]) -> Outcome:
    """Write into an open file."""
    store = call.module.files
    if call.form is Form.TEST:
        call.info("+QFWRITE: <filehandle>[,<length>[,<timeout>]]")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    handle = store.handle(call.integer(0, _SIZES))
    length = _number(call, 1, _SIZES, DEFAULT_UPLOAD)
    timeout = _number(call, 2, _TIMEOUTS, DEFAULT_TIMEOUT)
    claim = store.claim_room(handle, length)
    try:
        result = await call.port.interpreter.upload(length, float(timeout), False)
    finally:
        store.release(claim)
    store.write(handle, result.data)
    call.module.tls.forget()
    call.info(f"+QFWRITE: {len(result.data)},{store.size(handle)}")
    return cme(files.TIMED_OUT) if result.timed_out else OK


@FILES.add("+QFSEEK", most=3)
@_guarded
def qfseek(call: Call[LTEModule]) -> Outcome:
    """Move the position in an open file."""
    if call.form is Form.TEST:
        call.info("+QFSEEK: <filehandle>,<offset>[,(0-2)]")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    handle = call.module.files.handle(call.integer(0, _SIZES))
    offset = _number(call, 1, range(1 << 31))
    call.module.files.seek(handle, offset, _number(call, 2, range(3), 0))
    return OK


@FILES.add("+QFPOSITION", most=1)
@_guarded
def qfposition(call: Call[LTEModule]) -> Outcome:
    """Tell the position in an open file."""
    if call.form is Form.TEST:
        call.info("+QFPOSITION: <filehandle>")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    call.info(f"+QFPOSITION: {call.module.files.handle(call.integer(0, _SIZES)).position}")
    return OK


@FILES.add("+QFTUCAT", most=1)
@_guarded
def qftucat(call: Call[LTEModule]) -> Outcome:
    """Cut an open file off at its position."""
    if call.form is Form.TEST:
        call.info("+QFTUCAT: <filehandle>")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    call.module.files.truncate(call.module.files.handle(call.integer(0, _SIZES)))
    return OK


@FILES.add("+QFCLOSE", most=1)
@_guarded
def qfclose(call: Call[LTEModule]) -> Outcome:
    """Close a file."""
    if call.form is Form.TEST:
        call.info("+QFCLOSE: <filehandle>")
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    call.module.files.close(call.integer(0, _SIZES))
    return OK
