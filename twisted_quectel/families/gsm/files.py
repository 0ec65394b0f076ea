"""Certificates and keys: C{AT+QSECWRITE}, C{AT+QSECREAD}, C{AT+QSECDEL}.

SSL application note for M10, M66, M85 and M95, chapters 2.2.1 (note 1) and 2.2.7 to 2.2.9.
The module lists nothing and gives nothing back: whether a file is there, and is as it should
be, is told by its checksum alone.
"""

from __future__ import annotations

from typing import Final

from ... import errors
from ...at import ATPort, Body, Command, write_form
from ...tables.gsm import NVRAM_NAMES, NVRAM_SIZES, RAM_SIZES
from ..base import Progress
from ..checksums import checksum, read_checksum, wrong_with
from .errors import NAME

#: Seconds without a byte after which the module ends an upload.
_UPLOAD_PAUSE: Final = 15
#: Slowest line that an upload is waited for, in bytes per second.
_SLOWEST: Final = 480
#: Where files go, by what the modem file says of keys.
STORAGES: Final = {"ram": "RAM", "nvram": "NVRAM"}


def place(tag: str, name: str, keys: str) -> str:
    """Say where a certificate or key goes.

    In C{RAM:} under its own name.  In C{NVRAM:}, which outlives restarts, there is one place
    for each kind, but for the CA of which there are two; the second one is for those who name
    it themselves.

    @raise errors.UnsupportedOperation: if the modem file wants something else.
    """
    storage = STORAGES.get(keys)
    if storage is None:
        raise errors.UnsupportedOperation(
            f"keys: the {NAME} modules have no {keys}; they have {' and '.join(STORAGES)}",
            family=NAME,
        )
    return f"RAM:{name}" if storage == "RAM" else f"NVRAM:{NVRAM_NAMES.get(tag, ('CA1',))[0]}"


async def is_stored(port: ATPort, path: str, data: bytes) -> bool:
    """Ask whether a file is there, whole, and with the checksum of this content."""
    command = Command(write_form("+QSECREAD", path), ("+QSECREAD",), timeout=15.0)
    try:
        line = (await port.execute(command)).first("+QSECREAD")
    except errors.CommandFailed:
        return False
    if line is None or line.integer(0) != 1:
        return False
    return read_checksum(line.string(1)) == checksum(data)


async def delete(port: ATPort, path: str) -> None:
    """Delete a file; whether it was there does not matter."""
    try:
        await port.execute(Command(write_form("+QSECDEL", path), timeout=15.0))
    except errors.CommandFailed:
        return


async def upload(port: ATPort, path: str, data: bytes, progress: Progress | None) -> None:
    """Put a file on the module and compare its checksum; two more tries if it differs.

    @raise errors.CertificateStoreError: if it is too long, or not there in the end.
    """
    sizes = NVRAM_SIZES if path.startswith("NVRAM:") else RAM_SIZES
    if len(data) not in sizes:
        raise errors.CertificateStoreError(
            f"{path} cannot be stored on the module: it has {len(data)} bytes, and there is room "
            f"for {sizes[0]} to {sizes[-1]}",
            family=NAME,
            command=f'AT+QSECWRITE="{path}"',
        )
    problem, code = "", None
    for _ in range(3):
        # one of that name must not be there
        await delete(port, path)
        try:
            problem, code = await _upload_once(port, path, data, progress), None
        except errors.CommandFailed as e:
            problem, code = e.message, e.code
        if not problem:
            return
    await delete(port, path)
    raise errors.CertificateStoreError(
        f"{path} could not be stored on the module: {problem}",
        code=code,
        family=NAME,
        command=f'AT+QSECWRITE="{path}"',
        trace=port.trace.last(),
    )


async def _upload_once(port: ATPort, path: str, data: bytes, progress: Progress | None) -> str:
    """Upload; give what went wrong, or nothing.

    @raise errors.CommandFailed: if the module has refused it.
    """
    if progress is not None:
        progress(0, len(data))
    command = Command(
        write_form("+QSECWRITE", path, len(data), _UPLOAD_PAUSE),
        ("+QSECWRITE",),
        timeout=_UPLOAD_PAUSE + 5 + len(data) / _SLOWEST,
        body=data,
        body_after=Body.CONNECT,
    )
    line = (await port.execute(command)).first("+QSECWRITE")
    if line is None:
        # the line can get lost although the file is there
        if not await is_stored(port, path, data):
            return "the module did not confirm it"
    elif problem := wrong_with(data, line.integer(0) or 0, line.string(1)):
        return problem
    if progress is not None:
        progress(len(data), len(data))
    return ""
