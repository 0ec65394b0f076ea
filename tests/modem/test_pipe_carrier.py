"""C{NO CARRIER} over a transparent pipe, and whole sessions."""

from __future__ import annotations

import os

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.at.commands import Command
from twisted_quectel.at.syntax import read_form

from .datamode import NO_CARRIER, Bench

#: How many random sessions are run; 20,000 of them take some minutes.
SESSIONS = int(os.environ.get("TQ_PIPE_SESSIONS", "300"))


class CarrierTests(SynchronousTestCase):
    """C{NO CARRIER}, meant and quoted."""

    def test_real(self) -> None:
        """The end of the connection is known within 3 s, and is no payload."""
        for dcd in (False, True):
            for cut in (0, 1, 5):
                for before in (b"", b"bytes", b"\r\n", b"\r\nNO CARRIER\r\n", b"\r\nOK\r\n"):
                    bench = Bench()
                    bench.wire.has_dcd = dcd
                    bench.wire.cut = cut
                    bench.send(b"request")
                    bench.module.say(before)
                    bench.module.lose()
                    bench.run(3)
                    self.assertEqual([how for _, how in bench.ends], ["carrier lost"])
                    self.assertEqual(bench.owner.got, before)
                    self.assertTrue(bench.port.line_mode)
                    bench.run(5)
                    self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_usable(self) -> None:
        """The port is in step for the next command at once, rubbish cleared."""
        for echo in (False, True):
            bench = Bench()
            bench.module.echo = echo
            bench.module.lose()
            if not echo:
                bench.at(0.002, bench.send, b"under way")
            answer = bench.port.execute(Command(read_form("+CMEE"), prefixes=("+CMEE",)))
            bench.run(3.2)
            self.successResultOf(answer)
            self.assertEqual(bench.handler.unresponsive, 0)

    def test_urc_behind(self) -> None:
        """A URC right behind it does not hide it, and reaches the port."""
        for cut in (0, 1, 8):
            for dcd in (False, True):
                bench = Bench()
                bench.wire.cut = cut
                bench.wire.has_dcd = dcd
                bench.module.say(b"payload")
                bench.module.lose(b'\r\n+QIURC: "pdpdeact",1\r\n')
                bench.run(3)
                self.assertEqual([how for _, how in bench.ends], ["carrier lost"])
                self.assertEqual(bench.owner.got, b"payload")
                self.assertEqual(bench.handler.urcs, [b'+QIURC: "pdpdeact",1'])

    def test_payload_at_the_end(self) -> None:
        """As payload, cut at every place, it arrives, and the connection goes on."""
        for cut in range(len(NO_CARRIER) + 1):
            for pause in (0.001, 0.05, 0.5):
                for dcd in (False, True):
                    bench = Bench()
                    bench.wire.has_dcd = dcd
                    bench.at(0, bench.module.say, b"abc" + NO_CARRIER[:cut])
                    bench.at(pause, bench.module.say, NO_CARRIER[cut:])
                    bench.run(pause + 0.02)
                    bench.send(b"held")
                    bench.run(4)
                    self.assertEqual(bench.owner.got, b"abc" + NO_CARRIER)
                    self.assertEqual(bench.module.sent, b"held")
                    self.assertEqual(bench.ends, [])
                    bench.module.say(b"more")
                    bench.run(1)
                    self.assertEqual(bench.owner.got, b"abc" + NO_CARRIER + b"more")
                    self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_payload_inside(self) -> None:
        """As payload, with more behind it, it is delivered at once."""
        for cut in range(len(NO_CARRIER) + 1):
            bench = Bench()
            bench.module.say(b"abc" + NO_CARRIER[:cut])
            bench.run(0.01)
            bench.module.say(NO_CARRIER[cut:] + b"more")
            bench.run(0.01)
            self.assertEqual(bench.owner.got, b"abc" + NO_CARRIER + b"more")
            bench.send(b"free")
            bench.run(0.1)
            self.assertEqual(bench.module.sent, b"free")
            self.assertEqual(bench.module.escapes, 0)

    def test_held(self) -> None:
        """From the suspicion on nothing is written but the escape."""
        bench = Bench()
        bench.module.lose()
        bench.run(0.02)
        bench.send(b"AT+QPOWD\r")
        bench.run(5)
        self.assertNotIn(b"AT+QPOWD", bench.module.lines)
        self.assertEqual(bench.owner.taken, b"")

    def test_stall(self) -> None:
        """A false alarm holds writes back for 2.7 s at most."""
        bench = Bench()
        bench.send(b"x")
        bench.run(0.001)
        bench.module.say(NO_CARRIER)
        bench.run(0.02)
        bench.send(b"y")
        bench.run(2.7)
        self.assertEqual(bench.module.sent, b"xy")

    def test_false_end_while_paused(self) -> None:
        """A pause does not keep a false alarm from being cleared."""
        bench = Bench()
        bench.module.say(NO_CARRIER)
        bench.run(0.01)
        bench.pipe.pause()
        bench.send(b"x")
        bench.run(3)
        self.assertEqual(bench.module.sent, b"x")
        self.assertFalse(bench.wire.reading)

    def test_no_way_back(self) -> None:
        """If ATO does not lead back after a false alarm, the connection has ended."""
        bench = Bench()
        bench.module.goes_back = False
        bench.module.say(NO_CARRIER)
        bench.run(4)
        self.assertEqual([how for _, how in bench.ends], ["carrier lost"])
        self.assertEqual(bench.owner.got, NO_CARRIER)
        self.assertTrue(bench.port.line_mode)

    def test_late_answers(self) -> None:
        """What comes from the module held up for seconds: nothing runs as a command.

        The escape has been taken, its answer has not arrived when it is due, and
        payload behind NO CARRIER has shown that that was payload.  Writing waits
        until it is known in which mode the module is.
        """
        for start in (1.2, 1.3, 1.5, 2.0):
            for length in (1.0, 1.5, 2.0, 2.5, 5.0):
                bench = Bench()
                bench.at(0, bench.module.say, NO_CARRIER)
                bench.at(0.05, bench.send, b"AT+QPOWD\r")
                bench.at(1.19, bench.module.say, b"more")
                bench.at(start, bench.wire.stall, True)
                bench.at(start + length, bench.wire.stall, False)
                bench.run(25)
                self.assertLessEqual({line.lstrip(b"+") for line in bench.module.lines}, {b"ATO"})
                self.assertEqual(bench.clock.getDelayedCalls(), [])
                if bench.ends:
                    # nobody knows for too long: given up
                    self.assertGreater(start + length, 3.7)
                    continue
                self.assertEqual(bench.module.sent, b"AT+QPOWD\r")
                self.assertEqual(bench.owner.got, NO_CARRIER + b"more")

    def test_no_answer_and_silence(self) -> None:
        """An escape that is never answered ends the connection: writing was never safe again."""
        bench = Bench()
        bench.module.deaf = 9
        bench.at(0, bench.module.say, NO_CARRIER)
        bench.at(0.05, bench.send, b"held")
        bench.at(1.19, bench.module.say, b"more")
        bench.run(30)
        self.assertEqual(len(bench.ends), 1)
        self.assertIsInstance(bench.ends[0][1], Failure)
        self.assertNotIn(b"held", [what for _, what in bench.wire.writes])
        self.assertEqual(bench.owner.got, NO_CARRIER + b"more")
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_no_answer_but_a_stream(self) -> None:
        """A stream that goes on long after an unanswered escape shows data mode."""
        for pause in (0.1, 0.6):
            bench = Bench()
            bench.module.deaf = 1
            bench.at(0, bench.module.say, NO_CARRIER)
            bench.at(0.05, bench.send, b"held")
            for index in range(100):
                bench.at(1.19 + index * pause, bench.module.say, b"x")
            bench.run(12)
            self.assertEqual(bench.ends, [])
            self.assertEqual(bench.module.sent.replace(b"+", b""), b"held")
            bench.run(60)
            self.assertEqual(bench.owner.got, NO_CARRIER + b"x" * 100)
            self.assertEqual(bench.clock.getDelayedCalls(), [])


class SessionTests(SynchronousTestCase):
    """Random sessions."""

    UP = (b"+", b"++", b"+++", b"++++", b"x", b"AT\r", b"y" * 300)
    DOWN = (
        b"\r\n",
        b"z" * 200,
        b"\r\nOK\r\n",
        NO_CARRIER,
        b"+++",
        NO_CARRIER[:5],
        b"NO CARRIER\r\n",
    )

    def session(self, seed: int) -> None:
        bench = Bench(seed)
        random, wire, module, owner = bench.random, bench.wire, bench.module, bench.owner
        wire.byte_time = random.choice((10 / 9600, 10 / 115200, 1e-7))
        wire.latency = random.choice((0.0, 0.003, 0.05, 0.1))
        wire.cut = random.choice((0, 0, 1, 6))
        wire.has_dcd = random.random() < 0.3
        wire.has_dtr = random.random() < 0.3
        module.guard = random.choice((0.5, 0.8, 1.0))
        up = down = b""
        end = random.random() * 8
        now = 0.0
        while now < end:
            now += random.choice((0.0, 0.01, 0.4, random.random(), random.random() * 2))
            if random.random() < 0.5:
                piece = random.choice(self.UP)
                up += piece
                bench.at(now, bench.send, piece)
            else:
                piece = random.choice(self.DOWN)
                down += piece
                bench.at(now, module.say, piece)
        how = random.choice(("lose", "leave", "lose and leave"))
        left: list[Deferred[bool]] = []
        if "lose" in how:
            bench.at(now, module.lose)
        if "leave" in how:
            bench.at(now + random.random() * 0.3, lambda: left.append(bench.pipe.leave()))
        bench.run(now + 20)
        if left:
            up_still = self.successResultOf(left[0])
            if how == "leave":
                self.assertTrue(up_still)
                self.assertEqual(bench.ends, [])
            else:
                # the carrier may have been lost before anybody left
                self.assertFalse(up_still and bench.ends)
                self.assertLessEqual(len(bench.ends), 1)
        elif how == "lose":
            self.assertEqual([what for _, what in bench.ends], ["carrier lost"])
        if how == "leave":
            self.assertEqual(module.sent, up)
            down = down.removesuffix(b"".join(module.unsaid))
            self.assertEqual([line for line in module.lines if line != b"ATO"], [])
        else:
            self.assertTrue(up.startswith(module.sent))
            down = down.removesuffix(b"".join(module.unsaid))
        self.assertEqual(owner.got, down)
        self.assertTrue(bench.port.line_mode)
        self.assertEqual(bench.clock.getDelayedCalls(), [])

    def test_sessions(self) -> None:
        """No byte is lost, altered or taken for a command; every end is told once."""
        for seed in range(SESSIONS):
            try:
                self.session(seed)
            except Exception:
                print(f"seed {seed}")
                raise
