"""The modules that the matrices run over: one of each family, with its access modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.tlsservers import ServerOptions, issue, options_for
from twisted_quectel.emulator import EMULATED


@dataclass(frozen=True)
class ModuleKind:
    """One of them.

    @ivar model: what it is.
    @ivar modes: the access modes of its TLS.
    @ivar plain_modes: those of its TCP.
    @ivar rsa: whether its suites want a server with an RSA key.
    @ivar connections: how many with TLS it can have.
    @ivar brakes: whether it can be stopped from pushing.
    @ivar resets: whether a drop resets the connection; else it is closed in order.
    """

    model: str
    modes: tuple[str, ...]
    plain_modes: tuple[str, ...]
    rsa: bool = False
    connections: int = 12
    brakes: bool = True
    resets: bool = True

    @property
    def label(self) -> str:
        """What stands in the names of tests; nothing for the first one."""
        return "" if self is KINDS[0] else self.model.replace("-", "")

    def server_options(self, ca: Any, *names: str, **options: Any) -> ServerOptions:
        """Make the options of a server that it can talk to."""
        if not self.rsa:
            return options_for(ca, *names, **options)
        certificate, key = issue(ca, names, rsa_key(), options)
        return ServerOptions(certificate, key, **options)


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Give a key; to make one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KINDS: Final = (
    ModuleKind("EC25", ("buffer", "push", "transparent"), ("buffer", "push", "transparent")),
    ModuleKind(
        "M95", ("buffer", "transparent"), ("buffer",), rsa=True, connections=6, resets=False
    ),
    ModuleKind(
        "BC660K-GL",
        ("push",),
        ("push",),
        rsa=True,
        connections=1,
        brakes=False,
        resets=False,
    ),
)


def kind_of(model: str) -> ModuleKind:
    """Give the one of a model; any other model counts as the first."""
    return next((kind for kind in KINDS if kind.model == model), KINDS[0])


def family_of(model: str) -> str:
    """Give the family of a model."""
    return EMULATED[model].family


def cells() -> Iterator[tuple[ModuleKind, str]]:
    """Give each module with each access mode of its TLS."""
    for kind in KINDS:
        for mode in kind.modes:
            yield kind, mode
