"""What a port knows of itself and of the command in flight."""

from __future__ import annotations

from collections import deque
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from .commands import Body, Command, Response
from .deadline import Deadline
from .drowsy import Drowsy
from .framing import Framer, Run
from .jobs import DataHandler, Job, PortHandler, Route
from .results import Result
from .resync import Resync
from .throttle import Throttle
from .trace import Trace

# looked up for each command otherwise, which an enumeration makes dear
_NO_BODY: Final = Body.NONE


class PortState(Drowsy):
    """The state of a port.

    @ivar trace: what went over it.
    @ivar doubtful: whether it was given up while the module was, or may have been,
        in data mode.
    @ivar busy_until: when the command has ended, at the latest, that was in flight as the port
        was lost; 0 if none was.
    @ivar data_handler: who reads it in data mode.
    @ivar throttle: has it read slowly, if somebody wants that.
    """

    # more than a dictionary can share the keys of: a command takes 7 % less time so
    __slots__ = (
        "_block_due",
        "_body_due",
        "_clock",
        "_command",
        "_current",
        "_deadline",
        "_delivering",
        "_echo",
        "_echo_is_off",
        "_echoed",
        "_failing",
        "_framer",
        "_handler",
        "_late_prompt",
        "_lost",
        "_queue",
        "_refused",
        "_response",
        "_rest",
        "_resync",
        "_resync_wanted",
        "_routes",
        "_told_early",
        "_told_ok",
        "busy_until",
        "data_handler",
        "doubtful",
        "name",
        "throttle",
        "trace",
    )

    _block_due: Deadline
    _deadline: Deadline
    _framer: Framer
    throttle: Throttle

    def __init__(self, clock: IReactorTime, handler: PortHandler, name: str = "port") -> None:
        self.name = name
        self.trace = Trace(name, clock.seconds)
        self.data_handler: DataHandler | None = None
        self.doubtful = False
        self.busy_until = 0.0
        self._handler = handler
        # by the line that announces a block: where it goes, and those behind it
        self._routes: dict[bytes, tuple[Route, Run]] = {}
        self._queue: deque[Job] = deque()
        self._current: Job | None = None
        self._command: Command | None = None
        self._response: Response | None = None
        self._echo = b""
        self._echoed = False  # whether the command in flight came back
        self._echo_is_off = False
        self._body_due = _NO_BODY
        self._refused: Result | None = None  # a SEND FAIL that may yet turn into SEND OK
        self._late_prompt = False  # nobody waits for the prompt any more, but it may come
        self._told_ok = False  # how the command ends is told later
        self._told_early: Result | None = None  # or was told ahead of its OK
        self._resync: Resync | None = None
        self._resync_wanted = False
        self._delivering = False
        self._clock = clock
        self._rest: IDelayedCall | None = None  # hands out what was too much for one turn
        self._failing = False  # what waits is being failed; nothing is sent until all was told
        self._lost: Failure | None = None
