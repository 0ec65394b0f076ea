"""Blocks that follow one another behind the same line, handed out past all questions."""

from __future__ import annotations

from .ends import Ends
from .flight import BLOCK_SILENCE
from .framing import TURN_BYTES, TURN_EVENTS, Run, Sink
from .jobs import Route
from .trace import MODULE, NOTE


class Runs(Ends):
    """A port, as far as such blocks are concerned."""

    def _deliver(self, events: int = TURN_EVENTS, size: int = TURN_BYTES) -> None:
        """Hand out what was read, at most so many events and bytes of them."""

    def lineReceived(self, line: bytes) -> None:
        """Take a line."""

    def _goes_on(self) -> bool:
        """Hand out the block that was under way, and those behind it, if its way is known.

        Hot: most reads of a fast line begin and end within a block, and to cut them into
        events is a third of what they cost beside the blocks.

        @return: whether that was so; nothing has happened if it was not.
        """
        framer = self._framer
        known = self._route(framer.header)
        if known is None or self.paused or not self.line_mode or self.trace.whole:
            return False
        block = framer.take_block()
        if block is None:
            return False
        route, run = known
        count = 0
        self._delivering = True
        try:
            count = self._run(route, run, block, run.most)
        finally:
            self._delivering = False
            self._await_rest()
        if framer.waiting:
            self._deliver(TURN_EVENTS - count, TURN_BYTES - count * run.whole)
        return True

    def _run(self, route: Route, run: Run, block: bytes, most: int) -> int:
        """Hand out a block, and those behind the same line that follow it.

        @return: how many those were.
        """
        count = 1

        def hand_out(sink: Sink) -> None:
            nonlocal count
            sink.protocol.dataReceived(block)
            if route.open:
                count += self._framer.take_run(run, route, sink, most - 1)

        route.take(hand_out)
        shown = run.line if count == 1 else b"%b, %d times" % (run.line, count)
        self.trace.add(MODULE, shown, count * run.length)
        return count

    def _block_stalled(self) -> None:
        """The rest does not come: what comes next is not the rest."""
        head = self._framer.counting
        if not head:
            super()._block_stalled()
            return
        self.trace.add(NOTE, "the bytes of a line are not completed")
        rest = self._framer.clear()
        # it is told without them; and what has come in their place may be anything else
        self.lineReceived(rest[:head])
        if self._framer.feed(rest[head:]):
            self._deliver()

    def _await_rest(self) -> None:
        """Give what has begun and is not at its end its time to come."""
        framer = self._framer
        counted = framer.missing or framer.counting
        unfinished = counted or (self._command is not None and framer.in_line)
        if unfinished and not self.paused and self._lost is None:
            self._block_due.set(BLOCK_SILENCE)
        else:
            self._block_due.clear()
