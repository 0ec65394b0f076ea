"""Each quirk changes something, and what the module survives."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from twisted.internet.interfaces import IPushProducer
from twisted.trial.unittest import SynchronousTestCase

import twisted_quectel.emulator
from twisted_quectel.emulator import ALL_QUIRKS, FAULTS
from twisted_quectel.emulator.quirks import LTE_QUIRKS

from .bench import Bench

_RECV = b"AT+QSSLRECV=4,1500\r"


class QuirkTests(SynchronousTestCase):
    """Quirks by their effect."""

    def _answer(self, command: bytes, *quirks: str) -> bytes:
        return Bench(quirks=quirks).type(command)

    def _received(self, *quirks: str) -> tuple[bytes, bytes]:
        bench = Bench(quirks=quirks)
        bench.open().write(b"data")
        bench.settle()
        return bench.screen.take(), bench.type(_RECV)

    def test_allUsed(self) -> None:
        """No quirk is only a name."""
        folder = Path(twisted_quectel.emulator.__file__).parent
        code = "".join(
            path.read_text() for path in folder.rglob("*.py") if path.name != "quirks.py"
        )
        for name in ALL_QUIRKS.keys() - LTE_QUIRKS.sets.keys():
            self.assertIn(f'"{name}"', code)

    def test_faultsDocumented(self) -> None:
        """Every fault has a name and says what it does."""
        for name, cls in FAULTS.items():
            self.assertEqual(cls.name, name)
            self.assertTrue(cls.__doc__)

    def test_receiving(self) -> None:
        """Forms of the recv URC and of a read."""
        self.assertEqual(
            self._received(),
            (
                b'\r\n+QSSLURC: "recv",4\r\n',
                b"\r\n+QSSLRECV: 4\r\ndata\r\n\r\nOK\r\n",
            ),
        )
        self.assertEqual(self._received("urc_s3_form")[0], b"\r\n+QSSLURC: 4,4\r\n")
        self.assertEqual(self._received("recv_length")[0], b'\r\n+QSSLURC: "recv",4,4\r\n')
        self.assertEqual(
            self._received("recv_single_crlf")[1], b"\r\n+QSSLRECV: 4\r\ndata\r\nOK\r\n"
        )
        self.assertIn(b"+QSSLRCV: 4\r\n", self._received("reply_qsslrcv")[1])

    def test_aliases(self) -> None:
        """The note's misprints are commands only with their quirk."""
        for command, quirk in (
            (b"AT+QSSSEND=?\r", "alias_qsssend"),
            (b"AT+QSSLRCV=?\r", "alias_qsslrcv"),
            (b'AT+QSSLCFG="clientcertex",1,"x"\r', "alias_clientcertex"),
            (b'AT+QSSLCFG="checkhost",1,1\r', "has_checkhost"),
            (b'AT+QSSLCFG="ciphersuite",1,"0XC02F"\r', "quoted_cipher"),
        ):
            self.assertEqual(self._answer(command), b"\r\nERROR\r\n")
            self.assertTrue(self._answer(command, quirk).endswith(b"OK\r\n"))

    def test_answered(self) -> None:
        """With their quirks the misprints are answered too."""
        for command, quirk, line in (
            (b'AT+QSSLCFG="seclevel",1\r', "alias_secllevel", b'+QSSLCFG: "secllevel",1,0'),
            (b'AT+QSSLCFG="cacertex",1\r', "alias_clientcertex", b'+QSSLCFG: "clientcertex",1,'),
            (b"AT+QSSLSEND=?\r", "alias_qsssend", b"+QSSSEND: (0-11)"),
        ):
            self.assertNotIn(line, self._answer(command))
            self.assertIn(line, self._answer(command, quirk))

    def test_pdpMax(self) -> None:
        """PDP contexts are 1-16, or 1-7."""
        self.assertEqual(self._answer(b"AT+QIACT=16\r"), b"\r\nOK\r\n")
        self.assertEqual(self._answer(b"AT+QIACT=8\r", "pdp_max=7"), b"\r\nERROR\r\n")
        self.assertIn(b"(1-7)", self._answer(b"AT+QIACT=?\r", "pdp_max=7"))

    def test_counted_only(self) -> None:
        """A send without a length asks for its body, or is an error."""
        for quirks, answer in (([], b"\r\n> "), (["counted_only"], b"\r\nERROR\r\n")):
            bench = Bench(quirks=quirks)
            bench.open(4)
            self.assertEqual(bench.type(b"AT+QSSLSEND=4\r"), answer)
            if quirks:
                self.assertEqual(bench.type(b"AT+QSSLSEND=4,2\r"), b"\r\n> ")

    def test_short_note(self) -> None:
        """One quirk stands for all that the short note has otherwise."""
        self.assertEqual(self._received("short_note")[0], b"\r\n+QSSLURC: 4,4\r\n")
        self.assertIn(b"(1-7)", self._answer(b"AT+QIACT=?\r", "short_note"))
        bench = Bench(quirks=["short_note"])
        bench.open(4)
        self.assertEqual(bench.type(b"AT+QSSLSEND=4\r"), b"\r\nERROR\r\n")

    def test_release(self) -> None:
        """With the quirk an SSL context forgets its settings with its last connection."""
        for quirks, value in (([], b"1"), (["release_resets_context"], b"0")):
            bench = Bench(quirks=quirks)
            bench.ok('AT+QSSLCFG="sni",1,1')
            bench.open(0)
            bench.open(1)
            bench.ok("AT+QSSLCLOSE=0")
            self.assertIn(b'"sni",1,1', bench.type(b'AT+QSSLCFG="sni",1\r'))
            bench.ok("AT+QSSLCLOSE=1")
            self.assertIn(b'"sni",1,' + value, bench.type(b'AT+QSSLCFG="sni",1\r'))

    def test_failedOpen(self) -> None:
        """After a failed open the id is free, or with the quirk in use until it is closed."""
        command = b'AT+QSSLOPEN=1,1,4,"server.example",1\r'
        for quirks, again in (((), b"4,566"), (("failed_open_keeps_id",), b"ERROR")):
            bench = Bench(quirks=quirks)
            bench.ok("AT+QIACT=1")
            bench.type(command)
            self.assertIn(again, bench.type(command))
            bench.type(b"AT+QSSLCLOSE=4\r")
            self.assertIn(b"4,566", bench.type(command))


class EndOfNetworkTests(SynchronousTestCase):
    """The network goes away in each access mode."""

    def test_push(self) -> None:
        """closed comes for a connection in push mode, behind what was pushed."""
        bench = Bench()
        bench.open(mode=1).write(b"last")
        bench.settle()
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(
            bench.screen.take(),
            b'\r\n+QSSLURC: "recv",4,4\r\nlast\r\n+QSSLURC: "closed",4\r\n'
            b'\r\n+QIURC: "pdpdeact",1\r\n',
        )

    def test_transparent(self) -> None:
        """NO CARRIER comes before the URC."""
        bench = Bench()
        bench.open(mode=2)
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\nNO CARRIER\r\n\r\n+QIURC: "pdpdeact",1\r\n')

    def test_buffered(self) -> None:
        """What a connection had received stays readable."""
        bench = Bench()
        bench.open().write(b"rest")
        bench.settle()
        bench.module.lose_pdp(told=False)
        bench.settle()
        self.assertIn(b"+QSSLRECV: 4\r\nrest\r\n", bench.type(_RECV))
        self.assertIn(b"+QSSLRECV: 0\r\n", bench.type(_RECV))

    def test_deactivated(self) -> None:
        """AT+QIDEACT closes the connections as 2.3.2 says: closed, state 4, until AT+QSSLCLOSE."""
        bench = Bench()
        peer = bench.open()
        peer.write(b"rest")
        bench.settle()
        bench.screen.take()
        self.assertEqual(bench.type(b"AT+QIDEACT=1\r"), b'\r\nOK\r\n\r\n+QSSLURC: "closed",4\r\n')
        self.assertIsNotNone(peer.lost)
        self.assertIn(b',4,1,4,0,"usbmodem",1', bench.type(b"AT+QSSLSTATE=4\r"))
        self.assertIn(b"+QSSLRECV: 4\r\nrest\r\n", bench.type(_RECV))
        bench.ok("AT+QSSLCLOSE=4")
        bench.open()

    def test_deactivatedWithPushes(self) -> None:
        """What could not be pushed any more can be read."""
        bench = Bench()
        peer = bench.open(mode=1)
        bench.wire.write(b"AT+QIDEACT=1")
        bench.settle()
        bench.wire.pauseProducing()
        peer.write(b"x" * 12000)
        bench.settle()
        bench.wire.write(b"\r")
        bench.settle()
        bench.wire.resumeProducing()
        bench.settle()
        shown = bench.screen.take().count(b"x")
        while b"x" in (answer := bench.type(_RECV)):
            shown += answer.count(b"x")
        self.assertEqual(shown, 12000)

    def test_deactivationFreesIds(self) -> None:
        """With the quirk it reports nothing, and the ids are free."""
        bench = Bench(quirks=["qideact_frees_ids"])
        peer = bench.open()
        bench.ok("AT+QIDEACT=1")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        self.assertIsNotNone(peer.lost)
        bench.open()

    def test_deactivatedWhileOpening(self) -> None:
        """An open that goes on ends with 570, whichever way the ids are given back."""
        for quirks in ((), ("qideact_frees_ids",)):
            bench = Bench(quirks=quirks)
            bench.network.silence("server.example", 8883)
            bench.ok("AT+QIACT=1", 'AT+QSSLOPEN=1,1,4,"server.example",8883,0')
            self.assertEqual(bench.type(b"AT+QIDEACT=1\r"), b"\r\nOK\r\n\r\n+QSSLOPEN: 4,570\r\n")
            self.assertEqual(bench.type(b"AT+QSSLSTATE\r"), b"\r\nOK\r\n")

    def test_closeWhileOpening(self) -> None:
        """AT+QSSLCLOSE ends an open that takes too long."""
        bench = Bench()
        bench.network.silence("server.example", 8883)
        bench.ok("AT+QIACT=1")
        bench.ok('AT+QSSLOPEN=1,1,4,"server.example",8883,0')
        self.assertIn(b",1,1,4,0,", bench.type(b"AT+QSSLSTATE=4\r"))
        bench.ok("AT+QSSLCLOSE=4")
        bench.settle(500)
        self.assertEqual(bench.screen.take(), b"")

    def test_openTimesOut(self) -> None:
        """A server that never answers is 569 after 150 seconds."""
        bench = Bench()
        bench.network.silence("server.example", 8883)
        bench.ok("AT+QIACT=1")
        bench.ok('AT+QSSLOPEN=1,1,4,"server.example",8883,0')
        self.assertEqual(bench.type(b"", 149), b"")
        self.assertEqual(bench.type(b"", 2), b"\r\n+QSSLOPEN: 4,569\r\n")

    def test_sendFail(self) -> None:
        """A full send buffer is SEND FAIL; nothing of the send is taken."""
        bench = Bench()
        peer = bench.open()
        transport = cast(IPushProducer, peer.transport)
        transport.pauseProducing()
        taken = 0
        for _ in range(1000):
            bench.type(b"AT+QSSLSEND=4,1460\r")
            if b"SEND FAIL" in bench.type(b"x" * 1460):
                break
            taken += 1
        self.assertLess(taken, 1000)
        transport.resumeProducing()
        for _ in range(10):
            bench.settle()
        self.assertEqual(len(peer.received), taken * 1460)
