"""The faults on the emulated BC660K-GL: it misbehaves as it should, and never breaks."""

from __future__ import annotations

from typing import Any

from twisted_quectel.emulator import faults
from twisted_quectel.emulator.faults import FAULTS
from twisted_quectel.emulator.nbiot.sleep import State

from .bench import Server
from .nbiotbench import HOST, PORT, Bench, Case

_OK = "\r\nOK\r\n"


class EveryFaultTests(Case):
    """A host that does what it would, and looks at nothing."""

    def session(self, bench: Bench) -> None:
        """Set up, open, send, receive and close, with SSL and without."""
        for line in ("AT", "AT+CPIN?", "AT+CEREG?", "AT+CGACT?", "AT+CSQ", "AT+QSCLK=0",
                     'AT+QSSLCFG=0,0,"timeout",30', "AT+QSSLCFG=0,0", "AT+QLTS"):  # fmt: skip
            bench.say(line, 6)
        bench.say('AT+QSSLCFG=0,0,"cacert"', 1)
        bench.type(b"y" * 100 + b"\x1a", 3)
        for open, send, close in (
            (f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0', "AT+QSSLSEND=0,0,300", "AT+QSSLCLOSE=0,0"),
            ('AT+QIOPEN=0,3,"TCP","tcp.example",7', "AT+QISEND=3,300", "AT+QICLOSE=3"),
        ):
            for _ in range(2):
                bench.say(open, 5)
                peers = [*bench.server.peers, *self.serving.peers]
                for number in range(3):
                    bench.say(send, 1)
                    bench.type(b"x" * 300, 1)
                    for peer in peers:
                        if peer.lost is None:
                            peer.write(b"z" * 2000 * number)
                    bench.settle(1)
                bench.say("AT+QISTATE?", 1)
                for peer in peers:
                    if peer.lost is None:
                        peer.close()
                bench.settle(2)
                bench.say(close, 12)
        bench.say("AT+CFUN=0", 1)
        bench.say("AT+QRST=1", 20)

    def test_sessions(self) -> None:
        """Nothing raises, and no timer is left at the end."""
        for name, kind in FAULTS.items():
            if kind.families and "nbiot" not in kind.families:
                with self.assertRaises(ValueError):
                    Bench(faults=[kind()])
                continue
            bench = Bench(faults=[kind()], echo=True, awake=False)
            self.serving = Server()
            bench.network.listen("tcp.example", 7, self.serving)
            try:
                self.session(bench)
                self.session(bench)
            finally:
                left = bench.close()
            for peer in self.serving.peers:
                if peer.transport is not None and peer.lost is None:
                    peer.close()
            bench.settle(1)
            self.assertEqual(left, [], name)
            self.assertEqual(self.flushLoggedErrors(), [], name)


class EffectTests(Case):
    """What single faults do here, which they do otherwise elsewhere."""

    def with_fault(self, fault: faults.Fault, **arguments: Any) -> Bench:
        """Make a bench with a fault, which must act."""
        bench = self.bench(faults=[fault], **arguments)
        self.addCleanup(lambda: self.assertGreater(bench.module.hooks[0].acted, 0))
        return bench

    def test_open_fails(self) -> None:
        """An open ends in any code of chapter 4, or one that no document lists."""
        bench = self.with_fault(faults.OpenFails(code=-5, times=2))
        self.assertEqual(bench.result(), -5)
        self.assertEqual(bench.result(), -5)
        bench.open()

    def test_result_lost(self) -> None:
        """An open ends in OK and nothing else."""
        bench = self.with_fault(faults.ResultLost())
        self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0', 200), _OK)
        bench.open()

    def test_send_fails(self) -> None:
        """C{SEND FAIL} is a result code with SSL, and the bytes are not taken."""
        bench = self.with_fault(faults.SendFails())
        peer = bench.open()
        bench.say("AT+QSSLSEND=0,0,5")
        self.assertEqual(bench.type(b"hello"), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,-9\r\n")
        bench.say("AT+QSSLSEND=0,0,5")
        self.assertEqual(bench.type(b"again"), b"\r\nOK\r\n\r\n+QSSLSEND: 0,0,0\r\n")
        self.assertEqual(peer.received, b"again")

    def test_error_though_taken(self) -> None:
        """An ERROR although the body went out; in hex format too."""
        bench = self.with_fault(faults.ErrorInsteadOfSendOk())
        bench.ok('AT+QSSLCFG=0,0,"dataformat",1,0')
        peer = bench.open()
        bench.say("AT+QSSLSEND=0,0,2")
        self.assertEqual(bench.type(b"4A4B"), b"\r\nERROR\r\n")
        bench.settle()
        self.assertEqual(peer.received, b"JK")

    def test_taken_by_a_service(self) -> None:
        """A datagram whose answer says otherwise goes where it should."""
        came: list[tuple[bytes, tuple[str, int]]] = []
        bench = self.with_fault(faults.ErrorInsteadOfSendOk())
        far = bench.network.datagram("udp.example", 9, lambda *one: came.append(one))
        bench.ok('AT+QIOPEN=0,2,"UDP SERVICE","127.0.0.1",0,4001,1')
        bench.say(f'AT+QISEND=2,"{far.address}",9,2')
        self.assertEqual(bench.type(b"hi"), b"\r\nERROR\r\n")
        self.assertEqual(came, [(b"hi", ("10.7.157.1", 4001))])

    def test_prompt_refused(self) -> None:
        """A final result in place of the prompt."""
        bench = self.with_fault(faults.PromptRefused())
        bench.open()
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,5"), "\r\nERROR\r\n")
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,5"), "\r\n> ")
        bench.type(b"hello")

    def test_small_pushes(self) -> None:
        """Pushes are small and cut anywhere; together they are exact."""
        bench = self.with_fault(faults.SmallPushes())
        bench.ok('AT+QSSLCFG=0,0,"dataformat",0,1')
        peer = bench.open()
        data = bytes(range(256))
        peer.write(data)
        bench.settle()
        came = b"".join(
            bytes.fromhex(line.split(b'"')[3].decode())
            for line in bench.screen.take().split(b"\r\n")
            if line
        )
        self.assertEqual(came, data)

    def test_write_is_query(self) -> None:
        """A setting is answered as a query, and not made."""
        bench = self.with_fault(faults.WriteIsQuery(tag="seclevel"))
        bench.ok('AT+QSSLCFG=0,0,"timeout",20')
        shown = f'\r\n+QSSLCFG: 0,0,"seclevel",0\r\n{_OK}'
        self.assertEqual(bench.say('AT+QSSLCFG=0,0,"seclevel",2'), shown)
        bench.ok('AT+QSSLCFG=0,0,"seclevel",2')
        self.assertIn('"seclevel",2', bench.say('AT+QSSLCFG=0,0,"seclevel"'))

    def test_strangers(self) -> None:
        """An earlier host has left all places taken; they can be closed."""
        bench = self.with_fault(faults.Strangers())
        self.assertEqual(bench.say('AT+QSSLCFG=0,0,"seclevel",0'), "\r\nERROR\r\n")
        self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0'), "\r\nERROR\r\n")
        self.assertEqual(bench.say("AT+QISTATE?").count("+QISTATE: "), 5)
        self.assertIn("+QSSLCLOSE: 0,0,0", bench.say("AT+QSSLCLOSE=0,0"))
        bench.ok('AT+QSSLCFG=0,0,"seclevel",0', *(f"AT+QICLOSE={id}" for id in range(5)))
        bench.open()

    def test_other_id(self) -> None:
        """An open reports another id, with SSL and without; by that it can be closed."""
        bench = self.with_fault(faults.OtherId(times=0, distance=2))
        answer = bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0')
        self.assertEqual(answer, f"{_OK}\r\n+QSSLOPEN: 0,1,0\r\n")
        bench.server.peers[-1].write(b"x")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",0,1,1,"x"\r\n')
        self.assertIn("+QSSLCLOSE: 0,1,0", bench.say("AT+QSSLCLOSE=0,1"))
        serving = Server()
        bench.network.listen("tcp.example", 7, serving)
        answer = bench.say('AT+QIOPEN=0,0,"TCP","tcp.example",7')
        self.assertEqual(answer, f"{_OK}\r\n+QIOPEN: 2,0\r\n")
        bench.ok("AT+QICLOSE=2")

    def test_id_lingers(self) -> None:
        """The id stays in use for a while behind the close."""
        bench = self.with_fault(faults.IdLingers())
        bench.open()
        bench.say("AT+QSSLCLOSE=0,0")
        self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0'), "\r\nERROR\r\n")
        bench.settle(2)
        bench.open()

    def test_network_dead(self) -> None:
        """The network dies without a word until it is switched off and on."""
        bench = self.with_fault(faults.PdpDead(after=1.0))
        bench.open()
        bench.settle(2)
        bench.say("AT+QSSLSEND=0,0,5")
        self.assertIn(b"+QSSLSEND: 0,0,0", bench.type(b"hello"))
        self.assertIn("+CGACT: 0,1", bench.say("AT+CGACT?"))
        bench.say("AT+QSSLCLOSE=0,0")
        self.assertEqual(bench.result(), 570)
        bench.ok("AT+CGACT=0,0", "AT+CGACT=1,0")
        bench.open()

    def test_wedged(self) -> None:
        """After so many opens everything is an ERROR until a restart."""
        bench = self.with_fault(faults.Wedge(opens=1))
        bench.open()
        bench.say("AT+QSSLCLOSE=0,0")
        for _ in range(2):
            self.assertEqual(bench.say(f'AT+QSSLOPEN=0,0,"{HOST}",{PORT},0'), "\r\nERROR\r\n")
        bench.ok("AT+QRST=1")
        bench.settle(5)
        bench.say("ATE0")
        bench.open()

    def test_restarts(self) -> None:
        """The module restarts in mid-connection."""
        bench = self.with_fault(faults.Restarts(after=1.0))
        bench.open()
        bench.settle(1)
        bench.settle(4)
        self.assertIn(b"\r\nPOWERED DOWN\r\n\r\nRDY\r\n", bench.screen.take())

    def test_first_bytes_lost(self) -> None:
        """Behind a silence the first bytes are lost, and what is left of the line is none."""
        bench = self.with_fault(faults.FirstBytesLost())
        bench.settle(4)
        self.assertEqual(bench.say("AT"), _OK)
        bench.settle(5)
        self.assertEqual(bench.say("AT+CSQ"), "")
        bench.settle(5)
        self.assertEqual(bench.say("AT"), _OK)

    def test_first_bytes_of_a_body(self) -> None:
        """The body of a send is heard from its first byte on."""
        bench = self.with_fault(faults.FirstBytesLost())
        peer = bench.open()
        bench.say("AT+QSSLSEND=0,0,5")
        bench.settle(10)
        bench.type(b"hello")
        self.assertEqual(peer.received, b"hello")
        bench.settle(10)
        bench.say("AT")

    def test_deep_sleep(self) -> None:
        """Sleep that no host has asked for: nobody is told, and the start is."""
        bench = self.with_fault(faults.DeepSleep(after=1.0, wake=2.0))
        peer = bench.open()
        bench.settle(1)
        self.assertIs(bench.module.sleep.state(), State.DEEP)
        self.assertEqual(bench.screen.take(), b"")
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.say("AT+QSSLSEND=0,0,5"), "")
        bench.settle(2)
        self.assertTrue(bench.screen.take().startswith(b"\r\nRDY\r\n"))
