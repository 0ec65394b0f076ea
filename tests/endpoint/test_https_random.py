"""The HTTPS stack under whatever both ends do, in whatever order: no byte too many or too few."""

from __future__ import annotations

import os
import random

from twisted.internet.error import ConnectionDone, ConnectionLost

from tests.endpoint.httpscase import HTTPSCase
from tests.endpoint.protocols import Peer
from twisted_quectel.emulator import MemoryNetwork, VerdictKind
from twisted_quectel.testing import Link

#: So many runs; the long run takes more.
RUNS = int(os.environ.get("HTTPS_RUNS", "40"))

_QUIRKS = ("https_peer_closed", "htttpsrecv", "data_trailing_comma", "no_space_after_colon",
           "https_send_spelling=document")  # fmt: skip


class RandomTests(HTTPSCase):
    """Writes, pauses, ends and waits by chance."""

    def once(self, chance: random.Random) -> None:
        """Have one connection."""
        self.network = MemoryNetwork(self.clock)
        self.begin(
            make=Peer,
            window=chance.choice((512, 2048, 65536)),
            settings=self.settings(
                send_limit=chance.choice((1024, 2000, 16384)),
                receive_limit=chance.choice((100, 3000, 16384)),
            ),
            quirks=[quirk for quirk in _QUIRKS if chance.random() < 0.3],
            link=Link(
                baudrate=chance.choice((None, 9600, 115200)),
                latency=chance.choice((0.0, 0.05)),
                cut=chance.choice((0, 1, 30)),
                seed=chance.randrange(1000),
            ),
        )
        # what crosses the server's end on its way is sent to a connection that is closed
        self.verdicts_expected = True
        peer = self.open()
        server = self.server
        written = {peer: b"", server: b""}
        for _ in range(chance.randrange(1, 25)):
            end = chance.choice((peer, server))
            what = chance.choice(("write", "write", "pause", "resume", "wait"))
            if what == "write":
                data = chance.randbytes(chance.choice((1, 10, 1024, 1025, 5000)))
                written[end] += data
                end.transport.write(data)
            elif what == "pause":
                end.transport.pauseProducing()
            elif what == "resume":
                end.transport.resumeProducing()
            else:
                self.settle(chance.choice((0.0, 0.1, 3.0)), turns=chance.choice((1, 5, 50)))
        for end in (peer, server):
            end.transport.resumeProducing()
        ending = chance.choice(("patient", "client", "server", "abort"))
        if ending == "patient":
            self.until(
                lambda: (peer.count, server.count) == (len(written[server]), len(written[peer])),
                1000.0,
            )
            self.assertEqual(peer.reasons, [])
            peer.transport.loseConnection()
        elif ending == "client":
            peer.transport.loseConnection()
        elif ending == "server":
            server.transport.loseConnection()
        else:
            server.transport.abortConnection()
        self.until(lambda: peer.reasons and server.reasons, 1000.0)
        reason = peer.reasons[0].value
        self.assertIsInstance(reason, (ConnectionDone, ConnectionLost))
        self.assertTrue(written[server].startswith(peer.received))
        self.assertTrue(written[peer].startswith(server.received))
        if ending in ("patient", "client"):
            self.assertEqual(server.received, written[peer])
            self.assertIsInstance(reason, ConnectionDone)
        elif ending == "server" and isinstance(reason, ConnectionDone):
            self.assertEqual(peer.received, written[server])
        self.settle(1.0)
        kinds = {verdict.kind for verdict in self.emulated.verdicts}
        server_ends = ending in ("server", "abort")
        self.assertLessEqual(kinds, {VerdictKind.SEND_TO_CLOSED} if server_ends else set())

    def test_random(self) -> None:
        """Each run has its number, which brings it back."""
        for number in range(RUNS):
            try:
                self.once(random.Random(number))
            except BaseException:
                print(f"run {number}")
                raise
