"""Which PDP contexts of a module are active, as far as a session knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from twisted.internet.defer import DeferredLock

from ..arguments import parse_literal
from ..at import ATPort
from ..errors import CommandFailed, NetworkDown, UnsupportedOperation
from ..families import Family
from ..modemprofile import ModemProfile

#: More than any family has: what the module says beyond is not remembered.
_PDPS: Final = range(0, 32)
#: Opens in a row that fail without a reason before the network is doubted.
_FAILURES: Final = 2


class Attachments:
    """The PDP contexts of one session.  Each is activated once, however many want it."""

    __slots__ = (
        "_attached",
        "_attaching",
        "_broken",
        "_check",
        "_doubtful",
        "_failures",
        "_family",
        "_in_use",
        "_port",
        "_profile",
        "_suspected",
    )

    def __init__(
        self,
        port: ATPort,
        family: Family,
        profile: ModemProfile,
        check: Callable[[], None],
        in_use: Callable[[int], bool],
    ) -> None:
        """
        @param check: raises what the session has ended with, if it has.
        @param in_use: tells whether a connection lives on a context, or is being opened.
        """
        self._port = port
        self._family = family
        self._profile = profile
        self._check = check
        self._attached: dict[int, str] = {}
        self._doubtful: set[int] = set()
        self._broken: set[int] = set()
        self._suspected: set[int] = set()
        self._in_use = in_use
        self._failures: Counter[int] = Counter()
        self._attaching = DeferredLock()

    def __contains__(self, pdp: int) -> bool:
        """Whether a PDP context was active when it was last heard of."""
        return pdp in self._attached

    def address(self, pdp: int) -> str:
        """Give the module's address in a PDP context, as far as it is known."""
        return self._attached.get(pdp, "")

    async def attach(self, pdp: int) -> str:
        """Have a PDP context active; give the module's address in it."""
        pdps = self._family.limits.pdps
        if pdp not in pdps:
            raise UnsupportedOperation(
                f"pdp: the {self._family.name} modules have PDP contexts {pdps[0]} to {pdps[-1]}, "
                f"and no {pdp}",
                family=self._family.name,
            )
        await self._attaching.acquire()
        try:
            self._check()
            if pdp not in self._attached or pdp in self._doubtful:
                suspected = pdp in self._suspected and not self._in_use(pdp)
                if pdp in self._broken or suspected:
                    # TCP/IP note: after pdpdeact it has to be deactivated first
                    await self._family.detach(self._port, pdp)
                    self._broken.discard(pdp)
                self._attached[pdp] = await self._family.attach(self._port, self._profile, pdp)
                self._doubtful.discard(pdp)
                self._suspected.discard(pdp)
                self._failures.pop(pdp, None)
            return self._attached[pdp]
        finally:
            self._attaching.release()

    async def require(self, pdp: int, host: str = "") -> None:
        """Attach, with the reason as a connect error.

        @param host: what will be connected to over it: a name, or an address, of a kind that
            the context must have.
        """
        try:
            self._check_kind(host, await self.attach(pdp), pdp)
        except CommandFailed as e:
            raise NetworkDown(
                f"PDP context {pdp} cannot be used: {e.message}",
                code=e.code,
                family=self._family.name,
                command=e.command,
                trace=e.trace,
            ) from None

    def _check_kind(self, host: str, own: str, pdp: int) -> None:
        """Refuse an address of a kind that the module has none of."""
        wanted = parse_literal(host)
        kinds = {found.version for found in map(parse_literal, own.split(",")) if found}
        if wanted is not None and kinds and wanted.version not in kinds:
            raise UnsupportedOperation(
                f"host: {host} is an IPv{wanted.version} address, and PDP context {pdp} has none "
                f"of that kind (it has {own}); set ip of the modem to ipv{wanted.version} or "
                "ipv4v6, if its contract has that",
                family=self._family.name,
            )

    async def is_up(self, pdp: int) -> bool:
        """Ask the module whether a PDP context is up; where it cannot tell, it is."""
        try:
            return await self._family.is_attached(self._port, pdp)
        except CommandFailed:
            return True

    def suspect(self, pdp: int) -> bool:
        """An open has failed without a reason; whether that was the second one in a row."""
        self._failures[pdp] += 1
        return self._failures[pdp] >= _FAILURES

    def trust(self, pdp: int) -> None:
        """An open has succeeded: what failed before has failed for other reasons."""
        self._failures.pop(pdp, None)
        self._suspected.discard(pdp)
        if pdp in self._attached:
            self._doubtful.discard(pdp)

    def doubt(self, pdp: int) -> None:
        """Ask before the next use; where no connection lives on it, take it down first."""
        self._doubtful.add(pdp)
        if not self._in_use(pdp):
            self._suspected.add(pdp)

    def lost(self, pdp: int | None, tell: Callable[[list[int]], None]) -> None:
        """Note that a PDP context went down, or all of them.

        @param tell: is given which, to tell their connections. Whoever of these connects again
            at once waits until all have been told: their closes come ahead of the deactivation,
            which frees their ids.
        """
        gone = list(self._attached) if pdp is None else [pdp]
        for each in gone:
            self._attached.pop(each, None)
            if each in _PDPS:
                self._broken.add(each)
        told = self._attaching.acquire()
        try:
            tell(gone)
        finally:
            told.addCallback(lambda _: self._attaching.release())
