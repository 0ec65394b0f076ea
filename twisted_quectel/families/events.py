"""What a module says unasked, as a driver understands it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opened:
    """An open has ended.  C{code} 0 is success."""

    id: int
    code: int


@dataclass(frozen=True, slots=True)
class Readable:
    """A connection in buffer mode has data."""

    id: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """A connection in push mode hands over data.

    @ivar source: address and port that a datagram came from, where each has its own.
    """

    id: int
    data: bytes
    source: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was taken of a connection's sends has gone out, as much as it was.

    @ivar code: 0 if it has; else it is lost.
    """

    id: int
    code: int


@dataclass(frozen=True, slots=True)
class Received:
    """A receive that was asked for has ended; what it brought came before, by L{Pushed}.

    @ivar code: 0 if all was well.
    """

    id: int
    code: int


@dataclass(frozen=True, slots=True)
class Garbled:
    """What was to come for a connection cannot be read: some of its bytes are lost."""

    id: int


@dataclass(frozen=True, slots=True)
class TransferData:
    """A piece of what a file transfer of the module fetches.

    @ivar command: its command in its usual spelling, such as C{+CFTPSGET}.
    """

    command: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TransferGarbled:
    """What a file transfer was to bring cannot be read: some of its bytes are lost."""


@dataclass(frozen=True, slots=True)
class TransferEnd:
    """A file transfer of the module has ended, or what a command of these wants done has.

    @ivar command: its command in its usual spelling, such as C{+CFTPSGET}.
    @ivar code: 0 is success.
    """

    command: str
    code: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection was closed by the peer or the network."""

    id: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A server of the module has accepted a connection.

    @ivar id: what the module calls the connection; it has chosen that itself.
    @ivar listener: the id of the server.
    @ivar host: the peer's address, as the module wrote it.
    @ivar port: the peer's port.
    """

    id: int
    listener: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class IncomingRefused:
    """A connection was not accepted: the module has no id for it."""


@dataclass(frozen=True, slots=True)
class NameResult:
    """A name was looked up.  C{code} 0 is success; C{count} addresses follow."""

    code: int
    count: int


@dataclass(frozen=True, slots=True)
class NameAddress:
    """One address of the name that is being looked up, as the module wrote it."""

    address: str


@dataclass(frozen=True, slots=True)
class PingReply:
    """One probe of a ping has ended.

    @ivar code: 0 if it was answered.
    @ivar address: who has answered.
    @ivar milliseconds: how long that took; L{None} if it was not answered.
    @ivar last: whether the ping has failed altogether: nothing follows.
    """

    code: int
    address: str = ""
    milliseconds: int | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class PingEnd:
    """A ping has ended: all of its probes were sent."""

    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class ServerTime:
    """A time server was asked.  C{code} 0 is success.

    @ivar text: the time as C{+CCLK} gives it.
    """

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Alerted:
    """Something is wrong with the TLS of a connection that is open.

    @ivar bits: what, one bit for each.
    @ivar over: whether the connection cannot go on with that.
    """

    id: int
    bits: int
    over: bool


@dataclass(frozen=True, slots=True)
class PDPLost:
    """A PDP context is down; L{None} stands for all of them."""

    pdp: int | None


@dataclass(frozen=True, slots=True)
class Booted:
    """The module has started."""


@dataclass(frozen=True, slots=True)
class PoweredDown:
    """The module is going down."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that nobody waits for."""

    line: bytes


URC = (
    Opened
    | Readable
    | Pushed
    | Confirmed
    | Received
    | Garbled
    | TransferData
    | TransferGarbled
    | TransferEnd
    | Closed
    | Incoming
    | IncomingRefused
    | NameResult
    | NameAddress
    | PingReply
    | PingEnd
    | ServerTime
    | Alerted
    | PDPLost
    | Booted
    | PoweredDown
    | Notice
)
