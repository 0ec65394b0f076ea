"""Which modules are known, by family."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import gsm, lte, nbiot, sim52xx

#: What the modules of each family call themselves starts with one of these.
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"lte": lte.MODELS, "gsm": gsm.MODELS, "nbiot": nbiot.MODELS, "sim52xx": sim52xx.MODELS}
)

#: All of them.
MODELS: Final = tuple(model for models in FAMILIES.values() for model in models)
