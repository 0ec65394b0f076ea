"""Lists in the forms of many servers."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.ftps import parse_list


class ListTests(SynchronousTestCase):
    """Names, sizes and kinds are found; what is of no known form is kept as it is."""

    def look(self, line: str, *expected: object) -> None:
        """Look at name, size and kind."""
        (entry,) = parse_list(line.encode() + b"\r\n")
        self.assertEqual((entry.name, entry.size, entry.is_directory), expected, line)
        self.assertEqual(entry.raw, line)

    def test_unix(self) -> None:
        """What C{ls} and those that imitate it write."""
        self.look("-rw-r--r--   1 1001     1001        17 2020-01-12 10:00 a", "a", 17, False)
        self.look("-rw-r--r--+  1 u g 17 2020-01-12 10:00:01.123 +0100 a b", "a b", 17, False)
        self.look("drwxrwsr-t  12 u g 4096 12 Jan 10:00   two  blanks", "  two  blanks", 4096, True)
        self.look("-rw-rw-rw-   1 owner 123456789012 Jan  1  2020 f", "f", 123456789012, False)
        self.look("-rw-r--r-- 1 Domain Users staff 17 Jan  1 10:00 f", "f", 17, False)
        self.look("brw-rw---- 1 root disk 8, 0 Jan  1 10:00 sda", "sda", None, False)
        self.look("lrwxrwxrwx 1 u g 3 Jan  1 10:00 a -> b", "a", 3, False)
        self.look(
            "-rw-r--r-- 1 u g 17 Jan  1 10:00 17 Jan  1 10:00 f", "17 Jan  1 10:00 f", 17, False
        )
        (entry,) = parse_list(b"-rw-r--r-- 1 Domain Users staff 17 Jan  1 10:00 f")
        self.assertEqual((entry.owner, entry.group), ("Domain Users", "staff"))

    def test_windows(self) -> None:
        """What IIS writes."""
        self.look("2022-02-11  15:55       <DIR>          a b", "a b", None, True)
        self.look("02-11-2022  03:55PM       <JUNCTION>     a [C:\\b]", "a", None, True)
        self.look("02-11-22  15:55                17 a b.txt", "a b.txt", 17, False)

    def test_facts(self) -> None:
        """What C{MLSD} writes (RFC 3659)."""
        self.look("type=file;size=17;modify=20200112100000; a; b", "a; b", 17, False)
        self.look("Type=cdir;Modify=20200112100000;UNIX.mode=0755; .", ".", None, True)
        self.look("size=x;modify=20200112100000; a", "a", None, None)

    def test_others(self) -> None:
        """Odd lines raise nothing, take no time, and are kept."""
        size = "9" * 5000
        for line in (
            f"-rw-r--r-- 1 u g {size} Jan  1 10:00 f",
            f"02-11-22  15:55  {size} f",
            "-rw-r--r-- " + "1 " * 100_000,
            "-rw-r--r-- 1 " + "1 Jan  1 " * 200 + "x",
            "a\x0bb\x85c\u2028d",
            "+i8388621.29609,m824255902,/,\tdev",
        ):
            self.look(line, line, None, None)
        self.assertEqual([e.name for e in parse_list(b"\r\n\n\xff\xfe\r\n")], ["\ufffd\ufffd"])
        (entry,) = parse_list(b"-rw-r--r-- 1 u g 17 Jan  1 10:00 caf\xe9 1")
        self.assertEqual((entry.name, entry.size), ("caf\ufffd 1", 17))
