"""What a family may have beside its connections: servers, names, pings, and time servers.

Each is there where the L{Limits<twisted_quectel.families.base.Limits>} say so; where they
do not, its command is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..at import ATPort, Command
from ..errors import (
    ModemConnectError,
    ModemDNSError,
    ModemError,
    ModemListenError,
    UnsupportedOperation,
)


class Services:
    """The commands of all that; what is not there is refused."""

    name: ClassVar[str]

    def listen_command(self, id: int, pdp: int, port: int) -> Command:
        """Be a TCP server; an L{Opened} tells how that ended.

        What it accepts is told by L{Incoming} and is in buffer mode, a connection of
        C{tcp} like those that the host opens.

        @param port: 1-65535.
        @raise UnsupportedOperation: if the family has no servers.
        """
        raise UnsupportedOperation(f"the {self.name} modules cannot listen", family=self.name)

    def listen_error(
        self, code: int | None, port: int, command: str, trace: Sequence[str]
    ) -> ModemListenError:
        """Give the exception for a server that could not be started."""
        return ModemListenError(
            f"the module cannot listen on port {port}"
            + (f" ({code})" if code else "; it gave no reason"),
            code=code,
            family=self.name,
            command=command,
            trace=trace,
        )

    def name_command(self, pdp: int, name: str) -> Command:
        """Look a name up; a L{NameResult} tells how that ended, and as many L{NameAddress}
        behind it as it says.  One name at a time: the answers do not say whose they are.

        @raise UnsupportedOperation: if the family resolves no names.
        """
        raise UnsupportedOperation(
            f"the {self.name} modules cannot resolve a name by itself", family=self.name
        )

    async def look_up(self, port: ATPort, pdp: int, name: str) -> Sequence[str]:
        """Have a name looked up by L{name_command}.

        @return: its addresses; nothing where they are told behind the answer.
        """
        await port.execute(self.name_command(pdp, name))
        return ()

    def name_error(
        self, code: int | None, name: str, command: str, trace: Sequence[str]
    ) -> ModemError:
        """Give the exception for a name that was not resolved."""
        return ModemDNSError(
            f"{name} could not be resolved" + (f" ({code})" if code else ""),
            code=code,
            family=self.name,
            command=command,
            trace=trace,
        )

    # -- pings and time servers

    def ping_command(self, pdp: int, host: str, timeout: int, count: int) -> Command:
        """Ping a host: as many L{PingReply<twisted_quectel.families.events.PingReply>} as
        C{count} says and a L{PingEnd<twisted_quectel.families.events.PingEnd>} follow, or one
        reply that is the last and says why.

        @param timeout: seconds for each probe, 1-255.
        @param count: probes, 1-10.
        @raise UnsupportedOperation: if the family cannot.
        """
        raise UnsupportedOperation(f"the {self.name} modules cannot ping", family=self.name)

    def ntp_command(self, pdp: int, server: str, port: int, set_clock: bool) -> Command:
        """Ask a time server; a L{ServerTime<twisted_quectel.families.events.ServerTime>} follows.

        @param set_clock: whether the module takes the time for its own.
        @raise UnsupportedOperation: if the family cannot.
        """
        raise UnsupportedOperation(
            f"the {self.name} modules cannot ask a time server", family=self.name
        )

    def probe_error(
        self, code: int | None, host: str, command: str, trace: Sequence[str]
    ) -> ModemError:
        """Give the exception for a ping, or a time server, that did not come to its end."""
        return ModemConnectError(
            f"host: {host} did not answer" + (f" ({code})" if code else ""),
            code=code,
            family=self.name,
            command=command,
            trace=trace,
        )
