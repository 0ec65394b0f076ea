"""Programs that know nothing of modems, through forwarders that C{twistd} runs."""

from __future__ import annotations

import os
import shutil
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.utils import getProcessOutputAndValue

from tests.applications.test_mqtt import (
    CONFIGURATION,
    CONNACK,
    CONNECT,
    MOSQUITTO,
    PUBLISH,
    SUBACK,
    SUBSCRIBE,
    TOPIC,
    Broker,
    Client,
    text,
)
from tests.applications.test_twistd import Gateway, TwistdCase
from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import reactor
from tests.endpoint.virtual import factory_for

PUBLISHER = shutil.which("mosquitto_pub")

#: What autobahn's forwarder takes before it is connected is lost: the server speaks first.
WELCOME = b"welcome"


class Welcoming(Echo):
    """Speaks first, then sends back what comes."""

    def connectionMade(self) -> None:
        self.transport.write(WELCOME)


class EndpointForwardTests(TwistdCase):
    """autobahn's C{twistd endpointforward}, which takes any endpoint string."""

    async def forwarded(self, target: str) -> None:
        """Forward to a string; have bytes go there and back on two connections."""
        free = self.free_port()
        forwarder = self.start(
            "--endpoint", f"tcp:{free}:interface=127.0.0.1", "--dest_endpoint", target,
            plugin="endpointforward",
        )  # fmt: skip
        await forwarder.when_says(f"starting on {free}")
        place = TCP4ClientEndpoint(reactor, "127.0.0.1", free)
        programs: list[Any] = await gatherResults(
            [place.connect(factory_for(Peer)) for _ in range(2)]
        )
        await gatherResults([each.when_received(len(WELCOME)) for each in programs])
        for number, program in enumerate(programs):
            program.transport.write(b"%d" % number * 5000)
            await program.when_received(len(WELCOME) + 5000)
            self.assertEqual(bytes(program.received), WELCOME + b"%d" % number * 5000)
            program.transport.loseConnection()
            await program.when_lost
        await gatherResults([each.when_lost for each in self.serving.peers])
        await forwarder.stop()
        self.assertNotIn("Traceback", forwarder.said)

    async def test_module_tls(self) -> None:
        """With C{quectelssl:}."""
        self.serving, port = self.serve(Welcoming)
        await self.forwarded(self.string(port, self.device_arguments()))

    async def test_host_tls(self) -> None:
        """With C{quecteltls:}."""
        self.serving, port = self.serve(Welcoming)
        device = self.device_arguments()
        await self.forwarded(
            f"quecteltls:{device}:host={self.name}:port={port}:cacert={self.ca_path}"
        )


class PublisherTests(TwistdCase):
    """C{mosquitto_pub} without TLS, a broker with it, the module in between."""

    if MOSQUITTO is None or PUBLISHER is None:
        skip = "there is no mosquitto or no mosquitto_pub (Debian's mosquitto, mosquitto-clients)"

    async def broker(self) -> int:
        """Start the broker; give its port."""
        assert MOSQUITTO is not None
        port = self.free_port()
        server = self.ca.issue_cert(self.name)
        written = CONFIGURATION.format(
            port=port,
            ca=self.ca_path,
            certificate=self.write("server.pem", server.cert_chain_pems[0].bytes()),
            key=self.write("server-key.pem", server.private_key_pem.bytes()),
        )
        for before, after in (
            ("require_certificate true", "allow_anonymous true"),
            ("use_identity_as_username true\n", ""),
        ):
            written = written.replace(before, after)
        configuration = self.write("mosquitto.conf", written.encode())
        broker = Broker()
        reactor.spawnProcess(broker, MOSQUITTO, ["mosquitto", "-c", configuration, "-v"])
        self.addCleanup(broker.stop)
        await broker.when_says(" running")
        return port

    async def publish(self, port: int, message: bytes) -> None:
        """Publish, and wait until the broker has confirmed it."""
        assert PUBLISHER is not None
        path = self.write("message", message)
        arguments = ["-h", "127.0.0.1", "-p", str(port), "-t", TOPIC.decode(), "-q", "1"]
        result: Any = await getProcessOutputAndValue(
            PUBLISHER, [*arguments, "-f", path], env=dict(os.environ)
        )
        self.assertEqual(result[1:], (b"", 0))

    async def test_publish(self) -> None:
        """What it publishes reaches a subscriber as it was, short and long."""
        port = await self.broker()
        free = self.free_port()
        target = self.string(port, self.device_arguments())
        gateway: Gateway = self.start("--forward", f"{free}={target}")
        await gateway.when_says(" is open")
        endpoint = self.endpoint(self.string(port, self.device_arguments()))
        subscriber: Any = await self.connect(endpoint, Client)
        subscriber.send(CONNECT, text(b"MQTT") + bytes([4, 2, 0, 60]) + text(b"subscriber"))
        self.assertEqual(await subscriber.next(), (CONNACK, bytes(2)))
        subscriber.send(SUBSCRIBE, b"\0\1" + text(TOPIC) + b"\0", 2)
        self.assertEqual(await subscriber.next(), (SUBACK, b"\0\1\0"))
        for message in (b"21.5", bytes(range(256)) * 100 + b"+++\r\nOK\r\n\x1a"):
            arrival: Deferred[tuple[int, bytes]] = subscriber.next()
            await self.publish(free, message)
            self.assertEqual(await arrival, (PUBLISH, text(TOPIC) + message))
        subscriber.transport.loseConnection()
        await subscriber.when_lost
        await gateway.stop()
        self.assertNotIn("Traceback", gateway.said)
