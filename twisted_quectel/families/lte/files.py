"""The file system: C{AT+QFUPL}, C{AT+QFLST}, C{AT+QFDEL}.

LTE SSL Application Note v1.1, chapter 4.1 (certificates go there); FILE AT
Commands Manual.
"""

from __future__ import annotations

from collections.abc import Mapping

from ... import errors
from ...at import ATPort, Command, write_form
from .. import uploads
from ..base import Progress
from ..uploads import checksum as checksum
from ..uploads import upload_command, wrong_with
from .errors import NAME

_OUR_PREFIX = "tq-"


def normal_path(path: str) -> str:
    """Give a path with its drive; the one without is on UFS."""
    return path if ":" in path else f"UFS:{path}"


async def list_files(port: ATPort, drive: str) -> Mapping[str, int]:
    """Give the sizes of our files on a drive, by their path with it."""
    pattern = f"{drive}:*" if drive != "UFS" else "*"
    command = Command(write_form("+QFLST", pattern), ("+QFLST",), timeout=15.0)
    try:
        response = await port.execute(command)
    except errors.CommandFailed:
        # an empty drive is an error for some firmware
        return {}
    found: dict[str, int] = {}
    for line in response.info:
        name, size = line.string(0), line.integer(1)
        if name is None or size is None:
            continue
        # some firmware leaves the drive out of the answer
        path = name if ":" in name else f"{drive}:{name}"
        if path.partition(":")[2].startswith(_OUR_PREFIX):
            found[path] = size
    return found


async def delete(port: ATPort, path: str) -> None:
    """Delete a file; whether it was there does not matter."""
    try:
        await port.execute(Command(write_form("+QFDEL", path), timeout=15.0))
    except errors.CommandFailed:
        return


async def upload(port: ATPort, path: str, data: bytes, progress: Progress | None) -> None:
    """Put a file on the module and compare its checksum; two more tries if it differs.

    @raise errors.CertificateStoreError: if it is not there in the end.
    """

    async def once() -> str:
        line = (await port.execute(upload_command("+QFUPL", path, data))).first("+QFUPL")
        if line is not None:
            return wrong_with(data, line.integer(0) or 0, line.string(1))
        # the line can get lost although the file is there: its size tells
        sizes = await list_files(port, normal_path(path).partition(":")[0])
        stored = sizes.get(normal_path(path)) == len(data)
        return "" if stored else "the module did not confirm it"

    async def clear() -> None:
        # an existing name is refused, and what an aborted upload left has to go too
        await delete(port, path)

    shown = f'AT+QFUPL="{path}"'
    await uploads.upload(port, path, data, progress, once, clear, NAME, shown)
