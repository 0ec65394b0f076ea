"""Tests for L{twisted_quectel.families.lte.family}: commands, answers, errors."""

from __future__ import annotations

from typing import Any

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.families import golden_lte as golden
from tests.modem.scripted import PortBench
from twisted_quectel import errors
from twisted_quectel.at import Body, Command, InvalidValue, Outcome, Response, Result
from twisted_quectel.at.results import ERROR, OK, SEND_FAIL, SEND_OK
from twisted_quectel.families import AccessMode, Delivery, Firmware, SocketStatus
from twisted_quectel.families.lte import LTEFamily
from twisted_quectel.modemprofile import ModemProfile

FAMILY = LTEFamily(Firmware("EC25"))
HOST = "220.180.239.212"


def answered(command: Command, result: Result, *lines: str, **more: Any) -> Response:
    """An answer to a command."""
    return Response(command, result, [line.encode() for line in lines], **more)


class OpenTests(SynchronousTestCase):
    """Chapter 2.2.2."""

    def test_modes(self) -> None:
        """The three access modes, as chapter 3 writes them."""
        for mode, port, wire in (
            (AccessMode.BUFFER, 8010, golden.OPEN_BUFFER),
            (AccessMode.PUSH, 8011, golden.OPEN_PUSH),
            (AccessMode.TRANSPARENT, 8011, golden.OPEN_TRANSPARENT),
        ):
            command = FAMILY.tls.open_command(4, 1, 1, HOST, port, mode, 60.0)
            self.assertEqual(command.text.wire, wire)
            self.assertEqual(command.data_mode, mode is AccessMode.TRANSPARENT)
            # CONNECT comes when the handshake is over: 150 s and what that may take
            self.assertEqual(command.timeout > 150, mode is AccessMode.TRANSPARENT)

    def test_hostile_host(self) -> None:
        """A host that could leave its quotes is refused by its argument's name."""
        for host in ('x",443\rAT+QPOWD', "x\0", 'x"', "x\x1a"):
            problem = self.assertRaises(
                InvalidValue, FAMILY.tls.open_command, 4, 1, 1, host, 443, AccessMode.PUSH, 60.0
            )
            self.assertEqual(problem.argument, "host")

    def test_switch(self) -> None:
        """C{AT+QISWTMD} (chapter 1.3); to transparent mode it answers C{CONNECT}."""
        for mode, number in ((AccessMode.BUFFER, 0), (AccessMode.PUSH, 1)):
            command = FAMILY.tls.switch_command(4, mode)
            self.assertEqual(command.text.wire, b"+QISWTMD=4,%d" % number)
            self.assertFalse(command.data_mode)
        self.assertTrue(FAMILY.tls.switch_command(4, AccessMode.TRANSPARENT).data_mode)


class SendTests(SynchronousTestCase):
    """Chapter 2.2.3."""

    def test_command(self) -> None:
        """Always counted; the data goes behind the prompt, with nothing behind it."""
        command = FAMILY.tls.send_command(4, golden.DATA)
        self.assertEqual(command.text.wire, golden.SEND_FIXED)
        self.assertEqual(command.body, golden.DATA)
        self.assertIs(command.body_after, Body.PROMPT)
        self.assertEqual(command.linger, 0.3)

    def test_delivery(self) -> None:
        """What became of a block."""
        command = FAMILY.tls.send_command(4, golden.DATA)
        for result, sent, delivery in (
            (SEND_OK, True, Delivery.TAKEN),
            (SEND_FAIL, True, Delivery.REFUSED),
            (SEND_FAIL, False, Delivery.REFUSED),
            (ERROR, True, Delivery.UNKNOWN),
            (ERROR, False, Delivery.NOT_SENT),
            (Result(Outcome.CME, b"+CME ERROR: 3", 3), False, Delivery.NOT_SENT),
            (OK, True, Delivery.UNKNOWN),
        ):
            response = answered(command, result, body_sent=sent)
            self.assertIs(FAMILY.tls.delivery(response), delivery)


class ReadTests(SynchronousTestCase):
    """Chapter 2.2.4."""

    def read(self, answer: str) -> bytes | None:
        """Read from a module that answers so, byte for byte."""
        bench = PortBench()
        bench.answers["+QSSLRECV"] = "\0" + answer
        got: list[bytes | None] = []

        async def dialogue() -> None:
            job = bench.family.tls.read_command(4, 1500)
            try:
                response = await bench.port.execute(job)
            except errors.CommandFailed:
                got.append(None)
                return
            got.append(bench.family.tls.read_data(response))

        self.successResultOf(bench.run(dialogue()))
        self.assertEqual(bench.module.lines, [golden.RECEIVE.decode()])
        self.assertEqual(bench.listener.urcs, [])
        return got[0]

    def test_forms(self) -> None:
        """Both prefixes, one line end or two, and data that ends in one itself (note 16)."""
        for prefix in ("+QSSLRECV", "+QSSLRCV"):
            for behind in ("\r\n\r\nOK\r\n", "\r\nOK\r\n", "OK\r\n"):
                for data in ("Test data from SSL", "x\r\n", "\r\nOK\r\n", "\xff\0\x1a+++"):
                    answer = f"\r\n{prefix}: {len(data)}\r\n{data}{behind}"
                    self.assertEqual(self.read(answer), data.encode("latin-1"))

    def test_spaces(self) -> None:
        """Spaces vary (note 7)."""
        for header in ("+QSSLRECV:2", "+QSSLRECV : 2", "+QSSLRECV:   2 ", "+qsslrecv: 2"):
            self.assertEqual(self.read(f"\r\n{header}\r\nab\r\n\r\nOK\r\n"), b"ab")

    def test_empty(self) -> None:
        """C{+QSSLRECV: 0}, or a bare OK."""
        self.assertEqual(self.read("\r\n+QSSLRECV: 0\r\n\r\nOK\r\n"), b"")
        self.assertEqual(self.read("\r\nOK\r\n"), b"")

    def test_error(self) -> None:
        """An error is no data."""
        self.assertIs(self.read("\r\nERROR\r\n"), None)
        command = FAMILY.tls.read_command(4, 1500)
        self.assertIs(FAMILY.tls.read_data(answered(command, ERROR)), None)

    def test_length(self) -> None:
        """Only a whole header announces bytes."""
        length = FAMILY.tls.read_command(4, 1500).block
        assert length is not None
        for line, count in (
            (b"+QSSLRECV: 18", 18),
            (b"+QSSLRECV: 0", 0),
            (b"+QSSLRECV: 18,1", 0),
            (b"+QSSLRECV: -1", 0),
            (b"+QSSLRECV: 999999", 0),
            (b"+QSSLURC: 18", 0),
        ):
            self.assertEqual(length(line), count, line)


class CloseTests(SynchronousTestCase):
    """Chapter 2.2.5."""

    def test_close(self) -> None:
        """In order with the module's own time-out, at once with 0."""
        orderly, abort = FAMILY.tls.close_command(4, False), FAMILY.tls.close_command(4, True)
        self.assertEqual(orderly.text.wire, golden.CLOSE)
        self.assertGreater(orderly.timeout, 10)
        self.assertEqual(abort.text.wire, b"+QSSLCLOSE=4,0")


class StateTests(SynchronousTestCase):
    """Chapter 2.2.6."""

    def state(self, *lines: str) -> SocketStatus | None:
        """Read the answer to the query of one connection."""
        command = FAMILY.tls.state_command(4)
        self.assertEqual(command.text.wire, b"+QSSLSTATE=4")
        return FAMILY.tls.read_state(answered(command, OK, *lines), 4)

    def test_one(self) -> None:
        """Both examples of chapter 3; nothing means that it is not there (note 5)."""
        self.assertEqual(self.state(golden.STATE_BUFFER), SocketStatus(4, False, 1))
        self.assertEqual(self.state(golden.STATE_PUSH), SocketStatus(4, False, 1))
        self.assertIs(self.state(), None)
        self.assertIs(self.state("+QSSLSTATE: none"), None)

    def test_states(self) -> None:
        """Only 4 means gone; 3, which no document has, is a socket that works (note 13)."""
        for number, gone in (("0", False), ("1", False), ("2", False), ("3", False), ("4", True)):
            line = golden.STATE_BUFFER.replace(",2,1,4,0,", f",{number},1,4,0,")
            self.assertEqual(self.state(line), SocketStatus(4, gone, 1))

    def test_short_line(self) -> None:
        """A line that lacks its end still names the connection; port 0 is nothing special."""
        self.assertEqual(self.state('+QSSLSTATE: 4,"SSLClient"'), SocketStatus(4, False, None))
        self.assertEqual(
            self.state(golden.STATE_BUFFER.replace("65344", "0")), SocketStatus(4, False, 1)
        )

    def listed(self, bench: PortBench) -> list[SocketStatus]:
        """Take stock."""
        listed = self.successResultOf(bench.run(bench.family.list_sockets(bench.port)))
        self.assertTrue(all(dialect.secure for dialect, _ in listed))
        return [status for _, status in listed]

    def test_all(self) -> None:
        """The form without id lists what there is."""
        bench = PortBench()
        bench.answers["+QSSLSTATE"] = (
            golden.STATE_BUFFER + "\n\n" + golden.STATE_PUSH.replace(": 4", ": 11") + "\n\nOK"
        )
        found = self.listed(bench)
        self.assertEqual(found, [SocketStatus(4, False, 1), SocketStatus(11, False, 1)])
        bench.answers["+QSSLSTATE"] = "OK"
        self.assertEqual(self.listed(bench), [])


class ErrorTests(SynchronousTestCase):
    """Chapter 5."""

    def test_query(self) -> None:
        """The number counts, whatever text stands behind it."""
        command = FAMILY.error_command()
        assert command is not None
        self.assertEqual(command.text.wire, b"+QIGETERROR")
        for line, code in (
            ("+QIGETERROR: 565,DNS parse failed", 565),
            ("+QIGETERROR: 0,operate successfully", 0),
            ("+QIGETERROR: 566", 566),
            ("+QIGETERROR: what", None),
        ):
            self.assertEqual(FAMILY.read_error(answered(command, OK, line)), code)
        self.assertIs(FAMILY.read_error(answered(command, OK)), None)

    def test_classes(self) -> None:
        """Each number has its class, which is a connect error and keeps the number."""
        for code, kind in (
            (550, errors.ModemConnectError),
            (551, errors.ModemBusyError),
            (552, errors.ModemParameterError),
            (553, errors.ModemResourceError),
            (554, errors.ModemResourceError),
            (555, errors.UnsupportedOperation),
            (556, errors.ConnectBindError),
            (561, errors.NetworkDown),
            (562, errors.NetworkDown),
            (563, errors.SocketIdInUse),
            (564, errors.ModemBusyError),
            (565, errors.ModemDNSError),
            (566, errors.TLSOpenFailed),
            (568, errors.ModemBusyError),
            (569, errors.ModemTimeout),
            (570, errors.NetworkDown),
            (572, errors.OperationNotAllowed),
            (573, errors.NetworkDown),
            (574, errors.ModemBusyError),
            (4711, errors.ModemConnectError),
        ):
            problem = FAMILY.tls.open_error(code, "h.example", 443, "AT+QSSLOPEN", ("line",))
            self.assertIs(type(problem), kind, code)
            self.assertIsInstance(problem, error.ConnectError)
            assert isinstance(problem, errors.ModemError)
            self.assertEqual(problem.code, code)
            self.assertEqual(
                (problem.family, problem.command, problem.trace),
                ("lte", "AT+QSSLOPEN", ("line",)),
            )
            self.assertIn(str(code), str(problem))
            self.assertTrue(str(problem).startswith("h.example:443 "))
        for code in golden.CODES:
            if code:
                text = str(FAMILY.tls.open_error(code, "h", 1, "", ()))
                self.assertIn(golden.CODES[code], text)

    def test_handshake(self) -> None:
        """566 says what it may be, in order of likelihood, and never "refused" (note 24)."""
        text = str(FAMILY.tls.open_error(566, "2001:db8::1", 443, "", ()))
        places = [text.index(part) for part in ("cacert", "version", "client", "nothing listens")]
        self.assertEqual(places, sorted(places))
        self.assertNotIn("refused", text)
        self.assertTrue(text.startswith("[2001:db8::1]:443 "))

    def test_no_reason(self) -> None:
        """No number, or 0 behind an error, is told as such."""
        for code in (None, 0):
            problem = FAMILY.tls.open_error(code, "h", 1, "", ())
            self.assertIs(type(problem), errors.ModemConnectError)
            self.assertIn("gave no reason", str(problem))


class PrepareTests(SynchronousTestCase):
    """What the driver sets at bring-up."""

    def prepare(self, dtr: bool = False, urcs: str = "OK", **profile: Any) -> Deferred[None]:
        """Prepare a module."""
        self.bench = PortBench()
        self.bench.answers["+QURCCFG"] = urcs
        described = ModemProfile(name="m", device="/dev/m", **profile)
        ports = ("all", "usbat") if described.urc_port is None else (described.urc_port,)
        return self.bench.run(self.bench.family.prepare(self.bench.port, described, dtr, ports))

    def test_circuits(self) -> None:
        """DTR ends data mode and keeps the connection (chapter 1.3), where there is one."""
        for dtr in (True, False):
            self.successResultOf(self.prepare(dtr))
            self.assertIn(f"&D{int(dtr)}", self.bench.module.lines[0])

    def test_flow_control(self) -> None:
        """RTS and CTS are switched on if they are wired."""
        self.successResultOf(self.prepare(rtscts=True))
        self.assertEqual(self.bench.module.sent("+IFC"), ["+IFC=2,2"])
        self.successResultOf(self.prepare())
        self.assertEqual(self.bench.module.sent("+IFC"), [])

    def test_urc_port(self) -> None:
        """URCs are sent to the port that is used (note 44)."""
        self.successResultOf(self.prepare())
        self.assertEqual(self.bench.module.sent("+QURCCFG"), ['+QURCCFG="urcport","all"'])
        self.successResultOf(self.prepare(urc_port="uart1"))
        self.assertEqual(self.bench.module.sent("+QURCCFG"), ['+QURCCFG="urcport","uart1"'])

    def test_urc_port_refused(self) -> None:
        """Without "all" the next is tried, and all may fail; a port that was asked for must be."""
        self.successResultOf(self.prepare(urcs="ERROR"))
        self.assertEqual(
            self.bench.module.sent("+QURCCFG"),
            ['+QURCCFG="urcport","all"', '+QURCCFG="urcport","usbat"'],
        )
        self.failureResultOf(self.prepare(urcs="ERROR", urc_port="uart1"), errors.CommandFailed)

    def test_pin_tries(self) -> None:
        """C{AT+QPINC} gives the tries; what it does not say is not known."""
        for answer, tries in (
            ('+QPINC: "SC",3,10\n\nOK', 3),
            ('+QPINC: "SC",1,10\n\nOK', 1),
            ("OK", None),
            ("ERROR", None),
        ):
            bench = PortBench()
            bench.answers["+QPINC"] = answer
            found = self.successResultOf(bench.run(bench.family.pin_tries(bench.port)))
            self.assertEqual(found, tries)
            self.assertEqual(bench.module.lines, ['+QPINC="SC"'])

    def test_network_time(self) -> None:
        """C{AT+QLTS}: a time, none so far, or a module that cannot tell."""
        for answer, text in (
            ('+QLTS: "2026/11/20,20:00:00+04,0"\n\nOK', "2026/11/20,20:00:00+04,0"),
            ('+QLTS: ""\n\nOK', ""),
            ("OK", None),
            ("ERROR", None),
        ):
            bench = PortBench()
            bench.answers["+QLTS"] = answer
            self.assertEqual(
                self.successResultOf(bench.run(bench.family.network_time(bench.port))), text
            )

    def test_contexts(self) -> None:
        """The family hands contexts on to their dialogue."""
        bench = PortBench()
        family, port = bench.family, bench.port
        self.successResultOf(bench.run(family.configure(port, 1, ())))
        self.assertTrue(self.successResultOf(bench.run(family.configured(port, 1, ()))))
        self.failureResultOf(bench.run(family.check_provisioned(port, 1)), errors.UnverifiedContext)
