"""Lines that bring counted bytes in them, however they are cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.at.cuts import every_cut
from twisted_quectel.at.framing import Event, Framer, Kind
from twisted_quectel.families.nbiot import formats

HEAD = b'+QSSLURC: "recv",0,0,%d,'


#: The connection whose datagrams come with their source.
SERVICE = 2


def framed(pieces: list[bytes]) -> list[Event]:
    """Give the events of a port to which these pieces come."""
    framer = Framer(lambda line: 0)
    framer.inline = lambda start: formats.read_inline(start, (SERVICE,))
    events = []
    for piece in pieces:
        framer.feed(piece)
        while (event := framer.next_event()) is not None:
            events.append(event)
    return events


def shown(data: bytes, quoted: bool) -> bytes:
    """Give what a module says of some data."""
    quote = b'"' * quoted
    return b"\r\n%b%b%b%b\r\n" % (HEAD % len(data), quote, data, quote)


class InlineTests(SynchronousTestCase):
    """Data in quotes, or without."""

    def check(self, data: bytes, quoted: bool) -> None:
        """Cut it everywhere."""
        wire = shown(data, quoted) + b"\r\nOK\r\n" + shown(data, quoted)
        block = Event(Kind.BLOCK, HEAD % len(data), data)
        for cut in every_cut(wire):
            self.assertEqual(framed(list(cut)), [block, Event(Kind.LINE, b"OK"), block])

    def test_data_that_looks_like_more(self) -> None:
        """Quotes, line ends, URCs and results in the data are data."""
        for data in (b"x", b'"', b'""', b'"\r\n', b'\r\nOK\r\n"', b'+QSSLURC: "closed",0,0\r\n'):
            for quoted in (True, False):
                self.check(data, quoted)

    @given(st.binary(min_size=1, max_size=60), st.booleans(), st.integers(1, 40))
    @settings(max_examples=300, deadline=None)
    def test_anything(self, data: bytes, quoted: bool, size: int) -> None:
        """Whatever the data is, and however it comes."""
        wire = shown(data, quoted) * 2
        pieces = [wire[start : start + size] for start in range(0, len(wire), size)]
        block = Event(Kind.BLOCK, HEAD % len(data), data)
        self.assertEqual(framed(pieces), [block, block])

    def test_other_lines(self) -> None:
        """What brings no data, or too much to be true, is a line."""
        for line in (
            b'+QSSLURC: "closed",0,0',
            b'+QSSLURC: "recv",0,0,0,""',
            b'+QSSLURC: "recv",0,0,1401,"x"',
            b'+QSSLURC: "recv",0,0,1,"xy"',
            b'+QSSLURC: "recv",0,0,1,xy',
            b'+QSSLURC: "recv",0,0,2,"xy"z',
            b'+QSSLURC: "recv",0,0,5',
            b'+QIURC: "dnsgip",0,1,60',
        ):
            self.assertEqual(framed([b"\r\n" + line + b"\r\n"]), [Event(Kind.LINE, line)])

    def test_source(self) -> None:
        """The line of a service's datagram says where it came from, however it is cut."""
        for data in (b'a"b', b"x", b'"192.0.2.8",1,'):
            wire = b'\r\n+QIURC: "recv",2,%d,"192.0.2.7",4000,"%b"\r\n' % (len(data), data)
            for cut in every_cut(wire):
                (event,) = framed(list(cut))
                self.assertEqual(event.block, data)
                head = formats.read_head(event.data, (SERVICE,))
                assert head is not None
                self.assertEqual((head.connection, head.source), (2, ("192.0.2.7", 4000)))

    def test_data_that_looks_like_a_source(self) -> None:
        """On any other connection what looks like a source is data."""
        data = b'"192.0.2.7",4000,"a"'
        for quoted in (b"", b'"'):
            wire = b'\r\n+QIURC: "recv",3,%d,%b%b%b\r\n' % (len(data), quoted, data, quoted)
            for cut in every_cut(wire + b"\r\nOK\r\n"):
                event, ok = framed(list(cut))
                self.assertEqual((event.block, ok.data), (data, b"OK"))
                head = formats.read_head(event.data, (SERVICE,))
                assert head is not None
                self.assertIsNone(head.source)

    def test_digits(self) -> None:
        """Hexadecimal digits are read whether their bytes or they themselves are counted."""
        for length in (3, 6):
            line = b'+QSSLURC: "recv",0,0,%d,"0D0AFF"' % length
            head = formats.read_head(line)
            assert head is not None
            self.assertEqual(formats.read_hex(line, head), b"\r\n\xff")
        for wrong in (b"0D0AF", b"0D0AFG", b""):
            line = b'+QSSLURC: "recv",0,0,3,"%b"' % wrong
            head = formats.read_head(line)
            assert head is not None
            self.assertIsNone(formats.read_hex(line, head))
