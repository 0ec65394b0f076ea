"""The module's own file system, EFS, as far as FTPS and file transfers need it (public drivers)."""

from __future__ import annotations

import re
from typing import Final

from ...tables.sim52xx import FTP_FOLDERS

#: Longest name of a file, in bytes.
MAX_NAME: Final = 240
ROOT: Final = "C:\\"
#: The folders that there are, besides the root.
FOLDERS: Final = tuple(FTP_FOLDERS.values())

_NAME: Final = re.compile(r'[^\\/:*?"<>|\x00-\x1f]+')


class FileSystem:
    """Files by their full names; case does not matter.

    @ivar current: the folder that names without one belong to.
    """

    def __init__(self, size: int) -> None:
        """
        @param size: bytes that all files together may have.
        """
        self.current = ROOT
        self.size = size
        self._files: dict[str, tuple[str, bytes]] = {}

    def restart(self) -> None:
        """Files stay; the current folder is the root again."""
        self.current = ROOT

    def folder(self, name: str) -> str | None:
        """Give a folder's own name; L{None} if there is none."""
        wanted = name.replace("/", "\\").rstrip("\\").lower()
        for each in (ROOT, *FOLDERS):
            if wanted in (each.rstrip("\\").lower(), each.rpartition("\\")[2].lower()):
                return each
        return None

    def path(self, name: str) -> str | None:
        """Give a file's full name; L{None} for what can be none."""
        folder, separator, last = name.replace("/", "\\").rpartition("\\")
        place = self.folder(folder) if separator else self.current
        if place is None or not _NAME.fullmatch(last) or len(last.encode()) > MAX_NAME:
            return None
        return place.rstrip("\\") + "\\" + last

    def used(self) -> int:
        """Give the bytes of all files."""
        return sum(len(content) for _, content in self._files.values())

    def content(self, path: str) -> bytes | None:
        """Give a file's content; L{None} if there is none."""
        found = self._files.get(path.lower())
        return None if found is None else found[1]

    def fits(self, path: str, size: int) -> bool:
        """Tell whether a file of some size could be stored."""
        return self.used() - len(self.content(path) or b"") + size <= self.size

    def store(self, path: str, data: bytes) -> bool:
        """Store a file over what has its name; L{False} if there is no room."""
        if not self.fits(path, len(data)):
            return False
        self._files[path.lower()] = (path, data)
        return True

    def delete(self, path: str) -> bool:
        """Delete a file; L{False} if there is none."""
        return self._files.pop(path.lower(), None) is not None

    def names(self, folder: str) -> list[str]:
        """Give the names of the files of a folder."""
        inside = folder.rstrip("\\") + "\\"
        return [
            path[len(inside) :]
            for path, _ in self._files.values()
            if path.startswith(inside) and "\\" not in path[len(inside) :]
        ]
