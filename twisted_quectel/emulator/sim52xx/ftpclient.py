"""The FTPS client of a SIM52xx module (RFC 959, RFC 2428, RFC 4217).

Source: SIM52xx SSL Application Note v0.01, chapter 3; explicit FTPS (3.2), with C{PBSZ 0}
and C{PROT P}, data connections that the module opens (C{PASV}, C{EPSV} over IPv6).
Certificates are not looked at: the note has neither a CA nor an alert for FTPS.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IReactorTime

from ...tables.sim52xx import TRANSFER_TIMEOUT
from .wires import UpgradeFailed, UpgradingSocket

#: What L{RESULT_CODES<twisted_quectel.tables.sim52xx.RESULT_CODES>} has for it.
UNKNOWN: Final = 2
SERVER_CLOSED: Final = 4
TIMED_OUT: Final = 5
TRANSFER_FAILED: Final = 6
REJECTED: Final = 9
NETWORK_ERROR: Final = 10

#: Bytes of the longest reply, with all its lines.
MAX_REPLY: Final = 16384

_LINE: Final = re.compile(r"(\d{3})([ -])(.*)")
_PASV: Final = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_EPSV: Final = re.compile(r"\(([!-~])\1\1(\d{1,5})\1\)")
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')

_T = TypeVar("_T")
#: Makes the sockets of a client.
SocketMaker = Callable[[], UpgradingSocket]


class FTPFailed(Exception):
    """An operation has failed.

    @ivar code: of L{RESULT_CODES<twisted_quectel.tables.sim52xx.RESULT_CODES>}.
    """

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


class Security(IntEnum):
    """The fifth parameter of C{AT+CFTPSLOGIN}."""

    NONE = 0
    AUTH_SSL = 1
    AUTH_TLS = 2
    IMPLICIT = 3


@dataclass(frozen=True)
class Reply:
    """What a server says.

    @ivar code: three digits.
    @ivar text: of its last line.
    """

    code: int
    text: str

    @property
    def good(self) -> bool:
        """Whether it is preliminary, or says that the command was carried out."""
        return self.code < 300


class Replies:
    """Replies, cut out of what comes in any pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._first = ""

    def feed(self, data: bytes) -> list[Reply]:
        """Take bytes.

        @raise FTPFailed: they are no replies, or one is too long.
        """
        self._buffer += data
        replies: list[Reply] = []
        while (end := self._buffer.find(b"\n")) >= 0:
            line = self._buffer[:end].rstrip(b"\r").decode("utf-8", "replace")
            del self._buffer[: end + 1]
            reply = self._line(line)
            if reply is not None:
                replies.append(reply)
        if len(self._buffer) > MAX_REPLY:
            raise FTPFailed(UNKNOWN, "a reply without an end")
        return replies

    def _line(self, line: str) -> Reply | None:
        match = _LINE.match(line)
        if self._first:
            if match is None or match[1] != self._first or match[2] == "-":
                return None
            self._first = ""
        elif match is None:
            raise FTPFailed(UNKNOWN, "not a reply of a server")
        elif match[2] == "-":
            self._first = match[1]
            return None
        return Reply(int(match[1]), match[3])


class FTPClient:
    """One login on a server.

    @ivar lost: whether the control connection is gone.
    @ivar on_lost: is called when the server ends it unasked.
    """

    def __init__(self, clock: IReactorTime, make_socket: SocketMaker) -> None:
        self.lost = False
        self.on_lost: Callable[[], None] = lambda: None
        self._clock = clock
        self._make = make_socket
        self._control = make_socket()
        self._host = ""
        self._protected = False
        self._replies = Replies()
        self._unclaimed: deque[Reply] = deque(maxlen=16)
        self._waiting: Deferred[Reply] | None = None
        self._failure: FTPFailed | None = None

    # the control connection

    async def login(
        self, host: str, port: int, user: str, password: str, security: Security
    ) -> None:
        """Connect, begin TLS, log in.

        @raise FTPFailed: it did not succeed; the connection is gone then.
        """
        self._host = host
        try:
            await self._connect(self._control, host, port)
            self._control.on_readable = self._readable
            self._control.on_closed = self._closed
            if security is Security.IMPLICIT:
                await self._upgrade(self._control)
            self._expect(await self._reply())
            if security in (Security.AUTH_SSL, Security.AUTH_TLS):
                kind = "SSL" if security is Security.AUTH_SSL else "TLS"
                self._expect(await self.command(f"AUTH {kind}"))
                await self._upgrade(self._control)
            reply = await self.command(f"USER {user}")
            if reply.code == 331:
                reply = await self.command(f"PASS {password}")
            self._expect(reply)
            if security is not Security.NONE:
                await self.done("PBSZ 0")
                await self.done("PROT P")
                self._protected = True
        except (FTPFailed, CancelledError):
            self.abort()
            raise

    async def command(self, line: str) -> Reply:
        """Send a command and wait for its reply.

        @raise FTPFailed: the connection is gone, or nothing comes.
        """
        data = line.encode("utf-8") + b"\r\n"
        if self._failure is not None:
            raise self._failure
        if not self._control.send(data):
            raise FTPFailed(SERVER_CLOSED, "the control connection takes nothing")
        return await self._reply()

    async def done(self, line: str) -> Reply:
        """Send a command that has to be carried out.

        @raise FTPFailed: it was not.
        """
        return self._expect(await self.command(line))

    async def directory(self) -> str:
        """Give the current directory."""
        reply = await self.done("PWD")
        match = _QUOTED.search(reply.text)
        if match is None:
            raise FTPFailed(UNKNOWN, "no directory in the reply")
        return match[1].replace('""', '"')

    async def quit(self) -> None:
        """Log out."""
        self.lost = True
        with suppress(FTPFailed):
            await self.command("QUIT")
            await self._within(self._control.close())

    def abort(self) -> None:
        """Cut the connection off."""
        self.lost = True
        self._control.abort()
        self._fail(FTPFailed(TRANSFER_FAILED, "given up"))

    def _expect(self, reply: Reply) -> Reply:
        if not reply.good:
            raise FTPFailed(REJECTED, f"{reply.code} {reply.text}")
        return reply

    async def _connect(self, socket: UpgradingSocket, host: str, port: int) -> None:
        opened: Deferred[int] = Deferred(lambda _: socket.abort())
        socket.on_opened = opened.callback
        socket.open(host, port)
        code = await opened
        if code:
            raise FTPFailed(TIMED_OUT if code == 569 else NETWORK_ERROR, f"{host}:{port}: {code}")

    async def _upgrade(self, socket: UpgradingSocket) -> None:
        try:
            await self._within(socket.upgrade(self._host))
        except UpgradeFailed as e:
            raise FTPFailed(1, str(e)) from e

    def _within(self, deferred: Deferred[_T]) -> Coroutine[Deferred[Any], Any, _T]:
        """Wait for something, not longer than a transfer may take."""
        return _within(self._clock, deferred)

    async def _reply(self) -> Reply:
        if self._unclaimed:
            return self._unclaimed.popleft()
        if self._failure is not None:
            raise self._failure
        waiting: Deferred[Reply] = Deferred()
        self._waiting = waiting
        try:
            return await self._within(waiting)
        except FTPFailed as e:
            if e.code == TIMED_OUT:  # a late reply would be taken for another one's
                self._control.abort()
                self._gone(e)
            raise
        finally:
            self._waiting = None

    async def final(self) -> None:
        """Wait for the reply that ends a transfer.

        @raise FTPFailed: the server could not carry it out.
        """
        reply = await self._reply()
        if not reply.good:
            raise FTPFailed(TRANSFER_FAILED, f"{reply.code} {reply.text}")

    def _readable(self) -> None:
        try:
            replies = self._replies.feed(self._control.read(1 << 20))
        except FTPFailed as e:
            self._control.abort()
            self._gone(e)
            return
        for reply in replies:
            if self._waiting is not None:
                waiting, self._waiting = self._waiting, None
                waiting.callback(reply)
            else:
                self._unclaimed.append(reply)

    def _closed(self) -> None:
        self._readable()
        self._gone(FTPFailed(SERVER_CLOSED, "closed by the server"))

    def _gone(self, why: FTPFailed) -> None:
        told, self.lost = self.lost, True
        self._fail(why)
        if not told:
            self.on_lost()

    def _fail(self, why: FTPFailed) -> None:
        if self._failure is None:
            self._failure = why
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.errback(why)

    # data connections

    async def transfer(self, line: str) -> UpgradingSocket:
        """Begin a transfer.

        @param line: C{STOR}, C{RETR} or C{LIST}, with a path.
        @return: the data connection; L{final} waits for the end.
        @raise FTPFailed: it cannot be begun.
        """
        address, port = await self._passive()
        data = self._make()
        try:
            await self._connect(data, address, port)
            reply = await self.command(line)
            if reply.code not in (125, 150):
                raise FTPFailed(REJECTED, f"{reply.code} {reply.text}")
            if self._protected:
                await self._protect(data)
        except (FTPFailed, CancelledError):
            data.abort()
            raise
        return data

    async def _protect(self, data: UpgradingSocket) -> None:
        """Begin TLS on a data connection whose transfer has begun."""
        try:
            await self._upgrade(data)
        except FTPFailed:
            data.abort()
            with suppress(FTPFailed):
                await self.final()  # else it would be taken for the reply to the next command
            raise

    async def sent(self, data: UpgradingSocket) -> None:
        """End a data connection that has taken all, and wait for the end of the transfer.

        @raise FTPFailed: the server could not carry it out.
        """
        await self._within(data.close())
        await self.final()

    async def _passive(self) -> tuple[str, int]:
        if ":" in self._control.address:
            match = _EPSV.search((await self.done("EPSV")).text)
            if match is None:
                raise FTPFailed(UNKNOWN, "no port in the reply")
            return self._control.address, int(match[2])
        found = _PASV.search((await self.done("PASV")).text)
        numbers = [int(number) for number in found.groups()] if found else []
        if not numbers or max(numbers) > 255:
            raise FTPFailed(UNKNOWN, "no port in the reply")
        return ".".join(str(number) for number in numbers[:4]), numbers[4] << 8 | numbers[5]


async def _within(clock: IReactorTime, deferred: Deferred[_T]) -> _T:
    deferred.addTimeout(TRANSFER_TIMEOUT, clock)
    try:
        return await deferred
    except DeferredTimeout as e:
        raise FTPFailed(TIMED_OUT, "nothing came") from e
