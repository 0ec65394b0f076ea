"""A host that does nothing but send and count, each answer taken in no time at all.

What it needs for a job is what the line and the module need: the bound of a
host that sends while it is being pushed at.
"""

from __future__ import annotations

import re
from typing import Any, Final

_PUSH: Final = re.compile(rb'\r\n\+Q(?:SSL|I)URC: "recv",\d+,(\d+)\r\n')
_BLOCK: Final = 1460


class IdealHost:
    """Sends blocks on several connections in turn, and counts what is pushed.

    @ivar count: bytes that were pushed.
    @ivar sent: bytes that the module has taken.
    """

    def __init__(self, transport: Any, ids: list[int], size: int, command: bytes) -> None:
        """
        @param command: that sends, such as C{AT+QSSLSEND}.
        """
        self.count = self.sent = 0
        self._transport = transport
        self._ids = ids
        self._size = size
        self._command = command
        self._turn = 0
        self._length = 0
        self._buffer = b""

    def send(self) -> None:
        """Send the next block."""
        if self.sent < self._size:
            self._length = min(_BLOCK, self._size - self.sent)
            id = self._ids[self._turn % len(self._ids)]
            self._turn += 1
            self._transport.write(b"%s=%d,%d\r" % (self._command, id, self._length))

    def dataReceived(self, data: bytes) -> None:
        """Take what the module says."""
        self._buffer += data
        while self._take():
            pass

    def _take(self) -> bool:
        buffer = self._buffer
        if buffer.startswith(b"\r\n> "):
            self._buffer = buffer[4:]
            self._transport.write(bytes(self._length))
            return True
        if buffer.startswith(b"\r\nSEND OK\r\n"):
            self._buffer = buffer[11:]
            self.sent += self._length
            self.send()
            return True
        push = _PUSH.match(buffer)
        if push is None or len(buffer) < push.end() + int(push.group(1)):
            return False
        self.count += int(push.group(1))
        self._buffer = buffer[push.end() + int(push.group(1)) :]
        return True
