"""Tests that README and documentation stay true."""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from twisted.internet.interfaces import IStreamClientEndpointStringParserWithReactor
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.certificates import Certificates
from tests.cli.processes import environment
from twisted_quectel.cli.main import make_parser
from twisted_quectel.hosttls import HOST_TLS_ARGUMENTS
from twisted_quectel.modemfile import load_modem_file
from twisted_quectel.modemprofile import MODEM_ARGUMENTS
from twisted_quectel.service import Options as GatewayOptions
from twisted_quectel.serviceemulator import Options as EmulatorOptions
from twisted_quectel.strings import QUECTELSSL_ARGUMENTS, QuectelSSLParser

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
README: Final = (ROOT / "README.md").read_text()
#: What is in a string for the eye only.
_ELLIPSIS: Final = "..."


def pages() -> Iterator[tuple[str, str]]:
    """Give the names and texts of README and documentation."""
    yield "README.md", README
    for path in sorted(DOCS.glob("*.rst")):
        yield path.name, path.read_text()


def options(command: str) -> set[str]:
    """Give the long options of a command."""
    for action in make_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            parser = action.choices[command]
            return {name for each in parser._actions for name in each.option_strings} - {
                "-h",
                "--help",
            }
    raise AssertionError("no commands")


class ReadmeTests(SynchronousTestCase):
    """The README."""

    def test_commands(self) -> None:
        """Two commands, each of which makes the virtual environment that it uses."""
        blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            self.assertEqual(len(block.splitlines()), 1)
            self.assertTrue(block.startswith("python3 -m venv .venv && .venv/bin/pip install"))

    def test_links(self) -> None:
        """What it links to is there."""
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
            self.assertTrue((ROOT / target).exists(), target)
        for target in re.findall(r"`(docs/[a-z]+\.rst)`", README):
            self.assertTrue((ROOT / target).exists(), target)


class SnippetTests(SynchronousTestCase):
    """What readers copy."""

    def test_python(self) -> None:
        """Python in README and documentation is Python."""
        count = 0
        for name, text in pages():
            blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
            for found in re.findall(
                r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text, re.MULTILINE
            ):
                blocks.append(re.sub(r"^    ", "", found, flags=re.MULTILINE))
            for block in blocks:
                try:
                    compile(block, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                except SyntaxError as e:
                    self.fail(f"{name}: {e}")
                count += 1
        self.assertGreaterEqual(count, 5)

    def test_strings(self) -> None:
        """Endpoint strings have arguments that exist."""
        count = 0
        for name, text in pages():
            for string in re.findall(r"quectelssl:([^\s`\"]+)", text):
                for part in re.split(r"(?<!\\):", string):
                    argument, equals, _ = part.partition("=")
                    if equals and argument != _ELLIPSIS:
                        self.assertIn(argument, QUECTELSSL_ARGUMENTS, f"{name}: {string}")
                        count += 1
        self.assertGreater(count, 10)

    def test_modem_file(self) -> None:
        """The example of a modem file is one."""
        certificates = Certificates(self.mktemp())
        for name in ("broker-ca.pem", "other-ca.pem"):
            certificates.write(name, certificates.ca_text)
        certificates.write("client.key", certificates.key_text)
        path = certificates.folder / "modems.toml"
        shutil.copy(DOCS / "modems.example.toml", path)
        path.chmod(0o600)
        modems = load_modem_file(path)
        self.assertEqual(list(modems), ["gateway", "spare"])
        self.assertEqual(modems["gateway"].contexts[1].security_level, 2)

    def test_example(self) -> None:
        """The example of a test passes."""
        folder = Path(self.mktemp())
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "twisted.trial", str(DOCS / "examples" / "test_broker.py")],
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PASSED (successes=1)", done.stdout)


class ReferenceTests(SynchronousTestCase):
    """Tables that are written by hand."""

    def test_arguments(self) -> None:
        """Every argument of an endpoint string is in its tables, and no other."""
        page = (DOCS / "endpoints.rst").read_text()
        ours, others = re.split(r"^\.\. _others:$", page, flags=re.MULTILINE)
        for text, arguments in ((ours, QUECTELSSL_ARGUMENTS), (others, HOST_TLS_ARGUMENTS)):
            rows = re.findall(r"^   \* - (``.*)$", text, re.MULTILINE)
            documented = [name for row in rows for name in re.findall(r"``(\w+)``", row)]
            self.assertEqual(sorted(documented), sorted(arguments))
        self.assertTrue(
            verifyObject(IStreamClientEndpointStringParserWithReactor, QuectelSSLParser())
        )

    def test_readme_arguments(self) -> None:
        """The README's table has arguments that exist."""
        rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", README, re.MULTILINE)
        names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        self.assertGreater(len(names), 8)
        self.assertEqual(set(names) - set(QUECTELSSL_ARGUMENTS), set())

    def test_command_line(self) -> None:
        """Every option of the commands is on their page, and no other."""
        text = (DOCS / "commandline.rst").read_text()
        parts = re.split(r"^``\w+ [\w-]+``$", text, flags=re.MULTILINE)
        _, demo, trust, emulate, ftp, gateway, service = parts
        for page, twisted in ((gateway, GatewayOptions()), (service, EmulatorOptions())):
            rows = re.findall(r"^   \* - (``--.*)$", page, re.MULTILINE)
            given = {name for row in rows for name in re.findall(r"``(--[a-z]+)", row)}
            known = set(re.findall(r"^ +(?:-\w, )?(--[a-z]+)", twisted.getUsage(), re.MULTILINE))
            self.assertEqual(given, known - {"--help", "--version"})
        for command, page in (("demo", demo), ("trust", trust), ("emulate", emulate), ("ftp", ftp)):
            rows = re.findall(r"^   \* - (``--.*)$", page, re.MULTILINE)
            documented = {name for row in rows for name in re.findall(r"``(--[a-z0-9-]+)", row)}
            # told in the text of another row
            documented |= {"--list"} & options(command)
            self.assertEqual(documented, options(command))

    def test_modem_keys(self) -> None:
        """Every key of the modem file is described where its page takes them from."""
        from twisted_quectel.arguments import snake_case
        from twisted_quectel.modemprofile import ModemProfile

        described = ModemProfile.__doc__ or ""
        for key in MODEM_ARGUMENTS:
            self.assertIn(f"@ivar {snake_case(key)}:", described)

    def test_pages(self) -> None:
        """Every page is in the table of contents."""
        index = (DOCS / "index.rst").read_text()
        for path in DOCS.glob("*.rst"):
            if path.stem != "index":
                self.assertIn(f"   {path.stem}\n", index)

    def test_no_machine(self) -> None:
        """No page names a home folder or a place of one machine."""
        home = os.path.expanduser("~")
        for name, text in pages():
            self.assertNotIn(f"{home}/", text, name)
