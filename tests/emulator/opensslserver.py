"""A server that is not Twisted's: C{openssl s_server}, for TLS or DTLS."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

OPENSSL: Final = shutil.which("openssl")


class OpenSSLServer(ProcessProtocol):
    """One C{openssl s_server} on loopback, which insists on a client's certificate.

    @ivar shown: all that it has said.
    """

    def __init__(self, reactor: Any) -> None:
        self.shown = b""
        self._reactor = reactor
        self._wanted: tuple[re.Pattern[bytes], Deferred[re.Match[bytes]]] | None = None
        self._ended: Deferred[None] = Deferred()

    async def start(
        self, folder: Path, ca: bytes, certificate: bytes, key: bytes, *more: str
    ) -> int:
        """Start it.

        @param more: arguments, such as C{-dtls}.
        @return: its port.
        """
        folder.mkdir()
        for name, content in (("ca.pem", ca), ("cert.pem", certificate), ("key.pem", key)):
            (folder / name).write_bytes(content)
        arguments = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem",
            "-key", "key.pem", "-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error",
            "-cipher", "AES128-SHA:AES256-SHA:@SECLEVEL=0", *more,
        ]  # fmt: skip
        assert OPENSSL is not None
        self._reactor.spawnProcess(self, OPENSSL, arguments, {}, str(folder))
        return int((await self.says(rb"ACCEPT 127\.0\.0\.1:(\d+)"))[1])

    def says(self, pattern: bytes) -> Deferred[re.Match[bytes]]:
        """Wait until it has said something."""
        result: Deferred[re.Match[bytes]] = Deferred()
        self._wanted = (re.compile(pattern), result)
        self._look()
        return result.addTimeout(10, self._reactor)

    def outReceived(self, data: bytes) -> None:
        self.shown += data
        self._look()

    errReceived = outReceived

    def _look(self) -> None:
        match = self._wanted[0].search(self.shown) if self._wanted else None
        if match is not None and self._wanted is not None:
            wanted, self._wanted = self._wanted[1], None
            wanted.callback(match)

    def write(self, data: bytes) -> None:
        """Have it send bytes."""
        assert self.transport is not None
        self.transport.write(data)

    def processEnded(self, reason: Failure) -> None:
        self._ended.callback(None)

    def stop(self) -> Deferred[None]:
        """End it."""
        assert self.transport is not None
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")
        return self._ended
