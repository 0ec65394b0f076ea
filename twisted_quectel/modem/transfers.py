"""The seam between a session and whoever has the module's file transfers (FTPS)."""

from __future__ import annotations

from typing import Protocol

from twisted.python.failure import Failure

from ..families.base import TransferData, TransferEnd


class TransferOwner(Protocol):
    """Who has asked for the transfer that goes on: one at a time in a session."""

    def told(self, event: TransferData | TransferEnd) -> None:
        """A piece came, or it has ended."""

    def lost(self, reason: Failure) -> None:
        """The module is gone."""
