"""Tests for L{twisted_quectel.families.lte.files}: QFUPL, QFLST, QFDEL."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.families.golden_lte import CHECKSUMS
from tests.modem.scripted import CONNECT, PortBench
from twisted_quectel.errors import CertificateStoreError, CommandTimeout
from twisted_quectel.families.lte.files import checksum, normal_path

DATA = b"Test data from SSL"
CONFIRMED = "+QFUPL: 18,7d21\n\nOK"
PATH = "UFS:tq-0123456789abcdef.pem"


class ChecksumTests(SynchronousTestCase):
    """The checksum of C{AT+QFUPL}."""

    def test_vectors(self) -> None:
        """16-bit big-endian words, XORed; an odd last byte is a high one."""
        for data, value in CHECKSUMS.items():
            self.assertEqual(checksum(data), value, data)

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=300))
    def test_definition(self, data: bytes) -> None:
        """It is what the word-wise definition gives."""
        value = 0
        for index in range(0, len(data), 2):
            value ^= data[index] << 8 | (data[index + 1] if index + 1 < len(data) else 0)
        self.assertEqual(checksum(data), value)

    def test_paths(self) -> None:
        """A path without a drive is on UFS."""
        self.assertEqual(normal_path("a.pem"), "UFS:a.pem")
        self.assertEqual(normal_path("RAM:a.pem"), "RAM:a.pem")


class FileCase(SynchronousTestCase):
    """A module with a file system."""

    def setUp(self) -> None:
        self.bench = PortBench()
        self.module = self.bench.module
        self.progress: list[tuple[int, int]] = []

    def store(self, path: str = PATH, data: bytes = DATA) -> Deferred[None]:
        """Put a file on the module."""
        return self.bench.run(
            self.bench.family.store(
                self.bench.port, path, data, lambda done, total: self.progress.append((done, total))
            )
        )


class UploadTests(FileCase):
    """C{AT+QFUPL}."""

    def test_upload(self) -> None:
        """Name, size and pause are given; size and checksum prove it; progress is told."""
        self.module.on_body("+QFUPL", CONNECT, CONFIRMED)
        self.successResultOf(self.store())
        self.assertEqual(self.module.lines, [f'+QFUPL="{PATH}",18,15'])
        self.assertEqual(self.module.received, [DATA])
        self.assertEqual(self.progress, [(0, 18), (18, 18)])

    def test_checksum_without_zeros(self) -> None:
        """The checksum is compared as a number, in any case and with leading zeros or none."""
        for text in ("242", "0242", "0X242"):
            self.setUp()
            self.module.on_body("+QFUPL", CONNECT, f"+QFUPL: 3,{text}\n\nOK")
            self.successResultOf(self.store(data=b"ABC"))

    def test_without_progress(self) -> None:
        """Nobody need ask for progress."""
        self.module.on_body("+QFUPL", CONNECT, CONFIRMED)
        self.successResultOf(self.bench.run(self.bench.family.store(self.bench.port, PATH, DATA)))

    def test_existing(self) -> None:
        """An existing name is refused: it is deleted, and goes up then (field note 33)."""
        self.module.on_body("+QFUPL", CONNECT, CONFIRMED)
        upload = self.bench.answers["+QFUPL"]
        assert callable(upload)
        self.bench.answers["+QFUPL"] = ["+CME ERROR: 407", upload]
        self.successResultOf(self.store())
        self.assertEqual(
            [line.partition("=")[0] for line in self.module.lines], ["+QFUPL", "+QFDEL", "+QFUPL"]
        )
        self.assertEqual(self.module.sent("+QFDEL"), [f'+QFDEL="{PATH}"'])

    def test_partial(self) -> None:
        """A part that was kept, with 421, is deleted and sent again (note 34)."""
        self.module.on_body("+QFUPL", CONNECT, "+QFUPL: 10,1234\n\n+CME ERROR: 421")
        upload = self.bench.answers["+QFUPL"]
        assert callable(upload)
        self.bench.answers["+QFDEL"] = "ERROR"
        problem = self.failureResultOf(self.store(), CertificateStoreError).value
        self.assertIn("421", str(problem))
        self.assertEqual(problem.command, f'AT+QFUPL="{PATH}"')
        self.assertEqual(len(self.module.sent("+QFUPL")), 3)
        self.assertEqual(len(self.module.sent("+QFDEL")), 3)
        self.assertNotIn("Test data", str(problem) + "".join(problem.trace))

    def test_wrong(self) -> None:
        """A size or checksum that differs, or is none, is not believed."""
        for answer, part in (
            ("+QFUPL: 17,7d21", "17 of 18 bytes"),
            ("+QFUPL: 18,7d22", "7d22 instead of 7d21"),
            ("+QFUPL: 18,zz", "'zz'"),
            ("+QFUPL: 18", "''"),
            ("+QFUPL: ,7d21", "0 of 18 bytes"),
        ):
            self.setUp()
            self.module.on_body("+QFUPL", CONNECT, answer + "\n\nOK")
            problem = self.failureResultOf(self.store(), CertificateStoreError).value
            self.assertIn(part, str(problem))

    def test_lost_line(self) -> None:
        """The confirming line may be lost: the list of files tells (note 34)."""
        for path, name in ((PATH, PATH), (PATH, PATH[4:]), (PATH[4:], PATH)):
            self.setUp()
            self.module.on_body("+QFUPL", CONNECT, "OK")
            self.bench.answers["+QFLST"] = f'+QFLST: "{name}",18\n\nOK'
            self.successResultOf(self.store(path))

    def test_lost_line_and_file(self) -> None:
        """Neither confirmed nor listed: it is not there."""
        self.module.on_body("+QFUPL", CONNECT, "OK")
        self.bench.answers["+QFLST"] = f'+QFLST: "{PATH}",17\n\nOK'
        problem = self.failureResultOf(self.store(), CertificateStoreError).value
        self.assertIn("did not confirm", str(problem))

    def test_silence(self) -> None:
        """A module that says nothing has the time of its own time-out, and some more."""
        self.bench.answers["+QFUPL"] = None
        stored = self.store()
        self.bench.clock.advance(19.9)
        self.assertNoResult(stored)
        self.bench.clock.advance(0.2)
        self.failureResultOf(stored, CommandTimeout)


class ListTests(FileCase):
    """C{AT+QFLST} and C{AT+QFDEL}."""

    def files(self, drive: str) -> dict[str, int]:
        """List a drive."""
        done = self.bench.run(self.bench.family.stored_files(self.bench.port, drive))
        return dict(self.successResultOf(done))

    def test_own_files(self) -> None:
        """Only ours count; the drive may be missing in the answer (note 35)."""
        self.bench.answers["+QFLST"] = (
            '+QFLST: "UFS:tq-1.pem",100\n\n+QFLST: "tq-2.pem",200\n\n+QFLST: "UFS:theirs.pem",3\n\n'
            '+QFLST: "UFS:tq-3.pem"\n\n+QFLST: \n\nOK'
        )
        self.assertEqual(self.files("UFS"), {"UFS:tq-1.pem": 100, "UFS:tq-2.pem": 200})
        self.assertEqual(self.module.lines, ['+QFLST="*"'])

    def test_ram(self) -> None:
        """RAM is asked for by its name."""
        self.bench.answers["+QFLST"] = '+QFLST: "RAM:tq-1.pem",100\n\n+QFLST: "tq-2.pem",2\n\nOK'
        self.assertEqual(self.files("RAM"), {"RAM:tq-1.pem": 100, "RAM:tq-2.pem": 2})
        self.assertEqual(self.module.lines, ['+QFLST="RAM:*"'])

    def test_empty(self) -> None:
        """An empty drive is a bare OK, or an error."""
        for answer in ("OK", "+CME ERROR: 405", "ERROR"):
            self.bench.answers["+QFLST"] = answer
            self.assertEqual(self.files("UFS"), {})

    def test_delete(self) -> None:
        """Deleting what is not there does not matter."""
        for answer in ("OK", "+CME ERROR: 405"):
            self.bench.answers["+QFDEL"] = answer
            done = self.bench.run(self.bench.family.delete_file(self.bench.port, PATH))
            self.successResultOf(done)
        self.assertEqual(self.module.lines, [f'+QFDEL="{PATH}"'] * 2)
