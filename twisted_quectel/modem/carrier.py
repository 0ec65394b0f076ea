"""What the module may be saying at the end of a raw stream.

In data mode the module speaks twice: C{NO CARRIER} when the connection has
ended, C{OK} when it was told to leave (LTE SSL Application Note v1.1 chapter
1.3).  Both stand at the end of everything that it sent as payload, and both
may be payload themselves.  L{CarrierWatch} keeps back the tail that can be
such words until somebody knows; it looks at nothing but the tail.

Behind its word the module is in command mode, where it may report URCs at
once (C{+QIURC: "pdpdeact",1} is the usual cause of a lost carrier).  So a tail
is the word with nothing but whole or unfinished URCs behind it.
"""

from __future__ import annotations

import re
from typing import Final

NO_CARRIER: Final = b"\r\nNO CARRIER\r\n"
#: What a module says first when it has restarted, in data mode or not.
RDY: Final = b"\r\nRDY\r\n"
OK: Final = b"\r\nOK\r\n"

#: Longest tail that is kept back behind a word, in bytes.
MAX_TALK: Final = 512
#: Silence that ends what the module had to say, in seconds.
SILENCE: Final = 0.15
#: How long C{NO CARRIER} may come before DCD falls, in seconds.
DCD_LAG: Final = 0.5

_TICK: Final = 1e-6
_WINDOW: Final = len(NO_CARRIER) + MAX_TALK
_LINE: Final = rb"(?:\+[A-Z]+: [ -~]*|[A-Z][A-Z ]*)"
_UNFINISHED: Final = rb"(?:\r(?:\n(?:\+(?:[A-Z]+(?::[ -~]*)?)?|[A-Z][A-Z ]*)?\r?)?)?"
#: Lines of a module in command mode.
_TALK: Final = re.compile(rb"(?:\r\n" + _LINE + rb"\r\n)*" + _UNFINISHED)
#: The same behind an escape that may have been echoed.
_ECHOED: Final = re.compile(rb"(?:\+|\r\n" + _LINE + rb"\r\n)*" + _UNFINISHED)
_URCS: Final = re.compile(rb"(?:\r\n\+[A-Z]+: [ -~]*\r\n)*(?:\r(?:\n(?:\+[ -~]*\r?)?)?)?")


class CarrierWatch:
    """Splits a raw stream into payload and a tail that is not decided.  No I/O.

    @ivar asked: whether an escape is under way, so that C{OK} is a word too.
    @ivar carrier: whether the tail is C{NO CARRIER} or the word of a restart, with or
        without URCs.
    @ivar passed: bytes that were given out as payload.
    """

    __slots__ = ("_answered", "_boot", "_held", "_known", "_last", "asked", "carrier", "passed")

    def __init__(self, boot: bytes = RDY) -> None:
        """
        @param boot: what the module says first when it has restarted, with its line ends.
        """
        self.passed = 0
        self._boot = boot
        self._last = frozenset(NO_CARRIER + OK + boot)
        self.reset()

    def reset(self) -> None:
        """Begin a stay in data mode."""
        self.asked = False
        self.carrier = False
        # CONNECT stands before it, whose line end may serve the next word
        self._held = b"\r\n"
        self._known = 2  # bytes at the head of the tail that were given out
        self._answered = (-1, 0.0)  # where the last OK stands, and when it came

    @property
    def holding(self) -> int:
        """The number of bytes that are kept back."""
        return len(self._held) - self._known

    def ask(self) -> None:
        """An escape is sent now."""
        self.asked = True
        self._answered = (-1, 0.0)

    def feed(self, now: float, data: bytes) -> bytes:
        """Take what came.

        @param now: seconds.
        @return: what is payload for certain.
        """
        whole = self._held + data if self._held else data
        start = self._tail(whole)
        known = self._known
        self._held = whole[start:]
        self._known = known - start if known > start else 0
        payload = whole[known:start] if known < start else b""
        self.passed += len(payload)
        if self.asked:
            index = self._held.rfind(OK)
            if index >= 0:
                place = self.passed - self._known + index
                if place != self._answered[0]:
                    self._answered = (place, now)
        return payload

    def release(self) -> bytes:
        """Give out the tail as payload, but remember what it may have begun."""
        payload = self._held[self._known :]
        self.passed += len(payload)
        if self.carrier or len(self._held) >= len(NO_CARRIER):
            self._held = b""
            self.carrier = False
        self._known = len(self._held)
        return payload

    def answer(self, since: float) -> tuple[bytes, bytes] | None:
        """Take the tail for the C{OK} to an escape.

        @param since: the earliest time at which the module can have answered.
        @return: what is payload, and what the module said behind C{OK};
            L{None} if the tail is no such C{OK}.
        """
        index = self._held.rfind(OK)
        if index < 0 or self._answered[1] < since - 1e-6:
            return None
        return self._split(index, OK, _URCS)

    def lost(self) -> tuple[bytes, bytes] | None:
        """Take the tail for C{NO CARRIER}, or for the word of a restart.

        @return: what is payload, and what the module said behind it, that word
            included; L{None} if the tail is neither.
        """
        index = self._held.rfind(NO_CARRIER)
        if index >= 0:
            return self._split(index, NO_CARRIER, _ECHOED)
        boot = self._boot
        index = self._held.find(boot)
        split = None if index < 0 else self._split(index, boot, _ECHOED)
        return split and (split[0], boot + split[1])

    def _split(
        self, index: int, word: bytes, behind: re.Pattern[bytes]
    ) -> tuple[bytes, bytes] | None:
        rest = self._held[index + len(word) :]
        if behind.fullmatch(rest) is None:
            return None
        payload = self._held[self._known : index]
        self.passed += len(payload)
        self.reset()
        return payload, rest.lstrip(b"+") if behind is _ECHOED else rest

    def _tail(self, whole: bytes) -> int:
        """Find where the tail begins that may be the module's own."""
        size = len(whole)
        talk = _ECHOED if self.asked else _TALK
        index = whole.rfind(NO_CARRIER, max(0, size - _WINDOW))
        self.carrier = index >= 0 and talk.fullmatch(whole, index + len(NO_CARRIER)) is not None
        if not self.carrier:
            boot = self._boot
            index = whole.rfind(boot, max(0, size - _WINDOW))
            self.carrier = index >= 0 and talk.fullmatch(whole, index + len(boot)) is not None
        if self.carrier:
            return index
        if self.asked:
            index = whole.rfind(OK, max(0, size - _WINDOW))
            if index >= 0 and _URCS.fullmatch(whole, index + len(OK)) is not None:
                return index
        if whole[-1] not in self._last:
            return size
        for count in range(min(size, len(NO_CARRIER) - 1), 0, -1):
            tail = whole[-count:]
            if NO_CARRIER.startswith(tail) or self._boot.startswith(tail):
                return size - count
            if self.asked and count < len(OK) and OK.startswith(tail):
                return size - count
        return size


class CarrierCircuit:
    """Circuit 109 (DCD) as a judge of C{NO CARRIER} at the tail."""

    __slots__ = ("_off",)

    def __init__(self) -> None:
        self._off: float | None = None  # when it was first seen off

    def judge(self, on: bool, now: float, heard: float) -> tuple[bool | None, float]:
        """Tell whether the carrier is lost.

        DCD may be ahead of the bytes and behind them.

        @param on: the circuit.
        @param now: seconds.
        @param heard: when the last byte came.
        @return: L{None} if it is too early to tell, and the seconds to wait.
        """
        if on:
            self._off = None
        elif self._off is None:
            # what was on its way when DCD fell must have come
            self._off = now
        silent = now - (heard if self._off is None else max(heard, self._off))
        if silent < SILENCE - _TICK:
            return None, SILENCE - silent
        if on and silent < DCD_LAG - _TICK:
            return None, DCD_LAG - silent
        return not on, 0.0
