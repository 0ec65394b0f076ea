"""Sends on a real pty in real time; the emulated module is in the same process."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.bench.cell import Cell
from tests.bench.rig import authority
from tests.bench.virtual import BLOCK, Source, send_time
from tests.endpoint.protocols import Peer, Serving
from tests.endpoint.virtual import HOST, factory_for
from twisted_quectel.emulator import Link
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.modem import Modem
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import EmulatedModule

#: Any: the reactor's interfaces depend on the platform.
reactor: Any = _reactor


async def _measure(piece: int, size: int, ca: str) -> float:
    """Send once; give the ratio to the bound."""
    serving = Serving()
    listening = reactor.listenTCP(
        0, serving.over_tls(authority()[1], reactor), interface="127.0.0.1"
    )
    emulated = EmulatedModule(reactor, link=Link(115200, 0.01), hosts={HOST: "127.0.0.1"})
    modem = Modem(reactor, ModemProfile(name="pty", device=emulated.pty(), apn="internet"))
    endpoint = ModuleTLSEndpoint(
        modem, HOST, listening.getHost().port, tls=TLSProfile(cacert=ca), timeout=120.0
    )
    near: Any = await endpoint.connect(factory_for(Peer))
    far = serving.peers[0]
    started = time.perf_counter()
    Source(near.transport, piece, size)
    await far.when_received(size)
    took = time.perf_counter() - started
    await modem.close()
    await emulated.close()
    await serving.all_lost()
    await listening.stopListening()
    return size / BLOCK * send_time(11520, 0.01) / took


def pty_sends(runs: int = 3, size: int = 128 * 1024) -> list[Cell]:
    """Measure each size of writes; to be called once in a process."""
    reached: dict[int, list[float]] = {1460: [], 64: [], 1: []}
    problems: list[Failure] = []

    async def everything(ca: str) -> None:
        for _ in range(runs):
            for piece, found in reached.items():
                found.append(await _measure(piece, size, ca))

    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(authority()[0].cert_pem.bytes())
        file.flush()

        def begin() -> None:
            done = Deferred.fromCoroutine(everything(file.name))
            done.addErrback(problems.append)
            done.addBoth(lambda _: reactor.stop())

        reactor.callWhenRunning(begin)
        reactor.run()
    if problems:
        problems[0].raiseException()
    return [
        Cell(
            f"send on a pty in real time, 115200 baud, L 10 ms, writes of {piece}",
            statistics.median(found),
            0.97,
            note=f"median of {runs}",
        )
        for piece, found in reached.items()
    ]


if __name__ == "__main__":
    for cell in pty_sends():
        sys.stdout.write(cell.row() + "\n")
