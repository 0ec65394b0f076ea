"""Opening a connection: context, id, C{QSSLOPEN}, and what an error means.

LTE SSL Application Note v1.1, chapters 1.2, 2.2.2 and 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..arguments import is_literal
from ..at import ATPort, Command
from ..errors import CommandFailed, NetworkDown, UnsupportedOperation
from ..families import AccessMode, Family
from ..profiles import TLSProfile
from .contexts import Context
from .session import Session
from .sockets import CommandSocket


@dataclass(frozen=True)
class OpenRequest:
    """A connection that is wanted.

    @ivar tls: what the SSL context shall be; L{None}: as provisioned.
    @ivar ctx: a certain SSL context; L{None}: any.
    @ivar pdp: the PDP context.
    @ivar mode: L{None}: the family's default.
    @ivar wait: whether to wait when something that is needed is in use.
    @ivar closed_is_lost: whether the peer's close counts as a loss.
    @ivar timeout: seconds for all of it; the caller cancels after that.
    """

    host: str
    port: int
    tls: TLSProfile | None
    ctx: int | None
    pdp: int
    mode: AccessMode | None
    wait: bool
    closed_is_lost: bool
    timeout: float

    def mode_for(self, family: Family) -> AccessMode:
        """Give the access mode.

        @raise UnsupportedOperation: if the family does not have it.
        """
        mode = self.mode or family.limits.default_mode
        if mode not in family.limits.modes:
            names = ", ".join(sorted(each.value for each in family.limits.modes))
            raise UnsupportedOperation(
                f"mode: the {family.name} modules do not have {mode.value}; they have {names}",
                family=family.name,
            )
        return mode


async def ready_context(session: Session, request: OpenRequest) -> Context:
    """Have an SSL context set for a request; it is locked when this returns."""
    settings = None
    if request.tls is not None:
        paths = await session.files.paths(request.tls)
        settings = session.family.context_settings(
            request.tls, is_literal(request.host), request.timeout, paths
        )
        if not request.tls.ignore_local_time and request.tls.security_level > 0:
            await session.require_clock()
    context = await session.contexts.acquire(settings, request.ctx, request.wait)
    try:
        await context.lock.acquire()
        try:
            session.check()
            await session.contexts.make_ready(context, settings)
        except BaseException:
            context.lock.release()
            raise
    except BaseException:
        session.contexts.release(context)
        raise
    if settings is not None and session.family.firmware.checks_host is False:
        session.warn_unchecked(request.host)
    return context


async def open_socket(session: Session, request: OpenRequest) -> CommandSocket:
    """Open a connection in buffer or push mode.

    Cancelling it has the module close what it may have opened.

    @raise ModemError: a subclass that says why not.
    """
    mode = request.mode_for(session.family)
    await session.share_channel(request.wait)
    try:
        await session.require_network(request.pdp)
        context = await ready_context(session, request)
        try:
            return await _open_once(session, request, context, mode)
        except BaseException:
            session.contexts.release(context)
            raise
        finally:
            context.lock.release()
    except BaseException:
        session.unshare_channel()
        raise


class _Use:
    """A connection's use of what it shares with others.

    @ivar alive: whether it has come to life; what has not leaves its context
        to the caller.
    """

    __slots__ = ("_context", "_session", "alive")

    def __init__(self, session: Session, context: Context) -> None:
        self.alive = False
        self._session = session
        self._context = context

    def end(self) -> None:
        """Give it back."""
        if self.alive:
            self._session.contexts.release(self._context)
            self._session.unshare_channel()


async def _open_once(
    session: Session, request: OpenRequest, context: Context, mode: AccessMode
) -> CommandSocket:
    family = session.family
    id = await session.acquire_id(request.wait)
    use = _Use(session, context)
    socket = session.new_socket(
        id, mode, request.pdp, request.closed_is_lost, context.close_time, use.end
    )
    command = family.open_command(
        id, request.pdp, context.id, request.host, request.port, mode, request.timeout
    )
    try:
        code = await _open_result(session, command, id)
        if code != 0:
            raise open_problem(session, request, command, code)
    except BaseException:
        if session.over is not None:
            socket.lost(session.over)
        else:
            # whatever the module may have opened is closed; that it was not is no error
            socket.abort()
        raise
    use.alive = True
    socket.opened()
    return socket


async def _open_result(session: Session, command: Command, id: int) -> int | None:
    """Send the open; give the code of its result."""
    result = session.expect_open(id)
    try:
        await session.port.execute(command)
        outcome = await result
    except CommandFailed:
        return await error_code(session, session.port)
    finally:
        session.forget_open(id)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


async def error_code(session: Session, port: ATPort) -> int | None:
    """Ask for the last error on a port, ahead of everything else (chapter 5)."""
    command = session.family.error_command()
    if command is None:
        return None
    try:
        response = await port.execute(command, urgent=True)
    except CommandFailed:
        return None
    # some firmware says 0, success, behind an error
    return session.family.read_error(response) or None


def open_problem(
    session: Session, request: OpenRequest, command: Command, code: int | None
) -> Exception:
    """Give the exception for an open that failed."""
    problem = session.family.open_error(
        code,
        request.host,
        request.port,
        "AT" + command.text.shown,
        session.port.trace.last(),
    )
    if isinstance(problem, NetworkDown):
        session.doubt_attachment(request.pdp)
    return problem
