"""Final result codes: what ends a command.

ITU-T V.250 chapter 5.7.1, 3GPP TS 27.007 chapter 9, and the C{SEND OK} and
C{SEND FAIL} of the vendor's TCP/IP and SSL notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ..tables.cme import CME_ERRORS
from .syntax import printable


class Outcome(Enum):
    """What a final result means."""

    OK = "OK"
    ERROR = "ERROR"
    CME = "+CME ERROR"
    CMS = "+CMS ERROR"
    CONNECT = "CONNECT"
    NO_CARRIER = "NO CARRIER"
    SEND_OK = "SEND OK"
    SEND_FAIL = "SEND FAIL"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Result:
    """A final result.

    @ivar outcome: what it means.
    @ivar text: the line as it came, without blanks at its ends.
    @ivar code: the number behind C{+CME ERROR:}; also found from the text
        form, where that is known.
    """

    outcome: Outcome
    text: bytes
    code: int | None = None

    @property
    def good(self) -> bool:
        """Whether the command did what it was asked to."""
        return self.outcome in _GOOD

    def describe(self) -> str:
        """Give the result for people."""
        shown = printable(self.text)
        meaning = CME_ERRORS.get(self.code) if self.code is not None else None
        if meaning is not None and meaning.lower() not in shown.lower():
            return f"{shown} ({meaning})"
        return shown


_GOOD: Final = frozenset({Outcome.OK, Outcome.CONNECT, Outcome.SEND_OK, Outcome.OTHER})

OK: Final = Result(Outcome.OK, b"OK")
ERROR: Final = Result(Outcome.ERROR, b"ERROR")
SEND_OK: Final = Result(Outcome.SEND_OK, b"SEND OK")
SEND_FAIL: Final = Result(Outcome.SEND_FAIL, b"SEND FAIL")
NO_CARRIER: Final = Result(Outcome.NO_CARRIER, b"NO CARRIER")

#: Results that end any command.
_COMMON: Final = {
    b"OK": OK,
    b"ERROR": ERROR,
    b"CONNECT": Result(Outcome.CONNECT, b"CONNECT"),
    b"NO CARRIER": NO_CARRIER,
    b"NO ANSWER": Result(Outcome.NO_CARRIER, b"NO ANSWER"),
    b"NO DIALTONE": Result(Outcome.NO_CARRIER, b"NO DIALTONE"),
    b"BUSY": Result(Outcome.NO_CARRIER, b"BUSY"),
}
#: Results that end a send only.
_SENDS: Final = {b"SEND OK": SEND_OK, b"SEND FAIL": SEND_FAIL, b"SEND FALL": SEND_FAIL}

_EXTENDED = re.compile(rb"\+(CM[ES]) ERROR ?: *(.*)")
_BY_TEXT: Final = {text.lower(): code for code, text in CME_ERRORS.items()}
_BY_TEXT["file already exist"] = 407


#: What modules report unasked without any prefix.
_BARE_URC: Final = re.compile(
    rb"(?:APP |MODEM )?RDY|(?:NORMAL )?POWER(?:ED)? DOWN|(?:SMS|Call|PB) (?:Ready|DONE)|CLOSE OK"
    rb"|DST: \d+|RING|[A-Z]+[-_]VOLTAGE [A-Z ]+",
    re.IGNORECASE,
)


def is_bare_urc(line: bytes) -> bool:
    """Tell whether a line is a URC although it has no prefix."""
    return _BARE_URC.fullmatch(line.strip()) is not None


def parse_result(line: bytes, send: bool = False) -> Result | None:
    """Take a line for a final result.

    @param send: whether a send is in flight, whose results are read as well.
    @return: the result, or L{None} if the line is none.
    """
    found = _COMMON.get(line)
    if found is not None:
        return found
    if send and (found := _SENDS.get(line)) is not None:
        return found
    first = line[:1]
    if first == b"+":
        match = _EXTENDED.match(line)
        if match is None:
            return None
        outcome = Outcome.CME if match.group(1) == b"CME" else Outcome.CMS
        return Result(outcome, line.strip(), _error_number(match.group(2).strip()))
    if first == b"C" and line.startswith(b"CONNECT "):
        # "CONNECT OK" and "CONNECT FAIL" are other families' words
        if not line[8:].strip() or line[8:].strip()[:1].isdigit():
            return Result(Outcome.CONNECT, line.strip())
        return None
    if line[-1:] in (b" ", b"\t"):
        return parse_result(line.strip(), send)
    return None


def _error_number(text: bytes) -> int | None:
    if text.isdigit() and len(text) < 10:
        return int(text)
    return _BY_TEXT.get(text.decode("ascii", "replace").lower())
