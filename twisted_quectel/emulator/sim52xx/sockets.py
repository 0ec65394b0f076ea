"""Connections of a SIM52xx module: a session of common SSL, a link without TLS.

Source: SIM52xx SSL Application Note v0.01, chapters 4 and 5; links: public drivers.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from ...tables.sim52xx import TRANSFER_TIMEOUT
from ..kinds import Kind
from ..sockets import OPENING, PUSH, Socket
from .ftpclient import SERVER_CLOSED, TIMED_OUT
from .outlet import PIECE
from .wires import AlertingSocket, LinkSocket

if TYPE_CHECKING:
    from ..port import Port
    from .module import SIM52xxModule


class Opening(Enum):
    """How far an open has come."""

    DONE = "connected"
    FAILED = "failed"
    SUSPENDED = "waits for AT+CSSLCONT"


class SIMSocket(Socket):
    """A connection whose data goes to the port on which it was opened."""

    longest_push = PIECE
    _module: SIM52xxModule

    def push_ports(self) -> list[Port]:
        """Give the port of the command that has opened it."""
        return [self.port]

    def isolate(self) -> None:
        """The network carries nothing more, and nobody is told: but an open has to end."""
        if self.state == OPENING:
            self.cut()
        else:
            super().isolate()


class SSLSession(SIMSocket):
    """One session of common SSL (chapter 4).

    @ivar net: see L{AlertingSocket}.
    """

    net: AlertingSocket

    def __init__(
        self, module: SIM52xxModule, id: int, mode: int, port: Port, host: str, net: AlertingSocket
    ) -> None:
        super().__init__(module, Kind.SSL, id, 1, mode, port, host, net)
        self._progress: Deferred[Opening] | None = None
        self._unconfirmed: deque[tuple[int, int]] = deque()
        self._overdue: IDelayedCall | None = None
        self.suspended = False
        net.on_suspended = self._on_suspended
        net.on_drained = self._confirm

    # opening

    def progress(self) -> Deferred[Opening]:
        """Wait for what becomes of its open next."""
        self._progress = Deferred()
        return self._progress

    def proceed(self) -> None:
        """Go on with an open that was suspended (C{AT+CSSLCONT})."""
        self.suspended = False
        self.net.proceed()

    def _on_suspended(self, bits: int) -> None:
        self.suspended = True
        self._tell(Opening.SUSPENDED)

    def _on_opened(self, code: int) -> None:
        if self.state == OPENING:
            self.suspended = False
            super()._on_opened(code)
            self._tell(Opening.FAILED if code else Opening.DONE)

    def end(self, code: int) -> None:
        """Reset the connection at once."""
        self.suspended = False
        super().end(code)
        self._tell(Opening.FAILED)

    def abort(self) -> None:
        """Reset the connection."""
        super().abort()
        self._unconfirmed.clear()
        self._watch()

    def _tell(self, progress: Opening) -> None:
        waiting, self._progress = self._progress, None
        if waiting is not None:
            waiting.callback(progress)

    # what is told

    def recv_line(self) -> str:
        """Give the URC that chapter 5.2 names; only data that cannot be pushed needs it."""
        return f"+CSSL: RECV EVENT,{self.id}"

    def closed_line(self) -> str:
        """Give the URC for the peer's end: the note has none."""
        return f"+CSSLCLOSE: {self.id}" if "cssl_closed_urc" in self._module.quirks else ""

    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Give a push as a port shows it (chapters 4.4 and 5.2)."""
        header = self._module.data_line(f"+CSSLRECV: DATA, {self.id}, {len(data)}")
        return port.frame(header.encode("ascii")) + data

    def _on_readable(self) -> None:
        if self.mode == PUSH and "cssl_recv_event" in self._module.quirks:
            self._module.urc(self.recv_line())
        super()._on_readable()

    # sending

    def pending(self) -> int:
        """Give the bytes that are not sent yet."""
        if self.isolated:
            return self._module.settings.send_limit - self.room
        return self.net.pending() + len(self._held)

    def confirm(self, length: int) -> None:
        """Report with C{+CSSLSEND} when the last C{length} bytes are sent."""
        self._unconfirmed.append((self.sent, length))
        if self._overdue is None:
            self._watch()
        self._confirm()

    def _on_writable(self) -> None:
        super()._on_writable()
        self._confirm()

    def _confirm(self) -> None:
        if self.isolated:
            return
        done = self.sent - self.pending()
        waiting = len(self._unconfirmed)
        while self._unconfirmed and self._unconfirmed[0][0] <= done:
            self._report(0)
        if len(self._unconfirmed) < waiting:
            self._watch()

    def _report(self, code: int) -> None:
        _, length = self._unconfirmed.popleft()
        self._module.urc(f"+CSSLSEND: {self.id}, {code}, {length}")

    def _give_up(self, code: int) -> None:
        """None of what waits will be confirmed any more."""
        while self._unconfirmed:
            self._report(code)
        self._watch()

    def _watch(self) -> None:
        """Wait for the next confirmation as long as a transfer may take (chapter 4.8)."""
        timer, self._overdue = self._overdue, None
        if timer is not None and timer.active():
            timer.cancel()
        if self._unconfirmed:
            self._overdue = self._module.clock.callLater(
                TRANSFER_TIMEOUT, lambda: self._give_up(TIMED_OUT)
            )

    def _tell_closed(self) -> None:
        self._give_up(SERVER_CLOSED)
        super()._tell_closed()

    def _leave(self) -> None:
        super()._leave()
        self._unconfirmed.clear()
        self._watch()


class Link(SIMSocket):
    """A connection without TLS (C{AT+CIPOPEN}; public drivers)."""

    net: LinkSocket

    def recv_line(self) -> str:
        """Give the URC that tells of data to read."""
        return f"+CIPRXGET: 1,{self.id}"

    def closed_line(self) -> str:
        """Give the URC for the peer's end: 1 is "closed by the remote side"."""
        return f"+IPCLOSE: {self.id},1"

    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Give a push as a port shows it."""
        return port.frame(f"+RECEIVE,{self.id},{len(data)}:".encode("ascii")) + data
