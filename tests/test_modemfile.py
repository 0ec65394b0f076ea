"""Tests for L{twisted_quectel.modemfile}."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.modemfile import choose, find_modem_file, load_modem_file
from twisted_quectel.pem import PEM

from .certificates import Certificates

FULL = """
[gateway]
device = "/dev/ttyUSB2"
model = "EC25"
baudrate = 921600
rtscts = true
apn = "internet"
user = "me"
password = "hush"
auth = "chap"
ip = "ipv4v6"
pdp = 2
pin = "0123"
pinTries = true
dns = ["192.0.2.53", "2001:db8::53"]
dataDevices = ["/dev/ttyUSB3"]
urcPort = "usbmodem"
clock = "network"
allowRestart = false
keys = "ufs"

[gateway.tls]
cacert = "ca.pem"
alpn = "mqtt"

[gateway.contexts.1]
ciphers = "0XC02F"

[gateway.contexts.3]
verify = "none"

[spare]
device = "emulator"
"""


class ModemFileCase(SynchronousTestCase):
    """Tests that need a modem file and certificates."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())

    def written(self, text: str, mode: int = 0o600) -> str:
        """Write a modem file."""
        path = self.files.write("modems.toml", text.encode("utf-8"))
        os.chmod(path, mode)
        return path

    def refused(self, text: str, mode: int = 0o600) -> str:
        """Load what cannot be loaded and give the one line that it yields."""
        path = self.written(text, mode)
        message = str(self.assertRaises(ValueError, load_modem_file, path))
        self.assertNotIn("\n", message)
        self.assertIn(path, message)
        return message


class LoadTests(ModemFileCase):
    """Reading the file."""

    def test_everything(self) -> None:
        """Every key reaches the description."""
        modems = load_modem_file(self.written(FULL))
        self.assertEqual(list(modems), ["gateway", "spare"])
        gateway = modems["gateway"]
        self.assertEqual(gateway.name, "gateway")
        self.assertEqual(gateway.device, "/dev/ttyUSB2")
        self.assertEqual((gateway.model, gateway.baudrate, gateway.rtscts), ("EC25", 921600, True))
        self.assertEqual((gateway.apn, gateway.user, gateway.password), ("internet", "me", "hush"))
        self.assertEqual((gateway.auth, gateway.ip, gateway.pdp), ("chap", "ipv4v6", 2))
        self.assertEqual((gateway.pin, gateway.pin_tries), ("0123", True))
        self.assertEqual(gateway.dns, ("192.0.2.53", "2001:db8::53"))
        self.assertEqual(gateway.data_devices, ("/dev/ttyUSB3",))
        self.assertEqual((gateway.urc_port, gateway.clock), ("usbmodem", "network"))
        self.assertEqual((gateway.allow_restart, gateway.keys), (False, "ufs"))

    def test_contexts(self) -> None:
        """Contexts start from the modem's TLS arguments; paths are relative to the file."""
        gateway = load_modem_file(self.written(FULL))["gateway"]
        self.assertEqual(list(gateway.contexts), [1, 3])
        self.assertIsInstance(gateway.contexts[1].cacert, PEM)
        self.assertEqual(gateway.contexts[1].alpn, "mqtt")
        self.assertEqual(gateway.contexts[1].cipher_suite, 0xC02F)
        self.assertEqual(gateway.contexts[3].security_level, 0)
        self.assertEqual(gateway.tls["cacert"], str(self.files.folder.absolute() / "ca.pem"))

    def test_open_to_others(self) -> None:
        """A file with secrets is refused while others may read it, with the way out."""
        texts = {
            "a.pin": '[a]\ndevice = "/dev/x"\npin = "7391"\n',
            "a.password": '[a]\ndevice = "/dev/x"\napn = "i"\nuser = "u"\npassword = "7391"\n',
            "a.tls.psk": '[a]\ndevice = "/dev/x"\n[a.tls]\npskIdentity = "u"\npsk = "7391"\n',
        }
        for key, text in texts.items():
            for mode in (0o640, 0o604):
                message = self.refused(text, mode)
                self.assertIn(key, message)
                self.assertIn("chmod 600", message)
                self.assertNotIn("7391", message)
            load_modem_file(self.written(text, 0o600))

    def test_without_secrets(self) -> None:
        """A file without secrets may be read by all."""
        self.assertEqual(list(load_modem_file(self.written('[a]\ndevice="/dev/x"', 0o644))), ["a"])

    def test_mistakes(self) -> None:
        """A mistake is named with its table, and the nearest name is suggested."""
        device = '[a]\ndevice = "/dev/x"\n'
        cases = {
            "[a]\n": "a.device: ",
            '[a]\ndevise = "/dev/x"\n': "did you mean device?",
            'device = "/dev/x"\n': "[NAME]",
            device + "baudrate = 3\n": "a.baudrate: ",
            device + "pin = 1234\n": "a.pin: ",
            device + 'cacert = "ca.pem"\n': "put it under [a.tls]",
            device + 'password = "x"\n': "a.user: a.password",
            device + 'apn = "i"\npassword = "x"\n': "a.user: a.password",
            device + 'user = "x"\n': "a.user: goes together with a.apn",
            device + 'ip = "ipv6"\n': "a.ip: goes together with a.apn",
            device + "tls = 3\n": "a.tls: ",
            'a.device = "tpc:h:1"\n': "did you mean tcp?",
            device + 'dataDevices = ["tcp:h:x"]\n': "a.dataDevices: ",
            device + "contexts = 3\n": "a.contexts: ",
            device + "contexts.1 = 3\n": "a.contexts.1: ",
            device + '[a.contexts.6]\nverify = "none"\n': "a.contexts.6: ",
            device + "[a.contexts.1]\n": "a.contexts.1.verify: ",
            device + '[a.contexts.1]\ncacert = "none.pem"\n': "a.contexts.1.cacert: cannot read",
            device + '[a.contexts.1]\ncacrt = "none.pem"\n': "a.contexts.1.cacrt: ",
            device + '[a.tls]\nsslVersion = "tls9"\n': "a.tls.sslVersion: ",
            "[a\n": "no TOML",
        }
        for text, expected in cases.items():
            self.assertIn(expected, self.refused(text))

    def test_awkward_keys(self) -> None:
        """A key with a line end in it is refused in one line, wherever it stands."""
        for text in (
            '["a\\nb"]\ndevice = "/dev/m"',
            '["a\\nb"]\ndevice = "/dev/m"\npin = "4711"',
            '[m]\ndevice = "/dev/m"\n"a\\nb" = 1',
            '[m]\ndevice = "/dev/m"\n[m.tls]\n"a\\nb" = 1',
            '[m]\ndevice = "/dev/m"\n[m.contexts."a\\nb"]\nverify = "none"',
        ):
            problem = str(self.assertRaises(ValueError, load_modem_file, self.written(text, 0o644)))
            self.assertEqual(len(problem.splitlines()), 1, problem)
            self.assertIn(r"'a\nb'", problem)

    def test_unreadable(self) -> None:
        """A missing file and one that is not UTF-8 yield one line each."""
        missing = str(self.files.folder / "missing.toml")
        self.assertIn("No such file", str(self.assertRaises(ValueError, load_modem_file, missing)))
        binary = self.files.write("binary.toml", b"\xff\xfe")
        self.assertIn("UTF-8", str(self.assertRaises(ValueError, load_modem_file, binary)))


class FindTests(ModemFileCase):
    """Where the file is looked for."""

    def test_order(self) -> None:
        """The variable, else the user's folder, else the system's."""
        root = Path(self.files.folder).absolute()
        system, home = root / "etc", root / "home"
        environ = {"HOME": str(home)}
        self.assertIsNone(find_modem_file(environ, system))
        expected = []
        for folder in (system, home / ".config", root / "xdg"):
            path = folder / "twisted-quectel" / "modems.toml"
            path.parent.mkdir(parents=True)
            path.touch()
            expected.append(path)
        self.assertEqual(find_modem_file(environ, system), expected[1])
        expected[1].unlink()
        self.assertEqual(find_modem_file(environ, system), expected[0])
        environ["XDG_CONFIG_HOME"] = str(root / "xdg")
        self.assertEqual(find_modem_file(environ, system), expected[2])
        environ["TWISTED_QUECTEL_MODEMS"] = str(root / "mine.toml")
        self.assertEqual(find_modem_file(environ, system), root / "mine.toml")

    def test_relative_configuration_folder(self) -> None:
        """A relative C{XDG_CONFIG_HOME} is ignored, as its specification says."""
        root = Path(self.files.folder).absolute()
        path = root / ".config" / "twisted-quectel" / "modems.toml"
        path.parent.mkdir(parents=True)
        path.touch()
        environ = {"HOME": str(root), "XDG_CONFIG_HOME": "somewhere"}
        self.assertEqual(find_modem_file(environ, root), path)


class ChooseTests(ModemFileCase):
    """Which modem an endpoint string means."""

    def environ(self, text: str) -> dict[str, str]:
        """Write a modem file and name it in an environment."""
        return {"TWISTED_QUECTEL_MODEMS": self.written(text)}

    def names(self, *names: str) -> dict[str, str]:
        """Write a modem file with modems of these names."""
        return self.environ("".join(f'[{name}]\ndevice = "/dev/{name}"\n' for name in names))

    def test_named(self) -> None:
        """A name is looked up; an unknown one is refused with the nearest."""
        environ = self.names("gateway", "spare")
        self.assertEqual(choose("spare", {}, environ).device, "/dev/spare")
        message = str(self.assertRaises(ValueError, choose, "gatway", {}, environ))
        self.assertTrue(message.startswith("modem: "), message)
        self.assertIn("did you mean gateway?", message)

    def test_not_named(self) -> None:
        """Without a name it is C{default}, else the only one, else an error naming C{modem}."""
        self.assertEqual(choose(None, {}, self.names("a", "default", "b")).name, "default")
        self.assertEqual(choose(None, {}, self.names("a")).name, "a")
        for environ in (self.names("a", "b"), self.environ("")):
            message = str(self.assertRaises(ValueError, choose, None, {}, environ))
            self.assertTrue(message.startswith("modem: "), message)

    def test_no_file(self) -> None:
        """Without a modem file the message says where it would be."""
        root = Path(self.files.folder).absolute()
        environ = {"HOME": str(root)}
        message = str(self.assertRaises(ValueError, choose, None, {}, environ, root))
        self.assertTrue(message.startswith("modem: "), message)
        self.assertIn(str(root / ".config" / "twisted-quectel" / "modems.toml"), message)
        environ["TWISTED_QUECTEL_MODEMS"] = str(root / "missing.toml")
        message = str(self.assertRaises(ValueError, choose, None, {}, environ, root))
        self.assertIn("missing.toml", message)

    def test_written_out(self) -> None:
        """C{device} needs no file, and takes the arguments of a device."""
        profile = choose(
            None,
            {
                "device": "/dev/ttyUSB2",
                "model": "ec25",
                "baudrate": "921600",
                "rtscts": "1",
                "apn": "internet",
                "pin": "0123",
                "dataDevices": "/dev/ttyUSB3,/dev/ttyUSB4",
            },
            {},
        )
        self.assertEqual(profile.name, "/dev/ttyUSB2")
        self.assertEqual((profile.model, profile.baudrate, profile.rtscts), ("EC25", 921600, True))
        self.assertEqual((profile.apn, profile.pin), ("internet", "0123"))
        self.assertEqual(profile.data_devices, ("/dev/ttyUSB3", "/dev/ttyUSB4"))

    def test_contradictions(self) -> None:
        """C{modem} and C{device} exclude each other; what is beside C{device} needs it."""
        message = str(self.assertRaises(ValueError, choose, "a", {"device": "/dev/x"}, {}))
        self.assertIn("modem", message)
        self.assertIn("device", message)
        message = str(self.assertRaises(ValueError, choose, "a", {"pin": "7391"}, {}))
        self.assertTrue(message.startswith("pin: "), message)
        self.assertNotIn("7391", message)
        message = str(self.assertRaises(ValueError, choose, None, {"device": "/d", "pin": "x7"}))
        self.assertTrue(message.startswith("pin: "), message)
