"""The file system: C{AT+QFUPL}, C{AT+QFLST}, C{AT+QFDEL}.

LTE SSL Application Note v1.1, chapter 4.1 (certificates go there); FILE AT
Commands Manual.
"""

from __future__ import annotations

from collections.abc import Mapping

from ... import errors
from ...at import ATPort, Body, Command, write_form
from ..base import Progress
from ..checksums import checksum as checksum
from ..checksums import wrong_with
from .errors import NAME

_OUR_PREFIX = "tq-"
#: Seconds without a byte after which the module ends an upload (AT+QFUPL, its default is 5).
_UPLOAD_PAUSE = 15
#: Slowest line that an upload is waited for, in bytes per second.
_SLOWEST = 480


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
    problem, code = "", None
    for _ in range(3):
        try:
            problem, code = await _upload_once(port, path, data, progress), None
        except errors.CommandFailed as e:
            problem, code = e.message, e.code
        if not problem:
            return
        # an existing name is refused, and what an aborted upload left has to go too
        await delete(port, path)
    raise errors.CertificateStoreError(
        f"{path} could not be stored on the module: {problem}",
        code=code,
        family=NAME,
        command=f'AT+QFUPL="{path}"',
        trace=port.trace.last(),
    )


async def _upload_once(port: ATPort, path: str, data: bytes, progress: Progress | None) -> str:
    """Upload; give what went wrong, or nothing.

    @raise errors.CommandFailed: if the module has refused it.
    """
    if progress is not None:
        progress(0, len(data))
    command = Command(
        write_form("+QFUPL", path, len(data), _UPLOAD_PAUSE),
        ("+QFUPL",),
        timeout=_UPLOAD_PAUSE + 5 + len(data) / _SLOWEST,
        body=data,
        body_after=Body.CONNECT,
    )
    response = await port.execute(command)
    line = response.first("+QFUPL")
    if line is None:
        # the line can get lost although the file is there: its size tells
        sizes = await list_files(port, normal_path(path).partition(":")[0])
        if sizes.get(normal_path(path)) != len(data):
            return "the module did not confirm it"
    elif problem := wrong_with(data, line.integer(0) or 0, line.string(1)):
        return problem
    if progress is not None:
        progress(len(data), len(data))
    return ""
