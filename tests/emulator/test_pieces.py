"""Tests of how L{twisted_quectel.emulator.killpoints} tells pieces of a dialogue apart."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.killpoints import Piece, Tap, piece_of

from .plainbench import PlainBench


class PieceTests(SynchronousTestCase):
    """What crosses a line."""

    def test_from_the_module(self) -> None:
        """Counted bytes are a block, behind any read or push; the rest is an answer."""
        for data in (
            b"\r\n+QSSLRECV: 4\r\nabcd\r\n\r\nOK\r\n",
            b'\r\n+QSSLURC: "recv",4,4\r\nabcd',
            b"\r\n+QIRD: 4\r\nabcd\r\n\r\nOK\r\n",
            b'\r\n+QIRD: 4,"192.0.2.1",7\r\nabcd\r\n\r\nOK\r\n',
            b'\r\n+QIURC: "recv",11,4\r\nabcd',
            b'\r\n+QIURC: "recv",2,4,"192.0.2.1",7\r\nabcd',
        ):
            self.assertIs(piece_of(data, False), Piece.BLOCK_OUT, data)
        for data in (
            b"\r\n+QIRD: 4,4,0\r\n\r\nOK\r\n",
            b"\r\n+QISEND: 4,4,0\r\n\r\nOK\r\n",
            b'\r\n+QIURC: "recv",2\r\n',
            b'\r\n+QIURC: "incoming",11,1,"192.0.2.1",7\r\n',
        ):
            self.assertIs(piece_of(data, False), Piece.ANSWER, data)
        self.assertIs(piece_of(b"\r\n> ", False), Piece.PROMPT)

    def test_start_of_a_block(self) -> None:
        """A tap knows where the counted bytes of a read begin."""
        bench = PlainBench()
        bench.open_tcp().write(b"abcd")
        bench.settle()
        bench.module.tap = tap = Tap()
        bench.type(b"AT+QIRD=0\r")
        answer = tap.crossings[-1]
        self.assertEqual((answer.piece, answer.start), (Piece.BLOCK_OUT, len(b"\r\n+QIRD: 4\r\n")))
