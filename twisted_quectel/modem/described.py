"""What follows from the description of a modem, as long as its device is not open."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from ..at import InvalidValue
from ..modemprofile import ModemProfile
from .advice import Advice
from .channels import Opener, device_opener
from .revival import Revival
from .wedge import WedgeWatch


def check_reactor(reactor: object) -> None:
    """Refuse what has no time.

    @raise InvalidValue: if it is no reactor.
    """
    if not IReactorTime.providedBy(reactor):
        raise InvalidValue("reactor", f"must provide IReactorTime, not {type(reactor).__name__}")


class Described:
    """Something that is described by a profile.

    @ivar reactor: whose time it lives in.
    @ivar profile: what its owner says of it.
    """

    def __init__(self, reactor: IReactorTime, profile: ModemProfile, opener: Opener | None) -> None:
        """
        @raise InvalidValue: if the reactor or the profile is something else.
        """
        check_reactor(reactor)
        self.reactor = reactor
        self._given_opener = opener
        self.describe(profile)

    def describe(self, profile: ModemProfile) -> None:
        """Take a description; only while the device is not open."""
        if not isinstance(profile, ModemProfile):
            raise InvalidValue(
                "profile",
                f"must be a ModemProfile(name, device, ...), not {type(profile).__name__}",
            )
        self.profile = profile
        self._opener = self._given_opener or device_opener(
            self.reactor, profile.baudrate, profile.rtscts, profile.model
        )
        self._wedge = WedgeWatch(profile.allow_restart)
        self._revival = Revival(profile.allow_restart)
        self._advice = Advice(profile)
