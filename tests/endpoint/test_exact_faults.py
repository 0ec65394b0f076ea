"""Bytes stay exact under the faults of the field, or the connection is lost: never less."""

from __future__ import annotations

from functools import partial

from twisted.internet.error import ConnectionDone, ConnectionLost

from tests.endpoint.protocols import Hasher, Peer
from tests.endpoint.tokens import Stream
from tests.endpoint.virtual import Mixed, VirtualCase
from twisted_quectel.emulator import FAULTS
from twisted_quectel.errors import SendFailed
from twisted_quectel.testing import Fault, Link

SIZE = 60_000


def fault(name: str, **values: object) -> Fault:
    """Make a fault by its name."""
    made = FAULTS[name](**values)
    assert isinstance(made, Fault)
    return made


class Talker(Hasher):
    """Sends a stream, and closes when it has received as much."""

    def __init__(self, stream: Stream, closes: bool) -> None:
        super().__init__()
        self.stream = stream
        self._closes = closes

    def connectionMade(self) -> None:
        for piece in self.stream.pieces():
            self.transport.write(piece)

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        if self._closes and self.count == SIZE:
            self.transport.loseConnection()


class FaultTests(Mixed):
    """Mixed into a case for each access mode."""

    def exchange(self, *faults: Fault, link: Link | None = None, size: int = SIZE) -> None:
        """Exchange bytes both ways, and look that none is lost, doubled or changed."""
        serving = self.serve(lambda: Talker(Stream(SIZE, 1), False))
        emulated = self.emulate(faults=faults, link=link)
        endpoint = self.endpoint(emulated, mode=self.mode)
        client = self.connect(endpoint, partial(Talker, Stream(SIZE, 2), True), 600.0)
        self.assertIsInstance(self.end_of(client, 3600.0), ConnectionDone)
        server = serving.peers[0]
        self.end_of(server)
        self.assertEqual((client.count, server.count), (SIZE, SIZE))
        self.assertEqual(client.sha256.hexdigest(), server.stream.digest())
        self.assertEqual(server.sha256.hexdigest(), client.stream.digest())

    def test_urc_in_between(self) -> None:
        """URCs between a command and its answer."""
        self.exchange(fault("urc_in_between", every=1))
        self.network = type(self.network)(self.clock)
        self.exchange(fault("urc_in_between", every=3, copies=4), link=Link(cut=5))

    def test_split(self) -> None:
        """Answers byte by byte, and reads cut anywhere."""
        self.exchange(fault("split_bytes", longest=1), link=Link(cut=1))

    def test_recv_urcs(self) -> None:
        """URCs of data that are missing, doubled or for nothing."""
        for faults in (
            (fault("missing_recv_urc", every=2),),
            (fault("missing_recv_urc", every=1),),
            (fault("duplicate_recv_urc"), fault("spurious_recv_urc")),
        ):
            self.network = type(self.network)(self.clock)
            self.exchange(*faults)

    def test_refused_sends(self) -> None:
        """Sends that are refused go again; those taken after all do not."""
        for faults in (
            (fault("send_fail_n", times=5),),
            (fault("send_fail_n", times=5, then_ok=True),),
            (fault("prompt_refused", times=4),),
            (fault("prompt_refused", times=2), fault("send_fail_n", times=2)),
        ):
            self.network = type(self.network)(self.clock)
            self.exchange(*faults)

    def test_slow_line(self) -> None:
        """A line of 115200 baud with a module that thinks."""
        self.exchange(link=Link(baudrate=115200, latency=0.02, cut=11))


class BufferFaultTests(FaultTests, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushFaultTests(FaultTests, VirtualCase):
    """In push mode."""

    mode = "push"


class UnknownFateTests(VirtualCase):
    """Sends of which nobody knows what became of them."""

    def test_error_after_the_body(self) -> None:
        """Where a block's fate is unknown the connection is lost; nothing is sent twice."""
        for taken in (True, False):
            self.network = type(self.network)(self.clock)
            serving = self.serve(Peer)
            emulated = self.emulate(faults=[fault("error_instead_of_send_ok", taken=taken)])
            client = self.connect(self.endpoint(emulated, mode="buffer"))
            data = Stream(20_000, 3).take(20_000)
            client.transport.write(data)
            reason = self.end_of(client, 200.0)
            self.assertIsInstance(reason, SendFailed)
            self.assertIsInstance(reason, ConnectionLost)
            self.settle(5.0)
            # the server has the beginning of what was sent, and nothing else
            self.assertEqual(bytes(serving.peers[0].received), data[:1460] if taken else b"")
