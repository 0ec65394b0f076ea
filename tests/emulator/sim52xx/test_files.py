"""The file system of the emulated SIM5320 (public drivers)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator import ModuleSettings

from .bench import Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


class FileTests(SynchronousTestCase):
    """In, out, listed, deleted."""

    def setUp(self) -> None:
        self.bench = Bench(settings=ModuleSettings(ufs_size=5000))
        self.addCleanup(self.bench.close)

    def test_in_and_out(self) -> None:
        """What comes in goes out as it was, in pieces; a restart keeps it."""
        content = bytes(range(256)) * 5
        self.assertEqual(self.bench.body('AT+CFTRANRX="c:/picture/f.bin",1280', content), OK)
        self.bench.module.restart()
        self.bench.settle(4)
        self.bench.type(b"ATE0\r")
        self.assertEqual(
            self.bench.say('AT+CFTRANTX="C:\\Picture\\F.BIN"'),
            b"\r\n+CFTRANTX: DATA,1024\r\n"
            + content[:1024]
            + b"\r\n+CFTRANTX: DATA,256\r\n"
            + content[1024:]
            + b"\r\n+CFTRANTX: 0\r\n"
            + OK,
        )
        self.assertEqual(
            self.bench.say('AT+FSATTRI="c:/picture/f.bin"'), b"\r\n+FSATTRI: 1280\r\n" + OK
        )

    def test_folders(self) -> None:
        """The current folder is where names without one are."""
        self.assertEqual(self.bench.say("AT+FSCD?"), b"\r\n+FSCD: C:\\\r\n" + OK)
        self.assertEqual(
            self.bench.say("AT+FSLS"), b"\r\n+FSLS: SUBDIRECTORIES:\r\nPicture\r\n" + OK
        )
        self.assertEqual(self.bench.say("AT+FSCD=Picture"), b"\r\n+FSCD: C:\\Picture\r\n" + OK)
        self.bench.body('AT+CFTRANRX="f",1', b"x")
        self.assertEqual(self.bench.say("AT+FSLS"), b"\r\n+FSLS: FILES:\r\nf\r\n" + OK)
        self.assertEqual(self.bench.say("AT+FSCD=C:/"), b"\r\n+FSCD: C:\\\r\n" + OK)
        self.assertNotIn(b"FILES", self.bench.say("AT+FSLS"))
        self.assertEqual(self.bench.say("AT+FSCD=nowhere"), ERROR)
        self.assertEqual(self.bench.say("AT+FSCD="), ERROR)
        self.assertEqual(self.bench.say("AT+FSLS?"), ERROR)

    def test_delete(self) -> None:
        """A file can be deleted once."""
        self.bench.body('AT+CFTRANRX="C:/f",3', b"abc")
        self.assertEqual(self.bench.say("AT+FSMEM"), b"\r\n+FSMEM: C:(5000,3)\r\n" + OK)
        self.assertEqual(self.bench.say('AT+FSDEL="f"'), OK)
        self.assertEqual(self.bench.say('AT+FSDEL="f"'), ERROR)
        self.assertEqual(self.bench.say("AT+FSMEM"), b"\r\n+FSMEM: C:(5000,0)\r\n" + OK)
        self.assertEqual(self.bench.say("AT+FSMEM?"), ERROR)

    def test_refused(self) -> None:
        """No room, no name, no file."""
        for command in (
            'AT+CFTRANRX="f",5001',
            'AT+CFTRANRX="f",0',
            'AT+CFTRANRX="D:/f",5',
            'AT+CFTRANRX="a:b",5',
            'AT+CFTRANRX="",5',
            "AT+CFTRANRX",
            'AT+CFTRANTX="f"',
            'AT+FSATTRI="f"',
        ):
            self.assertEqual(self.bench.say(command), ERROR, command)
        self.bench.body('AT+CFTRANRX="f",5000', bytes(5000))
        self.assertEqual(self.bench.say('AT+CFTRANRX="g",1'), ERROR)
        self.bench.body('AT+CFTRANRX="f",1', b"x")

    def test_forms(self) -> None:
        """Test forms are taken."""
        for name in ("FSCD", "FSLS", "FSDEL", "FSATTRI", "FSMEM", "CFTRANRX", "CFTRANTX"):
            self.assertEqual(self.bench.say(f"AT+{name}=?"), OK, name)
