"""C{twistd quectel-emulator}: an emulated module as a service, with a host in another process."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectError
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.applications.test_twistd import TwistdCase
from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, reactor
from tests.endpoint.virtual import factory_for
from twisted_quectel.cli.emulated import Emulated
from twisted_quectel.serviceemulator import POWER_KEY, EmulatorService, Options, makeService


class ServiceTests(TwistdCase):
    """As an operator starts it."""

    async def exchange(self, device: str) -> None:
        """Have bytes go through the module to a TLS server and back."""
        _, port = self.serve(Echo)
        client = await self.connect(self.endpoint(self.string(port, device)))
        client.transport.write(bytes(range(256)) * 40)
        await client.when_received(10240)
        self.assertEqual(bytes(client.received), bytes(range(256)) * 40)
        await self.leave(client)

    async def emulator(self, *arguments: str) -> Any:
        """Start it, and wait until it is there."""
        process = self.start(
            *arguments, "--host", f"{self.name}=127.0.0.1", plugin="quectel-emulator"
        )
        await process.when_says(" is on ")
        return process

    async def ended(self, process: Any) -> None:
        """Stop it, and look that it has ended in order."""
        await process.stop()
        self.assertEqual(process.status, -signal.SIGTERM)
        self.assertIn("Server Shut Down.", process.said)
        self.assertNotIn("Traceback", process.said)

    async def test_pty(self) -> None:
        """Links to ptys, a link model and a fault; all links are gone at the end."""
        links = [os.path.abspath(self.mktemp()) for _ in range(2)]
        process = await self.emulator(
            "--model", "EG91", "--pty", links[0], "--pty", links[1], "--latency", "1",
            "--baudrate", "921600", "--cut", "7", "--fault", "send_fail_n:times=1", "--verdicts",
        )  # fmt: skip
        await process.when_says(links[1])
        self.assertIn(f"an emulated EG91 is on {links[0]} (/dev/pts/", process.said)
        await self.exchange(f"device={links[0]}:dataDevices={links[1]}:baudrate=921600")
        await self.ended(process)
        self.assertEqual([os.path.lexists(link) for link in links], [False, False])
        self.assertNotIn("verdict: ", process.said)

    async def test_tcp(self) -> None:
        """A TCP port, as a serial server has it."""
        number = self.free_port()
        process = await self.emulator("--tcp", str(number))
        self.assertIn(f"an emulated EC25 is on 127.0.0.1:{number}", process.said)
        await self.exchange(f"device=tcp\\:127.0.0.1\\:{number}")
        await self.ended(process)

    async def test_refused_at_start(self) -> None:
        """What only the start can show: a port that is taken, a folder that is not there."""
        taken = self.listen(factory_for(Peer))
        line = await self.refused("quectel-emulator", "--tcp", str(taken))
        self.assertIn(f" --tcp: cannot listen on 127.0.0.1:{taken}: ", line)
        line = await self.refused("quectel-emulator", "--pty", "/nonexistent/ec25")
        self.assertIn(" --pty: cannot make the link /nonexistent/ec25: ", line)

    async def test_refused(self) -> None:
        """What the options show."""
        there = os.path.abspath(self.mktemp())
        Path(there).write_text("mine")
        for name, arguments in (
            ("--pty", ("--pty", there)),
            ("--model", ("--pty", "/tmp/x", "--model", "EC99")),
            ("--fault", ("--pty", "/tmp/x", "--fault", "nothing")),
        ):
            line = await self.refused("quectel-emulator", *arguments)
            self.assertIn(f"{name}: ", line)
        self.assertEqual(Path(there).read_text(), "mine")


class InProcessTests(RealCase):
    """The service by itself."""

    def service(self, *arguments: str) -> EmulatorService:
        """Start it as C{twistd} does."""
        options = Options()
        options.parseOptions(arguments)
        service = makeService(options)
        service.privilegedStartService()
        service.startService()
        return service

    async def test_hosts_are_cut_off(self) -> None:
        """The end of the service is the end of the connections to it; it can start again."""
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            number = int(reserved.getsockname()[1])
        service = self.service("--tcp", str(number))
        place = TCP4ClientEndpoint(reactor, "127.0.0.1", number)
        for again in (True, False):
            host: Any = await place.connect(factory_for(Peer))
            host.transport.write(b"AT\r")
            await host.when_received(len(b"AT\r\r\nOK\r\n"))
            await service.stopService()
            await host.when_lost
            self.assertIsNone(service.module)
            if again:
                service.startService()
        with self.assertRaises(ConnectError):
            await place.connect(factory_for(Peer))

    async def test_power_key(self) -> None:
        """SIGUSR2 switches a module on that is off; the signal is given back at the end."""
        before = signal.getsignal(POWER_KEY)
        link = os.path.abspath(self.mktemp())
        service = self.service("--pty", link)
        module = service.module
        assert module is not None
        module.power_down()
        self.assertFalse(module.powered)
        switched: Deferred[None] = Deferred()
        # it takes seconds until it is there
        self.patch(module, "power_on", lambda: switched.callback(None))
        os.kill(os.getpid(), POWER_KEY)
        await switched
        await service.stopService()
        self.assertFalse(os.path.lexists(link))
        self.assertIs(signal.getsignal(POWER_KEY), before)

    def test_second_link_fails(self) -> None:
        """Where one link cannot be made, none is left."""
        link = os.path.abspath(self.mktemp())
        service = EmulatorService(reactor, Emulated(links=[link, "/nonexistent/x"]), True)
        stop = self.assertRaises(SystemExit, service.startService)
        self.assertIn("--pty: ", str(stop))
        self.assertFalse(os.path.lexists(link))
        self.assertIsNone(service.module)

    def test_of_another_family(self) -> None:
        """A quirk or fault that the model cannot have is told in one line, by its option."""
        for given, option in (
            (Emulated(model="M95", quirks=["has_checkhost"]), "--quirk: "),
            (Emulated(model="EC25", faults=["deep_sleep"]), "--fault: "),
        ):
            service = EmulatorService(reactor, given, True)
            stop = self.assertRaises(SystemExit, service.startService)
            self.assertTrue(str(stop).startswith(option), stop)
            self.assertIsNone(service.module)


class OptionTests(SynchronousTestCase):
    """What it is told."""

    def test_read(self) -> None:
        """Each option reaches the module."""
        options = Options()
        options.parseOptions([
            "--pty", "/tmp/a", "--model", "em05", "--baudrate", "9600", "--latency", "5",
            "--cut", "3", "--profile", "as_printed", "--quirk", "has_checkhost",
            "--fault", "split_bytes", "--fault", "send_fail_n", "--host", "a=10.0.0.1",
            "--redirect", "a:1=127.0.0.1:2", "--pin", "1234",
        ])  # fmt: skip
        self.assertEqual(
            options.emulated,
            Emulated(
                model="EM05", links=["/tmp/a"], baudrate=9600, latency=0.005, cut=3,
                profile="as_printed", quirks=["has_checkhost"],
                faults=["split_bytes", "send_fail_n"], hosts={"a": "10.0.0.1"},
                redirects={("a", 1): ("127.0.0.1", 2)}, pin="1234",
            ),
        )  # fmt: skip
        self.assertNotIn("1234", repr(options.emulated))

    def test_refused(self) -> None:
        """Each wrong value is told with its option's name."""
        pty = ["--pty", "/tmp/a"]
        for name, more in (
            ("--pty", []),
            ("--pty", ["--pty", ""]),
            ("--pty", [*pty, *pty]),
            ("--pty", [*pty, *(f"--pty=/tmp/{each}" for each in "bcd")]),
            ("--tcp", [*pty, "--tcp", "7000"]),
            ("--tcp", ["--tcp", "70000"]),
            ("--model", [*pty, "--model", "EC99"]),
            ("--baudrate", [*pty, "--baudrate", "1"]),
            ("--latency", [*pty, "--latency", "-1"]),
            ("--cut", [*pty, "--cut", "0"]),
            ("--profile", [*pty, "--profile", "loose"]),
            ("--quirk", [*pty, "--quirk", "nothing"]),
            ("--fault", [*pty, "--fault", "send_fail_n:times=-1"]),
            ("--host", [*pty, "--host", "a"]),
            ("--redirect", [*pty, "--redirect", "a:1"]),
            ("--pin", [*pty, "--pin", "x"]),
        ):
            error = self.assertRaises(usage.UsageError, Options().parseOptions, more)
            self.assertTrue(str(error).startswith(f"{name}: "), error)
