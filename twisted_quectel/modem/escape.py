"""The hold rule for C{+}: no payload ever looks like an escape.

A module leaves data mode when it sees silence, exactly three pluses, silence
(LTE SSL Application Note v1.1 chapter 1.3; the length of the silence is S12
of V.250).  So payload may be given to the wire up to a place only if what the
wire then shows does not end in exactly three pluses with a gap before them:
nobody knows whether more will follow.  L{EscapeGuard} gives out the longest
such beginning and holds the rest.  The rest goes

  - with the bytes that follow, as soon as those make it more than three
    pluses, or something else than pluses; they leave in one write;
  - else when the last plus on the wire has left for so long that no module
    counts the next one to it.

A gap counts from half the usual guard time on, and pluses belong together for
as long as the longest guard time: so the rule holds for guard times of 0.5 to
1.0 s, whether the module times each plus or all three.

A hold ends 1.05 s after the last plus has left.  Only a plus that comes while
others are held behind two gaps of half a second and more waits through two
holds (at most 1.65 s): there no schedule is both safe and faster.

The wire must be timed: with CTS low, or beyond a serial server, gaps arise
where there were none.
"""

from __future__ import annotations

from typing import Final

#: Silence before a plus from which on it may begin an escape, in seconds.
GAP: Final = 0.45
#: Silence behind a plus after which the next one does not belong to it.
HOLD: Final = 1.05

_PLUS: Final = 0x2B
_NONE: Final = -1.0
_FOREVER: Final = float("inf")
_TICK: Final = 1e-6


class EscapeGuard:
    """Says which bytes may go to the wire now.  No I/O, no clock.

    What it gives out must be written at once and in one piece.
    """

    __slots__ = ("_gap", "_given", "_held", "_hold", "_last", "_left", "_second")

    def __init__(self, gap: float = GAP, hold: float = HOLD) -> None:
        """
        @param gap: seconds; see L{GAP}.
        @param hold: seconds; see L{HOLD}.
        """
        self._gap = gap
        self._hold = hold
        self.reset()

    def reset(self) -> None:
        """Begin a stay in data mode: whatever was before counts as silence."""
        self._held = b""
        self._given = -_FOREVER  # the earliest time at which the last byte left
        self._left: float | None = None  # the latest such time, once it is known
        # the gaps before the last two bytes, if these are pluses
        self._second = self._last = _NONE

    @property
    def held(self) -> int:
        """The number of bytes that are held, 0 to 3."""
        return len(self._held)

    def busy(self, now: float) -> None:
        """Earlier bytes are still leaving: what is fed now follows without a gap."""
        self._given = now
        self._left = None

    def left(self, now: float) -> None:
        """Everything that was given out has left the wire by now."""
        if self._left is None:
            self._left = now

    def feed(self, now: float, data: bytes) -> bytes:
        """Take the next bytes of the stream.

        @return: the bytes that may go now, maybe none.
        """
        if not data:
            return data
        whole = self._held + data if self._held else data
        if data[-1] != _PLUS:
            self._held = b""
            self._second = self._last = _NONE
            self._given = now
            self._left = None
            return whole
        return self._give(now, whole)

    def due(self) -> float | None:
        """Give the time at which the held bytes go by themselves.

        @return: L{None} if there are none, or until L{left} was told.
        """
        if not self._held or self._left is None:
            return None
        return self._left + self._hold

    def release(self, now: float) -> bytes:
        """Give out what has become due.

        @return: the bytes that may go now; what is still held is due later.
        """
        return self._give(now, self._held) if self._held else b""

    def drop(self) -> bytes:
        """Forget what is held.

        @return: the bytes that were not given out.
        """
        held, self._held = self._held, b""
        return held

    def _give(self, now: float, whole: bytes) -> bytes:
        gap = now - self._given
        count = self._safe(now, whole, gap)
        self._held = whole[count:]
        if not count:
            return b""
        out = whole[:count]
        if count == 1:
            plus = out[0] == _PLUS
            self._second, self._last = (self._last, gap) if plus else (_NONE, _NONE)
        elif out[-2] == _PLUS:
            self._second, self._last = (gap if count == 2 else 0.0), 0.0
        else:
            self._second, self._last = _NONE, 0.0
        self._given = now
        self._left = None
        return out

    def _safe(self, now: float, whole: bytes, gap: float) -> int:
        """Count the bytes after which the wire does not show an escape.

        @param whole: bytes that end in a plus.
        @param gap: seconds since the last byte on the wire.
        """
        count = len(whole)
        if count > 3:
            return count  # the last three follow on another byte at once
        if count == 3:
            if whole != b"+++" or gap < self._gap:
                return 3
            count = 2
        if self._left is not None and now - self._left >= self._hold - _TICK:
            return count  # too late for the pluses on the wire
        if count == 2:
            if whole[:2] != b"++" or self._last < self._gap:
                return 2
            count = 1
        if self._second >= self._gap:
            return 0
        return 1
