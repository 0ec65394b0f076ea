"""The SSL contexts of the modem file: put on the module at each bring-up.

One that cannot be put there (a full drive, a tag that the firmware lacks, no
time to check dates with) concerns those who name it, and nobody else: for them
it is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, Final

from twisted.logger import Logger

from ..errors import (
    CertificateStoreError,
    CommandFailed,
    IdentityNotChecked,
    ModemBusyError,
    ModemError,
    ModemNotReady,
    ModemParameterError,
    UnsupportedOperation,
)
from ..families import Family
from ..families.base import ContextSettings
from ..modemprofile import ModemProfile
from ..profiles import TLSProfile
from .contexts import ContextPool
from .files import FileStore, Hold

#: Seconds that a connection is supposed to have, as far as its context depends on it.
_TIMEOUT: Final = 60.0
#: What says that a context cannot be had, while the module goes on.
_UNUSABLE: Final = (
    CertificateStoreError,
    CommandFailed,
    IdentityNotChecked,
    ModemBusyError,
    ModemNotReady,
    ModemParameterError,
    UnsupportedOperation,
)


class Provisions:
    """What the modem file wants of the contexts of one module."""

    __slots__ = ("_family", "_files", "_pool", "_profile", "_require_clock")

    _log = Logger()

    def __init__(
        self,
        pool: ContextPool,
        files: FileStore,
        family: Family,
        profile: ModemProfile,
        require_clock: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """
        @param require_clock: has the module's clock set.
        """
        self._pool = pool
        self._files = files
        self._family = family
        self._profile = profile
        self._require_clock = require_clock

    async def put(self) -> None:
        """Set all of them; what cannot be is told in the log."""
        known = self._family.limits.contexts
        contexts = {id: tls for id, tls in self._profile.contexts.items() if id in known}
        for id in sorted(self._profile.contexts.keys() - contexts.keys()):
            self._log.warn(
                "{name}: contexts.{id} of the modem file is of no use: the {family} modules have "
                "no such SSL context",
                name=self._profile.name,
                id=id,
                family=self._family.name,
            )
        self._pool.reserve(contexts)
        for id, tls in contexts.items():
            try:
                with self._blaming(id):
                    with self._files.held(tls) as hold:
                        await self._pool.provision(id, await self._settings(tls, hold))
                    if tls.checks_dates:
                        await self._require_clock()
            except _UNUSABLE as e:
                self._log.warn(
                    "{name}: {problem}", name=self._profile.name, problem=str(e), reason=e
                )

    @contextmanager
    def _blaming(self, id: int) -> Iterator[None]:
        """Have an error say which context it is about."""
        try:
            yield
        except _UNUSABLE as e:
            raise _about(e, f"ctx: contexts.{id} of the modem file cannot be used: ") from None

    @contextmanager
    def used(self, id: int | None) -> Iterator[Hold]:
        """Use a context that is named alone."""
        if id is None or id not in self._profile.contexts:
            with self._files.held(None) as hold:
                yield hold
            return
        with self._blaming(id), self._files.held(self._profile.contexts[id]) as hold:
            yield hold

    async def restore(self, id: int | None, wait: bool, hold: Hold) -> None:
        """Say again what a context that is named alone has to be, where that was not known.

        Where there is one context only, others may have had it since, with files of theirs.

        @param wait: whether to wait where another file is in the place of one.
        """
        tls = None if id is None else self._profile.contexts.get(id)
        if id is None or tls is None:
            return
        if self._pool.single or not self._pool.is_provisioned(id):
            self._pool.keep(id, await self._settings(tls, hold, wait))
        if tls.checks_dates:
            await self._require_clock()

    async def _settings(self, tls: TLSProfile, hold: Hold, wait: bool = False) -> ContextSettings:
        paths = await self._files.paths(tls, wait, hold)
        return self._family.context_settings(tls, False, _TIMEOUT, paths)


def _about(problem: ModemError, where: str) -> ModemError:
    """Give an error of the same kind that says where it belongs."""
    told = copy(problem)
    told.message = where + problem.message
    told.args = (told.message,)
    return told
