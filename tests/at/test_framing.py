"""Tests for L{twisted_quectel.at.framing}."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at.framing import MAX_LINE, Event, Framer, Kind

from .cuts import at_points, every_cut, pieces

#: What ends data mode in these tests.
END = b"\x04"


def block_length(line: bytes) -> int:
    """C{+B: n} announces n bytes."""
    digits = line.removeprefix(b"+B: ")
    return int(digits) if digits != line and digits.isdigit() and len(digits) < 7 else 0


class Reader:
    """Pulls events and says, as a port does, how to read on.

    C{+ARM} makes a prompt due, C{CONNECT} begins data mode, L{END} ends it.
    """

    def __init__(self, max_line: int = 64, max_block: int = 4096) -> None:
        self.framer = Framer(block_length, max_line, max_block)
        self.events: list[Event] = []

    def read(self, chunks: list[bytes]) -> list[Event]:
        """Give the events of a stream, raw ones joined."""
        for chunk in chunks:
            self.framer.feed(chunk)
            while (event := self.framer.next_event()) is not None:
                self.take(event)
        return self.events

    def take(self, event: Event) -> None:
        """Note an event and act on it."""
        framer = self.framer
        if event.kind is Kind.RAW:
            data, end, extra = event.data.partition(END)
            if end:
                framer.set_line(extra)
            last = self.events[-1] if self.events else None
            if last is not None and last.kind is Kind.RAW:
                self.events[-1] = Event(Kind.RAW, last.data + data)
            elif data:
                self.events.append(Event(Kind.RAW, data))
            return
        self.events.append(event)
        if event.kind is Kind.PROMPT:
            framer.prompt_due = False
        elif event.data == b"+ARM":
            framer.prompt_due = True
        elif event.data == b"CONNECT":
            framer.set_raw()


def read(*chunks: bytes, max_line: int = 64, max_block: int = 4096) -> list[Event]:
    """Give the events of a stream."""
    return Reader(max_line, max_block).read(list(chunks))


def line(data: bytes) -> Event:
    """A line."""
    return Event(Kind.LINE, data)


PROMPT = Event(Kind.PROMPT, b"")


class FramingTests(SynchronousTestCase):
    """What the bytes of a port mean."""

    def same_however_cut(self, data: bytes, expected: list[Event]) -> None:
        """Check the events of a stream in each way to cut it."""
        for chunks in every_cut(data):
            self.assertEqual(read(*chunks), expected, chunks)

    def test_lines(self) -> None:
        """A line ends with LF; the CRs before it and empty lines are nothing."""
        self.same_however_cut(
            b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n\n\r\rRDY\r\r\n\n",
            [line(b"+CSQ: 20,99"), line(b"OK"), line(b"RDY")],
        )

    def test_only_line_feeds(self) -> None:
        """Lines may end with LF alone."""
        self.same_however_cut(b"\nA\n\nB\n", [line(b"A"), line(b"B")])

    def test_only_carriage_returns(self) -> None:
        """CR alone ends nothing: such a port is not set as ours are."""
        self.same_however_cut(b"\rA\rB\r", [])

    def test_any_byte(self) -> None:
        """NUL, 0xFF and blanks are bytes of a line like others."""
        self.same_however_cut(b"\0\xff \t\x1a\r\n", [line(b"\0\xff \t\x1a")])

    def test_prompt(self) -> None:
        """A prompt has no line end; the blank behind it belongs to it, one or none."""
        for prompt in (b"\r\n> ", b"\r\n>", b">", b"> "):
            data = b"+ARM\r\n" + prompt + b"\r\nSEND OK\r\n"
            self.same_however_cut(data, [line(b"+ARM"), PROMPT, line(b"SEND OK")])

    def test_text_behind_a_prompt(self) -> None:
        """What follows a prompt directly is the next line."""
        self.same_however_cut(b"+ARM\r\n> OK\r\n", [line(b"+ARM"), PROMPT, line(b"OK")])
        self.same_however_cut(b"+ARM\r\n>  A\r\n", [line(b"+ARM"), PROMPT, line(b" A")])

    def test_prompt_that_is_not_due(self) -> None:
        """A C{>} that nobody waits for is part of a line."""
        self.same_however_cut(b"\r\n> \r\nOK\r\n", [line(b"> "), line(b"OK")])

    def test_prompt_in_a_line(self) -> None:
        """A C{>} within a line is no prompt; lines before the prompt are lines."""
        self.same_however_cut(
            b"+ARM\r\nAT>1\r\n+URC: >\r\n\r\n> ",
            [line(b"+ARM"), line(b"AT>1"), line(b"+URC: >"), PROMPT],
        )

    def test_block(self) -> None:
        """Counted bytes are taken as they are, whatever they look like."""
        for content in (b"\r\nOK\r\n", b"> ", b"+B: 5\r\n", b"NO CARRIER\r\n", b"\0\xff\x1a+++"):
            data = b"+B: %d\r\n%s\r\nOK\r\n" % (len(content), content)
            header = b"+B: %d" % len(content)
            self.same_however_cut(data, [Event(Kind.BLOCK, header, content), line(b"OK")])

    def test_block_after_block(self) -> None:
        """Nothing need stand between a block and the next line."""
        self.same_however_cut(
            b"+B: 2\r\nab+B: 1\r\nc",
            [Event(Kind.BLOCK, b"+B: 2", b"ab"), Event(Kind.BLOCK, b"+B: 1", b"c")],
        )

    def test_block_beyond_the_limit(self) -> None:
        """A line that announces too much is a plain line."""
        self.same_however_cut(b"+B: 4097\r\nOK\r\n", [line(b"+B: 4097"), line(b"OK")])

    def test_unfinished_block(self) -> None:
        """A block is handed out when it is complete, and not before."""
        reader = Reader()
        self.assertEqual(reader.read([b"+B: 4\r\nab", b"c"]), [])
        self.assertEqual(reader.framer.buffered(), 3)
        self.assertEqual(reader.read([b"d"]), [Event(Kind.BLOCK, b"+B: 4", b"abcd")])
        self.assertEqual(reader.framer.buffered(), 0)

    def test_longest_line(self) -> None:
        """A line of just the longest length is one."""
        self.same_however_cut(b"x" * 64 + b"\nOK\r\n", [line(b"x" * 64), line(b"OK")])

    def test_overlong_line(self) -> None:
        """A line that is longer is told once with its start, and its rest dropped."""
        overlong = Event(Kind.OVERLONG, b"x" * 64)
        for extra in (b"x", b"\r", b"x" * 100, b"+B: 5"):
            self.same_however_cut(b"x" * 64 + extra + b"\nOK\r\n", [overlong, line(b"OK")])

    def test_data_mode(self) -> None:
        """What follows C{CONNECT} is raw, until the owner says otherwise."""
        self.same_however_cut(
            b"CONNECT\r\n\r\n> OK\r\n\0" + END + b"\r\nOK\r\n+B: 2\r\nxy",
            [
                line(b"CONNECT"),
                Event(Kind.RAW, b"\r\n> OK\r\n\0"),
                line(b"OK"),
                Event(Kind.BLOCK, b"+B: 2", b"xy"),
            ],
        )

    def test_set_line_forgets(self) -> None:
        """A blank that belonged to a prompt, or a rest to drop, ends with data mode."""
        reader = Reader(max_line=4)
        reader.read([b"+ARM\r\n>"])
        reader.framer.set_raw()
        reader.framer.set_line(b" A\n")
        self.assertEqual(reader.read([b""])[-1], line(b" A"))
        reader.read([b"xxxxxx"])
        reader.framer.set_raw()
        reader.framer.set_line()
        self.assertEqual(reader.read([b"B\n"])[-1], line(b"B"))

    def test_clear(self) -> None:
        """What is cleared is given back, and the next byte begins a line."""
        for unfinished in (b"+CS", b"+B: 9\r\nabc", b"x" * 70, b""):
            reader = Reader()
            reader.read(pieces(unfinished))
            reader.framer.clear()
            self.assertEqual(reader.framer.buffered(), 0)
            self.assertEqual(reader.read([b"OK\r\n"])[-1], line(b"OK"))
        reader = Reader()
        reader.read([b"OK\r\n+B: 9\r\nab", b"c"])
        self.assertEqual(reader.framer.clear(), b"abc")


class LinearTests(SynchronousTestCase):
    """A byte costs its share, however the stream was cut."""

    def test_nothing_is_scanned_twice(self) -> None:
        """Behind each byte of an unfinished line, the search starts with the next one."""
        framer = Framer(block_length)
        for _ in range(200):
            framer.feed(b"x")
            before = framer._scanned
            self.assertIs(framer.next_event(), None)
            self.assertEqual(framer._scanned - before, 1)

    def test_blocks_are_not_searched(self) -> None:
        """Pieces of a block are put aside without a look, and joined once."""
        framer = Framer(block_length)
        framer.feed(b"+B: 1000\r\n")
        self.assertIs(framer.next_event(), None)
        for _ in range(99):
            framer.feed(b"\n" * 10)
            self.assertIs(framer.next_event(), None)
            self.assertEqual((framer._buffer, framer._scanned), (b"", 0))
        framer.feed(b"\n" * 10)
        event = framer.next_event()
        self.assertEqual(event, Event(Kind.BLOCK, b"+B: 1000", b"\n" * 1000))

    def test_each_line_is_asked_about_once(self) -> None:
        """How long its block is is asked for once for each line."""
        asked: list[bytes] = []

        def none(line: bytes) -> int:
            asked.append(line)
            return 0

        framer = Framer(none)
        for piece in pieces(b"\r\nA\r\n\r\nB\r\n" * 3, 2):
            framer.feed(piece)
            while framer.next_event() is not None:
                pass
        self.assertEqual(asked, [b"A", b"B"] * 3)

    def test_many_lines_in_one_read(self) -> None:
        """Lines that lie in one buffer are handed out without moving what follows."""
        framer = Framer(block_length)
        data = b"\r\nOK\r\n" * 50
        framer.feed(data)
        for _ in range(50):
            self.assertEqual(framer.next_event(), line(b"OK"))
            self.assertIs(framer._buffer, data)
        self.assertIs(framer.next_event(), None)


#: Bytes that mean something to the framer, among some that do not.
_PARTS = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b">", b" ", b"+ARM\r\n", b"+B: 3\r\n", b"+B: 99999\r\n",
         b"CONNECT\r\n", END, b"OK\r\n", b"\0", b"\xff", b"x" * 40, b"abc"]
    ),
    max_size=40,
).map(b"".join)  # fmt: skip
_STREAMS = st.one_of(_PARTS, st.binary(max_size=300))


class PropertyTests(SynchronousTestCase):
    """What holds for any stream."""

    @settings(max_examples=150, deadline=None)
    @given(_STREAMS, st.lists(st.integers(min_value=0), max_size=12))
    def test_cuts_do_not_matter(self, data: bytes, points: list[int]) -> None:
        """The events are the same whole, byte by byte, and cut at random."""
        whole = read(data)
        self.assertEqual(read(*pieces(data)), whole)
        self.assertEqual(read(*at_points(data, points)), whole)

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=3000), st.integers(min_value=1, max_value=700))
    def test_memory_is_bounded(self, data: bytes, size: int) -> None:
        """No more waits than one line, or one block, and the read just fed."""
        reader = Reader(max_line=32, max_block=64)
        for piece in pieces(data, size):
            reader.read([piece])
            self.assertLessEqual(reader.framer.buffered(), 64)

    def test_defaults(self) -> None:
        """A line of a megabyte leaves nothing behind."""
        framer = Framer(block_length)
        framer.feed(b"x" * 1_000_000)
        event = framer.next_event()
        self.assertEqual(event, Event(Kind.OVERLONG, b"x" * MAX_LINE))
        self.assertIs(framer.next_event(), None)
        self.assertEqual(framer.buffered(), 0)
