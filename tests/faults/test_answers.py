"""Answers that are missing, late, or errors of a strange form (field notes 4, 6, 8 and 9)."""

from __future__ import annotations

from twisted.internet.error import ConnectError, ConnectionLost
from twisted.python.failure import Failure

from tests.faults.bench import FaultCase, matrix
from twisted_quectel.emulator.faults import (
    CommandFails,
    InfoThenError,
    LateAnswer,
    MissingInfo,
    MixedErrors,
    OpenFails,
    ResultLost,
)
from twisted_quectel.errors import (
    CommandFailed,
    CommandTimeout,
    ModemConnectError,
    ModemError,
    SIMError,
    TCPOpenFailed,
    TLSOpenFailed,
)
from twisted_quectel.modem.modem import Signal

#: What the host asks on its way to a connection, by family: what has lines in its answer, and
#: what else is on the way.
_ASKED = {
    "lte": ("+CGMR", "+CEREG", "+QSSLSTATE", "+QIACT", "+QICSGP", "+QFLST", "+QSSLCFG", "+QURCCFG"),
    "gsm": ("+CGMR", "+CGREG", "+QSSLSTATE", "+QSSLCFG", "+QSECWRITE"),
    "nbiot": ("+CGMR", "+CEREG", "+QSCLK", "+QSSLCFG", "+CGACT", "+CGPADDR", "+QCGDEFCONT"),
    "sim52xx": ("+CGMR", "+CGREG", "+CGATT", "+IPADDR"),
}
_TOLD = {
    "lte": ("+CCLK", "+QSSLOPEN", "+QFUPL"),
    "gsm": (
        "+CCLK", "+QSSLOPEN", "+QIMUX", "+QICSGP", "+QIREGAPP", "+QIACT", "+QILOCIP", "+QSECREAD",
        "+QSECDEL",
    ),
    "nbiot": ("+CCLK", "+QSSLOPEN", "+QICFG", "+QISTATE"),
    "sim52xx": (
        "+CCLK", "+CSSLOPEN", "+CSSLSTART", "+CSSLMODE", "+CSSLSTOP", "+CSSLSET", "+CGSOCKCONT",
        "+CSOCKSETPN", "+CSSLCLOSE",
    ),
}  # fmt: skip


class Answers(FaultCase):
    """Answers are missing, late or strange"""

    def silent(self) -> tuple[str, ...]:
        """Give what has no lines in its answer, where the fault acts on that too."""
        return ("+CCLK",) if self.family == "lte" else ()

    def test_ok_without_line(self) -> None:
        """An OK without its line is no answer: the host goes on without it, or says so."""
        for command in (*_ASKED[self.family], *self.silent()):
            self.begin(MissingInfo(command))
            try:
                peer = self.open()
            except self.failureException:
                self.flushLoggedErrors()
                self.works()
            else:
                self.both_ways(peer, self.seed)
                self.closed_by_client(peer)

    def test_signal_without_line(self) -> None:
        """A signal that is not told is unknown, and the next question has its own answer."""
        self.begin(MissingInfo("+CSQ"))
        modem = self.emulated.modem()
        self.assertEqual(self.result_of(modem.signal()), Signal(None, None))
        self.assertEqual(self.result_of(modem.signal()).rssi, -57)

    def test_line_and_error(self) -> None:
        """A line with no more than ERROR behind it is an error, and not a result."""
        self.begin(InfoThenError("+CSQ"))
        modem = self.emulated.modem()
        problem = self.refused(modem.signal(), CommandFailed)
        self.one_line(problem, "AT+CSQ", "ERROR")
        self.assertEqual(self.result_of(modem.signal()).rssi, -57)
        self.works()

    def test_open_ends_in_error(self) -> None:
        """An open that ends in ERROR fails at once: its result will never come."""
        self.only("lte", "gsm", "sim52xx")  # else it says that one is just being closed
        self.begin(CommandFails(self.kind.open_name))
        start = self.clock.seconds()
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        self.refused(connecting, ModemConnectError, ConnectError)
        self.assertLess(self.clock.seconds() - start, 10.0)
        self.works()

    def test_result_lost(self) -> None:
        """An open whose result never comes fails when its time is over; the next one works."""
        self.only("lte", "gsm", "nbiot")  # elsewhere the answer is the result
        self.begin(ResultLost())
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=30.0))
        self.refused(connecting, Exception)
        self.works()

    def test_number_without_meaning(self) -> None:
        """A number that no document lists is kept in the exception and in its message."""
        # the codes of the other families say nothing
        self.only("lte")
        self.begin(OpenFails(599))
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        problem = self.refused(connecting, ModemConnectError)
        self.assertEqual(problem.code, 599)
        self.one_line(problem, "599")
        self.works()

    def test_cme_number_without_meaning(self) -> None:
        """So is the number of a CME ERROR."""
        self.begin(CommandFails("+CSQ", 9876))
        problem = self.refused(self.emulated.modem().signal(), CommandFailed)
        self.assertEqual(problem.code, 9876)
        self.one_line(problem, "9876")

    def test_cme_forms(self) -> None:
        """A CME ERROR means the same as a number and as a text, with or without a blank."""
        seen: set[int | None] = set()
        for seed in range(8):
            self.begin(CommandFails("+CSQ", 14), MixedErrors(), seed=seed)
            problem = self.refused(self.emulated.modem().signal(), CommandFailed)
            seen.add(problem.code)
        # None is of the bare ERROR
        self.assertEqual(seen, {14, None})

    def test_no_sim(self) -> None:
        """Whatever form the error of an absent SIM has, the host does not connect."""
        for seed in range(4):
            self.begin(CommandFails("+CPIN", 10, 0), MixedErrors(), seed=seed)
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
            self.refused(connecting, SIMError)

    def test_handshake_failed(self) -> None:
        """566 says what it may be, and the next connection works."""
        self.begin(OpenFails(-3 if self.family == "nbiot" else 566))
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        if self.family == "sim52xx":
            # without an alert it may be anything
            self.one_line(self.refused(connecting, TCPOpenFailed), "nothing listens", "TLS 1.3")
            self.works()
            return
        problem = self.refused(connecting, TLSOpenFailed)
        words = ("certificate",) if self.family == "nbiot" else ("certificate", "cipher suite")
        self.one_line(problem, *words)
        self.works()

    def test_late_answer(self) -> None:
        """An answer 1 ms after its time is nobody's: the next command has its own."""
        self.begin(LateAnswer("+CSQ", 5.001))
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        problem = self.refused(modem.signal(), CommandTimeout)
        self.one_line(problem, "AT+CSQ")
        self.assertEqual(self.result_of(modem.signal()).rssi, -57)
        self.works()

    def test_late_while_connected(self) -> None:
        """A late answer to one command does not touch a connection beside it."""
        if self.mode == "transparent":
            description = {"data_devices": ("usbat",)}
            self.begin(LateAnswer("+CSQ", 5.001), description=description)
        else:
            self.begin(LateAnswer("+CSQ", 5.001))
        peer = self.open()
        self.refused(self.emulated.modem().signal(), CommandTimeout)
        self.both_ways(peer, self.seed)
        self.closed_by_server(peer, self.seed)
        self.works()

    def test_late_on_the_way(self) -> None:
        """Whatever answer is late on the way to a connection, the connection is right or fails."""
        for command in (*_ASKED[self.family], *_TOLD[self.family]):
            for delay in (0.5, 5.001, 10.001):
                self.begin(LateAnswer(command, delay))
                connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=100.0))
                caught: list[Failure] = []
                connecting.addErrback(caught.append)
                peer = self.result_of(connecting, 200.0)
                if peer is None:
                    self.assertIsInstance(caught[0].value, ModemError)
                else:
                    self.both_ways(peer, self.seed)
                    self.closed_by_client(peer)
                self.works()


class DataAnswers(FaultCase):
    """Answers to sends and reads are late"""

    def test_late_send(self) -> None:
        """A send whose answer comes too late ends the connection: nothing is sent twice."""
        self.begin(LateAnswer(self.kind.send_name, 10.001))
        peer = self.open()
        peer.transport.write(b"once")
        problem = self.lost(peer)
        self.assertIsInstance(problem, ModemError)
        self.assertIn(bytes(self.serving.peers[-1].received), (b"", b"once"))
        self.works()

    def test_slow_send(self) -> None:
        """One that comes in time is none the worse for it."""
        self.begin(LateAnswer(self.kind.send_name, 9.0, times=3))
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)


class ReadAnswers(FaultCase):
    """Answers to reads are late"""

    def test_late_read(self) -> None:
        """A read that is answered too late ends the connection: what it took may be lost."""
        self.begin(LateAnswer("+QSSLRECV", 10.001))
        peer = self.open()
        self.serving.peers[-1].transport.write(b"for nobody")
        self.assertIsInstance(self.lost(peer), ConnectionLost)
        self.assertEqual(bytes(peer.received), b"")
        self.works()


matrix(globals(), Answers)
matrix(globals(), DataAnswers, ("buffer", "push"))
matrix(globals(), ReadAnswers, ("buffer",))
del Answers, DataAnswers, ReadAnswers
