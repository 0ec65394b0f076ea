"""FTPS of the emulated SIM5320 (chapter 3), against a real server."""

from __future__ import annotations

import hashlib
import random

from twisted.internet.defer import Deferred

from tests.ftpserver import PASSWORD, USER
from twisted_quectel.emulator import ModuleSettings

from .ftpbench import HOST, OK, FTPSTestCase

ERROR = rb"\r\nERROR\r\n"
BIG = 5 * 1024 * 1024


def refused(name: str, code: int) -> bytes:
    """Give the pattern of an C{ERROR} with its reason."""
    return rb"\r\n\+%b: %d\r\n" % (name.encode("ascii"), code) + ERROR


def result(name: str, code: int = 0) -> bytes:
    """Give the pattern of a transfer's end."""
    return rb"\r\n\+%b: %d\r\n" % (name.encode("ascii"), code)


class DirectoryTests(FTPSTestCase):
    """Login, directories, type."""

    async def test_login(self) -> None:
        """In and out; a wrong password is refused by the server, and can be tried again."""
        self.start()
        await self.say(f'AT+CFTPSLOGIN="{HOST}",{self.server.port},"a","b"', ERROR)
        await self.say("AT+CFTPSSTART", OK)
        await self.say("AT+CFTPSPWD", refused("CFTPSPWD", 8))
        wrong = f'AT+CFTPSLOGIN="{HOST}",{self.server.port},"{USER}","wrong"'
        await self.say(wrong, refused("CFTPSLOGIN", 9))
        await self.relogin()
        self.assertEqual(self.server.logins, 1)
        await self.say(wrong, ERROR)
        await self.say("AT+CFTPSLOGOUT", OK)
        await self.say("AT+CFTPSLOGOUT", refused("CFTPSLOGOUT", 8))
        await self.relogin()
        await self.say("AT+CFTPSSTOP", OK)
        await self.say("AT+CFTPSSTOP", ERROR)

    async def test_nobody_there(self) -> None:
        """A server that cannot be reached."""
        self.start()
        await self.say("AT+CFTPSSTART", OK)
        await self.say(f'AT+CFTPSLOGIN="{HOST}",1,"a","b"', refused("CFTPSLOGIN", 10))
        await self.say('AT+CFTPSLOGIN="",21,"a","b"', ERROR)
        await self.say(f'AT+CFTPSLOGIN="{HOST}",21,"a"', ERROR)
        await self.say(f'AT+CFTPSLOGIN="{HOST}",21,"a","b",2', ERROR)

    async def test_directories(self) -> None:
        """Make, change, tell, remove; what the server refuses is 9."""
        self.start()
        await self.login()
        await self.say("AT+CFTPSPWD", rb'\r\n\+CFTPSPWD: "/"\r\n', OK)
        await self.say('AT+CFTPSMKD= "mynewdir"', OK)
        self.assertTrue((self.root / "mynewdir").is_dir())
        await self.say('AT+CFTPSMKD="mynewdir"', refused("CFTPSMKD", 9))
        await self.say('AT+CFTPSCWD="/mynewdir"', OK)
        await self.say("AT+CFTPSPWD", rb'\r\n\+CFTPSPWD: "/mynewdir"\r\n', OK)
        await self.say('AT+CFTPSCWD="nowhere"', refused("CFTPSCWD", 9))
        await self.say('AT+CFTPSCWD="/"', OK)
        (self.root / "mynewdir" / "file").write_bytes(b"")
        await self.say('AT+CFTPSRMD="mynewdir"', refused("CFTPSRMD", 9))
        await self.say('AT+CFTPSDEL="mynewdir/file"', OK)
        await self.say('AT+CFTPSRMD="mynewdir"', OK)
        self.assertEqual(list(self.root.iterdir()), [])
        await self.say('AT+CFTPSDEL="nothing"', refused("CFTPSDEL", 9))
        for command in ("AT+CFTPSCWD", 'AT+CFTPSMKD=""', "AT+CFTPSRMD=x", 'AT+CFTPSDEL="a",1'):
            await self.say(command, ERROR)

    async def test_type(self) -> None:
        """A is the type of a new login, I is binary; nothing else is one."""
        self.start()
        await self.login()
        await self.say("AT+CFTPSTYPE?", rb"\r\n\+CFTPSTYPE: A\r\n", OK)
        await self.say("AT+CFTPSTYPE=I", OK)
        await self.say("AT+CFTPSTYPE?", rb"\r\n\+CFTPSTYPE: I\r\n", OK)
        for value in ("1", "E", '"I"', "AI", ""):
            await self.say(f"AT+CFTPSTYPE={value}", ERROR)
        await self.say("AT+CFTPSTYPE", ERROR)

    async def test_forms(self) -> None:
        """Test forms show the ranges, or nothing."""
        self.start()
        for name, shown in (
            ("CFTPSLOGIN", r"<host>,\(1-65535\),<user>,<password>"),
            ("CFTPSTYPE", r"\(A,I\)"),
            ("CFTPSPUT", r"<file>,\(1-1024\)"),
            ("CFTPSPUTFILE", r"\(1\),<file>"),
            ("CFTPSGETFILE", r"\(1\),<file>"),
        ):
            await self.say(
                f"AT+{name}=?", rb"\r\n\+%b: %b\r\n" % (name.encode(), shown.encode()), OK
            )
        for name in ("START", "STOP", "LOGOUT", "PWD", "CWD", "MKD", "RMD", "DEL", "LIST", "GET"):
            await self.say(f"AT+CFTPS{name}=?", OK)
        for name in ("START", "STOP", "LOGOUT", "PWD", "LIST"):
            await self.say(f"AT+CFTPS{name}?", ERROR)


class TransferTests(FTPSTestCase):
    """Lists and files."""

    async def test_list(self) -> None:
        """The current directory, or one that is named."""
        self.start()
        (self.root / "sub").mkdir()
        (self.root / "sub" / "picture.jpg").write_bytes(b"x" * 2017)
        await self.login()
        self.assertRegex(await self.told("AT+CFTPSLIST", "CFTPSLIST"), rb"^d[^\r]* sub\r\n$")
        listing = await self.told('AT+CFTPSLIST="sub"', "CFTPSLIST")
        self.assertRegex(listing, rb"^-[^\r]* 2017 [^\r]* picture.jpg\r\n$")
        await self.say('AT+CFTPSLIST=""', ERROR)

    async def test_get_and_put(self) -> None:
        """5 MB both ways by way of the host, with equal hashes."""
        self.start(settings=ModuleSettings(send_limit=65536, receive_limit=65536))
        content = random.Random(1).randbytes(BIG)
        (self.root / "there").write_bytes(content)
        await self.login()
        await self.say("AT+CFTPSTYPE=I", OK)
        told = await self.told('AT+CFTPSGET="there"', "CFTPSGET")
        self.assertEqual(hashlib.sha256(told).digest(), hashlib.sha256(content).digest())
        await self.put("back", content)
        self.assertEqual((self.root / "back").read_bytes(), content)

    async def put(self, name: str, content: bytes) -> None:
        """Send a file piece by piece."""
        first = f'"{name}",'
        for start in range(0, len(content), 1024):
            piece = content[start : start + 1024]
            while True:
                self.wire.write(f"AT+CFTPSPUT={first}{len(piece)}\r".encode())
                if b">" in await self.host.expect(rb"\r\n>|" + ERROR):
                    break
            first = ""
            self.wire.write(piece)
            await self.host.expect(OK)
        await self.say("AT+CFTPSPUT", OK, result("CFTPSPUT"))

    async def test_small_put(self) -> None:
        """What is cached is told, and sent when it is committed."""
        self.start()
        await self.login()
        await self.say("AT+CFTPSPUT", ERROR)
        await self.say("AT+CFTPSPUT=4", ERROR)
        await self.say('AT+CFTPSPUT="f",12', rb"\r\n>")
        self.wire.write(b"test content")
        await self.host.expect(OK)
        await self.say("AT+CFTPSPUT?", rb"\r\n\+CFTPSPUT: 12\r\n", OK)
        await self.say("AT+CFTPSPWD", refused("CFTPSPWD", 3))
        await self.say('AT+CFTPSPUT="g",1', refused("CFTPSPUT", 3))
        self.assertEqual(list(self.root.iterdir()), [])
        await self.say("AT+CFTPSPUT", OK, result("CFTPSPUT"))
        self.assertEqual((self.root / "f").read_bytes(), b"test content")
        await self.say("AT+CFTPSPUT?", rb"\r\n\+CFTPSPUT: 0\r\n", OK)
        for parameters in ('"f"', '"f",0', '"f",1025', '"",4', "0"):
            await self.say(f"AT+CFTPSPUT={parameters}", ERROR)

    async def test_refused_put(self) -> None:
        """A file that the server does not take is reported with 9."""
        self.start()
        await self.login()
        await self.say('AT+CFTPSPUT="nowhere/f",4', rb"\r\n>")
        self.wire.write(b"data")
        await self.host.expect(OK)
        await self.say("AT+CFTPSPUT", OK, result("CFTPSPUT", 9))
        await self.say("AT+CFTPSPWD", rb'\r\n\+CFTPSPWD: "/"\r\n', OK)

    async def test_refused_get(self) -> None:
        """A file that is not there is reported with 9; an empty one is no data and 0."""
        self.start()
        (self.root / "empty").write_bytes(b"")
        await self.login()
        await self.say('AT+CFTPSGET="nothing"', OK, result("CFTPSGET", 9))
        self.assertEqual(await self.told('AT+CFTPSGET="empty"', "CFTPSGET"), b"")
        await self.say("AT+CFTPSGET", ERROR)
        await self.say('AT+CFTPSGET=""', ERROR)

    async def test_files(self) -> None:
        """5 MB into the module's own file system and back."""
        self.start(settings=ModuleSettings(ufs_size=BIG))
        content = random.Random(2).randbytes(BIG)
        (self.root / "there").write_bytes(content)
        await self.login()
        await self.say("AT+CFTPSTYPE=I", OK)
        await self.say('AT+CFTPSGETFILE= 1, "there"', OK, result("CFTPSGETFILE"))
        self.assertEqual(self.module.files.content("C:\\Picture\\there"), content)
        (self.root / "there").unlink()
        await self.say('AT+CFTPSPUTFILE=1,"there"', OK, result("CFTPSPUTFILE"))
        self.assertEqual((self.root / "there").read_bytes(), content)

    async def test_file_limits(self) -> None:
        """No room, no such file, no such folder."""
        self.start(settings=ModuleSettings(ufs_size=1000))
        (self.root / "there").write_bytes(bytes(1001))
        await self.login()
        await self.say('AT+CFTPSGETFILE=1,"there"', OK, result("CFTPSGETFILE", 7))
        await self.say('AT+CFTPSPUTFILE=1,"there"', ERROR)
        for parameters in ('2,"there"', '0,"there"', '1,""', '1,"a:b"', "1", '"there"'):
            await self.say(f"AT+CFTPSGETFILE={parameters}", ERROR)
        self.module.files.store("C:\\Picture\\empty", b"")
        await self.say('AT+CFTPSPUTFILE=1,"empty"', OK, result("CFTPSPUTFILE"))
        self.assertEqual((self.root / "empty").read_bytes(), b"")


class EndTests(FTPSTestCase):
    """Transfers and logins that end otherwise."""

    async def test_control_lost(self) -> None:
        """A control connection that goes while nothing happens shows with the next command."""
        self.start()
        await self.login()
        lost: Deferred[None] = Deferred()
        self.module.ftps.client.on_lost = lambda: lost.callback(None)
        self.server.cut()
        await lost
        await self.say("AT+CFTPSPWD", refused("CFTPSPWD", 4))
        await self.say("AT+CFTPSLIST", refused("CFTPSLIST", 4))
        await self.relogin()
        await self.say("AT+CFTPSPWD", rb'\r\n\+CFTPSPWD: "/"\r\n', OK)

    async def test_lost_in_transfer(self) -> None:
        """One that goes during a transfer ends it with 4."""
        self.start()
        await self.login()
        await self.say('AT+CFTPSPUT="f",4', rb"\r\n>")
        self.wire.write(b"data")
        await self.host.expect(OK)
        self.server.cut()
        await self.host.expect(result("CFTPSPUT", 4))
        await self.say("AT+CFTPSPUT=4", ERROR)
        await self.relogin()

    async def test_given_up(self) -> None:
        """C{AT+CFTPSLOGOUT} during a transfer gives it up: 6."""
        self.start()
        (self.root / "there").write_bytes(bytes(BIG))
        await self.login()
        await self.say('AT+CFTPSGET="there"', OK + rb"\r\n\+CFTPSGET: DATA, 1024,\r\n")
        self.wire.write(b"AT+CFTPSLOGOUT\r")
        shown = await self.host.expect(rb".*" + result("CFTPSGET", 6))
        self.assertIn(b"\r\nOK\r\n", shown + self.host.shown)
        self.assertLess(len(shown), BIG)
        await self.relogin()

    async def test_network_lost(self) -> None:
        """Without the network a transfer ends with 10, and the stack is released."""
        self.start()
        await self.login()
        await self.say('AT+CFTPSPUT="f",4', rb"\r\n>")
        self.wire.write(b"data")
        await self.host.expect(OK)
        self.module.lose_pdp()
        await self.host.expect(result("CFTPSPUT", 10) + rb"\r\n\+CIPEVENT: [ A-Z]+\r\n")
        await self.say("AT+CFTPSSTOP", ERROR)
        await self.login()

    async def test_restart(self) -> None:
        """A restart in the middle of a transfer leaves nothing behind."""
        self.start(settings=ModuleSettings(boot_delay=0.0))
        (self.root / "there").write_bytes(bytes(BIG))
        await self.login()
        self.wire.write(b'AT+CFTPSGET="there"\r')
        await self.host.expect(OK + rb"\r\n\+CFTPSGET: DATA, 1024,")
        self.module.restart()
        await self.host.expect(rb".*\r\nSTART\r\n")
        await self.host.expect(rb".*\r\n\+STIN: 25\r\n")
        self.module.port().settings.echo = False
        await self.login()

    async def test_quirk_forms(self) -> None:
        """Newer firmware reports results beside C{OK}; C{CFTPSDELE}; digits for types."""
        self.start(quirks=("ftps_results", "cftpsdele", "cftpstype_digit"))
        (self.root / "f").write_bytes(b"x")
        await self.say("AT+CFTPSSTART", rb"\r\n\+CFTPSSTART: 0\r\n", OK)
        await self.relogin()
        await self.host.expect(result("CFTPSLOGIN"))
        await self.say("AT+CFTPSTYPE=1", rb"\r\n\+CFTPSTYPE: 0\r\n", OK)
        await self.say("AT+CFTPSTYPE?", rb"\r\n\+CFTPSTYPE: I\r\n", OK)
        await self.say("AT+CFTPSTYPE=0", rb"\r\n\+CFTPSTYPE: 0\r\n", OK)
        await self.say("AT+CFTPSTYPE?", rb"\r\n\+CFTPSTYPE: A\r\n", OK)
        await self.say('AT+CFTPSDEL="f"', ERROR)
        await self.say('AT+CFTPSDELE="f"', rb"\r\n\+CFTPSDELE: 0\r\n", OK)
        self.assertEqual(list(self.root.iterdir()), [])
        await self.say("AT+CFTPSLOGOUT", OK, result("CFTPSLOGOUT"))
        await self.say("AT+CFTPSSTOP", rb"\r\n\+CFTPSSTOP: 0\r\n", OK)

    async def test_aliases(self) -> None:
        """The note's other spellings, answered as they came."""
        self.start(quirks=("cftp_aliases",))
        (self.root / "f").write_bytes(b"data")
        await self.say("AT+CFTPSSTART", OK)
        login = f'AT+CFTPLOGIN="{HOST}",{self.server.port},"{USER}","{PASSWORD}"'
        await self.say(login, OK)
        self.assertEqual(await self.told('AT+CFTPGET="f"', "CFTPGET"), b"data")
        self.assertIn(b" f\r\n", await self.told("AT+CFTPSSLIST", "CFTPSSLIST"))
        await self.say('AT+CFTPGETFILE=1,"f"', OK, result("CFTPGETFILE"))
        await self.say('AT+CFTPGET="nothing"', OK, result("CFTPGET", 9))

    async def test_no_aliases(self) -> None:
        """Without the quirk they do not exist."""
        self.start()
        await self.login()
        for command in ('AT+CFTPGET="f"', 'AT+CFTPGETFILE=1,"f"', "AT+CFTPSSLIST", "AT+CFTPLOGIN"):
            await self.say(command, ERROR)
        await self.say('AT+CFTPSDELE="f"', ERROR)


class SecurityTests(FTPSTestCase):
    """The fifth parameter of the login, which hardware has."""

    async def test_explicit(self) -> None:
        """2 is what the note's form is."""
        self.start(quirks=("cftpslogin_type",))
        await self.login(",2")
        self.assertEqual(await self.told("AT+CFTPSLIST", "CFTPSLIST"), b"")

    async def test_wrong_kind(self) -> None:
        """Without TLS the server refuses; implicit TLS is none of its."""
        self.start(quirks=("cftpslogin_type",))
        await self.say("AT+CFTPSSTART", OK)
        command = f'AT+CFTPSLOGIN="{HOST}",{self.server.port},"{USER}","{PASSWORD}",'
        await self.say(command + "0", refused("CFTPSLOGIN", 9))
        await self.say(command + "3", refused("CFTPSLOGIN", 1))
        await self.say(command + "4", ERROR)
        await self.say(
            "AT+CFTPSLOGIN=?",
            rb"\r\n\+CFTPSLOGIN: <host>,\(1-65535\),<user>,<password>,\(0-3\)\r\n",
            OK,
        )
        await self.relogin(",1")


class PlainTests(FTPSTestCase):
    """A server without TLS."""

    tls = False

    async def test_no_downgrade(self) -> None:
        """The note's form never goes on in the clear."""
        self.start()
        await self.say("AT+CFTPSSTART", OK)
        command = f'AT+CFTPSLOGIN="{HOST}",{self.server.port},"{USER}","{PASSWORD}"'
        await self.say(command, refused("CFTPSLOGIN", 9))
        self.assertEqual(self.server.logins, 0)

    async def test_plain(self) -> None:
        """0 is FTP as it was."""
        self.start(quirks=("cftpslogin_type",))
        (self.root / "f").write_bytes(b"data")
        await self.login(",0")
        self.assertEqual(await self.told('AT+CFTPSGET="f"', "CFTPSGET"), b"data")
