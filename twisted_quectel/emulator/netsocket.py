"""What lies beneath a module's socket: the part of it that is on the network.

L{NetSocket} is all that a L{Socket<twisted_quectel.emulator.sockets.Socket>}
knows of it; TLS, TCP, datagrams and listeners are its kinds.  L{Resolving} is
what those with a peer have in common.

Sources: LTE SSL Application Note v1.1, chapters 2.2.2 to 2.2.5 and 5; TCP/IP
Application Note, C{AT+QIOPEN} to C{AT+QIRD}.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectBindError, DNSLookupError
from twisted.internet.interfaces import IDelayedCall, IProtocol, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from .network import INetwork

# SSL note, chapter 5.
SUCCESS: Final = 0
INVALID_PARAMETER: Final = 552
NOT_SUPPORTED: Final = 555
BIND_FAILED: Final = 556
DNS_FAILED: Final = 565
CONNECT_FAILED: Final = 566
TIMEOUT: Final = 569

_log = Logger()


class OpenState(Enum):
    """Where a L{NetSocket} is."""

    NEW = "it was not opened"
    OPENING = "name resolution, TCP, handshake"
    OPEN = "open"
    ENDED = "failed, ended by the peer, or given up by the owner"


def _nothing() -> None:
    """A callback that nobody has set."""


def _nothing_opened(code: int) -> None:
    """A callback that nobody has set."""


class NetSocket(Protocol):
    """The part of a module's socket that is on the network.

    No callback is called from within a method, and none after C{close} or
    C{abort}.

    @ivar on_opened: called once with a code of chapter 5.
    @ivar on_readable: bytes were added to the receive buffer.
    @ivar on_closed: the peer ended it after it was open, and all that it sent
        is in the receive buffer; called once.
    @ivar on_writable: there is room in the send buffer after a send had too
        little.
    @ivar address: the peer's IP address, empty before it is known.
    @ivar remote_port: the peer's port, 0 before it is known.
    @ivar local_port: the own port, 0 before it is known.
    @ivar datagrams: whether a read gives one datagram, and loses what it has
        no room for.
    @ivar source: address and port of what was read last, where each datagram
        has its own.
    """

    on_opened: Callable[[int], None]
    on_readable: Callable[[], None]
    on_closed: Callable[[], None]
    on_writable: Callable[[], None]
    address: str
    remote_port: int
    local_port: int
    datagrams: bool
    source: tuple[str, int] | None

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> bool:
        """Take bytes for the peer, all of them or none.

        @param to: address and port, where there is no peer.
        """

    def send_space(self) -> int:
        """Give the number of bytes that L{send} would take; 0 if not open."""

    def unacknowledged(self) -> int | None:
        """Give the bytes that were sent and that the peer's TCP has not acknowledged.

        @return: L{None} when nobody can tell any more.
        """

    def unread(self) -> int:
        """Give the number of bytes that L{read} can have."""

    def read(self, n: int) -> bytes:
        """Take up to C{n} bytes out of the receive buffer; works after the end too."""

    def close(self) -> Deferred[None]:
        """End in order.

        @return: fires when nothing is left, also if nothing was.
        """

    def abort(self) -> None:
        """Cut it off and drop both buffers."""


class NetSocketBase:
    """What is the same in every kind: nobody listens, and nothing is known yet."""

    datagrams = False

    def __init__(self) -> None:
        self.on_opened: Callable[[int], None] = _nothing_opened
        self.on_readable: Callable[[], None] = _nothing
        self.on_closed: Callable[[], None] = _nothing
        self.on_writable: Callable[[], None] = _nothing
        self.address = ""
        self.remote_port = 0
        self.local_port = 0
        self.source: tuple[str, int] | None = None


class Resolving(NetSocketBase):
    """What has a peer by name: opened once, with a time-out."""

    def __init__(self, clock: IReactorTime, network: INetwork) -> None:
        super().__init__()
        self._clock = clock
        self._network = network
        self._state = OpenState.NEW
        self._host = ""
        self._attempt: Deferred[str] | Deferred[IProtocol] | None = None
        self._begin: IDelayedCall | None = None
        self._timer: IDelayedCall | None = None

    def _start(self, host: str, port: int, timeout: float) -> None:
        """Begin to open.

        @param timeout: seconds for name resolution and connection together.
        @raise RuntimeError: it was opened before.
        """
        if self._state is not OpenState.NEW:
            raise RuntimeError(f"a {type(self).__name__} is opened once")
        self._state = OpenState.OPENING
        self._host = host
        self.remote_port = port
        self._timer = self._clock.callLater(timeout, self._time_out)
        # A network may answer at once; the owner is never called from here.
        self._begin = self._clock.callLater(0, self._resolve)

    def _validate(self) -> None:
        """Check what was given.

        @raise ValueError: for what no command can have given.
        """
        if not self._host:
            raise ValueError("host: empty")
        if not 1 <= self.remote_port <= 65535:
            raise ValueError(f"port: {self.remote_port}")

    def _resolve(self) -> None:
        try:
            self._validate()
        except ValueError as e:
            self._fail(INVALID_PARAMETER, str(e))
            return
        self._attempt = attempt = maybeDeferred(self._network.resolve, self._host)
        attempt.addCallbacks(self._resolved, self._attempt_failed)
        attempt.addErrback(self._broken)

    def _resolved(self, address: str) -> None:
        self._attempt = None
        self.address = address
        self._connect()

    def _connect(self) -> None:
        """Go on with the address."""
        raise NotImplementedError

    def _attempt_failed(self, reason: Failure) -> None:
        code = CONNECT_FAILED
        if reason.check(DNSLookupError):
            code = DNS_FAILED
        elif reason.check(ConnectBindError):
            code = BIND_FAILED
        self._fail(code, reason.getErrorMessage())

    def _broken(self, reason: Failure) -> None:
        _log.failure("opening {host}", reason, host=self._host)
        self._fail(CONNECT_FAILED, "internal error")

    def _time_out(self) -> None:
        self._fail(TIMEOUT, "timed out")

    def _fail(self, code: int, why: str) -> None:
        if self._state is not OpenState.OPENING:
            return
        _log.info(
            "opening {host}:{port}: {code}, {why}",
            host=self._host,
            port=self.remote_port,
            code=code,
            why=why,
        )
        self._stop_opening()
        self._failed()
        self.on_opened(code)

    def _failed(self) -> None:
        """Clear up behind an open that has failed."""

    def _succeed(self) -> None:
        self._state = OpenState.OPEN
        self._stop_timer()
        self.on_opened(SUCCESS)

    def _stop_opening(self) -> None:
        """Give up whatever the opening waits for."""
        self._state = OpenState.ENDED
        if self._begin is not None and self._begin.active():
            self._begin.cancel()
        self._begin = None
        self._stop_timer()
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.cancel()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
