"""What Quectel's TCP/IP stacks say by C{+QIURC} beside data (TCP/IP Application Notes)."""

from __future__ import annotations

from typing import Final

from ..at import InfoLine
from .events import Incoming, IncomingRefused, NameAddress, NameResult, PDPLost

#: More addresses than this does no name have.
_MOST_ADDRESSES: Final = 32


def read_urc(
    info: InfoLine,
) -> Incoming | IncomingRefused | NameResult | NameAddress | PDPLost | None:
    """Understand a C{+QIURC} that is not about data; L{None} for what nobody knows."""
    what = info.string(0)
    if what == "pdpdeact":
        pdp = info.integer(1)
        return PDPLost(pdp) if pdp is not None or not info.string(1) else None
    if what == "incoming full":
        return IncomingRefused()
    if what == "incoming":
        id, listener, host, port = info.integer(1), info.integer(2), info.string(3), info.integer(4)
        if id is None or listener is None:
            return None
        return Incoming(id, listener, host or "", port or 0)
    if what == "dnsgip":
        return _name(info)
    return None


def _name(info: InfoLine) -> NameResult | NameAddress | None:
    quoted = len(info.fields) > 1 and info.fields[1].quoted
    code = None if quoted else info.integer(1)
    if code is not None:
        # a failure may come without the rest
        count = info.integer(2) or 0
        return NameResult(code, min(max(count, 0), _MOST_ADDRESSES))
    address = info.string(1)
    return NameAddress(address) if address else None
