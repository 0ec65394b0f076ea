"""A bench with a reactor: an emulated SIM5320, a client, a real FTPS server."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor as installed_reactor
from twisted.trial.unittest import TestCase

from tests.ftpserver import PASSWORD, USER, FTPServer
from tests.tlsservers import make_ca
from twisted_quectel import ModuleFTPS
from twisted_quectel.testing import EmulatedModule

reactor = cast(Any, installed_reactor)
HOST = "ftp.example"


class FTPSCase(TestCase):
    """Has all of them; at the end nothing is left, and the module has no complaints."""

    timeout = 120
    verdicts_expected = False

    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        self.root.mkdir()
        self.ca = make_ca()
        self.server = FTPServer(self.root, self.ca, HOST)
        self.addCleanup(self.server.close)

    def begin(self, **arguments: Any) -> ModuleFTPS:
        """Make a module and a client."""
        arguments.setdefault("model", "SIM5320")
        self.emulated = EmulatedModule(reactor, hosts={HOST: "127.0.0.1"}, **arguments)
        self.addCleanup(self.finish, self.emulated)
        self.trace = StringIO()
        self.emulated.modem().trace_to(self.trace)
        return self.client()

    def client(self, **arguments: Any) -> ModuleFTPS:
        """Make a client."""
        values = {"user": USER, "password": PASSWORD, **arguments}
        return ModuleFTPS(self.emulated.modem(), HOST, self.server.port, **values)

    async def finish(self, emulated: EmulatedModule) -> None:
        """Close it, and look at what it has to say."""
        await emulated.close()
        if not self.verdicts_expected:
            self.assertEqual(emulated.verdicts, [])

    def sent(self, *starts: str) -> list[str]:
        """Give the commands that begin like one of these, without C{AT}."""
        lines = (line.partition(" > AT") for line in self.trace.getvalue().splitlines())
        return [text for _, found, text in lines if found and text.startswith(starts)]
