"""What a family of modules has to say: the contract of a driver.

Everything that the documents make different is behind this, and nothing else.
A driver builds commands and reads answers; it keeps no connection and no
timer.  What a family cannot do stands in its L{Limits}, so that the layers
above refuse it by name rather than try.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..at import ATPort, Command, CommandText, Inline, Response, join
from ..errors import CommandFailed, ModemError
from ..modemprofile import ModemProfile
from ..profiles import TLSProfile
from .dialect import AccessMode as AccessMode
from .dialect import DatagramDialect as DatagramDialect
from .dialect import Delivery as Delivery
from .dialect import Dialect as Dialect
from .dialect import SocketStatus as SocketStatus
from .dialect import Stack as Stack
from .events import URC as URC
from .events import Alerted as Alerted
from .events import Booted as Booted
from .events import Closed as Closed
from .events import Confirmed as Confirmed
from .events import Garbled as Garbled
from .events import Incoming as Incoming
from .events import IncomingRefused as IncomingRefused
from .events import NameAddress as NameAddress
from .events import NameResult as NameResult
from .events import Notice as Notice
from .events import Opened as Opened
from .events import PDPLost as PDPLost
from .events import PingEnd as PingEnd
from .events import PingReply as PingReply
from .events import PoweredDown as PoweredDown
from .events import Pushed as Pushed
from .events import Readable as Readable
from .events import Received as Received
from .events import ServerTime as ServerTime
from .events import TransferData as TransferData
from .events import TransferEnd as TransferEnd
from .events import TransferGarbled as TransferGarbled
from .firmware import Firmware as Firmware
from .ftps import FTPSDialect
from .requests import Receipt as Receipt
from .requests import RequestDialect as RequestDialect
from .services import Services


@dataclass(frozen=True)
class Limits:
    """What a family can do.

    @ivar sockets: the ids of its connections.
    @ivar contexts: the ids of its SSL contexts.
    @ivar send: longest counted send, in bytes.
    @ivar read: longest read, in bytes.
    @ivar modes: the access modes it has.
    @ivar default_mode: the best of them with back-pressure.
    @ivar push_can_resume: whether a connection may go back from buffer to
        push mode without loss.  The LTE documents do not say so.
    @ivar line: longest command line, in characters, when commands are joined;
        0 if they must not be.
    @ivar guard: silence around the escape, in seconds; L{None} without data
        mode.
    @ivar datagram: longest datagram that it sends without TLS, in bytes; 0 if it
        has none.
    @ivar dtls: whether its own TLS can be DTLS.
    @ivar listens: whether it can be a TCP server.
    @ivar name_time: seconds within which it resolves a name; L{None} if it
        cannot, but for the names in its opens.
    @ivar tells_why: whether the code of a failed open tells a dead network from a
        server that refuses.
    @ivar knows_network: whether the module can be asked, behind such an open, if the network is
        there.
    @ivar bare_is_empty: whether a read that finds nothing is answered by C{OK} alone.
    @ivar rsa_only: whether all of its cipher suites want a server with an RSA key.
    @ivar pdps: its PDP contexts.
    @ivar sleeps: whether it sleeps of itself, and does not hear what wakes it.
    @ivar host: longest name or address in an open, in bytes.
    @ivar pings: whether it can ping a host.
    @ivar ntp_time: seconds within which it takes the time from a server; L{None}
        if it cannot.
    """

    sockets: range
    contexts: range
    send: int
    read: int
    modes: frozenset[AccessMode]
    default_mode: AccessMode
    push_can_resume: bool
    line: int
    guard: float | None
    datagram: int = 0
    dtls: bool = False
    listens: bool = False
    name_time: float | None = None
    tells_why: bool = True
    knows_network: bool = False
    bare_is_empty: bool = False
    rsa_only: bool = False
    pdps: range = range(1, 17)
    sleeps: bool = False
    host: int = 255
    pings: bool = False
    ntp_time: float | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of an SSL context.

    @ivar tag: its name in the module's language.
    @ivar argument: its name in the user's.
    @ivar values: what is sent.
    @ivar needed: whether a firmware that lacks the tag must be refused.  A
        setting that only switches off what such a firmware does not have is
        not.
    @ivar common: whether the module has one for all of its contexts: connections that
        differ in it are not open at a time.
    @ivar follows: whether it is a number that follows the connection: those
        that differ in nothing else share a context, with the largest.
    """

    tag: str
    argument: str
    values: tuple[object, ...]
    needed: bool = True
    follows: bool = False
    common: bool = False


#: All settings of one context: what connections that share it have in common.
ContextSettings = tuple[Setting, ...]


#: Told about a transfer: bytes done, bytes in all.
Progress = Callable[[int, int], None]


class Family(Services, ABC):
    """The driver of one family, for one module.

    Methods that are C{async} run a dialogue on a port and raise what
    L{ATPort.execute<twisted_quectel.at.ATPort.execute>} raises, or the
    exceptions of L{twisted_quectel.errors}.
    """

    limits: Limits
    #: its own TLS
    tls: Dialect
    #: TCP without TLS; L{None} if it has none
    tcp: Dialect | None
    #: datagrams without TLS; L{None} if it has none.  Their sockets are listed with C{tcp}'s
    udp: DatagramDialect | None = None
    #: a stack of its own for HTTPS: TLS that verifies nobody; L{None} if it has none
    https: RequestDialect | None = None
    #: its client of FTPS; L{None} if it has none
    ftps: FTPSDialect | None = None

    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware

    #: what a failed handshake may have failed by, each with the facts that it needs; nothing
    #: where the module says why
    handshake_causes: ClassVar[tuple[tuple[tuple[str, ...], str], ...]] = ()
    #: whether some lines bring counted bytes in them
    has_inline: ClassVar[bool] = False
    #: what one says first when it has restarted
    boot_word: ClassVar[bytes] = b"RDY"
    #: what holds for an SSL context that somebody else has provisioned on the module, of what the
    #: module has one of for all contexts: what another connection has left there does not
    strange_settings: ClassVar[ContextSettings] = ()
    #: whether its modules judge certificates by CAs of their own
    own_trust: ClassVar[bool] = False

    def is_wedge(self, problem: ModemError) -> bool:
        """Whether a wedged module would refuse an open like this, however right it is."""
        return False

    # -- reading

    @abstractmethod
    def read_urc(self, line: bytes, block: bytes) -> URC:
        """Understand a line that no command had asked for.  Never raises."""

    @abstractmethod
    def block_length(self, line: bytes, pushing: Callable[[int], bool]) -> int:
        """Say how many counted bytes follow such a line.

        @param pushing: says whether a connection is in push mode; a length
            alone does not prove that data follows.
        """

    def read_inline(self, start: bytes) -> Inline | None:
        """Say of the start of a line whether it brings counted bytes in it.  Never raises.

        Only asked where C{has_inline} is true.
        """
        return None

    @abstractmethod
    def redact(self, line: bytes) -> bytes:
        """Replace the secrets that the module reads back in a line."""

    # -- bring-up

    @abstractmethod
    async def prepare(
        self, port: ATPort, profile: ModemProfile, dtr: bool, urc_ports: Sequence[str]
    ) -> None:
        """Set what the driver relies on: URC port, flow control, DTR.

        @param dtr: whether this port has DTR.
        @param urc_ports: where URCs shall go, the best first.
        """

    @abstractmethod
    async def prepare_data(self, port: ATPort, dtr: bool) -> None:
        """Set what a port needs that is used in data mode."""

    @abstractmethod
    async def pin_tries(self, port: ATPort) -> int | None:
        """Ask how many tries the SIM's PIN has left; L{None} if it is not known."""

    @abstractmethod
    async def network_time(self, port: ATPort) -> str | None:
        """Ask for the time that the network has given; C{""} if it gave none,
        L{None} if the module cannot tell.  Text as in C{AT+CCLK}, two or four
        digits to the year."""

    @abstractmethod
    async def attach(self, port: ATPort, profile: ModemProfile, pdp: int) -> str:
        """Activate a PDP context, if it is not.

        @return: the address of the module in it, as far as it is known; where it has one of
            each kind, both with a comma between them.
        """

    @abstractmethod
    async def is_attached(self, port: ATPort, pdp: int) -> bool:
        """Ask whether a PDP context is active."""

    @abstractmethod
    async def detach(self, port: ATPort, pdp: int) -> None:
        """Deactivate a PDP context; whether it was active does not matter."""

    @property
    def dialects(self) -> tuple[Dialect, ...]:
        """The kinds of connections that it has."""
        plain = self.tcp or self.udp
        return (self.tls,) if plain is None else (self.tls, plain)

    async def list_sockets(self, port: ATPort) -> list[tuple[Dialect, SocketStatus]]:
        """Take stock of the module's connections, of all kinds."""
        commands = [dialect.list_command() for dialect in self.dialects]
        responses: list[Response | None]
        try:
            # on one line where the module takes that
            responses = [await port.execute(_together(commands))] * len(commands)
        except CommandFailed:
            responses = []
            for dialect, command in zip(self.dialects, commands, strict=True):
                try:
                    responses.append(await port.execute(command))
                except CommandFailed:
                    if dialect.secure:
                        raise
                    # a firmware that cannot tell has them left alone
                    responses.append(None)
        return [
            (dialect, status)
            for dialect, response in zip(self.dialects, responses, strict=True)
            for status in (dialect.read_states(response) if response is not None else ())
        ]

    # -- files

    @abstractmethod
    def place(self, tag: str, name: str, keys: str) -> str:
        """Say where a certificate or key goes.

        @param tag: the setting that names it.
        @param name: what it is called, after its content.
        @param keys: where the modem file wants keys, as it writes that.
        @return: the path; one that does not hold the name is a place for one file at a time.
        @raise UnsupportedOperation: if the module has no such storage.
        """

    def places(self, tag: str, name: str, keys: str) -> Sequence[str]:
        """Say where it may go, the best first: other places where a user has a file of his own."""
        return (self.place(tag, name, keys),)

    async def files_of(self, port: ATPort, context: int) -> Sequence[str]:
        """Ask for the files that an SSL context names, where they may be in a L{place} that is
        one for several."""
        return ()

    async def is_stored(self, port: ATPort, path: str, data: bytes) -> bool:
        """Ask whether a file is there with this content, where L{stored_files} does not tell."""
        return False

    @abstractmethod
    async def stored_files(self, port: ATPort, drive: str) -> Mapping[str, int]:
        """Give the files on a drive of the module that are ours, with their sizes.

        @param drive: as in the paths of L{place}.
        @return: nothing, where the module does not list them.
        """

    @abstractmethod
    async def store(
        self, port: ATPort, path: str, data: bytes, progress: Progress | None = None
    ) -> None:
        """Put a file on the module, and prove by checksum that it is there.

        @raise CertificateStoreError: if it could not be stored.
        """

    @abstractmethod
    async def delete_file(self, port: ATPort, path: str) -> None:
        """Delete a file; whether it was there does not matter."""

    # -- SSL contexts

    @abstractmethod
    def context_settings(
        self, profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
    ) -> ContextSettings:
        """Say what a profile means here.

        @param literal: whether the host is an address rather than a name.
        @param timeout: seconds for the whole connect.
        @param paths: where each of the profile's files is on the module, by
            the name of its setting.
        @raise UnsupportedOperation: if the family has no tag for an argument.
        """

    @abstractmethod
    async def configure(self, port: ATPort, context: int, settings: ContextSettings) -> None:
        """Set a context and read it back."""

    @abstractmethod
    async def configured(self, port: ATPort, context: int, settings: ContextSettings) -> bool:
        """Say whether a context is set like this."""

    @abstractmethod
    async def check_provisioned(self, port: ATPort, context: int) -> int | None:
        """Refuse a context that does not verify the server.

        @return: as L{close_time}.
        @raise UnverifiedContext: if its security level is none.
        @raise UnsupportedOperation: if it is for datagrams.
        """

    @abstractmethod
    def close_time(self, settings: ContextSettings) -> int | None:
        """Say which time-out an orderly close has to name, in the unit that the
        context has; L{None}: the module's own will do."""

    # -- the module itself

    def farewell(self) -> Sequence[CommandText]:
        """Give what the module is to be told when it is left."""
        return ()

    async def sleep(self, port: ATPort) -> None:
        """Have the module sleep when it is not used."""

    async def stay_awake(self, port: ATPort) -> None:
        """Have the module sleep no more."""

    @abstractmethod
    def restart_command(self) -> Command:
        """Restart the module."""

    @abstractmethod
    def error_command(self) -> Command | None:
        """Ask what the last error was; it has to follow that error directly."""

    @abstractmethod
    def read_error(self, response: Response) -> int | None:
        """Read it."""


def _together(commands: Sequence[Command]) -> Command:
    """Put commands on one line."""
    return Command(
        join(*(command.text for command in commands)),
        tuple(prefix for command in commands for prefix in command.prefixes),
        timeout=max(command.timeout for command in commands),
    )
