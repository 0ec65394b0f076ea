"""Roots of servers that were found out once: in this process, and in the user's data folder.

A file for each server, C{$XDG_DATA_HOME/twisted-quectel/roots/HOST:PORT.pem}, mode 0600: whoever
can write there says whom the modules trust.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from twisted.logger import Logger

from .at.syntax import InvalidValue
from .pem import PEM, load_certificates

_FOLDER: Final = Path("twisted-quectel", "roots")
_OTHERS: Final = 0o022
#: Longest name of a file that is a server's own.
_LONGEST: Final = 200


def roots_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Say where the files are (XDG Base Directory Specification).

    @param environ: the environment; L{None}: that of the process.
    """
    environ = os.environ if environ is None else environ
    data = Path(environ.get("XDG_DATA_HOME", ""))
    if not data.is_absolute():
        data = Path(environ.get("HOME") or Path.home(), ".local", "share")
    return data / _FOLDER


class Remembered:
    """The roots of servers, by host and port.

    @ivar folder: where the files are; L{None}: where the user's are at each moment.
    """

    _log = Logger()

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._roots: dict[str, PEM] = {}

    def path(self, host: str, port: int) -> Path:
        """Give the file of a server."""
        name = _key(host, port)
        if len(name) > _LONGEST:
            name = hashlib.sha256(name.encode()).hexdigest()
        return (self.folder or roots_folder()) / f"{name}.pem"

    def root(self, host: str, port: int) -> PEM | None:
        """Give a server's root, if it is known; a file that others can write counts as none."""
        key = _key(host, port)
        if key not in self._roots:
            found = self._read(self.path(host, port))
            if found is not None:
                self._roots[key] = found
        return self._roots.get(key)

    def remember(self, host: str, port: int, root: PEM) -> None:
        """Remember a server's root; where no file can be written, for this process."""
        self._roots[_key(host, port)] = root
        path = self.path(host, port)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(path, root.data)
        except OSError as e:
            self._log.warn(
                "the root of {host}:{port} is remembered in this process only: cannot write "
                "{path}: {problem}",
                host=host,
                port=port,
                path=str(path),
                problem=e.strerror,
            )

    def forget(self) -> None:
        """Forget what this process knows beside the files."""
        self._roots.clear()

    def _read(self, path: Path) -> PEM | None:
        try:
            status = path.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            problem = "is no file"
        elif status.st_uid not in (os.getuid(), 0) or status.st_mode & _OTHERS:
            problem = f"can be written by others (chmod 600 {path})"
        else:
            try:
                return load_certificates("trust", path)[0]
            except InvalidValue as e:
                problem = e.problem
        self._log.warn(
            "the remembered root {path} does not count: {problem}", path=str(path), problem=problem
        )
        return None


def _key(host: str, port: int) -> str:
    return f"{host.lower().rstrip('.')}:{port}"


def _replace(path: Path, data: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    # mode 0600 from the beginning
    fd, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


#: What this process has found out, or read.
remembered: Final = Remembered()
