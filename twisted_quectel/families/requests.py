"""The commands of a stack that is made for requests and their responses.

What is sent waits in the module until it is committed, and what comes is received when it is
asked for: a pipe with a commit.
"""

from __future__ import annotations

from abc import abstractmethod
from enum import Enum
from typing import ClassVar

from ..at import Command, Response
from .dialect import Dialect


class Receipt(Enum):
    """How a receive has ended; what it has brought came before."""

    DONE = "all that it waited for has come"
    NOTHING = "it has waited in vain"
    CLOSED = "the peer has closed, and all was told"
    FAILED = "it could not be had"


class RequestDialect(Dialect):
    """The commands of such a stack.  C{state_command} asks what waits to be sent.

    @cvar transfer_time: seconds within which a commit, or a receive, has ended.
    """

    secure = True
    opens_at_once = True
    reads = False
    transfer_time: ClassVar[float]

    @abstractmethod
    def commit_command(self, id: int) -> Command:
        """Have the module send what it was given; C{Confirmed} tells of the end."""

    @abstractmethod
    def receive_command(self, id: int) -> Command:
        """Have the module tell what has come, as soon as there is something.

        C{Pushed} brings it, C{Received} tells of the end.
        """

    @abstractmethod
    def receipt(self, code: int) -> Receipt:
        """Say how a receive has ended.

        @param code: that of C{Received}.
        """

    @abstractmethod
    def respelled(self, response: Response) -> bool:
        """Learn from the answer to a send how the module spells the command.

        @return: whether the same is worth being sent again, in the other spelling.
        """

    def read_command(self, id: int, length: int) -> Command:
        """There is none: what is received comes by itself."""
        raise AssertionError("what is received comes by itself")

    def read_data(self, response: Response) -> bytes | None:
        """There is none."""
        return None

    def announced(self, response: Response) -> int:
        """There is none."""
        return 0
