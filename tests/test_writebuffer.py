"""Tests for L{twisted_quectel.writebuffer}."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.writebuffer import WriteBuffer


class WriteBufferTests(SynchronousTestCase):
    """Bytes on their way out."""

    def test_joined(self) -> None:
        """Small writes are given as one block, as long as is asked for."""
        buffer = WriteBuffer()
        for piece in (b"ab", b"", b"cd", b"ef"):
            buffer.append(piece)
        self.assertEqual((len(buffer), buffer.peek(5), buffer.peek(3)), (6, b"abcde", b"abc"))
        self.assertEqual(buffer.peek(100), b"abcdef")

    def test_refused_block_stays(self) -> None:
        """What was looked at is there until it is let go, and begins with the same bytes."""
        buffer = WriteBuffer()
        buffer.append(b"abc")
        block = buffer.peek(3)
        buffer.append(b"def")
        self.assertTrue(buffer.peek(10).startswith(block))
        buffer.drop(3)
        self.assertEqual(buffer.peek(10), b"def")

    def test_empty(self) -> None:
        """An empty buffer gives nothing, and is empty again when cleared."""
        buffer = WriteBuffer()
        self.assertEqual((len(buffer), buffer.peek(5)), (0, b""))
        buffer.append(b"abc")
        buffer.drop(1)
        buffer.clear()
        self.assertEqual((len(buffer), buffer.peek(5)), (0, b""))
        buffer.append(b"x")
        self.assertEqual(buffer.peek(5), b"x")

    def test_joined_once(self) -> None:
        """Bytes that were joined stay joined: the next look copies only the block."""
        buffer = WriteBuffer()
        for _ in range(5000):
            buffer.append(b"x")
        buffer.peek(1460)
        self.assertEqual(len(buffer._pieces), 5000 - 1460 + 1)
        buffer.peek(1460)
        self.assertEqual(len(buffer._pieces), 5000 - 1460 + 1)

    @settings(max_examples=150, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=20),
                st.tuples(st.integers(1, 30), st.integers(0, 30)),
            ),
            max_size=40,
        )
    )
    def test_like_one_string(self, steps: list[bytes | tuple[int, int]]) -> None:
        """It is a string that grows at its end and shrinks at its start."""
        buffer = WriteBuffer()
        model = b""
        for step in steps:
            if isinstance(step, bytes):
                buffer.append(step)
                model += step
            else:
                limit, count = step
                self.assertEqual(buffer.peek(limit), model[:limit])
                count = min(count, len(model))
                buffer.drop(count)
                model = model[count:]
            self.assertEqual(len(buffer), len(model))
        self.assertEqual(buffer.peek(10_000), model)
