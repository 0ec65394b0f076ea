"""What a host did against the documents.

An emulated module goes on as a real one would; beside that it writes down
what the host should not have done, so that a test or an operator can ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

#: Verdicts that are kept; a host that goes on sinning cannot fill the memory.
MAX_VERDICTS: Final = 1000


class VerdictKind(Enum):
    """The offences, each with the chapter that it offends against."""

    STRAY_CTRL_Z = "stray Ctrl-Z"
    READ_BEYOND_LIMIT = "read beyond the limit"
    SEND_BEYOND_LIMIT = "send beyond the limit"
    REUSE_OF_OPEN_ID = "reuse of an open id"
    NO_GUARD_TIME = "guard time not kept"
    RAW_AFTER_NO_CARRIER = "raw bytes after NO CARRIER"
    SHORT_UPLOAD = "upload shorter than announced"
    ESCAPE_IN_UPLOAD = "+++ within an upload"
    OVERLONG_LINE = "command line too long"
    CLOSE_OF_UNOPENED_ID = "close of an id that is not open"
    SEND_TO_CLOSED = "send to a connection that is not established"


@dataclass(frozen=True)
class Verdict:
    """One offence.

    @ivar kind: what was done.
    @ivar text: where and with which values, for people.
    @ivar time: on the module's reactor clock, in seconds.
    """

    kind: VerdictKind
    text: str
    time: float
