"""The names of alerts that C{allowAlerts} takes."""

from __future__ import annotations

import re
from typing import Final

from .alerts import CSSLAlert
from .arguments import camel_case, suggestion
from .at.syntax import InvalidValue

_NAMES: Final = {camel_case(bit.name.lower()): int(bit) for bit in CSSLAlert if bit.name}
_ALL: Final = sum(_NAMES.values())
_NUMBER: Final = re.compile(r"0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10}")


def names(bits: int) -> str:
    """Give the names that C{allowAlerts} takes for some bits, with commas between them."""
    return ",".join(name for name, bit in _NAMES.items() if bits & bit)


def read_alerts(argument: str, value: object) -> int:
    """Read which alerts may pass: names such as C{badIssuer}, or numbers, with commas between.

    What goes with every suspended open, C{viewCertificate}, is among them as soon as any is.

    @raise InvalidValue: if there is no such alert.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        bits = int(value)
    elif isinstance(value, str):
        bits = 0
        for each in filter(None, (part.strip() for part in re.split(r"[,|]", value))):
            bits |= _read_alert(argument, each)
    else:
        raise InvalidValue(argument, f"must be names of alerts, not {type(value).__name__}")
    if not 0 <= bits <= _ALL or bits & ~_ALL:
        raise InvalidValue(
            argument, f"must be bits of 0x{_ALL:08x}, not 0x{bits & (1 << 64) - 1:x}"
        )
    return bits | CSSLAlert.VIEW_CERTIFICATE if bits else 0


def _read_alert(argument: str, text: str) -> int:
    if _NUMBER.fullmatch(text):
        return int(text, 0) if text[:2].lower() == "0x" else int(text)
    bit = _NAMES.get(text) or _NAMES.get(camel_case(text.lower()))
    if bit is None:
        raise InvalidValue(
            argument,
            f"there is no alert {text!r}{suggestion(text, _NAMES)}; names are "
            f"{', '.join(_NAMES)}, or numbers as +CSSLALERT has them",
        )
    return bit
