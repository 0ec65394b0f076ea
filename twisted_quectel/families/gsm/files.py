"""Certificates and keys: C{AT+QSECWRITE}, C{AT+QSECREAD}, C{AT+QSECDEL}.

SSL application note for M10, M66, M85 and M95, chapters 2.2.1 (note 1) and 2.2.7 to 2.2.9.
The module lists nothing and gives nothing back: whether a file is there, and is as it should
be, is told by its checksum alone.
"""

from __future__ import annotations

from typing import Final

from ... import errors
from ...at import ATPort, Command, write_form
from ...tables.gsm import NVRAM_NAMES, NVRAM_SIZES, RAM_SIZES
from .. import uploads
from ..base import Progress
from ..uploads import checksum, read_checksum, upload_command, wrong_with
from .errors import NAME

#: Where files go, by what the modem file says of keys.
STORAGES: Final = {"ram": "RAM", "nvram": "NVRAM"}


def place(tag: str, name: str, keys: str) -> str:
    """Say where a certificate or key goes.

    In C{RAM:} under its own name.  In C{NVRAM:}, which outlives restarts, there is one place
    for each kind, but for the CA of which there are two: see L{places}.

    @raise errors.UnsupportedOperation: if the modem file wants something else.
    """
    return places(tag, name, keys)[0]


def places(tag: str, name: str, keys: str) -> tuple[str, ...]:
    """Give all places where it may go; the second one of a CA is for where the first one holds
    a file of the user's own.

    @raise errors.UnsupportedOperation: as for L{place}.
    """
    storage = STORAGES.get(keys)
    if storage is None:
        raise errors.UnsupportedOperation(
            f"keys: the {NAME} modules have no {keys}; they have {' and '.join(STORAGES)}",
            family=NAME,
        )
    if storage == "RAM":
        return (f"RAM:{name}",)
    return tuple(f"{storage}:{each}" for each in NVRAM_NAMES.get(tag, ("CA1",)))


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

    async def once() -> str:
        line = (await port.execute(upload_command("+QSECWRITE", path, data))).first("+QSECWRITE")
        if line is not None:
            return wrong_with(data, line.integer(0) or 0, line.string(1))
        # the line can get lost although the file is there
        stored = await is_stored(port, path, data)
        return "" if stored else "the module did not confirm it"

    async def clear() -> None:
        await delete(port, path)

    # one of that name must not be there
    await clear()
    shown = f'AT+QSECWRITE="{path}"'
    await uploads.upload(port, path, data, progress, once, clear, NAME, shown)
