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
