"""The faults of the field, on the emulated SIM5320."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import calls
from twisted_quectel.emulator.faults import (
    FAULTS,
    CommandFails,
    DuplicateRecvUrc,
    EarlyClosed,
    ErrorInsteadOfSendOk,
    Fault,
    IdLingers,
    LongGuard,
    MissingRecvUrc,
    OpenFails,
    PdpDead,
    PdpDrops,
    PromptRefused,
    Restarts,
    ResultLost,
    SendFails,
    SmallPushes,
    SpuriousRecvUrc,
    Wedge,
)

from .bench import HOST, PLAIN_PORT, PORT, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
EVENT = b"\r\n+CHTTPS: RECV EVENT\r\n"
OPEN = f'AT+CSSLOPEN=0,"{HOST}",{PORT}'


class FaultTests(SynchronousTestCase):
    """Each by its effect."""

    def bench(self, *faults: Fault, quirks: tuple[str, ...] = ()) -> Bench:
        made = Bench(faults=faults, quirks=quirks)
        self.addCleanup(made.close)
        return made

    def test_foreign(self) -> None:
        """A fault of another family is refused by name."""
        for name in ("strangers", "other_id", "write_is_query", "urcs_elsewhere"):
            problem = self.assertRaises(ValueError, Bench, faults=[FAULTS[name]()])
            self.assertRegex(str(problem), f"^faults: {name} is none of SIM5320")

    def test_open_fails(self) -> None:
        """Opens of every stack fail once, and then no more."""
        bench = self.bench(OpenFails())
        bench.ok("AT+CSSLSTART")
        self.assertEqual(bench.say(OPEN), ERROR)
        self.assertEqual(bench.say(OPEN), OK)
        bench = self.bench(OpenFails())
        bench.ok("AT+CHTTPSSTART")
        self.assertEqual(bench.say(f'AT+CHTTPSOPSE="{HOST}",{PORT}'), ERROR)
        bench.ok(f'AT+CHTTPSOPSE="{HOST}",{PORT}')
        bench = self.bench(OpenFails(code=569))
        bench.say("AT+NETOPEN")
        command = f'AT+CIPOPEN=0,"TCP","{HOST}",{PLAIN_PORT}'
        self.assertEqual(bench.say(command), OK + b"\r\n+CIPOPEN: 0,10\r\n")
        self.assertEqual(bench.say(command), OK + b"\r\n+CIPOPEN: 0,0\r\n")
        bench = self.bench(OpenFails())
        bench.ok("AT+CFTPSSTART")
        self.assertEqual(bench.say(f'AT+CFTPSLOGIN="{HOST}",{PLAIN_PORT},"a","b"'), ERROR)
        self.assertEqual(bench.plain.peers, [])

    def test_command_fails(self) -> None:
        """A command of this family by its name."""
        bench = self.bench(CommandFails(command="+CSSLOPEN"))
        bench.ok("AT+CSSLSTART")
        self.assertEqual(bench.say(OPEN), ERROR)
        bench.open()

    def test_prompt_refused(self) -> None:
        """A final result in place of the prompt: C{ERROR}, as there is no C{SEND FAIL} here."""
        for send_fail in (False, True):
            bench = self.bench(PromptRefused(send_fail=send_fail))
            bench.open()
            self.assertEqual(bench.say("AT+CSSLSEND=0,4"), ERROR)
            self.assertEqual(bench.body("AT+CSSLSEND=0,4", b"data"), OK)

    def test_send_fails(self) -> None:
        """A body that is not taken."""
        bench = self.bench(SendFails())
        peer = bench.open()
        self.assertEqual(bench.body("AT+CSSLSEND=0,4", b"lost"), ERROR)
        self.assertEqual(bench.body("AT+CSSLSEND=0,4", b"data"), OK)
        self.assertEqual(peer.received, b"data")

    def test_taken_all_the_same(self) -> None:
        """C{ERROR} behind a body that goes to the peer, on each stack."""
        bench = self.bench(ErrorInsteadOfSendOk())
        peer = bench.open(1)
        self.assertEqual(bench.body("AT+CSSLSEND=1,4", b"data"), ERROR)
        self.assertEqual(peer.received, b"data")
        bench = self.bench(ErrorInsteadOfSendOk())
        peer = bench.https()
        self.assertEqual(bench.body("AT+CHTTPSSEND=4", b"data"), ERROR)
        bench.say("AT+CHTTPSSEND")
        self.assertEqual(peer.received, b"data")

    def test_events(self) -> None:
        """C{RECV EVENT} that is lost, or comes twice."""
        for fault, shown in ((MissingRecvUrc(), b""), (DuplicateRecvUrc(), EVENT * 2)):
            bench = self.bench(fault)
            bench.https().write(b"data")
            bench.settle()
            self.assertEqual(bench.screen.take(), shown)
            self.assertIn(b"DATA,4\r\ndata", bench.say("AT+CHTTPSRECV=1"))

    def test_spurious_event(self) -> None:
        """One with nothing behind it, at each send."""
        bench = self.bench(SpuriousRecvUrc())
        bench.https()
        self.assertEqual(bench.body("AT+CHTTPSSEND=4", b"data"), OK + EVENT)

    def test_small_pushes(self) -> None:
        """Pieces of a few bytes, of pushes and of receives."""
        data = bytes(range(200))
        bench = self.bench(SmallPushes())
        bench.open().write(data)
        bench.settle()
        self.assertGreater(bench.screen.take().count(b"+CSSLRECV: DATA, 0, "), 27)
        bench = self.bench(SmallPushes())
        bench.https().write(data)
        bench.settle()
        self.assertGreater(bench.say("AT+CHTTPSRECV=1").count(b"+CHTTPSRECV: DATA,"), 27)

    def test_early_closed(self) -> None:
        """The end is told ahead of data, which then stays in the module."""
        bench = self.bench(EarlyClosed(), quirks=("cssl_closed_urc",))
        peer = bench.open()
        peer.write(b"data")
        peer.close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\n+CSSLCLOSE: 0\r\n")

    def test_wedge(self) -> None:
        """After so many opens everything is an C{ERROR} until a restart."""
        bench = self.bench(Wedge(opens=2))
        for _ in range(2):
            bench.open()
            bench.ok("AT+CSSLCLOSE=0")
        self.assertEqual(bench.say(OPEN), ERROR)
        bench.module.restart()
        bench.settle(4)
        bench.type(b"ATE0\r")
        bench.open()

    def test_id_lingers(self) -> None:
        """A session that was closed cannot be opened for a while."""
        bench = self.bench(IdLingers(seconds=2.0))
        bench.open()
        bench.ok("AT+CSSLCLOSE=0")
        self.assertEqual(bench.say(OPEN), ERROR)
        bench.settle(2.5)
        self.assertEqual(bench.say(OPEN), OK)

    def test_result_lost(self) -> None:
        """C{OK}, and nothing is open."""
        bench = self.bench(ResultLost())
        bench.ok("AT+CSSLSTART", OPEN)
        self.assertEqual(bench.say("AT+CSSLSEND=0,1"), ERROR)
        self.assertEqual(bench.server.peers, [])

    def test_restarts(self) -> None:
        """A restart in the middle, told in this family's words."""
        bench = self.bench(Restarts(after=2.0, silence=3.0))
        bench.open()
        bench.settle(2.5)
        self.assertEqual(
            bench.screen.take(),
            b"\r\nNORMAL POWER DOWN\r\n\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n",
        )
        bench.settle(4)
        self.assertTrue(bench.screen.take().startswith(b"\r\nSTART\r\n"))

    def test_pdp_drops(self) -> None:
        """The operator ends the connection every hour."""
        bench = self.bench(PdpDrops())
        peer = bench.open()
        bench.settle(3601)
        self.assertEqual(bench.screen.take(), b"\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n")
        self.assertIsNotNone(peer.lost)

    def test_pdp_dead(self) -> None:
        """Nothing comes or goes and nobody is told, until the stack is released."""
        bench = self.bench(PdpDead(after=2.0))
        peer = bench.open()
        bench.ok("AT+CSSLSET=1")
        bench.settle(3)
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.body("AT+CSSLSEND=0,4", b"gone"), OK)
        self.assertEqual(bench.say("AT+CSSLSEND?"), b"\r\n+CSSLSEND: 0, 4, 1, 0\r\n" + OK)
        self.assertEqual(bench.say(f'AT+CSSLOPEN=1,"{HOST}",{PORT}'), ERROR)
        bench.ok("AT+CSSLCLOSE=0", "AT+CSSLSTOP")
        bench.open()

    def test_pdp_dead_https(self) -> None:
        """A commit into the void is reported with 5 after two minutes."""
        bench = self.bench(PdpDead(after=2.0))
        bench.https()
        bench.settle(3)
        self.assertEqual(bench.body("AT+CHTTPSSEND=4", b"gone"), OK)
        self.assertEqual(bench.say("AT+CHTTPSSEND", 119), OK)
        bench.settle(2)
        self.assertEqual(bench.screen.take(), b"\r\n+CHTTPSSEND: 5\r\n")

    def test_pdp_dies_while_opening(self) -> None:
        """An open in that moment ends in C{ERROR}: its command does not hang."""
        bench = self.bench(PdpDead(after=2.0))
        bench.open(1)
        bench.wire.write(f'AT+CSSLOPEN=0,"{HOST}",{PLAIN_PORT}\r'.encode())
        bench.settle(3)
        self.assertEqual(bench.screen.take(), ERROR)

    def test_long_guard(self) -> None:
        """The escape of transparent mode takes more silence."""
        bench = self.bench(LongGuard(seconds=3.0))
        bench.ok("AT+CSSLMODE=1", "AT+CSSLSTART")
        bench.say(OPEN)
        bench.settle(2)
        self.assertEqual(bench.type(b"+++", 2), b"")
        bench.settle(4)
        self.assertEqual(bench.type(b"+++", 4), OK)


class EveryFaultTests(SynchronousTestCase):
    """A host that does what it would, and looks at nothing."""

    def session(self, bench: Bench, transparent: bool) -> None:
        """Everything that the module has, once."""
        for command in (
            "AT",
            "AT+CPIN?",
            "AT+CGREG?",
            'AT+CGSOCKCONT=1,"IP","a"',
            f"AT+CSSLMODE={int(transparent)}",
            "AT+CSSLSET=1",
            "AT+CSSLSTART",
            OPEN,
        ):
            bench.say(command, 5)
        for number in range(3):
            if not transparent:
                bench.say("AT+CSSLSEND=0,300", 1)
            bench.type(b"x" * 300, 1)
            for peer in bench.server.peers:
                if peer.lost is None:
                    peer.write(b"z" * 2000 * number)
            bench.settle(1)
        if transparent:
            bench.settle(3)
            bench.type(b"+++", 3)
            bench.say("ATO", 1)
        for peer in bench.server.peers:
            if peer.lost is None:
                peer.close()
        bench.settle(2)
        for command in (
            "AT+CSSLCLOSE=0",
            "AT+CSSLSTOP",
            "AT+CHTTPSSTART",
            f'AT+CHTTPSOPSE="{HOST}",{PORT}',
            "AT+CHTTPSSEND=4",
            "data",
            "AT+CHTTPSSEND",
        ):
            bench.say(command, 2)
        for peer in bench.server.peers:
            if peer.lost is None:
                peer.write(b"response" * 500)
        for command in (
            "AT+CHTTPSRECV=1",
            "AT+CHTTPSCLSE",
            "AT+CHTTPSSTOP",
            "AT+NETOPEN",
            f'AT+CIPOPEN=0,"TCP","{HOST}",{PLAIN_PORT}',
            "AT+CIPSEND=0,4",
            "ping",
            "AT+CIPCLOSE=0",
            "AT+NETCLOSE",
            "AT+CFTPSSTART",
            f'AT+CFTPSLOGIN="{HOST}",{PLAIN_PORT},"a","b"',
            "AT+CFTPSSTOP",
            "AT+CRESET",
        ):
            bench.say(command, 20)

    def test_sessions(self) -> None:
        """In command mode and in data mode nothing raises, and no timer is left at the end."""
        for name, kind in FAULTS.items():
            if kind.families and "sim52xx" not in kind.families:
                continue
            for transparent in (False, True):
                bench = Bench(faults=[kind()], echo=True)
                try:
                    self.session(bench, transparent)
                finally:
                    bench.close()
                self.assertEqual(calls(bench.clock), [], (name, transparent))
                self.assertEqual(self.flushLoggedErrors(), [], (name, transparent))
