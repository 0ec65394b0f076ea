"""A module that says what it should not, or says it otherwise."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from tests.ftps.bench import FTPSCase, reactor
from tests.ftps.test_client import content
from twisted_quectel import FTPSFailed, ModuleFTPS
from twisted_quectel.emulator.commands import OK
from twisted_quectel.emulator.sim52xx import commands_ftps
from twisted_quectel.errors import RemoteViolation


class HostileCase(FTPSCase):
    """Bends what the module says."""

    def heads(self, *lines: str) -> None:
        """Have the first pieces of a transfer headed by these lines."""
        module: Any = self.emulated.module
        left = list(lines)
        tell = module.ftps.tell

        def told(line: str, header: Any, port: Any) -> Any:
            return tell(line, lambda size: left.pop(0) if left else header(size), port)

        self.patch(module.ftps, "tell", told)

    def results(self, *, ahead: bool = False, delay: float | None = None, **codes: int) -> None:
        """Have commands that were carried out told of by codes, by default behind C{OK}."""

        def done(call: Any, behind: bool = False) -> Any:
            code = codes.get(call.name.removeprefix("+CFTPS"))
            line = f"{call.name}: {code}"
            if code is None:
                return OK
            if ahead:
                call.info(line)
            elif delay is None or call.name == "+CFTPSSTART":
                call.port.interpreter.after(lambda: call.module.urc(line))
            else:
                reactor.callLater(delay, call.module.urc, line)
            return OK

        self.patch(commands_ftps, "_done", done)

    def say(self, *lines: str) -> None:
        """Have the module say something."""
        module: Any = self.emulated.module
        for line in lines:
            module.urc(line)


class BytesTests(HostileCase):
    """Bytes that cannot be told from lines are never taken for a whole file."""

    async def lost(self, client: ModuleFTPS, getting: Deferred[Any]) -> None:
        """Look at a transfer that has lost bytes; the next login works."""
        with self.assertRaises(RemoteViolation) as caught:
            await getting
        self.assertNotIn("\n", str(caught.exception))
        self.assertFalse(client.logged_in)
        await client.login()
        self.assertEqual(await client.get("f"), content(3000))
        await client.logout()

    async def test_counts(self) -> None:
        """A count beyond belief, or one that is none, ends the transfer; no file appears."""
        (self.root / "f").write_bytes(content(3000))
        for head in (
            "+CFTPSGET: DATA, 65536,",
            "+CFTPSGET: DATA, 99999999999999999999,",
            "+CFTPSGET: DATA, x,",
            "+CFTPSGET: DATA, -5,",
            "+CFTPSGET: DATA,",
            "+CFTPSGET: DATA",
            "+CFTPGET:DATA, 1024, 1",
        ):
            client = self.begin()
            await client.login()
            self.heads("+CFTPSGET: DATA, 1024,", head)
            place = Path(self.mktemp())
            await self.lost(client, client.get("f", place))
            self.assertEqual([*place.parent.glob(place.name + "*")], [])
            await self.emulated.close()

    async def test_list(self) -> None:
        """So it is with a list."""
        (self.root / "f").write_bytes(content(3000))
        client = self.begin()
        await client.login()
        self.heads("+CFTPSSLIST: DATA,70000")
        await self.lost(client, client.list())

    async def test_of_another(self) -> None:
        """Bytes that are told as another command's are missing where they belong."""
        (self.root / "f").write_bytes(content(3000))
        client = self.begin()
        await client.login()
        self.heads("+CFTPSLIST: DATA, 1024,")
        await self.lost(client, client.get("f"))

    async def test_nothing(self) -> None:
        """No bytes are no loss."""
        (self.root / "f").write_bytes(content(3000))
        client = self.begin()
        await client.login()
        self.say("+CFTPSGET: DATA, 77777,")
        await deferLater(reactor, 0.05)
        getting = client.get("f", progress=lambda done, total: self.say("+CFTPSGET: DATA, 0,"))
        self.assertEqual(await getting, content(3000))
        await client.logout()


class EndTests(HostileCase):
    """Ends, and codes, that nobody has asked for."""

    async def test_unasked(self) -> None:
        """What no command has asked for changes nothing, however much it is."""
        (self.root / "f").write_bytes(content(30_000))
        client = self.begin()
        await client.login()
        flood = ("+CFTPSGET: 0", "+CFTPSPUT: 0", "+CFTPSLIST: 6", "+CFTPSCWD: 9", "+CFTPSTYPE: 2")
        self.say(*flood * 50)
        self.assertEqual(await client.pwd(), "/")
        others = ("+CFTPSPUT: 0", "+CFTPSLIST: 0", "+CFTPSGETFILE: 6", "+CFTPSCWD: 9")
        got = await client.get("f", progress=lambda done, total: self.say(*others))
        self.assertEqual(got, content(30_000))
        await deferLater(reactor, 0.05)
        others = ("+CFTPSGET: 6", "+CFTPSLIST: 0", "+CFTPSPUTFILE: 6", "+CFTPSGET: DATA, 99999,")
        await client.put("g", content(5000), lambda done, total: self.say(*others))
        self.assertEqual((self.root / "g").read_bytes(), content(5000))
        self.assertTrue(client.logged_in)
        await client.logout()

    async def test_before_the_command(self) -> None:
        """An end that comes before the module has the command is not that command's."""
        (self.root / "f").write_bytes(content(3000))
        client = self.begin()
        await client.login()
        asked: list[Deferred[Any]] = [client.pwd(), client.get("f")]
        self.say("+CFTPSGET: 0")
        self.assertEqual([await each for each in asked], ["/", content(3000)])
        await client.logout()

    async def test_early_success(self) -> None:
        """A put that is said to be a success before all of it was handed over is none."""
        client = self.begin()
        await client.login()
        with self.assertRaises(RemoteViolation):
            await client.put("f", content(5000), lambda done, total: self.say("+CFTPSPUT: 0"))
        self.assertFalse(client.logged_in)
        await client.login()
        await client.put("f", content(5000))
        await client.logout()

    async def test_code_in_idleness(self) -> None:
        """The codes of a lost login end it, whenever they come; the next one works."""
        client = self.begin()
        for line, code in (
            ("+CFTPSGET: 4", 4),
            ("+CFTPSLIST: 10", 10),
            ("+CFTPSLOGIN: 9", 9),
        ):
            await client.login()
            self.say(line)
            await deferLater(reactor, 0.05)
            self.assertFalse(client.logged_in)
            with self.assertRaises(FTPSFailed) as caught:
                await client.pwd()
            self.assertEqual(caught.exception.code, code)


class ResultTests(HostileCase):
    """Codes beside the final result (at-facts B.4)."""

    async def test_login(self) -> None:
        """A code behind C{OK} makes a login fail."""
        for arguments in ({}, {"delay": 0.1}, {"ahead": True}):
            client = self.begin()
            self.results(LOGIN=9, **arguments)
            with self.assertRaises(FTPSFailed) as caught:
                await client.login()
            self.assertEqual(caught.exception.code, 9)
            self.assertIn("AT+CFTPSLOGIN", str(caught.exception))
            self.assertFalse(client.logged_in)
            await self.emulated.close()

    async def test_late_login(self) -> None:
        """Where the start was told of, the login is waited for, however long it takes."""
        client = self.begin()
        self.results(START=0, LOGIN=9, delay=0.5)
        with self.assertRaises(FTPSFailed) as caught:
            await client.login()
        self.assertEqual(caught.exception.code, 9)

        async def good() -> None:
            self.results(START=0, LOGIN=0, LOGOUT=0, delay=0.5)
            await client.login()
            self.assertEqual(await client.pwd(), "/")
            await client.logout()

        await good()

    async def test_paths(self) -> None:
        """So it is with what follows."""
        client = self.begin()
        await client.login()
        for arguments in ({}, {"ahead": True}):
            self.results(CWD=9, MKD=9, RMD=9, DEL=9, TYPE=9, **arguments)
            for asked in (
                lambda: client.mkd("d"),
                lambda: client.cwd("d"),
                lambda: client.cwd("/"),
                lambda: client.rmd("d"),
                lambda: client.type("I"),
            ):
                with self.assertRaises(FTPSFailed) as caught:
                    await asked()
                self.assertEqual(caught.exception.code, 9)
            (self.root / "f").touch()
            with self.assertRaises(FTPSFailed):
                await client.delete("f")
        self.assertEqual(await client.pwd(), "/")
        await client.logout()

    async def test_final_code(self) -> None:
        """A command that finds the login gone ends it."""
        client = self.begin()
        await client.login()
        self.results(CWD=4)
        with self.assertRaises(FTPSFailed):
            await client.cwd("/")
        self.assertFalse(client.logged_in)

    async def test_spelling_of_delete(self) -> None:
        """How a delete is spelt is found out once."""
        for quirks, name in (((), "+CFTPSDEL"), (("cftpsdele",), "+CFTPSDELE")):
            client = self.begin(quirks=quirks)
            await client.login()
            for _ in range(3):
                (self.root / "f").touch()
                await client.delete("f")
                with self.assertRaises(FTPSFailed):
                    await client.delete("f")
            sent = [text.partition("=")[0] for text in self.sent("+CFTPSDEL")]
            self.assertEqual(sent[-5:], [name] * 5)
            self.assertLessEqual(len(sent), 7)
            await client.logout()
            await self.emulated.close()

    async def test_bound(self) -> None:
        """What a list or a get into memory may hold is bounded."""
        (self.root / "f").write_bytes(content(30_000))
        client = self.begin()
        await client.login()
        self.assertEqual(await client.get("f", limit=30_000), content(30_000))
        with self.assertRaises(FTPSFailed) as caught:
            await client.get("f", limit=29_999)
        self.assertIn("29999", str(caught.exception))
        self.assertIn("limit", str(caught.exception))
        self.assertFalse(client.logged_in)
        await client.login()
        self.patch(ModuleFTPS, "LONGEST_LIST", 10)
        with self.assertRaises(FTPSFailed) as caught:
            await client.list()
        self.assertIn("10 bytes", str(caught.exception))
        await client.login()
        memory = BytesIO()
        await client.get("f", memory)
        self.assertEqual(memory.getvalue(), content(30_000))
        await client.logout()
