"""TLS on the host: goodput of C{quecteltls:} / that of C{quecteltcp:}, on the virtual clock.

A record of TLS 1.3 has 22 bytes beside its payload: header 5, content type 1, tag 16.  With
records of 1460 bytes that is 0.985, with those of 16 KiB 0.999.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bench.cell import Cell
from tests.bench.rig import Rig, authority
from tests.bench.virtual import BLOCK, SIZE, Counter, Source
from tests.endpoint.virtual import HOST, PORT
from twisted_quectel.emulator import Link
from twisted_quectel.endpoints import ModuleTCPEndpoint
from twisted_quectel.hosthandshake import HandshakeEndpoint
from twisted_quectel.hosttls import HostTLS

BAUDRATE = 921600
#: Where the server speaks TLS.
_SECURE = PORT + 1


def _seconds(baudrate: int, latency: float, way: str, piece: int, size: int, tls: bool) -> float:
    """Give the seconds that bytes take to cross, once the handshake is over."""
    clock: list[Callable[[], float]] = []
    rig = Rig(Link(baudrate, latency), lambda: Counter(clock[0]), secure=False)
    clock.append(rig.clock.seconds)
    rig.network.listen(HOST, _SECURE, rig.serving.over_tls(authority()[1], rig.clock))
    endpoint: Any = None
    if tls:
        modem = rig.emulated.modem(baudrate=baudrate)
        settings = HostTLS.from_arguments(HOST, {"cacert": rig.ca_path})
        inner = ModuleTCPEndpoint(modem, HOST, _SECURE)
        endpoint = HandshakeEndpoint(modem, inner, settings, HOST, 60.0)
    near = rig.connect(lambda: Counter(rig.clock.seconds), endpoint)
    # the session tickets, which the server sends by itself
    rig.settle(1.0)
    far = rig.serving.peers[0]
    source, sink = (near, far) if way == "send" else (far, near)
    started = rig.clock.seconds()
    Source(source.transport, piece, size)
    rig.until(lambda: sink.size >= size)
    took: float = sink.last - started
    near.transport.loseConnection()
    rig.until(lambda: near.reasons)
    rig.settle(1.0)
    rig.close()
    return took


def overhead(way: str, piece: int = BLOCK, latency: float = 0.002, size: int = SIZE) -> Cell:
    """Measure both in one run.

    @param way: C{send} or C{receive}.
    @param piece: how much the application writes at a time, in bytes.
    """
    plain, secure = (_seconds(BAUDRATE, latency, way, piece, size, tls) for tls in (False, True))
    name = f"quecteltls / quecteltcp, {way}, writes of {piece}, L {latency * 1000:g} ms"
    return Cell(name, plain / secure, 0.96)
