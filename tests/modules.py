"""The modules that the matrices run over: one of each family, with its access modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.tlsservers import ServerOptions, issue, options_for
from twisted_quectel.emulator import EMULATED, ModuleSettings
from twisted_quectel.profiles import TLSProfile


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
    @ivar open_time: seconds for which an open that was given up keeps the port.
    @ivar transparent: how many transparent connections it can have.
    @ivar open_name: its command that opens TLS.
    @ivar send_name: its command that sends over it.
    @ivar own_trust: whether it judges by CAs of its own, which its settings have to hold.
    @ivar quirks: what a module of the tests does otherwise than the strict one: a SIM5320
        tells of the peer's close, which the document has no word for.
    """

    model: str
    modes: tuple[str, ...]
    plain_modes: tuple[str, ...]
    rsa: bool = False
    connections: int = 12
    brakes: bool = True
    resets: bool = True
    open_time: float = 0.0
    transparent: int = 12
    open_name: str = "+QSSLOPEN"
    send_name: str = "+QSSLSEND"
    own_trust: bool = False
    quirks: tuple[str, ...] = ()

    def at_once(self, mode: str | None) -> int:
        """Give how many connections it can have in an access mode."""
        most = self.transparent if mode == "transparent" else self.connections
        return min(self.connections, most)

    def tls(self, ca_path: str) -> TLSProfile:
        """Give what verifies such a server."""
        return TLSProfile(trust="module") if self.own_trust else TLSProfile(cacert=ca_path)

    def settings(self, ca: Any, settings: ModuleSettings | None = None) -> ModuleSettings | None:
        """Give the settings of a module that knows a CA, where it has to know it beforehand."""
        if not self.own_trust:
            return settings
        settings = settings or ModuleSettings()
        if settings.authorities:
            return settings
        return replace(settings, authorities=ca.cert_pem.bytes())

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
    ModuleKind(
        "SIM5320",
        ("push", "transparent"),
        ("buffer",),
        connections=2,
        brakes=False,
        resets=False,
        open_time=120.0,
        transparent=1,
        open_name="+CSSLOPEN",
        send_name="+CSSLSEND",
        own_trust=True,
        quirks=("cssl_closed_urc",),
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
