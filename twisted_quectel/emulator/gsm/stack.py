"""The TCP/IP stack of an emulated GSM module: its two contexts and what they are in.

States: SSL note, chapter 2.2.6, C{<state>}; the way through them: chapters 1.2 and 1.4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ...tables.gsm import CONTEXT_IDS

INITIAL: Final = "IP INITIAL"
START: Final = "IP START"
CONFIG: Final = "IP CONFIG"
ACTIVATING: Final = "IP IND"
ACTIVE: Final = "IP GPRSACT"
ADDRESSED: Final = "IP STATUS"
PROCESSING: Final = "IP PROCESSING"
DEACTIVATED: Final = "PDP DEACT"

#: The access point that the factory has set.
FACTORY_APN: Final = "CMNET"


@dataclass
class Context:
    """One context of C{AT+QIFGCNT}.

    @ivar state: as C{AT+QSSLSTATE} has it without connections.
    """

    apn: str = FACTORY_APN
    user: str = ""
    password: str = ""
    state: str = INITIAL

    @property
    def active(self) -> bool:
        """Whether connections can be opened."""
        return self.state in (ACTIVE, ADDRESSED)


@dataclass
class Definition:
    """A PDP context of 27.007: C{AT+CGDCONT}, C{AT+CGACT}."""

    apn: str = ""
    active: bool = False


@dataclass
class Stack:
    """All of it.  Nothing outlives a restart.

    @ivar contexts: the two contexts.
    @ivar foreground: the one that C{AT+QIFGCNT} has chosen.
    @ivar options: numbers that are set by commands of their own, by their names.
    @ivar definitions: the PDP contexts of 27.007; context C{n} uses the number C{n + 1}.
    """

    contexts: list[Context] = field(default_factory=lambda: [Context() for _ in CONTEXT_IDS])
    foreground: int = CONTEXT_IDS[0]
    options: dict[str, int] = field(default_factory=dict)
    definitions: dict[int, Definition] = field(
        default_factory=lambda: {id + 1: Definition() for id in CONTEXT_IDS}
    )

    @property
    def current(self) -> Context:
        """The context in the foreground."""
        return self.contexts[self.foreground]

    def option(self, name: str) -> int:
        """Give an option; what was not set is 0."""
        return self.options.get(name, 0)

    @property
    def several(self) -> bool:
        """Whether C{AT+QIMUX=1} lets several connections be."""
        return bool(self.option("+QIMUX"))
