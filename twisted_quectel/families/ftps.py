"""How a module speaks of FTPS: the contract of what builds its commands and reads its answers.

SIM52xx SSL Application Note v0.01, chapter 3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..at import Command, Response
from .dialect import Stack


class FTPSDialect(ABC):
    """The commands of a module's FTPS client.

    What a transfer brings is told by L{TransferData<.events.TransferData>}, its end by
    L{TransferEnd<.events.TransferEnd>}, both behind the C{OK} of its command.  The code of any
    other command is told by L{TransferEnd<.events.TransferEnd>} too, ahead of the final result
    or behind it.

    @ivar stack: what has to be acquired ahead of a login.
    @ivar longest: bytes of the longest piece of a put.
    @ivar step: seconds that the module gives itself for each step.
    """

    stack: Stack
    longest: int
    step: float

    @abstractmethod
    def login_command(self, host: str, port: int, user: str, password: str) -> Command:
        """Log in, by explicit FTPS (chapter 3.2)."""

    @abstractmethod
    def logout_command(self) -> Command:
        """Log out; what goes on is given up (chapter 3.14)."""

    @abstractmethod
    def directory_command(self) -> Command:
        """Ask for the current directory (chapter 3.3)."""

    @abstractmethod
    def read_directory(self, response: Response) -> str | None:
        """Read it."""

    @abstractmethod
    def path_commands(self, what: str, path: str) -> tuple[Command, ...]:
        """Do something with a path (chapters 3.4 to 3.7).

        @param what: C{cwd}, C{mkd}, C{rmd} or C{delete}.
        @return: the command in each of its spellings, the likeliest first.
        """

    @abstractmethod
    def type_command(self, kind: str) -> Command:
        """Choose C{A}, text, or C{I}, binary (chapter 3.8)."""

    @abstractmethod
    def list_command(self, path: str | None) -> Command:
        """List a directory, the current one without a path (chapter 3.9)."""

    @abstractmethod
    def get_command(self, path: str) -> Command:
        """Fetch a file (chapter 3.13)."""

    @abstractmethod
    def put_command(self, path: str | None, data: bytes) -> Command:
        """Hand over a piece of a file (chapter 3.11).

        @param path: for the first piece; L{None} for those behind it.
        """

    @abstractmethod
    def commit_command(self) -> Command:
        """All of the file was handed over (chapter 3.11)."""

    @abstractmethod
    def file_command(self, way: str, folder: int, path: str) -> Command:
        """Move a file between the server and the module's own file system (3.10 and 3.12).

        @param way: C{get} or C{put}.
        """

    @abstractmethod
    def pending_command(self) -> Command:
        """Ask how many bytes of a put wait in the module's cache (chapter 3.11)."""

    @abstractmethod
    def read_pending(self, response: Response) -> list[int]:
        """Read it: all numbers that came, of which one may be the code of the put's end."""

    # -- what is found out about the firmware

    @abstractmethod
    def took(self, name: str) -> None:
        """The module knows a command by this name."""

    @abstractmethod
    def reported(self, name: str) -> None:
        """The module has told a code of a command that was carried out."""

    @abstractmethod
    def expects(self, name: str) -> bool:
        """Tell whether the module tells a code of each such command, beside its C{OK}."""

    @abstractmethod
    def begins_login(self, name: str) -> bool:
        """Tell whether there is no login when this command has failed, whenever that is told."""
