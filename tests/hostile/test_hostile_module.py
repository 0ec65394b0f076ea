"""What a module says that has no sense, no end or no measure does no harm.

Between the answers of a module that otherwise works stands what it should not
say; the connection goes on, byte for byte, and the dialogue stays in step.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from typing import Any

from twisted.internet.error import ConnectionLost

from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import Mixed, VirtualCase

#: What a flood may take of memory at any time, beside the flood itself.
MEMORY = 2 * 1024 * 1024

NUMBERS = (
    b"1000000000",
    b"-1",
    b"-1000000000",
    b"12",
    b"99",
    b"255",
    b"1000",
    b"99999999999999999999999999",
    b"0x7fffffff",
    b"1e9",
    b"",
    b'"',
    b"\xff",
)

#: Lines in which a number stands where modules have one.
WITH_NUMBERS = (
    b'+QSSLURC: "recv",%b',
    b'+QSSLURC: "recv",%b,1500',
    b'+QSSLURC: "recv",0,%b',
    b'+QSSLURC: "closed",%b',
    b"+QSSLURC: %b,%b",
    b"+QSSLOPEN: %b,0",
    b"+QSSLOPEN: 0,%b",
    b'+QIURC: "pdpdeact",%b',
    b"+QSSLRECV: %b",
    b"+QIGETERROR: %b",
    b"+QSSLSTATE: %b",
    b"+CEREG: %b",
    b"+CSQ: %b,%b",
)

#: Answers, without a question.
ANSWERS = (
    b"OK",
    b"ERROR",
    b"+CME ERROR: 3",
    b"+CME ERROR: -1",
    b"+CME ERROR: 1000000000",
    b"SEND OK",
    b"SEND FAIL",
    b"NO CARRIER",
    b"CONNECT",
    b"CONNECT 1000000000",
    b"BUSY",
    b"CLOSE OK",
    b'+QSSLSTATE: 0,"SSLClient","10.0.0.1",443,1,4,1,0,0,"usbmodem",0',
    b"+QSSLRECV: 1500",
    b"+QFUPL: 1000000000,ffff",
    b"+CMEE: 1",
    b'+QSSLCFG: "seclevel",0,0',
    b"EC25",
)


class HostileModule(Mixed):
    """Mixed into a case for each access mode."""

    def begin(self, **arguments: Any) -> Any:
        """Have one connection that works."""
        self.emulated = self.emulate(**arguments)
        self.serving = self.serve(Echo)
        self.peer = self.connect(self.endpoint(self.emulated, mode=self.mode))
        self.sent = 0
        self.works()
        self.settle()

    def works(self, piece: bytes = b"") -> None:
        """The connection carries bytes, in order and without more."""
        data = b"<%d>" % self.sent + bytes(range(256))
        self.peer.transport.write(data)
        self.sent += len(data)
        self.until(lambda: self.peer.count >= self.sent or self.peer.reasons)
        self.assertEqual(self.peer.reasons, [], piece)
        self.assertEqual(bytes(self.peer.received[-len(data) :]), data)
        self.assertEqual(self.peer.count, self.sent)

    def say(self, data: bytes) -> None:
        """Have the module say something on the port for commands."""
        self.emulated.module.port("usbmodem").write(data)

    def survives(self, pieces: Iterable[bytes]) -> None:
        """Each piece is said while nothing is in flight, and does nothing."""
        self.begin()
        for piece in pieces:
            self.say(piece)
            self.settle()
            self.works(piece[:80])
            self.settle()
        self.in_step()

    def in_step(self) -> None:
        """Commands get their own answers, and the next connection works."""
        signal = self.result_of(self.emulated.modem().signal())
        self.assertEqual((signal.rssi, signal.ber), (-57, None))
        if self.kind.at_once(self.mode) == 1:
            self.peer.transport.loseConnection()
            self.end_of(self.peer)
        other = self.connect(self.endpoint(self.emulated, mode=self.mode))
        other.transport.write(b"next")
        self.result_of(other.when_received(4))
        for each in (other, self.peer):
            each.transport.loseConnection()
            self.end_of(each)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_numbers(self) -> None:
        """Counts of 10^9, negative and other impossible numbers, ids of nobody."""
        lines = []
        for line in WITH_NUMBERS:
            for number in NUMBERS:
                if self.mode == "push" and b'recv",0' in line and number.isdigit():
                    # that so many bytes follow of a connection that pushes is to be believed
                    number = b"4097"
                if b"pdpdeact" in line and not number.strip(b'"'):
                    continue  # without a number it stands for all
                lines.append(b"\r\n" + line.replace(b"%b", number) + b"\r\n")
        self.survives(lines)

    def test_sockets_never_opened(self) -> None:
        """URCs for connections that were never opened."""
        lines = []
        for id in range(1, 12):
            for what in (b'"recv",%d', b'"recv",%d,1500', b'"closed",%d'):
                lines.append(b"\r\n+QSSLURC: " + what % id + b"\r\n")
            lines.append(b"\r\n+QSSLOPEN: %d,0\r\n" % id)
        self.survives(lines)

    def test_answers_nobody_asked_for(self) -> None:
        """Final results, information responses and prompts without a command."""
        self.survives([b"\r\n" + line + b"\r\n" for line in ANSWERS] + [b"\r\n> ", b">", b"\r\n>"])

    def test_rubbish(self) -> None:
        """All byte values, alone and in lines; empty lines; lines without an end."""
        every = bytes(range(256))
        self.survives(
            [
                *(bytes([value]) * 3 + b"\r\n" for value in range(256)),
                every * 8 + b"\r\n",
                b"\r\n" * 5000,
                b"\r" * 5000 + b"\n",
                b"\0" * 5000 + b"\r\n",
                b"+" * 5000 + b"\r\n",
                b"+QSSLURC:" + b" " * 4000 + b"\r\n",
                b'+QSSLURC: "' + b"a" * 4000 + b"\r\n",
                b"+QIURC: " + b"," * 4000 + b"\r\n",
                b"+QIURC: " + b'"' * 4000 + b"\r\n",
                b"+QSSLOPEN: " + b"1" * 4000 + b"\r\n",
            ]
        )

    def measured(self, data: bytes, pieces: int = 16384) -> None:
        """Say much, and look what it takes of memory and of each turn."""
        self.begin()
        tracemalloc.start()
        try:
            base = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            for start in range(0, len(data), pieces):
                self.say(data[start : start + pieces])
                self.settle()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.assertLess(peak - base, MEMORY)
        self.works()
        self.in_step()

    def test_flood(self) -> None:
        """100,000 URCs: what concerns nobody takes no memory and does nothing."""
        self.measured(b'\r\n+QSSLURC: "recv",7\r\n' * 50000 + b'\r\n+QIND: "csq",20,99\r\n' * 50000)

    def test_endless_line(self) -> None:
        """A line of four million bytes takes no memory, and is no line."""
        self.measured(b"\r\n+QIND: " + b"x" * 4_000_000 + b"\r\n")

    def test_endless_line_within_an_answer(self) -> None:
        """An endless line in front of an answer does not take the answer with it."""
        self.begin()
        asked = self.emulated.modem().signal()
        self.say(b"\r\n" + b"x" * 1_000_000 + b"\r\n")
        self.assertEqual(self.result_of(asked).rssi, -57)
        self.works()
        self.in_step()


class BufferHostileModuleTests(HostileModule, VirtualCase):
    """In buffer mode."""

    mode = "buffer"


class PushHostileModuleTests(HostileModule, VirtualCase):
    """In push mode."""

    mode = "push"

    def test_endless_block(self) -> None:
        """A push that never ends its block: the connection is lost, once, and the next works."""
        self.begin()
        self.say(b'\r\n+QSSLURC: "recv",0,4096\r\nonly this')
        self.settle()
        self.peer.transport.write(b"anybody there?")
        self.assertIsInstance(self.end_of(self.peer, 120.0), ConnectionLost)
        self.settle(30.0)
        self.assertEqual(len(self.peer.reasons), 1)
        self.peer = self.connect(self.endpoint(self.emulated, mode=self.mode), seconds=120.0)
        self.sent = 0
        self.works()
        self.in_step()


class TransparentHostileModuleTests(HostileModule, VirtualCase):
    """In transparent mode, on the port for commands beside."""

    mode = "transparent"
