"""Hosts and servers that do anything, in any order: the module never breaks."""

from __future__ import annotations

import random

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import Server, calls
from twisted_quectel.emulator.sim52xx.module import COMMANDS

from .bench import HOST, Bench, trusting

_VALUES = (
    "0", "1", "2", "9", "16", "1024", '"server.example"', '"f"', "443", "7", "21", '""', '"1"',
    "I", "A", "-1", "", '"TCP"', "1 ", '"a/b"', "990",
)  # fmt: skip
_REPLIES = (
    b"220 x\r\n", b"230 x\r\n", b"150 x\r\n", b"227 (10,0,0,9,4,0)\r\n", b"226 x\r\n",
    b'257 "/"\r\n', b"500 x\r\n",
)  # fmt: skip
_QUIRKS = (
    "lenient_spaces", "cftp_aliases", "cftpslogin_type", "ftps_results", "cssl_closed_urc",
    "cssl_recv_event", "https_peer_closed",
)  # fmt: skip


class RandomTests(SynchronousTestCase):
    """So many sessions, each from a seed."""

    def session(self, chance: random.Random) -> None:
        bench = Bench(
            quirks=chance.sample(_QUIRKS, 3),
            settings=trusting(
                send_limit=chance.choice([2048, 16384]), receive_limit=chance.choice([1024, 16384])
            ),
        )
        ftp = Server()
        bench.network.listen(HOST, 21, ftp)
        bench.network.listen("10.0.0.9", 1024, ftp)
        names = [name for name in COMMANDS if name not in ("+IPR", "S3", "S4", "S5")]
        own = [name for name in names if name.startswith(("+CS", "+CH", "+CF", "+CI", "+NET"))]

        for _ in range(100):
            dice = chance.random()
            if dice < 0.75:
                name = chance.choice(own if chance.random() < 0.9 else names)
                form = chance.choice(["", "?", "=?", "=", "="])
                if form == "=":
                    form += ",".join(chance.choices(_VALUES, k=chance.randint(0, 5)))
                bench.say(f"AT{name}{form}", chance.choice([0, 0, 0, 1]))
            elif dice < 0.85:
                bench.type(chance.randbytes(chance.randint(1, 1100)))
            elif dice < 0.93:
                for peer in (*bench.server.peers, *bench.plain.peers, *ftp.peers):
                    if peer.lost is None and peer.transport is not None:
                        action = chance.random()
                        if action < 0.4:
                            peer.write(chance.randbytes(chance.randint(1, 3000)))
                        elif action < 0.7:
                            peer.write(chance.choice(_REPLIES))
                        elif action < 0.8:
                            peer.close()
                        elif action < 0.85:
                            peer.abort()
            elif dice < 0.97:
                bench.settle(chance.choice([1, 30, 121, 200]))
            else:
                chance.choice([bench.module.restart, bench.module.lose_pdp])()
        bench.close()
        for peer in ftp.peers:
            if peer.lost is None and peer.transport is not None:
                peer.close()
        bench.settle(10)
        self.assertEqual(calls(bench.clock), [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_sessions(self) -> None:
        """Nothing raises, and no timer is left at the end."""
        for seed in range(20):
            self.session(random.Random(seed))
