"""Certificates and keys: SSL note for GSM modules, chapters 2.2.7 to 2.2.9."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.families.golden_lte import CHECKSUMS
from twisted_quectel.emulator.files import FileError
from twisted_quectel.emulator.gsm.securefiles import SecureFiles, normal
from twisted_quectel.emulator.settings import ModuleSettings
from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import GSMBench


def _cme(number: int) -> bytes:
    return b"\r\n+CME ERROR: %d\r\n" % number


class WriteTests(SynchronousTestCase):
    """C{AT+QSECWRITE}."""

    def setUp(self) -> None:
        self.bench = GSMBench()

    def test_checksum(self) -> None:
        """Size and checksum are answered, in bare hex; QSECREAD tells the same."""
        for index, (data, number) in enumerate(CHECKSUMS.items()):
            if data:
                answer = self.bench.upload(f"RAM:{index}", data)
                self.assertEqual(
                    answer, b"\r\n+QSECWRITE: %d,%x\r\n\r\nOK\r\n" % (len(data), number)
                )
                self.assertEqual(
                    self.bench.type(f'AT+QSECREAD="RAM:{index}"'),
                    b"\r\n+QSECREAD: 1,%x\r\n\r\nOK\r\n" % number,
                )

    def test_exists(self) -> None:
        """A name that is there is refused, in either storage, until it is deleted."""
        for name in ("RAM:ca.pem", "NVRAM:CA0", "NVRAM:CA1", "NVRAM:CC0", "NVRAM:CK0"):
            self.bench.upload(name, b"one")
            self.assertEqual(self.bench.type(f'AT+QSECWRITE="{name}",3'), _cme(407), name)
            self.bench.ok(f'AT+QSECDEL="{name}"')
            self.assertIn(b"\r\nOK\r\n", self.bench.upload(name, b"two"))

    def test_sizes(self) -> None:
        """RAM takes 1 to 32768 bytes, NVRAM 1 to 2025."""
        for name, most in (("RAM:a", 32768), ("NVRAM:CA0", 2025)):
            self.assertEqual(self.bench.type(f'AT+QSECWRITE="{name}",0'), _cme(400))
            self.assertEqual(self.bench.type(f'AT+QSECWRITE="{name}",{most + 1}'), _cme(423))
            for size in (1, most):
                self.assertIn(b"+QSECWRITE: %d," % size, self.bench.upload(name, b"x" * size))
                self.bench.ok(f'AT+QSECDEL="{name}"')

    def test_ram_is_finite(self) -> None:
        """All files in RAM together have the room that the module has; a failed one needs none."""
        bench = GSMBench(settings=ModuleSettings(ram_size=100))
        bench.upload("RAM:a", b"x" * 60)
        self.assertEqual(bench.type('AT+QSECWRITE="RAM:b",41'), _cme(420))
        self.assertIn(b"OK", bench.upload("RAM:b", b"x" * 40))
        self.assertIn(b"OK", bench.upload("NVRAM:CA0", b"x" * 2000))

    def test_names(self) -> None:
        """A name has a storage; in NVRAM there are four places, with names of their own."""
        for name in ("ca.pem", "UFS:ca.pem", "NVRAM:CA2", "NVRAM:ca.pem", "NVRAM:", "RAM:", ":a"):
            self.assertEqual(self.bench.type(f'AT+QSECWRITE="{name}",3'), _cme(406), name)
            self.assertEqual(self.bench.type(f'AT+QSECREAD="{name}"'), _cme(406), name)
            self.assertEqual(self.bench.type(f'AT+QSECDEL="{name}"'), _cme(406), name)

    def test_parameters(self) -> None:
        """What is no name, size or time is refused; times are 3 to 200 seconds."""
        for text in (
            "RAM:a,3", '"RAM:a"', '"RAM:a",x', '"RAM:a","3"', '"RAM:a",3,2', '"RAM:a",3,201',
            '"RAM:a",3,3,1', '"RAM:a",-1',
        ):  # fmt: skip
            self.assertEqual(self.bench.type(f"AT+QSECWRITE={text}"), _cme(400), text)
        for timeout in (3, 200):
            self.assertEqual(
                self.bench.type(f'AT+QSECWRITE="RAM:{timeout}",3,{timeout}'), b"\r\nCONNECT\r\n"
            )
            self.bench.send(b"abc")

    def test_escape(self) -> None:
        """C{+++} ends an upload; what has come is kept."""
        self.assertEqual(self.bench.type('AT+QSECWRITE="RAM:a",10'), b"\r\nCONNECT\r\n")
        self.assertEqual(self.bench.send(b"AB+++"), b"\r\n+QSECWRITE: 2,4142\r\n\r\nOK\r\n")
        self.assertEqual(
            self.bench.type('AT+QSECREAD="RAM:a"'), b"\r\n+QSECREAD: 1,4142\r\n\r\nOK\r\n"
        )
        self.assertEqual(self.bench.kinds(), [VerdictKind.ESCAPE_IN_UPLOAD])

    def test_escape_at_once(self) -> None:
        """Nothing but C{+++} makes no file."""
        self.bench.type('AT+QSECWRITE="RAM:a",10')
        self.assertEqual(self.bench.send(b"+++"), b"\r\n+QSECWRITE: 0,0\r\n\r\nOK\r\n")
        self.assertEqual(self.bench.type('AT+QSECREAD="RAM:a"'), _cme(405))

    def test_timeout(self) -> None:
        """Without bytes for as long as was said the part is kept, and told with an error."""
        self.bench.type('AT+QSECWRITE="RAM:a",10,5')
        self.bench.send(b"AB")
        self.assertEqual(self.bench.send(b"", 4.9), b"")
        self.assertEqual(self.bench.send(b"", 0.2), b"\r\n+QSECWRITE: 2,4142\r\n" + _cme(421))
        self.assertEqual(self.bench.type('AT+QSECWRITE="RAM:a",10,5'), _cme(407))
        self.assertEqual(self.bench.kinds(), [VerdictKind.SHORT_UPLOAD])

    def test_usual_timeout(self) -> None:
        """It is 100 seconds where none is given."""
        self.bench.type('AT+QSECWRITE="RAM:a",10')
        self.assertEqual(self.bench.send(b"", 99.9), b"")
        self.assertIn(_cme(421), self.bench.send(b"", 0.2))

    def test_two_at_once(self) -> None:
        """A file that is being uploaded on another port is there already, and not deleted."""
        screen, wire = self.bench.plug("uart1")
        self.bench.type('AT+QSECWRITE="RAM:a",10')
        for line, number in (('+QSECWRITE="RAM:a",3', 407), ('+QSECDEL="RAM:a"', 426)):
            screen.take()
            wire.write(f"AT{line}\r".encode())
            self.bench.settle()
            self.assertIn(_cme(number), screen.take())


class ReadTests(SynchronousTestCase):
    """C{AT+QSECREAD}, C{AT+QSECDEL}, and what a restart leaves."""

    def setUp(self) -> None:
        self.bench = GSMBench()

    def test_rotten(self) -> None:
        """A file that is not as it was uploaded is told as wrong, with its checksum now."""
        self.bench.upload("NVRAM:CA0", b"AB")
        self.bench.module.files.spoil("NVRAM:CA0")
        self.assertEqual(
            self.bench.type('AT+QSECREAD="NVRAM:CA0"'), b"\r\n+QSECREAD: 0,be42\r\n\r\nOK\r\n"
        )

    def test_missing(self) -> None:
        """What is not there has no checksum, and is not deleted."""
        self.assertEqual(self.bench.type('AT+QSECREAD="RAM:a"'), _cme(405))
        self.assertEqual(self.bench.type('AT+QSECDEL="RAM:a"'), _cme(405))
        for line in ("AT+QSECREAD=RAM:a", "AT+QSECDEL=1", 'AT+QSECDEL="RAM:a",1'):
            self.assertEqual(self.bench.type(line), _cme(400))

    def test_restart(self) -> None:
        """A restart takes what is in RAM, and leaves NVRAM."""
        self.bench.upload("RAM:a", b"AB")
        self.bench.upload("NVRAM:CK0", b"AB")
        self.bench.module.restart()
        self.bench.settle(5)
        self.bench.type("ATE0")
        self.assertEqual(self.bench.type('AT+QSECREAD="RAM:a"'), _cme(405))
        self.assertIn(b"+QSECREAD: 1,4142", self.bench.type('AT+QSECREAD="NVRAM:CK0"'))

    def test_never_read_back(self) -> None:
        """No command gives a content back: those that would elsewhere do not exist."""
        self.bench.upload("RAM:a", b"a secret key")
        for line in ('+QFDWL="RAM:a"', '+QFOPEN="RAM:a"', "+QFLST", '+QFUPL="RAM:b",3'):
            self.assertEqual(self.bench.type(f"AT{line}"), b"\r\nERROR\r\n")

    def test_store(self) -> None:
        """The storage's name is taken in either case, a place of NVRAM as it is written."""
        self.assertEqual(normal("ram:a"), "RAM:a")
        self.assertRaises(FileError, normal, "NVRAM:ca0")
        self.assertRaises(FileError, normal, "RAM:" + "x" * 81)
        store = SecureFiles(10)
        self.assertIsNone(store.content("RAM:a"))
        self.assertRaises(FileError, store.spoil, "RAM:a")
