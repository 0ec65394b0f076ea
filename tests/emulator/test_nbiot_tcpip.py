"""Sockets without SSL on the emulated BC660K-GL (TCP/IP Application Note; at-facts B.3)."""

from __future__ import annotations

from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import Server
from .nbiotbench import Bench, Case, hold

_OK = "\r\nOK\r\n"
_ERROR = "\r\nERROR\r\n"
_SENT = b"\r\nOK\r\n\r\nSEND OK\r\n"


class PlainCase(Case):
    """A module with a TCP server in its network."""

    def plain(self, **arguments: object) -> Bench:
        """Make a bench."""
        bench = self.bench(**arguments)
        self.serving = Server()
        bench.network.listen("tcp.example", 7, self.serving)
        return bench

    def opened(self, bench: Bench, id: int = 0, tail: str = "") -> None:
        """Open a TCP connection."""
        line = f'AT+QIOPEN=0,{id},"TCP","tcp.example",7{tail}'
        self.assertEqual(bench.say(line), f"{_OK}\r\n+QIOPEN: {id},0\r\n")


class TCPTests(PlainCase):
    """C{"TCP"}."""

    def test_exchange(self) -> None:
        """Bytes go both ways exactly; what comes is on the line of its URC."""
        bench = self.plain()
        self.opened(bench, 3)
        peer = self.serving.peers[-1]
        data = bytes(range(256))
        self.assertEqual(bench.say("AT+QISEND=3,256"), "\r\n> ")
        self.assertEqual(bench.type(data), _SENT)
        bench.say("AT+QISEND=3")
        self.assertEqual(bench.type(b"more\x1a"), _SENT)
        self.assertEqual(peer.received, data + b"more")
        peer.write(data)
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "recv",3,256,"%b"\r\n' % data)

    def test_hex(self) -> None:
        """C{AT+QICFG="dataformat"} has digits sent and received, two to a byte."""
        bench = self.plain()
        bench.ok('AT+QICFG="dataformat",1,1')
        self.assertIn('"dataformat",1,1\r\n', bench.say('AT+QICFG="dataformat"'))
        self.opened(bench)
        peer = self.serving.peers[-1]
        bench.say("AT+QISEND=0,2")
        self.assertEqual(bench.type(b"4AfF"), _SENT)
        self.assertEqual(peer.received, b"J\xff")
        peer.write(b"\0\xff")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QIURC: "recv",0,2,"00FF"\r\n')

    def test_closed_by_peer(self) -> None:
        """C{closed} comes behind the data; the id is in use until C{AT+QICLOSE}."""
        bench = self.plain()
        self.opened(bench)
        peer = self.serving.peers[-1]
        peer.write(b"bye")
        peer.close()
        bench.settle(1)
        expected = b'\r\n+QIURC: "recv",0,3,"bye"\r\n\r\n+QIURC: "closed",0\r\n'
        self.assertEqual(bench.screen.take(), expected)
        self.assertIn(",4,0,1\r\n", bench.say("AT+QISTATE=1,0"))
        refused = f"{_OK}\r\n+QIOPEN: 0,563\r\n"
        self.assertEqual(bench.say('AT+QIOPEN=0,0,"TCP","tcp.example",7'), refused)
        bench.ok("AT+QICLOSE=0")
        self.opened(bench)

    def test_states(self) -> None:
        """C{AT+QISTATE} lists all, those of the context, or one; SSL is not among them."""
        bench = self.plain()
        self.assertEqual(bench.say("AT+QISTATE?"), _OK)
        bench.open()
        self.opened(bench, 0, ",1234")
        self.opened(bench, 4, ",0,1")
        first = '+QISTATE: 0,"TCP","198.18.0.2",7,1234,2,0,1\r\n'
        for command in ("AT+QISTATE?", "AT+QISTATE=0,0"):
            shown = bench.say(command)
            self.assertEqual(shown.count("+QISTATE: "), 2)
            self.assertIn(first, shown)
        self.assertEqual(bench.say("AT+QISTATE=1,0"), f"\r\n{first}{_OK}")
        self.assertEqual(bench.say("AT+QISTATE=1,2"), _OK)
        for tail in ("0,1", "1,5", "2,0", "0"):
            self.assertEqual(bench.say(f"AT+QISTATE={tail}"), _ERROR, tail)

    def test_ids_apart(self) -> None:
        """The SSL connection and a socket of the same number go on side by side."""
        bench = self.plain()
        secure = bench.open()
        self.opened(bench)
        secure.write(b"a")
        self.serving.peers[-1].write(b"b")
        bench.settle()
        shown = bench.screen.take()
        self.assertIn(b'+QSSLURC: "recv",0,0,1,"a"', shown)
        self.assertIn(b'+QIURC: "recv",0,1,"b"', shown)
        bench.say("AT+QSSLCLOSE=0,0")
        self.assertIn(",2,0,1\r\n", bench.say("AT+QISTATE=1,0"))

    def test_refused(self) -> None:
        """What the note does not have is an ERROR, and opens nothing."""
        bench = self.plain()
        for tail in (
            '1,0,"TCP","tcp.example",7', '0,5,"TCP","tcp.example",7', '0,0,"TLS","tcp.example",7',
            '0,0,"TCP LISTENER","127.0.0.1",0,7', '0,0,"TCP","tcp.example",0',
            '0,0,"TCP","tcp.example",7,0,0', '0,0,"TCP","tcp.example",7,0,2', '0,0,"TCP","",7',
            '0,0,"TCP","tcp.example",7,0,1,1', "0", "",
        ):  # fmt: skip
            self.assertEqual(bench.say(f"AT+QIOPEN={tail}"), _ERROR, tail)
        for tail in ("0,0", "0,1359", "5,1", "0,1,1", ""):
            self.assertEqual(bench.say(f"AT+QISEND={tail}"), _ERROR, tail)
        for tail in ("5", "0,1", ""):
            self.assertEqual(bench.say(f"AT+QICLOSE={tail}"), _ERROR, tail)
        self.assertEqual(bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT] * 2)
        self.assertEqual(bench.say("AT+QISEND=0,1"), _ERROR)
        self.assertEqual(bench.say("AT+QICLOSE=0"), _ERROR)
        kinds = [VerdictKind.SEND_TO_CLOSED, VerdictKind.CLOSE_OF_UNOPENED_ID]
        self.assertEqual(bench.kinds()[2:], kinds)
        self.assertEqual(self.serving.peers, [])

    def test_failures(self) -> None:
        """Name, connection, own port, time and network have the codes of the TCP/IP note."""
        bench = self.plain()
        bench.network.silence("tcp.example", 8)
        for host, tail, seconds, code in (
            ("nowhere.example", "7", 0, 565),
            ("tcp.example", "9", 0, 566),
            ("tcp.example", "8", 61, 569),
        ):
            answer = bench.say(f'AT+QIOPEN=0,0,"TCP","{host}",{tail}', seconds)
            self.assertEqual(answer, f"{_OK}\r\n+QIOPEN: 0,{code}\r\n")
        self.opened(bench, 0, ",1234")
        answer = bench.say('AT+QIOPEN=0,1,"TCP","tcp.example",7,1234')
        self.assertEqual(answer, f"{_OK}\r\n+QIOPEN: 1,556\r\n")
        bench.ok("AT+CFUN=0")
        answer = bench.say('AT+QIOPEN=0,2,"TCP","tcp.example",7')
        self.assertEqual(answer, f"{_OK}\r\n+QIOPEN: 2,561\r\n")

    def test_send_fail(self) -> None:
        """A full buffer is SEND FAIL behind OK; the same bytes are taken later."""
        bench = self.plain(settings=ModuleSettings(send_limit=2048))
        self.opened(bench)
        peer = self.serving.peers[-1]
        hold(peer)
        taken = 0
        while True:
            bench.say("AT+QISEND=0,1358")
            answer = bench.type(b"x" * 1358)
            if answer != _SENT:
                break
            taken += 1358
        self.assertEqual(answer, b"\r\nOK\r\n\r\nSEND FAIL\r\n")
        hold(peer, False)
        bench.settle(1)
        self.assertEqual(len(peer.received), taken)

    def test_cancelled(self) -> None:
        """ESC sends nothing; a connection that goes in the body is an ERROR."""
        bench = self.plain()
        self.opened(bench)
        bench.say("AT+QISEND=0")
        self.assertEqual(bench.type(b"no\x1b"), b"\r\nOK\r\n")
        bench.say("AT+QISEND=0,5")
        self.serving.peers[-1].close()
        bench.settle()
        self.assertTrue(bench.type(b"hello").startswith(b"\r\nERROR\r\n"))
        self.assertEqual(self.serving.peers[-1].received, b"")


class DatagramTests(PlainCase):
    """C{"UDP"} and C{"UDP SERVICE"}."""

    def setUp(self) -> None:
        super().setUp()
        self.came: list[tuple[bytes, tuple[str, int]]] = []

    def test_peer(self) -> None:
        """Datagrams go to the one peer, and come from it, one to a URC."""
        bench = self.plain()
        far = bench.network.datagram("udp.example", 9, lambda *one: self.came.append(one))
        line = 'AT+QIOPEN=0,1,"UDP","udp.example",9,4000'
        self.assertEqual(bench.say(line), f"{_OK}\r\n+QIOPEN: 1,0\r\n")
        bench.say("AT+QISEND=1,3")
        self.assertEqual(bench.type(b"\0\xff\x1a"), _SENT)
        self.assertEqual(self.came, [(b"\0\xff\x1a", ("10.7.157.1", 4000))])
        for data in (b"one", b"two"):
            far.write(data, self.came[0][1])
        bench.settle()
        expected = b'\r\n+QIURC: "recv",1,3,"one"\r\n\r\n+QIURC: "recv",1,3,"two"\r\n'
        self.assertEqual(bench.screen.take(), expected)
        self.assertEqual(bench.say('AT+QISEND=1,"10.0.0.1",9,3'), _ERROR)
        bench.ok("AT+QICLOSE=1")

    def test_service(self) -> None:
        """A service says with each send where to, and is told where from."""
        bench = self.plain()
        far = bench.network.datagram("udp.example", 9, lambda *one: self.came.append(one))
        line = 'AT+QIOPEN=0,2,"UDP SERVICE","127.0.0.1",0,4001,1'
        self.assertEqual(bench.say(line), f"{_OK}\r\n+QIOPEN: 2,0\r\n")
        bench.say(f'AT+QISEND=2,"{far.address}",9,3')
        self.assertEqual(bench.type(b"hey"), _SENT)
        self.assertEqual(self.came, [(b"hey", ("10.7.157.1", 4001))])
        far.write(b"you", self.came[0][1])
        bench.settle()
        expected = f'\r\n+QIURC: "recv",2,3,"{far.address}",9,"you"\r\n'
        self.assertEqual(bench.screen.take(), expected.encode())
        for tail in ("2,3", '2,"udp.example",9,3', f'2,"{far.address}",0,3'):
            self.assertEqual(bench.say(f"AT+QISEND={tail}"), _ERROR, tail)


class InternetTests(PlainCase):
    """Names, time, reachability, options."""

    def test_names(self) -> None:
        """C{AT+QIDNSGIP} answers with URCs; C{AT+QIDNSCFG} has the network's servers, or own."""
        bench = self.plain()
        shown = bench.say('AT+QIDNSGIP=0,"tcp.example"')
        urcs = '\r\n+QIURC: "dnsgip",0,1,600\r\n\r\n+QIURC: "dnsgip","198.18.0.2"\r\n'
        self.assertEqual(shown, _OK + urcs)
        shown = '\r\n+QIDNSCFG: 0,"10.7.157.53","10.7.157.54"\r\n'
        self.assertEqual(bench.say("AT+QIDNSCFG=0"), shown + _OK)
        bench.ok('AT+QIDNSCFG=0,"8.8.8.8"')
        self.assertIn('"8.8.8.8","10.7.157.54"', bench.say("AT+QIDNSCFG=0"))
        bench.ok('AT+QIDNSCFG=0,"8.8.8.8","9.9.9.9"', "AT+CFUN=0")
        self.assertIn('"8.8.8.8","9.9.9.9"', bench.say("AT+QIDNSCFG=0"))
        for tail in ('0,"dns.example"', '1,"8.8.8.8"', ""):
            self.assertEqual(bench.say(f"AT+QIDNSCFG={tail}"), _ERROR, tail)
        self.assertEqual(bench.say('AT+QIDNSGIP=0,"tcp.example"'), _ERROR)

    def test_others(self) -> None:
        """C{AT+QPING}, C{AT+QNTP} and C{AT+QICFG}, with their test forms."""
        bench = self.plain()
        self.assertIn("+QPING: 0,1,1,0,", bench.say('AT+QPING=0,"tcp.example",4,1', 1))
        self.assertIn("+QNTP: 0,", bench.say('AT+QNTP=0,"tcp.example"', 1))
        for name, shown in (
            ("QPING", "+QPING: (0),<host>"),
            ("QNTP", "+QNTP: (0),<server>"),
            ("QIDNSGIP", "+QIDNSGIP: (0),<hostname>"),
            ("QIDNSCFG", "+QIDNSCFG: (0),<pridnsaddr>"),
            ("QICFG", '+QICFG: "dataformat",(0,1),(0,1)'),
            ("QIOPEN", '+QIOPEN: (0),(0-4),"TCP/UDP/UDP SERVICE"'),
            ("QISEND", "+QISEND: (0-4),(1-1358)"),
            ("QICLOSE", "+QICLOSE: (0-4)"),
            ("QISTATE", "\r\nOK"),
        ):
            self.assertIn(shown, bench.say(f"AT+{name}=?"))
        for tail in (
            '"dataformat",1',
            '"dataformat",2,0',
            '"viewmode",1',
            '"dataformat",1,1,1',
            "",
        ):
            self.assertEqual(bench.say(f"AT+QICFG={tail}"), _ERROR, tail)
