"""The drivers of the GSM and NB-IoT families: what is read, said, and refused."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.at.bench import Bench
from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import VirtualCase
from twisted_quectel import TLSProfile, errors
from twisted_quectel.at import Command, Response, execute_form
from twisted_quectel.at.results import ERROR, OK
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.emulator.faults import CommandFails, MissingInfo, UploadLineLost, UploadPartial
from twisted_quectel.families import AccessMode, Delivery, Firmware, known_family
from twisted_quectel.families.base import (
    Booted,
    Closed,
    Garbled,
    NameAddress,
    NameResult,
    Notice,
    Opened,
    PDPLost,
    PoweredDown,
    Pushed,
    Readable,
)
from twisted_quectel.families.gsm import GSMFamily, pdp
from twisted_quectel.families.gsm import errors as gsm_errors
from twisted_quectel.families.nbiot import NBIoTFamily
from twisted_quectel.families.nbiot import errors as nbiot_errors
from twisted_quectel.tables.nbiot import HEX

GSM: Any = GSMFamily(Firmware("M95"))
NBIOT: Any = NBIoTFamily(Firmware("BC660K-GL"))


def answer(*lines: bytes, result: Any = OK) -> Response:
    """Give an answer."""
    return Response(Command(execute_form("+A")), result, list(lines))


class ReadingTests(SynchronousTestCase):
    """URCs, answers and secrets."""

    def test_gsm(self) -> None:
        """Each form of chapters 2.2.10 and 3.3."""
        for line, event in (
            (b'+QSSLURC: "recv",0,1', Readable(1)),
            (b'+QSSLURC:"recv",2,5,300', Readable(5)),
            (b"+QIRDI: 0,1,3,1,10,10", Readable(3)),
            (b'+QSSLURC: "closed",4', Closed(4)),
            (b"4, CLOSED", Closed(4)),
            (b"1, CONNECT OK", Opened(1, 0)),
            (b"1, CONNECT FAIL", Opened(1, -1)),
            (b"1, ALREADY CONNECT", Opened(1, -2)),
            (b"+QSSLOPEN: 3,-1", Opened(3, -1)),
            (b"+PDP DEACT", PDPLost(None)),
            (b"RDY", Booted()),
            (b"UNDER_VOLTAGE POWER DOWN", PoweredDown()),
            (b"UNDER-VOLTAGE POWER DOWN", PoweredDown()),
            (b"OVER-VOLTAGE POWER DOWN", PoweredDown()),
            (b"UNDER_VOLTAGE WARNING", Notice(b"UNDER_VOLTAGE WARNING")),
            (b"+RECEIVE: 1, 5", Notice(b"+RECEIVE: 1, 5")),
        ):
            self.assertEqual(GSM.read_urc(line, b""), event)
        self.assertEqual(GSM.read_urc(b"+RECEIVE: 1, 5", b"hello"), Pushed(1, b"hello"))
        self.assertEqual(GSM.block_length(b"+RECEIVE: 1, 5", lambda id: False), 5)
        self.assertEqual(GSM.block_length(b"+RECEIVE: 1, 5000", lambda id: False), 0)

    def test_nbiot(self) -> None:
        """Each form of chapter 2.4, and of sockets without TLS."""
        for line, event in (
            (b'+QSSLURC: "closed",0,0', Closed(5)),
            (b'+QIURC: "closed",2', Closed(2)),
            (b'+QIURC: "pdpdeact",0', PDPLost(0)),
            (b'+QIURC: "dnsgip",0,1,60', NameResult(0, 1)),
            (b'+QIURC: "dnsgip","192.0.2.1"', NameAddress("192.0.2.1")),
            (b"+QSSLOPEN: 0,0,-3", Opened(5, -3)),
            (b"+QIOPEN: 2,0", Opened(2, 0)),
            (b'+QSSLURC: "closed",0,3', Notice(b'+QSSLURC: "closed",0,3')),
            (b'+QIURC: "closed",5', Notice(b'+QIURC: "closed",5')),
            (b"+QIOPEN: 5,0", Notice(b"+QIOPEN: 5,0")),
            (b'+QNBIOTEVENT: "ENTER DEEPSLEEP"', PoweredDown()),
            (b'+QNBIOTEVENT: "EXIT PSM"', Notice(b'+QNBIOTEVENT: "EXIT PSM"')),
            (b"RDY", Booted()),
            (b"+IP: 10.0.0.1", Notice(b"+IP: 10.0.0.1")),
        ):
            self.assertEqual(NBIOT.read_urc(line, b""), event)
        self.assertEqual(NBIOT.block_length(b'+QSSLURC: "recv",0,0,2,', lambda id: True), 0)

    def test_nbiot_data(self) -> None:
        """In hex format a line brings its data; one that cannot be right means a loss."""
        family: Any = NBIoTFamily(Firmware("BC660K-GL"))
        event: Any
        for text, event in (
            (b'0,0,2,"4A4B"', Garbled(5)),
            (b'0,0,0,""', None),
            (b'0,3,2,"JK"', None),
        ):
            line = b'+QSSLURC: "recv",' + text
            self.assertEqual(family.read_urc(line, b""), event or Notice(line))
        family.tls.formats.receive = HEX
        for text, event in (
            (b'0,0,2,"4A4B"', Pushed(5, b"JK")),
            (b"0,0,4,4A4B", Pushed(5, b"JK")),
            (b'0,0,2,"4A4"', Garbled(5)),
            (b'0,0,99999,"4A4B"', Garbled(5)),
            (b'0,0,1234567890,"4A4B"', Garbled(5)),
            (b'0,0,-2,"4A4B"', Garbled(5)),
            (b'0,0,0,"4A4B"', Garbled(5)),
            (b'0,0,0,""', None),
            (b'0,3,2,"4A4B"', None),
            (b'7,0,2,"4A4B"', None),
        ):
            line = b'+QSSLURC: "recv",' + text
            self.assertEqual(family.read_urc(line, b""), event or Notice(line))

    def test_secrets(self) -> None:
        """Passwords that are read back are not shown."""
        for family, line in (
            (GSM, b'+QICSGP: 1,"apn","me","mine"'),
            (GSM, b'+QIREGAPP: "apn","me","mine"'),
            (NBIOT, b'+QCGDEFCONT: "IP","apn","me","mine",1'),
        ):
            self.assertNotIn(b"mine", family.redact(line))
            self.assertIn(b"apn", family.redact(line))

    def test_states(self) -> None:
        """One command tells of both kinds of a GSM module; the other kind is passed over."""
        told = answer(
            b"+QSSLSTATE: IP PROCESSING",
            b"+QSSLSTATE: 1,TCP,192.0.2.1,443,CONNECTED,1",
            b"+QSSLSTATE: 2,TCP,192.0.2.1,80,REMOTE CLOSING,0",
            b"+QSSLSTATE: nonsense",
        )
        self.assertEqual([each.id for each in GSM.tls.read_states(told)], [1])
        (plain,) = GSM.tcp.read_states(told)
        self.assertEqual((plain.id, plain.gone), (2, True))
        self.assertIsNone(GSM.tls.read_state(told, 2))
        self.assertEqual(GSM.tls.state_command(1).text, GSM.tls.list_command().text)

    def test_deliveries(self) -> None:
        """What is no result of a send proves nothing once the body has gone."""
        refused = answer(result=ERROR)
        for dialect in (GSM.tls, GSM.tcp, NBIOT.tls, NBIOT.tcp):
            self.assertIs(dialect.delivery(refused), Delivery.NOT_SENT)
            gone = answer(result=ERROR)
            gone.body_sent = True
            self.assertIs(dialect.delivery(gone), Delivery.UNKNOWN)

    def test_ends(self) -> None:
        """How a close and a deactivation end, in every way of writing it."""
        for dialect in (GSM.tls, GSM.tcp):
            finals = dialect.close_command(1, False).finals
            for line in (b"CLOSE OK", b"1, CLOSE OK", b"1,CLOSE OK", b"1,  CLOSE OK "):
                self.assertIsNotNone(finals.fullmatch(line))
            for line in (
                b"2, CLOSE OK",
                b"11, CLOSE OK",
                b"CLOSE OK?",
                b"1 CLOSE OK",
                b"1, CLOSED",
            ):
                self.assertIsNone(finals.fullmatch(line))

        for line in (b"DEACT OK", b" DEACT OK "):
            bench = Bench()
            done = Deferred.fromCoroutine(pdp.deactivate(bench.port))
            bench.feed(b"\r\n" + line + b"\r\n")
            self.assertIsNone(self.successResultOf(done))

    def test_acknowledged(self) -> None:
        """C{+QISACK}."""
        self.assertEqual(GSM.tcp.read_acknowledged(answer(b"+QISACK: 10,8,2")), (10, 8))
        self.assertIsNone(GSM.tcp.read_acknowledged(answer(b"+QISACK: what")))
        self.assertIsNone(GSM.tcp.read_acknowledged(answer()))

    def test_what_is_not_there(self) -> None:
        """Questions that a family has no command for."""
        self.assertIsNone(NBIOT.tls.state_command(5))
        self.assertEqual(NBIOT.tls.read_states(answer()), [])
        for question in (
            lambda: NBIOT.tls.list_command(),
            lambda: NBIOT.tcp.read_command(0, 10),
        ):
            self.assertRaises(AssertionError, question)
        self.assertIsNone(NBIOT.tcp.read_data(answer()))
        self.assertEqual(NBIOT.tcp.announced(answer()), 0)
        self.assertIsNone(NBIOT.udp.read_source(answer()))
        for family in (GSM, NBIOT):
            self.assertIsNone(family.error_command())
            self.assertIsNone(family.read_error(answer()))
            self.assertIsNone(family.tls.switch_command(0, AccessMode.BUFFER))
            self.assertIsNone(family.close_time(()))
            self.assertTrue(family.restart_command().text.wire)
            with self.assertRaises(errors.UnsupportedOperation):
                family.listen_command(0, 1, 80)
            with self.assertRaises(errors.UnsupportedOperation):
                family.ping_command(1, "host", 1, 1)
            with self.assertRaises(errors.UnsupportedOperation):
                family.ntp_command(1, "host", 123, False)
            self.assertIn("80", str(family.listen_error(1, 80, "AT", ())))
            self.assertIn("host", str(family.probe_error(None, "host", "AT", ())))
            self.assertIn("host", str(family.name_error(3, "host", "AT", ())))
        self.assertEqual(GSM.name_command(1, "host").text.wire, b'+QIDNSGIP="host"')

    def test_errors(self) -> None:
        """Codes become the classes that programs catch."""
        for module, code, secure, kind in (
            (gsm_errors, -1, True, errors.TLSOpenFailed),
            (gsm_errors, -1, False, errors.TCPOpenFailed),
            (gsm_errors, -2, True, errors.SocketIdInUse),
            (gsm_errors, -77, True, errors.TLSOpenFailed),
            (gsm_errors, None, True, errors.ModemParameterError),
            (nbiot_errors, -3, True, errors.TLSOpenFailed),
            (nbiot_errors, -7, True, errors.ModemTimeout),
            (nbiot_errors, -6, True, errors.NetworkDown),
            (nbiot_errors, -77, True, errors.ModemConnectError),
            (nbiot_errors, None, True, errors.SocketIdInUse),
            (nbiot_errors, 565, False, errors.ModemDNSError),
            (nbiot_errors, 999, False, errors.ModemConnectError),
        ):
            problem = module.open_error(code, "host", 443, "AT+QSSLOPEN=1", (), secure)
            self.assertIs(type(problem), kind)
            self.assertEqual(problem.code, code)
        refused = str(gsm_errors.open_error(-1, "host", 80, "AT+QIOPEN=1", (), False))
        self.assertIn("CONNECT FAIL", refused)
        self.assertNotIn("Error", refused)
        self.assertTrue(
            GSM.is_wedge(gsm_errors.open_error(None, "h", 1, "AT+QSSLOPEN=1", (), True))
        )


class ModelTests(SynchronousTestCase):
    """Which family a model is of."""

    def test_names(self) -> None:
        """What a module calls itself goes on behind its model, but not with a digit."""
        for model, family in (
            ("M95", GSMFamily),
            ("Quectel_M10", GSMFamily),
            ("M66FA-04", GSMFamily),
            ("BC660K-GLAA", NBIoTFamily),
            ("M100", None),
            ("M1000", None),
            ("M950", None),
            ("M", None),
            (None, None),
        ):
            self.assertIs(known_family(model), family, model)


class DialogueMixin:
    """Dialogues that both families have; mixed into a case for each."""

    model = ""

    def reached(self: Any, description: Any = None, **arguments: Any) -> Any:
        """Have a connection, with what is said of the modem; give the module."""
        self.network = type(self.network)(self.clock)
        self.description = dict(description or {})
        self.serve(Echo)
        emulated = self.emulate(**arguments)
        emulated.modem(**self.description)
        peer = self.connect(self.endpoint(emulated), seconds=600.0)
        peer.transport.write(b"hello")
        self.result_of(peer.when_received(5))
        peer.transport.loseConnection()
        self.end_of(peer)
        return emulated.module

    def refuses(
        self: Any, *kinds: type[Exception], description: Any = None, **arguments: Any
    ) -> Any:
        """Have a connect fail."""
        self.network = type(self.network)(self.clock)
        self.description = dict(description or {})
        self.serve(Echo)
        emulated = self.emulate(**arguments)
        return self.refused(self.start(self.endpoint(emulated)), *kinds, seconds=600.0)

    def test_pin(self: Any) -> None:
        """The SIM's PIN, where its tries are known; where they are not, only if told to."""
        settings = ModuleSettings(pin="1234")
        self.reached({"pin": "1234"}, settings=settings)
        unknown = [CommandFails("+QPINC", 3, 0)]
        self.refuses(
            errors.SIMError, description={"pin": "1234"}, settings=settings, faults=unknown
        )
        self.reached({"pin": "1234", "pin_tries": True}, settings=settings, faults=unknown)

    def test_clock_of_the_network(self: Any) -> None:
        """The network's time, where it tells one."""
        self.reached({"clock": "network"})
        for fault in (CommandFails("+QLTS", 3, 0), MissingInfo("+QLTS", 0)):
            self.refuses(errors.ModemNotReady, description={"clock": "network"}, faults=[fault])

    def test_flow_control(self: Any) -> None:
        """C{rtscts}."""
        self.reached({"rtscts": True})


class GSMDialogueTests(DialogueMixin, VirtualCase):
    """An M95."""

    model = "M95"

    def test_uploads(self) -> None:
        """Files that do not arrive whole, or are not confirmed, and a module that refuses."""
        self.reached(faults=[UploadPartial(times=1)])
        self.reached(faults=[UploadLineLost()])
        problem: Any = self.refuses(
            errors.CertificateStoreError, faults=[CommandFails("+QSECWRITE", 420, 0)]
        )
        self.assertEqual(problem.code, 420)

    def test_module_that_tells_little(self) -> None:
        """Questions of the checks that are not answered do not keep the host from trying."""
        self.reached(
            faults=[CommandFails("+QIACT", 0, 1), CommandFails("+CGACT", 0, 1)],
        )


class NBIoTDialogueTests(DialogueMixin, VirtualCase):
    """A BC660K-GL."""

    model = "BC660K-GL"

    def test_network(self) -> None:
        """User and password, name servers, and a connection that does not come up."""
        access = {"user": "me", "password": "mine", "auth": "chap", "dns": ("192.0.2.1",)}
        module = self.reached(access)
        self.assertEqual((module.pdp.user, module.pdp.authentication), ("me", 2))
        self.reached(faults=[CommandFails("+CGPADDR", 3, 0)])
        self.reached(faults=[CommandFails("+QSCLK", 3, 1)])

    def test_settings_refused(self) -> None:
        """A firmware that takes no setting is not opened with."""
        self.refuses(errors.CertificateStoreError, faults=[CommandFails("+QSSLCFG", 3, 0)])

    def test_provisioned(self) -> None:
        """A context that is named alone has to verify, and be for streams."""
        self.description = {"contexts": {0: TLSProfile(cacert=self.ca_path)}}
        self.serve(Echo)
        emulated = self.emulate()
        peer = self.connect(self.endpoint(emulated, ctx=0), seconds=600.0)
        peer.transport.loseConnection()
        self.end_of(peer)
        self.description = {}
        bare = self.emulate()
        connecting = self.start(self.endpoint(bare, ctx=0))
        self.refused(connecting, errors.UnverifiedContext)
