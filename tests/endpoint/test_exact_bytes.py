"""Bytes that mean something to a module arrive as they were sent.

In the ordinary suite, some kilobytes for each kind of connection.  The long
run is had with a number of bytes for each direction of each test::

    EXACT_BYTES=100000000 trial tests.endpoint.test_exact_bytes

It says how fast it was.
"""

from __future__ import annotations

import os
import time
from functools import cache, partial
from typing import Any

from twisted.internet.defer import gatherResults
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from tests.endpoint.protocols import Hasher
from tests.endpoint.real import MixedReal, RealCase
from tests.endpoint.tokens import Stream
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import EmulatedModule, Link

#: Bytes in each direction of each test.
SIZE = int(os.environ.get("EXACT_BYTES", "60000"))
#: Longest piece that is read at once, where reads are cut.
CUT = 700


@implementer(IPushProducer)
class Exchanger(Hasher):
    """Sends a stream while it receives the other end's."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.stream = stream
        self._pieces = stream.pieces()
        self._paused = False

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """Write until told to stop."""
        self._paused = False
        while not self._paused:
            piece = next(self._pieces, None)
            if piece is None:
                self.transport.unregisterProducer()
                return
            self.transport.write(piece)

    def pauseProducing(self) -> None:
        """Stop for now."""
        self._paused = True

    def stopProducing(self) -> None:
        """Stop for good."""
        self._paused = True


class ExactTests(MixedReal):
    """Mixed into a case for each access mode and kind of port.

    @ivar memory: whether the port is in memory rather than a pty.
    @ivar alone: how many connections in the mode the module has ports for; the
        others share the port for commands, in the other two modes.
    """

    timeout = 60 if SIZE < 1_000_000 else 36000
    memory = False
    sockets = 12
    alone = 12

    async def run_exchange(self, link: Link, sockets: int) -> None:
        """Send and receive over several connections at once."""
        size = max(SIZE // sockets, 1)
        seeds = iter(range(1000))
        serving, port = self.serve(lambda: Exchanger(Stream(size, 2 * next(seeds) + 1)))
        emulated = self.emulate(link=link)
        endpoint_in = (
            self.over_memory(emulated, port) if self.memory else self.over_pty(emulated, port)
        )
        begin = time.perf_counter()
        clients: list[Any] = []
        for number in range(sockets):
            # one after the other, so that both ends agree which is which
            make = partial(Exchanger, Stream(size, 2 * number))
            mode = self.mode if number < self.alone else ("buffer", "push")[number % 2]
            clients.append(await self.connect(endpoint_in(mode), make))
        servers = serving.peers
        await gatherResults([end.when_received(size) for end in (*clients, *servers)])
        for client, server in zip(clients, servers, strict=True):
            self.assertEqual((client.count, server.count), (size, size))
            self.assertEqual(client.sha256.hexdigest(), server.stream.digest())
            self.assertEqual(server.sha256.hexdigest(), client.stream.digest())
        if SIZE >= 1_000_000:
            seconds = time.perf_counter() - begin
            print(
                f"\n{self.id()}: {sockets} x {size} bytes each way in {seconds:.1f} s, "
                f"{2 * sockets * size / seconds / 1e6:.2f} MB/s",
                end=" ",
                flush=True,
            )
        for client in clients:
            client.transport.loseConnection()
        await gatherResults([client.when_lost for client in clients])

    def over_pty(self, emulated: EmulatedModule, port: int) -> Any:
        """Give what makes endpoints over ptys, for each mode."""
        device = self.pty_arguments(emulated)
        return cache(lambda mode: self.endpoint(self.string(port, device, mode=mode)))

    def over_memory(self, emulated: EmulatedModule, port: int) -> Any:
        """Give what makes endpoints over ports in memory, for each mode."""
        ports = ("usbat", "uart1") if self.mode == "transparent" else ()
        modem = emulated.modem(data_devices=ports)
        tls = TLSProfile(cacert=self.ca_path)
        return lambda mode: ModuleTLSEndpoint(modem, self.name, port, tls=tls, mode=mode)

    async def test_one(self) -> None:
        """One connection keeps its bytes, both ways at once."""
        await self.run_exchange(Link(), 1)

    async def test_cut(self) -> None:
        """One connection keeps its bytes when reads are cut at random."""
        await self.run_exchange(Link(cut=CUT, seed=7), 1)

    async def test_many(self) -> None:
        """Twelve connections at once keep their bytes, with reads cut."""
        await self.run_exchange(Link(cut=CUT, seed=8), self.sockets)


class PtyBufferExactTests(ExactTests, RealCase):
    """On a pty, in buffer mode."""

    mode = "buffer"


class PtyPushExactTests(ExactTests, RealCase):
    """On a pty, in push mode."""

    mode = "push"


class PtyTransparentExactTests(ExactTests, RealCase):
    """On ptys, in transparent mode; two connections, one for each port to spare."""

    mode = "transparent"
    alone = 2


class MemoryBufferExactTests(ExactTests, RealCase):
    """In memory, in buffer mode."""

    mode = "buffer"
    memory = True


class MemoryPushExactTests(ExactTests, RealCase):
    """In memory, in push mode."""

    mode = "push"
    memory = True


class MemoryTransparentExactTests(ExactTests, RealCase):
    """In memory, in transparent mode; two connections, one for each port to spare."""

    mode = "transparent"
    memory = True
    alone = 2
