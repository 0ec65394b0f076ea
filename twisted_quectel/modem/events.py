"""What the module says unasked, taken to whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.logger import Logger
from twisted.python.failure import Failure

from ..alerts import describe
from ..at import Route
from ..errors import ModemConnectError, ModemError, RemoteViolation, SessionAlert
from ..families.base import (
    URC,
    Alerted,
    Booted,
    Closed,
    Confirmed,
    Garbled,
    Incoming,
    IncomingRefused,
    NameAddress,
    NameResult,
    Opened,
    PDPLost,
    PingEnd,
    PingReply,
    PoweredDown,
    Pushed,
    Readable,
    Received,
    ServerTime,
    TransferData,
    TransferEnd,
    TransferGarbled,
)
from .incoming import accept_incoming

if TYPE_CHECKING:
    from .connections import SessionSocket
    from .session import Session


_log: Final = Logger()


def take_event(session: Session, event: URC) -> Route | None:
    """Take an event to whom it concerns.

    @return: where the next blocks behind the same line go.
    """
    if isinstance(event, (Pushed, Readable, Closed, Confirmed, Received, Garbled)):
        socket = session.connections.sockets.get(event.id)
        if socket is None:
            return None
        if isinstance(event, Pushed):
            return socket.pushed(event.data, event.source)
        if isinstance(event, Readable):
            socket.readable()
        elif isinstance(event, Closed):
            socket.closed_by_peer(told=True)
        elif isinstance(event, Confirmed):
            socket.confirmed(event.code)
        elif isinstance(event, Received):
            socket.receive_ended(event.code)
        else:
            _garbled(session, socket)
    elif isinstance(event, Alerted):
        _alerted(session, event)
    elif isinstance(event, Opened):
        _opened(session, event)
    elif isinstance(event, (TransferData, TransferGarbled, TransferEnd)):
        if session.transfers is not None:
            session.transfers.told(event)
    else:
        _told_of_the_module(session, event)
    return None


def _garbled(session: Session, socket: SessionSocket) -> None:
    """Bytes were to come that cannot be told from lines: nothing after them can be trusted."""
    session.port.resynchronise()
    socket.garbled(
        RemoteViolation(
            "the module has brought bytes and not said how many, or not rightly",
            family=session.family.name,
        )
    )


def _alerted(session: Session, event: Alerted) -> None:
    """An alert came on a connection that is open, or none that it is known of."""
    meaning, id = describe(event.bits), event.id
    _log.warn("connection {id}: the module has raised an alert: {alert}", id=id, alert=meaning)
    socket = session.connections.sockets.get(id)
    if socket is None or not socket.live:
        return
    socket.alerts |= event.bits
    if event.over:
        socket.garbled(
            SessionAlert(
                f"the module has raised an alert: {meaning}",
                code=event.bits,
                family=session.family.name,
            )
        )


def _told_of_the_module(session: Session, event: URC) -> None:
    """Take an event that is about no connection."""
    if isinstance(event, (Incoming, IncomingRefused)):
        accept_incoming(session, event)
    elif isinstance(event, (NameResult, NameAddress, PingReply, PingEnd, ServerTime)):
        session.inquiries.told(event)
    elif isinstance(event, PDPLost):
        session.pdp_lost(event.pdp)
    elif isinstance(event, Booted):
        session.end("the module has restarted")
    elif isinstance(event, PoweredDown):
        session.end("the module has been powered down")


def _opened(session: Session, event: Opened) -> None:
    """An open has ended: the one that was asked for, or another one."""
    connections = session.connections
    opening = connections.opening.pop(event.id, None)
    if opening is not None:
        opening.callback(event.code)
    elif connections.is_late(event.id):
        return
    elif event.id not in connections.sockets and len(connections.opening) == 1:
        # it can only be an answer to this one: neither connection is to be trusted
        (id,) = connections.opening
        if event.code == 0 and event.id in session.family.limits.sockets:
            dialect = connections.sockets[id].dialect
            command = dialect.close_command(event.id, abort=True)
            session.port.execute(command).addErrback(lambda reason: reason.trap(ModemError))
        wrong = ModemConnectError(
            f"the module has opened connection {event.id} where {id} was asked for",
            family=session.family.name,
            trace=session.port.trace.last(),
        )
        connections.fail_open(id, Failure(wrong))
