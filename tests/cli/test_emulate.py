"""Tests for C{quectel emulate}, as a process of its own, by hosts that are strangers."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import _parse as parse_endpoint
from twisted.internet.endpoints import clientFromString
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactor
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.cli.processes import PATIENCE, quectel, start
from tests.tlsservers import make_ca
from twisted_quectel.cli.emulate import _read as read_emulated
from twisted_quectel.cli.main import make_parser
from twisted_quectel.cli.words import UsageError
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.serviceemulator import Options as EmulatorOptions
from twisted_quectel.strings import quectelssl_arguments


def ask(write: Callable[[bytes], object], fd: int, line: bytes) -> bytes:
    """Send a command line, and read until its final result has come."""
    write(line + b"\r")
    answer = b""
    while not answer.endswith((b"\r\nOK\r\n", b"\r\nERROR\r\n")):
        if not select.select([fd], [], [], PATIENCE)[0]:
            raise AssertionError(f"no final result behind {answer!r}")
        answer += os.read(fd, 4096)
    return answer


class EmulateTests(SynchronousTestCase):
    """A module that runs by itself."""

    def emulate(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it, and wait until it says where it is."""
        process = start("emulate", *arguments)
        assert process.stdout is not None and process.stderr is not None
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, PATIENCE)
        self.addCleanup(process.kill)
        self.introduction = process.stdout.readline()
        return process

    def open(self, path: str) -> int:
        """Open a port as a terminal program does."""
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, fd)
        tty.setraw(fd)
        return fd

    def end(self, process: subprocess.Popen[str], number: int) -> str:
        """End it by a signal; give the rest of its output."""
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, err), (0, ""))
        return out

    def test_dialogue(self) -> None:
        """Commands are answered on the link, and offences are told as they happen."""
        path = self.mktemp()
        process = self.emulate("--model", "EC21", "--pty", path, "--verdicts")
        self.assertIn(path, self.introduction)
        fd = self.open(path)

        def write(data: bytes) -> object:
            return os.write(fd, data)

        self.assertIn(b"\r\nEC21\r\n", ask(write, fd, b"ATI"))
        self.assertIn(b"+QIACT: 1,1,1,", ask(write, fd, b"AT+QIACT=1;+QIACT?"))
        self.assertIn(b"ERROR", ask(write, fd, b"AT+QSSLCLOSE=5"))
        out = self.end(process, signal.SIGTERM)
        self.assertIn("verdict: close of an id that is not open", out)
        self.assertFalse(os.path.lexists(path))

    def test_switched_on(self) -> None:
        """A module that was switched off by C{AT+QPOWD} is switched on by SIGUSR1."""
        path = self.mktemp()
        process = self.emulate("--pty", path)
        fd = self.open(path)
        ask(lambda data: os.write(fd, data), fd, b"AT+QPOWD")
        said = b""
        while b"POWERED DOWN" not in said:
            self.assertTrue(select.select([fd], [], [], PATIENCE)[0], said)
            said += os.read(fd, 4096)
        process.send_signal(signal.SIGUSR1)
        while b"RDY" not in said:
            self.assertTrue(select.select([fd], [], [], PATIENCE)[0], said)
            said += os.read(fd, 4096)
        self.end(process, signal.SIGINT)

    def test_another_family(self) -> None:
        """A BC660K-GL sleeps, and SIGUSR1 is the pin that wakes it."""
        path, fault = self.mktemp(), "deep_sleep:after=0"
        process = self.emulate("--model", "BC660K-GL", "--pty", path, "--fault", fault)
        self.assertIn("BC660K-GL", self.introduction)
        fd = self.open(path)

        def write(data: bytes) -> object:
            return os.write(fd, data)

        self.assertIn(b"\r\nBC660K-GL\r\n", ask(write, fd, b"ATE0;+CGMM"))
        ask(write, fd, b'AT+QCFG="wakeupRXD",0')
        write(b'AT+QIOPEN=0,0,"UDP SERVICE","127.0.0.1",0,0\r')
        while select.select([fd], [], [], 1)[0]:  # until it hears nothing any more
            os.read(fd, 4096)
            write(b"AT\r")
        process.send_signal(signal.SIGUSR1)
        said = b""
        while b"RDY" not in said:
            self.assertTrue(select.select([fd], [], [], PATIENCE)[0], said)
            said += os.read(fd, 4096)
        self.end(process, signal.SIGINT)

    def test_ports(self) -> None:
        """Each further link is a further port of the same module; Ctrl-C is an end like another."""
        first, second = self.mktemp(), self.mktemp()
        process = self.emulate("--pty", first, "--pty", second, "--latency", "1")
        fds = [self.open(path) for path in (first, second)]
        ask(lambda data: os.write(fds[0], data), fds[0], b'AT+QSSLCFG="sni",2,1')
        answer = ask(lambda data: os.write(fds[1], data), fds[1], b'AT+QSSLCFG="sni",2')
        self.assertIn(b'+QSSLCFG: "sni",2,1', answer)
        self.end(process, signal.SIGINT)
        self.assertEqual([os.path.lexists(path) for path in (first, second)], [False, False])

    def test_stale_link(self) -> None:
        """A link that an earlier run has left is replaced; what is no link is left alone."""
        path = self.mktemp()
        os.symlink(os.path.abspath(self.mktemp()), path)
        process = self.emulate("--pty", path)
        self.assertTrue(os.path.exists(path))
        self.end(process, signal.SIGHUP)
        Path(path).write_text("mine")
        refused = quectel("emulate", "--pty", path)
        self.assertEqual(refused.returncode, 2)
        self.assertTrue(refused.stderr.startswith("quectel: --pty: "), refused.stderr)
        self.assertEqual(Path(path).read_text(), "mine")

    def test_foreign_link(self) -> None:
        """A link to something else than a pty is left alone."""
        path, target = self.mktemp(), self.mktemp()
        Path(target).write_text("mine")
        os.symlink(os.path.abspath(target), path)
        refused = quectel("emulate", "--pty", path)
        self.assertEqual((refused.returncode, len(refused.stderr.splitlines())), (2, 1))
        self.assertTrue(refused.stderr.startswith("quectel: --pty: "), refused.stderr)
        self.assertEqual(os.readlink(path), os.path.abspath(target))

    def parsed(self, process: subprocess.Popen[str]) -> ModemProfile:
        """Read the endpoint string that is shown, its dots filled in, and end it."""
        assert process.stdout is not None
        shown = "endpoint string: "
        line = next(line for line in process.stdout if shown in line)
        self.end(process, signal.SIGTERM)
        string = line.partition(shown)[2].strip()
        self.assertTrue(string.endswith(":..."), line)
        string = string.replace("host=...", "host=a.example").removesuffix("...") + "verify=none"
        args, kwargs = parse_endpoint(string)
        self.assertEqual(args, ["quectelssl"])
        return quectelssl_arguments(**kwargs).modem

    def test_printed_strings(self) -> None:
        """The endpoint strings that it prints name the module, also where colons are in the way."""
        first, second = self.mktemp(), self.mktemp() + ":2"
        process = self.emulate("--pty", first, "--pty", second)
        profile = self.parsed(process)
        self.assertEqual(profile.device, os.path.abspath(first))
        self.assertEqual(profile.data_devices, (os.path.abspath(second),))
        with socket.socket(socket.AF_INET6) as reserved:
            reserved.bind(("::1", 0))
            number = reserved.getsockname()[1]
        process = self.emulate("--tcp", f"[::1]:{number}")
        profile = self.parsed(process)
        endpoint: Any = clientFromString(MemoryReactor(), profile.device)
        self.assertEqual((endpoint._host, endpoint._port), ("::1", number))

    def test_wrong_arguments(self) -> None:
        """What is wrong with the arguments is status 2."""
        path = self.mktemp()
        for arguments in (
            ("--quirk", "nothing"),
            ("--quirk", "has_checkhost", "--model", "M95"),
            ("--fault", "nothing"),
            ("--fault", "deep_sleep", "--model", "EC25"),
            ("--fault", "late_answer:delay=nan"),
            ("--fault", "send_fail_n:times=-1"),
            ("--tcp", "7000", "--pty", path),
            ("--pty", path, "--pty", f"./{path}"),
            ("--pty", path, "--pty", f"{path}2", "--pty", f"{path}3", "--pty", f"{path}4"),
            ("--pty", f"{path}/missing"),
        ):
            refused = quectel("emulate", *arguments)
            self.assertEqual(
                (refused.returncode, len(refused.stderr.splitlines())), (2, 1), refused.stderr
            )
            self.assertTrue(refused.stderr.startswith(f"quectel: {arguments[0]}: "), refused.stderr)

    def test_full_output(self) -> None:
        """An output that takes nothing is said in one line."""
        with open("/dev/full", "w") as full:
            for more in ((), ("--list",)):
                done = quectel("emulate", *more, output=full)
                self.assertEqual(
                    (done.returncode, done.stderr),
                    (1, "quectel: cannot write the output: No space left on device\n"),
                )

    def test_tcp(self) -> None:
        """C{--tcp} is a serial server; a port that is taken is refused in one line."""
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            number = reserved.getsockname()[1]
        process = self.emulate("--tcp", str(number), "--fault", "split_bytes:longest=3")
        with socket.create_connection(("127.0.0.1", number), PATIENCE) as host:
            self.assertIn(b"\r\nEC25\r\n", ask(host.sendall, host.fileno(), b"ATI"))
        taken = quectel("emulate", "--tcp", str(number))
        self.assertEqual((taken.returncode, len(taken.stderr.splitlines())), (1, 1))
        self.end(process, signal.SIGTERM)

    def test_list(self) -> None:
        """C{--list} names the quirks and faults."""
        done = quectel("emulate", "--list")
        self.assertEqual(done.returncode, 0)
        self.assertIn("has_checkhost", done.stdout)
        self.assertIn("send_fail_n:times=1,then_ok=0", done.stdout)


class AuthoritiesTests(SynchronousTestCase):
    """The CAs that a SIM52xx module trusts come from a file."""

    def test_read(self) -> None:
        """One or many, by either command line; other modules have none."""
        pem = b"".join(make_ca().cert_pem.bytes() for _ in range(2))
        path = Path(self.mktemp())
        path.write_bytes(pem)
        given = ["--model", "sim5320", "--authorities", str(path)]
        service = EmulatorOptions()
        service.parseOptions([*given, "--pty", self.mktemp()])
        for emulated in (
            read_emulated(make_parser().parse_args(["emulate", *given])),
            service.emulated,
        ):
            self.assertEqual(emulated.authorities, pem)
            self.assertNotIn("BEGIN", repr(emulated))
            module = emulated.make(Clock())
            self.assertEqual(module.settings.authorities, pem)
            module.close()
        for model in ("EC25", "M95", "BC660K-GL"):
            given[1] = model
            arguments = make_parser().parse_args(["emulate", *given])
            refused = self.assertRaises(UsageError, read_emulated, arguments)
            self.assertRegex(str(refused), rf"^--authorities: {model} has no CAs")
            self.assertRaises(
                usage.UsageError, EmulatorOptions().parseOptions, [*given, "--pty", "/tmp/x"]
            )
