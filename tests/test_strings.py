"""Tests for L{twisted_quectel.strings}."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from twisted.internet.interfaces import IStreamClientEndpointStringParserWithReactor
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twisted_quectel.pem import ModuleFile
from twisted_quectel.profiles import TLS_ARGUMENTS, Verify
from twisted_quectel.strings import (
    QUECTELSSL_ARGUMENTS,
    EndpointArguments,
    QuectelSSLParser,
    quectelssl_arguments,
)

from .certificates import Certificates

PSK = "00112233445566778899aabbccddeeff"


class StringCase(SynchronousTestCase):
    """Tests that parse endpoint strings."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())
        self.patch(os, "environ", {"HOME": str(self.files.folder.absolute())})

    def modems(self, text: str) -> None:
        """Write the modem file."""
        path = self.files.write("modems.toml", text.encode("utf-8"))
        os.chmod(path, 0o600)
        os.environ["TWISTED_QUECTEL_MODEMS"] = path

    def read(self, **arguments: str) -> EndpointArguments:
        """Read arguments over those that an ordinary string has."""
        ordinary = {"host": "broker.example", "device": "/dev/ttyUSB2", "cacert": self.files.ca}
        return quectelssl_arguments(**{**ordinary, **arguments})


class ArgumentsTests(StringCase):
    """What the arguments of C{quectelssl:} come to."""

    def test_defaults(self) -> None:
        """What is not said is what the design says."""
        arguments = self.read()
        self.assertEqual((arguments.host, arguments.port), ("broker.example", 443))
        self.assertEqual((arguments.ctx, arguments.pdp, arguments.mode), (None, 1, None))
        self.assertEqual((arguments.busy, arguments.closed), ("wait", "done"))
        self.assertEqual(arguments.timeout, 60.0)
        self.assertEqual(arguments.modem.device, "/dev/ttyUSB2")
        assert arguments.tls is not None
        self.assertEqual(arguments.tls.security_level, 1)

    def test_everything(self) -> None:
        """Each argument arrives."""
        arguments = self.read(
            port="8883",
            ctx="5",
            pdp="16",
            mode="transparent",
            busy="fail",
            closed="lost",
            timeout="12.5",
            cacert="module:RAM:ca.pem",
            cacertex="module:RAM:ca2.pem",
            clientCert=self.files.client,
            clientKey=self.files.key,
            verify="peer",
            identity="require",
            sslVersion="tls1.1",
            ciphers="0XC02F",
            sni="0",
            alpn="mqtt",
            pskIdentity="me",
            psk=PSK,
            sessionCache="0",
            renegotiation="1",
            negotiateTime="20",
            closeTimeMode="ms",
            ignoreLocalTime="1",
            ignoreMultiCertChainVerify="1",
            ignoreInvalidCertSign="1",
        )
        self.assertEqual((arguments.port, arguments.ctx, arguments.pdp), (8883, 5, 16))
        self.assertEqual(
            (arguments.mode, arguments.busy, arguments.closed), ("transparent", "fail", "lost")
        )
        self.assertEqual(arguments.timeout, 12.5)
        tls = arguments.tls
        assert tls is not None
        self.assertEqual(tls.cacert, ModuleFile("RAM:ca.pem"))
        self.assertEqual(tls.cacertex, ModuleFile("RAM:ca2.pem"))
        self.assertEqual((tls.security_level, tls.version_number), (2, 2))
        self.assertEqual((tls.identity, tls.cipher_suite, tls.alpn), ("require", 0xC02F, "mqtt"))
        self.assertEqual((tls.sni, tls.session_cache, tls.renegotiation), (False, False, True))
        self.assertEqual((tls.negotiate_time, tls.close_time_mode), (20, "ms"))
        self.assertEqual((tls.psk_identity, tls.psk), ("me", PSK))
        self.assertTrue(tls.ignore_local_time)
        self.assertTrue(tls.ignore_multi_cert_chain_verify)
        self.assertTrue(tls.ignore_invalid_cert_sign)

    def test_every_tls_argument_but_those_of_datagrams(self) -> None:
        """A string can say all that a profile has, but for DTLS."""
        missing = set(TLS_ARGUMENTS) - set(QUECTELSSL_ARGUMENTS)
        self.assertEqual(missing, {"dtls", "dtlsVersion"})

    def test_bad_values(self) -> None:
        """A value out of range is refused in one line that starts with its name."""
        bad = (
            ("host", ""),
            ("host", 'x",443\rAT+QPOWD'),
            ("port", "0"),
            ("port", "70000"),
            ("port", "https"),
            ("ctx", "9"),
            ("ctx", "-1"),
            ("pdp", "0"),
            ("pdp", "17"),
            ("mode", "pull"),
            ("busy", "wai"),
            ("closed", "maybe"),
            ("timeout", "0"),
            ("timeout", "nan"),
            ("timeout", "inf"),
            ("timeout", "soon"),
            ("baudrate", "12"),
            ("rtscts", "yes"),
            ("model", "EC99"),
            ("pin", "12"),
            ("dataDevices", "ttyUSB3"),
            ("device", "ttyUSB2"),
            ("cacert", "/nonexistent/ca.pem"),
            ("cacert", self.files.key),
            ("verify", "no"),
            ("sslVersion", "tls1.3"),
            ("sni", "maybe"),
            ("negotiateTime", "5"),
        )
        for name, value in bad:
            message = str(self.assertRaises(ValueError, self.read, **{name: value}))
            self.assertTrue(message.startswith(name + ": "), message)
            self.assertEqual(len(message.splitlines()), 1)

    def test_bad_devices(self) -> None:
        """A client endpoint that cannot be is told when the string is parsed."""
        for device, word in (
            ("foo:bar", "foo"),
            ("tpc:127.0.0.1:1", "did you mean tcp?"),
            ("tcp:127.0.0.1:port", "port"),
            ("tcp:127.0.0.1:0", "65535"),
            ("tcp:host=127.0.0.1:port=70000", "65535"),
            ("tcp:127.0.0.1", "the port"),
            ("tcp:127.0.0.1:1:colour=red", "colour"),
        ):
            for argument in ("device", "dataDevices"):
                message = str(self.assertRaises(ValueError, self.read, **{argument: device}))
                self.assertTrue(message.startswith(argument + ": "), message)
                self.assertEqual(len(message.splitlines()), 1)
                self.assertIn(word, message)
        for device in (
            "tcp:127.0.0.1:7000",
            r"tcp:\:\:1:port=7000",
            "tcp:host=h:7000",
            "unix:/run/modem",
            "tls:h:1",
        ):
            self.assertEqual(self.read(device=device).modem.device, device)

    def test_key_of_another(self) -> None:
        """A key that does not fit its certificate is named C{clientKey}."""
        pair = {"clientCert": self.files.client, "clientKey": self.files.other_key}
        message = str(self.assertRaises(ValueError, self.read, **pair))
        self.assertTrue(message.startswith("clientKey: "), message)

    def test_unverified_only_when_written_out(self) -> None:
        """Without a CA the error says what to do; C{verify=none} is enough."""
        device = {"host": "a.example", "device": "emulator"}
        message = str(self.assertRaises(ValueError, quectelssl_arguments, **device))
        for way in ("cacert=", "pskIdentity", "verify=none"):
            self.assertIn(way, message)
        tls = quectelssl_arguments(**device, verify="none").tls
        assert tls is not None
        self.assertIs(tls.verify, Verify.NONE)

    def test_secrets(self) -> None:
        """Neither C{repr} nor a message shows PIN or PSK."""
        arguments = self.read(pin="7391", pskIdentity="me", psk=PSK)
        self.assertNotIn("7391", repr(arguments))
        self.assertNotIn(PSK, repr(arguments))
        for name, value in (("psk", PSK + "x"), ("pin", "7391x")):
            error = self.assertRaises(ValueError, self.read, **{"pskIdentity": "me", name: value})
            self.assertNotIn(value, str(error))


class StackTests(StringCase):
    """Which of the module's stacks does TLS."""

    def of(self, **arguments: str) -> EndpointArguments:
        """Read a string that says whose stack it is, and nothing of a CA."""
        return quectelssl_arguments(**{"host": "a.example", "device": "/dev/x", **arguments})

    def refused(self, argument: str, *words: str, **arguments: str) -> None:
        """Read in vain."""
        problem = str(self.assertRaises(ValueError, self.of, **arguments))
        self.assertTrue(problem.startswith(f"{argument}: "), problem)
        self.assertNotIn("\n", problem)
        for word in words:
            self.assertIn(word, problem)

    def test_https(self) -> None:
        """The HTTPS stack is had where it is written out that nobody is verified."""
        self.assertEqual(self.of(verify="none").stack, "ssl")
        arguments = self.of(stack="https", verify="none", mode="buffer")
        assert arguments.tls is not None
        self.assertIs(arguments.tls.verify, Verify.NONE)
        self.assertEqual((arguments.stack, arguments.ctx, arguments.way), ("https", None, "module"))
        self.modems('[m]\ndevice = "/dev/m"\n[m.tls]\nverify = "none"\n')
        self.assertEqual(quectelssl_arguments("a.example", stack="https").stack, "https")

    def test_verified(self) -> None:
        """It is not taken for one that verifies, whatever else is said."""
        for given in (
            {},
            {"verify": "peer"},
            {"cacert": self.files.ca},
            {"trust": "module"},
            {"model": "SIM5320"},
        ):
            self.refused("verify", "verifies nobody", "verify=none", stack="https", **given)

    def test_combinations(self) -> None:
        """What goes with it, and what does not."""
        for way in ("host", "auto"):
            self.refused("stack", f"tls={way}", stack="https", tls=way, verify="none")
        self.refused("trust", "stack=https", stack="https", trust="discover")
        self.refused("ctx", "HTTPS", stack="https", ctx="1", verify="none")
        for value in ("ftps", ""):
            self.refused("stack", "ssl, https", stack=value, verify="none")


class ModemDefaultsTests(StringCase):
    """What a string takes from the modem file."""

    def setUp(self) -> None:
        super().setUp()
        self.modems(
            '[gateway]\ndevice = "/dev/ttyUSB2"\npdp = 3\n'
            '[gateway.tls]\ncacert = "ca.pem"\nalpn = "mqtt"\n'
        )

    def test_context_alone(self) -> None:
        """C{ctx} and C{host} alone use the context as it is provisioned."""
        arguments = quectelssl_arguments(host="a.example", ctx="1")
        self.assertIsNone(arguments.tls)
        self.assertEqual((arguments.ctx, arguments.modem.name), (1, "gateway"))

    def test_context_with_arguments(self) -> None:
        """C{ctx} with a TLS argument configures that context."""
        arguments = quectelssl_arguments(host="a.example", ctx="1", alpn="http/1.1")
        assert arguments.tls is not None
        self.assertEqual((arguments.tls.alpn, arguments.tls.security_level), ("http/1.1", 1))

    def test_defaults(self) -> None:
        """TLS arguments and the PDP context of the modem hold where the string has none."""
        arguments = quectelssl_arguments(host="a.example")
        assert arguments.tls is not None
        self.assertEqual((arguments.tls.alpn, arguments.tls.security_level), ("mqtt", 1))
        self.assertEqual(arguments.pdp, 3)
        self.assertEqual(quectelssl_arguments(host="a.example", pdp="1").pdp, 1)

    def test_context_that_verifies_nobody(self) -> None:
        """A context that the file provisions with C{verify=none} is not used as it is."""
        self.modems(
            '[m]\ndevice = "/dev/m"\n[m.contexts.1]\nverify = "none"\n'
            f'[m.contexts.2]\nverify = "none"\npskIdentity = "me"\npsk = "{PSK}"\n'
        )
        problem = self.assertRaises(
            ValueError, quectelssl_arguments, host="a.example", ctx="1", modem="m"
        )
        self.assertTrue(str(problem).startswith("ctx: contexts.1 of the modem m "), str(problem))
        self.assertIn("verify=none", str(problem))
        chosen = quectelssl_arguments(host="a.example", ctx="1", modem="m", verify="none")
        assert chosen.tls is not None
        self.assertIs(chosen.tls.verify, Verify.NONE)
        for ctx in ("2", "3"):
            self.assertIsNone(quectelssl_arguments(host="a.example", ctx=ctx, modem="m").tls)

    def test_no_datagrams(self) -> None:
        """DTLS as a default is refused for a stream."""
        self.modems('[a]\ndevice="/dev/x"\n[a.tls]\nverify="none"\ndtls=1\n')
        message = str(self.assertRaises(ValueError, quectelssl_arguments, "a.example"))
        self.assertTrue(message.startswith("dtls: "), message)

    def test_no_datagram_context(self) -> None:
        """A context that is provisioned for DTLS is refused for a stream; others are not."""
        self.modems('[a]\ndevice="/dev/x"\n[a.contexts.1]\nverify="none"\ndtls=true\n')
        ctx = {"ctx": "1"}
        message = str(self.assertRaises(ValueError, quectelssl_arguments, "a.example", **ctx))
        self.assertTrue(message.startswith("ctx: contexts.1 "), message)
        self.assertEqual(quectelssl_arguments("a.example", ctx="2").ctx, 2)


class ParserTests(StringCase):
    """The parser that L{clientFromString} calls."""

    def setUp(self) -> None:
        super().setUp()
        self.seen: list[tuple[object, EndpointArguments]] = []
        module = ModuleType("twisted_quectel.endpoints")

        def endpoint_from_arguments(reactor: object, arguments: EndpointArguments) -> object:
            self.seen.append((reactor, arguments))
            return self

        module.__dict__["endpoint_from_arguments"] = endpoint_from_arguments
        before = sys.modules.get(module.__name__)
        self.addCleanup(self.restore, module.__name__, before)
        sys.modules[module.__name__] = module

    def restore(self, name: str, module: ModuleType | None) -> None:
        """Put a module back, or away."""
        if module is None:
            del sys.modules[name]
        else:
            sys.modules[name] = module

    def parse(self, *args: str, **kwargs: str) -> EndpointArguments:
        """Parse, and give what the endpoint is made of."""
        kwargs = {"device": "/dev/ttyUSB2", "verify": "none", **kwargs}
        reactor = MemoryReactorClock()
        self.assertIs(QuectelSSLParser().parseStreamClient(reactor, *args, **kwargs), self)
        seen, arguments = self.seen.pop()
        self.assertIs(seen, reactor)
        return arguments

    def refused(self, *args: str, **kwargs: str) -> str:
        """Parse what is wrong and give the one line that it yields."""
        message = str(self.assertRaises(ValueError, self.parse, *args, **kwargs))
        self.assertEqual(len(message.splitlines()), 1)
        self.assertEqual(self.seen, [])
        return message

    def test_interface(self) -> None:
        """It is what C{clientFromString} looks for."""
        verifyObject(IStreamClientEndpointStringParserWithReactor, QuectelSSLParser())

    def test_unnamed(self) -> None:
        """Host and port may stand without their names."""
        arguments = self.parse("broker.example", "8883")
        self.assertEqual((arguments.host, arguments.port), ("broker.example", 8883))
        self.assertEqual(self.parse("broker.example", port="1").port, 1)

    def test_unnamed_wrong(self) -> None:
        """A third part without a name, or one given twice, is refused."""
        self.assertIn("\\:", self.refused("2001", "db8", "", "1"))
        self.assertTrue(self.refused("a", host="b").startswith("host: "))

    def test_way_out(self) -> None:
        """What may have been meant is said: a port, a colon within a value or at the end."""
        message = self.refused("8883", host="a.example")
        self.assertIn("write port=NUMBER", message)
        self.assertNotIn("NUMBER", self.refused("b.example", host="a.example", port="1"))
        args: tuple[str, ...]
        kwargs: dict[str, str]
        for args, kwargs in (
            (("",), {"host": "a.example"}),
            (("a.example", ""), {}),
            (("a.example", "1", ""), {}),
            (("", "443"), {}),
        ):
            self.assertIn("no colon stands at the end", self.refused(*args, **kwargs))

    def test_nothing_without_a_name_is_shown(self) -> None:
        """What has no name may be the rest of a key: where it stands is said, and what to do."""
        for parts, named in (
            (("h", "443", "c2", "e7"), {"pskIdentity": "x", "psk": "5e"}),
            (("h", "443", "pin=4711"), {}),
            (("h", "pin=4711"), {}),
            (("pin=4711",), {}),
            (("c2", "e7"), {"host": "h", "psk": "5e"}),
            (("c2", "e7"), {"psk": "5e"}),
        ):
            message = self.refused(*parts, **named)
            for secret in ("c2", "e7", "4711", "5e"):
                self.assertNotIn(secret, message)
            self.assertIn("\\:", message)
            self.assertIn("without", message)

    def test_unknown(self) -> None:
        """A misspelt argument is named, and the nearest is suggested."""
        message = self.refused("a.example", clientkey="x")
        self.assertTrue(message.startswith("clientkey: "), message)
        self.assertIn("did you mean clientKey?", message)
        self.assertIn("did you mean timeout?", self.refused("a.example", timout="3"))

    def test_datagrams(self) -> None:
        """C{dtls} is refused with the reason."""
        for name in ("dtls", "dtlsVersion"):
            message = self.refused("a.example", **{name: "1"})
            self.assertTrue(message.startswith(f"{name}: "), message)
            self.assertIn("datagrams", message)

    def test_no_host(self) -> None:
        """A string without a host is refused by that name."""
        self.assertTrue(self.refused().startswith("host: "))
