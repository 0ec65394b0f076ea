"""What a program can ask a modem beside connecting."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime

from twisted.internet.defer import Deferred

from ..arguments import read_host, read_integer
from ..modemprofile import ModemProfile
from ..tables.lte import PDP_IDS, PING_COUNTS, PING_TIMEOUTS
from .probing import Ping, ask_time, ping
from .reception import Signal, ask_signal
from .session import Session


class Questions:
    """The questions of L{Modem<twisted_quectel.Modem>}."""

    profile: ModemProfile

    @abstractmethod
    def session(self) -> Deferred[Session]:
        """Wait until the modem is up; give what is true of it until it is lost."""

    def signal(self) -> Deferred[Signal]:
        """Ask for the signal's quality."""
        return Deferred.fromCoroutine(ask_signal(self.session()))

    def ping(
        self, host: str, *, count: int = 4, timeout: int = 4, pdp: int | None = None
    ) -> Deferred[Ping]:
        """Have the module ping a host (TCP/IP Application Note, C{AT+QPING}).

        One after the other, however many ask.

        @param host: a name or an address.
        @param count: probes, 1-10.
        @param timeout: seconds for each of them, 1-255.
        @param pdp: the PDP context, 1-16; L{None}: the modem's.
        @return: fires also if no probe was answered; fails with a
            L{ModemError<twisted_quectel.ModemError>} if none could be sent.
        @raise InvalidValue: if an argument is out of range.
        """
        name = read_host("host", host)
        context = self._pdp(pdp)
        probes = read_integer("count", count, PING_COUNTS[0], PING_COUNTS[-1])
        seconds = read_integer("timeout", timeout, PING_TIMEOUTS[0], PING_TIMEOUTS[-1])

        async def asked() -> Ping:
            return await ping(await self.session(), context, name, seconds, probes)

        return Deferred.fromCoroutine(asked())

    def ntp(
        self, server: str, port: int = 123, *, set_clock: bool = False, pdp: int | None = None
    ) -> Deferred[datetime]:
        """Have the module ask a time server (TCP/IP Application Note, C{AT+QNTP}).

        @param server: a name or an address.
        @param port: 1-65535.
        @param set_clock: whether the module takes the time for its own.
        @param pdp: the PDP context, 1-16; L{None}: the modem's.
        @return: the time, in UTC; fails with a L{ModemError<twisted_quectel.ModemError>}.
        @raise InvalidValue: if an argument is out of range.
        """
        name = read_host("server", server)
        context = self._pdp(pdp)
        number = read_integer("port", port, 1, 65535)

        async def asked() -> datetime:
            return await ask_time(await self.session(), context, name, number, bool(set_clock))

        return Deferred.fromCoroutine(asked())

    def _pdp(self, pdp: int | None) -> int:
        if pdp is None:
            return self.profile.pdp
        return read_integer("pdp", pdp, PDP_IDS[0], PDP_IDS[-1])
