"""MQTT 3.1.1 with a broker that everybody uses, mosquitto, over an endpoint string."""

from __future__ import annotations

import os
import shutil
import socket
import struct
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol, Protocol, connectionDone
from twisted.python.failure import Failure

from tests.endpoint.real import MixedReal, RealCase, reactor
from twisted_quectel.errors import TLSOpenFailed

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")

#: What the client's certificate calls it.
CLIENT = "gateway-7"
TOPIC = b"readings"
PAYLOAD = bytes(range(256)) * 20 + b"+++\r\nOK\r\n\x1a"

#: Packet types, MQTT 3.1.1 chapter 2.2.1.
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14

CONFIGURATION = """\
user root
per_listener_settings true
listener {port} 127.0.0.1
cafile {ca}
certfile {certificate}
keyfile {key}
require_certificate true
use_identity_as_username true
log_dest stderr
"""


def text(value: bytes) -> bytes:
    """Write a string with its length in front."""
    return struct.pack(">H", len(value)) + value


class Client(Protocol):
    """Just enough of a client: packets out, packets in, in their order.

    @ivar reasons: why the connection was lost.
    """

    def __init__(self) -> None:
        self.reasons: list[Failure] = []
        self.when_lost: Deferred[None] = Deferred()
        self._data = b""
        self._packets: list[tuple[int, bytes]] = []
        self._waiting: Deferred[tuple[int, bytes]] | None = None

    def send(self, kind: int, body: bytes = b"", flags: int = 0) -> None:
        """Send a packet (chapter 2.2.3: seven bits of the length in a byte)."""
        length, rest = b"", len(body)
        while True:
            rest, digit = divmod(rest, 128)
            length += bytes([digit | (0x80 if rest else 0)])
            if not rest:
                break
        transport: Any = self.transport
        transport.write(bytes([kind << 4 | flags]) + length + body)

    def next(self) -> Deferred[tuple[int, bytes]]:
        """Wait for the next packet."""
        waiting: Deferred[tuple[int, bytes]] = Deferred()
        self._waiting = waiting
        self._hand_on()
        return waiting

    def dataReceived(self, data: bytes) -> None:
        """Cut packets."""
        self._data += data
        while len(self._data) >= 2:
            length, at = 0, 1
            while at < len(self._data):
                length |= (self._data[at] & 0x7F) << 7 * (at - 1)
                at += 1
                if not self._data[at - 1] & 0x80:
                    break
            else:
                return
            if len(self._data) < at + length:
                return
            self._packets.append((self._data[0] >> 4, self._data[at : at + length]))
            self._data = self._data[at + length :]
        self._hand_on()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is over."""
        self.reasons.append(reason)
        self.when_lost.callback(None)

    def _hand_on(self) -> None:
        if self._waiting is not None and self._packets:
            waiting, self._waiting = self._waiting, None
            waiting.callback(self._packets.pop(0))


class Broker(ProcessProtocol):
    """A broker's process; it is known by what it logs.

    @ivar status: what it has ended with; negative for a signal.
    """

    def __init__(self) -> None:
        self.said = ""
        self.status: int | None = None
        self.ended: Deferred[None] = Deferred()
        self._awaited: tuple[str, Deferred[None]] | None = None

    def when_says(self, words: str) -> Deferred[None]:
        """Wait until the log has certain words."""
        waiting: Deferred[None] = Deferred()
        self._awaited = words, waiting
        self._look()
        return waiting

    def errReceived(self, data: bytes) -> None:
        """Read the log."""
        self.said += data.decode("utf-8", "replace")
        self._look()

    def processEnded(self, reason: Failure) -> None:
        """It has ended, wanted or not."""
        if self._awaited is not None:
            waiting, self._awaited = self._awaited[1], None
            waiting.errback(RuntimeError(self.said))
        problem: Any = reason.value
        self.status = -problem.signal if problem.signal else problem.exitCode
        self.ended.callback(None)

    def stop(self) -> Deferred[None]:
        """End it."""
        process: Any = self.transport
        if process.pid is not None:
            process.signalProcess("TERM")
        return self.ended

    def _look(self) -> None:
        if self._awaited is not None and self._awaited[0] in self.said:
            waiting, self._awaited = self._awaited[1], None
            waiting.callback(None)


class MQTTTests(MixedReal):
    """Mixed into a case for each device and access mode."""

    if MOSQUITTO is None:
        skip = "there is no mosquitto (Debian's package mosquitto)"

    async def start(self) -> int:
        """Start the broker; give its port."""
        assert MOSQUITTO is not None
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = int(reserved.getsockname()[1])
        server = self.ca.issue_cert(self.name)
        client = self.ca.issue_cert("gateway.example", common_name=CLIENT)
        self.client = self.write("client.pem", client.cert_chain_pems[0].bytes())
        self.key = self.write("key.pem", client.private_key_pem.bytes())
        configuration = self.write(
            "mosquitto.conf",
            CONFIGURATION.format(
                port=port,
                ca=self.ca_path,
                certificate=self.write("server.pem", server.cert_chain_pems[0].bytes()),
                key=self.write("server-key.pem", server.private_key_pem.bytes()),
            ).encode(),
        )
        self.broker = Broker()
        reactor.spawnProcess(self.broker, MOSQUITTO, ["mosquitto", "-c", configuration, "-v"])
        self.addCleanup(self.broker.stop)
        await self.broker.when_says(" running")
        return port

    async def test_exchange(self) -> None:
        """A client with a certificate subscribes, publishes to itself, pings, and leaves."""
        port = await self.start()
        string = self.string(
            port, self.device_arguments(), clientCert=self.client, clientKey=self.key
        )
        client = await self.connect(self.endpoint(string), Client)
        # clean session, a minute, no user: the certificate says who it is
        client.send(CONNECT, text(b"MQTT") + bytes([4, 2, 0, 60]) + text(b"test"))
        self.assertEqual(await client.next(), (CONNACK, bytes(2)))
        self.assertIn(f"u'{CLIENT}'", self.broker.said)
        client.send(SUBSCRIBE, b"\0\1" + text(TOPIC) + b"\0", 2)
        self.assertEqual(await client.next(), (SUBACK, b"\0\1\0"))
        client.send(PUBLISH, text(TOPIC) + b"\0\2" + PAYLOAD, 2)
        came = [await client.next() for _ in range(2)]
        self.assertEqual(sorted(came), [(PUBLISH, text(TOPIC) + PAYLOAD), (PUBACK, b"\0\2")])
        client.send(PINGREQ)
        self.assertEqual(await client.next(), (PINGRESP, b""))
        client.send(DISCONNECT)
        client.transport.loseConnection()
        await client.when_lost
        await self.broker.when_says("Client test disconnected.")

    async def test_without_certificate(self) -> None:
        """A broker that wants a certificate does not take a client without; that is a cause."""
        port = await self.start()
        endpoint = self.endpoint(self.string(port, self.device_arguments()))
        problem = await self.assertFailure(self.connect(endpoint, Client), TLSOpenFailed)
        self.assertIn("the server wants a client certificate", problem.causes)


class PtyMQTTTests(MQTTTests, RealCase):
    """Over a pty, in the default mode."""


class PtyTransparentMQTTTests(MQTTTests, RealCase):
    """Over a pty, in transparent mode."""

    mode = "transparent"


class EmulatorMQTTTests(MQTTTests, RealCase):
    """With C{device=emulator}."""

    device = "emulator"
