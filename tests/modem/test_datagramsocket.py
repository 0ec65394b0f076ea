"""Tests for L{twisted_quectel.modem.datagramsocket}, on a scripted module."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.modem.scripted import PROMPT, PortBench
from twisted_quectel.errors import CommandFailed, ModuleLost, RemoteViolation, SendFailed
from twisted_quectel.families import AccessMode
from twisted_quectel.modem.datagramsocket import HELD_AT_MOST, DatagramSocket
from twisted_quectel.modem.interfaces import Datagram
from twisted_quectel.modem.receiving import SAFETY_POLL
from twisted_quectel.modem.sending import LOOK_AFTER_SENDS

FAR = ("192.0.2.1", 4000)


class Owner:
    """What uses a socket.

    @ivar taken: what the module has taken; L{lost}: what is lost.
    """

    def __init__(self) -> None:
        self.queue: list[Datagram] = []
        self.got: list[Datagram] = []
        self.taken: list[bytes] = []
        self.lost: list[bytes] = []
        self.ends: list[BaseException | None] = []

    def take(self) -> Datagram | None:
        """Give the next one."""
        return self.queue.pop(0) if self.queue else None

    def sent(self, datagram: Datagram, taken: bool) -> None:
        """It is gone."""
        (self.taken if taken else self.lost).append(datagram.data)

    def received(self, datagram: Datagram) -> None:
        """One came."""
        assert not self.ends
        self.got.append(datagram)

    def ended(self, reason: Failure) -> None:
        """It is over."""
        self.ends.append(reason.value)


class Bench(PortBench):
    """One open service with the id 4, and its owner.

    @ivar stored: what lies in the module for the host to read.
    @ivar freed: how often the id was given back.
    """

    def __init__(self, mode: AccessMode = AccessMode.BUFFER) -> None:
        super().__init__()
        self.stored: list[bytes] = []
        self.freed = 0
        self.pdp_up: Callable[[], Deferred[bool]] = lambda: succeed(True)
        self.answers["+QIRD"] = self._read
        self.answers["+QISTATE"] = (
            '+QISTATE: 4,"UDP SERVICE","10.7.157.1",0,7000,2,1,4,0,"uart1"\n\nOK'
        )
        self.answers["+QISEND"] = self._send
        self.owner = Owner()
        assert self.family.udp is not None
        self.socket = DatagramSocket(
            self.clock,
            self.port,
            self.family,
            self.family.udp,
            4,
            mode,
            lambda: self.pdp_up(),
            self._free,
        )

    def _free(self) -> None:
        self.freed += 1

    def _send(self, line: str) -> str:
        self.module.expect_body(int(line.split(",")[1]), "SEND OK")
        return PROMPT

    def _read(self, line: str) -> str:
        if not self.stored:
            return "+QIRD: 0\n\nOK"
        text = self.stored.pop(0).decode("latin-1")
        return f'\0\r\n+QIRD: {len(text)},"{FAR[0]}",{FAR[1]}\r\n{text}\r\n\r\nOK\r\n'

    def start(self) -> Bench:
        """Have it open, with an owner."""
        self.socket.opened()
        self.socket.start(self.owner)
        self.settle()
        self.module.lines.clear()
        return self

    def settle(self) -> None:
        """Let everything happen that needs no time."""
        self.module.settle(60)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        self.settle()

    def write(self, *data: bytes) -> None:
        """Have the owner write."""
        self.owner.queue += [Datagram(each, FAR) for each in data]
        self.socket.writable()
        self.settle()

    def names(self) -> list[str]:
        """Give the commands since the last call, without parameters."""
        names = [line.partition("=")[0] for line in self.module.lines]
        self.module.lines.clear()
        return names


class ReceivingTests(SynchronousTestCase):
    """What comes."""

    def test_early(self) -> None:
        """What comes ahead of the owner is held, within a bound, and delivered in order."""
        bench = Bench(AccessMode.PUSH)
        bench.socket.opened()
        size = HELD_AT_MOST // 16
        for number in range(20):
            bench.socket.pushed(bytes([number]) * size, FAR)
        bench.socket.start(bench.owner)
        self.assertEqual([each.data[0] for each in bench.owner.got], list(range(16)))
        self.assertEqual(bench.owner.got[0].address, FAR)

    def test_read_until_empty(self) -> None:
        """One URC is read for until nothing is left."""
        bench = Bench().start()
        bench.stored = [b"one", b"two", b"three"]
        bench.socket.readable()
        bench.settle()
        self.assertEqual(
            bench.owner.got, [Datagram(each, FAR) for each in (b"one", b"two", b"three")]
        )
        self.assertEqual(bench.names(), ["+QIRD"] * 4)

    def test_lost_urc(self) -> None:
        """What was not told of is found by the slow look, and behind sends."""
        bench = Bench().start()
        bench.stored = [b"one"]
        bench.later(SAFETY_POLL + 0.1)
        self.assertEqual(len(bench.owner.got), 1)
        bench.stored = [b"two"]
        bench.names()
        bench.write(*[b"x"] * (LOOK_AFTER_SENDS + 2))
        names = bench.names()
        self.assertEqual(names[:LOOK_AFTER_SENDS], ["+QISEND"] * LOOK_AFTER_SENDS)
        self.assertIn("+QIRD", names[LOOK_AFTER_SENDS : LOOK_AFTER_SENDS + 3])
        self.assertEqual(len(bench.owner.got), 2)

    def test_refused_read(self) -> None:
        """A read that ends in ERROR has the state asked for; one that is gone is told."""
        bench = Bench().start()
        bench.answers["+QIRD"] = ["ERROR", "+QIRD: 0\n\nOK"]
        bench.socket.readable()
        bench.settle()
        self.assertEqual(bench.names()[:2], ["+QIRD", "+QISTATE"])
        self.assertEqual(bench.owner.ends, [])
        bench.answers["+QISTATE"] = "OK"
        bench.answers["+QIRD"] = "ERROR"
        bench.socket.readable()
        bench.settle()
        self.assertIsInstance(bench.owner.ends[0], ConnectionDone)
        self.assertEqual((bench.freed, bench.module.timers()), (1, []))

    def test_too_much(self) -> None:
        """An answer with more bytes than were asked for ends it."""
        bench = Bench().start()
        bench.answers["+QIRD"] = (
            '\0\r\n+QIRD: 1501,"192.0.2.1",1\r\n' + "x" * 1501 + "\r\n\r\nOK\r\n"
        )
        bench.socket.readable()
        bench.later(1.0)
        self.assertIsInstance(bench.owner.ends[0], RemoteViolation)

    def test_unanswered_read(self) -> None:
        """A read that is not answered loses what it took, and no more."""
        bench = Bench().start()
        bench.answers["+QIRD"] = [None, "+QIRD: 0\n\nOK"]
        bench.socket.readable()
        bench.later(10.1)
        bench.later(1.0)
        self.assertEqual(bench.owner.ends, [])
        bench.stored = [b"next"]
        bench.answers["+QIRD"] = bench._read
        bench.later(SAFETY_POLL)
        self.assertEqual(bench.owner.got, [Datagram(b"next", FAR)])

    def test_unanswered_read_at_the_end(self) -> None:
        """Behind the peer's close a read that is not answered is the last."""
        bench = Bench().start()
        bench.answers["+QIRD"] = None
        bench.socket.closed_by_peer()
        bench.settle()
        bench.later(10.1)
        bench.later(1.0)
        self.assertEqual(len(bench.owner.ends), 1)

    def test_behind_the_end(self) -> None:
        """What comes behind the end is nobody's."""
        bench = Bench(AccessMode.PUSH).start()
        bench.socket.close()
        bench.socket.pushed(b"late", FAR)
        bench.socket.readable()
        bench.socket.closed_by_peer()
        bench.settle()
        self.assertEqual(bench.owner.got, [])
        self.assertEqual(len(bench.owner.ends), 1)


class SendingTests(SynchronousTestCase):
    """What goes."""

    def test_order(self) -> None:
        """One behind the other, each with its target."""
        bench = Bench(AccessMode.PUSH).start()
        bench.write(b"one", b"two")
        self.assertEqual(bench.module.received, [b"one", b"two"])
        self.assertEqual(bench.module.lines, ['+QISEND=4,3,"192.0.2.1",4000'] * 2)
        self.assertEqual(bench.owner.taken, [b"one", b"two"])
        self.assertFalse(bench.socket.sending)

    def test_unanswered(self) -> None:
        """A send without an answer is lost, and the next one goes."""
        bench = Bench(AccessMode.PUSH).start()
        bench.answers["+QISEND"] = [None, bench._send]
        bench.write(b"one", b"two")
        self.assertTrue(bench.socket.sending)
        bench.later(10.1)
        for _ in range(20):
            bench.later(1.0)
        self.assertEqual((bench.owner.lost, bench.owner.taken), ([b"one"], [b"two"]))

    def test_gone(self) -> None:
        """A socket that the module does not know any more ends."""
        bench = Bench(AccessMode.PUSH).start()
        bench.answers["+QISEND"] = "ERROR"
        bench.answers["+QISTATE"] = "OK"
        bench.write(b"one")
        self.assertIsInstance(bench.owner.ends[0], ConnectionDone)
        bench.later(5.0)
        self.assertEqual((bench.freed, bench.module.timers()), (1, []))

    def test_state_unknown(self) -> None:
        """A module that cannot tell the state goes on."""
        bench = Bench(AccessMode.PUSH).start()
        bench.answers["+QISEND"] = ["ERROR", bench._send]
        bench.answers["+QISTATE"] = "ERROR"
        bench.write(b"one")
        bench.later(1.0)
        self.assertEqual((bench.owner.taken, bench.owner.ends), ([b"one"], []))

    def test_closed_while_refused(self) -> None:
        """A close does not wait for the next try."""
        bench = Bench(AccessMode.PUSH).start()
        bench.module.on_body("+QISEND", PROMPT, "SEND FAIL")

        def refuse(line: str) -> str:
            bench.module.expect_body(1, "SEND FAIL")
            return PROMPT

        bench.answers["+QISEND"] = refuse
        bench.write(b"x")
        bench.later(0.5)
        self.assertTrue(bench.socket.sending)
        bench.socket.close()
        bench.later(0.5)
        bench.later(0.5)
        self.assertEqual((len(bench.owner.ends), bench.freed, bench.module.timers()), (1, 1, []))

    def test_not_open(self) -> None:
        """Before the open, and behind the end, nothing is sent."""
        bench = Bench(AccessMode.PUSH)
        bench.write(b"x")
        self.assertEqual(bench.module.lines, [])
        bench.start()
        self.assertEqual(bench.owner.taken, [b"x"])
        bench.owner.queue.append(Datagram(b"late", FAR))
        bench.socket.writable()
        bench.socket.close()
        bench.settle()
        self.assertEqual(bench.owner.taken, [b"x"])


class EndTests(SynchronousTestCase):
    """How it ends."""

    def test_close(self) -> None:
        """The owner is told when the module has closed it, once."""
        bench = Bench().start()
        bench.socket.close()
        self.assertEqual(bench.owner.ends, [])
        bench.settle()
        self.assertIsInstance(bench.owner.ends[0], ConnectionDone)
        bench.socket.lost(Failure(ModuleLost("too late")))
        self.assertEqual((len(bench.owner.ends), bench.freed, bench.module.timers()), (1, 1, []))
        self.assertTrue(bench.socket.closing)

    def test_abort(self) -> None:
        """The owner is not told of its own abort; the id comes back."""
        bench = Bench().start()
        bench.socket.abort()
        bench.settle()
        self.assertEqual((bench.owner.ends, bench.freed), ([], 1))
        self.assertEqual(bench.names(), ["+QICLOSE"])

    def test_close_refused(self) -> None:
        """A close that ends in ERROR means that it was not open any more."""
        bench = Bench().start()
        bench.answers["+QICLOSE"] = "ERROR"
        bench.socket.close()
        bench.settle()
        self.assertEqual((len(bench.owner.ends), bench.freed), (1, 1))

    def test_network(self) -> None:
        """An end with the PDP context down is a loss; a module that is gone tells itself."""
        for answer, kind in (
            (succeed(False), SendFailed),
            (fail(CommandFailed("no")), SendFailed),
            (succeed(True), ConnectionDone),
        ):
            bench = Bench().start()
            bench.pdp_up = lambda answer=answer: answer  # type: ignore[misc]
            bench.socket.closed_by_peer()
            bench.settle()
            self.assertIsInstance(bench.owner.ends[0], kind)
        bench = Bench().start()
        bench.pdp_up = lambda: fail(ModuleLost("gone"))
        bench.socket.closed_by_peer()
        bench.settle()
        self.assertEqual(bench.owner.ends, [])
        bench.socket.lost(Failure(ModuleLost("gone")))
        self.assertIsInstance(bench.owner.ends[0], ModuleLost)

    def test_over_already(self) -> None:
        """What ends ahead of the owner is told when there is one."""
        bench = Bench()
        bench.socket.opened()
        bench.socket.fail(Failure(SendFailed("the network is gone")))
        bench.socket.start(bench.owner)
        self.assertIsInstance(bench.owner.ends[0], SendFailed)
        bench.settle()
        self.assertEqual(bench.freed, 1)

    def test_unplugged(self) -> None:
        """When the port goes, what waits for it does no harm."""
        bench = Bench().start()
        bench.answers["+QIRD"] = bench.answers["+QISEND"] = bench.answers["+QISTATE"] = None
        bench.socket.readable()
        bench.write(b"x")
        bench.socket.close()
        bench.module.unplug()
        bench.socket.lost(Failure(ModuleLost("gone")))
        bench.settle()
        self.assertIsInstance(bench.owner.ends[0], ModuleLost)
        self.assertEqual((bench.freed, bench.module.timers()), (1, []))

    def test_unplugged_while_asking(self) -> None:
        """The same while a read and a send wait for their answers."""
        for name in ("+QIRD", "+QISEND"):
            bench = Bench().start()
            bench.answers[name] = None
            bench.socket.readable() if name == "+QIRD" else bench.write(b"x")
            bench.settle()
            bench.module.unplug()
            self.assertEqual(bench.owner.ends, [])
            bench.socket.lost(Failure(ModuleLost("gone")))
            self.assertEqual(len(bench.owner.ends), 1)
