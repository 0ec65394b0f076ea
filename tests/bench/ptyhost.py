"""The host's side of the benches on a pty, in a process of its own.

C{at DEVICE N} sends N commands; C{out DEVICE N} writes N bytes in transparent
mode, C{in DEVICE N} reads as many.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from twisted_quectel.at import ATPort, Command, execute_form
from twisted_quectel.modem.channels import device_opener
from twisted_quectel.modem.pipe import TransparentPipe

#: Any: the reactor's interfaces depend on the platform.
reactor: Any = _reactor
PIECE = bytes(range(256)) * 64


class Quiet:
    """Listens to a port that says nothing unasked."""

    def urc(self, line: bytes, block: bytes) -> None:
        """Nothing is expected."""

    def block_length(self, line: bytes) -> int:
        """No line brings a block."""
        return 0

    def port_lost(self, reason: Failure) -> None:
        """It is over."""

    def port_unresponsive(self) -> None:
        """It is over."""


class Owner:
    """Sends, or takes, so many bytes."""

    def __init__(self, out: int, incoming: int) -> None:
        self._out = out
        self._in = incoming

    def take(self, limit: int) -> bytes:
        """Give the next bytes."""
        return PIECE[: min(limit, self._out)]

    def sent(self, count: int) -> None:
        """They were taken."""
        self._out -= count

    def unsendable(self) -> None:
        """What is left stays unsent."""

    def received(self, data: bytes) -> None:
        """Bytes came."""
        self._in -= len(data)
        if self._in <= 0:
            reactor.stop()

    def ended(self, reason: Failure) -> None:
        """It is over."""


def commands(port: ATPort, count: int) -> None:
    """Send commands, one after the other."""
    left = count

    def ask(_: object = None) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            reactor.stop()
            return
        port.execute(Command(execute_form("+CSQ"), ("+CSQ",))).addCallback(ask)

    ask()


def main(what: str, device: str, count: int) -> None:
    """Do it, and give a byte on standard output when it is about to begin."""
    port = ATPort(IReactorTime(reactor), Quiet())
    device_opener(IReactorTime(reactor), 115200, False, None)(device, port)
    if what == "at":
        reactor.callLater(0, commands, port, count)
    else:
        owner = Owner(count if what == "out" else 0, count if what == "in" else 1)
        pipe = TransparentPipe(IReactorTime(reactor), port, owner)
        port.setRawMode()
        reactor.callLater(0, pipe.start)
    sys.stdout.write("!")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
