"""Datagrams of the LTE modules, without TLS: C{"UDP SERVICE"} and C{"UDP"}.

TCP/IP Application Note, C{AT+QIOPEN}, C{AT+QISEND}, C{AT+QIRD} and C{+QIURC: "recv"}.
A read, and a push, is one datagram; of a service's each says where it came from.
"""

from __future__ import annotations

import re
from typing import Final

from ...arguments import is_literal
from ...at import Body, Command, Response, write_form
from ...tables.lte import LISTENER_HOST, PORTS
from ..dialect import AccessMode, DatagramDialect
from .dialects import MODES, PROMPTLY, TCPDialect

# possessive: whatever a line holds, it is read in one pass
_READ: Final = re.compile(
    rb'\s*+\+QIRD ?: *+(\d{1,5})(?: *+, *+"?+([0-9A-Fa-f.:]{2,45})"?+ *+, *+(\d{1,5}))?\s*+$',
    re.IGNORECASE,
)
_PUSH: Final = re.compile(
    rb'[^,]*+,[^,]*+,[^,]*+, *+"?+([0-9A-Fa-f.:]{2,45})"?+ *+, *+(\d{1,5})\s*+$'
)


class UDPDialect(TCPDialect, DatagramDialect):
    """Datagrams without TLS; closed, listed, read and switched as TCP is."""

    read_line = _READ

    def open_command(
        self,
        id: int,
        pdp: int,
        context: int | None,
        host: str,
        port: int,
        mode: AccessMode,
        timeout: float,
    ) -> Command:
        """Take one peer, which the module resolves, from any local port."""
        return self._open(
            (pdp, id, "UDP", host, port, 0, MODES[mode]),
            ("pdp", "id", "type", "host", "port", "local port", "mode"),
            mode,
            timeout,
        )

    def serve_command(self, id: int, pdp: int, port: int, mode: AccessMode) -> Command:
        """Take datagrams from anybody."""
        return self._open(
            (pdp, id, "UDP SERVICE", LISTENER_HOST, 0, port, MODES[mode]),
            ("pdp", "id", "type", "host", "remote port", "port", "mode"),
            mode,
            0.0,
        )

    def send_to_command(self, id: int, data: bytes, host: str, port: int) -> Command:
        """Send one datagram of a service."""
        return Command(
            write_form(
                self.send_name, id, len(data), host, port, arguments=("id", "size", "addr", "addr")
            ),
            timeout=PROMPTLY,
            body=data,
            body_after=Body.PROMPT,
            linger=self.linger,
        )

    def read_source(self, response: Response) -> tuple[str, int] | None:
        """Give where a datagram came from."""
        for line in response.lines:
            match = _READ.match(line)
            if match is not None and match.group(2):
                return _source(match.group(2), match.group(3))
        return None


def push_source(line: bytes) -> tuple[str, int] | None:
    """Give where a pushed datagram came from; L{None} where the line does not say."""
    match = _PUSH.match(line)
    return _source(match.group(1), match.group(2)) if match else None


def _source(host: bytes, port: bytes) -> tuple[str, int] | None:
    """Give address and port, if they can be some."""
    address, number = host.decode("ascii"), int(port)
    return (address, number) if is_literal(address) and number in PORTS else None
