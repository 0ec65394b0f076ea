"""C{device=emulator}: one embedded module for each reactor and model."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock

from tests.endpoint.protocols import Echo, Peer
from tests.endpoint.real import RealCase, embedded_modules, reactor
from twisted_quectel.emulator import embedded
from twisted_quectel.errors import ModemClosed


class EmbeddedStringTests(RealCase):
    """Endpoint strings whose modem is the embedded module."""

    device = "emulator"

    def setUp(self) -> None:
        super().setUp()
        self.patch(embedded_modules, "_modules", WeakKeyDictionary())

    async def echo(self, client: Peer, data: bytes = b"hello") -> None:
        """Have bytes come back."""
        client.transport.write(data)
        await client.when_received(client.count + len(data))

    async def test_same(self) -> None:
        """Strings of the same model share modem and module; no model is the usual one."""
        one = self.endpoint(self.string(1, "device=emulator"))
        other = self.endpoint(self.string(2, "device=emulator:model=EC25"))
        self.assertIs(one.modem, other.modem)

    async def test_several_models(self) -> None:
        """Each model is a module of its own; connections of all of them go on side by side."""
        serving, port = self.serve(Echo)
        clients = []
        for model in ("EC25", "EG91", "EC21"):
            endpoint = self.endpoint(self.string(port, f"device=emulator:model={model}"))
            self.addCleanup(embedded(reactor, model).close)
            client = await self.connect(endpoint)
            assert endpoint.modem.info is not None
            self.assertIn(model, endpoint.modem.info.model)
            clients.append(client)
        self.assertEqual(len({id(embedded(reactor, m)) for m in ("EC25", "EG91", "EC21")}), 3)
        for client in clients:
            await self.echo(client)
        for client in clients:
            await self.leave(client)
            self.assertIsInstance(client.reasons[0].value, ConnectionDone)
        self.assertEqual([len(peer.reasons) for peer in serving.peers], [1, 1, 1])

    async def test_modem_closed(self) -> None:
        """A closed modem refuses; the same string again gives another, with the same module."""
        _, port = self.serve(Echo)
        string = self.string(port, "device=emulator")
        module = embedded(reactor)
        self.addCleanup(module.close)
        first = self.endpoint(string)
        client = await self.connect(first)
        await self.leave(client)
        await first.modem.close()
        await self.assertFailure(self.connect(first), ModemClosed)
        second = self.endpoint(string)
        self.assertIsNot(first.modem, second.modem)
        again = await self.connect(second)
        await self.echo(again)
        await self.leave(again)
        self.assertIs(embedded(reactor), module)
        self.assertEqual(module.verdicts, [])

    async def test_module_closed(self) -> None:
        """A closed module is replaced by a new one, which can be used."""
        _, port = self.serve(Echo)
        module = embedded(reactor)
        module.close()
        self.addCleanup(lambda: embedded(reactor).close())
        client = await self.connect(self.endpoint(self.string(port, "device=emulator")))
        await self.echo(client)
        await self.leave(client)
        self.assertIsNot(embedded(reactor), module)

    def test_each_reactor(self) -> None:
        """Each reactor has a module of its own."""
        self.assertIsNot(embedded(Clock()), embedded(Clock()))
