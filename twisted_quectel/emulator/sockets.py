"""A socket of an emulated module, as far as all families are alike.

How it is told of, and what is pushed, is said by the family's subclass.  Sources: LTE SSL
Application Note v1.1, chapters 1.3 and 2.2.2 to 2.3.2; TCP/IP Application Note,
C{AT+QIOPEN} to C{AT+QISWTMD}.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from .kinds import Kind
from .netsocket import NetSocket
from .plainsocket import MAX_DATAGRAM
from .received import Received

if TYPE_CHECKING:
    from .basemodule import Module
    from .datamode import DataMode
    from .port import Port

INITIAL: Final = 0
OPENING: Final = 1
CONNECTED: Final = 2
LISTENING: Final = 3
CLOSING: Final = 4

BUFFER: Final = 0
PUSH: Final = 1
TRANSPARENT: Final = 2


class Socket(ABC):
    """One socket: a connection, a listener, or a service for datagrams.

    @cvar longest_push: the longest piece of a direct push, in bytes.
    @ivar id: C{<clientID>} or C{<connectID>}, 0-11; they share one range.
    @ivar kind: what it is.
    @ivar context: the SSL context; -1 without SSL.
    @ivar mode: C{<access_mode>}.
    @ivar state: C{<socket_state>}.
    @ivar host: C{<serveraddr>}, C{<IP_address>/<domain_name>}.
    @ivar remote: C{<server_port>}, C{<remote_port>}.
    @ivar server: the id of the listener that has accepted it, else its own.
    @ivar port: the port on which it was opened.
    @ivar pushed: the number of its last push among all.
    @ivar opened: fires with the result code of the open.
    @ivar isolated: whether the network has gone, and nobody knows.
    @ivar room: bytes that it then takes all the same.
    @ivar net: the part of it that is on the network.
    @ivar received: what has come from there.
    @ivar sent: bytes that were taken from the host so far.
    """

    longest_push: ClassVar[int] = 1460

    def __init__(
        self,
        module: Module,
        kind: Kind,
        id: int,
        pdp: int,
        mode: int,
        port: Port,
        host: str,
        net: NetSocket,
        context: int = -1,
    ) -> None:
        self.id = self.server = id
        self.kind = kind
        self.pdp = pdp
        self.context = context
        self.mode = mode
        self.state = OPENING
        self.port = port
        self.host = host
        self.remote = 0
        self.pushed = 0
        self.isolated = False
        self.room = module.settings.send_limit  # for what an isolated one takes
        self.opened: Deferred[int] = Deferred()
        self.net = net
        self.received = Received(net)
        self.sent = 0
        self._acknowledged = 0
        self._module = module
        self._data: DataMode | None = None
        self._notified = False
        self._lazy = False  # what is buffered waits for the next arrival
        self._held = bytearray()  # from data mode, the send buffer was full
        self._drained: Deferred[None] | None = None
        self._closed_due = False  # the closed URC waits for pushes
        self._patience: IDelayedCall | None = None  # a close in order
        net.on_opened = self._on_opened
        net.on_readable = self._on_readable
        net.on_closed = self._on_closed
        net.on_writable = self._on_writable

    # what a family makes different

    @abstractmethod
    def recv_line(self) -> str:
        """Give the URC that tells of data to read."""

    @abstractmethod
    def closed_line(self) -> str:
        """Give the URC that tells of its end; empty if nothing does."""

    @abstractmethod
    def shown_push(self, port: Port, data: bytes) -> bytes:
        """Give a push as a port shows it."""

    def packets(self) -> tuple[int, float] | None:
        """Say how raw bytes of data mode are gathered.

        @return: bytes of a packet, and seconds that a shorter one waits; L{None} if they
            are not.
        """
        return None

    @property
    def established(self) -> bool:
        """Whether it is connected, or listens."""
        return self.state in (CONNECTED, LISTENING)

    # from the network

    def _on_opened(self, code: int) -> None:
        if self.state != OPENING:
            return
        self.state = INITIAL
        if code == 0:
            self.state = LISTENING if self.kind is Kind.LISTENER else CONNECTED
            for hook in self._module.hooks:
                hook.on_opened(self)
        opened, self.opened = self.opened, Deferred()
        opened.callback(code)

    def _on_readable(self) -> None:
        self._lazy = False
        if self._data is not None:
            self._data.pump_out()
        elif self.mode == PUSH:
            # in turn with the others: the line may take no more than one piece
            self._module.sockets.push()
        elif self.mode == BUFFER:
            self.notify()

    def _on_writable(self) -> None:
        while self._held:
            # a send that finds no room is what asks to be told of room
            size = min(len(self._held), max(1, self.net.send_space()))
            if not self.net.send(bytes(self._held[:size])):
                return
            del self._held[:size]
        if self._data is not None:
            self._data.drained()
        if self._drained is not None:
            drained, self._drained = self._drained, None
            drained.callback(None)

    def _on_closed(self) -> None:
        if not self.established:
            return
        self.state = CLOSING
        self._held.clear()
        if self._data is not None:
            self._data.lost()
        elif (
            self.mode == PUSH
            and self.net.unread()
            and not self._lazy
            and not any(hook.closes_early(self) for hook in self._module.hooks)
        ):
            self._closed_due = True
        else:
            self._tell_closed()

    def _tell_closed(self) -> None:
        self._closed_due = False
        if self.mode == PUSH:
            self._lazy = True  # what was not pushed is there to be read
        self.port.interpreter.connection_gone(self)
        line = self.closed_line()
        if line:
            self._module.urc(line)

    # to the host

    def notify(self) -> None:
        """Report a recv URC, unless one was reported since the buffer was empty."""
        if self._notified or not self.unread() or self._data is not None:
            return
        self._notified = True
        self._module.urc(self.recv_line())

    def push(self) -> bool:
        """Push one piece, if there is one and every port takes it that it goes to.

        @return: whether something was pushed.
        """
        if self.mode != PUSH or self._lazy or not self.net.unread():
            return False
        ports = self._module.push_ports()
        hooks = self._module.hooks
        if not ports or not all(port.may_speak() for port in ports):
            return False
        if not all(hook.may_push(self) for hook in hooks):
            return False
        size = self.longest_push
        for hook in hooks:
            size = hook.push_size(size)
        data = self.received.take(MAX_DATAGRAM if self.net.datagrams else size)
        for port in ports:
            port.write(self.shown_push(port, data))
        self.pushed = self._module.sockets.next_push()
        if self._closed_due and not self.net.unread():
            self._tell_closed()
        return True

    def unread(self) -> int:
        """Give the bytes that a read can get."""
        return self.received.unread()

    def read(self, length: int) -> bytes:
        """Take up to C{length} bytes, or one datagram, for a read command."""
        data = self.received.read(length, self.mode == BUFFER)
        if not self.unread():
            self._notified = False
        return data

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Take a whole send, or nothing of it."""
        if self.isolated:
            self.room = max(0, self.room - len(data))
            taken = self.state == CONNECTED and self.room > 0
        else:
            taken = not self._held and self.state == CONNECTED and self.net.send(data, to)
        if taken:
            self.sent += len(data)
        return taken

    def acknowledged(self) -> int:
        """Give how many of the bytes sent the peer's TCP has acknowledged."""
        pending = None if self.isolated else self.net.unacknowledged()
        if pending is not None:
            done = self.sent - pending - len(self._held)
            self._acknowledged = max(self._acknowledged, done)
        return self._acknowledged

    def send_or_hold(self, data: bytes) -> bool:
        """Take raw bytes of data mode.

        @return: L{False} if some of them wait, and more should not come.
        """
        if self.isolated:
            return self.send(data)
        if self.state != CONNECTED:
            return True  # there is nobody to send them to
        self.sent += len(data)
        if not self._held and len(data) <= self.net.send_space() and self.net.send(data):
            return True
        self._held += data
        self._on_writable()
        return not self._held

    def holding(self) -> bool:
        """Whether raw bytes wait for room in the send buffer."""
        return bool(self._held)

    # access modes

    def online(self) -> bool:
        """Whether a port is in data mode for this connection, and has it alone (1.3)."""
        return self._data is not None

    def unusable(self) -> int:
        """Give the result code of a command that it cannot serve now; 0 if it can."""
        if self.state != CONNECTED:
            return 568 if self.state == OPENING else 567
        return 574 if self.online() else 0

    def went_online(self, data: DataMode) -> None:
        """A port has gone over to data mode for this connection."""
        self._data = data
        self.mode = TRANSPARENT
        if self.state != CONNECTED:
            data.lost()

    def went_offline(self) -> None:
        """The port is in command mode again; what comes is buffered."""
        self._data = None
        self.mode = BUFFER
        self._notified = False
        if self.state == CONNECTED and self.unread():
            self.notify()

    def switch(self, mode: int, port: Port) -> None:
        """Change to buffer or push mode (C{AT+QISWTMD})."""
        if mode == self.mode:
            return
        quirks = self._module.quirks
        self.mode = mode
        if mode == BUFFER:
            self._lazy = False
            self._notified = False
            port.interpreter.after(self.notify)
            if self._closed_due:
                port.interpreter.after(self._tell_closed)
        elif "switch_flushes" in quirks:
            port.interpreter.after(self._on_readable)
        elif "switch_lazy" in quirks:
            self._lazy = True
        else:
            self.received.keep(bounded=True)

    # the end

    async def close(self, timeout: float) -> None:
        """Close in order; whatever is not done in C{timeout} seconds is cut off.

        @param timeout: seconds; 0 resets the connection at once.
        """
        if not self.established or timeout == 0:
            self.end(567)
            return
        self._leave()
        self._patience = self._module.clock.callLater(timeout, self.abort)
        if self._held:
            self._drained = Deferred()
            await self._drained
        await self.net.close()
        self._stop_waiting()

    def _leave(self) -> None:
        """The host wants no more of it, nor does a port in data mode."""
        self.state = CLOSING
        self._closed_due = False
        self.port.interpreter.connection_gone(self)
        if self._data is not None:
            self._data.lost()

    def end(self, code: int) -> None:
        """Reset the connection at once.

        @param code: the result of an open that goes on.
        """
        opening = self.state == OPENING
        self._leave()
        self.abort()
        if opening:
            opened, self.opened = self.opened, Deferred()
            opened.callback(code)

    def _stop_waiting(self) -> None:
        timer, self._patience = self._patience, None
        if timer is not None and timer.active():
            timer.cancel()

    def abort(self) -> None:
        """Reset the connection."""
        self._stop_waiting()
        self.state = CLOSING
        self._held.clear()
        self.net.abort()
        if self._drained is not None:
            drained, self._drained = self._drained, None
            drained.callback(None)

    def isolate(self) -> None:
        """The network carries nothing more, and nobody is told."""
        self.net.abort()
        self.isolated = True

    def cut(self) -> None:
        """The network has gone from under the connection."""
        if self.state == OPENING:
            self.net.abort()
            self._on_opened(570)
        elif self.established:
            if self._data is not None:
                self._data.pump_out()
            elif self.mode == PUSH:
                while self.push():
                    pass
            # what has arrived, and could not be told yet, stays readable
            self.received.keep(bounded=False)
            self.net.abort()
            self._on_closed()
