"""Tests for L{twisted_quectel.modem.session}: what is true of a module until it ends."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_quectel.errors import (
    CommandFailed,
    ModemBusyError,
    ModemNotReady,
    ModuleLost,
    NetworkDown,
)
from twisted_quectel.families import AccessMode
from twisted_quectel.modem.strangers import close_strangers
from twisted_quectel.modemprofile import ModemProfile

from .sessionbench import SessionBench, request


class IdTests(SynchronousTestCase):
    """Who has which connection of the module."""

    def setUp(self) -> None:
        self.bench = SessionBench()
        self.session = self.bench.session

    def acquire(self, wait: bool = True) -> Deferred[int]:
        """Take an id."""
        return Deferred.fromCoroutine(self.session.acquire_id(wait))

    def test_rotation(self) -> None:
        """An id that was given back is used again last (notes 18 and 32)."""
        ids = []
        for _ in range(26):
            id = self.successResultOf(self.acquire())
            ids.append(id)
            self.session.connections.release(id)
        self.assertEqual(ids, [*range(12), *range(12), 0, 1])

    def test_all_in_use(self) -> None:
        """The thirteenth waits or fails; who waits gets the first that is free, in order."""
        for _ in range(12):
            self.successResultOf(self.acquire())
        problem = self.failureResultOf(self.acquire(wait=False), ModemBusyError).value
        self.assertIn("busy=wait", str(problem))
        first, second = self.acquire(), self.acquire()
        self.session.connections.release(7)
        self.assertEqual(self.successResultOf(first), 7)
        self.assertNoResult(second)
        self.session.connections.release(3)
        self.assertEqual(self.successResultOf(second), 3)

    def test_cancelled(self) -> None:
        """Who does not wait any more is not given one."""
        for _ in range(12):
            self.successResultOf(self.acquire())
        first, second = self.acquire(), self.acquire()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.session.connections.release(7)
        self.assertEqual(self.successResultOf(second), 7)

    def test_over(self) -> None:
        """Who waits when the module goes is told; nobody gets one afterwards."""
        for _ in range(12):
            self.successResultOf(self.acquire())
        waiting = self.acquire()
        self.session.end("the module has restarted")
        self.failureResultOf(waiting, ModuleLost)
        self.failureResultOf(self.acquire(), ModuleLost)


#: Asks for all connections.
BOTH = "+QSSLSTATE;+QISTATE?"


class StockTests(SynchronousTestCase):
    """What a host before us has left (note 29)."""

    def close(self, answer: str, closing: str = "OK") -> list[str]:
        """Close strangers; give the commands."""
        bench = SessionBench()
        bench.answers["+QSSLSTATE"] = answer
        bench.answers["+QSSLCLOSE"] = closing
        self.successResultOf(bench.run(close_strangers(bench.session)))
        return bench.module.lines

    def test_strangers(self) -> None:
        """Each connection that is open is dropped, an error notwithstanding."""
        state = '+QSSLSTATE: {},"SSLClient","1.2.3.4",1,2,2,1,4,0,"usbmodem",1'
        answer = f"{state.format(4)}\n\n{state.format(11)}\n\nOK"
        for closing in ("OK", "ERROR"):
            self.assertEqual(
                self.close(answer, closing), [BOTH, "+QSSLCLOSE=4,0", "+QSSLCLOSE=11,0"]
            )

    def test_strangers_without_tls(self) -> None:
        """Those of plain TCP too, each by its own command."""
        tls = '+QSSLSTATE: 4,"SSLClient","1.2.3.4",1,2,2,1,4,0,"usbmodem",1'
        tcp = '+QISTATE: 2,"TCP","1.2.3.4",1,2,2,1,2,0,"usbmodem"'
        self.assertEqual(
            self.close(f"{tls}\n\n{tcp}\n\nOK"), [BOTH, "+QICLOSE=2,0", "+QSSLCLOSE=4,0"]
        )

    def test_one_by_one(self) -> None:
        """A module that does not take both on one line is asked for each; it may lack one."""
        tcp = '+QISTATE: 2,"TCP","1.2.3.4",1,2,2,1,2,0,"usbmodem"\n\nOK'
        for answer, closes in ((tcp, ["+QICLOSE=2,0"]), ("ERROR", [])):
            bench = SessionBench()
            bench.answers[BOTH] = "ERROR"
            bench.answers["+QISTATE"] = answer
            self.successResultOf(bench.run(close_strangers(bench.session)))
            self.assertEqual(bench.module.lines, [BOTH, "+QSSLSTATE", "+QISTATE?", *closes])

    def test_nobody(self) -> None:
        """A bare OK: there is nobody (note 5)."""
        self.assertEqual(self.close("OK"), [BOTH])


class NetworkTests(SynchronousTestCase):
    """The packet data connection of a session."""

    def setUp(self) -> None:
        self.bench = SessionBench()
        self.session = self.bench.session

    def attach(self, pdp: int = 1) -> Deferred[str]:
        """Have a context active."""
        return self.bench.run(self.session.attach(pdp))

    def test_once(self) -> None:
        """A context is activated once, however many want it."""
        self.assertEqual(self.session.address(1), "")
        for _ in range(3):
            self.assertEqual(self.successResultOf(self.attach()), "10.7.157.1")
        self.assertEqual(self.bench.module.lines, ["+QIACT?"])
        self.assertEqual(self.session.address(1), "10.7.157.1")

    def test_at_once(self) -> None:
        """Two who want it at once wait for one activation."""
        first = Deferred.fromCoroutine(self.session.attach(1))
        second = Deferred.fromCoroutine(self.session.attach(1))
        self.bench.settle()
        self.successResultOf(first)
        self.successResultOf(second)
        self.assertEqual(self.bench.module.lines, ["+QIACT?"])

    def test_lost(self) -> None:
        """After C{pdpdeact} it is deactivated, and activated for the next one (note 40)."""
        for urc in ('+QIURC: "pdpdeact",1', '+QIURC: "pdpdeact"'):
            self.successResultOf(self.attach())
            self.bench.module.lines.clear()
            self.bench.say(urc)
            self.successResultOf(self.attach())
            self.assertEqual(self.bench.module.lines, ["+QIDEACT=1", "+QIACT?"])

    def test_another_is_lost(self) -> None:
        """A context that is not ours to lose concerns nobody."""
        self.successResultOf(self.attach())
        self.bench.say('+QIURC: "pdpdeact",2')
        self.bench.module.lines.clear()
        self.successResultOf(self.attach())
        self.assertEqual(self.bench.module.lines, [])

    def test_doubt(self) -> None:
        """When an open has found the network down, the context is taken down and up again.

        The module may claim that it is up (note 40); where a connection lives
        on it, the next one only asks.
        """
        for alive, lines in ((set(), ["+QIDEACT=1", "+QIACT?"]), ({3}, ["+QIACT?"])):
            self.successResultOf(self.attach())
            self.session.alive = alive
            self.session.connections.pdp_of[3] = 1
            self.session.doubt_attachment(1)
            self.bench.module.lines.clear()
            self.successResultOf(self.attach())
            self.assertEqual(self.bench.module.lines, lines)

    def test_refused(self) -> None:
        """A command that the module refuses on the way is a network that is down."""
        self.bench.answers["+QIACT?"] = "+CME ERROR: 30"
        problem = self.failureResultOf(
            self.bench.run(self.session.require_network(1)), NetworkDown
        ).value
        self.assertEqual((problem.code, problem.family), (30, "lte"))
        self.assertIn("PDP context 1", str(problem))

    def test_over(self) -> None:
        """Nothing is asked of a module that has gone, not even by one who waited."""
        self.bench.answers["+QIACT?"] = None
        first = self.attach()
        second = self.attach()
        self.session.end("the module has restarted")
        self.failureResultOf(first, ModuleLost)
        self.failureResultOf(second, ModuleLost)
        self.failureResultOf(self.attach(), ModuleLost)
        self.assertEqual(self.bench.module.lines, ["+QIACT?"])

    def test_is_it_up(self) -> None:
        """The module is asked; an error says nothing, no line that it is down."""
        self.assertFalse(self.successResultOf(self.bench.run(self.session.pdp_is_up(1))))
        self.successResultOf(self.attach())
        for answer, up in (
            ('+QIACT: 1,1,1,"10.7.157.1"\n\nOK', True),
            ("ERROR", True),
            ("OK", False),
        ):
            self.bench.answers["+QIACT?"] = answer
            self.assertIs(self.successResultOf(self.bench.run(self.session.pdp_is_up(1))), up)
        self.assertEqual(self.session.address(1), "")


class EndTests(SynchronousTestCase):
    """The module goes."""

    def setUp(self) -> None:
        self.bench = SessionBench()
        self.session = self.bench.session

    def test_told_once(self) -> None:
        """Each connection is told once, with one reason; the ids are free, no timer is left."""
        for say in ("RDY", "POWERED DOWN", "NORMAL POWER DOWN", "APP RDY"):
            self.setUp()
            owners = [self.bench.owned(self.successResultOf(self.bench.open())) for _ in range(3)]
            self.bench.module.lines.clear()
            self.bench.say(say)
            self.bench.say(say)
            (reason,) = self.bench.ended
            self.assertTrue(reason.check(ModuleLost))
            for owner in owners:
                self.assertEqual(owner.ends, [reason])
            self.assertEqual((self.bench.module.lines, self.bench.module.timers()), ([], []))
            self.failureResultOf(self.bench.open(), ModuleLost)

    def test_opens_in_progress(self) -> None:
        """Who opens is told; nothing is sent to a module that restarts."""
        for stage in ("+QSSLCFG", "+QSSLOPEN", "result"):
            self.setUp()
            self.bench.opens_by_itself = False
            if stage != "result":
                self.bench.answers[stage] = None
            if stage == "+QSSLCFG":
                del self.bench.answers['+QSSLCFG="seclevel"']
            opening, waiting = self.bench.open(), self.bench.open()
            self.bench.module.lines.clear()
            self.bench.say("RDY")
            self.failureResultOf(opening, ModuleLost)
            self.failureResultOf(waiting, ModuleLost)
            self.assertEqual(self.bench.module.lines, [], stage)
            self.assertTrue(self.bench.port.idle)
            self.assertEqual(self.bench.module.timers(), [])

    def test_on_purpose(self) -> None:
        """A close on purpose ends it as well."""
        self.session.end("closed", wanted=True)
        self.session.end("closed again")
        self.assertEqual(len(self.bench.ended), 1)

    def test_network_lost(self) -> None:
        """With the PDP context go its connections, each told once; the session stays."""
        owners = [self.bench.owned(self.successResultOf(self.bench.open())) for _ in range(2)]
        self.bench.opens_by_itself = False
        opening = self.bench.open()
        self.bench.say('+QIURC: "pdpdeact",1')
        self.bench.say('+QIURC: "pdpdeact",1')
        for owner in owners:
            (reason,) = owner.ends
            self.assertTrue(reason.check(ModuleLost))
        self.failureResultOf(opening, ModuleLost)
        self.assertEqual(self.bench.ended, [])
        self.assertEqual(
            self.bench.module.sent("+QSSLCLOSE"), [f"+QSSLCLOSE={id},0" for id in (0, 1, 2)]
        )
        self.bench.opens_by_itself = True
        self.successResultOf(self.bench.open())

    def test_channel_is_free(self) -> None:
        """Nobody shares the channel any more when the session has ended."""
        self.successResultOf(self.bench.open())
        self.assertFalse(self.bench.channels.free())
        self.bench.say("RDY")
        self.assertTrue(self.bench.channels.free())


class URCTests(SynchronousTestCase):
    """What the module says reaches whom it concerns."""

    def test_data(self) -> None:
        """A recv URC and pushed bytes reach their connection, and nobody else."""
        bench = SessionBench()
        buffered = bench.owned(self.successResultOf(bench.open()))
        pushing = self.successResultOf(bench.open(request(mode=AccessMode.PUSH)))
        pushed = bench.owned(pushing)
        self.assertEqual([bench.session.pushing(id) for id in (0, 1, 7)], [False, True, False])
        bench.listener.pushing.add(1)
        bench.module.say(b'\r\n+QSSLURC: "recv",1,3\r\nabc')
        bench.module.say(b'\r\n+QSSLURC: "recv",9\r\n\r\n+QSSLURC: "closed",9\r\n')
        bench.answers["+QSSLRECV=0"] = ["\0\r\n+QSSLRECV: 2\r\nhi\r\n\r\nOK\r\n", "OK"]
        bench.say('+QSSLURC: "recv",0')
        self.assertEqual((buffered.received_data, pushed.received_data), (b"hi", b"abc"))
        bench.say('+QSSLURC: "closed",0')
        self.assertEqual((len(buffered.ends), len(pushed.ends)), (1, 0))

    def test_notices(self) -> None:
        """What nobody waits for changes nothing."""
        bench = SessionBench()
        for text in ("+CREG: 1", "+QSSLOPEN: 4,0", "+QIND: SMS DONE", "DST: 0"):
            bench.say(text)
        self.assertEqual((bench.module.lines, bench.ended), ([], []))


class ClockTests(SynchronousTestCase):
    """Dates are checked against the module's clock."""

    def require(self, source: str, **answers: Any) -> tuple[SessionBench, Deferred[None]]:
        """Have the clock set."""
        bench = SessionBench(profile=ModemProfile(name="m", device="/dev/m", clock=source))
        for name, answer in answers.items():
            bench.answers[f"+{name}"] = answer
        return bench, bench.run(bench.session.require_clock())

    def test_once(self) -> None:
        """It is set once in a session."""
        bench, done = self.require("host")
        self.successResultOf(done)
        self.successResultOf(bench.run(bench.session.require_clock()))
        self.assertEqual(bench.module.sent("+CCLK"), ['+CCLK="26/11/20,20:05:09+00"'])

    def test_not_to_be_had(self) -> None:
        """Without a time nothing is verified, and nothing opened."""
        for source, answers in (("host", {"CCLK": "ERROR"}), ("network", {"QLTS": "ERROR"})):
            _, done = self.require(source, **answers)
            problem = self.failureResultOf(done, ModemNotReady).value
            self.assertTrue(str(problem).startswith("clock: "))
            self.assertIn(source, str(problem))


class WarningTests(SynchronousTestCase):
    """What nobody checks is said."""

    def test_once(self) -> None:
        """That host names are not compared is said once in a session."""
        bench = SessionBench()
        events: list[LogEvent] = []

        @implementer(ILogObserver)
        def note(event: LogEvent) -> None:
            events.append(event)

        globalLogPublisher.addObserver(note)
        self.addCleanup(globalLogPublisher.removeObserver, note)
        bench.session.advice.unchecked("one.example")
        bench.session.advice.unchecked("two.example")
        self.assertEqual([event["host"] for event in events], ["one.example"])

    def test_errors_pass(self) -> None:
        """A command that fails where nobody expects it reaches the caller."""
        bench = SessionBench()
        bench.answers["+QSSLSTATE"] = "ERROR"
        self.failureResultOf(bench.run(close_strangers(bench.session)), CommandFailed)
