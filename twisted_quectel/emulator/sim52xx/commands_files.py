"""The file commands of SIM52xx modules (public drivers): how files come and go besides FTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome
from .efs import FOLDERS, ROOT
from .outlet import PIECE
from .stacks import body_of

if TYPE_CHECKING:
    from .module import SIM52xxModule

FILES: Final = CommandSet["SIM52xxModule"]()


def _path(call: Call[SIM52xxModule]) -> str | None:
    """Give the full name of the file that a command names, in quotes or without."""
    if call.form is not Form.WRITE or not call.fields:
        return None
    return call.module.files.path(call.fields[0].string())


@FILES.add("+FSCD", most=1)
def fscd(call: Call[SIM52xxModule]) -> Outcome:
    """Choose the current folder."""
    files = call.module.files
    if call.form is Form.TEST:
        return OK
    if call.form is Form.WRITE and call.fields:
        folder = files.folder(call.fields[0].string())
        if folder is None:
            return ERROR
        files.current = folder
    elif call.form is not Form.READ:
        return ERROR
    call.info(f"+FSCD: {files.current}")
    return OK


@FILES.add("+FSLS")
def fsls(call: Call[SIM52xxModule]) -> Outcome:
    """List the current folder."""
    files = call.module.files
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    if files.current == ROOT:
        call.info("+FSLS: SUBDIRECTORIES:")
        for folder in FOLDERS:
            call.info(folder.rpartition("\\")[2])
    names = files.names(files.current)
    if names:
        call.info("+FSLS: FILES:")
        for name in names:
            call.info(name)
    return OK


@FILES.add("+FSDEL", most=1)
def fsdel(call: Call[SIM52xxModule]) -> Outcome:
    """Delete a file."""
    if call.form is Form.TEST:
        return OK
    path = _path(call)
    return OK if path is not None and call.module.files.delete(path) else ERROR


@FILES.add("+FSATTRI", most=1)
def fsattri(call: Call[SIM52xxModule]) -> Outcome:
    """Tell the size of a file."""
    if call.form is Form.TEST:
        return OK
    path = _path(call)
    content = None if path is None else call.module.files.content(path)
    if content is None:
        return ERROR
    call.info(f"+FSATTRI: {len(content)}")
    return OK


@FILES.add("+FSMEM")
def fsmem(call: Call[SIM52xxModule]) -> Outcome:
    """Tell how much room there is, and how much is used."""
    if call.form is Form.TEST:
        return OK
    if call.form is not Form.EXECUTE:
        return ERROR
    call.info(f"+FSMEM: C:({call.module.files.size},{call.module.files.used()})")
    return OK


@FILES.add("+CFTRANRX", most=2)
async def cftranrx(call: Call[SIM52xxModule]) -> Outcome:
    """Take a file from the host."""
    files = call.module.files
    if call.form is Form.TEST:
        return OK
    path, length = _path(call), call.integer(1, range(1, files.size + 1))
    if path is None or length is None or not files.fits(path, length):
        return ERROR
    body = await body_of(call, length)
    if isinstance(body, Outcome):
        return body
    return OK if files.store(path, body) else ERROR


@FILES.add("+CFTRANTX", most=1)
def cftrantx(call: Call[SIM52xxModule]) -> Outcome:
    """Give a file to the host."""
    if call.form is Form.TEST:
        return OK
    path = _path(call)
    content = None if path is None else call.module.files.content(path)
    if content is None:
        return ERROR
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        call.block(f"+CFTRANTX: DATA,{len(piece)}", piece)
    call.info("+CFTRANTX: 0")
    return OK
