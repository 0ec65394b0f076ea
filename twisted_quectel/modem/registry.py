"""The modems of a process: whoever names the same device shares one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, replace
from typing import Final
from weakref import WeakKeyDictionary

from twisted.internet.interfaces import IReactorTime

from ..arguments import camel_case
from ..at import InvalidValue
from ..modemfile import choose
from ..modemprofile import ModemProfile
from .described import check_reactor
from .modem import Modem

_modems: Final[WeakKeyDictionary[IReactorTime, dict[str, Modem]]] = WeakKeyDictionary()


def getModem(reactor: IReactorTime, description: ModemProfile | str) -> Modem:
    """Give the modem that a description means: the same device, the same object.

    @param description: a profile, or the name of a modem in the modem file.
    @raise InvalidValue: if the device is known by another description, or the
        name for another device; if an argument is something else.
    """
    check_reactor(reactor)
    if not isinstance(description, (str, ModemProfile)):
        raise InvalidValue(
            "description",
            "must be a ModemProfile, or the name of a modem in the modem file, "
            f"not {type(description).__name__}",
        )
    profile = choose(description, {}) if isinstance(description, str) else description
    modems = _modems.setdefault(reactor, {})
    for key, modem in list(modems.items()):
        if modem.closed:
            del modems[key]
            continue
        # a link that leads elsewhere since the device was plugged in again is the same device
        same_path = profile.kind == "serial" and modem.profile.device == profile.device
        if key == profile.key or same_path:
            _agree(modem, profile)
            return modem
        if modem.profile.name == profile.name:
            raise InvalidValue(
                "modem",
                f"{profile.name} already is the name of the modem on {modem.profile.device}",
            )
    modem = Modem(reactor, profile)
    modems[profile.key] = modem
    return modem


def _agree(modem: Modem, stated: ModemProfile) -> None:
    """Refuse a description that contradicts what is known of its device.

    What the one leaves out agrees with what the other says, as long as nothing
    has been done to the device yet.
    """
    known = modem.profile
    further: list[str] = []
    contrary: list[str] = []
    for item in fields(ModemProfile):
        ours, theirs = getattr(known, item.name), getattr(stated, item.name)
        if item.name in ("name", "device") or theirs in (ours, _default(item)):
            continue
        (further if ours == _default(item) else contrary).append(item.name)
    if contrary:
        raise InvalidValue(
            camel_case(contrary[0]),
            f"the modem on {known.device} is described with another {_listed(contrary)} already"
            + (f", and without {_listed(further)}" if further else "")
            + "; describe it once, in the modem file",
        )
    if further and not modem.idle:
        raise InvalidValue(
            camel_case(further[0]),
            f"the modem on {known.device} is in use already, and was described without "
            f"{_listed(further)}; describe it in full at first, or once, in the modem file",
        )
    if further:
        modem.describe(replace(known, **{name: getattr(stated, name) for name in further}))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(camel_case, names))


def _default(item: Field[object]) -> object:
    """Give what a description says of something when it says nothing."""
    if item.name == "auth":
        return "none"
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default
