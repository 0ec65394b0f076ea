"""What both halves of a connection know: the state of one in buffer or push mode."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from ..at import ATPort, Response, Route
from ..at.deadline import Deadline
from ..errors import ModemError
from ..families import AccessMode, Dialect, Family
from .closing import Closing
from .closing import everything_is_lost as everything_is_lost
from .interfaces import SocketOwner
from .retries import Retries
from .socketmachine import SocketCore

#: Seconds before a block that was refused is sent again, the first time.
RETRY_FIRST: Final = 0.2
#: Held by those that hold nothing, all of them: a deque takes 600 bytes.
NOTHING: Final[deque[bytes]] = deque(maxlen=0)


class Belonging(Protocol):
    """Where a connection belongs: one object, for less than a bound method for each question."""

    def pdp_is_up(self) -> Deferred[bool]:
        """Ask whether its PDP context is still up."""

    def free(self, socket: SocketState) -> None:
        """The module has let go of its id."""

    def unclosed(self) -> None:
        """The module has not said that it has closed it."""


class SocketState(Closing, SocketCore):
    """One connection, and what its halves ask of each other.

    @ivar mode: the access mode now.
    @ivar alerts: the bits of the alerts that its open was let pass in spite of.
    """

    # a modem has a dozen, and many more have been: no dictionary for each
    __slots__ = (
        "_chunk",
        "_clock",
        "_close_time",
        "_closed_by_module",
        "_closed_is_lost",
        "_family",
        "_held",
        "_held_size",
        "_more",
        "_over_already",
        "_overrun",
        "_owner",
        "_paused",
        "_peer_closed",
        "_place",
        "_poll",
        "_port",
        "_problem",
        "_read_bare",
        "_read_waits",
        "_refused_since",
        "_retries",
        "_retry",
        "_retry_wait",
        "_route",
        "_send_waits",
        "_sends_since_look",
        "_switching",
        "_throttling",
        "_unread",
        "alerts",
        "dialect",
        "id",
        "mode",
    )

    def __init__(
        self,
        clock: IReactorTime,
        port: ATPort,
        family: Family,
        dialect: Dialect,
        id: int,
        mode: AccessMode,
        place: Belonging,
        closed_is_lost: bool = False,
        close_time: int | None = None,
        retries: Retries | None = None,
    ) -> None:
        """
        @param dialect: how the module speaks of such a connection.
        @param retries: says when a refused block goes again.
        @param close_time: what the family wants an orderly close to name.
        @param closed_is_lost: whether a close by the peer counts as a loss.
        """
        super().__init__()
        self.id = id
        self.mode = mode
        self.alerts = 0
        self._clock = clock
        self._port = port
        self._route: Route | None = None  # what pushes take past all questions
        self._family = family
        self.dialect = dialect
        self._place = place
        self._closed_is_lost = closed_is_lost
        self._close_time = close_time
        self._owner: SocketOwner | None = None
        self._paused = False
        self._held = NOTHING
        self._held_size = 0
        self._overrun = False  # too much came before there was an owner
        self._switching = False  # the switch was asked for, once and for good
        self._throttling = False  # the port is read slowly because of it
        self._send_waits = False
        self._chunk = b""  # what is being sent, or was refused and goes again
        self._refused_since: float | None = None
        self._retry: IDelayedCall | None = None
        self._retry_wait = RETRY_FIRST
        self._retries = retries or Retries()
        self._read_waits = False
        self._read_bare = False  # the last read was answered by a result alone
        self._more = False  # there may be data in the module, beyond a read under way
        self._unread = False  # data was told of, and no read has come to its end since
        self._sends_since_look = 0
        self._poll: Deadline | None = None  # only buffer mode needs it
        self._peer_closed = False
        self._closed_by_module = False
        self._problem: ModemError | None = None
        self._over_already: Failure | None = None  # before there was an owner to tell

    # -- what the halves ask of each other, and of the whole

    def writable(self) -> None:
        """The owner has something to send."""

    def closed_by_peer(self, told: bool = False) -> None:
        """The connection is closed: deliver what is left, then end.

        @param told: whether the module has said so by itself.
        """

    def _look(self) -> None:
        """Read, if there may be something and somebody wants it."""

    def _ask_error(self, problem: ModemError | None = None) -> None:
        """Ask what an error was; to be called before anything else is sent (chapter 5).

        @param problem: what is to be told of it; it gets the code.
        """
        command = self._family.error_command()
        if command is None:
            return

        def known(response: Response) -> None:
            if problem is not None and problem.code is None:
                problem.code = self._family.read_error(response) or None

        asked = self._port.execute(command, urgent=True)
        asked.addCallbacks(known, lambda reason: reason.trap(ModemError) and None)

    def _ask_state(self) -> None:
        """Ask whether the connection still exists."""

    def _drained(self) -> None:
        """The peer has closed, and everything that it sent was delivered."""

    def _fail(self, problem: ModemError) -> None:
        """The connection cannot go on."""

    def _fail_when_drained(self, problem: ModemError) -> None:
        """End with a problem of the sending side, after what can still be read."""
