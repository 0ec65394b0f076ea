"""A connection in buffer or push mode on a scripted module."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from tests.modem.scripted import PortBench
from twisted_quectel.at import HandOut, Route, Taking
from twisted_quectel.families import AccessMode
from twisted_quectel.families.base import Closed, Pushed, Readable
from twisted_quectel.modem.sockets import CommandSocket
from twisted_quectel.modem.socketstate import SocketState
from twisted_quectel.writebuffer import WriteBuffer


class Owner:
    """What uses a connection.

    @ivar received_data: what came.
    @ivar ends: the reasons that it was told.
    @ivar on_data: called with each piece.
    """

    def __init__(self) -> None:
        self.buffer = WriteBuffer()
        self.received_data = b""
        self.sent_bytes = 0
        self.unsendable_told = 0
        self.ends: list[Failure] = []
        self.on_data: Callable[[bytes], None] | None = None

    def take(self, limit: int) -> bytes:
        """Give the next bytes."""
        return self.buffer.peek(limit)

    def sent(self, count: int) -> None:
        """They were taken."""
        self.buffer.drop(count)
        self.sent_bytes += count

    def unsendable(self) -> None:
        """What is left stays unsent."""
        self.unsendable_told += 1

    def received(self, data: bytes) -> None:
        """Bytes came."""
        assert not self.ends
        self.received_data += data
        if self.on_data is not None:
            self.on_data(data)

    def received_run(self, hand_out: HandOut) -> None:
        """Several pieces came."""
        hand_out(Taking(self.received))

    def ended(self, reason: Failure) -> None:
        """It is over."""
        self.ends.append(reason)


class SocketBench(PortBench):
    """One open connection with the id 4, and its owner.

    @ivar stored: what lies in the module for the host to read.
    @ivar pdp_up: what is answered when the PDP context is asked for.
    @ivar freed: how often the id was given back.
    """

    def __init__(self, mode: AccessMode = AccessMode.BUFFER, *, lost: bool = False) -> None:
        super().__init__()
        self.stored = b""
        self.pdp_up: Callable[[], Deferred[bool]] = lambda: succeed(True)
        self.freed = 0
        self.answers["+QSSLRECV"] = self._read
        self.owner = Owner()
        self.socket = CommandSocket(
            self.clock,
            self.port,
            self.family,
            self.family.tls,
            4,
            mode,
            self,
            lost,
        )
        self.listener.on_urc = self._urc

    def start(self) -> SocketBench:
        """Have it open, with an owner."""
        if self.socket.pushing:
            self.listener.pushing.add(4)
        self.socket.opened()
        self.socket.start(self.owner)
        self.settle()
        self.module.lines.clear()
        return self

    def unclosed(self) -> None:
        """See L{Belonging}: there are no stacks here."""

    def pdp_is_up(self) -> Deferred[bool]:
        """Answer as a session does."""
        return self.pdp_up()

    def free(self, socket: SocketState) -> None:
        """Count what was given back."""
        self.freed += 1

    def _read(self, line: str) -> str:
        data, self.stored = self.stored[:1500], self.stored[1500:]
        if not data:
            return "+QSSLRECV: 0\n\nOK"
        text = data.decode("latin-1")
        return f"\0\r\n+QSSLRECV: {len(data)}\r\n{text}\r\n\r\nOK\r\n"

    def _urc(self, line: bytes, block: bytes) -> Route | None:
        event = self.family.read_urc(line, block)
        if isinstance(event, Pushed):
            return self.socket.pushed(event.data)
        if isinstance(event, Readable):
            self.socket.readable()
        elif isinstance(event, Closed):
            self.socket.closed_by_peer()
        return None

    def settle(self) -> None:
        """Let everything happen that needs no time."""
        self.module.settle(60)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        self.settle()

    def push(self, data: bytes) -> None:
        """Have the module push bytes."""
        self.module.say(b'\r\n+QSSLURC: "recv",4,%d\r\n' % len(data) + data)

    def arrive(self, data: bytes) -> None:
        """Have bytes arrive at the module in buffer mode."""
        self.stored += data
        self.module.say('+QSSLURC: "recv",4')
        self.settle()

    def peer_closes(self) -> None:
        """Have the peer close."""
        self.module.say('+QSSLURC: "closed",4')
        self.settle()

    def write(self, *pieces: bytes) -> None:
        """Have the owner write."""
        for piece in pieces:
            self.owner.buffer.append(piece)
        self.socket.writable()
        self.settle()

    def names(self) -> list[str]:
        """Give the commands since the last call, without parameters."""
        names = [line.partition("=")[0] for line in self.module.lines]
        self.module.lines.clear()
        return names
