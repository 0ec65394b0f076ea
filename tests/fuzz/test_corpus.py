"""The corpus of the fuzzer, replayed; and that reading takes time in proportion."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz.run import mutated, seeds
from tests.fuzz.targets import TARGETS
from twisted_quectel.at import parse_info
from twisted_quectel.at.framing import Framer
from twisted_quectel.at.results import parse_result
from twisted_quectel.families import Firmware
from twisted_quectel.families.lte import LTEFamily

#: Inputs that are made of the corpus in the ordinary suite, for each target.
MUTATIONS = 300


class CorpusTests(SynchronousTestCase):
    """Each target takes its corpus, and what is like it."""

    def replay(self, name: str) -> None:
        """Run a target on what has been worth keeping, then on variations of it."""
        inputs = seeds(name)
        self.assertGreater(len(inputs), 10)
        chance = random.Random(name)
        for data in [*inputs, *(mutated(chance, inputs) for _ in range(MUTATIONS))]:
            try:
                TARGETS[name](data)
            except Exception as e:
                raise self.failureException(f"{name} fails for {data!r}") from e

    def test_framer(self) -> None:
        """The framer gives the same events however a stream is cut, within its limits."""
        self.replay("framer")

    def test_syntax(self) -> None:
        """Lines, fields and results are taken apart without an error."""
        self.replay("syntax")

    def test_urcs(self) -> None:
        """So are the URCs and answers of the LTE family."""
        self.replay("urcs")

    def test_other_urcs(self) -> None:
        """So are those of the other families."""
        self.replay("other_urcs")

    def test_inline(self) -> None:
        """Lines that bring counted bytes are the same however they are cut."""
        self.replay("inline")

    def test_port(self) -> None:
        """On a whole port every command ends once, in one of the named errors if not well."""
        self.replay("port")


FAMILY = LTEFamily(Firmware("EC25"))

#: Lines whose end is put together from so many of these.
REPEATED = (
    b" ",
    b"\t",
    b"a",
    b"1",
    b",",
    b'"',
    b'",',
    b'"a",',
    b"+",
    b"\r",
    b"\xff",
    b'+QICSGP:1,"',
    b'+QSSLCFG:"psk",',
    b"AT+CPIN=",
    b" :",
)
BEGINNINGS = (
    b"",
    b"+A",
    b"+QSSLURC:",
    b'+QSSLURC: "',
    b"+QSSLRECV: 1",
    b"+CME ERROR:",
    b"CONNECT ",
)


class ProportionTests(SynchronousTestCase):
    """Four times the input takes about four times as long, not sixteen."""

    def cost(self, read: Callable[[bytes], object], data: bytes) -> float:
        """Give the least processor time that a reading takes."""
        costs = []
        # the collector's work grows with all that the process holds, not with what is read
        gc.disable()
        try:
            for _ in range(3):
                begin = time.process_time()
                read(data)
                costs.append(time.process_time() - begin)
        finally:
            gc.enable()
        return min(costs)

    def in_proportion(
        self, read: Callable[[bytes], object], piece: bytes, beginning: bytes = b""
    ) -> None:
        """Compare two sizes; what takes next to nothing is not compared."""
        short, long = (beginning + piece * (size // len(piece)) for size in (16000, 64000))
        cost = self.cost(read, long)
        if cost > 0.1:
            self.assertLess(cost, 10 * self.cost(read, short), (beginning, piece))

    def test_lines(self) -> None:
        """Lines, for whoever reads them."""
        readers: tuple[Callable[[bytes], object], ...] = (
            parse_info,
            parse_result,
            FAMILY.redact,
            lambda line: FAMILY.read_urc(line, b""),
            lambda line: FAMILY.block_length(line, lambda id: True),
        )
        for read in readers:
            for beginning in BEGINNINGS:
                for piece in REPEATED:
                    self.in_proportion(read, piece, beginning)

    def test_framing(self) -> None:
        """A stream, byte by byte and whole."""

        def byte_by_byte(data: bytes) -> None:
            reader = Framer(lambda line: 0)
            for start in range(len(data)):
                reader.feed(data[start : start + 1])
                while reader.next_event() is not None:
                    pass

        def whole(data: bytes) -> None:
            reader = Framer(lambda line: 0)
            reader.feed(data)
            while reader.next_event() is not None:
                pass

        for line in (b"\r\n", b"x", b"\r", b"\r\nOK\r\n", b"> "):
            for read in (byte_by_byte, whole):
                self.in_proportion(read, line)
