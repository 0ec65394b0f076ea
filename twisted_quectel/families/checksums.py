"""The checksum of uploads: C{AT+QFUPL}, C{AT+QSECWRITE} (FILE AT Commands Manual)."""

from __future__ import annotations


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
