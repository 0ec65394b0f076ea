"""The modems of a process: whoever names the same device shares one."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Final
from weakref import WeakKeyDictionary

from twisted.internet.interfaces import IReactorTime

from ..arguments import camel_case
from ..at import InvalidValue
from ..modemfile import choose
from ..modemprofile import ModemProfile
from .modem import Modem

_modems: Final[WeakKeyDictionary[IReactorTime, dict[str, Modem]]] = WeakKeyDictionary()


def getModem(reactor: IReactorTime, description: ModemProfile | str) -> Modem:
    """Give the modem that a description means: the same device, the same object.

    @param description: a profile, or the name of a modem in the modem file.
    @raise InvalidValue: if the device is known by another description, or the
        name for another device.
    """
    profile = choose(description, {}) if isinstance(description, str) else description
    modems = _modems.setdefault(reactor, {})
    for key, modem in list(modems.items()):
        if modem.closed:
            del modems[key]
            continue
        # a link that leads elsewhere since the device was plugged in again is the same device
        same_path = profile.kind == "serial" and modem.profile.device == profile.device
        if key == profile.key or same_path:
            _agree(modem.profile, profile)
            return modem
        if modem.profile.name == profile.name:
            raise InvalidValue(
                "modem",
                f"{profile.name} already is the name of the modem on {modem.profile.device}",
            )
    modem = Modem(reactor, profile)
    modems[profile.key] = modem
    return modem


def _agree(known: ModemProfile, stated: ModemProfile) -> None:
    """Refuse a description that contradicts what is known of its device.

    What it leaves out agrees with whatever is known.
    """
    different = [
        camel_case(item.name)
        for item in fields(ModemProfile)
        if item.name not in ("name", "device")
        and getattr(stated, item.name) != getattr(known, item.name)
        and getattr(stated, item.name) != _default(item)
    ]
    if different:
        raise InvalidValue(
            different[0],
            f"the modem on {known.device} is already in use with another "
            f"{', '.join(different)}; describe it once, in the modem file",
        )


def _default(item: Field[object]) -> object:
    """Give what a description says of something when it says nothing."""
    if item.name == "auth":
        return "none"
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default
