"""Connections with SSL on GSM modules: SSL note, chapters 2.2.2 to 2.2.6 and 2.2.10."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT, calls
from tests.tables.golden_gsm import READ_FORMS, TEST_FORMS
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import GSMBench

ERROR = b"\r\nERROR\r\n"
OK = b"\r\nOK\r\n"


class FormTests(SynchronousTestCase):
    """What the tables of chapter 2.2 print."""

    def test_test_forms(self) -> None:
        """The test forms answer what is printed."""
        bench = GSMBench()
        for name, line in TEST_FORMS.items():
            told = f"\r\n{line}\r\n\r\nOK\r\n" if line else "\r\nOK\r\n"
            self.assertEqual(bench.type(f"AT{name}=?").decode(), told)

    def test_read_forms(self) -> None:
        """Where a read form is printed it is C{OK}, elsewhere C{ERROR}."""
        bench = GSMBench()
        for name in TEST_FORMS:
            expected = OK if name in READ_FORMS else ERROR
            self.assertEqual(bench.type(f"AT{name}?"), expected, name)

    def test_execution(self) -> None:
        """Only the state is asked for without parameters."""
        bench = GSMBench()
        for name in TEST_FORMS:
            if name != "+QSSLSTATE":
                self.assertEqual(bench.type(f"AT{name}"), ERROR, name)


class OpenTests(SynchronousTestCase):
    """C{AT+QSSLOPEN}."""

    def setUp(self) -> None:
        self.bench = GSMBench()
        self.bench.activate()

    def open(self, text: str, seconds: float = 0.0) -> bytes:
        """Type an open."""
        return self.bench.type(f"AT+QSSLOPEN={text}", seconds)

    def test_success(self) -> None:
        """C{OK}, and the result 0 behind it; each index can be used."""
        for id in range(6):
            answer = self.open(f'{id},0,"{HOST}",{PORT},0')
            self.assertEqual(answer, b"\r\nOK\r\n\r\n+QSSLOPEN: %d,0\r\n" % id)
        self.assertEqual(len(self.bench.server.peers), 6)

    def test_failure(self) -> None:
        """Whatever goes wrong is -1; the index is free then."""
        for host, port in (("nobody.example", 1), (HOST, 1), (HOST, PORT)):
            if (host, port) == (HOST, PORT):
                self.bench.ok('AT+QSSLCFG="seclevel",0,1')  # without a CA
            answer = self.open(f'1,0,"{host}",{port},0')
            self.assertEqual(answer, b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-1\r\n")
        self.bench.ok('AT+QSSLCFG="seclevel",0,0')
        self.bench.open(1)

    def test_occupied(self) -> None:
        """An index in use, with SSL or without, is -2, and a verdict."""
        self.bench.open(1)
        self.bench.open_tcp(2)
        for id in (1, 2):
            self.assertEqual(
                self.open(f'{id},0,"{HOST}",{PORT},0'),
                b"\r\nOK\r\n\r\n+QSSLOPEN: %d,-2\r\n" % id,
            )
        self.assertEqual(self.open(f'1,0,"{HOST}",{PORT},1'), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID] * 3)
        self.assertEqual(len(list(self.bench.module.sockets)), 2)

    def test_parameters(self) -> None:
        """What is out of range, missing or one too many is C{ERROR} at once."""
        for text in (
            f'6,0,"{HOST}",{PORT},0',
            f'-1,0,"{HOST}",{PORT},0',
            f'1,6,"{HOST}",{PORT},0',
            f"1,0,{HOST},{PORT},0",
            f'1,0,"",{PORT},0',
            f'1,0,"{"x" * 256}",{PORT},0',
            f'1,0,"{HOST}",0,0',
            f'1,0,"{HOST}",65536,0',
            f'1,0,"{HOST}","{PORT}",0',
            f'1,0,"{HOST}",{PORT}',
            f'1,0,"{HOST}",{PORT},2',
            f'1,0,"{HOST}",{PORT},0,9',
            f'1,0,"{HOST}",{PORT},0,301',
            f'1,0,"{HOST}",{PORT},0,90,1',
            f'1,0,"{HOST}"x,{PORT},0',
        ):
            self.assertEqual(self.open(text), ERROR, text)
        self.assertEqual(list(self.bench.module.sockets), [])

    def test_without_context(self) -> None:
        """Without an active context, or with one connection only, it fails."""
        self.bench.type("AT+QIDEACT")
        for mode, answer in ((0, b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-1\r\n"), (1, ERROR)):
            self.assertEqual(self.open(f'1,0,"{HOST}",{PORT},{mode}'), answer)
        self.bench.ok("AT+QIREGAPP", "AT+QIACT", "AT+QIMUX=0")
        self.assertIn(b"+QSSLOPEN: 1,-1", self.open(f'1,0,"{HOST}",{PORT},0'))

    def test_timeout(self) -> None:
        """The time is for all of it: 90 seconds, or what is given; TCP or handshake."""
        self.bench.network.silence(HOST, 1)
        for port in (1, 2):
            if port == 2:
                # TCP is there, TLS never begins
                self.bench.network.listen(HOST, 2, self.bench.plain)
            for given, seconds in (("", 90), (",10", 10), (",300", 300)):
                self.assertEqual(self.open(f'1,0,"{HOST}",{port},0{given}', seconds - 0.5), OK)
                self.assertEqual(self.bench.send(b"", 1.0), b"\r\n+QSSLOPEN: 1,-1\r\n")

    def test_closed_while_opening(self) -> None:
        """A close ends an open that goes on; no result is told any more."""
        self.bench.network.silence(HOST, 1)
        self.assertEqual(self.open(f'1,0,"{HOST}",1,0'), OK)
        state = self.bench.type("AT+QSSLSTATE")
        self.assertIn(b"+QSSLSTATE: 1,TCP,198.18.0.1,1,CONNECTING,1\r\n", state)
        for line in ("AT+QSSLSEND=1,3", "AT+QSSLRECV=0,1,3"):
            self.assertEqual(self.bench.type(line), ERROR)
        self.assertEqual(self.bench.type("AT+QSSLCLOSE=1"), b"\r\nCLOSE OK\r\n")
        self.assertEqual(self.bench.send(b"", 100.0), b"")
        self.bench.open(1)

    def test_nothing_left(self) -> None:
        """A module that is closed in the middle of everything leaves no timer."""
        self.bench.network.silence(HOST, 1)
        self.open(f'1,0,"{HOST}",1,0')
        self.bench.open(2)
        self.bench.type("AT+QSSLSEND=2")
        self.bench.wire.unplug()
        self.bench.module.close()
        self.bench.settle(1.0)
        self.assertEqual(calls(self.bench.clock), [])


class SendTests(SynchronousTestCase):
    """C{AT+QSSLSEND}."""

    def setUp(self) -> None:
        self.bench = GSMBench(settings=ModuleSettings(send_limit=4000))
        self.peer = self.bench.open(1)

    def test_counted(self) -> None:
        """So many bytes, whatever they are."""
        for body in (b"x", b"\x1a\x1b\r\n\0+++OK", bytes(range(256)) * 5 + b"z" * 180):
            self.peer.received = b""
            self.assertEqual(self.bench.type(f"AT+QSSLSEND=1,{len(body)}"), b"\r\n> ")
            self.assertEqual(self.bench.send(body), b"\r\nSEND OK\r\n")
            self.assertEqual(self.peer.received, body)

    def test_uncounted(self) -> None:
        """Ctrl-Z sends, ESC does not."""
        self.assertEqual(self.bench.type("AT+QSSLSEND=1"), b"\r\n> ")
        self.assertEqual(self.bench.send(b"some\r\ndata\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(self.bench.type("AT+QSSLSEND=1"), b"\r\n> ")
        self.assertEqual(self.bench.send(b"others\x1b"), OK)
        self.assertEqual(self.peer.received, b"some\r\ndata")

    def test_too_long(self) -> None:
        """1460 bytes are the most; what is beyond is a verdict."""
        for text in ("1,0", "1,1461", '1,"3"'):
            self.assertEqual(self.bench.type(f"AT+QSSLSEND={text}"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT] * 3)
        self.bench.type("AT+QSSLSEND=1")
        self.assertEqual(self.bench.send(b"x" * 1461 + b"\x1a"), ERROR)
        self.bench.type("AT+QSSLSEND=1")
        self.assertEqual(self.bench.send(b"x" * 1460 + b"\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(self.peer.received, b"x" * 1460)

    def test_blocked(self) -> None:
        """A full buffer is C{SEND FAIL}, and nothing of the body is taken."""
        transport: Any = self.peer.transport
        transport.pauseProducing()
        taken = 0
        for _ in range(100):
            self.bench.type("AT+QSSLSEND=1,1460")
            answer = self.bench.send(b"y" * 1460)
            if answer == b"\r\nSEND FAIL\r\n":
                break
            self.assertEqual(answer, b"\r\nSEND OK\r\n")
            taken += 1460
        else:
            self.fail("it takes everything")
        transport.resumeProducing()
        self.bench.settle()
        self.assertEqual(len(self.peer.received), taken)
        self.bench.type("AT+QSSLSEND=1,3")
        self.assertEqual(self.bench.send(b"end"), b"\r\nSEND OK\r\n")

    def test_not_open(self) -> None:
        """What is not open, or not with SSL, is C{ERROR} ahead of any prompt."""
        self.bench.open_tcp(2)
        for text in ("0,3", "2,3", "6,3", "1,3,3", '"1",3'):
            self.assertEqual(self.bench.type(f"AT+QSSLSEND={text}"), ERROR, text)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_TO_CLOSED] * 2)

    def test_closed_meanwhile(self) -> None:
        """A body for a connection that has just ended is C{ERROR}."""
        self.bench.type("AT+QSSLSEND=1,3")
        self.peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"")
        self.assertEqual(self.bench.send(b"abc"), b'\r\nERROR\r\n\r\n+QSSLURC: "closed",1\r\n')


class ReceiveTests(SynchronousTestCase):
    """C{AT+QSSLRECV} and its URC."""

    def setUp(self) -> None:
        self.bench = GSMBench()
        self.peer = self.bench.open(1)

    def come(self, data: bytes) -> bytes:
        """Have the peer send, and give what is told of it."""
        self.peer.write(data)
        self.bench.settle()
        return self.bench.screen.take()

    def test_told_once(self) -> None:
        """The URC does not come again until all has been read (2.2.5)."""
        self.assertEqual(self.come(b"one"), b'\r\n+QSSLURC: "recv",0,1\r\n')
        self.assertEqual(self.come(b"two"), b"")
        self.assertEqual(
            self.bench.type("AT+QSSLRECV=0,1,4"),
            b"\r\n+QSSLRECV: 198.18.0.1:8883,TCP,4\r\nonet\r\n\r\nOK\r\n",
        )
        self.assertEqual(self.come(b"three"), b"")
        self.assertEqual(
            self.bench.type("AT+QSSLRECV=0,1,1500"),
            b"\r\n+QSSLRECV: 198.18.0.1:8883,TCP,7\r\nwothree\r\n\r\nOK\r\n",
        )
        self.assertEqual(self.bench.type("AT+QSSLRECV=0,1,1500"), OK)
        self.assertEqual(self.come(b"four"), b'\r\n+QSSLURC: "recv",0,1\r\n')

    def test_limits(self) -> None:
        """1 to 1500 bytes of contexts 0 and 1; beyond is a verdict."""
        for text in ("0,1,0", "0,1,1501", '0,1,"1"'):
            self.assertEqual(self.bench.type(f"AT+QSSLRECV={text}"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.READ_BEYOND_LIMIT] * 3)
        for text in ("2,1,10", "1,1,10", "0,6,10", "0,2,10", "0,1", "0,1,10,1"):
            self.assertEqual(self.bench.type(f"AT+QSSLRECV={text}"), ERROR, text)
        self.come(b"x" * 2000)
        self.assertIn(b"TCP,1500\r\n", self.bench.type("AT+QSSLRECV=0,1,1500"))
        self.assertIn(b"TCP,500\r\n", self.bench.type("AT+QSSLRECV=0,1,1500"))

    def test_bytes(self) -> None:
        """Data comes as it is."""
        data = b'OK\r\n+QSSLURC: "closed",1\r\n\0\xff+++NO CARRIER\r\n'
        self.come(data)
        self.assertEqual(
            self.bench.type("AT+QSSLRECV=0,1,1500"),
            b"\r\n+QSSLRECV: 198.18.0.1:8883,TCP,%d\r\n%b\r\n\r\nOK\r\n" % (len(data), data),
        )

    def test_without_ssl(self) -> None:
        """A connection without SSL is not read by it."""
        self.bench.open_tcp(2).write(b"data")
        self.bench.settle()
        self.bench.screen.take()
        self.assertEqual(self.bench.type("AT+QSSLRECV=0,2,10"), ERROR)


class CloseTests(SynchronousTestCase):
    """C{AT+QSSLCLOSE}, and the end that comes from elsewhere."""

    def setUp(self) -> None:
        self.bench = GSMBench()
        self.peer = self.bench.open(1)

    def test_close(self) -> None:
        """C{CLOSE OK}, with or without the reserved type; the peer sees an orderly end."""
        for text in ("1", "1,0", "1,1"):
            self.assertEqual(self.bench.type(f"AT+QSSLCLOSE={text}"), b"\r\nCLOSE OK\r\n")
            self.assertEqual(self.bench.screen.take(), b"")
            self.assertIsNotNone(self.peer.lost)
            self.peer = self.bench.open(1)
        self.assertEqual(self.bench.kinds(), [])

    def test_refused(self) -> None:
        """What is not open, or not with SSL, is C{ERROR}."""
        self.bench.open_tcp(2)
        for text in ("0", "2", "6", "1,2", "1,0,0", '"1"'):
            self.assertEqual(self.bench.type(f"AT+QSSLCLOSE={text}"), ERROR, text)
        self.assertEqual(self.bench.kinds(), [VerdictKind.CLOSE_OF_UNOPENED_ID] * 2)

    def test_careful(self) -> None:
        """A close behind a failed open, or one that crosses the end, is no offence."""
        self.bench.type(f'AT+QSSLOPEN=3,0,"{HOST}",1,0')
        self.peer.close()
        self.bench.settle()
        self.bench.screen.take()
        for id in (1, 3):
            self.assertEqual(self.bench.type(f"AT+QSSLCLOSE={id}"), ERROR)
        self.assertEqual(self.bench.kinds(), [])

    def test_by_itself(self) -> None:
        """The module closes what the peer has ended; the index is free at once."""
        self.peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b'\r\n+QSSLURC: "closed",1\r\n')
        self.assertEqual(list(self.bench.module.sockets), [])
        self.bench.open(1)

    def test_tail(self) -> None:
        """What has come stays to be read behind C{closed}, until the index is used again."""
        self.peer.write(b"the tail")
        self.peer.close()
        self.bench.settle()
        self.assertEqual(
            self.bench.screen.take(),
            b'\r\n+QSSLURC: "recv",0,1\r\n\r\n+QSSLURC: "closed",1\r\n',
        )
        self.assertIn(b"TCP,3\r\nthe\r\n", self.bench.type("AT+QSSLRECV=0,1,3"))
        self.assertIn(b"TCP,5\r\n tail\r\n", self.bench.type("AT+QSSLRECV=0,1,1500"))
        self.assertEqual(self.bench.type("AT+QSSLRECV=0,1,1500"), OK)
        self.assertEqual(self.bench.type("AT+QSSLSEND=1,3"), ERROR)

    def test_tail_is_dropped(self) -> None:
        """A new connection has nothing of the last one."""
        self.peer.write(b"the tail")
        self.peer.close()
        self.bench.settle()
        self.bench.screen.take()
        self.bench.open(1)
        self.assertEqual(self.bench.type("AT+QSSLRECV=0,1,1500"), OK)

    def test_never_open(self) -> None:
        """An index that was not used is not read."""
        self.assertEqual(self.bench.type("AT+QSSLRECV=0,0,1500"), ERROR)
        self.bench.type("AT+QSSLCLOSE=1")
        self.assertEqual(self.bench.type("AT+QSSLRECV=0,1,1500"), ERROR)


class StateTests(SynchronousTestCase):
    """C{AT+QSSLSTATE}."""

    def test_rows(self) -> None:
        """One for each connection, with SSL or without, by index."""
        bench = GSMBench()
        self.assertEqual(bench.type("AT+QSSLSTATE"), b"\r\n+QSSLSTATE: IP INITIAL\r\n\r\nOK\r\n")
        bench.open(4)
        bench.open_tcp(2)
        bench.type('AT+QIOPEN=0,"UDP","192.0.2.9",7')
        self.assertEqual(
            bench.type("AT+QSSLSTATE").decode().split("\r\n")[1:-1],
            [
                "+QSSLSTATE: IP PROCESSING",
                "+QSSLSTATE: 0,UDP,192.0.2.9,7,CONNECTED,0",
                "+QSSLSTATE: 2,TCP,192.0.2.7,6021,CONNECTED,0",
                "+QSSLSTATE: 4,TCP,198.18.0.1,8883,CONNECTED,1",
                "",
                "OK",
            ],
        )
        self.assertEqual(bench.type("AT+QSSLSTATE=1"), ERROR)

    def test_closing(self) -> None:
        """A close that waits for its end is shown on the other ports."""
        bench = GSMBench(settings=ModuleSettings(send_limit=200000))
        peer = bench.open(1)
        screen, wire = bench.plug("uart1")
        transport: Any = peer.transport
        transport.pauseProducing()
        for _ in range(60):
            bench.type("AT+QSSLSEND=1,1460")
            bench.send(b"y" * 1460)
        self.assertEqual(bench.type("AT+QSSLCLOSE=1"), b"")
        wire.write(b"AT+QSSLSTATE\r")
        bench.settle()
        self.assertIn(b"1,TCP,198.18.0.1,8883,CLOSING,1", screen.take())
        self.assertEqual(bench.send(b"", 10.0), b"\r\nCLOSE OK\r\n")
