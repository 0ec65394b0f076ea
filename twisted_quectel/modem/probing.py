"""What a module can be asked about the network: pings, time servers, acknowledgements.

TCP/IP Application Note, C{AT+QPING}, C{AT+QNTP} and C{AT+QISEND}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from twisted.internet.defer import Deferred, DeferredLock, fail
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, Command, Response
from ..at.deadline import Deadline
from ..errors import CommandFailed, ModemConnectError, ModemError
from ..families import Acknowledged, Dialect, Family
from ..families.base import PingEnd, PingReply, ServerTime
from .network import module_time

if TYPE_CHECKING:
    from .session import Session

#: Seconds within which a module has looked a name up, and that an answer may be late.
_NAME_TIME: Final = 60.0
_GRACE: Final = 5.0

_E = TypeVar("_E")


@dataclass(frozen=True)
class Ping:
    """How a host has answered to a ping.

    @ivar address: who has answered; C{""} if nobody has.
    @ivar sent: probes that were sent.
    @ivar received: those of them that were answered.
    @ivar times: how long each answer took, in milliseconds.
    """

    address: str
    sent: int
    received: int
    times: tuple[int, ...]


class _Inquiry(Generic[_E]):
    """Asks one question at a time, and gathers what is told about it to its end.

    The answers do not say which question they belong to: who does not wait any more leaves
    them to come.
    """

    def __init__(
        self, clock: IReactorTime, port: ATPort, family: Family, check: Callable[[], None]
    ) -> None:
        self._port = port
        self._family = family
        self._check = check
        self._lock = DeferredLock()
        self._told: list[_E] = []
        self._end: Deferred[None] | None = None
        self._patience = Deadline(clock, self._over)

    def ask(self, host: str, command: Command, seconds: float) -> Deferred[list[_E]]:
        """Ask; give what was told.

        @param seconds: within which the answer comes.
        @return: can be cancelled, which does not end the question.
        """
        waiting: Deferred[list[_E]] = Deferred()
        asking = Deferred.fromCoroutine(self._ask(host, command, seconds))
        asking.addCallbacks(waiting.callback, waiting.errback)
        return waiting

    async def _ask(self, host: str, command: Command, seconds: float) -> list[_E]:
        await self._lock.acquire()
        try:
            self._check()
            self._told = []
            end: Deferred[None] = Deferred()
            self._end = end
            try:
                await self._port.execute(command)
            except CommandFailed as e:
                raise await self._refused(host, e) from None
            self._patience.set(seconds + _GRACE)
            await end
            return self._told
        finally:
            self._patience.clear()
            self._end = None
            self._lock.release()

    async def _refused(self, host: str, refusal: CommandFailed) -> ModemError:
        code = refusal.code
        question = self._family.error_command()
        if question is not None:
            try:
                response = await self._port.execute(question, urgent=True)
            except CommandFailed:
                pass  # it keeps to itself what the error was
            else:
                code = self._family.read_error(response) or code
        return self._family.probe_error(code, host, refusal.command or "", refusal.trace)

    def told(self, event: _E, last: bool) -> None:
        """The module has said something about it.

        @param last: whether that was all.
        """
        if self._end is not None:
            self._told.append(event)
            if last:
                self._over()

    def _over(self) -> None:
        if self._end is not None and not self._end.called:
            self._end.callback(None)

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        if self._end is not None and not self._end.called:
            self._end.errback(reason)


class Probes:
    """The pings and the questions to time servers of one session."""

    def __init__(
        self, clock: IReactorTime, port: ATPort, family: Family, check: Callable[[], None]
    ) -> None:
        """
        @param check: raises what the session has ended with, if it has.
        """
        self._family = family
        self._port = port
        self._pings: _Inquiry[PingReply | PingEnd] = _Inquiry(clock, port, family, check)
        self._times: _Inquiry[ServerTime] = _Inquiry(clock, port, family, check)

    async def ping(self, pdp: int, host: str, timeout: int, count: int) -> Ping:
        """Ping a host: see L{Modem.ping<twisted_quectel.Modem.ping>}."""
        command = self._family.ping_command(pdp, host, timeout, count)
        events = await self._pings.ask(host, command, _NAME_TIME + timeout * count)
        replies = [each for each in events if isinstance(each, PingReply)]
        ends = [each for each in events if isinstance(each, PingEnd)]
        if not ends and (not replies or replies[-1].last):
            raise self._problem(replies[-1].code if replies else None, host, command)
        answers = [each for each in replies if each.milliseconds is not None]
        return Ping(
            answers[0].address if answers else "",
            ends[0].sent if ends else len(replies),
            ends[0].received if ends else len(answers),
            tuple(each.milliseconds for each in answers if each.milliseconds is not None),
        )

    async def ask_time(self, pdp: int, server: str, port: int, set_clock: bool) -> str:
        """Ask a time server; give what it says, as C{+CCLK} would."""
        command = self._family.ntp_command(pdp, server, port, set_clock)
        events = await self._times.ask(
            server, command, _NAME_TIME + (self._family.limits.ntp_time or 0)
        )
        if not events or events[-1].code:
            raise self._problem(events[-1].code if events else None, server, command)
        return events[-1].text

    def _problem(self, code: int | None, host: str, command: Command) -> ModemError:
        shown = "AT" + command.text.shown
        return self._family.probe_error(code, host, shown, self._port.trace.last())

    def told(self, event: PingReply | PingEnd | ServerTime) -> None:
        """The module has said something about one of them."""
        if isinstance(event, ServerTime):
            self._times.told(event, True)
        else:
            self._pings.told(event, isinstance(event, PingEnd) or event.last)

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        self._pings.lost(reason)
        self._times.lost(reason)


async def ping(session: Session, pdp: int, host: str, timeout: int, count: int) -> Ping:
    """Ping a host over a PDP context that is brought up if it is down."""
    await session.share_channel(True)
    try:
        await session.require_network(pdp, host)
        return await session.inquiries.probes.ping(pdp, host, timeout, count)
    finally:
        session.unshare_channel()


async def ask_time(session: Session, pdp: int, server: str, port: int, set_clock: bool) -> datetime:
    """Ask a time server over a PDP context that is brought up if it is down."""
    await session.share_channel(True)
    try:
        await session.require_network(pdp, server)
        text = await session.inquiries.probes.ask_time(pdp, server, port, set_clock)
    finally:
        session.unshare_channel()
    found = module_time(text)
    if found is None:
        raise ModemConnectError(
            f"host: {server} was asked for the time, and the module gave {text!r}",
            family=session.family.name,
        )
    return found


def ask_acknowledged(port: ATPort, dialect: Dialect, id: int) -> Deferred[Acknowledged]:
    """Ask what of the bytes that a connection has sent was acknowledged."""

    def read(response: Response) -> Acknowledged:
        found = dialect.read_acknowledged(response)
        if found is None:
            raise ModemConnectError("the module did not say what was acknowledged")
        return found

    try:
        command = dialect.acknowledged_command(id)
    except ModemError:
        return fail()
    return port.execute(command).addCallback(read)
