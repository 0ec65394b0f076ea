"""Every fault that a GSM module can have, with its factory values."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT, Peer, calls
from twisted_quectel.emulator.faults import (
    FAULTS,
    CommandFails,
    DuplicateRecvUrc,
    ErrorInsteadOfSendOk,
    Fault,
    IdLingers,
    InfoThenError,
    LateAnswer,
    MissingRecvUrc,
    NameExists,
    OpenFails,
    OtherId,
    PdpDead,
    PdpDrops,
    PromptRefused,
    RecvLength,
    Restarts,
    ResultLost,
    SendFails,
    SingleLineEnd,
    SmallPushes,
    SpuriousRecvUrc,
    Strangers,
    UploadLineLost,
    UploadPartial,
    Wedge,
    WriteIsQuery,
)

from .bench import GSMBench

ERROR = b"\r\nERROR\r\n"
RECV = b'\r\n+QSSLURC: "recv",0,1\r\n'


class SessionTests(SynchronousTestCase):
    """A host that does what it would, and looks at nothing."""

    def session(self, bench: GSMBench, mode: int) -> None:
        """Set up, open, send, receive and close."""
        for line in (
            "AT", "AT+CPIN?", "AT+CREG?", "AT+QIFGCNT=0", 'AT+QICSGP=1,"a"', "AT+QIREGAPP",
            "AT+QIACT", "AT+QILOCIP", "AT+QIMUX=1", "AT+QINDI=1", 'AT+QSSLCFG="seclevel",0,0',
        ):  # fmt: skip
            bench.type(line, 1)
        bench.type('AT+QSECWRITE="RAM:f",100,3', 1)
        bench.send(b"y" * 100, 4)
        bench.type('AT+QIOPEN=0,"TCP","192.0.2.7",6021', 1)
        for id in (1, 2):
            bench.type(f'AT+QSSLOPEN={id},0,"{HOST}",{PORT},{mode}', 5)
            peers = bench.server.peers + bench.plain.peers
            for number in range(3):
                if not mode:
                    bench.type(f"AT+QSSLSEND={id},300", 1)
                bench.send(b"x" * 300, 1)
                for peer in peers:
                    if peer.lost is None:
                        peer.write(b"z" * 2000 * number)
                bench.settle(1)
                if not mode:
                    bench.type(f"AT+QSSLRECV=0,{id},1500", 1)
            if mode:
                bench.settle(3)
                bench.send(b"+++", 3)
                bench.type("ATO", 1)
            for peer in peers:
                if peer.lost is None:
                    peer.close()
            bench.settle(2)
            bench.type("AT+QSSLSTATE", 1)
            bench.type(f"AT+QSSLCLOSE={id}", 12)
        bench.type("AT+QIDEACT", 1)
        bench.type('AT+QSECDEL="RAM:f"', 1)
        bench.type("AT+CFUN=1,1", 20)

    def test_sessions(self) -> None:
        """In each access mode nothing raises, and no timer is left at the end."""
        for name, kind in FAULTS.items():
            if kind.families and "gsm" not in kind.families:
                self.assertRaises(ValueError, GSMBench, faults=[kind()])
                continue
            for mode in range(2):
                bench = GSMBench(faults=[kind()], echo=True)
                try:
                    self.session(bench, mode)
                    self.session(bench, mode)
                finally:
                    bench.wire.unplug()
                    bench.module.close()
                for peer in bench.server.peers + bench.plain.peers:
                    if peer.transport is not None and peer.lost is None:
                        peer.close()
                bench.settle(1)
                self.assertEqual(calls(bench.clock), [], (name, mode))
                self.assertEqual(self.flushLoggedErrors(), [], (name, mode))


class EffectTests(SynchronousTestCase):
    """Those that look at the commands of the family act on its own."""

    def start(self, *faults: Fault) -> GSMBench:
        """Make a bench whose context is active."""
        self.bench = GSMBench(faults=faults)
        self.bench.activate()
        return self.bench

    def opened(self, id: int = 1) -> bytes:
        """Type an open."""
        return self.bench.type(f'AT+QSSLOPEN={id},0,"{HOST}",{PORT},0')

    def acted(self) -> int:
        """Tell how often the fault has acted."""
        return self.bench.module.hooks[0].acted

    def come(self, peer: Peer, data: bytes = b"data") -> bytes:
        """Have a peer send, and give what is told."""
        peer.write(data)
        self.bench.settle()
        return self.bench.screen.take()

    def test_opening(self) -> None:
        """Opens that fail, of either kind."""
        self.start(OpenFails(times=2))
        self.assertEqual(self.opened(), b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-1\r\n")
        self.assertEqual(
            self.bench.type('AT+QIOPEN=1,"TCP","192.0.2.7",6021'),
            b"\r\nOK\r\n\r\n1, CONNECT FAIL\r\n",
        )
        self.bench.open(1)

    def test_other_id(self) -> None:
        """Another index is told, and is the connection's."""
        self.start(OtherId(distance=2))
        self.assertEqual(self.opened(), b"\r\nOK\r\n\r\n+QSSLOPEN: 3,0\r\n")
        self.assertEqual(self.come(self.bench.server.peers[-1]), b'\r\n+QSSLURC: "recv",0,3\r\n')

    def test_lingering(self) -> None:
        """An index is occupied for a while behind its close."""
        self.start(IdLingers(seconds=2.0))
        self.bench.open(1)
        self.assertEqual(self.bench.type("AT+QSSLCLOSE=1"), b"\r\nCLOSE OK\r\n")
        self.assertEqual(self.opened(), b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-2\r\n")
        self.assertEqual(
            self.bench.type('AT+QIOPEN=1,"TCP","192.0.2.7",6021'),
            b"\r\nOK\r\n\r\n1, ALREADY CONNECT\r\n",
        )
        self.bench.settle(2.0)
        self.bench.open(1)

    def test_lingering_alone(self) -> None:
        """So it is with the one connection that has no index."""
        self.start(IdLingers(seconds=2.0))
        self.bench.ok("AT+QIMUX=0")
        line = 'AT+QIOPEN="TCP","192.0.2.7",6021'
        self.assertIn(b"CONNECT OK", self.bench.type(line))
        self.bench.type("AT+QICLOSE")
        self.assertIn(b"ALREADY CONNECT", self.bench.type(line))

    def test_lost_result(self) -> None:
        """C{OK}, and nothing behind it; C{ERROR} where it would have been C{CONNECT}."""
        self.start(ResultLost(times=3))
        self.assertEqual(self.opened(), b"\r\nOK\r\n")
        self.assertEqual(self.bench.send(b"", 300.0), b"")
        self.assertEqual(self.bench.type(f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},1'), ERROR)
        self.assertEqual(self.bench.type('AT+QIOPEN=2,"TCP","192.0.2.7",6021'), b"\r\nOK\r\n")
        self.bench.type("AT+QSSLCLOSE=1")
        self.assertEqual(self.bench.kinds(), [])

    def test_lost_result_in_data_mode(self) -> None:
        """So it is without SSL."""
        self.start(ResultLost())
        self.bench.ok("AT+QIMUX=0", "AT+QIMODE=1")
        self.assertEqual(self.bench.type('AT+QIOPEN="TCP","192.0.2.7",6021'), ERROR)

    def test_wedged(self) -> None:
        """After so many opens everything about sockets is refused, until a restart."""
        self.start(Wedge(opens=2))
        for _ in range(2):
            self.bench.open(1)
            self.bench.type("AT+QSSLCLOSE=1")
        self.assertEqual(self.opened(), ERROR)
        self.bench.module.restart()
        self.bench.settle(5.0)
        self.bench.type("ATE0")
        self.bench.screen.take()
        self.bench.open(1)

    def test_strangers(self) -> None:
        """Connections of a dead host are listed, block their contexts, and can be closed."""
        self.bench = GSMBench(faults=[Strangers()])
        listed = self.bench.type("AT+QSSLSTATE")
        self.assertEqual(listed.count(b"stranger.example"), 6)
        self.assertIn(b"+QSSLSTATE: IP PROCESSING", listed)
        self.assertEqual(self.bench.type('AT+QSSLCFG="seclevel",2,1'), ERROR)
        for id in range(6):
            self.assertEqual(self.bench.type(f"AT+QSSLCLOSE={id}"), b"\r\nCLOSE OK\r\n")
        self.bench.ok('AT+QSSLCFG="seclevel",2,1')
        self.assertEqual(self.bench.kinds(), [])

    def test_write_is_query(self) -> None:
        """A setting is answered like a query, and not made."""
        self.start(WriteIsQuery(tag="seclevel"))
        self.assertIn(b'+QSSLCFG: "seclevel",0', self.bench.type('AT+QSSLCFG="seclevel",0,2'))
        self.bench.ok('AT+QSSLCFG="seclevel",0,2')
        self.assertIn(b'+QSSLCFG: "seclevel",2', self.bench.type('AT+QSSLCFG="seclevel",0'))

    def test_command_fails(self) -> None:
        """An open that fails at once is an open that has failed."""
        self.start(CommandFails())
        self.assertEqual(self.opened(), ERROR)
        self.bench.type("AT+QSSLCLOSE=1")
        self.assertEqual(self.bench.kinds(), [])

    def test_receiving(self) -> None:
        """URCs that are missing, doubled, longer, or for nothing; reads that are cut."""
        for fault, told in (
            (MissingRecvUrc(), b""),
            (DuplicateRecvUrc(), RECV * 2),
            (RecvLength(), RECV[:-2] + b",4\r\n"),
        ):
            self.start(fault)
            self.assertEqual(self.come(self.bench.open(1)), told)
            self.assertIn(b"TCP,4\r\ndata", self.bench.type("AT+QSSLRECV=0,1,100"))
        self.start(MissingRecvUrc())
        self.assertEqual(self.come(self.bench.open_tcp(2)), b"")
        self.start(SmallPushes(longest=1))
        self.come(self.bench.open(1))
        self.assertIn(b"TCP,1\r\nd\r\n", self.bench.type("AT+QSSLRECV=0,1,100"))
        self.start(SingleLineEnd())
        self.come(self.bench.open(1))
        self.assertTrue(self.bench.type("AT+QSSLRECV=0,1,100").endswith(b"data\r\nOK\r\n"))

    def test_sending(self) -> None:
        """Sends whose result says otherwise."""
        for fault, answer, taken in (
            (SendFails(then_ok=True), b"\r\nSEND FAIL\r\n", b"abc"),
            (ErrorInsteadOfSendOk(), ERROR, b"abc"),
            (SendFails(), b"\r\nSEND FAIL\r\n", b""),
            (SpuriousRecvUrc(), b"\r\nSEND OK\r\n" + RECV, b"abc"),
        ):
            self.start(fault)
            peer = self.bench.open(1)
            self.bench.type("AT+QSSLSEND=1,3")
            self.assertEqual(self.bench.send(b"abc"), answer)
            self.assertEqual(peer.received, taken)
        self.start(PromptRefused())
        self.bench.open(1)
        self.assertEqual(self.bench.type("AT+QSSLSEND=1,3"), ERROR)

    def test_sending_without_ssl(self) -> None:
        """So it is without SSL, and without an index."""
        self.start(ErrorInsteadOfSendOk())
        self.bench.ok("AT+QIMUX=0")
        self.bench.type('AT+QIOPEN="TCP","192.0.2.7",6021')
        self.bench.type("AT+QISEND=3")
        self.assertEqual(self.bench.send(b"abc"), ERROR)
        self.assertEqual(self.bench.plain.peers[-1].received, b"abc")

    def test_files(self) -> None:
        """A name that is there, bytes that get lost, a line that gets lost."""
        self.start(NameExists())
        self.assertEqual(self.bench.type('AT+QSECWRITE="RAM:a",3'), b"\r\n+CME ERROR: 407\r\n")
        self.bench.ok('AT+QSECDEL="RAM:a"')
        self.bench.upload("RAM:a", b"abc")
        self.start(NameExists())
        self.assertEqual(self.bench.type('AT+QSECWRITE="a",3'), b"\r\n+CME ERROR: 406\r\n")
        self.start(UploadPartial(lost=1))
        self.bench.type('AT+QSECWRITE="RAM:a",3,3')
        self.assertEqual(
            self.bench.send(b"ABC", 4.0),
            b"\r\n+QSECWRITE: 2,4243\r\n\r\n+CME ERROR: 421\r\n",
        )
        self.assertEqual(self.bench.kinds(), [])
        self.start(UploadLineLost())
        self.assertEqual(self.bench.upload("RAM:a", b"ABC"), b"\r\nOK\r\n")
        self.assertIn(b"+QSECREAD: 1,242", self.bench.type('AT+QSECREAD="RAM:a"'))

    def test_power(self) -> None:
        """Restarts and contexts that go are told in the family's words."""
        self.start(Restarts(after=1.0))
        self.bench.open(1)
        told = self.bench.send(b"", 2.0) + self.bench.send(b"", 4.0)
        self.assertTrue(
            told.startswith(b"\r\nNORMAL POWER DOWN\r\n\r\n+PDP DEACT\r\n\r\nRDY\r\n"), told
        )
        self.start(PdpDrops(every=10.0))
        self.assertEqual(self.bench.send(b"", 10.0), b"\r\n+PDP DEACT\r\n")

    def test_dead_context(self) -> None:
        """A context that died silently fails until it has been deactivated."""
        self.start(PdpDead(after=1.0))
        peer = self.bench.open(1)
        self.bench.settle(2.0)
        self.assertIsNotNone(peer.lost)
        self.assertEqual(self.opened(2), b"\r\nOK\r\n\r\n+QSSLOPEN: 2,-1\r\n")
        self.bench.type("AT+QIDEACT")
        self.bench.activate()
        self.bench.open(2)

    def test_answers(self) -> None:
        """Answers that are late, or end otherwise."""
        self.start(InfoThenError())
        self.assertIn(b"ERROR", self.bench.type("AT+QSSLSTATE"))
        self.start(LateAnswer(command="+QSSLSTATE", delay=3.0))
        self.assertEqual(self.bench.type("AT+QSSLSTATE", 2.0), b"")
        self.assertIn(b"IP GPRSACT", self.bench.send(b"", 2.0))

    def test_all_act(self) -> None:
        """Each of these has acted."""
        makes: tuple[tuple[Fault, Callable[[], object]], ...] = (
            (OpenFails(), self.opened),
            (WriteIsQuery(), lambda: self.bench.type('AT+QSSLCFG="seclevel",0,2')),
            (NameExists(), lambda: self.bench.type('AT+QSECWRITE="RAM:a",3')),
            (UploadLineLost(), lambda: self.bench.upload("RAM:a", b"abc")),
            (RecvLength(), lambda: self.come(self.bench.open(1))),
        )
        for fault, make in makes:
            self.start(fault)
            make()
            self.assertGreater(self.acted(), 0, fault)
