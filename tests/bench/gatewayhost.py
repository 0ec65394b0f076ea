"""The host's side of the gateway's bench, in a process of its own: it tells the CPU it has used.

C{endpoint STRING send|receive SIZE} is a program that uses the endpoint itself; C{gateway STRING}
forwards to it what connects to the port that it names.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import gatherResults
from twisted.internet.endpoints import TCP4ServerEndpoint, clientFromString
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from tests.bench.virtual import BLOCK, Source
from tests.endpoint.virtual import factory_for
from tests.pluginpath import find_plugins
from twisted_quectel.forward import Forwarder

#: Any: the reactor's interfaces depend on the platform.
reactor: Any = _reactor


class Used:
    """Measures from the connection's beginning to its end."""

    def __init__(self) -> None:
        self._began = 0.0

    def begin(self) -> None:
        """It begins."""
        self._began = time.process_time()

    def end(self) -> None:
        """It has ended: tell, and leave."""
        sys.stdout.write(f"used {time.process_time() - self._began:.6f}\n")
        sys.stdout.flush()
        reactor.stop()


class Program(Protocol):
    """Sends so many bytes and closes, or takes what comes."""

    def __init__(self, used: Used, size: int) -> None:
        self._used = used
        self._size = size
        self._count = 0

    def connectionMade(self) -> None:
        self._used.begin()
        if self._size:
            transport: Any = self.transport
            Source(transport, BLOCK * 44, self._size)
            transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self._count += len(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._used.end()


class Measured(Forwarder):
    """Tells what one connection has cost."""

    used: Used

    def _joined(self, far: Any, near: Any) -> None:
        self.used.begin()
        gatherResults([near.ended, far.ended]).addCallback(lambda _: self.used.end())
        super()._joined(far, near)


def main(what: str, string: str, way: str = "", size: str = "0") -> None:
    """Do it."""
    find_plugins()
    endpoint = clientFromString(reactor, string)
    used = Used()
    if what == "endpoint":
        sending = int(size) if way == "send" else 0
        factory = factory_for(lambda: Program(used, sending))
        reactor.callWhenRunning(lambda: endpoint.connect(factory))
    else:
        forwarder = Measured(endpoint, "bench", reactor)
        forwarder.used = used

        def listens(port: Any) -> None:
            sys.stdout.write(f"port {port.getHost().port}\n")
            sys.stdout.flush()

        listening = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(forwarder)
        listening.addCallback(listens)
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
