"""Secrets appear nowhere, whatever happens and whoever is listening.

Planted are the SIM's PIN, user and password of the access point, a PSK, a
private key and payload.  Everything that can be seen is collected: each kind
of log observer, the trace file, each exception with its traceback and its
trace, and C{repr} of every object that a program gets hold of.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import (
    globalLogPublisher,
    jsonFileLogObserver,
    textFileLogObserver,
)
from twisted.python.failure import Failure

from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import HOST, PORT, VirtualCase
from twisted_quectel.at import Command, read_form, write_form
from twisted_quectel.at.syntax import split_fields
from twisted_quectel.emulator.basemodule import Module
from twisted_quectel.emulator.commands import Call, Outcome
from twisted_quectel.emulator.faults import Fault, Hooks
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.emulator.sslcontext import TAGS
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.errors import ModemError
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import EmulatedModule, ModuleSettings

PIN = "73519264"
USER = "apn-user-9f1c"
PASSWORD = "apn-password-7c3e"
PSK = "5ec2e70123456789abcdef5ec2e70fed"
OTHER_PSK = "07e45ec2e7fedcba9876543210fedcba"
PAYLOAD = b"payload-91c2-of-the-application"


@dataclass(frozen=True)
class Refusal(Fault):
    """Certain commands are refused, or never answered.

    @ivar start: the commands, by their name.
    @ivar code: the CME error; 0 for silence.
    """

    start: str = ""
    code: int = 0
    holding: str = ""

    def arm(self, module: Module, chance: random.Random) -> Hooks:
        spec = self

        class Refusing(Hooks):
            def matches(self, call: Call[Any]) -> bool:
                """Whether this command is meant."""
                text = ",".join(field.string() for field in call.fields)
                return call.name == spec.start and spec.holding in text and bool(call.fields)

            def replace(self, call: Call[Any]) -> Outcome | None:
                if spec.code and self.matches(call):
                    return call.fail(spec.code)
                return None

            def delay(self, call: Call[Any]) -> float:
                return 0.0 if spec.code or not self.matches(call) else 400.0

        return Refusing()


class Seen:
    """All that could be seen."""

    def __init__(self) -> None:
        self.trace = io.StringIO()
        self.logs = io.StringIO()
        self.json = io.StringIO()
        self.shown: list[str] = []
        self._observers = (textFileLogObserver(self.logs), jsonFileLogObserver(self.json))

    def listen(self) -> None:
        """Turn on every observer."""
        for observer in self._observers:
            globalLogPublisher.addObserver(observer)

    def stop(self) -> None:
        """Turn them off."""
        for observer in self._observers:
            globalLogPublisher.removeObserver(observer)

    def look(self, *things: object) -> None:
        """Look at objects in every way in which they are shown."""
        for thing in things:
            self.shown += [repr(thing), str(thing)]
            if isinstance(thing, Failure):
                self.look(thing.value)
                self.shown += [thing.getTraceback(), thing.getBriefTraceback()]
                self.shown.append(thing.getErrorMessage())
            if isinstance(thing, BaseException):
                self.shown += [repr(thing.args), repr(vars(thing))]
                for other in (thing.__cause__, thing.__context__):
                    if other is not None:
                        self.look(other)

    def everything(self) -> str:
        """Give it as one text."""
        texts = (self.trace.getvalue(), self.logs.getvalue(), self.json.getvalue(), *self.shown)
        return "\n".join(texts)


class SecretCase(VirtualCase):
    """A modem that knows secrets, with everybody listening."""

    def setUp(self) -> None:
        super().setUp()
        self.verdicts_expected = True
        self.seen = Seen()
        self.seen.listen()
        self.addCleanup(self.seen.stop)
        leaf = self.ca.issue_cert("client.example")
        self.key = leaf.private_key_pem.bytes()
        self.client_cert = self.write("client.pem", leaf.cert_chain_pems[0].bytes())
        self.client_key = self.write("client-key.pem", self.key)
        self.serve(Echo)

    def secretive(self, *faults: Fault, **arguments: Any) -> EmulatedModule:
        """Make a module whose modem knows the secrets."""
        settings = arguments.pop("settings", ModuleSettings(pin=PIN))
        description = {
            "apn": "internet",
            "user": USER,
            "password": PASSWORD,
            "pin": PIN,
            **arguments.pop("description", {}),
        }
        emulated = EmulatedModule(
            self.clock, network=self.network, settings=settings, faults=faults, **arguments
        )
        self.addCleanup(self.finish, emulated)
        modem = emulated.modem(**description)
        modem.trace_to(self.seen.trace)
        self.seen.look(modem, modem.profile)
        return emulated

    def tls(self, **arguments: Any) -> TLSProfile:
        """A profile with a key and a PSK."""
        return TLSProfile(
            cacert=self.ca_path,
            client_cert=self.client_cert,
            client_key=self.client_key,
            **arguments,
        )

    def attempt(self, emulated: EmulatedModule, tls: TLSProfile, **arguments: Any) -> Any:
        """Connect, send and receive; look at whatever comes of it."""
        endpoint = ModuleTLSEndpoint(emulated.modem(), HOST, PORT, tls=tls, **arguments)
        self.seen.look(endpoint, tls)
        connecting: Deferred[Any] = self.start(endpoint)
        results: list[Any] = []
        connecting.addBoth(results.append)
        self.until(lambda: results, 700.0)
        (result,) = results
        self.seen.look(result)
        if not isinstance(result, Failure):
            self.seen.look(result.transport)
            result.transport.write(PAYLOAD * 3)
            self.until(lambda: result.reasons or result.count == 3 * len(PAYLOAD), 60.0)
            self.settle(5.0)
            result.transport.loseConnection()
            self.settle(60.0)
            self.seen.look(*result.reasons)
        return result

    def nothing_seen(self) -> None:
        """None of the secrets is there, in no part."""
        for error in self.flushLoggedErrors():
            self.seen.look(error)
        everything = self.seen.everything()
        secrets = [PIN, USER, PASSWORD, PSK, OTHER_PSK, PAYLOAD.decode(), PAYLOAD.decode()[:12]]
        secrets += [line for line in self.key.decode().split("\n") if len(line) > 30][:20]
        for secret in secrets:
            for form in (secret, secret.encode().hex(), secret.upper()):
                seen = [line[:400] for line in everything.split("\n") if form in line]
                self.assertEqual(seen[:3], [])
        self.assertIn("***", everything)


class SecretTests(SecretCase):
    """The ways in which a connect and a connection go, and go wrong."""

    def test_all_is_well(self) -> None:
        """A connect in each access mode, with all secrets in use."""
        for mode in ("buffer", "push", "transparent"):
            emulated = self.secretive()
            made = self.attempt(emulated, self.tls(), mode=mode)
            self.assertEqual(bytes(made.received), PAYLOAD * 3)
            psk = TLSProfile(psk_identity="me", psk=PSK, cacert=self.ca_path)
            self.attempt(emulated, psk, mode=mode)
            self.finish(emulated)
        self.assertIn("+QICSGP", self.seen.everything())
        self.nothing_seen()

    def test_refused(self) -> None:
        """Each command that carries a secret is refused."""
        for name in ("+CPIN", "+QICSGP", "+QSSLCFG", "+QFUPL", "+QIACT", "+QSSLOPEN"):
            for code in (3, 16, 50, 552):
                emulated = self.secretive(Refusal(name, code))
                self.attempt(emulated, self.tls(psk_identity="me", psk=PSK))
                self.finish(emulated)
        self.nothing_seen()

    def test_psk_refused(self) -> None:
        """The PSK alone is refused."""
        emulated = self.secretive(Refusal("+QSSLCFG", 3, "psk"))
        self.attempt(emulated, self.tls(psk_identity="me", psk=PSK))
        self.nothing_seen()

    def test_silence(self) -> None:
        """Each command that carries a secret is not answered, or too late."""
        for name in ("+CPIN", "+QICSGP", "+QSSLCFG", "+QFUPL", "+QSSLSEND", "+QSSLRECV"):
            emulated = self.secretive(Refusal(name))
            self.attempt(emulated, self.tls(psk_identity="me", psk=PSK), timeout=600.0)
            self.settle(60.0)
            self.finish(emulated)
        self.nothing_seen()

    def test_wrong_pin(self) -> None:
        """A PIN that is wrong, and one that may not be tried."""
        for tries in (3, 1):
            emulated = self.secretive(settings=ModuleSettings(pin="0000", pin_tries=tries))
            self.attempt(emulated, self.tls())
            self.finish(emulated)
        self.nothing_seen()

    def test_echo(self) -> None:
        """The echo is on again when the secrets are sent."""
        emulated = self.secretive()
        for moment in range(0, 60, 6):
            modem = emulated.modem()
            getting_ready = modem.ready()
            for _ in range(moment):
                self.clock.turn()
            emulated.module.port("usbmodem").settings.echo = True
            self.attempt(emulated, self.tls(psk_identity="me", psk=PSK))
            getting_ready.addBoth(lambda _: None)
            emulated.module.restart()
            self.settle(10.0)
        self.nothing_seen()

    def test_read_back(self) -> None:
        """What the host never sent, and the module reads out, in every form."""
        emulated = self.secretive()
        self.attempt(emulated, self.tls())
        session = self.result_of(emulated.modem().session())
        port = session.port
        stored = split_fields(f'"them","{OTHER_PSK}"'.encode())
        self.assertTrue(lte(emulated.module).contexts[3].set("psk", TAGS["psk"], stored, False))
        reads = (
            Command(write_form("+QSSLCFG", "psk", 3), ("+QSSLCFG",)),
            Command(write_form("+QICSGP", 1), ("+QICSGP",)),
            Command(read_form("+CPIN"), ("+CPIN",)),
        )
        for command in reads:
            # the answer itself belongs to whoever has asked; what is shown of it does not
            answer = self.result_of(port.execute(command))
            self.assertTrue(answer.lines)
            self.seen.look(command)
        for line in (
            f'+QSSLCFG: "psk",3,"them","{OTHER_PSK}"',
            f'+QSSLCFG:"psk",3,"them","{OTHER_PSK}"',
            f'+QSSLCFG: "psk" , 3 , "them" , "{OTHER_PSK}"',
            f'AT+QSSLCFG="psk",3,"them","{OTHER_PSK}"',
            f'AT+QSSLCFG="sni",3,1;+QSSLCFG="psk",3,"them","{OTHER_PSK}"',
            f'+QICSGP: 1,"internet","{USER}","{PASSWORD}",1',
            f'+QICSGP: 1,1,"internet","{USER}","{PASSWORD}",1',
            f'AT+QICSGP=1,1,"internet","{USER}","{PASSWORD}",1',
            f'AT+CPIN="{PIN}"',
            f"AT+CPIN={PIN}",
            *self.key.decode().split("\n"),
        ):
            emulated.module.port("usbmodem").write(b"\r\n" + line.encode() + b"\r\n")
            self.settle()
            self.seen.shown += port.trace.last()
        self.nothing_seen()

    def test_refusal_that_quotes(self) -> None:
        """A refusal that quotes what was asked for."""
        emulated = self.secretive(Refusal("+CPIN"))
        self.attempt(emulated, self.tls(), timeout=5.0)
        emulated.module.port("usbmodem").write(f'\r\n+CME ERROR: bad "{PIN}"\r\n'.encode())
        self.settle(60.0)
        self.nothing_seen()

    def test_other_hosts_payload(self) -> None:
        """Payload that comes as lines: a connection of the host before, a module in data mode."""
        emulated = self.secretive()
        self.attempt(emulated, self.tls())
        line = emulated.module.port("usbmodem")
        for data in (
            b'\r\n+QSSLURC: "recv",9,%d\r\n%b' % (len(PAYLOAD), PAYLOAD),
            PAYLOAD + b"\r\n",
            b"\r\n" + PAYLOAD + b"\r\nOK\r\n",
            b"\r\n+QSSLRECV: %d\r\n%b\r\nOK\r\n" % (len(PAYLOAD), PAYLOAD),
        ):
            line.write(data)
            self.settle()
        wire = emulated.wires["usbmodem"]
        wire.unplug()
        self.settle(1.0)
        beginning = emulated.modem().ready()
        for _ in range(20):
            line.write(PAYLOAD + b"\r\n" + PAYLOAD)
            self.settle(0.1)
        beginning.addErrback(self.seen.look)
        self.settle(60.0)
        session = self.result_of(emulated.modem().session())
        self.seen.shown += session.port.trace.last()
        self.nothing_seen()

    def test_module_goes_away(self) -> None:
        """A restart, silence, a lost network and an unplugged device within it all."""
        for harm in (
            _restart,
            _mute,
            _lose_pdp,
            _unplug,
        ):
            emulated = self.secretive()
            self.clock.callLater(0.5, partial(harm, emulated))
            lost = emulated.modem().when_lost()
            lost.addBoth(self.seen.look)
            self.attempt(emulated, self.tls(psk_identity="me", psk=PSK))
            emulated.module.muted = False
            self.settle(30.0)
            self.attempt(emulated, self.tls())
            self.finish(emulated)
            self.settle()
        self.nothing_seen()

    def test_bad_values(self) -> None:
        """Values that are refused are not quoted."""
        for arguments in (
            {"pin": PIN + '"'},
            {"pin": PIN + "x"},
            {"password": PASSWORD + "\r"},
            {"password": PASSWORD + "é"},
            {"user": USER + '"'},
        ):
            with self.assertRaises(ValueError) as caught:
                EmulatedModule(self.clock, network=self.network).modem(**arguments)
            self.seen.look(caught.exception)
        for psk in (PSK + "x", PSK + '"', PSK[:-1]):
            with self.assertRaises(ValueError) as caught:
                TLSProfile(psk_identity="me", psk=psk, cacert=self.ca_path)
            self.seen.look(caught.exception)
        with self.assertRaises(ValueError) as caught:
            TLSProfile(
                cacert=self.ca_path,
                client_cert=self.client_cert,
                client_key=self.write("half.pem", self.key[: len(self.key) // 2]),
            )
        self.seen.look(caught.exception)
        self.seen.shown.append("***")
        self.nothing_seen()


def _restart(emulated: EmulatedModule) -> None:
    emulated.module.restart()


def _mute(emulated: EmulatedModule) -> None:
    emulated.module.muted = True


def _lose_pdp(emulated: EmulatedModule) -> None:
    emulated.module.lose_pdp()


def _unplug(emulated: EmulatedModule) -> None:
    for wire in emulated.wires.values():
        wire.unplug()


class ErrorTests(SecretCase):
    """What an exception carries is clean itself."""

    def test_attributes(self) -> None:
        """Command, trace and result of an exception hold no secret."""
        emulated = self.secretive(Refusal("+QICSGP", 50))
        problem = self.attempt(emulated, self.tls()).value
        assert isinstance(problem, ModemError)
        self.assertIn("***", f"{problem.command} {problem.trace}")
        self.nothing_seen()
