"""A file on its way from the host to a server, by a module's FTPS.

SIM52xx SSL Application Note v0.01, chapter 3.11: piece by piece into the module's cache, then a
commit.  Where the cache is full, a piece is refused until there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ..at import Response
from .ftptransfer import Transfer

if TYPE_CHECKING:
    from .ftps import Login

#: Seconds before a piece that was refused is handed over again: at first, at most.
_PAUSE_FIRST: Final = 0.2
_PAUSE_LONGEST: Final = 2.0
#: So often in a row a piece is refused although nothing waits to be sent, until it counts as said.
_REFUSALS: Final = 2


class Put(Transfer):
    """One file."""

    def __init__(self, login: Login) -> None:
        super().__init__(login, "+CFTPSPUT")

    async def send(self, path: str, pieces: Iterator[bytes], sent: Callable[[int], None]) -> None:
        """Hand it over, commit it, and wait for the end.

        @param path: on the server.
        @param pieces: none of them empty.
        @param sent: told how many bytes the module has taken, each time.
        @raise FTPSFailed: if it has failed.
        """
        first: str | None = path
        # what was begun must not go on as if it was whole
        with self._under_way():
            for piece in pieces:
                await self._hand_over(first, piece)
                first = None
                sent(len(piece))
            await self._raise_end()
            response = await self._exchange(self._login.dialect.commit_command(), whole=True)
            if not response.result.good:
                await self._raise_why()
                raise self._refused(response)
            await self._well()

    async def _hand_over(self, path: str | None, piece: bytes) -> None:
        """Hand over one piece; where there is no room, again after a while.

        @param path: with the first piece.
        """
        login, pause, refusals = self._login, _PAUSE_FIRST, 0
        end, least = login.clock.seconds() + login.dialect.step, None
        while True:
            await self._raise_end()
            response = await self._exchange(login.dialect.put_command(path, piece))
            if response.result.good:
                return
            await self._raise_end()
            if response.body_sent:
                # whether it was taken, nobody knows
                await self._raise_why()
                raise self._refused(response)
            pending = await self._pending()
            await self._raise_end()
            refusals = refusals + 1 if pending == 0 else 0
            if refusals == _REFUSALS:
                # it does not want for room
                self._settled = path is not None
                raise self._refused(response)
            now = login.clock.seconds()
            if pending is not None and (least is None or pending < least):
                least, end = pending, now + login.dialect.step
            if now >= end:
                raise self._no_room(response)
            await self._lull.last(pause)
            pause = min(pause * 2, _PAUSE_LONGEST)

    async def _pending(self) -> int | None:
        """Ask how many bytes wait to be sent; L{None} if the module does not say.

        The end of a put has the form of this answer: of two lines, one is the end.
        """
        dialect = self._login.dialect
        response = (await self._login.exchange(dialect.pending_command())).response
        counts = dialect.read_pending(response)
        if response.result.good and len(counts) == 1:
            return counts[0]
        if counts:
            # behind the end nothing waits; ahead of it, more bytes than there are codes
            self._login.take_end(self.name, min(filter(None, counts), default=0))
        return None

    def _no_room(self, response: Response) -> Exception:
        step = self._login.dialect.step
        shown = "AT" + response.command.text.shown
        return self._login.failed(f"{shown} was refused for {step:g} s: no room", None, shown)
