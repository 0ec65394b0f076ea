"""Whether what a modem is made of is what it has to be."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from ..at import InvalidValue
from ..modemprofile import ModemProfile


def check_reactor(reactor: object) -> None:
    """Refuse what has no time.

    @raise InvalidValue: if it is no reactor.
    """
    if not IReactorTime.providedBy(reactor):
        raise InvalidValue("reactor", f"must provide IReactorTime, not {type(reactor).__name__}")


def check_kinds(reactor: object, profile: object) -> None:
    """Refuse what is no reactor, or no description of a modem.

    @raise InvalidValue: if one of them is something else.
    """
    check_reactor(reactor)
    if not isinstance(profile, ModemProfile):
        raise InvalidValue(
            "profile", f"must be a ModemProfile(name, device, ...), not {type(profile).__name__}"
        )
