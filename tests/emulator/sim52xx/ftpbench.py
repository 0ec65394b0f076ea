"""A bench with a reactor: an emulated SIM5320, a host that types, a real FTPS server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.ftpserver import PASSWORD, USER, FTPServer
from twisted_quectel.emulator import ModuleSettings, ReactorNetwork, connect_memory
from twisted_quectel.emulator.sim52xx.module import SIM52xxModule

from .bench import authority

reactor = cast(Any, installed_reactor)
HOST = "ftp.example"
OK = rb"\r\nOK\r\n"


class Host(Protocol):
    """A host that waits for what the module says."""

    def __init__(self) -> None:
        self.shown = b""
        self._wanted: tuple[re.Pattern[bytes], Deferred[bytes]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.shown += data
        self._look()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The test is over."""

    def _look(self) -> None:
        if self._wanted is None:
            return
        match = self._wanted[0].match(self.shown)
        if match is not None:
            result = self._wanted[1]
            self._wanted = None
            self.shown = self.shown[match.end() :]
            result.callback(match.group())

    def expect(self, pattern: bytes) -> Deferred[bytes]:
        """Wait until what is shown begins like this, and take it off."""
        result: Deferred[bytes] = Deferred(lambda _: None)
        self._wanted = (re.compile(pattern, re.DOTALL), result)
        self._look()
        return result.addTimeout(10, reactor, onTimeoutCancel=self._late)

    def _late(self, result: object, timeout: float) -> bytes:
        wanted = self._wanted[0].pattern if self._wanted else None
        raise AssertionError(f"shown: {self.shown[:200]!r}; expected: {wanted!r}")


class FTPSTestCase(TestCase):
    """Has module, host and server.

    @cvar tls: whether the server has TLS.
    """

    timeout = 60
    tls = True

    def start(
        self,
        quirks: Iterable[str] = (),
        settings: ModuleSettings = ModuleSettings(),  # noqa: B008
    ) -> None:
        """Make them; the stack is not acquired yet."""
        self.root = Path(self.mktemp())
        self.root.mkdir()
        self.server = FTPServer(self.root, authority(), HOST, tls=self.tls)
        self.addCleanup(self.server.close)
        self.module = SIM52xxModule(
            reactor,
            network=ReactorNetwork(reactor, {HOST: "127.0.0.1"}),
            quirks=quirks,
            settings=settings,
        )
        self.host = Host()
        self.wire = connect_memory(reactor, self.module.port(), self.host)
        self.addCleanup(self.end)
        self.module.port().settings.echo = False

    def end(self) -> None:
        """Put the module away."""
        self.wire.unplug()
        self.module.close()

    async def say(self, command: str, *expected: bytes) -> bytes:
        """Type a command; what is said has to be this."""
        self.wire.write(command.encode("ascii") + b"\r")
        return await self.host.expect(b"".join(expected))

    async def login(self, more: str = "") -> None:
        """Acquire the stack and log in."""
        await self.say("AT+CFTPSSTART", OK)
        await self.relogin(more)

    async def relogin(self, more: str = "") -> None:
        """Log in."""
        await self.say(f'AT+CFTPSLOGIN="{HOST}",{self.server.port},"{USER}","{PASSWORD}"{more}', OK)

    async def told(self, command: str, name: str) -> bytes:
        """Type a command that tells data; give it."""
        await self.say(command, OK)
        data = b""
        while True:
            head = await self.host.expect(rb"\r\n\+%b:[^\r]*\r\n" % name.encode("ascii"))
            if b"DATA" not in head:
                self.assertEqual(head, b"\r\n+%b: 0\r\n" % name.encode("ascii"))
                return data
            length = int(re.findall(rb"\d+", head)[-1])
            data += await self.host.expect(b".{%d}" % length)
