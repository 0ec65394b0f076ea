"""Tests for the dropin in C{plugins/}."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import twisted.plugins
from twisted.internet.endpoints import clientFromString
from twisted.internet.interfaces import IStreamClientEndpointStringParserWithReactor
from twisted.internet.testing import MemoryReactorClock
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = ROOT / "plugins"
HEAVY = ("twisted.internet.reactor", "cryptography", "OpenSSL", "idna", "serial")


class PackagingTests(SynchronousTestCase):
    """How the dropin gets to where Twisted looks."""

    def test_no_init(self) -> None:
        """An C{__init__.py} would replace, and later delete, Twisted's own."""
        self.assertEqual(list(PLUGINS.glob("__init__.*")), [])

    def test_mapping(self) -> None:
        """C{plugins/} is installed as C{twisted.plugins}."""
        setup = configparser.ConfigParser()
        setup.read(ROOT / "setup.cfg")
        self.assertIn("twisted.plugins = plugins", setup["options"]["package_dir"])
        self.assertIn("twisted.plugins", setup["options"]["packages"].split())

    def test_light(self) -> None:
        """Every string of any client loads the dropin: it loads no reactor and no TLS."""
        script = (
            "import runpy, sys; runpy.run_path(sys.argv[1]);"
            "print(*(name for name in sys.argv[2:] if name in sys.modules))"
        )
        for dropin in PLUGINS.glob("*.py"):
            loaded = subprocess.run(
                [sys.executable, "-c", script, str(dropin), *HEAVY],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            self.assertEqual(loaded.stdout.split(), [], dropin.name)


class DiscoveryTests(SynchronousTestCase):
    """What Twisted makes of the dropin."""

    def setUp(self) -> None:
        # a copy, because Twisted writes its cache beside the dropins
        folder = self.mktemp()
        os.mkdir(folder)
        shutil.copy(PLUGINS / "quectel_endpoints.py", folder)
        path = [os.path.abspath(folder), *twisted.plugins.__path__]
        self.patch(twisted.plugins, "__path__", path)
        # an installed copy may have been loaded; none of this one may stay
        name = "twisted.plugins.quectel_endpoints"
        sys.modules.pop(name, None)
        self.addCleanup(sys.modules.pop, name, None)

    def test_found(self) -> None:
        """The prefix is found among the parsers of client strings."""
        parsers = getPlugins(IStreamClientEndpointStringParserWithReactor)
        self.assertIn("quectelssl", [parser.prefix for parser in parsers])

    def test_through_client_from_string(self) -> None:
        """Errors of the string come out of C{clientFromString} as they are."""
        string = "quectelssl:host=a.example:port=0:device=emulator:verify=none"
        error = self.assertRaises(ValueError, clientFromString, MemoryReactorClock(), string)
        self.assertTrue(str(error).startswith("port: "), str(error))

    def test_escapes(self) -> None:
        """A file on the module is written with escaped colons."""
        string = (
            r"quectelssl:a.example:device=emulator:cacert=module\:RAM\:ca.pem"
            r":clientCert=module\:RAM\:client.pem"
        )
        error = self.assertRaises(ValueError, clientFromString, MemoryReactorClock(), string)
        self.assertTrue(str(error).startswith("clientKey: "), str(error))
