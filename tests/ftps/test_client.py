"""Every method of the client, against a real server."""

from __future__ import annotations

import hashlib
import os
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.protocols import Peer
from tests.endpoint.virtual import factory_for
from tests.ftps.bench import FTPSCase, reactor
from tests.ftpserver import PASSWORD
from twisted_quectel import FTPEntry, FTPSFailed, ModuleFTPS, ModuleTLSEndpoint, TLSProfile, errors
from twisted_quectel.at import InvalidValue
from twisted_quectel.emulator import EMULATED, ModuleSettings
from twisted_quectel.emulator.sim52xx.module import SIM52xxModule
from twisted_quectel.families import Firmware
from twisted_quectel.families.sim52xx import SIM52xxFamily
from twisted_quectel.ftps import parse_list

#: Bytes each way; C{FTPS_BYTES=5000000} is the long run.
SIZE = int(os.environ.get("FTPS_BYTES", "200000"))


def content(size: int, seed: int = 0) -> bytes:
    """Give bytes of all values, with what imitates a module among them."""
    start = b"\r\n+CFTPSGET: 0\r\n\r\nOK\r\n+++\x1a" + bytes(range(256))
    block = hashlib.sha512(bytes([seed])).digest() * 16
    return (start + block * (size // len(block) + 1))[:size]


class MethodTests(FTPSCase):
    """What chapter 3 has."""

    async def test_all(self) -> None:
        """Login, directories, files, logout; the stack comes and goes with the login."""
        client = self.begin()
        self.assertFalse(client.logged_in)
        await client.login()
        self.assertTrue(client.logged_in)
        self.assertEqual(self.sent("+CFTPSTYPE"), ["+CFTPSTYPE=I"])
        self.assertEqual(await client.pwd(), "/")
        await client.mkd("a directory")
        await client.cwd("a directory")
        self.assertEqual(await client.pwd(), "/a directory")
        await client.put("file.bin", b"\x00\xff" * 10)
        (entry,) = await client.list()
        self.assertEqual((entry.name, entry.size, entry.is_directory), ("file.bin", 20, False))
        await client.cwd("/")
        (entry,) = await client.list()
        self.assertEqual((entry.name, entry.is_directory), ("a directory", True))
        self.assertEqual([e.name for e in await client.list("/a directory")], ["file.bin"])
        await client.delete("/a directory/file.bin")
        await client.rmd("a directory")
        self.assertEqual(await client.list(), [])
        await client.type("A")
        await client.type("I")
        await client.logout()
        await client.logout()
        self.assertFalse(client.logged_in)
        module: Any = self.emulated.module
        await deferLater(reactor, 0.05, lambda: None)
        self.assertEqual(module.stack.name, "NONE")
        await client.login()
        self.assertEqual(await client.pwd(), "/")
        await client.logout()
        self.assertEqual(self.server.logins, 2)

    async def test_both_ways(self) -> None:
        """A large file comes back as it went, from memory and from files, with progress."""
        data = content(SIZE)
        client = self.begin()
        await client.login()
        told: list[tuple[int, int | None]] = []
        await client.put("big.bin", data, lambda done, total: told.append((done, total)))
        self.assertEqual(told[-1], (SIZE, SIZE))
        self.assertEqual(sorted(told), told)
        self.assertEqual((self.root / "big.bin").read_bytes(), data)
        came: list[int] = []
        got = await client.get("big.bin", progress=lambda done, total: came.append(done))
        self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(data).digest())
        self.assertEqual(came[-1], SIZE)
        place = Path(self.mktemp())
        self.assertEqual(await client.get("big.bin", place), b"")
        self.assertEqual(place.read_bytes(), data)
        self.assertEqual([path.name for path in place.parent.iterdir()], [place.name])
        await client.put("again.bin", str(place))
        with place.open("rb") as file:
            file.seek(SIZE // 2)
            await client.put("half.bin", file)
        self.assertEqual((self.root / "again.bin").read_bytes(), data)
        self.assertEqual((self.root / "half.bin").read_bytes(), data[SIZE // 2 :])
        memory = BytesIO()
        await client.get("half.bin", memory)
        self.assertEqual(memory.getvalue(), data[SIZE // 2 :])
        await client.logout()

    async def test_module_files(self) -> None:
        """Between the server and the module's own file system."""
        (self.root / "picture.jpg").write_bytes(content(3000))
        client = self.begin()
        await client.login()
        await client.get_to_module("picture.jpg")
        module = self.emulated.module
        assert isinstance(module, SIM52xxModule)
        path = module.files.path("C:\\Picture\\picture.jpg")
        assert path is not None
        self.assertEqual(module.files.content(path), content(3000))
        (self.root / "picture.jpg").unlink()
        await client.put_from_module("picture.jpg")
        self.assertEqual((self.root / "picture.jpg").read_bytes(), content(3000))
        with self.assertRaises(FTPSFailed):
            await client.put_from_module("nothing.jpg")
        await client.logout()

    async def test_one_after_the_other(self) -> None:
        """What is asked at once is done in turn."""
        client = self.begin()
        asked: list[Deferred[Any]] = [client.login()]
        asked += [client.mkd(f"d{number}") for number in range(5)]
        asked += [client.put("f", content(5000)), client.get("f"), client.list(), client.logout()]
        results = [await each for each in asked]
        self.assertEqual(results[7], content(5000))
        self.assertEqual(len(results[8]), 6)

    async def test_empty_file(self) -> None:
        """An empty file is fetched, and cannot be sent."""
        (self.root / "empty").touch()
        client = self.begin()
        await client.login()
        self.assertEqual(await client.get("empty"), b"")
        self.assertRaises(InvalidValue, client.put, "remote", b"")
        with self.assertRaises(InvalidValue):
            await client.put("remote", BytesIO())
        await client.put("remote", b"x")
        await client.logout()

    async def test_quirks(self) -> None:
        """Every way in which modules speak of it."""
        table = EMULATED["SIM5320"].quirk_table
        names: tuple[str, ...] = ("cftp_aliases", "cftpsdele", "cftpstype_digit", "ftps_results")
        names += ("data_trailing_comma", "cftpsget_later_pieces", "lenient_spaces")
        names += ("cftpslogin_type",)
        as_printed = tuple(table.profiles["as_printed"])
        for quirks in (*((name,) for name in names), names, as_printed):
            client = self.begin(quirks=quirks)
            await client.login()
            await client.mkd("d")
            await client.cwd("d")
            self.assertEqual(await client.pwd(), "/d")
            await client.put("f", content(3000))
            self.assertEqual(await client.get("f"), content(3000))
            self.assertEqual([entry.name for entry in await client.list()], ["f"])
            await client.delete("f")
            await client.cwd("/")
            await client.rmd("d")
            await client.logout()
            await self.emulated.close()


class FailureTests(FTPSCase):
    """What goes wrong is told in one line, and the next thing works."""

    def one_line(self, problem: object, *words: str) -> None:
        """Look at a message."""
        self.assertNotIn("\n", str(problem))
        for word in words:
            self.assertIn(word, str(problem))

    async def test_refused(self) -> None:
        """A server that will not: the login goes on."""
        client = self.begin()
        await client.login()
        for asked in (
            lambda: client.cwd("nowhere"),
            lambda: client.rmd("nowhere"),
            lambda: client.delete("nothing"),
            lambda: client.get("nothing"),
            lambda: client.put("no/where", b"x" * 3000),
        ):
            with self.assertRaises(FTPSFailed) as caught:
                await asked()
            self.one_line(caught.exception, "AT+CFTPS")
            self.assertEqual(await client.pwd(), "/")
        place = Path(self.mktemp())
        with self.assertRaises(FTPSFailed):
            await client.get("nothing", place)
        self.assertEqual([*place.parent.glob(place.name + "*")], [])
        await client.logout()

    async def test_login_refused(self) -> None:
        """A wrong password is never shown; the stack is released."""
        self.begin()
        client = self.client(password="a wrong secret")
        with self.assertRaises(FTPSFailed) as caught:
            await client.login()
        self.one_line(caught.exception, "AT+CFTPSLOGIN")
        shown = caught.exception.explain() + self.trace.getvalue() + repr(client)
        self.assertNotIn("secret", shown)
        self.assertFalse(client.logged_in)
        good = self.client()
        await good.login()
        self.assertNotIn(PASSWORD, self.trace.getvalue())
        await good.logout()

    async def test_not_logged_in(self) -> None:
        """Nothing is sent without a login."""
        client = self.begin()
        for asked in (client.pwd, client.list, lambda: client.get("x")):
            with self.assertRaises(FTPSFailed) as caught:
                await asked()
            self.one_line(caught.exception, "not logged in")
        await client.login()
        with self.assertRaises(FTPSFailed):
            await client.login()
        await client.logout()

    async def test_lost_control_connection(self) -> None:
        """A login that is lost in mid-transfer is told, and another one works."""
        (self.root / "big").write_bytes(content(400_000))
        client = self.begin()
        await client.login()
        module: Any = self.emulated.module
        lost: list[int] = []

        def cut(done: int, total: int | None) -> None:
            if not lost:
                lost.append(done)
                control = module.ftps.client._control
                reactor.callLater(0, control._wire.transport.abortConnection)

        with self.assertRaises(FTPSFailed) as caught:
            await client.get("big", progress=cut)
        self.assertEqual(caught.exception.code, 4)
        self.one_line(caught.exception, "closed by the server")
        self.assertFalse(client.logged_in)
        with self.assertRaises(FTPSFailed):
            await client.pwd()
        await client.login()
        self.assertEqual(await client.get("big"), content(400_000))
        await client.logout()

    async def test_cancelled_get(self) -> None:
        """A get that is given up leaves no file; the next login works."""
        (self.root / "big").write_bytes(content(400_000))
        client = self.begin()
        await client.login()
        place = Path(self.mktemp())
        getting: Deferred[bytes] = client.get(
            "big", place, lambda done, total: reactor.callLater(0, getting.cancel)
        )
        with self.assertRaises(CancelledError):
            await getting
        self.assertEqual([*place.parent.glob(place.name + "*")], [])
        self.assertFalse(client.logged_in)
        await client.login()
        self.assertEqual(await client.get("big"), content(400_000))
        await client.logout()

    async def test_cancelled_put(self) -> None:
        """So it is with a put."""
        client = self.begin()
        await client.login()
        putting: Deferred[None] = client.put(
            "big",
            content(400_000),
            lambda done, total: reactor.callLater(0, putting.cancel) if done > 50_000 else None,
        )
        with self.assertRaises(CancelledError):
            await putting
        self.assertFalse(client.logged_in)
        await client.login()
        await client.put("big", content(40_000))
        self.assertEqual((self.root / "big").read_bytes(), content(40_000))
        await client.logout()

    async def test_full_disk(self) -> None:
        """Whoever cannot take what comes ends the transfer with its own exception."""
        (self.root / "big").write_bytes(content(100_000))
        client = self.begin()
        await client.login()

        class Full(BytesIO):
            def write(self, data: Any) -> int:
                raise OSError(28, "No space left on device")

        with self.assertRaises(OSError):
            await client.get("big", Full())
        self.assertFalse(client.logged_in)
        await client.login()
        await client.logout()

    async def test_restart(self) -> None:
        """A module that restarts ends the login; the next one works."""
        (self.root / "big").write_bytes(content(400_000))
        self.verdicts_expected = True
        client = self.begin(settings=ModuleSettings(boot_delay=0.1))
        await client.login()
        module = self.emulated.module
        once: list[int] = []

        def restart(done: int, total: int | None) -> None:
            if not once:
                once.append(done)
                reactor.callLater(0, module.restart)

        with self.assertRaises(errors.ModemError) as caught:
            await client.get("big", progress=restart)
        self.one_line(caught.exception)
        self.assertFalse(client.logged_in)
        await client.login()
        self.assertEqual(await client.pwd(), "/")
        await client.logout()

    async def test_conflict(self) -> None:
        """One login at a time, and no other stack beside it."""
        client = self.begin()
        await client.login()
        busy = self.client(busy="fail")
        with self.assertRaises(errors.ModemBusyError) as caught:
            await busy.login()
        self.one_line(caught.exception, "busy=wait")
        waiting = self.client()
        logging_in = waiting.login()
        await deferLater(reactor, 0.1, lambda: None)
        self.assertNoResult(logging_in)
        endpoint = ModuleTLSEndpoint(
            self.emulated.modem(), "x.example", 443, tls=TLSProfile(trust="module"), busy="fail"
        )
        with self.assertRaises(errors.ModemBusyError) as caught:
            await endpoint.connect(factory_for(Peer))
        self.one_line(caught.exception, "FTPS", "common SSL")
        await client.logout()
        await logging_in
        await waiting.logout()

    async def test_other_family(self) -> None:
        """Where there is none it is refused by name."""
        client = self.begin(model="EC25")
        with self.assertRaises(errors.UnsupportedOperation) as caught:
            await client.login()
        self.one_line(caught.exception, "lte", "FTPS")

    async def test_arguments(self) -> None:
        """What cannot be sent is refused by its name, and nothing is sent."""
        client = self.begin()
        for argument, asked in (
            ("path", lambda: client.cwd("")),
            ("path", lambda: client.mkd('a"b')),
            ("path", lambda: client.rmd("a\r\nDELE b")),
            ("remote", lambda: client.get("ä")),
            ("remote", lambda: client.put("x" * 256, b"x")),
            ("kind", lambda: client.type("E")),
            ("folder", lambda: client.get_to_module("x", 2)),
            ("port", lambda: ModuleFTPS(client.modem, "h", 0, user="", password="")),
            ("user", lambda: ModuleFTPS(client.modem, "h", user='"', password="")),
            ("password", lambda: ModuleFTPS(client.modem, "h", user="", password='"')),
            ("busy", lambda: self.client(busy="maybe")),
        ):
            problem = self.assertRaises(InvalidValue, asked)
            self.assertTrue(str(problem).startswith(argument), problem)


class ListTests(SynchronousTestCase):
    """Lists."""

    def test_unix(self) -> None:
        """As the document shows it (chapter 3.9)."""
        entries = parse_list(
            b"drw-rw-rw-   1 user     group           0 Sep  1 18:01 .\r\n"
            b"-rw-rw-rw-   1 user     group        2017 Sep  1 17:24 19800106_000128.jpg\r\n"
            b"lrwxrwxrwx   1 root     root            7 Jan 12  2020 a link -> target\r\n"
        )
        self.assertEqual([each.name for each in entries], [".", "19800106_000128.jpg", "a link"])
        self.assertEqual([each.is_directory for each in entries], [True, False, False])
        self.assertEqual(entries[1].size, 2017)
        self.assertEqual((entries[1].owner, entries[1].group), ("user", "group"))
        self.assertEqual(
            (entries[1].permissions, entries[1].modified), ("rw-rw-rw-", "Sep  1 17:24")
        )

    def test_windows(self) -> None:
        """As other servers have it."""
        one, two = parse_list(
            b"02-11-22  03:55PM       <DIR>          some where\r\n02-11-22  03:55PM  17 f.txt\r\n"
        )
        self.assertEqual((one.name, one.is_directory, one.size), ("some where", True, None))
        self.assertEqual((two.name, two.is_directory, two.size), ("f.txt", False, 17))

    def test_other(self) -> None:
        """What is of no known form is kept as it is."""
        self.assertEqual(
            parse_list(b"total 4\n\nx\xff"),
            [FTPEntry("total 4", "total 4"), FTPEntry("x\ufffd", "x\ufffd")],
        )

    def test_redacted(self) -> None:
        """The password of a login is not shown, however it is spelled."""
        family = SIM52xxFamily(Firmware("SIM5320"))
        for name in (b"CFTPSLOGIN", b"CFTPLOGIN"):
            line = b'AT+%b="h",990,"user","pass,word"' % name
            self.assertNotIn(b"word", family.redact(line))
