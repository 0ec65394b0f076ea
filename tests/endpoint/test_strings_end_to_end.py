"""Endpoint strings, from C{clientFromString} to a real server and back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import ConnectionDone

from tests.endpoint.protocols import Echo
from tests.endpoint.real import MixedReal, RealCase, reactor
from tests.endpoint.virtual import HOST
from tests.tlsservers import make_ca, options_for
from twisted_quectel.emulator import serve_tcp
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.errors import DeviceError, TLSOpenFailed
from twisted_quectel.modem import Modem
from twisted_quectel.modemprofile import ModemProfile


class StringTests(MixedReal):
    """Mixed into a case for each device and access mode."""

    async def test_echo(self) -> None:
        """The string leads to the server; bytes go both ways, and the end is clean."""
        serving, port = self.serve(Echo)
        endpoint = self.endpoint(self.string(port, self.device_arguments()))
        client = await self.connect(endpoint)
        data = bytes(range(256)) * 200
        client.transport.write(data)
        await client.when_received(len(data))
        self.assertEqual(bytes(client.received), data)
        await self.leave(client)
        self.assertIsInstance(client.reasons[0].value, ConnectionDone)
        await serving.peers[0].when_lost
        self.assertIsInstance(serving.peers[0].reasons[0].value, ConnectionDone)

    async def test_everything_at_once(self) -> None:
        """Client certificate, SNI, ALPN and version of the string are what the server sees."""
        client_ca = make_ca()
        leaf = client_ca.issue_cert("client.example", common_name="meter-17")

        def choose(offered: Sequence[bytes]) -> bytes:
            return b"mqtt" if b"mqtt" in offered else b""

        options = options_for(self.ca, self.name, client_ca=client_ca.cert_pem.bytes(), alpn=choose)
        serving, port = self.serve(Echo, options)
        string = self.string(
            port,
            self.device_arguments(),
            clientCert=self.write("client.pem", leaf.cert_chain_pems[0].bytes()),
            clientKey=self.write("client.key", leaf.private_key_pem.bytes()),
            alpn="mqtt",
            sslVersion="all",
            sni=1,
            timeout=20,
            ctx=3,
        )
        client = await self.connect(self.endpoint(string))
        client.transport.write(b"hello")
        await client.when_received(5)
        handle = serving.peers[0].transport.getHandle()
        self.assertEqual(handle.get_peer_certificate().get_subject().CN, "meter-17")
        self.assertEqual(handle.get_servername(), self.name.encode())
        self.assertEqual(options.offered, [[b"mqtt"]])
        self.assertEqual(handle.get_protocol_version_name(), "TLSv1.2")
        await self.leave(client)

    async def test_wrong_ca(self) -> None:
        """A server of another CA is refused; the next connect, with the right one, works."""
        _, port = self.serve(Echo)
        device = self.device_arguments()
        wrong = self.write("wrong.pem", make_ca().cert_pem.bytes())
        refused = self.endpoint(self.string(port, device, cacert=wrong))
        problem = await self.assertFailure(self.connect(refused), TLSOpenFailed)
        self.assertEqual(problem.code, 566)
        client = await self.connect(self.endpoint(self.string(port, device)))
        client.transport.write(b"hello")
        await client.when_received(5)
        await self.leave(client)


class PtyBufferStringTests(StringTests, RealCase):
    """Over a pty, in buffer mode."""

    mode = "buffer"


class PtyPushStringTests(StringTests, RealCase):
    """Over a pty, in the default mode."""

    mode = None


class PtyTransparentStringTests(StringTests, RealCase):
    """Over a pty, in transparent mode on a port of its own."""

    mode = "transparent"


class EmulatorStringTests(StringTests, RealCase):
    """With C{device=emulator}, in the default mode."""

    device = "emulator"


class EmulatorTransparentStringTests(StringTests, RealCase):
    """With C{device=emulator}, in transparent mode on its only port."""

    device = "emulator"
    mode = "transparent"


class ModemFileTests(RealCase):
    """Strings with a modem file behind them."""

    def modem_file(self, text: str) -> None:
        """Write the modem file."""
        path = self.write("modems.toml", text.encode())
        os.chmod(path, 0o600)
        environ = {**os.environ, "TWISTED_QUECTEL_MODEMS": path}
        self.patch(os, "environ", environ)

    async def use(self, string: str) -> None:
        """Connect by a string, and exchange some bytes."""
        client = await self.connect(self.endpoint(string))
        client.transport.write(b"hello")
        await client.when_received(5)
        await self.leave(client)

    async def test_name(self) -> None:
        """C{modem} names a modem of the file, and the file's TLS arguments hold."""
        _, port = self.serve(Echo)
        device = self.emulate().pty()
        self.modem_file(
            f'[gateway]\ndevice = "{device}"\n[gateway.tls]\ncacert = "{self.ca_path}"\n'
            '[other]\ndevice = "/dev/none"\n'
        )
        await self.use(f"quectelssl:host={HOST}:port={port}:modem=gateway")

    async def test_plain_string(self) -> None:
        """C{quectelssl:ctx=1:host=...} works with nothing but a modem file."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        self.modem_file(
            f'[only]\ndevice = "{emulated.pty()}"\n[only.contexts.1]\ncacert = "{self.ca_path}"\n'
        )
        await self.use(f"quectelssl:ctx=1:host={HOST}:port={port}")
        # the context is the one that was named
        self.assertEqual(lte(emulated.module).contexts[1].number("seclevel"), 1)
        self.assertEqual(lte(emulated.module).contexts[0].number("seclevel"), 0)

    async def test_same_modem(self) -> None:
        """The name in the file and its device written out lead to one modem, if they agree."""
        device = self.emulate().pty()
        self.modem_file(f'[gateway]\ndevice = "{device}"\n')
        by_name = self.endpoint(f"quectelssl:host={HOST}:modem=gateway:verify=none")
        by_device = self.endpoint(f"quectelssl:host={HOST}:device={device}:verify=none")
        self.assertIs(by_name.modem, by_device.modem)


class DeviceTests(RealCase):
    """Devices that cannot be used."""

    async def refused(self, string: str, kind: type[Exception], *words: str) -> None:
        """Connect in vain: one line that begins with C{device}."""
        problem = await self.assertFailure(self.connect(self.endpoint(string)), kind)
        message = str(problem)
        self.assertNotIn("\n", message)
        self.assertTrue(message.startswith("device: "), message)
        for word in words:
            self.assertIn(word, message)

    async def test_missing(self) -> None:
        """A device that does not exist is named."""
        await self.refused(self.string(1, "device=/dev/no-such-port"), DeviceError, "no-such-port")

    async def test_no_tty(self) -> None:
        """A file that is no serial port is named."""
        await self.refused(self.string(1, f"device={self.ca_path}"), DeviceError, "serial port")

    async def test_in_use(self) -> None:
        """A device that another modem has open is in use, and who has it is said."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        device = emulated.pty()
        client = await self.connect(self.endpoint(self.string(port, f"device={device}")))
        second = Modem(reactor, ModemProfile(name="second", device=device))
        self.addCleanup(second.close)
        problem = await self.assertFailure(second.ready(), DeviceError)
        self.assertIn("in use", str(problem))
        self.assertIn(str(os.getpid()), str(problem))
        await self.leave(client)


class SerialServerTests(RealCase):
    """A module behind a serial server: C{device} is a client endpoint."""

    async def test_echo(self) -> None:
        """C{device=tcp:host:port}, escaped, leads to the module as a serial port does."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        server = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        listening: Any = await serve_tcp(server, emulated.module.port())
        self.addCleanup(listening.stopListening)
        device = f"device=tcp\\:127.0.0.1\\:{listening.getHost().port}"
        client = await self.connect(self.endpoint(self.string(port, device)))
        data = bytes(range(256)) * 200
        client.transport.write(data)
        await client.when_received(len(data))
        self.assertEqual(bytes(client.received), data)
        await self.leave(client)
