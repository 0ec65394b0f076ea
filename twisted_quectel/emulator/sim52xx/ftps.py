"""The FTPS stack of a SIM52xx module (SIM52xx SSL Application Note v0.01, chapter 3).

One login, and on it one transfer at a time.  A transfer goes on behind the C{OK} of its
command; its end is reported by the command's name and a code.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ...tables.sim52xx import FTP_TYPES
from .ftpclient import (
    NETWORK_ERROR,
    SERVER_CLOSED,
    TRANSFER_FAILED,
    FTPClient,
    FTPFailed,
    Security,
)
from .ftptransfers import Arrival, Put
from .wires import UpgradingSocket

if TYPE_CHECKING:
    from ..port import Port
    from .module import SIM52xxModule

_log = Logger()

BUSY: Final = 3
MEMORY: Final = 7
NOT_LOGGED_IN: Final = 8


class FTPSService:
    """The stack.

    @ivar kind: C{A} or C{I}.
    @ivar put: the file that comes from the host.
    @ivar data: the data connection of the transfer that goes on.
    """

    def __init__(self, module: SIM52xxModule) -> None:
        self.kind = FTP_TYPES[0]
        self.put: Put | None = None
        self.data: UpgradingSocket | None = None
        self._module = module
        self._client: FTPClient | None = None
        self._job: Deferred[None] | None = None
        self._job_name = ""
        self._asked: Deferred[Any] | None = None
        self._given_up = 0

    @property
    def logged_in(self) -> bool:
        """Whether there is a control connection that works."""
        return self._client is not None and not self._client.lost

    @property
    def client(self) -> FTPClient:
        """The login.

        @raise FTPFailed: there is none, or the server has ended it.
        """
        if self._client is None:
            raise FTPFailed(NOT_LOGGED_IN, "not logged in")
        if self._client.lost:
            raise FTPFailed(SERVER_CLOSED, "the control connection is gone")
        return self._client

    @property
    def clock(self) -> IReactorTime:
        """What its timers run on."""
        return self._module.clock

    @property
    def busy(self) -> bool:
        """Whether a transfer or a command goes on."""
        return self._job is not None or self._asked is not None or self.put is not None

    def make_socket(self) -> UpgradingSocket:
        """Make a connection."""
        module = self._module
        return UpgradingSocket(
            module.clock,
            module.network,
            module.trust,
            receive_limit=module.settings.receive_limit,
            send_limit=module.settings.send_limit,
        )

    # commands that wait for their reply

    async def ask(self, asking: Coroutine[Deferred[Any], Any, Any]) -> Any:
        """Have something done on the control connection, and nothing else meanwhile.

        @raise FTPFailed: it was not done, or the stack is busy.
        """
        if self.busy:
            asking.close()
            raise FTPFailed(BUSY, "a transfer goes on")
        self._given_up = 0
        self._asked = asked = Deferred.fromCoroutine(asking)
        try:
            return await asked
        except CancelledError:
            if self._given_up:
                raise FTPFailed(self._given_up, "given up") from None
            raise
        finally:
            self._asked = None

    def _stop_asking(self, code: int) -> bool:
        """Give up a command that waits for its reply.

        @return: whether there was one.
        """
        asked = self._asked
        if asked is None:
            return False
        self._given_up = code
        asked.cancel()
        return True

    async def login(
        self, host: str, port: int, user: str, password: str, security: Security
    ) -> None:
        """Log in; what was left of an earlier login goes.

        @raise FTPFailed: it did not succeed.
        """
        if self._client is not None:
            self._client.abort()
        self._client = client = FTPClient(self._module.clock, self.make_socket)
        client.on_lost = self._control_lost
        self.kind = FTP_TYPES[0]
        try:
            await client.login(host, port, user, password, security)
        except (FTPFailed, CancelledError):
            self._client = None
            raise

    async def logout(self) -> None:
        """Log out; a transfer that goes on is given up.

        @raise FTPFailed: nobody was logged in.
        """
        client = self._client
        if client is None:
            raise FTPFailed(NOT_LOGGED_IN, "not logged in")
        stopped = self._stop_asking(TRANSFER_FAILED)
        if self._stop_job(TRANSFER_FAILED) or stopped or client.lost:
            client.abort()
        else:
            await client.quit()
        self._client = None

    # transfers

    def run(self, name: str, job: Coroutine[Deferred[Any], Any, None]) -> None:
        """Let a transfer go on by itself; its end is reported.

        @param name: of the command.
        """
        self._job_name = name
        self._job = running = Deferred.fromCoroutine(job)
        running.addBoth(self._over, running, name)

    def _over(self, result: object, job: Deferred[None], name: str) -> None:
        if self._job is not job:
            return  # given up, and reported by whoever did that
        self._forget()
        code = 0
        if isinstance(result, Failure):
            error = result.value
            code = error.code if isinstance(error, FTPFailed) else TRANSFER_FAILED
            if not isinstance(error, (FTPFailed, CancelledError)):
                _log.failure("during AT{name}", result, name=name)
        self._module.urc(f"{name}: {code}")

    def _forget(self) -> None:
        data, self.data = self.data, None
        self._job = None
        self.put = None
        if data is not None:
            data.abort()

    def _stop_job(self, code: int | None) -> bool:
        """Give up the transfer that goes on.

        @param code: what it is reported with; L{None} for not at all.
        @return: whether there was one.
        """
        job, name = self._job, self._job_name
        if job is None and self.put is not None:
            name = self.put.name
        elif job is None:
            return False
        self._forget()
        if job is not None:
            job.cancel()
        if code is not None:
            self._module.urc(f"{name}: {code}")
        return True

    async def open(self, line: str) -> UpgradingSocket:
        """Begin a transfer.

        @param line: C{STOR}, C{RETR} or C{LIST}, with a path.
        @raise FTPFailed: it cannot be begun.
        """
        self.data = await self.client.transfer(line)
        return self.data

    async def tell(self, line: str, header: Callable[[int], str], port: Port) -> None:
        """Tell a file or a list on a port.

        @param line: C{RETR} or C{LIST}, with a path.
        """
        await Arrival(self._module, await self.open(line)).told(header, port)
        await self.client.final()

    async def get_file(self, remote: str, path: str) -> None:
        """Store a file of the server in the module."""
        content = await Arrival(self._module, await self.open(f"RETR {remote}")).stored()
        await self.client.final()
        if content is None or not self._module.files.store(path, content):
            raise FTPFailed(MEMORY, "no room")

    def put_file(self, name: str, remote: str, content: bytes) -> None:
        """Send a file of the module to the server.

        @param name: of the command.
        """
        self.put = put = Put(self, name, remote, len(content))
        put.cache.add(content)
        put.commit()

    # the end

    def _control_lost(self) -> None:
        self._stop_job(SERVER_CLOSED)

    def network_lost(self) -> None:
        """The network has gone from under it."""
        client, self._client = self._client, None
        self._stop_asking(NETWORK_ERROR)
        self._stop_job(NETWORK_ERROR)
        if client is not None:
            client.abort()

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        client, self._client = self._client, None
        self._stop_job(None)
        self.kind = FTP_TYPES[0]
        if client is not None:
            client.abort()
