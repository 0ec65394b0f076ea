"""The TCP/IP stack of a GSM module: its states, and what chapter 1.4.1 has checked."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import HOST, PORT
from twisted_quectel.emulator.settings import ModuleSettings

from .bench import PLAIN, GSMBench

ERROR = b"\r\nERROR\r\n"


class StackTests(SynchronousTestCase):
    """C{AT+QIFGCNT} to C{AT+QIDEACT}."""

    def start(self, pdp_delay: float = 0.0) -> GSMBench:
        """Make a bench."""
        self.bench = GSMBench(settings=ModuleSettings(pdp_delay=pdp_delay))
        return self.bench

    def state(self) -> str:
        """Ask for the state, in each of the three ways."""
        answer = self.bench.type("AT+QSSLSTATE").decode()
        state = answer.split("\r\n")[1].removeprefix("+QSSLSTATE: ")
        for command in ("AT+QISTAT", "AT+QISTATE"):
            self.assertIn(f"\r\nSTATE: {state}\r\n".encode(), self.bench.type(command))
        return state

    def test_states(self) -> None:
        """Each step has its state (2.2.6), and takes no other's place."""
        bench = self.start()
        self.assertEqual(self.state(), "IP INITIAL")
        for early in ("AT+QIACT", "AT+QILOCIP", "AT+QIDEACT"):
            self.assertEqual(bench.type(early), ERROR)
        bench.ok("AT+QIREGAPP")
        self.assertEqual(self.state(), "IP START")
        self.assertEqual(bench.type("AT+QIREGAPP"), ERROR)
        bench.ok("AT+QIACT")
        self.assertEqual(self.state(), "IP GPRSACT")
        self.assertEqual(bench.type("AT+QIACT"), ERROR)
        self.assertEqual(bench.type("AT+QILOCIP"), b"\r\n10.7.157.1\r\n")
        self.assertEqual(self.state(), "IP STATUS")
        bench.ok("AT+QIMUX=1")
        bench.open(3)
        self.assertEqual(self.state(), "IP PROCESSING")
        bench.type("AT+QSSLCLOSE=3")
        self.assertEqual(self.state(), "IP STATUS")
        self.assertEqual(bench.type("AT+QIDEACT"), b"\r\nDEACT OK\r\n")
        self.assertEqual(self.state(), "IP INITIAL")

    def test_activating(self) -> None:
        """On the way to it the context is configured, then activated."""
        bench = self.start(pdp_delay=2.0)
        screen, wire = bench.plug("uart1")
        bench.ok("AT+QIREGAPP")
        self.assertEqual(bench.type("AT+QIACT", 0.5), b"")
        for state in (b"IP CONFIG", b"IP IND"):
            screen.take()
            wire.write(b"AT+QSSLSTATE\r")
            bench.settle(1.0)
            self.assertIn(b"+QSSLSTATE: " + state, screen.take())
        self.assertEqual(bench.send(b"", 1.0), b"\r\nOK\r\n")

    def test_deactivated_on_the_way(self) -> None:
        """A deactivation on another port ends an activation in C{ERROR}."""
        bench = self.start(pdp_delay=2.0)
        screen, wire = bench.plug("uart1")
        bench.ok("AT+QIREGAPP")
        bench.type("AT+QIACT", 0.5)
        wire.write(b"AT+QIDEACT\r")
        bench.settle()
        self.assertIn(b"DEACT OK", screen.take())
        self.assertEqual(bench.send(b"", 2.0), ERROR)
        self.assertEqual(self.state(), "IP INITIAL")

    def test_parameters(self) -> None:
        """Access point, user and password are set by either command, and told by one."""
        bench = self.start()
        self.assertIn(b'+QIREGAPP: "CMNET","",""', bench.type("AT+QIREGAPP?"))
        bench.ok('AT+QICSGP=1,"net","me","word"')
        self.assertIn(b'+QIREGAPP: "net","me","word"', bench.type("AT+QIREGAPP?"))
        bench.ok('AT+QICSGP=1,"other"')
        self.assertIn(b'+QIREGAPP: "other","",""', bench.type("AT+QIREGAPP?"))
        bench.ok('AT+QIREGAPP="third","me","word"')
        self.assertIn(b'+QIREGAPP: "third","me","word"', bench.type("AT+QIREGAPP?"))
        self.assertIn(b"+QICSGP: 1\r\n", bench.type("AT+QICSGP?"))
        bench.ok("AT+QICSGP=1", "AT+QIACT")
        self.assertEqual(bench.type('AT+QICSGP=1,"net"'), ERROR)

    def test_refused(self) -> None:
        """What is no parameter, or one too many."""
        bench = self.start()
        for line in (
            "AT+QIFGCNT=2", "AT+QIFGCNT", "AT+QIFGCNT=0,0", "AT+QICSGP=0", "AT+QICSGP=1,net",
            'AT+QICSGP=1,"a","b","c","d"', "AT+QICSGP", "AT+QIREGAPP=net", 'AT+QIREGAPP="a",b',
            "AT+QIACT=1", "AT+QIDEACT=1", "AT+QILOCIP=1", f'AT+QICSGP=1,"{"x" * 101}"',
        ):  # fmt: skip
            self.assertEqual(bench.type(line), ERROR, line)

    def test_two_contexts(self) -> None:
        """Each context has its own state and parameters; C{<cid>} says which a socket is on."""
        bench = self.start()
        bench.activate()
        bench.ok("AT+QIFGCNT=1")
        self.assertEqual(bench.type("AT+QIFGCNT?"), b"\r\n+QIFGCNT: 1\r\n\r\nOK\r\n")
        self.assertEqual(self.state(), "IP INITIAL")
        bench.ok('AT+QICSGP=1,"two"', "AT+QIREGAPP", "AT+QIACT")
        peer = bench.open(4)
        peer.write(b"data")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",1,4\r\n')
        self.assertEqual(bench.type("AT+QSSLRECV=0,4,100"), ERROR)
        self.assertIn(b"TCP,4\r\ndata\r\n", bench.type("AT+QSSLRECV=1,4,100"))
        bench.ok("AT+QIFGCNT=0")
        self.assertEqual(self.state(), "IP GPRSACT")
        self.assertEqual(bench.type("AT+QIDEACT"), b"\r\nDEACT OK\r\n")
        self.assertIsNone(peer.lost)

    def test_checks(self) -> None:
        """Activation fails for what chapter 1.4.1 names, and works once that is mended."""
        bench = self.start()
        bench.ok("AT+QIREGAPP")
        # 1: attached
        bench.ok("AT+CGATT=0")
        self.assertIn(b"+CGATT: 0", bench.type("AT+CGATT?"))
        self.assertEqual(bench.type("AT+QIACT"), ERROR)
        bench.ok("AT+CGATT=1")
        # 2: registered
        bench.ok("AT+CFUN=4")
        self.assertIn(b"+CGREG: 0,0", bench.type("AT+CGREG?"))
        self.assertEqual(bench.type("AT+QIACT"), ERROR)
        bench.ok("AT+CFUN=1")
        # 3: the access point
        bench.ok('AT+QICSGP=1,""')
        self.assertEqual(bench.type("AT+QIACT"), ERROR)
        bench.ok('AT+QICSGP=1,"CMNET"')
        # 4: not activated by AT+CGACT
        bench.ok('AT+CGDCONT=1,"IP","CMNET"', "AT+CGACT=1,1")
        self.assertIn(b"+CGACT: 1,1", bench.type("AT+CGACT?"))
        self.assertEqual(bench.type("AT+QIACT"), ERROR)
        bench.ok("AT+CGACT=0,1", "AT+QIACT")
        self.assertEqual(bench.type("AT+CGACT=1,1"), b"\r\n+CME ERROR: 3\r\n")

    def test_packet_domain(self) -> None:
        """The commands of 27.007 that the checks need refuse what they do not know."""
        bench = self.start()
        for line in (
            "AT+CGATT=2", "AT+CGATT", "AT+CGDCONT=3", 'AT+CGDCONT=1,"IPV6"', 'AT+CGDCONT=1,"IP",a',
            "AT+CGACT=2", "AT+CGACT=1,3", "AT+CGACT",
        ):  # fmt: skip
            self.assertEqual(bench.type(line), b"\r\n+CME ERROR: 50\r\n", line)
        bench.ok('AT+CGDCONT=2,"IP","net"')
        self.assertIn(b'+CGDCONT: 2,"IP","net"', bench.type("AT+CGDCONT?"))
        bench.ok("AT+CGDCONT=2")
        self.assertEqual(bench.type("AT+CGDCONT?"), b"\r\nOK\r\n")
        bench.ok("AT+CGATT=0")
        self.assertEqual(bench.type("AT+CGACT=1,1"), b"\r\n+CME ERROR: 30\r\n")

    def test_network_takes_it_away(self) -> None:
        """Connections end, then the context; only after C{AT+QIDEACT} it can be used again."""
        bench = self.start()
        peer, plain = bench.open(1), bench.open_tcp(2)
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(
            bench.screen.take(),
            b'\r\n+QSSLURC: "closed",1\r\n\r\n2, CLOSED\r\n\r\n+PDP DEACT\r\n',
        )
        self.assertIsNotNone(peer.lost)
        self.assertIsNotNone(plain.lost)
        self.assertEqual(self.state(), "PDP DEACT")
        for line in ("AT+QIREGAPP", "AT+QIACT", "AT+QILOCIP"):
            self.assertEqual(bench.type(line), ERROR)
        self.assertEqual(
            bench.type(f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},0'),
            b"\r\nOK\r\n\r\n+QSSLOPEN: 1,-1\r\n",
        )
        self.assertEqual(bench.type("AT+QIDEACT"), b"\r\nDEACT OK\r\n")
        bench.activate()
        bench.open(1)

    def test_detached(self) -> None:
        """C{AT+CGATT=0} takes the contexts away too."""
        bench = self.start()
        bench.activate()
        self.assertEqual(bench.type("AT+CGATT=0"), b"\r\nOK\r\n\r\n+PDP DEACT\r\n")

    def test_deactivation(self) -> None:
        """The host's deactivation ends what is on the context; with SSL that is told."""
        bench = self.start()
        peer, plain = bench.open(1), bench.open_tcp(2)
        self.assertEqual(bench.type("AT+QIDEACT"), b'\r\nDEACT OK\r\n\r\n+QSSLURC: "closed",1\r\n')
        bench.settle()
        self.assertIsNotNone(peer.lost)
        self.assertIsNotNone(plain.lost)
        self.assertEqual(list(bench.module.sockets), [])

    def test_deactivation_while_opening(self) -> None:
        """An open that goes on fails with it."""
        bench = self.start()
        bench.activate()
        bench.network.silence(HOST, PORT)
        bench.ok(f'AT+QSSLOPEN=1,0,"{HOST}",{PORT},0')
        self.assertEqual(bench.type("AT+QIDEACT"), b"\r\nDEACT OK\r\n\r\n+QSSLOPEN: 1,-1\r\n")

    def test_restart(self) -> None:
        """A restart forgets contexts and options."""
        bench = self.start()
        bench.ok('AT+QICSGP=1,"net"')
        bench.open_tcp(1)
        bench.module.restart()
        bench.settle(4.0)
        self.assertEqual(
            bench.screen.take(),
            b"\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nCall Ready\r\n",
        )
        bench.type("ATE0")
        self.assertEqual(self.state(), "IP INITIAL")
        self.assertIn(b"+QIMUX: 0", bench.type("AT+QIMUX?"))
        self.assertIn(b'"CMNET"', bench.type("AT+QIREGAPP?"))


class NameTests(SynchronousTestCase):
    """C{AT+QIDNSGIP}."""

    def test_found(self) -> None:
        """The address comes in a bare line behind C{OK}."""
        bench = GSMBench()
        bench.activate()
        self.assertEqual(bench.type(f'AT+QIDNSGIP="{HOST}"'), b"\r\nOK\r\n\r\n198.18.0.1\r\n")
        self.assertEqual(bench.type(f'AT+QIDNSGIP="{PLAIN[0]}"'), b"\r\nOK\r\n\r\n192.0.2.7\r\n")

    def test_not_found(self) -> None:
        """A name without an address is C{ERROR} behind C{OK}, at the latest after a minute."""
        bench = GSMBench()
        bench.activate()
        self.assertEqual(bench.type('AT+QIDNSGIP="nobody.example"'), b"\r\nOK\r\n\r\nERROR\r\n")
        bench.network.silence("silent.example")
        self.assertEqual(bench.type('AT+QIDNSGIP="silent.example"', 59.0), b"\r\nOK\r\n")
        self.assertEqual(bench.send(b"", 2.0), b"\r\nERROR\r\n")

    def test_refused(self) -> None:
        """Without a context, or without a name, it is C{ERROR} at once."""
        bench = GSMBench()
        self.assertEqual(bench.type(f'AT+QIDNSGIP="{HOST}"'), ERROR)
        bench.activate()
        for text in ("=1", '=""', '="a",1', ""):
            self.assertEqual(bench.type(f"AT+QIDNSGIP{text}"), ERROR)
