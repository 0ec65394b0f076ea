"""Tests for L{twisted_quectel.modem.socketmachine}, and how connections end."""

from __future__ import annotations

from functools import partial
from itertools import product

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import ModuleLost, SendFailed
from twisted_quectel.families import AccessMode
from twisted_quectel.modem.socketmachine import SocketCore, socket_life

from .socketbench import SocketBench


def identity(value: Deferred[bool]) -> Deferred[bool]:
    """Give it back."""
    return value


LOST = Failure(ModuleLost("the module has restarted"))


class Core(SocketCore):
    """Notes what the machine makes happen."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def do_ask_why(self) -> None:
        self.calls.append("ask")

    def do_tell(self, reason: Failure) -> None:
        self.calls.append("tell")

    def do_close(self, abort: bool) -> None:
        self.calls.append("abort" if abort else "close")

    def do_free(self) -> None:
        self.calls.append("free")


INPUTS = ("opened", "peer_gone", "told", "fail", "close", "abort", "closed", "lose")


class MachineTests(SynchronousTestCase):
    """All there is to a life."""

    def live(self, *inputs: str) -> list[str]:
        """Give what happens."""
        core = Core()
        life = socket_life(core)
        for name in inputs:
            method = getattr(life, name)
            method(LOST) if name in ("told", "fail", "lose") else method()
        self.assertFalse(core.is_open and core.is_over)
        return core.calls

    def test_lives(self) -> None:
        """The ordinary lives, and what each makes happen."""
        for inputs, calls in (
            ("opened close closed", "close free tell"),
            ("opened peer_gone told closed", "ask close tell free"),
            ("opened peer_gone close closed", "ask close free tell"),
            ("opened peer_gone abort closed", "ask abort free"),
            ("opened peer_gone fail closed", "ask abort tell free"),
            ("opened abort closed", "abort free"),
            ("opened fail closed", "abort tell free"),
            ("opened close abort closed", "close free"),
            ("opened close lose", "close free tell"),
            ("opened lose closed", "free tell"),
            ("abort closed", "abort free"),
            ("close closed", "abort free"),
            ("fail closed", "abort tell free"),
            ("lose", "free tell"),
        ):
            self.assertEqual(self.live(*inputs.split()), calls.split(), inputs)

    def test_any_life(self) -> None:
        """Whatever happens in whatever order: no input fails, one close, freed once."""
        for inputs in product(INPUTS, repeat=5):
            calls = self.live(*inputs)
            self.assertLessEqual(calls.count("free"), 1, inputs)
            self.assertLessEqual(calls.count("close") + calls.count("abort"), 1, inputs)

    def test_defaults(self) -> None:
        """A core may leave out what it does not need."""
        life = socket_life(SocketCore())
        life.opened()
        life.peer_gone()
        life.told(LOST)
        life.closed()


class EndTests(SynchronousTestCase):
    """How a connection ends, and what its owner is told."""

    def ended(self, bench: SocketBench) -> Failure:
        """Give the one reason; check that nothing is left."""
        bench.settle()
        (reason,) = bench.owner.ends
        self.assertEqual(bench.freed, 1)
        bench.later(60.0)
        self.assertEqual((bench.module.timers(), len(bench.owner.ends)), ([], 1))
        return reason

    def test_own_close(self) -> None:
        """The owner is told when the module has closed, in order."""
        bench = SocketBench().start()
        bench.socket.close()
        self.assertEqual(bench.owner.ends, [])
        self.assertTrue(self.ended(bench).check(ConnectionDone))
        self.assertEqual(bench.module.lines, ["+QSSLCLOSE=4"])

    def test_close_refused(self) -> None:
        """An error to the close means that it was not open any more."""
        bench = SocketBench().start()
        bench.answers["+QSSLCLOSE"] = "ERROR"
        bench.socket.close()
        self.assertTrue(self.ended(bench).check(ConnectionDone))

    def test_abort(self) -> None:
        """The module drops it at once; the owner, who knows, is not told."""
        bench = SocketBench().start()
        bench.socket.abort()
        bench.socket.abort()
        bench.later(60.0)
        self.assertEqual(bench.module.lines, ["+QSSLCLOSE=4,0"])
        self.assertEqual((bench.owner.ends, bench.freed), ([], 1))
        self.assertEqual(bench.module.timers(), [])

    def test_peer_closes(self) -> None:
        """C{closed} with nothing unsent and the network up is an orderly end; we close too."""
        for mode in (AccessMode.BUFFER, AccessMode.PUSH):
            bench = SocketBench(mode).start()
            bench.peer_closes()
            bench.peer_closes()
            self.assertTrue(self.ended(bench).check(ConnectionDone))
            self.assertEqual(bench.module.lines[-1], "+QSSLCLOSE=4")

    def test_drained_first(self) -> None:
        """What lies in the module is delivered before the end is told (note 11)."""
        bench = SocketBench().start()
        bench.stored = b"x" * 4000
        told: list[int] = []
        bench.owner.on_data = lambda data: told.append(len(bench.owner.ends))
        bench.peer_closes()
        self.assertTrue(self.ended(bench).check(ConnectionDone))
        self.assertEqual(len(bench.owner.received_data), 4000)
        self.assertEqual(told, [0, 0, 0])

    def test_drained_at_the_owners_pace(self) -> None:
        """A paused owner is told when it has taken all, in both modes."""
        for mode in (AccessMode.BUFFER, AccessMode.PUSH):
            bench = SocketBench(mode).start()
            bench.socket.pause()
            if mode is AccessMode.PUSH:
                bench.push(b"last")
            else:
                bench.stored = b"last"
            bench.peer_closes()
            bench.later(60.0)
            self.assertEqual((bench.owner.ends, bench.owner.received_data), ([], b""))
            bench.socket.resume()
            self.assertTrue(self.ended(bench).check(ConnectionDone))
            self.assertEqual(bench.owner.received_data, b"last")

    def test_closed_is_lost(self) -> None:
        """C{closed=lost} makes each such end a loss."""
        bench = SocketBench(lost=True).start()
        bench.peer_closes()
        reason = self.ended(bench)
        self.assertIs(reason.type, ConnectionLost)

    def test_unsent(self) -> None:
        """An end with own bytes unsent is a loss."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.owner.buffer.append(b"unsent")
        bench.peer_closes()
        self.assertTrue(self.ended(bench).check(SendFailed))

    def test_refused_and_closed(self) -> None:
        """An end after a refused send is a loss."""
        bench = SocketBench(AccessMode.PUSH).start()
        bench.module.on_body("+QSSLSEND", "> ", "SEND FAIL")
        bench.write(b"one")
        bench.later(0.35)
        bench.peer_closes()
        self.assertTrue(self.ended(bench).check(SendFailed))

    def test_network_down(self) -> None:
        """An end with the PDP context down, or unknown, is a loss."""
        for answer in (lambda: succeed(False), lambda: fail(ValueError())):
            bench = SocketBench().start()
            bench.pdp_up = answer
            bench.peer_closes()
            self.assertTrue(self.ended(bench).check(SendFailed))

    def test_lost_while_asking(self) -> None:
        """The module may go while the network is asked for; the owner is told that."""
        for late in (True, Failure(LOST.value), Failure(ValueError())):
            bench = SocketBench().start()
            asked: Deferred[bool] = Deferred()
            bench.pdp_up = partial(identity, asked)
            bench.peer_closes()
            bench.socket.lost(LOST)
            if isinstance(late, Failure):
                asked.errback(late)
            else:
                asked.callback(late)
            self.assertIs(self.ended(bench), LOST)

    def test_network_not_known_as_the_module_goes(self) -> None:
        """A question that fails with the module waits for the word about the module."""
        bench = SocketBench().start()
        bench.pdp_up = lambda: fail(LOST.value)
        bench.peer_closes()
        self.assertEqual(bench.owner.ends, [])
        bench.socket.lost(LOST)
        self.assertIs(self.ended(bench), LOST)

    def test_module_lost(self) -> None:
        """With the module goes the connection: told once, nothing is sent to it."""
        for stage in ("idle", "read", "send", "close", "state"):
            bench = SocketBench().start()
            for command in ("+QSSLRECV", "+QSSLCLOSE", "+QSSLSTATE"):
                bench.answers[command] = None
            if stage == "read":
                bench.arrive(b"x")
            elif stage == "send":
                bench.answers["+QSSLSEND"] = None
                bench.write(b"x")
            elif stage == "close":
                bench.socket.close()
            elif stage == "state":
                bench.answers["+QSSLRECV"] = "ERROR"
                bench.arrive(b"x")
            bench.settle()
            bench.module.lines.clear()
            bench.port.abandon(LOST)
            self.assertEqual(bench.owner.ends, [], stage)
            bench.socket.lost(LOST)
            self.assertIs(self.ended(bench), LOST, stage)
            self.assertEqual(bench.module.lines, [], stage)

    def test_port_lost(self) -> None:
        """The port's end is the module's to tell."""
        bench = SocketBench().start()
        bench.answers["+QSSLRECV"] = None
        bench.arrive(b"x")
        bench.module.unplug()
        self.assertEqual(bench.owner.ends, [])
        bench.socket.lost(LOST)
        self.assertIs(self.ended(bench), LOST)

    def test_over_before_it_starts(self) -> None:
        """A connection that ended before it had an owner tells it at once."""
        bench = SocketBench()
        bench.socket.opened()
        bench.socket.fail(LOST)
        bench.socket.start(bench.owner)
        self.assertIs(self.ended(bench), LOST)
        self.assertFalse(bench.socket.is_open)

    def test_never_opened(self) -> None:
        """An open that fails, or is given up, is closed at the module."""
        for end in ("fail", "close", "abort"):
            bench = SocketBench()
            if end == "fail":
                bench.socket.fail(LOST)
            else:
                getattr(bench.socket, end)()
            bench.settle()
            self.assertEqual(bench.module.lines, ["+QSSLCLOSE=4,0"])
            self.assertEqual(bench.freed, 1)

    def test_owner_acts_on_data(self) -> None:
        """An owner may close or abort when data comes; nothing more is delivered."""
        for act in ("close", "abort"):
            bench = SocketBench().start()

            def do(data: bytes, bench: SocketBench = bench, act: str = act) -> None:
                getattr(bench.socket, act)()

            bench.owner.on_data = do
            bench.arrive(b"x" * 4000)
            bench.settle()
            self.assertEqual(len(bench.owner.received_data), 1500)
            self.assertEqual(bench.freed, 1)
            self.assertEqual(len(bench.owner.ends), 1 if act == "close" else 0)
