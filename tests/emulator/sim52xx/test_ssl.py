"""Common SSL of the emulated SIM5320 (chapter 4)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import calls
from twisted_quectel.emulator import ModuleSettings, VerdictKind

from .bench import HOST, PORT, Bench, trusting

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


class SessionTests(SynchronousTestCase):
    """Two sessions, pushed data, confirmed sends."""

    def setUp(self) -> None:
        self.bench = Bench()
        self.addCleanup(self._end)

    def _end(self) -> None:
        self.bench.close()
        self.assertEqual(calls(self.bench.clock), [])

    def test_both(self) -> None:
        """Sessions 0 and 1 are open at the same time, each with its own data."""
        first, second = self.bench.open(0), self.bench.open(1)
        self.assertEqual(self.bench.body("AT+CSSLSEND=0,5", b"first"), OK)
        self.assertEqual(self.bench.body("AT+CSSLSEND=1,6", b"second"), OK)
        self.assertEqual((first.received, second.received), (b"first", b"second"))
        second.write(b"two")
        self.bench.settle()
        first.write(b"one")
        self.bench.settle()
        self.assertEqual(
            self.bench.screen.take(),
            b"\r\n+CSSLRECV: DATA, 1, 3\r\ntwo\r\n+CSSLRECV: DATA, 0, 3\r\none",
        )

    def test_ids(self) -> None:
        """There is no session 2, and nothing is opened without a host, a port or the stack."""
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=0,"{HOST}",443'), ERROR)
        self.bench.ok("AT+CSSLSTART")
        for parameters in (
            f'2,"{HOST}",443',
            '0,"",443',
            f'0,"{HOST}",0',
            f'0,"{HOST}",65536',
            f'0,"{HOST}"',
            f"0,{HOST},443",
            f'0,"{HOST}",443,1',
            '0,"' + "h" * 256 + '",443',
            "",
        ):
            self.assertEqual(self.bench.say(f"AT+CSSLOPEN={parameters}"), ERROR, parameters)
        self.assertEqual(self.bench.server.peers, [])

    def test_reuse(self) -> None:
        """An open session cannot be opened again; whoever tries is judged."""
        self.bench.open(1)
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=1,"{HOST}",{PORT}'), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.REUSE_OF_OPEN_ID])

    def test_refused(self) -> None:
        """An open that reaches nobody is an C{ERROR} without an alert; the id is free again."""
        self.bench.ok("AT+CSSLSTART")
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=0,"{HOST}",1'), ERROR)
        self.assertEqual(self.bench.say('AT+CSSLOPEN=0,"nowhere.example",443'), ERROR)
        self.bench.open(0)
        self.assertEqual(self.bench.kinds(), [])

    def test_close_failed(self) -> None:
        """A careful host closes what could not be opened, and is not judged for that."""
        self.bench.ok("AT+CSSLSTART")
        self.bench.say(f'AT+CSSLOPEN=0,"{HOST}",1')
        self.assertEqual(self.bench.say("AT+CSSLCLOSE=0"), ERROR)
        self.assertEqual(self.bench.kinds(), [])
        self.assertEqual(self.bench.say("AT+CSSLCLOSE=0"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.CLOSE_OF_UNOPENED_ID])

    def test_no_answer(self) -> None:
        """A server that says nothing costs two minutes (4.8)."""
        self.bench.ok("AT+CSSLSTART")
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=0,"{HOST}",7', 119), b"")
        self.bench.settle(1.1)
        self.assertEqual(self.bench.screen.take(), ERROR)

    def test_send_lengths(self) -> None:
        """1 to 1024 bytes, counted; what is outside gets no prompt and is judged."""
        peer = self.bench.open()
        for length in (0, 1025):
            self.assertEqual(self.bench.say(f"AT+CSSLSEND=0,{length}"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_BEYOND_LIMIT] * 2)
        body = bytes(range(256)) * 4
        self.assertEqual(self.bench.body("AT+CSSLSEND=0,1024", body), OK)
        self.assertEqual(peer.received, body)

    def test_send_nowhere(self) -> None:
        """Nothing is sent on a session that is not open."""
        self.bench.ok("AT+CSSLSTART")
        self.assertEqual(self.bench.say("AT+CSSLSEND=1,4"), ERROR)
        self.assertEqual(self.bench.say("AT+CSSLSEND"), ERROR)

    def test_confirmed(self) -> None:
        """With C{AT+CSSLSET=1} each send is confirmed with its length once it is sent."""
        self.bench.open(1)
        self.assertEqual(self.bench.say("AT+CSSLSET?"), b"\r\n+CSSLSET: 0\r\n" + OK)
        self.bench.ok("AT+CSSLSET=1")
        self.assertEqual(self.bench.say("AT+CSSLSET?"), b"\r\n+CSSLSET: 1\r\n" + OK)
        self.assertEqual(
            self.bench.body("AT+CSSLSEND=1,88", b"x" * 88), OK + b"\r\n+CSSLSEND: 1, 0, 88\r\n"
        )
        self.bench.ok("AT+CSSLSET=0")
        self.assertEqual(self.bench.body("AT+CSSLSEND=1,1", b"x"), OK)
        self.assertEqual(self.bench.say("AT+CSSLSET=2"), ERROR)

    def test_peer_closes(self) -> None:
        """The peer's end is not told: the note has no form.  Data comes, sends are C{ERROR}."""
        peer = self.bench.open()
        peer.write(b"last words")
        peer.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CSSLRECV: DATA, 0, 10\r\nlast words")
        self.assertEqual(self.bench.say("AT+CSSLSEND=0,1"), ERROR)
        self.assertEqual(self.bench.kinds(), [VerdictKind.SEND_TO_CLOSED])
        self.assertEqual(self.bench.say("AT+CSSLCLOSE=0"), OK)
        self.bench.open()

    def test_stop_closes(self) -> None:
        """C{AT+CSSLSTOP} closes both sessions in order (4.6)."""
        peers = [self.bench.open(id) for id in (0, 1)]
        self.assertEqual(self.bench.say("AT+CSSLSTOP"), OK)
        self.assertTrue(all(peer.lost is not None for peer in peers))
        self.assertEqual(self.bench.say("AT+CSSLSTOP"), ERROR)

    def test_long_push(self) -> None:
        """What is longer than 1024 bytes is pushed in pieces, and nothing gets lost."""
        peer = self.bench.open()
        data = bytes(range(256)) * 20
        peer.write(data)
        self.bench.settle()
        shown = self.bench.screen.take()
        heads = [b"\r\n+CSSLRECV: DATA, 0, %d\r\n" % length for length in (1024,) * 5]
        for head in heads:
            self.assertIn(head, shown)
            shown = shown.replace(head, b"", 1)
        self.assertEqual(shown, data)

    def test_restart(self) -> None:
        """A restart cuts every session off and forgets all settings."""
        peer = self.bench.open()
        self.bench.ok("AT+CSSLSET=1")
        self.bench.module.restart()
        self.bench.settle(4)
        self.assertEqual(self.bench.screen.take(), b"\r\nSTART\r\n\r\nPB DONE\r\n\r\n+STIN: 25\r\n")
        self.assertIsNotNone(peer.lost)
        self.bench.type(b"ATE0\r")
        self.assertEqual(self.bench.say("AT+CSSLSET?"), b"\r\n+CSSLSET: 0\r\n" + OK)
        self.bench.open()

    def test_restart_while_opening(self) -> None:
        """A restart in the middle of an open leaves nothing behind."""
        self.bench.ok("AT+CSSLSTART")
        self.assertEqual(self.bench.say(f'AT+CSSLOPEN=0,"{HOST}",7'), b"")
        self.bench.module.restart()
        self.bench.settle(4)
        self.assertTrue(self.bench.screen.take().startswith(b"\r\nSTART\r\n"))


class BackPressureTests(SynchronousTestCase):
    """A peer that reads nothing."""

    def test_full(self) -> None:
        """What is not sent yet is counted; a full cache refuses; when it empties it goes on."""
        bench = Bench(settings=trusting(send_limit=4096), window=2048)
        self.addCleanup(bench.close)
        peer = bench.open(1)
        bench.ok("AT+CSSLSET=1")
        peer.pause(True)
        sent = 0
        while (answer := bench.say("AT+CSSLSEND=1,1024")) == b"\r\n>":
            bench.type(bytes([sent % 251]) * 1024)
            sent += 1
        self.assertEqual(answer, ERROR)
        self.assertGreater(sent, 2)
        pending = bench.module.sockets.session(1)
        assert pending is not None
        self.assertGreater(pending.pending(), 2048)
        self.assertEqual(
            bench.say("AT+CSSLSEND?"),
            b"\r\n+CSSLSEND: 0, 0, 1, %d\r\n" % pending.pending() + OK,
        )
        peer.pause(False)
        bench.settle()
        self.assertIn(b"\r\n+CSSLSEND: 1, 0, 1024\r\n", bench.screen.take())
        self.assertEqual(bench.say("AT+CSSLSEND?"), b"\r\n+CSSLSEND: 0, 0, 1, 0\r\n" + OK)
        self.assertEqual(
            peer.received, b"".join(bytes([each % 251]) * 1024 for each in range(sent))
        )

    def test_stuck(self) -> None:
        """Sends that are not through after two minutes (4.8) are confirmed with 5."""
        bench = Bench(settings=trusting(send_limit=4096), window=1024)
        self.addCleanup(bench.close)
        peer = bench.open()
        bench.ok("AT+CSSLSET=1")
        peer.pause(True)
        while bench.say("AT+CSSLSEND=0,1024") == b"\r\n>":
            bench.type(bytes(1024))
        bench.settle(118)
        self.assertEqual(bench.screen.take(), b"")
        bench.settle(3)
        self.assertIn(b"\r\n+CSSLSEND: 0, 5, 1024\r\n", bench.screen.take())
        bench.settle(300)
        self.assertEqual(bench.screen.take(), b"")
        self.assertTrue(bench.say("AT+CSSLCLOSE=0", 121).endswith(OK))

    def test_lost(self) -> None:
        """Sends that wait when the peer goes are confirmed with 4, and not with 0."""
        bench = Bench(settings=trusting(send_limit=4096), window=1024)
        self.addCleanup(bench.close)
        peer = bench.open()
        bench.ok("AT+CSSLSET=1")
        peer.pause(True)
        bench.body("AT+CSSLSEND=0,1024", b"x" * 1024)
        bench.body("AT+CSSLSEND=0,1024", b"x" * 1024)
        bench.screen.take()
        peer.abort()
        bench.settle()
        self.assertIn(b"\r\n+CSSLSEND: 0, 4, 1024\r\n", bench.screen.take())


class FormTests(SynchronousTestCase):
    """The forms that the note does not print."""

    def test_test_forms(self) -> None:
        """A test form shows the ranges, or nothing."""
        bench = Bench()
        self.addCleanup(bench.close)
        for name, shown in (
            ("CSSLOPEN", "(0,1),<host>,(1-65535)"),
            ("CSSLSEND", "(0,1),(1-1024)"),
            ("CSSLCLOSE", "(0,1)"),
            ("CSSLCONT", "(0,1)"),
            ("CSSLSET", "(0,1)"),
            ("CSSLMODE", "(0,1)"),
        ):
            self.assertEqual(
                bench.say(f"AT+{name}=?"), f"\r\n+{name}: {shown}\r\n\r\nOK\r\n".encode(), name
            )
        for name in ("CSSLSTART", "CSSLSTOP"):
            self.assertEqual(bench.say(f"AT+{name}=?"), OK)
            self.assertEqual(bench.say(f"AT+{name}?"), ERROR)
            self.assertEqual(bench.say(f"AT+{name}=1"), ERROR)

    def test_unregistered(self) -> None:
        """Without a network there is no stack to be had."""
        bench = Bench(settings=ModuleSettings(registration=2))
        self.addCleanup(bench.close)
        for name in ("CSSLSTART", "CHTTPSSTART", "CFTPSSTART", "NETOPEN"):
            self.assertEqual(bench.say(f"AT+{name}"), ERROR)

    def test_slow_network(self) -> None:
        """The network may take its time; nobody else gets it meanwhile."""
        bench = Bench(settings=trusting(pdp_delay=3.0))
        self.addCleanup(bench.close)
        other, wire = bench.plug("uart1")
        self.assertEqual(bench.say("AT+CSSLSTART"), b"")
        wire.write(b"ATE0\rAT+CHTTPSSTART\r")
        bench.settle()
        self.assertTrue(other.take().endswith(ERROR))
        bench.settle(3)
        self.assertEqual(bench.screen.take(), OK)
        wire.unplug()

    def test_released_meanwhile(self) -> None:
        """A stack that is released while it is being acquired is not acquired."""
        bench = Bench(settings=trusting(pdp_delay=3.0))
        self.addCleanup(bench.close)
        other, wire = bench.plug("uart1")
        self.assertEqual(bench.say("AT+CSSLSTART"), b"")
        wire.write(b"ATE0\rAT+CSSLSTOP\r")
        bench.settle(3)
        self.assertTrue(other.take().endswith(OK))
        self.assertEqual(bench.screen.take(), ERROR)
        self.assertEqual(bench.say("AT+CSSLSTART", 3), OK)
        wire.unplug()

    def test_lost_meanwhile(self) -> None:
        """A network that goes while a stack is being acquired."""
        bench = Bench(settings=trusting(pdp_delay=3.0))
        self.addCleanup(bench.close)
        self.assertEqual(bench.say("AT+CSSLSTART"), b"")
        bench.module.network_state.set_functionality(4)
        bench.settle(3)
        self.assertTrue(bench.screen.take().endswith(ERROR))
