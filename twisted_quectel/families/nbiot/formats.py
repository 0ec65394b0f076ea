"""How data is written in sends and URCs: as it is, or as hexadecimal digits.

BC660K-GL SSL Application Note v1.0, chapters 2.3.1 (C{dataformat}), 2.3.3 and 2.4.1.  Both are
exact for every byte: what is sent is counted, and what comes is.  Text takes half the line, so
it is the default.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from ...at import Inline
from ...tables.nbiot import (
    HEX,
    PLAIN_CONNECT_IDS,
    RECV_LENGTHS,
    SUPPORTED_CONNECT_IDS,
    SUPPORTED_CONTEXT_IDS,
    TEXT,
)

#: What the modem file says, and C{<send_data_format>}, C{<recv_data_format>}.
FORMATS: Final = {
    "text": (TEXT, TEXT),
    "hex": (HEX, HEX),
    "text/hex": (TEXT, HEX),
    "hex/text": (HEX, TEXT),
}

# possessive: whatever a line holds, it is read in one pass
_HEAD: Final = re.compile(
    rb'\+(?:QSSLURC ?: *+"recv" *+, *+(\d{1,2} *+, *+\d{1,2})|QIURC ?: *+"recv" *+, *+(\d{1,2}))'
    rb" *+, *+(-?\d{1,10}) *+,"
)
_SOURCE: Final = re.compile(rb' *+"([0-9A-Fa-f.:]{2,45})" *+, *+(\d{1,5}) *+,')


@dataclass(frozen=True)
class Head:
    """What stands in front of data that came.

    @ivar secure: whether it came by TLS.
    @ivar connection: C{<connectID>}; L{None} for ids of which there is no connection.
    @ivar size: bytes of the line in front of the data.
    @ivar length: of the data, as it is told.
    @ivar source: where a datagram came from.
    """

    secure: bool
    connection: int | None
    size: int
    length: int
    source: tuple[str, int] | None


def read_head(line: bytes, services: Container[int] = ()) -> Head | None:
    """Understand the start of such a line; L{None} for any other, and while it is not whole.

    @param services: the connections whose datagrams are told with their source: data may look
        like one, so that nothing else tells.
    """
    match = _HEAD.match(line)
    if match is None:
        return None
    tls, plain, length = match.groups()
    if plain is None:
        context, connect = map(int, tls.split(b","))
        known = context in SUPPORTED_CONTEXT_IDS and connect in SUPPORTED_CONNECT_IDS
        return Head(True, connect if known else None, match.end(), int(length), None)
    number = int(plain)
    if number not in services:
        place = number if number in PLAIN_CONNECT_IDS else None
        return Head(False, place, match.end(), int(length), None)
    source = _SOURCE.match(line, match.end())
    if source is None:
        return None
    peer = source.group(1).decode("ascii"), int(source.group(2))
    return Head(False, number, source.end(), int(length), peer)


def read_inline(start: bytes, services: Container[int] = ()) -> Inline | None:
    """Say of the start of a line what counted bytes it brings, in text format."""
    head = read_head(start, services)
    if head is None or head.length not in RECV_LENGTHS:
        return None
    return Inline(head.size, head.length)


def is_empty(line: bytes, head: Head) -> bool:
    """Whether a line brings nothing, and says so."""
    return not head.length and not line[head.size :].strip(b' "')


def read_hex(line: bytes, head: Head) -> bytes | None:
    """Give the data of a line in hex format; L{None} if it is none.

    The length counts the bytes, or the digits: the line says how many there are.
    """
    digits = line[head.size :].strip().strip(b'"')
    if len(digits) not in (head.length, 2 * head.length):
        return None
    try:
        return unhexlify(digits)
    except ValueError:
        return None
