"""Dialogues of sockets without SSL, typed from the TCP/IP Application Note's command table."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .plainbench import HOST, PlainBench


class GoldenTests(SynchronousTestCase):
    """Literal bytes, both sides."""

    def dialogue(self, bench: PlainBench, *lines: tuple[bytes, bytes]) -> None:
        """Type each first, and see exactly each second."""
        for typed, shown in lines:
            self.assertEqual(bench.type(typed), shown, typed)

    def test_buffer(self) -> None:
        """TCP client in buffer mode: open, state, send, what was acknowledged, read, close."""
        bench = PlainBench()
        self.dialogue(
            bench,
            (
                b'AT+QIOPEN=1,0,"TCP","220.180.239.212",8705,0,0\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n",
            ),
            (
                b"AT+QISTATE=1,0\r",
                b'\r\n+QISTATE: 0,"TCP","220.180.239.212",8705,49152,2,1,0,0,"usbmodem"\r\n'
                b"\r\nOK\r\n",
            ),
            (b"AT+QISEND=0\r", b"\r\n> "),
            (b"test1\x1a", b"\r\nSEND OK\r\n"),
            (b"AT+QISEND=0,5\r", b"\r\n> "),
            (b"test2", b"\r\nSEND OK\r\n"),
            (b"AT+QISEND=0,0\r", b"\r\n+QISEND: 10,10,0\r\n\r\nOK\r\n"),
        )
        peer = bench.tcp.peers[0]
        self.assertEqual(peer.received, b"test1test2")
        peer.write(b"test1")
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",0\r\n'),
            (b"AT+QIRD=0,0\r", b"\r\n+QIRD: 5,0,5\r\n\r\nOK\r\n"),
            (b"AT+QIRD=0,1500\r", b"\r\n+QIRD: 5\r\ntest1\r\n\r\nOK\r\n"),
            (b"AT+QIRD=0,1500\r", b"\r\n+QIRD: 0\r\n\r\nOK\r\n"),
            (b"AT+QIRD=0,0\r", b"\r\n+QIRD: 5,5,0\r\n\r\nOK\r\n"),
        )
        peer.write(b"tail")
        peer.close()
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",0\r\n\r\n+QIURC: "closed",0\r\n'),
            (b"AT+QIRD=0\r", b"\r\n+QIRD: 4\r\ntail\r\n\r\nOK\r\n"),
            (b"AT+QICLOSE=0\r", b"\r\nOK\r\n"),
            (b"AT+QISTATE\r", b"\r\nOK\r\n"),
        )
        self.assertEqual(bench.module.verdicts, [])

    def test_push(self) -> None:
        """TCP client in direct push mode: data stands behind its URC."""
        bench = PlainBench()
        self.dialogue(
            bench,
            (
                b'AT+QIOPEN=1,0,"TCP","220.180.239.212",8705,0,1\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n",
            ),
        )
        bench.tcp.peers[0].write(b"test")
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",0,4\r\ntest'),
            (b"AT+QICLOSE=0,5\r", b"\r\nOK\r\n"),
        )

    def test_transparent(self) -> None:
        """TCP client in transparent mode: CONNECT, bytes, NO CARRIER."""
        bench = PlainBench()
        self.dialogue(
            bench,
            (b'AT+QIOPEN=1,0,"TCP","220.180.239.212",8705,0,2\r', b"\r\nCONNECT\r\n"),
        )
        self.assertEqual(bench.type(b"raw", 0.3), b"")
        peer = bench.tcp.peers[0]
        self.assertEqual(peer.received, b"raw")
        peer.write(b"<Received data>")
        self.dialogue(bench, (b"", b"<Received data>"))
        peer.close()
        self.dialogue(bench, (b"", b"\r\nNO CARRIER\r\n"), (b"AT+QICLOSE=0\r", b"\r\nOK\r\n"))

    def test_listener(self) -> None:
        """TCP server: incoming, its state, its data."""
        bench = PlainBench()
        self.dialogue(
            bench,
            (
                b'AT+QIOPEN=1,1,"TCP LISTENER","127.0.0.1",0,2020,0\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 1,0\r\n",
            ),
            (
                b"AT+QISTATE=0,1\r",
                b'\r\n+QISTATE: 1,"TCP LISTENER","10.7.157.1",0,2020,3,1,1,0,"usbmodem"\r\n'
                b"\r\nOK\r\n",
            ),
        )
        peer = bench.call_in()
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "incoming",11,1,"100.64.0.2",49152\r\n'),
            (
                b"AT+QISTATE=1,11\r",
                b'\r\n+QISTATE: 11,"TCP INCOMING","100.64.0.2",49152,2020,2,1,1,0,"usbmodem"\r\n'
                b"\r\nOK\r\n",
            ),
        )
        peer.write(b"test")
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",11\r\n'),
            (b"AT+QIRD=11,1500\r", b"\r\n+QIRD: 4\r\ntest\r\n\r\nOK\r\n"),
            (b"AT+QICLOSE=11\r", b"\r\nOK\r\n"),
            (b"AT+QICLOSE=1\r", b"\r\nOK\r\n"),
        )

    def test_service(self) -> None:
        """UDP service: each datagram has its address, read or pushed."""
        bench = PlainBench()
        other = bench.datagrams("10.7.89.10", 6969)
        self.dialogue(
            bench,
            (
                b'AT+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,3030,0\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 2,0\r\n",
            ),
            (
                b"AT+QISTATE=0,1\r",
                b'\r\n+QISTATE: 2,"UDP SERVICE","10.7.157.1",0,3030,2,1,2,0,"usbmodem"\r\n'
                b"\r\nOK\r\n",
            ),
            (b'AT+QISEND=2,10,"10.7.89.10",6969\r', b"\r\n> "),
            (b"1234567890", b"\r\nSEND OK\r\n"),
        )
        self.assertEqual(other.received, [(b"1234567890", ("10.7.157.1", 3030))])
        other.write(b"test", 3030)
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",2\r\n'),
            (b"AT+QIRD=2\r", b'\r\n+QIRD: 4,"10.7.89.10",6969\r\ntest\r\n\r\nOK\r\n'),
            (b"AT+QIRD=2\r", b"\r\n+QIRD: 0\r\n\r\nOK\r\n"),
            (b"AT+QISWTMD=2,1\r", b"\r\nOK\r\n"),
        )
        other.write(b"test", 3030)
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",2,4,"10.7.89.10",6969\r\ntest'),
            (b"AT+QICLOSE=2\r", b"\r\nOK\r\n"),
        )

    def test_client_of_datagrams(self) -> None:
        """UDP client: no address in what it receives."""
        bench = PlainBench()
        other = bench.datagrams(HOST, 8056)
        self.dialogue(
            bench,
            (
                b'AT+QIOPEN=1,3,"UDP","220.180.239.212",8056,5000,0\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 3,0\r\n",
            ),
            (
                b"AT+QISTATE?\r",
                b'\r\n+QISTATE: 3,"UDP","220.180.239.212",8056,5000,2,1,3,0,"usbmodem"\r\n'
                b"\r\nOK\r\n",
            ),
            (b"AT+QISEND=3,4\r", b"\r\n> "),
            (b"ping", b"\r\nSEND OK\r\n"),
        )
        self.assertEqual(other.received, [(b"ping", ("10.7.157.1", 5000))])
        other.write(b"pong", 5000)
        self.dialogue(
            bench,
            (b"", b'\r\n+QIURC: "recv",3\r\n'),
            (b"AT+QIRD=3,1500\r", b"\r\n+QIRD: 4\r\npong\r\n\r\nOK\r\n"),
        )

    def test_errors(self) -> None:
        """No PDP context, id in use, no such name, nobody there, port in use."""
        bench = PlainBench(active=False)
        again = b'AT+QIOPEN=1,0,"TCP","220.180.239.212",8705,0,0\r'
        self.dialogue(
            bench,
            (again, b"\r\nOK\r\n\r\n+QIOPEN: 0,561\r\n"),
            (b"AT+QIGETERROR\r", b"\r\n+QIGETERROR: 561,Open PDP context failed\r\n\r\nOK\r\n"),
            (b"AT+QIACT=1\r", b"\r\nOK\r\n"),
            (again, b"\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n"),
            (again, b"\r\nOK\r\n\r\n+QIOPEN: 0,563\r\n"),
            (
                b'AT+QIOPEN=1,1,"TCP","nobody.example",80\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 1,565\r\n",
            ),
            (
                b'AT+QIOPEN=1,1,"TCP","220.180.239.212",1\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 1,566\r\n",
            ),
            (
                b'AT+QIOPEN=1,1,"TCP","220.180.239.212",8705,49152\r',
                b"\r\nOK\r\n\r\n+QIOPEN: 1,556\r\n",
            ),
            (b'AT+QIOPEN=1,1,"TCP","nobody.example",80,0,2\r', b"\r\nERROR\r\n"),
            (b"AT+QIGETERROR\r", b"\r\n+QIGETERROR: 565,DNS parse failed\r\n\r\nOK\r\n"),
        )

    def test_tests(self) -> None:
        """The test form of each command."""
        bench = PlainBench()
        for command, shown in (
            (
                b"QIOPEN",
                b'+QIOPEN: (1-16),(0-11),"TCP/UDP/TCP LISTENER/UDP SERVICE",'
                b'"<IP_address>/<domain_name>",<remote_port>,<local_port>,(0-2)',
            ),
            (b"QISEND", b"+QISEND: (0-11),(0-1460)"),
            (b"QISENDEX", b"+QISENDEX: (0-11),<hex_string>"),
            (b"QIRD", b"+QIRD: (0-11),(0-1500)"),
            (b"QICLOSE", b"+QICLOSE: (0-11),(0-65535)"),
            (b"QISWTMD", b"+QISWTMD: (0-11),(0-2)"),
            (b"QISDE", b"+QISDE: (0,1)"),
            (b"QIDNSGIP", b"+QIDNSGIP: (1-16),<hostname>"),
            (b"QIDNSCFG", b"+QIDNSCFG: (1-16),<pridnsaddr>,<secdnsaddr>"),
            (b"QPING", b"+QPING: (1-16),<host>,(1-255),(1-10)"),
            (b"QNTP", b"+QNTP: (1-16),<server>,(1-65535),(0,1)"),
        ):
            self.assertEqual(
                bench.type(b"AT+%b=?\r" % command), b"\r\n%b\r\n\r\nOK\r\n" % shown, command
            )
        self.assertEqual(bench.type(b"AT+QISTATE=?\r"), b"\r\nOK\r\n")
        self.assertEqual(
            bench.type(b"AT+QICFG=?\r"),
            b'\r\n+QICFG: "transpktsize",(1-1460)\r\n'
            b'+QICFG: "transwaittm",(0-20)\r\n'
            b'+QICFG: "dataformat",(0,1),(0,1)\r\n'
            b'+QICFG: "viewmode",(0,1)\r\n'
            b'+QICFG: "recvind",(0,1)\r\n'
            b'+QICFG: "close/mode",(0,1)\r\n'
            b'+QICFG: "sendinfo",(0,1)\r\n'
            b'+QICFG: "tcp/keepalive",(0,1),(1-120),(25-100),(3-10)\r\n'
            b'+QICFG: "qisend/timeout",(0-3600)\r\n'
            b"\r\nOK\r\n",
        )
