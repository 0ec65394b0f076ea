"""Connections that a host before us has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger

from ..errors import CommandFailed

if TYPE_CHECKING:
    from .session import Session

_log = Logger()


async def close_strangers(session: Session) -> None:
    """Close what a host before us has left open: it blocks new TLS settings."""
    found = await session.family.list_sockets(session.port)
    listed = {status.id: dialect for dialect, status in found}
    for id in session.family.limits.sockets:
        if id not in listed:
            continue
        try:
            await session.port.execute(listed[id].close_command(id, abort=True))
        except CommandFailed:
            if listed[id].state_command(id) is not None:
                _log.warn("connection {id} of an earlier host stays open", id=id)
