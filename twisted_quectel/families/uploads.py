"""Uploads of certificates and keys: C{AT+QFUPL}, C{AT+QSECWRITE} and those at a prompt.

FILE AT Commands Manual; SSL Application Notes of each family.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from ..at import ATPort, Body, Command, write_form
from ..errors import CertificateStoreError, CommandFailed
from .base import Progress

#: Seconds without a byte after which the module ends an upload (AT+QFUPL, its default is 5).
_PAUSE: Final = 15
#: Slowest line that an upload is waited for, in bytes per second.
SLOWEST: Final = 480
#: How often one is tried.
_TIMES: Final = 3


def checksum(data: bytes) -> int:
    """Give the checksum of an upload: 16-bit big-endian words, XORed.

    The last byte of an odd number of bytes is the high half of a word.
    """
    even = data if len(data) % 2 == 0 else data + b"\0"
    high = low = 0
    for byte in even[0::2]:
        high ^= byte
    for byte in even[1::2]:
        low ^= byte
    return high << 8 | low


def read_checksum(text: str | None) -> int | None:
    """Read a checksum as modules write it: hexadecimal, without leading zeros."""
    try:
        return int((text or "")[:9], 16)
    except ValueError:
        return None


def wrong_with(data: bytes, stored: int, found: str | None) -> str:
    """Say what is wrong with an upload.

    @param stored: bytes that the module has got, by its answer.
    @param found: their checksum, by its answer.
    @return: nothing if all is right.
    """
    if stored != len(data):
        return f"{stored} of {len(data)} bytes arrived"
    if read_checksum(found) is None:
        return f"the module gave {(found or '')[:9]!r} for a checksum"
    if read_checksum(found) != checksum(data):
        return f"its checksum is {read_checksum(found):x} instead of {checksum(data):x}"
    return ""


def upload_command(name: str, path: str, data: bytes) -> Command:
    """Give a command that takes its file behind C{CONNECT}."""
    return Command(
        write_form(name, path, len(data), _PAUSE),
        (name,),
        timeout=_PAUSE + 5 + len(data) / SLOWEST,
        body=data,
        body_after=Body.CONNECT,
    )


async def upload(
    port: ATPort,
    path: str,
    data: bytes,
    progress: Progress | None,
    once: Callable[[], Awaitable[str]],
    clear: Callable[[], Awaitable[None]],
    family: str,
    command: str,
) -> None:
    """Upload, and again if something is wrong with what has arrived.

    @param once: uploads; gives what is wrong, or nothing.
    @param clear: takes away what a try that failed may have left.
    @param command: for the message.
    @raise CertificateStoreError: if it is not there in the end.
    """
    problem, code = "", None
    for _ in range(_TIMES):
        if progress is not None:
            progress(0, len(data))
        try:
            problem, code = await once(), None
        except CommandFailed as e:
            problem, code = e.message, e.code
        if not problem:
            if progress is not None:
                progress(len(data), len(data))
            return
        await clear()
    raise CertificateStoreError(
        f"{path} could not be stored on the module: {problem}",
        code=code,
        family=family,
        command=command,
        trace=port.trace.last(),
    )
