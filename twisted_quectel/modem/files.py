"""The certificates on the module: each content goes up once.

Files are named after the hash of what they hold, so that a name and a size
prove the content (a read back is not needed).  Keys go to RAM, unless told
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import DeferredLock

from ..at import ATPort
from ..errors import CertificateStoreError
from ..families import Family
from ..pem import PEM, ModuleFile, Source
from ..profiles import TLSProfile

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

    def __init__(self, port: ATPort, family: Family, keys: str) -> None:
        """
        @param keys: where private keys go, C{ram} or C{ufs}.
        """
        self.progress: list[UploadProgress] = []
        self.in_doubt: set[str] = set()
        self.sizes_prove = True
        self._port = port
        self._family = family
        self._keys = keys.upper()
        self._known: dict[str, int] = {}
        self._listed: set[str] = set()
        self._used: set[str] = set()
        self._lock = DeferredLock()

    async def paths(self, profile: TLSProfile) -> dict[str, str]:
        """Have a profile's files on the module; give their paths by setting.

        @raise CertificateStoreError: if one cannot be stored.
        """
        paths: dict[str, str] = {}
        for tag, attribute in _SOURCES:
            source: Source | None = getattr(profile, attribute)
            if isinstance(source, ModuleFile):
                paths[tag] = source.path
            elif isinstance(source, PEM):
                paths[tag] = await self._ensure(source, tag == "clientkey")
        return paths

    async def _ensure(self, source: PEM, key: bool) -> str:
        drive = self._keys if key else "UFS"
        path = f"{drive}:{source.name}"
        await self._lock.acquire()
        try:
            if drive not in self._listed:
                found = await self._family.stored_files(self._port, drive)
                self._known.update(found)
                self._listed.add(drive)
                if not self.sizes_prove:
                    self.in_doubt.update(found)
            self._used.add(path)
            if path in self.in_doubt or self._known.get(path) != len(source.data):
                self.in_doubt.add(path)
                await self._store(path, source.data)
                self._known[path] = len(source.data)
                self.in_doubt.discard(path)
        finally:
            self._lock.release()
        return path

    async def _store(self, path: str, data: bytes) -> None:
        def tell(done: int, total: int) -> None:
            for listener in self.progress:
                listener(path, done, total)

        try:
            await self._family.store(self._port, path, data, tell)
        except CertificateStoreError:
            if not await self._make_room():
                raise
            await self._family.store(self._port, path, data, tell)

    async def _make_room(self) -> bool:
        """Delete our files that nobody has used; tell whether there were any."""
        unused = [path for path in self._known if path not in self._used]
        for path in unused:
            await self._family.delete_file(self._port, path)
            del self._known[path]
        return bool(unused)
