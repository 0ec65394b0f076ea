"""A peer whose bytes look like all that a module says does nothing but arrive.

C{tests.endpoint.test_exact_bytes} mixes such tokens into noise on real ports;
here each stands alone, first, last, doubled and behind itself, and reads are
cut everywhere.
"""

from __future__ import annotations

from typing import Any

from tests.endpoint.protocols import Peer
from tests.endpoint.tokens import TOKENS
from tests.endpoint.virtual import Mixed, VirtualCase
from twisted_quectel.testing import Link

#: What ends a dialogue, a connection or a mode for the port it is said on.
MORE = (
    b"\r\nNO CARRIER\r\n\r\nOK\r\n",
    b"\r\nOK\r\n\r\nNO CARRIER\r\n",
    b'\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n',
    b"\r\n+QSSLOPEN: 0,0\r\n",
    b"\r\n+QSSLOPEN: 1,566\r\n",
    b'\r\n+QSSLURC: "recv",0,4096\r\n',
    b'\r\n+QSSLURC: "closed",1\r\n',
    b"\r\n+CME ERROR: 10\r\n",
    b"\r\n+CMEE: 1\r\n\r\nOK\r\n",
    b"\r\n+CPIN: NOT READY\r\n",
    b"\r\nNORMAL POWER DOWN\r\n",
    b"\r\nAPP RDY\r\n",
    b"AT\r",
    b"+++ATH\r",
)


class HostilePeer(Mixed):
    """Mixed into a case for each access mode."""

    def from_the_peer(self, cut: int) -> None:
        """The peer says each token, while the host sends something too."""
        emulated = self.emulate(link=Link(cut=cut, seed=cut))
        serving = self.serve(Peer)
        client: Any = self.connect(self.endpoint(emulated, mode=self.mode))
        server: Any = serving.peers[0]
        said = b""
        for token in (*TOKENS, *MORE):
            for data in (token, token + token, b"a" + token, token + b"z", token[:-1]):
                server.transport.write(data)
                said += data
                self.result_of(client.when_received(len(said)))
                client.transport.write(data)
                self.result_of(server.when_received(len(said)))
                self.assertEqual(bytes(client.received[-len(data) :] if data else b""), data)
        self.assertEqual(bytes(client.received), said)
        self.assertEqual(bytes(server.received), said)
        self.assertEqual(client.reasons, [])
        self.assertIsNotNone(self.result_of(emulated.modem().signal()).rssi)
        client.transport.loseConnection()
        self.end_of(client)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_whole(self) -> None:
        """With reads as they come."""
        self.from_the_peer(0)

    def test_bytes(self) -> None:
        """With one byte in each read."""
        self.from_the_peer(1)

    def test_cut(self) -> None:
        """With reads cut at random."""
        for cut in (2, 5, 13):
            self.from_the_peer(cut)
            self.network = type(self.network)(self.clock)


class BufferHostilePeerTests(HostilePeer, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushHostilePeerTests(HostilePeer, VirtualCase):
    """In push mode."""

    mode = "push"


class TransparentHostilePeerTests(HostilePeer, VirtualCase):
    """In transparent mode."""

    mode = "transparent"
