"""What users get wrong: one line that names the argument and the way out."""

from __future__ import annotations

import os
from io import StringIO
from typing import Any

from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectError
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import Certificates
from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import HOST, VirtualCase
from tests.pluginpath import find_plugins
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import Hooks, Module
from twisted_quectel.errors import (
    DeviceError,
    ModemError,
    ModemNotReady,
    NetworkDown,
    NoAnswer,
    RegistrationError,
    SIMError,
    UnknownModel,
)
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import Fault, ModuleSettings

#: Host names that would be commands, or lose the end of theirs.
EVIL_HOSTS = (
    'x",443\rAT+QPOWD',
    'x",443\r\nAT+QPOWD\r\n',
    "x\x00",
    "\x00",
    'x"',
    "x\x1a",
    "x\x1b",
    "x\ny",
    "x y",
    "x;+QPOWD",
    "x,443",
    "x\x7f",
    "x\u2028AT",
    "\uff02,443",
    "a" * 300,
)


class StringTests(SynchronousTestCase):
    """What can be known when the string is read, through C{clientFromString}."""

    def setUp(self) -> None:
        find_plugins()
        self.reactor = MemoryReactorClock()
        self.files = Certificates(self.mktemp())
        # nobody's modem file may play a part
        self.patch(os, "environ", {**os.environ, "TWISTED_QUECTEL_MODEMS": ""})
        self.patch(os, "environ", {**os.environ, "XDG_CONFIG_HOME": os.path.abspath("none")})

    def refused(self, rest: str, *words: str, base: str = "device=emulator:host=a.example") -> None:
        """Read what is wrong: one line that starts with the argument's name."""
        string = f"quectelssl:{base}:{rest}"
        problem = self.assertRaises(ValueError, clientFromString, self.reactor, string)
        message = str(problem)
        self.assertNotIn("\n", message)
        self.assertTrue(message.startswith(words[0] + ": "), message)
        for word in words[1:]:
            self.assertIn(word, message)

    def test_unknown_arguments(self) -> None:
        """An argument that does not exist is named, with the one that was meant."""
        self.refused("cacrt=x", "cacrt", "did you mean cacert?")
        self.refused("CACERT=x", "CACERT", "did you mean cacert?")
        self.refused("client_cert=x", "client_cert", "did you mean clientCert?")
        self.refused("colour=red", "colour", "no such argument")
        self.refused("seclevel=0", "seclevel", "no such argument")

    def test_numbers(self) -> None:
        """Numbers out of their range are refused with the range."""
        ca = f"cacert={self.files.ca}"
        for port in ("0", "70000", "65536", "-1", "x", "443x", "8e3"):
            self.refused(f"port={port}:{ca}", "port", "1 to 65535")
        self.refused(f"ctx=9:{ca}", "ctx", "0 to 5")
        self.refused(f"ctx=-1:{ca}", "ctx", "0 to 5")
        self.refused(f"pdp=17:{ca}", "pdp", "1 to 16")
        self.refused(f"timeout=0:{ca}", "timeout", "above 0")
        self.refused(f"timeout=nan:{ca}", "timeout", "above 0")
        self.refused(f"negotiateTime=5:{ca}", "negotiateTime", "10 to 300")

    def test_choices(self) -> None:
        """A word that is none of the choices is refused with the choices."""
        ca = f"cacert={self.files.ca}"
        self.refused(f"mode=pusch:{ca}", "mode", "did you mean push?")
        self.refused(f"busy=maybe:{ca}", "busy", "wait, fail")
        self.refused(f"closed=open:{ca}", "closed", "done, lost")
        self.refused(f"sslVersion=tls1.3:{ca}", "sslVersion", "tls1.2")
        self.refused(f"ciphers=TLS_NULL:{ca}", "ciphers")
        self.refused("verify=no", "verify", "peer, none")
        self.refused(f"identity=demand:{ca}", "identity", "prefer, require")

    def test_files(self) -> None:
        """Files that are missing or hold something else are named with their argument."""
        missing = os.path.abspath("missing.pem")
        self.refused(f"cacert={missing}", "cacert", missing)
        self.refused(f"cacert={self.files.folder}", "cacert")
        empty = self.files.write("empty.pem", b"")
        self.refused(f"cacert={empty}", "cacert", "certificate")
        self.refused(f"cacert={self.files.key}", "cacert", "certificate")
        ca = f"cacert={self.files.ca}"
        pair = f"{ca}:clientCert={self.files.client}"
        self.refused(pair, "clientKey")
        self.refused(f"{ca}:clientKey={self.files.key}", "clientCert")
        self.refused(f"{pair}:clientKey={self.files.other_key}", "clientKey", "does not fit")
        self.refused(f"{pair}:clientKey={self.files.encrypted_key(b'x')}", "clientKey")
        self.refused(f"cacert={self.files.bundle(3)}", "cacert", "3")

    def test_verification(self) -> None:
        """C{verify=peer} without a CA says what to do, given or left out."""
        for rest in ("verify=peer", "mode=push"):
            self.refused(rest, "verify", "cacert=FILE", "verify=none")
        self.refused("pskIdentity=me", "psk")
        self.refused("psk=0011", "pskIdentity")
        self.refused("psk=001x:pskIdentity=me", "psk")

    def test_device(self) -> None:
        """Devices and models that cannot be are refused before one is opened."""
        base = "host=a.example:verify=none"
        self.refused("device=ttyUSB2", "device", "did you mean /dev/ttyUSB2?", base=base)
        self.refused("device=", "device", base=base)
        for more, word in (("/dev/a,/dev/a", "twice"), ("/dev/b,/dev/a", "already")):
            self.refused(f"device=/dev/b:dataDevices={more}", "dataDevices", word, base=base)
        self.refused("device=emulator:model=EC99X", "model", "EC25", base=base)
        self.refused("device=emulator:baudrate=1", "baudrate", base=base)
        self.refused("device=emulator:pin=12", "pin", "4 to 8 digits", base=base)
        self.refused("modem=gateway", "modem", base=base)
        self.refused("mode=push", "modem", "device", base=base)

    def test_evil_hosts(self) -> None:
        """A host that is no host is refused, whatever it would do to a command line."""
        for host in EVIL_HOSTS:
            escaped = host.replace("\\", "\\\\").replace(":", "\\:")
            self.refused(f"host={escaped}:verify=none", "host", base="device=emulator")
        self.refused("verify=none", "host", base="device=emulator")

    def test_secrets(self) -> None:
        """A PIN or key that is wrong is not shown."""
        for rest, secret in (("pin=12 34", "12 34"), ('pskIdentity=me:psk=zz"99', 'zz"99')):
            string = f"quectelssl:device=emulator:host=a.example:verify=none:{rest}"
            problem = self.assertRaises(ValueError, clientFromString, self.reactor, string)
            self.assertNotIn(secret, str(problem))
            self.assertNotIn(secret, repr(problem))


class NothingSentTests(VirtualCase):
    """What must not reach the wire."""

    def test_evil_hosts(self) -> None:
        """A host that would be a command never gets near the port: nothing is sent at all."""
        emulated = self.emulate()
        trace = StringIO()
        emulated.modem().trace_to(trace)
        for host in EVIL_HOSTS:
            problem = self.assertRaises(
                InvalidValue, self.endpoint, emulated, host=host, tls=TLSProfile(verify="none")
            )
            self.one_line(problem, "host: ")
            self.settle(1.0)
        self.assertEqual(trace.getvalue(), "")
        self.assertEqual(emulated.wires, {})

    def test_other_values(self) -> None:
        """No other text of a connection can leave its quotes either."""
        for evil in ('x"\rAT+QPOWD', "x\x00", "x\x1a", "x\ny"):
            for arguments in (
                {"alpn": evil},
                {"psk_identity": evil, "psk": "00"},
                {"cacert": f"module:{evil}"},
            ):
                values: dict[str, Any] = {"verify": "none", **arguments}
                self.assertRaises(InvalidValue, TLSProfile, **values)


class Mute(Fault):
    """A module that hears and says nothing from the start."""

    def arm(self, module: Module, chance: object) -> Hooks:
        module.later(0, lambda: setattr(module, "muted", True))
        return Hooks()


class NotReadyTests(VirtualCase):
    """Modems that cannot be brought up."""

    def not_ready(
        self, *words: str, settings: ModuleSettings | None = None, **arguments: Any
    ) -> ModemError:
        """Connect in vain, and give the exception."""
        description = arguments.pop("description", {})
        timeout = arguments.pop("timeout", 400)
        self.emulated = self.emulate(settings=settings, **arguments)
        self.trace = StringIO()
        self.emulated.modem(**description).trace_to(self.trace)
        return self.again(*words, timeout=timeout)

    def again(self, *words: str, timeout: float = 400) -> ModemError:
        """Connect once more."""
        connecting = self.start(self.endpoint(self.emulated, timeout=timeout))
        problem = self.refused(connecting, ModemNotReady, ConnectError, seconds=500.0)
        self.one_line(problem, *words)
        assert isinstance(problem, ModemError)
        return problem

    def test_no_answer(self) -> None:
        """A port on which nobody answers is named with what to check, in bounded time."""
        problem = self.not_ready("device: ", "answers", "baudrate", faults=[Mute()])
        self.assertIsInstance(problem, NoAnswer)
        self.assertLess(self.clock.seconds(), 60.0)
        self.verdicts_expected = True  # what wakes a module is no way to talk to one

    def test_no_sim(self) -> None:
        """A module without a SIM card says so."""
        problem = self.not_ready("SIM", settings=ModuleSettings(sim=False))
        self.assertIsInstance(problem, SIMError)

    def test_pin_wanted(self) -> None:
        """A SIM that asks for its PIN, and none given: C{pin} is named."""
        problem = self.not_ready("pin: ", settings=ModuleSettings(pin="1234"))
        self.assertIsInstance(problem, SIMError)
        self.assertEqual(self.emulated.module.network_state.pin_tries, 3)

    def test_right_pin(self) -> None:
        """The right PIN unlocks the SIM, and shows nowhere."""
        self.serve()
        emulated = self.emulate(settings=ModuleSettings(pin="4711"))
        trace = StringIO()
        emulated.modem(pin="4711").trace_to(trace)
        client = self.connect(self.endpoint(emulated))
        client.transport.loseConnection()
        self.end_of(client)
        self.assertIn("AT+CPIN=", trace.getvalue())
        self.assertNotIn("4711", trace.getvalue())

    def test_wrong_pin(self) -> None:
        """A wrong PIN is tried once and never again, so that the SIM is not locked."""
        settings = ModuleSettings(pin="1234")
        problem = self.not_ready("pin: ", "2 tries", settings=settings, description={"pin": "9876"})
        self.assertIsInstance(problem, SIMError)
        for _ in range(4):
            problem = self.again("pin: ", "2 of 3")
        self.assertEqual(self.emulated.module.network_state.pin_tries, 2)
        self.assertEqual(self.trace.getvalue().count("AT+CPIN="), 1)
        for text in (str(problem), repr(problem), self.trace.getvalue(), *problem.trace):
            self.assertNotIn("9876", text)

    def test_wrong_pin_with_permission(self) -> None:
        """With C{pinTries} a wrong PIN costs one try in the life of a modem, not all."""
        settings = ModuleSettings(pin="1234", pin_tries=2)
        description = {"pin": "9876", "pin_tries": True}
        self.not_ready("pin: ", settings=settings, description=description)
        for _ in range(4):
            self.again("pin: ")
        self.assertEqual(self.emulated.module.network_state.pin_tries, 1)

    def test_unknown_tries(self) -> None:
        """Where the tries left are not told, no PIN is tried unless allowed, and then once."""

        class NoTries(Fault):
            def arm(self, module: Module, chance: object) -> Hooks:
                class Refuses(Hooks):
                    def replace(self, call: Any) -> Any:
                        return call.fail(100) if call.name == "+QPINC" else None

                return Refuses()

        settings = ModuleSettings(pin="1234")
        for allowed, left in ((False, 3), (True, 2)):
            description = {"pin": "9876", "pin_tries": allowed}
            self.not_ready("pin: ", settings=settings, description=description, faults=[NoTries()])
            for _ in range(4):
                self.again("pin: ", "unknown number")
            self.assertEqual(self.emulated.module.network_state.pin_tries, left)

    def test_few_tries(self) -> None:
        """With fewer than all tries left, a PIN is not tried at all."""
        settings = ModuleSettings(pin="1234", pin_tries=2)
        self.not_ready(
            "pin: ", "2 of 3", "pinTries", settings=settings, description={"pin": "1234"}
        )
        self.assertEqual(self.emulated.module.network_state.pin_tries, 2)

    def test_locked(self) -> None:
        """A SIM that asks for its PUK is left alone."""
        settings = ModuleSettings(pin="1234", pin_tries=0)
        self.not_ready("pin: ", "PUK", settings=settings, description={"pin": "1234"})

    def test_no_registration(self) -> None:
        """No network: what the module says of it, and what to check, after some minutes."""
        for state, word in ((0, "not searching"), (2, "searching"), (3, "denied")):
            problem = self.not_ready(word, "apn", settings=ModuleSettings(registration=state))
            self.assertIsInstance(problem, RegistrationError)
            self.assertEqual(problem.code, state)

    def test_impatient_with_silence(self) -> None:
        """A connect that gives up on a silent port says what was in the way."""
        self.not_ready("device: ", "answers", faults=[Mute()], timeout=3)

    def test_impatient_with_the_network(self) -> None:
        """A connect that gives up before there is a network says what was in the way."""
        self.not_ready("registered", "apn", settings=ModuleSettings(registration=2), timeout=10)

    def test_late_registration(self) -> None:
        """A module that registers after a while is waited for."""
        self.serve()
        emulated = self.emulate(settings=ModuleSettings(registration_delay=20.0))
        client = self.connect(self.endpoint(emulated), seconds=30.0)
        client.transport.loseConnection()
        self.end_of(client)

    def test_unknown_model(self) -> None:
        """A module that nobody knows is named, with the way round."""

        class Stranger(Fault):
            def arm(self, module: Module, chance: object) -> Hooks:
                module.model = "UC20"
                return Hooks()

        problem = self.not_ready("model: ", "UC20", "EC25", faults=[Stranger()])
        self.assertIsInstance(problem, UnknownModel)

    def test_forced_model(self) -> None:
        """A module that nobody knows works as what its owner says it speaks like."""

        class Stranger(Fault):
            def arm(self, module: Module, chance: object) -> Hooks:
                module.model = "UC20"
                return Hooks()

        self.serve()
        emulated = self.emulate(faults=[Stranger()])
        emulated.modem(model="EC25")
        client = self.connect(self.endpoint(emulated))
        client.transport.loseConnection()
        self.end_of(client)

    def test_no_pdp_context(self) -> None:
        """A PDP context that cannot be activated is named with what the module says."""

        class Refused(Fault):
            def arm(self, module: Module, chance: object) -> Hooks:
                class Refuses(Hooks):
                    def replace(self, call: Any) -> Any:
                        return call.fail(562) if call.name == "+QIACT" and call.fields else None

                return Refuses()

        emulated = self.emulate(faults=[Refused()])
        connecting = self.start(self.endpoint(emulated, timeout=400))
        problem = self.refused(connecting, NetworkDown, ConnectError, seconds=500.0)
        self.one_line(problem, "PDP context 1")

    def test_port_in_use(self) -> None:
        """A device that somebody else has is a device error."""
        self.serve(Peer)
        emulated = self.emulate()
        self.connect(self.endpoint(emulated), seconds=5.0).transport.loseConnection()
        self.settle(1.0)
        first = emulated.modem()
        emulated._modem = None
        second = emulated.modem(name="second")
        connecting = second.ready()
        problem = self.refused(connecting, DeviceError)
        self.one_line(problem, "device: ", "in use")
        second.close()
        emulated._modem = first


class AddressedTests(VirtualCase):
    """Endpoints say which server they are for."""

    def test_repr(self) -> None:
        """The representation names server and modem, and no secret."""
        endpoint = self.endpoint(self.emulate())
        self.assertIn(f"{HOST}:8883 by emulated", repr(endpoint))
