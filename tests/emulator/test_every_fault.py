"""Every fault with its factory values: the module misbehaves as it should, and never breaks."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.faults import FAULTS

from .bench import HOST, PORT, Bench, calls


class FaultTests(SynchronousTestCase):
    """A host that does what it would, and looks at nothing."""

    def session(self, bench: Bench, mode: int) -> None:
        """Set up, open, send, receive and close."""
        for line in ("AT", "AT+CPIN?", "AT+CEREG?", 'AT+QICSGP=1,1,"a"', "AT+QIACT?", "AT+QIACT=1"):
            bench.type(line.encode() + b"\r", 1)
        bench.type(b'AT+QFUPL="f",100,2\r', 1)
        bench.type(b"y" * 100, 3)
        bench.type(b"AT+QFLST\r", 1)
        for id in (4, 5, 6):
            bench.type(f'AT+QSSLOPEN=1,1,{id},"{HOST}",{PORT},{mode}\r'.encode(), 5)
            peers = bench.server.peers[:]
            for number in range(3):
                if mode < 2:
                    bench.type(b"AT+QSSLSEND=%d,300\r" % id, 1)
                bench.type(b"x" * 300, 1)
                for peer in peers:
                    if peer.lost is None:
                        peer.write(b"z" * 2000 * number)
                bench.settle(1)
                if mode == 0:
                    bench.type(b"AT+QSSLRECV=%d,1500\r" % id, 1)
            if mode == 2:
                bench.settle(3)
                bench.type(b"+++", 3)
                bench.type(b"ATO\r", 1)
            for peer in peers:
                if peer.lost is None:
                    peer.close()
            bench.settle(2)
            bench.type(b"AT+QSSLSTATE\r", 1)
            bench.type(b"AT+QIGETERROR\r", 1)
            bench.type(b"AT+QSSLCLOSE=%d\r" % id, 12)
        bench.type(b"AT+QIDEACT=1\r", 1)
        bench.type(b'AT+QFDEL="f"\r', 1)
        bench.type(b"AT+CFUN=1,1\r", 20)

    def test_sessions(self) -> None:
        """In each access mode nothing raises, and no timer is left at the end."""
        for name, kind in FAULTS.items():
            if kind.families and "lte" not in kind.families:
                continue
            for mode in range(3):
                bench = Bench(faults=[kind()], echo=True)
                try:
                    self.session(bench, mode)
                    self.session(bench, mode)
                finally:
                    bench.wire.unplug()
                    bench.module.close()
                for peer in bench.server.peers:
                    if peer.transport is not None and peer.lost is None:
                        peer.close()
                bench.settle(1)
                self.assertEqual(calls(bench.clock), [], (name, mode))
                self.assertEqual(self.flushLoggedErrors(), [], (name, mode))
