"""Tests for the arguments of C{quectel}."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_quectel
from tests.cli.processes import environment, quectel
from twisted_quectel.cli import values
from twisted_quectel.cli.main import main, make_parser
from twisted_quectel.cli.words import USAGE_ERROR


def run(*arguments: str) -> tuple[int | str | None, str, str]:
    """Run C{main} in here; give status, output and complaints."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status: int | str | None = main(arguments)
        except SystemExit as e:
            status = e.code
    return status, out.getvalue(), err.getvalue()


class HelpTests(SynchronousTestCase):
    """Help and version."""

    def test_light(self) -> None:
        """Help comes without anything of Twisted being loaded."""
        script = (
            "import sys\n"
            "from twisted_quectel.cli.main import main\n"
            "try: main(['--help'])\n"
            "except SystemExit: pass\n"
            "heavy = ('twisted', 'zope.interface', 'OpenSSL', 'cryptography', 'automat')\n"
            "print(*(name for name in heavy if name in sys.modules), file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env=environment(),
            timeout=60,
        )
        self.assertEqual(done.stderr.split(), [])
        self.assertIn("demo", done.stdout)
        self.assertIn("emulate", done.stdout)

    def test_version(self) -> None:
        """C{--version} gives the package's."""
        status, out, _ = run("--version")
        self.assertEqual((status, out), (0, f"quectel {twisted_quectel.__version__}\n"))

    def test_subcommands(self) -> None:
        """Each command has help that names its arguments."""
        for command, argument in (("demo", "--trace"), ("emulate", "--pty")):
            status, out, _ = run(command, "--help")
            self.assertEqual(status, 0)
            self.assertIn(argument, out)

    def test_module(self) -> None:
        """C{python -m twisted_quectel} is the same."""
        self.assertEqual(quectel("--version").stdout, f"quectel {twisted_quectel.__version__}\n")


class UsageTests(SynchronousTestCase):
    """What is wrong is said in one line that names the argument."""

    def refused(self, argument: str, *arguments: str) -> None:
        """Assert that some arguments are refused."""
        status, out, err = run(*arguments)
        self.assertEqual(status, USAGE_ERROR)
        self.assertEqual(out, "")
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(argument, err)

    def test_refusals(self) -> None:
        """Values that cannot be."""
        self.refused("COMMAND")
        self.refused("frobnicate", "frobnicate")
        self.refused("--model", "demo", "--model", "EC99")
        self.refused("--mode", "demo", "--mode", "fast")
        self.refused("--size", "demo", "--size", "0")
        self.refused("--size", "demo", "--size", "9999G")
        self.refused("--baudrate", "demo", "--baudrate", "1")
        self.refused("--baudrate", "demo", "--baudrate", "٣٠٠٠٠٠")
        self.refused("--latency", "demo", "--latency", "nan")
        self.refused("--latency", "demo", "--latency", "-1")
        self.refused("--cacert", "demo", "--cacert", "/nonexistent")
        self.refused("--sha256", "demo", "--sha256", "abc")
        self.refused("--tcp", "emulate", "--tcp", "70000")
        self.refused("--host", "emulate", "--host", "broker.example")
        self.refused("--host", "emulate", "--host", "=127.0.0.1")
        self.refused("--redirect", "emulate", "--redirect", "a:1=b:2")
        self.refused("--pin", "emulate", "--pin", "x")
        for path in ("/nonexistent", "/", "", "\0", __file__):
            self.refused("--authorities", "emulate", "--model", "SIM5320", "--authorities", path)
        self.refused("--device", "demo", "--device", "")
        self.refused("--modem", "demo", "--modem", "")
        for url in (
            "",
            "http://a.example",
            "a.example",
            "https://",
            "https://a:x/",
            "https://ä.example",
            "https://a.example/a b",
            "https://a.example/a\tb",
            "https://[::1/",
        ):
            self.refused("--url", "demo", "--url", url)
        for port in ("0", "99999", "65536", "-1"):
            self.refused(f"'{port}' is no port", "demo", "--url", f"https://a.example:{port}/")
        self.refused("--nonsense", "demo", "--nonsense")

    def test_readings(self) -> None:
        """Values as users write them."""
        self.assertEqual(values.size("64k"), 65536)
        self.assertEqual(values.size("1M"), 1 << 20)
        self.assertEqual(values.size("17"), 17)
        self.assertEqual(values.latency("2.5"), 0.0025)
        self.assertEqual(values.model("ec25"), "EC25")
        self.assertEqual(values.split_url("https://a.example/x:1"), ("a.example", 443))
        self.assertEqual(values.split_url("https://a.example:/"), ("a.example", 443))
        self.assertEqual(values.split_url("https://me:1@[::1]:8443/"), ("::1", 8443))
        self.assertEqual(values.split_url("https://[::1]"), ("::1", 443))
        self.assertEqual(values.listening("7000"), ("127.0.0.1", 7000))
        self.assertEqual(values.listening("[::1]:7000"), ("::1", 7000))
        self.assertEqual(values.host("a.example=127.0.0.1"), ("a.example", "127.0.0.1"))
        self.assertEqual(
            values.redirect("220.180.239.212:8010=127.0.0.1:8010"),
            (("220.180.239.212", 8010), ("127.0.0.1", 8010)),
        )

    def test_devices(self) -> None:
        """The path of a device becomes absolute, as that of a file does; what is no path stays."""
        folder = Path(self.mktemp())
        folder.mkdir()
        os.symlink("/dev/null", folder / "m6")
        self.assertEqual(values.device(str(folder / "m6")), str((folder / "m6").absolute()))
        self.assertEqual(values.device("./none"), os.path.abspath("none"))
        for device in ("emulator", "/dev/ttyUSB2", "tcp:192.0.2.1:7000", "ttyUSB2"):
            self.assertEqual(values.device(device), device)

    def test_defaults(self) -> None:
        """Defaults go through the same readings."""
        arguments = make_parser().parse_args(["demo"])
        self.assertEqual((arguments.size, arguments.latency), (None, None))
