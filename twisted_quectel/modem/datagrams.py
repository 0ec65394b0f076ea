"""Opening sockets for datagrams: a service, or a DTLS connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred

from ..at import Command
from ..errors import UnsupportedOperation
from ..families import AccessMode, DatagramDialect, Dialect, Family
from .datagramsocket import DatagramSocket
from .opening import OpenRequest, open_shared
from .session import Session
from .wedge import open_watched


@dataclass(frozen=True)
class DatagramRequest(OpenRequest):
    """A DTLS connection that is wanted; C{tls} says what it shall be."""

    def dialect_of(self, family: Family) -> Dialect:
        """Give how the module speaks of it.

        @raise UnsupportedOperation: if the family has no DTLS.
        """
        if not family.limits.dtls:
            raise UnsupportedOperation(
                f"dtls: the {family.name} modules have no DTLS", family=family.name
            )
        return super().dialect_of(family)

    def mode_for(self, family: Family) -> AccessMode:
        """Give the access mode: push where there is one, as it keeps datagrams apart.

        @raise UnsupportedOperation: if the family does not have what is asked for.
        """
        mode = self.mode
        if mode is None and AccessMode.PUSH not in family.limits.modes:
            mode = AccessMode.BUFFER
        mode = mode or AccessMode.PUSH
        if mode is AccessMode.TRANSPARENT or mode not in family.limits.modes:
            names = ", ".join(
                sorted(each.value for each in family.limits.modes - {AccessMode.TRANSPARENT})
            )
            raise UnsupportedOperation(
                f"mode: datagrams of the {family.name} modules cannot use {mode.value}; they "
                f"have {names}",
                family=family.name,
            )
        return mode


@dataclass(frozen=True)
class ServiceRequest(DatagramRequest):
    """A service for datagrams from anybody that is wanted; C{port} is the own port."""

    def dialect_of(self, family: Family) -> DatagramDialect:
        """Give how the module speaks of it.

        @raise UnsupportedOperation: if the family has no UDP.
        """
        if family.udp is None:
            raise UnsupportedOperation(f"the {family.name} modules have no UDP", family=family.name)
        return family.udp

    def command(self, family: Family, id: int, context: int | None, mode: AccessMode) -> Command:
        """Give the open."""
        return self.dialect_of(family).serve_command(id, self.pdp, self.port, mode)


def _make(
    session: Session,
    request: OpenRequest,
    id: int,
    mode: AccessMode,
    close_time: int | None,
    freed: Callable[[], None],
) -> DatagramSocket:
    def let_go() -> None:
        freed()
        session.forget_socket(id, socket)

    socket = DatagramSocket(
        session.clock,
        session.port,
        session.family,
        request.dialect_of(session.family),
        id,
        mode,
        lambda: Deferred.fromCoroutine(session.pdp_is_up(request.pdp)),
        let_go,
        close_time,
    )
    session.add_socket(id, socket, request.pdp)
    return socket


async def open_datagrams(session: Session, request: DatagramRequest) -> DatagramSocket:
    """Open a socket for datagrams.

    Cancelling it has the module close what it may have opened.

    @raise ModemError: a subclass that says why not.
    """
    request.dialect_of(session.family)

    async def attempt() -> DatagramSocket:
        return await open_shared(session, request, _make)

    socket = await open_watched(session, attempt)
    session.alive.add(socket.id)
    return socket
