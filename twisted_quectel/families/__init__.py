"""One driver for each family of modules: what its firmware speaks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..errors import UnknownModel
from ..tables import gsm as gsm_table
from ..tables import lte as lte_table
from ..tables import nbiot as nbiot_table
from ..tables import sim52xx as sim52xx_table
from .base import (
    AccessMode,
    DatagramDialect,
    Delivery,
    Dialect,
    Family,
    Firmware,
    Limits,
    Receipt,
    RequestDialect,
    SocketStatus,
)
from .dialect import Acknowledged
from .gsm import GSMFamily
from .lte import LTEFamily
from .nbiot import NBIoTFamily
from .sim52xx import SIM52xxFamily

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
    "Receipt",
    "RequestDialect",
    "SocketStatus",
    "family_for",
    "judges_by_itself",
    "known_family",
]

#: What the modules of each family call themselves starts with one of these, with no digit behind.
KNOWN_MODELS: Final[Mapping[str, type[Family]]] = MappingProxyType(
    {
        **dict.fromkeys(lte_table.MODELS, LTEFamily),
        **dict.fromkeys(gsm_table.MODELS, GSMFamily),
        **dict.fromkeys(nbiot_table.MODELS, NBIoTFamily),
        **dict.fromkeys(sim52xx_table.MODELS, SIM52xxFamily),
    }
)


#: As many characters of an unknown module's name are told.
_NAME: Final = 60
#: What some put in front of their model.
_MAKERS: Final = ("QUECTEL_", "QUECTEL ", "SIMCOM_", "SIMCOM ")


def known_family(model: str | None) -> type[Family] | None:
    """Give the driver for a model; L{None} if no family knows it."""
    name = (model or "").upper()
    for maker in _MAKERS:
        name = name.removeprefix(maker)
    for known, family in KNOWN_MODELS.items():
        # M100 is no M10
        if name.startswith(known) and not name[len(known) :][:1].isdigit():
            return family
    return None


def judges_by_itself(model: str | None) -> bool:
    """Tell whether the modules of a model judge certificates by CAs of their own."""
    family = known_family(model)
    return family is not None and family.own_trust


def family_for(firmware: Firmware) -> Family:
    """Give the driver for a module.

    @raise UnknownModel: if no family knows its model.
    """
    family = known_family(firmware.model)
    if family is not None:
        return family(firmware)
    # a port where something else is said names anything
    name = firmware.model if len(firmware.model) <= _NAME else firmware.model[:_NAME] + "..."
    said = f"nobody knows the module {name!r}" if name else "the module does not say what it is"
    raise UnknownModel(
        f"model: {said}; known are "
        f"{', '.join(KNOWN_MODELS)}; if it speaks like one of these, name that one by the model "
        "argument"
    )
