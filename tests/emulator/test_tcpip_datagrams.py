"""Datagrams: C{"UDP"} and C{"UDP SERVICE"}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.faults import ErrorInsteadOfSendOk, PdpDead, SmallPushes
from twisted_quectel.emulator.settings import ModuleSettings

from .bench import calls
from .plainbench import HOST, PlainBench

PEER = (HOST, 8056)


class DatagramTests(SynchronousTestCase):
    """What holds for both."""

    def open_client(self, bench: PlainBench, id: int = 3, mode: int = 0) -> None:
        """Open a socket of a client on port 5000."""
        answer = bench.type(f'AT+QIOPEN=1,{id},"UDP","{HOST}",8056,5000,{mode}\r'.encode())
        self.assertEqual(answer, b"\r\nOK\r\n\r\n+QIOPEN: %d,0\r\n" % id)

    def test_one_for_each_read(self) -> None:
        """A read gives one datagram; the URC is not repeated until there is none."""
        bench = PlainBench()
        other = bench.datagrams()
        self.open_client(bench)
        for data in (b"one", b"two", b"three"):
            other.write(data, 5000)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",3\r\n')
        self.assertEqual(bench.type(b"AT+QIRD=3,0\r"), b"\r\n+QIRD: 11,0,11\r\n\r\nOK\r\n")
        for data in (b"3\r\none", b"3\r\ntwo", b"5\r\nthree"):
            self.assertEqual(bench.type(b"AT+QIRD=3,1500\r"), b"\r\n+QIRD: %b\r\n\r\nOK\r\n" % data)
        self.assertEqual(bench.type(b"AT+QIRD=3,1500\r"), b"\r\n+QIRD: 0\r\n\r\nOK\r\n")
        other.write(b"four", 5000)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",3\r\n')

    def test_short_read(self) -> None:
        """What of a datagram is beyond the length of the read is lost."""
        bench = PlainBench()
        other = bench.datagrams()
        self.open_client(bench)
        other.write(b"first", 5000)
        other.write(b"second", 5000)
        bench.type(b"")
        self.assertIn(b"+QIRD: 2\r\nfi\r\n", bench.type(b"AT+QIRD=3,2\r"))
        self.assertIn(b"+QIRD: 6\r\nsecond\r\n", bench.type(b"AT+QIRD=3\r"))

    def test_pieces_do_not_lose(self) -> None:
        """Reads and pushes that a fault makes small leave datagrams whole."""
        bench = PlainBench(faults=[SmallPushes(1)])
        other = bench.datagrams()
        self.open_client(bench)
        other.write(b"whole", 5000)
        bench.type(b"")
        self.assertIn(b"+QIRD: 5\r\nwhole\r\n", bench.type(b"AT+QIRD=3\r"))
        bench.ok("AT+QISWTMD=3,1")
        other.write(b"x" * 1500, 5000)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",3,1500\r\n' + b"x" * 1500)

    def test_bounded(self) -> None:
        """What finds no room is dropped, the rest stays; empty ones are dropped too."""
        bench = PlainBench(settings=ModuleSettings(receive_limit=3000))
        other = bench.datagrams()
        self.open_client(bench)
        for data in (b"", b"a" * 1400, b"b" * 1400, b"c" * 1400, b"d" * 200):
            other.write(data, 5000)
        bench.type(b"")
        self.assertEqual(bench.type(b"AT+QIRD=3,0\r"), b"\r\n+QIRD: 3000,0,3000\r\n\r\nOK\r\n")
        seen = [bench.type(b"AT+QIRD=3\r")[15:16] for _ in range(4)]
        self.assertEqual(seen[:2], [b"a", b"b"])

    def test_longest(self) -> None:
        """A datagram of more than 1500 bytes loses its end."""
        bench = PlainBench()
        other = bench.datagrams()
        self.open_client(bench, mode=1)
        other.write(b"x" * 1600, 5000)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",3,1500\r\n' + b"x" * 1500)

    def test_strangers(self) -> None:
        """A client hears its peer only, a service everybody."""
        bench = PlainBench()
        stranger = bench.datagrams("192.0.2.1", 7)
        self.open_client(bench)
        bench.serve_datagrams()
        stranger.write(b"hello", 5000)
        self.assertEqual(bench.type(b""), b"")
        stranger.write(b"hello", 3030)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",2\r\n')

    def test_kept_addresses(self) -> None:
        """What was buffered ahead of a switch to push mode keeps its addresses."""
        bench = PlainBench()
        one, two = bench.datagrams("192.0.2.1", 7), bench.datagrams("192.0.2.2", 8)
        bench.serve_datagrams()
        one.write(b"one", 3030)
        two.write(b"two", 3030)
        bench.type(b"")
        bench.ok("AT+QISWTMD=2,1")
        one.write(b"new", 3030)
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",2,3,"192.0.2.1",7\r\nnew')
        self.assertIn(b'+QIRD: 3,"192.0.2.1",7\r\none\r\n', bench.type(b"AT+QIRD=2\r"))
        self.assertIn(b'+QIRD: 3,"192.0.2.2",8\r\ntwo\r\n', bench.type(b"AT+QIRD=2\r"))
        self.assertEqual(bench.type(b"AT+QIRD=2\r"), b"\r\n+QIRD: 0\r\n\r\nOK\r\n")

    def test_names(self) -> None:
        """A client resolves its peer's name; one that is unknown is 565."""
        bench = PlainBench()
        address = bench.network.add_host("dns.example")
        other = bench.datagrams(address, 53)
        self.assertEqual(
            bench.type(b'AT+QIOPEN=1,0,"UDP","dns.example",53\r'),
            b"\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n",
        )
        self.assertEqual(bench.send(0, b"?"), b"\r\nSEND OK\r\n")
        self.assertEqual([data for data, _ in other.received], [b"?"])
        self.assertEqual(
            bench.type(b'AT+QIOPEN=1,1,"UDP","nobody.example",53\r'),
            b"\r\nOK\r\n\r\n+QIOPEN: 1,565\r\n",
        )

    def test_port_in_use(self) -> None:
        """A port can be bound once: 556."""
        bench = PlainBench()
        self.open_client(bench)
        self.assertEqual(
            bench.type(b'AT+QIOPEN=1,4,"UDP SERVICE","127.0.0.1",0,5000\r'),
            b"\r\nOK\r\n\r\n+QIOPEN: 4,556\r\n",
        )
        bench.ok("AT+QICLOSE=3")
        bench.serve_datagrams(4, 5000)

    def test_any_port(self) -> None:
        """Local port 0 is any, which the state shows."""
        bench = PlainBench()
        bench.serve_datagrams(4, 0)
        self.assertIn(b'"UDP SERVICE","10.7.157.1",0,49152,2,', bench.type(b"AT+QISTATE=1,4\r"))

    def test_sends(self) -> None:
        """A service needs a target, which is a literal; a client has its own."""
        bench = PlainBench()
        self.open_client(bench)
        bench.serve_datagrams()
        for wrong in (
            "AT+QISEND=2",
            "AT+QISEND=2,4",
            'AT+QISEND=2,0,"192.0.2.1",7',
            'AT+QISEND=2,4,"host.example",7',
            'AT+QISEND=2,4,"192.0.2.1",0',
            "AT+QISEND=2,4,192,7",
            'AT+QISEND=3,4,"192.0.2.1",7',
            'AT+QISENDEX=2,"31"',
        ):
            self.assertEqual(bench.error(wrong), 552, wrong)
        self.assertEqual(bench.type(b'AT+QISENDEX=3,"31"\r'), b"\r\nSEND OK\r\n")
        bench.type(b"AT+QISEND=3\r")
        self.assertEqual(bench.type(b"until Ctrl-Z\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(bench.type(b"AT+QISEND=3,0\r"), b"\r\n+QISEND: 13,13,0\r\n\r\nOK\r\n")

    def test_never_transparent(self) -> None:
        """Data mode is for TCP: 555."""
        bench = PlainBench()
        self.open_client(bench)
        self.assertEqual(bench.error("AT+QISWTMD=3,2"), 555)

    def test_taken_all_the_same(self) -> None:
        """A fault that takes a body and answers ERROR knows where it has to go."""
        bench = PlainBench(faults=[ErrorInsteadOfSendOk(1)])
        other = bench.datagrams()
        bench.serve_datagrams()
        bench.type(b'AT+QISEND=2,4,"%b",8056\r' % HOST.encode())
        self.assertEqual(bench.type(b"body"), b"\r\nERROR\r\n")
        self.assertEqual([data for data, _ in other.received], [b"body"])

    def test_dead_network(self) -> None:
        """On a network that is dead nothing goes out and nothing comes in."""
        bench = PlainBench(faults=[PdpDead(after=1.0)])
        other = bench.datagrams()
        self.open_client(bench)
        bench.settle(1.1)
        self.assertEqual(bench.send(3, b"gone"), b"\r\nSEND OK\r\n")
        other.write(b"gone too", 5000)
        self.assertEqual(bench.type(b""), b"")
        self.assertEqual(other.received, [])

    def test_pdp_lost(self) -> None:
        """What came ahead of the loss of the PDP context stays readable, each for itself."""
        bench = PlainBench()
        other = bench.datagrams()
        bench.serve_datagrams()
        other.write(b"one", 3030)
        other.write(b"two", 3030)
        bench.type(b"")
        bench.module.lose_pdp()
        self.assertIn(b'"closed",2', bench.type(b""))
        for data in (b"one", b"two"):
            self.assertIn(
                b'+QIRD: 3,"220.180.239.212",8056\r\n%b\r\n' % data, bench.type(b"AT+QIRD=2\r")
            )
        bench.ok("AT+QICLOSE=2")

    def test_closed_while_opening(self) -> None:
        """AT+QICLOSE ends an open whose name does not resolve."""
        bench = PlainBench()
        bench.network.silence("slow.example")
        bench.ok('AT+QIOPEN=1,0,"UDP","slow.example",53', "AT+QICLOSE=0")
        self.assertEqual(bench.type(b"", 300), b"")
        self.assertEqual(calls(bench.clock), [])
        bench.ok('AT+QIOPEN=1,0,"UDP","slow.example",53')
        self.assertEqual(bench.type(b"", 151), b"\r\n+QIOPEN: 0,569\r\n")
