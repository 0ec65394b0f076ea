"""A transfer of a module's FTPS: what comes, and how it ends.

SIM52xx SSL Application Note v0.01, chapters 3.9 to 3.13 and 3.16.  A transfer does not hold the
port: its command ends, and what it brings is told later, so that it can be given up by a logout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from ..at import Command, Response
from ..at.deadline import Deadline
from ..errors import FTPSFailed, RemoteViolation
from ..families.base import TransferData
from .ftpexchange import BEHIND, Lull

if TYPE_CHECKING:
    from .ftps import Login


class Transfer:
    """One transfer, from its command to the end that the module tells.

    @ivar name: of the command, as its end names it.
    """

    def __init__(
        self, login: Login, name: str, received: Callable[[bytes], None] | None = None
    ) -> None:
        """
        @param received: takes what comes.
        """
        self.name = name
        self._login = login
        self._received = received
        self._begun = False  # the module has a command of it
        self._whole = False  # the module has all of it: an end can be a success
        self._settled = False  # nothing of it is left in the module
        # a value rather than an error: whoever is still at another step asks later
        self._done: Deferred[Exception | None] = Deferred()
        self._due = Deadline(login.clock, self._late)
        self._lull = Lull(login.clock)

    # -- for the login

    def told(self, event: TransferData) -> None:
        """A piece came."""
        if not self._takes or self._received is None:
            return
        if event.command != self.name:
            # whatever it is of: these bytes are missing where they belong
            self.end(self._violation(f"the module has brought bytes of AT{event.command}"))
            return
        self._watch()
        try:
            self._received(event.data)
        except Exception as e:
            # of whoever takes it, such as a full disk
            self.end(e)

    def garbled(self) -> None:
        """A piece came that cannot be read: what is behind it cannot be told from lines."""
        if self._takes:
            self._login.port.resynchronise()
            self.end(self._violation("the module has brought bytes and not said how many"))

    @property
    def _takes(self) -> bool:
        return self._begun and self._received is not None and not self._done.called

    def told_end(self, code: int) -> None:
        """The module has told the end."""
        if not self._begun or self._done.called:
            return
        if code:
            self._settled = True
            self.end(self._login.failed(f"AT{self.name} has failed", code))
        elif self._whole:
            self._settled = True
            self.end(None)
        else:
            self.end(self._violation("the module has told of an end before it had all"))

    def end(self, problem: Exception | None) -> None:
        """It is over, well or not."""
        self._due.clear()
        if not self._done.called:
            self._done.callback(problem)
        self._lull.end()

    # -- for who has asked

    async def run(self, command: Command) -> None:
        """Begin it, and wait for its end.

        @raise FTPSFailed: if it has failed.
        """
        with self._under_way():
            response = await self._exchange(command, whole=True)
            if not response.result.good:
                await self._raise_why()
                self._settled = True  # nothing was begun
                raise self._refused(response)
            await self._well()

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """Have what was begun not go on without whoever asked for it or takes what comes."""
        try:
            yield
        except BaseException:
            if not self._settled:
                self._login.give_up()
            raise
        finally:
            self._due.clear()

    async def _exchange(self, command: Command, *, whole: bool = False) -> Response:
        """Have a command answered.

        @param whole: whether the module has all that it needs with it.
        """

        def sent() -> None:
            self._begun = True
            self._whole = whole

        return (await self._login.exchange(command, None, sent)).response

    async def _raise_why(self) -> None:
        """Wait whether a code says why a command was refused; raise it then."""
        if not self._done.called:
            await self._lull.last(BEHIND)
        await self._raise_end()

    async def _raise_end(self) -> None:
        """Raise what it has failed with, if it is over."""
        if self._done.called:
            problem = await self._done
            raise problem or self._violation("the module has told of an end and refused the rest")

    async def _well(self) -> None:
        """Wait for the end; raise what it has failed with."""
        self._watch()
        problem = await self._done
        if problem is not None:
            raise problem

    def _refused(self, response: Response) -> FTPSFailed:
        shown = "AT" + response.command.text.shown
        return self._login.failed(f"{shown} was answered by ERROR", response.result.code, shown)

    def _violation(self, what: str) -> RemoteViolation:
        return RemoteViolation(
            what,
            family=self._login.family,
            command=f"AT{self.name}",
            trace=self._login.port.trace.last(),
        )

    def _watch(self) -> None:
        """Wait for the next sign of it."""
        if not self._done.called:
            self._due.set(self._login.dialect.step)

    def _late(self) -> None:
        self.end(self._login.failed(f"nothing came for {self._login.dialect.step:g} s", None))
