"""What a BC660K-GL may push that cannot be: nobody's data, and counts that are wrong."""

from __future__ import annotations

from typing import Any

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.test_nbiot import NBIoTCase
from twisted_quectel import errors


class PushTests(NBIoTCase):
    """Its one connection is open, and the module says something more."""

    def told(self, data: bytes, data_format: str = "text", seconds: float = 3.0) -> Any:
        """Open the connection, and have the module say something."""
        self.network = type(self.network)(self.clock)
        self.description = {"data_format": data_format}
        self.begin(make=Echo)
        peer = self.open()
        self.echoes(peer)
        self.nb().port().write(data)
        self.settle(seconds)
        return peer

    def test_of_no_connection(self) -> None:
        """What is about ids of which there is no connection is nothing to the one there is."""
        for line in (
            b'+QSSLURC: "recv",0,3,4,"abcd"',
            b'+QSSLURC: "recv",7,0,4,"\r\nOK"',
            b'+QSSLURC: "closed",0,3',
            b'+QSSLURC: "closed",9,0',
            b'+QIURC: "recv",2,4,"\r\nOK"',
            b'+QIURC: "recv",5,4,"abcd"',
            b'+QIURC: "recv",99,4,"abcd"',
            b'+QIURC: "closed",5',
            b'+QSSLURC: "recv",0,0,0,""',
        ):
            peer = self.told(b"\r\n" + line + b"\r\n")
            self.echoes(peer)
            self.closes(peer)

    def test_counts(self) -> None:
        """A count that is not that of the bytes is the connection's end, for some are missing."""
        for data_format, counted in (
            ("text", b'1401,"' + b"4a" * 1401 + b'"'),
            ("text", b'1500,"' + b"4a" * 750 + b'"'),
            ("text", b'2,"abcd"'),
            ("text", b"2,abcd"),
            ("text", b'20,"abcd"'),
            ("text", b'0,"abcd"'),
            ("text", b'-4,"abcd"'),
            ("text", b'1234567890,"abcd"'),
            ("hex", b'1,"abcd"'),
            ("hex", b'20,"abcd"'),
            ("hex", b'2,"abxy"'),
            ("hex", b'99999,"' + b"4a" * 30000 + b'"'),
        ):
            peer = self.told(b'\r\n+QSSLURC: "recv",0,0,' + counted + b"\r\n", data_format)
            problem = self.end_of(peer)
            self.assertIsInstance(problem, errors.RemoteViolation)
            self.one_line(problem, "how many")
            self.closes(self.open())

    def test_push_that_stops(self) -> None:
        """A push whose rest does not come hides nothing of what the module says then."""
        for more in (b"", b"\r\nRDY\r\n\r\n+CFUN: 1\r\n"):
            peer = self.told(b'\r\n+QSSLURC: "recv",0,0,1000,"abc' + more, seconds=0.1)
            lost = self.emulated.modem().when_lost()
            problem = self.end_of(peer)
            self.assertIsInstance(problem, errors.RemoteViolation)
            self.settle(1.0)
            self.assertEqual(lost.called, bool(more))
            self.closes(self.open())

    def test_answer_behind_it(self) -> None:
        """Nor is the answer to a command lost in it."""
        peer: Any = self.told(b'\r\n+QSSLURC: "recv",0,0,1000,"abc\r\n', seconds=0.1)
        asked = self.emulated.modem().signal()
        self.assertIsInstance(self.end_of(peer), errors.RemoteViolation)
        self.assertEqual(self.result_of(asked).rssi, -57)

    def test_pushes_by_the_byte(self) -> None:
        """A push whose bytes come one by one, each within the time for it, is whole."""
        self.begin(make=Peer)
        peer = self.open()
        for byte in b'\r\n+QSSLURC: "recv",0,0,5,"a\r\n"b"\r\n':
            self.nb().port().write(bytes((byte,)))
            self.settle(1.5)
        self.assertEqual(bytes(peer.received), b'a\r\n"b')
        self.closes(peer)
