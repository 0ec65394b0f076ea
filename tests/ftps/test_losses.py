"""Connections and networks that go, modules that are busy, and whoever gives up."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import factory_for
from tests.ftps.bench import HOST, FTPSCase, reactor
from tests.ftps.test_client import content
from tests.ftpserver import PASSWORD, USER
from tests.tlsservers import Server, options_for
from twisted_quectel import FTPSFailed, ModuleFTPS, ModuleTLSEndpoint, TLSProfile, errors
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import ModuleSettings, commands
from twisted_quectel.emulator.sim52xx import commands_ftps, stacks

SIZE = 200_000


class LossTests(FTPSCase):
    """What is lost is told at once, in one line; the next login works."""

    async def each(self, lose: Callable[[], object], codes: tuple[int | None, ...]) -> None:
        """Lose something in a get, a put and a list, and when nothing goes on."""
        (self.root / "f").write_bytes(content(SIZE))
        for number in range(3000):
            (self.root / f"a name of some length {number}").touch()
        client = self.begin()

        def once() -> Callable[[int, int | None], None]:
            left = [lose]

            def told(done: int, total: int | None) -> None:
                while left:
                    left.pop()()

            return told

        place = Path(self.mktemp())
        for work in (
            lambda: client.get("f", place, once()),
            lambda: client.put("g", content(SIZE), once()),
            lambda: self.losing(lose, client.list()),
        ):
            await client.login()
            began = reactor.seconds()
            with self.assertRaises(errors.ModemError) as caught:
                await work()
            self.assertLess(reactor.seconds() - began, 5)
            self.assertIn(caught.exception.code, codes)
            self.assertNotIn("\n", str(caught.exception))
            self.assertFalse(client.logged_in)
            with self.assertRaises(errors.ModemError):
                await client.pwd()
        self.assertEqual([*place.parent.glob(place.name + "*")], [])
        await client.login()
        lose()
        await deferLater(reactor, 0.2)
        with self.assertRaises(errors.ModemError):
            await client.pwd()
        self.assertFalse(client.logged_in)
        await client.login()
        self.assertEqual(await client.pwd(), "/")
        await client.logout()

    def losing(self, lose: Callable[[], object], waiting: Deferred[Any]) -> Deferred[Any]:
        """Lose something while the first pieces of a list come."""
        module: Any = self.emulated.module
        told = type(module.outlets).push

        def push(outlets: Any) -> None:
            told(outlets)
            self.patch(type(module.outlets), "push", told)
            lose()

        self.patch(type(module.outlets), "push", push)
        return waiting

    def module(self) -> Any:
        """Give the module."""
        return self.emulated.module

    async def test_control_connection(self) -> None:
        """The server is gone: code 4."""

        def cut() -> None:
            control = self.module().ftps.client._control
            reactor.callLater(0, control._wire.transport.abortConnection)

        await self.each(cut, (4,))

    async def test_network(self) -> None:
        """The packet data connection is gone: code 10, or the URC that tells it."""
        await self.each(lambda: reactor.callLater(0, self.module().lose_pdp), (10, None))

    async def test_network_without_a_code(self) -> None:
        """The URC is enough."""

        def lose() -> None:
            module = self.module()
            self.patch(module.ftps, "_stop_job", lambda code: True)
            reactor.callLater(0, module.lose_pdp)

        client = self.begin()
        (self.root / "f").write_bytes(content(SIZE))
        await client.login()
        with self.assertRaises(errors.ModuleLost):
            await client.get("f", progress=lambda done, total: lose())
        self.assertFalse(client.logged_in)

    async def test_network_in_a_command(self) -> None:
        """So it is while the server is asked."""
        client = self.begin()
        await client.login()
        self.patch(self.module().ftps, "ask", lambda asking: asking.close() or Deferred())
        asked = client.cwd("/")
        await deferLater(reactor, 0.05)
        self.module().lose_pdp()
        with self.assertRaises(errors.ModuleLost):
            await asked

    async def test_closed_modem(self) -> None:
        """A modem that is closed at any step leaves nothing behind."""
        (self.root / "f").write_bytes(content(SIZE))
        self.begin()
        works: tuple[Callable[[ModuleFTPS], Deferred[Any]], ...] = (
            lambda client: client.cwd("/"),
            lambda client: client.get("f"),
            lambda client: client.put("g", content(SIZE)),
            lambda client: client.list(),
        )
        for work in works:
            client = self.client()
            await client.login()
            waiting = work(client)
            await deferLater(reactor, 0.02)
            closing = self.emulated.modem().close()
            waiting.addErrback(lambda reason: reason.trap(errors.ModemError))
            await waiting
            await closing
            self.assertFalse(client.logged_in)


class PutTests(FTPSCase):
    """Pieces that are refused."""

    async def test_full_cache(self) -> None:
        """A cache that holds little is waited for, and all comes exactly."""
        client = self.begin(settings=ModuleSettings(send_limit=1500))
        await client.login()
        await client.put("f", content(20_000))
        self.assertEqual((self.root / "f").read_bytes(), content(20_000))
        self.assertTrue(self.sent("+CFTPSPUT?"))
        await client.logout()

    async def test_refused_once(self) -> None:
        """A piece that is refused ahead of its prompt is handed over again."""
        client = self.begin()
        await client.login()
        body_of, left = stacks.body_of, [1, 0, 0, 1, 0, 0]

        async def body(call: Any, length: int) -> Any:
            if left and left.pop(0):
                return commands.ERROR
            return await body_of(call, length)

        self.patch(commands_ftps, "body_of", body)
        await client.put("f", content(5000))
        self.assertEqual((self.root / "f").read_bytes(), content(5000))
        await client.logout()

    async def test_end_in_the_question(self) -> None:
        """An end that comes while the module is asked what waits is taken for the end."""
        client = self.begin()
        await client.login()
        body_of, left = stacks.body_of, [0, 1]

        async def body(call: Any, length: int) -> Any:
            if left and left.pop(0):
                call.port.interpreter.after(lambda: call.module.urc("+CFTPSPUT: 6"))
                return commands.ERROR
            return await body_of(call, length)

        self.patch(commands_ftps, "body_of", body)
        with self.assertRaises(FTPSFailed) as caught:
            await client.put("f", content(5000))
        self.assertEqual(caught.exception.code, 6)

    async def test_commit_refused(self) -> None:
        """A commit that is refused ends the login: nobody knows what the server has."""
        client = self.begin()
        await client.login()
        module: Any = self.emulated.module

        def spoil(done: int, total: int | None) -> None:
            module.ftps.put.committed = done == total

        with self.assertRaises(FTPSFailed) as caught:
            await client.put("f", content(3000), spoil)
        self.assertIn("AT+CFTPSPUT was answered by ERROR", str(caught.exception))
        self.assertFalse(client.logged_in)

    async def test_gone(self) -> None:
        """A put that the module no longer knows is said to be refused, in seconds."""
        client = self.begin()
        await client.login()
        module: Any = self.emulated.module
        began = reactor.seconds()

        def forget(done: int, total: int | None) -> None:
            module.ftps.put = None

        with self.assertRaises(FTPSFailed) as caught:
            await client.put("f", content(5000), forget)
        self.assertIn("ERROR", str(caught.exception))
        self.assertLess(reactor.seconds() - began, 5)
        await client.login()
        await client.put("f", content(5000))
        await client.logout()

    async def test_sources(self) -> None:
        """What can be read as bytes is sent; what cannot is refused by name."""
        client = self.begin()
        await client.login()
        for source in (bytearray(b"abc"), memoryview(b"abc")):
            await client.put("f", source)
            self.assertEqual((self.root / "f").read_bytes(), b"abc")
        for bad in ("/no/such/file", str(self.root), "a\0b"):
            with self.assertRaises(InvalidValue) as caught:
                await client.put("f", bad)
            self.assertEqual(caught.exception.argument, "source")
        text: Any = Path(__file__)
        with text.open() as file, self.assertRaises(InvalidValue):
            await client.put("f", file)
        self.assertRaises(InvalidValue, client.put, "f", 5)
        self.assertTrue(client.logged_in)
        place = Path(self.mktemp())
        place.mkdir()
        for bad in (str(place), str(place / "none" / "f")):
            with self.assertRaises(OSError):
                await client.get("f", bad)
        self.assertTrue(client.logged_in)
        asked = [client.get("f", place / "f"), client.get("f", place / "f")]
        for each in asked:
            await each
        self.assertEqual([path.name for path in place.iterdir()], ["f"])
        await client.logout()


class WaitTests(FTPSCase):
    """What is in use, and whoever gives up."""

    async def test_other_stack(self) -> None:
        """A login waits for an open connection of another stack, and goes on behind it."""
        factory = Server().over_tls(options_for(self.ca, HOST), reactor)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        client = self.begin(settings=ModuleSettings(authorities=self.ca.cert_pem.bytes()))
        endpoint = ModuleTLSEndpoint(
            self.emulated.modem(), HOST, port.getHost().port, tls=TLSProfile(trust="module")
        )
        peer: Any = await endpoint.connect(factory_for(Peer))
        with self.assertRaises(errors.ModemBusyError) as caught:
            await self.client(busy="fail").login()
        self.assertIn("common SSL", str(caught.exception))
        with self.assertRaises(errors.ModemTimeout) as late:
            await self.client(timeout=0.3).login()
        self.assertIn("common SSL is in use", str(late.exception))
        logging_in = client.login()
        await deferLater(reactor, 0.1)
        self.assertNoResult(logging_in)
        self.assertEqual(self.sent("+CFTPSSTART", "+CFTPSLOGIN"), [])
        peer.transport.loseConnection()
        await logging_in
        connecting = endpoint.connect(factory_for(Peer))
        self.assertEqual(await client.pwd(), "/")
        self.assertNoResult(connecting)
        await client.logout()
        peer = await connecting
        peer.transport.abortConnection()
        await peer.when_lost

    async def test_timeout(self) -> None:
        """Waiting for another login ends, and so does one that the server does not answer."""
        client = self.begin()
        await client.login()
        with self.assertRaises(errors.ModemTimeout) as caught:
            await self.client(timeout=0.2).login()
        self.assertIn("another FTPS login is in use", str(caught.exception))
        queue = [self.client(timeout=0.2).login(), self.client().login()]
        with self.assertRaises(errors.ModemTimeout):
            await queue[0]
        await client.logout()
        await queue[1]
        self.assertRaises(InvalidValue, self.client, timeout=0)

    async def test_cancelled_wait(self) -> None:
        """Whoever gives up waiting lets those behind go on."""
        client = self.begin()
        await client.login()
        first, second, third = self.client(), self.client(), self.client()
        waiting = [each.login() for each in (first, second, third)]
        waiting[0].cancel()
        await self.assertFailure(waiting[0], CancelledError)
        await client.logout()
        await waiting[1]
        await second.logout()
        await waiting[2]
        self.assertEqual(await third.pwd(), "/")
        await third.logout()

    async def test_cancelled_everywhere(self) -> None:
        """Whatever is given up, and when: what follows works."""
        (self.root / "f").write_bytes(content(20_000))
        client = self.begin()
        for delay in (0, 0.01, 0.03, 0.1, 0.25):
            for work in (
                client.login,
                client.pwd,
                lambda: client.mkd("d"),
                lambda: client.get("f"),
                lambda: client.put("g", content(20_000)),
                client.list,
                client.logout,
            ):
                if work != client.login and not client.logged_in:
                    await client.login()
                elif work == client.login:
                    await client.logout()
                waiting: Deferred[Any] = work()
                waiting.addErrback(lambda reason: reason.trap(CancelledError, FTPSFailed))
                await deferLater(reactor, delay)
                waiting.cancel()
                await waiting
            if not client.logged_in:
                await client.login()
            self.assertEqual(await client.get("f"), content(20_000))
            self.assertEqual(await client.pwd(), "/")
        await client.logout()

    async def test_cancelled_by_progress(self) -> None:
        """Progress may cancel what it tells of."""
        (self.root / "f").write_bytes(content(20_000))
        client = self.begin()
        doing: list[Deferred[Any]] = []
        for begin in (
            lambda tell: client.get("f", progress=tell),
            lambda tell: client.put("g", content(20_000), tell),
        ):
            await client.login()
            doing.append(begin(lambda done, total: doing[-1].cancel()))
            with self.assertRaises(CancelledError):
                await doing[-1]
            self.assertFalse(client.logged_in)

    async def test_raising_progress(self) -> None:
        """What progress raises ends the transfer."""
        (self.root / "f").write_bytes(content(20_000))
        client = self.begin()

        def fail(done: int, total: int | None) -> None:
            raise ZeroDivisionError

        for begin in (
            lambda: client.get("f", BytesIO(), fail),
            lambda: client.put("g", content(20_000), fail),
        ):
            await client.login()
            with self.assertRaises(ZeroDivisionError):
                await begin()
            self.assertFalse(client.logged_in)

    async def test_two_clients(self) -> None:
        """Two clients on one modem have their turns, each on its own server."""
        first = self.begin()
        second = ModuleFTPS(
            self.emulated.modem(), "127.0.0.1", self.server.port, user=USER, password=PASSWORD
        )

        async def work(client: ModuleFTPS, name: str) -> bytes:
            await client.login()
            await client.put(name, name.encode() * 3000)
            data = await client.get(name)
            await client.logout()
            return data

        both = [Deferred.fromCoroutine(work(each, n)) for each, n in ((first, "a"), (second, "b"))]
        self.assertEqual([await each for each in both], [b"a" * 3000, b"b" * 3000])
