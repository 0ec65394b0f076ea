"""What C{AT+QICFG} sets (TCP/IP Application Note, C{AT+QICFG}).

It holds for all sockets without SSL, at once, and is not saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_SWITCH: Final = range(2)


@dataclass(frozen=True)
class Option:
    """One tag.

    @ivar ranges: of its values, in order.
    @ivar defaults: its values after a start.
    @ivar least: so many of its values must be given; the others stay.
    """

    ranges: tuple[range, ...]
    defaults: tuple[int, ...]
    least: int = 0

    def shown(self) -> str:
        """Give the ranges as the test form has them."""
        return ",".join(
            f"({each[0]}{',' if each == _SWITCH else '-'}{each[-1]})" for each in self.ranges
        )

    def accepts(self, values: Sequence[int]) -> bool:
        """Tell whether values can be set."""
        return (self.least or len(self.ranges)) <= len(values) <= len(self.ranges) and all(
            value in allowed for value, allowed in zip(values, self.ranges, strict=False)
        )


#: Every tag in the order of the test form.  C{transwaittm} is in 100 ms;
#: C{tcp/keepalive} has minutes, seconds and a count behind its switch;
#: C{qisend/timeout} is in seconds, 0 for none.
OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "transpktsize": Option((range(1, 1461),), (1024,)),
        "transwaittm": Option((range(0, 21),), (2,)),
        "dataformat": Option((_SWITCH, _SWITCH), (0, 0)),
        "viewmode": Option((_SWITCH,), (0,)),
        "recvind": Option((_SWITCH,), (0,)),
        "close/mode": Option((_SWITCH,), (0,)),
        "sendinfo": Option((_SWITCH,), (0,)),
        "tcp/keepalive": Option(
            (_SWITCH, range(1, 121), range(25, 101), range(3, 11)), (0, 120, 75, 9), 1
        ),
        "qisend/timeout": Option((range(0, 3601),), (5,)),
    }
)


class Options:
    """The options of a module."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[int, ...]] = {}
        self.reset()

    def reset(self) -> None:
        """Go back to what is set after a start."""
        self._values = {name: option.defaults for name, option in OPTIONS.items()}

    def values(self, name: str) -> tuple[int, ...]:
        """Give all values of a tag."""
        return self._values[name]

    def number(self, name: str, index: int = 0) -> int:
        """Give one value of a tag."""
        return self._values[name][index]

    def set(self, name: str, values: Sequence[int]) -> bool:
        """Set a tag; L{False} for values that it does not take."""
        if not OPTIONS[name].accepts(values):
            return False
        self._values[name] = (*values, *self._values[name][len(values) :])
        return True

    def layout(self, header: str, data: bytes, source: tuple[str, int] | None) -> bytes:
        """Give received data behind its header, as C{dataformat} and C{viewmode} say.

        @param header: ends with the comma or blank ahead of the length; that
            counts bytes received, though two digits may stand for each.
        @param source: address and port that the data came from, where that is told.
        """
        where = f',"{source[0]}",{source[1]}' if source is not None else ""
        if self.number("dataformat", 1):
            shown = data.hex().upper().encode("ascii")
        else:
            shown = data
        between = b"," if self.number("viewmode") else b"\r\n"
        return f"{header}{len(data)}{where}".encode("ascii") + between + shown
