"""Opening a connection: in transparent mode, which takes a channel for itself, or any.

LTE SSL Application Note v1.1, chapters 1.3 and 2.2.2.
"""

from __future__ import annotations

from twisted.internet import error
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from ..at import Command, Outcome, Response
from ..families import AccessMode
from .channels import Channel
from .interfaces import ModuleSocket
from .lease import LeasedSocket
from .opening import (
    ContextNeed,
    OpenCancelled,
    OpenJob,
    OpenRequest,
    OpenWay,
    open_problem,
    open_shared,
    open_socket,
    or_network_down,
    release_context,
    send_open,
    take_context,
    take_id,
)
from .requestsocket import RequestSocket, make_request_socket
from .session import Session
from .sockets import CommandSocket
from .wedge import open_watched


class _LeaseJob(OpenJob):
    """Opens, and takes the port over in the turn in which C{CONNECT} is seen.

    When nobody waits any more, the answer still concerns the socket.
    """

    def __init__(self, command: Command, need: ContextNeed | None, socket: LeasedSocket) -> None:
        super().__init__(command, need)
        self._socket = socket

    def done(self, response: Response) -> None:
        """It was answered."""
        if response.result.outcome is Outcome.CONNECT:
            self._socket.connected()
        elif self.deferred.called:
            self._socket.refused()
        super().done(response)

    def failed(self, reason: Failure) -> None:
        """It was not answered."""
        if self.deferred.called:
            self._socket.refused()
        super().failed(reason)


async def open_lease(session: Session, request: OpenRequest) -> LeasedSocket:
    """Open a connection in transparent mode.

    @raise ModemError: a subclass that says why not.
    """
    request.mode_for(session.family)
    channel = await session.lease_channel(request.wait)
    try:
        await session.require_network(request.pdp, request.host)
        need = await take_context(session, request)
        try:
            # it may have gone down meanwhile
            await session.require_network(request.pdp, request.host)
            id = await take_id(session, request, AccessMode.TRANSPARENT, need)
        except BaseException:
            release_context(session, need.context)
            raise
    except BaseException:
        session.end_lease(channel)
        raise
    # from here on the socket gives everything back when it ends
    return await _open_transparent(session, request, channel, need, id)


async def _open_transparent(
    session: Session, request: OpenRequest, channel: Channel, need: ContextNeed, id: int
) -> LeasedSocket:
    dialect = request.dialect_of(session.family)
    context = need.context

    def freed() -> None:
        if socket.unclosed:
            session.stacks.doubt()
        session.forget_socket(id, socket)
        release_context(session, context, socket)
        session.stacks.release(need.stack)
        session.end_lease(channel)

    family = session.family
    socket = LeasedSocket(
        session.clock,
        channel,
        session.port,
        family,
        dialect,
        id,
        lambda: Deferred.fromCoroutine(session.pdp_is_up(request.pdp)),
        freed,
        session.channel_unresponsive,
        request.closed_is_lost,
        need.close_time,
    )
    session.add_socket(id, socket, request.pdp)
    need.keep(socket)
    command = dialect.open_command(
        id,
        request.pdp,
        need.id,
        request.host,
        request.port,
        AccessMode.TRANSPARENT,
        request.timeout,
    )
    way = OpenWay(session, request, id, AccessMode.TRANSPARENT, channel.port)
    try:
        response = await send_open(
            session, need, channel.port, lambda: _LeaseJob(command, need, socket)
        )
        response = await way.on(response, lambda further: _LeaseJob(further, None, socket))
    except BaseException as e:
        if not need.sent:
            socket.lost(Failure(error.ConnectionAborted()))
        elif isinstance(e, CancelledError):
            # the module is still at it: what comes of it is undone when it comes
            socket.abort()
            raise OpenCancelled(family.name, "AT" + command.text.shown) from None
        else:
            socket.refused()
        raise
    if response.result.outcome is Outcome.CONNECT:
        socket.alerts = way.passed
        return socket
    try:
        code = await way.refused(response)
        # while the port is still this one's
        problem = open_problem(session, request, command, code)
        raise await or_network_down(session, request, problem)
    finally:
        socket.refused()


async def open_connection(session: Session, request: OpenRequest) -> ModuleSocket:
    """Open a connection in the access mode that the request asks for."""
    transparent = request.mode_for(session.family) is AccessMode.TRANSPARENT

    async def attempt() -> CommandSocket | LeasedSocket | RequestSocket:
        if request.https:
            return await open_shared(session, request, make_request_socket)
        if transparent:
            return await open_lease(session, request)
        return await open_socket(session, request)

    socket = await open_watched(session, attempt)
    session.alive.add(socket.id)
    session.trust_attachment(request.pdp)
    return socket
