"""Names that the module looks up (TCP/IP Application Note, C{AT+QIDNSGIP})."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort
from ..at.deadline import Deadline
from ..errors import (
    CommandFailed,
    ModemDNSError,
    ModemError,
    NetworkDown,
    UnsupportedOperation,
)
from ..families import Family
from ..families.base import NameAddress, NameResult

if TYPE_CHECKING:
    from .session import Session

#: Seconds that an answer may be late, and within which the addresses follow their number.
_GRACE: Final = 5.0


class _Lookup:
    """One name, for all who wait for it.

    @ivar expected: how many addresses are to come; L{None} as long as that is not known.
    """

    def __init__(self, pdp: int, name: str) -> None:
        self.pdp = pdp
        self.name = name
        self.waiting: list[Deferred[list[str]]] = []
        self.expected: int | None = None
        self.found: list[str] = []
        self.seen = 0

    def wait(self) -> Deferred[list[str]]:
        """Wait for the addresses."""
        waiting: Deferred[list[str]] = Deferred(self._leave)
        self.waiting.append(waiting)
        return waiting

    def _leave(self, waiting: Deferred[list[str]]) -> None:
        if waiting in self.waiting:
            self.waiting.remove(waiting)

    def take(self, text: str) -> None:
        """Take an address; what is none is not believed."""
        self.seen += 1
        try:
            address = str(ip_address(text.strip()))
        except ValueError:
            return
        if address not in self.found:
            self.found.append(address)

    def tell(self, outcome: list[str] | Failure) -> None:
        """Tell all who wait."""
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            if isinstance(outcome, Failure):
                each.errback(outcome)
            else:
                each.callback(list(outcome))


class Names:
    """The lookups of one session.

    One at a time: the module's answers do not say whose they are.  Who asks for the name
    that is being looked up waits for the same answer; who does not wait any more leaves it
    to come, so that it is not taken for the next one's.
    """

    def __init__(
        self, clock: IReactorTime, port: ATPort, family: Family, check: Callable[[], None]
    ) -> None:
        """
        @param check: raises what the session has ended with, if it has.
        """
        self._port = port
        self._family = family
        self._check = check
        self._lookups: dict[tuple[int, str], _Lookup] = {}
        self._queue: deque[_Lookup] = deque()
        self._current: _Lookup | None = None
        self._command = ""
        self._patience = Deadline(clock, self._too_late)

    def resolve(self, pdp: int, name: str) -> Deferred[list[str]]:
        """Give the addresses of a name, the module's first choice first.

        @param name: as L{read_host<twisted_quectel.arguments.read_host>} gives it.
        @return: can be cancelled; fails with L{ModemDNSError
            <twisted_quectel.errors.ModemDNSError>}, or with what keeps the module from
            looking it up.
        """
        self._check()
        key = pdp, name.lower()
        lookup = self._lookups.get(key)
        if lookup is None:
            lookup = self._lookups[key] = _Lookup(pdp, name)
            self._queue.append(lookup)
        waiting = lookup.wait()
        self._next()
        return waiting

    def told(self, event: NameResult | NameAddress) -> None:
        """The module has said something about the name that is looked up."""
        lookup = self._current
        if lookup is None:
            return
        if isinstance(event, NameAddress):
            if lookup.expected is not None:
                lookup.take(event.address)
                if lookup.seen >= lookup.expected:
                    self._finish()
        elif lookup.expected is None:
            if event.code or not event.count:
                self._fail(event.code)
            else:
                lookup.expected = event.count
                self._patience.set(_GRACE)

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
        self._patience.clear()
        self._current = None
        self._queue.clear()
        lookups, self._lookups = self._lookups, {}
        for lookup in lookups.values():
            lookup.tell(reason)

    def _next(self) -> None:
        while self._current is None and self._queue:
            lookup = self._queue.popleft()
            if not lookup.waiting:
                del self._lookups[lookup.pdp, lookup.name.lower()]
                continue
            self._current = lookup
            asking = Deferred.fromCoroutine(self._ask(lookup))
            asking.addErrback(self._failed, lookup)

    def _failed(self, reason: Failure, lookup: _Lookup) -> None:
        self._done(lookup, reason)

    async def _ask(self, lookup: _Lookup) -> None:
        family = self._family
        if family.limits.name_time is None:
            raise UnsupportedOperation(
                f"host: the {family.name} modules cannot resolve a name by itself",
                family=family.name,
            )
        command = family.name_command(lookup.pdp, lookup.name)
        self._command = "AT" + command.text.shown
        try:
            found = await family.look_up(self._port, lookup.pdp, lookup.name)
        except CommandFailed as e:
            code = await self._code(e)
            if lookup is self._current:
                self._fail(code)
            return
        if found and lookup is self._current:
            for each in found:
                lookup.take(each)
            self._finish()
            return
        if lookup is self._current and lookup.expected is None:
            self._patience.set(family.limits.name_time + _GRACE)

    async def _code(self, problem: CommandFailed) -> int | None:
        """Ask what an error was, ahead of everything else."""
        command = self._family.error_command()
        if command is None:
            return problem.code
        try:
            response = await self._port.execute(command, urgent=True)
        except CommandFailed:
            return problem.code
        return self._family.read_error(response) or problem.code

    def _too_late(self) -> None:
        if self._current is not None and self._current.found:
            self._finish()
        else:
            self._fail(None)

    def _finish(self) -> None:
        lookup = self._current
        if lookup is not None and lookup.found:
            self._done(lookup, lookup.found)
        else:
            self._fail(None)

    def _fail(self, code: int | None) -> None:
        lookup = self._current
        if lookup is not None:
            trace = self._port.trace.last()
            problem = self._family.name_error(code, lookup.name, self._command, trace)
            self._done(lookup, Failure(problem))

    def _done(self, lookup: _Lookup, outcome: list[str] | Failure) -> None:
        if lookup is not self._current:
            # everybody was told of the end of the module
            return
        self._patience.clear()
        self._current = None
        self._lookups.pop((lookup.pdp, lookup.name.lower()), None)
        lookup.tell(outcome)
        self._next()


async def _or_network_down(session: Session, pdp: int, problem: ModemDNSError) -> ModemError:
    """See whether it was the network, where the module does not tell: else nobody would notice.

    @return: what is to be told.
    """
    limits = session.family.limits
    if limits.tells_why or not limits.knows_network or session.over is not None:
        return problem
    if await session.pdp_is_up(pdp) or session.over is not None:
        session.suspect_attachment(pdp)
        return problem
    return NetworkDown(
        f"{problem.message}: the packet data connection is down; the next attempt makes it anew",
        code=problem.code,
        family=problem.family,
        command=problem.command,
        trace=session.port.trace.last(),
    )


async def resolve_name(session: Session, pdp: int, name: str, wait: bool = True) -> list[str]:
    """Have the module look a name up, over a PDP context that is brought up if it is down.

    @param wait: whether to wait while a transparent connection has the port.
    @return: IP literals, one at least.
    @raise ModemError: a subclass that says why not; L{ModemDNSError
        <twisted_quectel.errors.ModemDNSError>} if it is the name.
    """
    await session.share_channel(wait)
    try:
        await session.require_network(pdp)
        try:
            found = await session.inquiries.names.resolve(pdp, name)
        except ModemDNSError as e:
            raise await _or_network_down(session, pdp, e) from None
        if not session.family.limits.tells_why:
            session.trust_attachment(pdp)
        return found
    finally:
        session.unshare_channel()
