"""The seam between a session and whoever has the module's file transfers (FTPS)."""

from __future__ import annotations

from typing import Protocol

from twisted.python.failure import Failure

from ..at.syntax import CommandText
from ..families.base import TransferData, TransferEnd, TransferGarbled


class TransferOwner(Protocol):
    """Who has asked for the transfer that goes on: one at a time in a session."""

    def told(self, event: TransferData | TransferGarbled | TransferEnd) -> None:
        """A piece came, or it has ended."""

    def network_lost(self, reason: Failure) -> None:
        """The packet data connection is gone."""

    def goodbye(self) -> list[CommandText]:
        """Give what ends it at once."""

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
