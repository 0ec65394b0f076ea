"""The PDP contexts of an emulated LTE module (TCP/IP Application Note, chapter 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..tables.lte import PDP_IDS

#: What an address looks like to a context that asks for IPv6 only.
IPV6_ADDRESS: Final = "2001:db8:7:157::1"
#: A name server that was not set.
NO_DNS: Final = "0.0.0.0"


@dataclass
class PDPContext:
    """One PDP context.

    @ivar kind: 1 IPv4, 2 IPv6, 3 both.
    @ivar authentication: 0 none, 1 PAP, 2 CHAP, 3 either.
    """

    kind: int = 1
    apn: str = ""
    user: str = ""
    password: str = ""
    authentication: int = 0
    active: bool = False
    primary_dns: str = NO_DNS
    secondary_dns: str = NO_DNS


class PDPContexts:
    """All PDP contexts of a module."""

    def __init__(self, highest: int = PDP_IDS[-1]) -> None:
        """
        @param highest: the highest id; chapter 2.2.2 of the SSL note has 16.
        """
        self.highest = highest
        self.ids = range(1, highest + 1)
        self._contexts = {id: PDPContext() for id in self.ids}

    def __getitem__(self, id: int) -> PDPContext:
        return self._contexts[id]

    def active(self, id: int) -> bool:
        """Whether a context is active."""
        return self._contexts[id].active

    def address(self, id: int, ipv4: str) -> str:
        """Give what C{AT+QIACT?} shows as address."""
        kind = self._contexts[id].kind
        return {1: ipv4, 2: IPV6_ADDRESS, 3: f"{ipv4},{IPV6_ADDRESS}"}[kind]

    def restart(self) -> None:
        """Deactivate all; C{AT+QICSGP} is not saved."""
        for id in self.ids:
            self._contexts[id] = PDPContext()
