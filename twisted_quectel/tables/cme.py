"""C{+CME ERROR} numbers: 3GPP TS 27.007 chapter 9.2, and the vendor's file errors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: What C{+CREG}, C{+CGREG} and C{+CEREG} report: 27.007 chapter 7.2; 1 and 5 are registered.
REGISTRATION: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "not registered and not searching",
        2: "searching for a network",
        3: "registration denied",
        4: "unknown, perhaps out of coverage",
    }
)

CME_ERRORS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "phone failure",
        1: "no connection to phone",
        2: "phone-adaptor link reserved",
        3: "operation not allowed",
        4: "operation not supported",
        5: "PH-SIM PIN required",
        6: "PH-FSIM PIN required",
        7: "PH-FSIM PUK required",
        10: "SIM not inserted",
        11: "SIM PIN required",
        12: "SIM PUK required",
        13: "SIM failure",
        14: "SIM busy",
        15: "SIM wrong",
        16: "incorrect password",
        17: "SIM PIN2 required",
        18: "SIM PUK2 required",
        20: "memory full",
        21: "invalid index",
        22: "not found",
        23: "memory failure",
        24: "text string too long",
        25: "invalid characters in text string",
        26: "dial string too long",
        27: "invalid characters in dial string",
        30: "no network service",
        31: "network timeout",
        32: "network not allowed - emergency calls only",
        40: "network personalization PIN required",
        47: "corporate personalization PUK required",
        50: "incorrect parameters",
        100: "unknown",
        # FILE AT Commands Manual: the file system's own range
        400: "invalid input value",
        401: "larger than the size of the file",
        402: "read zero byte",
        403: "drive full",
        405: "file not found",
        406: "invalid file name",
        407: "file already exists",
        409: "fail to write the file",
        410: "fail to open the file",
        411: "fail to read the file",
        413: "reach the max number of files allowed to be opened",
        414: "the file is read-only",
        416: "invalid file descriptor",
        417: "fail to list the file",
        418: "fail to delete the file",
        419: "fail to get disk info",
        420: "no space",
        421: "time-out",
        423: "file too large",
        425: "invalid parameter",
        426: "file already opened",
    }
)
