"""One AT port of an emulated module: what it says, and the circuits beside it.

What it hears goes to its L{Interpreter<interpreter.Interpreter>}.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from ..tables.cme import CME_ERRORS
from .commands import CONNECT, Outcome
from .interpreter import Interpreter

if TYPE_CHECKING:
    from .basemodule import Module

#: URCs that wait while a port cannot speak; older ones are lost.
MAX_URCS: Final = 512

#: V.250 and the AT Commands Manual: S-parameters at power-on.
S_DEFAULTS: Final = {0: 0, 3: 13, 4: 10, 5: 8, 6: 2, 7: 0, 8: 2, 10: 15, 12: 50}


class Carrier(Protocol):
    """What a port speaks through: a pty, a TCP connection, memory."""

    def write(self, data: bytes) -> None:
        """Send bytes to the host."""

    def room(self) -> int:
        """Give the bytes that may be written before the line is full."""

    def crowded(self) -> bool:
        """Whether the host has yet to read what it was told."""

    def unsent(self) -> int:
        """Give the bytes that were written and have not reached the host."""

    def hold(self, on: bool) -> None:
        """Stop what comes from the host (CTS low), or let it go on."""


@dataclass
class PortSettings:
    """What C{ATE}, C{ATV}... set; lost at a restart."""

    echo: bool = True
    verbose: bool = True
    quiet: bool = False
    x: int = 4
    c: int = 1
    d: int = 2
    cmee: int = 1
    s: dict[int, int] = field(default_factory=lambda: dict(S_DEFAULTS))


class Port:
    """One AT port.

    @ivar name: C{usbmodem}, C{usbat}, C{uart1}.
    @ivar settings: see L{PortSettings}.
    @ivar online: whether the carrier of a transparent connection is there.
    """

    def __init__(self, module: Module, name: str) -> None:
        self.module = module
        self.name = name
        self.settings = PortSettings()
        self.online = False
        self.dtr = False
        self.interpreter = Interpreter(module, self)
        self._carrier: Carrier | None = None
        self._urcs: deque[bytes] = deque(maxlen=MAX_URCS)
        self._sent: list[Callable[[], None]] = []
        self._flushing = False
        self._held = False

    def attach(self, carrier: Carrier) -> None:
        """Connect a line; whatever was connected before is forgotten."""
        self._carrier = carrier
        self._held = False
        self.dtr = True
        if self.interpreter.full() or not self.interpreter.accepts():
            self.hold(True)
        if self.module.hung:
            self.hang(True)

    def detach(self, carrier: Carrier) -> None:
        """Disconnect a line.  What is said from here on is lost."""
        if self._carrier is carrier:
            self._carrier = None
            self.line_ready()
            self.module.sockets.push()  # the other ports go on without it

    @property
    def attached(self) -> bool:
        """Whether a line is connected."""
        return self._carrier is not None

    def dcd(self) -> bool:
        """Give circuit 109 as C{AT&C} says."""
        return self.online or self.settings.c == 0

    def set_dtr(self, on: bool) -> None:
        """Take a change of circuit 108/2, which C{AT&D} gives a meaning."""
        fell = self.dtr and not on
        self.dtr = on
        if fell and self.module.powered:
            self.interpreter.dtr_fell()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the host."""
        if self.module.powered and not self.module.muted:
            for hook in self.module.hooks:
                data = hook.heard(self, data)
            if data:
                self.interpreter.feed(data)

    def write(self, data: bytes) -> None:
        """Say something; nobody hears it where no line is connected."""
        if self._carrier is not None and not self.module.muted:
            self._carrier.write(data)

    def room(self) -> int:
        """Give the bytes that the line still takes."""
        return self._carrier.room() if self._carrier is not None else 1 << 20

    def when_sent(self, function: Callable[[], None]) -> None:
        """Do something once all that was said has reached the host."""
        if self._carrier is None or not self._carrier.unsent():
            function()
        else:
            self._sent.append(function)

    def hold(self, on: bool) -> None:
        """Stop the host from sending, or let it go on."""
        if on is not self._held:
            self._held = on
            if self._carrier is not None and not self.module.hung:
                self._carrier.hold(on)

    def hang(self, on: bool) -> None:
        """The module hangs with CTS low, whatever room there is; or goes on."""
        if self._carrier is not None:
            self._carrier.hold(on or self._held)

    def line_ready(self) -> None:
        """The line has room again."""
        if self._sent and (self._carrier is None or not self._carrier.unsent()):
            sent, self._sent = self._sent, []
            for function in sent:
                function()
        self.interpreter.resume()
        self.flush()

    def frame(self, text: bytes) -> bytes:
        """Put an unsolicited line between its line ends."""
        if not self.settings.verbose:
            return text + b"\r\n"
        return b"\r\n%b\r\n" % text

    def final(self, outcome: Outcome) -> bytes:
        """Give a final result as C{ATV}, C{AT+CMEE} and the firmware have it."""
        settings, quirks = self.settings, self.module.quirks
        text = outcome.text
        if outcome.cme is not None and settings.cmee:
            number = outcome.cme
            shown = str(number) if settings.cmee == 1 else CME_ERRORS.get(number, str(number))
            text = f"+CME ERROR: {shown}"
            if "cme_trailing_space" in quirks:
                text += " "
        elif outcome.code is not None and not settings.verbose:
            return b"%d\r" % outcome.code
        elif outcome is CONNECT and "connect_rate" in quirks:
            text = f"CONNECT {self.module.link.baudrate or 150000000}"
        for hook in self.module.hooks:
            text = hook.result(self, outcome, text)
        return self.frame(text.encode("ascii"))

    def unsolicited(self, text: str) -> None:
        """Report a URC as soon as the port can speak."""
        self._urcs.append(text.encode("utf-8"))
        self.flush()

    def may_speak(self) -> bool:
        """Whether a URC can be written now: command mode, a line with room, a host that reads."""
        if not self.interpreter.idle() or self.room() <= 0:
            return False
        return self._carrier is None or not self._carrier.crowded()

    def flush(self) -> None:
        """Write the URCs that wait, then let the sockets push."""
        if self._flushing:
            return
        self._flushing = True
        try:
            while self._urcs and self.may_speak():
                self.write(self.frame(self._urcs.popleft()))
        finally:
            self._flushing = False
        if not self._urcs and self.may_speak():
            self.module.sockets.port_ready(self)

    def reset(self) -> None:
        """Forget everything, as a restart does."""
        self.settings = PortSettings()
        self.online = False
        self._urcs.clear()
        self._sent.clear()
        self.interpreter.reset()
        self.hold(False)
