"""C{quectel ftp} as a process, over an emulated module on a pty."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.cli.processes import quectel, start
from tests.ftps.bench import HOST, FTPSCase
from tests.ftpserver import PASSWORD, USER


class CommandTests(FTPSCase):
    """Each action."""

    async def ftp(self, *arguments: str, status: int = 0, **variables: str) -> tuple[str, str]:
        """Run the command; give what it has printed, and its complaints."""
        device = self.emulated.pty()
        action, *rest = arguments
        server = f"{HOST}:{self.server.port}"
        command = ("ftp", action, server, *rest, "--device", device, "--model", "SIM5320")
        environment = {"QUECTEL_FTP_PASSWORD": PASSWORD, **variables}
        run = partial(quectel, *command, "--user", USER, variables=environment)
        done = await deferToThread(run)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout, done.stderr

    async def test_actions(self) -> None:
        """There and back, and all that is between."""
        self.begin()
        await self.emulated.modem().close()
        place = Path(self.mktemp())
        place.write_bytes(b"\x00\xffcontent" * 20_000)
        await self.ftp("mkdir", "folder")
        out, _ = await self.ftp("put", str(place), "folder/file.bin", "--progress")
        self.assertIn("180000 of 180000 bytes", out)
        out, _ = await self.ftp("ls", "folder")
        self.assertIn("file.bin", out)
        back = place.with_suffix(".back")
        out, _ = await self.ftp("get", "folder/file.bin", str(back))
        self.assertEqual(back.read_bytes(), place.read_bytes())
        self.assertIn("180000 bytes", out)
        await self.ftp("rm", "folder/file.bin")
        await self.ftp("rmdir", "folder")
        out, _ = await self.ftp("pwd")
        self.assertEqual(out.strip(), "/")

    async def test_failures(self) -> None:
        """One line, and the status."""
        self.begin()
        await self.emulated.modem().close()
        out, err = await self.ftp("get", "nothing", status=1)
        self.assertEqual((out, len(err.splitlines())), ("", 1))
        _, err = await self.ftp("ls", QUECTEL_FTP_PASSWORD="wrong", status=1)
        self.assertEqual(len(err.splitlines()), 1)
        self.assertNotIn("wrong", err.replace("is wrong", ""))

    async def test_names(self) -> None:
        """What is wrong is said by the name that it has on the command line, with status 2."""
        self.begin()
        await self.emulated.modem().close()
        place = Path(self.mktemp())
        place.touch()
        _, err = await self.ftp("put", str(place), status=2)
        self.assertIn("PATH: is empty", err)
        _, err = await self.ftp("ls", QUECTEL_FTP_PASSWORD='a"b', status=2)
        self.assertIn("--password-file: must be", err)
        for paths, word in (
            (("folder/",), "ends in no name"),
            (("x", "/tmp"), "is a directory"),
            (("x", "/no/such/place"), "no directory"),
            (('a"b', str(place)), "PATH"),
        ):
            _, err = await self.ftp("get", *paths, status=2)
            self.assertIn(word, err)
            self.assertEqual(len(err.splitlines()), 1, err)

    async def test_no_server(self) -> None:
        """A server that is not there is one line, and status 1."""
        self.begin()
        await self.emulated.modem().close()
        self.server.close()
        _, err = await self.ftp("ls", status=1)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn("AT+CFTPSLOGIN", err)

    async def test_interrupted(self) -> None:
        """Ctrl-C in a get: its own status, no complaint, and no file under the name."""
        (self.root / "big").write_bytes(b"x" * 3_000_000)
        self.begin()
        await self.emulated.modem().close()
        place = Path(self.mktemp())
        place.mkdir()
        secret = Path(self.mktemp())
        secret.write_text(PASSWORD)
        server = f"{HOST}:{self.server.port}"
        command: tuple[str, ...] = ("ftp", "get", server, "big", str(place / "big"), "--device")
        command += (self.emulated.pty(), "--model", "SIM5320", "--user", USER, "--progress")

        def interrupt() -> tuple[int, str]:
            process = start(*command, "--password-file", str(secret))
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            return process.returncode, err

        status, err = await deferToThread(interrupt)
        self.assertEqual((status, err), (128 + signal.SIGINT, ""))
        self.assertEqual([*place.iterdir()], [])
        out, _ = await self.ftp("pwd")
        self.assertEqual(out.strip(), "/")

    async def test_embedded(self) -> None:
        """C{--device emulator} needs no module at all."""
        (self.root / "f").write_bytes(b"content")
        command = ("ftp", "ls", f"127.0.0.1:{self.server.port}", "--device", "emulator")
        run = partial(
            quectel,
            *command,
            *("--model", "SIM5320", "--user", USER),
            variables={"QUECTEL_FTP_PASSWORD": PASSWORD},
        )
        done = await deferToThread(run)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(" f", done.stdout)


class UsageTests(TestCase):
    """What is wrong with a command line is told before a device is touched."""

    def test_usage(self) -> None:
        """One line each, status 2."""
        for arguments in (
            ("ftp", "get", "h"),
            ("ftp", "pwd", "h", "x"),
            ("ftp", "put", "h", "/no/such/file"),
            ("ftp", "ls", "h:0"),
            ("ftp", "jump", "h"),
            ("ftp", "ls", "h", "--device", "/dev/null", "--modem", "m"),
            ("ftp", "ls", "h", "--apn", "x"),
            ("ftp", "ls", 'h"', "--device", "/dev/null"),
            ("ftp", "ls", "h", "--password-file", "/no/such/file"),
        ):
            done = quectel(*arguments, variables={"QUECTEL_FTP_PASSWORD": "x"})
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
