"""The certificates on the module: each content goes up once.

Files are named after the hash of what they hold, so that a name and a size
prove the content (a read back is not needed).  Keys go to RAM, unless told
otherwise.  When a drive is full, files of ours go that no context needs, the
oldest first: certificates are renewed, and their predecessors stay behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from ..at import ATPort
from ..errors import CertificateStoreError, ModemBusyError
from ..families import Family
from ..pem import PEM, ModuleFile, Source
from ..profiles import TLSProfile
from .contexts import ContextPool
from .waiting import wait_for

#: Told about an upload: path on the module, bytes done, bytes in all.
UploadProgress = Callable[[str, int, int], None]

_SOURCES: Final = (
    ("cacert", "cacert"),
    ("cacertex", "cacertex"),
    ("clientcert", "client_cert"),
    ("clientkey", "client_key"),
)


class FileStore:
    """What this driver has put on one module since its start.

    @ivar progress: told about each upload.
    @ivar in_doubt: files whose upload was begun and is not known to have ended
        well: a module that waits for the rest takes for it whatever is said to
        it, so that their sizes prove nothing.  It outlives the module's loss.
    @ivar sizes_prove: whether the size of a file that was there already proves
        its content.
    """

    __slots__ = (
        "_contents",
        "_contexts",
        "_family",
        "_held",
        "_keys",
        "_known",
        "_listed",
        "_lock",
        "_port",
        "in_doubt",
        "progress",
        "sizes_prove",
    )

    _log = Logger()

    def __init__(self, port: ATPort, family: Family, keys: str, contexts: ContextPool) -> None:
        """
        @param keys: where private keys go, as the modem file writes it.
        @param contexts: who needs which files.
        """
        self.progress: list[UploadProgress] = []
        self.in_doubt: set[str] = set()
        self.sizes_prove = True
        self._port = port
        self._family = family
        self._keys = keys
        self._contexts = contexts
        # the longest unused first
        self._known: dict[str, int] = {}
        self._listed: set[str] = set()
        # by path and content: a place may be one for several contents, in turn
        self._held: Counter[tuple[str, str]] = Counter()
        self._contents: dict[str, str] = {}
        self._lock = DeferredLock()

    async def paths(self, profile: TLSProfile, wait: bool = False) -> dict[str, str]:
        """Have a profile's files on the module; give their paths by setting.

        They stay there while they are L{held}, and from when a context is
        taken for them.

        @param wait: whether to wait where another file is in the place of one.
        @raise CertificateStoreError: if one cannot be stored.
        @raise ModemBusyError: if another file is in its place, and C{wait} is false.
        """
        paths = {
            tag: source.path
            for tag, source in self._sources(profile)
            if isinstance(source, ModuleFile)
        }
        with self.held(profile):
            for tag, path, source in self._places(profile):
                while not await self._ensure(path, source, wait):
                    await wait_for(
                        self._contexts.something_freed(), f"{path} holds another file, in use"
                    )
                paths[tag] = path
        return paths

    @contextmanager
    def held(self, profile: TLSProfile | None) -> Iterator[None]:
        """Keep a profile's files on the module, until a context names them."""
        places = (
            []
            if profile is None
            else [(path, source.name) for _, path, source in self._places(profile)]
        )
        self._held.update(places)
        try:
            yield
        finally:
            self._held.subtract(places)

    def _sources(self, profile: TLSProfile) -> Iterator[tuple[str, Source | None]]:
        for tag, attribute in _SOURCES:
            yield tag, getattr(profile, attribute)

    def _places(self, profile: TLSProfile) -> Iterator[tuple[str, str, PEM]]:
        """Give each file's setting and path, and what it holds."""
        for tag, source in self._sources(profile):
            if isinstance(source, PEM):
                yield tag, self._family.place(tag, source.name, self._keys), source

    async def _ensure(self, path: str, source: PEM, wait: bool) -> bool:
        """Have a file on the module.

        @return: whether it is there; else another one is in its place, which has to be
            waited for.
        """
        drive = path.partition(":")[0]
        await self._lock.acquire()
        try:
            if drive not in self._listed:
                found = await self._family.stored_files(self._port, drive)
                self._known.update(found)
                self._listed.add(drive)
                if not self.sizes_prove:
                    self.in_doubt.update(found)
            size = self._known.pop(path, None)
            other = self._contents.get(path, source.name) != source.name
            if path in self.in_doubt or size != len(source.data) or other:
                if self._is_taken(path, source):
                    if size is not None:
                        self._known[path] = size
                    if wait:
                        return False
                    room = 'keys = "ram" in the modem file has room for more, and '
                    raise ModemBusyError(
                        f"{path} of the module holds another file, which a connection uses: there "
                        f"is one place for such files; {room * (self._keys != 'ram')}busy=wait "
                        "waits",
                        family=self._family.name,
                    )
                if not await self._family.is_stored(self._port, path, source.data):
                    self.in_doubt.add(path)
                    self._contents.pop(path, None)
                    await self._store(path, source.data)
                self.in_doubt.discard(path)
            self._known[path] = len(source.data)
            self._contents[path] = source.name
            return True
        finally:
            self._lock.release()

    def _is_taken(self, path: str, source: PEM) -> bool:
        """Whether another file that somebody needs is where this one goes."""
        there = self._contents.get(path, "")
        if there == source.name or source.name in path:
            return False
        return self._held[path, there] > 0 or path in self._contexts.in_use()

    async def _store(self, path: str, data: bytes) -> None:
        def tell(done: int, total: int) -> None:
            for listener in list(self.progress):
                try:
                    listener(path, done, total)
                except Exception:
                    self._log.failure("who wanted to be told about uploads has failed")

        # a drive's size is not known: first as much as is needed goes, then all that may
        for needed in (len(data), None):
            try:
                await self._family.store(self._port, path, data, tell)
            except CertificateStoreError:
                if not await self._make_room(path, needed):
                    raise
            else:
                return
        await self._family.store(self._port, path, data, tell)

    async def _make_room(self, path: str, needed: int | None) -> bool:
        """Delete files of ours on a drive; tell whether there were any.

        Those that a context is set to which nobody uses go last, and that
        context counts as unknown from then on.

        @param needed: bytes; L{None}: all that may go.
        """
        drive = path.partition(":")[0] + ":"
        held = {path for (path, _), count in self._held.items() if count}
        used = self._contexts.in_use() | held
        idle = self._contexts.idle()
        free = [each for each in self._known if each.startswith(drive) and each not in used]
        going: list[str] = []
        size = 0
        for each in sorted(free, key=idle.__contains__):
            if needed is not None and size >= needed:
                break
            going.append(each)
            size += self._known[each]
        self._contexts.forget(going)
        for each in going:
            del self._known[each]
            self._contents.pop(each, None)
            await self._family.delete_file(self._port, each)
        return bool(going)
