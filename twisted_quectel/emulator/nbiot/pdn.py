"""The packet data connection of an emulated BC660K-GL (AT Commands Manual).

It is there as soon as the module is registered, and has the number 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .module import NBIoTModule

#: The name servers that are shown while none is known.
NO_DNS: Final = "0.0.0.0"


class PDN:
    """The one packet data connection.

    @ivar ids: its number.
    @ivar highest: its number.
    @ivar kind: C{IP}, C{IPV6} or C{IPV4V6}; saved, as the next four are.
    @ivar apn: access point name; empty for the network's.
    @ivar user: for the access point.
    @ivar password: for the access point.
    @ivar authentication: 0 none, 1 PAP, 2 CHAP.
    @ivar wanted: whether the host has not switched it off.
    @ivar lost: whether the network has taken it away.
    @ivar dns: name servers that the host has set; empty for the network's.
    """

    def __init__(self, module: NBIoTModule) -> None:
        self._module = module
        self.ids = range(0, 1)
        self.highest = 0
        self.kind = "IP"
        self.apn = ""
        self.user = ""
        self.password = ""
        self.authentication = 0
        self.wanted = True
        self.dns: tuple[str, ...] = ()
        self.lost = False

    def active(self, id: int = 0) -> bool:
        """Whether it is up."""
        return self.wanted and not self.lost and self._module.network_state.registered()

    def address(self) -> str:
        """Give the module's own address; empty while there is none."""
        return self._module.settings.address if self.active() else ""

    def name_servers(self) -> tuple[str, str]:
        """Give the name servers in force."""
        given = self._module.settings.dns if self.active() else (NO_DNS, NO_DNS)
        primary = self.dns[0] if self.dns else given[0]
        return primary, self.dns[1] if len(self.dns) > 1 else given[1]

    def lose(self) -> None:
        """The network takes it away, and gives it back after the delay of the settings."""
        self.lost = True
        self._module.later(self._module.settings.pdp_delay, self.come_up)

    def come_up(self) -> None:
        """The network has given it back."""
        self.lost = False
        self.report()

    def report(self) -> None:
        """Tell of the address, where the firmware does so."""
        if "ip_urc" in self._module.quirks and self.active():
            self._module.urc(f"+IP: {self.address()}")

    def restart(self) -> None:
        """Forget what is not saved."""
        self.wanted, self.lost, self.dns = True, False, ()
