"""The addresses that an application sees."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from twisted.internet.address import HostnameAddress, IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress

from .arguments import parse_literal


@lru_cache(maxsize=64)
def address_of(host: str, port: int, kind: Literal["TCP", "UDP"] = "TCP") -> IAddress:
    """Give the address of a host without asking anybody (DESIGN rule 9)."""
    literal = parse_literal(host)
    if literal is None:
        return HostnameAddress(host.encode("ascii"), port)
    if literal.version == 6:
        return IPv6Address(kind, host, port)
    return IPv4Address(kind, host, port)


def own_address(known: str, port: int, peer: str = "") -> IAddress:
    """Give the module's address.

    @param known: what is known of it: one, one of each kind with a comma between them, or
        nothing.
    @param peer: who is connected; it counts only of which kind that is.
    """
    addresses = {each: parse_literal(each) for each in known.split(",")}
    found = {each: literal.version for each, literal in addresses.items() if literal}
    wanted = parse_literal(peer)
    same = [each for each in found if wanted is not None and found[each] == wanted.version]
    return address_of([*same, *found, "0.0.0.0"][0], port)


def shown(address: IAddress) -> str:
    """Give the address of a host for logs."""
    if isinstance(address, HostnameAddress):
        return f"{address.hostname.decode('ascii')}:{address.port}"
    if isinstance(address, (IPv4Address, IPv6Address)):
        return f"{address.host}:{address.port}"
    return str(address)
