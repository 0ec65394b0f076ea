"""Starting a TCP server on the module (TCP/IP Application Note, C{AT+QIOPEN})."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet import error
from twisted.python.failure import Failure

from ..errors import ModemBusyError, ModemListenError
from .incoming import Acceptor, Listener, server_dialect
from .opening import ContextNeed, open_result
from .session import Session


async def open_listener(
    session: Session,
    pdp: int,
    port: int,
    accept: Acceptor,
    ended: Callable[[Failure], None],
    closed_is_lost: bool = False,
) -> Listener:
    """Have the module listen.

    Cancelling it has the module close what it may have opened.

    @param port: 1-65535.
    @param accept: as for L{Listener}.
    @param ended: told once when the module has stopped by itself, after this has returned.
    @param closed_is_lost: as for L{Listener}.
    @raise ModemError: a subclass that says why not; L{ModemListenError} if the module does
        not want to.
    """
    server_dialect(session.family)
    await session.share_channel(False)
    try:
        await session.require_network(pdp)
        id = await session.acquire_id(False)
    except BaseException:
        session.unshare_channel()
        raise
    # from here on it gives everything back when it ends
    listener = Listener(session, id, pdp, port, accept, closed_is_lost)
    session.add_socket(id, listener, pdp)
    command = session.family.listen_command(id, pdp, port)
    need = ContextNeed(None, None)
    problem: BaseException
    try:
        code = await open_result(session, command, need, id)
    except BaseException as e:
        problem = e
    else:
        if code == 0:
            listener.opened(ended)
            return listener
        shown = "AT" + command.text.shown
        problem = session.family.listen_error(code, port, shown, session.port.trace.last())
    usurped = session.connections.sockets.get(id) is not listener
    if session.over is not None or not need.sent or usurped:
        listener.lost(Failure(error.ConnectionAborted()))
    else:
        # whatever the module may have opened is closed; that it was not is no error
        await listener.close()
    raise problem


def ports_in_use(session: Session) -> set[int]:
    """Give the ports that have a server."""
    sockets = session.connections.sockets.values()
    return {each.port for each in sockets if isinstance(each, Listener)}


def check_listener(session: Session, pdp: int, port: int) -> None:
    """Refuse what cannot be, as far as it is known without the module.

    @raise ModemError: a subclass that says why not.
    """
    server_dialect(session.family)
    name = session.family.name
    if not session.attached(pdp):
        raise ModemListenError(
            f"PDP context {pdp} is not active; ready() of the interface fires when it is",
            family=name,
        )
    if port in ports_in_use(session):
        raise ModemListenError(f"port: {port} has a server already on the module", family=name)
    if session.channels.owned:
        raise ModemBusyError(
            "a transparent connection has the only channel (dataDevices gives the modem more)",
            family=name,
        )
    if not session.connections.any_free():
        raise ModemBusyError("all connections of the module are in use", family=name)
