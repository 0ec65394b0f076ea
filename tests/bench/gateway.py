"""What the gateway costs: CPU of a process that forwards / of one that uses the endpoint itself.

The emulated module on its pty, the server and the gateway's program are in the bench's own
process, whose CPU does not count.  Once at 921600 baud, and once on a line without a speed, where
the host is as busy as it can be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import ProcessProtocol, connectionDone
from twisted.python.failure import Failure

from tests.bench.cell import Cell
from tests.bench.virtual import BLOCK, Source
from tests.cli.processes import environment
from tests.endpoint.protocols import Hasher, Peer, Serving
from tests.endpoint.virtual import HOST, factory_for
from twisted_quectel.testing import EmulatedModule, Link

#: Any: the reactor's interfaces depend on the platform.
reactor: Any = _reactor


class Host(ProcessProtocol):
    """The process that is measured.

    @ivar port: where it listens.
    @ivar used: CPU seconds.
    """

    def __init__(self) -> None:
        self.port: Deferred[int] = Deferred()
        self.used: Deferred[float] = Deferred()
        self._said = ""

    def outReceived(self, data: bytes) -> None:
        self._said += data.decode()
        *lines, self._said = self._said.split("\n")
        for line in lines:
            what, value = line.split()
            if what == "port":
                self.port.callback(int(value))
            else:
                self.used.callback(float(value))

    def errReceived(self, data: bytes) -> None:
        sys.stderr.write(data.decode())

    def processEnded(self, reason: Failure) -> None:
        if not self.used.called:
            self.used.errback(reason)


class Sender(Hasher):
    """Sends so many bytes, and closes."""

    size = 0

    def connectionMade(self) -> None:
        if self.size:
            Source(self.transport, BLOCK * 44, self.size)
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)


async def _measure(what: str, way: str, size: int, link: Link | None) -> float:
    """Have bytes cross once; give the CPU seconds of the host."""
    sender: type[Sender] = type("Sending", (Sender,), {"size": size})
    server: Callable[[], Peer] = sender if way == "receive" else Sender
    serving = Serving(server)
    listening = reactor.listenTCP(0, serving, interface="127.0.0.1")
    emulated = EmulatedModule(reactor, link=link, hosts={HOST: "127.0.0.1"})
    string = f"quecteltcp:host={HOST}:port={listening.getHost().port}:device={emulated.pty()}"
    host = Host()
    command = [sys.executable, "-m", "tests.bench.gatewayhost", what, string, way, str(size)]
    if what == "gateway":
        del command[-2:]
    reactor.spawnProcess(host, sys.executable, command, env=environment())
    program: Any = None
    if what == "gateway":
        place = TCP4ClientEndpoint(reactor, "127.0.0.1", await host.port)
        make = Sender if way == "receive" else sender
        program = await place.connect(factory_for(make))
    used = await host.used
    far = serving.peers[0]
    await far.when_lost
    if program is not None:
        await program.when_lost
    came = [far.count] if way == "send" else [] if program is None else [program.count]
    if any(count != size for count in came):
        raise RuntimeError(f"{came} bytes came of {size}")
    await emulated.close()
    await listening.stopListening()
    return used


def gateway(runs: int = 5, size: int = 2 << 20) -> list[Cell]:
    """Measure both in turn; to be called once in a process.

    The least of the runs counts: what disturbs one only adds to it.
    """
    cells: list[Cell] = []
    problems: list[Failure] = []
    lines = (("921600 baud", Link(921600, 0.002), size // 8), ("no speed", None, size))

    async def everything() -> None:
        for line, link, much in lines:
            for way in ("send", "receive"):
                used: dict[str, list[float]] = {"endpoint": [], "gateway": []}
                for _ in range(runs):
                    for what, found in used.items():
                        found.append(await _measure(what, way, much, link))
                ours, bare = (min(used[what]) for what in ("gateway", "endpoint"))
                note = f"{ours / much * 1e9:.0f} and {bare / much * 1e9:.0f} ns for each byte"
                name = f"CPU of the gateway / endpoint, {way}, {line}"
                cells.append(Cell(name, ours / bare, 1.1, True, note))

    def begin() -> None:
        done = Deferred.fromCoroutine(everything())
        done.addErrback(problems.append)
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    if problems:
        problems[0].raiseException()
    return cells


if __name__ == "__main__":
    for cell in gateway():
        sys.stdout.write(cell.row() + "\n")
