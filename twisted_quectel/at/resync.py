"""Getting back in step with a module that did not answer in time.

A module works through its commands in order.  So a question whose answer
cannot be mistaken for any other puts everything that comes before that answer
behind us.  No question is asked twice, or the late answer to the first would
pass for the answer to the second.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from .commands import Command
from .results import Outcome, parse_result
from .syntax import prefix_of, read_form

#: Read forms that every module has (3GPP TS 27.007, ITU-T V.250, 3GPP TS 27.005),
#: and none of whose prefixes serves a URC.
_PREFIXES: Final = ("+CMEE", "+CSCS", "+IPR", "+IFC", "+CRC", "+CMGF")
_QUESTIONS: Final = tuple(map(read_form, _PREFIXES))

#: Seconds to wait for the answer to one question.
QUESTION_TIMEOUT: Final = 1.5
#: How many questions are asked before the port is given up.
QUESTIONS: Final = len(_QUESTIONS)


class Reading(Enum):
    """What a line means while the port gets back in step."""

    STALE = "belongs to what was given up"
    NEWS = "a URC"
    DONE = "in step again"


class Resync:
    """One attempt to get in step.

    @ivar late: the command that was given up, whose answer may still come.
    """

    def __init__(self, late: Command | None) -> None:
        self.late = late
        self._asked = 0
        self._answered = False

    def next_question(self) -> bytes | None:
        """Give what to send next; L{None} when it is time to give up.

        A command whose body was due may have left the module waiting for it.
        The second question is then led in by as many empty command lines as
        that body has bytes: they end the wait, and mean nothing otherwise.
        """
        if self._asked == QUESTIONS:
            return None
        question = b"AT" + _QUESTIONS[self._asked].wire + b"\r"
        if self._asked == 1 and self.late is not None and self.late.body is not None:
            question = b"\r" * len(self.late.body) + question
        self._asked += 1
        self._answered = False
        return question

    def read(self, line: bytes) -> Reading:
        """Tell what a line is."""
        result = parse_result(line, send=True)
        if result is not None:
            if self._answered and result.outcome is Outcome.OK:
                return Reading.DONE
            return Reading.STALE
        prefix = prefix_of(line)
        if prefix == _PREFIXES[self._asked - 1]:
            self._answered = True
            return Reading.STALE
        if prefix in _PREFIXES or line[:2].upper() == b"AT":
            return Reading.STALE
        if self.late is not None and self.late.is_answer(line):
            return Reading.STALE
        return Reading.NEWS
