"""The modems of a process: whoever names the same device shares one."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from twisted.internet.interfaces import IReactorTime

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
        elif key != profile.key and modem.profile.name == profile.name:
            raise InvalidValue(
                "modem",
                f"{profile.name} already is the name of the modem on {modem.profile.device}",
            )
    known = modems.get(profile.key)
    if known is not None:
        different = known.profile.differences(profile)
        if different:
            raise InvalidValue(
                different[0],
                f"the modem on {profile.device} is already in use with another "
                f"{', '.join(different)}; describe it once, in the modem file",
            )
        return known
    modem = Modem(reactor, profile)
    modems[profile.key] = modem
    return modem
