"""A connection of the HTTPS stack, in the order of things that a module may choose."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.modem.requestbench import RequestBench
from twisted_quectel import errors
from twisted_quectel.at import Response
from twisted_quectel.at.results import OK
from twisted_quectel.families.base import Closed, Confirmed, Garbled, Notice, Pushed, Received

RECEIVE = "+CHTTPSRECV=1"
COMMIT = "+CHTTPSSEND"
CLOSE = "+CHTTPSCLSE"


class RequestCase(SynchronousTestCase):
    """A bench, which leaves no timer."""

    def setUp(self) -> None:
        self.bench = RequestBench()
        self.addCleanup(self._end)

    def _end(self) -> None:
        if not self.bench.freed:
            self.bench.answers.clear()
            self.bench.socket.abort()
            self.bench.later(20.0)
        self.assertEqual(self.bench.freed, 1)
        self.assertEqual(self.bench.module.timers(), [])

    def started(self) -> RequestBench:
        """Give it open, with its first receive waiting."""
        self.bench.start()
        self.assertEqual(self.bench.took(), [RECEIVE])
        return self.bench

    def ended(self, kind: type[BaseException]) -> Any:
        """Look how it has ended; give the exception."""
        (reason,) = self.bench.owner.ends
        self.assertIsInstance(reason.value, kind)
        return reason.value

    def written(self, size: int = 10) -> RequestBench:
        """Give it with so many bytes sent and committed, and the commit not confirmed."""
        bench = self.started()
        bench.write(b"x" * size)
        self.assertEqual(bench.took(), [f"{COMMIT}={size}", COMMIT])
        return bench


class ReceivingTests(RequestCase):
    """Receives that wait in the module."""

    def test_next(self) -> None:
        """A receive that has ended is followed by the next one, at once."""
        bench = self.started()
        bench.brings(b"one", None)
        self.assertEqual(bench.took(), [])
        bench.brings(b"two")
        self.assertEqual(bench.took(), [RECEIVE])
        self.assertEqual(bench.owner.received_data, b"onetwo")

    def test_end_ahead_of_ok(self) -> None:
        """What it brings, and its end, may come ahead of its OK: both are waited for."""
        bench = self.bench
        bench.answers[RECEIVE] = [
            "\0\r\n+CHTTPSRECV: DATA,3\r\nabc\r\n+CHTTPSRECV: 0\r\n\r\nOK\r\n",
            "\0\r\n+CHTTPSRECV: DATA,3\r\ndef\r\n+CHTTPSRECV: 0\r\n\r\nERROR\r\n",
            "OK",
        ]
        bench.start()
        self.assertEqual(bench.took(), [RECEIVE] * 3)
        self.assertEqual(bench.owner.received_data, b"abcdef")

    def test_waits_in_vain(self) -> None:
        """One that has waited as long as it does is followed at once."""
        bench = self.started()
        bench.later(120.0)
        bench.says("+CHTTPSRECV: 5")
        self.assertEqual(bench.took(), [RECEIVE])
        bench.brings(b"late")
        self.assertEqual(bench.owner.received_data, b"late")

    def test_no_busy_loop(self) -> None:
        """A module that ends each receive at once is asked ever more seldom."""
        for answer in (
            "\0\r\nOK\r\n\r\n+CHTTPSRECV: 0\r\n",
            "\0\r\nOK\r\n\r\n+CHTTPSRECV: 5\r\n",
            "\0\r\nOK\r\n\r\n+CHTTPSRECV: 2\r\n",
            "ERROR",
        ):
            self.bench = bench = RequestBench()
            bench.answers[RECEIVE] = answer
            bench.start()
            bench.later(100.0)
            self.assertEqual(bench.owner.ends, [])
            self.assertLess(len(bench.took(RECEIVE)), 12)
            bench.answers[RECEIVE] = "OK"
            bench.says("+CHTTPS: RECV EVENT")
            self.assertEqual(bench.took(RECEIVE), [RECEIVE])
            bench.brings(b"at last")
            self.assertEqual(bench.owner.received_data, b"at last")
            self.assertEqual(bench.took(RECEIVE), [RECEIVE])
            self._end()
        self.bench = RequestBench()

    def test_fails_for_long(self) -> None:
        """Receives that do nothing but fail end the connection."""
        bench = self.started()
        bench.answers[RECEIVE] = "\0\r\nOK\r\n\r\n+CHTTPSRECV: 10\r\n"
        bench.says("+CHTTPSRECV: 10")
        bench.later(115.0)
        self.assertEqual(bench.owner.ends, [])
        bench.later(30.0)
        problem = self.ended(errors.SendFailed)
        self.assertEqual((problem.code, problem.command), (10, "AT" + RECEIVE))
        self.assertIn("120 s", str(problem))

    def test_end_is_lost(self) -> None:
        """A receive whose end does not come is taken for ended; what it brings late counts."""
        bench = self.started()
        bench.later(129.0)
        self.assertEqual(bench.took(), [])
        bench.answers[RECEIVE] = ["ERROR", "OK"]
        bench.later(3.0)
        self.assertEqual(bench.took(), [RECEIVE])
        bench.brings(b"late")
        self.assertEqual(bench.owner.received_data, b"late")
        bench.later(5.0)
        self.assertEqual(bench.took(), [RECEIVE])
        bench.says("+CHTTPSRECV: DATA,4\nmore")
        self.assertEqual(bench.owner.ends, [])

    def test_late_for_whoever_has_paused(self) -> None:
        """What comes late, with no receive waiting, has nothing waited for."""
        bench = self.started()
        bench.socket.pause()
        bench.later(140.0)
        bench.brings(b"late", None)
        self.assertEqual(bench.module.timers(), [])
        bench.later(300.0)
        self.assertEqual((bench.took(), bench.owner.ends), ([], []))
        bench.socket.resume()
        bench.settle()
        self.assertEqual((bench.took(), bench.owner.received_data), ([RECEIVE], b"late"))

    def test_end_without_answer(self) -> None:
        """An end that came counts, although the command was never answered."""
        bench = self.bench
        bench.answers[RECEIVE] = "\0\r\n+CHTTPSRECV: DATA,3\r\nabc\r\n+CHTTPSRECV: 4\r\n"
        bench.start()
        bench.later(12.0)
        self.ended(ConnectionDone)
        self.assertEqual(bench.owner.received_data, b"abc")
        bench.later(20.0)

    def test_each_piece_gives_time(self) -> None:
        """The end is waited for from the last piece on."""
        bench = self.started()
        for _ in range(5):
            bench.later(100.0)
            bench.brings(b"piece", None)
        self.assertEqual(bench.took(), [])

    def test_no_answer(self) -> None:
        """A receive that is not answered is tried again, and takes nothing with it."""
        bench = self.bench
        bench.answers[RECEIVE] = [None, "OK"]
        bench.start()
        bench.later(30.0)
        self.assertEqual(bench.took(RECEIVE), [RECEIVE, RECEIVE])
        bench.brings(b"data")
        self.assertEqual(bench.owner.received_data, b"data")

    def test_paused(self) -> None:
        """While nobody wants it none is asked for; what one brings meanwhile is held."""
        bench = self.started()
        bench.socket.pause()
        bench.brings(b"one", None)
        bench.brings(b"two")
        bench.says("+CHTTPS: RECV EVENT")
        bench.later(1000.0)
        self.assertEqual((bench.took(), bench.owner.received_data), ([], b""))
        bench.owner.on_data = lambda data: bench.socket.pause()
        bench.socket.resume()
        bench.settle()
        self.assertEqual((bench.took(), bench.owner.received_data), ([], b"one"))
        bench.owner.on_data = None
        bench.socket.resume()
        bench.settle()
        self.assertEqual((bench.took(), bench.owner.received_data), ([RECEIVE], b"onetwo"))

    def test_paused_ahead_of_its_turn(self) -> None:
        """A receive that waits for its turn is not sent to whoever has paused."""
        bench = self.started()
        bench.answers[COMMIT + "="] = None
        bench.write(b"x")
        bench.brings(b"data")
        bench.socket.pause()
        bench.took()
        bench.later(30.0)
        self.assertEqual(bench.took(RECEIVE), [])

    def test_held_at_most(self) -> None:
        """Up to 64 KiB are held for whoever has paused; with more the connection ends."""
        bench = self.started()
        bench.socket.pause()
        for _ in range(64):
            bench.brings(bytes(1024), None)
        self.assertEqual(bench.owner.ends, [])
        bench.brings(b"x", None)
        self.ended(errors.RemoteViolation)
        bench.brings(b"x", None)

    def test_pushed_before_it_is_open(self) -> None:
        """What comes ahead of the open's answer is kept, within bounds."""
        bench = self.bench
        bench.socket.pushed(b"early")
        bench.socket.opened()
        bench.socket.start(bench.owner)
        self.assertEqual(bench.owner.received_data, b"early")
        self.assertEqual(bench.owner.ends, [])
        bench.settle()

    def test_pushed_too_much(self) -> None:
        """Too much of it ends it, before it has an owner."""
        bench = self.bench
        for _ in range(65):
            bench.socket.pushed(bytes(1024))
        bench.start()
        self.ended(errors.RemoteViolation)
        bench.later(1.0)

    def test_strays(self) -> None:
        """Ends of what was not asked for are nothing."""
        bench = self.started()
        bench.socket.pause()
        bench.brings(b"data")
        bench.says("+CHTTPSRECV: 4", "+CHTTPSSEND: 4", "+CHTTPSSEND: 0")
        bench.socket.resume()
        self.assertEqual(bench.owner.received_data, b"data")
        self.assertEqual(bench.owner.ends, [])
        bench.settle()
        self.assertEqual(bench.took(), [RECEIVE])


class PeerEndTests(RequestCase):
    """The server's end."""

    def test_told_by_a_receive(self) -> None:
        """Code 4 comes behind all that there was."""
        bench = self.started()
        bench.brings(b"last", 4)
        self.ended(ConnectionDone)
        self.assertEqual(bench.owner.received_data, b"last")
        self.assertEqual(bench.took(), [CLOSE])

    def test_told_by_a_urc(self) -> None:
        """What is left is received first, until a receive brings nothing."""
        for nothing in ("4", "0", "5", "2"):
            self.bench = bench = RequestBench().start()
            bench.took()
            bench.says("+CHTTPSNOTIFY: PEER CLOSED")
            bench.brings(b"one")
            self.assertEqual(bench.took(), [RECEIVE])
            bench.brings(b"two")
            self.assertEqual(bench.owner.ends, [])
            bench.says(f"+CHTTPSRECV: {nothing}")
            self.ended(ConnectionDone)
            self.assertEqual(bench.owner.received_data, b"onetwo")
            self.assertEqual(bench.took(), [RECEIVE, CLOSE])
            self._end()
        self.bench = RequestBench()

    def test_told_while_none_waits(self) -> None:
        """It is received at once, even where the next try was to be later."""
        bench = self.bench
        bench.answers[RECEIVE] = ["ERROR", "OK", "ERROR"]
        bench.start()
        bench.took()
        bench.says("+CHTTPSNOTIFY: PEER CLOSED", "+CHTTPSNOTIFY: PEER CLOSED")
        self.assertEqual(bench.took(), [RECEIVE])
        bench.brings(b"rest")
        self.ended(ConnectionDone)
        self.assertEqual(bench.owner.received_data, b"rest")

    def test_told_ahead_of_the_answer(self) -> None:
        """It is told while the receive is being asked for."""
        bench = self.bench
        bench.answers[RECEIVE] = "\0\r\n+CHTTPSNOTIFY: PEER CLOSED\r\n\r\nOK\r\n"
        bench.start()
        self.assertEqual(bench.owner.ends, [])
        bench.later(11.0)
        self.ended(ConnectionDone)

    def test_end_is_lost(self) -> None:
        """A receive that does not end soon, once the server has gone, brings nothing more."""
        bench = self.started()
        bench.says("+CHTTPSNOTIFY: PEER CLOSED")
        bench.later(9.0)
        bench.brings(b"piece", None)
        bench.later(9.0)
        self.assertEqual(bench.owner.ends, [])
        bench.later(2.0)
        self.ended(ConnectionDone)
        self.assertEqual(bench.owner.received_data, b"piece")

    def test_paused(self) -> None:
        """Whoever has paused is told behind what is held, when he goes on."""
        bench = self.started()
        bench.socket.pause()
        bench.brings(b"held", 4)
        bench.later(60.0)
        self.assertEqual((bench.owner.ends, bench.owner.received_data), ([], b""))
        bench.socket.resume()
        self.assertEqual(bench.owner.received_data, b"held")
        self.ended(ConnectionDone)
        bench.settle()

    def test_unsent(self) -> None:
        """What is not confirmed when the server goes makes it a loss."""
        bench = self.written()
        bench.says("+CHTTPSRECV: 4")
        self.ended(errors.SendFailed)

    def test_confirmed_at_the_end(self) -> None:
        """A confirmation that comes while the reason is looked for counts."""
        bench = self.written()
        asked: Deferred[bool] = Deferred()
        bench.pdp_up = lambda: asked
        bench.says("+CHTTPSRECV: 4")
        bench.says("+CHTTPSSEND: 0")
        asked.callback(True)
        self.ended(ConnectionDone)
        bench.settle()

    def test_network(self) -> None:
        """With the packet data connection down it is a loss."""
        bench = self.started()
        bench.pdp_up = lambda: succeed(False)
        bench.says("+CHTTPSRECV: 4")
        self.ended(errors.SendFailed)

    def test_lost(self) -> None:
        """Where C{closed=lost} says so, it is a loss."""
        self.bench = bench = RequestBench(lost=True).start()
        bench.says("+CHTTPSRECV: 4")
        self.assertNotIsInstance(self.ended(ConnectionLost), ConnectionDone)

    def test_module_goes_meanwhile(self) -> None:
        """A module that goes while the reason is looked for is the reason."""
        bench = self.started()
        gone = Failure(errors.ModuleLost("gone"))
        bench.pdp_up = lambda: fail(gone)
        bench.says("+CHTTPSRECV: 4")
        self.assertEqual(bench.owner.ends, [])
        bench.socket.lost(gone)
        self.ended(errors.ModuleLost)


class SendingTests(RequestCase):
    """Sends, and the commits behind them."""

    def test_one_at_a_time(self) -> None:
        """While a commit is not confirmed nothing is sent; then all that has come meanwhile."""
        bench = self.written(1500 - 476)
        bench.write(b"a" * 700, b"b" * 700)
        bench.later(30.0)
        self.assertEqual(bench.took(), [])
        bench.says("+CHTTPSSEND: 0")
        self.assertEqual(bench.took(), [f"{COMMIT}=1024", f"{COMMIT}=376", COMMIT])
        bench.says("+CHTTPSEND: 0")
        self.assertEqual(bench.took(), [])
        self.assertEqual(bench.owner.sent_bytes, 2424)

    def test_confirmed_ahead_of_ok(self) -> None:
        """A commit may be confirmed ahead of its OK: both are waited for."""
        for answer in ("OK", "ERROR"):
            self.bench = bench = RequestBench().start()
            bench.answers[COMMIT] = f"\0\r\n+CHTTPSENDD: 0\r\n\r\n{answer}\r\n"
            bench.write(b"one")
            bench.write(b"two")
            self.assertEqual(bench.took(COMMIT), [f"{COMMIT}=3", COMMIT] * 2)
            self.assertEqual(bench.owner.ends, [])
            self._end()
        self.bench = RequestBench()

    def test_commit_fails(self) -> None:
        """What was lost ends it, behind what can still be read."""
        bench = self.written()
        bench.says("+CHTTPSSEND: 6")
        bench.brings(b"still there")
        self.assertEqual(bench.owner.ends, [])
        bench.says("+CHTTPSRECV: 5")
        problem = self.ended(errors.SendFailed)
        self.assertEqual(problem.code, 6)
        self.assertIn("10 bytes", str(problem))
        self.assertEqual(bench.owner.received_data, b"still there")
        self.assertEqual(bench.took(), [RECEIVE, CLOSE])

    def test_commit_fails_ahead_of_ok(self) -> None:
        """The code comes first."""
        bench = self.started()
        bench.answers[COMMIT] = "\0\r\n+CHTTPSSEND: 4\r\n\r\nOK\r\n"
        bench.write(b"x")
        bench.write(b"y")
        bench.later(12.0)
        self.assertEqual(self.ended(errors.SendFailed).code, 4)
        self.assertEqual(bench.owner.unsendable_told, 1)

    def test_commit_fails_and_the_server_goes_on(self) -> None:
        """A server that goes on for ever does not hold the end up for ever."""
        bench = self.written()
        bench.says("+CHTTPSSEND: 6")
        for _ in range(100):
            bench.later(2.0)
            bench.brings(b"tick")
            if bench.owner.ends:
                break
        self.ended(errors.SendFailed)

    def test_commit_is_not_confirmed(self) -> None:
        """One that is never confirmed ends it."""
        bench = self.written()
        bench.later(129.0)
        self.assertEqual(bench.owner.ends, [])
        bench.later(20.0)
        self.assertIn("130 s", str(self.ended(errors.SendFailed)))

    def test_commit_is_refused(self) -> None:
        """One that is refused is tried again, and nothing is sent twice."""
        bench = self.started()
        bench.answers[COMMIT] = ["ERROR", "ERROR", "OK"]
        bench.answers[COMMIT + "?"] = "+CHTTPSSEND: 4\nOK"
        bench.write(b"data")
        bench.later(5.0)
        self.assertEqual(
            bench.took(), [f"{COMMIT}=4", COMMIT, COMMIT + "?", COMMIT, COMMIT + "?", COMMIT]
        )
        bench.says("+CHTTPSSEND: 0")
        bench.write(b"more")
        self.assertEqual(bench.took(), [f"{COMMIT}=4", COMMIT])

    def test_commit_is_refused_for_ever(self) -> None:
        """Where nothing waits any more it is closed; where it does, two minutes are enough."""
        for waits, within in (("0", 20.0), ("4", 200.0)):
            self.bench = bench = RequestBench().start()
            bench.answers[COMMIT] = "ERROR"
            bench.answers[COMMIT + "?"] = f"+CHTTPSSEND: {waits}\nOK"
            bench.write(b"data")
            bench.later(within)
            bench.says("+CHTTPSRECV: 5")
            self.ended(errors.SendFailed)
            self._end()
        self.bench = RequestBench()

    def test_no_connection(self) -> None:
        """An C{ERROR} to the question what waits means that there is none."""
        for answer in ("ERROR", "OK"):
            self.bench = bench = RequestBench().start()
            bench.answers[COMMIT] = "ERROR"
            bench.answers[COMMIT + "?"] = answer
            bench.write(b"data")
            bench.later(0.5)
            bench.answers[RECEIVE] = "ERROR"
            bench.later(11.0)
            self.ended(errors.SendFailed)
            self._end()
        self.bench = RequestBench()

    def test_commit_is_not_answered(self) -> None:
        """Silence leaves open what has become of it."""
        bench = self.started()
        bench.answers[COMMIT] = None
        bench.write(b"data")
        bench.later(11.0)
        problem = self.ended(errors.SendFailed)
        self.assertIn("did not answer the commit of what", str(problem))
        bench.later(5.0)

    def test_confirmation_without_answer(self) -> None:
        """A confirmation counts, although the commit was never answered."""
        bench = self.started()
        bench.answers[COMMIT] = ["\0\r\n+CHTTPSSEND: 0\r\n", "OK"]
        bench.write(b"one", b"two")
        bench.socket.close()
        bench.later(15.0)
        self.ended(ConnectionDone)

    def test_send_is_not_answered(self) -> None:
        """The same of a send."""
        bench = self.started()
        bench.takes_sends(None)
        bench.write(b"data")
        bench.later(11.0)
        self.ended(errors.SendFailed)
        bench.later(5.0)

    def test_error_behind_the_body(self) -> None:
        """Whether it was taken is not known: it is not sent again."""
        bench = self.started()
        bench.takes_sends("ERROR")
        bench.write(b"data")
        bench.brings(b"answer", 4)
        self.assertEqual(self.ended(errors.SendFailed).command, f"AT{COMMIT}=4")
        self.assertEqual(bench.owner.received_data, b"answer")
        self.assertEqual(bench.took(COMMIT), [f"{COMMIT}=4"])

    def test_full(self) -> None:
        """A refusal with something in the cache is a full cache: that goes first."""
        bench = self.started()
        taken = bench.answers[COMMIT + "="]
        assert callable(taken)
        bench.answers[COMMIT + "="] = [taken, taken, "ERROR", taken]
        bench.write(b"x" * 3000)
        self.assertEqual(
            bench.took(), [f"{COMMIT}=1024", f"{COMMIT}=1024", f"{COMMIT}=952", COMMIT]
        )
        bench.later(50.0)
        self.assertEqual(bench.took(), [])
        bench.says("+CHTTPSSEND: 0")
        self.assertEqual(bench.took(), [f"{COMMIT}=952", COMMIT])
        self.assertEqual(b"".join(bench.module.received), b"x" * 3000)

    def test_refused(self) -> None:
        """Refused with an empty cache, it is tried in both spellings, and then later."""
        bench = self.started()
        taken = bench.answers[COMMIT + "="]
        assert callable(taken)
        bench.answers[COMMIT + "="] = ["ERROR", "ERROR", taken]
        bench.answers["+CHTTPSEND="] = "ERROR"
        bench.write(b"data")
        self.assertEqual(bench.took(), [f"{COMMIT}=4", "+CHTTPSEND=4"])
        bench.later(2.0)
        self.assertEqual(bench.took(), [f"{COMMIT}=4", "+CHTTPSEND=4", f"{COMMIT}=4", COMMIT])
        bench.says("+CHTTPSSEND: 0")
        bench.answers[COMMIT + "="] = ["ERROR", taken]
        bench.answers[COMMIT + "?"] = "+CHTTPSSEND: 0\nOK"
        bench.write(b"more")
        bench.later(2.0)
        self.assertEqual(bench.took(), [f"{COMMIT}=4", COMMIT + "?", f"{COMMIT}=4", COMMIT])

    def test_refused_for_ever(self) -> None:
        """What is never taken, in no spelling, has no connection."""
        bench = self.started()
        bench.answers[COMMIT] = "ERROR"
        bench.answers[COMMIT + "="] = bench.answers["+CHTTPSEND="] = "ERROR"
        bench.write(b"data")
        bench.later(9.0)
        self.assertEqual(bench.owner.ends, [])
        bench.later(20.0)
        self.ended(errors.SendFailed)
        self.assertLess(len(bench.took(COMMIT)), 20)

    def test_printed_spelling(self) -> None:
        """A module that has the other spelling is spoken to in it, but for the first time."""
        bench = self.started()
        taken = bench.answers[COMMIT + "="]
        bench.answers[COMMIT] = bench.answers[COMMIT + "="] = "ERROR"
        bench.answers["+CHTTPSEND="] = taken
        bench.write(b"data")
        self.assertEqual(bench.took(), [f"{COMMIT}=4", "+CHTTPSEND=4", "+CHTTPSEND"])
        bench.says("+CHTTPSEND: 0")
        bench.answers["+CHTTPSEND="] = "ERROR"
        bench.answers["+CHTTPSEND?"] = "+CHTTPSEND: 0\nOK"
        bench.write(b"more")
        self.assertEqual(bench.took(), ["+CHTTPSEND=4", "+CHTTPSEND?"])


class OwnEndTests(RequestCase):
    """The owner's end."""

    def test_close(self) -> None:
        """It waits for the confirmation, and receives go on meanwhile."""
        bench = self.written()
        bench.socket.close()
        bench.brings(b"dropped")
        self.assertEqual(bench.took(), [RECEIVE])
        bench.says("+CHTTPSSEND: 0")
        self.assertEqual(bench.took(), [CLOSE])
        self.ended(ConnectionDone)

    def test_close_with_nothing(self) -> None:
        """It closes at once."""
        bench = self.started()
        bench.socket.close()
        bench.settle()
        self.assertEqual(bench.took(), [CLOSE])
        self.ended(ConnectionDone)

    def test_close_and_the_server_goes(self) -> None:
        """What is not confirmed makes it a loss, although the owner closes."""
        bench = self.written()
        bench.socket.close()
        bench.says("+CHTTPSRECV: 4")
        self.ended(errors.SendFailed)

    def test_abort(self) -> None:
        """An abort at any point closes, and tells nobody."""
        for when in ("open", "committing", "sending", "closing"):
            self.bench = bench = RequestBench().start()
            if when == "sending":
                bench.answers[COMMIT + "="] = [None]
                bench.owner.buffer.append(b"data")
                bench.socket.writable()
            elif when != "open":
                bench.write(b"data")
            if when == "closing":
                bench.socket.close()
            bench.settle()
            bench.took()
            bench.socket.abort()
            bench.says("+CHTTPSSEND: 0", "+CHTTPSRECV: 4", "+CHTTPS: RECV EVENT")
            bench.later(60.0)
            self.assertEqual(bench.took(), [CLOSE], when)
            self.assertEqual(bench.owner.ends, [])
            self._end()
        self.bench = RequestBench()

    def test_port_lost(self) -> None:
        """Whatever goes on, the loss of the port is told once."""
        for answers in ({RECEIVE: None}, {COMMIT: None}, {COMMIT + "=": None}, {}):
            self.bench = bench = RequestBench()
            bench.answers.update(answers)
            bench.start()
            bench.write(b"data")
            bench.module.unplug()
            bench.settle()
            self.ended(errors.PortLost)
            self._end()
        self.bench = RequestBench()

    def test_open_fails(self) -> None:
        """What has ended before it has an owner is told to the owner."""
        bench = self.bench
        bench.socket.opened()
        bench.socket.fail(Failure(errors.ModuleLost("gone")))
        bench.settle()
        bench.socket.start(bench.owner)
        self.ended(errors.ModuleLost)

    def test_states(self) -> None:
        """What a context and a session ask of it."""
        bench = self.started()
        socket = bench.socket
        self.assertEqual((socket.live, socket.closing, socket.pushing), (True, False, True))
        socket.discard()
        bench.says("+CHTTPSNOTIFY: PEER CLOSED")
        self.assertEqual((socket.live, socket.closing), (False, True))


class DialectTests(SynchronousTestCase):
    """What is said, in every spelling."""

    def setUp(self) -> None:
        self.family = RequestBench().family
        assert self.family.https is not None
        self.dialect = self.family.https
        assert self.dialect.ids is not None
        (self.place,) = self.dialect.ids

    def read(self, line: bytes, block: bytes = b"") -> object:
        """Read a URC."""
        return self.family.read_urc(line, block)

    def test_spellings(self) -> None:
        """Ends and confirmations."""
        for line in (b"+CHTTPSSEND: 0", b"+CHTTPSEND: 0", b"+CHTTPSENDD:0"):
            self.assertEqual(self.read(line), Confirmed(self.place, 0))
        for line in (b"+CHTTPSRECV: 4", b"+HTTTPSRECV:4", b"+HTTPSRECV : 4"):
            self.assertEqual(self.read(line), Received(self.place, 4))
        self.assertEqual(self.read(b"+CHTTPSRECV: -1"), Received(self.place, -1))
        self.assertEqual(self.read(b"+CHTTPSNOTIFY: PEER CLOSED"), Closed(self.place))
        for line in (b"+CHTTPSRECV: DATA,3", b"+HTTTPSRECV: DATA, 3,", b"+HTTPSRECV:DATA,3"):
            self.assertEqual(self.family.block_length(line, lambda id: False), 3)
            self.assertEqual(self.read(line, b"abc"), Pushed(self.place, b"abc"))

    def test_garbled(self) -> None:
        """Data that does not say how much it is, is no notice."""
        for length in (b"65536", b"-1", b"x", b"", b"99999999999"):
            for line, id in ((b"+CHTTPSRECV: DATA,", self.place), (b"+CSSLRECV: DATA, 1, ", 1)):
                shown = line + length
                self.assertEqual(self.family.block_length(shown, lambda id: False), 0)
                self.assertEqual(self.read(shown), Garbled(id), shown)
        for line in (b"+CHTTPSRECV: DATA,0", b"+CSSLRECV: DATA, 1, 0,"):
            self.assertEqual(self.read(line), Notice(line))

    def test_numbers_beyond(self) -> None:
        """A number that one stack does not have is no connection of another one's."""
        lines = ("+CSSLCLOSE: 12", "+CSSLSEND: 2, 4, 5", "+CSSLALERT: 12,1,1", "+IPCLOSE: 10,1")
        for text in (*lines, "+CIPRXGET: 1,10", "+CIPOPEN: 10,0", "+CIPSEND: 10,1,1"):
            self.assertIsInstance(self.read(text.encode()), Notice, text)
        self.assertIsInstance(self.read(b"+CSSLRECV: DATA, 12, 99999"), Notice)
        self.assertIsInstance(self.read(b"+CSSLRECV: DATA, 12, 5", b"bytes"), Notice)

    def test_no_reads(self) -> None:
        """There is no read, and no list."""
        with self.assertRaises(AssertionError):
            self.dialect.read_command(self.place, 1)
        with self.assertRaises(AssertionError):
            self.dialect.list_command()
        command = self.dialect.receive_command(self.place)
        nothing = Response(command, OK)
        self.assertEqual(
            (self.dialect.read_data(nothing), self.dialect.announced(nothing)), (None, 0)
        )
