"""C{twistd quectel}: curl, which knows nothing of modems, reaches a TLS server through one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone
from twisted.internet.utils import getProcessOutputAndValue
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.server import Site

from tests.applications.test_mqtt import Broker
from tests.applications.test_treq import PAGE, Page
from tests.cli.processes import ROOT, environment
from tests.endpoint.protocols import Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import factory_for
from tests.tlsservers import make_ca, options_for
from twisted_quectel.service import split_forward
from twisted_quectel.testing import Link

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


class TwistdCase(RealCase):
    """Tests that run C{twistd}."""

    def start(
        self,
        *arguments: str,
        plugin: str = "quectel",
        twistd: tuple[str, ...] = ("-n", "--pidfile="),
        folder: str | None = None,
    ) -> Gateway:
        """Start C{twistd} and a plugin, in the foreground unless told otherwise."""
        gateway = Gateway()
        if folder is None:
            folder = os.path.abspath(self.mktemp())
            os.mkdir(folder)
        path = os.pathsep.join([str(ROOT), environment()["PYTHONPATH"]])
        reactor.spawnProcess(
            gateway,
            sys.executable,
            [sys.executable, "-c", _TWISTD, *twistd, plugin, *arguments],
            env={**environment(), "PYTHONPATH": path},
            path=folder,
        )
        self.addCleanup(gateway.stop)
        return gateway

    def free_port(self) -> int:
        """Give a port that nothing listens on."""
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            return int(reserved.getsockname()[1])

    async def refused(self, plugin: str, *arguments: str) -> str:
        """Start it in vain; give the last line of what it says."""
        process = self.start(*arguments, plugin=plugin)
        await process.ended
        self.assertEqual(process.status, 1, process.said)
        self.assertNotIn("Traceback", process.said)
        return process.said.splitlines()[-1]


class CurlTests(TwistdCase):
    """A process of its own for the gateway, and one for the program."""

    if CURL is None:
        skip = "there is no curl (Debian's package curl)"

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
        free = self.free_port()
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


class StopTests(TwistdCase):
    """What becomes of connections when the gateway is stopped, and when they are lost."""

    async def test_in_flight(self) -> None:
        """What was taken from a program and is still on the slow line is sent before the end."""
        serving, port = self.serve(Peer)
        device = self.emulate(link=Link(baudrate=460800)).pty()
        target = self.string(port, f"device={device}:baudrate=460800")
        free = self.free_port()
        gateway = self.start("--forward", f"{free}={target}")
        await gateway.when_says(" is open")
        place = TCP4ClientEndpoint(reactor, "127.0.0.1", free)
        program: Any = await place.connect(factory_for(Peer))
        data = bytes(range(256)) * 160
        program.transport.write(data)
        server = await serving.when_connected() if not serving.peers else serving.peers[0]
        await server.when_received(1)
        await gateway.stop()
        await server.when_lost
        self.assertEqual(bytes(server.received), data)
        self.assertIsInstance(server.reasons[0].value, ConnectionDone)
        self.assertNotIn("Traceback", gateway.said)

    async def test_host_refuses(self) -> None:
        """A server that TLS on the host refuses is told about in the log, in one line."""
        device = self.device_arguments()
        for options, words in (
            (options_for(self.ca, "other.example"), "for another name"),
            (options_for(make_ca(), self.name), "does not verify"),
        ):
            _, port = self.serve(Peer, options)
            free = self.free_port()
            target = f"quecteltls:{self.name}:{port}:{device}:cacert={self.ca_path}"
            gateway = self.start("--forward", f"{free}={target}")
            await gateway.when_says(" is open")
            place = TCP4ClientEndpoint(reactor, "127.0.0.1", free)
            program: Any = await place.connect(factory_for(Peer))
            await program.when_lost
            self.assertNotIsInstance(program.reasons[0].value, ConnectionDone)
            await gateway.when_says(words)
            await gateway.stop()
            (line,) = (each for each in gateway.said.splitlines() if words in each)
            self.assertIn(f"tcp:{free}:interface=127.0.0.1: connection lost: ", line)


class RefusedTests(TwistdCase):
    """What is wrong with a forward is told when it starts, and nothing starts."""

    async def test_strings(self) -> None:
        """A target string that is wrong, with its forward and the argument."""
        for target, words in (
            ("quectelssl:host=a:port=0:device=/dev/x", "port: "),
            ("quectelssl:host=a:device=/dev/x", "cacert"),
            ("quecteltls:host=a:device=/dev/x:cacert=/nowhere/ca.pem", "cacert: "),
            ("quectelssl:host=a:device=/dev/x:tls=host:ciphers=all", "ciphers: "),
            ("quectelssl:host=a:device=/dev/x:trust=discover:verify=none", "verify: "),
            ("quecteltcp:host=a:port=1:modem=nobody", "modem: "),
        ):
            line = await self.refused("quectel", "--forward", f"tcp:1={target}")
            self.assertIn("--forward tcp:1", line)
            self.assertIn(words, line)

    async def test_servers(self) -> None:
        """A server string that its own parser cannot take, whatever that raises."""
        target = "quecteltcp:host=a:port=1:device=/dev/x"
        for server, words in (
            ("tcp:http", "http"),
            ("nothing:1", "nothing"),
            ("ssl:1:privateKey=/nowhere/key.pem", "/nowhere/key.pem"),
            (f"ssl:1:privateKey={self.empty_file()}", ""),
            ("systemd:domain=INET:index=7", ""),
        ):
            line = await self.refused("quectel", "--forward", f"{server}={target}")
            self.assertIn(f"--forward {server}", line)
            self.assertIn(words, line)

    def empty_file(self) -> str:
        """Make a file that is no certificate."""
        path = Path(self.mktemp()).absolute()
        path.write_text("nothing\n")
        return str(path)

    async def test_taken(self) -> None:
        """A port that is taken."""
        taken = self.listen(Site(Page()))
        target = "quecteltcp:host=a:port=1:device=/dev/x"
        line = await self.refused("quectel", "--forward", f"{taken}={target}")
        self.assertIn(f"--forward tcp:{taken}", line)
        self.assertIn("in use", line)

    async def test_taken_in_the_background(self) -> None:
        """Behind a daemon: whoever starts it is told, with the option, and no pid file is left."""
        taken = self.listen(Site(Page()))
        forward = f"{taken}=quecteltcp:host=a:port=1:device=/dev/x"
        for plugin, option, arguments in (
            ("quectel", f"--forward tcp:{taken}", ("--forward", forward)),
            ("quectel-emulator", "--tcp: cannot listen", ("--tcp", str(taken))),
        ):
            folder = os.path.abspath(self.mktemp())
            os.mkdir(folder)
            process = self.start(*arguments, plugin=plugin, twistd=(), folder=folder)
            await process.ended
            self.assertEqual(process.status, 1, process.said)
            self.assertIn(option, process.said)
            self.assertEqual(os.listdir(folder), ["twistd.log"])


class LoopbackTests(SynchronousTestCase):
    """Where a forward listens that does not say where."""

    def test_loopback(self) -> None:
        """On loopback, behind a wrapper too, and whatever other arguments have in them."""
        for given, address in (
            ("8883", "127.0.0.1"),
            ("tcp:8883", "127.0.0.1"),
            ("tcp:port=8883:backlog=5", "127.0.0.1"),
            ("haproxy:tcp:8883", "127.0.0.1"),
            ("ssl:8883:privateKey=/etc/interface=eth0.pem", "127.0.0.1"),
            (r"ssl:8883:privateKey=/etc/a\:interface=b.pem", "127.0.0.1"),
            ("tcp6:8883", r"\:\:1"),
            ("haproxy:tcp6:8883:50", r"\:\:1"),
        ):
            listen, _ = split_forward(f"{given}=quecteltcp:host=a")
            self.assertTrue(listen.endswith(f"{given}:interface={address}"), listen)

    def test_told_otherwise(self) -> None:
        """Elsewhere if that is said, with or without the name; and what is no network stays."""
        for given in (
            "tcp:8883:interface=0.0.0.0",
            "tcp:8883:0.0.0.0",
            "tcp:8883:0.0.0.0:5",
            r"tcp6:8883:50:\:\:",
            "haproxy:tcp:8883:interface=0.0.0.0",
            "unix:/run/broker:mode=600",
        ):
            self.assertEqual(split_forward(f"{given}=quecteltcp:host=a")[0], given)
