"""An emulated module of any model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from twisted.internet.interfaces import IReactorTime

from .basemodule import Module
from .faults_base import Fault
from .gsm.module import GSMModule
from .link import Link
from .module import LTEModule
from .nbiot.module import NBIoTModule
from .network import INetwork
from .settings import ModuleSettings
from .sim52xx.module import SIM52xxModule

#: The families that are emulated.
CLASSES: Final[tuple[type[Module], ...]] = (LTEModule, GSMModule, NBIoTModule, SIM52xxModule)

#: The models that are, and how each is.
EMULATED: Final[Mapping[str, type[Module]]] = MappingProxyType(
    {model: kind for kind in CLASSES for model in kind.models}
)

#: Every quirk of any family with what it does, and the profiles.
ALL_QUIRKS: Final[Mapping[str, str]] = MappingProxyType(
    {name: text for kind in CLASSES for name, text in kind.quirk_table.known.items()}
)
ALL_PROFILES: Final = tuple(
    dict.fromkeys(name for kind in CLASSES for name in kind.quirk_table.profiles)
)


def create_module(
    clock: IReactorTime,
    *,
    network: INetwork,
    model: str = "EC25",
    profile: str = "strict",
    quirks: Iterable[str] = (),
    faults: Iterable[Fault] = (),
    link: Link = Link(),  # noqa: B008 - frozen
    settings: ModuleSettings = ModuleSettings(),  # noqa: B008 - frozen
    seed: int = 0,
) -> Module:
    """Make an emulated module; the parameters are those of L{Module}.

    @param model: one of L{EMULATED}.
    @raise ValueError: for a model, profile or quirk that nobody knows, or a fault that the
        family cannot have.
    """
    if model not in EMULATED:
        raise ValueError(f"model: {model!r} is not one of {', '.join(EMULATED)}")
    return EMULATED[model](
        clock,
        network=network,
        model=model,
        profile=profile,
        quirks=quirks,
        faults=faults,
        link=link,
        settings=settings,
        seed=seed,
    )
