"""What the numbers of errors mean where a family has some of its own.

The rest are those of the LTE modules' result codes, and of C{+CME ERROR}.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .gsm import CONNECT_CODES
from .nbiot import RESULT_CODES
from .sim52xx import LINK_CODES

#: Below zero, by family: nobody else has such numbers.
BELOW_ZERO: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType(
    {"gsm": CONNECT_CODES, "nbiot": RESULT_CODES}
)
#: By family and command: numbers that are no CME errors, but look like them.
OF_COMMANDS: Final[Mapping[tuple[str, str], Mapping[int, str]]] = MappingProxyType(
    {("sim52xx", "AT+CIPOPEN"): LINK_CODES}
)
