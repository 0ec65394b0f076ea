"""The file systems: patterns, open files, uploads on two ports at once."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.settings import ModuleSettings

from .bench import Bench, calls


def cme(number: int) -> bytes:
    """Give an error's line."""
    return b"\r\n+CME ERROR: %d\r\n" % number


class FileCase(SynchronousTestCase):
    """A module with files."""

    def begin(self, *names: str, **settings: int) -> None:
        """Make a module with files of three bytes, and a second port."""
        self.bench = Bench(settings=ModuleSettings(**settings))  # type: ignore[arg-type]
        self.screen, self.wire = self.bench.plug("usbat")
        self.other(b"ATE0\r")
        for name in names:
            self.bench.type(f'AT+QFUPL="{name}",3\r'.encode())
            self.assertTrue(self.bench.type(b"abc").endswith(b"\r\nOK\r\n"))

    def other(self, data: bytes, seconds: float = 0.0) -> bytes:
        """Type on the second port."""
        self.wire.write(data)
        self.bench.settle(seconds)
        return self.screen.take()

    def listed(self, pattern: str = "*") -> list[str]:
        """Give the names that AT+QFLST shows."""
        shown = self.bench.type(f'AT+QFLST="{pattern}"\r'.encode()).decode()
        return [line.split('"')[1] for line in shown.split("\r\n") if line.startswith("+QFLST")]


class PatternTests(FileCase):
    """C{AT+QFLST} and C{AT+QFDEL} with C{*}."""

    def test_patterns(self) -> None:
        """Only * is a pattern; brackets and question marks are characters."""
        self.begin("a[1]b", "a1b", "ab", "RAM:a1b", "a?b")
        self.assertEqual(self.listed("a[1]b"), ["UFS:a[1]b"])
        self.assertEqual(self.listed("a?b"), ["UFS:a?b"])
        self.assertEqual(self.listed("a*b"), ["UFS:a1b", "UFS:a?b", "UFS:a[1]b", "UFS:ab"])
        self.assertEqual(self.listed("RAM:"), ["RAM:a1b"])
        self.assertEqual(self.listed("A*"), [])
        self.bench.ok('AT+QFDEL="a[1]b"', 'AT+QFDEL="a?*"')
        self.assertEqual(self.listed(), ["UFS:a1b", "UFS:ab"])
        self.bench.ok('AT+QFDEL="RAM:*"', 'AT+QFDEL="*"', 'AT+QFDEL="*"')
        self.assertEqual(self.listed(), [])

    def test_openFile(self) -> None:
        """A pattern that meets an open file is 426, and nothing is deleted."""
        self.begin("a", "b")
        self.assertIn(b"+QFOPEN: 1\r\n", self.bench.type(b'AT+QFOPEN="b"\r'))
        self.assertIn(b'+QFOPEN: "UFS:b",1,0\r\n', self.bench.type(b"AT+QFOPEN?\r"))
        self.assertEqual(self.bench.type(b'AT+QFDEL="*"\r'), cme(426))
        self.assertEqual(self.listed(), ["UFS:a", "UFS:b"])
        self.assertIn(b"CONNECT 3\r\nabc\r\n", self.bench.type(b"AT+QFREAD=1\r"))
        self.bench.ok("AT+QFCLOSE=1", 'AT+QFDEL="*"')
        self.assertEqual(self.listed(), [])


class TwoUploadsTests(FileCase):
    """Both ports upload at once."""

    def test_sameName(self) -> None:
        """A name is taken from the beginning of its upload."""
        self.begin()
        self.bench.type(b'AT+QFUPL="a",6\r')
        self.assertEqual(self.other(b'AT+QFUPL="a",3\r'), cme(407))
        self.assertEqual(self.other(b'AT+QFOPEN="a"\r'), cme(426))
        self.assertEqual(self.other(b'AT+QFDEL="a"\r'), cme(426))
        self.assertEqual(self.other(b'AT+QFDWL="a"\r'), cme(405))
        self.assertIn(b"+QFUPL: 6,", self.bench.type(b"abcdef"))
        self.assertEqual(self.bench.module.files.content("a"), b"abcdef")

    def test_space(self) -> None:
        """Space is taken too, and given back by an upload that ends early."""
        self.begin(ufs_size=8192)
        self.bench.type(b'AT+QFUPL="a",5000,1\r')
        self.assertEqual(self.other(b'AT+QFUPL="b",1\r'), cme(420))
        self.assertIn(b"+QFLDS: 0,8192", self.other(b'AT+QFLDS="UFS"\r'))
        self.bench.type(b"x", 1.1)
        self.assertIn(b"+QFLDS: 4096,8192", self.other(b'AT+QFLDS="UFS"\r'))
        self.assertEqual(self.other(b'AT+QFUPL="b",1\r'), b"\r\nCONNECT\r\n")

    def test_writes(self) -> None:
        """A write into an open file takes the space by which the file grows."""
        self.begin("a", "b", ufs_size=12288)
        self.bench.type(b'AT+QFOPEN="a"\r')
        self.other(b'AT+QFOPEN="b"\r')
        self.assertEqual(self.bench.type(b"AT+QFWRITE=1,5000\r"), b"\r\nCONNECT\r\n")
        self.assertEqual(self.other(b"AT+QFWRITE=2,5000\r"), cme(420))
        self.assertEqual(self.other(b"AT+QFWRITE=2,4096\r"), b"\r\nCONNECT\r\n")
        self.assertIn(b"+QFWRITE: 4096,4096\r\n", self.other(b"y" * 4096))
        self.assertIn(b"+QFWRITE: 5000,5000\r\n", self.bench.type(b"x" * 5000))
        self.assertIn(b"+QFLDS: 0,12288", self.other(b'AT+QFLDS="UFS"\r'))

    def test_closedMeanwhile(self) -> None:
        """A write into a file that another port closes and deletes has no file: 416."""
        self.begin("a")
        self.bench.type(b'AT+QFOPEN="a"\r')
        self.bench.type(b"AT+QFWRITE=1,3\r")
        self.assertIn(b"OK", self.other(b"AT+QFCLOSE=1\r"))
        self.assertIn(b"OK", self.other(b'AT+QFDEL="a"\r'))
        self.assertEqual(self.bench.type(b"xyz"), cme(416))

    def test_restart(self) -> None:
        """A restart ends an upload and gives back what it had taken."""
        self.begin(ufs_size=8192)
        self.bench.type(b'AT+QFUPL="a",5000\r')
        self.bench.module.restart()
        self.bench.settle(10)
        self.bench.screen.take()
        self.bench.type(b"ATE0\r")
        self.assertEqual(self.bench.type(b'AT+QFUPL="a",5000\r'), b"\r\nCONNECT\r\n")
        self.bench.module.close()
        self.assertEqual(calls(self.bench.clock), [])


class OpenFileTests(FileCase):
    """Handles, and what is wrong with them."""

    def test_errors(self) -> None:
        """Unknown handles, positions outside, a file that is only read, too many files."""
        self.begin("a", "b")
        self.assertEqual(self.bench.type(b'AT+QFOPEN="none",2\r'), cme(405))
        self.assertEqual(self.bench.type(b'AT+QFOPEN="SD:x"\r'), cme(406))
        self.assertEqual(self.bench.type(b'AT+QFLDS="SD"\r'), cme(425))
        self.bench.type(b'AT+QFOPEN="a",2\r')
        self.assertEqual(self.bench.type(b'AT+QFOPEN="a",2\r'), cme(426))
        self.assertEqual(self.bench.type(b"AT+QFWRITE=1,3\r"), cme(414))
        self.assertEqual(self.bench.type(b"AT+QFTUCAT=1\r"), cme(414))
        self.assertEqual(self.bench.type(b"AT+QFSEEK=1,4\r"), cme(401))
        self.bench.ok("AT+QFSEEK=1,1,2", "AT+QFSEEK=1,1,1")
        self.assertIn(b"CONNECT 0\r\n", self.bench.type(b"AT+QFREAD=1\r"))
        for line in (b"AT+QFREAD=7\r", b"AT+QFCLOSE=7\r", b"AT+QFPOSITION=7\r"):
            self.assertEqual(self.bench.type(line), cme(416))
        for number in range(9):
            self.assertIn(b"+QFOPEN: ", self.bench.type(b'AT+QFOPEN="n%d"\r' % number))
        self.assertEqual(self.bench.type(b'AT+QFOPEN="b"\r'), cme(413))

    def test_overwrite(self) -> None:
        """Mode 1 empties a file; a write has its time too."""
        self.begin("a")
        self.bench.type(b'AT+QFOPEN="a",1\r')
        self.bench.type(b"AT+QFWRITE=1,10,2\r")
        self.bench.type(b"xy", 1.9)
        self.assertEqual(self.bench.type(b"", 0.2), b"\r\n+QFWRITE: 2,2\r\n\r\n+CME ERROR: 421\r\n")
        self.assertEqual(self.bench.module.files.content("a"), b"xy")
