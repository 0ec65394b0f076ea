"""A bench in memory for sockets without TLS: a TCP server, and ends for datagrams."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol

from .bench import Bench, Peer, Server

HOST = "220.180.239.212"
PORT = 8705
OWN = "10.7.157.1"


class Datagrams:
    """An end for datagrams on the network.

    @ivar received: what came, each with address and port.
    """

    def __init__(self, bench: PlainBench, host: str, port: int) -> None:
        self.received: list[tuple[bytes, tuple[str, int]]] = []
        self.end = bench.network.datagram(host, port, self._received)

    def _received(self, data: bytes, source: tuple[str, int]) -> None:
        self.received.append((data, source))

    def write(self, data: bytes, port: int) -> None:
        """Send to a port of the module."""
        self.end.write(data, (OWN, port))


class PlainBench(Bench):
    """An emulated module whose PDP context 1 is active, and a TCP server.

    @ivar tcp: the server on port 8705 of C{220.180.239.212}.
    """

    def __init__(self, *, active: bool = True, **kwargs: Any) -> None:
        super().__init__(serve=False, **kwargs)
        self.tcp = Server()
        self.network.listen(HOST, PORT, self.tcp)
        if active:
            self.ok("AT+QIACT=1")

    def open_tcp(self, id: int = 0, mode: int = 0) -> Peer:
        """Open a connection to the server."""
        answer = self.type(f'AT+QIOPEN=1,{id},"TCP","{HOST}",{PORT},0,{mode}\r'.encode())
        expected = b"\r\nCONNECT\r\n" if mode == 2 else b"\r\nOK\r\n\r\n+QIOPEN: %d,0\r\n" % id
        assert answer == expected, answer
        return self.tcp.peers[-1]

    def listen(self, id: int = 1, port: int = 2020, mode: int = 0) -> None:
        """Have the module listen."""
        answer = self.type(
            f'AT+QIOPEN=1,{id},"TCP LISTENER","127.0.0.1",0,{port},{mode}\r'.encode()
        )
        assert answer == b"\r\nOK\r\n\r\n+QIOPEN: %d,0\r\n" % id, answer

    def serve_datagrams(self, id: int = 2, port: int = 3030, mode: int = 0) -> None:
        """Have the module take datagrams."""
        answer = self.type(f'AT+QIOPEN=1,{id},"UDP SERVICE","127.0.0.1",0,{port},{mode}\r'.encode())
        assert answer == b"\r\nOK\r\n\r\n+QIOPEN: %d,0\r\n" % id, answer

    def call_in(self, port: int = 2020) -> Peer:
        """Connect to the module from outside; what it says is on the screen."""
        peer = Peer()
        self.network.connect(OWN, port, Factory.forProtocol(lambda: peer))
        self.settle()
        return peer

    def datagrams(self, host: str = HOST, port: int = 8056) -> Datagrams:
        """Make an end for datagrams."""
        return Datagrams(self, host, port)

    def send(self, id: int, data: bytes) -> bytes:
        """Send counted data, and give what the module says to it."""
        answer = self.type(b"AT+QISEND=%d,%d\r" % (id, len(data)))
        assert answer == b"\r\n> ", answer
        return self.type(data)

    def error(self, line: str) -> int:
        """Type a line that has to end in ERROR; give the code of AT+QIGETERROR."""
        answer = self.type(line.encode("ascii") + b"\r")
        assert answer == b"\r\nERROR\r\n", (line, answer)
        told = self.type(b"AT+QIGETERROR\r")
        return int(told.partition(b": ")[2].partition(b",")[0])


def reading(peer: Protocol) -> IPushProducer:
    """Give what can stop a peer from reading."""
    return cast(IPushProducer, peer.transport)
