"""The connection of the HTTPS stack (SIM52xx SSL Application Note v0.01, chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall

from ...tables.sim52xx import TRANSFER_TIMEOUT
from ..kinds import Kind
from ..sockets import BUFFER, CONNECTED
from .cache import SendCache
from .ftpclient import SERVER_CLOSED, TIMED_OUT
from .outlet import Outlet
from .sockets import SIMSocket
from .wires import AlertingSocket

if TYPE_CHECKING:
    from ..port import Port
    from .module import SIM52xxModule


class Receive:
    """An C{AT+CHTTPSRECV} that is not answered yet.

    @ivar least: so many bytes are waited for.
    """

    def __init__(self, socket: HTTPSSocket, name: str, least: int, port: Port) -> None:
        self.least = least
        self._socket = socket
        self._name = name
        self._port = port
        self._left = 0
        module = socket.owner
        self._module = module
        head = "+HTTTPSRECV" if "htttpsrecv" in module.quirks else name
        self._outlet = Outlet(
            module,
            port,
            lambda length: module.data_line(f"{head}: DATA,{length}"),
            lambda: self._left,
            self._read,
            self._dry,
        )
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """Begin to wait."""
        self._timer = self._module.clock.callLater(TRANSFER_TIMEOUT, self._late)
        self.look()

    def look(self) -> None:
        """Answer, if there is enough or no more will come."""
        socket = self._socket
        unread = socket.unread()
        if self._timer is None or self._left:
            return
        full = unread >= self._module.settings.receive_limit
        if unread >= self.least or full or (unread and socket.state != CONNECTED):
            self._stop_timer()
            self._left = unread
            self._module.outlets.add(self._outlet)
        elif socket.state != CONNECTED:
            self._finish(SERVER_CLOSED)

    def _read(self, length: int) -> bytes:
        data = self._socket.read(min(length, self._left))
        self._left -= len(data)
        return data

    def _dry(self) -> None:
        self._finish(0)

    def _late(self) -> None:
        self._timer = None
        self._finish(TIMED_OUT)

    def _finish(self, code: int) -> None:
        self.stop()
        self._socket.received_all()
        self._module.urc(f"{self._name}: {code}")

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def stop(self) -> None:
        """Give up."""
        self._stop_timer()
        self._module.outlets.remove(self._outlet)


class HTTPSSocket(SIMSocket):
    """The connection of the HTTPS stack (chapter 2).

    @ivar cache: what C{AT+CHTTPSSEND=<len>} has brought.
    @ivar receiving: the C{AT+CHTTPSRECV} that is not answered yet.
    """

    net: AlertingSocket

    def __init__(self, module: SIM52xxModule, port: Port, host: str, net: AlertingSocket) -> None:
        super().__init__(module, Kind.SSL, 0, 1, BUFFER, port, host, net)
        self.cache = SendCache(module.settings.send_limit)
        self.cache.attach(net)
        self.receiving: Receive | None = None
        self._committing = ""
        self._timer: IDelayedCall | None = None

    @property
    def owner(self) -> SIM52xxModule:
        """The module."""
        return self._module

    def recv_line(self) -> str:
        """Give the URC of chapter 5.1."""
        return "+CHTTPS: RECV EVENT"

    def closed_line(self) -> str:
        """Give the URC for the server's end: the note has none."""
        return "+CHTTPSNOTIFY: PEER CLOSED" if "https_peer_closed" in self._module.quirks else ""

    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Nothing is pushed."""
        raise NotImplementedError

    # receiving

    def receive(self, name: str, least: int, port: Port) -> None:
        """Tell what has come (C{AT+CHTTPSRECV=<least>})."""
        self.receiving = Receive(self, name, least, port)
        self.receiving.start()

    def received_all(self) -> None:
        """An C{AT+CHTTPSRECV} is answered; what comes from now on is an event again."""
        self.receiving = None
        self._notified = False
        if self.unread():
            self._module.later(0.0, self.notify)

    def notify(self) -> None:
        """Report C{RECV EVENT}, unless somebody waits for the data."""
        if self.receiving is not None:
            self.receiving.look()
        else:
            super().notify()

    def _tell_closed(self) -> None:
        self._committed(SERVER_CLOSED)
        super()._tell_closed()
        if self.receiving is not None:
            self.receiving.look()

    # sending

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Take a send, if the cache has room."""
        if self.state != CONNECTED or not self.cache.fits(len(data)):
            return False
        self.cache.add(data)
        self.sent += len(data)
        return True

    def commit(self, name: str) -> None:
        """Send what was cached, and report that (C{AT+CHTTPSSEND})."""
        self._committing = name
        self._timer = self._module.clock.callLater(
            TRANSFER_TIMEOUT, lambda: self._committed(TIMED_OUT)
        )
        self.cache.commit(lambda: self._committed(0))

    @property
    def committing(self) -> bool:
        """Whether a commit is under way."""
        return bool(self._committing)

    def _committed(self, code: int) -> None:
        name, self._committing = self._committing, ""
        self._stop_commit()
        if code:
            self.cache.clear()
        if name:
            self._module.urc(f"{name}: {code}")

    def _stop_commit(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _leave(self) -> None:
        super()._leave()
        self._forget()

    def abort(self) -> None:
        """Reset the connection."""
        self._forget()
        super().abort()

    def _forget(self) -> None:
        self._committing = ""
        self._stop_commit()
        self.cache.clear()
        if self.receiving is not None:
            self.receiving.stop()
            self.receiving = None
