"""A port in data mode: a pipe between a line and one connection.

Leaving it: LTE SSL Application Note v1.1 chapter 1.3; the guard time is S12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IDelayedCall

from .verdicts import VerdictKind

if TYPE_CHECKING:
    from .port import Port
    from .sockets import Socket

_ESCAPES: Final = (b"+", b"++", b"+++")


class DataMode:
    """One stay in data mode."""

    def __init__(self, port: Port, socket: Socket) -> None:
        self.socket = socket
        self._port = port
        self._clock = port.module.clock
        self._guard = port.settings.s.get(12, 50) * 0.02
        for hook in port.module.hooks:
            self._guard = hook.guard(self._guard)
        self._tail = sum(hook.behind_carrier() for hook in port.module.hooks)
        self._late = b""  # comes behind NO CARRIER, or a while later
        self._late_timer: IDelayedCall | None = None
        self._last = self._clock.seconds()  # when the last byte came
        self._first = 0.0  # when the first plus of a possible escape came
        self._held = b""  # pluses that may be an escape
        self._timer: IDelayedCall | None = None
        self._suspect: IDelayedCall | None = None  # three pluses behind other bytes
        self._charge = ""  # what would be said of them
        self._lost = False
        # what waits to be a packet (TCP/IP Application Note, transpktsize)
        self._packet = bytearray()
        self._packet_timer: IDelayedCall | None = None

    def received(self, data: bytes) -> None:
        """Take bytes from the line."""
        now = self._clock.seconds()
        self._clear(data[:2].upper() == b"AT")
        if self._held or (data in _ESCAPES and now - self._last >= self._guard):
            self._last = now
            self._maybe_escape(data, now)
            return
        if data == b"+++":
            # payload may hold them; whoever means them waits behind them, or goes on with AT
            self._charge = f"+++ on {self._port.name} {now - self._last:.3f} s behind other bytes"
            self._suspect = self._clock.callLater(self._guard, self._judge)
        self._last = now
        self._forward(data)

    def _judge(self) -> None:
        self._suspect = None
        self._port.module.judge(VerdictKind.NO_GUARD_TIME, self._charge)

    def _clear(self, guilty: bool) -> None:
        """What comes behind suspicious pluses decides about them."""
        suspect, self._suspect = self._suspect, None
        if suspect is not None:
            suspect.cancel()
            if guilty:
                self._judge()

    def _maybe_escape(self, data: bytes, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._held:
            self._first = now
        held = self._held + data
        if held not in _ESCAPES or now - self._first > self._guard:
            if len(self._held) == 3 and data[:2].upper() == b"AT":
                self._port.module.judge(
                    VerdictKind.NO_GUARD_TIME,
                    f"a command on {self._port.name} {now - self._first:.3f} s behind +++",
                )
            self._held = b""
            self._forward(held)
            return
        self._held = held
        if len(held) == 3:
            self._timer = self._clock.callLater(self._guard, self._escaped)
        else:
            left = max(0.0, self._first + self._guard - now)
            self._timer = self._clock.callLater(left, self._released)

    def _released(self) -> None:
        """Fewer than three pluses, and the time for more is over."""
        self._timer = None
        held, self._held = self._held, b""
        self._forward(held)

    def _escaped(self) -> None:
        self._timer = None
        self._held = b""
        self._port.interpreter.leave_data_mode()

    def _forward(self, data: bytes) -> None:
        packets = self.socket.packets()
        if packets is None:
            self._hand_on(data)
            return
        longest, wait = packets
        self._packet += data
        size = len(self._packet)
        if wait:
            size -= size % longest
        if size:
            self._send_packet(size)
        if self._packet and self._packet_timer is None:
            self._packet_timer = self._clock.callLater(wait, self._packet_due)

    def _packet_due(self) -> None:
        self._packet_timer = None
        self._send_packet(len(self._packet))

    def _send_packet(self, size: int) -> None:
        timer, self._packet_timer = self._packet_timer, None
        if timer is not None:
            timer.cancel()
        data = bytes(self._packet[:size])
        del self._packet[:size]
        if data:
            self._hand_on(data)

    def _hand_on(self, data: bytes) -> None:
        if not self.socket.send_or_hold(data):
            self._port.hold(True)

    def accepts(self) -> bool:
        """Whether no bytes wait for the socket."""
        return not self.socket.holding()

    def drained(self) -> None:
        """The socket has taken all that waited."""
        self._port.hold(False)

    def pump_out(self) -> None:
        """Pass on what the socket has received, as far as the line takes it."""
        port, socket = self._port, self.socket
        while socket.unread():
            room = port.room()
            if room <= 0:
                return
            data = socket.read(min(room, 65536))
            port.write(self._hold_back(data) if self._tail else data)
        if self._lost:
            port.interpreter.carrier_lost()

    def _hold_back(self, data: bytes) -> bytes:
        """Keep the last bytes, for they may have to come behind C{NO CARRIER}."""
        data = self._late + data
        self._late = data[-self._tail :]
        if self._late_timer is None:
            self._late_timer = self._clock.callLater(0.2, self._write_late)
        return data[: -self._tail]

    def _write_late(self) -> None:
        self._late_timer = None
        late, self._late = self._late, b""
        self._port.write(late)

    def lost(self) -> None:
        """The connection has ended; what was received comes first."""
        self._lost = True
        self.pump_out()

    def stop(self) -> None:
        """End the stay.  What no socket has taken yet stays with the connection."""
        self._clear(False)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held:
            held, self._held = self._held, b""
            if len(held) < 3:
                self._forward(held)
        self._send_packet(len(self._packet))
        if self._late_timer is not None:
            self._late_timer.cancel()
            self._late_timer = None
            self._port.module.later(0.0, self._write_late)
        self._port.hold(False)
