"""The transfers of the FTPS stack: what arrives, and what is put.

Source: SIM52xx SSL Application Note v0.01, chapters 3.9 to 3.13 and 3.16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from ...tables.sim52xx import TRANSFER_TIMEOUT
from .cache import SendCache
from .ftpclient import TIMED_OUT, TRANSFER_FAILED, FTPFailed
from .outlet import Outlet
from .wires import UpgradingSocket

if TYPE_CHECKING:
    from ..port import Port
    from .ftps import FTPSService
    from .module import SIM52xxModule


class Arrival:
    """What comes over a data connection, until its end."""

    def __init__(self, module: SIM52xxModule, data: UpgradingSocket) -> None:
        self.ended = False
        self._module = module
        self._data = data
        self._timer: IDelayedCall | None = None
        self._done: Deferred[None] = Deferred(lambda _: self._stop())

    async def told(self, header: Callable[[int], str], port: Port) -> None:
        """Tell it on a port, in pieces."""
        outlet = Outlet(self._module, port, header, self._data.unread, self._data.read, self._moved)
        self._module.outlets.add(outlet)
        try:
            await self._until_end(self._module.outlets.push)
        finally:
            self._module.outlets.remove(outlet)

    async def stored(self) -> bytes | None:
        """Give it whole; L{None} if it is more than the file system holds."""
        content = bytearray()
        limit = self._module.files.size

        def take() -> None:
            content.extend(self._data.read(1 << 20))
            if len(content) > limit:
                content[limit + 1 :] = b""
            self._moved()

        await self._until_end(take)
        return bytes(content) if len(content) <= limit else None

    async def _until_end(self, readable: Callable[[], None]) -> None:
        def on_readable() -> None:
            self._restart_timer()
            readable()

        def on_closed() -> None:
            self.ended = True
            readable()
            self._moved()

        self._data.on_readable = on_readable
        self._data.on_closed = on_closed
        self._restart_timer()
        on_readable()
        try:
            await self._done
        finally:
            self._stop()

    def _moved(self) -> None:
        """Some of it is told; is that all?"""
        self._restart_timer()
        if self.ended and not self._data.unread():
            self._stop()
            if not self._done.called:
                self._done.callback(None)

    def _restart_timer(self) -> None:
        self._stop()
        if not self._done.called:
            self._timer = self._module.clock.callLater(TRANSFER_TIMEOUT, self._late)

    def _late(self) -> None:
        self._timer = None
        self._done.errback(FTPFailed(TIMED_OUT, "nothing came"))

    def _stop(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


class Put:
    """A file on its way to the server.

    @ivar cache: what has come of it, and is not sent yet.
    @ivar name: the command, as it is reported.
    @ivar committed: whether all of it has come.
    """

    def __init__(self, service: FTPSService, name: str, path: str, limit: int) -> None:
        """
        @param path: of the file on the server.
        @param limit: bytes that the cache holds.
        """
        self.name = name
        self.committed = False
        self.cache = SendCache(limit)
        self.cache.wanted = self.begin
        self._service = service
        self._path = path
        self._begun = False
        self._sent: Deferred[None] = Deferred()
        self._timer: IDelayedCall | None = None
        self._left = 0

    def begin(self) -> None:
        """Open the data connection: the cache has to be emptied."""
        if not self._begun:
            self._begun = True
            self._service.run(self.name, self._run())

    def commit(self) -> None:
        """All of it has come (C{AT+CFTPSPUT})."""
        self.committed = True
        self.cache.commit(self._end)

    async def _run(self) -> None:
        data = await self._service.open(f"STOR {self._path}")
        data.on_closed = lambda: self._end(FTPFailed(TRANSFER_FAILED, "the server wants no more"))
        self.cache.attach(data)
        self._watch()
        try:
            await self._sent
        finally:
            self.cache.clear()
            if self._timer is not None and self._timer.active():
                self._timer.cancel()
        await self._service.client.sent(data)

    def _end(self, failure: FTPFailed | None = None) -> None:
        if not self._sent.called:
            if failure is None:
                self._sent.callback(None)
            else:
                self._sent.errback(failure)

    def _watch(self) -> None:
        """See from time to time whether it goes on, once all of it has come."""
        left = self.cache.pending()
        if self.committed and left == self._left:
            self._timer = None
            self._end(FTPFailed(TIMED_OUT, "the server takes nothing"))
            return
        self._left = left if self.committed else -1
        self._timer = self._service.clock.callLater(TRANSFER_TIMEOUT, self._watch)
