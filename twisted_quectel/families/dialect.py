"""How a module speaks of one kind of connection: TLS of its own, or plain TCP."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, NamedTuple

from ..at import Command, Response
from ..errors import UnsupportedOperation
from ..profiles import TLSProfile


class AccessMode(Enum):
    """How data comes out of the module (LTE SSL note, chapter 1.3)."""

    BUFFER = "buffer"
    PUSH = "push"
    TRANSPARENT = "transparent"


@dataclass(frozen=True, slots=True)
class SocketStatus:
    """A connection as the module lists it.

    @ivar gone: whether it is closed or closing.
    @ivar doubtful: whether it may be, for all that the module can tell.
    """

    id: int
    gone: bool
    context: int | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A part of the firmware that has to be acquired before its connections are opened.

    @ivar name: what it is called in messages; those of one name are one.
    @ivar start: what acquires it, one after the other.
    @ivar stop: what releases it, and all that is open on it.
    """

    name: str
    start: tuple[Command, ...]
    stop: Command


class Delivery(Enum):
    """What became of a counted send."""

    TAKEN = "taken"
    REFUSED = "refused, send it again"
    NOT_SENT = "never left, the state has to be asked for"
    UNKNOWN = "nobody knows"


class Acknowledged(NamedTuple):
    """What became of the bytes that a connection was given.

    @ivar sent: bytes that the module has sent since the connection was opened.
    @ivar acknowledged: those of them that the peer has acknowledged.
    """

    sent: int
    acknowledged: int


class Dialect(ABC):
    """The commands of one kind of connection.  It keeps no state.

    @cvar secure: whether the module does TLS on it.
    @cvar ids: what the session calls such connections, where these are not all ids.
    @cvar module_closes: whether the module closes one by itself when its peer has.
    @cvar ends_with_network: whether it does when the network goes.
    @cvar reads: whether it has a command to read with.
    @cvar modes: the access modes it has, where these are not all that the family has.
    @cvar default_mode: the best of them with back-pressure, where that is not the family's.
    @cvar opens_at_once: whether the answer to an open tells how that has ended; else an
        L{Opened<twisted_quectel.families.events.Opened>} does.
    """

    secure: ClassVar[bool]
    ids: ClassVar[range | None] = None
    module_closes: ClassVar[bool] = False
    ends_with_network: ClassVar[bool] = False
    reads: ClassVar[bool] = True
    modes: ClassVar[frozenset[AccessMode] | None] = None
    default_mode: ClassVar[AccessMode | None] = None
    opens_at_once: ClassVar[bool] = False

    def ids_in(self, mode: AccessMode) -> range | None:
        """Give what the session calls such connections in an access mode; L{None}: any id."""
        return self.ids

    def stack(self, mode: AccessMode) -> Stack | None:
        """Give what has to be acquired before one is opened; L{None} if nothing has."""
        return None

    @abstractmethod
    def open_command(
        self,
        id: int,
        pdp: int,
        context: int | None,
        host: str,
        port: int,
        mode: AccessMode,
        timeout: float,
    ) -> Command:
        """Open a connection.

        @param context: its SSL context; L{None} where there is none.
        """

    def check_profile(self, profile: TLSProfile) -> None:
        """Refuse what such a connection cannot be told; asked where there are no SSL contexts.

        @raise UnsupportedOperation: naming the argument.
        """
        raise UnsupportedOperation("tls: the module can be told nothing about TLS")

    def suspended(self, response: Response) -> int | None:
        """Give the bits of the alerts that have suspended an open; L{None} if none have.

        @param response: to the open, or to what went on with it.
        @return: 0 where it is suspended and not all of what is wrong can be read: nothing that
            is allowed can be that.
        """
        return None

    def continue_command(self, id: int, mode: AccessMode) -> Command:
        """Go on with an open that is suspended.

        @raise UnsupportedOperation: if none ever is.
        """
        raise UnsupportedOperation("the module suspends no opens")

    def refusal(self, response: Response) -> int | None:
        """Give the code that the answer to an open tells beside its result."""
        return None

    def alerts(self, response: Response) -> int:
        """Give the bits of all alerts that the answer to an open tells, whatever its result."""
        return 0

    @abstractmethod
    def send_command(self, id: int, data: bytes) -> Command:
        """Send a block."""

    @abstractmethod
    def delivery(self, response: Response) -> Delivery:
        """Say what became of it."""

    def ill(self, response: Response) -> str:
        """Say for people how a send has ended whose fate is not known."""
        return f"{response.result.describe()} in place of SEND OK"

    def acknowledged_command(self, id: int) -> Command:
        """Ask what of the bytes sent was acknowledged.

        @raise UnsupportedOperation: if the module cannot tell.
        """
        raise UnsupportedOperation(
            "the module cannot tell what of such a connection was acknowledged"
        )

    def read_acknowledged(self, response: Response) -> Acknowledged | None:
        """Read it; L{None} if the answer does not tell."""
        return None

    @abstractmethod
    def read_command(self, id: int, length: int) -> Command:
        """Read a block."""

    @abstractmethod
    def read_data(self, response: Response) -> bytes | None:
        """Give what was read; empty when there is no more, L{None} on an error."""

    @abstractmethod
    def announced(self, response: Response) -> int:
        """Say how many bytes the answer to a read has announced."""

    @abstractmethod
    def close_command(self, id: int, abort: bool, close_time: int | None = None) -> Command:
        """Close a connection.

        @param abort: whether to drop it at once.
        @param close_time: what L{Family.close_time} has said of its context.
        """

    @abstractmethod
    def switch_command(self, id: int, mode: AccessMode) -> Command | None:
        """Change the access mode of a connection; L{None} if the module cannot."""

    @abstractmethod
    def state_command(self, id: int) -> Command | None:
        """Ask for the state of a connection; L{None} if the module cannot tell."""

    def read_state(self, response: Response, id: int) -> SocketStatus | None:
        """Read it; L{None} if the connection does not exist."""
        return next((each for each in self.read_states(response) if each.id == id), None)

    @abstractmethod
    def list_command(self) -> Command:
        """Ask for the states of all connections of this kind."""

    @abstractmethod
    def read_states(self, response: Response) -> list[SocketStatus]:
        """Read them."""

    @abstractmethod
    def open_error(
        self, code: int | None, host: str, port: int, command: str, trace: Sequence[str]
    ) -> Exception:
        """Give the exception for an open that failed."""


class DatagramDialect(Dialect):
    """The commands of datagrams without TLS: to and from anybody, or with one peer."""

    secure = False

    @abstractmethod
    def serve_command(self, id: int, pdp: int, port: int, mode: AccessMode) -> Command:
        """Take datagrams from anybody.

        @param port: the own port, 1-65535.
        """

    @abstractmethod
    def send_to_command(self, id: int, data: bytes, host: str, port: int) -> Command:
        """Send one datagram.

        @param host: an IP literal.
        """

    @abstractmethod
    def read_source(self, response: Response) -> tuple[str, int] | None:
        """Give address and port that a datagram came from; L{None} if they were not told."""
