"""The PDP context of the GSM modules, and what its failure asks for (chapters 1.2 and 1.4.1)."""

from __future__ import annotations

from io import StringIO
from itertools import pairwise
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError

from tests.endpoint.gsmcase import GSMCase, Refusing
from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import HOST, PORT
from tests.tlsservers import make_ca
from twisted_quectel import ModuleTCPEndpoint, TLSProfile, errors
from twisted_quectel.emulator.faults import CommandFails
from twisted_quectel.emulator.gsm.module import GSMModule
from twisted_quectel.emulator.gsm.stack import ADDRESSED
from twisted_quectel.modem.revival import INTERVAL, LOOKS, Revival

#: Where the server without TLS is.
PLAIN = "plain.example"


class ContextTests(GSMCase):
    """The PDP context (chapters 1.2 and 1.4.1)."""

    def test_second_context(self) -> None:
        """Number 2 is context 1; one at a time."""
        self.begin()
        peer = self.open(pdp=2)
        self.echoes(peer)
        self.assertEqual(self.sent("+QIFGCNT"), ["+QIFGCNT=0", "+QIFGCNT=1"])
        self.assertTrue(all(line.startswith("+QSSLRECV=1,") for line in self.sent("+QSSLRECV")))
        problem = self.problem(errors.UnsupportedOperation, pdp=1)
        self.one_line(problem, "pdp", "one PDP context at a time", "number 2")
        self.closes(peer)

    def test_other_context_active(self) -> None:
        """Another number is refused at once as long as the first one is active, used or not."""
        self.begin()
        peer = self.open()
        for _ in range(2):
            problem = self.problem(errors.UnsupportedOperation, pdp=2)
            self.one_line(
                problem, "pdp", "one PDP context at a time", "number 1", "pdp of the modem"
            )
            if not peer.reasons:
                self.echoes(peer)
                self.closes(peer)
        self.closes(self.open())
        self.assertEqual(self.sent("+QIFGCNT"), ["+QIFGCNT=0"])
        # the network has taken it away: there is none, and any can be
        self.gsm().lose_pdp()
        self.settle(1.0)
        peer = self.open(pdp=2)
        self.echoes(peer)
        self.problem(errors.UnsupportedOperation)
        self.closes(peer)

    def test_way(self) -> None:
        """The commands of chapter 1.2, in their order; user and password are not shown."""
        self.description = {"user": "meter", "password": "of the meter"}
        self.begin()
        self.closes(self.open())
        way = ['+QICSGP=1,"internet","***","***"', "+QIREGAPP", "+QIACT", "+QILOCIP"]
        self.assertEqual(self.sent(*(line.partition("=")[0] for line in way)), way)
        context = self.gsm().stack.contexts[0]
        self.assertEqual((context.user, context.password), ("meter", "of the meter"))
        self.assertNotIn("meter", self.trace.getvalue())

    def test_active_before(self) -> None:
        """A context that an earlier host has activated is used; with another APN it is not."""
        for apn, undone in (("internet", 0), ("elsewhere", 1)):
            self.begin()
            context = self.gsm().stack.contexts[0]
            context.state, context.apn = ADDRESSED, apn
            self.closes(self.open())
            self.assertEqual(len(self.sent("+QIDEACT")), undone)
            self.assertEqual(context.apn, "internet")
            self.network = type(self.network)(self.clock)

    def test_half_up(self) -> None:
        """A context that is half up, or was lost, is deactivated first."""
        for state in ("PDP DEACT", "IP IND", "IP START"):
            self.begin()
            self.gsm().stack.contexts[0].state = state
            self.closes(self.open())
            self.network = type(self.network)(self.clock)

    def test_lost(self) -> None:
        """C{+PDP DEACT} ends the connections; the next one activates it anew."""
        self.begin()
        peer = self.open()
        self.gsm().lose_pdp()
        self.assertIsInstance(self.end_of(peer), errors.ModuleLost)
        self.closes(self.open())
        self.assertEqual(len(self.sent("+QIACT")), 2)

    def test_lost_without_a_word(self) -> None:
        """Behind a failed open the module is asked whether its network is there (2.2.6)."""
        for given in ({}, {"mode": "transparent"}, {"tcp": True}):
            self.network = type(self.network)(self.clock)
            modem = self.begin()
            self.closes(self.open())
            self.gsm().lose_pdp(told=False)
            if given.pop("tcp", False):
                connecting = self.start(ModuleTCPEndpoint(modem, HOST, PORT))
                problem = self.refused(connecting, errors.NetworkDown)
            else:
                problem = self.problem(errors.NetworkDown, **given)
            self.one_line(problem, "packet data connection", "down")
            self.assertEqual(self.sent("+QSSLOPEN", "+QIOPEN", "+QSSLSTATE")[-1], "+QSSLSTATE")
            self.closes(self.open())
            self.assertEqual(len(self.sent("+QIACT")), 2)

    def test_nobody_listens(self) -> None:
        """With the network there it is the server, and the network stays."""
        self.begin()
        problem = self.problem(errors.TLSOpenFailed, port=1)
        self.one_line(problem, "-1")
        self.closes(self.open())
        self.assertEqual(len(self.sent("+QIACT")), 1)

    def test_checks(self) -> None:
        """Each thing that chapter 1.4.1 asks about is asked in its order, and told."""
        for words, prepare in (
            (("attach",), lambda module: self.detached(module, False)),
            (("APN",), lambda module: setattr(module.stack.contexts[0], "apn", "")),
            (("CGACT",), lambda module: setattr(module.stack.definitions[1], "active", True)),
        ):
            self.network = type(self.network)(self.clock)
            faults = [Refusing("+CGATT", b"1")] if words == ("attach",) else []
            self.serving = self.serve(Echo)
            self.emulated = self.emulate(faults=faults)
            self.emulated._modem = None
            modem = self.emulated.modem(apn=None)
            self.trace = StringIO()
            modem.trace_to(self.trace)
            prepare(self.gsm())
            problem = self.problem(errors.NetworkDown if words != ("CGACT",) else ConnectError)
            self.one_line(problem, *words)
            asked = self.sent("+CGATT", "+CGREG?", "+QIREGAPP?", "+CGACT")[-4:]
            asked = asked[[line == "+CGATT?" for line in asked].index(True) :]
            order = list(dict.fromkeys(line.rstrip("?").partition("=")[0] for line in asked))
            self.assertEqual(order, list(ORDER[: len(order)]), asked)
            self.assertEqual(self.sent("+CFUN"), [])

    def detached(self, module: GSMModule, attached: bool) -> None:
        """Have the module detached from the packet domain."""
        module.network_state.attached = attached

    def test_attached_again(self) -> None:
        """A module that is not attached is attached, and goes on."""
        self.begin()
        self.gsm().network_state.attached = False
        peer = self.open()
        self.assertEqual(self.sent("+CGATT=1"), ["+CGATT=1"])
        self.closes(peer)

    def stuck(self, **description: Any) -> Any:
        """Make a module that never activates its context, though all is right."""
        self.description = description
        return self.begin(faults=[CommandFails("+QIACT", 0, 0)])

    def fail_at(self, seconds: float) -> None:
        """Have a connect fail, at a time."""
        self.settle(max(0.0, seconds - self.clock.seconds()))
        problem = self.problem(errors.ActivationFailed)
        self.one_line(problem, "registered", "apn")

    def test_restarted(self) -> None:
        """It is restarted; then it is looked at three times, ten minutes apart, before another."""
        self.stuck()
        restarts = []
        for minutes in (0, 1, 5, 9, 12, 13, 20, 23, 30, 34, 40, 46, 57, 68, 69):
            self.fail_at(minutes * 60.0)
            self.settle(20.0)
            restarts.append((minutes, len(self.sent("+CFUN"))))
        self.assertEqual(
            [number for _, number in restarts],
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3],
            restarts,
        )

    def test_not_allowed(self) -> None:
        """Where the modem file forbids it, it is never restarted."""
        self.stuck(allow_restart=False)
        for minutes in range(0, 60, 6):
            self.fail_at(minutes * 60.0)
        self.assertEqual(self.sent("+CFUN"), [])

    def test_works_again(self) -> None:
        """One success, and the count begins anew."""
        self.serving = self.serve(Echo)
        self.emulated = self.emulate(faults=[CommandFails("+QIACT", 0, 2)])
        modem = self.emulated.modem()
        self.trace = StringIO()
        modem.trace_to(self.trace)
        self.fail_at(0.0)
        self.settle(20.0)
        self.assertEqual(len(self.sent("+CFUN")), 1)
        self.closes(self.open())

    def test_never_a_loop(self) -> None:
        """A network that comes and goes does not have the module restarted again and again."""
        revival = Revival(True)
        restarts = []
        for now in range(0, 7200, 20):
            if revival.failed(float(now)):
                restarts.append(now)
            revival.attached()
        self.assertEqual(restarts[0], 0)
        self.assertTrue(all(b - a >= LOOKS * INTERVAL for a, b in pairwise(restarts)), restarts)

    def test_other_context(self) -> None:
        """A context of another number that is active is nobody's business (1.4.1)."""
        self.begin(faults=[CommandFails("+QIACT", 0, 2)])
        self.gsm().stack.definitions[2].active = True
        self.problem(errors.ActivationFailed)

    def test_innocent_connection(self) -> None:
        """Opens that fail because nobody listens do not take the network from the others."""
        self.begin()
        dead = [self.start(self.endpoint(self.emulated, port=1)) for _ in range(2)]
        good = self.open()
        for each in dead:
            self.refused(each)
        self.echoes(good)
        self.settle(60.0)
        self.closes(self.open())
        self.echoes(good)
        self.assertEqual(self.sent("+QIDEACT"), [])
        self.closes(good)

    def test_two_in_one_place(self) -> None:
        """Contexts of the modem file that want one place are told of, and concern nobody else."""
        other = self.write("other.pem", make_ca().cert_pem.bytes())
        self.description = {
            "keys": "nvram",
            "contexts": {1: TLSProfile(cacert=self.ca_path), 2: TLSProfile(cacert=other)},
        }
        self.begin()
        self.closes(self.open(tls=TLSProfile(verify="none")))
        self.closes(self.open(ctx=1))
        problem = self.problem(errors.ModemBusyError, ctx=2, busy="fail")
        self.one_line(problem, "NVRAM")


#: Chapter 1.4.1.
ORDER = ("+CGATT", "+CGREG", "+QIREGAPP", "+CGACT")


class AddressTests(GSMCase):
    """C{AT+QILOCIP}."""

    def test_ok_behind(self) -> None:
        """An C{OK} behind the address is nobody's answer."""
        for quirks in ([], ["qilocip_ok"]):
            self.network = type(self.network)(self.clock)
            modem = self.begin(quirks=quirks)
            session = self.result_of(modem.session())
            self.assertEqual(self.result_of(self.attached(session)), "10.7.157.1")
            self.assertEqual(self.result_of(modem.signal()).rssi, -57)

    def attached(self, session: Any) -> Any:
        """Attach."""
        return Deferred.fromCoroutine(session.attach(1))
