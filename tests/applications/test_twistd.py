"""C{twistd quectel}: curl, which knows nothing of modems, reaches a TLS server through one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
from typing import Any

from twisted.internet.utils import getProcessOutputAndValue
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.web.server import Site

from tests.applications.test_mqtt import Broker
from tests.applications.test_treq import PAGE, Page
from tests.cli.processes import ROOT, environment
from tests.endpoint.real import RealCase, reactor
from tests.tlsservers import options_for

CURL = shutil.which("curl")

_TWISTD = """
import sys
from tests.pluginpath import find_plugins
find_plugins()
sys.argv[0] = "twistd"
from twisted.scripts.twistd import run
run()
"""


class Gateway(Broker):
    """A process that logs to its standard output."""

    outReceived = Broker.errReceived


class TwistdTests(RealCase):
    """A process of its own for the gateway, and one for the program."""

    if CURL is None:
        skip = "there is no curl (Debian's package curl)"

    def start(self, *arguments: str) -> Gateway:
        """Start C{twistd -n quectel}."""
        gateway = Gateway()
        folder = os.path.abspath(self.mktemp())
        os.mkdir(folder)
        path = os.pathsep.join([str(ROOT), environment()["PYTHONPATH"]])
        reactor.spawnProcess(
            gateway,
            sys.executable,
            [sys.executable, "-c", _TWISTD, "-n", "--pidfile=", "quectel", *arguments],
            env={**environment(), "PYTHONPATH": path},
            path=folder,
        )
        self.addCleanup(gateway.stop)
        return gateway

    async def curl(self, *arguments: str) -> bytes:
        """Fetch."""
        assert CURL is not None
        result: Any = await getProcessOutputAndValue(CURL, ["-sS", "-m", "20", *arguments])
        out, err, status = result
        self.assertEqual((status, err), (0, b""))
        return bytes(out)

    async def test_curl(self) -> None:
        """Over TCP on loopback and over a UNIX socket; then it ends when it is told to."""
        page = Page()
        site = TLSMemoryBIOFactory(options_for(self.ca, self.name), False, Site(page), reactor)
        port = self.listen(site)
        target = self.string(port, self.device_arguments())
        # a path that a UNIX socket can have is short
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        near = f"{folder}/web"
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            free = int(reserved.getsockname()[1])
        gateway = self.start("--forward", f"{free}={target}", "--forward", f"unix:{near}={target}")
        await gateway.when_says(f"unix:{near} is open")
        self.assertIn(f"tcp:{free}:interface=127.0.0.1 is open", gateway.said)
        address = f"http://{self.name}:{free}/"
        fetched = await self.curl("--connect-to", "::127.0.0.1:", address)
        self.assertEqual(fetched, PAGE)
        self.assertEqual(await self.curl("--unix-socket", near, "http://localhost/"), PAGE)
        await gateway.stop()
        # twistd ends as what has ended it, once all is done
        self.assertEqual(gateway.status, -signal.SIGTERM)
        self.assertIn("Server Shut Down.", gateway.said)
        self.assertNotIn("Traceback", gateway.said)
        self.assertFalse(os.path.exists(near))

    async def test_refused(self) -> None:
        """What is wrong is one line, and nothing starts."""
        gateway = self.start("--forward", "tcp:1=quectelssl:host=a:port=0:device=/dev/x")
        await gateway.ended
        self.assertEqual(gateway.status, 1)
        lines = gateway.said.splitlines()
        self.assertIn("port", lines[-1])
        self.assertIn("--forward tcp:1", lines[-1])
        self.assertNotIn("Traceback", gateway.said)
