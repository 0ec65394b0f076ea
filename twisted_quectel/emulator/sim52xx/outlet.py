"""Data that is told in counted pieces, as fast as a port takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ...tables.sim52xx import SEND_LENGTHS

if TYPE_CHECKING:
    from ..port import Port
    from .module import SIM52xxModule

#: The longest piece, in bytes.
PIECE: Final = SEND_LENGTHS[-1]


class Outlet:
    """One source of such data."""

    def __init__(
        self,
        module: SIM52xxModule,
        port: Port,
        header: Callable[[int], str],
        unread: Callable[[], int],
        read: Callable[[int], bytes],
        dry: Callable[[], None],
    ) -> None:
        """
        @param header: gives the line ahead of so many bytes.
        @param unread: gives the bytes that there are.
        @param read: takes up to so many of them.
        @param dry: is called when the last of them was told.
        """
        self._module = module
        self._port = port
        self._header = header
        self._unread = unread
        self._read = read
        self._dry = dry

    def push(self) -> bool:
        """Tell one piece; L{False} if there is none, or the port cannot speak."""
        if not self._unread() or not self._port.may_speak():
            return False
        size = PIECE
        for hook in self._module.hooks:
            size = hook.push_size(size)
        data = self._read(size)
        self._port.write(self._port.frame(self._header(len(data)).encode("ascii")) + data)
        if not self._unread():
            self._dry()
        return True


class Outlets:
    """All that have something to tell, in turn."""

    def __init__(self) -> None:
        self._outlets: list[Outlet] = []

    def add(self, outlet: Outlet) -> None:
        """Let it tell what it has, from now on."""
        self._outlets.append(outlet)
        self.push()

    def remove(self, outlet: Outlet) -> None:
        """It tells nothing more."""
        if outlet in self._outlets:
            self._outlets.remove(outlet)

    def push(self) -> None:
        """Tell what there is."""
        outlets = list(self._outlets)
        while outlets := [outlet for outlet in outlets if self._push(outlet)]:
            pass

    def _push(self, outlet: Outlet) -> bool:
        return outlet in self._outlets and outlet.push()
