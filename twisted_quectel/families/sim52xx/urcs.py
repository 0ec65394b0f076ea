"""What a SIM52xx module says unasked.

SIM52xx SSL Application Note v0.01, chapters 2.4, 3, 4.4 and 5; without SSL, public drivers.
The document spells and spaces the same line in several ways: all of them are read.
"""

from __future__ import annotations

import re
from typing import Final

from ...tables.sim52xx import LINK_IDS, SESSION_IDS
from ..base import (
    URC,
    Alerted,
    Booted,
    Closed,
    Confirmed,
    Garbled,
    Notice,
    Opened,
    PDPLost,
    PoweredDown,
    Pushed,
    Readable,
    Received,
    TransferData,
    TransferEnd,
    TransferGarbled,
)

#: What the session calls the connections: sessions of common SSL, links without TLS, and the
#: connection of the HTTPS stack.
SSL_PLACES: Final = range(len(SESSION_IDS))
LINK_PLACES: Final = range(len(SESSION_IDS), len(SESSION_IDS) + len(LINK_IDS))
HTTPS_PLACE: Final = LINK_PLACES[-1] + 1
#: A number that no connection has.
NOWHERE: Final = -1

#: What a module says first when it has restarted (public drivers).
BOOT_WORD: Final = b"START"
#: Longest piece that is believed, in bytes: a number of 16 bits.
LONGEST: Final = 65535

#: Levels of alerts that end what is open: fatal, suspended (chapter 5.2).
_ENDING_LEVELS: Final = (1, 2)

# possessive: whatever a line holds, it is read in one pass
_SPACE: Final = rb" *+"
_DATA: Final = rb" ?: *+DATA *+, *+"
_SSL_DATA: Final = re.compile(rb"\s*+\+CSSLRECV" + _DATA + rb"(\d{1,3}) *+, *+(\d{1,5}) *+,?+\s*+$")
_HTTPS_DATA: Final = re.compile(rb"\s*+\+C?HT{2,3}PSRECV" + _DATA + rb"(\d{1,5}) *+,?+\s*+$")
#: Data whose length is not believed.
_SSL_UNREAD: Final = re.compile(rb"\s*+\+CSSLRECV" + _DATA + rb"(\d{1,3}) *+,(?! *+0++ *+,?+\s*+$)")
_HTTPS_UNREAD: Final = re.compile(rb"\s*+\+C?HT{2,3}PSRECV" + _DATA + rb"(?!0++ *+,?+\s*+$)")
_FTPS_DATA: Final = re.compile(
    rb"\s*+\+CFTPS?+S?+(LIST|GET)" + _DATA + rb"(\d{1,5}) *+,?+\s*+$", re.IGNORECASE
)
_FTPS_UNREAD: Final = re.compile(
    rb"\s*+\+CFTPS?+S?+(?:LIST|GET) ?: *+DATA(?! *+, *+0++ *+,?+\s*+$)", re.IGNORECASE
)
_FILE_DATA: Final = re.compile(rb"\s*+\+CFTRANTX" + _DATA + rb"(\d{1,5}) *+,?+\s*+$")
_LINK_DATA: Final = re.compile(rb"\s*+\+RECEIVE *+, *+(\d{1,3}) *+, *+(\d{1,5}) *+:\s*+$")

_HTTPS_END: Final = re.compile(rb"\s*+\+C?HT{2,3}PSRECV ?: *+(-?\d{1,5})\s*+$")
_HTTPS_SENT: Final = re.compile(rb"\s*+\+CHTTPSS?+ENDD?+ ?: *+(-?\d{1,5})\s*+$")
_FTPS_END: Final = re.compile(
    rb"\s*+\+CFTP(?:S(START|STOP)|S?+S?+(LIST|GETFILE|GET|PUTFILE|PUT|LOGIN|LOGOUT|PWD|CWD|MKD|RMD"
    rb"|DELE|DEL|TYPE)) ?: *+(-?\d{1,5})\s*+$",
    re.IGNORECASE,
)
_SSL_SENT: Final = re.compile(
    rb"\s*+\+CSSLSEND ?: *+(\d{1,3}) *+, *+(-?\d{1,5}) *+, *+(\d{1,7})\s*+$"
)
_SSL_CLOSED: Final = re.compile(rb"\s*+\+CSSLCLOSE ?: *+(\d{1,3})\s*+$")
_SSL_ALERT: Final = re.compile(rb"\s*+\+CSSLALERT ?: *+(\d{1,3}) *+, *+(\d) *+, *+(\d{1,10})\s*+$")
_HTTPS_EVENT: Final = re.compile(rb"\s*+\+CHTTPS ?: *+RECV EVENT\s*+$")
_HTTPS_CLOSED: Final = re.compile(rb"\s*+\+CHTTPSNOTIFY ?: *+PEER CLOSED\s*+$")
_LINK_OPENED: Final = re.compile(rb"\s*+\+CIPOPEN ?: *+(\d{1,3}) *+, *+(\d{1,5})\s*+$")
_LINK_READABLE: Final = re.compile(rb"\s*+\+CIPRXGET ?: *+1 *+, *+(\d{1,3})\s*+$")
_LINK_CLOSED: Final = re.compile(rb"\s*+\+IPCLOSE ?: *+(\d{1,3}) *+, *+\d{1,5}\s*+$")
_LINK_SENT: Final = re.compile(
    rb"\s*+\+CIPSEND ?: *+(\d{1,3}) *+, *+(\d{1,7}) *+, *+(-?\d{1,7})\s*+$"
)
_NETWORK_GONE: Final = re.compile(rb"\s*+\+CIPEVENT ?: *+NETWORK CLOSED", re.IGNORECASE)


def block_length(line: bytes) -> int:
    """Say how many counted bytes follow a line."""
    for form in (_SSL_DATA, _HTTPS_DATA, _FTPS_DATA, _LINK_DATA, _FILE_DATA):
        if (match := form.match(line)) is not None:
            length = int(match.group(match.re.groups))
            return length if length <= LONGEST else 0
    return 0


def read_urc(line: bytes, block: bytes) -> URC:
    """Understand a line that no command had asked for.  Never raises."""
    event = _read_data(line, block) if block else _read_ssl(line) or _read_others(line)
    event = event or _read_garbled(line)
    # each stack has numbers of its own: one beyond them is none of another stack's
    beyond = event is not None and getattr(event, "id", 0) == NOWHERE
    return Notice(line) if event is None or beyond else event


def _session(match: re.Match[bytes]) -> int:
    """Give the place of the session that a line begins with."""
    number = int(match.group(1))
    return number if number in SSL_PLACES else NOWHERE


def _link(match: re.Match[bytes]) -> int:
    """Give the place of the link that a line begins with."""
    number = int(match.group(1))
    return LINK_PLACES[number] if number < len(LINK_PLACES) else NOWHERE


def _read_data(line: bytes, block: bytes) -> URC | None:
    """Take data to whom it belongs; a link that pushes has an earlier host opened."""
    match = _SSL_DATA.match(line)
    if match is not None:
        return Pushed(_session(match), block)
    if _HTTPS_DATA.match(line) is not None:
        return Pushed(HTTPS_PLACE, block)
    match = _FTPS_DATA.match(line)
    return None if match is None else TransferData(_ftps_name(match.group(1)), block)


def _ftps_name(name: bytes) -> str:
    """Give a command in its usual spelling (at-facts A.7, 33)."""
    return f"+CFTPS{name.decode('ascii').upper()}"


def _read_garbled(line: bytes) -> URC | None:
    """Notice a line of data that brings none: how much lies behind it is not known."""
    if (match := _SSL_UNREAD.match(line)) is not None:
        return Garbled(_session(match))
    if _FTPS_UNREAD.match(line) is not None:
        return TransferGarbled()
    return Garbled(HTTPS_PLACE) if _HTTPS_UNREAD.match(line) is not None else None


def _read_ssl(line: bytes) -> URC | None:
    if (match := _SSL_SENT.match(line)) is not None:
        return Confirmed(_session(match), int(match.group(2)))
    if (match := _SSL_CLOSED.match(line)) is not None:
        return Closed(_session(match))
    if (match := _SSL_ALERT.match(line)) is not None:
        level, bits = int(match.group(2)), int(match.group(3))
        return Alerted(_session(match), bits, level in _ENDING_LEVELS)
    if _HTTPS_EVENT.match(line) is not None:
        return Readable(HTTPS_PLACE)
    if (match := _HTTPS_END.match(line)) is not None:
        return Received(HTTPS_PLACE, int(match.group(1)))
    if (match := _HTTPS_SENT.match(line)) is not None:
        return Confirmed(HTTPS_PLACE, int(match.group(1)))
    if _HTTPS_CLOSED.match(line) is not None:
        return Closed(HTTPS_PLACE)
    if (match := _FTPS_END.match(line)) is not None:
        return TransferEnd(_ftps_name(match.group(1) or match.group(2)), int(match.group(3)))
    return None


def _read_others(line: bytes) -> URC | None:
    if (match := _LINK_READABLE.match(line)) is not None:
        return Readable(_link(match))
    if (match := _LINK_CLOSED.match(line)) is not None:
        return Closed(_link(match))
    if (match := _LINK_OPENED.match(line)) is not None:
        return Opened(_link(match), int(match.group(2)))
    if (match := _LINK_SENT.match(line)) is not None:
        lost = match.group(2) != match.group(3)
        return Confirmed(_link(match), int(lost))
    if _NETWORK_GONE.match(line) is not None:
        return PDPLost(None)
    text = line.strip()
    if text == BOOT_WORD:
        return Booted()
    return PoweredDown() if text in (b"NORMAL POWER DOWN", b"POWER DOWN") else None
