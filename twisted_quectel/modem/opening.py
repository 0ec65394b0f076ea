"""Opening a connection: context, id, C{QSSLOPEN}, and what an error means.

LTE SSL Application Note v1.1, chapters 1.2, 2.2.2 and 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet import error
from twisted.internet.defer import CancelledError
from twisted.python.failure import Failure

from ..arguments import is_literal
from ..at import ATPort, Command, Response
from ..errors import (
    ModemError,
    NetworkDown,
    TCPOpenFailed,
    TLSOpenFailed,
    UnsupportedOperation,
)
from ..families import AccessMode
from ..families.base import ContextSettings, Stack
from .contexts import Context, ContextSocket, SharedSocket
from .files import Hold
from .handshake import explained
from .openjob import OpenJob as OpenJob
from .openrequest import OpenRequest as OpenRequest
from .openway import OpenWay as OpenWay
from .openway import error_code as error_code
from .session import Session
from .sockets import CommandSocket
from .stacks import Stacks

_S = TypeVar("_S", bound=SharedSocket)


#: Makes a connection: with its id, its access mode, the time-out of its close, and what
#: it calls when the module has let go of it.
SocketMaker = Callable[[Session, OpenRequest, int, AccessMode, int | None, Callable[[], None]], _S]


@dataclass(eq=False)
class ContextNeed:
    """What was taken for a connection: an SSL context, and what it has to be; a stack.

    @ivar context: L{None} where the connection has none.
    @ivar settings: L{None}: as provisioned.
    @ivar sent: whether an open on it was sent.
    @ivar stack: what has to be acquired when the open is sent.
    @ivar stacks: whose that is.
    """

    context: Context | None
    settings: ContextSettings | None
    sent: bool = False
    stack: Stack | None = None
    stacks: Stacks | None = None

    @property
    def certain(self) -> bool:
        """Whether all is as it has to be."""
        if self.stacks is not None and not self.stacks.holds(self.stack):
            return False
        return self.context is None or self.context.certain

    @property
    def id(self) -> int | None:
        """The context's id."""
        return None if self.context is None else self.context.id

    @property
    def close_time(self) -> int | None:
        """What an orderly close has to name."""
        return None if self.context is None else self.context.close_time

    def keep(self, socket: ContextSocket) -> None:
        """A connection uses the context from now on."""
        if self.context is not None:
            self.context.sockets.append(socket)


def release_context(
    session: Session, context: Context | None, socket: ContextSocket | None = None
) -> None:
    """Give a context back, where there is one."""
    if context is not None:
        session.contexts.release(context, socket)


async def take_context(session: Session, request: OpenRequest) -> ContextNeed:
    """Take an SSL context for a request, and have it set."""
    if not request.secure:
        return ContextNeed(None, None)
    if not session.family.limits.contexts:
        return await _without_contexts(session, request)
    if request.ctx is not None and request.ctx not in session.family.limits.contexts:
        ids = session.family.limits.contexts
        raise UnsupportedOperation(
            f"ctx: the {session.family.name} modules have SSL contexts {ids[0]} to {ids[-1]}, and "
            f"no {request.ctx}",
            family=session.family.name,
        )
    session.files.named.note(request.tls, request.ctx)
    # its files must not make room for others before the context names them
    if request.tls is not None:
        with session.files.held(request.tls) as hold:
            return await _take_context(session, request, hold)
    with session.provisions.used(request.ctx) as hold:
        await session.provisions.restore(request.ctx, request.wait, hold)
        return await _take_context(session, request, hold)


async def _without_contexts(session: Session, request: OpenRequest) -> ContextNeed:
    """Where the module has no SSL contexts, see that what is wanted is what it does anyway."""
    family = session.family
    if request.ctx is not None or request.tls is None:
        raise UnsupportedOperation(
            f"ctx: the {family.name} modules have no SSL contexts", family=family.name
        )
    request.dialect_of(family).check_profile(request.tls)
    if request.tls.checks_dates:
        await session.require_clock()
    return ContextNeed(None, None)


def _settings(session: Session, request: OpenRequest, paths: Mapping[str, str]) -> ContextSettings:
    assert request.tls is not None
    return session.family.context_settings(
        request.tls, is_literal(request.host), request.timeout, paths
    )


async def _take_context(session: Session, request: OpenRequest, hold: Hold) -> ContextNeed:
    settings = None
    if request.tls is not None:
        # what the family cannot do is refused before its files go up
        _settings(session, request, session.files.places(request.tls))
        paths = await session.files.paths(request.tls, request.wait, hold)
        settings = _settings(session, request, paths)
        if request.tls.checks_dates:
            await session.require_clock()
    elif session.family.strange_settings and session.contexts.is_strange(request.ctx):
        # its dates count
        await session.require_clock()
    context = await session.contexts.acquire(settings, request.ctx, request.wait)
    need = ContextNeed(context, settings)
    try:
        await make_ready(session, need)
    except BaseException:
        session.contexts.release(context)
        raise
    if session.family.firmware.checks_host is False and not (
        request.tls is not None and request.tls.security_level == 0
    ):
        session.advice.unchecked(request.host)
    return need


class OpenCancelled(CancelledError):
    """An open was given up before the module had answered it.

    @ivar command: what was to be answered.
    """

    def __init__(self, family: str, command: str) -> None:
        super().__init__(f"the module's answer to {command}")
        self.family = family
        self.command = command


async def make_ready(session: Session, need: ContextNeed) -> None:
    """Have all as it has to be when the open is sent."""
    if need.stacks is not None and need.stack is not None:
        await need.stacks.start(need.stack)
    if need.context is not None:
        await session.contexts.make_ready(need.context, need.settings, session.check)


async def open_socket(session: Session, request: OpenRequest) -> CommandSocket:
    """Open a connection in buffer or push mode; see L{open_shared}."""
    return await open_shared(session, request, _command_socket)


def _command_socket(
    session: Session,
    request: OpenRequest,
    id: int,
    mode: AccessMode,
    close_time: int | None,
    freed: Callable[[], None],
) -> CommandSocket:
    dialect = request.dialect_of(session.family)
    lost = request.closed_is_lost
    return session.new_socket(id, dialect, mode, request.pdp, lost, close_time, freed)


async def open_shared(session: Session, request: OpenRequest, make: SocketMaker[_S]) -> _S:
    """Open a connection on the port for commands.

    Cancelling it has the module close what it may have opened.

    @raise ModemError: a subclass that says why not.
    """
    mode = request.mode_for(session.family)
    request.check_host(session.family)
    if not request.wait:
        # at once: what comes before it is asked for may take long
        session.connections.require_free(request.dialect_of(session.family).ids_in(mode))
    await session.share_channel(request.wait)
    try:
        await session.require_network(request.pdp, request.host)
        need = await take_context(session, request)
        try:
            # it may have gone down meanwhile
            await session.require_network(request.pdp, request.host)
            id = await take_id(session, request, mode, need)
        except BaseException:
            release_context(session, need.context)
            raise
    except BaseException:
        session.unshare_channel()
        raise
    # from here on the socket gives everything back when it ends
    try:
        return await _open(session, request, need, id, mode, make)
    except (TLSOpenFailed, TCPOpenFailed) as e:
        # its close is under way, which keeps the port for commands
        raise await or_network_down(session, request, e) from None


async def take_id(
    session: Session, request: OpenRequest, mode: AccessMode, need: ContextNeed
) -> int:
    """Take the stack that has to be acquired, and an id."""
    dialect = request.dialect_of(session.family)
    need.stack, need.stacks = dialect.stack(mode), session.stacks
    await session.stacks.acquire(need.stack, request.wait)
    try:
        return await session.acquire_id(request.wait, dialect.ids_in(mode))
    except BaseException:
        session.stacks.release(need.stack)
        raise


class _Use:
    """What a connection shares with others: its context, its stack and the channel."""

    # one for each connection: it shall weigh little
    __slots__ = ("_context", "_session", "_stack", "socket")

    def __init__(self, session: Session, context: Context | None, stack: Stack | None) -> None:
        self.socket: ContextSocket | None = None
        self._session = session
        self._context = context
        self._stack = stack

    def end(self) -> None:
        """Give it back."""
        release_context(self._session, self._context, self.socket)
        self._session.stacks.release(self._stack)
        self._session.unshare_channel()
        self.socket = None


async def _open(
    session: Session,
    request: OpenRequest,
    need: ContextNeed,
    id: int,
    mode: AccessMode,
    make: SocketMaker[_S],
) -> _S:
    use = _Use(session, need.context, need.stack)
    socket = make(session, request, id, mode, need.close_time, use.end)
    use.socket = socket
    need.keep(socket)
    command = request.command(session.family, id, need.id, mode)
    try:
        way = OpenWay(session, request, id, mode, session.port)
        code = await open_result(session, command, need, id, way)
        if code != 0:
            raise open_problem(session, request, command, code)
        socket.alerts = way.passed
    except BaseException as e:
        owner: object = session.connections.sockets.get(id)
        usurped = owner is not socket
        if session.over is not None or not need.sent or usurped:
            socket.lost(session.over or Failure(error.ConnectionAborted()))
        else:
            # whatever the module may have opened is closed; that it was not is no error
            socket.abort()
        if isinstance(e, CancelledError) and need.sent:
            raise OpenCancelled(session.family.name, "AT" + command.text.shown) from None
        raise
    socket.opened()
    return socket


async def open_result(
    session: Session, command: Command, need: ContextNeed, id: int, way: OpenWay | None = None
) -> int | None:
    """Send the open; give the code of its result.

    @param way: how it goes on where it may be suspended.
    """
    result = session.expect_open(id)
    try:
        response = await send_open(session, need, session.port, lambda: OpenJob(command, need))
        if way is not None:
            response = await way.on(response, lambda command: OpenJob(command, None))
        if not response.result.good or (way is not None and way.suspended):
            if way is not None:
                return await way.refused(response)
            return await error_code(session, session.port, response)
        if way is not None and way.at_once and not result.called:
            return 0
        outcome = await result
    finally:
        session.forget_open(id)
    if isinstance(outcome, BaseException):
        if isinstance(outcome, ModemError):
            outcome.command = outcome.command or "AT" + command.text.shown
        raise outcome
    return outcome


async def send_open(
    session: Session, need: ContextNeed, port: ATPort, make_job: Callable[[], OpenJob]
) -> Response:
    """Send an open on a context that is as it has to be; give the answer."""
    while True:
        job = make_job()
        port.enqueue(job)
        try:
            response = await job.deferred
        finally:
            need.sent = need.sent or job.sent
        if response is not None:
            return response
        await make_ready(session, need)


async def or_network_down(session: Session, request: OpenRequest, problem: Exception) -> Exception:
    """Ask the module whether the network is there, behind an open whose code does not tell.

    @param problem: what the open has failed with.
    @return: what is to be told.
    """
    limits = session.family.limits
    if not isinstance(problem, (TLSOpenFailed, TCPOpenFailed)) or limits.tells_why:
        return problem
    if not limits.knows_network or session.over is not None:
        return problem
    if await session.pdp_is_up(request.pdp) or session.over is not None:
        return problem
    return NetworkDown(
        f"{request.host}:{request.port} could not be opened: the packet data connection is down; "
        "the next connection makes it anew",
        code=problem.code,
        family=problem.family,
        command=problem.command,
        trace=session.port.trace.last(),
    )


def open_problem(
    session: Session, request: OpenRequest, command: Command, code: int | None
) -> Exception:
    """Give the exception for an open that failed."""
    problem = request.dialect_of(session.family).open_error(
        code,
        request.host,
        request.port,
        "AT" + command.text.shown,
        session.port.trace.last(),
    )
    tls = request.tls or request.provisioned
    if isinstance(problem, (TLSOpenFailed, TCPOpenFailed)) and not session.family.limits.tells_why:
        session.suspect_attachment(request.pdp)
    if isinstance(problem, TLSOpenFailed) and tls is not None:
        return explained(problem, tls, session.family)
    if isinstance(problem, NetworkDown):
        session.doubt_attachment(request.pdp)
    return problem
