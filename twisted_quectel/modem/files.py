"""The certificates on the module: each content goes up once.

Files are named after the hash of what they hold, so that a name and a size
prove the content (a read back is not needed).  Keys go to RAM, unless told
otherwise.  When a drive is full, files of ours go that no context needs, the
oldest first: certificates are renewed, and their predecessors stay behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from .named import Named
from .waiting import wait_for

#: Told about an upload: path on the module, bytes done, bytes in all.
UploadProgress = Callable[[str, int, int], None]

_SOURCES: Final = (
    ("cacert", "cacert"),
    ("cacertex", "cacertex"),
    ("clientcert", "client_cert"),
    ("clientkey", "client_key"),
)


class Hold:
    """The files that one connection needs, until a context names them.

    @ivar granted: whether all of their places are its own, or hold what it wants.  Who waits
        for one has none: nobody can wait for somebody who waits for him.
    """

    __slots__ = ("granted", "places")

    def __init__(self, places: list[tuple[str, str]]) -> None:
        """
        @param places: path and content of each.
        """
        self.places = places
        self.granted = False


class FileStore:
    """What this driver has put on one module since its start.

    @ivar progress: told about each upload.
    @ivar named: what its users name themselves.  Nothing is put in the place of such a file.
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
        "_holds",
        "_keys",
        "_known",
        "_listed",
        "_lock",
        "_port",
        "in_doubt",
        "named",
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
        self.named = Named()
        self.sizes_prove = True
        self._port = port
        self._family = family
        self._keys = keys
        self._contexts = contexts
        # the longest unused first
        self._known: dict[str, int] = {}
        self._listed: set[str] = set()
        self._holds: list[Hold] = []
        self._contents: dict[str, str] = {}
        self._lock = DeferredLock()

    async def paths(
        self, profile: TLSProfile, wait: bool = False, hold: Hold | None = None
    ) -> dict[str, str]:
        """Have a profile's files on the module; give their paths by setting.

        They stay there while they are L{held}, and from when a context is
        taken for them.  Where a place is one for several contents in turn, all
        places of a profile are taken at once, or none.

        @param wait: whether to wait where another file is in the place of one.
        @param hold: of this profile; L{None}: they are held until they are there.
        @raise CertificateStoreError: if one cannot be stored.
        @raise ModemBusyError: if another file is in its place, and C{wait} is false.
        """
        if hold is None:
            with self.held(profile) as hold:
                return await self.paths(profile, wait, hold)
        paths = {
            tag: source.path
            for tag, source in self._sources(profile)
            if isinstance(source, ModuleFile)
        }
        await self._ask_for_named(profile)
        places = list(self._places(profile))
        while (taken := self._taken(places, hold)) is not None:
            if not wait:
                room = 'keys = "ram" in the modem file has room for more, and '
                raise ModemBusyError(
                    f"{taken} of the module holds another file, which a connection uses: there "
                    f"is one place for such files; {room * (self._keys != 'ram')}busy=wait waits",
                    family=self._family.name,
                )
            await wait_for(self._contexts.something_freed(), f"{taken} holds another file, in use")
            places = list(self._places(profile))
        hold.places = [(path, source.name) for _, path, source in places]
        hold.granted = True
        for tag, path, source in places:
            await self._ensure(path, source)
            paths[tag] = path
        return paths

    @contextmanager
    def held(self, profile: TLSProfile | None) -> Iterator[Hold]:
        """Keep a profile's files on the module, until a context names them."""
        places = () if profile is None else self._places(profile)
        hold = Hold([(path, source.name) for _, path, source in places])
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            # whoever waits for its places can have them, if no context has them now
            self._contexts.wake()

    def places(self, profile: TLSProfile) -> dict[str, str]:
        """Give the paths of a profile's files by setting: where they would be put first."""
        return {
            tag: source.path
            if isinstance(source, ModuleFile)
            else self._family.place(tag, source.name, self._keys)
            for tag, source in self._sources(profile)
            if source is not None
        }

    def _sources(self, profile: TLSProfile) -> Iterator[tuple[str, Source | None]]:
        for tag, attribute in _SOURCES:
            yield tag, getattr(profile, attribute)

    def _places(self, profile: TLSProfile) -> Iterator[tuple[str, str, PEM]]:
        """Give each file's setting and path, and what it holds."""
        for tag, source in self._sources(profile):
            if isinstance(source, PEM):
                yield tag, self._place(tag, source.name), source

    def _place(self, tag: str, name: str) -> str:
        """Give the path of a file: the first that no user has named for one of his own.

        @raise CertificateStoreError: if each has been.
        """
        candidates = self._family.places(tag, name, self._keys)
        in_use = {place for hold in self._holds if hold.granted for place in hold.places}
        for path in candidates:
            if (path, name) in in_use or path not in self.named.files:
                return path
        raise CertificateStoreError(
            f"keys: {' and '.join(candidates)} of the module {_is(candidates)} named for files of "
            f"the user's own (module:{candidates[0]}), so that this program's {tag} has no place "
            'there; keys = "ram" in the modem file has one',
            family=self._family.name,
        )

    async def _ask_for_named(self, profile: TLSProfile) -> None:
        """Find out which files the contexts name that a user has provisioned on the module."""
        for tag, source in self._sources(profile):
            if not isinstance(source, PEM):
                continue
            path = self._family.place(tag, source.name, self._keys)
            if source.name not in path and self._contents.get(path) != source.name:
                break
        else:
            return
        for id in sorted(self.named.contexts):
            if self._contexts.is_strange(id):
                for path in await self._family.files_of(self._port, id):
                    self.named.note_file(path)

    async def _ensure(self, path: str, source: PEM) -> None:
        """Have a file on the module."""
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
                if not await self._family.is_stored(self._port, path, source.data):
                    self.in_doubt.add(path)
                    self._contents.pop(path, None)
                    await self._store(path, source.data)
                self.in_doubt.discard(path)
            self._known[path] = len(source.data)
            self._contents[path] = source.name
        finally:
            self._lock.release()

    def _taken(self, places: list[tuple[str, str, PEM]], hold: Hold) -> str | None:
        """Give the first place that holds, or is to hold, another file that somebody needs."""
        granted = {
            place: content
            for other in self._holds
            if other.granted and other is not hold
            for place, content in other.places
        }
        for _, path, source in places:
            if source.name in path:
                continue
            content = granted.get(path)
            if content is None and path in self._contexts.in_use():
                content = self._contents.get(path, "")
            if content not in (None, source.name):
                return path
        return None

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
        held = {path for hold in self._holds for path, _ in hold.places}
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


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
