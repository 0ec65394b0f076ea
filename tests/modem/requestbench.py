"""A connection of a request stack on a scripted module."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from tests.modem.scripted import PROMPT, ScriptedModule
from tests.modem.socketbench import Owner
from twisted_quectel.at import ATPort, Route
from twisted_quectel.families import Firmware
from twisted_quectel.families.base import Closed, Confirmed, Pushed, Readable, Received
from twisted_quectel.families.sim52xx import SIM52xxFamily
from twisted_quectel.modem.requestsocket import RequestSocket
from twisted_quectel.modem.socketstate import SocketState


class RequestBench:
    """One open connection, and its owner.

    @ivar pdp_up: what is answered when the PDP context is asked for.
    @ivar freed: how often the id was given back.
    """

    def __init__(self, *, lost: bool = False) -> None:
        self.clock = Clock()
        self.module = ScriptedModule(self.clock)
        self.answers = self.module.answers
        self.family = SIM52xxFamily(Firmware("SIM5320"))
        self.port = ATPort(self.clock, self, "bench")
        self.module.connect(self.port)
        self.pdp_up: Callable[[], Deferred[bool]] = lambda: succeed(True)
        self.freed = 0
        self.owner = Owner()
        assert self.family.https is not None
        self.dialect = self.family.https
        assert self.dialect.ids is not None
        (self.id,) = self.dialect.ids
        self.socket = RequestSocket(
            self.clock,
            self.port,
            self.family,
            self.dialect,
            self.id,
            self,
            lost,
        )
        self.takes_sends()

    def takes_sends(self, behind: str | None = "OK") -> None:
        """Have sends be taken, and answered so behind their bodies."""

        def ask(line: str) -> str:
            self.module.expect_body(int(line.partition("=")[2]), behind)
            return PROMPT

        self.answers["+CHTTPSSEND="] = ask

    def start(self) -> RequestBench:
        """Have it open, with an owner."""
        self.socket.opened()
        self.socket.start(self.owner)
        self.settle()
        return self

    # -- where the connection belongs

    def unclosed(self) -> None:
        """See L{Belonging}: there are no stacks here."""

    def pdp_is_up(self) -> Deferred[bool]:
        """Answer as a session does."""
        return self.pdp_up()

    def free(self, socket: SocketState) -> None:
        """Count what was given back."""
        self.freed += 1

    # -- the port's listener

    def urc(self, line: bytes, block: bytes) -> Route | None:
        """Take it to the connection."""
        event = self.family.read_urc(line, block)
        if isinstance(event, Pushed):
            self.socket.pushed(event.data)
        elif isinstance(event, Readable):
            self.socket.readable()
        elif isinstance(event, Closed):
            self.socket.closed_by_peer(told=True)
        elif isinstance(event, Confirmed):
            self.socket.confirmed(event.code)
        elif isinstance(event, Received):
            self.socket.receive_ended(event.code)
        return None

    def block_length(self, line: bytes) -> int:
        """As the family says."""
        return self.family.block_length(line, lambda id: False)

    def port_lost(self, reason: Failure) -> None:
        """It ends with the port."""
        self.socket.lost(reason)

    def port_unresponsive(self) -> None:
        """Nobody is told."""

    # -- what happens

    def settle(self) -> None:
        """Let everything happen that needs no time."""
        self.module.settle(60)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        whole, rest = divmod(seconds, 1.0)
        for step in [1.0] * int(whole) + [rest]:
            self.clock.advance(step)
            self.settle()

    def brings(self, data: bytes, code: int | None = 0) -> None:
        """Have a receive bring something and, unless it is L{None}, end."""
        end = b"" if code is None else b"\r\n+CHTTPSRECV: %d\r\n" % code
        self.module.say(b"\r\n+CHTTPSRECV: DATA,%d\r\n%b" % (len(data), data) + end)
        self.settle()

    def says(self, *lines: str) -> None:
        """Have the module say something unasked."""
        for line in lines:
            self.module.say(line)
        self.settle()

    def write(self, *pieces: bytes) -> None:
        """Have the owner write."""
        for piece in pieces:
            self.owner.buffer.append(piece)
        self.socket.writable()
        self.settle()

    def took(self, start: str = "+CHTTPS") -> list[str]:
        """Give the commands that came since this was asked last."""
        lines = [line for line in self.module.lines if line.startswith(start)]
        self.module.lines.clear()
        return lines
