"""One driver for each family of modules: what its firmware speaks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..errors import UnknownModel
from ..tables import gsm as gsm_table
from ..tables import lte as lte_table
from ..tables import nbiot as nbiot_table
from .base import (
    AccessMode,
    DatagramDialect,
    Delivery,
    Dialect,
    Family,
    Firmware,
    Limits,
    SocketStatus,
)
from .dialect import Acknowledged
from .gsm import GSMFamily
from .lte import LTEFamily
from .nbiot import NBIoTFamily

__all__ = [
    "KNOWN_MODELS",
    "AccessMode",
    "Acknowledged",
    "DatagramDialect",
    "Delivery",
    "Dialect",
    "Family",
    "Firmware",
    "Limits",
    "SocketStatus",
    "family_for",
]

#: What the modules of each family call themselves starts with one of these.
KNOWN_MODELS: Final[Mapping[str, type[Family]]] = MappingProxyType(
    {
        **dict.fromkeys(lte_table.MODELS, LTEFamily),
        **dict.fromkeys(gsm_table.MODELS, GSMFamily),
        **dict.fromkeys(nbiot_table.MODELS, NBIoTFamily),
    }
)


def family_for(firmware: Firmware) -> Family:
    """Give the driver for a module.

    @raise UnknownModel: if no family knows its model.
    """
    name = firmware.model.upper().removeprefix("QUECTEL_").removeprefix("QUECTEL ")
    for model, family in KNOWN_MODELS.items():
        if name.startswith(model):
            return family(firmware)
    raise UnknownModel(
        f"model: nobody knows the module {firmware.model!r}; known are "
        f"{', '.join(KNOWN_MODELS)}; if it speaks like one of these, name that one by the model "
        "argument"
    )
