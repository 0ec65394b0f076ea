"""The emulated module that a command line describes: for C{quectel emulate} and C{twistd}."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.interfaces import IStreamServerEndpoint

from ..emulator import (
    Link,
    Module,
    ModuleSettings,
    PtyPort,
    ReactorNetwork,
    Verdict,
    create_module,
)
from ..families import judges_by_itself
from .faultspec import read_fault, read_quirk
from .words import CommandError, UsageError

#: The ports of a module in the order in which they are given to links.
PORTS: Final = ("usbmodem", "usbat", "uart1")

#: Host and port.
Place = tuple[str, int]


@dataclass(frozen=True)
class Emulated:
    """What is to be emulated, each value read already.

    @ivar model: such as C{EC25}.
    @ivar links: where the symbolic links to its ptys are to be, absolute; one for each port.
    @ivar tcp: where it listens in place of them.
    @ivar baudrate: bits in a second; L{None}: as fast as it goes.
    @ivar latency: seconds that it thinks before an answer.
    @ivar cut: the longest piece that is read at once, in bytes; 0 leaves pieces whole.
    @ivar profile: C{strict} or C{as_printed}.
    @ivar quirks: deviations, by name.
    @ivar faults: as L{read_fault} reads them.
    @ivar hosts: addresses of names.
    @ivar redirects: where connections really go.
    @ivar pin: of the SIM; L{None}: it has none.
    @ivar authorities: PEM of the CAs that a module trusts by itself; empty for none.
    """

    model: str = "EC25"
    links: Sequence[str] = ()
    tcp: Place | None = None
    baudrate: int | None = None
    latency: float = 0.0
    cut: int = 0
    profile: str = "strict"
    quirks: Sequence[str] = ()
    faults: Sequence[str] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)
    redirects: Mapping[Place, Place] = field(default_factory=dict)
    pin: str | None = field(default=None, repr=False)
    authorities: bytes = field(default=b"", repr=False)

    def check(self) -> None:
        """Refuse what does not go together, or is not known.

        @raise UsageError: naming the option.
        """
        if self.tcp and self.links:
            raise UsageError("--tcp: give it or --pty, not both")
        if len(self.links) > len(PORTS):
            raise UsageError(f"--pty: a module has {len(PORTS)} ports, not {len(self.links)}")
        places = set()
        for link in self.links:
            folder, name = os.path.split(link)
            place = os.path.join(os.path.realpath(folder), name)
            if place in places:
                raise UsageError(f"--pty: {link} is given twice; each port needs a link of its own")
            places.add(place)
            _check_link(link)
        if self.authorities and not judges_by_itself(self.model):
            raise UsageError(f"--authorities: {self.model} has no CAs but those of its host")
        for quirk in self.quirks:
            read_quirk(quirk)
        for fault in self.faults:
            read_fault(fault)

    def make(self, reactor: Any, told: Callable[[Verdict], None] | None = None) -> Module:
        """Make the module.

        @param told: called with each offence of its host.
        @raise UsageError: for a quirk or a fault that the model cannot have.
        """
        try:
            module = self._make(reactor)
        except ValueError as e:
            name, _, text = str(e).partition(": ")
            raise UsageError(f"--{name.removesuffix('s')}: {text}") from None
        module.told = told
        return module

    def _make(self, reactor: Any) -> Module:
        return create_module(
            reactor,
            network=ReactorNetwork(reactor, self.hosts, self.redirects),
            model=self.model,
            profile=self.profile,
            quirks=[read_quirk(name) for name in self.quirks],
            faults=[read_fault(text) for text in self.faults],
            link=Link(baudrate=self.baudrate, latency=self.latency, cut=self.cut),
            settings=ModuleSettings(pin=self.pin or "", authorities=self.authorities),
        )


def _check_link(link: str) -> None:
    """Leave what is no link of ours alone."""
    if not os.path.islink(link):
        if os.path.lexists(link):
            raise UsageError(
                f"--pty: {link} is there, and is no link; it is left alone: remove it, or give "
                "another path"
            )
    elif os.path.exists(link) and not os.path.realpath(link).startswith("/dev/pts/"):
        raise UsageError(
            f"--pty: {link} is a link to {os.path.realpath(link)}, which is no pty; "
            "it is left alone: remove it, or give another path"
        )


def make_ptys(reactor: Any, module: Module, links: Iterable[str | None]) -> list[PtyPort]:
    """Give the module its ptys.

    @raise CommandError: if there is none, or a link cannot be made.
    """
    ptys: list[PtyPort] = []
    for name, link in zip(PORTS, links, strict=False):
        try:
            ptys.append(PtyPort(reactor, module.port(name), link))
        except OSError as e:
            for pty in ptys:
                pty.close()
            if link is None:
                raise CommandError(f"there is no pty to be had: {e.strerror}") from None
            raise UsageError(f"--pty: cannot make the link {link}: {e.strerror}") from None
    return ptys


def server_endpoint(reactor: Any, place: Place) -> IStreamServerEndpoint:
    """Give the endpoint that listens at an address."""
    address, number = place
    kind = TCP6ServerEndpoint if ":" in address else TCP4ServerEndpoint
    endpoint: IStreamServerEndpoint = kind(reactor, number, interface=address)
    return endpoint
