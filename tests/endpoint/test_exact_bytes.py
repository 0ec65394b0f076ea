"""Bytes that mean something to a module arrive as they were sent.

In the ordinary suite, some kilobytes for each kind of connection.  The long
run is had with a number of bytes for each direction of each test::

    EXACT_BYTES=100000000 trial tests.endpoint.test_exact_bytes

It says how fast it was.
"""

from __future__ import annotations

import os
import time
from functools import partial
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
    """

    timeout = 60 if SIZE < 1_000_000 else 36000
    memory = False
    sockets = 12

    async def run_exchange(self, link: Link, sockets: int) -> None:
        """Send and receive over several connections at once."""
        size = max(SIZE // sockets, 1)
        seeds = iter(range(1000))
        serving, port = self.serve(lambda: Exchanger(Stream(size, 2 * next(seeds) + 1)))
        emulated = self.emulate(link=link)
        endpoint = (
            self.over_memory(emulated, port)
            if self.memory
            else self.endpoint(self.string(port, self.pty_arguments(emulated)))
        )
        begin = time.perf_counter()
        clients: list[Any] = []
        for number in range(sockets):
            # one after the other, so that both ends agree which is which
            make = partial(Exchanger, Stream(size, 2 * number))
            clients.append(await self.connect(endpoint, make))
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

    def over_memory(self, emulated: EmulatedModule, port: int) -> Any:
        """Give an endpoint over ports in memory."""
        ports = ("usbat", "uart1") if self.mode == "transparent" else ()
        modem = emulated.modem(data_devices=ports)
        tls = TLSProfile(cacert=self.ca_path)
        return ModuleTLSEndpoint(modem, self.name, port, tls=tls, mode=self.mode)

    async def test_one(self) -> None:
        """One connection keeps its bytes, both ways at once."""
        await self.run_exchange(Link(), 1)

    async def test_cut(self) -> None:
        """One connection keeps its bytes when reads are cut at random."""
        await self.run_exchange(Link(cut=CUT, seed=7), 1)

    async def test_many(self) -> None:
        """As many connections at once as there are keep their bytes, with reads cut."""
        await self.run_exchange(Link(cut=CUT, seed=8), self.sockets)


class PtyBufferExactTests(ExactTests, RealCase):
    """On a pty, in buffer mode."""

    mode = "buffer"


class PtyPushExactTests(ExactTests, RealCase):
    """On a pty, in push mode."""

    mode = "push"


class PtyTransparentExactTests(ExactTests, RealCase):
    """On ptys, in transparent mode; one connection for each port."""

    mode = "transparent"
    sockets = 2


class MemoryBufferExactTests(ExactTests, RealCase):
    """In memory, in buffer mode."""

    mode = "buffer"
    memory = True


class MemoryPushExactTests(ExactTests, RealCase):
    """In memory, in push mode."""

    mode = "push"
    memory = True


class MemoryTransparentExactTests(ExactTests, RealCase):
    """In memory, in transparent mode; one connection for each port."""

    mode = "transparent"
    memory = True
    sockets = 2
