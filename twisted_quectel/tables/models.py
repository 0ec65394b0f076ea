"""Which modules are known, by family."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import gsm, lte

#: What the modules of each family call themselves starts with one of these.
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"lte": lte.MODELS, "gsm": gsm.MODELS}
)

#: All of them.
MODELS: Final = tuple(model for models in FAMILIES.values() for model in models)
